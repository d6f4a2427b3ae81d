//===- Host.cpp - operations of the host dialect ----------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include "aimc/Dialect/Host/Host.h"

using namespace mlir;
using namespace aimc::host;

#include "aimc/Dialect/Host/HostDialect.cpp.inc"
#include "aimc/Dialect/Host/HostEnums.cpp.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Host/HostOps.cpp.inc"

void HostDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "aimc/Dialect/Host/HostOps.cpp.inc"
      >();
}

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

static void reads(Effects &effects, OpOperand &operand) {
  if (isa<BaseMemRefType>(operand.get().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &operand, SideEffects::DefaultResource::get());
}

static void writes(Effects &effects, OpOperand &operand) {
  if (isa<BaseMemRefType>(operand.get().getType()))
    effects.emplace_back(MemoryEffects::Write::get(), &operand, SideEffects::DefaultResource::get());
}

/// One result on tensors, of the destination's type; none on memrefs.
static LogicalResult verifyDestination(Operation *op, Value destination) {
  size_t expected = isa<RankedTensorType>(destination.getType()) ? 1 : 0;
  if (op->getNumResults() != expected)
    return op->emitOpError() << "has " << op->getNumResults() << " results but a destination of type " << destination.getType()
                             << ", which calls for " << expected;
  if (expected && op->getResult(0).getType() != destination.getType())
    return op->emitOpError() << "has a result of type " << op->getResult(0).getType() << " but a destination of type "
                             << destination.getType();
  return success();
}

//===- constants and outputs ------------------------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (getOffset() % 64 != 0)
    return emitOpError() << "lies at offset " << getOffset() << ", which is no multiple of 64";
  if (!cast<ShapedType>(getResult().getType()).hasStaticShape())
    return emitOpError() << "has the type " << getResult().getType() << ", whose shape is not static";
  return success();
}

void OutputOp::getEffects(Effects &effects) {
  reads(effects, getValueMutable());
  effects.emplace_back(MemoryEffects::Write::get(), SideEffects::DefaultResource::get());
}

bool aimc::host::isLinear(AffineMap map) {
  return map.getNumSymbols() == 0 && llvm::all_of(map.getResults(), [](AffineExpr index) {
           WalkResult result = index.walk([](AffineExpr part) {
             bool divides =
                 llvm::is_contained({AffineExprKind::Mod, AffineExprKind::FloorDiv, AffineExprKind::CeilDiv}, part.getKind());
             return divides ? WalkResult::interrupt() : WalkResult::advance();
           });
           return index.isPureAffine() && !result.wasInterrupted();
         });
}

//===- contractions and layers ----------------------------------------------------------------------------------===//

void ContractOp::getEffects(Effects &effects) {
  reads(effects, getAMutable());
  reads(effects, getBMutable());
  if (getAccumulate())
    reads(effects, getCMutable());
  writes(effects, getCMutable());
}

void DispatchOp::getEffects(Effects &effects) {
  reads(effects, getXMutable());
  writes(effects, getYMutable());
}

LogicalResult ContractOp::verify() {
  if (failed(verifyDestination(*this, getC())))
    return failure();
  ArrayRef<int64_t> dims = getDims();
  if (dims.size() != 4 || llvm::any_of(dims, [](int64_t count) { return count < 0; }))
    return emitOpError() << "counts dimensions of " << dims.size() << " kinds in 'dims'; there are four: batch, m, n, k";
  unsigned all = dims[0] + dims[1] + dims[2] + dims[3];
  for (auto [name, map, value] : {std::tuple("a", getAMap(), getA()), {"b", getBMap(), getB()}, {"c", getCMap(), getC()}}) {
    auto type = cast<ShapedType>(value.getType());
    if (map.getNumDims() != all || map.getNumSymbols() != 0)
      return emitOpError() << "has " << map.getNumDims() << " dimensions and " << map.getNumSymbols()
                           << " symbols in the map of " << name << " but " << all << " dimensions in 'dims'";
    if (map.getNumResults() != type.getRank())
      return emitOpError() << "has " << map.getNumResults() << " indices in the map of " << name << ", which has rank "
                           << type.getRank();
    if (type.getElementType() != cast<ShapedType>(getC().getType()).getElementType())
      return emitOpError() << "multiplies elements of type " << type.getElementType() << " in " << name
                           << " into elements of type " << cast<ShapedType>(getC().getType()).getElementType();
  }
  for (auto [name, map] : {std::pair("b", getBMap()), {"c", getCMap()}})
    if (!map.isProjectedPermutation())
      return emitOpError() << "has a map of " << name << " that is no projected permutation";
  if (!isLinear(getAMap()))
    return emitOpError() << "has a map of a that is not linear";
  // The kind of each dimension follows from the maps that hold it.
  const char *kinds[] = {"batch", "m", "n", "k"};
  const bool inA[] = {true, true, false, true}, inB[] = {true, false, true, true}, inC[] = {true, true, true, false};
  unsigned dim = 0;
  for (unsigned kind = 0; kind < 4; ++kind)
    for (int64_t i = 0; i < dims[kind]; ++i, ++dim)
      for (auto [name, map, expected] :
           {std::tuple("a", getAMap(), inA[kind]), {"b", getBMap(), inB[kind]}, {"c", getCMap(), inC[kind]}})
        if (map.isFunctionOfDim(dim) != expected)
          return emitOpError() << "has d" << dim << " as a " << kinds[kind] << " dimension, which "
                               << (expected ? "must" : "must not") << " stand in the map of " << name;
  return success();
}

LogicalResult DispatchOp::verify() {
  if (failed(verifyDestination(*this, getY())))
    return failure();
  for (Value value : {getX(), getY()})
    if (!cast<ShapedType>(value.getType()).getElementType().isF32())
      return emitOpError() << "works on float32, not on " << value.getType();
  return success();
}

//===- expectations ---------------------------------------------------------------------------------------------===//

LogicalResult ExpectOp::canonicalize(ExpectOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCondition(), m_One()))
    return failure();
  rewriter.eraseOp(op);
  return success();
}

//===- the parallel loop ----------------------------------------------------------------------------------------===//

ParseResult ParallelOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::Argument iv;
  OpAsmParser::UnresolvedOperand count, grain;
  Type type;
  if (parser.parseArgument(iv) || parser.parseKeyword("to") || parser.parseOperand(count) || parser.parseKeyword("grain") ||
      parser.parseOperand(grain) || parser.parseColonType(type))
    return failure();
  iv.type = type;
  if (parser.resolveOperand(count, type, result.operands) || parser.resolveOperand(grain, type, result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  return parser.parseRegion(*result.addRegion(), {iv});
}

void ParallelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printRegionArgument(getBody().getArgument(0), {}, /*omitType=*/true);
  printer << " to " << getCount() << " grain " << getGrain() << " : " << getCount().getType();
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult ParallelOp::verify() {
  if (getCount().getType() != getGrain().getType())
    return emitOpError() << "counts in " << getCount().getType() << " but shares in " << getGrain().getType();
  if (getBody().empty() || getBody().getNumArguments() != 1 || getBody().getArgument(0).getType() != getCount().getType())
    return emitOpError() << "needs a body with one argument of type " << getCount().getType();
  if (auto outer = (*this)->getParentOfType<ParallelOp>()) {
    InFlightDiagnostic diag = emitOpError() << "stands within another parallel loop";
    diag.attachNote(outer.getLoc()) << "the enclosing loop";
    return diag;
  }
  return success();
}
