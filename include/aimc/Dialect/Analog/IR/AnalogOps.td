//===- AnalogOps.td - operations of the analog dialect ----------------------------------------------------------===//
#ifndef AIMC_DIALECT_ANALOG_OPS
#define AIMC_DIALECT_ANALOG_OPS

include "aimc/Dialect/Analog/IR/AnalogBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Analog_Op<string mnemonic, list<Trait> traits = []> : Op<Analog_Dialect, mnemonic, traits>;

// An operation that drives crossbar `crossbar` and is verified against it.
class Analog_UseOp<string mnemonic, list<Trait> traits = []>
    : Analog_Op<mnemonic, traits # [DeclareOpInterfaceMethods<SymbolUserOpInterface>]>;

//===----------------------------------------------------------------------===//
// The programmed matrix
//===----------------------------------------------------------------------===//

def Analog_CrossbarOp : Analog_Op<"crossbar", [Symbol, IsolatedFromAbove, SingleBlock, NoRegionArguments]> {
  let summary = "a matrix that is programmed once and used by name";
  let description = [{
    `groups` matrices of `rows` × `columns` logical weights that belong to ONNX node `node`. The region yields them as
    tensor<G×K×N×f32>: a constant expression (`arith.constant` under transposes, reshapes, slices and elementwise operations),
    evaluated matrix by matrix when the numbers are needed. An empty region means that the weights have
    been written out. `tile_base` numbers the first logical tile, by which cell noise is addressed; tiles count
    (group, row tile, column tile), the last fastest.

    Passes add, in order: `grid` (analog-partition); `coding`, `levels` [G, K, N] signed 8-bit (bw ≤ 8) or 16-bit D and
    `weight_scale` [G, T, N] w (analog-quantize-weights); `placement` (analog-place).

    Example:

    ```mlir
    analog.crossbar @fc1 node "fc1" [1, 3, 2] weights {
      %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
      %e = tensor.expand_shape %w [[0, 1], [2]] output_shape [1, 3, 2] : tensor<3x2xf32> into tensor<1x3x2xf32>
      analog.yield %e : tensor<1x3x2xf32>
    } {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$node, I64Attr:$groups, I64Attr:$rows, I64Attr:$columns,
    I64Attr:$tile_base, OptionalAttr<Analog_GridAttr>:$grid, OptionalAttr<Analog_CodingAttr>:$coding,
    OptionalAttr<ElementsAttr>:$levels, OptionalAttr<ElementsAttr>:$weight_scale,
    OptionalAttr<TypedArrayAttrBase<Analog_PlacementAttr, "placements">>:$placement);
  let regions = (region MaxSizedRegion<1>:$weights);
  let assemblyFormat = [{
    $sym_name `node` $node ` ` `[` $groups `,` $rows `,` $columns `]` (`weights` $weights^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The yielded weights, tensor<G×K×N×f32>; null when the region is empty.
    ::mlir::Value getWeightsValue();
    /// T: row tiles; 0 before analog-partition.
    int64_t getRowTiles() { return getGrid() ? getGrid()->getRowTiles() : 0; }
    /// S: weight slices; 0 before analog-quantize-weights.
    int64_t getSlices() { return getCoding() ? getCoding()->getSlices() : 0; }
  }];
}

def Analog_YieldOp : Analog_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"CrossbarOp">]> {
  let summary = "the weights of a crossbar";
  let description = [{
    Example:

    ```mlir
    analog.yield %w : tensor<1x3x2xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$weights);
  let assemblyFormat = "$weights attr-dict `:` type($weights)";
}

//===----------------------------------------------------------------------===//
// A use, step by step
//===----------------------------------------------------------------------===//

def Analog_GatherOp : Analog_Op<"gather", [Pure]> {
  let summary = "the rows that drive a crossbar, picked from a tensor by an affine map";
  let description = [{
    `patches`[rows…, (group), k] = `x`[`x_map`(rows…, group, k…)], 0 where an index lies outside x (padding). The
    map's dimensions are the row dimensions, always one group, and one dimension for each of `k_sizes`; k counts the last
    fastest and `k_sizes` multiply to K. Each result of the map is a constant plus integer multiples of dimensions.
    The result has a group dimension exactly when its rank is the number of row dimensions plus two. `sizes` gives the result's
    dynamic dimensions.

    Example (3 × 3 convolution with padding 1):

    ```mlir
    %p = analog.gather %x[%n] {k_sizes = array<i64: 8, 3, 3>,
        x_map = affine_map<(n, h, w, g, c, i, j) -> (n, c, h + i - 1, w + j - 1)>}
        : tensor<?x8x28x28xf32> -> tensor<?x28x28x72xf32>
    ```
  }];
  let arguments = (ins TensorRankOf<[F32], [1, 2, 3, 4, 5, 6, 7, 8]>:$x, Variadic<Index>:$sizes, AffineMapAttr:$x_map,
                   DenseI64ArrayAttr:$k_sizes);
  let results = (outs RankedTensorOf<[F32]>:$patches);
  let assemblyFormat = "$x (`[` $sizes^ `]`)? attr-dict `:` type($x) `->` type($patches)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Number of row dimensions.
    unsigned getRowDims() { return getXMap().getNumDims() - 1 - getKSizes().size(); }
  }];
}

def Analog_MatMulOp : Analog_UseOp<"matmul", [Pure]> {
  let summary = "rows times the matrix of a crossbar";
  let description = [{
    `y`[rows…, (g), n] = Σ_k `x`[rows…, (g), k] W[g, k, n]. `tile_base` numbers the logical tiles of this use, by
    which conversion noise is addressed.

    Example:

    ```mlir
    %y = analog.matmul @fc1(%x) {tile_base = 0 : i64} : tensor<?x3xf32> -> tensor<?x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar, RankedTensorOf<[F32]>:$x,
                   DefaultValuedAttr<Analog_KindAttr, "Kind::MatMul">:$kind, I64Attr:$tile_base);
  let results = (outs RankedTensorOf<[F32]>:$y);
  let assemblyFormat = "$crossbar `(` $x `)` attr-dict `:` type($x) `->` type($y)";
}

def Analog_TiledMatMulOp : Analog_UseOp<"tiled_matmul", [Pure]> {
  let summary = "rows times the matrix of a crossbar, one partial sum per row tile";
  let description = [{
    `y`[rows…, (g), t, n] = Σ of x[rows…, (g), k] W[g, k, n] over the k of row tile t. The crossbar has a grid. A reduction
    over t follows.

    Example (K = 3 in tiles of 2 rows):

    ```mlir
    %y = analog.tiled_matmul @fc1(%x) {tile_base = 0 : i64} : tensor<?x3xf32> -> tensor<?x2x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar, RankedTensorOf<[F32]>:$x,
                   DefaultValuedAttr<Analog_KindAttr, "Kind::MatMul">:$kind, I64Attr:$tile_base);
  let results = (outs RankedTensorOf<[F32]>:$y);
  let assemblyFormat = "$crossbar `(` $x `)` attr-dict `:` type($x) `->` type($y)";
}

def Analog_DacOp : Analog_Op<"dac", [Pure]> {
  let summary = "numbers to voltages";
  let description = [{
    Quantizes x[rows…, (g), k] to the code X = clip(rint(x · Q/α), Q), Q = 2^(bx−1) − 1, or 2^bx − 1 with codes 0..Q when not
    `input_signed`, and puts its `input_slices` digits of `input_slice_bits` bits, least significant first, on
    `voltages`[rows…, (g), k, V].

    α is the attribute `alpha`, or without it measured: max |x| over everything that shares the group and the row dimensions
    in the bit mask `scale_dims` (a convolution: the sample's input of the group, whether or not a patch covers it).
    `scales`[rows…, (g)] is α.

    With `tile_alpha` every row tile has an α of its own: tile_alpha[k div `tile_rows`] for element k, of which there are
    ceil(K / tile_rows), and `scales`[rows…, (g), t] are those. There is no `alpha` then, and `scale_dims` is 0.

    Example:

    ```mlir
    %v, %alpha = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
        scale_dims = 1 : i64} : tensor<?x3xf32> -> tensor<?x3x1x!analog.voltage>, tensor<?xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$x, I64Attr:$input_bits, BoolAttr:$input_signed, I64Attr:$input_slice_bits,
                   I64Attr:$input_slices, OptionalAttr<F32Attr>:$alpha, I64Attr:$scale_dims,
                   OptionalAttr<DenseF32ArrayAttr>:$tile_alpha, OptionalAttr<I64Attr>:$tile_rows);
  let results = (outs RankedTensorOf<[Analog_Voltage]>:$voltages, RankedTensorOf<[F32]>:$scales);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($voltages) `,` type($scales)";
  let hasVerifier = 1;
}

def Analog_MvmOp : Analog_UseOp<"mvm", [Pure]> {
  let summary = "voltages to currents: the crossbar itself";
  let description = [{
    `currents`[rows…, (g), t, n, s, i] = Σ over the k of row tile t of X_i[k] D_s[k, n], input slice i of k times digit s of
    the level. The crossbar has a coding.

    Example:

    ```mlir
    %c = analog.mvm @fc1(%v) {tile_base = 0 : i64} : tensor<?x3x1x!analog.voltage> -> tensor<?x2x2x1x1x!analog.current>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar, RankedTensorOf<[Analog_Voltage]>:$voltages,
                   DefaultValuedAttr<Analog_KindAttr, "Kind::MatMul">:$kind, I64Attr:$tile_base);
  let results = (outs RankedTensorOf<[Analog_Current]>:$currents);
  let assemblyFormat = "$crossbar `(` $voltages `)` attr-dict `:` type($voltages) `->` type($currents)";
}

def Analog_AdcOp : Analog_UseOp<"adc", [Pure]> {
  let summary = "currents to codes";
  let description = [{
    code = clip(rint(p · (2^(B−1) − 1)/A), 2^(B−1) − 1), or 0..2^B − 1 when `adc_unsigned`; `adc_range` [G, T, N, S] is A in
    units of the current. B = `adc_bits` = 0 is ideal: the code is the sum itself, and there is no range.

    Example:

    ```mlir
    %q = analog.adc @fc1(%c) {adc_bits = 8 : i64, adc_unsigned = false, adc_range = dense<100.0> : tensor<1x2x2x1xf32>}
        : tensor<?x2x2x1x1x!analog.current> -> tensor<?x2x2x1x1xi32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar, RankedTensorOf<[Analog_Current]>:$currents, I64Attr:$adc_bits,
                   BoolAttr:$adc_unsigned, OptionalAttr<ElementsAttr>:$adc_range);
  let results = (outs RankedTensorOf<[I32]>:$codes);
  let assemblyFormat = "$crossbar `(` $currents `)` attr-dict `:` type($currents) `->` type($codes)";
  let hasVerifier = 1;
}

def Analog_RecombineOp : Analog_UseOp<"recombine", [Pure]> {
  let summary = "codes to numbers: digits of weight and input put together, scales multiplied back";
  let description = [{
    `y`[rows…, (g), t, n] = f · Σ_s 2^(cs) Δ_s Σ_i 2^(vi) code[…, t, n, s, i], f = w α/(L Q), Δ_s the step of the ADC that
    made `codes`; offset encoding subtracts its offset here. `scales`[rows…, (g)] is α, or [rows…, (g), t] that of each row
    tile; the input attributes are those of the `analog.dac` that made it.

    Example:

    ```mlir
    %y = analog.recombine @fc1(%q, %alpha) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
        : tensor<?x2x2x1x1xi32>, tensor<?xf32> -> tensor<?x2x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar, RankedTensorOf<[I32]>:$codes, RankedTensorOf<[F32]>:$scales,
                   I64Attr:$input_bits, BoolAttr:$input_signed, I64Attr:$input_slice_bits);
  let results = (outs RankedTensorOf<[F32]>:$y);
  let assemblyFormat = [{
    $crossbar `(` $codes `,` $scales `)` attr-dict `:` type($codes) `,` type($scales) `->` type($y)
  }];
}

//===----------------------------------------------------------------------===//
// One command of the runtime
//===----------------------------------------------------------------------===//

def Analog_DispatchOp : Analog_UseOp<"dispatch", [DestinationStyleOpInterface,
                                                  DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
                                                  DeclareOpInterfaceMethods<ConditionallySpeculatable>]> {
  let summary = "one layer on its crossbar: gather, convert, multiply, convert, accumulate, add the bias";
  let description = [{
    Destination style: writes all of `init` (tensor: the result is the written tensor; memref: no result). Row `rows…` of
    group g reads x[`x_map`(rows…, group, k…)], 0 outside, and its column n is written to y[`y_map`(rows…, group, n)]. A row
    dimension's extent is the extent of the y axis that it alone drives with coefficient 1. `site` numbers the dispatches of
    a program in order and is the index in the container's table, whose `Dispatch` has these attributes under the same
    names.

    `tile_alpha`: a static α for each row tile. Without it and `alpha`: measured over what shares the group and the row dimensions of `scale_dims`. `adc_range` [G, T, N, S] absent:
    ideal ADC. `bias`, `affine_scale`, `affine_offset` are [G, N]. Row dimension `batch_dim` counts (outer, sample, inner),
    −1: not known.

    Example:

    ```mlir
    %r = analog.dispatch @fc1 ins(%x : tensor<?x3xf32>) outs(%init : tensor<?x2xf32>) {
        node = "fc1", site = 0 : i64, x_map = affine_map<(m, g, k) -> (m, k)>, y_map = affine_map<(m, g, n) -> (m, n)>,
        k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
        input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<?x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$crossbar,
    AnyTypeOf<[TensorRankOf<[F32], [1, 2, 3, 4, 5, 6, 7, 8]>, MemRefRankOf<[F32], [1, 2, 3, 4, 5, 6, 7, 8]>]>:$x,
    AnyTypeOf<[TensorRankOf<[F32], [1, 2, 3, 4, 5, 6, 7, 8]>, MemRefRankOf<[F32], [1, 2, 3, 4, 5, 6, 7, 8]>]>:$init,
    StrAttr:$node, I64Attr:$site, DefaultValuedAttr<Analog_KindAttr, "Kind::MatMul">:$kind,
    AffineMapAttr:$x_map, AffineMapAttr:$y_map, DenseI64ArrayAttr:$k_sizes, I64Attr:$scale_dims,
    DefaultValuedAttr<I64Attr, "-1">:$batch_dim, DefaultValuedAttr<I64Attr, "1">:$batch_outer,
    DefaultValuedAttr<I64Attr, "1">:$batch_inner,
    I64Attr:$input_bits, BoolAttr:$input_signed, I64Attr:$input_slice_bits, I64Attr:$input_slices, OptionalAttr<F32Attr>:$alpha,
    I64Attr:$adc_bits, BoolAttr:$adc_unsigned, OptionalAttr<ElementsAttr>:$adc_range,
    OptionalAttr<ElementsAttr>:$bias, OptionalAttr<ElementsAttr>:$affine_scale, OptionalAttr<ElementsAttr>:$affine_offset,
    I64Attr:$tile_base, OptionalAttr<DenseF32ArrayAttr>:$tile_alpha);
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    $crossbar `ins` `(` $x `:` type($x) `)` `outs` `(` $init `:` type($init) `)` attr-dict (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return ::mlir::MutableOperandRange(getOperation(), 1, 1); }
    /// Number of row dimensions.
    unsigned getRowDims() { return getXMap().getNumDims() - 1 - getKSizes().size(); }
    bool isDynamic() { return !getAlphaAttr() && !getTileAlphaAttr(); }
  }];
}

#endif // AIMC_DIALECT_ANALOG_OPS
