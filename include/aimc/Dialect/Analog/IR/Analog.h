//===- Analog.h - the analog dialect, one header for its users --------------------------------------------------===//
#ifndef AIMC_DIALECT_ANALOG_IR_ANALOG_H
#define AIMC_DIALECT_ANALOG_IR_ANALOG_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "aimc/Dialect/Analog/IR/AnalogDialect.h.inc"
#include "aimc/Dialect/Analog/IR/AnalogEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogAttributes.h.inc"

#define GET_TYPEDEF_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogTypes.h.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogOps.h.inc"

namespace aimc::analog {

/// constant + Σ coefficients[d] · dimension d.
struct LinearIndex {
  int64_t constant = 0;
  llvm::SmallVector<int64_t> coefficients;
};

/// `expr` as a linear index over `numDims` dimensions; nothing when it has symbols, or divides by or takes a remainder of a
/// dimension.
std::optional<LinearIndex> getLinearIndex(mlir::AffineExpr expr, unsigned numDims);

/// The result of `yMap` (dims: rows…, group, n) that row dimension `row` drives alone with coefficient 1 and no offset; nothing
/// when there is none. Its axis of y has the row dimension's extent.
std::optional<unsigned> getRowAxis(mlir::AffineMap yMap, unsigned row);

/// The module's target; null after an error at `op` when the module has none. `op` may be the module.
TargetAttr getTargetOrError(mlir::Operation *op);

/// Makes `analog.dispatch` known to one-shot-bufferize: it stays itself, on memrefs.
void registerBufferizableOpInterfaceExternalModels(mlir::DialectRegistry &registry);

} // namespace aimc::analog

#endif // AIMC_DIALECT_ANALOG_IR_ANALOG_H
