//===- Canonicalize.cpp - remove nodes that change nothing ------------------------------------------------------===//
#include "Dead.h"

#include "aimc/Dialect/Onnx/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSwitch.h"

namespace aimc::onnx {
#define GEN_PASS_DEF_ONNXCANONICALIZEPASS
#include "aimc/Dialect/Onnx/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;
using namespace aimc::onnx;

/// Whether both are the same ranked type.
static bool isSameRankedType(Type a, Type b) { return a == b && isa<RankedTensorType>(a); }

/// Whether two tensors of type `type` with as many elements as each other must have the same shape.
static bool fixesShape(Type type) { return cast<RankedTensorType>(type).getNumDynamicDims() <= 1; }

/// The node that keeps elements and their order that made `value`; null for any other.
static NodeOp getReshape(Value value) {
  auto node = value.getDefiningOp<NodeOp>();
  bool reshapes = node && llvm::is_contained({"Reshape", "Flatten", "Squeeze", "Unsqueeze"}, node.getOpType());
  return reshapes ? node : NodeOp();
}

static Value simplifySame(NodeOp node) { return node.getInputs()[0]; }

/// Dropout, unless somebody reads its mask or it may be in training mode.
static Value simplifyDropout(NodeOp node) {
  bool masked = node.getOutputs().size() > 1 && !node.getOutputs()[1].use_empty();
  Value training = node.getInput(2);
  bool trains = training && !matchPattern(training, m_Zero());
  return masked || trains ? Value() : node.getInputs()[0];
}

static Value simplifyCast(NodeOp node) {
  if (int64_t to = node.getInt("to", 0); to == 21 || to == 22) // to 4 bits, which take a byte
    return {};
  return isSameRankedType(node.getInputs()[0].getType(), node.getOutputs()[0].getType()) ? node.getInputs()[0] : Value();
}

/// Reshapes to the shape that the value, or what it was reshaped from, already has.
static Value simplifyReshape(NodeOp node) {
  Type type = node.getOutputs()[0].getType();
  Value source = node.getInputs()[0];
  while (true) {
    if (isSameRankedType(source.getType(), type) && fixesShape(type))
      return source;
    NodeOp before = getReshape(source);
    if (!before)
      return {};
    source = before.getInputs()[0];
  }
}

/// Expand and Tile, from a static shape to the same.
static Value simplifyStatic(NodeOp node) {
  auto type = dyn_cast<RankedTensorType>(node.getOutputs()[0].getType());
  return type && type.hasStaticShape() && node.getInputs()[0].getType() == type ? node.getInputs()[0] : Value();
}

/// Slices that take everything, forwards.
static Value simplifySlice(NodeOp node) {
  if (Value steps = node.getInput(4)) {
    DenseIntElementsAttr numbers;
    if (!matchPattern(steps, m_Constant(&numbers)) ||
        llvm::any_of(numbers.getValues<APInt>(), [](const APInt &step) { return step.isNegative(); }))
      return {};
  }
  return simplifyStatic(node);
}

static Value simplifyVariadic(NodeOp node) {
  return node.getInputs().size() == 1 && isSameRankedType(node.getInputs()[0].getType(), node.getOutputs()[0].getType())
             ? node.getInputs()[0]
             : Value();
}

/// The permutation of a Transpose; reversal when it gives none, empty when it is not one.
static SmallVector<int64_t> getPermutation(NodeOp node) {
  SmallVector<int64_t> perm = node.getInts("perm");
  int64_t rank = cast<RankedTensorType>(node.getOutputs()[0].getType()).getRank();
  if (perm.empty())
    for (int64_t dim = rank; dim-- > 0;)
      perm.push_back(dim);
  SmallVector<bool> seen(rank, false);
  for (int64_t &dim : perm) {
    dim += dim < 0 ? rank : 0;
    if (dim < 0 || dim >= rank || seen[dim])
      return {};
    seen[dim] = true;
  }
  return perm;
}

/// Composes with a transpose before; gone when the order stays.
static Value simplifyTranspose(NodeOp node) {
  SmallVector<int64_t> perm = getPermutation(node);
  Value source = node.getInputs()[0];
  auto before = source.getDefiningOp<NodeOp>();
  if (before && before.getOpType() == "Transpose" && isa<RankedTensorType>(source.getType())) {
    SmallVector<int64_t> first = getPermutation(before);
    if (first.size() != perm.size())
      return {};
    for (int64_t &dim : perm)
      dim = first[dim];
    source = before.getInputs()[0];
    NamedAttrList attrs(node.getAttrs());
    attrs.set("perm", DenseI64ArrayAttr::get(node.getContext(), perm));
    node.setAttrsAttr(attrs.getDictionary(node.getContext()));
    node.getInputsMutable().assign(source);
  }
  for (auto [index, dim] : llvm::enumerate(perm))
    if (static_cast<int64_t>(index) != dim)
      return {};
  return perm.size() == static_cast<size_t>(cast<RankedTensorType>(node.getOutputs()[0].getType()).getRank()) ? source
                                                                                                              : Value();
}

/// Whether `value` is zero everywhere, whatever its shape.
static bool isZero(Value value) {
  if (auto node = value.getDefiningOp<NodeOp>()) {
    if (node.getOpType() == "Expand" || node.getOpType() == "Identity")
      return isZero(node.getInputs()[0]);
    auto fill = dyn_cast_or_null<DenseElementsAttr>(node.getNodeAttr("value"));
    return node.getOpType() == "ConstantOfShape" &&
           (!node.getNodeAttr("value") || (fill && matchPattern(fill, m_AnyZeroFloat())));
  }
  return matchPattern(value, m_AnyZeroFloat());
}

/// Drops initial states of zeros, which are the default; exporters compute their shape from the batch.
static Value simplifyRecurrent(NodeOp node) {
  for (unsigned index : {5, 6})
    if (index < node.getInputs().size() && node.getInput(index) && isZero(node.getInputs()[index])) {
      OpBuilder builder(node);
      Value none = NoneOp::create(builder, node.getLoc(), builder.getNoneType());
      node.getInputsMutable().slice(index, 1).assign(none);
    }
  size_t count = node.getInputs().size();
  while (count > 3 && isa<NoneType>(node.getInputs()[count - 1].getType()))
    --count;
  node.getInputsMutable().assign(SmallVector<Value>(node.getInputs().take_front(count)));
  return {};
}

/// The value that may stand for the node's first output; null when the node does something.
static Value simplify(NodeOp node) {
  using Simplifier = Value (*)(NodeOp);
  Simplifier simplifier = llvm::StringSwitch<Simplifier>(node.getDomain().empty() ? node.getOpType() : "")
                              .Case("Identity", simplifySame)
                              .Case("Dropout", simplifyDropout)
                              .Cases({"Cast", "CastLike"}, simplifyCast)
                              .Cases({"Reshape", "Flatten", "Squeeze", "Unsqueeze"}, simplifyReshape)
                              .Cases({"Expand", "Tile"}, simplifyStatic)
                              .Case("Slice", simplifySlice)
                              .Cases({"Concat", "Sum", "Mean", "Max", "Min"}, simplifyVariadic)
                              .Case("Transpose", simplifyTranspose)
                              .Cases({"GRU", "LSTM", "RNN"}, simplifyRecurrent)
                              .Default(nullptr);
  return simplifier ? simplifier(node) : Value();
}

/// Replaces `node`'s output by `value`, which equals it. Sizes that only one of the two types knows hold for both.
static bool replace(NodeOp node, Value value) {
  Value output = node.getOutputs()[0];
  if (output.getType() != value.getType()) {
    if (!value.getDefiningOp<NodeOp>())
      return false;
    value.setType(output.getType());
  }
  output.replaceAllUsesWith(value);
  return true;
}

namespace {
struct OnnxCanonicalizePass : aimc::onnx::impl::OnnxCanonicalizePassBase<OnnxCanonicalizePass> {
  void runOnOperation() override {
    // Uses follow definitions, so that one walk sees every chain shortened before its end.
    getOperation().walk<WalkOrder::PreOrder>([](NodeOp node) {
      if (node.getOutputs().empty() || !isa<RankedTensorType>(node.getOutputs()[0].getType()))
        return;
      if (Value value = simplify(node))
        replace(node, value);
    });
    eraseDead(getOperation().getBody());
  }
};
} // namespace
