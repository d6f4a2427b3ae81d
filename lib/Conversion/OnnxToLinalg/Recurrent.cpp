//===- Recurrent.cpp - LSTM, GRU, RNN ---------------------------------------------------------------------------===//
//
// x·W of the whole sequence and all directions is one matmul before the loop over time, located at "<node>_W". h·R is one
// matmul per step, at "<node>_R" (a reverse direction beside a forward one: "<node>_R_reverse"). A GRU whose reset gate acts
// before the product has a second one per step for its hidden gate, "<node>_R_hidden". Biases are added outside.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Operations.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// One recurrent node. Tensors are [batch, hidden] where nothing else is said.
class Recurrence {
public:
  Recurrence(NodeOp node, ValueRange inputs, Lowering &b) : node(node), inputs(inputs), b(b) {}
  LogicalResult lower();

private:
  struct State {
    Value hidden, cell, sequence;
  };
  struct Step {
    int64_t direction;
    Value time;            // index
    Value projected;       // [batch, gates · hidden]
    Value recurrentWeight; // [gates · hidden, hidden]
  };

  LogicalResult readAttributes();
  Value projectSequence();
  Value initialState(size_t input, int64_t direction);
  State runDirection(int64_t direction, Value projections, Value sequence);
  SmallVector<Value> stepLSTM(const Step &step, Value hidden, Value cell);
  SmallVector<Value> stepGRU(const Step &step, Value hidden);
  SmallVector<Value> stepRNN(const Step &step, Value hidden);

  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value number(double value) { return b.scalar(element, value); }
  /// Activation `index` of a direction, with the node's clipping of its argument.
  Value activate(int64_t direction, unsigned index, Value x);
  Location getLocation(const Twine &suffix) { return NameLoc::get(b.getStringAttr(node.getNodeName() + suffix)); }
  Value matmulTransposed(Value left, Value right, const Twine &suffix);
  /// Elementwise results over [batch, hidden] of operands that are that, or [hidden], or [batch], one in each destination.
  SmallVector<Value> compute(ArrayRef<Access> accesses, ArrayRef<Value> destinations, Lowering::Payload payload);
  Value fresh() { return b.empty({batch, b.size(hiddenSize)}, element); }
  /// Where the new state goes: over the old one, so that a step allocates nothing for it, unless the old one is still needed.
  Value over(Value state) { return getOptional(inputs, 4) ? fresh() : state; }
  Access whole(Value tensor) { return {tensor, b.getMultiDimIdentityMap(2)}; }
  Access alongHidden(Value tensor) { return {tensor, AffineMap::get(2, 0, b.getAffineDimExpr(1), b.getContext())}; }
  /// Gate `index` of a tensor whose last dimension holds all gates.
  Value gate(Value tensor, int64_t index) {
    return b.sliceAxis(tensor, getRank(tensor) - 1, b.size(index * hiddenSize), b.size(hiddenSize));
  }
  /// Row `index` of the first dimension.
  Value row(Value tensor, Size index) {
    Sizes offsets(getRank(tensor), b.size(0)), sizes = b.dims(tensor);
    offsets[0] = index;
    sizes[0] = b.size(1);
    return b.slice(tensor, offsets, sizes, 0);
  }

  NodeOp node;
  ValueRange inputs;
  Lowering &b;
  Type element;
  bool isLSTM = false, isGRU = false, resetAfter = false, inputForget = false, batchFirst = false;
  float clip = 0;
  int64_t directions = 1, gates = 1, hiddenSize = 0;
  bool reverseOnly = false;
  SmallVector<Activation> activations; // of all directions
  Value input;                         // [time, batch, features]
  Size time, batch;
};
} // namespace

LogicalResult Recurrence::readAttributes() {
  isLSTM = node.getOpType() == "LSTM";
  isGRU = node.getOpType() == "GRU";
  gates = isLSTM ? 4 : isGRU ? 3 : 1;
  resetAfter = isGRU && node.getInt("linear_before_reset", 0);
  inputForget = node.getInt("input_forget", 0);
  batchFirst = node.getInt("layout", 0);
  clip = node.getFloat("clip", 0);
  StringRef direction = node.getString("direction", "forward");
  reverseOnly = direction == "reverse";
  directions = direction == "bidirectional" ? 2 : 1;

  for (int i : {0, 1, 2})
    if (getRank(inputs[i]) != 3)
      return b.error(node) << "operand " << i << " is " << inputs[i].getType() << ", but must have rank 3";
  auto weight = cast<RankedTensorType>(inputs[1].getType()), recurrent = cast<RankedTensorType>(inputs[2].getType());
  element = weight.getElementType();
  hiddenSize = recurrent.getDimSize(2);
  if (!weight.hasStaticShape() || !recurrent.hasStaticShape() || weight.getDimSize(0) != directions ||
      weight.getDimSize(1) != gates * hiddenSize || recurrent.getDimSize(0) != directions ||
      recurrent.getDimSize(1) != gates * hiddenSize)
    return b.error(node) << "weights " << weight << " and " << recurrent << " do not fit " << directions << " direction"
                         << (directions == 1 ? "" : "s") << " of " << gates << " gate" << (gates == 1 ? "" : "s");

  auto names = dyn_cast_or_null<ArrayAttr>(node.getNodeAttr("activations"));
  SmallVector<float> alphas = node.getFloats("activation_alpha"), betas = node.getFloats("activation_beta");
  size_t perDirection = isLSTM ? 3 : isGRU ? 2 : 1, usedAlphas = 0, usedBetas = 0;
  for (size_t i = 0; i < perDirection * directions; ++i) {
    StringRef name = i % perDirection == 0 && (isLSTM || isGRU) ? "Sigmoid" : "Tanh";
    if (names && i < names.size())
      name = cast<StringAttr>(names[i]).getValue();
    Activation activation = getActivation(name);
    if (activation.kind == Activation::Unknown)
      return b.error(node) << "activation '" << name << "' is not known";
    if (activation.hasAlpha() && usedAlphas < alphas.size())
      activation.alpha = alphas[usedAlphas++];
    if (activation.hasBeta() && usedBetas < betas.size())
      activation.beta = betas[usedBetas++];
    activations.push_back(activation);
  }
  return success();
}

Value Recurrence::activate(int64_t direction, unsigned index, Value x) {
  if (clip > 0)
    x = arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, x, number(-clip)), number(clip));
  return aimc::onnx::activate(b, activations[direction * (activations.size() / directions) + index], x);
}

/// left · rightᵀ, named as the node with a suffix.
Value Recurrence::matmulTransposed(Value left, Value right, const Twine &suffix) {
  Location outer = b.getLoc();
  b.setLoc(getLocation(suffix));
  Value accumulator = b.filled({b.dim(left, 0), b.dim(right, 0)}, number(0));
  auto op = linalg::MatmulOp::create(b, ValueRange{left, right}, ValueRange{accumulator});
  auto map = [&](ArrayRef<unsigned> loops) { return AffineMap::getMultiDimMapWithTargets(3, loops, b.getContext()); };
  op.setIndexingMapsAttr(b.getAffineMapArrayAttr({map({0, 2}), map({1, 2}), map({0, 1})}));
  b.setLoc(outer);
  return op.getResult(0);
}

SmallVector<Value> Recurrence::compute(ArrayRef<Access> accesses, ArrayRef<Value> destinations, Lowering::Payload payload) {
  SmallVector<Access> outputs;
  for (Value destination : destinations)
    outputs.push_back(whole(destination));
  return b.generic(accesses, outputs, payload);
}

/// x·W + bias for every time and direction: [time, batch, directions · gates · hidden].
Value Recurrence::projectSequence() {
  Size columns = b.size(directions * gates * hiddenSize), features = b.dim(inputs[1], 2);
  Value weight = b.reshape(inputs[1], {columns, features}), result;
  if (b.canSplit({time, batch})) {
    result = matmulTransposed(b.reshape(input, {b.mul(time, batch), features}), weight, "_W");
    result = b.reshape(result, {time, batch, columns});
  } else {
    Location outer = b.getLoc();
    b.setLoc(getLocation("_W"));
    auto map = [&](ArrayRef<unsigned> loops) { return AffineMap::getMultiDimMapWithTargets(4, loops, b.getContext()); };
    result = b.contract({input, map({0, 1, 3})}, {weight, map({2, 3})}, {0, 1, 2}, {time, batch, columns});
    b.setLoc(outer);
  }
  Value bias = getOptional(inputs, 3);
  if (!bias)
    return result;
  // [directions, 2 · gates · hidden]: that of W, then that of R, which joins unless the reset gate multiplies it.
  Size half = b.size(gates * hiddenSize);
  SmallVector<Value> operands{result, b.reshape(b.sliceAxis(bias, 1, b.size(0), half), columns)};
  if (!resetAfter)
    operands.push_back(b.reshape(b.sliceAxis(bias, 1, half, half), columns));
  return b.broadcast(operands, element, [&](ValueRange scalars) -> SmallVector<Value> {
    Value offset = scalars.size() == 3 ? add(scalars[1], scalars[2]) : scalars[1];
    return {add(scalars[0], offset)};
  });
}

/// Operand `input` of [directions, batch, hidden] at a direction, or zeros.
Value Recurrence::initialState(size_t index, int64_t direction) {
  Sizes sizes{batch, b.size(hiddenSize)};
  Value all = getOptional(inputs, index);
  if (!all)
    return b.filled(sizes, number(0));
  Value state = row(batchFirst ? b.transpose(all, {1, 0, 2}) : all, b.size(direction));
  auto size = getConstantIntValue(batch);
  return b.castTo(state, RankedTensorType::get({size.value_or(ShapedType::kDynamic), hiddenSize}, element));
}

/// Returns the new hidden and cell state.
SmallVector<Value> Recurrence::stepLSTM(const Step &step, Value hidden, Value cell) {
  Value recurrent = matmulTransposed(hidden, step.recurrentWeight, step.direction ? "_R_reverse" : "_R");
  SmallVector<Access> accesses{whole(cell)};
  for (int64_t i = 0; i < gates; ++i) {
    accesses.push_back(whole(gate(step.projected, i)));
    accesses.push_back(whole(gate(recurrent, i)));
  }
  Value peepholes = getOptional(inputs, 7);
  if (peepholes)
    for (int64_t i = 0; i < 3; ++i)
      accesses.push_back(alongHidden(gate(row(peepholes, b.size(step.direction)), i)));
  return compute(accesses, {over(hidden), over(cell)}, [&](ValueRange s) -> SmallVector<Value> {
    // Gates in ONNX order: input, output, forget, cell; peepholes: input, output, forget.
    auto sum = [&](int i, Value observed) {
      Value argument = add(s[1 + 2 * i], s[2 + 2 * i]);
      return peepholes && observed ? add(argument, mul(s[9 + i], observed)) : argument;
    };
    Value in = activate(step.direction, 0, sum(0, s[0]));
    Value forget = inputForget ? sub(number(1), in) : activate(step.direction, 0, sum(2, s[0]));
    Value candidate = activate(step.direction, 1, sum(3, {}));
    Value newCell = add(mul(forget, s[0]), mul(in, candidate));
    Value out = activate(step.direction, 0, sum(1, newCell));
    Activation squash = activations[step.direction * 3 + 2];
    return {mul(out, aimc::onnx::activate(b, squash, newCell)), newCell};
  });
}

SmallVector<Value> Recurrence::stepGRU(const Step &step, Value hidden) {
  auto projected = [&](int64_t i) { return whole(gate(step.projected, i)); };
  auto blend = [&](Value update, Value candidate, Value old) {
    return add(mul(sub(number(1), update), candidate), mul(update, old));
  };
  StringRef suffix = step.direction ? "_R_reverse" : "_R";
  if (resetAfter) {
    Value recurrent = matmulTransposed(hidden, step.recurrentWeight, suffix);
    SmallVector<Access> accesses{whole(hidden)};
    for (int64_t i = 0; i < 3; ++i) {
      accesses.push_back(projected(i));
      accesses.push_back(whole(gate(recurrent, i)));
    }
    Value bias = getOptional(inputs, 3);
    if (bias) {
      Value own = row(b.sliceAxis(bias, 1, b.size(3 * hiddenSize), b.size(3 * hiddenSize)), b.size(step.direction));
      for (int64_t i = 0; i < 3; ++i)
        accesses.push_back(alongHidden(gate(own, i)));
    }
    return compute(accesses, over(hidden), [&](ValueRange s) -> SmallVector<Value> {
      auto fromHidden = [&](int i) { return bias ? add(s[2 + 2 * i], s[7 + i]) : s[2 + 2 * i]; };
      Value update = activate(step.direction, 0, add(s[1], fromHidden(0)));
      Value reset = activate(step.direction, 0, add(s[3], fromHidden(1)));
      Value candidate = activate(step.direction, 1, add(s[5], mul(reset, fromHidden(2))));
      return {blend(update, candidate, s[0])};
    });
  }
  // The reset gate multiplies h before the hidden gate's matrix does.
  Value gateWeight = b.sliceAxis(step.recurrentWeight, 0, b.size(0), b.size(2 * hiddenSize));
  Value hiddenWeight = b.sliceAxis(step.recurrentWeight, 0, b.size(2 * hiddenSize), b.size(hiddenSize));
  Value recurrent = matmulTransposed(hidden, gateWeight, suffix);
  SmallVector<Value> first =
      compute({whole(hidden), projected(0), whole(gate(recurrent, 0)), projected(1), whole(gate(recurrent, 1))},
              {fresh(), fresh()}, [&](ValueRange s) -> SmallVector<Value> {
                Value reset = activate(step.direction, 0, add(s[3], s[4]));
                return {activate(step.direction, 0, add(s[1], s[2])), mul(reset, s[0])};
              });
  Value candidate = matmulTransposed(first[1], hiddenWeight, suffix + "_hidden");
  return compute(
      {whole(hidden), whole(first[0]), projected(2), whole(candidate)}, over(hidden),
      [&](ValueRange s) -> SmallVector<Value> { return {blend(s[1], activate(step.direction, 1, add(s[2], s[3])), s[0])}; });
}

SmallVector<Value> Recurrence::stepRNN(const Step &step, Value hidden) {
  Value recurrent = matmulTransposed(hidden, step.recurrentWeight, step.direction ? "_R_reverse" : "_R");
  return compute({whole(step.projected), whole(recurrent)}, over(hidden),
                 [&](ValueRange s) -> SmallVector<Value> { return {activate(step.direction, 0, add(s[0], s[1]))}; });
}

/// The loop over time. `sequence` is [time, directions, batch, hidden], null when nobody reads it.
Recurrence::State Recurrence::runDirection(int64_t direction, Value projections, Value sequence) {
  bool reverse = reverseOnly || direction == 1;
  Value lengths = getOptional(inputs, 4);
  SmallVector<Value> carried{initialState(5, direction)};
  if (isLSTM)
    carried.push_back(initialState(6, direction));
  if (sequence)
    carried.push_back(sequence);
  Value weight = row(inputs[2], b.size(direction)), last = b.asIndex(b.sub(time, b.size(1)));
  auto loop = scf::ForOp::create(b, b.index(0), b.asIndex(time), b.index(1), carried);

  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  for (auto [outer, argument, result] : llvm::zip(carried, loop.getRegionIterArgs(), loop.getResults()))
    for (auto [i, size] : llvm::enumerate(b.dims(outer))) {
      b.remember(argument, i, size);
      b.remember(result, i, size);
    }
  Value now = loop.getInductionVar();
  if (reverse)
    now = arith::SubIOp::create(b, last, now);
  Value hidden = loop.getRegionIterArg(0), cell = isLSTM ? loop.getRegionIterArg(1) : Value();
  int64_t columns = gates * hiddenSize;
  Value projected = b.slice(projections, {now, b.size(0), b.size(direction * columns)}, {b.size(1), batch, b.size(columns)}, 0);
  Step step{direction, now, projected, weight};
  SmallVector<Value> next = isLSTM ? stepLSTM(step, hidden, cell) : isGRU ? stepGRU(step, hidden) : stepRNN(step, hidden);
  Value output = next[0];
  if (lengths) {
    // Past a sample's end its state stays and its output is zero; a reverse pass so begins at the sample's last element.
    Value nowInteger = arith::IndexCastOp::create(b, getElement(lengths), now);
    SmallVector<Access> accesses{
        {lengths, AffineMap::get(2, 0, b.getAffineDimExpr(0), b.getContext())}, whole(next[0]), whole(hidden)};
    if (isLSTM)
      accesses.append({whole(next[1]), whole(cell)});
    SmallVector<Value> destinations{hidden};
    if (isLSTM)
      destinations.push_back(cell);
    destinations.push_back(fresh());
    next = compute(accesses, destinations, [&](ValueRange s) -> SmallVector<Value> {
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, nowInteger, s[0]);
      auto choose = [&](Value yes, Value no) -> Value { return arith::SelectOp::create(b, inside, yes, no); };
      SmallVector<Value> results{choose(s[1], s[2])};
      if (isLSTM)
        results.push_back(choose(s[3], s[4]));
      results.push_back(choose(s[1], number(0)));
      return results;
    });
    output = next.pop_back_val();
  }
  if (sequence) {
    Sizes offsets{now, b.size(direction), b.size(0), b.size(0)}, sizes{b.size(1), b.size(1), batch, b.size(hiddenSize)},
        strides(4, b.size(1));
    next.push_back(tensor::InsertSliceOp::create(b, output, loop.getRegionIterArgs().back(), offsets, sizes, strides));
  }
  scf::YieldOp::create(b, next);
  State state;
  state.hidden = loop.getResult(0);
  state.cell = isLSTM ? loop.getResult(1) : Value();
  state.sequence = sequence ? loop.getResults().back() : Value();
  return state;
}

LogicalResult Recurrence::lower() {
  if (failed(readAttributes()))
    return failure();
  input = batchFirst ? b.transpose(inputs[0], {1, 0, 2}) : inputs[0];
  time = b.dim(input, 0);
  batch = b.dim(input, 1);
  Value projections = projectSequence();

  auto isUsed = [&](unsigned i) { return i < node.getNumResults() && !node.getResult(i).use_empty(); };
  Size hidden = b.size(hiddenSize);
  Value sequence = isUsed(0) ? b.empty({time, b.size(directions), batch, hidden}, element) : Value();
  SmallVector<Value> lastHidden, lastCell;
  for (int64_t direction = 0; direction < directions; ++direction) {
    State state = runDirection(direction, projections, sequence);
    sequence = state.sequence;
    lastHidden.push_back(b.reshape(state.hidden, {b.size(1), batch, hidden}));
    if (isLSTM)
      lastCell.push_back(b.reshape(state.cell, {b.size(1), batch, hidden}));
  }
  auto join = [&](ArrayRef<Value> states, unsigned result) -> Value {
    if (!isUsed(result) || states.empty())
      return {};
    Value all = states.size() == 1 ? states.front() : b.concat(0, states);
    return batchFirst ? b.transpose(all, {1, 0, 2}) : all;
  };
  if (sequence && batchFirst)
    sequence = b.transpose(sequence, {2, 0, 1, 3});
  return b.replace(node, {sequence, join(lastHidden, 1), join(lastCell, 2)});
}

LogicalResult aimc::onnx::lowerRecurrent(NodeOp node, ValueRange inputs, Lowering &b) {
  return Recurrence(node, inputs, b).lower();
}
