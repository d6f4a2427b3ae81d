//===- TestModel.h - Small containers for tests -----------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_TEST_TESTMODEL_H
#define AIMC_RUNTIME_TEST_TESTMODEL_H

#include "aimc/aimc_generated.h"
#include "container/Writer.h"

#include <string>
#include <vector>

namespace aimc::test {

/// A file in the test's own directory, removed at the end.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &name);
  ~TemporaryFile();
  const std::string &path() const { return full; }

private:
  std::string full;
};

std::vector<uint8_t> readFile(const std::string &path);
void writeFile(const std::string &path, const std::vector<uint8_t> &bytes);

/// The host code object test/hostcode/<name>.c was compiled to.
std::vector<uint8_t> hostCode(const std::string &name);

/// Adds a section that holds `bytes` and returns its index.
uint32_t addSection(Writer &writer, SectionKind kind, const std::vector<uint8_t> &bytes, uint32_t flags = 0);
/// Adds the metadata and finishes the file.
void finish(Writer &writer, const fb::ModelT &model);

/// y = 2 · x · W with W = [[1, 2, 3], [4, 5, 6]], x: float32 [batch, 2], y: [batch, 3]; digital, host code "multiply".
void writeDigitalModel(const std::string &path);

/// y = 2 · dispatch(x): one crossbar of 2 × 3 levels in a differential target "tiny", dispatched once by "multiply".
/// `change` may alter the metadata before it is written.
void writeAnalogModel(const std::string &path, void (*change)(fb::ModelT &) = nullptr);

/// The analog model's layer, x of one element and a scalar y, and host code "misbehave".
void writeMisbehavingModel(const std::string &path);

} // namespace aimc::test

#endif // AIMC_RUNTIME_TEST_TESTMODEL_H
