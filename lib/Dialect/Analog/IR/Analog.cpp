//===- Analog.cpp - the analog dialect --------------------------------------------------------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace aimc::analog;

#include "aimc/Dialect/Analog/IR/AnalogDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogTypes.cpp.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogOps.cpp.inc"

void AnalogDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "aimc/Dialect/Analog/IR/AnalogOps.cpp.inc"
      >();
}

void AnalogDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "aimc/Dialect/Analog/IR/AnalogTypes.cpp.inc"
      >();
}

LogicalResult AnalogDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == getTargetAttrName()) {
    if (!isa<ModuleOp>(op))
      return op->emitError() << "'analog.target' belongs on the module";
    if (!isa<TargetAttr>(attribute.getValue()))
      return op->emitError() << "'analog.target' is " << attribute.getValue() << ", not #analog.target<…>";
  }
  return success();
}

TargetAttr aimc::analog::getTargetOrError(Operation *op) {
  ModuleOp module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  if (auto target = module ? module->getAttrOfType<TargetAttr>(AnalogDialect::getTargetAttrName()) : TargetAttr())
    return target;
  op->emitError() << "the module has no target: give it the attribute analog.target = #analog.target<…>, or use --target";
  return {};
}

static bool addLinear(AffineExpr expr, int64_t factor, LinearIndex &index) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    index.coefficients[dim.getPosition()] += factor;
    return true;
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    index.constant += factor * constant.getValue();
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, index) && addLinear(binary.getRHS(), factor, index);
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return binary.getKind() == AffineExprKind::Mul && constant && addLinear(binary.getLHS(), factor * constant.getValue(), index);
}

std::optional<LinearIndex> aimc::analog::getLinearIndex(AffineExpr expr, unsigned numDims) {
  LinearIndex index;
  index.coefficients.assign(numDims, 0);
  if (!addLinear(expr, 1, index))
    return std::nullopt;
  return index;
}

std::optional<unsigned> aimc::analog::getRowAxis(AffineMap yMap, unsigned row) {
  for (auto [axis, expr] : llvm::enumerate(yMap.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && dim.getPosition() == row)
      return axis;
  return std::nullopt;
}

Value CrossbarOp::getWeightsValue() {
  return getWeights().empty() ? Value() : cast<YieldOp>(getWeights().front().getTerminator()).getWeights();
}

/// On tensors a dispatch is a function of its operands; on memrefs it reads x and writes the output.
void DispatchOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (isa<MemRefType>(getX().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getXMutable());
  if (isa<MemRefType>(getInit().getType()))
    effects.emplace_back(MemoryEffects::Write::get(), &getInitMutable());
}

/// A dispatch costs a command of the chip and counts as an invocation: it is never run speculatively.
Speculation::Speculatability DispatchOp::getSpeculatability() { return Speculation::NotSpeculatable; }
