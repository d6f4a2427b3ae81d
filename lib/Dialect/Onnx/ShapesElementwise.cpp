//===- ShapesElementwise.cpp - shape functions of elementwise operators and element types -----------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Arithmetic on known elements
//===--------------------------------------------------------------------------------------------------------------===//

static Scalar evaluateUnary(StringRef op, const Scalar &x) {
  if (x.isInteger()) {
    int64_t bits = x.bits;
    return llvm::StringSwitch<Scalar>(op)
        .Case("Abs", Scalar::integer(bits < 0 ? 0 - static_cast<uint64_t>(bits) : bits))
        .Case("Neg", Scalar::integer(0 - static_cast<uint64_t>(bits)))
        .Case("Not", Scalar::integer(!bits))
        .Case("Relu", Scalar::integer(std::max<int64_t>(bits, 0)))
        .Case("Sign", Scalar::integer((bits > 0) - (bits < 0)))
        .Default(Scalar::unknown());
  }
  if (!x.isReal())
    return Scalar::unknown();
  double number = x.number;
  return llvm::StringSwitch<Scalar>(op)
      .Case("Abs", Scalar::real(std::fabs(number)))
      .Case("Ceil", Scalar::real(std::ceil(number)))
      .Case("Floor", Scalar::real(std::floor(number)))
      .Case("Neg", Scalar::real(-number))
      .Case("Reciprocal", Scalar::real(1.0 / number))
      .Case("Relu", Scalar::real(number < 0 ? 0.0 : number))
      .Case("Round", Scalar::real(std::nearbyint(number)))
      .Case("Sqrt", Scalar::real(std::sqrt(number)))
      .Default(Scalar::unknown());
}

static Scalar evaluateReal(StringRef op, double a, double b) {
  return llvm::StringSwitch<Scalar>(op)
      .Case("Add", Scalar::real(a + b))
      .Case("Sum", Scalar::real(a + b))
      .Case("Sub", Scalar::real(a - b))
      .Case("Mul", Scalar::real(a * b))
      .Case("Div", Scalar::real(a / b))
      .Case("Max", std::isnan(a) || std::isnan(b) ? Scalar::unknown() : Scalar::real(std::max(a, b)))
      .Case("Min", std::isnan(a) || std::isnan(b) ? Scalar::unknown() : Scalar::real(std::min(a, b)))
      .Case("Equal", Scalar::integer(a == b))
      .Case("Greater", Scalar::integer(a > b))
      .Case("GreaterOrEqual", Scalar::integer(a >= b))
      .Case("Less", Scalar::integer(a < b))
      .Case("LessOrEqual", Scalar::integer(a <= b))
      .Default(Scalar::unknown());
}

/// Remainder with the sign of the divisor, or of the dividend when `truncated`.
static int64_t remainder(int64_t a, int64_t b, bool truncated) {
  int64_t rest = a % b;
  return !truncated && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/// a to the power of b >= 0, modulo 2^64.
static uint64_t power(uint64_t a, uint64_t b) {
  uint64_t result = 1;
  for (; b != 0; b >>= 1, a *= a)
    if (b & 1)
      result *= a;
  return result;
}

/// Integers as 64 signed bits.
static Scalar evaluateInteger(StringRef op, int64_t a, int64_t b, bool truncatedMod) {
  bool divides = b != 0 && !(a == std::numeric_limits<int64_t>::min() && b == -1);
  if (op == "Div")
    return divides ? Scalar::integer(a / b) : Scalar::unknown();
  if (op == "Mod")
    return divides ? Scalar::integer(remainder(a, b, truncatedMod)) : Scalar::unknown();
  if (op == "Pow")
    return b >= 0 ? Scalar::integer(power(a, b)) : Scalar::unknown();
  uint64_t x = a, y = b;
  return llvm::StringSwitch<Scalar>(op)
      .Case("Add", Scalar::integer(x + y))
      .Case("Sum", Scalar::integer(x + y))
      .Case("Sub", Scalar::integer(x - y))
      .Case("Mul", Scalar::integer(x * y))
      .Case("Max", Scalar::integer(std::max(a, b)))
      .Case("Min", Scalar::integer(std::min(a, b)))
      .Case("And", Scalar::integer(a & b))
      .Case("Or", Scalar::integer(a | b))
      .Case("Xor", Scalar::integer(a ^ b))
      .Case("Equal", Scalar::integer(a == b))
      .Case("Greater", Scalar::integer(a > b))
      .Case("GreaterOrEqual", Scalar::integer(a >= b))
      .Case("Less", Scalar::integer(a < b))
      .Case("LessOrEqual", Scalar::integer(a <= b))
      .Default(Scalar::unknown());
}

/// Sizes of which at least one has only a name: named again where the result is a size too.
static Scalar evaluateSizes(ShapeInference &inference, StringRef op, const Scalar &a, const Scalar &b) {
  bool negative = (a.isInteger() && a.bits < 0) || (b.isInteger() && b.bits < 0);
  // A size equals itself and no negative number.
  if (op == "Equal") {
    if (a.bits == b.bits && a.kind == b.kind)
      return Scalar::integer(1);
    return negative ? Scalar::integer(0) : Scalar::unknown();
  }
  if (negative)
    return Scalar::unknown();
  if (op == "Add" || op == "Sum")
    return Scalar::size(inference.add(a.bits, b.bits));
  if (op == "Sub" && a.bits == b.bits)
    return Scalar::integer(0);
  if (op == "Mul")
    return Scalar::size(inference.mul(a.bits, b.bits));
  if (op == "Div" && b.bits != 0)
    return Scalar::size(inference.div(a.bits, b.bits));
  if ((op == "Max" || op == "Min") && a.kind == b.kind && a.bits == b.bits)
    return a;
  return Scalar::unknown();
}

static Scalar evaluateBinary(ShapeInference &inference, NodeOp node, const Scalar &a, const Scalar &b) {
  StringRef op = node.getOpType();
  if (a.isReal() && b.isReal())
    return evaluateReal(op, a.number, b.number);
  if (a.isInteger() && b.isInteger())
    return evaluateInteger(op, a.bits, b.bits, node.getInt("fmod", 0) != 0);
  if (a.isSize() && b.isSize())
    return evaluateSizes(inference, op, a, b);
  // One operand decides a logical operator alone.
  for (const Scalar &known : {a, b})
    if (known.isInteger() && ((op == "And" && known.bits == 0) || (op == "Or" && known.bits != 0)))
      return Scalar::integer(known.bits != 0);
  return Scalar::unknown();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Shape functions
//===--------------------------------------------------------------------------------------------------------------===//

FailureOr<Shape> aimc::onnx::broadcastShapes(NodeOp node, ShapeInference &inference, ValueRange operands) {
  Shape result;
  for (Value operand : operands) {
    Shape shape = inference.getShape(operand);
    if (shape.size() > result.size())
      result.insert(result.begin(), shape.size() - result.size(), 1);
    for (size_t back = 1; back <= shape.size(); ++back) {
      Dim &dim = result[result.size() - back];
      std::optional<Dim> both = inference.broadcast(dim, shape[shape.size() - back]);
      if (!both) {
        node.emitNodeError() << "sizes " << dim << " and " << shape[shape.size() - back] << " do not broadcast, dimension "
                             << back << " from the back";
        return failure();
      }
      dim = *both;
    }
  }
  return result;
}

LogicalResult aimc::onnx::inferUnary(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0], output = node.getOutputs()[0];
  Type elementType = inference.getElementType(input);
  inference.setResult(output, inference.getShape(input), elementType);
  if (const PartialValue *value = inference.getValue(input)) {
    PartialValue result{value->shape, {}};
    for (const Scalar &element : value->elements)
      result.elements.push_back(convert(evaluateUnary(node.getOpType(), element), elementType));
    inference.setValue(output, std::move(result));
  }
  return success();
}

/// Values of all operands; empty when one is not followed.
static SmallVector<const PartialValue *> getValues(ShapeInference &inference, ValueRange operands) {
  SmallVector<const PartialValue *> values;
  for (Value operand : operands)
    if (const PartialValue *value = inference.getValue(operand))
      values.push_back(value);
    else
      return {};
  return values;
}

static LogicalResult inferElementwise(NodeOp node, ShapeInference &inference, Type resultType) {
  FailureOr<Shape> shape = broadcastShapes(node, inference, node.getInputs());
  if (failed(shape))
    return failure();
  inference.setResult(node.getOutputs()[0], *shape, resultType);
  SmallVector<const PartialValue *> values = getValues(inference, node.getInputs());
  Type operandType = inference.getElementType(node.getInputs()[0]);
  if (values.empty() || !isSmall(*shape) || operandType.isUnsignedInteger(64))
    return success();
  inference.setValue(node.getOutputs()[0], mapBroadcast(values, *shape, [&](ArrayRef<Scalar> elements) {
                       Scalar result = elements[0];
                       for (const Scalar &element : elements.drop_front())
                         result = convert(evaluateBinary(inference, node, result, element), resultType);
                       return result;
                     }));
  return success();
}

LogicalResult aimc::onnx::inferBroadcast(NodeOp node, ShapeInference &inference) {
  Type first = inference.getElementType(node.getInputs()[0]);
  if (node.getOpType() != "Pow")
    for (Value operand : node.getInputs())
      if (inference.getElementType(operand) != first)
        return node.emitNodeError() << "element types " << first << " and " << inference.getElementType(operand) << " differ";
  if (node.getOpType() == "Mean" && node.getInputs().size() > 1) { // sizes only: the sum of elements is not their mean
    FailureOr<Shape> shape = broadcastShapes(node, inference, node.getInputs());
    if (failed(shape))
      return failure();
    inference.setResult(node.getOutputs()[0], *shape, first);
    return success();
  }
  return inferElementwise(node, inference, first);
}

LogicalResult aimc::onnx::inferComparison(NodeOp node, ShapeInference &inference) {
  Type boolean = IntegerType::get(node.getContext(), 1);
  if (node.getInputs().size() == 1) {
    inference.setResult(node.getOutputs()[0], inference.getShape(node.getInputs()[0]), boolean);
    return success();
  }
  if (inference.getElementType(node.getInputs()[0]) != inference.getElementType(node.getInputs()[1]))
    return node.emitNodeError() << "element types " << inference.getElementType(node.getInputs()[0]) << " and "
                                << inference.getElementType(node.getInputs()[1]) << " differ";
  return inferElementwise(node, inference, boolean);
}

int64_t aimc::onnx::getAlignedAxis(NodeOp node, int64_t rank, int64_t operandRank) {
  if (node.getNodeAttr("axis")) {
    int64_t axis = node.getInt("axis", 0);
    return axis < 0 ? axis + rank : axis;
  }
  bool isSlope = node.getOpType() == "PRelu" && operandRank == 1 && rank > 1;
  return isSlope ? 1 : rank - operandRank;
}

LogicalResult aimc::onnx::inferAligned(NodeOp node, ShapeInference &inference) {
  bool compares = llvm::is_contained({"Equal", "Greater", "Less"}, node.getOpType());
  Shape shape = inference.getShape(node.getInputs()[0]), operand = inference.getShape(node.getInputs()[1]);
  int64_t rank = shape.size(), operandRank = operand.size(), axis = getAlignedAxis(node, rank, operandRank);
  if (axis == rank - operandRank)
    return compares ? inferComparison(node, inference) : inferBroadcast(node, inference);
  Type element = inference.getElementType(node.getInputs()[0]), other = inference.getElementType(node.getInputs()[1]);
  if (element != other && node.getOpType() != "Pow")
    return node.emitNodeError() << "element types " << element << " and " << other << " differ";
  if (axis < 0 || axis > rank - operandRank)
    return node.emitNodeError() << "input 1 has " << operandRank << " dimensions, which do not fit into the " << rank
                                << " of input 0 from dimension " << axis << " on";
  for (auto [index, size] : llvm::enumerate(operand))
    if (isStatic(size) && size != 1 && isStatic(shape[axis + index]) && size != shape[axis + index])
      return node.emitNodeError() << "input 1 has size " << size << " along dimension " << index << " where input 0 has "
                                  << shape[axis + index];
  inference.setResult(node.getOutputs()[0], shape, compares ? IntegerType::get(node.getContext(), 1) : element);
  return success();
}

LogicalResult aimc::onnx::inferWhere(NodeOp node, ShapeInference &inference) {
  Type condition = inference.getElementType(node.getInputs()[0]), first = inference.getElementType(node.getInputs()[1]);
  if (!condition.isInteger(1) || inference.getElementType(node.getInputs()[2]) != first)
    return node.emitNodeError() << "element types " << condition << ", " << first << " and "
                                << inference.getElementType(node.getInputs()[2])
                                << "; the first is not boolean or the others differ";
  FailureOr<Shape> shape = broadcastShapes(node, inference, node.getInputs());
  if (failed(shape))
    return failure();
  inference.setResult(node.getOutputs()[0], *shape, inference.getElementType(node.getInputs()[1]));
  SmallVector<const PartialValue *> values = getValues(inference, node.getInputs());
  if (values.empty() || !isSmall(*shape))
    return success();
  inference.setValue(node.getOutputs()[0], mapBroadcast(values, *shape, [](ArrayRef<Scalar> elements) {
                       if (elements[0].isInteger())
                         return elements[0].bits ? elements[1] : elements[2];
                       bool same =
                           elements[1].isSize() && elements[1].kind == elements[2].kind && elements[1].bits == elements[2].bits;
                       return same ? elements[1] : Scalar::unknown();
                     }));
  return success();
}

Type aimc::onnx::getTypeOfOnnxNumber(MLIRContext *context, int64_t number) {
  switch (number) {
  case 1:
    return Float32Type::get(context);
  case 2:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case 3:
    return IntegerType::get(context, 8);
  case 4:
    return IntegerType::get(context, 16, IntegerType::Unsigned);
  case 5:
    return IntegerType::get(context, 16);
  case 6:
    return IntegerType::get(context, 32);
  case 7:
    return IntegerType::get(context, 64);
  case 9:
    return IntegerType::get(context, 1);
  case 10:
    return Float16Type::get(context);
  case 11:
    return Float64Type::get(context);
  case 12:
    return IntegerType::get(context, 32, IntegerType::Unsigned);
  case 13:
    return IntegerType::get(context, 64, IntegerType::Unsigned);
  case 16:
    return BFloat16Type::get(context);
  default:
    return {};
  }
}

LogicalResult aimc::onnx::inferCast(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0], output = node.getOutputs()[0];
  // Integers of 4 bits (21 unsigned, 22 signed) take a byte each.
  int64_t to = node.getInt("to", 0);
  bool isNibble = to == 21 || to == 22;
  Type elementType = node.getOpType() == "CastLike" ? inference.getElementType(node.getInputs()[1])
                                                    : getTypeOfOnnxNumber(node.getContext(), to == 21   ? /*UINT8=*/2
                                                                                             : to == 22 ? /*INT8=*/3
                                                                                                        : to);
  if (!elementType)
    return node.emitNodeError() << "casts to ONNX element type " << to << ", which is not a number type we know";
  inference.setResult(output, inference.getShape(input), elementType);
  if (const PartialValue *value = inference.getValue(input); value && !isNibble) {
    PartialValue result{value->shape, {}};
    for (const Scalar &element : value->elements)
      result.elements.push_back(convert(element, elementType));
    inference.setValue(output, std::move(result));
  }
  return success();
}
