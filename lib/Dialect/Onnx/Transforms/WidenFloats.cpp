//===- WidenFloats.cpp - 16-bit floats compute in 32 bits -------------------------------------------------------===//
#include "Dead.h"

#include "aimc/Dialect/Onnx/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/bit.h"

#include <cstring>

namespace aimc::onnx {
#define GEN_PASS_DEF_ONNXWIDENFLOATSPASS
#include "aimc/Dialect/Onnx/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;
using namespace aimc::onnx;

/// Operators that compute; all others move elements, compare them or look at shapes, or know about narrow floats themselves.
static bool computes(StringRef type) {
  static const llvm::StringSet<> operators = {"Abs",
                                              "Acos",
                                              "Acosh",
                                              "Add",
                                              "Asin",
                                              "Asinh",
                                              "Atan",
                                              "Atanh",
                                              "AveragePool",
                                              "BatchNormalization",
                                              "BiasGelu",
                                              "Ceil",
                                              "Celu",
                                              "Clip",
                                              "Col2Im",
                                              "Conv",
                                              "ConvTranspose",
                                              "Cos",
                                              "Cosh",
                                              "CumSum",
                                              "DFT",
                                              "DeformConv",
                                              "Det",
                                              "Div",
                                              "Einsum",
                                              "Elu",
                                              "EmbedLayerNormalization",
                                              "Erf",
                                              "Exp",
                                              "FastGelu",
                                              "Floor",
                                              "FusedConv",
                                              "FusedMatMul",
                                              "GRU",
                                              "Gelu",
                                              "Gemm",
                                              "GlobalAveragePool",
                                              "GlobalLpPool",
                                              "GlobalMaxPool",
                                              "GridSample",
                                              "GroupNormalization",
                                              "HardSigmoid",
                                              "HardSwish",
                                              "InstanceNormalization",
                                              "LRN",
                                              "LSTM",
                                              "LayerNormalization",
                                              "LeakyRelu",
                                              "Log",
                                              "LogSoftmax",
                                              "LpNormalization",
                                              "LpPool",
                                              "MatMul",
                                              "MatMulNBits",
                                              "Max",
                                              "MaxPool",
                                              "MaxRoiPool",
                                              "Mean",
                                              "MeanVarianceNormalization",
                                              "Min",
                                              "Mish",
                                              "Mod",
                                              "Mul",
                                              "Neg",
                                              "NegativeLogLikelihoodLoss",
                                              "PRelu",
                                              "Pow",
                                              "QuickGelu",
                                              "RMSNormalization",
                                              "RNN",
                                              "Reciprocal",
                                              "ReduceL1",
                                              "ReduceL2",
                                              "ReduceLogSum",
                                              "ReduceLogSumExp",
                                              "ReduceMax",
                                              "ReduceMean",
                                              "ReduceMin",
                                              "ReduceProd",
                                              "ReduceSum",
                                              "ReduceSumSquare",
                                              "Relu",
                                              "Resize",
                                              "RoiAlign",
                                              "RotaryEmbedding",
                                              "Round",
                                              "STFT",
                                              "Selu",
                                              "Shrink",
                                              "Sigmoid",
                                              "Sign",
                                              "SimplifiedLayerNormalization",
                                              "Sin",
                                              "Sinh",
                                              "SkipLayerNormalization",
                                              "SkipSimplifiedLayerNormalization",
                                              "Softmax",
                                              "SoftmaxCrossEntropyLoss",
                                              "Softplus",
                                              "Softsign",
                                              "Sqrt",
                                              "Sub",
                                              "Sum",
                                              "Swish",
                                              "Tan",
                                              "Tanh",
                                              "ThresholdedRelu",
                                              "Upsample",
                                              "Attention"};
  return operators.contains(type);
}

static bool isNarrow(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && (tensor.getElementType().isF16() || tensor.getElementType().isBF16());
}

/// ONNX's number of a float type.
static int64_t getOnnxNumber(Type element) { return element.isF32() ? 1 : element.isF16() ? 10 : 16; }

/// The number with these 16 bits.
static float toFloat(uint16_t bits, bool isBfloat) {
  if (isBfloat)
    return llvm::bit_cast<float>(uint32_t(bits) << 16);
  // The mantissa moves up by 13 places; the exponent's bias grows by 112. Infinity and NaN keep the largest exponent.
  uint32_t magnitude = uint32_t(bits & 0x7fff) << 13, sign = uint32_t(bits & 0x8000) << 16;
  magnitude = (bits & 0x7c00) == 0x7c00 ? magnitude | 0x7f800000
                                        : llvm::bit_cast<uint32_t>(llvm::bit_cast<float>(magnitude) * 0x1p112f);
  return llvm::bit_cast<float>(magnitude | sign);
}

/// The numbers of a constant of 16-bit floats as float32.
static ElementsAttr widenElements(ElementsAttr narrow, StringRef name) {
  auto type = cast<RankedTensorType>(narrow.getShapedType());
  auto wide = type.clone(Float32Type::get(type.getContext()));
  bool isBfloat = type.getElementType().isBF16();
  if (auto dense = dyn_cast<DenseElementsAttr>(narrow)) {
    SmallVector<float> numbers;
    auto convert = [&](const APFloat &number) { return toFloat(number.bitcastToAPInt().getZExtValue(), isBfloat); };
    if (dense.isSplat())
      return DenseElementsAttr::get(wide, convert(dense.getSplatValue<APFloat>()));
    for (const APFloat &number : dense.getValues<APFloat>())
      numbers.push_back(convert(number));
    return DenseElementsAttr::get(wide, ArrayRef<float>(numbers));
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(narrow);
  if (!resource || !resource.getRawHandle().getBlob())
    return {};
  ArrayRef<char> bytes = resource.getRawHandle().getBlob()->getData();
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(bytes.size() * 2, alignof(float), /*dataIsMutable=*/true);
  auto *numbers = reinterpret_cast<float *>(blob.getMutableData().data());
  for (size_t i = 0; i < bytes.size() / 2; ++i) {
    uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    numbers[i] = toFloat(bits, isBfloat);
  }
  return DenseResourceElementsAttr::get(wide, name, std::move(blob));
}

namespace {
class Widener {
public:
  explicit Widener(MLIRContext *context) : builder(context) {}

  void run(Region &region) {
    for (Block &block : region)
      for (NodeOp node : llvm::make_early_inc_range(block.getOps<NodeOp>())) {
        for (Region &subgraph : node.getSubgraphs())
          run(subgraph);
        if (computes(node.getOpType()) && llvm::any_of(node.getInputs(), [](Value value) { return isNarrow(value.getType()); }))
          widen(node);
      }
  }

private:
  Value cast(Value value, Type element, Location loc) {
    NamedAttribute to = builder.getNamedAttr("to", builder.getI64IntegerAttr(getOnnxNumber(element)));
    Type type = mlir::cast<RankedTensorType>(value.getType()).clone(element);
    return NodeOp::create(builder, loc, type, "Cast", value, "", 13, builder.getDictionaryAttr(to), ArrayAttr(), 0)
        .getOutputs()[0];
  }

  /// `value` as float32: what it was narrowed from, a constant, or the result of a Cast where the value is.
  Value getWide(Value value, Location loc) {
    Value &known = wide[value];
    if (known)
      return known;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(value);
    ElementsAttr elements;
    if (matchPattern(value, m_Constant(&elements))) {
      auto name = dyn_cast<NameLoc>(value.getLoc());
      if (ElementsAttr widened = widenElements(elements, name ? name.getName().getValue() : "constant"))
        return known = arith::ConstantOp::create(builder, value.getLoc(), mlir::cast<TypedAttr>(widened));
    }
    return known = cast(value, builder.getF32Type(), loc);
  }

  void widen(NodeOp node) {
    for (OpOperand &operand : node->getOpOperands())
      if (isNarrow(operand.get().getType()))
        operand.set(getWide(operand.get(), node.getLoc()));
    builder.setInsertionPointAfter(node);
    for (Value result : node.getOutputs()) {
      if (!isNarrow(result.getType()))
        continue;
      auto type = mlir::cast<RankedTensorType>(result.getType());
      result.setType(type.clone(builder.getF32Type()));
      Value narrow = cast(result, type.getElementType(), node.getLoc());
      result.replaceUsesWithIf(narrow, [&](OpOperand &use) { return use.getOwner() != narrow.getDefiningOp(); });
      wide[narrow] = result;
    }
  }

  OpBuilder builder;
  llvm::DenseMap<Value, Value> wide; // of narrow values
};

struct OnnxWidenFloatsPass : aimc::onnx::impl::OnnxWidenFloatsPassBase<OnnxWidenFloatsPass> {
  void runOnOperation() override {
    Widener(&getContext()).run(getOperation().getBody());
    eraseDead(getOperation().getBody());
  }
};
} // namespace
