//===- Windows.h - strides, dilations and padding of convolutions and pooling -----------------------*- C++ -*-===//
#ifndef AIMC_LIB_CONVERSION_ONNXTOLINALG_WINDOWS_H
#define AIMC_LIB_CONVERSION_ONNXTOLINALG_WINDOWS_H

#include "Lowering.h"

namespace aimc::onnx {

/// How a window of `kernel` elements per spatial dimension moves over a tensor [N, C, spatial…].
struct Windows {
  SmallVector<int64_t> kernel, strides, dilations;
  Sizes low, high; // padding
  Sizes overhang;  // further elements above, which `ceil_mode` lets the last window reach
  Sizes outputs;   // number of windows

  size_t rank() const { return kernel.size(); }
};

/// From the node's attributes, with `auto_pad` and `ceil_mode` resolved; fails with an error at the node.
FailureOr<Windows> getWindows(NodeOp node, Value tensor, ArrayRef<int64_t> kernel, Lowering &b);

/// Pads the spatial dimensions of `tensor` by `low`, and by `high` plus the overhang.
Value padSpatial(Value tensor, const Windows &windows, Value value, Lowering &b);

} // namespace aimc::onnx

#endif // AIMC_LIB_CONVERSION_ONNXTOLINALG_WINDOWS_H
