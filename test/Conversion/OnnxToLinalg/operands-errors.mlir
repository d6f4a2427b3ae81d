// RUN: aimc-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics
// What a lowering asks of its operands where no shape inference has asked before: IR written by hand.

func.func @gemm_rank(%x: tensor<2x3x4xf32>, %y: tensor<4x5xf32>) {
  // expected-error @unknown {{node (Gemm, opset 13): operand 0 is 'tensor<2x3x4xf32>', but must have rank 2}}
  %r = onnx.node "Gemm"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x5xf32> loc("node")
  return
}

// -----

func.func @matmul_scalar(%x: tensor<f32>, %y: tensor<3x5xf32>) {
  // expected-error @unknown {{node (MatMul, opset 13): operands 'tensor<f32>' and 'tensor<3x5xf32>' must have rank 1 or more}}
  %r = onnx.node "MatMul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<f32>, tensor<3x5xf32>) -> tensor<5xf32> loc("node")
  return
}

// -----

func.func @conv_open_kernel(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x?x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): the weight is 'tensor<4x3x?x3xf32>', but must be static and have 1 to 3 spatial dimensions}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x?x3xf32>) -> tensor<1x4x6x6xf32> loc("node")
  return
}

// -----

func.func @conv_kernel_shape(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): 'kernel_shape' is [3, 5], but the weight is 'tensor<4x3x3x3xf32>'}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 5>}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x4xf32> loc("node")
  return
}

// -----

func.func @conv_channels(%x: tensor<1x3x8x8xf32>, %y: tensor<4x2x3x3xf32>) {
  // expected-error @unknown {{node (Conv, opset 13): the weight 'tensor<4x2x3x3xf32>' with group 1 needs 2 input channels; the input is 'tensor<1x3x8x8xf32>'}}
  %r = onnx.node "Conv"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32> loc("node")
  return
}

// -----

func.func @transposed_group(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x3x3xf32>) {
  // expected-error @unknown {{node (ConvTranspose, opset 13): group 2 does not divide the 3 input channels}}
  %r = onnx.node "ConvTranspose"(%x, %y) {domain = "", opset = 13 : i64, attrs = {group = 2 : i64}}
    : (tensor<1x3x8x8xf32>, tensor<3x4x3x3xf32>) -> tensor<1x8x10x10xf32> loc("node")
  return
}

// -----

func.func @instance_norm_rank(%x: tensor<2x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>) {
  // expected-error @unknown {{node (InstanceNormalization, opset 13): needs a tensor of rank 3 or more, not 'tensor<2x3xf32>'}}
  %r = onnx.node "InstanceNormalization"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32> loc("node")
  return
}

// -----

func.func @lrn_rank(%x: tensor<2xf32>) {
  // expected-error @unknown {{node (LRN, opset 13): needs a tensor of rank 2 or more and a positive size, not 'tensor<2xf32>' and 3}}
  %r = onnx.node "LRN"(%x) {domain = "", opset = 13 : i64, attrs = {size = 3 : i64}}
    : (tensor<2xf32>) -> tensor<2xf32> loc("node")
  return
}

// -----

func.func @depth_to_space_rank(%x: tensor<4x2x2xf32>) {
  // expected-error @unknown {{node (DepthToSpace, opset 13): needs a tensor of rank 4 and a positive blocksize, not 'tensor<4x2x2xf32>' and 2}}
  %r = onnx.node "DepthToSpace"(%x) {domain = "", opset = 13 : i64, attrs = {blocksize = 2 : i64}}
    : (tensor<4x2x2xf32>) -> tensor<1x4x4xf32> loc("node")
  return
}

// -----

func.func @transpose_perm(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Transpose, opset 13): 'perm' [1] does not permute the dimensions of 'tensor<2x3xf32>'}}
  %r = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1>}}
    : (tensor<2x3xf32>) -> tensor<3x2xf32> loc("node")
  return
}

// -----

func.func @concat_join(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @unknown {{node (Concat, opset 13): operands 'tensor<2x3xf32>' and 'tensor<2x4xf32>' do not join along dimension 0}}
  %r = onnx.node "Concat"(%x, %y) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32> loc("node")
  return
}

// -----

func.func @gather_index(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2]> : tensor<1xi64>
  // expected-error @unknown {{node (Gather, opset 13): index 2 is outside dimension 0 of 'tensor<2x3xf32>'}}
  %r = onnx.node "Gather"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<1x3xf32> loc("node")
  return
}

// -----

func.func @split_count(%x: tensor<4x3xf32>) {
  %c0 = arith.constant dense<[1, 1, 2]> : tensor<3xi64>
  // expected-error @unknown {{node (Split, opset 13): 'split' has 3 sizes for 1 outputs}}
  %r = onnx.node "Split"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<3xi64>) -> tensor<1x3xf32> loc("node")
  return
}

// -----

func.func @pad_count(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[1, 1]> : tensor<2xi64>
  // expected-error @unknown {{node (Pad, opset 13): 'pads' has 2 numbers; 2 axes need 4}}
  %r = onnx.node "Pad"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x3xf32> loc("node")
  return
}

// -----

func.func @reshape_open(%x: tensor<2x3xf32>, %y: tensor<?xi64>) {
  // expected-error @unknown {{node (Reshape, opset 13): 'shape' is 'tensor<?xi64>', but must be a vector of known length}}
  %r = onnx.node "Reshape"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<?xi64>) -> tensor<6xf32> loc("node")
  return
}

// -----

func.func @resize_antialias(%x: tensor<1x2x?x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<[1, 2, 8, 8]> : tensor<4xi64>
  // expected-error @unknown {{node (Resize, opset 18): 'antialias' needs a scale that is known when compiling}}
  %r = onnx.node "Resize"(%x, %none, %none, %c0) {domain = "", opset = 18 : i64, attrs = {antialias = 1 : i64, mode = "linear"}}
    : (tensor<1x2x?x4xf32>, none, none, tensor<4xi64>) -> tensor<1x2x8x8xf32> loc("node")
  return
}

// -----

func.func @resize_policy(%x: tensor<1x2x?x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<[1, 2, 8, 8]> : tensor<4xi64>
  // expected-error @unknown {{node (Resize, opset 18): 'keep_aspect_ratio_policy' needs sizes that are known when compiling}}
  %r = onnx.node "Resize"(%x, %none, %none, %c0) {domain = "", opset = 18 : i64, attrs = {keep_aspect_ratio_policy = "not_larger"}}
    : (tensor<1x2x?x4xf32>, none, none, tensor<4xi64>) -> tensor<1x2x8x8xf32> loc("node")
  return
}

// -----

func.func @resize_roi(%x: tensor<1x2x4x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<[1, 2, 8, 8]> : tensor<4xi64>
  // expected-error @unknown {{node (Resize, opset 18): mode 'tf_crop_and_resize' needs the operand 'roi'}}
  %r = onnx.node "Resize"(%x, %none, %none, %c0) {domain = "", opset = 18 : i64, attrs = {coordinate_transformation_mode = "tf_crop_and_resize"}}
    : (tensor<1x2x4x4xf32>, none, none, tensor<4xi64>) -> tensor<1x2x8x8xf32> loc("node")
  return
}

// -----

func.func @grid_types(%x: tensor<1x2x4x4xf32>, %y: tensor<1x3x3x2xf64>) {
  // expected-error @unknown {{node (GridSample, opset 16): needs an image and a grid of one float type, not 'tensor<1x2x4x4xf32>' and 'tensor<1x3x3x2xf64>'}}
  %r = onnx.node "GridSample"(%x, %y) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<1x3x3x2xf64>) -> tensor<1x2x3x3xf32> loc("node")
  return
}

// -----

func.func @roi_types(%x: tensor<1x2x4x4xf32>, %y: tensor<3x4xf64>, %z: tensor<3xi64>) {
  // expected-error @unknown {{node (RoiAlign, opset 16): needs an image and regions of one float type, not 'tensor<1x2x4x4xf32>' and 'tensor<3x4xf64>'}}
  %r = onnx.node "RoiAlign"(%x, %y, %z) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<3x4xf64>, tensor<3xi64>) -> tensor<3x2x1x1xf32> loc("node")
  return
}

// -----

func.func @pool_kernel(%x: tensor<1x3x8x8xf32>) {
  // expected-error @unknown {{node (MaxPool, opset 13): a kernel of 1 dimensions needs a tensor of rank 3, not 'tensor<1x3x8x8xf32>'}}
  %r = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3>}}
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x6x6xf32> loc("node")
  return
}

// -----

func.func @pool_strides(%x: tensor<1x3x8x8xf32>) {
  // expected-error @unknown {{node (MaxPool, opset 13): 'strides' has 1 numbers; the tensor needs 2}}
  %r = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1>}}
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x6x6xf32> loc("node")
  return
}

// -----

func.func @global_pool_rank(%x: tensor<3x4xf32>) {
  // expected-error @unknown {{node (GlobalAveragePool, opset 13): needs a float tensor of rank 3 or more, not 'tensor<3x4xf32>'}}
  %r = onnx.node "GlobalAveragePool"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x4xf32>) -> tensor<3x4xf32> loc("node")
  return
}

// -----

func.func @lstm_rank(%x: tensor<5x3xf32>, %y: tensor<1x16x3xf32>, %z: tensor<1x16x4xf32>) {
  // expected-error @unknown {{node (LSTM, opset 13): operand 0 is 'tensor<5x3xf32>', but must have rank 3}}
  %r = onnx.node "LSTM"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> tensor<5x1x2x4xf32> loc("node")
  return
}

// -----

func.func @det_integers(%x: tensor<3x3xi32>) {
  // expected-error @unknown {{node (Det, opset 13): needs float matrices, not 'tensor<3x3xi32>'}}
  %r = onnx.node "Det"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x3xi32>) -> tensor<i32> loc("node")
  return
}

// -----

func.func @loss_integers(%x: tensor<2x3xi32>, %y: tensor<2xi64>) {
  // expected-error @unknown {{node (SoftmaxCrossEntropyLoss, opset 13): needs float scores, not 'tensor<2x3xi32>'}}
  %r = onnx.node "SoftmaxCrossEntropyLoss"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xi32>, tensor<2xi64>) -> tensor<i32> loc("node")
  return
}

// -----

func.func @sequence(%x: tensor<2xf32>) {
  // expected-error @unknown {{node (SequenceConstruct, opset 13): works on a sequence or an optional; infer shapes first, which puts tensors in their place}}
  %r = onnx.node "SequenceConstruct"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2xf32>) -> tensor<2xf32> loc("node")
  return
}

// -----

func.func @dft_axis(%x: tensor<1x8x1xf32>, %y: tensor<i64>) {
  %none = onnx.none
  // expected-error @unknown {{node (DFT, opset 20): the axis must be known when compiling}}
  %r = onnx.node "DFT"(%x, %none, %y) {domain = "", opset = 20 : i64, attrs = {}}
    : (tensor<1x8x1xf32>, none, tensor<i64>) -> tensor<1x8x2xf32> loc("node")
  return
}

// -----

func.func @missing(%x: tensor<2x3xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (Add, opset 13): operand 1 is missing; the operator needs its first 2}}
  %r = onnx.node "Add"(%x, %none) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, none) -> tensor<2x3xf32> loc("node")
  return
}

// -----

func.func @few(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Gemm, opset 13): has 1 operands; the operator takes at least 2 and at most 3}}
  %r = onnx.node "Gemm"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("node")
  return
}

// -----

func.func @reduced_axis(%x: tensor<2x3xf32>) {
  %axes = arith.constant dense<-3> : tensor<1xi64>
  // expected-error @unknown {{node (ReduceSum, opset 13): axis -3 is outside of 2 dimensions}}
  %r = onnx.node "ReduceSum"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<?x?xf32> loc("node")
  return
}

// -----

func.func @squeezed_axis(%x: tensor<1x3x1xf32>) {
  %axes = arith.constant dense<[0, 0]> : tensor<2xi64>
  // expected-error @unknown {{node (Squeeze, opset 13): axis 0 appears twice for 3 dimensions}}
  %r = onnx.node "Squeeze"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x1xf32>, tensor<2xi64>) -> tensor<?xf32> loc("node")
  return
}

// -----

func.func @unsqueezed_axis(%x: tensor<3xf32>) {
  %axes = arith.constant dense<5> : tensor<1xi64>
  // expected-error @unknown {{node (Unsqueeze, opset 13): axis 5 is outside of 2 dimensions}}
  %r = onnx.node "Unsqueeze"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xf32>, tensor<1xi64>) -> tensor<?x?xf32> loc("node")
  return
}

// -----

func.func @padded_axis(%x: tensor<3xf32>) {
  %none = onnx.none
  %pads = arith.constant dense<1> : tensor<2xi64>
  %axes = arith.constant dense<4> : tensor<1xi64>
  // expected-error @unknown {{node (Pad, opset 18): axis 4 is outside of 1 dimensions}}
  %r = onnx.node "Pad"(%x, %pads, %none, %axes) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<3xf32>, tensor<2xi64>, none, tensor<1xi64>) -> tensor<?xf32> loc("node")
  return
}

// -----

func.func @no_key_heads(%q: tensor<1x2x3x4xf32>, %k: tensor<1x0x3x4xf32>) {
  // expected-error @unknown {{node (Attention, opset 23): queries 'tensor<1x2x3x4xf32>' and keys 'tensor<1x0x3x4xf32>' need static heads and widths, of which those of the keys divide those of the queries}}
  %r = onnx.node "Attention"(%q, %k, %k) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<1x2x3x4xf32>, tensor<1x0x3x4xf32>, tensor<1x0x3x4xf32>) -> tensor<1x2x3x4xf32> loc("node")
  return
}

// -----

func.func @no_neighbours(%x: tensor<4xf32>) {
  %none = onnx.none
  %sizes = arith.constant dense<0> : tensor<1xi64>
  // expected-error @unknown {{node (Resize, opset 18): 'antialias' with scale 0.000000e+00 needs INF neighbours; 256 are the limit}}
  %r = onnx.node "Resize"(%x, %none, %none, %sizes) {domain = "", opset = 18 : i64, attrs = {antialias = 1 : i64, mode = "linear"}}
    : (tensor<4xf32>, none, none, tensor<1xi64>) -> tensor<0xf32> loc("node")
  return
}

// -----

func.func @not_inferred(%x: tensor<4xf32>) {
  // expected-error @unknown {{node (Relu, opset 14): output 0 has type 'tensor<*xf32>'; only ranked tensors convert}}
  %r = onnx.node "Relu"(%x) {domain = "", opset = 14 : i64, attrs = {}} : (tensor<4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_conv_activation(%x: tensor<1x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error @unknown {{node (FusedConv, opset 1): activation 'Swoosh' is not known}}
  %r = onnx.node "FusedConv"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {activation = "Swoosh"}}
    : (tensor<1x3x8xf32>, tensor<4x3x3xf32>) -> tensor<1x4x6xf32> loc("node")
  return
}

// -----

func.func @fused_conv_parameters(%x: tensor<1x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error @unknown {{node (FusedConv, opset 1): activation 'Clip' takes 2 numbers, but 'activation_params' has 1}}
  %r = onnx.node "FusedConv"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {activation = "Clip", activation_params = array<f32: 1.0>}}
    : (tensor<1x3x8xf32>, tensor<4x3x3xf32>) -> tensor<1x4x6xf32> loc("node")
  return
}
