//===- OnnxToLinalg.h - from onnx.node to linalg on tensors -----------------------------------------*- C++ -*-===//
#ifndef AIMC_CONVERSION_ONNXTOLINALG_H
#define AIMC_CONVERSION_ONNXTOLINALG_H

#include <memory>

namespace mlir {
class Pass;
}

namespace aimc::onnx {

/// `convert-onnx-to-linalg`: every `onnx.node` of a module becomes linalg, tensor, arith, math and scf on tensors; everything
/// made from a node has the node's location. Unsigned element types become signless ones, in function types too: such an
/// argument or result carries the unit attribute `onnx.unsigned`. Nodes that cannot be converted are all reported.
std::unique_ptr<mlir::Pass> createConvertOnnxToLinalgPass();
void registerConversionPasses();

} // namespace aimc::onnx

#endif // AIMC_CONVERSION_ONNXTOLINALG_H
