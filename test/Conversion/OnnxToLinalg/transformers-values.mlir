// Numbers of the fused operators of transformers, computed by hand.
// RUN: aimc-opt %s --convert-onnx-to-linalg --one-shot-bufferize="bufferize-function-boundaries" --convert-linalg-to-loops \
// RUN:   --expand-strided-metadata --lower-affine --convert-scf-to-cf --arith-expand --convert-math-to-llvm --convert-math-to-libm \
// RUN:   --convert-arith-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void --shared-libs=%llvm_libs/libmlir_runner_utils.so,%llvm_libs/libmlir_c_runner_utils.so,libm.so.6 \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}

// Levels 9, 10 | 8, 7 minus 8, by 0.5 | 2: weights 0.5, 1, 0, -2.
// CHECK: [-5.5]
func.func @matmul_4_bits() {
  %a = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %b = arith.constant dense<[[[169], [120]]]> : tensor<1x2x1xui8>
  %s = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %y = onnx.node "MatMulNBits"(%a, %b, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 4 : i64, N = 1 : i64, bits = 4 : i64, block_size = 2 : i64}}
      : (tensor<1x4xf32>, tensor<1x2x1xui8>, tensor<2xf32>) -> tensor<1x1xf32>
  %out = tensor.cast %y : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The same minus 9 | 7: weights 0, 0.5, 2, 0.
// CHECK: [7]
func.func @matmul_4_bits_zero_points() {
  %a = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %b = arith.constant dense<[[[169], [120]]]> : tensor<1x2x1xui8>
  %s = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %z = arith.constant dense<121> : tensor<1xui8>
  %y = onnx.node "MatMulNBits"(%a, %b, %s, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 4 : i64, N = 1 : i64, bits = 4 : i64, block_size = 2 : i64}}
      : (tensor<1x4xf32>, tensor<1x2x1xui8>, tensor<2xf32>, tensor<1xui8>) -> tensor<1x1xf32>
  %out = tensor.cast %y : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Rows in the order of their importance: 1 and 2 have scale and zero point of the other block. (9 - 9) · 0.5, (10 - 7) · 2, (8 - 9) · 0.5,
// (7 - 7) · 2.
// CHECK: [10.5]
func.func @matmul_4_bits_reordered() {
  %a = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %b = arith.constant dense<[[[169], [120]]]> : tensor<1x2x1xui8>
  %s = arith.constant dense<[0.5, 2.0]> : tensor<2xf32>
  %z = arith.constant dense<121> : tensor<1xui8>
  %g = arith.constant dense<[0, 1, 0, 1]> : tensor<4xi32>
  %y = onnx.node "MatMulNBits"(%a, %b, %s, %z, %g) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 4 : i64, N = 1 : i64, bits = 4 : i64, block_size = 2 : i64}}
      : (tensor<1x4xf32>, tensor<1x2x1xui8>, tensor<2xf32>, tensor<1xui8>, tensor<4xi32>) -> tensor<1x1xf32>
  %out = tensor.cast %y : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// [1, 3] has mean 2 and deviation 1.
// CHECK: [-1,  11]
func.func @skip_layer_normalization() {
  %x = arith.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %skip = arith.constant dense<[[[0.0, 1.0]]]> : tensor<1x1x2xf32>
  %gamma = arith.constant dense<1.0> : tensor<2xf32>
  %beta = arith.constant dense<[0.0, 10.0]> : tensor<2xf32>
  %y = onnx.node "SkipLayerNormalization"(%x, %skip, %gamma, %beta) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x1x2xf32>
  %out = tensor.cast %y : tensor<1x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Words 1 and 0 with their positions: [5, 7] and [1, 3], both normalize to [-1, 1].
// CHECK: [-1,  1],
func.func @embed_layer_normalization() {
  %ids = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %none = onnx.none
  %words = arith.constant dense<[[1.0, 3.0], [5.0, 5.0]]> : tensor<2x2xf32>
  %positions = arith.constant dense<[[0.0, 2.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %gamma = arith.constant dense<1.0> : tensor<2xf32>
  %beta = arith.constant dense<0.0> : tensor<2xf32>
  %mask = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %y:3 = onnx.node "EmbedLayerNormalization"(%ids, %none, %words, %positions, %none, %gamma, %beta, %mask) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x2xi32>, none, tensor<2x2xf32>, tensor<2x2xf32>, none, tensor<2xf32>, tensor<2xf32>, tensor<1x2xi32>) -> (tensor<1x2x2xf32>, tensor<1xi32>, tensor<1x2x2xf32>)
  %out = tensor.cast %y#0 : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The sum itself.
// CHECK: [5,  7],
func.func @embedding_sum() {
  %ids = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %none = onnx.none
  %words = arith.constant dense<[[1.0, 3.0], [5.0, 5.0]]> : tensor<2x2xf32>
  %positions = arith.constant dense<[[0.0, 2.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %gamma = arith.constant dense<1.0> : tensor<2xf32>
  %beta = arith.constant dense<0.0> : tensor<2xf32>
  %mask = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %y:3 = onnx.node "EmbedLayerNormalization"(%ids, %none, %words, %positions, %none, %gamma, %beta, %mask) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x2xi32>, none, tensor<2x2xf32>, tensor<2x2xf32>, none, tensor<2xf32>, tensor<2xf32>, tensor<1x2xi32>) -> (tensor<1x2x2xf32>, tensor<1xi32>, tensor<1x2x2xf32>)
  %out = tensor.cast %y#2 : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// One element of the mask is set.
// CHECK: [1]
func.func @mask_index() {
  %ids = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %none = onnx.none
  %words = arith.constant dense<[[1.0, 3.0], [5.0, 5.0]]> : tensor<2x2xf32>
  %positions = arith.constant dense<[[0.0, 2.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %gamma = arith.constant dense<1.0> : tensor<2xf32>
  %beta = arith.constant dense<0.0> : tensor<2xf32>
  %mask = arith.constant dense<[[1, 0]]> : tensor<1x2xi32>
  %y:3 = onnx.node "EmbedLayerNormalization"(%ids, %none, %words, %positions, %none, %gamma, %beta, %mask) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x2xi32>, none, tensor<2x2xf32>, tensor<2x2xf32>, none, tensor<2xf32>, tensor<2xf32>, tensor<1x2xi32>) -> (tensor<1x2x2xf32>, tensor<1xi32>, tensor<1x2x2xf32>)
  %out = tensor.cast %y#1 : tensor<1xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// All scores are 0: averages of the values 3 and 5.
// CHECK: [4],
func.func @fused_attention() {
  %x = arith.constant dense<[[[3.0], [5.0]]]> : tensor<1x2x1xf32>
  %w = arith.constant dense<[[0.0, 0.0, 1.0]]> : tensor<1x3xf32>
  %y = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64}}
      : (tensor<1x2x1xf32>, tensor<1x3xf32>) -> tensor<1x2x1xf32>
  %out = tensor.cast %y : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The first query sees the first key only.
// CHECK: [3],
func.func @fused_attention_unidirectional() {
  %x = arith.constant dense<[[[3.0], [5.0]]]> : tensor<1x2x1xf32>
  %w = arith.constant dense<[[0.0, 0.0, 1.0]]> : tensor<1x3xf32>
  %y = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64, unidirectional = 1 : i64}}
      : (tensor<1x2x1xf32>, tensor<1x3xf32>) -> tensor<1x2x1xf32>
  %out = tensor.cast %y : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The sample has one key.
// CHECK: [3],
// CHECK-NEXT: [3]
func.func @fused_attention_lengths() {
  %x = arith.constant dense<[[[3.0], [5.0]]]> : tensor<1x2x1xf32>
  %w = arith.constant dense<[[0.0, 0.0, 1.0]]> : tensor<1x3xf32>
  %none = onnx.none
  %count = arith.constant dense<1> : tensor<1xi32>
  %y = onnx.node "Attention"(%x, %w, %none, %count) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64}}
      : (tensor<1x2x1xf32>, tensor<1x3xf32>, none, tensor<1xi32>) -> tensor<1x2x1xf32>
  %out = tensor.cast %y : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The keys of sample 0 begin at 1 and end at 3: (5 + 7) / 2.
// CHECK: [6]
func.func @fused_attention_begins() {
  %x = arith.constant dense<[[[3.0], [5.0], [7.0]]]> : tensor<1x3x1xf32>
  %w = arith.constant dense<[[0.0, 0.0, 1.0]]> : tensor<1x3xf32>
  %none = onnx.none
  %ends = arith.constant dense<[3, 1]> : tensor<2xi32>
  %y = onnx.node "Attention"(%x, %w, %none, %ends) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64}}
      : (tensor<1x3x1xf32>, tensor<1x3xf32>, none, tensor<2xi32>) -> tensor<1x3x1xf32>
  %first = tensor.extract_slice %y[0, 0, 0] [1, 1, 1] [1, 1, 1] : tensor<1x3x1xf32> to tensor<1xf32>
  %out = tensor.cast %first : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Two heads of queries share values 10, of the past, and 2.
// CHECK: [6]
func.func @attention_past() {
  %q = arith.constant dense<0.0> : tensor<1x2x1x1xf32>
  %k = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %v = arith.constant dense<2.0> : tensor<1x1x1x1xf32>
  %none = onnx.none
  %pk = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %pv = arith.constant dense<10.0> : tensor<1x1x1x1xf32>
  %y:3 = onnx.node "Attention"(%q, %k, %v, %none, %pk, %pv) {domain = "", opset = 24 : i64, attrs = {}}
      : (tensor<1x2x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, none, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>)
  %out = tensor.cast %y#0 : tensor<1x2x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Heads are part of the last dimension; the first query sees 2, the second 2 and 6.
// CHECK: [2],
// CHECK-NEXT: [4]
func.func @attention_causal() {
  %q = arith.constant dense<0.0> : tensor<1x2x1xf32>
  %v = arith.constant dense<[[[2.0], [6.0]]]> : tensor<1x2x1xf32>
  %y = onnx.node "Attention"(%q, %q, %v) {domain = "", opset = 24 : i64, attrs = {is_causal = 1 : i64, q_num_heads = 1 : i64, kv_num_heads = 1 : i64}}
      : (tensor<1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>) -> tensor<1x2x1xf32>
  %out = tensor.cast %y : tensor<1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The pair (1, 3) turns by 90 degrees, (2, 4) does not.
// CHECK: [-3,  2,  1,  4]
func.func @rotary_embedding() {
  %x = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %cos = arith.constant dense<[[[0.0, 1.0]]]> : tensor<1x1x2xf32>
  %sin = arith.constant dense<[[[1.0, 0.0]]]> : tensor<1x1x2xf32>
  %y = onnx.node "RotaryEmbedding"(%x, %cos, %sin) {domain = "", opset = 24 : i64, attrs = {}}
      : (tensor<1x1x1x4xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x1x4xf32>
  %out = tensor.cast %y : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Pairs (1, 2) and (3, 4).
// CHECK: [-2,  1,  3,  4]
func.func @rotary_embedding_interleaved() {
  %x = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %cos = arith.constant dense<[[[0.0, 1.0]]]> : tensor<1x1x2xf32>
  %sin = arith.constant dense<[[[1.0, 0.0]]]> : tensor<1x1x2xf32>
  %y = onnx.node "RotaryEmbedding"(%x, %cos, %sin) {domain = "", opset = 24 : i64, attrs = {interleaved = 1 : i64}}
      : (tensor<1x1x1x4xf32>, tensor<1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x1x4xf32>
  %out = tensor.cast %y : tensor<1x1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// From index 2 on, and on at the beginning.
// CHECK: [9],
// CHECK-NEXT: [2],
// CHECK-NEXT: [8]
func.func @tensor_scatter() {
  %cache = arith.constant dense<[[[1.0], [2.0], [3.0]]]> : tensor<1x3x1xf32>
  %update = arith.constant dense<[[[8.0], [9.0]]]> : tensor<1x2x1xf32>
  %start = arith.constant dense<2> : tensor<1xi64>
  %y = onnx.node "TensorScatter"(%cache, %update, %start) {domain = "", opset = 24 : i64, attrs = {axis = 1 : i64, mode = "circular"}}
      : (tensor<1x3x1xf32>, tensor<1x2x1xf32>, tensor<1xi64>) -> tensor<1x3x1xf32>
  %out = tensor.cast %y : tensor<1x3x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// 2 · (1 · 3 + 2 · 4)
// CHECK: [22]
func.func @fused_matmul() {
  %a = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %b = arith.constant dense<[[3.0], [4.0]]> : tensor<2x1xf32>
  %y = onnx.node "FusedMatMul"(%a, %b) {domain = "com.microsoft", opset = 1 : i64, attrs = {alpha = 2.0 : f32, transA = 1 : i64}}
      : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  %out = tensor.cast %y : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// 0 and 100, far from the bend.
// CHECK: [0,  100]
func.func @bias_gelu() {
  %x = arith.constant dense<[-1.0, 99.0]> : tensor<2xf32>
  %bias = arith.constant dense<1.0> : tensor<2xf32>
  %y = onnx.node "BiasGelu"(%x, %bias) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %out = tensor.cast %y : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Two heads of two, a bias that is cut into three, and a mask that hides the last key; by NumPy.
// CHECK: [1.78228,  3.78228,  5,  6]
// CHECK-NEXT: [3,  5,  6.57183,  7.57183]
func.func @multi_head_attention() {
  %q = arith.constant dense<[[[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, 1.0, -1.0]]]> : tensor<1x2x4xf32>
  %k = arith.constant dense<[[[1.0, 1.0, 0.0, 2.0], [0.0, 2.0, 1.0, 0.0], [2.0, -1.0, 1.0, 1.0]]]> : tensor<1x3x4xf32>
  %v = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [-1.0, 0.0, 2.0, -2.0]]]> : tensor<1x3x4xf32>
  %bias = arith.constant dense<[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]> : tensor<12xf32>
  %mask = arith.constant dense<[[1, 1, 0]]> : tensor<1x3xi32>
  %y = onnx.node "MultiHeadAttention"(%q, %k, %v, %bias, %mask) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
      : (tensor<1x2x4xf32>, tensor<1x3x4xf32>, tensor<1x3x4xf32>, tensor<12xf32>, tensor<1x3xi32>) -> tensor<1x2x4xf32>
  %out = tensor.cast %y : tensor<1x2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Keys and values behind those of the past, of which a query sees none that comes later; by NumPy. The keys are handed out.
// CHECK: [2,  2.5,  0,  2.5]
// CHECK-NEXT: [3.62858,  4.55426,  5.64632,  6.93639]
// CHECK: [1,  -1]
// CHECK-NEXT: [1,  1]
// CHECK-NEXT: [0,  2]
// CHECK: [0,  2]
// CHECK-NEXT: [0,  2]
// CHECK-NEXT: [1,  0]
func.func @multi_head_attention_past() {
  %q = arith.constant dense<[[[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, 1.0, -1.0]]]> : tensor<1x2x4xf32>
  %k = arith.constant dense<[[[1.0, 1.0, 0.0, 2.0], [0.0, 2.0, 1.0, 0.0]]]> : tensor<1x2x4xf32>
  %v = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]> : tensor<1x2x4xf32>
  %none = onnx.none
  %pk = arith.constant dense<[[[[1.0, -1.0]], [[0.0, 2.0]]]]> : tensor<1x2x1x2xf32>
  %pv = arith.constant dense<[[[[3.0, 3.0]], [[-3.0, 1.0]]]]> : tensor<1x2x1x2xf32>
  %y, %keys, %values = onnx.node "MultiHeadAttention"(%q, %k, %v, %none, %none, %none, %pk, %pv)
      {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64, unidirectional = 1 : i64}}
      : (tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, none, none, none, tensor<1x2x1x2xf32>, tensor<1x2x1x2xf32>)
      -> (tensor<1x2x4xf32>, tensor<1x2x3x2xf32>, tensor<1x2x3x2xf32>)
  %out = tensor.cast %y : tensor<1x2x4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  %outk = tensor.cast %keys : tensor<1x2x3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%outk) : (tensor<*xf32>) -> ()
  return
}

// Words and positions that are in no table are the nearest in it: [5, 5] + [7, 2] and [1, 3] + [0, 0].
// CHECK: [12,  7]
// CHECK-NEXT: [1,  3]
func.func @embedding_outside() {
  %ids = arith.constant dense<[[1000000000, -5]]> : tensor<1x2xi32>
  %none = onnx.none
  %words = arith.constant dense<[[1.0, 3.0], [5.0, 5.0]]> : tensor<2x2xf32>
  %positions = arith.constant dense<[[0.0, 0.0], [7.0, 2.0]]> : tensor<2x2xf32>
  %gamma = arith.constant dense<1.0> : tensor<2xf32>
  %beta = arith.constant dense<0.0> : tensor<2xf32>
  %at = arith.constant dense<[[1000000000, -1000000000]]> : tensor<1x2xi32>
  %y:3 = onnx.node "EmbedLayerNormalization"(%ids, %none, %words, %positions, %none, %gamma, %beta, %none, %at) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x2xi32>, none, tensor<2x2xf32>, tensor<2x2xf32>, none, tensor<2xf32>, tensor<2xf32>, none, tensor<1x2xi32>) -> (tensor<1x2x2xf32>, tensor<1xi32>, tensor<1x2x2xf32>)
  %out = tensor.cast %y#2 : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// A position behind the last one turns like the last: by a quarter.
// CHECK: [-2,  1]
func.func @rotary_embedding_outside() {
  %x = arith.constant dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %cos = arith.constant dense<[[1.0], [0.0]]> : tensor<2x1xf32>
  %sin = arith.constant dense<[[0.0], [1.0]]> : tensor<2x1xf32>
  %at = arith.constant dense<[[1000000000]]> : tensor<1x1xi64>
  %y = onnx.node "RotaryEmbedding"(%x, %cos, %sin, %at) {domain = "", opset = 24 : i64, attrs = {}}
      : (tensor<1x1x1x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<1x1xi64>) -> tensor<1x1x1x2xf32>
  %out = tensor.cast %y : tensor<1x1x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  call @matmul_4_bits() : () -> ()
  call @matmul_4_bits_zero_points() : () -> ()
  call @matmul_4_bits_reordered() : () -> ()
  call @skip_layer_normalization() : () -> ()
  call @embed_layer_normalization() : () -> ()
  call @embedding_sum() : () -> ()
  call @mask_index() : () -> ()
  call @fused_attention() : () -> ()
  call @fused_attention_unidirectional() : () -> ()
  call @fused_attention_lengths() : () -> ()
  call @fused_attention_begins() : () -> ()
  call @attention_past() : () -> ()
  call @attention_causal() : () -> ()
  call @rotary_embedding() : () -> ()
  call @rotary_embedding_interleaved() : () -> ()
  call @tensor_scatter() : () -> ()
  call @fused_matmul() : () -> ()
  call @bias_gelu() : () -> ()
  call @multi_head_attention() : () -> ()
  call @multi_head_attention_past() : () -> ()
  call @embedding_outside() : () -> ()
  call @rotary_embedding_outside() : () -> ()
  return
}
