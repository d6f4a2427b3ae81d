// Spectra, counts, random numbers and batched scans: numbers computed by hand or with numpy.fft.
// RUN: aimc-opt %s --convert-onnx-to-linalg --one-shot-bufferize="bufferize-function-boundaries allow-return-allocs-from-loops" --convert-linalg-to-loops \
// RUN:   --expand-strided-metadata --lower-affine --convert-scf-to-cf --arith-expand --convert-math-to-llvm --convert-math-to-libm \
// RUN:   --convert-arith-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void --shared-libs=%llvm_libs/libmlir_runner_utils.so,%llvm_libs/libmlir_c_runner_utils.so,libm.so.6 \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}

// numpy.fft.rfft([1, 2, 4, 0]), of which the input has three.
// CHECK: [7,  0],
// CHECK: [-3,  -2],
// CHECK: [3,  {{-?[0-9.e-]+}}]
func.func @dft_padded() {
  %x = arith.constant dense<[[[1.0], [2.0], [4.0]]]> : tensor<1x3x1xf32>
  %n = arith.constant dense<4> : tensor<i64>
  %axis = arith.constant dense<1> : tensor<i64>
  %y = onnx.node "DFT"(%x, %n, %axis) {domain = "", opset = 20 : i64, attrs = {onesided = 1 : i64}}
      : (tensor<1x3x1xf32>, tensor<i64>, tensor<i64>) -> tensor<1x3x2xf32>
  %out = tensor.cast %y : tensor<1x3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The first two of three samples: [1 + 2i, 3] has the spectrum [4 + 2i, -2 + 2i].
// CHECK: [4,  2],
// CHECK: [-2,  2]
func.func @dft_cut() {
  %x = arith.constant dense<[[[1.0, 2.0], [3.0, 0.0], [4.0, 9.0]]]> : tensor<1x3x2xf32>
  %n = arith.constant dense<2> : tensor<i64>
  %y = onnx.node "DFT"(%x, %n) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x3x2xf32>, tensor<i64>) -> tensor<1x2x2xf32>
  %out = tensor.cast %y : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Token 1 twice, token 2 once, 1 before 2 once and two places before 1 once; the pair 2, 2 never.
// CHECK: [1,  3,  0.25,  0,  7]
func.func @tf_idf() {
  %x = arith.constant dense<[1, 2, 1]> : tensor<3xi64>
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {mode = "TFIDF", min_gram_length = 1 : i64,
      max_gram_length = 2 : i64, max_skip_count = 1 : i64, ngram_counts = array<i64: 0, 2>, ngram_indexes = array<i64: 0, 1, 2, 3, 4>,
      pool_int64s = array<i64: 1, 2, 1, 2, 2, 2, 1, 1>, weights = array<f32: 0.5, 3.0, 0.25, 5.0, 7.0>}}
      : (tensor<3xi64>) -> tensor<5xf32>
  %out = tensor.cast %y : tensor<5xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The same presence counted once.
// CHECK: [0.5,  3]
func.func @idf() {
  %x = arith.constant dense<[[1, 2, 1]]> : tensor<1x3xi32>
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {mode = "IDF", min_gram_length = 1 : i64,
      max_gram_length = 1 : i64, max_skip_count = 0 : i64, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 0, 1>,
      pool_int64s = array<i64: 1, 2>, weights = array<f32: 0.5, 3.0>}} : (tensor<1x3xi32>) -> tensor<1x2xf32>
  %out = tensor.cast %y : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// NaN is behind all numbers, and one kind as in numpy.unique.
// CHECK: [-1,  2,  nan]
func.func @unique_nan() {
  %x = arith.constant dense<[2.0, 0x7FC00000, -1.0, 2.0, 0x7FC00000]> : tensor<5xf32>
  %y = onnx.node "Unique"(%x) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<5xf32>) -> tensor<?xf32>
  %out = tensor.cast %y : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Sums from the last step of each sample on; the second has two steps.
// CHECK: [6],
// CHECK: [30]
// CHECK: [3],
// CHECK: [5],
// CHECK: [6]
// CHECK: [20],
// CHECK: [30],
// CHECK: [0]
func.func @scan_lengths() {
  %lengths = arith.constant dense<[3, 2]> : tensor<2xi64>
  %zero = arith.constant dense<0.0> : tensor<2x1xf32>
  %x = arith.constant dense<[[[1.0], [2.0], [3.0]], [[10.0], [20.0], [30.0]]]> : tensor<2x3x1xf32>
  %last, %all = onnx.node "Scan"(%lengths, %zero, %x) with {
  ^bb0(%sum: tensor<1xf32>, %next: tensor<1xf32>):
    %s = onnx.node "Add"(%sum, %next) {domain = "", opset = 8 : i64, attrs = {}} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
    onnx.yield %s, %s : tensor<1xf32>, tensor<1xf32>
  } {domain = "", opset = 8 : i64, attrs = {num_scan_inputs = 1 : i64, directions = array<i64: 1>}, graphs = ["body"]}
      : (tensor<2xi64>, tensor<2x1xf32>, tensor<2x3x1xf32>) -> (tensor<2x1xf32>, tensor<2x3x1xf32>)
  %out = tensor.cast %last : tensor<2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  %out2 = tensor.cast %all : tensor<2x3x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out2) : (tensor<*xf32>) -> ()
  return
}

/// |mean(x) - expected| <= bound, as 1.
func.func @check_mean(%x: tensor<4096xf32>, %expected: tensor<f32>, %bound: tensor<f32>) {
  %mean = onnx.node "ReduceMean"(%x) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}} : (tensor<4096xf32>) -> tensor<f32>
  %d = onnx.node "Sub"(%mean, %expected) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %a = onnx.node "Abs"(%d) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<f32>) -> tensor<f32>
  %near = onnx.node "LessOrEqual"(%a, %bound) {domain = "", opset = 16 : i64, attrs = {}} : (tensor<f32>, tensor<f32>) -> tensor<i1>
  %y = onnx.node "Cast"(%near) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<i1>) -> tensor<i32>
  %out = tensor.cast %y : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// -1 … 3: mean 1, standard deviation of the mean of 4096 numbers 4 / √12 / 64, of which four; none outside.
// CHECK: [1]
// CHECK: [1]
// CHECK: [1]
func.func @random_uniform() {
  %x = onnx.node "RandomUniform"() {domain = "", opset = 1 : i64, attrs = {shape = array<i64: 4096>, low = -1.0 : f32, high = 3.0 : f32}}
      : () -> tensor<4096xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %bound = arith.constant dense<0.072> : tensor<f32>
  call @check_mean(%x, %one, %bound) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  // (x - 1)² has mean 16 / 12 and deviation 4² / √180 / 64.
  %d = onnx.node "Sub"(%x, %one) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<f32>) -> tensor<4096xf32>
  %s = onnx.node "Mul"(%d, %d) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<4096xf32>) -> tensor<4096xf32>
  %variance = arith.constant dense<1.3333> : tensor<f32>
  %bound2 = arith.constant dense<0.0745> : tensor<f32>
  call @check_mean(%s, %variance, %bound2) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  %low = arith.constant dense<-1.0> : tensor<f32>
  %high = arith.constant dense<3.0> : tensor<f32>
  %c = onnx.node "Clip"(%x, %low, %high) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> tensor<4096xf32>
  %e = onnx.node "Sub"(%x, %c) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<4096xf32>) -> tensor<4096xf32>
  %a = onnx.node "Abs"(%e) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>) -> tensor<4096xf32>
  call @check_mean(%a, %zero, %zero) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  return
}

// Mean 5 and deviation 2: four deviations of the mean are 0.125, of the variance 4 · 4 · √2 / 64.
// CHECK: [1]
// CHECK: [1]
func.func @random_normal() {
  %x = onnx.node "RandomNormal"() {domain = "", opset = 1 : i64, attrs = {shape = array<i64: 4096>, mean = 5.0 : f32, scale = 2.0 : f32, seed = 3.0 : f32}}
      : () -> tensor<4096xf32>
  %mean = arith.constant dense<5.0> : tensor<f32>
  %bound = arith.constant dense<0.125> : tensor<f32>
  call @check_mean(%x, %mean, %bound) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  %d = onnx.node "Sub"(%x, %mean) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<f32>) -> tensor<4096xf32>
  %s = onnx.node "Mul"(%d, %d) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<4096xf32>) -> tensor<4096xf32>
  %variance = arith.constant dense<4.0> : tensor<f32>
  %bound2 = arith.constant dense<0.354> : tensor<f32>
  call @check_mean(%s, %variance, %bound2) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  return
}

// Ones of which a quarter stay are 4; the mean stays 1, with deviation √3 / 64. A ratio of 0 changes nothing.
// CHECK: [1]
// CHECK: [1]
func.func @dropout() {
  %x = arith.constant dense<1.0> : tensor<4096xf32>
  %ratio = arith.constant dense<0.75> : tensor<f32>
  %train = arith.constant dense<true> : tensor<i1>
  %y, %mask = onnx.node "Dropout"(%x, %ratio, %train) {domain = "", opset = 13 : i64, attrs = {seed = 1 : i64}}
      : (tensor<4096xf32>, tensor<f32>, tensor<i1>) -> (tensor<4096xf32>, tensor<4096xi1>)
  %one = arith.constant dense<1.0> : tensor<f32>
  %bound = arith.constant dense<0.1083> : tensor<f32>
  call @check_mean(%y, %one, %bound) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  // y = 4 where the mask is 1, else 0.
  %m = onnx.node "Cast"(%mask) {domain = "", opset = 13 : i64, attrs = {to = 1 : i64}} : (tensor<4096xi1>) -> tensor<4096xf32>
  %four = arith.constant dense<4.0> : tensor<f32>
  %scaled = onnx.node "Mul"(%m, %four) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<f32>) -> tensor<4096xf32>
  %e = onnx.node "Sub"(%y, %scaled) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>, tensor<4096xf32>) -> tensor<4096xf32>
  %a = onnx.node "Abs"(%e) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4096xf32>) -> tensor<4096xf32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  call @check_mean(%a, %zero, %zero) : (tensor<4096xf32>, tensor<f32>, tensor<f32>) -> ()
  return
}

// The scores' exponentials leave one class.
// CHECK: [1,  1,  1,  1],
// CHECK: [2,  2,  2,  2]
func.func @multinomial() {
  %x = arith.constant dense<[[0.0, 200.0, 0.0], [-300.0, -400.0, -100.0]]> : tensor<2x3xf32>
  %y = onnx.node "Multinomial"(%x) {domain = "", opset = 7 : i64, attrs = {sample_size = 4 : i64}} : (tensor<2x3xf32>) -> tensor<2x4xi32>
  %out = tensor.cast %y : tensor<2x4xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Probabilities 0 and 1.
// CHECK: [0,  1,  0,  1]
func.func @bernoulli() {
  %x = arith.constant dense<[0.0, 1.0, 0.0, 1.0]> : tensor<4xf32>
  %y = onnx.node "Bernoulli"(%x) {domain = "", opset = 15 : i64, attrs = {dtype = 6 : i64}} : (tensor<4xf32>) -> tensor<4xi32>
  %out = tensor.cast %y : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

func.func @main() {
  call @dft_padded() : () -> ()
  call @dft_cut() : () -> ()
  call @tf_idf() : () -> ()
  call @idf() : () -> ()
  call @unique_nan() : () -> ()
  call @scan_lengths() : () -> ()
  call @random_uniform() : () -> ()
  call @random_normal() : () -> ()
  call @dropout() : () -> ()
  call @multinomial() : () -> ()
  call @bernoulli() : () -> ()
  return
}
