//===- ShapesQuantized.cpp - shape functions of quantization and of operators on quantized tensors --------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aimc::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// QuantizeLinear, DequantizeLinear
//===--------------------------------------------------------------------------------------------------------------===//

static bool differ(Dim a, Dim b) { return isStatic(a) && isStatic(b) && a != b; }

/// An error unless a scale of blocks has the tensor's shape with blocks instead of elements along the axis.
static LogicalResult checkBlocks(NodeOp node, ShapeInference &inference, int64_t block) {
  Shape x = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 1), x.size());
  if (failed(axis))
    return failure();
  if (block < 1)
    return node.emitNodeError() << "'block_size' is " << block << ", but must be positive";
  for (unsigned index : {1, 2}) {
    Value operand = node.getInput(index);
    if (!operand)
      continue;
    Shape shape = inference.getShape(operand);
    bool fits = shape.size() == x.size();
    for (size_t i = 0; fits && i < x.size(); ++i) {
      bool blocked = static_cast<int64_t>(i) == *axis && isStatic(x[i]);
      fits = !differ(shape[i], blocked ? llvm::divideCeil(x[i], block) : x[i]);
    }
    if (!fits)
      return node.emitNodeError() << "input " << index << " has type " << operand.getType() << " for blocks of " << block
                                  << " along dimension " << *axis << " of " << node.getInputs()[0].getType();
  }
  return success();
}

/// An error unless scale and zero point are one number, one per slice along `axis`, or one per block.
static LogicalResult checkQuantization(NodeOp node, ShapeInference &inference) {
  if (int64_t block = node.getInt("block_size", 0))
    return checkBlocks(node, inference, block);
  Shape x = inference.getShape(node.getInputs()[0]);
  for (unsigned index : {1, 2}) {
    Value operand = node.getInput(index);
    if (!operand)
      continue;
    Shape shape = inference.getShape(operand);
    if (shape.empty() || (shape.size() == 1 && shape[0] == 1))
      continue;
    FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 1), x.size());
    if (failed(axis))
      return failure();
    if (shape.size() != 1 || differ(shape[0], x[*axis]))
      return node.emitNodeError() << "input " << index << " has type " << operand.getType() << " for " << x[*axis]
                                  << " slices along dimension " << *axis;
  }
  return success();
}

LogicalResult aimc::onnx::inferQuantize(NodeOp node, ShapeInference &inference) {
  if (failed(checkQuantization(node, inference)))
    return failure();
  Value zeroPoint = node.getInput(2);
  // Integers of 4 bits (21 unsigned, 22 signed) take a byte each.
  int64_t stated = node.getInt("output_dtype", 0);
  stated = stated == 21 ? /*UINT8=*/2 : stated == 22 ? /*INT8=*/3 : stated;
  Type elementType = zeroPoint ? inference.getElementType(zeroPoint)
                               : getTypeOfOnnxNumber(node.getContext(), stated == 0 ? /*UINT8=*/2 : stated);
  if (!isa_and_nonnull<IntegerType>(elementType))
    return node.emitNodeError() << "quantizes to a type that is not an integer";
  inference.setResult(node.getOutputs()[0], inference.getShape(node.getInputs()[0]), elementType);
  return success();
}

LogicalResult aimc::onnx::inferDequantize(NodeOp node, ShapeInference &inference) {
  if (failed(checkQuantization(node, inference)))
    return failure();
  int64_t stated = node.getInt("output_dtype", 0);
  Type elementType =
      stated == 0 ? inference.getElementType(node.getInputs()[1]) : getTypeOfOnnxNumber(node.getContext(), stated);
  if (!isa_and_nonnull<FloatType>(elementType))
    return node.emitNodeError() << "dequantizes to a type that is not a float";
  inference.setResult(node.getOutputs()[0], inference.getShape(node.getInputs()[0]), elementType);
  return success();
}

LogicalResult aimc::onnx::inferDynamicQuantize(NodeOp node, ShapeInference &inference) {
  MLIRContext *context = node.getContext();
  Type u8 = IntegerType::get(context, 8, IntegerType::Unsigned);
  inference.setResult(node.getOutputs()[0], inference.getShape(node.getInputs()[0]), u8);
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], {}, Float32Type::get(context));
  if (node.getOutputs().size() > 2)
    inference.setResult(node.getOutputs()[2], {}, u8);
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Integer contractions
//===--------------------------------------------------------------------------------------------------------------===//

/// An error unless the factors at `operands` hold 8-bit integers.
static LogicalResult expectBytes(NodeOp node, ShapeInference &inference, ArrayRef<unsigned> operands) {
  for (unsigned index : operands)
    if (Type type = inference.getElementType(node.getInputs()[index]);
        !isa<IntegerType>(type) || type.getIntOrFloatBitWidth() != 8)
      return node.emitNodeError() << "input " << index << " has type " << node.getInputs()[index].getType()
                                  << "; the operator takes 8-bit integers";
  return success();
}

/// An error unless each scale and zero point of `parameters` is absent or has no more dimensions than operand `tensor`, over
/// which it lies.
static LogicalResult expectParameters(NodeOp node, ShapeInference &inference, unsigned tensor, ArrayRef<unsigned> parameters) {
  size_t rank = inference.getShape(node.getInputs()[tensor]).size();
  for (unsigned index : parameters)
    if (Value parameter = node.getInput(index); parameter && inference.getShape(parameter).size() > rank)
      return node.emitNodeError() << "input " << index << " has type " << parameter.getType() << ", more dimensions than input "
                                  << tensor << " of type " << node.getInputs()[tensor].getType();
  return success();
}

LogicalResult aimc::onnx::inferMatMulInteger(NodeOp node, ShapeInference &inference) {
  if (failed(expectBytes(node, inference, {0, 1})))
    return failure();
  if (failed(expectParameters(node, inference, 0, {2})) || failed(expectParameters(node, inference, 1, {3})))
    return failure();
  return inferMatrixProduct(node, inference, inference.getShape(node.getInputs()[0]), inference.getShape(node.getInputs()[1]),
                            IntegerType::get(node.getContext(), 32));
}

LogicalResult aimc::onnx::inferQLinearMatMul(NodeOp node, ShapeInference &inference) {
  if (failed(expectBytes(node, inference, {0, 3, 7})))
    return failure();
  if (failed(expectParameters(node, inference, 0, {1, 2, 6, 7})) || failed(expectParameters(node, inference, 3, {4, 5})))
    return failure();
  return inferMatrixProduct(node, inference, inference.getShape(node.getInputs()[0]), inference.getShape(node.getInputs()[3]),
                            inference.getElementType(node.getInputs()[7]));
}

LogicalResult aimc::onnx::inferConvInteger(NodeOp node, ShapeInference &inference) {
  if (failed(expectBytes(node, inference, {0, 1})))
    return failure();
  if (failed(expectParameters(node, inference, 0, {2})) || failed(expectParameters(node, inference, 1, {3})))
    return failure();
  return inferConvolution(node, inference, 0, 1, std::nullopt, IntegerType::get(node.getContext(), 32));
}

LogicalResult aimc::onnx::inferQLinearConv(NodeOp node, ShapeInference &inference) {
  if (failed(expectBytes(node, inference, {0, 3, 7})))
    return failure();
  if (failed(expectParameters(node, inference, 0, {1, 2, 6, 7})) || failed(expectParameters(node, inference, 3, {4, 5})))
    return failure();
  return inferConvolution(node, inference, 0, 3, 8, inference.getElementType(node.getInputs()[7]));
}

//===--------------------------------------------------------------------------------------------------------------===//
// com.microsoft: operators on quantized tensors
//===--------------------------------------------------------------------------------------------------------------===//

/// An error when one of the `operands` is omitted: optional zero points stand between those that are needed.
static LogicalResult expectPresent(NodeOp node, ArrayRef<unsigned> operands) {
  for (unsigned index : operands)
    if (!node.getInput(index))
      return node.emitNodeError() << "omits input " << index << ", which the operator needs";
  return success();
}

LogicalResult aimc::onnx::inferQLinearBinary(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {3, 4, 6})))
    return failure();
  FailureOr<Shape> shape = broadcastShapes(node, inference, {node.getInputs()[0], node.getInputs()[3]});
  if (failed(shape))
    return failure();
  inference.setResult(node.getOutputs()[0], *shape, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferQLinearUnary(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {3})))
    return failure();
  inference.setResult(node.getOutputs()[0], inference.getShape(node.getInputs()[0]),
                      inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferQLinearConcat(NodeOp node, ShapeInference &inference) {
  ValueRange inputs = node.getInputs();
  if (inputs.size() % 3 != 2)
    return node.emitNodeError() << "has " << inputs.size() << " inputs; after the scale and zero point they come in threes";
  Shape result = inference.getShape(inputs[2]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 1), result.size());
  if (failed(axis))
    return failure();
  for (size_t i = 5; i < inputs.size(); i += 3) {
    Shape shape = inference.getShape(inputs[i]);
    bool fits = shape.size() == result.size();
    for (size_t d = 0; fits && d < shape.size(); ++d)
      fits = static_cast<int64_t>(d) == *axis || !differ(shape[d], result[d]);
    if (!fits)
      return node.emitNodeError() << "inputs " << inputs[2].getType() << " and " << inputs[i].getType()
                                  << " do not join along dimension " << *axis;
    result[*axis] = inference.add(result[*axis], shape[*axis]);
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(inputs[1] ? inputs[1] : inputs[2]));
  return success();
}

/// Pooling whose channels may be the last dimension.
LogicalResult aimc::onnx::inferQLinearPool(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {3})))
    return failure();
  Shape x = inference.getShape(node.getInputs()[0]);
  bool last = node.getInt("channels_last", 0);
  if (x.size() < 3)
    return node.emitNodeError() << "input 0 has " << x.size() << " dimensions; the operator takes at least 3";
  if (last)
    std::rotate(x.begin() + 1, x.end() - 1, x.end());
  Shape result = {x[0], x[1]};
  if (node.getOpType() == "QLinearGlobalAveragePool") {
    result.append(x.size() - 2, 1);
  } else {
    FailureOr<Shape> positions = inferPositions(node, inference, ArrayRef<Dim>(x).drop_front(2));
    if (failed(positions))
      return failure();
    result.append(*positions);
  }
  if (last)
    std::rotate(result.begin() + 1, result.begin() + 2, result.end());
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// com.microsoft: contractions of integers with scales
//===--------------------------------------------------------------------------------------------------------------===//

/// An error unless operand `index` holds float32.
static LogicalResult expectFloat32(NodeOp node, ShapeInference &inference, unsigned index) {
  if (inference.getElementType(node.getInputs()[index]).isF32())
    return success();
  return node.emitNodeError() << "input " << index << " has type " << node.getInputs()[index].getType()
                              << "; the operator takes float32: insert a Cast";
}

/// An error unless operand `index` is absent or broadcasts to the result, where there is one.
static LogicalResult expectAddend(NodeOp node, ShapeInference &inference, unsigned index) {
  Value result = node.getOutputs()[0];
  return isa<NoneType>(result.getType()) ? success() : expectBroadcastsTo(node, inference, index, inference.getShape(result));
}

LogicalResult aimc::onnx::inferMatMulIntegerToFloat(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {2, 3})) || failed(expectBytes(node, inference, {0, 1})) ||
      failed(expectFloat32(node, inference, 2)) || failed(expectParameters(node, inference, 0, {2, 4})) ||
      failed(expectParameters(node, inference, 1, {3, 5})))
    return failure();
  ValueRange inputs = node.getInputs();
  if (failed(inferMatrixProduct(node, inference, inference.getShape(inputs[0]), inference.getShape(inputs[1]),
                                inference.getElementType(inputs[2]))))
    return failure();
  return expectAddend(node, inference, 6);
}

LogicalResult aimc::onnx::inferDynamicQuantizeMatMul(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {2})) || failed(expectFloat32(node, inference, 0)) ||
      failed(expectBytes(node, inference, {1})) || failed(expectParameters(node, inference, 1, {2, 3})))
    return failure();
  ValueRange inputs = node.getInputs();
  if (failed(inferMatrixProduct(node, inference, inference.getShape(inputs[0]), inference.getShape(inputs[1]),
                                inference.getElementType(inputs[0]))))
    return failure();
  return expectAddend(node, inference, 4);
}

LogicalResult aimc::onnx::inferQGemm(NodeOp node, ShapeInference &inference) {
  if (failed(expectPresent(node, {1, 3, 4})) || failed(expectBytes(node, inference, {0, 3})) ||
      failed(expectFloat32(node, inference, 1)) || failed(expectParameters(node, inference, 3, {4, 5})))
    return failure();
  ValueRange inputs = node.getInputs();
  Shape a = inference.getShape(inputs[0]), b = inference.getShape(inputs[3]);
  if (a.size() != 2 || b.size() != 2)
    return node.emitNodeError() << "multiplies " << inputs[0].getType() << " with " << inputs[3].getType()
                                << "; both need 2 dimensions";
  if (node.getInt("transA", 0))
    std::swap(a[0], a[1]);
  if (node.getInt("transB", 0))
    std::swap(b[0], b[1]);
  for (unsigned index : {4, 5})
    if (Value parameter = node.getInput(index)) {
      Shape shape = inference.getShape(parameter);
      if (shape.size() == 1 && shape[0] != 1 && differ(shape[0], b[1]))
        return node.emitNodeError() << "input " << index << " has type " << parameter.getType() << " for " << b[1]
                                    << " columns";
    }
  Value scale = node.getInput(7), zero = node.getInput(8);
  if (static_cast<bool>(scale) != static_cast<bool>(zero))
    return node.emitNodeError() << "has only one of scale and zero point of the result; a result of floats needs none";
  if (zero && failed(expectBytes(node, inference, {8})))
    return failure();
  if (Value c = node.getInput(6); c && !inference.getElementType(c).isInteger(32))
    return node.emitNodeError() << "input 6 has type " << c.getType() << "; the operator adds 32-bit integers";
  if (failed(inferMatrixProduct(node, inference, a, b, inference.getElementType(zero ? zero : inputs[1]))))
    return failure();
  return expectAddend(node, inference, 6);
}
