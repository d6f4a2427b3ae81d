//===- Control.cpp - operators with subgraphs -------------------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace aimc::onnx;

/// The subgraph of an attribute.
static Region *getGraph(NodeOp node, StringRef name) {
  ArrayAttr names = node.getGraphsAttr();
  for (size_t i = 0; names && i < names.size(); ++i)
    if (cast<StringAttr>(names[i]).getValue() == name)
      return &node.getSubgraphs()[i];
  return nullptr;
}

LogicalResult aimc::onnx::lowerIf(NodeOp node, ValueRange inputs, Lowering &b) {
  Region *thenGraph = getGraph(node, "then_branch"), *elseGraph = getGraph(node, "else_branch");
  if (!thenGraph || !elseGraph)
    return b.error(node) << "needs the subgraphs 'then_branch' and 'else_branch'";
  SmallVector<Type> types;
  for (Type type : node.getResultTypes())
    types.push_back(getSignlessType(type));
  auto branch = scf::IfOp::create(b, types, b.extractScalar(inputs.front()), /*withElseRegion=*/true);
  bool failedAny = false;
  for (auto [graph, region] : {std::pair(thenGraph, &branch.getThenRegion()), std::pair(elseGraph, &branch.getElseRegion())}) {
    Block &block = region->front();
    FailureOr<SmallVector<Value>> values = b.lowerSubgraph(*graph, block);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&block);
    SmallVector<Value> results;
    failedAny |= failed(values);
    for (auto [i, type] : llvm::enumerate(types)) {
      if (failed(values) || i >= values->size()) {
        results.push_back(UnrealizedConversionCastOp::create(b, type, ValueRange()).getResult(0));
        continue;
      }
      Value value = b.lookup((*values)[i]);
      auto own = dyn_cast<RankedTensorType>(value.getType()), wanted = dyn_cast<RankedTensorType>(type);
      if (!own || !wanted || own.getElementType() != wanted.getElementType() || failed(verifyCompatibleShape(own, wanted)))
        return b.error(node) << "output " << i << " of a branch is " << value.getType() << ", but declared as " << type;
      results.push_back(b.castTo(value, type));
    }
    scf::YieldOp::create(b, results);
  }
  if (failedAny)
    return failure();
  SmallVector<Value> results(branch.getResults());
  return b.replace(node, results);
}

//===------------------------------------------------------------------------------------------------------------===//
// Loops
//===------------------------------------------------------------------------------------------------------------===//

namespace {
/// One element per iteration, stacked along dimension 0. The stack has its final length from the start if that and the
/// elements' sizes are known before the loop; otherwise it grows.
struct Stack {
  RankedTensorType element;
  std::optional<Size> length;

  bool grows() const { return !length || !element.hasStaticShape(); }
  Value create(Lowering &b) const {
    Sizes sizes{grows() ? b.size(0) : *length};
    for (int64_t size : element.getShape())
      sizes.push_back(b.size(ShapedType::isDynamic(size) ? 0 : size));
    Value stack = b.empty(sizes, element.getElementType());
    SmallVector<int64_t> shape(element.getShape());
    shape.insert(shape.begin(), !grows() && isa<Attribute>(*length) ? *getConstantIntValue(*length) : ShapedType::kDynamic);
    return b.castTo(stack, RankedTensorType::get(shape, element.getElementType()));
  }
  Value push(Value stack, Value value, Value place, Lowering &b) const {
    Type type = stack.getType();
    Sizes inner = b.dims(value), sizes(inner), offsets(inner.size() + 1, b.size(0)), steps(inner.size() + 1, b.size(1));
    sizes.insert(sizes.begin(), b.size(1));
    if (grows()) {
      place = tensor::DimOp::create(b, stack, 0);
      Sizes whole(sizes), old(sizes);
      old[0] = place;
      whole[0] = b.add(place, b.size(1));
      Value larger = b.empty(whole, element.getElementType());
      SmallVector<int64_t> shape(cast<RankedTensorType>(larger.getType()).getShape());
      shape[0] = ShapedType::kDynamic;
      Value source = b.castTo(stack, RankedTensorType::get(shape, element.getElementType()));
      stack = tensor::InsertSliceOp::create(b, source, larger, offsets, old, steps);
    }
    offsets[0] = place;
    return b.castTo(tensor::InsertSliceOp::create(b, value, stack, offsets, sizes, steps), type);
  }
};

/// The body of a Loop or Scan as part of another loop.
struct LoopGraph {
  NodeOp node;
  Region &graph;
  size_t firstArgument; // of the carried values
  size_t firstYield;    // of the carried values
  size_t carried;
  SmallVector<int64_t> axes; // where the results stack their elements; dimension 0 without any
  SmallVector<Stack> stacks;
  bool failed = false;

  YieldOp getYield() { return cast<YieldOp>(graph.front().back()); }
  RankedTensorType getCarriedType(size_t i) {
    return cast<RankedTensorType>(getSignlessType(graph.getArgument(firstArgument + i).getType()));
  }
  /// Initial values of everything that the loop carries.
  SmallVector<Value> getInitial(ValueRange values, std::optional<Size> length, Lowering &b) {
    SmallVector<Value> result;
    for (size_t i = 0; i < carried; ++i)
      result.push_back(b.castTo(values[i], getCarriedType(i)));
    for (auto [i, value] : llvm::enumerate(getYield().getValues().drop_front(firstYield + carried))) {
      auto type = cast<RankedTensorType>(getSignlessType(value.getType()));
      if (carried + i < node.getNumResults() && isa<RankedTensorType>(node.getResult(carried + i).getType()))
        type = refine(type, cast<RankedTensorType>(node.getResult(carried + i).getType()), axes.empty() ? 0 : axes[i]);
      stacks.push_back({type, length});
      result.push_back(stacks.back().create(b));
    }
    return result;
  }
  /// Sizes of an element that only the whole stack's type tells.
  static RankedTensorType refine(RankedTensorType element, RankedTensorType whole, int64_t axis) {
    SmallVector<int64_t> shape(element.getShape()), known(whole.getShape());
    known.erase(known.begin() + normalizeAxis(axis, whole.getRank()));
    for (auto [size, other] : llvm::zip(shape, known))
      size = ShapedType::isDynamic(size) ? other : size;
    return element.clone(shape);
  }
  /// Runs the body `count` times; it is given the index and the state. Tensors whose sizes may change from one iteration to the
  /// next are carried by an `scf.while`: canonicalization gives those of an `scf.for` the initial value's type.
  SmallVector<Value> repeat(Size count, ValueRange initial, llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body,
                            Lowering &b) {
    auto isFixed = [](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      return !type || type.hasStaticShape();
    };
    if (llvm::none_of(stacks, [](const Stack &stack) { return stack.grows(); }) &&
        llvm::all_of(initial.take_front(carried), isFixed))
      return forEachIndex(count, initial, [&](ValueRange indices, ValueRange state) { return body(indices[0], state); }, b);
    SmallVector<Value> all{b.index(0)};
    llvm::append_range(all, initial);
    Value limit = b.asIndex(count);
    all = whileTrue(
        all, [&](ValueRange state) -> Value { return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, state[0], limit); },
        [&](ValueRange state) {
          SmallVector<Value> next = body(state[0], state.drop_front());
          next.insert(next.begin(), arith::AddIOp::create(b, state[0], b.index(1)));
          return next;
        },
        b);
    all.erase(all.begin());
    return all;
  }
  /// Places the body at the insertion point, the end of a block. `state` are carried values and stacks; the next ones are
  /// returned behind the values that the body yields before them.
  SmallVector<Value> place(ValueRange leading, ValueRange state, ValueRange trailing, Value index, Lowering &b) {
    SmallVector<Value> arguments(leading);
    llvm::append_range(arguments, state.take_front(carried));
    llvm::append_range(arguments, trailing);
    SmallVector<Value> results;
    FailureOr<SmallVector<Value>> values = b.lowerSubgraph(graph, *b.getInsertionBlock(), arguments);
    b.setInsertionPointToEnd(b.getInsertionBlock());
    if (mlir::failed(values)) {
      failed = true;
      results.assign(firstYield, b.integer(b.getI1Type(), 0));
      llvm::append_range(results, state);
      return results;
    }
    for (size_t i = 0; i < values->size(); ++i) {
      Value value = b.lookup((*values)[i]);
      if (i < firstYield)
        results.push_back(value);
      else if (i < firstYield + carried)
        results.push_back(b.castTo(value, getCarriedType(i - firstYield)));
      else
        results.push_back(stacks[i - firstYield - carried].push(state[i - firstYield], value, index, b));
    }
    return results;
  }
};
} // namespace

/// A value as the tensor of one element that an argument of the body wants.
static Value asArgument(Value scalar, BlockArgument argument, Lowering &b) {
  return tensor::FromElementsOp::create(b, cast<RankedTensorType>(argument.getType()), scalar);
}

/// Whether the loop's condition is what it was at the start.
static bool keepsCondition(Value condition, BlockArgument argument) {
  DenseElementsAttr constant;
  if (matchPattern(condition, m_Constant(&constant)))
    return constant.isSplat() && constant.getSplatValue<APInt>().isOne();
  while (auto node = condition.getDefiningOp<NodeOp>()) {
    if (node.getOpType() != "Identity")
      return false;
    condition = node.getInputs()[0];
  }
  return condition == argument;
}

LogicalResult aimc::onnx::lowerLoop(NodeOp node, ValueRange inputs, Lowering &b) {
  Region *graph = getGraph(node, "body");
  if (!graph)
    return b.error(node) << "needs the subgraph 'body'";
  ValueRange given = inputs.drop_front(std::min<size_t>(inputs.size(), 2));
  LoopGraph loop{node, *graph, 2, 1, given.size(), {}, {}};
  Value most = getOptional(inputs, 0), go = getOptional(inputs, 1);
  Value start = go ? b.extractScalar(go) : b.integer(b.getI1Type(), 1);
  Value limit = most ? b.castIndex(b.extractScalar(most), b.getIndexType()) : Value();
  SmallVector<Value> results;
  if (limit && keepsCondition(loop.getYield().getValues().front(), graph->getArgument(1))) {
    // Nothing ends it early.
    Size count = b.max(b.size(0), limit);
    if (auto constant = getConstantIntValue(limit))
      count = b.size(std::max<int64_t>(*constant, 0));
    if (!matchPattern(start, m_One()))
      count = Value(arith::SelectOp::create(b, start, b.asIndex(count), b.index(0)));
    SmallVector<Value> initial = loop.getInitial(given, count, b);
    results = loop.repeat(
        count, initial,
        [&](Value index, ValueRange state) {
          Value number = asArgument(b.castIndex(index, b.getI64Type()), graph->getArgument(0), b);
          Value condition = asArgument(b.integer(b.getI1Type(), 1), graph->getArgument(1), b);
          SmallVector<Value> next = loop.place({number, condition}, state, {}, index, b);
          next.erase(next.begin());
          return next;
        },
        b);
  } else {
    SmallVector<Value> initial{b.index(0), start};
    llvm::append_range(initial, loop.getInitial(given, std::nullopt, b));
    SmallVector<Value> last = whileTrue(
        initial,
        [&](ValueRange state) -> Value {
          if (!limit)
            return state[1];
          Value below = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, state[0], limit);
          return arith::AndIOp::create(b, state[1], below);
        },
        [&](ValueRange state) {
          Value number = asArgument(b.castIndex(state[0], b.getI64Type()), graph->getArgument(0), b);
          Value condition = asArgument(state[1], graph->getArgument(1), b);
          SmallVector<Value> next = loop.place({number, condition}, state.drop_front(2), {}, state[0], b);
          next[0] = loop.failed ? next[0] : b.extractScalar(next[0]);
          next.insert(next.begin(), arith::AddIOp::create(b, state[0], b.index(1)));
          return next;
        },
        b);
    results.assign(last.begin() + 2, last.end());
  }
  if (loop.failed)
    return failure();
  results.resize(node.getNumResults());
  return b.replace(node, results);
}

LogicalResult aimc::onnx::lowerScan(NodeOp node, ValueRange inputs, Lowering &b) {
  Region *graph = getGraph(node, "body");
  if (!graph)
    return b.error(node) << "needs the subgraph 'body'";
  size_t scanned = node.getInt("num_scan_inputs", 0), states = inputs.size() - scanned;
  SmallVector<int64_t> axes = node.getInts("scan_input_axes"), directions = node.getInts("scan_input_directions");
  SmallVector<int64_t> outputAxes = node.getInts("scan_output_axes"), outputDirections = node.getInts("scan_output_directions");
  axes.resize(scanned, 0);
  directions.resize(scanned, 0);
  for (size_t i = 0; i < scanned; ++i)
    axes[i] = normalizeAxis(axes[i], getRank(inputs[states + i]));
  size_t stacked = cast<YieldOp>(graph->front().back()).getValues().size() - states;
  outputAxes.resize(stacked, 0);
  outputDirections.resize(stacked, 0);
  LoopGraph loop{node, *graph, 0, 0, states, outputAxes, {}};
  Size count = b.dim(inputs[states], axes[0]);
  Value last = b.asIndex(b.sub(count, b.size(1)));
  SmallVector<Value> initial = loop.getInitial(inputs.take_front(states), count, b);
  SmallVector<Value> results = loop.repeat(
      count, initial,
      [&](Value index, ValueRange state) {
        SmallVector<Value> elements;
        for (size_t i = 0; i < scanned; ++i) {
          Value input = inputs[states + i], place = directions[i] ? Value(arith::SubIOp::create(b, last, index)) : index;
          Sizes offsets(getRank(input), b.size(0)), sizes = b.dims(input);
          offsets[axes[i]] = place;
          sizes[axes[i]] = b.size(1);
          Value element = b.slice(input, offsets, sizes, axes[i]);
          elements.push_back(b.castTo(element, getSignlessType(graph->getArgument(states + i).getType())));
        }
        return loop.place({}, state, elements, index, b);
      },
      b);
  if (loop.failed)
    return failure();
  for (size_t i = states; i < results.size(); ++i) {
    Value stack = results[i];
    int64_t rank = getRank(stack), axis = normalizeAxis(outputAxes[i - states], rank);
    if (outputDirections[i - states])
      stack = b.computeFromIndices(b.dims(stack), getElement(stack), [&](ValueRange indices) -> SmallVector<Value> {
        SmallVector<Value> position(indices);
        position[0] = arith::SubIOp::create(b, last, indices[0]);
        return {tensor::ExtractOp::create(b, stack, position)};
      });
    // Dimension 0 goes to `axis`.
    SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(1, rank));
    permutation.insert(permutation.begin() + axis, 0);
    results[i] = b.transpose(stack, permutation);
  }
  results.resize(node.getNumResults());
  return b.replace(node, results);
}

/// Scan of operator set 8: every operand but the first has a batch dimension, of which the body sees nothing, and the scanned
/// ones a dimension of steps behind it; operand 0 may say how many steps each sample has.
LogicalResult aimc::onnx::lowerBatchedScan(NodeOp node, ValueRange inputs, Lowering &b) {
  Region *graph = getGraph(node, "body");
  if (!graph)
    return b.error(node) << "needs the subgraph 'body'";
  Value lengths = inputs[0];
  inputs = inputs.drop_front();
  size_t scanned = node.getInt("num_scan_inputs", 0), states = inputs.size() - scanned;
  SmallVector<int64_t> directions = node.getInts("directions");
  directions.resize(scanned, 0);
  Size batch = b.dim(inputs[states], 0), steps = b.dim(inputs[states], 1);
  SmallVector<Value> results;
  for (auto [i, value] : llvm::enumerate(cast<YieldOp>(graph->front().back()).getValues())) {
    auto type = cast<RankedTensorType>(getSignlessType(value.getType()));
    if (!type.hasStaticShape())
      return b.error(node) << "output " << i << " of the body is " << type << "; its sizes must be known when compiling";
    Sizes sizes{batch};
    if (i >= states)
      sizes.push_back(steps);
    for (int64_t size : type.getShape())
      sizes.push_back(b.size(size));
    results.push_back(b.filled(sizes, b.scalar(type.getElementType(), 0)));
  }
  LoopGraph loop{node, *graph, 0, 0, states, {}, {}};
  auto getElement = [&](Value tensor, ArrayRef<Size> leading, unsigned argument) {
    Sizes offsets(getRank(tensor), b.size(0)), sizes = b.dims(tensor);
    SmallVector<int64_t> dropped;
    for (auto [i, place] : llvm::enumerate(leading)) {
      offsets[i] = place;
      sizes[i] = b.size(1);
      dropped.push_back(i);
    }
    return b.castTo(b.slice(tensor, offsets, sizes, dropped), getSignlessType(graph->getArgument(argument).getType()));
  };
  results = forEachIndex(
      batch, results,
      [&](ValueRange sample, ValueRange carried) {
        Size count = steps;
        if (lengths)
          count = Value(b.castIndex(tensor::ExtractOp::create(b, lengths, sample[0]), b.getIndexType()));
        Value last = b.asIndex(b.sub(count, b.size(1)));
        SmallVector<Value> initial, next;
        for (size_t i = 0; i < states; ++i)
          initial.push_back(getElement(inputs[i], Size(sample[0]), i));
        initial = loop.getInitial(initial, count, b);
        SmallVector<Value> ends = loop.repeat(
            count, initial,
            [&](Value index, ValueRange state) {
              SmallVector<Value> elements;
              for (size_t i = 0; i < scanned; ++i) {
                Value place = directions[i] ? Value(arith::SubIOp::create(b, last, index)) : index;
                elements.push_back(getElement(inputs[states + i], {Size(sample[0]), Size(place)}, states + i));
              }
              return loop.place({}, state, elements, index, b);
            },
            b);
        for (auto [i, end] : llvm::enumerate(ends)) {
          Sizes offsets(getRank(carried[i]), b.size(0)), sizes = b.dims(end), strides(getRank(carried[i]), b.size(1));
          offsets[0] = sample[0];
          sizes.insert(sizes.begin(), b.size(1));
          next.push_back(tensor::InsertSliceOp::create(b, end, carried[i], offsets, sizes, strides));
        }
        return next;
      },
      b);
  if (loop.failed)
    return failure();
  results.resize(node.getNumResults());
  return b.replace(node, results);
}
