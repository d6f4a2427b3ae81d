//===- ConvertToLLVM.cpp - memrefs and the host dialect become the LLVM dialect ---------------------------------===//
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/DialectConversion.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"
#include "aimc/aimc.h"
#include "aimc/env.h"

#include <cstddef>

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTCONVERTTOLLVMPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

static Value constant(OpBuilder &b, Location loc, unsigned width, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getIntegerAttr(b.getIntegerType(width), value));
}

static Value addressAt(OpBuilder &b, Location loc, Value base, int64_t bytes) {
  return LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

static int32_t typeCode(Type type) {
  if (isa<FloatType>(type))
    return type.isF32() ? AIMC_F32 : type.isF64() ? AIMC_F64 : type.isF16() ? AIMC_F16 : AIMC_BF16;
  switch (type.isIndex() ? 64 : type.getIntOrFloatBitWidth()) {
  case 1:
    return AIMC_BOOL;
  case 8:
    return AIMC_I8;
  case 16:
    return AIMC_I16;
  case 32:
    return AIMC_I32;
  default:
    return AIMC_I64;
  }
}

/// Where stack memory of `op` belongs: the start of its function, or of the loop body that becomes one.
static Block *frameOf(Operation *op) {
  Region *region = op->getParentRegion();
  while (!isa<host::ParallelOp, func::FuncOp, LLVM::LLVMFuncOp>(region->getParentOp()))
    region = region->getParentRegion();
  return &region->front();
}

namespace {
template <typename OpTy> struct HostPattern : ConvertOpToLLVMPattern<OpTy> {
  using ConvertOpToLLVMPattern<OpTy>::ConvertOpToLLVMPattern;

  /// Address of element (0, …, 0).
  Value dataOf(ConversionPatternRewriter &b, Location loc, Type memref, Value descriptor) const {
    auto type = cast<MemRefType>(memref);
    MemRefDescriptor array(descriptor);
    return LLVM::GEPOp::create(b, loc, this->getPtrType(), this->getTypeConverter()->convertType(type.getElementType()),
                               array.alignedPtr(b, loc), array.offset(b, loc));
  }

  /// Fills the `aimc_buffer` at `buffer`, whose `sizes` and `strides` are arrays at the given addresses.
  void store(ConversionPatternRewriter &b, Location loc, Value buffer, Value sizes, Value strides, Type memref,
             Value descriptor) const {
    auto type = cast<MemRefType>(memref);
    MemRefDescriptor array(descriptor);
    LLVM::StoreOp::create(b, loc, dataOf(b, loc, memref, descriptor), addressAt(b, loc, buffer, offsetof(aimc_buffer, data)));
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      LLVM::StoreOp::create(b, loc, array.size(b, loc, axis), addressAt(b, loc, sizes, 8 * axis));
      LLVM::StoreOp::create(b, loc, array.stride(b, loc, axis), addressAt(b, loc, strides, 8 * axis));
    }
    LLVM::StoreOp::create(b, loc, constant(b, loc, 32, type.getRank()), addressAt(b, loc, buffer, offsetof(aimc_buffer, rank)));
    LLVM::StoreOp::create(b, loc, constant(b, loc, 32, typeCode(type.getElementType())),
                          addressAt(b, loc, buffer, offsetof(aimc_buffer, type)));
  }

  /// An `aimc_buffer` on the stack that shows a memref.
  Value bufferOf(ConversionPatternRewriter &b, Operation *op, Type memref, Value descriptor) const {
    Location loc = op->getLoc();
    int64_t rank = cast<MemRefType>(memref).getRank();
    Value buffer;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(frameOf(op));
      Value words = constant(b, loc, 64, sizeof(aimc_buffer) / 8 + 2 * rank);
      buffer = LLVM::AllocaOp::create(b, loc, this->getPtrType(), b.getI64Type(), words);
    }
    Value sizes = addressAt(b, loc, buffer, sizeof(aimc_buffer)), strides = addressAt(b, loc, sizes, 8 * rank);
    Value null = LLVM::ZeroOp::create(b, loc, this->getPtrType());
    LLVM::StoreOp::create(b, loc, null, addressAt(b, loc, buffer, offsetof(aimc_buffer, allocation)));
    LLVM::StoreOp::create(b, loc, sizes, addressAt(b, loc, buffer, offsetof(aimc_buffer, sizes)));
    LLVM::StoreOp::create(b, loc, strides, addressAt(b, loc, buffer, offsetof(aimc_buffer, strides)));
    store(b, loc, buffer, sizes, strides, memref, descriptor);
    return buffer;
  }

  /// A descriptor of row-major memory that nobody releases.
  Value rowMajor(ConversionPatternRewriter &b, Location loc, MemRefType type, Value data, ValueRange dynamicSizes) const {
    SmallVector<Value> sizes, strides;
    Value count;
    this->getMemRefDescriptorSizes(loc, type, dynamicSizes, b, sizes, strides, count, /*sizeInBytes=*/false);
    return this->createMemRefDescriptor(loc, type, data, data, sizes, strides, b);
  }
};

struct ConvertInput : HostPattern<host::InputOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::InputOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    auto type = cast<MemRefType>(op.getType());
    Value buffer = host::BufferOp::create(b, loc, getPtrType(), /*output=*/false, op.getIndex());
    auto pointerAt = [&](size_t offset) -> Value {
      return LLVM::LoadOp::create(b, loc, getPtrType(), addressAt(b, loc, buffer, offset));
    };
    Value data = pointerAt(offsetof(aimc_buffer, data));
    SmallVector<Value> dynamicSizes;
    if (!type.hasStaticShape()) {
      Value sizes = pointerAt(offsetof(aimc_buffer, sizes));
      for (int64_t axis = 0; axis < type.getRank(); ++axis)
        if (type.isDynamicDim(axis))
          dynamicSizes.push_back(LLVM::LoadOp::create(b, loc, b.getI64Type(), addressAt(b, loc, sizes, 8 * axis)));
    }
    b.replaceOp(op, rowMajor(b, loc, type, data, dynamicSizes));
    return success();
  }
};

struct ConvertConstant : HostPattern<host::ConstantOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::ConstantOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Value base = host::ConstantsOp::create(b, loc, getPtrType());
    Value offset = constant(b, loc, 64, op.getOffset());
    Value data = LLVM::GEPOp::create(b, loc, getPtrType(), b.getI8Type(), base, offset);
    b.replaceOp(op, rowMajor(b, loc, cast<MemRefType>(op.getType()), data, {}));
    return success();
  }
};

struct ConvertOutput : HostPattern<host::OutputOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::OutputOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    if (!op.getOwned())
      return op.emitError() << "does not own its buffer; run host-hand-over-outputs first";
    Location loc = op.getLoc();
    Value buffer = host::BufferOp::create(b, loc, getPtrType(), /*output=*/true, op.getIndex());
    auto pointerAt = [&](size_t offset) -> Value {
      return LLVM::LoadOp::create(b, loc, getPtrType(), addressAt(b, loc, buffer, offset));
    };
    store(b, loc, buffer, pointerAt(offsetof(aimc_buffer, sizes)), pointerAt(offsetof(aimc_buffer, strides)),
          op.getValue().getType(), adaptor.getValue());
    Value allocation = host::DisownOp::create(b, loc, getPtrType(), MemRefDescriptor(adaptor.getValue()).allocatedPtr(b, loc));
    LLVM::StoreOp::create(b, loc, allocation, addressAt(b, loc, buffer, offsetof(aimc_buffer, allocation)));
    b.eraseOp(op);
    return success();
  }
};

struct ConvertContract : HostPattern<host::ContractOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::ContractOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    SmallVector<Value> operands{constant(b, op.getLoc(), 32, op.getIndex())};
    for (auto [original, descriptor] : llvm::zip_equal(op->getOperands(), adaptor.getOperands()))
      operands.push_back(bufferOf(b, op, original.getType(), descriptor));
    b.replaceOpWithNewOp<host::CallOp>(op, host::Function::Contract, operands);
    return success();
  }
};

struct ConvertDispatch : HostPattern<host::DispatchOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::DispatchOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    SmallVector<Value> operands{constant(b, op.getLoc(), 32, op.getSite())};
    for (auto [original, descriptor] : llvm::zip_equal(op->getOperands(), adaptor.getOperands()))
      operands.push_back(bufferOf(b, op, original.getType(), descriptor));
    b.replaceOpWithNewOp<host::CallOp>(op, host::Function::Dispatch, operands);
    return success();
  }
};

struct ConvertDispatchFinish : HostPattern<host::DispatchFinishOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::DispatchFinishOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Value addend = op.getAddend() ? bufferOf(b, op, op.getAddend().getType(), adaptor.getAddend())
                                  : LLVM::ZeroOp::create(b, loc, getPtrType()).getResult();
    SmallVector<Value> operands{constant(b, loc, 32, op.getSite()), bufferOf(b, op, op.getX().getType(), adaptor.getX()),
                                bufferOf(b, op, op.getY().getType(), adaptor.getY()), addend,
                                constant(b, loc, 32, op.getRectify())};
    b.replaceOpWithNewOp<host::CallOp>(op, host::Function::DispatchFinish, operands);
    return success();
  }
};

struct ConvertExpect : HostPattern<host::ExpectOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::ExpectOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<host::ExpectOp>(op, adaptor.getCondition(), op.getMessageAttr(), adaptor.getValues());
    return success();
  }
};

struct ConvertAlloc : HostPattern<memref::AllocOp> {
  using HostPattern::HostPattern;

  /// Bytes of an array with dynamic sizes; all ones, which no memory has, where 64 bits do not hold them.
  Value bytesOf(ConversionPatternRewriter &b, memref::AllocOp op, ValueRange sizes) const {
    Location loc = op.getLoc();
    Type i64 = b.getI64Type(), pair = LLVM::LLVMStructType::getLiteral(b.getContext(), {i64, b.getI1Type()});
    int64_t fixed = 1;
    for (int64_t size : op.getType().getShape())
      fixed *= ShapedType::isDynamic(size) ? 1 : size;
    Value bytes = getSizeInBytes(loc, op.getType().getElementType(), b);
    bytes = LLVM::MulOp::create(b, loc, bytes, constant(b, loc, 64, fixed));
    Value most = constant(b, loc, 64, -1);
    for (Value size : sizes) {
      Value product = LLVM::UMulWithOverflowOp::create(b, loc, pair, bytes, size);
      Value low = LLVM::ExtractValueOp::create(b, loc, product, 0), over = LLVM::ExtractValueOp::create(b, loc, product, 1);
      bytes = LLVM::SelectOp::create(b, loc, over, most, low);
    }
    return bytes;
  }

  LogicalResult matchAndRewrite(memref::AllocOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    if (!op.getType().getLayout().isIdentity())
      return b.notifyMatchFailure(op, "allocates memory that is not row-major");
    SmallVector<Value> sizes, strides;
    Value unchecked;
    getMemRefDescriptorSizes(op.getLoc(), op.getType(), adaptor.getDynamicSizes(), b, sizes, strides, unchecked);
    Value bytes = op.getType().hasStaticShape() ? unchecked : bytesOf(b, op, adaptor.getDynamicSizes());
    Value data = host::AllocateOp::create(b, op.getLoc(), getPtrType(), bytes);
    b.replaceOp(op, Value(createMemRefDescriptor(op.getLoc(), op.getType(), data, data, sizes, strides, b)));
    return success();
  }
};

struct ConvertDealloc : HostPattern<memref::DeallocOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(memref::DeallocOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    Value allocation = MemRefDescriptor(adaptor.getMemref()).allocatedPtr(b, op.getLoc());
    b.replaceOpWithNewOp<host::ReleaseOp>(op, allocation);
    return success();
  }
};

struct ConvertParallel : HostPattern<host::ParallelOp> {
  using HostPattern::HostPattern;
  LogicalResult matchAndRewrite(host::ParallelOp op, OpAdaptor adaptor, ConversionPatternRewriter &b) const override {
    auto loop = host::ParallelOp::create(b, op.getLoc(), adaptor.getCount(), adaptor.getGrain());
    b.inlineRegionBefore(op.getBody(), loop.getBody(), loop.getBody().end());
    if (failed(b.convertRegionTypes(&loop.getBody(), *getTypeConverter())))
      return failure();
    b.eraseOp(op);
    return success();
  }
};

struct HostConvertToLLVMPass : codegen::impl::HostConvertToLLVMPassBase<HostConvertToLLVMPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    LLVMTypeConverter converter(context);
    RewritePatternSet patterns(context);
    patterns.add<ConvertInput, ConvertConstant, ConvertOutput, ConvertContract, ConvertDispatch, ConvertDispatchFinish,
                 ConvertExpect, ConvertAlloc, ConvertDealloc, ConvertParallel>(converter, /*benefit=*/2);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);

    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp, cf::AssertOp>();
    target.addLegalOp<host::CallOp, host::AllocateOp, host::ReleaseOp, host::DisownOp, host::BufferOp, host::ConstantsOp,
                      host::YieldOp>();
    target.addDynamicallyLegalOp<host::ExpectOp>([](host::ExpectOp op) {
      return llvm::all_of(op.getValues(), [](Value value) { return value.getType().isInteger(64); });
    });
    target.addDynamicallyLegalOp<host::ParallelOp>([](host::ParallelOp op) { return op.getCount().getType().isInteger(64); });
    target.addIllegalOp<host::InputOp, host::OutputOp, host::ConstantOp, host::ContractOp, host::DispatchOp,
                        host::DispatchFinishOp>();
    target.addIllegalDialect<memref::MemRefDialect, func::FuncDialect>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
