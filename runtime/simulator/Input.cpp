// The input on its way into the box of codes (or of floats, for fidelity `exact` and observers).
#include "Run.h"

#include <math.h>
#include <string.h>

namespace aimc::simulator {

/// Codes per unit of x.
void Run::setScale(int64_t region) {
  const float alpha = scratch.alphas[region], scale = layer.input.highest / alpha;
  scratch.scales[region] = alpha == 0.0f || !isfinite(scale) ? NAN : scale;
}

void Run::measureRegion(int64_t region) {
  scratch.alphas[region] = regionMaximum(kernels, layer, extents, box, static_cast<const float *>(x.data), region);
  setScale(region);
}

aimc_status Run::measureRegions(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t end = (task + 1) * run.regionsPerTask;
  end = end < run.box.regions ? end : run.box.regions;
  for (int64_t region = task * run.regionsPerTask; region < end; ++region)
    run.measureRegion(region);
  return AIMC_OK;
}

static inline void copyBytes(const uint8_t *from, int64_t n, uint8_t *to) {
  if (n > 64) {
    memcpy(to, from, size_t(n));
  } else if (n >= 16) {
    for (int64_t i = 0; i < n - 16; i += 16)
      __builtin_memcpy(to + i, from + i, 16);
    __builtin_memcpy(to + n - 16, from + n - 16, 16);
  } else if (n >= 8) {
    __builtin_memcpy(to, from, 8);
    __builtin_memcpy(to + n - 8, from + n - 8, 8);
  } else {
    for (int64_t i = 0; i < n; ++i)
      to[i] = from[i];
  }
}

/// `count` lines of one region, padding or neighbours in x from `source` on: quantized as one, then put where they belong in
/// the box.
void Run::quantizeLines(const LineCursor &from, int64_t count, int64_t source, int64_t elements, Workspace &ws,
                        InputCounts &counts) {
  const int64_t length = box.axis[box.axes - 1].length;
  const BoxLine &first = from.line();
  uint8_t *codes = scratch.codes.data() + first.destination;
  const float scale = scratch.scales[first.region];
  const bool driven = scale == scale, wide = layer.inputSlices > 1;
  const bool padded = elements < count * length;
  for (int slice = 0; slice < layer.inputSlices && (padded || !driven); ++slice)
    memset(codes + slice * planeBytes, range.flipped, size_t(count * length));
  if (!elements)
    return;
  const float *values = static_cast<const float *>(x.data) + source;
  if (first.stride != 1) {
    float *dense = ws.gathered.data();
    for (int64_t i = 0; i < elements; ++i)
      dense[i] = values[i * first.stride];
    values = dense;
  }
  InputCounts found;
  if (!driven) {
    // Nothing is driven, but what is not a number still counts.
    found = kernels.quantize(values, elements, 0.0f, range, ws.digits.data());
  } else if (wide) {
    found = kernels.quantizeWide(values, elements, scale, range, ws.wideCodes.data());
  } else {
    found = kernels.quantize(values, elements, scale, range, padded ? ws.digits.data() : codes);
  }
  counts.nonfinite += found.nonfinite;
  counts.clipped += found.clipped;
  if (!driven || !(wide || padded))
    return;
  for (int slice = 0; slice < layer.inputSlices; ++slice) {
    if (wide)
      kernels.slice(ws.wideCodes.data(), elements, slice * layer.sliceBits, layer.sliceBits, range.flipped,
                    padded ? ws.digits.data() : codes + slice * planeBytes);
    const uint8_t *next = ws.digits.data();
    LineCursor line = from;
    for (int64_t i = 0; padded && i < count; ++i, line.next()) {
      const int64_t inside = line.line().inside;
      copyBytes(next, inside, scratch.codes.data() + slice * planeBytes + line.line().destination + line.line().before);
      next += inside;
    }
  }
}

/// Codes of lines [firstLine, lastLine).
aimc_status Run::quantizeStretch(int64_t firstLine, int64_t lastLine) {
  const int64_t length = box.axis[box.axes - 1].length, most = length > 4096 ? length : 4096;
  std::unique_ptr<Workspace> workspace = scratch.take();
  if (!workspace || !workspace->gathered.reserve(uint64_t(most)) || !workspace->wideCodes.reserve(uint64_t(most)) ||
      !workspace->digits.reserve(uint64_t(most)))
    return outOfMemory();
  InputCounts counts;
  LineCursor begin(layer, extents, box, firstLine), end = begin;
  for (int64_t line = firstLine; line < lastLine;) {
    int64_t count = 0, elements = 0, source = 0, behind = 0;
    for (; line < lastLine; ++line, ++count, end.next()) {
      const BoxLine &next = end.line();
      if (count && (next.region != begin.line().region || (count + 1) * length > most))
        break;
      if (next.inside && elements && (next.stride != 1 || next.source != behind))
        break;
      if (next.inside && !elements)
        source = next.source;
      if (next.inside)
        behind = next.source + next.inside;
      elements += next.inside;
    }
    quantizeLines(begin, count, source, elements, *workspace, counts);
    begin = end;
  }
  scratch.giveBack(std::move(workspace));
  if (counts.nonfinite)
    chip.counters.nonfiniteInputs += counts.nonfinite;
  if (counts.clipped)
    chip.counters.clippedInputs += counts.clipped;
  return AIMC_OK;
}

aimc_status Run::quantizeTask(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t end = (task + 1) * run.linesPerTask;
  return run.quantizeStretch(task * run.linesPerTask, end < run.box.lines ? end : run.box.lines);
}

/// Regions that are measured and, still in the caches, quantized.
aimc_status Run::quantizeRegions(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  measureRegions(self, task);
  const int64_t lines = run.box.lines / run.box.regions, perTask = run.regionsPerTask * lines, end = (task + 1) * perTask;
  return run.quantizeStretch(task * perTask, end < run.box.lines ? end : run.box.lines);
}

aimc_status Run::quantizeInput() {
  planeBytes = (box.regions * box.regionElements + 127) / 64 * 64;
  if (!scratch.alphas.reserve(uint64_t(box.regions)) || !scratch.scales.reserve(uint64_t(box.regions)) ||
      !scratch.codes.reserve(uint64_t(planeBytes * layer.inputSlices)))
    return outOfMemory();
  const int64_t length = box.axis[box.axes - 1].length;
  linesPerTask = 65536 / length + 1;
  regionsPerTask = 65536 / box.regionElements + 1;
  const int64_t tasks = ceilDivide(box.regions, regionsPerTask);
  if (layer.dynamic && tasks >= 8)
    return parallel(tasks, quantizeRegions);
  if (layer.dynamic) {
    if (aimc_status status = parallel(tasks, measureRegions))
      return status;
  } else {
    for (int64_t region = 0; region < box.regions; ++region) {
      scratch.alphas[region] = layer.tileAlpha.empty() ? layer.alpha : layer.tileAlpha[size_t(region)];
      setScale(region);
    }
  }
  return parallel(ceilDivide(box.lines, linesPerTask), quantizeTask);
}

aimc_status Run::copyLines(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const int64_t length = run.box.axis[run.box.axes - 1].length;
  int64_t end = (task + 1) * run.linesPerTask;
  end = end < run.box.lines ? end : run.box.lines;
  LineCursor cursor(run.layer, run.extents, run.box, task * run.linesPerTask);
  for (int64_t index = task * run.linesPerTask; index < end; ++index, cursor.next()) {
    const BoxLine &line = cursor.line();
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
