//===- Passes.td - from linalg on tensors to the LLVM dialect ---------------------------------------------------===//
#ifndef AIMC_CODEGEN_PASSES
#define AIMC_CODEGEN_PASSES

include "mlir/Pass/PassBase.td"

def HostEntryPass : Pass<"host-entry", "::mlir::ModuleOp"> {
  let summary = "`@main` on tensors becomes the entry function of host code";
  let description = [{
    Arguments become `host.input`, results `host.output`, the function `@aimc_entry(env, in, out) -> i32`, and an
    `analog.dispatch` its `host.dispatch`. Nothing else of the module stays: what host code needs of crossbars is in the
    container.
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect"];
}

def HostOutlineContractionsPass : Pass<"host-outline-contractions", "::mlir::ModuleOp"> {
  let summary = "float32 contractions and convolutions become `host.contract`";
  let description = [{
    Takes every linalg operation, named or generic, whose payload is c + a·b on float32 with maps of a contraction or a
    convolution. A zero `tensor.pad` of the image becomes negative offsets in its map, a zero-filled destination an
    overwriting contraction. Contractions without an n or without a k dimension (depthwise convolutions, outer products)
    stay: loops over them vectorize.
  }];
  let options = [Option<"library", "library", "bool", "false", "let the machine's library compute them; its last bits vary">];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::tensor::TensorDialect"];
}

def HostExtractConstantsPass : Pass<"host-extract-constants", "::mlir::ModuleOp"> {
  let summary = "array constants above 1 KiB move to the container's constants section";
  let description = [{
    Each becomes a `host.constant`; equal ones share their bytes. Splats become a `linalg.fill`. The elements themselves
    are kept, uncopied, in the module attribute `host.section`.
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def HostFuseElementwisePass : Pass<"host-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "elementwise chains become one loop each";
  let description = [{
    Makes named operations generic, decomposes softmax and concatenations, and fuses an elementwise producer into its
    only user unless that would compute something expensive again for each element it is broadcast to. An elementwise
    operation then writes over an operand that nothing else needs.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::memref::MemRefDialect"];
}

def HostKeepLoopBuffersPass : Pass<"host-keep-loop-buffers", "::mlir::ModuleOp"> {
  let summary = "an array that a loop carries stays in its buffer";
  let description = [{
    Where a step's array has the shape of the one it replaces, it is written to the same place: bufferization needs no
    allocation per step.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def HostHandOverOutputsPass : Pass<"host-hand-over-outputs", "::mlir::ModuleOp"> {
  let summary = "outputs own their buffers";
  let description = [{
    An output whose buffer is an allocation that nothing else needs takes it along, its deallocation goes. Every other
    output (an input, a constant, part of another output) is copied into a new allocation.
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

def HostLowerToLoopsPass : Pass<"host-lower-to-loops", "::mlir::ModuleOp"> {
  let summary = "linalg on memrefs becomes loops; large ones run in parallel";
  let description = [{
    Dimensions that are contiguous everywhere become one. Reductions run in ascending order, accumulated in registers,
    or with the reduction outside and the contiguous dimension inside where that is what vectorizes. Leading parallel
    dimensions with enough work become a `host.parallel`; each of its iterations computes whole results, so that sharing
    never changes a bit.
  }];
  let options = [
    Option<"sequentialWork", "sequential-work", "int64_t", "65536", "loops of fewer scalar operations stay sequential">,
    Option<"grainWork", "grain-work", "int64_t", "32768", "scalar operations in one share of a parallel loop">,
  ];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def HostExpandMathPass : Pass<"host-expand-math", "::mlir::ModuleOp"> {
  let summary = "mathematical functions become arithmetic";
  let description = [{
    Every function of the `math` dialect that is no instruction, and floating-point remainders: range reduction and
    polynomials, accurate to about 1e-7 relative in float32 and 1e-14 in float64, without a call. Half-precision types
    go through float32; functions that need more digits inside than float32 has (pow, sin, …) go through float64.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def HostConvertToLLVMPass : Pass<"host-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "everything but the environment becomes the LLVM dialect";
  let description = [{
    Allocations become `host.allocate`, contractions and layers `host.call` on `aimc_buffer` structs, parallel loops
    keep their region.
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"];
}

def HostBindPass : Pass<"host-bind", "::mlir::ModuleOp"> {
  let summary = "outlines parallel loops and binds the host dialect to the environment";
  let description = [{
    The body of a `host.parallel` becomes a function over a share of its iterations, what it captures a struct.
    Afterwards every use of the environment goes through its table of functions, every failing call returns early, and a
    function that fails releases what it allocated.
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // AIMC_CODEGEN_PASSES
