// --dump-layers: what anyone needs to recompute a layer.
#ifndef AIMC_TOOLS_RUN_LAYERDUMP_H
#define AIMC_TOOLS_RUN_LAYERDUMP_H

#include "Layers.h"
#include "Network.h"
#include "Npy.h"

namespace aimc::tools {

class LayerDump : public LayerObserver {
public:
  /// Makes `directory` and one directory per weight matrix in it; matrices of an earlier dump are removed.
  static Result<LayerDump> create(const std::string &directory, const std::string &modelPath, int64_t maxRows);

  /// AIMC_OBSERVE_… bits of the next run; 0 once every matrix has its rows.
  uint32_t observe() const override;
  /// Keeps the rows of one observation that are still wanted. After a failure `status` says why.
  aimc_status add(const aimc_observation &observation) override;
  const Status &status() const override { return failure; }
  /// Completes the arrays of rows and writes everything that does not depend on them. Returns the number of matrices.
  Result<size_t> finish();

private:
  /// One group of one site.
  struct Matrix {
    uint32_t site, group;
    std::string directory;
    std::vector<NpyWriter> rows; // x, alpha, codes, y
    int64_t count = 0;
  };
  Status addRows(Matrix &matrix, const aimc_observation &observation, int64_t rows);
  Status writeStatic(const Matrix &matrix) const;

  std::shared_ptr<const Container> container;
  std::vector<Matrix> matrices; // sites ascending, then groups
  std::vector<size_t> firstOfSite;
  int64_t maxRows = 0;
  size_t complete = 0;
  Status failure;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_LAYERDUMP_H
