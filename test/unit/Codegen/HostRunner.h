//===- HostRunner.h - compiles MLIR text and runs it in an environment that counts ------------------------------===//
#ifndef AIMC_TEST_UNIT_CODEGEN_HOSTRUNNER_H
#define AIMC_TEST_UNIT_CODEGEN_HOSTRUNNER_H

#include "aimc/Codegen/Codegen.h"
#include "aimc/env.h"

#include "mlir/IR/MLIRContext.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace aimc::test {

/// A dense array of any element type.
struct Array {
  std::vector<int64_t> sizes;
  std::vector<char> bytes;

  template <typename T> static Array of(std::vector<int64_t> sizes, const std::vector<T> &values) {
    Array array{std::move(sizes), std::vector<char>(values.size() * sizeof(T))};
    std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
    return array;
  }
  template <typename T> std::vector<T> as() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
};

/// One compiled program, loaded. Its environment computes contractions by their definition, runs parallel loops in shares from
/// last to first and counts what it is asked for.
class HostRunner {
public:
  /// Compiles `text`; `error()` says why not, when it fails.
  explicit HostRunner(const std::string &text, codegen::HostTarget target = {});
  /// Compiles an ONNX model.
  static std::unique_ptr<HostRunner> fromOnnx(const std::string &path);
  ~HostRunner();
  HostRunner(const HostRunner &) = delete;
  HostRunner &operator=(const HostRunner &) = delete;

  bool ok() const { return entry != nullptr; }
  const std::string &error() const { return diagnostics; }
  const codegen::HostObject &object() const { return compiled; }
  const codegen::HostProgram &program() const { return *lowered; }

  /// Runs the program. `outputRanks` and the element size of each output shape the results.
  struct Output {
    int32_t rank;
    size_t elementBytes;
  };
  int32_t run(const std::vector<Array> &inputs, const std::vector<Output> &outputs, std::vector<Array> &results);

  int32_t allocations = 0; // that have not been released
  int32_t allocated = 0;   // in all
  int32_t shares = 0;      // of parallel loops
  int32_t contractions = 0;
  int32_t dispatches = 0;
  int32_t finished = 0;        // of them by `dispatch_finish`
  int32_t failAllocation = -1; // the allocation with this number finds no memory
  int32_t failContraction = -1;
  std::string message; // of env->fail

private:
  HostRunner();
  void compile(mlir::ModuleOp module, const codegen::HostTarget &target);

  struct Environment;
  static Environment *self(const aimc_env *env);

  std::unique_ptr<mlir::MLIRContext> context;
  std::unique_ptr<codegen::HostProgram> lowered;
  codegen::HostObject compiled;
  std::vector<char> constants;
  std::string diagnostics;
  void *library = nullptr;
  aimc_entry_fn entry = nullptr;
};

} // namespace aimc::test

#endif // AIMC_TEST_UNIT_CODEGEN_HOSTRUNNER_H
