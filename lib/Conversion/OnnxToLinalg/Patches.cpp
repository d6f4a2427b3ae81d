//===- Patches.cpp - images and their patches, crops and affine grids -------------------------------------------===//
#include "Operations.h"

#include "Loops.h"

using namespace mlir;
using namespace aimc::onnx;

static Value addI(Lowering &b, Value x, Value y) { return arith::AddIOp::create(b, x, y); }
static Value subI(Lowering &b, Value x, Value y) { return arith::SubIOp::create(b, x, y); }
static Value mulI(Lowering &b, Value x, Value y) { return arith::MulIOp::create(b, x, y); }
static Value andI(Lowering &b, Value x, Value y) { return arith::AndIOp::create(b, x, y); }

/// Whether 0 <= index < extent.
static Value isInside(Value index, Value extent, Lowering &b) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, extent);
}

/// Columns of patches [N, C · patch, places] back into images, overlapping elements added up: every element of the image
/// gathers the places whose patches hold it.
LogicalResult aimc::onnx::lowerCol2Im(NodeOp node, ValueRange inputs, Lowering &b) {
  Value columns = inputs[0];
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  auto kernel = b.constantElements(inputs[2]);
  size_t spatial = declared.getRank() - 2;
  if (!kernel || kernel->size() != spatial)
    return b.error(node) << "the patch sizes, input 2, must be known when compiling";
  SmallVector<int64_t> strides = node.getInts("strides"), dilations = node.getInts("dilations"), pads = node.getInts("pads");
  strides.resize(spatial, 1);
  dilations.resize(spatial, 1);
  pads.resize(2 * spatial, 0);
  Sizes image = b.elements(inputs[1]), kernelSizes;
  int64_t patch = 1;
  for (int64_t size : *kernel) {
    patch *= size;
    kernelSizes.push_back(b.size(size));
  }
  Sizes sizes{b.dim(columns, 0), b.floorDiv(b.dim(columns, 1), b.size(patch))}, counts;
  for (size_t i = 0; i < spatial; ++i) {
    sizes.push_back(declared.isDynamicDim(i + 2) ? image[i] : b.size(declared.getDimSize(i + 2)));
    Size reach = b.size(dilations[i] * ((*kernel)[i] - 1) + 1),
         padded = b.add(sizes.back(), b.size(pads[i] + pads[spatial + i]));
    counts.push_back(b.add(b.floorDiv(b.sub(padded, reach), b.size(strides[i])), b.size(1)));
  }
  // Loops: the image's dimensions, then those of a patch.
  Type element = getElement(columns);
  unsigned loops = 2 + 2 * spatial;
  SmallVector<AffineExpr> kernelExprs;
  for (size_t i = 0; i < spatial; ++i)
    kernelExprs.push_back(b.getAffineDimExpr(2 + spatial + i));
  Access window{b.empty(kernelSizes, element), AffineMap::get(loops, 0, kernelExprs, b.getContext())};
  Access sums{b.filled(sizes, b.scalar(element, 0)), b.getMultiDimIdentityMap(loops).getMajorSubMap(2 + spatial)};
  Value zero = b.index(0);
  return b.replace(node,
                   b.generic(window, sums, [&](ValueRange s) -> SmallVector<Value> {
                      auto loop = [&](unsigned i) { return Value(linalg::IndexOp::create(b, i)); };
                      Value inside = b.integer(b.getI1Type(), 1), row = loop(1), place = zero;
                      for (size_t i = 0; i < spatial; ++i) {
                        Value offset = mulI(b, loop(2 + spatial + i), b.index(dilations[i])), stride = b.index(strides[i]);
                        Value distance = subI(b, addI(b, loop(2 + i), b.index(pads[i])), offset), count = b.asIndex(counts[i]);
                        Value number = arith::DivSIOp::create(b, distance, stride);
                        Value exact = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, mulI(b, number, stride), distance);
                        inside = andI(b, inside, andI(b, exact, isInside(number, count, b)));
                        row = addI(b, mulI(b, row, b.index((*kernel)[i])), loop(2 + spatial + i));
                        place = addI(b, mulI(b, place, count), number);
                      }
                      Value x = tensor::ExtractOp::create(
                          b, columns, ValueRange{loop(0), row, arith::SelectOp::create(b, inside, place, zero)});
                      Value none = b.scalar(element, 0), term = arith::SelectOp::create(b, inside, x, none);
                      return {isa<FloatType>(element) ? Value(arith::AddFOp::create(b, s[1], term)) : addI(b, s[1], term)};
                    }).front());
}

/// The middle of the tensor, or the tensor in the middle of zeros, dimension by dimension.
LogicalResult aimc::onnx::lowerCenterCropPad(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  Sizes own = b.dims(tensor), sizes = own, wanted = b.elements(inputs[1]);
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  SmallVector<int64_t> axes = node.getInts("axes");
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, own.size()));
  for (auto [axis, size] : llvm::zip(axes, wanted)) {
    int64_t dimension = normalizeAxis(axis, own.size());
    sizes[dimension] = declared.isDynamicDim(dimension) ? size : b.size(declared.getDimSize(dimension));
  }
  Value none = b.scalar(getElement(tensor), 0);
  return b.replace(node, b.computeFromIndices(sizes, getElement(tensor), [&](ValueRange at) -> SmallVector<Value> {
    // Half the surplus is cut before, half of what is missing stands before; both halves are rounded down.
    SmallVector<Value> position(at);
    Value inside = b.integer(b.getI1Type(), 1);
    for (size_t i = 0; i < own.size(); ++i) {
      if (own[i] == sizes[i])
        continue;
      Value extent = b.asIndex(own[i]), surplus = subI(b, extent, b.asIndex(sizes[i]));
      Value place = addI(b, at[i], arith::DivSIOp::create(b, surplus, b.index(2)));
      inside = andI(b, inside, isInside(place, extent, b));
      position[i] = clampInto(place, extent, b);
    }
    return {arith::SelectOp::create(b, inside, tensor::ExtractOp::create(b, tensor, position), none)};
  }));
}

/// theta [N, d, d + 1] applied to the places of a grid from -1 to 1; coordinates come last dimension first.
LogicalResult aimc::onnx::lowerAffineGrid(NodeOp node, ValueRange inputs, Lowering &b) {
  Value theta = inputs[0];
  Type element = getElement(theta);
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  int64_t spatial = declared.getRank() - 2;
  bool align = node.getInt("align_corners", 0);
  Sizes given = b.elements(inputs[1]), sizes{b.dim(theta, 0)};
  for (int64_t i = 0; i < spatial; ++i)
    sizes.push_back(declared.isDynamicDim(i + 1) ? given[i + 2] : b.size(declared.getDimSize(i + 1)));
  sizes.push_back(b.size(spatial));
  auto toFloat = [&](Value index) { return Value(arith::SIToFPOp::create(b, element, b.castIndex(index, b.getI64Type()))); };
  Value one = b.scalar(element, 1), two = b.scalar(element, 2);
  return b.replace(node, b.computeFromIndices(sizes, element, [&](ValueRange at) -> SmallVector<Value> {
    auto factor = [&](int64_t column) {
      return tensor::ExtractOp::create(b, theta, ValueRange{at[0], at.back(), b.index(column)});
    };
    Value sum = factor(spatial);
    for (int64_t i = 0; i < spatial; ++i) {
      int64_t dimension = spatial - 1 - i;
      Value place = toFloat(at[1 + dimension]), count = toFloat(b.asIndex(sizes[1 + dimension]));
      // Corners at the first and last element's centre, or at their outer edges.
      Value over = arith::MulFOp::create(b, place, two);
      Value under = align ? Value(arith::MaximumFOp::create(b, arith::SubFOp::create(b, count, one), one)) : count;
      if (!align)
        over = arith::AddFOp::create(b, over, one);
      Value x = arith::SubFOp::create(b, arith::DivFOp::create(b, over, under), one);
      sum = arith::AddFOp::create(b, sum, arith::MulFOp::create(b, factor(i), x));
    }
    return {sum};
  }));
}
