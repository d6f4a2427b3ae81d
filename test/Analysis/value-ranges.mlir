// RUN: aimc-opt %s --test-print-ranges --verify-diagnostics -o /dev/null

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// relu, and a leaky one.
func.func @relu(%x: tensor<?x4xf32>, %e: tensor<?x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %slope = arith.constant 0.5 : f32
  // expected-remark @below {{[0, inf] non-negative}}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  // The same spelled as a selection.
  // expected-remark @below {{[0, inf] non-negative}}
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.cmpf ugt, %a, %zero : f32
    %1 = arith.select %0, %a, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<?x4xf32>
  // expected-remark @below {{[-inf, inf]}}
  %l = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.cmpf ogt, %a, %zero : f32
    %1 = arith.mulf %a, %slope : f32
    %2 = arith.select %0, %a, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<?x4xf32>
  // A leaky relu of what is never negative is itself.
  // expected-remark @below {{[0, inf] non-negative}}
  %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%r : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.cmpf ogt, %a, %zero : f32
    %1 = arith.mulf %a, %slope : f32
    %2 = arith.select %0, %a, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<?x4xf32>
  return
}

// Graph inputs have the range that was declared; a sum with a constant moves it.
func.func @input(%x: tensor<2x3xf32> {analog.input_range = [0.0, 1.0]}, %y: tensor<2x3xf32>) {
  %half = arith.constant dense<0.5> : tensor<2x3xf32>
  %w = arith.constant dense<[[1.0, 2.0, -3.0], [0.0, 1.0, 1.0]]> : tensor<2x3xf32>
  // expected-remark @below {{[-0.5, 0.5]}}
  %a = arith.subf %x, %half {test.print} : tensor<2x3xf32>
  // expected-remark @below {{[-3, 2]}}
  %b = arith.mulf %x, %w {test.print} : tensor<2x3xf32>
  // expected-remark @below {{[0, inf] non-negative}}
  %c = arith.mulf %y, %y {test.print} : tensor<2x3xf32>
  // One tensor read twice is a square too; two tensors are not.
  // expected-remark @below {{[0, inf] non-negative}}
  %d = linalg.mul {test.print} ins(%y, %y : tensor<2x3xf32>, tensor<2x3xf32>) outs(%half : tensor<2x3xf32>) -> tensor<2x3xf32>
  // expected-remark @below {{[-inf, inf]}}
  %f = linalg.mul {test.print} ins(%y, %x : tensor<2x3xf32>, tensor<2x3xf32>) outs(%half : tensor<2x3xf32>) -> tensor<2x3xf32>
  %two = arith.constant dense<2.0> : tensor<2x3xf32>
  // expected-remark @below {{[0, inf] non-negative}}
  %g = math.powf %y, %two {test.print} : tensor<2x3xf32>
  return
}

// 1 / (1 + exp(-x)) is in [0, 1], and so is 1 - it.
func.func @sigmoid(%x: tensor<4xf32>) {
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %n = arith.negf %x : tensor<4xf32>
  %e = math.exp %n : tensor<4xf32>
  // expected-remark @below {{[1, inf] non-negative}}
  %d = arith.addf %e, %one {test.print} : tensor<4xf32>
  // expected-remark @below {{[0, 1] non-negative}}
  %s = arith.divf %one, %d {test.print} : tensor<4xf32>
  // expected-remark @below {{[0, 1] non-negative}}
  %z = arith.subf %one, %s {test.print} : tensor<4xf32>
  return
}

// exp(x - max x) / sum.
func.func @softmax(%x: tensor<2x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<2xf32>
  %e2 = tensor.empty() : tensor<2x4xf32>
  %exp = math.exp %x : tensor<2x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{[0, inf] non-negative}}
  %sum = linalg.reduce {arith.addf} ins(%exp : tensor<2x4xf32>) outs(%init : tensor<2xf32>) dimensions = [1] {test.print}
  // expected-remark @below {{[0, inf] non-negative}}
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%exp, %sum : tensor<2x4xf32>, tensor<2xf32>) outs(%e2 : tensor<2x4xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x4xf32>
  return
}

// The maximum over a window never shows its initial value; a sum of anything may be negative.
func.func @pooling(%x: tensor<1x2x4x4xf32> {analog.input_range = [0.0, 2.0]}, %y: tensor<2x3xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  // expected-remark @below {{[0, 2] non-negative}}
  %p = linalg.pooling_nchw_max {test.print, strides = dense<2> : tensor<2xi64>} ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>)
      outs(%init : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty() : tensor<2xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  // expected-remark @below {{[-inf, inf]}}
  %s = linalg.reduce {arith.addf} ins(%y : tensor<2x3xf32>) outs(%z1 : tensor<2xf32>) dimensions = [1] {test.print}
  return
}

// What a max pool pads with is never its result: every window of 3 holds an element of the tensor when 2 at most are padded.
func.func @padded_pooling(%x: tensor<1x2x4x?xf32> {analog.input_range = [0.0, 2.0]}) {
  %low = arith.constant 0xFF800000 : f32
  %one = arith.constant 1 : index
  %w = tensor.dim %x, %one : tensor<1x2x4x?xf32>
  %window = tensor.empty() : tensor<3x3xf32>
  %e = tensor.empty(%w) : tensor<1x2x4x?xf32>
  %init = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x4x?xf32>) -> tensor<1x2x4x?xf32>
  %p = tensor.pad %x low[0, 0, 1, 0] high[0, 0, 1, 2] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %low : f32
  } : tensor<1x2x4x?xf32> to tensor<1x2x6x?xf32>
  // expected-remark @below {{[0, 2] non-negative}}
  %m = linalg.pooling_nchw_max {test.print} ins(%p, %window : tensor<1x2x6x?xf32>, tensor<3x3xf32>)
      outs(%init : tensor<1x2x4x?xf32>) -> tensor<1x2x4x?xf32>
  // Three padded elements fill a window.
  %wide = tensor.pad %x low[0, 0, 1, 0] high[0, 0, 1, 3] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %low : f32
  } : tensor<1x2x4x?xf32> to tensor<1x2x6x?xf32>
  // expected-remark @below {{[-inf, 2]}}
  %n = linalg.pooling_nchw_max {test.print} ins(%wide, %window : tensor<1x2x6x?xf32>, tensor<3x3xf32>)
      outs(%init : tensor<1x2x4x?xf32>) -> tensor<1x2x4x?xf32>
  return
}

// Windows with steps of 3 between their elements may step over a tensor of two elements, not over one of three. A minimum is
// not above what its windows hold.
func.func @steps(%x: tensor<2xf32> {analog.input_range = [0.0, 2.0]}, %y: tensor<3xf32> {analog.input_range = [0.0, 2.0]}) {
  %low = arith.constant 0xFF800000 : f32
  %high = arith.constant 0x7F800000 : f32
  %window = tensor.empty() : tensor<2xf32>
  %e1 = tensor.empty() : tensor<1xf32>
  %e2 = tensor.empty() : tensor<3xf32>
  %init1 = linalg.fill ins(%low : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  %init2 = linalg.fill ins(%high : f32) outs(%e2 : tensor<3xf32>) -> tensor<3xf32>
  %p = tensor.pad %x low[1] high[1] {
  ^bb0(%a: index):
    tensor.yield %low : f32
  } : tensor<2xf32> to tensor<4xf32>
  // expected-remark @below {{[-inf, 2]}}
  %m = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + 3 * k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%p, %window : tensor<4xf32>, tensor<2xf32>) outs(%init1 : tensor<1xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<1xf32>
  %q = tensor.pad %y low[1] high[2] {
  ^bb0(%a: index):
    tensor.yield %high : f32
  } : tensor<3xf32> to tensor<6xf32>
  // expected-remark @below {{[0, 2] non-negative}}
  %n = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + 3 * k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%q, %window : tensor<6xf32>, tensor<2xf32>) outs(%init2 : tensor<3xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.minimumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<3xf32>
  // The least of a window may be what a maximum would pad with.
  // expected-remark @below {{[-inf, 2]}}
  %o = linalg.generic {indexing_maps = [affine_map<(i, k) -> (i + k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%p, %window : tensor<4xf32>, tensor<2xf32>) outs(%init2 : tensor<3xf32>) attrs = {test.print} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.minimumf %a, %o : f32
    linalg.yield %0 : f32
  } -> tensor<3xf32>
  return
}

func.func @tensors(%x: tensor<2x3xf32> {analog.input_range = [1.0, 2.0]}, %i: index) {
  %zero = arith.constant 0.0 : f32
  %minus = arith.constant dense<-1.0> : tensor<2x3xf32>
  // expected-remark @below {{[0, 2] non-negative}}
  %p = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%a: index, %b: index):
    tensor.yield %zero : f32
  } {test.print} : tensor<2x3xf32> to tensor<4x3xf32>
  // expected-remark @below {{[0, 2] non-negative}}
  %s = tensor.extract_slice %p[%i, 0] [1, 3] [1, 1] {test.print} : tensor<4x3xf32> to tensor<3xf32>
  // expected-remark @below {{[-1, 2]}}
  %c = tensor.concat dim(0) %x, %minus {test.print} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  // expected-remark @below {{[1, 2] non-negative}}
  %t = linalg.transpose ins(%x : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0] {test.print}
  return
}

// A cell state that starts at 0 and is updated by numbers >= 0 stays so; one that is decremented does not.
func.func @loop(%x: tensor<4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  // expected-remark @below {{[0, inf] non-negative}}
  // expected-remark @below {{[-inf, 0]}}
  %r:2 = scf.for %t = %c0 to %n step %c1 iter_args(%c = %zero, %d = %zero) -> (tensor<4xf32>, tensor<4xf32>) {
    // expected-remark @below {{[0, inf] non-negative}}
    %s = math.sqrt %c {test.print} : tensor<4xf32>
    %a = math.absf %x : tensor<4xf32>
    %c2 = arith.addf %s, %a : tensor<4xf32>
    %d2 = arith.subf %d, %one : tensor<4xf32>
    scf.yield %c2, %d2 : tensor<4xf32>, tensor<4xf32>
  } {test.print}
  return
}

// Codes of 8 bits are read signed or unsigned by the conversion.
func.func @integers(%q: tensor<4xi8>) {
  // expected-remark @below {{[-128, 127]}}
  %s = arith.sitofp %q {test.print} : tensor<4xi8> to tensor<4xf32>
  // expected-remark @below {{[0, 255] non-negative}}
  %u = arith.uitofp %q {test.print} : tensor<4xi8> to tensor<4xf32>
  %w = arith.extsi %q : tensor<4xi8> to tensor<4xi32>
  %z = arith.constant dense<-128> : tensor<4xi32>
  // expected-remark @below {{[0, 255] non-negative}}
  %d = arith.subi %w, %z {test.print} : tensor<4xi32>
  return
}
