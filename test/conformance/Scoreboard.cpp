//===- Scoreboard.cpp -------------------------------------------------------------------------------------------===//
#include "Scoreboard.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace aimc::conformance;

llvm::Expected<ExpectedFailures> aimc::conformance::readExpectedFailures(const std::string &path, Mode mode) {
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
    if (auto [only, rest] = name.split(' '); !rest.empty()) {
      name = rest;
      if (only != nameOf(mode))
        continue;
    }
    if (!expected.emplace(name.str(), reason.trim().str()).second)
      return llvm::createStringError("%s:%zu: %s appears twice", path.c_str(), index + 1, name.str().c_str());
  }
  return expected;
}

std::vector<std::string> aimc::conformance::findSurprises(const Verdicts &verdicts, const ExpectedFailures &expected) {
  std::vector<std::string> surprises;
  for (const auto &[name, verdict] : verdicts) {
    auto entry = expected.find(name);
    if (!verdict.passed && entry == expected.end())
      surprises.push_back("unexpected failure: " + name + ": " + verdict.reason);
    if (verdict.passed && entry != expected.end())
      surprises.push_back("unexpected pass: " + name + ", listed as: " + entry->second);
  }
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
  std::map<Mode, Score> scores;
};
} // namespace

template <typename Set> static std::string joinNumbers(const Set &numbers) {
  std::vector<std::string> texts;
  for (int64_t number : numbers)
    texts.push_back(std::to_string(number));
  return llvm::join(texts, ", ");
}

/// By domain and name.
using Rows = std::map<std::pair<std::string, std::string>, Row>;

static Rows collectRows(const std::map<std::string, ModelFacts> &facts, const std::map<Mode, Verdicts> &verdicts) {
  Rows rows;
  for (const aimc::onnx::OperatorRow &known : aimc::onnx::getOperatorTable())
    rows[{known.domain.str(), known.name.str()}].since.insert(known.since);
  for (const auto &[name, fact] : facts)
    for (const OperatorUse &use : fact.operators) {
      Row &row = rows[{use.domain, use.name}];
      row.opsets.insert(use.opset);
      for (const auto &[mode, ofMode] : verdicts)
        row.scores[mode].add(ofMode, name);
      const Verdicts &digital = verdicts.at(Mode::Digital);
      auto verdict = digital.find(name);
      if (verdict != digital.end() && verdict->second.passed)
        row.types.insert(fact.types.begin(), fact.types.end());
    }
  return rows;
}

std::string aimc::conformance::formatOperatorTable(const std::map<std::string, ModelFacts> &facts,
                                                   const std::map<Mode, Verdicts> &verdicts) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto passes = [&](Mode mode) {
    return "**" + std::to_string(countPasses(verdicts.at(mode))) + "** of " + std::to_string(verdicts.at(mode).size());
  };
  os << "# ONNX operators\n\n"
        "Written by `make docs`: `aimc-conformance` runs every case of the ONNX backend tests (Debian's `libonnx-testdata`) "
        "and compares its\n"
        "outputs, shapes and types. A test fails when this page is not what it would write.\n\n"
        "| run | what | cases that pass |\n|---|---|---|\n"
        "| digital | everything on the host (`--digital`) | "
     << passes(Mode::Digital)
     << " |\n| dynamic | likewise, with the dimensions of all inputs open where the operator allows it | "
     << passes(Mode::Dynamic)
     << " |\n| analog | cases with a contraction, its weights constant and on crossbars (`--fidelity=exact`), at least one "
        "crossbar in each | "
     << passes(Mode::Exact)
     << " |\n\nCases that fail are listed with their reasons in `test/conformance/expected-failures.txt`; most need strings, "
        "sequences, optionals, training\n"
        "or the same random numbers.\n\n"
        "* **since**: the operator sets of its domain from which on an operator has a meaning of its own here; a model of a "
        "later set takes the\n"
        "  last one before it. `-`: the operator is not known, and a model with it is refused by name.\n"
        "* **tested**: the operator sets of the cases that hold the operator; **types**: the element types of inputs and "
        "outputs of those that\n"
        "  pass.\n"
        "* **digital**, **dynamic**, **analog**: cases that pass of those that hold the operator. Without a number no case "
        "does; operators of\n"
        "  `com.microsoft` and newer sets have tests of their own in `test/Conversion`.\n\n"
        "| operator | since | tested | types | digital | dynamic | analog |\n|---|---|---|---|---|---|---|\n";
  for (const auto &[key, row] : collectRows(facts, verdicts)) {
    os << "| " << (key.first.empty() ? "" : key.first + ".") << key.second << " | "
       << (row.since.empty() ? "-" : joinNumbers(row.since)) << " | " << joinNumbers(row.opsets) << " | "
       << llvm::join(row.types, ", ");
    for (Mode mode : kModes) {
      auto score = row.scores.find(mode);
      os << " | " << (score == row.scores.end() ? "" : score->second.toString());
    }
    os << " |\n";
  }
  return text;
}
