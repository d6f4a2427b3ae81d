//===- Scoreboard.cpp -------------------------------------------------------------------------------------------===//
#include "Scoreboard.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace aimc::conformance;

llvm::Expected<ExpectedFailures> aimc::conformance::readExpectedFailures(const std::string &path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read %s: %s", path.c_str(), file.getError().message().c_str());
  ExpectedFailures expected;
  llvm::SmallVector<llvm::StringRef> lines;
  (*file)->getBuffer().split(lines, '\n');
  for (auto [index, line] : llvm::enumerate(lines)) {
    line = line.trim();
    if (line.empty() || line.starts_with("#"))
      continue;
    auto [name, reason] = line.split(": ");
    if (name.empty() || reason.trim().empty())
      return llvm::createStringError("%s:%zu: a line is 'case: reason', not '%s'", path.c_str(), index + 1, line.str().c_str());
    if (!expected.emplace(name.str(), reason.trim().str()).second)
      return llvm::createStringError("%s:%zu: %s appears twice", path.c_str(), index + 1, name.str().c_str());
  }
  return expected;
}

std::vector<std::string> aimc::conformance::findSurprises(const Verdicts &verdicts, const ExpectedFailures &expected, bool all) {
  std::vector<std::string> surprises;
  for (const auto &[name, verdict] : verdicts) {
    auto entry = expected.find(name);
    if (!verdict.passed && entry == expected.end())
      surprises.push_back("unexpected failure: " + name + ": " + verdict.reason);
    if (verdict.passed && entry != expected.end())
      surprises.push_back("unexpected pass: " + name + ", listed as: " + entry->second);
  }
  if (all)
    for (const auto &[name, reason] : expected)
      if (!verdicts.count(name))
        surprises.push_back("no such case: " + name + ", listed as: " + reason);
  return surprises;
}

size_t aimc::conformance::countPasses(const Verdicts &verdicts) {
  return llvm::count_if(verdicts, [](const auto &entry) { return entry.second.passed; });
}

//===- the table ------------------------------------------------------------------------------------------------===//

namespace {
struct Score {
  size_t passed = 0, total = 0;

  void add(const Verdicts &verdicts, const std::string &name) {
    auto found = verdicts.find(name);
    if (found == verdicts.end())
      return;
    ++total;
    passed += found->second.passed;
  }
  std::string toString() const { return total == 0 ? "" : std::to_string(passed) + "/" + std::to_string(total); }
};

struct Row {
  std::set<int64_t> since;  // operator sets from which on we know a meaning
  std::set<int64_t> opsets; // of the cases
  std::set<std::string> types;
  Score digital, exact;
};
} // namespace

template <typename Set> static std::string joinNumbers(const Set &numbers) {
  std::vector<std::string> texts;
  for (int64_t number : numbers)
    texts.push_back(std::to_string(number));
  return llvm::join(texts, ", ");
}

using Rows = std::map<std::pair<std::string, std::string>, Row>;

static Rows collectRows(const std::map<std::string, ModelFacts> &facts, const Verdicts &digital, const Verdicts &exact) {
  Rows rows;
  for (const aimc::onnx::OperatorRow &known : aimc::onnx::getOperatorTable())
    rows[{known.domain.str(), known.name.str()}].since.insert(known.since);
  for (const auto &[name, fact] : facts)
    for (const OperatorUse &use : fact.operators) {
      Row &row = rows[{use.domain, use.name}];
      row.opsets.insert(use.opset);
      row.digital.add(digital, name);
      row.exact.add(exact, name);
      auto verdict = digital.find(name);
      if (verdict != digital.end() && verdict->second.passed)
        row.types.insert(fact.types.begin(), fact.types.end());
    }
  return rows;
}

llvm::Error aimc::conformance::writeOperatorTable(const std::string &path, const std::map<std::string, ModelFacts> &facts,
                                                  const Verdicts &digital, const Verdicts &exact) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (error)
    return llvm::createStringError(error, "cannot write %s: %s", path.c_str(), error.message().c_str());
  os << "# ONNX operators\n\n"
     << "Written by `aimc-conformance --write-docs`, which runs the " << digital.size()
     << " cases of the ONNX backend tests (Debian's `libonnx-testdata`).\n\n"
     << "* On the host: **" << countPasses(digital) << "** of " << digital.size() << " cases pass.\n"
     << "* With weights on crossbars (`--fidelity=exact`): **" << countPasses(exact) << "** of the " << exact.size()
     << " cases that hold a contraction, each with at least one crossbar.\n\n"
     << "*Since* lists the operator sets of its domain from which on an operator has a meaning of its own here; a model of a later set takes "
        "the last before it, and without a number the operator is not known. *Tested* lists the operator sets of the cases that hold it, "
        "*types* the element types of the graphs that pass. A case counts in the row of every operator it holds.\n\n"
     << "| operator | since | tested | types | host | crossbars |\n|---|---|---|---|---|---|\n";
  for (const auto &[key, row] : collectRows(facts, digital, exact))
    os << "| " << (key.first.empty() ? "" : key.first + ".") << key.second << " | " << joinNumbers(row.since) << " | "
       << joinNumbers(row.opsets) << " | " << llvm::join(row.types, ", ") << " | " << row.digital.toString() << " | "
       << row.exact.toString() << " |\n";
  os.close();
  if (os.has_error())
    return llvm::createStringError(os.error(), "cannot write %s: %s", path.c_str(), os.error().message().c_str());
  return llvm::Error::success();
}
