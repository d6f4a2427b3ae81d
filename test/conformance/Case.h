//===- Case.h - the cases of the ONNX backend tests -------------------------------------------------------------===//
//
// A case is a folder with `model.onnx` and `test_data_set_*` folders, whose `input_*.pb` and `output_*.pb` hold the values of
// the graph's inputs (initializers not counted) and outputs, one file each.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_TEST_CONFORMANCE_CASE_H
#define AIMC_TEST_CONFORMANCE_CASE_H

#include "aimc/aimc.h"

#include "llvm/Support/Error.h"

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace aimc::conformance {

struct Tensor {
  aimc_type type = AIMC_F32;
  std::vector<int64_t> dims;
  std::vector<char> bytes; // dense, row-major

  int64_t count() const;
};

/// "float32[2, 3]".
std::string toString(aimc_type type, const std::vector<int64_t> &dims);

/// An operator as a model uses it.
struct OperatorUse {
  std::string domain, name; // the domain "ai.onnx" is ""
  int64_t opset;
  bool operator<(const OperatorUse &other) const {
    return std::tie(domain, name, opset) < std::tie(other.domain, other.name, other.opset);
  }
};

/// What a model's file says of it, without compiling it.
struct ModelFacts {
  std::set<OperatorUse> operators; // with those of subgraphs
  std::set<std::string> types;     // element types of its inputs and outputs
  std::vector<std::string> inputs; // that a caller gives, in order
  std::set<std::string> weights;   // of those, the ones that are only ever weights of contractions
  bool hasContraction = false;     // with a weight that is or can be made constant
  bool canOpenDims = false;        // writeDynamicModel opens a dimension
};

struct Case {
  std::string name;   // "node/test_abs"
  std::string folder; // with model.onnx

  std::string model() const { return folder + "/model.onnx"; }
  std::vector<std::string> dataSets() const;
};

/// All cases below `root`, by name.
llvm::Expected<std::vector<Case>> findCases(llvm::StringRef root);

llvm::Expected<ModelFacts> readFacts(const Case &which);

/// Writes the model of `which` to `path` with the dimensions of the graph's inputs and outputs left open. Inputs that are
/// initializers keep theirs, and so do those whose shape is part of an operator's meaning: lists of sizes, axes, pads or
/// scales, whose length says how many dimensions there are, the last size of GatherND's and ScatterND's indices, and the
/// weights of convolutions and recurrences.
llvm::Error writeDynamicModel(const Case &which, const std::string &path);

/// Reads one `.pb` file. Errors say what it holds instead of a tensor of numbers.
llvm::Expected<Tensor> readTensor(const std::string &path);
/// Path of file `index` of a kind ("input", "output") in a data set; empty when there is none.
std::string dataFile(const std::string &dataSet, llvm::StringRef kind, size_t index);

} // namespace aimc::conformance

#endif // AIMC_TEST_CONFORMANCE_CASE_H
