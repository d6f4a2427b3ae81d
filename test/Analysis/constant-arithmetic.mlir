// RUN: aimc-opt %s --test-print-constants --verify-diagnostics -o /dev/null

// Indexing maps with strides and dilations; expected numbers from NumPy.
func.func @convolution() {
  %x = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]]]> : tensor<1x1x3x4xf32>
  %k = arith.constant dense<[[[[1.0, -1.0], [2.0, 0.5]]]]> : tensor<1x1x2x2xf32>
  %z = arith.constant dense<0.0> : tensor<1x1x2x2xf32>
  // expected-remark @below {{tensor<1x1x2x2xf32> [12, 17, 22, 27]}}
  %a = linalg.conv_2d_nchw_fchw {test.print, strides = dense<[1, 2]> : tensor<2xi64>} ins(%x, %k : tensor<1x1x3x4xf32>, tensor<1x1x2x2xf32>)
      outs(%z : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %z2 = arith.constant dense<0.0> : tensor<1x1x1x2xf32>
  // expected-remark @below {{tensor<1x1x1x2xf32> [21.5, 24]}}
  %b = linalg.conv_2d_nchw_fchw {test.print, dilations = dense<2> : tensor<2xi64>} ins(%x, %k : tensor<1x1x3x4xf32>, tensor<1x1x2x2xf32>)
      outs(%z2 : tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
  // A payload that uses its indices: the rows reversed, by lookup.
  %e = tensor.empty() : tensor<3x4xf32>
  %m = tensor.collapse_shape %x [[0, 1, 2], [3]] : tensor<1x1x3x4xf32> into tensor<3x4xf32>
  // expected-remark @below {{tensor<3x4xf32> [9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4]}}
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<3x4xf32>) attrs = {test.print} {
  ^bb0(%o: f32):
    %c2 = arith.constant 2 : index
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k2 = arith.subi %c2, %i : index
    %v = tensor.extract %m[%k2, %j] : tensor<3x4xf32>
    linalg.yield %v : f32
  } -> tensor<3x4xf32>
  // Two results of one loop nest, one of them a maximum along rows.
  %low = arith.constant dense<0xFF800000> : tensor<3xf32>
  // expected-remark @below {{tensor<3x4xf32> [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]}}
  // expected-remark @below {{tensor<3xf32> [4, 8, 12]}}
  %two:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                           iterator_types = ["parallel", "reduction"]} ins(%m : tensor<3x4xf32>) outs(%e, %low : tensor<3x4xf32>, tensor<3xf32>) attrs = {test.print} {
  ^bb0(%v: f32, %o: f32, %acc: f32):
    %d = arith.addf %v, %v : f32
    %n = arith.maximumf %acc, %v : f32
    linalg.yield %d, %n : f32, f32
  } -> (tensor<3x4xf32>, tensor<3xf32>)
  return
}

// Narrow floats round to nearest, ties to even; large ones overflow, small ones become subnormal.
func.func @floats() {
  %x = arith.constant dense<[0.333333343, 65519.0, 65520.0, 6.0e-8, 2.9e-8, 1.00146484, -0.1]> : tensor<7xf32>
  // expected-remark @below {{tensor<7xf16> [0.333252, 65504, inf, 5.96046e-08, 0, 1.00195, -0.0999756]}}
  %h = arith.truncf %x {test.print} : tensor<7xf32> to tensor<7xf16>
  // expected-remark @below {{tensor<7xf32> [0.333252, 65504, inf, 5.96046e-08, 0, 1.00195, -0.0999756]}}
  %w = arith.extf %h {test.print} : tensor<7xf16> to tensor<7xf32>
  %y = arith.constant dense<[0.333333343, 1.00390625, 1.01171875, -0.1]> : tensor<4xf32>
  // expected-remark @below {{tensor<4xbf16> [0.333984, 1, 1.01562, -0.100098]}}
  %b = arith.truncf %y {test.print} : tensor<4xf32> to tensor<4xbf16>
  %z = arith.constant dense<[0.5, 2.0, -1.0]> : tensor<3xf32>
  // expected-remark @below {{tensor<3xf32> [1.64872, 7.38906, 0.367879]}}
  %e = math.exp %z {test.print} : tensor<3xf32>
  // expected-remark @below {{tensor<3xf32> [0.5205, 0.995322, -0.842701]}}
  %f = math.erf %z {test.print} : tensor<3xf32>
  // expected-remark @below {{tensor<3xi32> [0, 2, -1]}}
  %i = arith.fptosi %z {test.print} : tensor<3xf32> to tensor<3xi32>
  return
}

// Signs are the operation's, widths the type's.
func.func @integers() {
  %a = arith.constant dense<[-7, 7, -56]> : tensor<3xi8>
  %b = arith.constant dense<[2, -2, 7]> : tensor<3xi8>
  // expected-remark @below {{tensor<3xi8> [-3, -3, -8]}}
  %0 = arith.divsi %a, %b {test.print} : tensor<3xi8>
  // expected-remark @below {{tensor<3xi8> [-4, -4, -8]}}
  %1 = arith.floordivsi %a, %b {test.print} : tensor<3xi8>
  // -56 is 200 without sign: 200 / 7 = 28.
  // expected-remark @below {{tensor<3xi8> [124, 0, 28]}}
  %2 = arith.divui %a, %b {test.print} : tensor<3xi8>
  // expected-remark @below {{tensor<3xi32> [249, 7, 200]}}
  %3 = arith.extui %a {test.print} : tensor<3xi8> to tensor<3xi32>
  // expected-remark @below {{tensor<3xi1> [1, 0, 1]}}
  %4 = arith.cmpi slt, %a, %b {test.print} : tensor<3xi8>
  // expected-remark @below {{tensor<3xi1> [0, 1, 0]}}
  %5 = arith.cmpi ult, %a, %b {test.print} : tensor<3xi8>
  // expected-remark @below {{tensor<3xf32> [1, 0, 1]}}
  %6 = arith.uitofp %4 {test.print} : tensor<3xi1> to tensor<3xf32>
  %one = arith.constant dense<1> : tensor<3xi8>
  // expected-remark @below {{tensor<3xi8> [-14, 14, -112]}}
  %7 = arith.shli %a, %one {test.print} : tensor<3xi8>
  return
}
