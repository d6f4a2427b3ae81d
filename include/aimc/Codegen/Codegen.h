//===- Codegen.h - from linalg on tensors to an ELF shared object -----------------------------------------------===//
#ifndef AIMC_CODEGEN_CODEGEN_H
#define AIMC_CODEGEN_CODEGEN_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <cstdint>
#include <string>
#include <vector>

namespace aimc::codegen {

/// Module attribute that holds the container's constants in order.
inline constexpr llvm::StringLiteral constantsAttrName = "host.section";

/// One entry of the container's contraction table (`Contraction` in aimc.fbs). Maps are over all dims: batch, m, n, k.
struct Contraction {
  std::string node;
  unsigned batchDims, mDims, nDims, kDims;
  mlir::AffineMap a, b, c;
  bool accumulate, library;
  mlir::Type elementType;
};

/// A piece of the container's constants section; gaps between pieces are zero. `bytes` belongs to the MLIR context or to
/// `owned`, and stays valid as long as both.
struct Constant {
  uint64_t offset;
  llvm::ArrayRef<char> bytes;
  std::vector<char> owned;
};

/// Offsets and sums of products: `index = offsets[axis] + Σ coefficients[axis * dims + d] · d`, as the container writes maps.
struct LinearMap {
  std::vector<int64_t> offsets, coefficients;
};
LinearMap linearize(mlir::AffineMap map);

/// The contractions of a module in the order of their indices.
std::vector<Contraction> collectContractions(mlir::ModuleOp module);
/// The constants that `host-extract-constants` moved out of a module.
mlir::FailureOr<std::vector<Constant>> collectConstants(mlir::ModuleOp module);

struct HostOptions {
  bool libraryContractions = false; // through the machine's library, whose last bits vary
};

/// The host program in the LLVM dialect, and the tables beside it. Independent of the machine.
struct HostProgram {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<Contraction> contractions;
  std::vector<Constant> constants;
};

/// Adds the passes from linalg on tensors to loops on memrefs.
void buildHostLoopsPipeline(mlir::OpPassManager &pm, const HostOptions &options = {});
/// Adds the passes from there to the LLVM dialect, bound to the environment.
void buildHostLLVMPipeline(mlir::OpPassManager &pm);
/// Both; registered as `host-pipeline`.
void buildHostPipeline(mlir::OpPassManager &pm, const HostOptions &options = {});
void registerHostPipeline();

/// Lowers `@main` of `module`, which stays as it is. Diagnostics say what cannot be compiled.
mlir::FailureOr<HostProgram> lowerHost(mlir::ModuleOp module, const HostOptions &options = {});

struct HostTarget {
  std::string triple; // empty: x86_64-unknown-linux-gnu, or what this machine is
  std::string cpu;    // empty: x86-64-v3 or generic (armv8-a)
};

/// Whether host code can be made for `target`, to be asked before the work; otherwise emits an error that names what is
/// unknown.
mlir::LogicalResult checkHostTarget(HostTarget target, mlir::MLIRContext &context);

struct HostObject {
  std::string triple, cpu;
  std::vector<std::string> features; // needed at load, by LLVM's names
  std::vector<char> elf;             // a shared object that exports aimc_entry and needs nothing
};

/// Optimizes, assembles and links. Errors name the symbol that remained undefined, or what checkHostTarget does.
mlir::FailureOr<HostObject> emitHostObject(const HostProgram &program, const HostTarget &target = {});

} // namespace aimc::codegen

#endif // AIMC_CODEGEN_CODEGEN_H
