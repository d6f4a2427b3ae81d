//===- Check.cpp ------------------------------------------------------------------------------------------------===//
#include "Check.h"

#include "Types.h"
#include "aimc/Pipeline/Compile.h"
#include "container/Container.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <memory>

using namespace aimc;
using namespace aimc::conformance;

namespace {
template <typename T, void (*release)(T *)> struct Releaser {
  void operator()(T *handle) const { release(handle); }
};
template <typename T, void (*release)(T *)> using Handle = std::unique_ptr<T, Releaser<T, release>>;
} // namespace

const char *aimc::conformance::nameOf(Mode mode) {
  switch (mode) {
  case Mode::Digital:
    return "digital";
  case Mode::Dynamic:
    return "dynamic";
  case Mode::Exact:
    return "exact";
  }
  return "";
}

bool aimc::conformance::hasMode(const ModelFacts &facts, Mode mode) {
  return mode == Mode::Digital || (mode == Mode::Dynamic ? facts.canOpenDims : facts.hasContraction);
}

//===- comparing ------------------------------------------------------------------------------------------------===//

static bool isClose(double found, double expected, const Tolerance &tolerance) {
  if (std::isnan(expected) || std::isnan(found))
    return std::isnan(expected) && std::isnan(found);
  if (std::isinf(expected) || std::isinf(found))
    return found == expected;
  return std::abs(found - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

/// NumPy, which wrote the test data, has no bfloat16: its bits stand there as uint16.
static void readAsBfloat(Tensor &tensor, aimc_type wanted) {
  if (wanted == AIMC_BF16 && tensor.type == AIMC_U16)
    tensor.type = AIMC_BF16;
}

/// Empty when they agree.
static std::string compare(const aimc_array &found, const Tensor &expected, const Tolerance &tolerance) {
  std::vector<int64_t> dims(found.dims, found.dims + found.rank);
  if (found.type != expected.type || dims != expected.dims)
    return "is " + toString(found.type, dims) + ", not " + toString(expected.type, expected.dims);
  int64_t wrong = 0, first = -1;
  double worst = 0;
  size_t size = tools::sizeOf(found.type);
  for (int64_t i = 0, count = expected.count(); i < count; ++i) {
    double f = tools::elementAsDouble(found.data, found.type, i),
           e = tools::elementAsDouble(expected.bytes.data(), found.type, i);
    bool same = tools::isFloat(found.type)
                    ? isClose(f, e, tolerance)
                    : !std::memcmp(static_cast<const char *>(found.data) + i * size, expected.bytes.data() + i * size, size);
    if (same)
      continue;
    if (wrong++ == 0)
      first = i;
    worst = std::max(worst, std::abs(f - e));
  }
  if (wrong == 0)
    return "";
  return llvm::formatv("{0} of {1} elements differ, the largest by {2:e2}; element {3} is {4}, not {5}", wrong,
                       expected.count(), worst, first, tools::elementAsDouble(found.data, found.type, first),
                       tools::elementAsDouble(expected.bytes.data(), found.type, first));
}

//===- the way --------------------------------------------------------------------------------------------------===//

/// Empty on success.
static std::string compileCase(const Case &which, const ModelFacts &facts, Mode mode, const mlir::DialectRegistry &registry,
                               const std::string &scratch, const std::string &output) {
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  std::string message;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error && message.empty())
      message = diagnostic.str();
    return mlir::success();
  });
  CompileOptions options;
  options.input = which.model();
  options.output = output;
  if (mode == Mode::Dynamic) {
    options.input = scratch + "/model.onnx";
    if (auto error = writeDynamicModel(which, options.input))
      return "data: " + llvm::toString(std::move(error));
  }
  options.digital = mode != Mode::Exact;
  options.quiet = true;
  if (mode == Mode::Exact)
    options.analogNodes = ".*"; // depthwise convolutions too, which by default stay digital
  if (mode == Mode::Exact)
    for (const std::string &name : facts.weights)
      for (auto [index, input] : llvm::enumerate(facts.inputs))
        if (input == name)
          options.constInputs[name] = dataFile(which.dataSets().front(), "input", index);
  if (mlir::succeeded(compile(options, context)))
    return "";
  return "compile: " + (message.empty() ? "failed without a message" : message);
}

static std::string runDataSet(aimc_model *model, aimc_session *session, const ModelFacts &facts, Mode mode,
                              const std::string &dataSet, const Tolerance &tolerance) {
  std::vector<Tensor> inputs;
  for (size_t index = 0; index < facts.inputs.size(); ++index) {
    if (mode == Mode::Exact && facts.weights.count(facts.inputs[index]))
      continue;
    std::string path = dataFile(dataSet, "input", index);
    if (path.empty())
      return "data: no input " + std::to_string(index) + " for '" + facts.inputs[index] + "'";
    auto tensor = readTensor(path);
    if (!tensor)
      return "data: " + llvm::toString(tensor.takeError());
    aimc_tensor_info info = {};
    info.struct_size = sizeof(info);
    if (aimc_model_input(model, int32_t(inputs.size()), &info) == AIMC_OK)
      readAsBfloat(*tensor, info.type);
    inputs.push_back(std::move(*tensor));
  }
  std::vector<aimc_array> arrays;
  for (const Tensor &tensor : inputs)
    arrays.push_back({tensor.bytes.data(), tensor.type, int32_t(tensor.dims.size()), tensor.dims.data()});
  if (aimc_session_run(session, arrays.data(), int32_t(arrays.size()), nullptr) != AIMC_OK)
    return std::string("run: ") + aimc_last_error();
  int32_t count = aimc_model_output_count(model);
  for (int32_t index = 0; index < count; ++index) {
    std::string path = dataFile(dataSet, "output", index);
    if (path.empty())
      return "data: no output " + std::to_string(index);
    auto expected = readTensor(path);
    if (!expected)
      return "data: " + llvm::toString(expected.takeError());
    aimc_array found = {};
    if (aimc_session_output(session, index, &found) != AIMC_OK)
      return std::string("run: ") + aimc_last_error();
    readAsBfloat(*expected, found.type);
    std::string difference = compare(found, *expected, tolerance);
    if (!difference.empty())
      return "output " + std::to_string(index) + " " + difference;
  }
  if (!dataFile(dataSet, "output", count).empty())
    return "run: has fewer outputs than the test data";
  return "";
}

/// Empty when the container holds a crossbar.
static std::string requireCrossbar(const std::string &path) {
  auto container = Container::open(path);
  if (!container.ok())
    return "load: " + container.status().message();
  return (*container)->model().crossbars()->size() > 0 ? "" : "compile: no crossbar was made";
}

static std::string run(const Case &which, const ModelFacts &facts, Mode mode, const Tolerance &tolerance,
                       const std::string &path) {
  if (mode == Mode::Exact)
    if (std::string problem = requireCrossbar(path); !problem.empty())
      return problem;
  aimc_model *rawModel = nullptr;
  if (aimc_model_open(path.c_str(), &rawModel) != AIMC_OK)
    return std::string("load: ") + aimc_last_error();
  Handle<aimc_model, aimc_model_release> model(rawModel);
  aimc_pool *rawPool = nullptr;
  aimc_pool_create(1, &rawPool);
  Handle<aimc_pool, aimc_pool_release> pool(rawPool);
  aimc_chip_options options = {};
  options.struct_size = sizeof(options);
  options.fidelity = AIMC_EXACT;
  options.pool = rawPool;
  aimc_chip *rawChip = nullptr;
  if (aimc_chip_create(rawModel, &options, &rawChip) != AIMC_OK)
    return std::string("load: ") + aimc_last_error();
  Handle<aimc_chip, aimc_chip_release> chip(rawChip);
  aimc_session *rawSession = nullptr;
  if (aimc_session_create(rawChip, &rawSession) != AIMC_OK)
    return std::string("load: ") + aimc_last_error();
  Handle<aimc_session, aimc_session_release> session(rawSession);
  std::vector<std::string> sets = which.dataSets();
  if (sets.empty())
    return "data: no data set";
  for (const std::string &set : sets)
    if (std::string problem = runDataSet(rawModel, rawSession, facts, mode, set, tolerance); !problem.empty())
      return problem;
  return "";
}

Verdict aimc::conformance::check(const Case &which, const ModelFacts &facts, Mode mode, const Tolerance &tolerance,
                                 const mlir::DialectRegistry &registry, const std::string &scratch) {
  std::string path = scratch + "/case.aimc";
  std::string problem = compileCase(which, facts, mode, registry, scratch, path);
  if (problem.empty())
    problem = run(which, facts, mode, tolerance, path);
  for (char &c : problem)
    if (c == '\n')
      c = ' ';
  return {problem.empty(), problem};
}
