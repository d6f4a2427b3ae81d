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

    ```mlir
    func.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
      %x = host.input 0 : tensor<?x3xf32>
      %y = host.dispatch 0 ins(%x : tensor<?x3xf32>) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
      host.output 0, %y : tensor<?x2xf32>
      …
    }
    ```
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

    ```mlir
    %y = linalg.matmul ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%zeros : tensor<?x4xf32>)
        -> tensor<?x4xf32> loc("fc1")
    // becomes
    %y = host.contract 0 "fc1" dims [0, 1, 1, 1] ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%e : tensor<?x4xf32>)
        {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
         c_map = affine_map<(m, n, k) -> (m, n)>} -> tensor<?x4xf32>
    ```
  }];
  let options = [Option<"library", "library", "bool", "false", "let the machine's library compute them; its last bits vary">];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::tensor::TensorDialect"];
}

def HostExtractConstantsPass : Pass<"host-extract-constants", "::mlir::ModuleOp"> {
  let summary = "Array constants above 1 KiB move to the container's constants section";
  let description = [{
    Each becomes a `host.constant`; equal ones share their bytes. Splats become a `linalg.fill`. The elements themselves
    are kept, uncopied, in the module attribute `host.section`.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<512x256xf32>
    // becomes, where another constant of 64 bytes comes first
    %w = host.constant 64 : tensor<512x256xf32>
    ```
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def HostFuseElementwisePass : Pass<"host-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "Elementwise chains become one loop each";
  let description = [{
    Makes named operations generic, decomposes softmax and concatenations, and fuses an elementwise producer into its
    only user unless that would compute something expensive again for each element it is broadcast to. An elementwise
    operation then writes over an operand that nothing else needs.

    ```mlir
    %s = linalg.add ins(%c, %bias : …) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
    %y = linalg.max ins(%s, %zeros : …) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
    // becomes one operation that writes over %c, when nothing else reads it
    %y = linalg.generic … ins(%bias : tensor<2x4xf32>) outs(%c : tensor<2x4xf32>) { … arith.addf … arith.maximumf … }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::memref::MemRefDialect"];
}

def HostKeepLoopBuffersPass : Pass<"host-keep-loop-buffers", "::mlir::ModuleOp"> {
  let summary = "An array that a loop carries stays in its buffer";
  let description = [{
    Where a step's array has the shape of the one it replaces, it is written to the same place: bufferization needs no
    allocation per step.

    ```mlir
    scf.for %i = %c0 to %n step %c1 iter_args(%h = %init) -> tensor<?x4xf32> {
      %next = … : tensor<?x4xf32>
      %kept = bufferization.materialize_in_destination %next in %h : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
      scf.yield %kept : tensor<?x4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def HostHandOverOutputsPass : Pass<"host-hand-over-outputs", "::mlir::ModuleOp"> {
  let summary = "Outputs own their buffers";
  let description = [{
    An output whose buffer is an allocation that nothing else needs takes it along, its deallocation goes. Every other
    output (an input, a constant, part of another output) is copied into a new allocation.

    ```mlir
    %y = memref.alloc() : memref<4x2xf32>
    host.output 0, %y : memref<4x2xf32>
    memref.dealloc %y : memref<4x2xf32>
    // becomes
    %y = memref.alloc() : memref<4x2xf32>
    host.output 0, %y owned : memref<4x2xf32>
    ```
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

def HostCheckSizesPass : Pass<"host-check-sizes", "::mlir::ModuleOp"> {
  let summary = "Sizes that only a run knows are checked before memory is accessed by them";
  let description = [{
    Every linalg operation, copy, part, reshape, cast and allocation on memrefs whose accesses depend on sizes that only a run knows gets
    `host.expect`s before it: loops stay within all of their arrays, parts within the whole, no size is negative. Nothing
    is added where types, or sizes that are one value, tell. An index that an operation's payload computes is its own matter;
    it is only made sure that the array which it reads has elements. Indexing maps with a division or a remainder, which no lowering
    of ours makes, are not followed.

    ```mlir
    linalg.add ins(%x, %y : memref<?xf32>, memref<?xf32>) outs(%x : memref<?xf32>)
    // becomes
    %m = memref.dim %x, %c0 : memref<?xf32>
    %n = memref.dim %y, %c0 : memref<?xf32>
    %none = arith.cmpi eq, %m, %c0 : index
    %same = arith.cmpi eq, %n, %m : index
    %good = arith.ori %none, %same : i1
    host.expect %good, "add1: sizes {} and {} must be equal"(%n, %m) : index, index
    linalg.add ins(%x, %y : memref<?xf32>, memref<?xf32>) outs(%x : memref<?xf32>)
    ```
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def HostLowerToLoopsPass : Pass<"host-lower-to-loops", "::mlir::ModuleOp"> {
  let summary = "linalg on memrefs becomes loops; large ones run in parallel";
  let description = [{
    Dimensions that are contiguous everywhere become one. Reductions run in ascending order, accumulated in registers,
    or with the reduction outside and the contiguous dimension inside where that is what vectorizes. Leading parallel
    dimensions with enough work become a `host.parallel`; each of its iterations computes whole results, so that sharing
    never changes a bit.

    ```mlir
    linalg.exp ins(%x : memref<300x400xf32>) outs(%y : memref<300x400xf32>)
    // becomes
    host.parallel %i to %c120000 grain %c32768 : index {
      %v = memref.load %flatX[%i] : memref<120000xf32>
      %e = math.exp %v : f32
      memref.store %e, %flatY[%i] : memref<120000xf32>
      host.yield
    }
    ```
  }];
  let options = [
    Option<"sequentialWork", "sequential-work", "int64_t", "65536", "loops of fewer scalar operations stay sequential">,
    Option<"grainWork", "grain-work", "int64_t", "32768", "scalar operations in one share of a parallel loop">,
  ];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def HostFinishDispatchesPass : Pass<"host-finish-dispatches", "::mlir::ModuleOp"> {
  let summary = "A sum with another array, a ReLU, or both right behind a layer become part of it";
  let description = [{
    A `host.parallel` that comes right after a `host.dispatch` and does nothing but add to the elements of y those of an
    array of the same shape, and then maybe cut them at 0, goes into a `host.dispatch_finish`: results are finished on
    their way out of the layer instead of being read and written once more.
  }];
  let dependentDialects = ["::aimc::host::HostDialect"];
}

def HostExpandMathPass : Pass<"host-expand-math", "::mlir::ModuleOp"> {
  let summary = "Mathematical functions become arithmetic";
  let description = [{
    Every function of the `math` dialect that is no instruction, and floating-point remainders: range reduction and
    polynomials, accurate to about 1e-7 relative in float32 and 1e-14 in float64, without a call. Half-precision types
    go through float32; functions that need more digits inside than float32 has (pow, sin, …) go through float64.

    ```mlir
    %y = math.exp %x : f32
    // becomes 2^n · e^r with n = rint(x / ln 2), r = x - n ln 2: a polynomial in r, whose exponent n is added to
    %bits = arith.shli %n, %c23 : i32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def HostConvertToLLVMPass : Pass<"host-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Everything but the environment becomes the LLVM dialect";
  let description = [{
    Allocations become `host.allocate`, contractions and layers `host.call` on `aimc_buffer` structs, parallel loops
    keep their region.

    ```mlir
    host.dispatch 3 ins(%t : memref<?x4xf32>) outs(%y : memref<?x4xf32>)
    // becomes
    host.call dispatch(%site, %tBuffer, %yBuffer) : i32, !llvm.ptr, !llvm.ptr
    ```
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"];
}

def HostBindPass : Pass<"host-bind", "::mlir::ModuleOp"> {
  let summary = "Outlines parallel loops and binds the host dialect to the environment";
  let description = [{
    The body of a `host.parallel` becomes a function over a share of its iterations, what it captures a struct.
    Afterwards every use of the environment goes through its table of functions, every failing call returns early, and a
    function that fails releases what it allocated.

    ```mlir
    host.call dispatch(%site, %x, %y) : i32, !llvm.ptr, !llvm.ptr
    // becomes
    %slot = llvm.getelementptr %env[24] : (!llvm.ptr) -> !llvm.ptr, i8
    %dispatch = llvm.load %slot : !llvm.ptr -> !llvm.ptr
    %status = llvm.call %dispatch(%env, %site, %x, %y) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, !llvm.ptr) -> i32
    %fine = llvm.icmp "eq" %status, %zero : i32
    llvm.cond_br %fine, ^next, ^failed(%status : i32)
    ```
  }];
  let dependentDialects = ["::aimc::host::HostDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // AIMC_CODEGEN_PASSES
