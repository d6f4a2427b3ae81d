// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @scales(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %none = onnx.none
  %scales = arith.constant dense<2.0> : tensor<1xf32>
  // expected-error @below {{(Resize, opset 13): has 1 scales for 2 dimensions}}
  %y = onnx.node "Resize"(%x, %none, %scales) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, none, tensor<1xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @equation(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Einsum, opset 13): equation 'i->i' names 1 dimensions of an operand of 2}}
  %y = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "i -> i"}} : (tensor<2x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @top(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %k = arith.constant dense<4> : tensor<1xi64>
  // expected-error @below {{(TopK, opset 13): selects 4 of 3 elements along dimension 1}}
  %y = onnx.node "TopK"(%x, %k) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @body(%n: tensor<i64>, %go: tensor<i1>, %x: tensor<2xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Loop, opset 13): argument 2 of the body is 'tensor<2xf32>', but the body yields 'tensor<i64>'}}
  %y = onnx.node "Loop"(%n, %go, %x) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    onnx.yield %c, %i : tensor<i1>, tensor<i64>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @one_hot_depth(%x: tensor<2xi64>, %y: tensor<2xi64>, %z: tensor<2xf32>) {
  // expected-error @unknown {{node (OneHot, opset 13): input 1 is 'tensor<2xi64>'; the operator takes one element}}
  %r = onnx.node "OneHot"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2xi64>, tensor<2xi64>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @top_k(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (TopK, opset 1): needs a positive 'k'}}
  %r:2 = onnx.node "TopK"(%x) {domain = "", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @top_k_too_many(%x: tensor<2x3xf32>) {
  %c0 = arith.constant dense<[4]> : tensor<1xi64>
  // expected-error @unknown {{node (TopK, opset 13): selects 4 of 3 elements along dimension 1}}
  %r:2 = onnx.node "TopK"(%x, %c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @gather_elements(%x: tensor<2x3xf32>, %y: tensor<2xi64>) {
  // expected-error @unknown {{node (GatherElements, opset 13): data have 2 dimensions and indices 1; they must have equally many}}
  %r = onnx.node "GatherElements"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gather_nd_open(%x: tensor<2x3xf32>, %y: tensor<2x?xi64>) {
  // expected-error @unknown {{node (GatherND, opset 13): the indices have type 'tensor<2x?xi64>'; their last size must be known when compiling}}
  %r = onnx.node "GatherND"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x?xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gather_nd(%x: tensor<2x3xf32>, %y: tensor<2x3xi64>) {
  // expected-error @unknown {{node (GatherND, opset 13): indices of 3 numbers behind 0 batch dimensions do not fit data of 2 dimensions}}
  %r = onnx.node "GatherND"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scatter_nd_open(%x: tensor<2x3xf32>, %y: tensor<2x?xi64>, %z: tensor<2xf32>) {
  // expected-error @unknown {{node (ScatterND, opset 13): the indices have type 'tensor<2x?xi64>'; their last size must be known when compiling}}
  %r = onnx.node "ScatterND"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x?xi64>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scatter_nd(%x: tensor<2x3xf32>, %y: tensor<2x3xi64>, %z: tensor<2xf32>) {
  // expected-error @unknown {{node (ScatterND, opset 13): indices of type 'tensor<2x3xi64>' do not fit data of 2 dimensions}}
  %r = onnx.node "ScatterND"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xi64>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scatter_nd_updates(%x: tensor<2x3xf32>, %y: tensor<2x1xi64>, %z: tensor<2xf32>) {
  // expected-error @unknown {{node (ScatterND, opset 13): updates have 1 dimensions where 2 are needed}}
  %r = onnx.node "ScatterND"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x1xi64>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scatter_elements(%x: tensor<2x3xf32>, %y: tensor<2x3xi64>, %z: tensor<2xf32>) {
  // expected-error @unknown {{node (ScatterElements, opset 13): data have 2, indices 2 and updates 1 dimensions; they must have equally many}}
  %r = onnx.node "ScatterElements"(%x, %y, %z) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xi64>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @eye(%x: tensor<2xf32>) {
  // expected-error @unknown {{node (EyeLike, opset 13): takes a matrix, not 'tensor<2xf32>'}}
  %r = onnx.node "EyeLike"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @suppression(%x: tensor<4x4xf32>, %y: tensor<1x1x4xf32>) {
  // expected-error @unknown {{node (NonMaxSuppression, opset 13): input 0 is 'tensor<4x4xf32>'; the operator takes 3 dimensions}}
  %r = onnx.node "NonMaxSuppression"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4x4xf32>, tensor<1x1x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @loss(%x: tensor<2x3xf32>, %y: tensor<2x3xi64>) {
  // expected-error @unknown {{node (NegativeLogLikelihoodLoss, opset 13): takes scores [N, C, …] and targets [N, …], not 'tensor<2x3xf32>' and 'tensor<2x3xi64>'}}
  %r = onnx.node "NegativeLogLikelihoodLoss"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @loss_reduction(%x: tensor<2x3xf32>, %y: tensor<2xi64>) {
  // expected-error @unknown {{node (NegativeLogLikelihoodLoss, opset 13): reduction 'max' is not known}}
  %r = onnx.node "NegativeLogLikelihoodLoss"(%x, %y) {domain = "", opset = 13 : i64, attrs = {reduction = "max"}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @groups(%x: tensor<2x3x4xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>) {
  // expected-error @unknown {{node (GroupNormalization, opset 21): 2 groups do not divide the channels of 'tensor<2x3x4xf32>'}}
  %r = onnx.node "GroupNormalization"(%x, %y, %z) {domain = "", opset = 21 : i64, attrs = {num_groups = 2 : i64}}
    : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @group_scale(%x: tensor<2x4x4xf32>, %y: tensor<4x1xf32>, %z: tensor<4xf32>) {
  // expected-error @unknown {{node (GroupNormalization, opset 21): scale and bias are vectors, not 'tensor<4x1xf32>'}}
  %r = onnx.node "GroupNormalization"(%x, %y, %z) {domain = "", opset = 21 : i64, attrs = {num_groups = 2 : i64}}
    : (tensor<2x4x4xf32>, tensor<4x1xf32>, tensor<4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @lp_norm(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (LpNormalization, opset 13): 'p' is 3; 1 and 2 are known}}
  %r = onnx.node "LpNormalization"(%x) {domain = "", opset = 13 : i64, attrs = {p = 3 : i64}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @gather_elements_beyond(%x: tensor<2x5xf32>, %i: tensor<3x4xi64>) {
  // expected-error @unknown {{g (GatherElements, opset 13): the indices have size 3 along dimension 0 where the data have 2}}
  %y = onnx.node "GatherElements"(%x, %i) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}} : (tensor<2x5xf32>, tensor<3x4xi64>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @gather_batches(%x: tensor<2x5xf32>, %i: tensor<3x1xi64>) {
  // expected-error @unknown {{g (GatherND, opset 13): the indices have size 3 along dimension 0 where 2 is needed}}
  %y = onnx.node "GatherND"(%x, %i) {domain = "", opset = 13 : i64, attrs = {batch_dims = 1 : i64}} : (tensor<2x5xf32>, tensor<3x1xi64>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @scatter_updates(%x: tensor<4x5xf32>, %i: tensor<2x3xi64>, %u: tensor<2x4xf32>) {
  // expected-error @unknown {{s (ScatterElements, opset 16): the updates have size 4 along dimension 1 where 3 is needed}}
  %y = onnx.node "ScatterElements"(%x, %i, %u) {domain = "", opset = 16 : i64, attrs = {axis = 1 : i64}} : (tensor<4x5xf32>, tensor<2x3xi64>, tensor<2x4xf32>) -> tensor<*xf32> loc("s")
  return
}

// -----

func.func @scatter_rows(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>, %u: tensor<3x6xf32>) {
  // expected-error @unknown {{s (ScatterND, opset 16): the updates have size 6 along dimension 1 where 5 is needed}}
  %y = onnx.node "ScatterND"(%x, %i, %u) {domain = "", opset = 16 : i64, attrs = {}} : (tensor<4x5xf32>, tensor<3x1xi64>, tensor<3x6xf32>) -> tensor<*xf32> loc("s")
  return
}

// -----

func.func @boxes_and_scores(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x7xf32>) {
  // expected-error @unknown {{n (NonMaxSuppression, opset 11): the boxes have size 6 along dimension 1 where 7 is needed}}
  %y = onnx.node "NonMaxSuppression"(%boxes, %scores) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<1x6x4xf32>, tensor<1x2x7xf32>) -> tensor<*xi64> loc("n")
  return
}

// -----

func.func @targets(%x: tensor<3x5x2xf32>, %t: tensor<3x4xi64>) {
  // expected-error @unknown {{l (NegativeLogLikelihoodLoss, opset 13): the targets have size 4 along dimension 1 where 2 is needed}}
  %y = onnx.node "NegativeLogLikelihoodLoss"(%x, %t) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3x5x2xf32>, tensor<3x4xi64>) -> tensor<*xf32> loc("l")
  return
}

// -----

func.func @weights_of_classes(%x: tensor<3x5xf32>, %t: tensor<3xi64>, %w: tensor<4xf32>) {
  // expected-error @unknown {{l (SoftmaxCrossEntropyLoss, opset 13): the weights are 'tensor<4xf32>' for 5 classes}}
  %y = onnx.node "SoftmaxCrossEntropyLoss"(%x, %t, %w) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3x5xf32>, tensor<3xi64>, tensor<4xf32>) -> tensor<*xf32> loc("l")
  return
}

// -----

func.func @scalar_condition(%x: tensor<3x2xf32>, %c: tensor<i1>) {
  // expected-error @unknown {{c (Compress, opset 11): input 1 is 'tensor<i1>'; the operator takes 1 dimension}}
  %y = onnx.node "Compress"(%x, %c) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<3x2xf32>, tensor<i1>) -> tensor<*xf32> loc("c")
  return
}
