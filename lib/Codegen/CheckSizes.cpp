//===- CheckSizes.cpp - sizes that only a run knows are checked before memory is accessed by them ----------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

#include "llvm/ADT/TypeSwitch.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTCHECKSIZESPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;
using Predicate = arith::CmpIPredicate;

/// Whether an index cannot be negative: it counts something, or is made of such numbers. The number of an iteration counts
/// from a bound that cannot be negative either.
static bool isCount(Value value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant >= 0;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && argument == loop.getInductionVar() && isCount(loop.getLowerBound());
  }
  Operation *op = value.getDefiningOp();
  if (isa<memref::DimOp>(op))
    return true;
  if (isa<arith::MaxSIOp>(op))
    return llvm::any_of(op->getOperands(), isCount);
  if (auto choice = dyn_cast<arith::SelectOp>(op))
    return isCount(choice.getTrueValue()) && isCount(choice.getFalseValue());
  return isa<arith::AddIOp, arith::MulIOp, arith::DivSIOp, arith::DivUIOp, arith::MinSIOp, arith::RemSIOp>(op) &&
         llvm::all_of(op->getOperands(), isCount);
}

/// Whether two indices are seen to be equal: one value, the same constant, or a dimension of one array.
static bool isSame(Value a, Value b) {
  std::optional<int64_t> left = getConstantIntValue(a), right = getConstantIntValue(b);
  auto one = a.getDefiningOp<memref::DimOp>(), other = b.getDefiningOp<memref::DimOp>();
  return a == b || (left && left == right) ||
         (one && other && one.getSource() == other.getSource() && isSame(one.getIndex(), other.getIndex()));
}

namespace {
/// Puts expectations before one operation.
class Checks {
public:
  explicit Checks(Operation *op) : b(op->getLoc(), op) {
    auto name = op->getLoc()->findInstanceOf<NameLoc>();
    node = (name ? name.getName().getValue() : op->getName().getStringRef()).str();
  }

  void check(linalg::LinalgOp op);
  void check(memref::CopyOp op);
  void check(memref::SubViewOp op);
  void check(memref::ReshapeOp op);
  void check(memref::ExpandShapeOp op);
  void check(memref::CastOp op);
  void check(memref::AllocOp op);

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value asValue(OpFoldResult size) { return getValueOrCreateConstantIndexOp(b, b.getLoc(), size); }
  Value compare(Predicate predicate, Value left, Value right) { return b.createOrFold<arith::CmpIOp>(predicate, left, right); }
  Value both(Value left, Value right) { return b.createOrFold<arith::AndIOp>(left, right); }
  Value either(Value left, Value right) { return b.createOrFold<arith::OrIOp>(left, right); }
  Value product(ValueRange factors);
  Value dim(Value array, int64_t axis);
  void expect(Value condition, const Twine &message, ValueRange values);
  Value anyIsZero(ValueRange sizes);
  void expectEqual(Value one, Value other, Value nothing);
  void expectCount(Value size, const Twine &what);
  void expectWithin(AffineExpr position, ArrayRef<Value> extents, Value nothing, Value size, const Twine &what);

  ImplicitLocOpBuilder b;
  std::string node;
};
} // namespace

Value Checks::product(ValueRange factors) {
  Value result = index(1);
  for (Value factor : factors)
    result = b.createOrFold<arith::MulIOp>(result, factor);
  return result;
}

/// Size of a dimension, as the value that the array was made with where that is known.
Value Checks::dim(Value array, int64_t axis) {
  auto type = cast<MemRefType>(array.getType());
  if (!type.isDynamicDim(axis))
    return index(type.getDimSize(axis));
  Operation *op = array.getDefiningOp();
  if (auto alloc = dyn_cast_or_null<memref::AllocOp>(op))
    return alloc.getDynamicSizes()[type.getDynamicDimIndex(axis)];
  if (auto view = dyn_cast_or_null<memref::CastOp>(op))
    return dim(view.getSource(), axis);
  if (auto view = dyn_cast_or_null<memref::ExpandShapeOp>(op))
    return asValue(view.getMixedOutputShape()[axis]);
  if (auto view = dyn_cast_or_null<memref::CollapseShapeOp>(op)) {
    SmallVector<Value> group;
    const ReassociationIndices sources = view.getReassociationIndices()[axis];
    for (int64_t source : sources)
      group.push_back(dim(view.getSrc(), source));
    return product(group);
  }
  if (auto view = dyn_cast_or_null<memref::SubViewOp>(op)) {
    llvm::SmallBitVector dropped = view.getDroppedDims();
    for (auto [i, size] : llvm::enumerate(view.getMixedSizes()))
      if (!dropped.test(i) && axis-- == 0)
        return asValue(size);
  }
  return memref::DimOp::create(b, array, axis);
}

void Checks::expect(Value condition, const Twine &message, ValueRange values) {
  if (!matchPattern(condition, m_One()))
    host::ExpectOp::create(b, condition, b.getStringAttr(node + ": " + message), values);
}

Value Checks::anyIsZero(ValueRange sizes) {
  Value any = arith::ConstantIntOp::create(b, b.getI1Type(), 0);
  for (Value size : sizes)
    any = either(any, compare(Predicate::eq, size, index(0)));
  return any;
}

/// The sizes of an access are equal, or it touches nothing.
void Checks::expectEqual(Value one, Value other, Value nothing) {
  expect(either(nothing, compare(Predicate::eq, one, other)), "sizes {} and {} must be equal", {one, other});
}

void Checks::expectCount(Value size, const Twine &what) {
  if (!isCount(size))
    expect(compare(Predicate::sge, size, index(0)), what + " of {} elements", {size});
}

/// The linear `position` of loops over `extents` stays in [0, size), or some extent is 0 (`nothing`).
void Checks::expectWithin(AffineExpr position, ArrayRef<Value> extents, Value nothing, Value size, const Twine &what) {
  // The least and the largest value: a loop counts for one of them, depending on the sign of its factor.
  AffineMap map = AffineMap::get(extents.size(), 0, position);
  SmallVector<int64_t> point(extents.size(), 0);
  const int64_t origin = map.compose(point)[0];
  Value least = index(origin), most = least;
  for (auto [i, extent] : llvm::enumerate(extents)) {
    if (!position.isFunctionOfDim(i))
      continue;
    point[i] = 1;
    const int64_t factor = map.compose(point)[0] - origin;
    point[i] = 0;
    Value last = b.createOrFold<arith::SubIOp>(extent, index(1));
    Value &end = factor > 0 ? most : least;
    end = b.createOrFold<arith::AddIOp>(end, b.createOrFold<arith::MulIOp>(last, index(factor)));
  }
  Value good = both(compare(Predicate::sge, least, index(0)), compare(Predicate::slt, most, size));
  if (!matchPattern(good, m_One()))
    expect(either(nothing, good), what, {least, most, size});
}

/// Arrays that the payload reads by an index of its own.
static llvm::SetVector<Value> arraysOfPayload(linalg::LinalgOp op) {
  llvm::SetVector<Value> arrays;
  op.getBlock()->walk([&](memref::LoadOp load) {
    if (load.getMemRef().getParentRegion()->isProperAncestor(op.getBlock()->getParent()))
      arrays.insert(load.getMemRef());
  });
  return arrays;
}

void Checks::check(linalg::LinalgOp op) {
  SmallVector<Value> extents(op.getNumLoops());
  // A loop's extent is the first dimension that is its own.
  struct Rest {
    AffineExpr position;
    Value array;
    int64_t axis;
  };
  SmallVector<Rest> rest;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    for (auto [axis, position] : llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(position);
      if (loop && !extents[loop.getPosition()])
        extents[loop.getPosition()] = dim(operand.get(), axis);
      else
        rest.push_back({position, operand.get(), static_cast<int64_t>(axis)});
    }
  }
  if (llvm::any_of(extents, [](Value extent) { return !extent; }))
    return; // the verifier of linalg refuses such operations
  auto isStatic = [](Value size) { return getConstantIntValue(size).has_value(); };
  Value nothing;
  auto someExtentIsZero = [&] { return nothing ? nothing : nothing = anyIsZero(extents); };
  for (const Rest &use : rest) {
    Value size = dim(use.array, use.axis);
    if (auto loop = dyn_cast<AffineDimExpr>(use.position)) {
      Value extent = extents[loop.getPosition()];
      if (!isSame(size, extent) && !(isStatic(size) && isStatic(extent)))
        expectEqual(size, extent, someExtentIsZero());
      continue;
    }
    if (!host::isLinear(AffineMap::get(extents.size(), 0, use.position)))
      continue;
    bool known = isStatic(size);
    for (auto [i, extent] : llvm::enumerate(extents))
      known &= isStatic(extent) || !use.position.isFunctionOfDim(i);
    if (!known)
      expectWithin(use.position, extents, someExtentIsZero(), size,
                   "elements {} to {} are needed of an array that has {} (dimension " + Twine(use.axis) + ")");
  }
  for (Value array : arraysOfPayload(op))
    for (int64_t axis = 0, rank = cast<MemRefType>(array.getType()).getRank(); axis < rank; ++axis) {
      Value size = dim(array, axis);
      if (!isStatic(size))
        expect(either(someExtentIsZero(), compare(Predicate::sgt, size, index(0))),
               "elements are chosen from an array that has {} of them in dimension " + Twine(axis), {size});
    }
}

void Checks::check(memref::CopyOp op) {
  SmallVector<Value> from, to;
  for (int64_t axis = 0, rank = cast<MemRefType>(op.getTarget().getType()).getRank(); axis < rank; ++axis) {
    from.push_back(dim(op.getSource(), axis));
    to.push_back(dim(op.getTarget(), axis));
  }
  for (auto [source, target] : llvm::zip_equal(from, to))
    if (!isSame(source, target))
      expectEqual(source, target, anyIsZero(from));
}

/// Whether `offset` counts the iterations of a loop over all of `size`, one element each.
static bool runsOver(Value offset, OpFoldResult count, Value size) {
  auto argument = dyn_cast<BlockArgument>(offset);
  auto loop = argument ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp()) : scf::ForOp();
  return loop && argument == loop.getInductionVar() && getConstantIntValue(count) == 1 && isSame(loop.getUpperBound(), size) &&
         isCount(loop.getLowerBound());
}

void Checks::check(memref::SubViewOp op) {
  auto parts = llvm::zip_equal(op.getMixedOffsets(), op.getMixedSizes(), op.getMixedStrides());
  for (auto [axis, part] : llvm::enumerate(parts)) {
    auto [offset, size, stride] = part;
    auto type = cast<MemRefType>(op.getSource().getType());
    bool known = getConstantIntValue(offset) && getConstantIntValue(size) && getConstantIntValue(stride);
    if (known && !type.isDynamicDim(axis))
      continue;
    Value all = dim(op.getSource(), axis), first = asValue(offset), count = asValue(size), step = asValue(stride);
    if ((getConstantIntValue(offset) == 0 && getConstantIntValue(stride) == 1 && isSame(count, all)) ||
        runsOver(first, size, all))
      continue;
    expectCount(count, "a part (dimension " + Twine(axis) + ")");
    Value last = b.createOrFold<arith::SubIOp>(count, index(1));
    last = b.createOrFold<arith::AddIOp>(first, b.createOrFold<arith::MulIOp>(last, step));
    auto within = [&](Value at) {
      Value below = compare(Predicate::slt, at, all);
      return isCount(at) ? below : both(below, compare(Predicate::sge, at, index(0)));
    };
    Value good = both(within(first), within(last));
    if (!matchPattern(good, m_One()))
      expect(either(compare(Predicate::eq, count, index(0)), good),
             "elements {} to {} are taken of an array that has {} (dimension " + Twine(axis) + ")", {first, last, all});
  }
}

void Checks::check(memref::ReshapeOp op) {
  SmallVector<Value> from, to;
  for (int64_t axis = 0, rank = cast<MemRefType>(op.getSource().getType()).getRank(); axis < rank; ++axis)
    from.push_back(dim(op.getSource(), axis));
  auto shape = cast<MemRefType>(op.getShape().getType());
  if (!shape.hasStaticShape())
    return;
  for (int64_t i = 0; i < shape.getDimSize(0); ++i) {
    Value size = memref::LoadOp::create(b, op.getShape(), ValueRange{index(i)});
    to.push_back(shape.getElementType().isIndex() ? size : arith::IndexCastOp::create(b, b.getIndexType(), size));
  }
  for (Value size : to)
    expectCount(size, "a shape with a dimension");
  Value before = product(from), after = product(to);
  expect(compare(Predicate::eq, before, after), "{} elements do not fill a shape of {}", {before, after});
}

void Checks::check(memref::ExpandShapeOp op) {
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  for (auto [axis, group] : llvm::enumerate(op.getReassociationIndices())) {
    if (llvm::all_of(group, [&](int64_t i) { return getConstantIntValue(sizes[i]).has_value(); }) &&
        !cast<MemRefType>(op.getSrc().getType()).isDynamicDim(axis))
      continue;
    SmallVector<Value> parts;
    for (int64_t i : group) {
      parts.push_back(asValue(sizes[i]));
      expectCount(parts.back(), "a shape with a dimension");
    }
    Value before = dim(op.getSrc(), axis), after = product(parts);
    expect(compare(Predicate::eq, before, after), "{} elements do not fill a shape of {}", {before, after});
  }
}

void Checks::check(memref::CastOp op) {
  auto from = dyn_cast<MemRefType>(op.getSource().getType()), to = dyn_cast<MemRefType>(op.getType());
  for (int64_t axis = 0; from && to && axis < to.getRank(); ++axis)
    if (from.isDynamicDim(axis) && !to.isDynamicDim(axis)) {
      Value size = dim(op.getSource(), axis), declared = index(to.getDimSize(axis));
      expect(compare(Predicate::eq, size, declared), "{} elements in dimension " + Twine(axis) + " where {} are declared",
             {size, declared});
    }
}

void Checks::check(memref::AllocOp op) {
  for (Value size : op.getDynamicSizes())
    expectCount(size, "an array with a dimension");
}

namespace {
struct HostCheckSizesPass : codegen::impl::HostCheckSizesPassBase<HostCheckSizesPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      llvm::TypeSwitch<Operation *>(op)
          .Case<memref::CopyOp, memref::SubViewOp, memref::ReshapeOp, memref::ExpandShapeOp, memref::CastOp, memref::AllocOp,
                linalg::LinalgOp>([&](auto access) { Checks(op).check(access); });
  }
};
} // namespace
