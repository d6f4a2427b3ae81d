// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Matrix products, convolutions, pooling, recurrences and normalization: operands and attributes that do not fit each other.

func.func @gemm_rank(%x: tensor<2x3x4xf32>, %y: tensor<4x5xf32>) {
  // expected-error @unknown {{node (Gemm, opset 13): input 0 has 3 dimensions; the operator takes 2}}
  %r = onnx.node "Gemm"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gemm_types(%x: tensor<2x3xf32>, %y: tensor<3x5xf64>) {
  // expected-error @unknown {{node (Gemm, opset 13): input 1 has elements of type 'f64', input 0 of type 'f32'; they must be of one type: insert a Cast}}
  %r = onnx.node "Gemm"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3x5xf64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gemm_bias_rank(%x: tensor<2x3xf32>, %y: tensor<3x5xf32>, %z: tensor<1x1x5xf32>) {
  // expected-error @unknown {{node (Gemm, opset 13): input 2 has 3 dimensions; the operator takes at most 2}}
  %r = onnx.node "Gemm"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3x5xf32>, tensor<1x1x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gemm_bias_size(%x: tensor<2x3xf32>, %y: tensor<3x5xf32>, %z: tensor<4xf32>) {
  // expected-error @unknown {{node (Gemm, opset 13): input 2 has size 4 where the product has 5}}
  %r = onnx.node "Gemm"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3x5xf32>, tensor<4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @matmul_scalar(%x: tensor<f32>, %y: tensor<3x5xf32>) {
  // expected-error @unknown {{node (MatMul, opset 13): multiplies a scalar; both inputs need at least one dimension}}
  %r = onnx.node "MatMul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<f32>, tensor<3x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @matmul_batches(%x: tensor<2x3x4xf32>, %y: tensor<5x4x6xf32>) {
  // expected-error @unknown {{node (MatMul, opset 13): batch sizes 2 and 5 do not broadcast}}
  %r = onnx.node "MatMul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3x4xf32>, tensor<5x4x6xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_rank(%x: tensor<3x8xf32>, %y: tensor<4x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): input 0 has 2 dimensions; a convolution needs at least 3}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x8xf32>, tensor<4x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_weight_rank(%x: tensor<1x3x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): input 1 has 4 dimensions; the operator takes 3}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_bias(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>, %z: tensor<3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): input 2 has type 'tensor<3xf32>' for 4 channels}}
  %r = onnx.node "Conv"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_kernel_rank(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): 'kernel_shape' has 1 numbers where 2 are needed}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3>}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_kernel_unknown(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x?x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): the kernel's size is not known}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x?x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_kernel_other(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): 'kernel_shape' says 5 where the weight has 3}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 5>}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_stride(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): 'strides' contains 0, which is out of range}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {strides = array<i64: 1, 0>}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @conv_auto_pad(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): 'auto_pad' is SAME, not NOTSET, SAME_UPPER, SAME_LOWER or VALID}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {auto_pad = "SAME"}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @transposed_rank(%x: tensor<3x8xf32>, %y: tensor<3x4xf32>) {
  // expected-error @unknown {{node (ConvTranspose, opset 13): input 0 has 2 dimensions; a convolution needs at least 3}}
  %r = onnx.node "ConvTranspose"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x8xf32>, tensor<3x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @transposed_channels(%x: tensor<1x2x8x8xf32>, %y: tensor<3x4x3x3xf32>) {
  // expected-error @unknown {{node (ConvTranspose, opset 13): input has 2 channels; the weight takes 3 in 1 groups}}
  %r = onnx.node "ConvTranspose"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x2x8x8xf32>, tensor<3x4x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @transposed_kernel_unknown(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x?x3xf32>) {
  // expected-error @unknown {{node (ConvTranspose, opset 13): the kernel's size is not known}}
  %r = onnx.node "ConvTranspose"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<3x4x?x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pool_kernel_rank(%x: tensor<1x3x8x8xf32>) {
  // expected-error @unknown {{node (MaxPool, opset 13): 'kernel_shape' has 1 numbers for an input of 4 dimensions}}
  %r = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3>}}
    : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pool_kernel_zero(%x: tensor<1x3x8x8xf32>) {
  // expected-error @unknown {{node (AveragePool, opset 13): the kernel has size 0, which is out of range}}
  %r = onnx.node "AveragePool"(%x) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 0>}}
    : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pool_integers(%x: tensor<1x3x8x8xi32>) {
  // expected-error @unknown {{node (LpPool, opset 18): takes floats, not 'tensor<1x3x8x8xi32>'}}
  %r = onnx.node "LpPool"(%x) {domain = "", opset = 18 : i64, attrs = {kernel_shape = array<i64: 3, 3>}}
    : (tensor<1x3x8x8xi32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pool_power(%x: tensor<1x3x8x8xf32>) {
  // expected-error @unknown {{node (LpPool, opset 18): 'p' is 0, but must be positive}}
  %r = onnx.node "LpPool"(%x) {domain = "", opset = 18 : i64, attrs = {kernel_shape = array<i64: 3, 3>, p = 0 : i64}}
    : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @global_pool_rank(%x: tensor<3xf32>) {
  // expected-error @unknown {{node (GlobalAveragePool, opset 13): input 0 has 1 dimensions; the operator takes at least 2}}
  %r = onnx.node "GlobalAveragePool"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @deformable_types(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>, %z: tensor<1x18x6x6xf64>) {
  // expected-error @unknown {{node (DeformConv, opset 19): input 2 has type 'tensor<1x18x6x6xf64>', input 0 'tensor<1x3x8x8xf32>'; their elements must be of one type}}
  %r = onnx.node "DeformConv"(%x, %y, %z) {domain = "", opset = 19 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<1x18x6x6xf64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @deformable_groups(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>, %z: tensor<1x18x6x6xf32>) {
  // expected-error @unknown {{node (DeformConv, opset 19): 'offset_group' 2 does not divide 3 channels}}
  %r = onnx.node "DeformConv"(%x, %y, %z) {domain = "", opset = 19 : i64, attrs = {offset_group = 2 : i64}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<1x18x6x6xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @deformable_offsets(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>, %z: tensor<1x9x6x6xf32>) {
  // expected-error @unknown {{node (DeformConv, opset 19): input 2 has type 'tensor<1x9x6x6xf32>' where 18 channels of 6x6 are needed}}
  %r = onnx.node "DeformConv"(%x, %y, %z) {domain = "", opset = 19 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<1x9x6x6xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_rank(%x: tensor<5x2xf32>, %y: tensor<1x16x3xf32>, %z: tensor<1x16x4xf32>) {
  // expected-error @unknown {{node (LSTM, opset 13): input 0 is 'tensor<5x2xf32>'; the operator takes 3 dimensions}}
  %r = onnx.node "LSTM"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x2xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_direction(%x: tensor<5x2x3xf32>, %y: tensor<1x16x3xf32>, %z: tensor<1x16x4xf32>) {
  // expected-error @unknown {{node (LSTM, opset 13): 'direction' is backward, not forward, reverse or bidirectional}}
  %r = onnx.node "LSTM"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {direction = "backward"}}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_directions(%x: tensor<5x2x3xf32>, %y: tensor<1x12x3xf32>, %z: tensor<1x12x4xf32>) {
  // expected-error @unknown {{node (GRU, opset 13): weights have 1 and 1 directions; 'direction' is bidirectional}}
  %r = onnx.node "GRU"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {direction = "bidirectional"}}
    : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x12x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_gates(%x: tensor<5x2x3xf32>, %y: tensor<1x16x3xf32>, %z: tensor<1x16x4xf32>) {
  // expected-error @unknown {{node (GRU, opset 13): weights of 16 and 16x4 do not fit 3 gates of 4 units}}
  %r = onnx.node "GRU"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_features(%x: tensor<5x2x3xf32>, %y: tensor<1x4x6xf32>, %z: tensor<1x4x4xf32>) {
  // expected-error @unknown {{node (RNN, opset 13): input has 3 features; the weight takes 6}}
  %r = onnx.node "RNN"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x2x3xf32>, tensor<1x4x6xf32>, tensor<1x4x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_bias(%x: tensor<5x2x3xf32>, %y: tensor<1x4x3xf32>, %z: tensor<1x4x4xf32>, %u: tensor<1x4xf32>) {
  // expected-error @unknown {{node (RNN, opset 13): input 3 has type 'tensor<1x4xf32>'; the biases of 1 directions and 1 gates of 4 units do not fit}}
  %r = onnx.node "RNN"(%x, %y, %z, %u) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, tensor<1x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @recurrent_state(%x: tensor<5x2x3xf32>, %y: tensor<1x4x3xf32>, %z: tensor<1x4x4xf32>, %u: tensor<1x2x5xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (RNN, opset 13): input 5 has type 'tensor<1x2x5xf32>', which is not 1 states of 4 units for the batch}}
  %r = onnx.node "RNN"(%x, %y, %z, %none, %none, %u) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x2x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>, none, none, tensor<1x2x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @batch_norm_trains(%x: tensor<1x3x8xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @unknown {{node (BatchNormalization, opset 6): is in training mode or not per channel; export the model for inference}}
  %r = onnx.node "BatchNormalization"(%x, %y, %z, %u, %v) {domain = "", opset = 6 : i64, attrs = {}}
    : (tensor<1x3x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @batch_norm_scalar(%x: tensor<f32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @unknown {{node (BatchNormalization, opset 13): normalizes a scalar}}
  %r = onnx.node "BatchNormalization"(%x, %y, %z, %u, %v) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<f32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @batch_norm_rank(%x: tensor<1x3x8xf32>, %y: tensor<3x1xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @unknown {{node (BatchNormalization, opset 13): input 1 has 2 dimensions; the operator takes 1}}
  %r = onnx.node "BatchNormalization"(%x, %y, %z, %u, %v) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8xf32>, tensor<3x1xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @batch_norm_size(%x: tensor<1x3x8xf32>, %y: tensor<4xf32>, %z: tensor<3xf32>, %u: tensor<3xf32>, %v: tensor<3xf32>) {
  // expected-error @unknown {{node (BatchNormalization, opset 13): input 1 has 4 elements for 3 channels}}
  %r = onnx.node "BatchNormalization"(%x, %y, %z, %u, %v) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8xf32>, tensor<4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @instance_norm_rank(%x: tensor<2x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>) {
  // expected-error @unknown {{node (InstanceNormalization, opset 13): input 0 has 2 dimensions; the operator takes at least 3}}
  %r = onnx.node "InstanceNormalization"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @instance_norm_vector(%x: tensor<2x3x4xf32>, %y: tensor<2xf32>, %z: tensor<3xf32>) {
  // expected-error @unknown {{node (InstanceNormalization, opset 13): input 1 has type 'tensor<2xf32>' for 3 channels}}
  %r = onnx.node "InstanceNormalization"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3x4xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @lrn_size(%x: tensor<2x3x4xf32>) {
  // expected-error @unknown {{node (LRN, opset 13): 'size' is 0; a window has 1 to 2147483647 channels}}
  %r = onnx.node "LRN"(%x) {domain = "", opset = 13 : i64, attrs = {size = 0 : i64}}
    : (tensor<2x3x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @layer_norm_rank(%x: tensor<2x3xf32>, %y: tensor<1x1x3xf32>) {
  // expected-error @unknown {{node (LayerNormalization, opset 17): input 1 has 3 dimensions, the input 2}}
  %r = onnx.node "LayerNormalization"(%x, %y) {domain = "", opset = 17 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1x1x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @layer_norm_size(%x: tensor<2x3xf32>, %y: tensor<4xf32>) {
  // expected-error @unknown {{node (LayerNormalization, opset 17): input 1 has size 4 where the input has 3}}
  %r = onnx.node "LayerNormalization"(%x, %y) {domain = "", opset = 17 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_conv_summand(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>, %z: tensor<1x4x8x8xf32>) {
  // expected-error @unknown {{node (FusedConv, opset 1): input 3 has size 8 where the product has 6}}
  %r = onnx.node "FusedConv"(%x, %w, %b, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>, tensor<1x4x8x8xf32>) -> tensor<*xf32> loc("node")
  return
}
