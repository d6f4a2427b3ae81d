//===- Layout.cpp -----------------------------------------------------------------------------------------------===//
#include "Layout.h"

#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

/// The order of `c`'s loops in the analog tensors.
static SmallVector<unsigned> concatenate(ArrayRef<ArrayRef<unsigned>> parts) {
  SmallVector<unsigned> all;
  for (ArrayRef<unsigned> part : parts)
    llvm::append_range(all, part);
  return all;
}

/// `perm` such that axis i of a tensor indexed by `map` is axis perm[i] of one indexed by `loops` in order.
static SmallVector<int64_t> getPermutation(AffineMap map, ArrayRef<unsigned> loops) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) -> int64_t {
    return llvm::find(loops, cast<AffineDimExpr>(expr).getPosition()) - loops.begin();
  });
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  return llvm::equal(permutation, llvm::seq<int64_t>(permutation.size()));
}

/// Reassociation of consecutive axes into parts of the given lengths.
static SmallVector<ReassociationIndices> getReassociation(ArrayRef<size_t> lengths) {
  SmallVector<ReassociationIndices> reassociation;
  int64_t axis = 0;
  for (size_t length : lengths) {
    reassociation.emplace_back();
    for (size_t i = 0; i < length; ++i)
      reassociation.back().push_back(axis++);
  }
  return reassociation;
}

Value aimc::analog::cloneExpression(OpBuilder &b, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value operand : op->getOperands())
    cloneExpression(b, operand, mapping);
  for (Value operand : captured)
    cloneExpression(b, operand, mapping);
  b.clone(*op, mapping);
  return mapping.lookup(value);
}

Value aimc::analog::buildMatrix(OpBuilder &b, Location loc, const Contraction &c, Value weights) {
  SmallVector<unsigned> order = concatenate({c.groups, c.ks, c.columns});
  auto getExtents = [&](ArrayRef<unsigned> loops) {
    return llvm::map_to_vector(loops, [&](unsigned d) { return c.extents[d]; });
  };
  // Axis i of the ordered tensor is the axis of the weights that loop order[i] indexes.
  SmallVector<int64_t> permutation = llvm::map_to_vector(order, [&](unsigned d) -> int64_t {
    return *c.weightMap.getResultPosition(getAffineDimExpr(d, c.weightMap.getContext()));
  });
  if (!isIdentity(permutation)) {
    Value empty = tensor::EmptyOp::create(b, loc, getExtents(order), b.getF32Type());
    weights = linalg::TransposeOp::create(b, loc, weights, empty, permutation)->getResult(0);
  }
  SmallVector<size_t> lengths;
  SmallVector<int64_t> matrix; // without unit dimensions for parts that have no loop
  for (ArrayRef<unsigned> part : {ArrayRef(c.groups), ArrayRef(c.ks), ArrayRef(c.columns)})
    if (!part.empty()) {
      lengths.push_back(part.size());
      matrix.push_back(c.count(part));
    }
  if (matrix.size() != order.size())
    weights = tensor::CollapseShapeOp::create(b, loc, RankedTensorType::get(matrix, b.getF32Type()), weights,
                                              getReassociation(lengths));
  if (matrix.size() == 3)
    return weights;
  // K is always there: a missing group goes before it, a missing column after.
  SmallVector<size_t> expansion(matrix.size(), 1);
  expansion.front() += c.groups.empty();
  expansion.back() += c.columns.empty();
  auto type = RankedTensorType::get({c.getGroups(), c.getRows(), c.getColumns()}, b.getF32Type());
  return tensor::ExpandShapeOp::create(b, loc, type, weights, getReassociation(expansion));
}

namespace {
/// Where an analog layer reads: x, and an index for each of its axes over (rows…, group, k…).
struct Source {
  Value x;
  SmallVector<AffineExpr> indices;
  SmallVector<bool> padded; ///< per axis: the index may lie outside
};
} // namespace

/// Whether `pad` adds zeros, statically many below.
static bool isZeroPadding(tensor::PadOp pad) {
  Value value = pad.getConstantPaddingValue();
  return value && matchPattern(value, m_AnyZeroFloat()) &&
         llvm::none_of(pad.getStaticLow(), [](int64_t low) { return ShapedType::isDynamic(low); });
}

/// Reads from the operand of an operation that only moves elements. Returns whether it could.
static bool foldSource(Source &source) {
  if (auto pad = source.x.getDefiningOp<tensor::PadOp>(); pad && isZeroPadding(pad)) {
    for (auto [axis, low] : llvm::enumerate(pad.getStaticLow())) {
      source.indices[axis] = source.indices[axis] - low;
      source.padded[axis] = source.padded[axis] || low != 0 || pad.getStaticHigh()[axis] != 0;
    }
    source.x = pad.getSource();
    return true;
  }
  if (auto transpose = source.x.getDefiningOp<linalg::TransposeOp>(); transpose && transpose->hasOneUse()) {
    Source from{transpose.getInput(), source.indices, source.padded};
    for (auto [axis, fromAxis] : llvm::enumerate(transpose.getPermutation())) {
      from.indices[fromAxis] = source.indices[axis];
      from.padded[fromAxis] = source.padded[axis];
    }
    source = from;
    return true;
  }
  auto expand = source.x.getDefiningOp<tensor::ExpandShapeOp>();
  if (!expand)
    return false;
  ArrayRef<int64_t> shape = expand.getResultType().getShape();
  Source from{expand.getSrc(), {}, {}};
  for (const ReassociationIndices &axes : expand.getReassociationIndices()) {
    AffineExpr index = source.indices[axes[0]];
    bool padded = source.padded[axes[0]];
    for (int64_t axis : ArrayRef<int64_t>(axes).drop_front()) {
      if (ShapedType::isDynamic(shape[axis]) || padded || source.padded[axis])
        return false;
      index = index * shape[axis] + source.indices[axis];
    }
    from.indices.push_back(index);
    from.padded.push_back(padded);
  }
  source = from;
  return true;
}

SmallVector<OpFoldResult> aimc::analog::getInitSizes(OpBuilder &b, Location loc, Value init) {
  while (auto fill = init.getDefiningOp<linalg::FillOp>())
    init = fill.getOutputs()[0];
  if (auto empty = init.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes();
  return tensor::getMixedSizes(b, loc, init);
}

Value aimc::analog::buildPatches(OpBuilder &b, Location loc, const Contraction &c, ArrayRef<OpFoldResult> rowSizes) {
  // Loops become dimensions (rows…, group, k…); columns of extent 1 that index x read at 0.
  MLIRContext *context = b.getContext();
  unsigned rows = c.rows.size();
  SmallVector<AffineExpr> dims(c.extents.size(), b.getAffineConstantExpr(0));
  for (auto [i, d] : llvm::enumerate(c.rows))
    dims[d] = b.getAffineDimExpr(i);
  for (unsigned d : c.groups)
    dims[d] = b.getAffineDimExpr(rows);
  for (auto [i, d] : llvm::enumerate(c.ks))
    dims[d] = b.getAffineDimExpr(rows + 1 + i);
  unsigned numDims = rows + 1 + c.ks.size();
  Source source{c.x, {}, {}};
  for (AffineExpr expr : c.xMap.getResults())
    source.indices.push_back(expr.replaceDims(dims));
  source.padded.assign(source.indices.size(), false);
  while (foldSource(source))
    ;
  AffineMap map = simplifyAffineMap(AffineMap::get(numDims, 0, source.indices, context));

  // Rows, group and one k in order: nothing to gather.
  SmallVector<AffineExpr> plain;
  for (unsigned i = 0; i < numDims; ++i)
    if (i != rows || !c.groups.empty())
      plain.push_back(b.getAffineDimExpr(i));
  if (c.ks.size() == 1 && ArrayRef<AffineExpr>(plain) == map.getResults() && source.x.getType() == c.x.getType())
    return source.x;

  SmallVector<OpFoldResult> sizes(rowSizes);
  if (!c.groups.empty())
    sizes.push_back(b.getIndexAttr(c.getGroups()));
  sizes.push_back(b.getIndexAttr(c.getRows()));
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(sizes, dynamicSizes, shape);
  SmallVector<int64_t> kSizes = llvm::map_to_vector(c.ks, [&](unsigned d) { return c.extents[d]; });
  return GatherOp::create(b, loc, RankedTensorType::get(shape, b.getF32Type()), source.x, dynamicSizes, map, kSizes);
}

Value aimc::analog::restoreLayout(OpBuilder &b, Location loc, const Contraction &c, Value y, ArrayRef<OpFoldResult> sizes) {
  SmallVector<unsigned> order = concatenate({c.rows, c.groups, c.columns});
  SmallVector<int64_t> toY = getPermutation(c.yMap, order);
  SmallVector<OpFoldResult> ordered(order.size());
  for (auto [axis, position] : llvm::enumerate(toY))
    ordered[position] = sizes[axis];
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(ordered, dynamicSizes, shape);
  auto type = RankedTensorType::get(shape, b.getF32Type());
  size_t leading = c.rows.size() + c.groups.size();
  SmallVector<size_t> lengths(leading, 1);
  if (c.columns.size() > 1) {
    lengths.push_back(c.columns.size());
    y = tensor::ExpandShapeOp::create(b, loc, type, y, getReassociation(lengths), ordered);
  } else if (c.columns.empty()) {
    if (leading != 0)
      lengths.back() = 2;
    y = tensor::CollapseShapeOp::create(b, loc, type, y, getReassociation(lengths));
  }
  if (isIdentity(toY))
    return y;
  Value empty = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  return linalg::TransposeOp::create(b, loc, y, empty, toY)->getResult(0);
}
