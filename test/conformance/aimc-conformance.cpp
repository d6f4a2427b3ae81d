//===- aimc-conformance.cpp - the ONNX backend tests, in one process per case -----------------------------------===//
#include "Scoreboard.h"
#include "Workers.h"
#include "aimc/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace aimc::conformance;
namespace cl = llvm::cl;

/// The exit status by which ctest knows that a test did not run.
static constexpr int kSkipped = 77;

static cl::OptionCategory category("Conformance");
static cl::opt<std::string> data("data", cl::desc("Folder of the test data"), cl::init("/usr/share/libonnx-testdata/data"),
                                 cl::value_desc("DIR"), cl::cat(category));
static cl::opt<std::string> filter("filter", cl::desc("Only cases whose name matches"), cl::value_desc("REGEX"),
                                   cl::cat(category));
static cl::opt<unsigned> jobs("jobs", cl::desc("Cases at a time (2)"), cl::init(2), cl::value_desc("N"), cl::cat(category));
static cl::opt<double> timeout("timeout", cl::desc("Seconds that a case may take (60)"), cl::init(60), cl::value_desc("S"),
                               cl::cat(category));
static cl::list<Mode>
    modes("mode", cl::desc("How cases run (all three ways):"), cl::CommaSeparated,
          cl::values(clEnumValN(Mode::Digital, "digital", "everything on the host"),
                     clEnumValN(Mode::Dynamic, "dynamic",
                                "likewise, with the dimensions of the inputs open where the operator allows it"),
                     clEnumValN(Mode::Exact, "exact", "cases with a contraction; its weights, made constant, on crossbars")),
          cl::cat(category));
static cl::opt<std::string>
    expectedFile("expected",
                 cl::desc("Cases that are known to fail, a line '[MODE ]case: reason' each; without MODE, in all modes"),
                 cl::value_desc("FILE"), cl::cat(category));
static cl::opt<double> relative("rtol", cl::desc("Relative tolerance of floating-point results (1e-3)"), cl::init(1e-3),
                                cl::cat(category));
static cl::opt<double> absolute("atol", cl::desc("Absolute tolerance of floating-point results (1e-7)"), cl::init(1e-7),
                                cl::cat(category));
static cl::opt<bool> list("list", cl::desc("Print the names of the cases"), cl::cat(category));
static cl::opt<bool> verbose("verbose", cl::desc("Print every failure, the expected ones too"), cl::cat(category));
static cl::opt<std::string> docs("docs", cl::desc("Table of operators, which must be what this run would write"),
                                 cl::value_desc("FILE.md"), cl::cat(category));
static cl::opt<bool> writeDocs("write-docs", cl::desc("Write the file of --docs instead"), cl::cat(category));

static int failWith(const llvm::Twine &message) {
  llvm::WithColor::error(llvm::errs(), "aimc-conformance") << message << "\n";
  return 1;
}

namespace {
struct Suite {
  std::vector<Case> cases;
  std::map<std::string, ModelFacts> facts;
};
} // namespace

static llvm::Expected<Suite> loadSuite() {
  llvm::Regex pattern(filter.empty() ? "." : filter.getValue());
  std::string problem;
  if (!pattern.isValid(problem))
    return llvm::createStringError("--filter=%s: %s", filter.c_str(), problem.c_str());
  auto cases = findCases(data);
  if (!cases)
    return cases.takeError();
  Suite suite;
  for (Case &which : *cases) {
    if (!pattern.match(which.name))
      continue;
    auto facts = readFacts(which);
    if (!facts)
      return facts.takeError();
    suite.facts[which.name] = std::move(*facts);
    suite.cases.push_back(std::move(which));
  }
  return suite;
}

static std::vector<Case> select(const Suite &suite, Mode mode) {
  std::vector<Case> selected;
  llvm::copy_if(suite.cases, std::back_inserter(selected),
                [&](const Case &which) { return hasMode(suite.facts.at(which.name), mode); });
  return selected;
}

/// Runs the cases of one mode; each in a process of its own, with a folder of its own.
static Verdicts runSuite(const Suite &suite, Mode mode, const mlir::DialectRegistry &registry, llvm::StringRef scratch) {
  std::vector<Case> cases = select(suite, mode);
  Verdicts verdicts;
  bool shows = isatty(STDOUT_FILENO);
  auto task = [&](size_t index) {
    std::string folder = (scratch + "/" + std::to_string(index)).str();
    setenv("TMPDIR", folder.c_str(), 1);
    if (llvm::sys::fs::create_directories(folder))
      return Verdict{false, "no folder for temporary files"};
    return check(cases[index], suite.facts.at(cases[index].name), mode, {relative, absolute}, registry, folder);
  };
  runForked(cases.size(), std::max(1u, unsigned(jobs)), timeout, task, [&](size_t index, const Verdict &verdict) {
    verdicts[cases[index].name] = verdict;
    llvm::sys::fs::remove_directories(scratch + "/" + std::to_string(index));
    if (shows)
      llvm::outs() << "\r" << verdicts.size() << "/" << cases.size() << " " << countPasses(verdicts) << " passed";
    llvm::outs().flush();
  });
  if (shows)
    llvm::outs() << "\n";
  return verdicts;
}

/// Prints what is to be said of the verdicts; whether all were as expected.
static bool report(const Verdicts &verdicts, const ExpectedFailures &expected, Mode mode) {
  if (verbose)
    for (const auto &[name, verdict] : verdicts)
      if (!verdict.passed)
        llvm::outs() << name << ": " << verdict.reason << "\n";
  std::vector<std::string> surprises = findSurprises(verdicts, expected);
  for (const std::string &surprise : surprises)
    llvm::outs() << surprise << "\n";
  size_t passes = countPasses(verdicts);
  llvm::outs() << nameOf(mode) << ": " << passes << " of " << verdicts.size() << " cases pass, " << verdicts.size() - passes
               << " fail; " << surprises.size() << " were not expected\n";
  return surprises.empty();
}

/// Known failures of one mode; none without --expected.
static llvm::Expected<ExpectedFailures> readExpected(const Suite &suite, Mode mode) {
  if (expectedFile.empty())
    return ExpectedFailures();
  auto expected = readExpectedFailures(expectedFile, mode);
  if (expected && filter.empty())
    for (const auto &[name, reason] : *expected)
      if (!suite.facts.count(name))
        return llvm::createStringError("%s lists %s, which is no case", expectedFile.c_str(), name.c_str());
  return expected;
}

/// Writes the table of operators, or compares it with the one that is there. Returns what is wrong, or nothing.
static std::string updateDocs(const std::string &table) {
  if (writeDocs) {
    std::error_code error;
    llvm::raw_fd_ostream os(docs, error);
    if (!error) {
      os << table;
      os.close();
      error = os.error();
      os.clear_error();
    }
    return error ? "cannot write " + docs + ": " + error.message() : "";
  }
  auto file = llvm::MemoryBuffer::getFile(docs);
  if (!file)
    return "cannot read " + docs + ": " + file.getError().message();
  if ((*file)->getBuffer() == table)
    return "";
  llvm::SmallVector<llvm::StringRef> wanted, found;
  llvm::StringRef(table).split(wanted, '\n');
  (*file)->getBuffer().split(found, '\n');
  size_t line = 0;
  while (line < std::min(wanted.size(), found.size()) && wanted[line] == found[line])
    ++line;
  return docs + ":" + std::to_string(line + 1) + " is out of date, `make docs` writes it anew; now it would be\n  " +
         (line < wanted.size() ? wanted[line].str() : "the end");
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Runs the ONNX backend tests through compiler and runtime.\n");
  if (!llvm::sys::fs::is_directory(data)) {
    llvm::outs() << "skipped: " << data << " does not exist; install libonnx-testdata\n";
    return kSkipped;
  }
  if (!docs.empty() && (!modes.empty() || !filter.empty()))
    return failWith("--docs needs all cases in all modes: leave --mode and --filter out");
  auto suite = loadSuite();
  if (!suite)
    return failWith(llvm::toString(suite.takeError()));
  std::vector<Mode> chosen(modes.begin(), modes.end());
  if (chosen.empty())
    chosen.assign(std::begin(kModes), std::end(kModes));
  if (list) {
    for (Mode mode : chosen)
      for (const Case &which : select(*suite, mode))
        llvm::outs() << nameOf(mode) << " " << which.name << "\n";
    return 0;
  }

  aimc::registerPasses();
  mlir::DialectRegistry registry;
  aimc::registerDialects(registry);
  llvm::SmallString<128> scratch;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("aimc-conformance", scratch))
    return failWith("no folder for temporary files: " + error.message());
  llvm::scope_exit cleanup([&] { llvm::sys::fs::remove_directories(scratch); });

  bool asExpected = true;
  std::map<Mode, Verdicts> verdicts;
  for (Mode mode : chosen) {
    auto expected = readExpected(*suite, mode);
    if (!expected)
      return failWith(llvm::toString(expected.takeError()));
    verdicts[mode] = runSuite(*suite, mode, registry, scratch);
    asExpected &= report(verdicts[mode], *expected, mode);
  }
  if (!docs.empty())
    if (std::string problem = updateDocs(formatOperatorTable(suite->facts, verdicts)); !problem.empty())
      return failWith(problem);
  return asExpected ? 0 : 1;
}
