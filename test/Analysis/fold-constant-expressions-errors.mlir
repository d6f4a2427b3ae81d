// RUN: aimc-opt %s --fold-constant-expressions --verify-diagnostics

func.func @uneven() -> tensor<?x?xi32> {
  %i = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %shape = arith.constant dense<[3, 2]> : tensor<2xindex>
  // expected-error @below {{this constant expression indexes outside its operands or divides its elements unevenly among dimensions; correct the shapes it is computed from}}
  %r = tensor.reshape %i(%shape) : (tensor<4xi32>, tensor<2xindex>) -> tensor<?x?xi32>
  return %r : tensor<?x?xi32>
}
