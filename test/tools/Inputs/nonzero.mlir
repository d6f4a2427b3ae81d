// An output with as many columns as x has elements that are not 0.
func.func @main(%x: tensor<?x3xf32> {onnx.name = "x", onnx.dims = ["N", ""]})
    -> (tensor<2x?xi64> {onnx.name = "y", onnx.dims = ["", ""]}) {
  %y = onnx.node "NonZero"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x3xf32>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}
