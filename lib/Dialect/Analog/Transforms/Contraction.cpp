//===- Contraction.cpp ------------------------------------------------------------------------------------------===//
#include "Contraction.h"

#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

/// The operation that makes `value` under conversions of element type.
static Value skipCasts(Value value) {
  while (isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp, arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp>(
      value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Whether the payload adds the product of both inputs to the output.
static bool multipliesAndAdds(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return false;
  Block &body = *op.getBlock();
  Operation *add = skipCasts(body.getTerminator()->getOperand(0)).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value lhs = skipCasts(add->getOperand(0)), rhs = skipCasts(add->getOperand(1));
  if (lhs != body.getArgument(2))
    std::swap(lhs, rhs);
  Operation *multiply = rhs.getDefiningOp();
  if (lhs != body.getArgument(2) || !isa_and_nonnull<arith::MulFOp, arith::MulIOp>(multiply))
    return false;
  Value a = skipCasts(multiply->getOperand(0)), b = skipCasts(multiply->getOperand(1));
  Value x = body.getArgument(0), y = body.getArgument(1);
  return (a == x && b == y) || (a == y && b == x);
}

bool aimc::analog::isCandidate(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getParentOfType<CrossbarOp>() || !multipliesAndAdds(op))
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return maps[0] != maps[1] || (op.getNumParallelLoops() == 0 && op.getDpsInputs()[0] != op.getDpsInputs()[1]);
}

static std::string toString(AffineMap map) {
  std::string text;
  llvm::raw_string_ostream(text) << map;
  return text;
}

/// Floats that tiles, which compute in float32, take the place of.
static bool isTileFloat(Type type) { return type.isF32() || type.isF16() || type.isBF16() || type.isF64(); }

std::optional<std::string> aimc::analog::readContraction(linalg::LinalgOp op, unsigned weightInput, Contraction &c) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  c.op = op;
  c.weightInput = weightInput;
  c.x = op.getDpsInputs()[1 - weightInput];
  c.weights = op.getDpsInputs()[weightInput];
  c.init = op.getDpsInits()[0];
  c.xMap = maps[1 - weightInput];
  c.weightMap = maps[weightInput];
  c.yMap = maps[2];
  c.extents = op.getStaticLoopRanges();
  c.integers = llvm::all_of(op->getOperands(), [](Value v) { return getElementTypeOrSelf(v.getType()).isInteger(32); });
  for (Value operand : {c.x, c.weights, c.init})
    if (Type type = getElementTypeOrSelf(operand.getType()); !isTileFloat(type) && !c.integers) {
      std::string text;
      llvm::raw_string_ostream(text) << "its elements are " << type << "; tiles take floats or 32-bit integers";
      return text;
    }
  for (AffineMap map : {c.weightMap, c.yMap})
    if (!map.isProjectedPermutation())
      return "its weights or results are indexed by " + toString(map) + ", not by one loop per axis";
  for (AffineExpr expr : c.xMap.getResults())
    if (!getLinearIndex(expr, c.xMap.getNumDims()))
      return "its input is indexed by " + toString(c.xMap) + ", which is not linear";

  for (unsigned d = 0; d < c.extents.size(); ++d) {
    bool inX = c.xMap.isFunctionOfDim(d), inWeights = c.weightMap.isFunctionOfDim(d), inY = c.yMap.isFunctionOfDim(d);
    if (inWeights && inY && (!inX || c.extents[d] == 1))
      c.columns.push_back(d);
    else if (inWeights && inY)
      c.groups.push_back(d);
    else if (inWeights && inX)
      c.ks.push_back(d);
    else if (!inX || !inY)
      return "loop " + std::to_string(d) + " indexes only one of its operands";
  }
  for (AffineExpr expr : c.yMap.getResults())
    if (unsigned d = cast<AffineDimExpr>(expr).getPosition(); !c.weightMap.isFunctionOfDim(d))
      c.rows.push_back(d);
  if (c.ks.empty())
    return std::string("it sums over nothing");
  if (c.groups.size() > 1)
    return "it has " + std::to_string(c.groups.size()) + " group dimensions; tiles take one";

  SmallVector<unsigned> channels(c.ks);
  for (AffineExpr expr : c.xMap.getResults()) {
    auto isIn = [&](unsigned d) { return expr.isFunctionOfDim(d); };
    if (llvm::none_of(c.rows, isIn) || llvm::none_of(c.ks, isIn))
      continue;
    c.convolution = true;
    llvm::erase_if(channels, isIn);
  }
  c.depthwise = c.convolution && !c.groups.empty() && c.count(channels) == 1;
  return std::nullopt;
}
