//===- InferShapes.cpp - give every node its result types -------------------------------------------------------===//
#include "aimc/Dialect/Onnx/Passes.h"
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace aimc::onnx {
#define GEN_PASS_DEF_ONNXINFERSHAPESPASS
#include "aimc/Dialect/Onnx/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;

namespace {
struct OnnxInferShapesPass : aimc::onnx::impl::OnnxInferShapesPassBase<OnnxInferShapesPass> {
  void runOnOperation() override {
    aimc::onnx::ShapeInference inference;
    if (failed(inference.run(getOperation())))
      signalPassFailure();
  }
};
} // namespace
