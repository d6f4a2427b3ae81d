//===- Passes.td - from linalg contractions to dispatches -------------------------------------------------------===//
#ifndef AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES
#define AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def AnalogSelectPass : Pass<"analog-select", "::mlir::ModuleOp"> {
  let summary = "Turn contractions with constant weights into crossbars and their uses";
  let description = [{
    A candidate is a linalg operation, named or generic, whose payload multiplies two inputs and adds the product to its
    output: every contraction and convolution, transposed, batched or grouped, at any depth of control flow. It becomes an
    `analog.matmul` when one input, left or right, is a constant expression; its node is its location's name. Its
    loops are sorted by what they index: rows (x and y), the group (all three), columns (weights and y), k (weights and x).
    An `analog.gather` picks x where it is not already rows × k; it also absorbs zero padding, transposes and expansions of
    x. What the output held before, unless zero, is added digitally.

    Tiles compute in float32: weights of float16, bfloat16 or float64 are converted in the crossbar, what goes in and out
    around it. A contraction of 32-bit integers, as quantized networks have, rounds its sums. Where x is
    (q - z) · s of stored integers q, the tiles see q · s, and -z · s · Σ_k W, a constant per column, is added digitally.

    The constant expression moves into the crossbar. Two uses of the same constant through the same view share one crossbar.

    What stays digital has a remark with the reason, and an entry "node: reason" in the module attribute `analog.digital_nodes`:
    activation times activation, depthwise convolutions (their columns share no input, so that a tile's diagonal
    alone would work), fewer than `min-weights` weights per matrix, another element type, `digital-nodes`.
    `analog-nodes` puts depthwise and small layers on tiles anyway; both options are regular expressions that match whole names.
    Tiles are numbered (`tile_base`) over all candidates with constant weights, whether they stay digital or not, so that
    an override leaves every other layer's noise as it was.
  }];
  let options = [
    Option<"digitalNodes", "digital-nodes", "std::string", "\"\"", "Nodes that stay digital (regular expression)">,
    Option<"analogNodes", "analog-nodes", "std::string", "\"\"", "Nodes that go on tiles whatever they cost (likewise)">,
    Option<"minWeights", "min-weights", "int64_t", "0", "Matrices with fewer weights stay digital">
  ];
  let dependentDialects = ["::aimc::analog::AnalogDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def AnalogPartitionPass : Pass<"analog-partition", "::mlir::ModuleOp"> {
  let summary = "Cut matrices into tiles; partial sums become a dimension";
  let description = [{
    Gives every crossbar without one the grid of the target's tiles, and turns each `analog.matmul` into an
    `analog.tiled_matmul` followed by a `linalg.reduce` that adds the row tiles in ascending order.

    ```mlir
    %y = analog.matmul @fc1(%x) … : tensor<?x5xf32> -> tensor<?x5xf32>
    // with tiles of 2 rows becomes
    %t = analog.tiled_matmul @fc1(%x) … : tensor<?x5xf32> -> tensor<?x3x5xf32>
    %y = linalg.reduce {arith.addf} ins(%t : tensor<?x3x5xf32>) outs(%zero : tensor<?x5xf32>) dimensions = [1]
    ```
  }];
  let dependentDialects = ["::aimc::analog::AnalogDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def AnalogQuantizeWeightsPass : Pass<"analog-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "Weights to conductance levels";
  let description = [{
    Evaluates every partitioned crossbar's weights and gives it the target's coding, the scales w = max |W| over a column of a
    tile, a tile or the matrix (1 where all are zero), and the levels D = clip(rint(W · L/w), L), L = 2^(bw−1) − 1, in float32,
    ties to even. Weights are read in place where they are views. A weight that is not finite is an error.

    Weights of a quantized network, integers q times a scale s, keep their integers: D = q, w = L · s. A differential pair
    makes -L of -L - 1; a remark counts them. A remark also says when tiles cannot hold the integers, or have one scale where
    the network has several, so that they are quantized again.

    `clip` makes w smaller than the largest weight, so that most weights get larger conductances and the few beyond w are cut: a
    number k gives w at most k times the root mean square of the weights that share it, `mse` the w among 48 from 17/64 to 1 times
    the largest weight at which the squared error of what the levels stand for is least. Integers of a quantized network stay.
  }];
  let options = [
    Option<"clip", "clip", "std::string", "\"\"", "largest weight: a number of root mean squares, mse, or all (empty)">
  ];
  let dependentDialects = ["::aimc::analog::AnalogDialect"];
}

def AnalogInsertConvertersPass : Pass<"analog-insert-converters", "::mlir::ModuleOp"> {
  let summary = "DACs before, ADCs after; the types tell analog from digital";
  let description = [{
    Turns each `analog.tiled_matmul` of a quantized crossbar into `analog.dac`, `analog.mvm`, `analog.adc` and
    `analog.recombine`. Input codes are unsigned where x is provably not negative; ADC codes are unsigned exactly when the
    encoding is offset and the input codes are unsigned.

    Where x is integers times a scale s, as DequantizeLinear with a zero point of 0 gives them, and the codes can be those
    integers, α = Q · s is static, whatever the ranges say.

    `ranges` names a JSON file `{"node": {"alpha": a or [T numbers], "adc_range": [G·T·N·S numbers]}, …}` from calibration. A layer or key that
    it lacks has the data-free default: α measured at run time (per row; for a convolution per sample and group), and
    A = min(Xi Σ|D_s|, |μ ΣD_s| + 4τ √ΣD_s²) over the column, Xi the largest input digit, (μ, τ) = (0, Xi/3) for signed
    inputs and (Xi/4, Xi/4) for others. An all-zero column has A = 1.
  }];
  let options = [Option<"ranges", "ranges", "std::string", "\"\"", "JSON file with calibrated ranges">];
  let dependentDialects = ["::aimc::analog::AnalogDialect"];
}

def AnalogPlacePass : Pass<"analog-place", "::mlir::ModuleOp"> {
  let summary = "Tiles to chips, arrays, rows and columns";
  let description = [{
    Gives every tile of every quantized crossbar a rectangle of a physical array, several small ones in one array: tiles in
    order of height, then width, each in the first array with room on a shelf. Interleaved slices and polarities lie in
    neighbouring columns of the rectangle, separate ones at the same place of the following arrays. The module attribute
    `analog.utilization = {arrays, available, cells}` says how many arrays are in use, of how many, and which part of their
    cells.

    A network that needs more arrays than the target has is an error that names both numbers.

    ```mlir
    analog.crossbar @a node "a" [1, 4, 1] {grid = …, coding = …, placement = [
        #analog.placement<group = 0, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 0,
                          rows = 4, columns = 1, column_stride = 2>,
        #analog.placement<group = 0, row_tile = 0, column_tile = 0, polarity = 1, array = 0, row = 0, column = 1,
                          rows = 4, columns = 1, column_stride = 2>]}
    ```
  }];
  let dependentDialects = ["::aimc::analog::AnalogDialect"];
}

def AnalogLowerToDispatchPass : Pass<"analog-lower-to-dispatch", "::mlir::ModuleOp"> {
  let summary = "A layer's whole chain to one analog.dispatch";
  let description = [{
    Matches gather → dac → mvm → adc → recombine → reduction over row tiles, with the constant bias and the transposes and
    collapses of (group, column) that follow, and replaces it by one destination-style operation on tensors. Dispatches are
    numbered (`site`) in program order. The batch dimension is followed to every dispatch; where it cannot be, a remark says
    that the layer's noise depends on how the data are split into batches.

    Anything analog that is left afterwards is an error: a link is missing, or its value is used twice.

    ```mlir
    %v, %a = analog.dac %x …
    %i = analog.mvm @fc(%v) …
    %c = analog.adc @fc(%i) …
    %p = analog.recombine @fc(%c, %a) …
    %y = linalg.reduce {arith.addf} ins(%p : tensor<?x2x2xf32>) outs(%zero : tensor<?x2xf32>) dimensions = [1]
    // becomes
    %y = analog.dispatch @fc ins(%x : tensor<?x3xf32>) outs(%e : tensor<?x2xf32>) {site = 0 : i64, …} -> tensor<?x2xf32>
    ```
  }];
  let dependentDialects = ["::aimc::analog::AnalogDialect", "::mlir::tensor::TensorDialect"];
}

def AnalogColumnsLastPass : Pass<"analog-columns-last", "::mlir::ModuleOp"> {
  let summary = "Arrays between layers have the columns of a layer side by side";
  let description = [{
    A row of a layer, a pixel of a convolution, leaves its tiles with all columns, and the next layer reads it likewise. The
    result of a dispatch therefore gets its columns as the last axis, and so does what elementwise operations, padding and
    pooling make of it, when everything that uses it can read that order: dispatches (their `x_map` changes), such
    operations, reductions. An array that is returned, reshaped, joined to others or read by a digital contraction stays as
    it is, and so do those that are combined with it. Results are the same to the last bit.

    ```mlir
    %y = analog.dispatch @conv ins(%x : …) outs(%e : tensor<?x16x9x9xf32>) {
        y_map = affine_map<(b, h, w, g, n) -> (b, n, h, w)>, …} -> tensor<?x16x9x9xf32>
    // becomes
    %y = analog.dispatch @conv ins(%x : …) outs(%e : tensor<?x9x9x16xf32>) {
        y_map = affine_map<(b, h, w, g, n) -> (b, h, w, n)>, …} -> tensor<?x9x9x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

#endif // AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES
