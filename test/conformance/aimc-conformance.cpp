//===- aimc-conformance.cpp - the ONNX backend tests, in one process per case -----------------------------------===//
#include "Scoreboard.h"
#include "Workers.h"
#include "aimc/Pipeline/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
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
static cl::opt<std::string> filter("filter", cl::desc("Only cases whose name matches"), cl::value_desc("REGEX"), cl::cat(category));
static cl::opt<unsigned> jobs("jobs", cl::desc("Cases at a time (2)"), cl::init(2), cl::value_desc("N"), cl::cat(category));
static cl::opt<double> timeout("timeout", cl::desc("Seconds that a case may take (60)"), cl::init(60), cl::value_desc("S"),
                               cl::cat(category));
static cl::opt<Mode> fidelity("fidelity", cl::desc("How cases run:"), cl::init(Mode::Digital),
                              cl::values(clEnumValN(Mode::Digital, "digital", "everything on the host"),
                                         clEnumValN(Mode::Exact, "exact", "cases with a contraction; its weights, made constant, "
                                                                          "on crossbars")),
                              cl::cat(category));
static cl::opt<std::string> expectedFile("expected", cl::desc("Cases that are known to fail, a line 'case: reason' each"),
                                         cl::value_desc("FILE"), cl::cat(category));
static cl::opt<double> relative("rtol", cl::desc("Relative tolerance of floating-point results (1e-3)"), cl::init(1e-3),
                                cl::cat(category));
static cl::opt<double> absolute("atol", cl::desc("Absolute tolerance of floating-point results (1e-7)"), cl::init(1e-7),
                                cl::cat(category));
static cl::opt<bool> list("list", cl::desc("Print the names of the cases"), cl::cat(category));
static cl::opt<bool> verbose("verbose", cl::desc("Print every failure, the expected ones too"), cl::cat(category));
static cl::opt<std::string> writeDocs("write-docs", cl::desc("Run both ways and write the table of operators"),
                                      cl::value_desc("FILE.md"), cl::cat(category));

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
  for (const Case &which : suite.cases)
    if (mode == Mode::Digital || suite.facts.at(which.name).hasContraction)
      selected.push_back(which);
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
  std::vector<std::string> surprises = findSurprises(verdicts, expected, filter.empty());
  for (const std::string &surprise : surprises)
    llvm::outs() << surprise << "\n";
  size_t passes = countPasses(verdicts);
  llvm::outs() << (mode == Mode::Digital ? "digital: " : "exact: ") << passes << " of " << verdicts.size() << " cases pass, "
               << verdicts.size() - passes << " fail; " << surprises.size() << " were not expected\n";
  return surprises.empty();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Runs the ONNX backend tests through compiler and runtime.\n");
  if (!llvm::sys::fs::is_directory(data)) {
    llvm::outs() << "skipped: " << data << " does not exist; install libonnx-testdata\n";
    return kSkipped;
  }
  auto suite = loadSuite();
  if (!suite)
    return failWith(llvm::toString(suite.takeError()));
  if (list) {
    for (const Case &which : select(*suite, fidelity))
      llvm::outs() << which.name << "\n";
    return 0;
  }
  ExpectedFailures expected;
  if (!expectedFile.empty()) {
    auto read = readExpectedFailures(expectedFile);
    if (!read)
      return failWith(llvm::toString(read.takeError()));
    expected = std::move(*read);
  }

  aimc::registerPasses();
  mlir::DialectRegistry registry;
  aimc::registerDialects(registry);
  llvm::SmallString<128> scratch;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("aimc-conformance", scratch))
    return failWith("no folder for temporary files: " + error.message());
  llvm::scope_exit cleanup([&] { llvm::sys::fs::remove_directories(scratch); });

  if (writeDocs.empty()) {
    Verdicts verdicts = runSuite(*suite, fidelity, registry, scratch);
    return report(verdicts, expected, fidelity) ? 0 : 1;
  }
  Verdicts digital = runSuite(*suite, Mode::Digital, registry, scratch), exact = runSuite(*suite, Mode::Exact, registry, scratch);
  if (auto error = writeOperatorTable(writeDocs, suite->facts, digital, exact))
    return failWith(llvm::toString(std::move(error)));
  return 0;
}
