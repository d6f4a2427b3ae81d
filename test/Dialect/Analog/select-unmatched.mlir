// RUN: aimc-opt %s --analog-select="digital-nodes=fc" --verify-diagnostics

// A pattern must match a whole name; one that matches none is a slip.
// expected-warning @below {{digital-nodes matches none of the 1 contractions; it must match a whole name, like 'fc1'}}
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>} {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
    %w = arith.constant dense<1.0> : tensor<3x2xf32>
    %zero = arith.constant dense<0.0> : tensor<2x2xf32>
    %y = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%zero : tensor<2x2xf32>) -> tensor<2x2xf32> loc("fc1")
    return %y : tensor<2x2xf32>
  }
}
