// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Resizing, grids, patches and regions.

func.func @resize_policy(%x: tensor<1x2x?x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<[1, 2, 8, 8]> : tensor<4xi64>
  // expected-error @unknown {{node (Resize, opset 18): 'keep_aspect_ratio_policy' needs sizes that are known when compiling; fix them with --dim}}
  %r = onnx.node "Resize"(%x, %none, %none, %c0) {domain = "", opset = 18 : i64, attrs = {keep_aspect_ratio_policy = "not_larger"}}
    : (tensor<1x2x?x4xf32>, none, none, tensor<4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @resize_sizes(%x: tensor<1x2x4x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<[8, 8]> : tensor<2xi64>
  // expected-error @unknown {{node (Resize, opset 18): has 2 sizes for 4 dimensions}}
  %r = onnx.node "Resize"(%x, %none, %none, %c0) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, none, none, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @resize_scales(%x: tensor<1x2x4x4xf32>) {
  %none = onnx.none
  %c0 = arith.constant dense<2.0> : tensor<2xf32>
  // expected-error @unknown {{node (Resize, opset 18): has 2 scales for 4 dimensions}}
  %r = onnx.node "Resize"(%x, %none, %c0) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, none, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @grid(%x: tensor<1x2x4x4xf32>, %y: tensor<1x3x3x3xf32>) {
  // expected-error @unknown {{node (GridSample, opset 16): takes an image [N, C, sizes…] and a grid [N, other sizes…, number of sizes], not 'tensor<1x2x4x4xf32>' and 'tensor<1x3x3x3xf32>'}}
  %r = onnx.node "GridSample"(%x, %y) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<1x3x3x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @affine_theta(%x: tensor<1x3x4xf32>) {
  %c0 = arith.constant dense<[1, 2, 4, 4]> : tensor<4xi64>
  // expected-error @unknown {{node (AffineGrid, opset 20): takes theta [N, 2, 3] for 4 sizes or [N, 3, 4] for 5, not 'tensor<1x3x4xf32>' for 4}}
  %r = onnx.node "AffineGrid"(%x, %c0) {domain = "", opset = 20 : i64, attrs = {}}
    : (tensor<1x3x4xf32>, tensor<4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @crop_sizes(%x: tensor<1x2x4x4xf32>) {
  %c0 = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @unknown {{node (CenterCropPad, opset 18): has 2 sizes for 4 dimensions}}
  %r = onnx.node "CenterCropPad"(%x, %c0) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @patches_unknown(%x: tensor<1x4x9xf32>, %y: tensor<2xi64>) {
  %c0 = arith.constant dense<[4, 4]> : tensor<2xi64>
  // expected-error @unknown {{node (Col2Im, opset 18): the patch sizes, input 2, must be known when compiling}}
  %r = onnx.node "Col2Im"(%x, %c0, %y) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @patches_range(%x: tensor<1x4x9xf32>) {
  %c0 = arith.constant dense<[4, 4]> : tensor<2xi64>
  %c1 = arith.constant dense<[2, 0]> : tensor<2xi64>
  // expected-error @unknown {{node (Col2Im, opset 18): patches of size 0 are out of range}}
  %r = onnx.node "Col2Im"(%x, %c0, %c1) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @patches_divide(%x: tensor<1x5x9xf32>) {
  %c0 = arith.constant dense<[4, 4]> : tensor<2xi64>
  %c1 = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @unknown {{node (Col2Im, opset 18): columns of type 'tensor<1x5x9xf32>' do not make images of 2 dimensions from patches of 4 elements}}
  %r = onnx.node "Col2Im"(%x, %c0, %c1) {domain = "", opset = 18 : i64, attrs = {}}
    : (tensor<1x5x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @patches_strides(%x: tensor<1x4x9xf32>) {
  %c0 = arith.constant dense<[4, 4]> : tensor<2xi64>
  %c1 = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @unknown {{node (Col2Im, opset 18): 'strides' is [0, 1]; 2 positive numbers of at most 2147483647 are needed}}
  %r = onnx.node "Col2Im"(%x, %c0, %c1) {domain = "", opset = 18 : i64, attrs = {strides = array<i64: 0, 1>}}
    : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @patches_pads(%x: tensor<1x4x9xf32>) {
  %c0 = arith.constant dense<[4, 4]> : tensor<2xi64>
  %c1 = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @unknown {{node (Col2Im, opset 18): 'pads' is [1, 1]; 4 numbers of at most 2147483647 are needed}}
  %r = onnx.node "Col2Im"(%x, %c0, %c1) {domain = "", opset = 18 : i64, attrs = {pads = array<i64: 1, 1>}}
    : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @roi_pool(%x: tensor<1x2x4x4xf32>, %y: tensor<3x5xf64>) {
  // expected-error @unknown {{node (MaxRoiPool, opset 13): takes an image [N, C, H, W] and regions [R, 5] of one float type, not 'tensor<1x2x4x4xf32>' and 'tensor<3x5xf64>'}}
  %r = onnx.node "MaxRoiPool"(%x, %y) {domain = "", opset = 13 : i64, attrs = {pooled_shape = array<i64: 2, 2>}}
    : (tensor<1x2x4x4xf32>, tensor<3x5xf64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @roi_pool_sizes(%x: tensor<1x2x4x4xf32>, %y: tensor<3x5xf32>) {
  // expected-error @unknown {{node (MaxRoiPool, opset 13): 'pooled_shape' is [2], but must be two positive numbers}}
  %r = onnx.node "MaxRoiPool"(%x, %y) {domain = "", opset = 13 : i64, attrs = {pooled_shape = array<i64: 2>}}
    : (tensor<1x2x4x4xf32>, tensor<3x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @roi_align(%x: tensor<1x2x4xf32>, %y: tensor<3x4xf32>, %z: tensor<3xi64>) {
  // expected-error @unknown {{node (RoiAlign, opset 16): input 0 is 'tensor<1x2x4xf32>'; the operator takes 4 dimensions}}
  %r = onnx.node "RoiAlign"(%x, %y, %z) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4xf32>, tensor<3x4xf32>, tensor<3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unpool_kernel(%x: tensor<1x2x4x4xf32>, %y: tensor<1x2x4x4xi64>) {
  // expected-error @unknown {{node (MaxUnpool, opset 13): 'kernel_shape' has 1 numbers for an input of 4 dimensions}}
  %r = onnx.node "MaxUnpool"(%x, %y) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 2>}}
    : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unpool_indices(%x: tensor<1x2x4x4xf32>, %y: tensor<1x2x4x5xi64>) {
  // expected-error @unknown {{node (MaxUnpool, opset 13): its indices are 'tensor<1x2x4x5xi64>', its input 'tensor<1x2x4x4xf32>'}}
  %r = onnx.node "MaxUnpool"(%x, %y) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 2, 2>}}
    : (tensor<1x2x4x4xf32>, tensor<1x2x4x5xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unpool_sizes(%x: tensor<1x2x4x4xf32>, %y: tensor<1x2x4x4xi64>) {
  %c0 = arith.constant dense<[8, 8]> : tensor<2xi64>
  // expected-error @unknown {{node (MaxUnpool, opset 13): has 2 sizes for 4 dimensions}}
  %r = onnx.node "MaxUnpool"(%x, %y, %c0) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 2, 2>}}
    : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xi64>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @det(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Det, opset 13): takes square matrices, not 'tensor<2x3xf32>'}}
  %r = onnx.node "Det"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @window(%x: tensor<i64>) {
  // expected-error @unknown {{node (HannWindow, opset 17): 'output_datatype' 7 is not a float type}}
  %r = onnx.node "HannWindow"(%x) {domain = "", opset = 17 : i64, attrs = {output_datatype = 7 : i64}}
    : (tensor<i64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @images_of_regions(%x: tensor<1x2x4x4xf32>, %y: tensor<3x4xf32>, %z: tensor<2xi64>) {
  // expected-error @unknown {{node (RoiAlign, opset 16): input 2 has type 'tensor<2xi64>', but each of 3 regions needs the number of its image}}
  %r = onnx.node "RoiAlign"(%x, %y, %z) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<3x4xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @numbers_of_regions(%x: tensor<1x2x4x4xf32>, %y: tensor<3x3xf32>, %z: tensor<3xi64>) {
  // expected-error @unknown {{node (RoiAlign, opset 16): takes an image [N, C, H, W] and regions [R, 4], not 'tensor<1x2x4x4xf32>' and 'tensor<3x3xf32>'}}
  %r = onnx.node "RoiAlign"(%x, %y, %z) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x4x4xf32>, tensor<3x3xf32>, tensor<3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @grid_samples(%x: tensor<2x1x4x4xf32>, %g: tensor<3x2x2x2xf32>) {
  // expected-error @unknown {{node (GridSample, opset 20): takes an image [N, C, sizes…] and a grid [N, other sizes…, number of sizes], not 'tensor<2x1x4x4xf32>' and 'tensor<3x2x2x2xf32>'}}
  %r = onnx.node "GridSample"(%x, %g) {domain = "", opset = 20 : i64, attrs = {}}
    : (tensor<2x1x4x4xf32>, tensor<3x2x2x2xf32>) -> tensor<*xf32> loc("node")
  return
}
