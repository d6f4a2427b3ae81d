//===- HostOps.td - the host dialect ----------------------------------------------------------------------------===//
#ifndef AIMC_DIALECT_HOST_OPS
#define AIMC_DIALECT_HOST_OPS

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Host_Dialect : Dialect {
  let name = "host";
  let cppNamespace = "::aimc::host";
  let summary = "what compiled host code asks of the runtime's environment";
  let description = [{
    Host code is the digital part of a program, compiled ahead of time. It reaches everything outside itself through the
    environment, a table of functions (`runtime/include/aimc/env.h`); each operation here is one way of using it.

    The operations come in two layers. `input`, `output`, `constant`, `contract` and `dispatch` work on tensors and,
    after bufferization, on memrefs; `dispatch_finish` on memrefs only; `parallel` is a loop, `expect` a condition. `call`, `allocate`, `release`, `buffer` and `constants`
    appear only next to the LLVM dialect, where `host-bind` replaces them by uses of the environment and turns every
    failing call into an early return.

    The module attribute `host.section` is the array of all constants in the order in which they lie in the container's
    constants section, each at the next multiple of 64 bytes.
  }];
}

class Host_Op<string mnemonic, list<Trait> traits = []> : Op<Host_Dialect, mnemonic, traits>;

def Host_Array : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>;
def Host_Pointer : Type<CPred<"::llvm::isa<::mlir::LLVM::LLVMPointerType>($_self)">, "pointer",
                        "::mlir::LLVM::LLVMPointerType">,
                   BuildableType<"$_builder.getType<::mlir::LLVM::LLVMPointerType>()">;
def Host_Count : AnyTypeOf<[Index, I64]>;

def Host_InputOp : Host_Op<"input", [Pure]> {
  let summary = "an input of the program";
  let description = [{
    Input `index` of the entry function: dense, row-major and read only.

    Example:

    ```mlir
    %x = host.input 0 : tensor<?x1x28x28xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index);
  let results = (outs Host_Array:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def Host_OutputOp : Host_Op<"output", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "hands an output of the program to the caller";
  let description = [{
    Output `index` of the entry function. On memrefs, `owned` says that the buffer's allocation goes to the caller with
    it; without, host code must copy the buffer into an allocation of its own first (`host-hand-over-outputs`).

    Example:

    ```mlir
    host.output 0, %y : tensor<?x10xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index, Host_Array:$value, UnitAttr:$owned);
  let assemblyFormat = "$index `,` $value (`owned` $owned^)? attr-dict `:` type($value)";
}

def Host_ConstantOp : Host_Op<"constant", [Pure]> {
  let summary = "an array in the container's constants section";
  let description = [{
    The dense, row-major, read-only array that begins `offset` bytes into the section. Offsets are multiples of 64.

    Example:

    ```mlir
    %w = host.constant 128 : tensor<16x3x3x3xf32>
    ```
  }];
  let arguments = (ins I64Attr:$offset);
  let results = (outs Host_Array:$result);
  let assemblyFormat = "$offset attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Host_ContractOp : Host_Op<"contract", [DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "a contraction that the runtime computes: c = a·b, or c += a·b";
  let description = [{
    The maps go from the dimensions of the contraction, in the order batch, m, n, k, to indices of `a`, `b` and `c`;
    `dims` says how many dimensions of each kind there are:

    - batch dimensions stand in all three maps, m in those of a and c, n in those of b and c, k in those of a and b;
    - `b_map` and `c_map` are projected permutations, so that b and c give every extent; `a_map` is linear (a
    convolution's image), and an index outside a reads as zero (padding).

    Elements are of one type. The sum over k runs in a fixed order unless `library` hands it to the machine's library,
    whose last bits vary. `accumulate` adds to c instead of overwriting it. `index` numbers the module's contractions;
    it is the index in the container's table.

    Example: a convolution with padding 1.

    ```mlir
    %y = host.contract 0 "conv1" dims [0, 3, 1, 3]
        ins(%x, %w : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) outs(%init : tensor<?x4x8x8xf32>)
        {a_map = affine_map<(n, y, x, f, c, i, j) -> (n, c, y + i - 1, x + j - 1)>,
         b_map = affine_map<(n, y, x, f, c, i, j) -> (f, c, i, j)>,
         c_map = affine_map<(n, y, x, f, c, i, j) -> (n, f, y, x)>} -> tensor<?x4x8x8xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index, StrAttr:$node, DenseI64ArrayAttr:$dims, AffineMapAttr:$a_map, AffineMapAttr:$b_map,
                   AffineMapAttr:$c_map, UnitAttr:$accumulate, UnitAttr:$library, Host_Array:$a, Host_Array:$b,
                   Host_Array:$c);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $index $node `dims` $dims (`accumulate` $accumulate^)? (`library` $library^)?
    `ins` `(` $a `,` $b `:` type($a) `,` type($b) `)` `outs` `(` $c `:` type($c) `)` attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getCMutable(); }
  }];
}

def Host_DispatchOp : Host_Op<"dispatch", [DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "runs one analog layer";
  let description = [{
    Site `site` of the container's dispatch table, which says how x is gathered and where results lie in y. Both are
    float32; y is written whole.

    Example:

    ```mlir
    %y = host.dispatch 3 ins(%x : tensor<?x8x30x30xf32>) outs(%init : tensor<?x16x28x28xf32>) -> tensor<?x16x28x28xf32>
    ```
  }];
  let arguments = (ins I64Attr:$site, Host_Array:$x, Host_Array:$y);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $site `ins` `(` $x `:` type($x) `)` `outs` `(` $y `:` type($y) `)` attr-dict (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getYMutable(); }
  }];
}

def Host_DispatchFinishOp : Host_Op<"dispatch_finish"> {
  let summary = "runs one analog layer and finishes its results";
  let description = [{
    `host.dispatch` on memrefs, then y = y + `addend` if there is one, which has the shape of y, then with `rectify` the
    larger of each element and 0. y and the addend are row-major and do not overlap.

    Example:

    ```mlir
    host.dispatch_finish 3 ins(%x : memref<?x8x30x30xf32>) outs(%y : memref<?x16x28x28xf32>)
        plus %r : memref<?x16x28x28xf32> rectify
    ```
  }];
  let arguments = (ins I64Attr:$site, AnyStridedMemRef:$x, AnyStridedMemRef:$y, Optional<AnyStridedMemRef>:$addend,
                   UnitAttr:$rectify);
  let assemblyFormat = [{
    $site `ins` `(` $x `:` type($x) `)` `outs` `(` $y `:` type($y) `)` (`plus` $addend^ `:` type($addend))?
    (`rectify` $rectify^)? attr-dict
  }];
}

def Host_ParallelOp : Host_Op<"parallel", [RecursiveMemoryEffects]> {
  let summary = "a loop whose iterations may run at once";
  let description = [{
    Runs the region for each value of its argument in [0, `count`). Iterations are independent of each other; the
    runtime hands them out in shares of about `grain`, and how they are shared never depends on the number of threads. A
    loop of at most `grain` iterations runs on the caller's thread. Loops do not nest.

    Example:

    ```mlir
    host.parallel %i to %count grain %grain : index {
      memref.store %zero, %y[%i] : memref<?xf32>
      host.yield
    }
    ```
  }];
  let arguments = (ins Host_Count:$count, Host_Count:$grain);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Host_YieldOp : Host_Op<"yield", [Pure, Terminator, ParentOneOf<["ParallelOp"]>]> {
  let summary = "ends an iteration of a parallel loop";
  let assemblyFormat = "attr-dict";
}

def Host_ExpectOp : Host_Op<"expect", [MemoryEffects<[MemWrite]>]> {
  let summary = "ends the run with an error unless a condition holds";
  let description = [{
    The message has the next of `values` wherever `message` has `{}`. `host-check-sizes` states with
    it what memory accesses need. A condition that is known to hold disappears.

    Example:

    ```mlir
    host.expect %same, "add1: sizes {} and {} must be equal"(%m, %n) : index, index
    ```
  }];
  let arguments = (ins I1:$condition, StrAttr:$message, Variadic<Host_Count>:$values);
  let assemblyFormat = "$condition `,` $message (`(` $values^ `)` `:` type($values))? attr-dict";
  let hasCanonicalizeMethod = 1;
}

// ---- beside the LLVM dialect ----

def Host_Function : I32EnumAttr<"Function", "a function of the environment", [
  I32EnumAttrCase<"Dispatch", 0, "dispatch">, I32EnumAttrCase<"Contract", 1, "contract">,
  I32EnumAttrCase<"DispatchFinish", 2, "dispatch_finish">]> {
  let cppNamespace = "::aimc::host";
}

def Host_CallOp : Host_Op<"call"> {
  let summary = "calls a function of the environment; when it fails, the enclosing function returns its status";
  let description = [{
    Example:

    ```mlir
    host.call contract(%index, %a, %b, %c) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr
    ```
  }];
  let arguments = (ins Host_Function:$function, Variadic<AnyType>:$operands);
  let assemblyFormat = "$function `(` $operands `)` attr-dict `:` type($operands)";
}

def Host_CheckOp : Host_Op<"check"> {
  let summary = "the enclosing function returns `status` unless it is 0";
  let description = [{
    Example:

    ```mlir
    host.check %status
    ```
  }];
  let arguments = (ins I32:$status);
  let assemblyFormat = "$status attr-dict";
}

def Host_AllocateOp : Host_Op<"allocate"> {
  let summary = "memory of `bytes` bytes, 64-byte aligned; without memory, the enclosing function returns AIMC_OUT_OF_MEMORY";
  let description = [{
    Belongs to the enclosing function until `host.release` or until it is handed to the caller: a function that fails
    releases what it still owns.

    Example:

    ```mlir
    %p = host.allocate %bytes
    ```
  }];
  let arguments = (ins I64:$bytes);
  let results = (outs Host_Pointer:$result);
  let assemblyFormat = "$bytes attr-dict";
}

def Host_ReleaseOp : Host_Op<"release"> {
  let summary = "gives memory of `host.allocate` back";
  let description = [{
    Example:

    ```mlir
    host.release %p
    ```
  }];
  let arguments = (ins Host_Pointer:$allocation);
  let assemblyFormat = "$allocation attr-dict";
}

def Host_DisownOp : Host_Op<"disown"> {
  let summary = "takes memory of `host.allocate` from the function's list; the result is what the runtime's `release` takes";
  let description = [{
    Example:

    ```mlir
    %allocation = host.disown %p
    ```
  }];
  let arguments = (ins Host_Pointer:$allocation);
  let results = (outs Host_Pointer:$result);
  let assemblyFormat = "$allocation attr-dict";
}

def Host_BufferOp : Host_Op<"buffer", [Pure]> {
  let summary = "address of the `aimc_buffer` of an input or output";
  let description = [{
    Example:

    ```mlir
    %x = host.buffer 0
    %y = host.buffer out 0
    ```
  }];
  let arguments = (ins UnitAttr:$output, I64Attr:$index);
  let results = (outs Host_Pointer:$result);
  let assemblyFormat = "(`out` $output^)? $index attr-dict";
}

def Host_ConstantsOp : Host_Op<"constants", [Pure]> {
  let summary = "address of the container's constants section";
  let description = [{
    Example:

    ```mlir
    %base = host.constants
    ```
  }];
  let results = (outs Host_Pointer:$result);
  let assemblyFormat = "attr-dict";
}

#endif // AIMC_DIALECT_HOST_OPS
