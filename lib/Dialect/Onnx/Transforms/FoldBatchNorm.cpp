//===- FoldBatchNorm.cpp - fold BatchNormalization into the weights before it -----------------------------------===//
#include "Dead.h"

#include "aimc/Dialect/Onnx/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

namespace aimc::onnx {
#define GEN_PASS_DEF_ONNXFOLDBATCHNORMPASS
#include "aimc/Dialect/Onnx/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// y = scale · x + shift per channel, in double.
struct Affine {
  std::vector<double> scale, shift;
};
} // namespace

/// The numbers of a float constant, nothing for anything else.
static std::optional<std::vector<double>> readReals(Value value) {
  Attribute attr;
  if (!value || !matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  auto elements = dyn_cast<DenseElementsAttr>(attr);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    bool isSplat = false;
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (blob && DenseElementsAttr::isValidRawBuffer(resource.getType(), blob->getData(), isSplat))
      elements = DenseElementsAttr::getFromRawBuffer(resource.getType(), blob->getData());
  }
  if (!elements || !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  std::vector<double> numbers;
  for (APFloat number : elements.getValues<APFloat>()) {
    bool losesInfo = false;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
    numbers.push_back(number.convertToDouble());
  }
  return numbers;
}

/// A constant of `shape` with `numbers`, each rounded once to `type`.
static Value createConstant(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape, FloatType type,
                            ArrayRef<double> numbers) {
  SmallVector<APFloat> rounded;
  for (double number : numbers) {
    APFloat value(number);
    bool losesInfo = false;
    value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
    rounded.push_back(value);
  }
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(RankedTensorType::get(shape, type), rounded));
}

/// Whether `value` depends on constants only. A value is looked at once, however many ways lead to it.
static bool isConstantExpression(Value value) {
  SmallVector<Value> open{value};
  llvm::DenseSet<Value> seen{value};
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (op && matchPattern(op, m_Constant()))
      continue;
    auto node = dyn_cast_or_null<NodeOp>(op);
    if (!node || !node.getSubgraphs().empty())
      return false;
    for (Value input : node.getInputs())
      if (!isa<NoneType>(input.getType()) && seen.insert(input).second)
        open.push_back(input);
  }
  return true;
}

/// What `norm` computes, nothing when its parameters are not plain constants of `channels` numbers.
static std::optional<Affine> getAffine(NodeOp norm, int64_t channels) {
  std::optional<std::vector<double>> scale = readReals(norm.getInput(1)), offset = readReals(norm.getInput(2));
  std::optional<std::vector<double>> mean = readReals(norm.getInput(3)), variance = readReals(norm.getInput(4));
  for (const auto *numbers : {&scale, &offset, &mean, &variance})
    if (!*numbers || static_cast<int64_t>((*numbers)->size()) != channels)
      return std::nullopt;
  double epsilon = norm.getFloat("epsilon", 1e-5f);
  Affine affine;
  for (int64_t channel = 0; channel < channels; ++channel) {
    affine.scale.push_back((*scale)[channel] / std::sqrt((*variance)[channel] + epsilon));
    affine.shift.push_back((*offset)[channel] - (*mean)[channel] * affine.scale.back());
  }
  return affine;
}

/// The dimension of the weight that numbers the output channels; nothing when the producer's weight cannot take a scale.
static std::optional<unsigned> getChannelDim(NodeOp producer, unsigned weightRank) {
  StringRef op = producer.getOpType();
  if (op == "Conv")
    return 0;
  if (op == "ConvTranspose" && producer.getInt("group", 1) == 1)
    return 1;
  if (op == "Gemm")
    return producer.getInt("transB", 0) ? 0 : 1;
  if (op == "MatMul" && weightRank == 2 && cast<RankedTensorType>(producer.getOutputs()[0].getType()).getRank() == 2)
    return 1;
  return std::nullopt;
}

/// The bias of `producer` with the affine applied, as a new operand; null when its bias is not a plain constant.
static Value foldBias(OpBuilder &builder, NodeOp producer, const Affine &affine, FloatType type) {
  int64_t channels = affine.scale.size();
  std::vector<double> bias(channels, 0.0);
  if (Value old = producer.getInput(2)) {
    std::optional<std::vector<double>> numbers = readReals(old);
    if (!numbers || (numbers->size() != 1 && static_cast<int64_t>(numbers->size()) != channels))
      return {};
    // A Gemm's bias may also be a column, one number per row: it does not fold.
    auto oldType = cast<RankedTensorType>(old.getType());
    if (numbers->size() != 1 && oldType.getShape().back() != channels)
      return {};
    double beta = producer.getOpType() == "Gemm" ? producer.getFloat("beta", 1.0f) : 1.0f;
    for (int64_t channel = 0; channel < channels; ++channel)
      bias[channel] = beta * (*numbers)[numbers->size() == 1 ? 0 : channel];
  }
  for (int64_t channel = 0; channel < channels; ++channel)
    bias[channel] = bias[channel] * affine.scale[channel] + affine.shift[channel];
  return createConstant(builder, producer.getLoc(), {channels}, type, bias);
}

/// A node `op` of two operands in place of a part of `norm`, whose name it takes.
static Value createBinary(OpBuilder &builder, NodeOp norm, StringRef op, Value a, Value b, Type type) {
  return NodeOp::create(builder, norm.getLoc(), type, op, ValueRange{a, b}, "", norm.getOpset(), builder.getDictionaryAttr({}),
                        ArrayAttr(), 0)
      .getOutputs()[0];
}

/// Folds `norm` into the node before it, if that is possible.
static void foldNorm(NodeOp norm) {
  if (norm.getInputs().size() < 5) // in a branch that never runs, which may be anything
    return;
  auto producer = norm.getInputs()[0].getDefiningOp<NodeOp>();
  if (!producer || producer.getInputs().size() < 2 || !producer.getOutputs()[0].hasOneUse() ||
      norm.getInt("training_mode", 0) != 0 ||
      llvm::any_of(norm.getOutputs().drop_front(), [](Value output) { return !output.use_empty(); }))
    return;
  Value weight = producer.getInputs()[1];
  auto weightType = dyn_cast<RankedTensorType>(weight.getType());
  auto type = weightType ? dyn_cast<FloatType>(weightType.getElementType()) : FloatType();
  if (!type || !isa<RankedTensorType>(producer.getOutputs()[0].getType()) || !isConstantExpression(weight))
    return;
  std::optional<unsigned> channelDim = getChannelDim(producer, weightType.getRank());
  if (!channelDim || weightType.isDynamicDim(*channelDim))
    return;
  int64_t channels = weightType.getDimSize(*channelDim);
  std::optional<Affine> affine = getAffine(norm, channels);
  if (!affine)
    return;

  OpBuilder builder(producer);
  bool isMatMul = producer.getOpType() == "MatMul";
  Value bias = foldBias(builder, producer, *affine, type);
  if (!bias)
    return;
  SmallVector<int64_t> scaleShape(weightType.getRank(), 1);
  scaleShape[*channelDim] = channels;
  Value scale = createConstant(builder, norm.getLoc(), scaleShape, type, affine->scale);
  Value scaled = createBinary(builder, norm, "Mul", weight, scale, weightType);
  SmallVector<Value> inputs = {producer.getInputs()[0], scaled};
  if (!isMatMul)
    inputs.push_back(bias);
  producer.getInputsMutable().assign(inputs);
  if (producer.getOpType() == "Gemm") { // beta is in the bias now
    NamedAttrList attrs(producer.getAttrs());
    attrs.erase("beta");
    producer.setAttrsAttr(attrs.getDictionary(producer.getContext()));
  }
  Value result = producer.getOutputs()[0];
  if (isMatMul) {
    builder.setInsertionPoint(norm);
    result = createBinary(builder, norm, "Add", result, bias, norm.getOutputs()[0].getType());
  } else {
    result.setType(norm.getOutputs()[0].getType());
  }
  norm.getOutputs()[0].replaceAllUsesWith(result);
  norm.erase();
}

namespace {
struct OnnxFoldBatchNormPass : aimc::onnx::impl::OnnxFoldBatchNormPassBase<OnnxFoldBatchNormPass> {
  void runOnOperation() override {
    SmallVector<NodeOp> norms;
    getOperation().walk([&](NodeOp node) {
      if (node.getOpType() == "BatchNormalization" && node.getDomain().empty())
        norms.push_back(node);
    });
    for (NodeOp norm : norms)
      foldNorm(norm);
    eraseDead(getOperation().getBody());
  }
};
} // namespace
