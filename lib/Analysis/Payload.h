//===- Payload.h - scalar code of constant expressions, run over blocks of elements -----------------------------===//
#ifndef AIMC_ANALYSIS_PAYLOAD_H
#define AIMC_ANALYSIS_PAYLOAD_H

#include "Storage.h"
#include "aimc/Analysis/StridedView.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <functional>
#include <vector>

namespace aimc {

/// Elements that one instruction handles at a time.
constexpr int64_t kBlock = 512;

/// The registers of a running payload: each holds a block of float (f16, bf16, f32), double (f64) or sign-extended
/// int64_t (integers and index; true is -1).
class Frame {
public:
  explicit Frame(unsigned registers) : memory(new char[std::max(registers, 1u) * kBlock * sizeof(int64_t)]) {}
  template <typename T> T *get(unsigned index) {
    return reinterpret_cast<T *>(memory.get() + index * kBlock * sizeof(int64_t));
  }
  /// Set by an instruction whose operands were out of bounds.
  bool failed = false;

private:
  std::unique_ptr<char[]> memory;
};

/// Straight-line vector code made from scalar operations.
class Payload {
public:
  using Resolver = llvm::function_ref<llvm::FailureOr<StridedView>(mlir::Value)>;

  /// Whether `op` is a scalar operation (or its elementwise form on tensors) that payloads may hold.
  static bool isSupported(mlir::Operation *op);

  /// Gives `value` (a block argument or an operand) its register.
  unsigned addInput(mlir::Value value);
  /// The register that holds the index of loop `dim`; made on first use.
  unsigned getIndexRegister(unsigned dim);

  /// Compiles `op`. Operands without a register are constants from outside, asked from `resolve`.
  llvm::LogicalResult compile(mlir::Operation *op, Resolver resolve);
  /// The register of `value`, after compilation of what defines it; constants from outside through `resolve`.
  llvm::FailureOr<unsigned> lookup(mlir::Value value, Resolver resolve);

  /// A tensor read or written by a run: its address at the first iteration and its strides per loop, in elements.
  struct Operand {
    char *base;
    Storage storage;
    llvm::SmallVector<int64_t> strides;
    unsigned reg;
  };
  /// Runs the code for every iteration of the loops, outermost first. Each input is loaded before and each output
  /// stored after; an output that is also an input (an accumulator) sees its updates in loop order.
  llvm::LogicalResult run(llvm::ArrayRef<int64_t> extents, llvm::ArrayRef<Operand> inputs,
                          llvm::ArrayRef<Operand> outputs) const;

  /// Compilation interface of the instruction table.
  void setRegister(mlir::Value value, unsigned reg) { registerOf[value] = reg; }
  void emit(std::function<void(Frame &, int64_t)> kernel) { code.push_back(std::move(kernel)); }

private:
  unsigned registers = 0;
  llvm::DenseMap<mlir::Value, unsigned> registerOf;
  llvm::DenseMap<unsigned, unsigned> indexRegisters;
  std::vector<std::function<void(Frame &, int64_t)>> code;
  std::vector<std::function<void(Frame &, int64_t)>> prologue; // fills registers of constants, once
};

} // namespace aimc

#endif // AIMC_ANALYSIS_PAYLOAD_H
