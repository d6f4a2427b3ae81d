// What labels and references say about the outputs of a network.
#ifndef AIMC_TOOLS_COMMON_JUDGE_H
#define AIMC_TOOLS_COMMON_JUDGE_H

#include "Compare.h"
#include "Network.h"

namespace aimc::tools {

struct Judgement {
  std::optional<double> accuracy;      // top 1, 0..1, when there are labels
  std::vector<Difference> differences; // one for each reference
};

/// Its elements.
std::vector<double> asDoubles(const OutputArray &array);

class Judge {
public:
  struct Reference {
    std::string path;
    std::vector<int64_t> dims;
    std::vector<double> values;
  };

  /// Reads the files: `labels` may be absent; expect[i] is the reference of output i of each network that is judged.
  static Result<Judge> open(const std::optional<std::string> &labels, const std::vector<std::string> &expect);

  const std::vector<Reference> &references() const { return expected; }
  /// Errors when the network has fewer outputs than there are references.
  Status fit(const Network &network) const;
  /// Errors when an output does not fit the labels or its reference.
  Result<Judgement> judge(const Network &network, const std::vector<OutputArray> &outputs) const;

private:
  Result<double> accuracyOf(const Network &network, const OutputArray &scores) const;

  std::string labelsPath;
  std::vector<int64_t> labels;
  std::vector<Reference> expected;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_JUDGE_H
