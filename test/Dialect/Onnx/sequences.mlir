// Sequences whose tensors are known: what reads them reads the tensors.
// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @positions
// CHECK-SAME: %[[X:[^:]*]]: tensor<2xf32>, %[[Y:[^:]*]]: tensor<3xf32>
// CHECK-NOT: Sequence
// CHECK: %[[LENGTH:.*]] = arith.constant dense<3> : tensor<i64>
// CHECK: return %[[Y]], %[[LENGTH]]
func.func @positions(%x: tensor<2xf32>, %y: tensor<3xf32>) -> (tensor<*xf32>, tensor<*xi64>) {
  %first = arith.constant dense<0> : tensor<i64>
  %last = arith.constant dense<-1> : tensor<i64>
  %empty = onnx.node "SequenceEmpty"() {domain = "", opset = 12 : i64, attrs = {}} : () -> tensor<*xf32>
  %a = onnx.node "SequenceInsert"(%empty, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<2xf32>) -> tensor<*xf32>
  %b = onnx.node "SequenceInsert"(%a, %y, %first) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<3xf32>, tensor<i64>) -> tensor<*xf32>
  %c = onnx.node "SequenceInsert"(%b, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<2xf32>) -> tensor<*xf32>
  %n = onnx.node "SequenceLength"(%c) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xi64>
  %d = onnx.node "SequenceErase"(%c) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  %e = onnx.node "SequenceErase"(%d, %last) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  %r = onnx.node "SequenceAt"(%e, %first) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  return %r, %n : tensor<*xf32>, tensor<*xi64>
}

// -----

// A place counted from the end: before the last one.
// CHECK-LABEL: func @before_last
// CHECK-SAME: %[[X:[^:]*]]: tensor<2xf32>, %[[Y:[^:]*]]: tensor<3xf32>
// CHECK: return %[[Y]], %[[X]]
func.func @before_last(%x: tensor<2xf32>, %y: tensor<3xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  %minus = arith.constant dense<-1> : tensor<i64>
  %s = onnx.node "SequenceConstruct"(%x, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  %t = onnx.node "SequenceInsert"(%s, %y, %minus) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<3xf32>, tensor<i64>) -> tensor<*xf32>
  %two = arith.constant dense<-2> : tensor<i64>
  %a = onnx.node "SequenceAt"(%t, %two) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  %b = onnx.node "SequenceAt"(%t, %minus) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  return %a, %b : tensor<*xf32>, tensor<*xf32>
}

// -----

// Parts of 2 and a rest of 1, joined again.
// CHECK-LABEL: func @split
// CHECK-SAME: %[[X:[^:]*]]: tensor<5x3xf32>
// CHECK: %[[SIZES:.*]] = arith.constant dense<[2, 2, 1]> : tensor<3xi64>
// CHECK: %[[PARTS:.*]]:3 = onnx.node "Split"(%[[X]], %[[SIZES]]) {attrs = {axis = 0 : i64}, domain = "", opset = 13 : i64}
// CHECK-SAME: -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>)
// CHECK: %[[Y:.*]] = onnx.node "Concat"(%[[PARTS]]#0, %[[PARTS]]#1, %[[PARTS]]#2) {{.*}} -> tensor<5x3xf32>
// CHECK: return %[[Y]]
func.func @split(%x: tensor<5x3xf32>) -> tensor<*xf32> {
  %two = arith.constant dense<2> : tensor<i64>
  %s = onnx.node "SplitToSequence"(%x, %two) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<5x3xf32>, tensor<i64>) -> tensor<*xf32>
  %y = onnx.node "ConcatFromSequence"(%s) {domain = "", opset = 12 : i64, attrs = {axis = 0 : i64}} : (tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// Rows without their dimension, stacked along a new last one.
// CHECK-LABEL: func @transpose
// CHECK: onnx.node "Squeeze"({{.*}}) {{.*}} -> tensor<3xf32>
// CHECK: onnx.node "Unsqueeze"({{.*}}) {{.*}} -> tensor<3x1xf32>
// CHECK: onnx.node "Concat"({{.*}}) {attrs = {axis = 1 : i64}, {{.*}} -> tensor<3x2xf32>
func.func @transpose(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %s = onnx.node "SplitToSequence"(%x) {domain = "", opset = 12 : i64, attrs = {keepdims = 0 : i64}} : (tensor<2x3xf32>) -> tensor<*xf32>
  %y = onnx.node "ConcatFromSequence"(%s) {domain = "", opset = 12 : i64, attrs = {axis = -1 : i64, new_axis = 1 : i64}} : (tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// An optional is what it holds.
// CHECK-LABEL: func @optional
// CHECK-SAME: %[[X:[^:]*]]: tensor<2xf32>
// CHECK: %[[TRUE:.*]] = arith.constant dense<true> : tensor<i1>
// CHECK: return %[[X]], %[[TRUE]]
func.func @optional(%x: tensor<2xf32>) -> (tensor<*xf32>, tensor<*xi1>) {
  %o = onnx.node "Optional"(%x) {domain = "", opset = 15 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<*xf32>
  %y = onnx.node "OptionalGetElement"(%o) {domain = "", opset = 15 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  %has = onnx.node "OptionalHasElement"(%o) {domain = "", opset = 15 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xi1>
  return %y, %has : tensor<*xf32>, tensor<*xi1>
}

// -----

func.func @position(%x: tensor<2xf32>, %i: tensor<i64>) -> tensor<*xf32> {
  %s = onnx.node "SequenceConstruct"(%x, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  // expected-error @below {{(SequenceAt, opset 12): the position, input 1, must be one number that is known when compiling}}
  %y = onnx.node "SequenceAt"(%s, %i) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @outside(%x: tensor<2xf32>) -> tensor<*xf32> {
  %i = arith.constant dense<-3> : tensor<i64>
  %s = onnx.node "SequenceConstruct"(%x, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  // expected-error @below {{(SequenceAt, opset 12): position -3 is outside of the 2 that there are}}
  %y = onnx.node "SequenceAt"(%s, %i) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @taken(%x: tensor<2xf32>) -> tensor<*xf32> {
  %s = onnx.node "SequenceConstruct"(%x, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  // expected-error @below {{(Relu, opset 14): input 0 is a sequence; only operators on sequences take one}}
  %y = onnx.node "Relu"(%s) {domain = "", opset = 14 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @leaves(%x: tensor<2xf32>) -> tensor<*xf32> {
  // expected-error @below {{a sequence cannot leave its graph; its tensors are known in one graph only}}
  %s = onnx.node "SequenceConstruct"(%x, %x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  return %s : tensor<*xf32>
}

// -----

func.func @parts(%x: tensor<?x3xf32>) -> tensor<*xi64> {
  // expected-error @below {{(SplitToSequence, opset 12): splits dimension 0 of 'tensor<?x3xf32>'; its size and that of the parts must be known when compiling}}
  %s = onnx.node "SplitToSequence"(%x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<?x3xf32>) -> tensor<*xf32>
  %n = onnx.node "SequenceLength"(%s) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xi64>
  return %n : tensor<*xi64>
}

// -----

func.func @empty() -> tensor<*xf32> {
  %s = onnx.node "SequenceEmpty"() {domain = "", opset = 12 : i64, attrs = {}} : () -> tensor<*xf32>
  // expected-error @below {{(ConcatFromSequence, opset 12): joins a sequence that is empty}}
  %y = onnx.node "ConcatFromSequence"(%s) {domain = "", opset = 12 : i64, attrs = {axis = 0 : i64}} : (tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @nothing() -> tensor<*xf32> {
  // expected-error @below {{(Optional, opset 15): has 0 inputs; the operator takes 1}}
  %o = onnx.node "Optional"() {domain = "", opset = 15 : i64, attrs = {}} : () -> tensor<*xf32>
  return %o : tensor<*xf32>
}

// -----

func.func @no_sequence(%x: tensor<2xf32>) -> tensor<*xi64> {
  // expected-error @below {{(SequenceLength, opset 12): takes a sequence whose tensors are known when compiling, not 'tensor<2xf32>'}}
  %n = onnx.node "SequenceLength"(%x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<*xi64>
  return %n : tensor<*xi64>
}

// -----

func.func @nested(%x: tensor<2xf32>) {
  %s = onnx.node "SequenceConstruct"(%x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<*xf32>
  // expected-error @below {{(SequenceConstruct, opset 12): makes a sequence of sequences, which is none of tensors}}
  %t = onnx.node "SequenceConstruct"(%s) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @split_twice(%x: tensor<2xf32>) {
  %s = onnx.node "SequenceConstruct"(%x) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<*xf32>
  // expected-error @below {{(SplitToSequence, opset 12): splits a tensor, not a sequence}}
  %t = onnx.node "SplitToSequence"(%s) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @open_parts(%x: tensor<4x3xf32>, %sizes: tensor<?xi64>) {
  // expected-error @below {{(SplitToSequence, opset 12): splits into a number of parts that is not known when compiling}}
  %s = onnx.node "SplitToSequence"(%x, %sizes) {domain = "", opset = 12 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<?xi64>) -> tensor<*xf32>
  return
}

// -----

func.func @erase_from_nothing() {
  %s = onnx.node "SequenceEmpty"() {domain = "", opset = 12 : i64, attrs = {}} : () -> tensor<*xf32>
  // expected-error @below {{(SequenceErase, opset 12): takes a tensor out of a sequence that is empty}}
  %t = onnx.node "SequenceErase"(%s) {domain = "", opset = 12 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  return
}
