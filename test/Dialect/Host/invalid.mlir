// RUN: aimc-opt %s --split-input-file --verify-diagnostics

func.func @offset() {
  // expected-error @below {{lies at offset 100, which is no multiple of 64}}
  %w = host.constant 100 : tensor<4xf32>
  return
}

// -----

func.func @dynamic_constant() {
  // expected-error @below {{has the type 'tensor<?xf32>', whose shape is not static}}
  %w = host.constant 64 : tensor<?xf32>
  return
}

// -----

func.func @kinds(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{counts dimensions of 3 kinds in 'dims'; there are four: batch, m, n, k}}
  %r = host.contract 0 "fc" dims [1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @dimensions(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{has 2 dimensions and 0 symbols in the map of a but 3 dimensions in 'dims'}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @rank(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{has 1 indices in the map of b, which has rank 2}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @element_types(%a: tensor<2x3xf16>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{multiplies elements of type 'f16' in a into elements of type 'f32'}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf16>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @permutation(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{has a map of b that is no projected permutation}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k + n, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @linear(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{has a map of a that is not linear}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k mod 2)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @roles(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{has d1 as a n dimension, which must not stand in the map of a}}
  %r = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%c : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m + n, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  return
}

// -----

func.func @destination(%x: tensor<2xf32>, %y: memref<2xf32>) {
  // expected-error @below {{has 1 results but a destination of type 'memref<2xf32>', which calls for 0}}
  %r = host.dispatch 0 ins(%x : tensor<2xf32>) outs(%y : memref<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @result(%x: tensor<2xf32>) {
  // expected-error @below {{has a result of type 'tensor<3xf32>' but a destination of type 'tensor<2xf32>'}}
  %r = host.dispatch 0 ins(%x : tensor<2xf32>) outs(%x : tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @layer_type(%x: tensor<2xf64>) {
  // expected-error @below {{works on float32, not on 'tensor<2xf64>'}}
  %r = host.dispatch 0 ins(%x : tensor<2xf64>) outs(%x : tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @nested(%n: index) {
  // expected-note @below {{the enclosing loop}}
  host.parallel %i to %n grain %n : index {
    // expected-error @below {{stands within another parallel loop}}
    host.parallel %j to %n grain %n : index {
      host.yield
    }
    host.yield
  }
  return
}

// -----

func.func @counts(%n: index, %grain: i64) {
  // expected-error @below {{counts in 'index' but shares in 'i64'}}
  "host.parallel"(%n, %grain) ({
  ^bb0(%i: index):
    host.yield
  }) : (index, i64) -> ()
  return
}

// -----

func.func @iteration(%n: index) {
  // expected-error @below {{needs a body with one argument of type 'index'}}
  "host.parallel"(%n, %n) ({
  ^bb0(%i: i64):
    host.yield
  }) : (index, index) -> ()
  return
}
