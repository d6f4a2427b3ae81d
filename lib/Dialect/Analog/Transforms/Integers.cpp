//===- Integers.cpp ---------------------------------------------------------------------------------------------===//
#include "Integers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// The operand whose elements `op` moves; null when it does something else.
static Value getMoved(Operation *op, bool padding) {
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ExtractSliceOp, tensor::CastOp>(op))
    return op->getOperand(0);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return transpose.getInput();
  if (auto gather = dyn_cast<GatherOp>(op); gather && padding)
    return gather.getX();
  if (auto pad = dyn_cast<tensor::PadOp>(op); pad && padding && pad.getConstantPaddingValue())
    return pad.getSource();
  return {};
}

linalg::GenericOp aimc::analog::getElementSource(Value value, bool padding) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      return generic->getNumResults() == 1 && generic.getNumReductionLoops() == 0 ? generic : linalg::GenericOp();
    value = getMoved(op, padding);
    if (!value)
      break;
  }
  return {};
}

//===----------------------------------------------------------------------===//
// Payloads
//===----------------------------------------------------------------------===//

static bool isFromInteger(Value value) { return isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp>(value.getDefiningOp()); }

static Value getYielded(linalg::GenericOp op) { return op.getBody()->getTerminator()->getOperand(0); }

std::optional<ScaledInteger> aimc::analog::readScaledInteger(linalg::GenericOp op) {
  Value result = getYielded(op);
  if (!result.getType().isF32())
    return std::nullopt;
  if (isFromInteger(result))
    return ScaledInteger{result, {}};
  auto product = result.getDefiningOp<arith::MulFOp>();
  if (!product)
    return std::nullopt;
  for (auto [integer, scale] : {std::pair(product.getLhs(), product.getRhs()), std::pair(product.getRhs(), product.getLhs())})
    if (isFromInteger(integer) && !isFromInteger(scale))
      return ScaledInteger{integer, scale};
  return std::nullopt;
}

/// The crossbar's weights with `part` of its elements' payload in the place of the payload's result.
static FailureOr<StridedView> evaluatePart(CrossbarOp crossbar, Value ScaledInteger::*part) {
  OwningOpRef<CrossbarOp> copy(cast<CrossbarOp>(crossbar->clone()));
  linalg::GenericOp source = getElementSource(copy->getWeightsValue(), /*padding=*/false);
  source.getBody()->getTerminator()->setOperand(0, (*readScaledInteger(source)).*part);
  return evaluateView(copy->getWeightsValue());
}

std::optional<IntegerWeights> aimc::analog::readIntegerWeights(CrossbarOp crossbar) {
  linalg::GenericOp source = getElementSource(crossbar.getWeightsValue(), /*padding=*/false);
  std::optional<ScaledInteger> scaled = source ? readScaledInteger(source) : std::nullopt;
  if (!scaled)
    return std::nullopt;
  IntegerWeights weights;
  FloatAttr scale;
  if (scaled->scale && matchPattern(scaled->scale, m_Constant(&scale)))
    weights.scale = scale.getValue().convertToFloat();
  FailureOr<StridedView> integers = evaluatePart(crossbar, &ScaledInteger::integer);
  if (failed(integers))
    return std::nullopt;
  weights.integers = *integers;
  if (!scaled->scale || scale)
    return weights;
  FailureOr<StridedView> scales = evaluatePart(crossbar, &ScaledInteger::scale);
  if (failed(scales))
    return std::nullopt;
  weights.scales = *scales;
  return weights;
}

/// A constant integer under extensions.
static std::optional<int64_t> getInteger(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto extend = dyn_cast_or_null<arith::ExtUIOp>(op))
    if (std::optional<int64_t> inner = getInteger(extend.getIn()))
      return *inner & ((int64_t(1) << extend.getIn().getType().getIntOrFloatBitWidth()) - 1);
  if (auto extend = dyn_cast_or_null<arith::ExtSIOp>(op))
    return getInteger(extend.getIn());
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

/// The integer q that stands for the constant with which `pad` fills; nothing when there is none.
static std::optional<int64_t> getPaddingInteger(tensor::PadOp pad, const StoredIntegers &stored) {
  Attribute constant;
  if (!matchPattern(pad.getConstantPaddingValue(), m_Constant(&constant)))
    return std::nullopt;
  if (auto integer = dyn_cast<IntegerAttr>(constant))
    return integer.getValue().getSExtValue() + stored.zero;
  double levels = cast<FloatAttr>(constant).getValueAsDouble() / stored.scale;
  if (!(std::fabs(levels - std::nearbyint(levels)) < 1e-3))
    return std::nullopt;
  return int64_t(std::nearbyint(levels)) + stored.zero;
}

/// Whether `pad` fills with an integer as it is stored, which only a run can tell.
static bool isPaddedWithStored(tensor::PadOp pad, const StoredIntegers &stored) {
  Operation *convert = pad.getConstantPaddingValue().getDefiningOp();
  if (stored.zero != 0 || stored.scale != 1.0f || !isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp>(convert))
    return false;
  return convert->getOperand(0).getType().isInteger(8) && isa<arith::UIToFPOp>(convert) == stored.isUnsigned;
}

/// Whether all padding between `value` and the stored integers is with some of them; where the zero point is not known, with
/// that.
static bool isPaddedWithIntegers(Value value, const StoredIntegers &stored) {
  for (; value.getDefiningOp() != stored.op; value = getMoved(value.getDefiningOp(), /*padding=*/true)) {
    std::optional<int64_t> integer = 0;
    if (auto pad = value.getDefiningOp<tensor::PadOp>()) {
      if (isPaddedWithStored(pad, stored))
        continue;
      integer = getPaddingInteger(pad, stored);
    } else if (value.getDefiningOp<GatherOp>()) { // with 0.0
      integer = stored.zero;
    } else {
      continue;
    }
    if (!integer || *integer < stored.low || *integer > stored.high || (stored.zeroPoint && *integer != 0))
      return false;
  }
  return true;
}

/// The operand of `op`, a tensor of one number, whose element `value` is under an extension; null when it is anything else.
static Value getSingleOperand(linalg::GenericOp op, Value value) {
  if (Operation *extend = value.getDefiningOp(); isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extend))
    value = extend->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBody() || argument.getArgNumber() != 1)
    return {};
  auto type = dyn_cast<RankedTensorType>(op.getDpsInputs()[1].getType());
  return type && type.hasStaticShape() && type.getNumElements() == 1 ? op.getDpsInputs()[1] : Value();
}

std::optional<StoredIntegers> aimc::analog::readStoredIntegers(Value value) {
  linalg::GenericOp op = getElementSource(value, /*padding=*/true);
  if (!op || op.getNumDpsInputs() < 1 || op.getNumDpsInputs() > 2)
    return std::nullopt;
  StoredIntegers stored{op, 0, 0, 0, {}, 1.0f, false};
  Value integer = getYielded(op);
  std::optional<ScaledInteger> scaled;
  if (isa<FloatType>(integer.getType())) {
    scaled = readScaledInteger(op);
    FloatAttr scale;
    if (!scaled || (scaled->scale && !matchPattern(scaled->scale, m_Constant(&scale))))
      return std::nullopt;
    if (scale)
      stored.scale = scale.getValue().convertToFloat();
    integer = scaled->integer.getDefiningOp()->getOperand(0);
  }
  if (auto subtract = integer.getDefiningOp<arith::SubIOp>()) {
    std::optional<int64_t> zero = getInteger(subtract.getRhs());
    if (!zero && !scaled && op.getNumDpsInputs() == 2)
      stored.zeroPoint = getSingleOperand(op, subtract.getRhs());
    if (!zero && !stored.zeroPoint)
      return std::nullopt;
    stored.zero = zero.value_or(0);
    integer = subtract.getLhs();
  }
  if (op.getNumDpsInputs() != (stored.zeroPoint ? 2 : 1))
    return std::nullopt;
  // What widens the stored integer says whether it is signed: an extension, or the conversion itself.
  if (Operation *extend = integer.getDefiningOp(); isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extend)) {
    stored.isUnsigned = isa<arith::ExtUIOp>(extend);
    integer = extend->getOperand(0);
  } else if (scaled) {
    stored.isUnsigned = scaled->integer.getDefiningOp<arith::UIToFPOp>();
  }
  unsigned bits = integer.getType().getIntOrFloatBitWidth();
  if (auto flip = integer.getDefiningOp<arith::XOrIOp>();
      flip && stored.isUnsigned && bits <= 16 && getInteger(flip.getRhs()) == -(int64_t(1) << (bits - 1))) {
    stored.flipped = true;
    integer = flip.getLhs();
  }
  if (integer != op.getBody()->getArgument(0))
    return std::nullopt;
  stored.low = stored.isUnsigned ? 0 : -(int64_t(1) << (bits - 1));
  stored.high = (int64_t(1) << (stored.isUnsigned ? bits : bits - 1)) - 1;
  if (bits < 8 || bits > 16 || !(stored.scale > 0.0f) || !std::isfinite(stored.scale) || !isPaddedWithIntegers(value, stored))
    return std::nullopt;
  return stored;
}

StoredIntegers StoredIntegers::asUnsigned() const {
  StoredIntegers result = *this;
  if (isUnsigned)
    return result;
  result.zero -= low;
  result.high -= low;
  result.low = 0;
  result.isUnsigned = result.flipped = true;
  return result;
}

//===----------------------------------------------------------------------===//
// Rebuilding
//===----------------------------------------------------------------------===//

static Value createElementwise(OpBuilder &b, Location loc, Value input, AffineMap inputMap, ArrayRef<OpFoldResult> sizes,
                               Type element, llvm::function_ref<Value(OpBuilder &, Value)> payload) {
  Value empty = tensor::EmptyOp::create(b, loc, sizes, element);
  SmallVector<utils::IteratorType> loops(sizes.size(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, loc, empty.getType(), input, empty,
                                   ArrayRef<AffineMap>{inputMap, b.getMultiDimIdentityMap(sizes.size())}, loops,
                                   [&](OpBuilder &nested, Location, ValueRange arguments) {
                                     linalg::YieldOp::create(nested, loc, payload(nested, arguments[0]));
                                   })
      .getResult(0);
}

/// `payload` of every element of `input`, whose own order stays.
static Value createElementwise(OpBuilder &b, Location loc, Value input, Type element,
                               llvm::function_ref<Value(OpBuilder &, Value)> payload) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  return createElementwise(b, loc, input, b.getMultiDimIdentityMap(rank), tensor::getMixedSizes(b, loc, input), element,
                           payload);
}

/// A float as another; itself when it is one already.
static Value convertFloat(OpBuilder &b, Location loc, Value number, Type type) {
  unsigned from = number.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (number.getType() == type)
    return number;
  return from < to ? Value(arith::ExtFOp::create(b, loc, type, number)) : arith::TruncFOp::create(b, loc, type, number);
}

Value aimc::analog::toFloat(OpBuilder &b, Location loc, Value numbers) {
  return createElementwise(b, loc, numbers, b.getF32Type(), [&](OpBuilder &nested, Value number) -> Value {
    if (isa<FloatType>(number.getType()))
      return convertFloat(nested, loc, number, nested.getF32Type());
    return arith::SIToFPOp::create(nested, loc, nested.getF32Type(), number);
  });
}

Value aimc::analog::fromFloat(OpBuilder &b, Location loc, Value numbers, Type type) {
  return createElementwise(b, loc, numbers, type, [&](OpBuilder &nested, Value number) -> Value {
    if (isa<FloatType>(type))
      return convertFloat(nested, loc, number, type);
    Value rounded = math::RoundEvenOp::create(nested, loc, number);
    return arith::FPToSIOp::create(nested, loc, type, rounded);
  });
}

/// A stored integer as a float: `isUnsigned` says what its bits mean.
static Value toFloatScalar(OpBuilder &b, Location loc, Value integer, bool isUnsigned, Type type) {
  return isUnsigned ? Value(arith::UIToFPOp::create(b, loc, type, integer)) : arith::SIToFPOp::create(b, loc, type, integer);
}

/// What padding with 0 of centered numbers is in createNumbers' result.
static Value createPadding(OpBuilder &b, Location loc, tensor::PadOp pad, const StoredIntegers &stored, float scale,
                           bool centered) {
  if (!stored.zeroPoint) {
    int64_t integer = *getPaddingInteger(pad, stored) - (centered ? stored.zero : 0);
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(float(integer) * scale));
  }
  SmallVector<Value> indices(cast<RankedTensorType>(stored.zeroPoint.getType()).getRank(),
                             arith::ConstantIndexOp::create(b, loc, 0));
  Value zero = tensor::ExtractOp::create(b, loc, stored.zeroPoint, indices);
  return toFloatScalar(b, loc, zero, stored.isUnsigned, b.getF32Type());
}

Value aimc::analog::createNumbers(OpBuilder &b, Value value, const StoredIntegers &stored, float scale, bool centered) {
  assert((!stored.zeroPoint || (!centered && scale == 1.0f)) && "zero points of a run are not taken away");
  Operation *op = value.getDefiningOp();
  Location loc = op->getLoc();
  if (op == stored.op) {
    linalg::GenericOp generic = stored.op;
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, generic.getDpsInits()[0]);
    // Loops in the order of the result, whose map may permute them.
    AffineMap toLoops = inversePermutation(generic.getIndexingMapsArray().back());
    return createElementwise(b, loc, generic.getDpsInputs()[0], generic.getIndexingMapsArray()[0].compose(toLoops), sizes,
                             b.getF32Type(), [&](OpBuilder &nested, Value q) -> Value {
                               if (stored.flipped) {
                                 unsigned width = q.getType().getIntOrFloatBitWidth();
                                 IntegerAttr highest = nested.getIntegerAttr(q.getType(), APInt::getSignMask(width));
                                 q = arith::XOrIOp::create(nested, loc, q, arith::ConstantOp::create(nested, loc, highest));
                               }
                               auto constant = [&](float number) -> Value {
                                 return arith::ConstantOp::create(nested, loc, nested.getF32FloatAttr(number));
                               };
                               Value number = toFloatScalar(nested, loc, q, stored.isUnsigned, nested.getF32Type());
                               if (centered && stored.zero != 0)
                                 number = arith::SubFOp::create(nested, loc, number, constant(stored.zero));
                               return scale == 1.0f ? number : arith::MulFOp::create(nested, loc, number, constant(scale));
                             });
  }
  Value moved = createNumbers(b, getMoved(op, /*padding=*/true), stored, scale, centered);
  auto type = cast<RankedTensorType>(value.getType()).clone(b.getF32Type());
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return tensor::PadOp::create(b, loc, type, moved, pad.getMixedLowPad(), pad.getMixedHighPad(),
                                 createPadding(b, loc, pad, stored, scale, centered));
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    Value empty = tensor::EmptyOp::create(b, loc, tensor::getMixedSizes(b, loc, transpose.getInit()), b.getF32Type());
    return linalg::TransposeOp::create(b, loc, moved, empty, transpose.getPermutation())->getResult(0);
  }
  IRMapping mapping;
  mapping.map(getMoved(op, /*padding=*/true), moved);
  Operation *copy = b.clone(*op, mapping);
  copy->getResult(0).setType(type);
  return copy->getResult(0);
}
