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

/// Reads lines `case: reason`, for all modes, or `MODE case: reason`, for one; keeps those for `mode`. Empty lines and those
/// that begin with '#' do not count. A line without a reason is an error, and so is a case that appears twice.
llvm::Expected<ExpectedFailures> readExpectedFailures(const std::string &path, Mode mode);

/// What was not expected, a line each, in order of the cases: failures that are not listed and passes that are.
std::vector<std::string> findSurprises(const Verdicts &verdicts, const ExpectedFailures &expected);

size_t countPasses(const Verdicts &verdicts);

/// The table of operators as Markdown.
std::string formatOperatorTable(const std::map<std::string, ModelFacts> &facts, const std::map<Mode, Verdicts> &verdicts);

} // namespace aimc::conformance

#endif // AIMC_TEST_CONFORMANCE_SCOREBOARD_H
