//===- Common.cpp -----------------------------------------------------------------------------------------------===//
#include "Common.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

bool aimc::analog::isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

void aimc::analog::eraseUnused(SmallVector<Value> values) {
  while (!values.empty()) {
    Operation *op = values.pop_back_val().getDefiningOp();
    if (!op || !isOpTriviallyDead(op))
      continue;
    // A value may stand on the list twice; an erased one must not.
    for (Value result : op->getResults())
      llvm::erase(values, result);
    llvm::append_range(values, op->getOperands());
    op->erase();
  }
}

StringRef aimc::analog::getNodeName(Operation *op, StringRef otherwise) {
  auto name = op->getLoc()->findInstanceOf<NameLoc>();
  return name ? name.getName().getValue() : otherwise;
}
