// RUN: aimc-opt %s --test-print-constants --verify-diagnostics -o /dev/null

// Shape changes of a constant read it where it lies.
func.func @views() {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  // expected-remark @below {{in place, strides [1, 3]: tensor<3x2xf32> [1, 4, 2, 5, 3, 6]}}
  %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0] {test.print}
  // expected-remark @below {{in place, strides [0, 3, 1]: tensor<1x2x3xf32> [1, 2, 3, 4, 5, 6]}}
  %x = tensor.expand_shape %w [[0, 1], [2]] output_shape [1, 2, 3] {test.print} : tensor<2x3xf32> into tensor<1x2x3xf32>
  // expected-remark @below {{in place, strides [1]: tensor<6xf32> [1, 2, 3, 4, 5, 6]}}
  %c = tensor.collapse_shape %w [[0, 1]] {test.print} : tensor<2x3xf32> into tensor<6xf32>
  // A column of the transpose, every second element.
  // expected-remark @below {{in place, strides [2]: tensor<2xf32> [4, 6]}}
  %s = tensor.extract_slice %t[0, 1] [2, 1] [2, 1] {test.print} : tensor<3x2xf32> to tensor<2xf32>
  %b = tensor.empty() : tensor<2x2xf32>
  // expected-remark @below {{in place, strides [0, 2]: tensor<2x2xf32> [4, 6, 4, 6]}}
  %r = linalg.broadcast ins(%s : tensor<2xf32>) outs(%b : tensor<2x2xf32>) dimensions = [0] {test.print}
  // Rows of the transpose do not follow each other in memory.
  // expected-remark @below {{computed: tensor<6xf32> [1, 4, 2, 5, 3, 6]}}
  %f = tensor.collapse_shape %t [[0, 1]] {test.print} : tensor<3x2xf32> into tensor<6xf32>
  return
}

func.func @resource() {
  // expected-remark @below {{in place, strides [2, 1]: tensor<2x2xf32> [1, 2, 3, -4]}}
  %w = arith.constant {test.print} dense_resource<weights> : tensor<2x2xf32>
  // expected-remark @below {{in place, strides [0, 0]: tensor<4x4xbf16> [0.5,}}
  %s = arith.constant {test.print} dense<0.5> : tensor<4x4xbf16>
  // expected-remark @below {{tensor<9xi1> [1, 0, 0, 1, 1, 1, 0, 0, 1]}}
  %m = arith.constant {test.print} dense<[true, false, false, true, true, true, false, false, true]> : tensor<9xi1>
  return
}

func.func @not_constant(%x: tensor<2xf32>) {
  %w = arith.constant dense<1.0> : tensor<2xf32>
  // expected-remark @below {{not constant}}
  %y = linalg.add {test.print} ins(%x, %w : tensor<2xf32>, tensor<2xf32>) outs(%x : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{not constant}}
  %g = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>], iterator_types = ["parallel"]} outs(%w : tensor<2xf32>) attrs = {test.print} {
  ^bb0(%o: f32):
    %c0 = arith.constant 0 : index
    %v = tensor.extract %x[%c0] : tensor<2xf32>
    linalg.yield %v : f32
  } -> tensor<2xf32>
  return
}

// An int8 weight with a scale and zero point per column: (q - z) * s.
func.func @dequantize() {
  %q = arith.constant dense<[[1, -2, 127], [0, 4, -128]]> : tensor<2x3xi8>
  %z = arith.constant dense<[0, 1, 2]> : tensor<3xi8>
  %s = arith.constant dense<[0.5, 0.25, 2.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  // expected-remark @below {{computed: tensor<2x3xf32> [0.5, -0.75, 250, 0, 0.75, -260]}}
  %w = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (j)>,
                                        affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%q, %z, %s : tensor<2x3xi8>, tensor<3xi8>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) attrs = {test.print} {
  ^bb0(%a: i8, %b: i8, %c: f32, %o: f32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.extsi %b : i8 to i32
    %2 = arith.subi %0, %1 : i32
    %3 = arith.sitofp %2 : i32 to f32
    %4 = arith.mulf %3, %c : f32
    linalg.yield %4 : f32
  } -> tensor<2x3xf32>
  return
}

// Sums keep their order: (1e8 + 1) - 1e8 is 0 in f32, and 1e8 - 1e8 + 1 is 1.
func.func @reductions() {
  %a = arith.constant dense<[[1.0e8, 1.0, -1.0e8], [1.0e8, -1.0e8, 1.0]]> : tensor<2x3xf32>
  %b = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<2xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{computed: tensor<2xf32> [0, 1]}}
  %s = linalg.reduce {arith.addf} ins(%a : tensor<2x3xf32>) outs(%z1 : tensor<2xf32>) dimensions = [1] {test.print}
  %e2 = tensor.empty() : tensor<3x3xf32>
  // expected-remark @below {{in place, strides [0, 0]: tensor<3x3xf32> [0,}}
  %z2 = linalg.fill {test.print} ins(%zero : f32) outs(%e2 : tensor<3x3xf32>) -> tensor<3x3xf32>
  %c = arith.constant dense<[[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf32>
  // expected-remark @below {{computed: tensor<3x3xf32> [1, 2, 0, 3, 4, 2, 5, 6, 4]}}
  %p = linalg.matmul {test.print} ins(%b, %c : tensor<3x2xf32>, tensor<2x3xf32>) outs(%z2 : tensor<3x3xf32>) -> tensor<3x3xf32>
  return
}

func.func @assembly() {
  %a = arith.constant dense<[[1, 2]]> : tensor<1x2xi32>
  %b = arith.constant dense<[[3, 4], [5, 6]]> : tensor<2x2xi32>
  %c1 = arith.constant 1 : i32
  %c4 = arith.constant 4 : i32
  %c7 = arith.constant 7 : i32
  // expected-remark @below {{computed: tensor<3x2xi32> [1, 2, 3, 4, 5, 6]}}
  %c = tensor.concat dim(0) %a, %b {test.print} : (tensor<1x2xi32>, tensor<2x2xi32>) -> tensor<3x2xi32>
  // expected-remark @below {{computed: tensor<2x4xi32> [7, 1, 2, 7, 7, 7, 7, 7]}}
  %p = tensor.pad %a low[0, 1] high[1, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %c7 : i32
  } {test.print} : tensor<1x2xi32> to tensor<2x4xi32>
  // expected-remark @below {{computed: tensor<3x2xi32> [1, 2, 1, 2, 5, 6]}}
  %i = tensor.insert_slice %a into %c[1, 0] [1, 2] [1, 1] {test.print} : tensor<1x2xi32> into tensor<3x2xi32>
  // expected-remark @below {{tensor<2x2xi32> [7, 7, 7, 7]}}
  %f = tensor.from_elements %c7, %c7, %c7, %c7 {test.print} : tensor<2x2xi32>
  // expected-remark @below {{computed: tensor<2x2xi32> [4, 8, 12, 16]}}
  %g = tensor.generate {
  ^bb0(%x: index, %y: index):
    %0 = tensor.extract %b[%x, %y] : tensor<2x2xi32>
    %1 = arith.subi %0, %c1 : i32
    %2 = arith.addi %1, %1 : i32
    %3 = arith.addi %2, %2 : i32
    %4 = arith.subi %3, %c4 : i32
    tensor.yield %4 : i32
  } {test.print} : tensor<2x2xi32>
  return
}

// Shapes computed from constants; -1 wraps; a comparison selects.
func.func @elementwise() {
  %shape = arith.constant dense<[3, 2]> : tensor<2xindex>
  %a = arith.constant dense<[[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %d = tensor.reshape %a(%shape) : (tensor<2x3xf32>, tensor<2xindex>) -> tensor<?x?xf32>
  %c0 = arith.constant 0 : index
  // expected-remark @below {{tensor<index> [3]}}
  %n = tensor.dim {test.print} %d, %c0 : tensor<?x?xf32>
  // expected-remark @below {{tensor<index> [6]}}
  %m = arith.addi %n, %n {test.print} : index
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  // expected-remark @below {{computed: tensor<2x3xf32> [1, 0, 3, 0, 5, 0]}}
  %r = arith.maximumf %a, %zero {test.print} : tensor<2x3xf32>
  %big = arith.constant dense<[127, -128]> : tensor<2xi8>
  // expected-remark @below {{computed: tensor<2xi8> [-2, 0]}}
  %w = arith.addi %big, %big {test.print} : tensor<2xi8>
  // expected-remark @below {{computed: tensor<2x3xi1> [0, 1, 0, 1, 0, 1]}}
  %l = arith.cmpf olt, %a, %zero {test.print} : tensor<2x3xf32>
  // expected-remark @below {{computed: tensor<2x3xf32> [0, -2, 0, -4, 0, -6]}}
  %x = arith.select %l, %a, %zero {test.print} : tensor<2x3xi1>, tensor<2x3xf32>
  %h = arith.constant dense<[2048.0, 1.0]> : tensor<2xf16>
  %o = arith.constant dense<1.0> : tensor<2xf16>
  // f16 has 11 bits of precision.
  // expected-remark @below {{computed: tensor<2xf16> [2048, 2]}}
  %y = arith.addf %h, %o {test.print} : tensor<2xf16>
  // A splat of splats stays one element.
  // expected-remark @below {{tensor<2xf16> [2, 2]}}
  %z = arith.addf %o, %o {test.print} : tensor<2xf16>
  return
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F0000004000004040000080C0"
    }
  }
#-}
