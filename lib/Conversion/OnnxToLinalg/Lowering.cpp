//===- Lowering.cpp - sizes, scalars and tensors for the lowering functions -------------------------------------===//
#include "Lowering.h"

#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

#include "llvm/ADT/APFloat.h"

using namespace mlir;
using namespace aimc::onnx;

//===------------------------------------------------------------------------------------------------------------===//
// Sizes
//===------------------------------------------------------------------------------------------------------------===//

static bool isFixed(Size size) { return isa<Attribute>(size); }

static std::optional<int64_t> asInteger(Size size) { return getConstantIntValue(size); }

Size Lowering::dim(Value tensor, int64_t dimension) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dimension))
    return size(type.getDimSize(dimension));
  auto key = std::make_pair(tensor, dimension);
  if (auto it = sizes.find(key); it != sizes.end())
    return it->second;
  // The size is made where the tensor is, so that it dominates every use of the tensor.
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointAfterValue(tensor);
  std::optional<Size> traced = traceDim(tensor, dimension);
  Size result = traced ? *traced : Size(Value(tensor::DimOp::create(*this, tensor, dimension)));
  sizes[key] = result;
  return result;
}

/// The size as an operand of the operation that makes the tensor, if it has one.
std::optional<Size> Lowering::traceDim(Value tensor, int64_t dimension) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return empty.getMixedSizes()[dimension];
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    return dim(destination.getTiedOpOperand(cast<OpResult>(tensor))->get(), dimension);
  if (auto castOp = dyn_cast<tensor::CastOp>(op))
    return dim(castOp.getSource(), dimension);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return expand.getMixedOutputShape()[dimension];
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Sizes group;
    for (int64_t source : collapse.getReassociationIndices()[dimension])
      group.push_back(dim(collapse.getSrc(), source));
    return product(group);
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [index, sliceSize] : llvm::enumerate(slice.getMixedSizes()))
      if (!dropped.test(index) && dimension-- == 0)
        return sliceSize;
  }
  if (auto padded = dyn_cast<tensor::PadOp>(op))
    return add(add(dim(padded.getSource(), dimension), padded.getMixedLowPad()[dimension]),
               padded.getMixedHighPad()[dimension]);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op)) {
    Size sum = dim(concat.getInputs().front(), dimension);
    if (dimension == static_cast<int64_t>(concat.getDim()))
      for (Value input : concat.getInputs().drop_front())
        sum = add(sum, dim(input, dimension));
    return sum;
  }
  return std::nullopt;
}

/// `budget` bounds how many values are looked at: sums of sums with themselves double them.
static bool isDimensionWithin(Value value, unsigned &budget) {
  Operation *op = value.getDefiningOp();
  if (!op || budget == 0)
    return false;
  --budget;
  if (auto constant = getConstantIntValue(value))
    return *constant >= 0;
  if (isa<tensor::DimOp>(op))
    return true;
  return isa<arith::MulIOp, arith::AddIOp, arith::DivSIOp, arith::MinSIOp, arith::MaxSIOp, arith::IndexCastOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isDimensionWithin(operand, budget); });
}

bool aimc::onnx::isDimension(Value value) {
  unsigned budget = 256;
  return isDimensionWithin(value, budget);
}

Sizes Lowering::dims(Value tensor) {
  Sizes result;
  for (int64_t i = 0, rank = getRank(tensor); i < rank; ++i)
    result.push_back(dim(tensor, i));
  return result;
}

void Lowering::remember(Value tensor, int64_t dimension, Size value) {
  if (cast<RankedTensorType>(tensor.getType()).isDynamicDim(dimension))
    sizes[{tensor, dimension}] = value;
}

Value Lowering::asIndex(Size size) {
  if (auto constant = asInteger(size))
    if (isFixed(size))
      return index(*constant);
  return cast<Value>(size);
}

/// A constant index value as an attribute.
static Size folded(OpBuilder &b, Value value) {
  if (auto constant = getConstantIntValue(value))
    return b.getIndexAttr(*constant);
  return value;
}

/// Constants are computed here, so that nothing dead is left behind; they wrap as those of the program do.
template <typename Op>
static Size arithmetic(Lowering &b, Size left, Size right, llvm::function_ref<int64_t(int64_t, int64_t)> compute) {
  auto leftConstant = asInteger(left), rightConstant = asInteger(right);
  if (leftConstant && rightConstant)
    return b.size(compute(*leftConstant, *rightConstant));
  return folded(b, b.createOrFold<Op>(b.asIndex(left), b.asIndex(right)));
}

Size Lowering::add(Size a, Size b) {
  if (asInteger(a) == 0 || asInteger(b) == 0)
    return asInteger(a) == 0 ? b : a;
  return arithmetic<arith::AddIOp>(*this, a, b, std::plus<uint64_t>());
}
Size Lowering::sub(Size a, Size b) {
  if (a == b || asInteger(b) == 0)
    return a == b ? size(0) : a;
  return arithmetic<arith::SubIOp>(*this, a, b, std::minus<uint64_t>());
}
Size Lowering::mul(Size a, Size b) {
  if (asInteger(a) == 1 || asInteger(b) == 1)
    return asInteger(a) == 1 ? b : a;
  return arithmetic<arith::MulIOp>(*this, a, b, std::multiplies<uint64_t>());
}
Size Lowering::floorDiv(Size a, Size b) {
  if (asInteger(b) == 1)
    return a;
  if (!asInteger(b)) // a division by 0 would end the process
    b = max(b, size(1));
  return arithmetic<arith::DivSIOp>(*this, a, b, [](int64_t x, int64_t y) -> int64_t {
    return y == 0 ? 0 : y == -1 ? -uint64_t(x) : x / y;
  });
}
Size Lowering::ceilDiv(Size a, Size b) { return asInteger(b) == 1 ? a : floorDiv(add(a, sub(b, size(1))), b); }
Size Lowering::min(Size a, Size b) {
  return a == b ? a : arithmetic<arith::MinSIOp>(*this, a, b, [](int64_t x, int64_t y) { return std::min(x, y); });
}
Size Lowering::max(Size a, Size b) {
  return a == b ? a : arithmetic<arith::MaxSIOp>(*this, a, b, [](int64_t x, int64_t y) { return std::max(x, y); });
}

Size Lowering::select(arith::CmpIPredicate predicate, Size left, Size right, Size a, Size b) {
  if (a == b)
    return a;
  auto leftConstant = asInteger(left), rightConstant = asInteger(right);
  if (leftConstant && rightConstant)
    return arith::applyCmpPredicate(predicate, APInt(64, *leftConstant, true), APInt(64, *rightConstant, true)) ? a : b;
  Value condition = createOrFold<arith::CmpIOp>(predicate, asIndex(left), asIndex(right));
  return folded(*this, createOrFold<arith::SelectOp>(condition, asIndex(a), asIndex(b)));
}

Size Lowering::product(ArrayRef<Size> factors) {
  Size result = size(1);
  for (Size factor : factors)
    result = mul(result, factor);
  return result;
}

std::optional<SmallVector<int64_t>> Lowering::constantElements(Value tensor) {
  SmallVector<int64_t> result;
  DenseElementsAttr dense;
  if (matchPattern(tensor, m_Constant(&dense)) && dense.getElementType().isIntOrIndex()) {
    for (const APInt &value : dense.getValues<APInt>())
      result.push_back(value.getBitWidth() == 1 ? value.getZExtValue() : value.getSExtValue());
    return result;
  }
  DenseResourceElementsAttr resource;
  if (matchPattern(tensor, m_Constant(&resource)) && resource.getElementType().isInteger(64)) {
    ArrayRef<char> data = resource.getData();
    result.resize(data.size() / sizeof(int64_t));
    std::memcpy(result.data(), data.data(), result.size() * sizeof(int64_t));
    return result;
  }
  auto elements = tensor.getDefiningOp<tensor::FromElementsOp>();
  if (!elements)
    return std::nullopt;
  for (Value element : elements.getElements()) {
    auto constant = getConstantIntValue(element);
    if (!constant)
      return std::nullopt;
    result.push_back(*constant);
  }
  return result;
}

Sizes Lowering::elements(Value tensor) {
  Sizes result;
  if (auto constants = constantElements(tensor)) {
    for (int64_t value : *constants)
      result.push_back(size(value));
    return result;
  }
  if (auto elements = tensor.getDefiningOp<tensor::FromElementsOp>()) {
    for (Value element : elements.getElements())
      result.push_back(folded(*this, castIndex(element, getIndexType())));
    return result;
  }
  auto type = cast<RankedTensorType>(tensor.getType());
  assert(type.hasStaticShape() && type.getRank() <= 1 && "elements of a tensor whose number is not known");
  for (int64_t i = 0, count = type.getNumElements(); i < count; ++i) {
    SmallVector<Value> position;
    if (type.getRank() == 1)
      position.push_back(index(i));
    result.push_back(castIndex(tensor::ExtractOp::create(*this, tensor, position), getIndexType()));
  }
  return result;
}

Value Lowering::fromElements(ArrayRef<Size> elements, Type element, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, element);
  SmallVector<Value> scalars;
  if (llvm::all_of(elements, asInteger)) {
    SmallVector<Attribute> attributes;
    for (Size size : elements)
      attributes.push_back(getIntegerAttr(element, *asInteger(size)));
    return arith::ConstantOp::create(*this, type, DenseElementsAttr::get(type, attributes));
  }
  for (Size size : elements)
    scalars.push_back(castIndex(asIndex(size), element));
  return tensor::FromElementsOp::create(*this, type, scalars);
}

//===------------------------------------------------------------------------------------------------------------===//
// Scalars
//===------------------------------------------------------------------------------------------------------------===//

Value Lowering::scalar(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(*this, getFloatAttr(type, value));
  return integer(type, truncateToInteger(value));
}

Value Lowering::integer(Type type, int64_t value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(*this, getFloatAttr(type, static_cast<double>(value)));
  if (type.isIndex())
    return arith::ConstantOp::create(*this, getIndexAttr(value));
  APInt bits(type.getIntOrFloatBitWidth(), static_cast<uint64_t>(value), /*isSigned=*/true, /*implicitTrunc=*/true);
  return arith::ConstantOp::create(*this, IntegerAttr::get(type, bits));
}

Value Lowering::extreme(Type element, bool largest, bool isUnsigned) {
  if (auto type = dyn_cast<FloatType>(element))
    return arith::ConstantOp::create(*this, FloatAttr::get(type, APFloat::getInf(type.getFloatSemantics(), !largest)));
  unsigned width = element.getIntOrFloatBitWidth();
  APInt value = isUnsigned ? (largest ? APInt::getMaxValue(width) : APInt::getMinValue(width))
                           : (largest ? APInt::getSignedMaxValue(width) : APInt::getSignedMinValue(width));
  return arith::ConstantOp::create(*this, IntegerAttr::get(element, value));
}

Value Lowering::extractScalar(Value tensor) {
  if (Value constant = splatScalar(tensor))
    return constant;
  if (auto elements = tensor.getDefiningOp<tensor::FromElementsOp>())
    return elements.getElements().front();
  return tensor::ExtractOp::create(*this, tensor, SmallVector<Value>(getRank(tensor), index(0)));
}

Value Lowering::castIndex(Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (auto constant = getConstantIntValue(value))
    return integer(type, *constant);
  if (auto castOp = value.getDefiningOp<arith::IndexCastOp>())
    if (castOp.getIn().getType() == type)
      return castOp.getIn();
  return arith::IndexCastOp::create(*this, type, value);
}

//===------------------------------------------------------------------------------------------------------------===//
// Tensors
//===------------------------------------------------------------------------------------------------------------===//

Value Lowering::empty(ArrayRef<Size> sizes, Type element) { return tensor::EmptyOp::create(*this, sizes, element); }

Value Lowering::filled(ArrayRef<Size> sizes, Value scalar) {
  return linalg::FillOp::create(*this, ValueRange{scalar}, ValueRange{empty(sizes, scalar.getType())}).getResult(0);
}

Value Lowering::castTo(Value tensor, Type type) {
  return tensor.getType() == type ? tensor : Value(tensor::CastOp::create(*this, type, tensor));
}

Value Lowering::splatScalar(Value tensor) {
  DenseElementsAttr dense;
  if (!matchPattern(tensor, m_Constant(&dense)) || !dense.isSplat())
    return {};
  return arith::ConstantOp::create(*this, cast<TypedAttr>(dense.getSplatValue<Attribute>()));
}

SmallVector<Value> Lowering::generic(ArrayRef<Access> inputs, ArrayRef<Access> outputs, Payload payload) {
  SmallVector<Value> ins, outs;
  SmallVector<AffineMap> maps;
  SmallVector<Type> types;
  for (const Access &input : inputs) {
    ins.push_back(input.tensor);
    maps.push_back(input.map);
  }
  SmallVector<utils::IteratorType> iterators(outputs.front().map.getNumDims(), utils::IteratorType::reduction);
  for (const Access &output : outputs) {
    outs.push_back(output.tensor);
    maps.push_back(output.map);
    types.push_back(output.tensor.getType());
    for (AffineExpr expr : output.map.getResults())
      iterators[cast<AffineDimExpr>(expr).getPosition()] = utils::IteratorType::parallel;
  }
  auto op = linalg::GenericOp::create(*this, types, ins, outs, maps, iterators,
                                      [&](OpBuilder &nested, Location, ValueRange arguments) {
                                        OpBuilder::InsertionGuard guard(*this);
                                        restoreInsertionPoint(nested.saveInsertionPoint());
                                        linalg::YieldOp::create(*this, payload(arguments));
                                      });
  return llvm::to_vector_of<Value>(op.getResults());
}

Value Lowering::compute(ArrayRef<Access> inputs, ArrayRef<Size> sizes, Type element, Payload payload) {
  Access output{empty(sizes, element), getMultiDimIdentityMap(sizes.size())};
  return generic(inputs, output, payload).front();
}

Value Lowering::computeFromIndices(ArrayRef<Size> sizes, Type element, Payload payload) {
  return compute({}, sizes, element, [&](ValueRange) {
    SmallVector<Value> indices;
    for (size_t i = 0; i < sizes.size(); ++i)
      indices.push_back(linalg::IndexOp::create(*this, i));
    return payload(indices);
  });
}

Sizes Lowering::broadcastSizes(ValueRange operands) {
  int64_t rank = 0;
  for (Value operand : operands)
    rank = std::max(rank, getRank(operand));
  Sizes result(rank, size(1));
  for (Value operand : operands) {
    int64_t offset = rank - getRank(operand);
    for (auto [i, operandSize] : llvm::enumerate(dims(operand))) {
      Size &known = result[offset + i];
      if (asInteger(operandSize) == 1 || operandSize == known || (isFixed(known) && asInteger(known) != 1))
        continue;
      if (isFixed(operandSize) || asInteger(known) == 1)
        known = operandSize;
      else
        known = select(arith::CmpIPredicate::eq, known, size(1), operandSize, known);
    }
  }
  return result;
}

void Lowering::expect(Value good, const Twine &message) {
  auto name = getLoc()->findInstanceOf<NameLoc>();
  cf::AssertOp::create(*this, good, name ? (name.getName().getValue() + ": " + message).str() : message.str());
}

Value Lowering::equal(Size a, Size b) { return arith::CmpIOp::create(*this, arith::CmpIPredicate::eq, asIndex(a), asIndex(b)); }

void Lowering::expectEqual(Size a, Size b, const Twine &message) {
  if (a != b && !(asInteger(a) && asInteger(b)))
    expect(equal(a, b), message);
}

void Lowering::expectBroadcasts(ArrayRef<Size> own, ArrayRef<Size> wanted) {
  for (auto [i, a] : llvm::enumerate(own))
    if (Size b = wanted[i]; a != b && asInteger(a) != 1)
      expect(arith::OrIOp::create(*this, equal(a, b), equal(a, size(1))),
             "sizes of dimension " + Twine(static_cast<int64_t>(i - own.size())) + " differ and none is 1");
}

Access Lowering::broadcastAccess(Value tensor, ArrayRef<Size> sizes) {
  int64_t rank = sizes.size(), offset = rank - getRank(tensor);
  SmallVector<AffineExpr> exprs;
  bool mayBroadcast = false;
  Sizes own = dims(tensor);
  for (auto [i, size] : llvm::enumerate(own)) {
    Size wanted = sizes[offset + i];
    mayBroadcast |= size != wanted && asInteger(size) != 1;
    exprs.push_back(asInteger(size) == 1 && asInteger(wanted) != 1 ? getAffineConstantExpr(0) : getAffineDimExpr(offset + i));
  }
  if (!mayBroadcast)
    return {tensor, AffineMap::get(rank, 0, exprs, getContext())};
  expectBroadcasts(own, sizes.drop_front(offset));
  ArrayRef<Size> inner = sizes.drop_front(offset);
  Value spread = computeFromIndices(inner, getElement(tensor), [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> position;
    for (auto [i, size] : llvm::enumerate(own))
      position.push_back(size == inner[i] ? indices[i]
                                          : arith::MinSIOp::create(*this, indices[i], asIndex(sub(size, this->size(1)))));
    return {tensor::ExtractOp::create(*this, tensor, position)};
  });
  return {spread, AffineMap::getMinorIdentityMap(rank, rank - offset, getContext())};
}

/// What a comparison of a dimension with a constant below any dimension gives: exporters ask whether a size is -1.
static std::optional<bool> foldDimensionComparison(Operation *op) {
  using P = arith::CmpIPredicate;
  auto comparison = dyn_cast<arith::CmpIOp>(op);
  auto constant = comparison ? getConstantIntValue(comparison.getRhs()) : std::nullopt;
  if (!constant || *constant >= 0 || !isDimension(comparison.getLhs()))
    return std::nullopt;
  P predicate = comparison.getPredicate();
  if (predicate == P::ne || predicate == P::sgt || predicate == P::sge)
    return true;
  if (predicate == P::eq || predicate == P::slt || predicate == P::sle)
    return false;
  return std::nullopt;
}

/// Elementwise computation of integers that are known one by one, as those of shapes are: scalars, folded as they are made.
Value Lowering::unrolled(ValueRange operands, Type element, Payload payload) {
  int64_t count = 1, rank = 0;
  bool anyComputed = false, allIntegers = true;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    bool computed = operand.getDefiningOp<tensor::FromElementsOp>();
    anyComputed |= computed;
    allIntegers &= isa<IntegerType>(type.getElementType());
    DenseElementsAttr dense;
    if (!type.hasStaticShape() || type.getRank() > 1 || (!computed && !matchPattern(operand, m_Constant(&dense))))
      return {};
    rank = std::max(rank, type.getRank());
    count = std::max(count, type.getNumElements());
    if (type.getNumElements() == 0)
      return {};
  }
  if (!(anyComputed || allIntegers) || count > 16)
    return {};
  auto read = [&](Value operand, int64_t i) -> Value {
    i = cast<RankedTensorType>(operand.getType()).getNumElements() == 1 ? 0 : i;
    if (auto elements = operand.getDefiningOp<tensor::FromElementsOp>())
      return elements.getElements()[i];
    DenseElementsAttr dense;
    matchPattern(operand, m_Constant(&dense));
    return arith::ConstantOp::create(*this, cast<TypedAttr>(dense.getValues<Attribute>()[i]));
  };
  SmallVector<Value> results;
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<Value> scalars;
    for (Value operand : operands)
      scalars.push_back(read(operand, i));
    // Folding needs neighbours only: each operation is folded once, after its operands were.
    Block *block = getInsertionBlock();
    Operation *last = getInsertionPoint() == block->begin() ? nullptr : &*std::prev(getInsertionPoint());
    Value result = payload(scalars).front();
    auto from = last ? std::next(Block::iterator(last)) : block->begin();
    for (Operation &op : llvm::make_early_inc_range(llvm::make_range(from, getInsertionPoint()))) {
      SmallVector<Value> folded;
      if (op.getNumResults() != 1 || isa<arith::ConstantOp>(op))
        continue;
      if (auto known = foldDimensionComparison(&op))
        folded.push_back(integer(getI1Type(), *known));
      else if (failed(tryFold(&op, folded)) || folded.empty())
        continue;
      if (result == op.getResult(0))
        result = folded.front();
      op.getResult(0).replaceAllUsesWith(folded.front());
      op.erase();
    }
    results.push_back(result);
  }
  auto type = RankedTensorType::get(rank == 0 ? ArrayRef<int64_t>() : ArrayRef<int64_t>(count), element);
  return tensor::FromElementsOp::create(*this, type, results);
}

Value Lowering::broadcast(ValueRange operands, Type element, Payload payload) {
  if (Value scalars = unrolled(operands, element, payload))
    return scalars;
  Sizes resultSizes = broadcastSizes(operands);
  // A splat constant is a scalar of the payload, where readers of the payload see its value; at least one operand stays.
  SmallVector<Value> constants;
  SmallVector<Access> inputs;
  bool allSplat = llvm::all_of(operands, [&](Value operand) {
    DenseElementsAttr dense;
    return matchPattern(operand, m_Constant(&dense)) && dense.isSplat();
  });
  for (Value operand : operands) {
    constants.push_back(allSplat ? Value() : splatScalar(operand));
    if (!constants.back())
      inputs.push_back(broadcastAccess(operand, resultSizes));
  }
  return compute(inputs, resultSizes, element, [&](ValueRange arguments) {
    SmallVector<Value> scalars = constants;
    for (Value &scalar : scalars)
      if (!scalar) {
        scalar = arguments.front();
        arguments = arguments.drop_front();
      }
    return payload(scalars);
  });
}

AffineMap Lowering::withoutAxes(int64_t rank, ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      exprs.push_back(getAffineDimExpr(i));
  return AffineMap::get(rank, 0, exprs, getContext());
}

Type Lowering::accumulatorOf(Type element) {
  if (!isa<FloatType>(element))
    return element;
  return element.getIntOrFloatBitWidth() < 32 ? getF32Type() : getF64Type();
}

Value Lowering::sum(Value tensor, ArrayRef<int64_t> axes, llvm::function_ref<Value(Value)> term) {
  Type element = getElement(tensor), wide = accumulatorOf(element);
  Value sums = reduce(tensor, axes, scalar(wide, 0), [&](Value x, Value sum) -> Value {
    return arith::AddFOp::create(*this, sum, term(castScalar(*this, x, element, wide)));
  });
  if (wide == element)
    return sums;
  return compute(Access{sums, getMultiDimIdentityMap(getRank(sums))}, dims(sums), element,
                 [&](ValueRange scalars) -> SmallVector<Value> { return {castScalar(*this, scalars[0], wide, element)}; });
}

Value Lowering::reduce(Value tensor, ArrayRef<int64_t> axes, Value initial,
                       llvm::function_ref<Value(Value element, Value sum)> combine) {
  int64_t rank = getRank(tensor);
  Sizes kept;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      kept.push_back(dim(tensor, i));
  Access input{tensor, getMultiDimIdentityMap(rank)}, output{filled(kept, initial), withoutAxes(rank, axes)};
  return generic(input, output,
                 [&](ValueRange arguments) -> SmallVector<Value> { return {combine(arguments[0], arguments[1])}; })
      .front();
}

Value Lowering::contract(Access left, Access right, ArrayRef<unsigned> outer, ArrayRef<Size> outputSizes) {
  Type element = getElement(left.tensor);
  bool isFloat = isa<FloatType>(element);
  unsigned loops = left.map.getNumDims();
  for (unsigned loop = 0; loop < loops; ++loop) {
    std::optional<Size> known;
    for (const Access &factor : {left, right})
      for (auto [dimension, expr] : llvm::enumerate(factor.map.getResults()))
        if (expr == getAffineDimExpr(loop)) {
          Size own = dim(factor.tensor, dimension);
          expectEqual(known.value_or(own), own, "the factors must have one size in every dimension that they share");
          known = own;
        }
  }
  AffineMap outputMap = AffineMap::getMultiDimMapWithTargets(loops, outer, getContext());
  Access output{filled(outputSizes, scalar(element, 0)), outputMap};
  return generic(
             {left, right}, output,
             [&](ValueRange arguments) -> SmallVector<Value> {
               if (isFloat)
                 return {arith::AddFOp::create(*this, arguments[2], arith::MulFOp::create(*this, arguments[0], arguments[1]))};
               return {arith::AddIOp::create(*this, arguments[2], arith::MulIOp::create(*this, arguments[0], arguments[1]))};
             })
      .front();
}

Value Lowering::concat(int64_t axis, ValueRange parts) {
  for (Value part : parts.drop_front())
    for (int64_t i = 0; i < getRank(part); ++i)
      if (i != axis)
        expectEqual(dim(parts.front(), i), dim(part, i), "the parts must have one size in dimension " + Twine(i));
  return tensor::ConcatOp::create(*this, axis, parts);
}

Value Lowering::transpose(Value tensor, ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return tensor;
  Sizes sizes;
  for (int64_t source : permutation)
    sizes.push_back(dim(tensor, source));
  return linalg::TransposeOp::create(*this, tensor, empty(sizes, getElement(tensor)), permutation)->getResult(0);
}

Value Lowering::slice(Value tensor, ArrayRef<Size> offsets, ArrayRef<Size> sizes, ArrayRef<int64_t> dropped) {
  if (dropped.empty() && llvm::all_of(offsets, [](Size offset) { return asInteger(offset) == 0; }) &&
      llvm::equal(sizes, dims(tensor)))
    return tensor;
  Sizes strides(offsets.size(), size(1)), kept;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(dropped, static_cast<int64_t>(i)))
      kept.push_back(size);
  // A slice of nothing may begin behind the end, where extract_slice may not.
  if (llvm::any_of(kept, [](Size size) { return asInteger(size) == 0; }))
    return empty(kept, getElement(tensor));
  SmallVector<int64_t> shape;
  for (Size size : kept)
    shape.push_back(isFixed(size) ? *asInteger(size) : ShapedType::kDynamic);
  auto type = RankedTensorType::get(shape, getElement(tensor));
  return tensor::ExtractSliceOp::create(*this, type, tensor, offsets, sizes, strides);
}

Value Lowering::sliceAxis(Value tensor, int64_t axis, Size offset, Size count) {
  Sizes offsets(getRank(tensor), size(0)), sizes = dims(tensor);
  offsets[axis] = offset;
  sizes[axis] = count;
  return slice(tensor, offsets, sizes);
}

Value Lowering::pad(Value tensor, ArrayRef<Size> low, ArrayRef<Size> high, Value value) {
  auto isZero = [](Size size) { return asInteger(size) == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return tensor;
  return tensor::PadOp::create(*this, Type(), tensor, low, high, value);
}

//===------------------------------------------------------------------------------------------------------------===//
// Reshape
//===------------------------------------------------------------------------------------------------------------===//

namespace {
/// A product of a constant, which wraps as the program's do, and sizes that are known at run time.
struct Monomial {
  int64_t constant = 1;
  SmallVector<Value> factors;

  void multiply(Size size) {
    if (auto known = asInteger(size)) {
      constant = std::multiplies<uint64_t>()(constant, *known);
      return;
    }
    Value value = cast<Value>(size);
    constexpr size_t mostFactors = 64; // squares of squares double them
    auto product = value.getDefiningOp<arith::MulIOp>();
    if (product && factors.size() < mostFactors) {
      multiply(product.getLhs());
      multiply(product.getRhs());
    } else {
      factors.push_back(value);
    }
  }
  /// Removes what both have.
  static void cancel(Monomial &a, Monomial &b) {
    for (auto *it = a.factors.begin(); it != a.factors.end();) {
      auto *other = llvm::find(b.factors, *it);
      if (other == b.factors.end()) {
        ++it;
        continue;
      }
      b.factors.erase(other);
      it = a.factors.erase(it);
    }
    int64_t common = std::gcd(a.constant, b.constant);
    if (common > 0) {
      a.constant /= common;
      b.constant /= common;
    }
  }
  bool isOne() const { return constant == 1 && factors.empty(); }
};

/// Dimensions of the two sides of a reshape that hold the same elements.
struct Group {
  ReassociationIndices from, to;
};
} // namespace

/// Whether two sizes are seen to be products of the same factors.
static bool areSame(Size a, Size b) {
  Monomial left, right;
  left.multiply(a);
  right.multiply(b);
  Monomial::cancel(left, right);
  return a == b || (left.isOne() && right.isOne());
}

Size Lowering::quotient(ArrayRef<Size> over, ArrayRef<Size> under) {
  Monomial numerator, denominator;
  for (Size size : over)
    numerator.multiply(size);
  for (Size size : under)
    denominator.multiply(size);
  Monomial::cancel(numerator, denominator);
  auto value = [&](const Monomial &monomial) {
    Size result = size(monomial.constant);
    for (Value factor : monomial.factors)
      result = mul(result, factor);
    return result;
  };
  return denominator.isOne() ? value(numerator) : floorDiv(value(numerator), value(denominator));
}

/// The finest groups in order; none when products cannot be shown to agree.
static std::optional<SmallVector<Group>> groupDimensions(ArrayRef<Size> from, ArrayRef<Size> to) {
  SmallVector<Group> groups;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    Group group;
    Monomial left, right;
    auto takeLeft = [&] {
      left.multiply(from[i]);
      group.from.push_back(i++);
    };
    auto takeRight = [&] {
      right.multiply(to[j]);
      group.to.push_back(j++);
    };
    takeLeft();
    takeRight();
    for (Monomial::cancel(left, right); !left.isOne() || !right.isOne(); Monomial::cancel(left, right)) {
      if (!right.isOne() && i < from.size())
        takeLeft();
      else if (!left.isOne() && j < to.size())
        takeRight();
      else
        return std::nullopt;
    }
    groups.push_back(group);
  }
  if (groups.empty())
    groups.emplace_back();
  for (; i < from.size(); ++i) {
    if (asInteger(from[i]) != 1)
      return std::nullopt;
    groups.back().from.push_back(i);
  }
  for (; j < to.size(); ++j) {
    if (asInteger(to[j]) != 1)
      return std::nullopt;
    groups.back().to.push_back(j);
  }
  return groups;
}

static SmallVector<int64_t> getShape(ArrayRef<Size> sizes) {
  SmallVector<int64_t> shape;
  for (Size size : sizes)
    shape.push_back(isFixed(size) ? *asInteger(size) : ShapedType::kDynamic);
  return shape;
}

/// If one side is static, the only dynamic size of the other follows.
static void solveSingle(Lowering &b, MutableArrayRef<Size> open, ArrayRef<Size> fixed) {
  if (!llvm::all_of(fixed, isFixed) || llvm::count_if(open, [](Size size) { return !isFixed(size); }) != 1)
    return;
  int64_t total = 1, known = 1;
  bool overflows = false;
  for (Size size : fixed)
    overflows |= __builtin_mul_overflow(total, *asInteger(size), &total);
  for (Size size : open)
    if (isFixed(size))
      overflows |= __builtin_mul_overflow(known, *asInteger(size), &known);
  if (overflows || known <= 0 || total % known != 0)
    return;
  for (Size &size : open)
    if (!isFixed(size))
      size = b.size(total / known);
}

bool Lowering::canSplit(ArrayRef<Size> sizes) {
  return llvm::count_if(sizes, [](Size size) { return !isFixed(size); }) <= 1;
}

/// The only size of `to` that `from` does not have follows from the number of elements, in terms of the sizes of `from`.
static void solveForeign(Lowering &b, ArrayRef<Size> from, MutableArrayRef<Size> to) {
  auto isForeign = [&](Size size) { return !isFixed(size) && !llvm::is_contained(from, size); };
  if (llvm::count_if(to, isForeign) != 1)
    return;
  Sizes others;
  llvm::copy_if(to, std::back_inserter(others), [&](Size size) { return !isForeign(size); });
  *llvm::find_if(to, isForeign) = b.quotient(from, others);
}

Value Lowering::reshape(Value tensor, ArrayRef<Size> wanted) {
  Type element = getElement(tensor);
  Sizes from = dims(tensor), to(wanted);
  if (from == to)
    return tensor;
  solveForeign(*this, from, to);
  for (auto [i, solved] : llvm::enumerate(to))
    if (!areSame(wanted[i], solved))
      expect(equal(wanted[i], solved), "the elements do not fill dimension " + Twine(i) + " of the shape that is asked for");
  solveSingle(*this, from, to);
  solveSingle(*this, to, from);
  tensor = castTo(tensor, RankedTensorType::get(getShape(from), element));
  if (from == to)
    return tensor;
  if (auto elements = tensor.getDefiningOp<tensor::FromElementsOp>())
    return tensor::FromElementsOp::create(*this, RankedTensorType::get(getShape(to), element), elements.getElements());
  auto isEmpty = [](Size size) { return asInteger(size) == 0; };
  if (llvm::any_of(to, isEmpty) || llvm::any_of(from, isEmpty))
    return empty(to, element);

  auto groups = groupDimensions(from, to);
  bool splits = groups && llvm::all_of(*groups, [&](const Group &group) {
                  Sizes parts;
                  for (int64_t i : group.to)
                    parts.push_back(to[i]);
                  return parts.size() == 1 || canSplit(parts);
                });
  if (!splits) {
    Value shape = fromElements(to, getIndexType(), {static_cast<int64_t>(to.size())});
    Value result = tensor::ReshapeOp::create(*this, RankedTensorType::get(getShape(to), element), tensor, shape);
    for (auto [i, size] : llvm::enumerate(to))
      remember(result, i, size);
    return result;
  }
  // A side of rank 0 has no groups: its other side, of ones, collapses or expands in one step.
  SmallVector<ReassociationIndices> collapsed, expanded;
  SmallVector<int64_t> middle;
  if (!from.empty() && !to.empty()) {
    for (Group &group : *groups) {
      collapsed.push_back(group.from);
      expanded.push_back(group.to);
      Monomial size;
      for (int64_t i : group.from)
        size.multiply(from[i]);
      bool isKnown = llvm::all_of(group.from, [&](int64_t i) { return isFixed(from[i]); });
      middle.push_back(isKnown ? size.constant : ShapedType::kDynamic);
    }
  }
  if (middle.size() != from.size())
    tensor = tensor::CollapseShapeOp::create(*this, RankedTensorType::get(middle, element), tensor, collapsed);
  if (middle.size() != to.size())
    tensor = tensor::ExpandShapeOp::create(*this, RankedTensorType::get(getShape(to), element), tensor, expanded, to);
  for (auto [i, size] : llvm::enumerate(to))
    remember(tensor, i, size);
  return tensor;
}
