//===- Vision.cpp - GridSample, DeformConv, RoiAlign, MaxRoiPool, NonMaxSuppression, MaxUnpool ------------------===//
#include "Loops.h"
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <functional>

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// Arithmetic on scalars of one float type.
struct Floats {
  Lowering &b;
  Type type;
  Value number(double value) const { return b.scalar(type, value); }
  Value of(Value index) const { return arith::SIToFPOp::create(b, type, b.castIndex(index, b.getI64Type())); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, x, y); }
  Value max(Value x, Value y) const { return arith::MaximumFOp::create(b, x, y); }
  Value min(Value x, Value y) const { return arith::MinimumFOp::create(b, x, y); }
  Value floor(Value x) const { return math::FloorOp::create(b, x); }
  Value less(Value x, Value y) const { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value select(Value condition, Value x, Value y) const { return arith::SelectOp::create(b, condition, x, y); }
  Value toIndex(Value x) const { return b.castIndex(arith::FPToSIOp::create(b, b.getI64Type(), x), b.getIndexType()); }
};
} // namespace

//===------------------------------------------------------------------------------------------------------------===//
// GridSample
//===------------------------------------------------------------------------------------------------------------===//

/// `x` mirrored at `low` and `high` until it lies between them.
static Value reflect(Value x, Value low, Value high, const Floats &f) {
  Value range = f.sub(high, low), below = f.less(x, low);
  Value distance = f.max(f.select(below, f.sub(low, x), f.sub(x, high)), f.number(0));
  Value times = f.floor(f.div(distance, range)), rest = f.sub(distance, f.mul(times, range));
  Value half = f.mul(times, f.number(0.5));
  Value odd = arith::CmpFOp::create(f.b, arith::CmpFPredicate::UNE, half, f.floor(half));
  Value fromLow = arith::XOrIOp::create(f.b, below, odd);
  Value mirrored = f.select(fromLow, f.add(low, rest), f.sub(high, rest));
  Value outside = arith::OrIOp::create(f.b, below, f.less(high, x));
  return f.select(outside, mirrored, x);
}

namespace {
/// One spatial dimension of the image, and what lies beyond it.
struct Border {
  StringRef padding;
  Value extent;    // index
  Value low, high; // where reflection mirrors

  /// The element's index for a whole number, and whether it is one of the image's.
  std::pair<Value, Value> locate(Value x, const Floats &f) const {
    Value place = f.toIndex(padding == "reflection" ? reflect(x, low, high, f) : x);
    Value inside = arith::CmpIOp::create(f.b, arith::CmpIPredicate::ult, place, extent);
    return {clampInto(place, extent, f.b), inside};
  }
};
} // namespace

/// Weights of the neighbours from floor(x) on (from the one before for cubic).
static SmallVector<Value> neighbourWeights(Value fraction, bool cubic, const Floats &f) {
  Value one = f.number(1);
  if (!cubic)
    return {f.sub(one, fraction), fraction};
  double a = -0.75;
  auto inner = [&](Value x) { return f.add(f.mul(f.mul(f.sub(f.mul(f.number(a + 2), x), f.number(a + 3)), x), x), one); };
  auto outer = [&](Value x) {
    Value sum = f.sub(f.mul(f.number(a), x), f.number(5 * a));
    sum = f.add(f.mul(sum, x), f.number(8 * a));
    return f.sub(f.mul(sum, x), f.number(4 * a));
  };
  Value rest = f.sub(one, fraction);
  return {outer(f.add(fraction, one)), inner(fraction), inner(rest), outer(f.add(rest, one))};
}

LogicalResult aimc::onnx::lowerGridSample(NodeOp node, ValueRange inputs, Lowering &b) {
  Value image = inputs[0], grid = inputs[1];
  StringRef mode = node.getString("mode", "linear"), padding = node.getString("padding_mode", "zeros");
  bool nearest = mode == "nearest", cubic = mode == "cubic" || mode == "bicubic", align = node.getInt("align_corners", 0);
  if (!nearest && !cubic && mode != "linear" && mode != "bilinear")
    return b.error(node) << "mode '" << mode << "' is not known";
  Type element = getElement(image);
  if (!isa<FloatType>(element) || getElement(grid) != element)
    return b.error(node) << "needs an image and a grid of one float type, not " << image.getType() << " and " << grid.getType();
  Floats f{b, element};
  Sizes own = b.dims(image), sizes{own[0], own[1]};
  size_t spatial = own.size() - 2;
  SmallVector<Border> borders;
  SmallVector<Value> extents;
  for (size_t i = 0; i < spatial; ++i) {
    Value extent = b.asIndex(own[2 + i]);
    extents.push_back(f.of(extent));
    Value last = f.sub(extents[i], f.number(1));
    borders.push_back({padding, extent, f.number(align ? 0 : -0.5), align ? last : f.sub(extents[i], f.number(0.5))});
    sizes.push_back(b.dim(grid, 1 + i));
  }
  b.expectEqual(b.dim(grid, 0), own[0], "the grid must have as many samples as the image");
  b.expectEqual(b.dim(grid, 1 + spatial), b.size(spatial), "the grid must have a number for each size of the image");
  return b.replace(node, b.computeFromIndices(sizes, element, [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> positions; // of every dimension; the grid's last dimension has them the other way round
    for (size_t i = 0; i < spatial; ++i) {
      SmallVector<Value> at{indices[0]};
      llvm::append_range(at, indices.drop_front(2));
      at.push_back(b.index(spatial - 1 - i));
      Value x = tensor::ExtractOp::create(b, grid, at);
      Value from0 = f.mul(f.add(x, f.number(1)), f.number(0.5));
      x = align ? f.mul(from0, f.sub(extents[i], f.number(1))) : f.sub(f.mul(from0, extents[i]), f.number(0.5));
      if (nearest)
        x = math::RoundEvenOp::create(b, x);
      if (padding == "border" && !cubic) // cubic reads beyond the border, element by element
        x = f.max(f.min(x, f.sub(extents[i], f.number(1))), f.number(0));
      else if (padding == "reflection")
        x = reflect(x, borders[i].low, borders[i].high, f);
      positions.push_back(x);
    }
    auto read = [&](ArrayRef<Value> places) -> Value {
      SmallVector<Value> at{indices[0], indices[1]};
      Value inside;
      for (auto [border, place] : llvm::zip(borders, places)) {
        auto [index, has] = border.locate(place, f);
        at.push_back(index);
        inside = inside ? Value(arith::AndIOp::create(b, inside, has)) : has;
      }
      Value x = tensor::ExtractOp::create(b, image, at);
      return padding == "zeros" ? f.select(inside, x, f.number(0)) : x;
    };
    if (nearest)
      return {read(positions)};
    SmallVector<Value> floors;
    SmallVector<SmallVector<Value>> weights;
    for (Value position : positions) {
      floors.push_back(f.floor(position));
      weights.push_back(neighbourWeights(f.sub(position, floors.back()), cubic, f));
    }
    // The weighted sum over the neighbours along one dimension of the sums along those behind it.
    SmallVector<Value> places;
    std::function<Value()> interpolate = [&]() -> Value {
      size_t dimension = places.size();
      if (dimension == spatial)
        return read(places);
      Value sum;
      for (auto [i, weight] : llvm::enumerate(weights[dimension])) {
        places.push_back(f.add(floors[dimension], f.number(static_cast<int>(i) - (cubic ? 1 : 0))));
        Value term = f.mul(interpolate(), weight);
        sum = sum ? f.add(sum, term) : term;
        places.pop_back();
      }
      return sum;
    };
    return {interpolate()};
  }));
}

//===------------------------------------------------------------------------------------------------------------===//
// DeformConv
//===------------------------------------------------------------------------------------------------------------===//

/// A convolution whose samples are moved by offsets and weighed by a mask: the samples are gathered with bilinear
/// interpolation, zero outside of the image, and contracted with the weight.
LogicalResult aimc::onnx::lowerDeformConv(NodeOp node, ValueRange inputs, Lowering &b) {
  Value image = inputs[0], weight = inputs[1], offsets = inputs[2], mask = getOptional(inputs, 4);
  Type element = getElement(image);
  auto weightType = cast<RankedTensorType>(weight.getType()), imageType = cast<RankedTensorType>(image.getType());
  int64_t groups = node.getInt("group", 1), offsetGroups = node.getInt("offset_group", 1), channels = imageType.getDimSize(1);
  if (ShapedType::isDynamic(channels) || weightType.isDynamicDim(2) || weightType.isDynamicDim(3))
    return b.error(node) << "the channels of " << imageType << " and the kernel of " << weightType
                         << " must be known when compiling";
  int64_t kernel[2] = {weightType.getDimSize(2), weightType.getDimSize(3)}, perOffset = channels / offsetGroups;
  FailureOr<Windows> windows = getWindows(node, image, kernel, b);
  if (failed(windows))
    return failure();
  Floats f{b, element};
  Sizes own = b.dims(image);
  Value extents[2] = {b.asIndex(own[2]), b.asIndex(own[3])};
  for (auto [operand, numbers] : {std::pair(offsets, 2), {mask, 1}})
    if (operand)
      expectSizes(operand,
                  {own[0], b.size(numbers * offsetGroups * kernel[0] * kernel[1]), windows->outputs[0], windows->outputs[1]},
                  "offsets and mask must fit the image and the kernel", b);
  Sizes sizes{own[0],
              b.size(groups),
              b.size(channels / groups),
              b.size(kernel[0]),
              b.size(kernel[1]),
              windows->outputs[0],
              windows->outputs[1]};
  Value samples = b.computeFromIndices(sizes, element, [&](ValueRange at) -> SmallVector<Value> {
    auto addI = [&](Value x, Value y) { return Value(arith::AddIOp::create(b, x, y)); };
    auto mulI = [&](Value x, int64_t y) { return Value(arith::MulIOp::create(b, x, b.index(y))); };
    Value channel = addI(mulI(at[1], channels / groups), at[2]);
    Value group = arith::DivUIOp::create(b, channel, b.index(perOffset));
    Value tap = addI(mulI(addI(mulI(group, kernel[0]), at[3]), kernel[1]), at[4]);
    Value floors[2], fractions[2];
    for (int i : {0, 1}) {
      Value place = addI(mulI(at[5 + i], windows->strides[i]), mulI(at[3 + i], windows->dilations[i]));
      place = arith::SubIOp::create(b, place, b.asIndex(windows->low[i]));
      Value moved = tensor::ExtractOp::create(b, offsets, ValueRange{at[0], addI(mulI(tap, 2), b.index(i)), at[5], at[6]});
      Value x = f.add(f.of(place), moved);
      floors[i] = f.floor(x);
      fractions[i] = f.sub(x, floors[i]);
    }
    Value sum;
    for (int row : {0, 1})
      for (int column : {0, 1}) {
        int step[2] = {row, column};
        Value inside = b.integer(b.getI1Type(), 1), share;
        SmallVector<Value> position{at[0], channel};
        for (int i : {0, 1}) {
          Value place = addI(f.toIndex(floors[i]), b.index(step[i]));
          inside = arith::AndIOp::create(b, inside, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place, extents[i]));
          position.push_back(clampInto(place, extents[i], b));
          Value own = step[i] ? fractions[i] : f.sub(f.number(1), fractions[i]);
          share = share ? f.mul(share, own) : own;
        }
        Value x = f.select(inside, tensor::ExtractOp::create(b, image, position), f.number(0));
        sum = sum ? f.add(sum, f.mul(share, x)) : f.mul(share, x);
      }
    if (mask)
      sum = f.mul(sum, tensor::ExtractOp::create(b, mask, ValueRange{at[0], tap, at[5], at[6]}));
    return {sum};
  });
  // Loops: sample, group, output channel, row, column; channel and place in the kernel.
  Size perGroup = b.floorDiv(b.dim(weight, 0), b.size(groups));
  Value split = b.reshape(weight, {b.size(groups), perGroup, b.size(channels / groups), b.size(kernel[0]), b.size(kernel[1])});
  auto map = [&](ArrayRef<unsigned> loops) { return AffineMap::getMultiDimMapWithTargets(8, loops, b.getContext()); };
  Value sums = b.contract({samples, map({0, 1, 5, 6, 7, 3, 4})}, {split, map({1, 2, 5, 6, 7})}, {0, 1, 2, 3, 4},
                          {own[0], b.size(groups), perGroup, windows->outputs[0], windows->outputs[1]});
  Value result = b.reshape(sums, {own[0], b.dim(weight, 0), windows->outputs[0], windows->outputs[1]});
  return b.replace(node, addBias(result, getOptional(inputs, 3), b));
}

//===------------------------------------------------------------------------------------------------------------===//
// MaxRoiPool
//===------------------------------------------------------------------------------------------------------------===//

/// The largest elements of bins of regions [batch, left, top, right, bottom] whose corners are whole numbers after scaling; an
/// empty bin is 0.
LogicalResult aimc::onnx::lowerMaxRoiPool(NodeOp node, ValueRange inputs, Lowering &b) {
  Value image = inputs[0], regions = inputs[1];
  Type element = getElement(image);
  SmallVector<int64_t> outputs = node.getInts("pooled_shape");
  Floats f{b, element};
  Value scale = f.number(node.getFloat("spatial_scale", 1)), zero = b.index(0), one = b.index(1);
  Sizes own = b.dims(image), sizes{b.dim(regions, 0), own[1], b.size(outputs[0]), b.size(outputs[1])};
  b.expectEqual(b.dim(regions, 1), b.size(5), "a region has 5 numbers");
  Value result =
      forEachIndex(
          sizes, b.empty(sizes, element),
          [&](ValueRange at, ValueRange carried) -> SmallVector<Value> {
            auto read = [&](int column) -> Value {
              return tensor::ExtractOp::create(b, regions, ValueRange{at[0], b.index(column)});
            };
            Value batch = clampInto(f.toIndex(read(0)), b.asIndex(own[0]), b), starts[2], counts[2];
            for (int i : {0, 1}) {
              auto corner = [&](int which) {
                return f.toIndex(math::RoundOp::create(b, f.mul(read(1 + 2 * which + 1 - i), scale)));
              };
              Value begin = corner(0), extent = b.asIndex(own[2 + i]);
              Value length =
                  arith::MaxSIOp::create(b, arith::AddIOp::create(b, arith::SubIOp::create(b, corner(1), begin), one), one);
              Value bin = f.div(f.of(length), f.number(outputs[i]));
              auto limit = [&](Value place) -> Value {
                Value moved = arith::AddIOp::create(b, f.toIndex(place), begin);
                return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, moved, extent), zero);
              };
              starts[i] = limit(f.floor(f.mul(f.of(at[2 + i]), bin)));
              Value end = limit(math::CeilOp::create(b, f.mul(f.add(f.of(at[2 + i]), f.number(1)), bin)));
              counts[i] = arith::MaxSIOp::create(b, arith::SubIOp::create(b, end, starts[i]), zero);
            }
            Value isEmpty =
                arith::CmpIOp::create(b, arith::CmpIPredicate::eq, arith::MulIOp::create(b, counts[0], counts[1]), zero);
            Value initial = f.select(isEmpty, f.number(0), b.extreme(element, false, false));
            Value most =
                forEachIndex(
                    {Size(counts[0]), Size(counts[1])}, initial,
                    [&](ValueRange step, ValueRange best) -> SmallVector<Value> {
                      Value row = arith::AddIOp::create(b, starts[0], step[0]),
                            column = arith::AddIOp::create(b, starts[1], step[1]);
                      return {f.max(best[0], tensor::ExtractOp::create(b, image, ValueRange{batch, at[1], row, column}))};
                    },
                    b)
                    .front();
            return {tensor::InsertOp::create(b, most, carried[0], at)};
          },
          b)
          .front();
  return b.replace(node, result);
}

//===------------------------------------------------------------------------------------------------------------===//
// RoiAlign
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerRoiAlign(NodeOp node, ValueRange inputs, Lowering &b) {
  Value image = inputs[0], regions = inputs[1], batches = inputs[2];
  Type element = getElement(image);
  if (!isa<FloatType>(element) || getElement(regions) != element)
    return b.error(node) << "needs an image and regions of one float type, not " << image.getType() << " and "
                         << regions.getType();
  Floats f{b, element};
  bool isMax = node.getString("mode", "avg") == "max";
  bool half = node.getOpset() >= 16 && node.getString("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  int64_t ratio = node.getInt("sampling_ratio", 0);
  int64_t outputs[2] = {node.getInt("output_height", 1), node.getInt("output_width", 1)};
  Value scale = f.number(node.getFloat("spatial_scale", 1)), zero = f.number(0), one = f.number(1);
  Sizes own = b.dims(image), sizes{b.dim(regions, 0), own[1], b.size(outputs[0]), b.size(outputs[1])};
  Value extents[2] = {b.asIndex(own[2]), b.asIndex(own[3])};
  b.expectEqual(b.dim(batches, 0), sizes[0], "each region must have the number of its image");
  b.expectEqual(b.dim(regions, 1), b.size(4), "a region has 4 numbers");
  Value result =
      forEachIndex(
          sizes, b.empty(sizes, element),
          [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
            Value batch = b.castIndex(tensor::ExtractOp::create(b, batches, indices[0]), b.getIndexType());
            batch = clampInto(batch, b.asIndex(own[0]), b);
            Value starts[2], steps[2], samples[2];
            for (int i : {0, 1}) {
              auto corner = [&](int which) {
                Value x =
                    f.mul(tensor::ExtractOp::create(b, regions, ValueRange{indices[0], b.index(2 * which + 1 - i)}), scale);
                return half ? f.sub(x, f.number(0.5)) : x;
              };
              Value start = corner(0), length = f.sub(corner(1), start);
              if (!half)
                length = f.max(length, one);
              Value bin = f.div(length, f.number(outputs[i]));
              samples[i] = ratio > 0 ? b.index(ratio)
                                     : Value(arith::MaxSIOp::create(b, f.toIndex(math::CeilOp::create(b, bin)), b.index(1)));
              starts[i] = f.add(start, f.mul(bin, f.of(indices[2 + i])));
              steps[i] = f.div(bin, f.of(samples[i]));
            }
            Value initial = isMax ? b.extreme(element, false, false) : zero;
            Value sum =
                forEachIndex(
                    {Size(samples[0]), Size(samples[1])}, initial,
                    [&](ValueRange inner, ValueRange sums) -> SmallVector<Value> {
                      Value low[2], high[2], fractions[2], inside = b.integer(b.getI1Type(), 1);
                      for (int i : {0, 1}) {
                        Value x = f.add(starts[i], f.mul(f.add(f.of(inner[i]), f.number(0.5)), steps[i]));
                        Value above = f.less(x, f.number(-1)), below = f.less(f.of(extents[i]), x);
                        Value outside = arith::OrIOp::create(b, above, below);
                        inside =
                            arith::AndIOp::create(b, inside, arith::XOrIOp::create(b, outside, b.integer(b.getI1Type(), 1)));
                        x = f.min(f.max(x, zero), f.sub(f.of(extents[i]), one));
                        low[i] = clampInto(f.toIndex(f.floor(x)), extents[i], b);
                        high[i] = clampInto(arith::AddIOp::create(b, low[i], b.index(1)), extents[i], b);
                        fractions[i] = f.sub(x, f.of(low[i]));
                      }
                      auto term = [&](Value row, Value column, Value rowWeight, Value columnWeight) {
                        Value x = tensor::ExtractOp::create(b, image, ValueRange{batch, indices[1], row, column});
                        return f.mul(f.mul(rowWeight, columnWeight), x);
                      };
                      Value restRow = f.sub(one, fractions[0]), restColumn = f.sub(one, fractions[1]);
                      Value a = term(low[0], low[1], restRow, restColumn), c = term(low[0], high[1], restRow, fractions[1]);
                      Value d = term(high[0], low[1], fractions[0], restColumn),
                            e = term(high[0], high[1], fractions[0], fractions[1]);
                      Value x = isMax ? f.max(f.max(a, c), f.max(d, e)) : f.add(f.add(a, c), f.add(d, e));
                      x = f.select(inside, x, zero);
                      return {isMax ? f.max(sums[0], x) : f.add(sums[0], x)};
                    },
                    b)
                    .front();
            if (!isMax)
              sum = f.div(sum, f.of(arith::MulIOp::create(b, samples[0], samples[1])));
            return {tensor::InsertOp::create(b, sum, carried[0], indices)};
          },
          b)
          .front();
  return b.replace(node, result);
}

//===------------------------------------------------------------------------------------------------------------===//
// NonMaxSuppression
//===------------------------------------------------------------------------------------------------------------===//

/// Sides of box `index`: low and high of both dimensions.
static SmallVector<Value> readBox(Value boxes, Value batch, Value index, bool center, const Floats &f) {
  SmallVector<Value> x;
  for (int i = 0; i < 4; ++i)
    x.push_back(tensor::ExtractOp::create(f.b, boxes, ValueRange{batch, index, f.b.index(i)}));
  if (!center)
    return {f.min(x[0], x[2]), f.max(x[0], x[2]), f.min(x[1], x[3]), f.max(x[1], x[3])};
  Value width = f.mul(x[2], f.number(0.5)), height = f.mul(x[3], f.number(0.5));
  return {f.sub(x[0], width), f.add(x[0], width), f.sub(x[1], height), f.add(x[1], height)};
}

/// Intersection of two boxes over their union.
static Value overlap(ArrayRef<Value> a, ArrayRef<Value> c, const Floats &f) {
  Value zero = f.number(0);
  auto side = [&](int i) { return f.max(f.sub(f.min(a[2 * i + 1], c[2 * i + 1]), f.max(a[2 * i], c[2 * i])), zero); };
  auto area = [&](ArrayRef<Value> box) { return f.mul(f.sub(box[1], box[0]), f.sub(box[3], box[2])); };
  Value both = f.mul(side(0), side(1)), all = f.sub(f.add(area(a), area(c)), both);
  return f.select(f.less(zero, all), f.div(both, all), zero);
}

/// Boxes of a class by falling score; each drops those that overlap it too much.
LogicalResult aimc::onnx::lowerNonMaxSuppression(NodeOp node, ValueRange inputs, Lowering &b) {
  Value boxes = inputs[0], scores = inputs[1];
  Type element = getElement(boxes), i64 = b.getI64Type(), i1 = b.getI1Type();
  Floats f{b, element};
  bool center = node.getInt("center_point_box", 0);
  Value one = b.index(1), none = b.index(0), yes = b.integer(i1, 1), no = b.integer(i1, 0);
  Value most = none, overlapLimit = f.number(0), scoreLimit = b.extreme(element, false, false);
  if (Value limit = getOptional(inputs, 2))
    most = arith::MaxSIOp::create(b, b.castIndex(b.extractScalar(limit), b.getIndexType()), none);
  if (Value limit = getOptional(inputs, 3))
    overlapLimit = b.extractScalar(limit);
  if (Value limit = getOptional(inputs, 4))
    scoreLimit = b.extractScalar(limit);
  Sizes sizes = b.dims(scores);
  expectSizes(boxes, {sizes[0], sizes[2], b.size(4)}, "there must be a box of 4 numbers for each score", b);
  Value perClass = arith::MinSIOp::create(b, most, b.asIndex(sizes[2]));
  Size capacity = b.add(b.mul(b.mul(sizes[0], sizes[1]), perClass), b.size(1));
  Value list = b.filled({capacity, b.size(3)}, b.integer(i64, 0));
  Value alive = b.filled(sizes[2], no);
  Sizes groups{sizes[0], sizes[1]};
  auto last = forEachIndex(
      groups, {none, list, alive},
      [&](ValueRange group, ValueRange state) -> SmallVector<Value> {
        Value fresh = forEachIndex(
                          sizes[2], state[2],
                          [&](ValueRange box, ValueRange mask) -> SmallVector<Value> {
                            Value score = tensor::ExtractOp::create(b, scores, ValueRange{group[0], group[1], box[0]});
                            Value taken = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, score, scoreLimit);
                            return {tensor::InsertOp::create(b, taken, mask[0], box)};
                          },
                          b)
                          .front();
        return forEachIndex(
            Size(perClass), {state[0], state[1], fresh},
            [&](ValueRange, ValueRange inner) -> SmallVector<Value> {
              auto best = forEachIndex(
                  sizes[2], {none, scoreLimit, no},
                  [&](ValueRange box, ValueRange so) -> SmallVector<Value> {
                    Value score = tensor::ExtractOp::create(b, scores, ValueRange{group[0], group[1], box[0]});
                    Value lives = tensor::ExtractOp::create(b, inner[2], box);
                    Value better = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, score, so[1]);
                    better = arith::AndIOp::create(b, lives, better);
                    return {arith::SelectOp::create(b, better, box[0], so[0]), arith::SelectOp::create(b, better, score, so[1]),
                            arith::SelectOp::create(b, better, yes, so[2])};
                  },
                  b);
              Value rows = inner[1];
              SmallVector<Value, 3> row{group[0], group[1], best[0]};
              for (auto [i, index] : llvm::enumerate(row))
                rows = tensor::InsertOp::create(b, b.castIndex(index, i64), rows, ValueRange{inner[0], b.index(i)});
              SmallVector<Value> winner = readBox(boxes, group[0], best[0], center, f);
              Value left = forEachIndex(
                               sizes[2], inner[2],
                               [&](ValueRange box, ValueRange mask) -> SmallVector<Value> {
                                 Value lives = tensor::ExtractOp::create(b, mask[0], box);
                                 Value share = overlap(winner, readBox(boxes, group[0], box[0], center, f), f);
                                 Value near = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, share, overlapLimit);
                                 Value other = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, box[0], best[0]);
                                 Value stays = arith::AndIOp::create(b, lives, arith::AndIOp::create(b, near, other));
                                 return {tensor::InsertOp::create(b, stays, mask[0], box)};
                               },
                               b)
                               .front();
              Value next = arith::AddIOp::create(b, inner[0], one);
              return {arith::SelectOp::create(b, best[2], next, inner[0]), rows, left};
            },
            b);
      },
      b);
  return b.replace(node, b.sliceAxis(last[1], 0, b.size(0), last[0]));
}

//===------------------------------------------------------------------------------------------------------------===//
// MaxUnpool
//===------------------------------------------------------------------------------------------------------------===//

/// The indices count the elements of the tensor that was pooled: its spatial sizes follow from the kernel even where the result
/// is given another size.
LogicalResult aimc::onnx::lowerMaxUnpool(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0], places = inputs[1];
  SmallVector<int64_t> kernel = node.getInts("kernel_shape"), strides = node.getInts("strides"), pads = node.getInts("pads");
  strides.resize(kernel.size(), 1);
  pads.resize(2 * kernel.size(), 0);
  Sizes own = b.dims(tensor), pooled{own[0], own[1]}, result;
  expectSizes(places, own, "there must be an index for each element", b);
  for (size_t i = 0; i < kernel.size(); ++i)
    pooled.push_back(
        b.add(b.mul(b.sub(own[i + 2], b.size(1)), b.size(strides[i])), b.size(kernel[i] - pads[i] - pads[i + kernel.size()])));
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  Sizes given = getOptional(inputs, 2) ? b.elements(inputs[2]) : pooled;
  for (auto [i, size] : llvm::enumerate(given))
    result.push_back(declared.isDynamicDim(i) ? size : b.size(declared.getDimSize(i)));
  Value zeros = b.filled(result, b.scalar(getElement(tensor), 0));
  Value filled =
      forEachIndex(
          own, zeros,
          [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
            Value rest = b.castIndex(tensor::ExtractOp::create(b, places, indices), b.getIndexType());
            SmallVector<Value> position(pooled.size());
            for (size_t i = pooled.size(); i-- > 0;) {
              Value extent = b.asIndex(pooled[i]);
              position[i] = clampInto(arith::RemSIOp::create(b, rest, extent), b.asIndex(result[i]), b);
              rest = arith::DivSIOp::create(b, rest, extent);
            }
            return {tensor::InsertOp::create(b, tensor::ExtractOp::create(b, tensor, indices), carried[0], position)};
          },
          b)
          .front();
  return b.replace(node, filled);
}
