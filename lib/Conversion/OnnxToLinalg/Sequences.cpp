//===- Sequences.cpp - operators that inference takes away ------------------------------------------------------===//
#include "Lowering.h"

using namespace mlir;
using namespace aimc::onnx;

LogicalResult aimc::onnx::lowerSequence(NodeOp node, ValueRange, Lowering &b) {
  return b.error(node) << "works on a sequence or an optional; infer shapes first, which puts tensors in their place";
}
