//===- Bufferization.cpp - the host dialect's tensors become memrefs --------------------------------------------===//
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Operation.h"

#include "aimc/Dialect/Host/Host.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace aimc::host;

namespace {
/// `host.input` and `host.constant`: row-major memory that nobody may write.
template <typename OpTy> struct SourceModel : BufferizableOpInterface::ExternalModel<SourceModel<OpTy>, OpTy> {
  FailureOr<BufferLikeType> getBufferType(Operation *, Value value, const BufferizationOptions &, const BufferizationState &,
                                          SmallVector<Value> &) const {
    auto type = cast<RankedTensorType>(value.getType());
    return cast<BufferLikeType>(MemRefType::get(type.getShape(), type.getElementType()));
  }
  bool isWritable(Operation *, Value, const AnalysisState &) const { return false; }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &, BufferizationState &) const {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type)
      return success();
    OperationState state(op->getLoc(), op->getName(), {}, {MemRefType::get(type.getShape(), type.getElementType())},
                         op->getAttrs());
    replaceOpWithBufferizedValues(rewriter, op, rewriter.create(state)->getResults());
    return success();
  }
};

struct OutputModel : BufferizableOpInterface::ExternalModel<OutputModel, OutputOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const { return true; }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const { return false; }
  AliasingValueList getAliasingValues(Operation *, OpOperand &, const AnalysisState &) const { return {}; }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto output = cast<OutputOp>(op);
    if (!isa<RankedTensorType>(output.getValue().getType()))
      return success();
    FailureOr<Value> buffer = getBuffer(rewriter, output.getValue(), options, state);
    if (failed(buffer))
      return failure();
    replaceOpWithNewBufferizedOp<OutputOp>(rewriter, op, output.getIndexAttr(), *buffer, output.getOwnedAttr());
    return success();
  }
};

/// `host.contract` and `host.dispatch`: themselves on memrefs. The destination is read only when it is added to.
template <typename OpTy> struct DestinationModel : DstBufferizableOpInterfaceExternalModel<DestinationModel<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<OpTy>(op).isDpsInit(&operand) || (isa<ContractOp>(op) && cast<ContractOp>(op).getAccumulate());
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &options,
                          BufferizationState &state) const {
    if (!op->getNumResults())
      return success();
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    OperationState bufferized(op->getLoc(), op->getName(), buffers, {}, op->getAttrs());
    rewriter.create(bufferized);
    replaceOpWithBufferizedValues(rewriter, op, buffers.back());
    return success();
  }
};
} // namespace

void aimc::host::registerBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, HostDialect *) {
    InputOp::attachInterface<SourceModel<InputOp>>(*context);
    ConstantOp::attachInterface<SourceModel<ConstantOp>>(*context);
    OutputOp::attachInterface<OutputModel>(*context);
    ContractOp::attachInterface<DestinationModel<ContractOp>>(*context);
    DispatchOp::attachInterface<DestinationModel<DispatchOp>>(*context);
  });
}
