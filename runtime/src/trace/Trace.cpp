// The trace driver: writes down what a chip would be told to do and computes nothing. Every dispatch is expanded through the
// placements of its crossbar into one event per tile, slice and polarity; results are zeros.
//
// With a file in driver_arg, each event is a line of JSON:
//   {"event":"program","crossbar":"conv1","node":"conv1","group":0,"row_tile":0,"column_tile":0,"slice":0,"polarity":0,
//    "chip":0,"array":2,"row":0,"column":16,"rows":27,"columns":16,"column_stride":1}
//   {"event":"mvm","site":0,"node":"conv1","invocation":0,"mvms":784,"input_slices":1, … the place as above}
#include "Drivers.h"
#include "aimc/aimc_generated.h"
#include "contract/Affine.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>

using namespace aimc;

namespace {
struct TraceChip {
  const aimc_driver_host *host;
  const fb::Model *model;
  FILE *file = nullptr; // null: count only
  std::mutex mutex;     // one dispatch's events stay together
  std::atomic<uint64_t> mvms{0};

  ~TraceChip() {
    if (file)
      std::fclose(file);
  }
};
} // namespace

/// Text as a JSON string. Bytes above 127 pass as they are: names are UTF-8 or whatever the graph had.
static std::string quoted(const flatbuffers::String &text) {
  std::string out = "\"";
  for (char c : text.str()) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
    out += escape;
  }
  return out + "\"";
}

static std::string field(const char *name, uint64_t value) { return std::string(",\"") + name + "\":" + std::to_string(value); }

static std::string placeFields(const fb::Placement &place) {
  return field("group", place.group()) + field("row_tile", place.row_tile()) + field("column_tile", place.column_tile()) +
         field("slice", place.slice()) + field("polarity", place.polarity()) + field("chip", place.chip()) +
         field("array", place.array()) + field("row", place.row()) + field("column", place.column()) +
         field("rows", place.rows()) + field("columns", place.columns()) + field("column_stride", place.column_stride()) +
         "}\n";
}

/// One line for every placement of the crossbar, each beginning with `head`.
static std::string eventsOf(const fb::Crossbar &crossbar, const std::string &head) {
  std::string lines;
  if (crossbar.placements())
    for (const fb::Placement *place : *crossbar.placements())
      lines += head + placeFields(*place);
  return lines;
}

static aimc_status record(TraceChip &chip, const std::string &lines) {
  std::lock_guard<std::mutex> lock(chip.mutex);
  // A full disk shows when the bytes leave the process; the last ones would leave it when nobody listens any more.
  if (std::fwrite(lines.data(), 1, lines.size(), chip.file) == lines.size() && std::fflush(chip.file) == 0)
    return AIMC_OK;
  return chip.host->fail(chip.host, AIMC_IO, (std::string("cannot write the trace: ") + std::strerror(errno)).c_str());
}

static aimc_status traceProgram(const aimc_driver_host *host, const aimc_chip_options *options, void **out) {
  auto chip = std::make_unique<TraceChip>();
  chip->host = host;
  chip->model = fb::GetModel(host->metadata);
  if (options->driver_arg) {
    chip->file = std::fopen(options->driver_arg, "we");
    if (!chip->file)
      return host->fail(host, AIMC_IO, (std::string(options->driver_arg) + ": cannot create: " + std::strerror(errno)).c_str());
    for (const fb::Crossbar *crossbar : *chip->model->crossbars()) {
      std::string head =
          "{\"event\":\"program\",\"crossbar\":" + quoted(*crossbar->symbol()) + ",\"node\":" + quoted(*crossbar->node());
      if (aimc_status status = record(*chip, eventsOf(*crossbar, head)))
        return status;
    }
  }
  *out = chip.release();
  return AIMC_OK;
}

static void traceDestroy(void *chip) { delete static_cast<TraceChip *>(chip); }

/// The trace needs no scratch of a session.
static aimc_status traceCreateScratch(void *, void **scratch) {
  *scratch = nullptr;
  return AIMC_OK;
}
static void traceDestroyScratch(void *, void *) {}

static void clear(const aimc_buffer &y, int32_t axis, float *from) {
  if (axis == y.rank) {
    *from = 0;
    return;
  }
  for (int64_t i = 0; i < y.sizes[axis]; ++i)
    clear(y, axis + 1, from + i * y.strides[axis]);
}

static aimc_status traceDispatch(void *opaque, const aimc_dispatch_context *context, const aimc_buffer *,
                                 const aimc_buffer *y) {
  TraceChip &chip = *static_cast<TraceChip *>(opaque);
  if (context->run->observe)
    return chip.host->fail(chip.host, AIMC_UNSUPPORTED, "the trace driver computes nothing to observe; use the simulator");
  const fb::Dispatch &dispatch = *chip.model->dispatches()->Get(context->site);
  const fb::Crossbar &crossbar = *chip.model->crossbars()->Get(dispatch.crossbar());
  uint64_t rows = 1;
  for (uint32_t dim = 0; dim < dispatch.row_dims(); ++dim)
    rows *= y->sizes[drivenAxis(view(*dispatch.y(), dispatch.row_dims() + 2), dim)];
  chip.mvms += rows * crossbar.groups();
  clear(*y, 0, static_cast<float *>(y->data));
  if (!chip.file)
    return AIMC_OK;
  std::string head = "{\"event\":\"mvm\"" + field("site", context->site) + ",\"node\":" + quoted(*dispatch.node()) +
                     field("invocation", context->invocation) + field("mvms", rows) +
                     field("input_slices", dispatch.input_slices());
  return record(chip, eventsOf(crossbar, head));
}

static aimc_status traceStatistics(void *opaque, aimc_statistics *out) {
  out->mvms = static_cast<TraceChip *>(opaque)->mvms;
  return AIMC_OK;
}

const aimc_driver *aimc::aimc_trace_driver() {
  static const aimc_driver driver = {sizeof driver,      AIMC_DRIVER_VERSION, "trace",       traceProgram,   traceDestroy,
                                     traceCreateScratch, traceDestroyScratch, traceDispatch, traceStatistics};
  return &driver;
}
