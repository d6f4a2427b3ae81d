// RUN: aimc-opt %s --onnx-infer-shapes | FileCheck %s
// The type after the last colon is what the pass infers; the sources say only tensor<*xf32>.

// What a type says of a result is not believed: how many kinds of numbers there are, only a run can tell.
// CHECK-LABEL: func @declared
// CHECK-SAME: -> tensor<?xf32>
// CHECK: "Unique"{{.*}} -> tensor<?xf32>
func.func @declared(%x: tensor<6xf32>) -> tensor<6xf32> {
  %y = onnx.node "Unique"(%x) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<6xf32>) -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// A flattened view with a dynamic batch, the way PyTorch exports x.view(x.size(0), -1): both sizes keep their meaning.
// CHECK-LABEL: func @view
// CHECK-SAME: -> tensor<?x392xf32>
// CHECK: "Reshape"{{.*}} -> tensor<?x392xf32>
func.func @view(%x: tensor<?x8x7x7xf32>) -> tensor<*xf32> {
  %zero = arith.constant dense<0> : tensor<i64>
  %axes = arith.constant dense<0> : tensor<1xi64>
  %open = arith.constant dense<-1> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x8x7x7xf32>) -> tensor<*xf32>
  %n = onnx.node "Gather"(%shape, %zero) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  %n1 = onnx.node "Unsqueeze"(%n, %axes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %sizes = onnx.node "Concat"(%n1, %open) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %y = onnx.node "Reshape"(%x, %sizes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x8x7x7xf32>, tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// Arithmetic on sizes: N·16 rows of 64 divided by 16 again.
// CHECK-LABEL: func @size_arithmetic
// CHECK: "Reshape"{{.*}} -> tensor<?x64xf32>
// CHECK: "Reshape"{{.*}} -> tensor<?x16x64xf32>
func.func @size_arithmetic(%x: tensor<?x16x64xf32>) -> tensor<*xf32> {
  %first = arith.constant dense<0> : tensor<1xi64>
  %sixteen = arith.constant dense<16> : tensor<1xi64>
  %width = arith.constant dense<64> : tensor<1xi64>
  %flat = arith.constant dense<[-1, 64]> : tensor<2xi64>
  %shape = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x16x64xf32>) -> tensor<*xf32>
  %n = onnx.node "Gather"(%shape, %first) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %nr = onnx.node "Mul"(%n, %sixteen) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %nrd = onnx.node "Div"(%nr, %sixteen) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %sizes = onnx.node "Concat"(%nrd, %sixteen, %width) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<*xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<*xf32>
  %y = onnx.node "Reshape"(%x, %flat) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x16x64xf32>, tensor<2xi64>) -> tensor<*xf32>
  %z = onnx.node "Reshape"(%y, %sizes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
  return %z : tensor<*xf32>
}

// 0 copies a size, -1 takes the rest.
// CHECK-LABEL: func @reshape_special
// CHECK: "Reshape"{{.*}} -> tensor<2x12xf32>
// CHECK: "Reshape"{{.*}} -> tensor<?x6xf32>
func.func @reshape_special(%x: tensor<2x3x4xf32>, %y: tensor<?x?xf32>) -> tensor<*xf32> {
  %copy = arith.constant dense<[0, -1]> : tensor<2xi64>
  %six = arith.constant dense<[-1, 6]> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %copy) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<*xf32>
  %1 = onnx.node "Reshape"(%y, %six) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// CHECK-LABEL: func @windows
// CHECK: "Conv"{{.*}} -> tensor<?x6x14x10xf32>
// CHECK: "Conv"{{.*}} -> tensor<?x4x9x7xf32>
// CHECK: "MaxPool"{{.*}} -> tensor<?x2x5x4xf32>
// CHECK: "AveragePool"{{.*}} -> tensor<?x2x4x3xf32>
// CHECK: "GlobalAveragePool"{{.*}} -> tensor<?x2x1x1xf32>
// CHECK: "ConvTranspose"{{.*}} -> tensor<?x3x18x14xf32>
func.func @windows(%x: tensor<?x2x9x7xf32>, %w: tensor<6x2x3x2xf32>, %g: tensor<4x1x3x3xf32>, %t: tensor<2x3x2x2xf32>) {
  %0 = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {pads = array<i64: 4, 2, 3, 2>}}
    : (tensor<?x2x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<*xf32>
  %1 = onnx.node "Conv"(%x, %g) {domain = "", opset = 13 : i64, attrs = {auto_pad = "SAME_UPPER", group = 2 : i64}}
    : (tensor<?x2x9x7xf32>, tensor<4x1x3x3xf32>) -> tensor<*xf32>
  %2 = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64,
    attrs = {ceil_mode = 1 : i64, kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>}}
    : (tensor<?x2x9x7xf32>) -> tensor<*xf32>
  %3 = onnx.node "AveragePool"(%x) {domain = "", opset = 13 : i64,
    attrs = {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>}} : (tensor<?x2x9x7xf32>) -> tensor<*xf32>
  %4 = onnx.node "GlobalAveragePool"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x2x9x7xf32>) -> tensor<*xf32>
  %5 = onnx.node "ConvTranspose"(%x, %t) {domain = "", opset = 13 : i64, attrs = {strides = array<i64: 2, 2>}}
    : (tensor<?x2x9x7xf32>, tensor<2x3x2x2xf32>) -> tensor<*xf32>
  return
}

// A dynamic height goes through windows of stride 1 with its name; padding that keeps the size keeps it.
// CHECK-LABEL: func @dynamic_height
// CHECK: "Conv"{{.*}} -> tensor<1x2x?x9xf32>
// CHECK: "Add"{{.*}} -> tensor<1x2x?x9xf32>
func.func @dynamic_height(%x: tensor<1x2x?x9xf32>, %w: tensor<2x2x3x3xf32>) {
  %0 = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {pads = array<i64: 1, 1, 1, 1>}}
    : (tensor<1x2x?x9xf32>, tensor<2x2x3x3xf32>) -> tensor<*xf32>
  %1 = onnx.node "Add"(%0, %x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<1x2x?x9xf32>) -> tensor<*xf32>
  return
}

// CHECK-LABEL: func @products
// CHECK: "Gemm"{{.*}} -> tensor<?x5xf32>
// CHECK: "MatMul"{{.*}} -> tensor<2x?x4x6xf32>
// CHECK: "MatMul"{{.*}} -> tensor<2x4xf32>
func.func @products(%x: tensor<?x3xf32>, %w: tensor<5x3xf32>, %a: tensor<?x4x3xf32>, %b: tensor<2x1x3x6xf32>, %v: tensor<3xf32>,
                    %c: tensor<2x4x3xf32>) {
  %0 = onnx.node "Gemm"(%x, %w) {domain = "", opset = 13 : i64, attrs = {transB = 1 : i64}}
    : (tensor<?x3xf32>, tensor<5x3xf32>) -> tensor<*xf32>
  %1 = onnx.node "MatMul"(%a, %b) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x4x3xf32>, tensor<2x1x3x6xf32>) -> tensor<*xf32>
  %2 = onnx.node "MatMul"(%c, %v) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x4x3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// An omitted output stays none.
// CHECK-LABEL: func @recurrence
// CHECK: "LSTM"{{.*}} -> (tensor<28x2x?x16xf32>, none, tensor<2x?x16xf32>)
// CHECK: "GRU"{{.*}} -> tensor<?x28x1x16xf32>
func.func @recurrence(%x: tensor<28x?x3xf32>, %w: tensor<2x64x3xf32>, %r: tensor<2x64x16xf32>, %xb: tensor<?x28x3xf32>,
                      %wg: tensor<1x48x3xf32>, %rg: tensor<1x48x16xf32>) {
  %0:3 = onnx.node "LSTM"(%x, %w, %r) {domain = "", opset = 13 : i64,
    attrs = {direction = "bidirectional", hidden_size = 16 : i64}}
    : (tensor<28x?x3xf32>, tensor<2x64x3xf32>, tensor<2x64x16xf32>) -> (tensor<*xf32>, none, tensor<*xf32>)
  %1 = onnx.node "GRU"(%xb, %wg, %rg) {domain = "", opset = 14 : i64, attrs = {layout = 1 : i64}}
    : (tensor<?x28x3xf32>, tensor<1x48x3xf32>, tensor<1x48x16xf32>) -> tensor<*xf32>
  return
}

// CHECK-LABEL: func @pieces
// CHECK: "Slice"{{.*}} -> tensor<?x3x2xf32>
// CHECK: "Slice"{{.*}} -> tensor<?x8x7xf32>
// CHECK: "Split"{{.*}} -> (tensor<?x8x3xf32>, tensor<?x8x4xf32>)
// CHECK: "Split"{{.*}} -> (tensor<?x3x7xf32>, tensor<?x3x7xf32>, tensor<?x2x7xf32>)
// CHECK: "Gather"{{.*}} -> tensor<?x2x5x7xf32>
// CHECK: "Expand"{{.*}} -> tensor<4x?x8x7xf32>
// CHECK: "Tile"{{.*}} -> tensor<?x16x21xf32>
// CHECK: "Pad"{{.*}} -> tensor<?x11x6xf32>
func.func @pieces(%x: tensor<?x8x7xf32>, %which: tensor<2x5xi64>) {
  %starts = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %ends = arith.constant dense<[-9223372036854775807, 100]> : tensor<2xi64>
  %axes = arith.constant dense<[1, 2]> : tensor<2xi64>
  %steps = arith.constant dense<[-3, 4]> : tensor<2xi64>
  %0 = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x8x7xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  %1 = onnx.node "Slice"(%x) {domain = "", opset = 9 : i64, attrs = {starts = array<i64: 1>, ends = array<i64: 2147483647>}}
    : (tensor<?x8x7xf32>) -> tensor<*xf32>
  %sizes = arith.constant dense<[3, 4]> : tensor<2xi64>
  %2:2 = onnx.node "Split"(%x, %sizes) {domain = "", opset = 13 : i64, attrs = {axis = -1 : i64}}
    : (tensor<?x8x7xf32>, tensor<2xi64>) -> (tensor<*xf32>, tensor<*xf32>)
  %3:3 = onnx.node "Split"(%x) {domain = "", opset = 18 : i64, attrs = {axis = 1 : i64, num_outputs = 3 : i64}}
    : (tensor<?x8x7xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>)
  %4 = onnx.node "Gather"(%x, %which) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<?x8x7xf32>, tensor<2x5xi64>) -> tensor<*xf32>
  %shape = arith.constant dense<[4, 1, 1, 7]> : tensor<4xi64>
  %5 = onnx.node "Expand"(%x, %shape) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x8x7xf32>, tensor<4xi64>) -> tensor<*xf32>
  %repeats = arith.constant dense<[1, 2, 3]> : tensor<3xi64>
  %6 = onnx.node "Tile"(%x, %repeats) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x8x7xf32>, tensor<3xi64>) -> tensor<*xf32>
  %pads = arith.constant dense<[0, 1, 0, 0, 2, -1]> : tensor<6xi64>
  %7 = onnx.node "Pad"(%x, %pads) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x8x7xf32>, tensor<6xi64>) -> tensor<*xf32>
  return
}

// Versions: axes moved from an attribute to an operand.
// CHECK-LABEL: func @axes
// CHECK: "ReduceMean"{{.*}} -> tensor<?x1x4xf32>
// CHECK: "ReduceSum"{{.*}} -> tensor<?x4xf32>
// CHECK: "ReduceMax"{{.*}} -> tensor<f32>
// CHECK: "ArgMax"{{.*}} -> tensor<?x4xi64>
// CHECK: "Squeeze"{{.*}} -> tensor<?x4xf32>
// CHECK: "Unsqueeze"{{.*}} -> tensor<1x?x1x4x1xf32>
func.func @axes(%x: tensor<?x3x4xf32>, %y: tensor<?x1x4xf32>) {
  %one = arith.constant dense<1> : tensor<1xi64>
  %0 = onnx.node "ReduceMean"(%x) {domain = "", opset = 13 : i64, attrs = {axes = array<i64: -2>}}
    : (tensor<?x3x4xf32>) -> tensor<*xf32>
  %1 = onnx.node "ReduceSum"(%x, %one) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<?x3x4xf32>, tensor<1xi64>) -> tensor<*xf32>
  %2 = onnx.node "ReduceMax"(%x) {domain = "", opset = 18 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<?x3x4xf32>) -> tensor<*xf32>
  %3 = onnx.node "ArgMax"(%x) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64, keepdims = 0 : i64}}
    : (tensor<?x3x4xf32>) -> tensor<*xf32>
  %4 = onnx.node "Squeeze"(%y, %one) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x1x4xf32>, tensor<1xi64>) -> tensor<*xf32>
  %5 = onnx.node "Unsqueeze"(%y) {domain = "", opset = 11 : i64, attrs = {axes = array<i64: 0, 4>}}
    : (tensor<?x1x4xf32>) -> tensor<*xf32>
  return
}

// CHECK-LABEL: func @element_types
// CHECK: "QuantizeLinear"{{.*}} -> tensor<?x4xi8>
// CHECK: "DequantizeLinear"{{.*}} -> tensor<?x4xf32>
// CHECK: "QuantizeLinear"{{.*}} -> tensor<?x4xui8>
// CHECK: "Cast"{{.*}} -> tensor<?x4xbf16>
// CHECK: "Less"{{.*}} -> tensor<?x4xi1>
// CHECK: "Where"{{.*}} -> tensor<?x4xf32>
func.func @element_types(%x: tensor<?x4xf32>, %scale: tensor<f32>, %zero: tensor<i8>) {
  %0 = onnx.node "QuantizeLinear"(%x, %scale, %zero) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x4xf32>, tensor<f32>, tensor<i8>) -> tensor<*xf32>
  %1 = onnx.node "DequantizeLinear"(%0, %scale, %zero) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<f32>, tensor<i8>) -> tensor<*xf32>
  %2 = onnx.node "QuantizeLinear"(%x, %scale) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x4xf32>, tensor<f32>) -> tensor<*xf32>
  %3 = onnx.node "Cast"(%x) {domain = "", opset = 13 : i64, attrs = {to = 16 : i64}} : (tensor<?x4xf32>) -> tensor<*xf32>
  %4 = onnx.node "Less"(%x, %scale) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x4xf32>, tensor<f32>) -> tensor<*xf32>
  %5 = onnx.node "Where"(%4, %x, %scale) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>, tensor<?x4xf32>, tensor<f32>) -> tensor<*xf32>
  return
}

// Branches agree where they can: one size differs.
// CHECK-LABEL: func @branches
// CHECK-SAME: -> tensor<2x?xf32>
func.func @branches(%c: tensor<i1>, %x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<*xf32> {
  %z = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<2x3xf32>
  }, {
    %r = onnx.node "Relu"(%y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x4xf32>) -> tensor<*xf32>
    onnx.yield %r : tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return %z : tensor<*xf32>
}

// Dimensions of one name are equal.
// CHECK-LABEL: func @named
// CHECK: "Reshape"{{.*}} -> tensor<?x6xf32>
func.func @named(%x: tensor<?x2x3xf32> {onnx.dims = ["N", "", ""]}, %y: tensor<?xf32> {onnx.dims = ["N"]}) {
  %open = arith.constant dense<-1> : tensor<1xi64>
  %n = onnx.node "Shape"(%y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?xf32>) -> tensor<*xf32>
  %sizes = onnx.node "Concat"(%n, %open) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  %z = onnx.node "Reshape"(%x, %sizes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x2x3xf32>, tensor<*xf32>) -> tensor<*xf32>
  return
}

// Axes that only a run can tell: the rank is known, the sizes are not.
// CHECK-LABEL: func @runtime_axes
// CHECK: "Unsqueeze"{{.*}} -> tensor<?x?x?x?xf32>
// CHECK: "Squeeze"{{.*}} -> tensor<f32>
// CHECK: "Slice"{{.*}} -> tensor<?x?xf32>
// CHECK: "ReduceSum"{{.*}} -> tensor<?x?xf32>
// CHECK: "ReduceSum"{{.*}} -> tensor<f32>
// CHECK: "Split"{{.*}} -> (tensor<2x?xf32>, tensor<2x?xf32>)
func.func @runtime_axes(%x: tensor<2x3xf32>, %ones: tensor<1x1xf32>, %two: tensor<2xi64>, %any: tensor<?xi64>) {
  %a = onnx.node "Unsqueeze"(%x, %two) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>
  %b = onnx.node "Squeeze"(%ones, %two) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1x1xf32>, tensor<2xi64>) -> tensor<*xf32>
  %c = onnx.node "Slice"(%x, %two, %two, %two) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  %d = onnx.node "ReduceSum"(%x, %any) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, tensor<?xi64>) -> tensor<*xf32>
  %e = onnx.node "ReduceSum"(%x, %two) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>
  %f:2 = onnx.node "Split"(%x, %two) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> (tensor<*xf32>, tensor<*xf32>)
  return
}

// Before operator set 7 an operand began at a dimension that the node names.
// CHECK-LABEL: func @aligned
// CHECK: "Add"{{.*}} -> tensor<2x3x4xf32>
// CHECK: "Less"{{.*}} -> tensor<2x3x4xi1>
// CHECK: "PRelu"{{.*}} -> tensor<2x3x4xf32>
func.func @aligned(%x: tensor<2x3x4xf32>, %b: tensor<3xf32>) {
  %a = onnx.node "Add"(%x, %b) {domain = "", opset = 6 : i64, attrs = {axis = 1 : i64, broadcast = 1 : i64}}
    : (tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<*xf32>
  %l = onnx.node "Less"(%x, %b) {domain = "", opset = 6 : i64, attrs = {axis = -2 : i64, broadcast = 1 : i64}}
    : (tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<*xf32>
  %p = onnx.node "PRelu"(%x, %b) {domain = "", opset = 6 : i64, attrs = {}} : (tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// The inner body takes its number as a vector of one, however often the outer loop's sizes change.
// CHECK-LABEL: func @counted_as_vector
// CHECK: "Loop"{{.*}} with {
// CHECK: "Loop"{{.*}} with {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<1xi64>, %{{.*}}: tensor<i1>, %{{.*}}: tensor<?xi64>
func.func @counted_as_vector(%n: tensor<i64>, %x: tensor<2xi64>) -> tensor<*xi64> {
  %true = arith.constant dense<true> : tensor<i1>
  %y = onnx.node "Loop"(%n, %true, %x) with {
  ^bb0(%i: tensor<*xi64>, %c: tensor<*xi1>, %v: tensor<*xi64>):
    %w = onnx.node "Loop"(%n, %true, %v) with {
    ^bb0(%j: tensor<1xi64>, %d: tensor<*xi1>, %u: tensor<*xi64>):
      %s = onnx.node "Concat"(%u, %j) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
        : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
      onnx.yield %d, %s : tensor<*xi1>, tensor<*xi64>
    } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<*xi64>) -> tensor<*xi64>
    onnx.yield %c, %w : tensor<*xi1>, tensor<*xi64>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<2xi64>) -> tensor<*xi64>
  return %y : tensor<*xi64>
}

// A result that nobody wants has no type, and what would be added to it no place.
// CHECK-LABEL: func @omitted
// CHECK: "MatMulIntegerToFloat"{{.*}} -> none
// CHECK: "DeformConv"{{.*}} -> none
func.func @omitted(%a: tensor<2x3xui8>, %b: tensor<3x4xi8>, %s: tensor<f32>, %x: tensor<1x1x4x4xf32>, %w: tensor<1x1x2x2xf32>, %o: tensor<1x8x3x3xf32>) {
  %y = onnx.node "MatMulIntegerToFloat"(%a, %b, %s, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xui8>, tensor<3x4xi8>, tensor<f32>, tensor<f32>) -> none
  %z = onnx.node "DeformConv"(%x, %w, %o) {domain = "", opset = 19 : i64, attrs = {}}
    : (tensor<1x1x4x4xf32>, tensor<1x1x2x2xf32>, tensor<1x8x3x3xf32>) -> none
  return
}
