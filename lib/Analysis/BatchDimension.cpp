//===- BatchDimension.cpp ---------------------------------------------------------------------------------------===//
#include "aimc/Analysis/BatchDimension.h"

#include "LazyAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace aimc;

namespace {
/// What is known of a value: the same for every sample, a position, or mixed (the batch cannot be followed).
struct State {
  enum Kind { Independent, Known, Mixed } kind = Independent;
  BatchPosition position;

  static State at(BatchPosition position) { return {Known, position}; }
  static State mixed() { return {Mixed, {}}; }
  bool operator==(const State &other) const { return kind == other.kind && (kind != Known || position == other.position); }
};
} // namespace

static State join(State a, State b) {
  if (a.kind == State::Independent || a == b)
    return b;
  if (b.kind == State::Independent)
    return a;
  return State::mixed();
}

class BatchDimension::Impl : public LazyAnalysis<BatchDimension::Impl, State> {
public:
  State transfer(Value value);
  std::optional<Cycle> cycleOf(Operation *op);
  bool isWorthwhile(Operation *) { return true; }
  static State join(State a, State b) { return ::join(a, b); }
  static State widen(State, State after, unsigned) { return after; } // there are three heights only

private:
  State ofArgument(BlockArgument argument);
  State ofResult(OpResult result);
  State ofLinalg(linalg::LinalgOp op, OpResult result);
  State ofCaptured(linalg::LinalgOp op, OpOperand &use);
  State ofReshape(Value source, RankedTensorType resultType, ArrayRef<ReassociationIndices> sourceGroups,
                  ArrayRef<ReassociationIndices> resultGroups);
  State ofExtractSlice(tensor::ExtractSliceOp op);
  State ofInsertSlice(tensor::InsertSliceOp op);
  State ofPad(tensor::PadOp op);
  State ofConcat(tensor::ConcatOp op);
  State ofGather(Operation *op);
  State ofDispatch(Operation *op);
  State ofOther(Operation *op);
};

//===------------------------------------------------------------------------------------------------------------===//
// Where the batch begins
//===------------------------------------------------------------------------------------------------------------===//

static std::optional<int64_t> declaredBatchDim(FunctionOpInterface function, unsigned index) {
  auto attribute = function.getArgAttrOfType<IntegerAttr>(index, "analog.batch_dim");
  return attribute ? std::optional<int64_t>(attribute.getInt()) : std::nullopt;
}

/// The size of the batch by the first argument that has one; nothing if there is none.
static std::optional<int64_t> batchSize(FunctionOpInterface function) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[i]);
    int64_t dim = declaredBatchDim(function, i).value_or(0);
    if (type && dim >= 0 && dim < type.getRank())
      return type.getDimSize(dim);
  }
  return std::nullopt;
}

State BatchDimension::Impl::ofArgument(BlockArgument argument) {
  auto function = dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!function)
    return type ? State::mixed() : State();
  if (!type)
    return {};
  std::optional<int64_t> declared = declaredBatchDim(function, argument.getArgNumber());
  int64_t dim = declared.value_or(0);
  if (dim < 0 || dim >= type.getRank() || (!declared && type.getDimSize(dim) != batchSize(function)))
    return {};
  return State::at({dim, 1, 1});
}

//===------------------------------------------------------------------------------------------------------------===//
// Through operations
//===------------------------------------------------------------------------------------------------------------===//

State BatchDimension::Impl::transfer(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return ofArgument(argument);
  return ofResult(cast<OpResult>(value));
}

State BatchDimension::Impl::ofResult(OpResult result) {
  Operation *op = result.getOwner();
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return ofLinalg(linalgOp, result);
  StringRef name = op->getName().getStringRef();
  if (name == "analog.gather")
    return ofGather(op);
  if (name == "analog.dispatch")
    return ofDispatch(op);
  // These keep the row dimensions, which come first.
  if (name == "analog.matmul" || name == "analog.tiled_matmul" || name == "analog.dac" || name == "analog.mvm" ||
      name == "analog.adc" || name == "analog.recombine")
    return get(op->getOperand(0));
  return llvm::TypeSwitch<Operation *, State>(op)
      .Case<tensor::DimOp, tensor::RankOp, tensor::EmptyOp>([](auto) { return State(); })
      .Case<tensor::CastOp, linalg::SoftmaxOp>([&](auto) { return get(op->getOperand(0)); })
      .Case([&](tensor::ExpandShapeOp expand) {
        SmallVector<ReassociationIndices> groups = expand.getReassociationIndices(), single;
        for (int64_t d = 0; d < expand.getSrcType().getRank(); ++d)
          single.push_back({d});
        return ofReshape(expand.getSrc(), expand.getResultType(), single, groups);
      })
      .Case([&](tensor::CollapseShapeOp collapse) {
        SmallVector<ReassociationIndices> groups = collapse.getReassociationIndices(), single;
        for (int64_t d = 0; d < collapse.getResultType().getRank(); ++d)
          single.push_back({d});
        return ofReshape(collapse.getSrc(), collapse.getResultType(), groups, single);
      })
      .Case([&](tensor::ReshapeOp reshape) {
        auto sourceType = dyn_cast<RankedTensorType>(reshape.getSource().getType());
        auto resultType = dyn_cast<RankedTensorType>(reshape.getType());
        if (!sourceType || !resultType)
          return State::mixed();
        ReassociationIndices from = llvm::to_vector(llvm::seq<int64_t>(0, sourceType.getRank()));
        ReassociationIndices to = llvm::to_vector(llvm::seq<int64_t>(0, resultType.getRank()));
        return ofReshape(reshape.getSource(), resultType, from, to);
      })
      .Case([&](tensor::ExtractSliceOp slice) { return ofExtractSlice(slice); })
      .Case([&](tensor::InsertSliceOp slice) { return ofInsertSlice(slice); })
      .Case([&](tensor::PadOp pad) { return ofPad(pad); })
      .Case([&](tensor::ConcatOp concat) { return ofConcat(concat); })
      .Case([&](scf::ForOp loop) { return get(loop.getRegionIterArgs()[result.getResultNumber()]); })
      .Case([&](scf::IfOp branch) {
        unsigned index = result.getResultNumber();
        State either = join(get(branch.thenYield().getOperand(index)), get(branch.elseYield().getOperand(index)));
        return get(branch.getCondition()).kind == State::Independent ? either : State::mixed();
      })
      .Default([&](Operation *) { return ofOther(op); });
}

/// The loop that alone drives result `dim` of `map` with coefficient 1.
static std::optional<unsigned> loopOf(AffineMap map, int64_t dim) {
  if (dim >= map.getNumResults())
    return std::nullopt;
  auto expr = dyn_cast<AffineDimExpr>(map.getResult(dim));
  return expr ? std::optional<unsigned>(expr.getPosition()) : std::nullopt;
}

/// `position` of an operand with indexing map `map`, counted by loop instead of dimension.
static State toLoops(State state, AffineMap map) {
  if (state.kind != State::Known)
    return state;
  std::optional<unsigned> loop = loopOf(map, state.position.dim);
  if (!loop)
    return State::mixed();
  return State::at({*loop, state.position.outer, state.position.inner});
}

/// And back to a dimension of what `map` indexes.
static State fromLoops(State state, AffineMap map) {
  if (state.kind != State::Known)
    return state;
  for (int64_t dim = 0; dim < map.getNumResults(); ++dim)
    if (loopOf(map, dim) == state.position.dim)
      return State::at({dim, state.position.outer, state.position.inner});
  return State::mixed(); // reduced over the batch
}

/// A tensor that the payload reads by itself: followed where the batch's index is a loop's index.
State BatchDimension::Impl::ofCaptured(linalg::LinalgOp op, OpOperand &use) {
  State state = get(use.get());
  if (state.kind != State::Known)
    return state;
  auto extract = dyn_cast<tensor::ExtractOp>(use.getOwner());
  if (!extract)
    return State::mixed();
  Value at = extract.getIndices()[state.position.dim];
  if (auto least = at.getDefiningOp<arith::MinSIOp>()) // a broadcast that is decided at run time: min(index, size - 1)
    at = least.getLhs();
  auto index = at.getDefiningOp<linalg::IndexOp>();
  if (!index)
    return State::mixed();
  return State::at({static_cast<int64_t>(index.getDim()), state.position.outer, state.position.inner});
}

State BatchDimension::Impl::ofLinalg(linalg::LinalgOp op, OpResult result) {
  State state;
  for (OpOperand &operand : op->getOpOperands())
    state = join(state, toLoops(get(operand.get()), op.getMatchingIndexingMap(&operand)));
  op.getBlock()->walk([&](Operation *inner) {
    for (OpOperand &use : inner->getOpOperands())
      if (!op->isAncestor(use.get().getParentBlock()->getParentOp()))
        state = join(state, ofCaptured(op, use));
  });
  return fromLoops(state, op.getIndexingMapMatchingResult(result));
}

/// The product of the sizes at `dims`; nothing if one is dynamic.
static std::optional<int64_t> productOf(RankedTensorType type, ArrayRef<int64_t> dims) {
  int64_t product = 1;
  for (int64_t dim : dims) {
    if (type.isDynamicDim(dim))
      return std::nullopt;
    product *= type.getDimSize(dim);
  }
  return product;
}

/// sourceGroups[i] of the source has the same elements in the same order as resultGroups[i] of the result.
State BatchDimension::Impl::ofReshape(Value source, RankedTensorType resultType, ArrayRef<ReassociationIndices> sourceGroups,
                                      ArrayRef<ReassociationIndices> resultGroups) {
  State state = get(source);
  if (state.kind != State::Known)
    return state;
  auto sourceType = cast<RankedTensorType>(source.getType());
  const BatchPosition &from = state.position;
  for (auto [before, after] : llvm::zip_equal(sourceGroups, resultGroups)) {
    const auto *it = llvm::find(before, from.dim);
    if (it == before.end())
      continue;
    size_t at = it - before.begin();
    std::optional<int64_t> outer = productOf(sourceType, ArrayRef(before).take_front(at)),
                           inner = productOf(sourceType, ArrayRef(before).drop_front(at + 1));
    if (!outer || !inner)
      return State::mixed();
    int64_t allOuter = *outer * from.outer, allInner = *inner * from.inner;
    bool isDynamic = sourceType.isDynamicDim(from.dim);
    int64_t batch = isDynamic ? ShapedType::kDynamic : sourceType.getDimSize(from.dim) / (from.outer * from.inner);
    // The result's dimension that holds all of the batch: what lies before divides the outer part, what lies after the inner.
    for (size_t i = 0; i < after.size(); ++i) {
      std::optional<int64_t> left = productOf(resultType, ArrayRef(after).take_front(i)),
                             right = productOf(resultType, ArrayRef(after).drop_front(i + 1));
      if (!left || !right || *left == 0 || *right == 0 || allOuter % *left || allInner % *right)
        continue;
      BatchPosition to{after[i], allOuter / *left, allInner / *right};
      int64_t size = resultType.getDimSize(to.dim);
      if (isDynamic ? ShapedType::isDynamic(size) : ShapedType::isDynamic(size) || size == to.outer * batch * to.inner)
        return State::at(to);
    }
    return State::mixed();
  }
  return State::mixed();
}

static bool isZero(OpFoldResult value) { return getConstantIntValue(value) == 0; }

namespace {
/// A size as a number, a value, or the size of a dimension of a value that nothing more is known of.
struct Size {
  OpFoldResult size;
  Value tensor;
  int64_t dim = 0;

  bool operator==(const Size &other) const {
    if (size && other.size)
      return isEqualConstantIntOrValue(size, other.size);
    return !size && !other.size && tensor == other.tensor && dim == other.dim;
  }
};
} // namespace

/// The size of dimension `dim` of `tensor`, traced to where it is written down.
static Size sizeOf(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return {Builder(tensor.getContext()).getIndexAttr(type.getDimSize(dim)), {}};
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    if (auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()))
      return sizeOf(loop.getTiedLoopInit(argument)->get(), dim);
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return {{}, tensor, dim};
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return sizeOf(destination.getTiedOpOperand(cast<OpResult>(tensor))->get(), dim);
  auto written = [](SmallVector<OpFoldResult> sizes, int64_t dim) {
    auto value = dyn_cast<Value>(sizes[dim]);
    if (auto size = value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp())
      if (std::optional<int64_t> constant = size.getConstantIndex();
          constant && isa<RankedTensorType>(size.getSource().getType()))
        return sizeOf(size.getSource(), *constant);
    return Size{sizes[dim], {}};
  };
  return llvm::TypeSwitch<Operation *, Size>(op)
      .Case([&](tensor::EmptyOp empty) { return written(empty.getMixedSizes(), dim); })
      .Case([&](tensor::ExpandShapeOp expand) { return written(expand.getMixedOutputShape(), dim); })
      .Case([&](tensor::ExtractSliceOp slice) {
        llvm::SmallBitVector dropped = slice.getDroppedDims();
        int64_t source = 0;
        for (int64_t left = dim; dropped.test(source) || left-- > 0; ++source)
          ;
        return written(slice.getMixedSizes(), source);
      })
      .Case([&](tensor::ReshapeOp reshape) {
        auto shape = reshape.getShape().getDefiningOp<tensor::FromElementsOp>();
        return shape ? written(getAsOpFoldResult(shape.getElements()), dim) : Size{{}, tensor, dim};
      })
      .Case([&](tensor::CollapseShapeOp collapse) {
        ReassociationIndices group = collapse.getReassociationIndices()[dim];
        return group.size() == 1 ? sizeOf(collapse.getSrc(), group.front()) : Size{{}, tensor, dim};
      })
      .Case([&](tensor::InsertSliceOp insert) { return sizeOf(insert.getDest(), dim); })
      .Case([&](tensor::CastOp cast) { return sizeOf(cast.getSource(), dim); })
      .Default([&](Operation *) { return Size{{}, tensor, dim}; });
}

/// Whether `size` is all of dimension `dim` of `tensor`.
static bool isWhole(OpFoldResult size, Value tensor, int64_t dim) {
  Size whole = sizeOf(tensor, dim);
  auto value = dyn_cast<Value>(size);
  auto dimOp = value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  std::optional<int64_t> constant = dimOp ? dimOp.getConstantIndex() : std::nullopt;
  if (constant && isa<RankedTensorType>(dimOp.getSource().getType()))
    return whole == sizeOf(dimOp.getSource(), *constant);
  return whole == Size{size, {}};
}

State BatchDimension::Impl::ofExtractSlice(tensor::ExtractSliceOp op) {
  State state = get(op.getSource());
  if (state.kind != State::Known)
    return state;
  int64_t dim = state.position.dim;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  if (!isZero(op.getMixedOffsets()[dim]) || getConstantIntValue(op.getMixedStrides()[dim]) != 1 ||
      !isWhole(op.getMixedSizes()[dim], op.getSource(), dim) || dropped.test(dim))
    return State::mixed();
  int64_t before = 0;
  for (int64_t d = 0; d < dim; ++d)
    before += dropped.test(d);
  return State::at({dim - before, state.position.outer, state.position.inner});
}

State BatchDimension::Impl::ofInsertSlice(tensor::InsertSliceOp op) {
  State source = get(op.getSource()), dest = get(op.getDest());
  if (source.kind == State::Known) {
    // The source's dimension counted among the destination's.
    llvm::SmallBitVector dropped = op.getDroppedDims();
    int64_t dim = 0, left = source.position.dim;
    while (dropped.test(dim) || left-- > 0)
      ++dim;
    if (!isZero(op.getMixedOffsets()[dim]) || getConstantIntValue(op.getMixedStrides()[dim]) != 1 ||
        !isWhole(op.getMixedSizes()[dim], op.getDest(), dim))
      return State::mixed();
    source.position.dim = dim;
  }
  return join(source, dest);
}

State BatchDimension::Impl::ofPad(tensor::PadOp op) {
  State state = get(op.getSource());
  if (state.kind == State::Known &&
      (!isZero(op.getMixedLowPad()[state.position.dim]) || !isZero(op.getMixedHighPad()[state.position.dim])))
    return State::mixed();
  return state;
}

State BatchDimension::Impl::ofConcat(tensor::ConcatOp op) {
  State state;
  for (Value input : op.getInputs())
    state = join(state, get(input));
  return state.kind == State::Known && state.position.dim == static_cast<int64_t>(op.getDim()) ? State::mixed() : state;
}

State BatchDimension::Impl::ofGather(Operation *op) {
  auto map = op->getAttrOfType<AffineMapAttr>("x_map");
  State state = toLoops(get(op->getOperand(0)), map.getValue());
  // The result's dimensions are the rows, then the group if there is one, then all k in one.
  int64_t rows = cast<RankedTensorType>(op->getResult(0).getType()).getRank() - 1;
  return state.kind == State::Known && state.position.dim >= rows ? State::mixed() : state;
}

State BatchDimension::Impl::ofDispatch(Operation *op) {
  auto xMap = op->getAttrOfType<AffineMapAttr>("x_map").getValue(), yMap = op->getAttrOfType<AffineMapAttr>("y_map").getValue();
  State state = toLoops(get(op->getOperand(0)), xMap);
  // Row dimensions and the group are common to both maps; k and n follow them.
  if (state.kind == State::Known && state.position.dim >= yMap.getNumDims() - 1)
    return State::mixed();
  return fromLoops(state, yMap);
}

/// Elementwise operations join their operands; of anything else only what depends on no sample is known.
State BatchDimension::Impl::ofOther(Operation *op) {
  State state;
  for (Value operand : op->getOperands())
    state = join(state, get(operand));
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (inner != op && !op->isAncestor(operand.getParentBlock()->getParentOp()))
        state = join(state, get(operand).kind == State::Independent ? State() : State::mixed());
  });
  bool elementwise = OpTrait::hasElementwiseMappableTraits(op) && isa<RankedTensorType>(op->getResult(0).getType());
  return state.kind == State::Known && !elementwise ? State::mixed() : state;
}

std::optional<Cycle> BatchDimension::Impl::cycleOf(Operation *op) {
  auto loop = dyn_cast<scf::ForOp>(op);
  if (!loop)
    return std::nullopt;
  return Cycle{op, llvm::to_vector_of<Value>(loop.getRegionIterArgs()), llvm::to_vector_of<Value>(loop.getInitArgs()),
               llvm::to_vector_of<Value>(loop.getYieldedValues())};
}

BatchDimension::BatchDimension() : impl(std::make_unique<Impl>()) {}
BatchDimension::~BatchDimension() = default;

/// Where the batch is known to be 1, every element of a value belongs to the only sample: any dimension will do.
static std::optional<BatchPosition> positionOfOnlySample(Value value) {
  auto function = value.getParentRegion()->getParentOfType<FunctionOpInterface>();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!function || batchSize(function) != 1 || !type || type.getRank() == 0 || type.isDynamicDim(0))
    return std::nullopt;
  return BatchPosition{0, type.getDimSize(0), 1};
}

std::optional<BatchPosition> BatchDimension::get(Value value) {
  State state = impl->get(value);
  if (state.kind == State::Known)
    return state.position;
  return state.kind == State::Mixed ? positionOfOnlySample(value) : std::nullopt;
}

bool BatchDimension::isIndependent(Value value) { return impl->get(value).kind == State::Independent; }
