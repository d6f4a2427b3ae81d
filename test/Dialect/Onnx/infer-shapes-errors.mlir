// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Errors carry the node's name, operator and operator set; nodes have no file position, only that name.

func.func @unknown(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{r1 (Relu, opset 1): is not an operator we know}}
  %r = onnx.node "Relu"(%x) {domain = "com.other", opset = 1 : i64, attrs = {}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("r1")
  return
}

// -----

func.func @too_few(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{fc (Gemm, opset 13): has 1 inputs; the operator takes 2 to 3}}
  %r = onnx.node "Gemm"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("fc")
  return
}

// -----

func.func @gemm(%x: tensor<?x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @unknown {{fc (Gemm, opset 13): multiplies 3 columns with 4 rows}}
  %r = onnx.node "Gemm"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<4x5xf32>) -> tensor<*xf32> loc("fc")
  return
}

// -----

func.func @matmul(%x: tensor<?x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @unknown {{fc (MatMul, opset 13): multiplies 3 columns with 4 rows}}
  %r = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<4x5xf32>) -> tensor<*xf32> loc("fc")
  return
}

// -----

func.func @broadcast(%x: tensor<?x3xf32>, %b: tensor<4xf32>) {
  // expected-error @unknown {{add (Add, opset 13): sizes 3 and 4 do not broadcast, dimension 1 from the back}}
  %r = onnx.node "Add"(%x, %b) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<4xf32>) -> tensor<*xf32> loc("add")
  return
}

// -----

func.func @mixed(%x: tensor<?x3xf32>, %i: tensor<3xi64>) {
  // expected-error @unknown {{mul (Mul, opset 13): input 1 has elements of type 'i64', input 0 of type 'f32'; they must be of one type: insert a Cast}}
  %r = onnx.node "Mul"(%x, %i) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<3xi64>) -> tensor<*xf32> loc("mul")
  return
}

// -----

func.func @channels(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error @unknown {{conv1 (Conv, opset 13): input has 3 channels; the weight takes 2 in each of 1 groups}}
  %r = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<*xf32> loc("conv1")
  return
}

// -----

func.func @window(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x9x3xf32>) {
  // expected-error @unknown {{conv1 (Conv, opset 13): window of 9 is larger than the padded input of 8, spatial dimension 0}}
  %r = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x9x3xf32>) -> tensor<*xf32> loc("conv1")
  return
}

// -----

func.func @strides(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @unknown {{conv1 (Conv, opset 13): 'strides' has 1 numbers where 2 are needed}}
  %r = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {strides = array<i64: 2>}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<*xf32> loc("conv1")
  return
}

// -----

func.func @axis(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{soft (ArgMax, opset 13): axis 2 is outside of a tensor of 2 dimensions}}
  %r = onnx.node "ArgMax"(%x) {domain = "", opset = 13 : i64, attrs = {axis = 2 : i64}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("soft")
  return
}

// -----

func.func @reshape(%x: tensor<2x3xf32>) {
  %s = arith.constant dense<[4, 4]> : tensor<2xi64>
  // expected-error @unknown {{view (Reshape, opset 13): reshapes 6 elements into 16}}
  %r = onnx.node "Reshape"(%x, %s) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("view")
  return
}

// -----

func.func @reshape_open(%x: tensor<2x3xf32>) {
  %s = arith.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @unknown {{view (Reshape, opset 13): reshapes 6 elements into rows of 4}}
  %r = onnx.node "Reshape"(%x, %s) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("view")
  return
}

// -----

func.func @reshape_rank(%x: tensor<2x3xf32>, %s: tensor<?xi64>) {
  // expected-error @unknown {{view (Reshape, opset 13): the new shape has type 'tensor<?xi64>'; its number of dimensions must be known when compiling}}
  %r = onnx.node "Reshape"(%x, %s) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<?xi64>) -> tensor<*xf32> loc("view")
  return
}

// -----

func.func @squeeze(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{sq (Squeeze, opset 13): drops all dimensions of size 1, and the size of dimension 0 is not known; give it with --dim}}
  %r = onnx.node "Squeeze"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("sq")
  return
}

// -----

func.func @split(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{halves (Split, opset 13): dimension 1 of size 3 does not divide into 2 parts}}
  %r:2 = onnx.node "Split"(%x) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("halves")
  return
}

// -----

// How many dimensions remain is not known either.
func.func @runtime_axes(%x: tensor<?x3xf32>, %a: tensor<?xi64>) {
  // expected-error @unknown {{sum (ReduceSum, opset 13): 'axes' (input 1) is computed at run time; the shapes it decides must be known when compiling}}
  %r = onnx.node "ReduceSum"(%x, %a) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<?x3xf32>, tensor<?xi64>) -> tensor<*xf32> loc("sum")
  return
}

// -----

func.func @too_many_runtime_axes(%x: tensor<3xf32>, %a: tensor<2xi64>) {
  // expected-error @unknown {{drop (Squeeze, opset 13): drops 2 of 1 dimensions}}
  %r = onnx.node "Squeeze"(%x, %a) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("drop")
  return
}

// -----

func.func @aligned(%x: tensor<2x3x4xf32>, %b: tensor<3xf32>) {
  // expected-error @unknown {{add (Add, opset 6): input 1 has size 3 along dimension 0 where input 0 has 2}}
  %r = onnx.node "Add"(%x, %b) {domain = "", opset = 6 : i64, attrs = {axis = 0 : i64, broadcast = 1 : i64}}
    : (tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<*xf32> loc("add")
  return
}

// -----

func.func @aligned_outside(%x: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @unknown {{add (Add, opset 6): input 1 has 2 dimensions, which do not fit into the 2 of input 0 from dimension 1 on}}
  %r = onnx.node "Add"(%x, %b) {domain = "", opset = 6 : i64, attrs = {axis = 1 : i64, broadcast = 1 : i64}}
    : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32> loc("add")
  return
}

// -----

func.func @gather(%x: tensor<2x3xf32>) {
  %i = arith.constant dense<7> : tensor<i64>
  // expected-error @unknown {{g (Gather, opset 13): index 7 is outside of dimension 0 of size 2}}
  %r = onnx.node "Gather"(%x, %i) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<i64>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @concat(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @unknown {{cat (Concat, opset 13): input 1 has size 4 along dimension 0 where input 0 has 2}}
  %r = onnx.node "Concat"(%x, %w) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<*xf32> loc("cat")
  return
}

// -----

func.func @cast(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{c (Cast, opset 13): casts to ONNX element type 8, which is not a number type we know}}
  %r = onnx.node "Cast"(%x) {domain = "", opset = 13 : i64, attrs = {to = 8 : i64}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("c")
  return
}

// -----

func.func @norm(%x: tensor<?x3xf32>, %p0: tensor<4xf32>, %p1: tensor<4xf32>, %p2: tensor<4xf32>, %p3: tensor<4xf32>) {
  // expected-error @unknown {{bn (BatchNormalization, opset 13): input 1 has 4 elements for 3 channels}}
  %r = onnx.node "BatchNormalization"(%x, %p0, %p1, %p2, %p3) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<*xf32> loc("bn")
  return
}

// -----

func.func @lstm(%x: tensor<5x?x3xf32>, %w: tensor<1x8x3xf32>, %r: tensor<1x8x4xf32>) {
  // expected-error @unknown {{rnn (LSTM, opset 13): weights of 8 and 8x4 do not fit 4 gates of 4 units}}
  %y = onnx.node "LSTM"(%x, %w, %r) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x?x3xf32>, tensor<1x8x3xf32>, tensor<1x8x4xf32>) -> tensor<*xf32> loc("rnn")
  return
}

// -----

func.func @softmax(%x: tensor<?x3xf32>) {
  // expected-error @unknown {{soft (Softmax, opset 13): axis 2 is outside of a tensor of 2 dimensions}}
  %r = onnx.node "Softmax"(%x) {domain = "", opset = 13 : i64, attrs = {axis = 2 : i64}}
    : (tensor<?x3xf32>) -> tensor<*xf32> loc("soft")
  return
}

// -----

func.func @bias(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<5xf32>) {
  // expected-error @unknown {{conv1 (Conv, opset 13): input 2 has type 'tensor<5xf32>' for 4 channels}}
  %r = onnx.node "Conv"(%x, %w, %b) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<5xf32>) -> tensor<*xf32> loc("conv1")
  return
}

// -----

func.func @types(%x: tensor<?x3xf32>, %w: tensor<3x4xf16>) {
  // expected-error @unknown {{fc (MatMul, opset 13): input 1 has elements of type 'f16', input 0 of type 'f32'; they must be of one type: insert a Cast}}
  %r = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<3x4xf16>) -> tensor<*xf32> loc("fc")
  return
}

// -----

func.func @where(%c: tensor<3xi64>, %x: tensor<3xf32>) {
  // expected-error @unknown {{w (Where, opset 13): input 0 has elements of type 'i64'; the operator takes booleans: insert a Cast}}
  %r = onnx.node "Where"(%c, %x, %x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xi64>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("w")
  return
}

// -----

func.func @scales(%w: tensor<4x3xi8>, %s: tensor<5xf32>) {
  // expected-error @unknown {{dq (DequantizeLinear, opset 13): input 1 has type 'tensor<5xf32>' for 4 slices along dimension 0}}
  %r = onnx.node "DequantizeLinear"(%w, %s) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<4x3xi8>, tensor<5xf32>) -> tensor<*xf32> loc("dq")
  return
}

// -----

func.func @state(%x: tensor<5x?x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %none: none, %h: tensor<2x1x4xf32>) {
  // expected-error @unknown {{rnn (LSTM, opset 13): input 5 has type 'tensor<2x1x4xf32>', which is not 1 states of 4 units}}
  %y = onnx.node "LSTM"(%x, %w, %r, %none, %none, %h) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x?x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, tensor<2x1x4xf32>) -> tensor<*xf32> loc("rnn")
  return
}

// -----

func.func @branches(%c: tensor<i1>, %x: tensor<2x3xf32>, %y: tensor<6xf32>) {
  // expected-error @unknown {{choose (If, opset 13): output 0 has type 'tensor<6xf32>' in one branch and 'tensor<2x3xf32>' in the other}}
  %z = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<2x3xf32>
  }, {
    onnx.yield %y : tensor<6xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32> loc("choose")
  return
}

// -----

func.func @boxes(%x: tensor<1x2x8x8xf32>, %r: tensor<5x4x1xf32>, %b: tensor<5xi64>) {
  // expected-error @unknown {{crop (RoiAlign, opset 16): input 1 is 'tensor<5x4x1xf32>'; the operator takes 2 dimensions}}
  %y = onnx.node "RoiAlign"(%x, %r, %b) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<1x2x8x8xf32>, tensor<5x4x1xf32>, tensor<5xi64>) -> tensor<*xf32> loc("crop")
  return
}

// -----

func.func @logits(%x: tensor<3xi8>) {
  // expected-error @unknown {{p (Softmax, opset 13): input 0 has elements of type 'i8'; the operator takes floats: insert a Cast}}
  %y = onnx.node "Softmax"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3xi8>) -> tensor<*xf32> loc("p")
  return
}

// -----

func.func @joined(%x: tensor<3xf32>, %y: tensor<3xf64>) {
  // expected-error @unknown {{m (Max, opset 13): input 2 has elements of type 'f64', input 0 of type 'f32'; they must be of one type}}
  %z = onnx.node "Max"(%x, %x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xf32>, tensor<3xf32>, tensor<3xf64>) -> tensor<*xf32> loc("m")
  return
}

// -----

func.func @unpool(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2xi64>) {
  // expected-error @unknown {{un (MaxUnpool, opset 11): its indices are 'tensor<1x1x2xi64>', its input 'tensor<1x1x2x2xf32>'}}
  %z = onnx.node "MaxUnpool"(%x, %i) {domain = "", opset = 11 : i64, attrs = {kernel_shape = array<i64: 2, 2>}}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2xi64>) -> tensor<*xf32> loc("un")
  return
}

// -----

func.func @one_hot(%i: tensor<3xi64>, %d: tensor<i64>, %v: tensor<3xf32>) {
  // expected-error @unknown {{hot (OneHot, opset 11): takes two values, for off and on, not 'tensor<3xf32>'}}
  %z = onnx.node "OneHot"(%i, %d, %v) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<3xi64>, tensor<i64>, tensor<3xf32>) -> tensor<*xf32> loc("hot")
  return
}

// -----

func.func @layer_norm(%x: tensor<3x4xf32>, %s: tensor<1x3x4xf32>) {
  // expected-error @unknown {{norm (LayerNormalization, opset 17): input 1 has 3 dimensions, the input 2}}
  %z = onnx.node "LayerNormalization"(%x, %s) {domain = "", opset = 17 : i64, attrs = {}}
    : (tensor<3x4xf32>, tensor<1x3x4xf32>) -> tensor<*xf32> loc("norm")
  return
}

// -----

func.func @rows_of_four(%x: tensor<2x3xf32>, %s: tensor<2xi64>) {
  %four = arith.constant dense<4> : tensor<1xi64>
  %sizes = onnx.node "Concat"(%four, %s) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<1xi64>, tensor<2xi64>) -> tensor<*xi64>
  // expected-error @unknown {{r (Reshape, opset 14): makes 'tensor<4x?x?xf32>' of 'tensor<2x3xf32>', which has another number of elements}}
  %z = onnx.node "Reshape"(%x, %sizes) {domain = "", opset = 14 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<*xi64>) -> tensor<*xf32> loc("r")
  return
}

// -----

func.func @kernel_of_nothing(%x: tensor<1x3x8xf32>, %w: tensor<2x3x0xf32>) {
  // expected-error @unknown {{c (Conv, opset 11): the kernel has size 0, which is out of range}}
  %z = onnx.node "Conv"(%x, %w) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<1x3x8xf32>, tensor<2x3x0xf32>) -> tensor<*xf32> loc("c")
  return
}

// -----

func.func @many_groups(%x: tensor<1x3x8xf32>, %w: tensor<0x3x2xf32>) {
  // expected-error @unknown {{c (Conv, opset 11): input has 3 channels; the weight takes 3 in each of 4 groups}}
  %z = onnx.node "Conv"(%x, %w) {domain = "", opset = 11 : i64, attrs = {group = 4 : i64}}
    : (tensor<1x3x8xf32>, tensor<0x3x2xf32>) -> tensor<*xf32> loc("c")
  return
}

// -----

func.func @listed(%x: tensor<3xf32>) {
  %none = onnx.none
  // expected-error @unknown {{join (Concat, opset 13): omits input 1, which the operator needs}}
  %z = onnx.node "Concat"(%x, %none, %x) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<3xf32>, none, tensor<3xf32>) -> tensor<*xf32> loc("join")
  return
}

// -----

// Errors of branches that both fail come as they are.
func.func @both_branches(%c: tensor<i1>, %x: tensor<6xf32>) {
  %four = arith.constant dense<[4, 2]> : tensor<2xi64>
  %five = arith.constant dense<[5, 2]> : tensor<2xi64>
  %y = onnx.node "If"(%c) with {
    // expected-error @unknown {{a (Reshape, opset 13): reshapes 6 elements into 8}}
    %r = onnx.node "Reshape"(%x, %four) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<6xf32>, tensor<2xi64>) -> tensor<*xf32> loc("a")
    onnx.yield %r : tensor<*xf32>
  }, {
    // expected-error @unknown {{b (Reshape, opset 13): reshapes 6 elements into 10}}
    %r = onnx.node "Reshape"(%x, %five) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<6xf32>, tensor<2xi64>) -> tensor<*xf32> loc("b")
    onnx.yield %r : tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return
}

// -----

func.func @branch_with_input(%c: tensor<i1>, %x: tensor<3xf32>) {
  // expected-error @unknown {{choose (If, opset 13): has a branch with inputs; branches take values from outside by name}}
  %z = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<3xf32>
  }, {
  ^bb0(%a: tensor<3xf32>):
    onnx.yield %a : tensor<3xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32> loc("choose")
  return
}

// -----

// As PyTorch exports squeeze(-1): a size that is known would decide.
func.func @squeezed(%x: tensor<?x3x?xf32> {onnx.name = "x", onnx.dims = ["batch", "", ""]}) {
  %shape = onnx.node "Shape"(%x) {domain = "", opset = 15 : i64, attrs = {start = 2 : i64}} : (tensor<?x3x?xf32>) -> tensor<*xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %c = onnx.node "Equal"(%shape, %one) {domain = "", opset = 15 : i64, attrs = {}} : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi1>
  // expected-error @unknown {{decide (If, opset 15): output 0 has type 'tensor<?x3xf32>' in one branch and 'tensor<?x3x?xf32>' in the other; a fixed size may decide, give it with --dim NAME=N or --input-shape: 'batch', 'x.2'}}
  %z = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<?x3x?xf32>
  }, {
    %axis = arith.constant dense<2> : tensor<1xi64>
    %y = onnx.node "Squeeze"(%x, %axis) {domain = "", opset = 15 : i64, attrs = {}}
      : (tensor<?x3x?xf32>, tensor<1xi64>) -> tensor<*xf32>
    onnx.yield %y : tensor<*xf32>
  } {domain = "", opset = 15 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<*xi1>) -> tensor<*xf32> loc("decide")
  return
}

// -----

func.func @class_weights(%x: tensor<3x5xf32>, %t: tensor<3xi64>, %w: tensor<5x1xf32>) {
  // expected-error @unknown {{l (NegativeLogLikelihoodLoss, opset 13): input 2 is 'tensor<5x1xf32>'; the operator takes 1 dimension}}
  %z = onnx.node "NegativeLogLikelihoodLoss"(%x, %t, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3x5xf32>, tensor<3xi64>, tensor<5x1xf32>) -> tensor<*xf32> loc("l")
  return
}

// -----

func.func @instance_norm(%x: tensor<2x?x7xf32>, %s: tensor<1xf32>, %b: tensor<2xf32>) {
  // expected-error @unknown {{n (InstanceNormalization, opset 6): input 2 has type 'tensor<2xf32>' for 1 channels}}
  %z = onnx.node "InstanceNormalization"(%x, %s, %b) {domain = "", opset = 6 : i64, attrs = {}}
    : (tensor<2x?x7xf32>, tensor<1xf32>, tensor<2xf32>) -> tensor<*xf32> loc("n")
  return
}

// -----

func.func @nothing_left(%x: tensor<1x3x6xf32>, %w: tensor<3x4x3xf32>) {
  // expected-error @unknown {{t (ConvTranspose, opset 11): pads of 90 leave nothing of spatial dimension 0, which has size 6, stride 2 and a window of 3}}
  %z = onnx.node "ConvTranspose"(%x, %w) {domain = "", opset = 11 : i64, attrs = {pads = array<i64: 50, 40>, strides = array<i64: 2>}}
    : (tensor<1x3x6xf32>, tensor<3x4x3xf32>) -> tensor<*xf32> loc("t")
  return
}

// -----

func.func @parameters(%x: tensor<2x?x4xf32>, %s: tensor<3xf32>, %m: tensor<4xf32>) {
  // expected-error @unknown {{b (BatchNormalization, opset 15): input 3 has 4 elements for 3 channels}}
  %z = onnx.node "BatchNormalization"(%x, %s, %s, %m, %s) {domain = "", opset = 15 : i64, attrs = {}}
    : (tensor<2x?x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>) -> tensor<*xf32> loc("b")
  return
}

// -----

func.func @subgraph(%x: tensor<3xf32>) {
  // expected-error @below {{(Relu, opset 14): has a subgraph 'body', which the operator does not take}}
  %y = onnx.node "Relu"(%x) with {
    onnx.yield %x : tensor<3xf32>
  } {domain = "", opset = 14 : i64, attrs = {}, graphs = ["body"]} : (tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @sequence_outputs(%x: tensor<3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(SequenceConstruct, opset 11): has 2 outputs; the operator gives one}}
  %s:2 = onnx.node "SequenceConstruct"(%x) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<3xf32>) -> (tensor<*xf32>, tensor<*xf32>)
  return %s#1 : tensor<*xf32>
}
