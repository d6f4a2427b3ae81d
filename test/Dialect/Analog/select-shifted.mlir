// Integer weights that lie beyond the levels of tiles count from another number; the host adds what that leaves out.
// RUN: aimc-opt %s --analog-select --split-input-file --verify-diagnostics | FileCheck %s

#same = affine_map<(i, j) -> (i, j)>
#none = affine_map<(i, j) -> ()>
#column = affine_map<(i, j) -> (j)>

// Column 0, 0 - 10 … 200 - 10, counts from 63; column 1, 10 - 10 … 90 - 10, fits as it is. The scales multiply at the end.
// CHECK: analog.crossbar @fc
// CHECK{LITERAL}: arith.constant dense<[[[-73, 0], [127, 80]]]> : tensor<1x2x2xi8>
// CHECK: arith.sitofp
// CHECK-NOT: arith.mulf
// CHECK-LABEL: func.func @shifted
// CHECK:         %[[Y:.*]] = analog.matmul @fc
// CHECK-DAG:     %[[ONES:.*]] = arith.constant dense<1.000000e+00> : tensor<2x1xf32>
// CHECK-DAG:     %[[X:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<?x2xi8>) outs(%{{.*}} : tensor<?x2xf32>)
// CHECK:         %[[SUM:.*]] = linalg.matmul ins(%[[X]], %[[ONES]] : tensor<?x2xf32>, tensor<2x1xf32>)
// CHECK:         %[[SHIFT:.*]] = arith.constant dense<[6.300000e+01, 0.000000e+00]> : tensor<2xf64>
// CHECK:         %[[SCALE:.*]] = arith.constant dense<[1.250000e-01, 1.000000e+00]> : tensor<2xf32>
// CHECK:         linalg.generic {{.*}} ins(%[[Y]], %[[SUM]], %[[SHIFT]], %[[SCALE]] : tensor<?x2xf32>, tensor<?x1xf32>, tensor<2xf64>, tensor<2xf32>)
// CHECK:           arith.mulf {{.*}} : f64
// CHECK:           arith.addf {{.*}} : f64
// CHECK:           arith.truncf {{.*}} : f64 to f32
// CHECK:           arith.mulf {{.*}} : f32
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>} {
func.func @shifted(%q: tensor<?x2xi8>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %q, %c0 : tensor<?x2xi8>
  %ex = tensor.empty(%n) : tensor<?x2xf32>
  %x = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<?x2xi8>) outs(%ex : tensor<?x2xf32>) {
  ^bb0(%level: i8, %out: f32):
    %s = arith.constant 0.5 : f32
    %number = arith.uitofp %level : i8 to f32
    %scaled = arith.mulf %number, %s : f32
    linalg.yield %scaled : f32
  } -> tensor<?x2xf32>
  %w = arith.constant dense<[[0, 10], [200, 90]]> : tensor<2x2xi8>
  %s = arith.constant dense<[0.25, 2.0]> : tensor<2xf32>
  %ew = tensor.empty() : tensor<2x2xf32>
  %wf = linalg.generic {indexing_maps = [#same, #column, #same], iterator_types = ["parallel", "parallel"]}
      ins(%w, %s : tensor<2x2xi8>, tensor<2xf32>) outs(%ew : tensor<2x2xf32>) {
  ^bb0(%level: i8, %scale: f32, %out: f32):
    %z = arith.constant 10 : i32
    %wide = arith.extui %level : i8 to i32
    %centered = arith.subi %wide, %z : i32
    %number = arith.sitofp %centered : i32 to f32
    %scaled = arith.mulf %number, %scale : f32
    linalg.yield %scaled : f32
  } -> tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%ex : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul ins(%x, %wf : tensor<?x2xf32>, tensor<2x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32> loc("fc")
  return %y : tensor<?x2xf32>
}
}

// -----

#same = affine_map<(i, j) -> (i, j)>
#none = affine_map<(i, j) -> ()>

// A pair of devices holds 255 of a column's 256 levels: the missing one of w[0, 1] is a column of its own on the host. The inputs'
// zero point is known only to a run: it multiplies the sums of the levels.
// CHECK: analog.crossbar @fc
// CHECK{LITERAL}: arith.constant dense<[[[5, -127], [-6, 127]]]> : tensor<1x2x2xi8>
// CHECK-LABEL: func.func @rest
// CHECK-SAME:      %{{.*}}: tensor<3x2xi8>, %[[Z:.*]]: tensor<i8>
// CHECK:         %[[Y:.*]] = analog.matmul @fc
// CHECK:         %[[SUMS:.*]] = arith.constant dense<[-1.000000e+00, 0.000000e+00]> : tensor<2xf64>
// CHECK:         %[[RESTS:.*]] = arith.constant dense<{{\[\[}}-1], [0]]> : tensor<2x1xi32>
// CHECK:         %[[REST:.*]] = linalg.matmul ins(%{{.*}}, %[[RESTS]] : tensor<3x2xi32>, tensor<2x1xi32>)
// CHECK:         %[[WHICH:.*]] = arith.constant dense<0> : tensor<2xi64>
// CHECK:         %[[HAS:.*]] = arith.constant dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf64>
// CHECK:         linalg.generic {{.*}} ins(%[[Y]], %[[SUMS]], %[[Z]], %[[WHICH]], %[[HAS]] :
// CHECK:           tensor.extract %[[REST]]
// CHECK:           arith.fptosi
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>} {
func.func @rest(%q: tensor<3x2xi8>, %zero: tensor<i8>) -> tensor<3x2xi32> {
  %ex = tensor.empty() : tensor<3x2xi32>
  %x = linalg.generic {indexing_maps = [#same, #none, #same], iterator_types = ["parallel", "parallel"]}
      ins(%q, %zero : tensor<3x2xi8>, tensor<i8>) outs(%ex : tensor<3x2xi32>) {
  ^bb0(%level: i8, %z: i8, %out: i32):
    %wide = arith.extui %level : i8 to i32
    %wideZ = arith.extui %z : i8 to i32
    %centered = arith.subi %wide, %wideZ : i32
    linalg.yield %centered : i32
  } -> tensor<3x2xi32>
  %w = arith.constant dense<[[5, -128], [-6, 127]]> : tensor<2x2xi8>
  %ew = tensor.empty() : tensor<2x2xi32>
  %wi = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<2x2xi8>) outs(%ew : tensor<2x2xi32>) {
  ^bb0(%level: i8, %out: i32):
    %wide = arith.extsi %level : i8 to i32
    linalg.yield %wide : i32
  } -> tensor<2x2xi32>
  %c0 = arith.constant 0 : i32
  %init = linalg.fill ins(%c0 : i32) outs(%ex : tensor<3x2xi32>) -> tensor<3x2xi32>
  // expected-remark @unknown {{'fc': 1 weights lie at -128, one level below what a differential pair holds; that level stays digital}}
  %y = linalg.matmul ins(%x, %wi : tensor<3x2xi32>, tensor<2x2xi32>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32> loc("fc")
  return %y : tensor<3x2xi32>
}
}
