//===- OperandTypes.cpp - which operands an operator takes ------------------------------------------------------===//
//
// A row per operator, a word per operand: the class of its elements, then `/` and the number of dimensions where only one will
// do.
//   f floats   i integers   n both   b booleans   * all   =K the type of operand K
// and instead of a number of dimensions
//   /one   one element, in however many dimensions
// A `+` behind the last word repeats it for all further operands. Shape functions and lowerings rely on what stands here.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace aimc::onnx;

namespace {
struct OperandRule {
  llvm::StringLiteral operators; // names, separated by blanks; those of other domains begin with `domain.`
  llvm::StringLiteral operands;
};
} // namespace

static const OperandRule rules[] = {
    {"Acos Acosh Asin Asinh Atan Atanh AveragePool Ceil Celu Cos Cosh Det DynamicQuantizeLinear Elu Erf Exp Floor Gelu "
     "GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Hardmax IsInf IsNaN LRN LeakyRelu Log LogSoftmax LpNormalization "
     "MeanVarianceNormalization Mish Multinomial Reciprocal Round Selu Sigmoid Sin Sinh Softmax Softplus Softsign Sqrt Swish "
     "Tan "
     "Tanh ThresholdedRelu com.microsoft.Gelu",
     "f"},
    {"Abs ArgMax ArgMin MaxPool Neg Relu Shrink Sign", "n"},
    {"Add Div Greater GreaterOrEqual Less LessOrEqual MatMul Mod Mul PRelu Sub", "n =0"},
    {"Einsum Max Min", "n =0+"},
    {"Mean Sum", "f =0+"},
    {"And Or Xor", "b b"},
    {"If", "b/one"},
    {"Not", "b"},
    {"BitShift BitwiseAnd BitwiseOr BitwiseXor", "i =0"},
    {"BitwiseNot", "i"},
    {"BlackmanWindow HammingWindow HannWindow", "i/one"},
    {"Equal", "* =0"},
    {"Pow", "n n"},
    {"Where", "b * =1"},
    {"Gemm", "n =0 =0"},
    {"Clip", "n =0/one =0/one"},
    {"Range", "n/one =0/one =0/one"},
    {"Conv ConvTranspose InstanceNormalization LayerNormalization", "f =0 =0"},
    {"BatchNormalization", "f f f f f"},
    {"GroupNormalization RMSNormalization", "f f f"},
    {"NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", "f i =0/1"},
    {"ConvInteger MatMulInteger", "i i i i"},
    {"com.microsoft.DynamicQuantizeMatMul", "f i f i f"},
    {"com.microsoft.FusedConv", "f =0 =0 =0"},
    {"com.microsoft.MatMulIntegerToFloat", "i i f =2 =0 =1 =2"},
    {"com.microsoft.QGemm", "i f/one =0/one i =1 =3 i =1/one i/one"},
    {"DequantizeLinear com.microsoft.DequantizeLinear", "i f =0"},
    {"QuantizeLinear com.microsoft.QuantizeLinear", "n n i"},
    {"QLinearConv", "i f i i f i f i i"},
    {"QLinearMatMul com.microsoft.QLinearAdd com.microsoft.QLinearMul", "i f i i f i f i"},
    {"com.microsoft.QLinearAveragePool com.microsoft.QLinearGlobalAveragePool com.microsoft.QLinearLeakyRelu "
     "com.microsoft.QLinearSigmoid com.microsoft.QLinearSoftmax",
     "i f i f i"},
    {"com.microsoft.BiasGelu com.microsoft.FastGelu com.microsoft.FusedMatMul", "f =0"},
    {"com.microsoft.SkipLayerNormalization", "f =0 =0 =0 =0"},
    {"Attention", "f =0 =0 * =0 =0 i/1"},
    {"com.microsoft.Attention", "f/3 =0/2 =0/1 i =0/5 =0"},
    {"com.microsoft.MultiHeadAttention", "f/3 =0 =0 =0/1 i =0 =0/4 =0/4"},
    {"com.microsoft.QuickGelu", "f"},
    {"com.microsoft.SkipSimplifiedLayerNormalization", "f =0 =0 =0"},
    {"SimplifiedLayerNormalization", "f f"},
    {"DeformConv", "f f f f f"},
    {"AffineGrid", "f i/1"},
    {"CenterCropPad", "* i/1"},
    {"Col2Im", "n i/1 i/1"},
    {"SequenceAt SequenceErase SplitToSequence", "* i"},
    {"SequenceInsert", "* * i"},
    {"ai.onnx.preview.training.Adagrad ai.onnx.preview.training.Adam ai.onnx.preview.training.Momentum", "f/one i/one f+"},
    {"RotaryEmbedding", "f =0 =0 i"},
    {"TensorScatter", "* =0 i"},
    {"GRU RNN", "f/3 =0/3 =0/3 =0/2 i/1 =0/3"},
    {"LSTM", "f/3 =0/3 =0/3 =0/2 i/1 =0/3 =0/3 =0/2"},
    {"ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMean ReduceProd ReduceSum ReduceSumSquare", "n i"},
    {"ReduceMax ReduceMin", "* i"},
    {"Concat", "* =0+"},
    {"DepthToSpace SpaceToDepth", "*/4"},
    {"ConstantOfShape", "i/1"},
    {"Expand Reshape Tile", "* i/1"},
    {"Gather GatherElements GatherND Squeeze Unsqueeze", "* i"},
    {"Trilu", "* i/one"},
    {"Compress", "* b/1"},
    {"CumSum TopK", "n i/one"},
    {"OneHot", "n n/one *"},
    {"Pad", "* i/1 =0/one i"},
    {"ReverseSequence", "* i/1"},
    {"Scatter ScatterElements ScatterND", "* i =0"},
    {"Slice", "* i/1 i/1 i/1 i/1"},
    {"DFT", "f i/one i/one"},
    {"STFT", "f i/one f i/one"},
    {"MelWeightMatrix", "i/one i/one i/one f/one f/one"},
    {"GridSample", "n f"},
    {"MaxUnpool", "f i i/1"},
    {"NonMaxSuppression", "f/3 =0/3 i/one f/one f/one"},
    {"Resize", "n f f/1 i/1"},
    {"RoiAlign", "f/4 =0/2 i/1"},
    {"Upsample", "n f/1"},
    {"Dropout", "f f/one b/one"},
    {"Loop", "i/one b/one *+"},
};

static llvm::StringMap<StringRef> makeRulesByName() {
  llvm::StringMap<StringRef> byName;
  for (const OperandRule &rule : rules) {
    SmallVector<StringRef> names;
    rule.operators.split(names, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef name : names)
      byName[name] = rule.operands;
  }
  return byName;
}

/// What a class of elements is called, empty when `type` is in it.
static StringRef findMismatch(char elementClass, Type type) {
  bool isBool = type.isInteger(1), isFloat = isa<FloatType>(type), isInteger = isa<IntegerType>(type) && !isBool;
  switch (elementClass) {
  case 'f':
    return isFloat ? "" : "floats";
  case 'i':
    return isInteger ? "" : "integers";
  case 'n':
    return isFloat || isInteger ? "" : "numbers";
  case 'b':
    return isBool ? "" : "booleans";
  default:
    return "";
  }
}

/// One operand against its word of the rule.
static LogicalResult checkOperand(NodeOp node, unsigned index, StringRef word) {
  auto type = dyn_cast<RankedTensorType>(node.getInputs()[index].getType());
  if (!type)
    return success(); // omitted
  auto [elements, rank] = word.split('/');
  unsigned other = 0;
  if (elements.consume_front("=") && !elements.getAsInteger(10, other)) {
    auto otherType = dyn_cast<RankedTensorType>(node.getInputs()[other].getType());
    if (otherType && otherType.getElementType() != type.getElementType())
      return node.emitNodeError() << "input " << index << " has elements of type " << type.getElementType() << ", input "
                                  << other << " of type " << otherType.getElementType()
                                  << "; they must be of one type: insert a Cast";
  } else if (StringRef wanted = findMismatch(elements.front(), type.getElementType()); !wanted.empty()) {
    return node.emitNodeError() << "input " << index << " has elements of type " << type.getElementType()
                                << "; the operator takes " << wanted << ": insert a Cast";
  }
  if (rank == "one" && type.hasStaticShape() && type.getNumElements() != 1)
    return node.emitNodeError() << "input " << index << " is " << type << "; the operator takes one element";
  int64_t dimensions = 0;
  if (!rank.empty() && !rank.getAsInteger(10, dimensions) && type.getRank() != dimensions)
    return node.emitNodeError() << "input " << index << " is " << type << "; the operator takes " << dimensions
                                << (dimensions == 1 ? " dimension" : " dimensions");
  return success();
}

LogicalResult aimc::onnx::checkOperandTypes(NodeOp node) {
  static const llvm::StringMap<StringRef> byName = makeRulesByName();
  auto rule =
      byName.find(node.getDomain().empty() ? node.getOpType().str() : (node.getDomain() + "." + node.getOpType()).str());
  if (rule == byName.end())
    return success();
  StringRef words = rule->second, word;
  for (unsigned index = 0; index < node.getInputs().size(); ++index) {
    if (!words.empty())
      std::tie(word, words) = words.split(' ');
    else if (!word.ends_with("+"))
      break;
    if (failed(checkOperand(node, index, word.ends_with("+") ? word.drop_back() : word)))
      return failure();
  }
  return success();
}
