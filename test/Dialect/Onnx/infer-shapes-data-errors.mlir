// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Operators that move elements: shapes, orders and parts that the tensors do not have.

func.func @reshape_open_rank(%x: tensor<2x3xf32>, %y: tensor<?xi64>) {
  // expected-error @unknown {{node (Reshape, opset 13): the new shape has type 'tensor<?xi64>'; its number of dimensions must be known when compiling}}
  %r = onnx.node "Reshape"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<?xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @reshape_copies(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2, 3, 0]> : tensor<3xi64>
  // expected-error @unknown {{node (Reshape, opset 13): copies dimension 2 of an input of 2 dimensions}}
  %r = onnx.node "Reshape"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @reshape_two_open(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[-1, -1]> : tensor<2xi64>
  // expected-error @unknown {{node (Reshape, opset 13): leaves two dimensions open}}
  %r = onnx.node "Reshape"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @reshape_negative(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[-2, 3]> : tensor<2xi64>
  // expected-error @unknown {{node (Reshape, opset 13): size -2 is negative}}
  %r = onnx.node "Reshape"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @reshape_rows(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[-1, 4]> : tensor<2xi64>
  // expected-error @unknown {{node (Reshape, opset 13): reshapes 6 elements into rows of 4}}
  %r = onnx.node "Reshape"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @reshape_count(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2, 4]> : tensor<2xi64>
  // expected-error @unknown {{node (Reshape, opset 13): reshapes 6 elements into 8}}
  %r = onnx.node "Reshape"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @flatten_axis(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Flatten, opset 13): axis 3 is outside of a tensor of 2 dimensions}}
  %r = onnx.node "Flatten"(%x) {domain = "", opset = 13 : i64, attrs = {axis = 3 : i64}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @squeeze_size(%x: tensor<2x1xf32>) {
  %c0 = arith.constant dense<[0]> : tensor<1xi64>
  // expected-error @unknown {{node (Squeeze, opset 13): drops dimension 0 of size 2, not 1}}
  %r = onnx.node "Squeeze"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x1xf32>, tensor<1xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @squeeze_unknown(%x: tensor<?x1xf32>) {
  // expected-error @unknown {{node (Squeeze, opset 13): drops all dimensions of size 1, and the size of dimension 0 is not known; give it with --dim}}
  %r = onnx.node "Squeeze"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x1xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @squeeze_too_many(%x: tensor<1x1xf32>, %y: tensor<3xi64>) {
  // expected-error @unknown {{node (Squeeze, opset 13): drops 3 of 2 dimensions}}
  %r = onnx.node "Squeeze"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x1xf32>, tensor<3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unsqueeze_axes(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Unsqueeze, opset 11): has no axes}}
  %r = onnx.node "Unsqueeze"(%x) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @transpose_rank(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Transpose, opset 13): 'perm' has 1 numbers for an input of 2 dimensions}}
  %r = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1>}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @transpose_twice(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Transpose, opset 13): axis 1 appears twice}}
  %r = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1, 1>}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @concat_rank(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error @unknown {{node (Concat, opset 13): joins tensors of 2 and 1 dimensions}}
  %r = onnx.node "Concat"(%x, %y) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @concat_size(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) {
  // expected-error @unknown {{node (Concat, opset 13): input 1 has size 4 along dimension 0 where input 0 has 2}}
  %r = onnx.node "Concat"(%x, %y) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @concat_types(%x: tensor<2x3xf32>, %y: tensor<2x3xf64>) {
  // expected-error @unknown {{node (Concat, opset 13): input 1 has elements of type 'f64', input 0 of type 'f32'; they must be of one type: insert a Cast}}
  %r = onnx.node "Concat"(%x, %y) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>, tensor<2x3xf64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gather_index(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2]> : tensor<1xi64>
  // expected-error @unknown {{node (Gather, opset 13): index 2 is outside of dimension 0 of size 2}}
  %r = onnx.node "Gather"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @slice_lengths(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[0, 0]> : tensor<2xi64>
  %c1 = arith.constant dense<[1]> : tensor<1xi64>
  // expected-error @unknown {{node (Slice, opset 13): needs starts, ends, axes and steps of one length}}
  %r = onnx.node "Slice"(%x, %c0, %c1) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>, tensor<1xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @slice_step(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[0]> : tensor<1xi64>
  %c1 = arith.constant dense<[1]> : tensor<1xi64>
  %c2 = arith.constant dense<[0]> : tensor<1xi64>
  %c3 = arith.constant dense<[0]> : tensor<1xi64>
  // expected-error @unknown {{node (Slice, opset 13): step 0 along dimension 0}}
  %r = onnx.node "Slice"(%x, %c0, %c1, %c2, %c3) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @split_negative(%x: tensor<4x3xf32>) {
  %c0 = arith.constant dense<[5, -1]> : tensor<2xi64>
  // expected-error @unknown {{node (Split, opset 13): part of size -1}}
  %r:2 = onnx.node "Split"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<2xi64>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @split_count(%x: tensor<4x3xf32>) {
  %c0 = arith.constant dense<[1, 1, 2]> : tensor<3xi64>
  // expected-error @unknown {{node (Split, opset 13): has 3 sizes for 2 outputs}}
  %r:2 = onnx.node "Split"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<3xi64>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @split_sum(%x: tensor<4x3xf32>) {
  %c0 = arith.constant dense<[1, 2]> : tensor<2xi64>
  // expected-error @unknown {{node (Split, opset 13): splits dimension 0 of size 4 into parts that sum to 3}}
  %r:2 = onnx.node "Split"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<2xi64>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @split_evenly(%x: tensor<3x3xf32>) {
  // expected-error @unknown {{node (Split, opset 13): dimension 0 of size 3 does not divide into 2 parts}}
  %r:2 = onnx.node "Split"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x3xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @split_unknown_count(%x: tensor<4x3xf32>, %y: tensor<3xi64>) {
  // expected-error @unknown {{parts (Split, opset 13): has 3 sizes for 2 outputs}}
  %r:2 = onnx.node "Split"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<3xi64>) -> (tensor<*xf32>, tensor<*xf32>) loc("parts")
  return
}

// -----

func.func @expand_size(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2, 4]> : tensor<2xi64>
  // expected-error @unknown {{node (Expand, opset 13): expands size 3 to 4, dimension 1 from the back}}
  %r = onnx.node "Expand"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @tile_repeats(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[2]> : tensor<1xi64>
  // expected-error @unknown {{node (Tile, opset 13): has 1 repeats for an input of 2 dimensions}}
  %r = onnx.node "Tile"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pad_count(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[1, 1]> : tensor<2xi64>
  // expected-error @unknown {{node (Pad, opset 13): has 2 pads where 4 are needed}}
  %r = onnx.node "Pad"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pad_overflow(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[9223372036854775807, 0, 1, 0]> : tensor<4xi64>
  // expected-error @unknown {{node (Pad, opset 13): pads dimension 0 by 9223372036854775807 and 1}}
  %r = onnx.node "Pad"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pad_cuts_all(%x: tensor<?x3xf32>) {
  %c0 = arith.constant dense<[-9223372036854775808, 0, 4, 0]> : tensor<4xi64>
  // expected-error @unknown {{node (Pad, opset 13): pads dimension 0 by -9223372036854775808 and 4}}
  %r = onnx.node "Pad"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pad_too_far(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[9223372036854775807, 0, 0, 0]> : tensor<4xi64>
  // expected-error @unknown {{node (Pad, opset 13): pads dimension 0 of size 2 by 9223372036854775807 and 0}}
  %r = onnx.node "Pad"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @depth_blocksize(%x: tensor<1x4x2x2xf32>) {
  // expected-error @unknown {{node (DepthToSpace, opset 13): takes 4 dimensions and a positive 'blocksize', not 4 and 0}}
  %r = onnx.node "DepthToSpace"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x4x2x2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @depth_channels(%x: tensor<1x6x2x2xf32>) {
  // expected-error @unknown {{node (DepthToSpace, opset 13): 6 channels do not fill blocks of 2x2}}
  %r = onnx.node "DepthToSpace"(%x) {domain = "", opset = 13 : i64, attrs = {blocksize = 2 : i64}}
    : (tensor<1x6x2x2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @space_size(%x: tensor<1x4x2x3xf32>) {
  // expected-error @unknown {{node (SpaceToDepth, opset 13): dimension 3 of size 3 does not divide into blocks of 2}}
  %r = onnx.node "SpaceToDepth"(%x) {domain = "", opset = 13 : i64, attrs = {blocksize = 2 : i64}}
    : (tensor<1x4x2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @many_ends(%x: tensor<20x10x5xf32>, %s: tensor<2xi64>, %e: tensor<661163452xi64>, %a: tensor<2xi64>) {
  // expected-error @unknown {{s (Slice, opset 13): needs starts, ends, axes and steps of one length, at most 3}}
  %y = onnx.node "Slice"(%x, %s, %e, %a) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<20x10x5xf32>, tensor<2xi64>, tensor<661163452xi64>, tensor<2xi64>) -> tensor<*xf32> loc("s")
  return
}

// -----

func.func @many_parts(%x: tensor<3x5x2xf32>, %n: tensor<93026809xi64>) {
  // expected-error @unknown {{s (SplitToSequence, opset 11): splits into 93026809 parts; all such nodes of a model make at most 8192}}
  %y = onnx.node "SplitToSequence"(%x, %n) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<3x5x2xf32>, tensor<93026809xi64>) -> tensor<*xf32> loc("s")
  return
}
