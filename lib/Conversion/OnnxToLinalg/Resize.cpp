//===- Resize.cpp - Resize and Upsample -------------------------------------------------------------------------===//
//
// Dimension by dimension. Where a position of the result lies in the input, and what its neighbours weigh, is a small table
// that the network computes in double before it uses it; sizes known only at run time are no special case then.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// How one dimension changes.
struct Axis {
  int64_t dimension;
  Size from, to;
  std::optional<double> constantScale;
  Value scale;      // f64
  Value width;      // f64: the size of the result before it is rounded down
  Value start, end; // f64: the region of tf_crop_and_resize, null without one
};

/// Arithmetic on f64.
struct Doubles {
  Lowering &b;
  Value number(double value) const { return b.scalar(b.getF64Type(), value); }
  Value of(Value index) const { return arith::SIToFPOp::create(b, b.getF64Type(), b.castIndex(index, b.getI64Type())); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, x, y); }
  Value select(arith::CmpFPredicate predicate, Value x, Value y, Value a, Value c) const {
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, predicate, x, y), a, c);
  }
};
} // namespace

/// The position in the input of position `index` of the result, by the node's coordinate_transformation_mode.
static Value transformCoordinate(StringRef mode, const Axis &axis, Value index, const Doubles &d) {
  Lowering &b = d.b;
  Value x = d.of(index), half = d.number(0.5), one = d.number(1);
  Value from = d.of(b.asIndex(axis.from)), last = d.sub(from, one);
  auto halfPixel = [&] { return d.sub(d.div(d.add(x, half), axis.scale), half); };
  auto unlessOne = [&](Value value, Value otherwise) {
    return d.select(arith::CmpFPredicate::OEQ, axis.width, one, otherwise, value);
  };
  if (mode == "asymmetric")
    return d.div(x, axis.scale);
  if (mode == "align_corners")
    return unlessOne(d.div(d.mul(x, last), d.sub(axis.width, one)), d.number(0));
  if (mode == "pytorch_half_pixel")
    return unlessOne(halfPixel(), d.number(0));
  if (mode == "tf_half_pixel_for_nn")
    return d.div(d.add(x, half), axis.scale);
  if (mode == "half_pixel_symmetric") {
    Value adjustment = d.div(d.of(b.asIndex(axis.to)), axis.width);
    return d.add(d.mul(d.mul(from, half), d.sub(one, adjustment)), halfPixel());
  }
  if (mode == "tf_crop_and_resize" && axis.start) {
    Value step = d.div(d.mul(d.sub(axis.end, axis.start), last), d.sub(axis.width, one));
    Value middle = d.mul(d.mul(d.add(axis.start, axis.end), half), last);
    return unlessOne(d.add(d.mul(axis.start, last), d.mul(x, step)), middle);
  }
  return halfPixel();
}

static Value roundNearest(StringRef mode, Value x, const Doubles &d) {
  Lowering &b = d.b;
  if (mode == "floor")
    return math::FloorOp::create(b, x);
  if (mode == "ceil")
    return math::CeilOp::create(b, x);
  if (mode == "round_prefer_ceil")
    return math::FloorOp::create(b, d.add(x, d.number(0.5)));
  return math::CeilOp::create(b, d.sub(x, d.number(0.5)));
}

static Value doubleToIndex(Value x, Lowering &b) {
  return arith::IndexCastOp::create(b, b.getIndexType(), arith::FPToSIOp::create(b, b.getI64Type(), x));
}

/// Whether the position, an f64, is outside of the input.
static Value isOutside(Value position, const Axis &axis, const Doubles &d) {
  Value last = d.sub(d.of(d.b.asIndex(axis.from)), d.number(1));
  Value below = arith::CmpFOp::create(d.b, arith::CmpFPredicate::OLT, position, d.number(0));
  return arith::OrIOp::create(d.b, below, arith::CmpFOp::create(d.b, arith::CmpFPredicate::OGT, position, last));
}

/// The weight of a neighbour at `distance` from the position.
static Value weigh(bool cubic, Value distance, double a, const Doubles &d) {
  Lowering &b = d.b;
  Value x = math::AbsFOp::create(b, distance), zero = d.number(0), one = d.number(1);
  if (!cubic)
    return arith::MaximumFOp::create(b, d.sub(one, x), zero);
  auto polynomial = [&](double c3, double c2, double c1, double c0) {
    return d.add(d.mul(d.add(d.mul(d.add(d.mul(d.number(c3), x), d.number(c2)), x), d.number(c1)), x), d.number(c0));
  };
  Value inner = polynomial(a + 2, -(a + 3), 0, 1), outer = polynomial(a, -5 * a, 8 * a, -4 * a);
  return d.select(arith::CmpFPredicate::OLE, x, one, inner, d.select(arith::CmpFPredicate::OLT, x, d.number(2), outer, zero));
}

/// Elements along the axis by nearest position.
static Value pickNearest(NodeOp node, Value tensor, const Axis &axis, StringRef mode, StringRef rounding, Value outside,
                         Lowering &b) {
  int64_t rank = getRank(tensor);
  Doubles d{b};
  Type index = b.getI64Type();
  Value places = b.computeFromIndices(axis.to, index, [&](ValueRange indices) -> SmallVector<Value> {
    Value position = transformCoordinate(mode, axis, indices[0], d);
    Value place = clampInto(doubleToIndex(roundNearest(rounding, position, d), b), b.asIndex(axis.from), b);
    Value number = b.castIndex(place, index);
    if (outside)
      number = arith::SelectOp::create(b, isOutside(position, axis, d), b.integer(index, -1), number);
    return {number};
  });
  Sizes sizes = b.dims(tensor);
  sizes[axis.dimension] = axis.to;
  Access access{places, AffineMap::get(rank, 0, b.getAffineDimExpr(axis.dimension), b.getContext())};
  return b.compute(access, sizes, getElement(tensor), [&](ValueRange s) -> SmallVector<Value> {
    Value place = b.castIndex(s[0], b.getIndexType());
    SmallVector<Value> position;
    for (int64_t i = 0; i < rank; ++i)
      position.push_back(i == axis.dimension ? place : Value(linalg::IndexOp::create(b, i)));
    if (!outside)
      return {tensor::ExtractOp::create(b, tensor, position)};
    Value missing = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, place, b.index(0));
    position[axis.dimension] = arith::MaxSIOp::create(b, place, b.index(0));
    return {arith::SelectOp::create(b, missing, outside, tensor::ExtractOp::create(b, tensor, position))};
  });
}

/// Weighted sums of neighbours along the axis; `tensor` has float elements.
static FailureOr<Value> interpolate(NodeOp node, Value tensor, const Axis &axis, StringRef mode, bool cubic, Value outside,
                                    Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor), index = b.getI64Type();
  Doubles d{b};
  bool antialias = node.getInt("antialias", 0), exclude = node.getInt("exclude_outside", 0);
  double a = node.getFloat("cubic_coeff_a", -0.75f), shrink = 1;
  if (antialias) {
    if (!axis.constantScale)
      return b.error(node) << "'antialias' needs a scale that is known when compiling", failure();
    shrink = std::min(*axis.constantScale, 1.0);
  }
  double reach = std::ceil((cubic ? 2 : 1) / shrink); // how many neighbours on each side; infinite for a scale of 0
  if (!(reach <= 128))
    return b.error(node) << "'antialias' with scale " << *axis.constantScale << " needs " << 2 * reach
                         << " neighbours; 256 are the limit",
           failure();
  int64_t first = 1 - static_cast<int64_t>(reach), taps = 2 - 2 * first;

  Value bases = b.computeFromIndices(axis.to, b.getF64Type(), [&](ValueRange indices) -> SmallVector<Value> {
    return {transformCoordinate(mode, axis, indices[0], d)};
  });
  // Tables of [result, neighbour].
  AffineMap row = AffineMap::get(2, 0, b.getAffineDimExpr(0), b.getContext());
  Sizes tableSizes{axis.to, b.size(taps)};
  auto neighbour = [&](Value position, Value tap) -> Value {
    Value base = doubleToIndex(math::FloorOp::create(b, position), b);
    return arith::AddIOp::create(b, arith::AddIOp::create(b, base, tap), b.index(first));
  };
  Value extent = b.asIndex(axis.from);
  Value places = b.compute(Access{bases, row}, tableSizes, index, [&](ValueRange s) -> SmallVector<Value> {
    return {b.castIndex(clampInto(neighbour(s[0], linalg::IndexOp::create(b, 1)), extent, b), index)};
  });
  Value weights = b.compute(Access{bases, row}, tableSizes, b.getF64Type(), [&](ValueRange s) -> SmallVector<Value> {
    Value place = neighbour(s[0], linalg::IndexOp::create(b, 1));
    Value weight = weigh(cubic, d.mul(d.sub(d.of(place), s[0]), d.number(shrink)), a, d);
    if (exclude) {
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place, extent);
      weight = arith::SelectOp::create(b, inside, weight, d.number(0));
    }
    return {weight};
  });
  if (exclude || antialias) {
    Value sums = b.reduce(weights, {1}, d.number(0), [&](Value x, Value sum) { return d.add(sum, x); });
    AffineMap identity = b.getMultiDimIdentityMap(2);
    weights = b.compute({{weights, identity}, {sums, row}}, tableSizes, b.getF64Type(),
                        [&](ValueRange s) -> SmallVector<Value> { return {d.div(s[0], s[1])}; });
  }

  Sizes sizes = b.dims(tensor);
  sizes[axis.dimension] = axis.to;
  SmallVector<Access> accesses;
  for (Value table : {places, weights})
    for (int64_t tap = 0; tap < taps; ++tap)
      accesses.push_back(
          {table, AffineMap::get(rank, 0, {b.getAffineDimExpr(axis.dimension), b.getAffineConstantExpr(tap)}, b.getContext())});
  if (outside)
    accesses.push_back({bases, AffineMap::get(rank, 0, b.getAffineDimExpr(axis.dimension), b.getContext())});
  return b.compute(accesses, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    SmallVector<Value> position;
    for (int64_t i = 0; i < rank; ++i)
      position.push_back(linalg::IndexOp::create(b, i));
    Value sum;
    for (int64_t tap = 0; tap < taps; ++tap) {
      position[axis.dimension] = b.castIndex(s[tap], b.getIndexType());
      Value x = tensor::ExtractOp::create(b, tensor, position);
      Value term = arith::MulFOp::create(b, x, castScalar(b, s[taps + tap], b.getF64Type(), element));
      sum = sum ? Value(arith::AddFOp::create(b, sum, term)) : term;
    }
    return {outside ? Value(arith::SelectOp::create(b, isOutside(s[2 * taps], axis, d), outside, sum)) : sum};
  });
}

/// Floats of an attribute or an operand as f64 scalars; empty when there are none.
static FailureOr<SmallVector<Value>> getNumbers(NodeOp node, Value operand, StringRef name, Lowering &b) {
  SmallVector<Value> result;
  if (!operand) {
    for (float number : node.getFloats(name))
      result.push_back(b.scalar(b.getF64Type(), number));
    return result;
  }
  auto type = cast<RankedTensorType>(operand.getType());
  if (type.getRank() != 1 || !type.hasStaticShape())
    return b.error(node) << "'" << name << "' is " << type << ", but must be a vector of known length", failure();
  constexpr int64_t most = 128; // two numbers for each dimension that a tensor can have
  if (type.getDimSize(0) > most)
    return b.error(node) << "'" << name << "' is " << type << "; there are at most " << most << " numbers", failure();
  DenseElementsAttr dense;
  bool isConstant = matchPattern(operand, m_Constant(&dense)) && isa<FloatType>(dense.getElementType());
  for (int64_t i = 0; i < type.getDimSize(0); ++i) {
    if (isConstant) {
      APFloat number = dense.getValues<APFloat>()[i];
      bool losesInfo = false;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      result.push_back(b.scalar(b.getF64Type(), number.convertToDouble()));
    } else {
      Value number = tensor::ExtractOp::create(b, operand, ValueRange{b.index(i)});
      result.push_back(castScalar(b, number, type.getElementType(), b.getF64Type()));
    }
  }
  return result;
}

static std::optional<double> getConstantDouble(Value value) {
  FloatAttr number;
  return matchPattern(value, m_Constant(&number)) ? std::optional<double>(number.getValueAsDouble()) : std::nullopt;
}

/// The changes of all dimensions that the node names.
static FailureOr<SmallVector<Axis>> getAxes(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]);
  auto declared = cast<RankedTensorType>(getSignlessType(node.getResult(0).getType()));
  bool early = node.getOpType() == "Upsample" || node.getOpset() < 11;
  auto isEmpty = [](Value value) {
    return value && cast<RankedTensorType>(value.getType()).getShape() == ArrayRef<int64_t>{0};
  };
  Value scaleOperand = getOptional(inputs, early ? 1 : 2), sizeOperand = early ? Value() : getOptional(inputs, 3);
  Value region = early ? Value() : getOptional(inputs, 1);
  if (isEmpty(scaleOperand))
    scaleOperand = {};
  SmallVector<int64_t> axes = node.getInts("axes");
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  FailureOr<SmallVector<Value>> scales = getNumbers(node, scaleOperand, "scales", b);
  FailureOr<SmallVector<Value>> regions = isEmpty(region) ? SmallVector<Value>() : getNumbers(node, region, "roi", b);
  if (failed(scales) || failed(regions))
    return failure();
  Sizes sizes;
  if (scales->empty() && sizeOperand && !isEmpty(sizeOperand)) // scales decide where both are given, as in inference
    sizes = b.elements(sizeOperand);
  if (scales->size() != axes.size() && sizes.size() != axes.size())
    return b.error(node) << "has " << scales->size() << " scales and " << sizes.size() << " sizes for " << axes.size()
                         << " dimensions",
           failure();

  Doubles d{b};
  SmallVector<Axis> result;
  StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
  std::optional<double> common; // the scale of all dimensions when the aspect ratio stays
  if (policy != "stretch" && scales->size() != axes.size())
    for (auto [axis, size] : llvm::zip(axes, sizes)) {
      auto to = getConstantIntValue(size), from = getConstantIntValue(b.dim(inputs[0], normalizeAxis(axis, rank)));
      if (!to || !from)
        return b.error(node) << "'keep_aspect_ratio_policy' needs sizes that are known when compiling", failure();
      double scale = static_cast<double>(*to) / *from;
      common = !common ? scale : policy == "not_larger" ? std::min(*common, scale) : std::max(*common, scale);
    }
  for (auto [i, given] : llvm::enumerate(axes)) {
    Axis axis{normalizeAxis(given, rank), {}, {}, {}, {}, {}, {}, {}};
    axis.from = b.dim(inputs[0], axis.dimension);
    Value from = d.of(b.asIndex(axis.from));
    if (scales->size() == axes.size()) {
      axis.scale = (*scales)[i];
      axis.width = d.mul(from, axis.scale);
      // Rounded to single precision first: 0.6f · 5 is 3.
      Value rounded = arith::ExtFOp::create(b, b.getF64Type(), Value(arith::TruncFOp::create(b, b.getF32Type(), axis.width)));
      axis.to = getConstantDouble(axis.scale) == 1 ? axis.from : Size(doubleToIndex(math::FloorOp::create(b, rounded), b));
    } else {
      axis.to = sizes[i];
      if (common)
        axis.to = b.size(declared.getDimSize(axis.dimension));
      axis.width = d.of(b.asIndex(axis.to));
      axis.scale = common ? d.number(*common) : d.div(axis.width, from);
      auto to = getConstantIntValue(axis.to), own = getConstantIntValue(axis.from);
      if (to && own && *own > 0)
        axis.constantScale = common ? *common : static_cast<double>(*to) / *own;
    }
    if (auto scale = getConstantDouble(axis.scale))
      axis.constantScale = scale;
    if (!declared.isDynamicDim(axis.dimension))
      axis.to = b.size(declared.getDimSize(axis.dimension));
    if (regions->size() == 2 * axes.size()) {
      axis.start = (*regions)[i];
      axis.end = (*regions)[i + axes.size()];
    }
    result.push_back(axis);
  }
  return result;
}

LogicalResult aimc::onnx::lowerResize(NodeOp node, ValueRange inputs, Lowering &b) {
  bool early = node.getOpType() == "Upsample" || node.getOpset() < 11;
  StringRef mode = node.getString("mode", "nearest");
  StringRef coordinates = early ? "asymmetric" : node.getString("coordinate_transformation_mode", "half_pixel");
  StringRef rounding = early ? "floor" : node.getString("nearest_mode", "round_prefer_floor");
  bool nearest = mode == "nearest", cubic = mode == "cubic", crops = coordinates == "tf_crop_and_resize";
  if (!nearest && !cubic && mode != "linear" && mode != "bilinear")
    return b.error(node) << "mode '" << mode << "' is not known";
  FailureOr<SmallVector<Axis>> axes = getAxes(node, inputs, b);
  if (failed(axes))
    return failure();
  if (crops && llvm::any_of(*axes, [](const Axis &axis) { return !axis.start; }))
    return b.error(node) << "mode 'tf_crop_and_resize' needs the operand 'roi'";

  Value tensor = inputs[0];
  Type element = b.getElementType(node.getInputs().front());
  Type computed =
      !nearest && (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() < 32) ? b.getF32Type() : getElement(tensor);
  auto converted = [&](Type from, Type to) {
    return b.broadcast(tensor, getSignlessType(to),
                       [&](ValueRange s) -> SmallVector<Value> { return {castScalar(b, s[0], from, to)}; });
  };
  if (computed != getElement(tensor))
    tensor = converted(element, computed);
  Value outside = crops ? b.scalar(computed, node.getFloat("extrapolation_value", 0)) : Value();
  for (const Axis &axis : *axes) {
    bool stays = axis.from == axis.to && axis.constantScale.value_or(1) == 1;
    if (stays && (!crops || (getConstantDouble(axis.start) == 0 && getConstantDouble(axis.end) == 1)))
      continue;
    if (nearest) {
      tensor = pickNearest(node, tensor, axis, coordinates, rounding, outside, b);
      continue;
    }
    FailureOr<Value> next = interpolate(node, tensor, axis, coordinates, cubic, outside, b);
    if (failed(next))
      return failure();
    tensor = *next;
  }
  if (computed != getSignlessType(element))
    tensor = converted(computed, element);
  return b.replace(node, tensor);
}
