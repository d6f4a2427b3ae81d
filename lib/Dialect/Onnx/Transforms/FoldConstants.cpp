//===- FoldConstants.cpp - replace nodes whose values are known by constants ------------------------------------===//
#include "Dead.h"

#include "aimc/Dialect/Onnx/Passes.h"
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OwningOpRef.h"

namespace aimc::onnx {
#define GEN_PASS_DEF_ONNXFOLDCONSTANTSPASS
#include "aimc/Dialect/Onnx/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;
using namespace aimc::onnx;

/// The elements of every result of `node` that has a use; empty when one is not known.
static SmallVector<ElementsAttr> getKnownResults(NodeOp node, ShapeInference &inference) {
  if (node.getOpType() == "Constant")
    return {getConstantElements(node)};
  SmallVector<ElementsAttr> elements;
  for (Value output : node.getOutputs()) {
    const PartialValue *value = inference.getValue(output);
    if (value && value->isFullyKnown())
      elements.push_back(writeElements(*value, inference.getElementType(output)));
    else if (output.use_empty())
      elements.push_back({});
    else
      return {};
  }
  return elements;
}

/// Replaces the uses of `node` by constants if its results are known.
static void foldNode(NodeOp node, ShapeInference &inference) {
  OpBuilder builder(node);
  for (auto [output, elements] : llvm::zip(node.getOutputs(), getKnownResults(node, inference)))
    if (elements && !output.use_empty())
      output.replaceAllUsesWith(arith::ConstantOp::create(builder, node.getLoc(), cast<TypedAttr>(elements)));
}

/// Gives a Reshape that leaves at most one size open a constant shape, so that nothing computes it at run time.
static void fixReshape(NodeOp node) {
  auto type = cast<RankedTensorType>(node.getOutputs()[0].getType());
  Attribute known;
  if (matchPattern(node.getInputs()[1], m_Constant(&known)) || type.getNumDynamicDims() > 1 ||
      llvm::is_contained(type.getShape(), 0))
    return;
  SmallVector<int64_t> sizes;
  for (int64_t size : type.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
  OpBuilder builder(node);
  auto shapeType = RankedTensorType::get({type.getRank()}, builder.getI64Type());
  auto shape = arith::ConstantOp::create(builder, node.getLoc(), DenseElementsAttr::get(shapeType, ArrayRef<int64_t>(sizes)));
  node.getInputsMutable().slice(1, 1).assign(shape.getResult());
}

/// Replaces an `If` whose condition is known, or only one branch of which can run, by that branch. The node goes to `replaced`
/// and lives as long as `inference`, which knows values by their addresses: a new constant must not take one.
static bool inlineIf(NodeOp node, ShapeInference &inference, SmallVectorImpl<OwningOpRef<NodeOp>> &replaced) {
  if (!isa<RankedTensorType, NoneType>(node.getOutputs()[0].getType())) // in a branch that never runs, which may be anything
    return false;
  std::optional<SmallVector<int64_t>> condition = inference.getIntegers(node.getInputs()[0]);
  auto only = node->getAttrOfType<StringAttr>("onnx.only_branch");
  bool isKnown = condition && condition->size() == 1;
  if (!isKnown && !only)
    return false;
  StringRef name = isKnown ? (condition->front() ? "then_branch" : "else_branch") : only.getValue();
  Block &branch = getSubgraph(node, name)->front();
  auto yield = cast<YieldOp>(branch.getTerminator());
  node->replaceAllUsesWith(yield.getValues());
  yield.erase();
  node->getBlock()->getOperations().splice(node->getIterator(), branch.getOperations());
  node->remove();
  replaced.emplace_back(node);
  return true;
}

/// Folds the nodes of `region` and its subgraphs. True when an `If` was inlined, whose nodes are yet to be folded.
static bool foldRegion(Region &region, ShapeInference &inference, SmallVectorImpl<OwningOpRef<NodeOp>> &replaced) {
  bool inlined = false;
  for (Block &block : region)
    for (NodeOp node : llvm::make_early_inc_range(block.getOps<NodeOp>())) {
      if (node.getOpType() == "If" && inlineIf(node, inference, replaced)) {
        inlined = true;
        continue;
      }
      for (Region &subgraph : node.getSubgraphs())
        inlined |= foldRegion(subgraph, inference, replaced);
      foldNode(node, inference);
      if (node.getOpType() == "Reshape" && node.getInputs().size() == 2 &&
          isa<RankedTensorType>(node.getOutputs()[0].getType()))
        fixReshape(node);
    }
  return inlined;
}

namespace {
struct OnnxFoldConstantsPass : aimc::onnx::impl::OnnxFoldConstantsPassBase<OnnxFoldConstantsPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    bool inlined = true;
    while (inlined) {
      ShapeInference inference;
      if (failed(inference.run(func)))
        return signalPassFailure();
      SmallVector<OwningOpRef<NodeOp>> replaced;
      inlined = foldRegion(func.getBody(), inference, replaced);
      eraseDead(func.getBody());
    }
  }
};
} // namespace
