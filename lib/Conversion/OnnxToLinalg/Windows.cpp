//===- Windows.cpp ----------------------------------------------------------------------------------------------===//
#include "Windows.h"

using namespace mlir;
using namespace aimc::onnx;

/// An attribute with one integer per spatial dimension.
static FailureOr<SmallVector<int64_t>> getPerDimension(NodeOp node, StringRef name, size_t count, int64_t otherwise,
                                                       Lowering &b) {
  SmallVector<int64_t> values = node.getInts(name);
  if (values.empty())
    values.assign(count, otherwise);
  if (values.size() != count)
    return b.error(node) << "'" << name << "' has " << values.size() << " numbers; the tensor needs " << count, failure();
  return values;
}

FailureOr<Windows> aimc::onnx::getWindows(NodeOp node, Value tensor, ArrayRef<int64_t> kernel, Lowering &b) {
  size_t rank = kernel.size();
  Windows windows;
  windows.kernel = llvm::to_vector(kernel);
  auto strides = getPerDimension(node, "strides", rank, 1, b);
  auto dilations = getPerDimension(node, "dilations", rank, 1, b);
  auto pads = getPerDimension(node, "pads", 2 * rank, 0, b);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  windows.strides = *strides;
  windows.dilations = *dilations;
  if (getRank(tensor) != static_cast<int64_t>(rank) + 2)
    return b.error(node) << "a kernel of " << rank << " dimensions needs a tensor of rank " << rank + 2 << ", not "
                         << tensor.getType(),
           failure();

  StringRef automatic = node.getString("auto_pad", "NOTSET");
  bool ceilMode = node.getInt("ceil_mode", 0);
  for (size_t i = 0; i < rank; ++i) {
    if (windows.strides[i] <= 0 || windows.dilations[i] <= 0 || kernel[i] <= 0)
      return b.error(node) << "kernel " << kernel[i] << ", stride " << windows.strides[i] << " and dilation "
                           << windows.dilations[i] << " must be positive",
             failure();
    Size input = b.dim(tensor, i + 2), low = b.size((*pads)[i]), high = b.size((*pads)[i + rank]), output;
    Size stride = b.size(windows.strides[i]), reach = b.size(windows.dilations[i] * (kernel[i] - 1) + 1);
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      output = b.ceilDiv(input, stride);
      Size total = windows.strides[i] == 1
                       ? b.sub(reach, b.size(1))
                       : b.max(b.size(0), b.sub(b.add(b.mul(b.sub(output, b.size(1)), stride), reach), input));
      Size less = b.floorDiv(total, b.size(2)), more = b.sub(total, less);
      low = automatic == "SAME_UPPER" ? less : more;
      high = automatic == "SAME_UPPER" ? more : less;
    } else if (automatic == "VALID") {
      low = high = b.size(0);
    }
    Size padded = b.add(b.add(input, low), high);
    Size overhang = b.size(0);
    if (!output) {
      Size room = b.sub(padded, reach);
      output = b.add(ceilMode ? b.ceilDiv(room, stride) : b.floorDiv(room, stride), b.size(1));
      if (ceilMode) {
        // A window that would begin in the padding above the tensor is left out.
        Size last = b.mul(b.sub(output, b.size(1)), stride);
        output = b.select(arith::CmpIPredicate::sge, last, b.add(input, low), b.sub(output, b.size(1)), output);
        Size end = b.add(b.mul(b.sub(output, b.size(1)), stride), reach);
        overhang = b.max(b.size(0), b.sub(end, padded));
      }
    }
    windows.low.push_back(low);
    windows.high.push_back(high);
    windows.overhang.push_back(overhang);
    windows.outputs.push_back(output);
  }
  return windows;
}

Value aimc::onnx::padSpatial(Value tensor, const Windows &windows, Value value, Lowering &b) {
  Sizes low(2, b.size(0)), high(2, b.size(0));
  for (size_t i = 0; i < windows.rank(); ++i) {
    low.push_back(windows.low[i]);
    high.push_back(b.add(windows.high[i], windows.overhang[i]));
  }
  return b.pad(tensor, low, high, value);
}
