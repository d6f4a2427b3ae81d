// The input on its way into the box of codes (or of floats, for fidelity `exact` and observers).
#include "Run.h"

#include <math.h>
#include <string.h>

namespace aimc::simulator {

aimc_status Run::measureRegions(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t end = (task + 1) * run.regionsPerTask;
  end = end < run.box.regions ? end : run.box.regions;
  for (int64_t region = task * run.regionsPerTask; region < end; ++region)
    run.scratch.alphas[region] =
        regionMaximum(run.kernels, run.layer, run.extents, run.box, static_cast<const float *>(run.x.data), region);
  return AIMC_OK;
}

aimc_status Run::measureScales() {
  if (!scratch.alphas.reserve(uint64_t(box.regions)) || !scratch.scales.reserve(uint64_t(box.regions)))
    return outOfMemory();
  if (layer.dynamic) {
    regionsPerTask = 65536 / box.regionElements + 1;
    int64_t tasks = (box.regions + regionsPerTask - 1) / regionsPerTask;
    if (aimc_status status = parallel(tasks, measureRegions))
      return status;
  } else {
    scratch.alphas[0] = layer.alpha;
  }
  for (int64_t region = 0; region < box.regions; ++region) {
    float alpha = scratch.alphas[region];
    float scale = layer.input.highest / alpha;
    scratch.scales[region] = alpha == 0.0f || !isfinite(scale) ? NAN : scale;
  }
  return AIMC_OK;
}

void Run::quantizeLine(const BoxLine &line, int64_t length, Workspace &workspace, InputCounts &counts) {
  const int slices = layer.inputSlices;
  uint8_t *codes = scratch.codes.data() + line.destination;
  const float scale = scratch.scales[line.region];
  const bool driven = scale == scale;
  for (int slice = 0; slice < slices; ++slice) {
    uint8_t *plane = codes + slice * planeBytes;
    memset(plane, range.flipped, size_t(driven ? line.before : length));
    if (driven)
      memset(plane + line.before + line.inside, range.flipped, size_t(length - line.before - line.inside));
  }
  if (!line.inside)
    return;
  const float *values = static_cast<const float *>(x.data) + line.source;
  if (line.stride != 1) {
    float *dense = workspace.gathered.data();
    for (int64_t i = 0; i < line.inside; ++i)
      dense[i] = values[i * line.stride];
    values = dense;
  }
  InputCounts found;
  if (!driven) {
    // Nothing is driven, but what is not a number still counts.
    found = kernels.quantize(values, line.inside, 0.0f, range, workspace.digits.data());
  } else if (slices == 1) {
    found = kernels.quantize(values, line.inside, scale, range, codes + line.before);
  } else {
    int32_t *wide = workspace.wideCodes.data();
    found = kernels.quantizeWide(values, line.inside, scale, range, wide);
    for (int slice = 0; slice < slices; ++slice)
      kernels.slice(wide, line.inside, slice * layer.sliceBits, layer.sliceBits, range.flipped,
                    codes + slice * planeBytes + line.before);
  }
  counts.nonfinite += found.nonfinite;
  counts.clipped += found.clipped;
}

aimc_status Run::quantizeLines(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const int64_t length = run.box.axis[run.box.axes - 1].length;
  std::unique_ptr<Workspace> workspace = run.scratch.take();
  if (!workspace || !workspace->gathered.reserve(uint64_t(length)) || !workspace->wideCodes.reserve(uint64_t(length)) ||
      !workspace->digits.reserve(uint64_t(length)))
    return run.outOfMemory();
  int64_t end = (task + 1) * run.linesPerTask;
  end = end < run.box.lines ? end : run.box.lines;
  InputCounts counts;
  for (int64_t line = task * run.linesPerTask; line < end; ++line)
    run.quantizeLine(boxLine(run.layer, run.extents, run.box, line), length, *workspace, counts);
  run.scratch.giveBack(std::move(workspace));
  if (counts.nonfinite)
    run.chip.counters.nonfiniteInputs += counts.nonfinite;
  if (counts.clipped)
    run.chip.counters.clippedInputs += counts.clipped;
  return AIMC_OK;
}

aimc_status Run::quantizeInput() {
  if (aimc_status status = measureScales())
    return status;
  planeBytes = (box.regions * box.regionElements + 127) / 64 * 64;
  if (!scratch.codes.reserve(uint64_t(planeBytes * layer.inputSlices)))
    return outOfMemory();
  int64_t length = box.axis[box.axes - 1].length;
  linesPerTask = 65536 / length + 1;
  return parallel((box.lines + linesPerTask - 1) / linesPerTask, quantizeLines);
}

aimc_status Run::copyLines(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const int64_t length = run.box.axis[run.box.axes - 1].length;
  int64_t end = (task + 1) * run.linesPerTask;
  end = end < run.box.lines ? end : run.box.lines;
  for (int64_t index = task * run.linesPerTask; index < end; ++index) {
    BoxLine line = boxLine(run.layer, run.extents, run.box, index);
    float *destination = run.scratch.inputs.data() + line.destination;
    const float *source = static_cast<const float *>(run.x.data) + line.source;
    memset(destination, 0, size_t(line.before) * sizeof(float));
    if (line.stride == 1)
      memcpy(destination + line.before, source, size_t(line.inside) * sizeof(float));
    else
      for (int64_t i = 0; i < line.inside; ++i)
        destination[line.before + i] = source[i * line.stride];
    int64_t behind = line.before + line.inside;
    memset(destination + behind, 0, size_t(length - behind) * sizeof(float));
  }
  return AIMC_OK;
}

aimc_status Run::copyInput() {
  if (!scratch.inputs.reserve(uint64_t(box.regions * box.regionElements)))
    return outOfMemory();
  int64_t length = box.axis[box.axes - 1].length;
  linesPerTask = 65536 / length + 1;
  return parallel((box.lines + linesPerTask - 1) / linesPerTask, copyLines);
}

} // namespace aimc::simulator
