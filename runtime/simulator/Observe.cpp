// Groups one after the other, rows in order, told to the observer.
#include "Run.h"

#include <string.h>

namespace aimc::simulator {

void Run::observe(const Block &block, Workspace &ws, const Observed &observed) {
  if (observed.x)
    for (int64_t r = 0; r < block.rows; ++r) {
      const float *row = scratch.inputs.data() + ws.rowOffset[r];
      float *out = observed.x + r * crossbar.rows;
      for (int64_t i = 0; i < crossbar.rows / box.run; ++i)
        memcpy(out + i * box.run, row + scratch.runOffsets[i], size_t(box.run) * sizeof(float));
    }
  if (observed.alpha)
    for (int64_t r = 0; r < block.rows; ++r)
      for (int64_t i = 0; i < scalesPerRow(); ++i)
        observed.alpha[r * scalesPerRow() + i] = scratch.alphas[ws.region[r] + i];
}

/// Blocks of the observed stretch: rows [observedFirst + task * blockRows, ...) of observedGroup.
aimc_status Run::observeBlock(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const uint32_t wanted = run.context.run->observe;
  const int64_t offset = task * run.blockRows, first = run.observedFirst + offset;
  const int64_t rows = run.extents.rows - first < run.blockRows ? run.extents.rows - first : run.blockRows;
  const Crossbar &crossbar = run.crossbar;
  Observed observed;
  if (wanted & AIMC_OBSERVE_X)
    observed.x = run.scratch.observedX.data() + offset * crossbar.rows;
  if (wanted & AIMC_OBSERVE_Y)
    observed.y = run.scratch.observedY.data() + offset * crossbar.columns;
  if (!run.exact && (wanted & AIMC_OBSERVE_ALPHA))
    observed.alpha = run.scratch.observedAlpha.data() + offset * run.scalesPerRow();
  if (!run.exact && (wanted & AIMC_OBSERVE_CODES))
    observed.codes = run.scratch.observedCodes.data() +
                     offset * crossbar.rowTiles * crossbar.columns * crossbar.slices * run.layer.inputSlices;
  return run.block({first, rows, run.observedGroup, 0, crossbar.columnTiles}, observed);
}

/// Groups one after the other, rows in order, told to the observer on this thread.
aimc_status Run::observeBlocks() {
  const aimc_run_options &options = *context.run;
  const uint32_t wanted = options.observe;
  const bool codes = !exact && (wanted & AIMC_OBSERVE_CODES), alphas = !exact && (wanted & AIMC_OBSERVE_ALPHA);
  const int64_t codesPerRow = crossbar.rowTiles * crossbar.columns * crossbar.slices * (exact ? 1 : layer.inputSlices);
  const int64_t rowBytes = 4 * (crossbar.rows + crossbar.columns + (codes ? codesPerRow : 0));
  int64_t stretch = (int64_t(32) << 20) / rowBytes + 1;
  blockRows = blockRows < stretch ? blockRows : stretch;
  stretch = stretch / blockRows * blockRows;
  stretch = stretch < extents.rows ? stretch : extents.rows;
  if ((wanted & AIMC_OBSERVE_X && !scratch.observedX.reserve(uint64_t(stretch * crossbar.rows))) ||
      (wanted & AIMC_OBSERVE_Y && !scratch.observedY.reserve(uint64_t(stretch * crossbar.columns))) ||
      (alphas && !scratch.observedAlpha.reserve(uint64_t(stretch * scalesPerRow()))) ||
      (codes && !scratch.observedCodes.reserve(uint64_t(stretch * codesPerRow))))
    return outOfMemory();
  for (observedGroup = 0; observedGroup < crossbar.groups; ++observedGroup)
    for (observedFirst = 0; observedFirst < extents.rows; observedFirst += stretch) {
      int64_t rows = extents.rows - observedFirst < stretch ? extents.rows - observedFirst : stretch;
      if (aimc_status status = parallel(ceilDivide(rows, blockRows), observeBlock))
        return status;
      aimc_observation observation = {};
      observation.struct_size = sizeof observation;
      observation.site = context.site;
      observation.group = uint32_t(observedGroup);
      observation.invocation = context.invocation;
      observation.first_row = observedFirst;
      observation.rows = rows;
      observation.x = wanted & AIMC_OBSERVE_X ? scratch.observedX.data() : nullptr;
      observation.alpha = alphas ? scratch.observedAlpha.data() : nullptr;
      observation.codes = codes ? scratch.observedCodes.data() : nullptr;
      observation.y = wanted & AIMC_OBSERVE_Y ? scratch.observedY.data() : nullptr;
      if (aimc_status status = options.observer(options.user, &observation))
        return fail(chip.host, status, "%s: the observer ended the run", layer.node);
    }
  return AIMC_OK;
}

} // namespace aimc::simulator
