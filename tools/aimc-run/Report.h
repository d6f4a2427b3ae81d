// What aimc-run says about its results.
#ifndef AIMC_TOOLS_RUN_REPORT_H
#define AIMC_TOOLS_RUN_REPORT_H

#include "Judge.h"
#include "Options.h"

#include <nlohmann/json.hpp>

namespace aimc::tools {

using Json = nlohmann::ordered_json;

/// Judges trials one after the other as --labels and --expect ask, then prints all.
class Report {
public:
  /// Reads the label and reference files.
  static Result<Report> create(const RunOptions &options, const Network &network);

  /// Errors when an output does not fit the labels or its reference.
  Status add(const Trial &trial);
  void setDump(const std::string &directory, size_t matrices);
  void setWritten(const std::string &directory, Json outputs);
  /// As text, or as JSON with --json.
  void print() const;

private:
  /// To one reference, an entry for each trial.
  struct Closeness {
    std::vector<double> sqnrDb, maxAbsolute, maxRelative;
  };
  void printText() const;
  Json toJson() const;

  const RunOptions *options = nullptr;
  const Network *network = nullptr;
  Judge judge;
  std::vector<Closeness> closeness;
  std::vector<double> accuracies, seconds, programSeconds;
  aimc_statistics statistics{};
  Json outputs;
  std::string outputDirectory, dumpDirectory;
  size_t dumped = 0;
};

/// Writes output_0.npy … and outputs.json; returns what outputs.json says.
Result<Json> writeOutputs(const std::string &directory, const std::vector<TensorInfo> &infos,
                          const std::vector<OutputArray> &arrays);

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_REPORT_H
