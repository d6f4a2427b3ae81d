//===- OutlineContractions.cpp - contractions that the runtime computes -----------------------------------------===//
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTOUTLINECONTRACTIONSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

namespace {
/// A contraction read off a linalg operation, its dimensions in the order batch, m, n, k.
struct Contraction {
  Value a, b;
  AffineMap aMap, bMap, cMap;
  SmallVector<int64_t, 4> dims;
};
} // namespace

/// Whether the payload is c + a·b on float32, in any order of the operands.
static bool multipliesAndAdds(linalg::LinalgOp op) {
  Block *body = op.getBlock();
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op->getNumResults() != 1 || body->getNumArguments() != 3)
    return false;
  if (!llvm::all_of(body->getArgumentTypes(), [](Type type) { return type.isF32(); }))
    return false;
  auto sum = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum || std::distance(body->begin(), body->end()) != 3)
    return false;
  Value c = body->getArgument(2);
  Value other = sum.getLhs() == c ? sum.getRhs() : sum.getRhs() == c ? sum.getLhs() : Value();
  auto product = other ? other.getDefiningOp<arith::MulFOp>() : arith::MulFOp();
  if (!product)
    return false;
  Value a = body->getArgument(0), b = body->getArgument(1);
  return (product.getLhs() == a && product.getRhs() == b) || (product.getLhs() == b && product.getRhs() == a);
}

/// Sorts the loops into batch, m, n and k. Fails unless b and c are projected permutations and a is linear.
static FailureOr<Contraction> readContraction(linalg::LinalgOp op) {
  if (!multipliesAndAdds(op))
    return failure();
  Contraction result;
  result.a = op.getDpsInputOperand(0)->get();
  result.b = op.getDpsInputOperand(1)->get();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!isa<RankedTensorType>(result.a.getType()) || !isa<RankedTensorType>(result.b.getType()))
    return failure();
  if (!maps[1].isProjectedPermutation()) {
    std::swap(maps[0], maps[1]);
    std::swap(result.a, result.b);
  }
  if (!maps[1].isProjectedPermutation() || !maps[2].isProjectedPermutation() || !host::isLinear(maps[0]))
    return failure();

  auto sortDims = [&](SmallVectorImpl<unsigned> &order) {
    SmallVector<unsigned> kinds[4]; // batch, m, n, k
    for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
      bool inA = maps[0].isFunctionOfDim(dim), inB = maps[1].isFunctionOfDim(dim), inC = maps[2].isFunctionOfDim(dim);
      if (inC && inA)
        kinds[inB ? 0 : 1].push_back(dim);
      else if (inB && (inC || inA))
        kinds[inC ? 2 : 3].push_back(dim);
      else
        return failure();
    }
    result.dims.clear();
    for (const SmallVector<unsigned> &kind : kinds) {
      result.dims.push_back(kind.size());
      llvm::append_range(order, kind);
    }
    return success();
  };
  SmallVector<unsigned> order;
  if (failed(sortDims(order)))
    return failure();
  if (result.dims[2] == 0 && maps[0].isProjectedPermutation()) { // a matrix-vector product: the vector is a
    std::swap(maps[0], maps[1]);
    std::swap(result.a, result.b);
    order.clear();
    if (failed(sortDims(order)))
      return failure();
  }
  // Without n it is a depthwise convolution, or a product of vectors, which a loop does as well.
  if (result.dims[3] == 0 || (result.dims[2] == 0 && maps[0].isProjectedPermutation()))
    return failure();

  SmallVector<AffineExpr> renamed(order.size());
  for (auto [position, dim] : llvm::enumerate(order))
    renamed[dim] = getAffineDimExpr(position, op.getContext());
  auto reorder = [&](AffineMap map) { return map.replaceDimsAndSymbols(renamed, {}, order.size(), 0); };
  result.aMap = reorder(maps[0]);
  result.bMap = reorder(maps[1]);
  result.cMap = reorder(maps[2]);
  return result;
}

/// Reads the image before its zero padding, through offsets.
static void foldPadding(Contraction &contraction) {
  auto pad = contraction.a.getDefiningOp<tensor::PadOp>();
  if (!pad)
    return;
  Value value = pad.getConstantPaddingValue();
  if (!value || !matchPattern(value, m_AnyZeroFloat()))
    return;
  SmallVector<AffineExpr> indices;
  for (auto [index, low, high] : llvm::zip_equal(contraction.aMap.getResults(), pad.getMixedLowPad(), pad.getMixedHighPad())) {
    std::optional<int64_t> before = getConstantIntValue(low), after = getConstantIntValue(high);
    if (!before || *before < 0 || (after && *after < 0))
      return;
    indices.push_back(index - *before);
  }
  contraction.a = pad.getSource();
  contraction.aMap = AffineMap::get(contraction.aMap.getNumDims(), 0, indices, pad.getContext());
}

/// The array whose zeros fill `init`, null when `init` holds something else.
static Value zeroFilled(Value init) {
  auto fill = init.getDefiningOp<linalg::FillOp>();
  if (fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat()))
    return fill.getOutputs()[0];
  return {};
}

static StringRef nodeName(Operation *op) {
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>())
    return name.getName();
  return op->getName().getStringRef();
}

namespace {
struct HostOutlineContractionsPass : codegen::impl::HostOutlineContractionsPassBase<HostOutlineContractionsPass> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> candidates;
    getOperation().walk([&](linalg::LinalgOp op) { candidates.push_back(op); });
    IRRewriter rewriter(&getContext());
    int64_t index = 0;
    for (linalg::LinalgOp op : candidates) {
      FailureOr<Contraction> contraction = readContraction(op);
      if (failed(contraction))
        continue;
      foldPadding(*contraction);
      rewriter.setInsertionPoint(op);
      Value init = op.getDpsInits()[0];
      Value zeroed = zeroFilled(init);
      auto call =
          host::ContractOp::create(rewriter, op.getLoc(), op->getResultTypes(), index++, nodeName(op), contraction->dims,
                                   contraction->aMap, contraction->bMap, contraction->cMap,
                                   /*accumulate=*/!zeroed, library, contraction->a, contraction->b, zeroed ? zeroed : init);
      rewriter.replaceOp(op, call->getResults());
    }
  }
};
} // namespace
