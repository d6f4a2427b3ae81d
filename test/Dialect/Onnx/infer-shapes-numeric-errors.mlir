// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @signal(%x: tensor<1x8x3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DFT, opset 17): takes floats with a last dimension of 1 (real) or 2 (complex), not 'tensor<1x8x3xf32>'}}
  %y = onnx.node "DFT"(%x) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @onesided(%x: tensor<1x8x2xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DFT, opset 17): 'onesided' needs a real signal, with a last dimension of 1, not 'tensor<1x8x2xf32>'}}
  %y = onnx.node "DFT"(%x) {domain = "", opset = 17 : i64, attrs = {onesided = 1 : i64}} : (tensor<1x8x2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @both(%x: tensor<1x8x1xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DFT, opset 17): 'onesided' and 'inverse' exclude each other}}
  %y = onnx.node "DFT"(%x) {domain = "", opset = 17 : i64, attrs = {onesided = 1 : i64, inverse = 1 : i64}} : (tensor<1x8x1xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @axis(%x: tensor<1x8x1xf32>, %axis: tensor<i64>) -> tensor<*xf32> {
  %none = onnx.none
  // expected-error @below {{(DFT, opset 20): the axis, input 2, must be one number that is known when compiling}}
  %y = onnx.node "DFT"(%x, %none, %axis) {domain = "", opset = 20 : i64, attrs = {}} : (tensor<1x8x1xf32>, none, tensor<i64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @parts(%x: tensor<1x8x1xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DFT, opset 17): transforms along dimension 2, which holds real and imaginary parts}}
  %y = onnx.node "DFT"(%x) {domain = "", opset = 17 : i64, attrs = {axis = 2 : i64}} : (tensor<1x8x1xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @frames(%x: tensor<1x8x1xf32>, %step: tensor<i64>) -> tensor<*xf32> {
  // expected-error @below {{(STFT, opset 17): needs a window or a frame length}}
  %y = onnx.node "STFT"(%x, %step) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x1xf32>, tensor<i64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @long(%x: tensor<1x8x1xf32>, %step: tensor<i64>, %window: tensor<9xf32>) -> tensor<*xf32> {
  // expected-error @below {{(STFT, opset 17): frames of 9 samples do not fit a signal of 8}}
  %y = onnx.node "STFT"(%x, %step, %window) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x1xf32>, tensor<i64>, tensor<9xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @step(%x: tensor<1x8x1xf32>, %window: tensor<4xf32>) -> tensor<*xf32> {
  %step = arith.constant dense<0> : tensor<i64>
  // expected-error @below {{(STFT, opset 17): the frame step is 0, but must be positive}}
  %y = onnx.node "STFT"(%x, %step, %window) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x1xf32>, tensor<i64>, tensor<4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @batch(%x: tensor<8x1xf32>, %step: tensor<i64>, %window: tensor<4xf32>) -> tensor<*xf32> {
  // expected-error @below {{(STFT, opset 17): takes a signal [batch, samples, 1 or 2], not 'tensor<8x1xf32>'}}
  %y = onnx.node "STFT"(%x, %step, %window) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<8x1xf32>, tensor<i64>, tensor<4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @window(%x: tensor<1x8x1xf32>, %step: tensor<i64>, %window: tensor<1x4xf32>) -> tensor<*xf32> {
  // expected-error @below {{(STFT, opset 17): the window has type 'tensor<1x4xf32>', but must be a vector}}
  %y = onnx.node "STFT"(%x, %step, %window) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x1xf32>, tensor<i64>, tensor<1x4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @random() -> tensor<*xf32> {
  // expected-error @below {{(RandomUniform, opset 1): makes random floats, not 'i64'}}
  %y = onnx.node "RandomUniform"() {domain = "", opset = 1 : i64, attrs = {shape = array<i64: 2>, dtype = 7 : i64}} : () -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @negative() -> tensor<*xf32> {
  // expected-error @below {{(RandomNormal, opset 1): 'shape' has the negative size -2}}
  %y = onnx.node "RandomNormal"() {domain = "", opset = 1 : i64, attrs = {shape = array<i64: 3, -2>}} : () -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @type(%x: tensor<3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Bernoulli, opset 15): 'dtype' 8 is not a number type we know}}
  %y = onnx.node "Bernoulli"(%x) {domain = "", opset = 15 : i64, attrs = {dtype = 8 : i64}} : (tensor<3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @probabilities(%x: tensor<3xi32>) -> tensor<*xf32> {
  // expected-error @below {{(Bernoulli, opset 15): takes probabilities, not 'tensor<3xi32>'}}
  %y = onnx.node "Bernoulli"(%x) {domain = "", opset = 15 : i64, attrs = {}} : (tensor<3xi32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @classes(%x: tensor<3xf32>) -> tensor<*xi32> {
  // expected-error @below {{(Multinomial, opset 7): takes scores [batch, classes], not 'tensor<3xf32>'}}
  %y = onnx.node "Multinomial"(%x) {domain = "", opset = 7 : i64, attrs = {}} : (tensor<3xf32>) -> tensor<*xi32>
  return %y : tensor<*xi32>
}

// -----

func.func @class_type(%x: tensor<1x3xf32>) -> tensor<*xi32> {
  // expected-error @below {{(Multinomial, opset 7): gives classes as i32 or i64, not 'f32'}}
  %y = onnx.node "Multinomial"(%x) {domain = "", opset = 7 : i64, attrs = {dtype = 1 : i64}} : (tensor<1x3xf32>) -> tensor<*xi32>
  return %y : tensor<*xi32>
}

// -----

func.func @samples(%x: tensor<1x3xf32>) -> tensor<*xi32> {
  // expected-error @below {{(Multinomial, opset 7): 'sample_size' is 0, but must be positive}}
  %y = onnx.node "Multinomial"(%x) {domain = "", opset = 7 : i64, attrs = {sample_size = 0 : i64}} : (tensor<1x3xf32>) -> tensor<*xi32>
  return %y : tensor<*xi32>
}

// -----

func.func @groups(%r: tensor<f32>, %t: tensor<i64>, %x: tensor<3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Momentum, opset 1): has 4 tensors and 1 results; it takes 3 and gives 2 for each that it changes}}
  %y = onnx.node "Momentum"(%r, %t, %x, %x, %x, %x) {domain = "ai.onnx.preview.training", opset = 1 : i64, attrs = {}}
      : (tensor<f32>, tensor<i64>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @gradient(%r: tensor<f32>, %t: tensor<i64>, %x: tensor<3xf32>, %g: tensor<2xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Adagrad, opset 1): input 3 has type 'tensor<2xf32>'; it belongs to 'tensor<3xf32>'}}
  %y = onnx.node "Adagrad"(%r, %t, %x, %g, %x) {domain = "ai.onnx.preview.training", opset = 1 : i64, attrs = {}}
      : (tensor<f32>, tensor<i64>, tensor<3xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @tokens(%x: tensor<3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): takes integers [tokens] or [batch, tokens], not 'tensor<3xf32>'}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1>}} : (tensor<3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @strings(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): needs its sequences as integers, in 'pool_int64s'}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_strings = ["a"]}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @mode(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): mode 'TD' is not known; TF, IDF and TFIDF are}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {mode = "TD", pool_int64s = array<i64: 1>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @pool(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'ngram_counts' do not divide a pool of 4 tokens: sequences of 2 tokens from 1 to 4}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1, 2, 3, 4>, ngram_counts = array<i64: 0, 1>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @places(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'ngram_indexes' has 1 places for 2 sequences}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1, 2>, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 0>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @weights(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'weights' has 1 numbers for 2 columns}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1, 2>, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 0, 1>, weights = array<f32: 1.0>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @scan(%x: tensor<3xf32>) -> tensor<*xf32> {
  %none = onnx.none
  // expected-error @below {{(Scan, opset 8): input 1 has type 'tensor<3xf32>'; it needs dimensions of samples and of steps}}
  %y = onnx.node "Scan"(%none, %x) with {
  ^bb0(%v: tensor<*xf32>):
    onnx.yield %v : tensor<*xf32>
  } {domain = "", opset = 8 : i64, attrs = {num_scan_inputs = 1 : i64}, graphs = ["body"]} : (none, tensor<3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @far_columns(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'ngram_indexes' holds 2121059682; a vector of at most 1048576 numbers can be counted into}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1>, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 2121059682>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// One more column than that cannot be counted in 64 bits.
func.func @farthest_column(%x: tensor<3xi64>) -> tensor<*xf32> {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'ngram_indexes' holds 9223372036854775807; a vector of at most 1048576 numbers can be counted into}}
  %y = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {pool_int64s = array<i64: 1>, ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 9223372036854775807>}} : (tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
