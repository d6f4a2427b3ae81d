//===- Passes.td - passes on the onnx dialect -------------------------------------------------------------------===//
#ifndef AIMC_DIALECT_ONNX_PASSES
#define AIMC_DIALECT_ONNX_PASSES

include "mlir/Pass/PassBase.td"

def OnnxInferShapesPass : Pass<"onnx-infer-shapes", "::mlir::func::FuncOp"> {
  let summary = "Give every node its result types";
  let description = [{
    Computes the result types of all `onnx.node` operations from the types of the function's arguments, and then the
    function's result types. Integer values of small tensors are followed through the graph, element by element, so that
    `Reshape`, `Expand`, `Slice` and their like get the best ranked type even where the graph computes its shapes
    itself. Sizes without a number have names: `Reshape(x, [Shape(x)[0], -1])` of `tensor<?x8x7x7xf32>` is
    `tensor<?x392xf32>`. A size that a result type already has and the inference leaves open stays. The pass can run
    again at any time, for example after an argument's type was refined.

    A node without a row in the operator table, with the wrong number of inputs, or whose operands do not fit is an
    error.

    ```mlir
    // before
    %0 = onnx.node "Flatten"(%x) {…, attrs = {axis = 1 : i64}} : (tensor<?x8x7x7xf32>) -> tensor<*xf32>
    // after
    %0 = onnx.node "Flatten"(%x) {…, attrs = {axis = 1 : i64}} : (tensor<?x8x7x7xf32>) -> tensor<?x392xf32>
    ```
  }];
}

def OnnxFoldConstantsPass : Pass<"onnx-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "Replace nodes whose values are known by constants";
  let description = [{
    A node all of whose results have elements that shape inference knows becomes `arith.constant`: integers and booleans
    up to 64 Ki elements, floats up to 256. That covers what a graph computes from its own shapes. `Constant` nodes of
    any size become `arith.constant`. An `If` whose condition is known is replaced by the branch that it takes. A
    `Reshape` that leaves at most one size open gets a constant shape. Larger float subgraphs of constants stay as they
    are: they are weights, which later stages read as views. Nodes left without a use are erased.

    ```mlir
    // before
    %shape = onnx.node "Shape"(%x) {…} : (tensor<2x3xf32>) -> tensor<2xi64>
    // after
    %shape = arith.constant dense<[2, 3]> : tensor<2xi64>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OnnxFoldBatchNormPass : Pass<"onnx-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "Fold BatchNormalization into the weights before it";
  let description = [{
    A `BatchNormalization` of the only use of a `Conv`, `ConvTranspose` (one group), `Gemm` or two-dimensional `MatMul`
    whose weight is constant disappears. With s = scale / sqrt(var + epsilon), computed in double and rounded once, the
    weight becomes the constant expression `Mul(W, s)`, which nobody copies until its numbers are needed, and the bias
    (b - mean) · s + B, also computed in double and rounded once. The producer keeps its name; the `Mul`, and the `Add`
    that a `MatMul` needs for its bias, take the normalization's.

    A normalization that does not fold stays; it is lowered elementwise.

    ```mlir
    // before
    %0 = onnx.node "Conv"(%x, %w) {…}
    %1 = onnx.node "BatchNormalization"(%0, %scale, %B, %mean, %var) {…}
    // after
    %s = arith.constant dense<…> : tensor<8x1x1x1xf32>
    %b = arith.constant dense<…> : tensor<8xf32>
    %0 = onnx.node "Mul"(%w, %s) {…}
    %1 = onnx.node "Conv"(%x, %0, %b) {…}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OnnxCanonicalizePass : Pass<"onnx-canonicalize", "::mlir::func::FuncOp"> {
  let summary = "Remove nodes that change nothing";
  let description = [{
    Removes `Identity`, `Dropout` (inference), `Cast` to the same type, reshapes, expansions and slices to the same
    shape, pairs of reshapes that lead back, transposes that keep the order, and variadic operators of one operand. Two
    transposes in a row become one. Initial states of zeros are dropped from recurrences: zeros are the default. Nodes
    without uses are erased.

    ```mlir
    // before
    %0 = onnx.node "Transpose"(%x) {…, attrs = {perm = array<i64: 0, 2, 1>}} : (tensor<2x3x4xf32>) -> tensor<2x4x3xf32>
    %1 = onnx.node "Transpose"(%0) {…, attrs = {perm = array<i64: 0, 2, 1>}} : (tensor<2x4x3xf32>) -> tensor<2x3x4xf32>
    return %1
    // after
    return %x
    ```
  }];
}

def OnnxWidenFloatsPass : Pass<"onnx-widen-floats", "::mlir::func::FuncOp"> {
  let summary = "Compute with 16-bit floats in 32 bits";
  let description = [{
    Operators that compute (contractions, sums, normalizations, elementwise functions) get float32 for their f16 and
    bf16 operands and give float32; a `Cast` narrows what an operator that only moves elements, a graph's result or a
    subgraph takes. Between two operators that compute nothing is narrowed. Constants become float32, as large ones as
    there are: their products then run like those of any float32 network.

    ```mlir
    // before
    %0 = onnx.node "MatMul"(%x, %w) {…} : (tensor<2x3xf16>, tensor<3x4xf16>) -> tensor<2x4xf16>
    %1 = onnx.node "Relu"(%0) {…} : (tensor<2x4xf16>) -> tensor<2x4xf16>
    return %1
    // after
    %wide = onnx.node "Cast"(%x) {…, attrs = {to = 1 : i64}} : (tensor<2x3xf16>) -> tensor<2x3xf32>
    %0 = onnx.node "MatMul"(%wide, %w) {…} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
    %1 = onnx.node "Relu"(%0) {…} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    %2 = onnx.node "Cast"(%1) {…, attrs = {to = 10 : i64}} : (tensor<2x4xf32>) -> tensor<2x4xf16>
    return %2
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // AIMC_DIALECT_ONNX_PASSES
