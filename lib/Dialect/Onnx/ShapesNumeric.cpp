//===- ShapesNumeric.cpp - shape functions of spectra, random numbers, optimizers and counts --------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace aimc::onnx;

/// The size that operand `index` of one element holds; a fresh one when it is not known.
static Dim getSizeOf(NodeOp node, ShapeInference &inference, unsigned index) {
  const PartialValue *value = inference.getValue(node.getInputs()[index]);
  return value && value->elements.size() == 1 ? inference.toDim(value->elements.front()) : inference.freshDim();
}

/// The element type that attribute `name` numbers, `otherwise` without it; an error unless it is a number type.
static FailureOr<Type> getStatedType(NodeOp node, StringRef name, Type otherwise) {
  if (!node.getNodeAttr(name))
    return otherwise;
  Type type = getTypeOfOnnxNumber(node.getContext(), node.getInt(name, 0));
  if (!type) {
    node.emitNodeError() << "'" << name << "' " << node.getInt(name, 0) << " is not a number type we know";
    return failure();
  }
  return type;
}

//===--------------------------------------------------------------------------------------------------------------===//
// Spectra
//===--------------------------------------------------------------------------------------------------------------===//

/// An error unless the signal's last dimension holds real numbers, or complex ones that `onesided` does not ask for.
static LogicalResult checkSignal(NodeOp node, ShapeInference &inference, bool onesided) {
  Value signal = node.getInputs()[0];
  Shape shape = inference.getShape(signal);
  if (!isa<FloatType>(inference.getElementType(signal)) || shape.size() < 2 || (shape.back() != 1 && shape.back() != 2))
    return node.emitNodeError() << "takes floats with a last dimension of 1 (real) or 2 (complex), not " << signal.getType();
  if (onesided && shape.back() == 2)
    return node.emitNodeError() << "'onesided' needs a real signal, with a last dimension of 1, not " << signal.getType();
  return success();
}

static Dim countFrequencies(ShapeInference &inference, Dim n, bool onesided) {
  return onesided ? inference.add(inference.div(n, 2), 1) : n;
}

LogicalResult aimc::onnx::inferDFT(NodeOp node, ShapeInference &inference) {
  bool onesided = node.getInt("onesided", 0);
  if (failed(checkSignal(node, inference, onesided)))
    return failure();
  if (onesided && node.getInt("inverse", 0))
    return node.emitNodeError() << "'onesided' and 'inverse' exclude each other";
  Shape result = inference.getShape(node.getInputs()[0]);
  int64_t axis = node.getInt("axis", 1);
  if (node.getOpset() >= 20) {
    axis = -2;
    if (Value operand = node.getInput(2)) {
      std::optional<SmallVector<int64_t>> known = inference.getIntegers(operand);
      if (!known || known->size() != 1)
        return node.emitNodeError() << "the axis, input 2, must be one number that is known when compiling";
      axis = known->front();
    }
  }
  FailureOr<int64_t> normalized = normalizeAxis(node, axis, result.size());
  if (failed(normalized))
    return failure();
  if (*normalized + 1 == static_cast<int64_t>(result.size()))
    return node.emitNodeError() << "transforms along dimension " << *normalized << ", which holds real and imaginary parts";
  Dim n = node.getInput(1) ? getSizeOf(node, inference, 1) : result[*normalized];
  result[*normalized] = countFrequencies(inference, n, onesided);
  result.back() = 2;
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferSTFT(NodeOp node, ShapeInference &inference) {
  bool onesided = node.getInt("onesided", 1);
  if (failed(checkSignal(node, inference, onesided)))
    return failure();
  Shape signal = inference.getShape(node.getInputs()[0]);
  if (signal.size() != 3)
    return node.emitNodeError() << "takes a signal [batch, samples, 1 or 2], not " << node.getInputs()[0].getType();
  Value window = node.getInput(2);
  if (!window && !node.getInput(3))
    return node.emitNodeError() << "needs a window or a frame length";
  if (window && inference.getShape(window).size() != 1)
    return node.emitNodeError() << "the window has type " << window.getType() << ", but must be a vector";
  Dim n = window ? inference.getShape(window)[0] : getSizeOf(node, inference, 3), step = getSizeOf(node, inference, 1);
  if (isStatic(n) && isStatic(signal[1]) && n > signal[1])
    return node.emitNodeError() << "frames of " << n << " samples do not fit a signal of " << signal[1];
  if (step == 0)
    return node.emitNodeError() << "the frame step is 0, but must be positive";
  Dim frames = inference.add(inference.div(inference.sub(signal[1], n), step), 1);
  inference.setResult(node.getOutputs()[0], {signal[0], frames, countFrequencies(inference, n, onesided), 2},
                      inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferMelWeightMatrix(NodeOp node, ShapeInference &inference) {
  FailureOr<Type> element = getStatedType(node, "output_datatype", Float32Type::get(node.getContext()));
  if (failed(element))
    return failure();
  Dim bins = inference.add(inference.div(getSizeOf(node, inference, 1), 2), 1);
  inference.setResult(node.getOutputs()[0], {bins, getSizeOf(node, inference, 0)}, *element);
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Random numbers
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferRandom(NodeOp node, ShapeInference &inference) {
  bool isLike = !node.getInputs().empty(), isBernoulli = node.getOpType() == "Bernoulli";
  Type own = isLike ? inference.getElementType(node.getInputs()[0]) : Type(Float32Type::get(node.getContext()));
  if (isBernoulli && !isa<FloatType>(own))
    return node.emitNodeError() << "takes probabilities, not " << node.getInputs()[0].getType();
  FailureOr<Type> element = getStatedType(node, "dtype", own);
  if (failed(element))
    return failure();
  if (!isBernoulli && !isa<FloatType>(*element))
    return node.emitNodeError() << "makes random floats, not " << *element;
  Shape shape = isLike ? inference.getShape(node.getInputs()[0]) : Shape();
  if (!isLike)
    for (int64_t size : node.getInts("shape")) {
      if (size < 0)
        return node.emitNodeError() << "'shape' has the negative size " << size;
      shape.push_back(size);
    }
  inference.setResult(node.getOutputs()[0], shape, *element);
  return success();
}

LogicalResult aimc::onnx::inferMultinomial(NodeOp node, ShapeInference &inference) {
  Shape scores = inference.getShape(node.getInputs()[0]);
  if (scores.size() != 2 || !isa<FloatType>(inference.getElementType(node.getInputs()[0])))
    return node.emitNodeError() << "takes scores [batch, classes], not " << node.getInputs()[0].getType();
  FailureOr<Type> element = getStatedType(node, "dtype", IntegerType::get(node.getContext(), 32));
  if (failed(element))
    return failure();
  if (!(*element).isSignlessInteger(32) && !(*element).isSignlessInteger(64))
    return node.emitNodeError() << "gives classes as i32 or i64, not " << *element;
  int64_t samples = node.getInt("sample_size", 1);
  if (samples < 1)
    return node.emitNodeError() << "'sample_size' is " << samples << ", but must be positive";
  inference.setResult(node.getOutputs()[0], {scores[0], samples}, *element);
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Optimizers
//===--------------------------------------------------------------------------------------------------------------===//

/// Operands: learning rate, step, then tensors, gradients and states, equally many of each; results: tensors and states.
LogicalResult aimc::onnx::inferOptimizer(NodeOp node, ShapeInference &inference) {
  size_t kinds = node.getOpType() == "Adam" ? 4 : 3, given = node.getInputs().size() - 2, count = given / kinds;
  if (given % kinds != 0 || node.getOutputs().size() > count * (kinds - 1))
    return node.emitNodeError() << "has " << given << " tensors and " << node.getOutputs().size() << " results; it takes "
                                << kinds << " and gives " << kinds - 1 << " for each that it changes";
  for (size_t i = 0; i < given; ++i) {
    Value own = node.getInputs()[2 + i % count], other = node.getInputs()[2 + i];
    if (!isa<RankedTensorType>(other.getType()) || !isa<FloatType>(inference.getElementType(own)) ||
        failed(verifyCompatibleShape(own.getType(), other.getType())) ||
        inference.getElementType(own) != inference.getElementType(other))
      return node.emitNodeError() << "input " << 2 + i << " has type " << other.getType() << "; it belongs to "
                                  << own.getType();
  }
  for (auto [i, output] : llvm::enumerate(node.getOutputs())) {
    Value own = node.getInputs()[2 + i % count];
    inference.setResult(output, inference.getShape(own), inference.getElementType(own));
  }
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Counts
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferUnique(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  Type i64 = IntegerType::get(node.getContext(), 64);
  Dim kinds = inference.freshDim(), items = 1;
  for (Dim size : shape)
    items = inference.mul(items, size);
  if (node.getNodeAttr("axis")) {
    FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), shape.size());
    if (failed(axis))
      return failure();
    items = std::exchange(shape[*axis], kinds);
  } else {
    shape = {kinds};
  }
  inference.setResult(node.getOutputs()[0], shape, inference.getElementType(node.getInputs()[0]));
  for (auto [i, output] : llvm::enumerate(node.getOutputs().drop_front()))
    inference.setResult(output, {i == 1 ? items : kinds}, i64);
  return success();
}

LogicalResult aimc::onnx::inferTfIdfVectorizer(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0];
  Shape shape = inference.getShape(input);
  SmallVector<int64_t> counts = node.getInts("ngram_counts"), columns = node.getInts("ngram_indexes"),
                       pool = node.getInts("pool_int64s");
  StringRef mode = node.getString("mode", "TF");
  if (shape.empty() || shape.size() > 2 || !isa<IntegerType>(inference.getElementType(input)))
    return node.emitNodeError() << "takes integers [tokens] or [batch, tokens], not " << input.getType();
  if (node.getNodeAttr("pool_strings") || pool.empty())
    return node.emitNodeError() << "needs its sequences as integers, in 'pool_int64s'";
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return node.emitNodeError() << "mode '" << mode << "' is not known; TF, IDF and TFIDF are";
  // Where the sequences of one, two, … tokens begin in the pool.
  int64_t sequences = 0, previous = 0, size = pool.size();
  for (size_t i = 0; i < counts.size(); ++i) {
    int64_t begin = counts[i], end = i + 1 < counts.size() ? counts[i + 1] : size, length = i + 1;
    if (begin < previous || end < begin || end > size || (end - begin) % length != 0 || (i == 0 && begin != 0))
      return node.emitNodeError() << "'ngram_counts' do not divide a pool of " << size << " tokens: sequences of " << length
                                  << " tokens from " << begin << " to " << end;
    sequences += (end - begin) / length;
    previous = begin;
  }
  if (static_cast<int64_t>(columns.size()) != sequences || columns.empty() || *llvm::min_element(columns) < 0)
    return node.emitNodeError() << "'ngram_indexes' has " << columns.size() << " places for " << sequences << " sequences";
  int64_t last = *llvm::max_element(columns);
  constexpr int64_t mostOutputs = int64_t(1) << 20; // a table of as many numbers is made when compiling
  if (last >= mostOutputs)
    return node.emitNodeError() << "'ngram_indexes' holds " << last << "; a vector of at most " << mostOutputs
                                << " numbers can be counted into";
  Dim outputs = last + 1;
  size_t weights = node.getFloats("weights").size();
  if (weights != 0 && static_cast<Dim>(weights) != outputs)
    return node.emitNodeError() << "'weights' has " << weights << " numbers for " << outputs << " columns";
  constexpr int64_t mostSkipped = std::numeric_limits<int32_t>::max();
  if (int64_t skipped = node.getInt("max_skip_count", 0), least = node.getInt("min_gram_length", 1);
      skipped < 0 || skipped > mostSkipped || least < 1)
    return node.emitNodeError() << "'max_skip_count' " << skipped << " and 'min_gram_length' " << least
                                << " must be at least 0 and 1, the first at most " << mostSkipped;
  Shape result = shape.size() == 1 ? Shape{outputs} : Shape{shape[0], outputs};
  inference.setResult(node.getOutputs()[0], result, Float32Type::get(node.getContext()));
  return success();
}
