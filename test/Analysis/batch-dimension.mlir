// RUN: aimc-opt %s --test-print-batch --verify-diagnostics -o /dev/null

// A convolution and its flattened output: the batch stays dimension 0.
func.func @cnn(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32> {analog.batch_dim = -1 : i64}, %e: tensor<?x4x8x8xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } {test.print} : tensor<?x3x8x8xf32> to tensor<?x3x10x10xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %y = linalg.conv_2d_nchw_fchw {test.print} ins(%p, %w : tensor<?x3x10x10xf32>, tensor<4x3x3x3xf32>) outs(%e : tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %f = tensor.collapse_shape %y [[0], [1, 2, 3]] {test.print} : tensor<?x4x8x8xf32> into tensor<?x256xf32>
  // expected-remark @below {{no batch}}
  %v = tensor.collapse_shape %w [[0, 1], [2, 3]] {test.print} : tensor<4x3x3x3xf32> into tensor<12x9xf32>
  return
}

// Tokens: the batch is merged with them and comes out again.
func.func @vit(%x: tensor<?x5x6xf32>, %w: tensor<6x6xf32> {analog.batch_dim = -1 : i64}, %e: tensor<?x6xf32> {analog.batch_dim = -1 : i64}, %n: index) {
  // expected-remark @below {{dim 0: 1 x batch x 5}}
  %c = tensor.collapse_shape %x [[0, 1], [2]] {test.print} : tensor<?x5x6xf32> into tensor<?x6xf32>
  // expected-remark @below {{dim 0: 1 x batch x 5}}
  %y = linalg.matmul {test.print} ins(%c, %w : tensor<?x6xf32>, tensor<6x6xf32>) outs(%e : tensor<?x6xf32>) -> tensor<?x6xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %s = tensor.expand_shape %y [[0, 1], [2, 3]] output_shape [%n, 5, 2, 3] {test.print} : tensor<?x6xf32> into tensor<?x5x2x3xf32>
  %t0 = tensor.empty(%n) : tensor<2x5x?x3xf32>
  // expected-remark @below {{dim 2: 1 x batch x 1}}
  %t = linalg.transpose ins(%s : tensor<?x5x2x3xf32>) outs(%t0 : tensor<2x5x?x3xf32>) permutation = [2, 1, 0, 3] {test.print}
  // expected-remark @below {{dim 0: 10 x batch x 3}}
  %m = tensor.collapse_shape %t [[0, 1, 2, 3]] {test.print} : tensor<2x5x?x3xf32> into tensor<?xf32>
  // The first token of each sample.
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x5x6xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %cls = tensor.extract_slice %x[0, 0, 0] [%d, 1, 6] [1, 1, 1] {test.print} : tensor<?x5x6xf32> to tensor<?x6xf32>
  return
}

// [sequence, batch, features] with a static batch of 4: merged rows are 3 x batch; a sum over samples mixes them.
func.func @lstm(%x: tensor<3x4x5xf32> {analog.batch_dim = 1 : i64}, %r: tensor<2x2xf32> {analog.batch_dim = -1 : i64}, %w: tensor<5x2xf32> {analog.batch_dim = -1 : i64}) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  // expected-remark @below {{dim 0: 3 x batch x 1}}
  %m = tensor.collapse_shape %x [[0, 1], [2]] {test.print} : tensor<3x4x5xf32> into tensor<12x5xf32>
  %e12 = tensor.empty() : tensor<12x2xf32>
  // expected-remark @below {{dim 0: 3 x batch x 1}}
  %xw = linalg.matmul {test.print} ins(%m, %w : tensor<12x5xf32>, tensor<5x2xf32>) outs(%e12 : tensor<12x2xf32>) -> tensor<12x2xf32>
  // expected-remark @below {{dim 1: 1 x batch x 1}}
  %s = tensor.expand_shape %xw [[0, 1], [2]] output_shape [3, 4, 2] {test.print} : tensor<12x2xf32> into tensor<3x4x2xf32>
  %e4 = tensor.empty() : tensor<4x2xf32>
  // expected-remark @below {{no batch}}
  %h0 = linalg.fill {test.print} ins(%zero : f32) outs(%e4 : tensor<4x2xf32>) -> tensor<4x2xf32>
  %y0 = tensor.empty() : tensor<3x4x2xf32>
  // The state starts without a batch and gets it from the input.
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  // expected-remark @below {{dim 1: 1 x batch x 1}}
  %l:2 = scf.for %t = %c0 to %c3 step %c1 iter_args(%h = %h0, %y = %y0) -> (tensor<4x2xf32>, tensor<3x4x2xf32>) {
    // expected-remark @below {{dim 0: 1 x batch x 1}}
    %xt = tensor.extract_slice %s[%t, 0, 0] [1, 4, 2] [1, 1, 1] {test.print} : tensor<3x4x2xf32> to tensor<4x2xf32>
    // expected-remark @below {{dim 0: 1 x batch x 1}}
    %hr = linalg.matmul {test.print} ins(%h, %r : tensor<4x2xf32>, tensor<2x2xf32>) outs(%xt : tensor<4x2xf32>) -> tensor<4x2xf32>
    %y2 = tensor.insert_slice %hr into %y[%t, 0, 0] [1, 4, 2] [1, 1, 1] : tensor<4x2xf32> into tensor<3x4x2xf32>
    scf.yield %hr, %y2 : tensor<4x2xf32>, tensor<3x4x2xf32>
  } {test.print}
  %e2 = tensor.empty() : tensor<2xf32>
  // expected-remark @below {{mixed}}
  %sum = linalg.reduce {arith.addf} ins(%l#0 : tensor<4x2xf32>) outs(%e2 : tensor<2xf32>) dimensions = [0] {test.print}
  // Half of the samples, and their doubling.
  // expected-remark @below {{mixed}}
  %half = tensor.extract_slice %m[0, 0] [6, 5] [1, 1] {test.print} : tensor<12x5xf32> to tensor<6x5xf32>
  // expected-remark @below {{mixed}}
  %twice = tensor.concat dim(0) %m, %m {test.print} : (tensor<12x5xf32>, tensor<12x5xf32>) -> tensor<24x5xf32>
  return
}

// A payload that looks elements up follows the batch by its loop.
func.func @lookup(%x: tensor<?x7xf32>, %e: tensor<?x3xf32>, %i: tensor<3xindex>, %last: index) {
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %g = linalg.generic {indexing_maps = [affine_map<(b, j) -> (j)>, affine_map<(b, j) -> (b, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<3xindex>) outs(%e : tensor<?x3xf32>) attrs = {test.print} {
  ^bb0(%k: index, %o: f32):
    %b = linalg.index 0 : index
    %v = tensor.extract %x[%b, %k] : tensor<?x7xf32>
    linalg.yield %v : f32
  } -> tensor<?x3xf32>
  // expected-remark @below {{mixed}}
  %h = linalg.generic {indexing_maps = [affine_map<(b, j) -> (j)>, affine_map<(b, j) -> (b, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<3xindex>) outs(%e : tensor<?x3xf32>) attrs = {test.print} {
  ^bb0(%k: index, %o: f32):
    %v = tensor.extract %x[%k, %k] : tensor<?x7xf32>
    linalg.yield %v : f32
  } -> tensor<?x3xf32>
  // A broadcast that is decided at run time.
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %m = linalg.generic {indexing_maps = [affine_map<(b, j) -> (b, j)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x3xf32>) attrs = {test.print} {
  ^bb0(%o: f32):
    %b = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c = arith.minsi %b, %last : index
    %v = tensor.extract %x[%c, %j] : tensor<?x7xf32>
    linalg.yield %v : f32
  } -> tensor<?x3xf32>
  return
}

// A slice is all of the batch if its size is where the tensor's size was written, however far back; otherwise it is not.
func.func @sizes(%x: tensor<?x4xf32>, %n: index, %k: index) {
  %y = tensor.expand_shape %x [[0], [1, 2]] output_shape [%n, 2, 2] : tensor<?x4xf32> into tensor<?x2x2xf32>
  %e = tensor.empty(%n) : tensor<2x?x2xf32>
  %t = linalg.transpose ins(%y : tensor<?x2x2xf32>) outs(%e : tensor<2x?x2xf32>) permutation = [1, 0, 2]
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %a = tensor.extract_slice %t[1, 0, 0] [1, %n, 2] [1, 1, 1] {test.print} : tensor<2x?x2xf32> to tensor<?x2xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %b = tensor.extract_slice %a[0, 1] [%n, 1] [1, 1] {test.print} : tensor<?x2xf32> to tensor<?x1xf32>
  // expected-remark @below {{mixed}}
  %c = tensor.extract_slice %t[1, 0, 0] [1, %k, 2] [1, 1, 1] {test.print} : tensor<2x?x2xf32> to tensor<?x2xf32>
  return
}

// The analog dialect keeps row dimensions.
func.func @analog(%x: tensor<?x8x30x30xf32>, %e: tensor<?x2x28x28xf32>, %n: index) {
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %p = analog.gather %x[%n] {test.print, k_sizes = array<i64: 8, 3, 3>, x_map = affine_map<(n, h, w, g, c, i, j) -> (n, c, h + i, w + j)>} : tensor<?x8x30x30xf32> -> tensor<?x28x28x72xf32>
  // expected-remark @below {{dim 0: 1 x batch x 784}}
  %m = tensor.collapse_shape %p [[0, 1, 2], [3]] {test.print} : tensor<?x28x28x72xf32> into tensor<?x72xf32>
  // expected-remark @below {{dim 0: 1 x batch x 784}}
  %y = analog.matmul @c(%m) {test.print, tile_base = 0 : i64} : tensor<?x72xf32> -> tensor<?x2xf32>
  // expected-remark @below {{dim 0: 1 x batch x 1}}
  %d = analog.dispatch @c ins(%x : tensor<?x8x30x30xf32>) outs(%e : tensor<?x2x28x28xf32>) {test.print,
      node = "c", site = 0 : i64, x_map = affine_map<(m, h, w, g, c, i, j) -> (m, c, h + i, w + j)>, y_map = affine_map<(m, h, w, g, n) -> (m, n, h, w)>,
      k_sizes = array<i64: 8, 3, 3>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
      input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<?x2x28x28xf32>
  return
}

analog.crossbar @c node "c" [1, 72, 2] weights {
  %w = arith.constant dense<1.0> : tensor<1x72x2xf32>
  analog.yield %w : tensor<1x72x2xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 128, tile_columns = 128, row_tiles = 1, column_tiles = 1>,
   coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// One sample: where the batch's dimension is lost among others of size 1, everything is the sample's.
func.func @one(%x: tensor<1x4xf32>, %i: index) {
  %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> to tensor<4xf32>
  // expected-remark @below {{dim 0: 4 x batch x 1}}
  %y = arith.negf %row {test.print} : tensor<4xf32>
  return
}
