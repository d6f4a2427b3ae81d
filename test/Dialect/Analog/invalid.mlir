// RUN: aimc-opt %s --split-input-file --verify-diagnostics
// Every message of the dialect's verifiers, next to what causes it. Crossbars are 1 x 3 x 2 in tiles of 2 rows (T = 2) unless
// said.

// expected-error @below {{weight_bits is 1, outside 2..16}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, weight_bits = 1>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{adc_bits is 1; an ADC has at least 2 bits, 0 makes it ideal}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, adc_bits = 1>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{g_min is 3.000000e+01 and g_max 2.500000e+01 microsiemens; 0 <= g_min < g_max must hold}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, g_min = 30.0>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{output_noise is -1.000000e+00; it is a standard deviation}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, output_noise = -1.0>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{nonlinearity is -1.000000e+00, outside 0..10}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, nonlinearity = -1.0>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{magnitude is 1.000000e-01, but device pcm has statistics of its own; it is for the generic devices}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, device = pcm,
                         magnitude = 0.1>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{stuck_at_g_min and stuck_at_g_max add up to 1.250000e+00; they are probabilities}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8,
                         stuck_at_g_min = 0.75, stuck_at_g_max = 0.5>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{read_magnitude is 1.000000e-01, but read_noise is device; it goes with independent and proportional}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, read_noise = device,
                         read_magnitude = 0.1>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{ir_drop is exact, but wire_resistance is 0}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, ir_drop = exact>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{ir_drop is exact, but gated_rows is true: rows that float are another network for every input; choose approximate}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, ir_drop = exact,
    gated_rows = true, wire_resistance = 1.0>

// -----

// expected-error @below {{ir_drop is exact, but unit_column is true: a unit column has no place in an array; compute the offset digitally (unit_column = false) or choose approximate}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, encoding = offset,
    unit_column = true, ir_drop = exact, wire_resistance = 1.0>

// -----

// expected-error @below {{unit_column needs offset encoding}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8, unit_column = true>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{a tile of 8 rows does not fit an array of 4}}
#target = #analog.target<name = "chip", tile_rows = 8, tile_columns = 4, array_rows = 4, array_columns = 8>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{a tile of 5 columns takes 10 columns with 2 interleaved parts; array 'chip' has 8}}
#target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 5, array_rows = 4, array_columns = 8>
module attributes {analog.target = #target} {}

// -----

// expected-error @below {{'analog.target' is 3 : i64, not #analog.target<…>}}
module attributes {analog.target = 3 : i64} {}

// -----

// expected-error @below {{'analog.target' belongs on the module}}
func.func private @f() attributes {analog.target = #analog.target<name = "chip", tile_rows = 2, tile_columns = 4,
    array_rows = 4, array_columns = 8>}

// -----

// expected-error @below {{slices is 2, but 8 weight bits on cells of 7 take 1}}
#coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 2>
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, coding = #coding}

// -----

// expected-error @below {{cell_bits is 0, outside 1..14}}
#coding = #analog.coding<weight_bits = 8, cell_bits = 0, slices = 2>
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, coding = #coding}

// -----

// expected-error @below {{unit_column needs offset encoding}}
#coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1, unit_column = true>
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, coding = #coding}

// -----

// expected-error @below {{has extents 1x0x2; they must be positive}}
analog.crossbar @w node "fc" [1, 0, 2] {tile_base = 0 : i64}

// -----

// expected-error @below {{yields 'tensor<3x2xf32>', but its extents make it 'tensor<1x3x2xf32>'}}
analog.crossbar @w node "fc" [1, 3, 2] weights {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  analog.yield %w : tensor<3x2xf32>
} {tile_base = 0 : i64}

// -----

// expected-error @below {{has tiles of 0x4; they must be positive}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 0, tile_columns = 4,
    row_tiles = 2, column_tiles = 1>}

// -----

// expected-error @below {{has a grid of 1x1 tiles, but 3x2 weights in tiles of 2x4 take 2x1}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4,
    row_tiles = 1, column_tiles = 1>}

// -----

// expected-error @below {{has a coding but no grid}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, coding = #analog.coding<weight_bits = 8, cell_bits = 7,
    slices = 1>}

// -----

// expected-error @below {{has levels or weight_scale but no coding}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, levels = dense<1> : tensor<1x3x2xi8>}

// -----

// expected-error @below {{has a placement but no coding}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, placement = []}

// -----

// expected-error @below {{has levels of type 'tensor<1x3x2xi16>'; it must be 'tensor<1x3x2xi8>'}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4,
    row_tiles = 2, column_tiles = 1>, coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>, levels = dense<1>
        : tensor<1x3x2xi16>}

// -----

// expected-error @below {{has weight_scale of type 'tensor<1x2xf32>'; it must be 'tensor<1x2x2xf32>'}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4,
    row_tiles = 2, column_tiles = 1>, coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>,
        weight_scale = dense<1.0> : tensor<1x2xf32>}

// -----

// expected-error @below {{has 0 placements for 4 parts (tiles, slices and polarities)}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4,
    row_tiles = 2, column_tiles = 1>, coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>, placement = []}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{drives @none, which is no analog.crossbar}}
  %y = analog.matmul @none(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x2xf32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64}

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{has x of shape 5x4, but crossbar @w needs it to end in 3}}
  %y = analog.matmul @w(%x) {tile_base = 0 : i64} : tensor<5x4xf32> -> tensor<5x2xf32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64}

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has a result of shape 5x1, but crossbar @w needs it to end in 2}}
  %y = analog.matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x1xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64}

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has rows that differ: x is 5x3, the result is 4x2}}
  %y = analog.matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<4x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64}

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{drives crossbar @w, which has no grid}}
  %y = analog.tiled_matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x2x2xf32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has a result of shape 5x1x2, but crossbar @w needs it to end in 2x2}}
  %y = analog.tiled_matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x1x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64}

func.func @f(%v: tensor<5x3x1x!analog.voltage>) {
  // expected-error @below {{drives crossbar @w, which has no coding}}
  %y = analog.mvm @w(%v) {tile_base = 0 : i64} : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%v: tensor<5x3x1x!analog.voltage>) {
  // expected-error @below {{has currents of shape 5x2x2x1x2, but crossbar @w needs it to end in 2x2x1x1}}
  %y = analog.mvm @w(%v) {tile_base = 0 : i64} : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x2x!analog.current>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{has k_sizes []; they must be positive, at least one}}
  %p = analog.gather %x {k_sizes = array<i64>, x_map = affine_map<(m, g) -> (m, 0)>} : tensor<5x4xf32> -> tensor<5x1xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{with fewer dimensions than a group and 2 of k}}
  %p = analog.gather %x {k_sizes = array<i64: 2, 2>, x_map = affine_map<(i, j) -> (i, j)>} : tensor<5x4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{it must map 3 dimensions (rows, group, k) to 2 indices}}
  %p = analog.gather %x {k_sizes = array<i64: 4>, x_map = affine_map<(m, g, k) -> (m)>} : tensor<5x4xf32> -> tensor<5x4xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{each index must be a constant plus integer multiples of dimensions}}
  %p = analog.gather %x {k_sizes = array<i64: 4>, x_map = affine_map<(m, g, k) -> (m floordiv 2, k)>} : tensor<5x4xf32>
      -> tensor<10x4xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{has a result of rank 4; 1 row dimensions and k make 2, with a group 3}}
  %p = analog.gather %x {k_sizes = array<i64: 4>, x_map = affine_map<(m, g, k) -> (m, k)>} : tensor<5x4xf32>
      -> tensor<5x1x1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{has a result that ends in 3, but k_sizes multiply to 4}}
  %p = analog.gather %x {k_sizes = array<i64: 4>, x_map = affine_map<(m, g, k) -> (m, k)>} : tensor<5x4xf32> -> tensor<5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<5x4xf32>) {
  // expected-error @below {{has 0 sizes for 1 dynamic dimensions of its result}}
  %p = analog.gather %x {k_sizes = array<i64: 4>, x_map = affine_map<(m, g, k) -> (m, k)>} : tensor<5x4xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has input_bits 1; it must be in 2..16}}
  %v, %a = analog.dac %x {input_bits = 1 : i64, input_signed = true, input_slice_bits = 1 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has input_slice_bits 8; it must be in 1..7}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 8 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has 1 input_slices, but 7 bits in slices of 4 make 2}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 4 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has alpha 0.000000e+00; it must be positive and finite}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      alpha = 0.0 : f32, scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has tile_alpha and alpha; scales are one, measured, or one for each row tile}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      alpha = 1.0 : f32, scale_dims = 0 : i64, tile_alpha = array<f32: 1.0, 2.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has tile_alpha and scale_dims; scales are one, measured, or one for each row tile}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64, tile_alpha = array<f32: 1.0, 2.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has 0.000000e+00 in tile_alpha; it must be positive and finite}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_alpha = array<f32: 1.0, 0.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x2xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has one of tile_alpha and tile_rows; they go together}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_rows = 2 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has 3 scales in tile_alpha for 3 elements in tiles of 2}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_alpha = array<f32: 1.0, 2.0, 3.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has scales of shape 5; it must end in 2, the row tiles of tile_alpha}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_alpha = array<f32: 1.0, 2.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has voltages of shape 5x3x2; x and 1 input slices make 5x3x1}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x2x!analog.voltage>, tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<5x3xf32>) {
  // expected-error @below {{has rows that differ: x is 5x3, the scales is 4}}
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<4xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%i: tensor<5x2x2x1x1x!analog.current>) {
  // expected-error @below {{has adc_bits 1; it must be in 2..22, or 0 for an ideal ADC}}
  %c = analog.adc @w(%i) {adc_bits = 1 : i64, adc_unsigned = false} : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%i: tensor<5x2x2x1x1x!analog.current>) {
  // expected-error @below {{has adc_bits 0 (ideal) and an adc_range}}
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false, adc_range = dense<1.0> : tensor<1x2x2x1xf32>}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%i: tensor<5x2x2x1x1x!analog.current>) {
  // expected-error @below {{has adc_bits 8 but no adc_range}}
  %c = analog.adc @w(%i) {adc_bits = 8 : i64, adc_unsigned = false} : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%i: tensor<5x2x2x1x1x!analog.current>) {
  // expected-error @below {{has currents 'tensor<5x2x2x1x1x!analog.current>' but codes 'tensor<5x2x2x1x2xi32>'}}
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false} : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x2xi32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%i: tensor<5x2x2x1x1x!analog.current>) {
  // expected-error @below {{has adc_range of type 'tensor<1x2x2xf32>'; it must be 'tensor<1x2x2x1xf32>'}}
  %c = analog.adc @w(%i) {adc_bits = 8 : i64, adc_unsigned = false, adc_range = dense<1.0> : tensor<1x2x2xf32>}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%c: tensor<5x2x2x1x1xi32>, %a: tensor<5xf32>) {
  // expected-error @below {{has codes of shape 5x2x2x1x1, but crossbar @w needs it to end in 2x2x1x2}}
  %y = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 4 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%c: tensor<5x2x2x1x1xi32>, %a: tensor<5xf32>) {
  // expected-error @below {{has a result of shape 5x2, but crossbar @w needs it to end in 2x2}}
  %y = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2xf32>
  return
}

// -----

// expected-note @below {{the crossbar is here}}
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%c: tensor<5x2x2x1x1xi32>, %a: tensor<5x3xf32>) {
  // expected-error @below {{has scales of shape 5x3, but crossbar @w needs it to end in 2}}
  %y = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5x3xf32> -> tensor<5x2x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%c: tensor<5x2x2x1x1xi32>, %a: tensor<4xf32>) {
  // expected-error @below {{has rows that differ: codes is 5x2x2x1x1, scales is 4}}
  %y = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<4xf32> -> tensor<5x2x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: memref<5x2xf32>) {
  // expected-error @below {{has x of type 'tensor<5x3xf32>' but init of type 'memref<5x2xf32>'; both are tensors or both memrefs}}
  analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : memref<5x2xf32>) {node = "fc", site = 0 : i64, x_map = affine_map<(m,
      g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64}
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has result types () for init of type 'tensor<5x2xf32>'}}
  analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64, x_map = affine_map<(m,
      g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64}
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{it must map 3 dimensions (rows, group, n) to 2 indices}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{with fewer dimensions than a group and 1 of k}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(k) -> (k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{in which row dimension 0 drives no axis alone with coefficient 1}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m * 2, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has scale_dims 2 but only 1 row dimensions}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 2 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has batch_dim 1 (outer 1, inner 1) of 1 row dimensions}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64, batch_dim = 1 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has k_sizes that multiply to 4, but crossbar @w has 3 rows}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 4>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has 3 scales in tile_alpha, but crossbar @w has 2 row tiles}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 0 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64, tile_alpha = array<f32: 1.0, 2.0, 3.0>} -> tensor<5x2xf32>
  return
}

// -----

analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

func.func @f(%x: tensor<5x3xf32>, %y: tensor<5x2xf32>) {
  // expected-error @below {{has bias of type 'tensor<2xf32>'; it must be 'tensor<1x2xf32>'}}
  %r = analog.dispatch @w ins(%x : tensor<5x3xf32>) outs(%y : tensor<5x2xf32>) {node = "fc", site = 0 : i64,
      x_map = affine_map<(m, g, k) -> (m, k)>,
    y_map = affine_map<(m, g, n) -> (m, n)>, k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64,
        input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
    adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64, bias = dense<1.0> : tensor<2xf32>} -> tensor<5x2xf32>
  return
}
