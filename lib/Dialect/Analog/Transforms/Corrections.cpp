//===- Corrections.cpp ------------------------------------------------------------------------------------------===//
#include "Corrections.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {
/// The levels of tiles: least … most.
struct Levels {
  int64_t least, most;
};

/// The least and the largest integer of a column.
struct Span {
  int64_t least = INT64_MAX, most = INT64_MIN;
};
} // namespace

static Levels getLevels(TargetAttr target) {
  int64_t most = (int64_t(1) << (target.getWeightBits() - 1)) - 1;
  return {target.getEncoding() == Encoding::Offset ? -most - 1 : -most, most};
}

/// What to subtract from a column's integers, as little as may be, so that they lie in least … most, or one below; nothing when
/// nothing does.
static std::optional<int64_t> getShift(Span span, Levels levels) {
  int64_t smallest = span.most - levels.most, largest = span.least - levels.least;
  if (smallest <= largest)
    return std::clamp<int64_t>(0, smallest, largest);
  if (smallest == largest + 1 && levels.least == -levels.most)
    return smallest;
  return std::nullopt;
}

/// Visits all (g, k, n) with their integers.
static void forEachInteger(const IntegerWeights &weights, llvm::function_ref<void(int64_t, int64_t, int64_t, int64_t)> visit) {
  const StridedView &view = weights.integers;
  auto base = reinterpret_cast<const float *>(view.base);
  for (int64_t g = 0; g < view.sizes[0]; ++g)
    for (int64_t k = 0; k < view.sizes[1]; ++k)
      for (int64_t n = 0; n < view.sizes[2]; ++n)
        visit(g, k, n, int64_t(base[g * view.strides[0] + k * view.strides[1] + n * view.strides[2]]));
}

/// One scale for each column of each group; nothing where a column has several, or one that is not positive and finite.
static std::optional<SmallVector<float>> getColumnScales(const IntegerWeights &weights) {
  ArrayRef<int64_t> sizes = weights.integers.sizes;
  SmallVector<float> scales;
  for (int64_t g = 0; g < sizes[0]; ++g)
    for (int64_t n = 0; n < sizes[2]; ++n)
      scales.push_back(weights.getScale(g, 0, n));
  if (!llvm::all_of(scales, [](float scale) { return scale > 0.0f && std::isfinite(scale); }))
    return std::nullopt;
  if (weights.scales.base && weights.scales.strides[1] != 0)
    for (int64_t g = 0; g < sizes[0]; ++g)
      for (int64_t k = 1; k < sizes[1]; ++k)
        for (int64_t n = 0; n < sizes[2]; ++n)
          if (weights.getScale(g, k, n) != scales[g * sizes[2] + n])
            return std::nullopt;
  return scales;
}

/// Sums and rests of the levels, which `store` gets with their places.
static void fillLevels(const IntegerWeights &weights, Levels range, TileIntegers &tiles,
                       llvm::function_ref<void(int64_t place, int64_t level)> store) {
  int64_t columns = weights.integers.sizes[2], place = 0;
  tiles.rests.clear();
  tiles.sums.assign(tiles.shifts.size(), 0.0);
  forEachInteger(weights, [&](int64_t g, int64_t k, int64_t n, int64_t integer) {
    int64_t level = integer - tiles.shifts[g * columns + n];
    if (level < range.least) {
      tiles.rests.push_back({g, k, n});
      ++level;
    }
    tiles.sums[g * columns + n] += level;
    store(place++, level);
  });
}

template <typename Level>
static void storeLevels(const IntegerWeights &weights, Levels range, TileIntegers &tiles, MLIRContext *context) {
  ArrayRef<int64_t> sizes = weights.integers.sizes;
  auto levels = std::make_shared<std::vector<Level>>(weights.integers.getNumElements());
  fillLevels(weights, range, tiles, [&](int64_t place, int64_t level) { (*levels)[place] = static_cast<Level>(level); });
  tiles.levels.elementType = IntegerType::get(context, 8 * sizeof(Level));
  tiles.levels.base = reinterpret_cast<const char *>(levels->data());
  tiles.levels.sizes.assign(sizes.begin(), sizes.end());
  tiles.levels.strides = {sizes[1] * sizes[2], sizes[2], 1};
  tiles.levels.owner = levels;
}

std::optional<TileIntegers> aimc::analog::fitIntegers(CrossbarOp crossbar, TargetAttr target) {
  std::optional<IntegerWeights> weights = readIntegerWeights(crossbar);
  std::optional<SmallVector<float>> scales = weights ? getColumnScales(*weights) : std::nullopt;
  if (!scales)
    return std::nullopt;
  const Levels range = getLevels(target);
  const int64_t columns = crossbar.getColumns();
  SmallVector<Span> spans(crossbar.getGroups() * columns);
  forEachInteger(*weights, [&](int64_t g, int64_t, int64_t n, int64_t integer) {
    Span &span = spans[g * columns + n];
    span = {std::min(span.least, integer), std::max(span.most, integer)};
  });
  TileIntegers tiles;
  tiles.scales = std::move(*scales);
  for (Span span : spans) {
    std::optional<int64_t> shift = getShift(span, range);
    if (!shift)
      return std::nullopt;
    tiles.shifts.push_back(*shift);
  }
  fillLevels(*weights, range, tiles, [](int64_t, int64_t) {});
  if (tiles.needsInputs() && target.getWeightBits() <= 8)
    storeLevels<int8_t>(*weights, range, tiles, crossbar.getContext());
  else if (tiles.needsInputs())
    storeLevels<int16_t>(*weights, range, tiles, crossbar.getContext());
  if (!tiles.rests.empty())
    crossbar.emitRemark() << "'" << crossbar.getNode() << "': " << tiles.rests.size() << " weights lie at " << range.least - 1
                          << ", one level below what a differential pair holds; that level stays digital";
  return tiles;
}

/// The levels, and their scales if `tiles.scaled`, as the crossbar's weights.
static Value createWeights(OpBuilder &b, CrossbarOp crossbar, const TileIntegers &tiles) {
  Location loc = crossbar.getLoc();
  ArrayRef<int64_t> shape = tiles.levels.sizes;
  SmallVector<Value> inputs = {
      arith::ConstantOp::create(b, loc, toElementsAttr(tiles.levels, (crossbar.getSymName() + "_integers").str()))};
  SmallVector<AffineMap> maps = {b.getMultiDimIdentityMap(3)};
  if (tiles.scaled) {
    auto type = RankedTensorType::get({shape[0], shape[2]}, b.getF32Type());
    inputs.push_back(arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, ArrayRef<float>(tiles.scales))));
    maps.push_back(AffineMap::get(3, 0, {b.getAffineDimExpr(0), b.getAffineDimExpr(2)}, b.getContext()));
  }
  maps.push_back(maps.front());
  Value empty = tensor::EmptyOp::create(b, loc, shape, b.getF32Type());
  SmallVector<utils::IteratorType> loops(3, utils::IteratorType::parallel);
  auto payload = [&](OpBuilder &nested, Location, ValueRange arguments) {
    Value number = arith::SIToFPOp::create(nested, loc, nested.getF32Type(), arguments[0]);
    if (tiles.scaled)
      number = arith::MulFOp::create(nested, loc, number, arguments[1]);
    linalg::YieldOp::create(nested, loc, number);
  };
  return linalg::GenericOp::create(b, loc, empty.getType(), inputs, empty, maps, loops, payload).getResult(0);
}

/// Erases what nobody uses of a block, from its end.
static void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

void aimc::analog::replaceWeights(CrossbarOp crossbar, const TileIntegers &tiles) {
  Block &block = crossbar.getWeights().front();
  Operation *terminator = block.getTerminator();
  if (tiles.needsInputs()) {
    OpBuilder b(terminator);
    terminator->setOperand(0, createWeights(b, crossbar, tiles));
  } else { // the integers as they are, without their scales
    linalg::GenericOp source = getElementSource(crossbar.getWeightsValue(), /*padding=*/false);
    source.getBody()->getTerminator()->setOperand(0, readScaledInteger(source)->integer);
    eraseDead(*source.getBody());
  }
  eraseDead(block);
}

//===----------------------------------------------------------------------===//
// Digital contractions beside the tiles
//===----------------------------------------------------------------------===//

/// The column loop that takes any extent: x has none of it.
static std::optional<unsigned> getFreeColumn(const Contraction &c) {
  for (unsigned d : c.columns)
    if (!c.xMap.isFunctionOfDim(d))
      return d;
  return std::nullopt;
}

/// `c` of other weights with `columns` columns per group: those of its first free column loop, 1 of the others. `getWeight` is
/// asked for (g, k, column).
static Value contract(OpBuilder &b, Location loc, const Contraction &c, Value x, int64_t columns, ArrayRef<OpFoldResult> sizes,
                      llvm::function_ref<int64_t(int64_t, int64_t, int64_t)> getWeight) {
  SmallVector<int64_t> extents = c.extents;
  std::optional<unsigned> free = getFreeColumn(c);
  for (unsigned d : c.columns)
    extents[d] = d == free ? columns : 1;
  Type element = getElementTypeOrSelf(c.init.getType());
  SmallVector<int64_t> shape;
  for (AffineExpr expr : c.weightMap.getResults())
    shape.push_back(extents[cast<AffineDimExpr>(expr).getPosition()]);
  auto type = RankedTensorType::get(shape, element);
  SmallVector<Attribute> numbers;
  SmallVector<int64_t> index(extents.size(), 0), position(shape.size(), 0);
  for (int64_t i = 0, size = type.getNumElements(); i < size; ++i) {
    for (auto [axis, expr] : llvm::enumerate(c.weightMap.getResults()))
      index[cast<AffineDimExpr>(expr).getPosition()] = position[axis];
    int64_t g = c.groups.empty() ? 0 : index[c.groups[0]], k = 0;
    for (unsigned d : c.ks)
      k = k * extents[d] + index[d];
    int64_t weight = getWeight(g, k, free ? index[*free] : 0);
    numbers.push_back(isa<FloatType>(element) ? Attribute(b.getFloatAttr(element, weight)) : b.getIntegerAttr(element, weight));
    for (int64_t axis = shape.size(); axis-- > 0;) {
      if (++position[axis] < shape[axis])
        break;
      position[axis] = 0;
    }
  }
  Value weights = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, numbers));
  SmallVector<OpFoldResult> ownSizes(sizes);
  for (auto [axis, expr] : llvm::enumerate(c.yMap.getResults()))
    if (unsigned d = cast<AffineDimExpr>(expr).getPosition(); llvm::is_contained(c.columns, d))
      ownSizes[axis] = b.getIndexAttr(extents[d]);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
  Value empty = tensor::EmptyOp::create(b, loc, ownSizes, element);
  Value init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  SmallVector<Value> operands = {x, weights, init};
  if (c.weightInput == 0)
    std::swap(operands[0], operands[1]);
  linalg::LinalgOp op = c.op;
  Operation *copy = clone(b, op, init.getType(), operands);
  copy->setLoc(loc);
  return copy->getResult(0);
}

namespace {
/// The weights' rests as columns of their own: `which` says for every [G, N] which, `has` is 1 where there is one.
struct RestColumns {
  SmallVector<int64_t> which;
  SmallVector<double> has;
  int64_t count = 0;
};
} // namespace

static RestColumns getRestColumns(const Contraction &c, const TileIntegers &tiles) {
  RestColumns rests;
  rests.which.assign(tiles.shifts.size(), 0);
  rests.has.assign(tiles.shifts.size(), 0.0);
  SmallVector<int64_t> used(c.getGroups(), 0);
  for (auto [g, k, n] : tiles.rests) {
    int64_t column = g * c.getColumns() + n;
    if (rests.has[column] != 0.0)
      continue;
    rests.has[column] = 1.0;
    rests.which[column] = used[g]++;
    rests.count = std::max(rests.count, used[g]);
  }
  return rests;
}

//===----------------------------------------------------------------------===//
// The sum of all
//===----------------------------------------------------------------------===//

namespace {
/// An elementwise operation over a layer's result, whose operands are found one by one.
class ResultBuilder {
public:
  ResultBuilder(OpBuilder &b, Location loc, const Contraction &c) : b(b), loc(loc), c(c), rank(c.yMap.getNumResults()) {}

  /// Operands; they return their number.
  unsigned add(Value tensor, AffineMap map) {
    inputs.push_back(tensor);
    maps.push_back(map);
    return inputs.size() - 1;
  }
  unsigned addResult(Value y) { return add(y, b.getMultiDimIdentityMap(rank)); }
  /// One number for each column, [G, N].
  unsigned addColumns(DenseElementsAttr numbers) {
    SmallVector<AffineExpr> axes;
    for (unsigned d : c.getColumnLoops())
      axes.push_back(b.getAffineDimExpr(getAxis(d)));
    return add(arith::ConstantOp::create(b, loc, numbers), AffineMap::get(rank, 0, axes, b.getContext()));
  }
  template <typename Number> unsigned addColumns(ArrayRef<Number> numbers, Type element) {
    SmallVector<int64_t> shape;
    for (unsigned d : c.getColumnLoops())
      shape.push_back(c.extents[d]);
    return addColumns(DenseElementsAttr::get(RankedTensorType::get(shape, element), numbers));
  }
  /// A tensor of one number.
  unsigned addSingle(Value tensor) {
    SmallVector<AffineExpr> zeros(cast<RankedTensorType>(tensor.getType()).getRank(), b.getAffineConstantExpr(0));
    return add(tensor, AffineMap::get(rank, 0, zeros, b.getContext()));
  }
  /// A result of one column.
  unsigned addFirstColumn(Value tensor) {
    SmallVector<AffineExpr> axes;
    for (unsigned axis = 0; axis < rank; ++axis)
      axes.push_back(isColumn(axis) ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(axis));
    return add(tensor, AffineMap::get(rank, 0, axes, b.getContext()));
  }
  /// In the payload: the element of a result of other columns, in the one that `column` tells.
  Value extractColumn(OpBuilder &nested, Value tensor, Value column) {
    std::optional<unsigned> free = getFreeColumn(c);
    SmallVector<Value> indices;
    for (unsigned axis = 0; axis < rank; ++axis) {
      if (!isColumn(axis))
        indices.push_back(linalg::IndexOp::create(nested, loc, axis));
      else if (free && axis == getAxis(*free))
        indices.push_back(arith::IndexCastOp::create(nested, loc, nested.getIndexType(), column));
      else
        indices.push_back(arith::ConstantIndexOp::create(nested, loc, 0));
    }
    return tensor::ExtractOp::create(nested, loc, tensor, indices);
  }

  Value build(ArrayRef<OpFoldResult> sizes, Type element, llvm::function_ref<Value(OpBuilder &, ValueRange)> payload) {
    Value empty = tensor::EmptyOp::create(b, loc, sizes, element);
    maps.push_back(b.getMultiDimIdentityMap(rank));
    SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
    return linalg::GenericOp::create(b, loc, empty.getType(), inputs, empty, maps, loops,
                                     [&](OpBuilder &nested, Location, ValueRange arguments) {
                                       linalg::YieldOp::create(nested, loc, payload(nested, arguments));
                                     })
        .getResult(0);
  }

private:
  unsigned getAxis(unsigned loop) const { return *c.yMap.getResultPosition(b.getAffineDimExpr(loop)); }
  bool isColumn(unsigned axis) const {
    return llvm::is_contained(c.columns, cast<AffineDimExpr>(c.yMap.getResult(axis)).getPosition());
  }

  OpBuilder &b;
  Location loc;
  const Contraction &c;
  unsigned rank;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
};
} // namespace

/// A number of any type as float64.
static Value toDouble(OpBuilder &b, Location loc, Value number, bool isUnsigned = false) {
  Type f64 = b.getF64Type();
  if (isa<FloatType>(number.getType()))
    return arith::ExtFOp::create(b, loc, f64, number);
  return isUnsigned ? Value(arith::UIToFPOp::create(b, loc, f64, number)) : arith::SIToFPOp::create(b, loc, f64, number);
}

/// The sums are float64, in which integers of these sizes are exact: what tiles made (an integer, unless they are noisy) is
/// rounded to float32 once, and multiplied by the scales.
Value aimc::analog::correctResult(OpBuilder &b, Location loc, const Contraction &c, Value y, const TileIntegers &tiles,
                                  const std::optional<StoredIntegers> &stored, Value x, ArrayRef<OpFoldResult> sizes) {
  Type f32 = b.getF32Type(), f64 = b.getF64Type();
  ResultBuilder result(b, loc, c);
  result.addResult(y);
  std::optional<unsigned> offset, sum, zero, inputs, shift, which, has, scale;
  Value rests;
  if (stored && stored->zeroPoint) {
    sum = result.addColumns<double>(tiles.sums, f64);
    zero = result.addSingle(stored->zeroPoint);
  } else if (stored && stored->zero != 0) {
    SmallVector<double> offsets =
        llvm::map_to_vector(tiles.sums, [&](double sum) { return -static_cast<double>(stored->zero) * sum; });
    offset = result.addColumns<double>(offsets, f64);
  }
  if (tiles.isShifted()) {
    inputs = result.addFirstColumn(contract(b, loc, c, x, 1, sizes, [](int64_t, int64_t, int64_t) { return 1; }));
    shift = result.addColumns<double>(llvm::map_to_vector(tiles.shifts, [](int64_t n) { return double(n); }), f64);
  }
  if (!tiles.rests.empty()) {
    RestColumns columns = getRestColumns(c, tiles);
    std::vector<int8_t> weights(c.getGroups() * c.getRows() * columns.count);
    auto at = [&](int64_t g, int64_t k, int64_t column) -> int8_t & {
      return weights[(g * c.getRows() + k) * columns.count + column];
    };
    for (auto [g, k, n] : tiles.rests)
      at(g, k, columns.which[g * c.getColumns() + n]) = -1;
    rests = contract(b, loc, c, x, columns.count, sizes,
                     [&](int64_t g, int64_t k, int64_t column) -> int64_t { return at(g, k, column); });
    which = result.addColumns<int64_t>(columns.which, b.getI64Type());
    has = result.addColumns<double>(columns.has, f64);
  }
  if (!c.integers) {
    SmallVector<float> factors =
        llvm::map_to_vector(tiles.scales, [&](float own) { return tiles.scaled || !stored ? own : own * stored->scale; });
    scale = result.addColumns<float>(factors, f32);
  }
  return result.build(sizes, c.integers ? Type(b.getI32Type()) : f32, [&](OpBuilder &nested, ValueRange s) -> Value {
    auto add = [&](Value left, Value right) -> Value {
      return left ? Value(arith::AddFOp::create(nested, loc, left, right)) : right;
    };
    auto multiply = [&](Value left, Value right) -> Value { return arith::MulFOp::create(nested, loc, left, right); };
    Value correction; // what the crossbar's weights do not know, without their scales
    if (offset)
      correction = s[*offset];
    if (zero) {
      Value number = toDouble(nested, loc, s[*zero], stored->isUnsigned);
      correction = arith::NegFOp::create(nested, loc, multiply(number, s[*sum]));
    }
    if (inputs)
      correction = add(correction, multiply(toDouble(nested, loc, s[*inputs]), s[*shift]));
    if (rests)
      correction = add(correction, multiply(toDouble(nested, loc, result.extractColumn(nested, rests, s[*which])), s[*has]));
    Value total = s[0];
    if (correction && tiles.scaled && !c.integers)
      correction = multiply(correction, toDouble(nested, loc, s[*scale]));
    if (correction)
      total = add(toDouble(nested, loc, total), correction);
    if (c.integers)
      return arith::FPToSIOp::create(nested, loc, nested.getI32Type(), math::RoundEvenOp::create(nested, loc, total));
    if (correction)
      total = arith::TruncFOp::create(nested, loc, f32, total);
    return tiles.scaled ? total : multiply(total, s[*scale]);
  });
}

Value aimc::analog::subtractZeroPoint(OpBuilder &b, Location loc, const Contraction &c, Value y, CrossbarOp crossbar,
                                      const StoredIntegers &stored, ArrayRef<OpFoldResult> sizes) {
  FailureOr<StridedView> weights = evaluateView(crossbar.getWeightsValue());
  if (failed(weights)) // too large to compute: analog-quantize-weights says so
    return y;
  SmallVector<float> corrections;
  for (int64_t g = 0; g < c.getGroups(); ++g)
    for (int64_t n = 0; n < c.getColumns(); ++n) {
      double sum = 0.0;
      for (int64_t k = 0; k < c.getRows(); ++k)
        sum += weights->getNumber({g, k, n});
      corrections.push_back(-double(stored.zero) * stored.scale * sum);
    }
  ResultBuilder result(b, loc, c);
  unsigned product = result.addResult(y), correction = result.addColumns<float>(corrections, b.getF32Type());
  return result.build(sizes, b.getF32Type(), [&](OpBuilder &nested, ValueRange s) -> Value {
    return arith::AddFOp::create(nested, loc, s[product], s[correction]);
  });
}
