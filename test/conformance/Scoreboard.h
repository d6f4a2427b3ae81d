//===- Scoreboard.h - verdicts against expectations, and as a table ---------------------------------------------===//
#ifndef AIMC_TEST_CONFORMANCE_SCOREBOARD_H
#define AIMC_TEST_CONFORMANCE_SCOREBOARD_H

#include "Check.h"

#include <map>

namespace aimc::conformance {

/// Verdicts by case name.
using Verdicts = std::map<std::string, Verdict>;

/// Cases that are known to fail, and why.
using ExpectedFailures = std::map<std::string, std::string>;

/// Reads lines `case: reason`; empty ones and those that begin with '#' do not count. A line without a reason is an error, and so is a case
/// that appears twice.
llvm::Expected<ExpectedFailures> readExpectedFailures(const std::string &path);

/// What was not expected, a line each, in order of the cases: failures that are not listed and passes that are. With `all`, listed names that
/// are no cases too.
std::vector<std::string> findSurprises(const Verdicts &verdicts, const ExpectedFailures &expected, bool all);

size_t countPasses(const Verdicts &verdicts);

/// Writes the table of operators as Markdown.
llvm::Error writeOperatorTable(const std::string &path, const std::map<std::string, ModelFacts> &facts, const Verdicts &digital,
                               const Verdicts &exact);

} // namespace aimc::conformance

#endif // AIMC_TEST_CONFORMANCE_SCOREBOARD_H
