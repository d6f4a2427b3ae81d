//===- Bind.cpp - parallel loops become functions, the host dialect becomes uses of the environment -------------===//
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"
#include "aimc/aimc.h"
#include "aimc/env.h"

#include <cstddef>

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTBINDPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// On the branch that closes a loop: no iteration touches what another one writes (`host-lower-to-loops`).
static constexpr llvm::StringLiteral independentAttrName = "llvm.loop_annotation";

static LLVM::LLVMPointerType pointerType(OpBuilder &b) { return LLVM::LLVMPointerType::get(b.getContext()); }

static Value constant(OpBuilder &b, Location loc, unsigned width, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getIntegerAttr(b.getIntegerType(width), value));
}

static Value loadPointer(OpBuilder &b, Location loc, Value base, size_t offset) {
  Value address =
      LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
  return LLVM::LoadOp::create(b, loc, pointerType(b), address);
}

/// Calls the function at `offset` of the environment.
static LLVM::CallOp callEnvironment(OpBuilder &b, Location loc, Value env, size_t offset, Type result,
                                    ArrayRef<Value> arguments) {
  SmallVector<Value> operands{loadPointer(b, loc, env, offset), env};
  llvm::append_range(operands, arguments);
  SmallVector<Type> types;
  for (Value operand : ArrayRef<Value>(operands).drop_front())
    types.push_back(operand.getType());
  return LLVM::CallOp::create(b, loc, LLVM::LLVMFunctionType::get(result, types), operands);
}

//===- parallel loops become functions --------------------------------------------------------------------------===//

/// Operations that a loop body repeats instead of capturing their result: two views of one buffer keep one pointer, so that the
/// optimizer sees what aliases. Addresses of constants are captured: loops of like layers are then one function.
static bool isRepeated(Operation *op) {
  if (auto address = dyn_cast_or_null<LLVM::GEPOp>(op))
    return !isa_and_nonnull<LLVM::AddressOfOp, host::ConstantsOp>(address.getBase().getDefiningOp());
  return isa_and_nonnull<LLVM::ConstantOp, LLVM::ExtractValueOp, LLVM::InsertValueOp, LLVM::UndefOp, LLVM::PoisonOp,
                         LLVM::ZeroOp>(op);
}

/// The value inside the body: captured, or computed again from captured ones.
static void bring(Value value, IRMapping &mapping, OpBuilder &b, SmallVectorImpl<Value> &captured) {
  if (mapping.contains(value))
    return;
  Operation *op = value.getDefiningOp();
  if (!isRepeated(op)) {
    captured.push_back(value);
    // The load that replaces this operand is emitted when the list is complete.
    mapping.map(value, LLVM::PoisonOp::create(b, value.getLoc(), value.getType()).getResult());
    return;
  }
  for (Value operand : op->getOperands())
    bring(operand, mapping, b, captured);
  b.clone(*op, mapping);
}

/// The context of a loop's function: a struct of what its body captures. The address of one field.
static Value fieldOf(OpBuilder &b, Location loc, Type contextType, Value context, size_t field) {
  return LLVM::GEPOp::create(b, loc, pointerType(b), contextType, context,
                             ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(field)});
}

/// An empty function (env, context, begin, end) -> status behind `parent`.
static LLVM::LLVMFuncOp createLoopFunction(OpBuilder &b, LLVM::LLVMFuncOp parent, Location loc, unsigned number) {
  Type pointer = pointerType(b), i64 = b.getI64Type();
  b.setInsertionPointAfter(parent);
  auto function = LLVM::LLVMFuncOp::create(b, loc, (parent.getName() + "_loop_" + Twine(number)).str(),
                                           LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer, pointer, i64, i64}),
                                           LLVM::Linkage::Internal);
  function.setNoInline(true); // called here and by the pool: one body serves both
  function.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  function.addEntryBlock(b);
  return function;
}

/// Loads the captured values in place of their stand-ins.
static void loadCaptured(OpBuilder &b, Location loc, Type contextType, Value context, ArrayRef<Value> captured,
                         IRMapping &mapping) {
  for (auto [field, value] : llvm::enumerate(captured)) {
    Operation *standIn = mapping.lookup(value).getDefiningOp();
    b.setInsertionPoint(standIn);
    Value loaded = LLVM::LoadOp::create(b, loc, value.getType(), fieldOf(b, loc, contextType, context, field));
    standIn->getResult(0).replaceAllUsesWith(loaded);
    mapping.map(value, loaded);
    standIn->erase();
  }
}

/// Fills the function: for (i = begin; i < end; ++i) body. Takes the body away from `loop`.
static void moveBody(OpBuilder &b, host::ParallelOp loop, LLVM::LLVMFuncOp function) {
  Location loc = loop.getLoc();
  Region &region = function.getBody();
  Block *entry = &region.front();
  Value begin = entry->getArgument(2), end = entry->getArgument(3);
  Block *header = b.createBlock(&region, region.end(), b.getI64Type(), loc);
  Block *first = &loop.getBody().front();
  region.getBlocks().splice(region.end(), loop.getBody().getBlocks());
  Block *exit = b.createBlock(&region, region.end());
  b.setInsertionPointToEnd(entry);
  LLVM::BrOp::create(b, loc, ValueRange{begin}, header);
  b.setInsertionPointToEnd(header);
  Value index = header->getArgument(0);
  Value more = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, index, end);
  LLVM::CondBrOp::create(b, loc, more, first, exit);
  first->getArgument(0).replaceAllUsesWith(index);
  first->eraseArgument(0);
  function.walk([&](host::YieldOp yield) {
    b.setInsertionPoint(yield);
    Value next = LLVM::AddOp::create(b, loc, index, constant(b, loc, 64, 1), LLVM::IntegerOverflowFlags::nsw);
    auto back = LLVM::BrOp::create(b, loc, ValueRange{next}, header);
    back->setAttr(independentAttrName, b.getUnitAttr());
    yield.erase();
  });
  b.setInsertionPointToEnd(exit);
  LLVM::ReturnOp::create(b, loc, constant(b, loc, 32, 0));
  // Stack memory of the body is the function's, not an iteration's.
  for (LLVM::AllocaOp alloca : llvm::to_vector(first->getOps<LLVM::AllocaOp>()))
    if (auto size = alloca.getArraySize().getDefiningOp<LLVM::ConstantOp>()) {
      size->moveBefore(entry->getTerminator());
      alloca->moveBefore(entry->getTerminator());
    }
}

/// Calls the function in place of `loop`, with a context on the stack: short loops run here, longer ones on all threads.
static void callFunction(OpBuilder &b, host::ParallelOp loop, LLVM::LLVMFuncOp function, Type contextType,
                         ArrayRef<Value> captured) {
  auto parent = loop->getParentOfType<LLVM::LLVMFuncOp>();
  Location loc = loop.getLoc();
  Type i32 = b.getI32Type();
  b.setInsertionPointToStart(&parent.getBody().front());
  Value frame = LLVM::AllocaOp::create(b, loc, pointerType(b), contextType, constant(b, loc, 64, 1));
  b.setInsertionPoint(loop);
  for (auto [field, value] : llvm::enumerate(captured))
    LLVM::StoreOp::create(b, loc, value, fieldOf(b, loc, contextType, frame, field));
  Value env = parent.getArgument(0);
  Value isShort = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::sle, loop.getCount(), loop.getGrain());
  Block *before = loop->getBlock();
  Block *after = before->splitBlock(std::next(loop->getIterator()));
  Block *here = b.createBlock(after), *shared = b.createBlock(after), *join = b.createBlock(after, i32, loc);
  b.setInsertionPointToEnd(before);
  LLVM::CondBrOp::create(b, loc, isShort, here, shared);
  b.setInsertionPointToEnd(here);
  auto direct = LLVM::CallOp::create(b, loc, function, ValueRange{env, frame, constant(b, loc, 64, 0), loop.getCount()});
  LLVM::BrOp::create(b, loc, direct.getResults(), join);
  b.setInsertionPointToEnd(shared);
  Value body = LLVM::AddressOfOp::create(b, loc, function);
  auto call =
      callEnvironment(b, loc, env, offsetof(aimc_env, parallel_for), i32, {body, frame, loop.getCount(), loop.getGrain()});
  LLVM::BrOp::create(b, loc, call.getResults(), join);
  b.setInsertionPointToEnd(join);
  host::CheckOp::create(b, loc, join->getArgument(0));
  LLVM::BrOp::create(b, loc, ValueRange{}, after);
}

/// The loop's body becomes a function of its own, the loop a call.
static void outline(host::ParallelOp loop, unsigned number) {
  auto parent = loop->getParentOfType<LLVM::LLVMFuncOp>();
  Location loc = loop.getLoc();
  OpBuilder b(loop.getContext());
  LLVM::LLVMFuncOp function = createLoopFunction(b, parent, loc, number);
  Block *entry = &function.getBody().front();

  llvm::SetVector<Value> outside;
  getUsedValuesDefinedAbove(loop.getBody(), outside);
  IRMapping mapping;
  mapping.map(parent.getArgument(0), entry->getArgument(0));
  SmallVector<Value> captured;
  b.setInsertionPointToEnd(entry);
  for (Value value : outside)
    bring(value, mapping, b, captured);
  auto contextType = LLVM::LLVMStructType::getLiteral(
      b.getContext(), llvm::map_to_vector(captured, [](Value value) -> Type { return value.getType(); }));
  loadCaptured(b, loc, contextType, entry->getArgument(1), captured, mapping);
  moveBody(b, loop, function);
  for (Value value : outside)
    replaceAllUsesInRegionWith(value, mapping.lookup(value), function.getBody());
  callFunction(b, loop, function, contextType, captured);
  loop.erase();
}

//===- loops without overlap ------------------------------------------------------------------------------------===//

/// The blocks of the loop that `back` closes.
static llvm::SetVector<Block *> loopBlocks(LLVM::BrOp back) {
  llvm::SetVector<Block *> blocks;
  blocks.insert(back.getDest());
  SmallVector<Block *> work{back->getBlock()};
  while (!work.empty()) {
    Block *block = work.pop_back_val();
    if (blocks.insert(block))
      llvm::append_range(work, block->getPredecessors());
  }
  return blocks;
}

template <typename OpTy> static void addToGroup(OpTy access, LLVM::AccessGroupAttr group) {
  SmallVector<Attribute> groups{group};
  if (ArrayAttr others = access.getAccessGroupsAttr())
    llvm::append_range(groups, others);
  access.setAccessGroupsAttr(ArrayAttr::get(access.getContext(), groups));
}

/// Tells LLVM which loops have independent iterations, in its own terms.
static void annotate(LLVM::LLVMFuncOp function) {
  function.walk([](LLVM::BrOp back) {
    if (!back->removeAttr(independentAttrName))
      return;
    auto group = LLVM::AccessGroupAttr::get(back.getContext());
    for (Block *block : loopBlocks(back))
      for (Operation &op : *block) {
        if (auto load = dyn_cast<LLVM::LoadOp>(op))
          addToGroup(load, group);
        else if (auto store = dyn_cast<LLVM::StoreOp>(op))
          addToGroup(store, group);
      }
    back.setLoopAnnotationAttr(LLVM::LoopAnnotationAttr::get(back.getContext(), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                                                             {}, {}, ArrayRef(group)));
  });
}

//===- uses of the environment ----------------------------------------------------------------------------------===//

namespace {
/// Rewrites one function.
class Binder {
public:
  Binder(LLVM::LLVMFuncOp function, SymbolTable &symbols)
      : function(function), symbols(symbols), b(function.getContext()), env(function.getArgument(0)) {}
  void run();

private:
  void bind(host::CallOp op);
  void bind(host::CheckOp op) {
    returnIfFailed(op.getLoc(), op, op.getStatus());
    op.erase();
  }
  void bind(host::AllocateOp op);
  void bind(host::ReleaseOp op);
  void bind(host::DisownOp op);
  void bind(host::BufferOp op);
  void bind(host::ConstantsOp op);
  void bind(cf::AssertOp op);
  void bind(host::ExpectOp op);
  /// Splits before `op`: where `condition` does not hold the function returns the status that `fail` makes.
  void failUnless(Operation *op, Value condition, StringRef text, llvm::function_ref<LLVM::CallOp(Value text)> fail);
  /// Splits after `op`: the function goes on when `status` is 0.
  void returnIfFailed(Location loc, Operation *op, Value status);
  Block *failureBlock();
  Value ownedList();
  LLVM::LLVMFuncOp support(StringRef name, Type result, ArrayRef<Type> arguments);
  LLVM::GlobalOp message(StringRef text, Location loc);

  LLVM::LLVMFuncOp function;
  SymbolTable &symbols;
  OpBuilder b;
  Value env, list;
  Block *failureTarget = nullptr;
};
} // namespace

/// A function of the support module that is linked to every object.
LLVM::LLVMFuncOp Binder::support(StringRef name, Type result, ArrayRef<Type> arguments) {
  if (auto found = symbols.lookup<LLVM::LLVMFuncOp>(name))
    return found;
  OpBuilder at(function.getContext());
  auto declared = LLVM::LLVMFuncOp::create(at, function.getLoc(), name, LLVM::LLVMFunctionType::get(result, arguments));
  symbols.insert(declared);
  return declared;
}

/// Head of the list of what this function allocated and still owns.
Value Binder::ownedList() {
  if (list)
    return list;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&function.getBody().front());
  Location loc = function.getLoc();
  list = LLVM::AllocaOp::create(b, loc, pointerType(b), pointerType(b), constant(b, loc, 64, 2));
  Value second = LLVM::GEPOp::create(b, loc, pointerType(b), pointerType(b), list, ArrayRef<LLVM::GEPArg>{1});
  LLVM::StoreOp::create(b, loc, list, list);
  LLVM::StoreOp::create(b, loc, list, second);
  return list;
}

Block *Binder::failureBlock() {
  if (failureTarget)
    return failureTarget;
  OpBuilder::InsertionGuard guard(b);
  failureTarget = b.createBlock(&function.getBody(), function.getBody().end(), b.getI32Type(), function.getLoc());
  return failureTarget;
}

void Binder::returnIfFailed(Location loc, Operation *op, Value status) {
  Block *block = op->getBlock();
  Block *rest = block->splitBlock(std::next(op->getIterator()));
  b.setInsertionPointToEnd(block);
  Value good = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, status, constant(b, loc, 32, 0));
  LLVM::CondBrOp::create(b, loc, good, rest, ValueRange{}, failureBlock(), ValueRange{status},
                         std::pair<uint32_t, uint32_t>(1000, 1));
}

void Binder::bind(host::CallOp op) {
  const size_t offsets[] = {offsetof(aimc_env, dispatch), offsetof(aimc_env, contract), offsetof(aimc_env, dispatch_finish)};
  size_t offset = offsets[static_cast<uint32_t>(op.getFunction())];
  b.setInsertionPoint(op);
  SmallVector<Value> operands(op.getOperands());
  auto call = callEnvironment(b, op.getLoc(), env, offset, b.getI32Type(), operands);
  returnIfFailed(op.getLoc(), op, call.getResult());
  op.erase();
}

void Binder::bind(host::AllocateOp op) {
  Location loc = op.getLoc();
  auto allocate = support("aimc_host_allocate", pointerType(b), {pointerType(b), pointerType(b), b.getI64Type()});
  Value owned = ownedList();
  b.setInsertionPoint(op);
  auto call = LLVM::CallOp::create(b, loc, allocate, ValueRange{env, owned, op.getBytes()});
  Value null = LLVM::ZeroOp::create(b, loc, pointerType(b));
  Value none = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, call.getResult(), null);
  Value status = LLVM::SelectOp::create(b, loc, none, constant(b, loc, 32, AIMC_OUT_OF_MEMORY), constant(b, loc, 32, 0));
  returnIfFailed(loc, op, status);
  op.replaceAllUsesWith(call.getResult());
  op.erase();
}

void Binder::bind(host::ReleaseOp op) {
  auto release = support("aimc_host_release", LLVM::LLVMVoidType::get(b.getContext()), {pointerType(b), pointerType(b)});
  b.setInsertionPoint(op);
  LLVM::CallOp::create(b, op.getLoc(), release, ValueRange{env, op.getAllocation()});
  op.erase();
}

void Binder::bind(host::DisownOp op) {
  auto disown = support("aimc_host_disown", pointerType(b), {pointerType(b)});
  b.setInsertionPoint(op);
  auto call = LLVM::CallOp::create(b, op.getLoc(), disown, ValueRange{op.getAllocation()});
  op.replaceAllUsesWith(call.getResult());
  op.erase();
}

void Binder::bind(host::BufferOp op) {
  b.setInsertionPoint(op);
  Value array = function.getArgument(op.getOutput() ? 2 : 1);
  int64_t offset = op.getIndex() * sizeof(aimc_buffer);
  op.replaceAllUsesWith(LLVM::GEPOp::create(b, op.getLoc(), pointerType(b), b.getI8Type(), array,
                                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)})
                            .getResult());
  op.erase();
}

void Binder::bind(host::ConstantsOp op) {
  b.setInsertionPoint(op);
  op.replaceAllUsesWith(loadPointer(b, op.getLoc(), env, offsetof(aimc_env, constants)));
  op.erase();
}

LLVM::GlobalOp Binder::message(StringRef text, Location loc) {
  std::string bytes = text.str();
  bytes.push_back('\0');
  OpBuilder at(function.getContext());
  auto global = LLVM::GlobalOp::create(at, loc, LLVM::LLVMArrayType::get(at.getI8Type(), bytes.size()), /*isConstant=*/true,
                                       LLVM::Linkage::Private, "message", at.getStringAttr(bytes));
  symbols.insert(global);
  return global;
}

void Binder::failUnless(Operation *op, Value condition, StringRef text, llvm::function_ref<LLVM::CallOp(Value)> fail) {
  Location loc = op->getLoc();
  Block *block = op->getBlock();
  Block *rest = block->splitBlock(std::next(op->getIterator()));
  Block *broken = b.createBlock(rest);
  LLVM::CallOp call = fail(LLVM::AddressOfOp::create(b, loc, message(text, loc)));
  LLVM::BrOp::create(b, loc, call.getResults(), failureBlock());
  b.setInsertionPointToEnd(block);
  LLVM::CondBrOp::create(b, loc, condition, rest, broken);
  op->erase();
}

void Binder::bind(cf::AssertOp op) {
  Location loc = op.getLoc();
  failUnless(op, op.getArg(), op.getMsg(), [&](Value text) {
    return callEnvironment(b, loc, env, offsetof(aimc_env, fail), b.getI32Type(), {constant(b, loc, 32, AIMC_FAILED), text});
  });
}

void Binder::bind(host::ExpectOp op) {
  Location loc = op.getLoc();
  failUnless(op, op.getCondition(), op.getMessage(), [&](Value text) {
    Value count = constant(b, loc, 64, op.getValues().size());
    Value values = LLVM::AllocaOp::create(b, loc, pointerType(b), b.getI64Type(), count);
    for (auto [i, value] : llvm::enumerate(op.getValues())) {
      Value slot =
          LLVM::GEPOp::create(b, loc, pointerType(b), b.getI64Type(), values, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
      LLVM::StoreOp::create(b, loc, value, slot);
    }
    return callEnvironment(b, loc, env, offsetof(aimc_env, fail_with), b.getI32Type(),
                           {text, values, constant(b, loc, 32, op.getValues().size())});
  });
}

void Binder::run() {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops)
    llvm::TypeSwitch<Operation *>(op)
        .Case<host::CallOp, host::CheckOp, host::AllocateOp, host::ReleaseOp, host::DisownOp, host::BufferOp, host::ConstantsOp,
              host::ExpectOp, cf::AssertOp>([&](auto use) { bind(use); });
  if (!failureTarget)
    return;
  b.setInsertionPointToEnd(failureTarget);
  Location loc = function.getLoc();
  if (list) {
    auto cleanup = support("aimc_host_release_all", LLVM::LLVMVoidType::get(b.getContext()), {pointerType(b), pointerType(b)});
    LLVM::CallOp::create(b, loc, cleanup, ValueRange{env, list});
  }
  LLVM::ReturnOp::create(b, loc, failureTarget->getArgument(0));
}

namespace {
struct HostBindPass : codegen::impl::HostBindPassBase<HostBindPass> {
  void runOnOperation() override {
    SmallVector<host::ParallelOp> loops;
    getOperation().walk([&](host::ParallelOp loop) { loops.push_back(loop); });
    for (auto [number, loop] : llvm::enumerate(loops))
      outline(loop, number);
    SymbolTable symbols(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (!function.isExternal()) {
        annotate(function);
        Binder(function, symbols).run();
      }
  }
};
} // namespace
