//===- ExtractConstants.cpp - large constants move to the container ---------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/PatternMatch.h"

#include "aimc/Codegen/Codegen.h"
#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTEXTRACTCONSTANTSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

static constexpr int64_t smallBytes = 1024;
static constexpr uint64_t alignment = 64;

static uint64_t elementBytes(Type type) { return type.isIndex() ? 8 : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8); }

static uint64_t sizeInBytes(ShapedType type) { return type.getNumElements() * elementBytes(type.getElementType()); }

namespace {
struct HostExtractConstantsPass : codegen::impl::HostExtractConstantsPassBase<HostExtractConstantsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    IRRewriter rewriter(&getContext());
    SmallVector<Attribute> section;
    DenseMap<Attribute, int64_t> offsets; // attributes are unique: equal dense elements share
    uint64_t end = 0;
    SmallVector<arith::ConstantOp> constants;
    module.walk([&](arith::ConstantOp op) {
      if (isa<RankedTensorType>(op.getType()))
        constants.push_back(op);
    });
    for (arith::ConstantOp op : constants) {
      auto value = cast<ElementsAttr>(op.getValue());
      auto type = cast<RankedTensorType>(op.getType());
      bool resource = isa<DenseResourceElementsAttr>(value);
      if (!resource && static_cast<int64_t>(sizeInBytes(type)) <= smallBytes)
        continue;
      rewriter.setInsertionPoint(op);
      if (value.isSplat() && !resource) {
        auto scalar = arith::ConstantOp::create(rewriter, op.getLoc(), value.getSplatValue<TypedAttr>());
        Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), type.getShape(), type.getElementType());
        rewriter.replaceOpWithNewOp<linalg::FillOp>(op, scalar.getResult(), empty);
        continue;
      }
      auto [place, isNew] = offsets.try_emplace(value, end);
      if (isNew) {
        section.push_back(value);
        end = llvm::alignTo(end + sizeInBytes(type), alignment);
      }
      rewriter.replaceOpWithNewOp<host::ConstantOp>(op, type, place->second);
    }
    if (!section.empty())
      module->setAttr(codegen::constantsAttrName, rewriter.getArrayAttr(section));
  }
};
} // namespace

/// The bytes of `value` in row-major order; copied into `owned` only where the attribute holds them in another form.
static ArrayRef<char> bytesOf(ElementsAttr value, std::vector<char> &owned) {
  auto type = value.getShapedType();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(value); dense && !dense.isSplat() && !type.getElementType().isInteger(1))
    return dense.getRawData();
  // Packed bits and splats.
  unsigned width = elementBytes(type.getElementType());
  owned.reserve(sizeInBytes(type));
  auto append = [&](const APInt &bits) {
    for (unsigned byte = 0; byte < width; ++byte)
      owned.push_back(static_cast<char>(bits.extractBitsAsZExtValue(std::min(8u, bits.getBitWidth() - 8 * byte), 8 * byte)));
  };
  if (isa<FloatType>(type.getElementType()))
    for (APFloat element : value.getValues<APFloat>())
      append(element.bitcastToAPInt());
  else
    for (const APInt &element : value.getValues<APInt>())
      append(element);
  return owned;
}

FailureOr<std::vector<codegen::Constant>> codegen::collectConstants(ModuleOp module) {
  std::vector<Constant> constants;
  auto section = module->getAttrOfType<ArrayAttr>(constantsAttrName);
  uint64_t end = 0;
  for (Attribute attr : section ? section.getValue() : ArrayRef<Attribute>()) {
    auto value = cast<ElementsAttr>(attr);
    Constant &constant = constants.emplace_back();
    constant.offset = end;
    constant.bytes = bytesOf(value, constant.owned);
    if (constant.bytes.size() != sizeInBytes(value.getShapedType())) {
      emitError(module.getLoc()) << "a constant of type " << value.getShapedType() << " holds " << constant.bytes.size()
                                 << " bytes instead of " << sizeInBytes(value.getShapedType());
      return failure();
    }
    end = llvm::alignTo(end + constant.bytes.size(), alignment);
  }
  return constants;
}
