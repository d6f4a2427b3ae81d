// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Attention and the fused operators of transformers.

func.func @gelu_bias(%x: tensor<2x3xf32>, %y: tensor<4xf32>) {
  // expected-error @unknown {{node (BiasGelu, opset 1): bias 'tensor<4xf32>' does not fit 'tensor<2x3xf32>'}}
  %r = onnx.node "BiasGelu"(%x, %y) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @nbits_sizes(%x: tensor<2x32xf32>, %y: tensor<8x1x16xui8>, %z: tensor<8xf32>) {
  // expected-error @unknown {{node (MatMulNBits, opset 1): K 32, N 8, block_size 32 and bits 3; sizes must be positive, below 2^25, and bits 2, 4 or 8}}
  %r = onnx.node "MatMulNBits"(%x, %y, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 32 : i64, N = 8 : i64, bits = 3 : i64, block_size = 32 : i64}}
    : (tensor<2x32xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @nbits_elements(%x: tensor<2x32xf32>, %y: tensor<8x1x8xui8>, %z: tensor<8xf32>) {
  // expected-error @unknown {{node (MatMulNBits, opset 1): input 1 has type 'tensor<8x1x8xui8>', but 128 elements are needed}}
  %r = onnx.node "MatMulNBits"(%x, %y, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 32 : i64, N = 8 : i64, bits = 4 : i64, block_size = 32 : i64}}
    : (tensor<2x32xf32>, tensor<8x1x8xui8>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @nbits_columns(%x: tensor<2x16xf32>, %y: tensor<8x1x16xui8>, %z: tensor<8xf32>) {
  // expected-error @unknown {{node (MatMulNBits, opset 1): input 0 has type 'tensor<2x16xf32>', but K is 32}}
  %r = onnx.node "MatMulNBits"(%x, %y, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 32 : i64, N = 8 : i64, bits = 4 : i64, block_size = 32 : i64}}
    : (tensor<2x16xf32>, tensor<8x1x16xui8>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @skip_gamma(%x: tensor<2x4x8xf32>, %y: tensor<2x4x8xf32>, %z: tensor<1x8xf32>) {
  // expected-error @unknown {{node (SkipLayerNormalization, opset 1): input 2 has type 'tensor<1x8xf32>'; the operator takes 1 dimensions}}
  %r = onnx.node "SkipLayerNormalization"(%x, %y, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<1x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @embed_words(%x: tensor<2x4xi32>, %y: tensor<4x8xf32>, %z: tensor<8xf32>, %u: tensor<8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (EmbedLayerNormalization, opset 1): omits input 2, which the operator needs}}
  %r = onnx.node "EmbedLayerNormalization"(%x, %none, %none, %y, %none, %z, %u) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x4xi32>, none, none, tensor<4x8xf32>, none, tensor<8xf32>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @embed_gamma(%x: tensor<2x4xi32>, %y: tensor<16x8xf32>, %z: tensor<4x8xf32>, %u: tensor<8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (EmbedLayerNormalization, opset 1): omits input 5, which the operator needs}}
  %r = onnx.node "EmbedLayerNormalization"(%x, %none, %y, %z, %none, %none, %u) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x4xi32>, none, tensor<16x8xf32>, tensor<4x8xf32>, none, none, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @embed_rank(%x: tensor<2x4x1xi32>, %y: tensor<16x8xf32>, %z: tensor<4x8xf32>, %u: tensor<8xf32>, %v: tensor<8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (EmbedLayerNormalization, opset 1): input 0 has type 'tensor<2x4x1xi32>'; the operator takes 2 dimensions}}
  %r = onnx.node "EmbedLayerNormalization"(%x, %none, %y, %z, %none, %u, %v) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x4x1xi32>, none, tensor<16x8xf32>, tensor<4x8xf32>, none, tensor<8xf32>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @attention_ranks(%x: tensor<1x2x4x8xf32>, %y: tensor<1x4x16xf32>, %z: tensor<1x4x16xf32>) {
  // expected-error @unknown {{node (Attention, opset 23): queries, keys and values have 4, 3 and 3 dimensions; all need 3 or all 4}}
  %r = onnx.node "Attention"(%x, %y, %z) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<1x2x4x8xf32>, tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @attention_heads(%x: tensor<1x4x16xf32>, %y: tensor<1x4x16xf32>, %z: tensor<1x4x16xf32>) {
  // expected-error @unknown {{node (Attention, opset 23): 'q_num_heads' is 2 and 'kv_num_heads' 0; inputs of 3 dimensions need both}}
  %r = onnx.node "Attention"(%x, %y, %z) {domain = "", opset = 23 : i64, attrs = {q_num_heads = 2 : i64}}
    : (tensor<1x4x16xf32>, tensor<1x4x16xf32>, tensor<1x4x16xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @attention_past(%x: tensor<1x2x4x8xf32>, %y: tensor<1x2x4x8xf32>, %z: tensor<1x2x4x8xf32>, %u: tensor<1x2x3x8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (Attention, opset 23): has only one of past key and past value}}
  %r = onnx.node "Attention"(%x, %y, %z, %none, %u) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, none, tensor<1x2x3x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @attention_mode(%x: tensor<1x2x4x8xf32>, %y: tensor<1x2x4x8xf32>, %z: tensor<1x2x4x8xf32>) {
  // expected-error @unknown {{node (Attention, opset 23): 'qk_matmul_output_mode' is 4; 0 to 3 are known}}
  %r = onnx.node "Attention"(%x, %y, %z) {domain = "", opset = 23 : i64, attrs = {qk_matmul_output_mode = 4 : i64}}
    : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_split(%x: tensor<1x4x16xf32>, %y: tensor<16x47xf32>) {
  // expected-error @unknown {{node (Attention, opset 1): input 'tensor<1x4x16xf32>' and weights 'tensor<16x47xf32>' do not split into queries, keys and values of 2 heads}}
  %r = onnx.node "Attention"(%x, %y) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<1x4x16xf32>, tensor<16x47xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_widths(%x: tensor<1x4x16xf32>, %y: tensor<16x48xf32>) {
  // expected-error @unknown {{node (Attention, opset 1): 'qkv_hidden_sizes' [16, 24, 8] do not fit 2 heads and weights 'tensor<16x48xf32>'}}
  %r = onnx.node "Attention"(%x, %y) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64, qkv_hidden_sizes = array<i64: 16, 24, 8>}}
    : (tensor<1x4x16xf32>, tensor<16x48xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_past(%x: tensor<1x4x16xf32>, %y: tensor<16x48xf32>, %z: tensor<48xf32>, %u: tensor<2x1x3x5x8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (Attention, opset 1): past keys and values 'tensor<2x1x3x5x8xf32>' do not fit 2 heads of 8 and 8}}
  %r = onnx.node "Attention"(%x, %y, %z, %none, %u) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<1x4x16xf32>, tensor<16x48xf32>, tensor<48xf32>, none, tensor<2x1x3x5x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fused_stack(%x: tensor<1x4x16xf32>, %y: tensor<16x40xf32>) {
  // expected-error @unknown {{node (Attention, opset 1): keys of width 16 and values of width 8 do not stack in output 1}}
  %r:2 = onnx.node "Attention"(%x, %y) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64, qkv_hidden_sizes = array<i64: 16, 16, 8>}}
    : (tensor<1x4x16xf32>, tensor<16x40xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("node")
  return
}

// -----

func.func @rotary_rank(%x: tensor<4x16xf32>, %y: tensor<8x4xf32>, %z: tensor<8x4xf32>, %u: tensor<1x4xi64>) {
  // expected-error @unknown {{node (RotaryEmbedding, opset 23): input 0 has 2 dimensions; the operator takes 3 or 4}}
  %r = onnx.node "RotaryEmbedding"(%x, %y, %z, %u) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<4x16xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @rotary_heads(%x: tensor<1x4x16xf32>, %y: tensor<8x4xf32>, %z: tensor<8x4xf32>, %u: tensor<1x4xi64>) {
  // expected-error @unknown {{node (RotaryEmbedding, opset 23): an input of 3 dimensions needs 'num_heads'}}
  %r = onnx.node "RotaryEmbedding"(%x, %y, %z, %u) {domain = "", opset = 23 : i64, attrs = {}}
    : (tensor<1x4x16xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<1x4xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scatter_batch(%x: tensor<2x4x8xf32>, %y: tensor<2x1x8xf32>, %z: tensor<2xi64>) {
  // expected-error @unknown {{node (TensorScatter, opset 24): 'axis' is the batch dimension}}
  %r = onnx.node "TensorScatter"(%x, %y, %z) {domain = "", opset = 24 : i64, attrs = {axis = 0 : i64}}
    : (tensor<2x4x8xf32>, tensor<2x1x8xf32>, tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @packed(%q: tensor<2x3x8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): omits input 1; queries, keys and values are taken one by one, not packed}}
  %r = onnx.node "MultiHeadAttention"(%q) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @key_dimensions(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x2x5x4xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): keys and values have 3 and 4 dimensions; both need 3 or both 4}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %v) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x2x5x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @head_width(%q: tensor<2x3x7xf32>, %k: tensor<2x5x7xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): queries of type 'tensor<2x3x7xf32>' do not split into 2 heads}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x7xf32>, tensor<2x5x7xf32>, tensor<2x5x7xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @key_width(%q: tensor<2x3x8xf32>, %k: tensor<2x5x6xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): keys 'tensor<2x5x6xf32>' and values 'tensor<2x5x6xf32>' do not fit each other or queries of type 'tensor<2x3x8xf32>'}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x6xf32>, tensor<2x5x6xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @bias_size(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %b: tensor<8xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): the bias has type 'tensor<8xf32>', but 24 elements are needed}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %b) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, tensor<8xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @mask_sizes(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %m: tensor<2x4xi32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): the mask has type 'tensor<2x4xi32>' for 2 samples of 3 queries and 5 keys}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %none, %m) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, none, tensor<2x4xi32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @mask_counts(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %m: tensor<1xi32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): the mask has type 'tensor<1xi32>' for 2 samples of 3 queries and 5 keys}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %none, %m) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, none, tensor<1xi32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @score_bias(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %b: tensor<1x2x3x4xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): input 5 has size 4 where the product has 5}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %none, %none, %b) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, none, none, tensor<1x2x3x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @half_a_past(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %p: tensor<2x2x1x4xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): has only one of past keys and past values}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %none, %none, %none, %p) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, none, none, none, tensor<2x2x1x4xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @past_heads(%q: tensor<2x3x8xf32>, %k: tensor<2x5x8xf32>, %p: tensor<2x4x1x2xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (MultiHeadAttention, opset 1): past keys 'tensor<2x4x1x2xf32>' and values 'tensor<2x4x1x2xf32>' do not fit 2 heads of queries of type 'tensor<2x3x8xf32>'}}
  %r = onnx.node "MultiHeadAttention"(%q, %k, %k, %none, %none, %none, %p, %p) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}}
    : (tensor<2x3x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32>, none, none, none, tensor<2x4x1x2xf32>, tensor<2x4x1x2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @cache_rows(%c: tensor<2x5x4xf32>, %u: tensor<2x1x3xf32>) {
  // expected-error @unknown {{node (TensorScatter, opset 24): an update of type 'tensor<2x1x3xf32>' and its places do not fit a cache of type 'tensor<2x5x4xf32>'}}
  %r = onnx.node "TensorScatter"(%c, %u) {domain = "", opset = 24 : i64, attrs = {}}
    : (tensor<2x5x4xf32>, tensor<2x1x3xf32>) -> tensor<*xf32> loc("node")
  return
}
