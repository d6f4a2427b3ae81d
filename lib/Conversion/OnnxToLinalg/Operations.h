//===- Operations.h - operators as functions of tensors ---------------------------------------------*- C++ -*-===//
//
// For lowerings that are made of several: quantized operators, attention, fused operators.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_LIB_CONVERSION_ONNXTOLINALG_OPERATIONS_H
#define AIMC_LIB_CONVERSION_ONNXTOLINALG_OPERATIONS_H

#include "Windows.h"

namespace aimc::onnx {

/// The convolution that the node's attributes describe, without bias. Both tensors have one element type; padding is 0.
FailureOr<Value> convolve(NodeOp node, Value input, Value weight, Lowering &b);
/// NumPy's matmul of two tensors of one element type and rank 1 or more.
FailureOr<Value> multiplyMatrices(NodeOp node, Value left, Value right, Lowering &b);
/// Adds one number per channel, dimension 1; a null bias adds nothing.
Value addBias(Value tensor, Value bias, Lowering &b);

/// Averages of the windows of a float tensor [N, C, spatial…]; padding, and what ceil_mode adds behind it, count as elements or
/// not.
Value averagePool(Value tensor, const Windows &windows, Sizes outputSizes, bool countPadding, bool countOverhang, Lowering &b);

/// e^x / Σ e^x over `axes`, or its logarithm; of floats.
Value softmax(Value tensor, ArrayRef<int64_t> axes, bool logarithm, Lowering &b);

/// Means over `axes` and 1 / √(variance + epsilon), without those dimensions.
std::pair<Value, Value> moments(Value tensor, ArrayRef<int64_t> axes, float epsilon, Lowering &b);

/// Half x (1 + erf(x / √2)), or with the tanh approximation of erf.
Value gelu(Lowering &b, Value scalar, bool tanhApproximation);

/// A function of one number that another operator names, with its parameters.
struct Activation {
  enum Kind {
    Affine,
    Elu,
    HardSigmoid,
    LeakyRelu,
    Relu,
    ScaledTanh,
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedRelu,
    Unknown
  } kind = Unknown;
  float alpha = 0, beta = 0;

  bool hasAlpha() const;
  bool hasBeta() const;
};
/// By ONNX's name, in capitals or not, with the parameters that it has unless others are given.
Activation getActivation(StringRef name);
/// Of a float; the activation is a known one.
Value activate(Lowering &b, const Activation &activation, Value x);

} // namespace aimc::onnx

#endif // AIMC_LIB_CONVERSION_ONNXTOLINALG_OPERATIONS_H
