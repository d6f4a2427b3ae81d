//===- Bufferization.cpp - analog.dispatch on memrefs -----------------------------------------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace aimc::analog;

namespace {
struct DispatchModel : DstBufferizableOpInterfaceExternalModel<DispatchModel, DispatchOp> {
  /// The output is written whole and never read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<DispatchOp>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto dispatch = cast<DispatchOp>(op);
    if (dispatch.hasPureBufferSemantics())
      return success();
    FailureOr<Value> x = getBuffer(rewriter, dispatch.getX(), options, state);
    FailureOr<Value> init = getBuffer(rewriter, dispatch.getInit(), options, state);
    if (failed(x) || failed(init))
      return failure();
    OperationState on(op->getLoc(), op->getName(), ValueRange{*x, *init}, TypeRange{}, op->getAttrs());
    rewriter.create(on);
    replaceOpWithBufferizedValues(rewriter, op, *init);
    return success();
  }
};
} // namespace

void aimc::analog::registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AnalogDialect *) { DispatchOp::attachInterface<DispatchModel>(*context); });
}
