//===- Loops.cpp - loops that carry tensors ---------------------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace aimc::onnx;

/// The carried tensors' sizes do not change.
static void rememberSizes(ValueRange from, ValueRange to, Lowering &b) {
  for (auto [source, target] : llvm::zip(from, to))
    if (auto type = dyn_cast<RankedTensorType>(target.getType()))
      for (int64_t i = 0; i < type.getRank(); ++i)
        b.remember(target, i, b.dim(source, i));
}

static SmallVector<Value> nest(ArrayRef<Size> sizes, SmallVector<Value> &indices, ValueRange carried, LoopBody body,
                               Lowering &b) {
  if (indices.size() == sizes.size())
    return body(indices, carried);
  Value upper = b.asIndex(sizes[indices.size()]);
  auto loop = scf::ForOp::create(b, b.index(0), upper, b.index(1), carried,
                                 [&](OpBuilder &nested, Location, Value index, ValueRange arguments) {
                                   OpBuilder::InsertionGuard guard(b);
                                   b.restoreInsertionPoint(nested.saveInsertionPoint());
                                   rememberSizes(carried, arguments, b);
                                   indices.push_back(index);
                                   scf::YieldOp::create(b, nest(sizes, indices, arguments, body, b));
                                   indices.pop_back();
                                 });
  rememberSizes(carried, loop.getResults(), b);
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> aimc::onnx::forEachIndex(ArrayRef<Size> sizes, ValueRange carried, LoopBody body, Lowering &b) {
  SmallVector<Value> indices;
  return nest(sizes, indices, carried, body, b);
}

SmallVector<Value> aimc::onnx::whileTrue(ValueRange carried, llvm::function_ref<Value(ValueRange)> condition,
                                         llvm::function_ref<SmallVector<Value>(ValueRange)> body, Lowering &b) {
  auto loop = scf::WhileOp::create(
      b, carried.getTypes(), carried,
      [&](OpBuilder &nested, Location, ValueRange arguments) {
        OpBuilder::InsertionGuard guard(b);
        b.restoreInsertionPoint(nested.saveInsertionPoint());
        Value go = condition(arguments);
        scf::ConditionOp::create(b, go, arguments);
      },
      [&](OpBuilder &nested, Location, ValueRange arguments) {
        OpBuilder::InsertionGuard guard(b);
        b.restoreInsertionPoint(nested.saveInsertionPoint());
        SmallVector<Value> next = body(arguments);
        scf::YieldOp::create(b, next);
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> aimc::onnx::branch(Value condition, llvm::function_ref<SmallVector<Value>()> then,
                                      llvm::function_ref<SmallVector<Value>()> otherwise, Lowering &b) {
  auto fill = [&](llvm::function_ref<SmallVector<Value>()> values) {
    return [&b, values](OpBuilder &nested, Location) {
      OpBuilder::InsertionGuard guard(b);
      b.restoreInsertionPoint(nested.saveInsertionPoint());
      SmallVector<Value> results = values();
      scf::YieldOp::create(b, results);
    };
  };
  auto op = scf::IfOp::create(b, condition, fill(then), fill(otherwise));
  return llvm::to_vector_of<Value>(op.getResults());
}

Value aimc::onnx::isBefore(Value x, Value y, Type element, bool larger, Lowering &b) {
  if (isa<FloatType>(element))
    return arith::CmpFOp::create(b, larger ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT, x, y);
  using P = arith::CmpIPredicate;
  bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
  return arith::CmpIOp::create(b, isUnsigned ? (larger ? P::ugt : P::ult) : (larger ? P::sgt : P::slt), x, y);
}

Value aimc::onnx::combineBy(StringRef reduction, Value x, Value y, Type element, Lowering &b) {
  bool isFloat = isa<FloatType>(element);
  if (reduction == "add")
    return isFloat ? Value(arith::AddFOp::create(b, x, y)) : Value(arith::AddIOp::create(b, x, y));
  if (reduction == "mul")
    return isFloat ? Value(arith::MulFOp::create(b, x, y)) : Value(arith::MulIOp::create(b, x, y));
  if (reduction == "max" || reduction == "min")
    return arith::SelectOp::create(b, isBefore(x, y, element, reduction == "max", b), x, y);
  return y;
}

Value aimc::onnx::toIndex(Value scalar, Type element, Lowering &b) {
  if (scalar.getType().isIndex())
    return scalar;
  Value wide = castScalar(b, scalar, element, b.getI64Type());
  return b.castIndex(wide, b.getIndexType());
}

Value aimc::onnx::wrapNegative(Value index, Value extent, Lowering &b) {
  Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, b.index(0));
  return arith::SelectOp::create(b, negative, arith::AddIOp::create(b, index, extent), index);
}

void aimc::onnx::expectSizes(Value tensor, ArrayRef<Size> wanted, const Twine &message, Lowering &b) {
  for (auto [own, other] : llvm::zip_equal(b.dims(tensor), wanted))
    b.expectEqual(own, other, message);
}

void aimc::onnx::expectInside(Value tensor, Value whole, int64_t axis, const Twine &message, Lowering &b) {
  for (auto [i, sizes] : llvm::enumerate(llvm::zip_equal(b.dims(tensor), b.dims(whole)))) {
    auto [own, all] = sizes;
    if (static_cast<int64_t>(i) != axis && own != all && !(getConstantIntValue(own) && getConstantIntValue(all)))
      b.expect(arith::CmpIOp::create(b, arith::CmpIPredicate::sle, b.asIndex(own), b.asIndex(all)), message);
  }
}

Value aimc::onnx::clampInto(Value index, Value extent, Lowering &b) {
  Value last = arith::SubIOp::create(b, extent, b.index(1));
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, index, last), b.index(0));
}
