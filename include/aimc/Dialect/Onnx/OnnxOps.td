//===- OnnxOps.td - the thin onnx dialect -----------------------------------------------------------------------===//
#ifndef AIMC_DIALECT_ONNX_OPS
#define AIMC_DIALECT_ONNX_OPS

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::aimc::onnx";
  let summary = "ONNX graphs, one operation per node";
  let description = [{
    The importer's output: a graph becomes a `func.func`, a node an `onnx.node`, an initializer an `arith.constant`.
    There is one
    operation for all ONNX operators; its `op_type`, `domain` and `opset` select the row of the operator table
    (`Operators.def`) that says what it means.

    Every node carries its ONNX name as `loc("name")`; nodes without one are named `<op_type>_<index in graph>`.
    Function arguments and results carry `onnx.name` and `onnx.dims` (one name per dimension, `""` where unnamed).
  }];
}

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node"> {
  let summary = "a node of an ONNX graph";
  let description = [{
    `op_type` of `domain` as operator set `opset` of that domain defines it. Node attributes appear under `attrs` with
    ONNX names: INT as i64, FLOAT as f32, STRING as string, INTS as `array<i64: …>`, FLOATS as `array<f32: …>`, STRINGS
    as an array of strings, TENSOR as elements. Attributes that a node omits are absent; the table holds their defaults.
    Operands stand in ONNX order, an omitted optional input is a value of type `none` made by `onnx.none`; trailing ones are
    dropped. An omitted optional output has type `none`. Subgraphs are regions in order of their attributes' names,
    which `graphs` lists; they may use any value that encloses them.

    Example:

    ```mlir
    %y = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}}
        : (tensor<?x10xf32>) -> tensor<?x10xf32>
    ```
  }];
  let arguments = (ins StrAttr:$op_type, Variadic<AnyType>:$inputs, StrAttr:$domain, I64Attr:$opset,
                   DictionaryAttr:$attrs, OptionalAttr<StrArrayAttr>:$graphs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$subgraphs);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` (`with` $subgraphs^)? attr-dict `:` functional-type($inputs, $outputs)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The ONNX name, which is the operation's location.
    ::llvm::StringRef getNodeName();
    /// An attribute of the node by its ONNX name, null when the node omits it.
    ::mlir::Attribute getNodeAttr(::llvm::StringRef name) { return getAttrs().get(name); }
    int64_t getInt(::llvm::StringRef name, int64_t otherwise);
    float getFloat(::llvm::StringRef name, float otherwise);
    ::llvm::StringRef getString(::llvm::StringRef name, ::llvm::StringRef otherwise);
    /// Empty when absent.
    ::llvm::SmallVector<int64_t> getInts(::llvm::StringRef name);
    ::llvm::SmallVector<float> getFloats(::llvm::StringRef name);
    /// Operand `index`; null when the node omits it.
    ::mlir::Value getInput(unsigned index);
    /// An error at the node that begins with `name (operator, opset N): `.
    ::mlir::InFlightDiagnostic emitNodeError();
  }];
}

def Onnx_NoneOp : Onnx_Op<"none", [Pure]> {
  let summary = "an omitted optional input";
  let description = [{
    Example:

    ```mlir
    %none = onnx.none
    ```
  }];
  let results = (outs NoneType:$none);
  let assemblyFormat = "attr-dict";
}

def Onnx_YieldOp : Onnx_Op<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["NodeOp"]>]> {
  let summary = "results of a subgraph";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // AIMC_DIALECT_ONNX_OPS
