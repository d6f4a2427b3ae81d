// RUN: aimc-opt %s --analog-lower-to-dispatch --split-input-file --verify-diagnostics

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @two_uses(%x: tensor<5x3xf32>) -> (tensor<5x2xf32>, tensor<5x2x2xf32>) {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  // expected-error @below {{broken chain: the only use must be a linalg.reduce that adds up axis 1, the row tiles, from zero}}
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y, %p : tensor<5x2xf32>, tensor<5x2x2xf32>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 3, tile_columns = 4, array_rows = 4,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 5, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 3, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @other_tiles(%x: tensor<5x5xf32>) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_alpha = array<f32: 0.5, 2.0>, tile_rows = 4 : i64}
      : tensor<5x5xf32> -> tensor<5x5x1x!analog.voltage>, tensor<5x2xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x5x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  // expected-error @below {{broken chain: the analog.dac has a scale for every 4 rows, but tiles of @w have 3}}
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5x2xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @codes(%q: tensor<5x2x2x1x1xi32>, %a: tensor<5xf32>) -> tensor<5x2x2xf32> {
  // expected-error @below {{broken chain: analog.recombine needs an operand made by analog.adc}}
  %p = analog.recombine @w(%q, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  return %p : tensor<5x2x2xf32>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @scales(%x: tensor<5x3xf32>, %other: tensor<5xf32>) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  // expected-error @below {{broken chain: the scales are not those of the analog.dac that drives the crossbar}}
  %p = analog.recombine @w(%c, %other) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

analog.crossbar @other node "other" [1, 3, 2] {tile_base = 8 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
func.func @crossbars(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @other(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @other(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  // expected-error @below {{broken chain: it recombines @w from codes of @other}}
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @matmul(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  // expected-error @below {{broken chain: analog.matmul has no converters; run analog-insert-converters first}}
  %y = analog.matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}

func.func @voltages(%x: tensor<5x3xf32>) -> tensor<5x3x1x!analog.voltage> {
  // expected-error @below {{broken chain: the result of analog.dac is no part of a layer that ends in analog.recombine}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return %v : tensor<5x3x1x!analog.voltage>
}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// The batch is the columns of the argument: k is summed over it.
func.func @batch_is_k(%x: tensor<5x3xf32> {analog.batch_dim = 1 : i64}) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  // expected-remark @below {{'fc': the batch cannot be followed to this layer; its noise depends on how data are split into batches}}
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}
}
