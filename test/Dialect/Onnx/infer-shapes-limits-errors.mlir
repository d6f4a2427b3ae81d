// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Numbers that a file can hold and no computation can: at the ends of 64 bits, too many, of the wrong number of elements.

func.func @aligned_axis(%x: tensor<2x3xf32>, %y: tensor<1xf32>) {
  // expected-error @below {{(Add, opset 6): input 1 has 1 dimensions, which do not fit into the 2 of input 0 from dimension 9223372036854775807 on}}
  %r = onnx.node "Add"(%x, %y) {domain = "", opset = 6 : i64, attrs = {axis = 9223372036854775807 : i64, broadcast = 1 : i64}}
    : (tensor<2x3xf32>, tensor<1xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @scan_inputs(%x: tensor<3x2xf32>) {
  // expected-error @below {{(Scan, opset 11): scans -9223372036854775808 of 1 inputs}}
  %r = onnx.node "Scan"(%x) {domain = "", opset = 11 : i64, attrs = {num_scan_inputs = -9223372036854775808 : i64}}
    : (tensor<3x2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @batched_scan_inputs(%x: tensor<1x3x2xf32>) {
  %none = onnx.none
  // expected-error @below {{(Scan, opset 8): scans -9223372036854775808 of 1 inputs behind the lengths}}
  %r = onnx.node "Scan"(%none, %x) {domain = "", opset = 8 : i64, attrs = {num_scan_inputs = -9223372036854775808 : i64}}
    : (none, tensor<1x3x2xf32>) -> tensor<*xf32>
  return
}

// -----

// The node leaves its second output out; its axis counts all the same.
func.func @scan_output_axis(%x: tensor<3x2xf32>) {
  // expected-error @below {{(Scan, opset 11): axis 7 is outside of a tensor of 2 dimensions}}
  %r = onnx.node "Scan"(%x) with {
  ^bb0(%e: tensor<2xf32>):
    onnx.yield %e, %e : tensor<2xf32>, tensor<2xf32>
  } {domain = "", opset = 11 : i64, attrs = {num_scan_inputs = 1 : i64, scan_output_axes = array<i64: 0, 7>}, graphs = ["body"]}
    : (tensor<3x2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @loop_condition(%n: tensor<i64>, %go: tensor<i1>) {
  %never = arith.constant dense<0.0> : tensor<f32>
  // expected-error @below {{(Loop, opset 13): the body yields 'tensor<f32>' as its condition, not one boolean}}
  %r = onnx.node "Loop"(%n, %go) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>):
    onnx.yield %never, %i : tensor<f32>, tensor<i64>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>) -> tensor<*xf32>
  return
}

// -----

func.func @convolution_groups(%x: tensor<1x?x8xf32>, %w: tensor<0x4x3xf32>) {
  // expected-error-re @below {{(Conv, opset 11): input has {{.*}} channels; the weight takes 4 in each of 9223372036854775807 groups}}
  %r = onnx.node "Conv"(%x, %w) {domain = "", opset = 11 : i64, attrs = {group = 9223372036854775807 : i64}}
    : (tensor<1x?x8xf32>, tensor<0x4x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @transposed_groups(%x: tensor<1x0x8xf32>, %w: tensor<0x4x3xf32>) {
  // expected-error @below {{(ConvTranspose, opset 11): input has 0 channels; the weight takes 0 in 9223372036854775807 groups}}
  %r = onnx.node "ConvTranspose"(%x, %w) {domain = "", opset = 11 : i64, attrs = {group = 9223372036854775807 : i64}}
    : (tensor<1x0x8xf32>, tensor<0x4x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @lrn_size(%x: tensor<1x4x5xf32>) {
  // expected-error @below {{(LRN, opset 13): 'size' is 9223372036854775807; a window has 1 to 2147483647 channels}}
  %r = onnx.node "LRN"(%x) {domain = "", opset = 13 : i64, attrs = {size = 9223372036854775807 : i64}}
    : (tensor<1x4x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @resize_scale(%x: tensor<4x5xf32>) {
  %none = onnx.none
  %scales = arith.constant dense<[1.0, -0.5]> : tensor<2xf32>
  // expected-error-re @below {{(Resize, opset 13): scales dimension 1 by {{.*}}; a scale is a positive number}}
  %r = onnx.node "Resize"(%x, %none, %scales) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x5xf32>, none, tensor<2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @grid_sizes(%x: tensor<1x1x2x2x2x2x2x2x2xf32>, %grid: tensor<1x1x1x1x1x1x1x1x7xf32>) {
  // expected-error @below {{(GridSample, opset 20): samples an image of 7 sizes; at most 6 are supported}}
  %r = onnx.node "GridSample"(%x, %grid) {domain = "", opset = 20 : i64, attrs = {}}
    : (tensor<1x1x2x2x2x2x2x2x2xf32>, tensor<1x1x1x1x1x1x1x1x7xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @skipped(%x: tensor<6xi64>) {
  // expected-error @below {{(TfIdfVectorizer, opset 9): 'max_skip_count' 9223372036854775807 and 'min_gram_length' 1 must be at least 0 and 1, the first at most 2147483647}}
  %r = onnx.node "TfIdfVectorizer"(%x) {domain = "", opset = 9 : i64, attrs = {max_skip_count = 9223372036854775807 : i64,
      ngram_counts = array<i64: 0>, ngram_indexes = array<i64: 0, 1>, pool_int64s = array<i64: 3, 4>}}
    : (tensor<6xi64>) -> tensor<*xf32>
  return
}

// -----

func.func @patch_dilations(%x: tensor<1x4x9xf32>) {
  %image = arith.constant dense<4> : tensor<2xi64>
  %patch = arith.constant dense<2> : tensor<2xi64>
  // expected-error @below {{(Col2Im, opset 18): 'dilations' is [1, 9223372036854775807]; 2 positive numbers of at most 2147483647 are needed}}
  %r = onnx.node "Col2Im"(%x, %image, %patch) {domain = "", opset = 18 : i64, attrs = {dilations = array<i64: 1, 9223372036854775807>}}
    : (tensor<1x4x9xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  return
}

// -----

func.func @axes_of_sum(%x: tensor<4xf32>, %axis: tensor<2xi64>) {
  // expected-error @below {{(CumSum, opset 14): input 1 is 'tensor<2xi64>'; the operator takes one element}}
  %r = onnx.node "CumSum"(%x, %axis) {domain = "", opset = 14 : i64, attrs = {}} : (tensor<4xf32>, tensor<2xi64>) -> tensor<*xf32>
  return
}

// -----

func.func @no_length(%x: tensor<1x8x1xf32>, %n: tensor<0xi64>) {
  // expected-error @below {{(DFT, opset 17): input 1 is 'tensor<0xi64>'; the operator takes one element}}
  %r = onnx.node "DFT"(%x, %n) {domain = "", opset = 17 : i64, attrs = {}} : (tensor<1x8x1xf32>, tensor<0xi64>) -> tensor<*xf32>
  return
}

// -----

func.func @mask_dimensions(%q: tensor<1x2x3x4xf32>, %mask: tensor<1x1x1x3x3xf32>) {
  // expected-error @below {{(Attention, opset 23): the mask has type 'tensor<1x1x1x3x3xf32>'; it needs 1 to 4 dimensions}}
  %r = onnx.node "Attention"(%q, %q, %q, %mask) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x1x1x3x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @bias_dimensions(%x: tensor<1x3x4xf32>, %w: tensor<4x12xf32>, %b: tensor<12xf32>, %scores: tensor<1x1x2x3x3xf32>) {
  %none = onnx.none
  // expected-error @below {{(Attention, opset 1): input 5 has 5 dimensions; the operator takes at most 4}}
  %r = onnx.node "Attention"(%x, %w, %b, %none, %none, %scores)
    {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<1x3x4xf32>, tensor<4x12xf32>, tensor<12xf32>, none, none, tensor<1x1x2x3x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @two_ellipses(%x: tensor<2x3xf32>) {
  // expected-error @below {{(Einsum, opset 12): equation '......' cannot be read; terms are letters and one '...'}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 12 : i64, attrs = {equation = "......"}} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @dimensions(%x: tensor<1xf32>) {
  %axes = arith.constant dense<1> : tensor<64xi64>
  // expected-error @below {{(Unsqueeze, opset 13): makes a tensor of 65 dimensions; one has at most 64}}
  %r = onnx.node "Unsqueeze"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1xf32>, tensor<64xi64>) -> tensor<*xf32>
  return
}

// -----

// Two nodes that could each be compiled alone.
func.func @parts(%x: tensor<5000xf32>) {
  %a = onnx.node "SplitToSequence"(%x) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<5000xf32>) -> tensor<*xf32>
  // expected-error @below {{(SplitToSequence, opset 11): splits into 5000 parts; all such nodes of a model make at most 8192}}
  %b = onnx.node "SplitToSequence"(%x) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<5000xf32>) -> tensor<*xf32>
  return
}
