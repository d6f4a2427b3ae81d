#include "simulator_support.h"
#include "Isa.h"
#include "Simulator.h"

#include <gtest/gtest.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <thread>

namespace aimc::test {

void Spec::fill(uint32_t seed) {
  std::mt19937 random(seed);
  auto integer = [&](int low, int high) { return low + int(random() % unsigned(high - low + 1)); };
  auto real = [&](float low, float high) { return low + (high - low) * float(random() >> 8) * 0x1p-24f; };
  levels.clear();
  for (int64_t i = 0; i < G * K * N; ++i)
    levels.push_back(integer(-L() - (offset ? 1 : 0), L()));
  weightScale.clear();
  for (int64_t i = 0; i < G * T() * N; ++i)
    weightScale.push_back(real(0.1f, 2.0f));
  reference.clear();
  for (int64_t i = 0; i < G * K * N; ++i)
    reference.push_back(real(-1.0f, 1.0f));
  adcRange.clear();
  float full = float(R) * float((1 << std::min(v, bx - isSigned)) - 1) * float((1 << c) - 1);
  for (int64_t i = 0; i < G * T() * N * S(); ++i)
    adcRange.push_back(full * real(0.05f, 1.0f));
  bias.clear();
  for (int64_t i = 0; i < G * N; ++i)
    bias.push_back(real(-1.0f, 1.0f));
}

Spec oneTile(int64_t K, int64_t N, uint32_t seed) {
  Spec spec;
  spec.K = spec.R = K;
  spec.N = spec.C = N;
  spec.B = 0;
  spec.fill(seed);
  spec.bias.clear();
  return spec;
}

void useMatMul(Spec &spec) {
  spec.kSizes = {spec.K};
  spec.rowDims = 1;
  spec.xOffsets = {0, 0};
  spec.xCoefficients = {1, 0, 0, 0, spec.K, 1};
  spec.yOffsets = {0, 0};
  spec.yCoefficients = {1, 0, 0, 0, spec.N, 1};
  spec.scaleDims = 1;
}

void useConvolution(Spec &spec, int64_t channels, int64_t kernel, int64_t stride, int64_t padding) {
  spec.K = channels * kernel * kernel;
  spec.kSizes = {channels, kernel, kernel};
  spec.rowDims = 3; // b, oh, ow; then group; then c, kh, kw
  spec.xOffsets = {0, 0, -padding, -padding};
  spec.xCoefficients = {1, 0,      0, 0, 0, 0, 0, /**/ 0, 0, 0,      channels, 1, 0, 0, /**/
                        0, stride, 0, 0, 0, 1, 0, /**/ 0, 0, stride, 0,        0, 0, 1};
  spec.yOffsets = {0, 0, 0, 0};
  spec.yCoefficients = {1, 0, 0, 0, 0, /**/ 0, 0, 0, spec.N, 1, /**/ 0, 1, 0, 0, 0, /**/ 0, 0, 1, 0, 0};
  spec.scaleDims = 1;
}

Array::Array(std::vector<int64_t> dims) : sizes(dims), strides(dims.size()) {
  int64_t count = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = count;
    count *= dims[d];
  }
  data.resize(size_t(count));
}

aimc_buffer Array::buffer() { return {data.data(), nullptr, sizes.data(), strides.data(), int32_t(sizes.size()), AIMC_F32}; }

static const void *section(const aimc_driver_host *host, uint32_t) { return static_cast<const Host *>(host)->blobs.data(); }

static aimc_status parallel(const aimc_driver_host *base, int64_t count, aimc_status (*body)(void *, int64_t), void *context) {
  int threads = static_cast<const Host *>(base)->threads;
  std::atomic<int64_t> next{0};
  std::atomic<int> failed{AIMC_OK};
  auto work = [&] {
    for (int64_t i; (i = next++) < count;)
      if (aimc_status status = body(context, i))
        failed = status;
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t)
    others.emplace_back(work);
  work();
  for (std::thread &thread : others)
    thread.join();
  return aimc_status(failed.load());
}

static aimc_status recordFailure(const aimc_driver_host *base, aimc_status status, const char *message) {
  const_cast<Host *>(static_cast<const Host *>(base))->message = message;
  return status;
}

template <typename T> static fb::Blob addBlob(std::vector<uint8_t> &blobs, const std::vector<T> &values) {
  blobs.resize((blobs.size() + 63) / 64 * 64);
  fb::Blob blob(0, 0, blobs.size(), values.size() * sizeof(T));
  blobs.resize(blobs.size() + values.size() * sizeof(T));
  if (!values.empty())
    memcpy(blobs.data() + blob.offset(), values.data(), values.size() * sizeof(T));
  return blob;
}

Host::Host(const Spec &given, int threads) : aimc_driver_host(), threads(threads) {
  Spec spec = given;
  if (spec.kSizes.empty())
    useMatMul(spec);
  size = sizeof(aimc_driver_host);
  version = AIMC_DRIVER_VERSION;
  aimc_driver_host::section = test::section;
  aimc_driver_host::parallel = test::parallel;
  fail = recordFailure;

  fb::ModelT model;
  model.producer = "test";
  model.target = std::make_unique<fb::TargetT>();
  model.target->name = "test";
  model.target->device = spec.device;
  model.target->g_min = spec.gMin;
  model.target->g_max = spec.gMax;
  model.target->devices_per_weight = spec.F;
  model.target->programming_noise = spec.programmingNoise;
  model.target->output_noise = spec.outputNoise;
  model.target->array_rows = spec.arrayRows;
  model.target->array_columns = spec.arrayColumns;
  model.target->arrays_per_chip = 64;
  model.target->wire_resistance = spec.wireOhm;
  model.target->ir_drop = spec.irDrop;
  if (spec.changeTarget)
    spec.changeTarget(*model.target);

  auto crossbar = std::make_unique<fb::CrossbarT>();
  crossbar->symbol = "layer";
  crossbar->node = "layer";
  crossbar->groups = uint32_t(spec.G);
  crossbar->rows = uint32_t(spec.K);
  crossbar->columns = uint32_t(spec.N);
  crossbar->tile_rows = uint32_t(spec.R);
  crossbar->tile_columns = uint32_t(spec.C);
  crossbar->row_tiles = uint32_t(spec.T());
  crossbar->column_tiles = uint32_t(spec.columnTiles());
  crossbar->encoding = spec.offset ? fb::Encoding::Offset : fb::Encoding::Differential;
  crossbar->weight_bits = uint32_t(spec.bw);
  crossbar->cell_bits = uint32_t(spec.c);
  crossbar->slices = uint32_t(spec.S());
  crossbar->unit_column = spec.unitColumn;
  crossbar->tile_base = spec.crossbarTileBase;
  auto blob = [&](const auto &values) { return std::make_unique<fb::Blob>(addBlob(blobs, values)); };
  if (spec.bw <= 8)
    crossbar->levels = blob(std::vector<int8_t>(spec.levels.begin(), spec.levels.end()));
  else
    crossbar->levels = blob(std::vector<int16_t>(spec.levels.begin(), spec.levels.end()));
  crossbar->weight_scale = blob(spec.weightScale);
  crossbar->reference = blob(spec.reference);
  for (const Placement &p : spec.placements)
    crossbar->placements.push_back(fb::Placement(0, p.row_tile, p.column_tile, p.slice, p.polarity, 0, p.array, p.row, p.column,
                                                 p.rows, p.columns, p.column_stride));
  model.crossbars.push_back(std::move(crossbar));

  auto dispatch = std::make_unique<fb::DispatchT>();
  dispatch->node = "layer";
  dispatch->row_dims = spec.rowDims;
  dispatch->k_sizes = spec.kSizes;
  dispatch->x = std::make_unique<fb::AffineIndexT>();
  dispatch->x->offsets = spec.xOffsets;
  dispatch->x->coefficients = spec.xCoefficients;
  dispatch->y = std::make_unique<fb::AffineIndexT>();
  dispatch->y->offsets = spec.yOffsets;
  dispatch->y->coefficients = spec.yCoefficients;
  dispatch->scale_dims = spec.scaleDims;
  dispatch->batch_dim = spec.batchDim;
  dispatch->batch_outer = spec.batchOuter;
  dispatch->batch_inner = spec.batchInner;
  dispatch->input_bits = uint32_t(spec.bx);
  dispatch->input_signed = spec.isSigned;
  dispatch->input_slice_bits = uint32_t(spec.v);
  dispatch->input_slices = uint32_t(spec.V());
  dispatch->dynamic = spec.dynamic;
  dispatch->alpha = spec.alpha;
  dispatch->tile_alpha = spec.tileAlpha;
  dispatch->adc_bits = uint32_t(spec.B);
  dispatch->adc_unsigned = spec.adcUnsigned;
  dispatch->adc_range = blob(spec.B ? spec.adcRange : std::vector<float>());
  dispatch->bias = blob(spec.bias);
  dispatch->affine_scale = blob(spec.affineScale);
  dispatch->affine_offset = blob(spec.affineOffset);
  dispatch->tile_base = spec.dispatchTileBase;
  model.dispatches.push_back(std::move(dispatch));

  if (spec.changeModel)
    spec.changeModel(model);

  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Model::Pack(builder, &model), fb::ModelIdentifier());
  metadata.assign(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  aimc_driver_host::metadata = metadata.data();
}

SimulatedChip::SimulatedChip(Host &host, aimc_fidelity fidelity, uint32_t seed, uint32_t trial, uint32_t disabledEffects,
                             double seconds, aimc_compensation compensation)
    : driver(aimc_simulator_driver()) {
  aimc_chip_options options = {};
  options.struct_size = sizeof options;
  options.fidelity = fidelity;
  options.seed = seed;
  options.trial = trial;
  options.disabled_effects = disabledEffects;
  options.time_seconds = seconds;
  options.compensation = compensation;
  status = driver->program(&host, &options, &chip);
  if (status == AIMC_OK)
    status = driver->create_scratch(chip, &scratch);
}

SimulatedChip::~SimulatedChip() {
  if (scratch)
    driver->destroy_scratch(chip, scratch);
  if (chip)
    driver->destroy(chip);
}

aimc_status SimulatedChip::run(Array &x, Array &y, int64_t invocation, const aimc_run_options *options, aimc_finish *finish) {
  if (status != AIMC_OK)
    return status;
  aimc_run_options defaults = {};
  defaults.struct_size = sizeof defaults;
  aimc_dispatch_context context = {sizeof context, AIMC_DRIVER_VERSION, 0, invocation, options ? options : &defaults, scratch,
                                   finish};
  aimc_buffer in = x.buffer(), out = y.buffer();
  return driver->dispatch(chip, &context, &in, &out);
}

aimc_statistics SimulatedChip::statistics() {
  aimc_statistics out = {};
  out.struct_size = sizeof out;
  driver->statistics(chip, &out);
  return out;
}

std::vector<float> OneRun::outputs(const std::vector<float> &x) const {
  const int64_t rows = int64_t(x.size()) / (spec->G * spec->K);
  Host host(*spec, hostThreads);
  SimulatedChip chip(host, fidelity, chipSeed, chipTrial, disabled, seconds, compensation);
  EXPECT_EQ(chip.status, AIMC_OK) << host.message;
  Array in({rows, spec->G * spec->K}), out({rows, spec->G * spec->N});
  in.data = x;
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  options.sample_offset = sampleOffset;
  EXPECT_EQ(chip.run(in, out, 0, &options), AIMC_OK) << host.message;
  return out.data;
}

std::vector<float> OneRun::outputsInBatches(const std::vector<float> &x, int64_t rows) const {
  const int64_t row = spec->G * spec->K, count = int64_t(x.size()) / row;
  std::vector<float> all;
  for (int64_t first = 0; first < count; first += rows) {
    const auto end = x.begin() + std::min(first + rows, count) * row;
    const std::vector<float> y = OneRun(*this).firstSample(first).outputs({x.begin() + first * row, end});
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

std::string OneRun::refusal(aimc_status expected) const {
  Host host(*spec, hostThreads);
  SimulatedChip chip(host, fidelity, chipSeed, chipTrial, disabled, seconds, compensation);
  EXPECT_EQ(chip.status, expected) << host.message;
  return host.message;
}

void onEveryInstructionSet(const std::function<void(const char *)> &body) {
  for (const char *name : {"generic", "avx2", "onednn", "vnni"}) {
    if (!simulator::findIsa(name))
      continue;
    setenv("AIMC_SIMULATOR_ISA", name, 1);
    body(name);
    unsetenv("AIMC_SIMULATOR_ISA");
  }
}

// ---- the chain, element by element ----

static int inputCode(const Spec &spec, float x, float alpha) {
  float q = float(spec.Q());
  float kx = q / alpha;
  if (alpha == 0.0f || !std::isfinite(kx) || std::isnan(x))
    return 0;
  float low = spec.isSigned ? -q : 0.0f;
  if (std::isinf(x))
    return int(x > 0 ? q : low);
  float scaled = x * kx;
  return int(std::min(std::max(std::rint(scaled), low), q));
}

static int digit(int value, int index, int bits) {
  int magnitude = (std::abs(value) >> (index * bits)) & ((1 << bits) - 1);
  return value < 0 ? -magnitude : magnitude;
}

static int32_t adcCode(const Spec &spec, int64_t p, float range) {
  float top = spec.adcUnsigned ? float((1 << spec.B) - 1) : float((1 << (spec.B - 1)) - 1);
  float ka = top / range;
  float scaled = float(p) * ka;
  return int32_t(std::min(std::max(std::rint(scaled), spec.adcUnsigned ? 0.0f : -top), top));
}

static float adcStep(const Spec &spec, float range) {
  float top = spec.adcUnsigned ? float((1 << spec.B) - 1) : float((1 << (spec.B - 1)) - 1);
  float ka = top / range;
  return float(1.0 / double(ka));
}

/// docs/numerics.md: the full scale of the unit column's ADC.
static float unitColumnRange(const Spec &spec, int64_t rows, int d) {
  if (d == 0)
    return 1.0f;
  double xi = (1 << std::min(spec.v, spec.bx - spec.isSigned)) - 1;
  double mean = spec.isSigned ? 0 : xi / 4, tau = spec.isSigned ? xi / 3 : xi / 4;
  return float(std::min(xi * double(rows) * d, std::abs(mean * double(rows) * d) + 4 * tau * std::sqrt(double(rows)) * d));
}

Expected reference(const Spec &spec, int64_t group, const std::vector<float> &x, const std::vector<float> &alpha,
                   bool idealAdc) {
  const int64_t T = spec.T(), scales = spec.tileAlpha.empty() ? 1 : T, M = int64_t(alpha.size()) / scales;
  const int S = spec.S(), V = spec.V();
  const bool ideal = idealAdc || spec.B == 0;
  Expected out;
  out.y.resize(size_t(M * spec.N));
  out.codes.resize(size_t(M * T * spec.N * S * V));
  for (int64_t m = 0; m < M; ++m)
    for (int64_t n = 0; n < spec.N; ++n) {
      float acc = 0.0f;
      for (int64_t t = 0; t < T; ++t) {
        double inner = 0.0, unit = 0.0;
        const float full = alpha[size_t(m * scales + t % scales)];
        int64_t inputSum = 0;
        int64_t k0 = t * spec.R, k1 = std::min(k0 + spec.R, spec.K);
        for (int64_t k = k0; k < k1; ++k)
          inputSum += inputCode(spec, x[size_t(m * spec.K + k)], full);
        for (int s = 0; s < S; ++s) {
          float range = ideal ? 0.0f : spec.adcRange[size_t(((group * T + t) * spec.N + n) * S + s)];
          int unitDigit = digit(1 << (spec.bw - 1), s, spec.c);
          float unitRange = unitColumnRange(spec, k1 - k0, unitDigit);
          int64_t j = 0, unitJ = 0;
          for (int i = 0; i < V; ++i) {
            int64_t p = 0, unitP = 0;
            for (int64_t k = k0; k < k1; ++k) {
              int xi = digit(inputCode(spec, x[size_t(m * spec.K + k)], full), i, spec.v);
              int level = spec.levels[size_t((group * spec.K + k) * spec.N + n)];
              p += int64_t(xi) * digit(spec.offset ? level + (1 << (spec.bw - 1)) : level, s, spec.c);
              unitP += int64_t(xi) * unitDigit;
            }
            int64_t code = ideal ? p : adcCode(spec, p, range);
            out.codes[size_t((((m * T + t) * spec.N + n) * S + s) * V + i)] = int32_t(code);
            j += code * (int64_t(1) << (spec.v * i));
            unitJ += (ideal ? unitP : adcCode(spec, unitP, unitRange)) * (int64_t(1) << (spec.v * i));
          }
          double step = ideal ? 1.0 : double(adcStep(spec, range));
          double unitStep = ideal ? 1.0 : double(adcStep(spec, unitRange));
          inner += std::ldexp(step, spec.c * s) * double(j);
          unit += std::ldexp(unitStep, spec.c * s) * double(unitJ);
        }
        if (spec.offset)
          inner -= spec.unitColumn ? unit : std::ldexp(double(inputSum), spec.bw - 1);
        float sum = float(inner);
        double w = spec.weightScale[size_t((group * T + t) * spec.N + n)];
        float f = float(w * double(full) / (double(spec.L()) * double(spec.Q())));
        float term = f * sum;
        acc = acc + term;
      }
      size_t column = size_t(group * spec.N + n);
      if (!spec.affineScale.empty()) {
        float scaled = spec.affineScale[column] * acc;
        acc = scaled + spec.affineOffset[column];
      }
      out.y[size_t(m * spec.N + n)] = spec.bias.empty() ? acc : acc + spec.bias[column];
    }
  return out;
}

std::vector<float> rowMaxima(const std::vector<float> &x, int64_t columns) {
  std::vector<float> maxima;
  for (size_t begin = 0; begin < x.size(); begin += size_t(columns)) {
    float largest = 0.0f;
    for (int64_t k = 0; k < columns; ++k)
      largest = std::max(largest, std::abs(x[begin + size_t(k)]));
    maxima.push_back(largest);
  }
  return maxima;
}

static aimc_status record(void *user, const aimc_observation *o) {
  Observations &all = *static_cast<Observations *>(user);
  const Spec &spec = all.spec;
  all.order.push_back(int64_t(o->group) * 1000000000 + o->first_row);
  auto append = [&](auto &to, auto *from, int64_t perRow) {
    if (from)
      to[o->group].insert(to[o->group].end(), from, from + o->rows * perRow);
  };
  append(all.x, o->x, spec.K);
  append(all.alpha, o->alpha, spec.tileAlpha.empty() ? 1 : spec.T());
  append(all.y, o->y, spec.N);
  append(all.codes, o->codes, spec.T() * spec.N * spec.S() * spec.V());
  return AIMC_OK;
}

aimc_run_options Observations::options(uint32_t observe) {
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  options.observe = observe;
  options.observer = record;
  options.user = this;
  return options;
}

std::vector<float> randomInputs(size_t count, uint32_t seed, float low, float high) {
  std::mt19937 random(seed);
  std::vector<float> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(low + (high - low) * float(random() >> 8) * 0x1p-24f);
  return out;
}

std::vector<float> identity(int64_t size) {
  std::vector<float> x(size_t(size * size));
  for (int64_t i = 0; i < size; ++i)
    x[size_t(i * size + i)] = 1.0f;
  return x;
}

Moments::Moments(const std::vector<double> &values) : count(double(values.size())) {
  for (double value : values)
    mean += value / count;
  for (double value : values)
    deviation += (value - mean) * (value - mean) / count;
  deviation = std::sqrt(deviation);
}

std::vector<double> eliminatedTransfer(const simulator::WireArray &array) {
  const int64_t rows = array.rows, columns = array.columns, cells = rows * columns, nodes = 2 * cells, width = nodes + rows;
  const double rowWire = 1e6 / array.rowOhm, columnWire = 1e6 / array.columnOhm;
  std::vector<double> matrix(size_t(nodes * width), 0.0);
  auto at = [&](int64_t i, int64_t j) -> double & { return matrix[size_t(i * width + j)]; };
  auto join = [&](int64_t a, int64_t b, double conductance) {
    at(a, a) += conductance;
    at(b, b) += conductance;
    at(a, b) -= conductance;
    at(b, a) -= conductance;
  };
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      int64_t cell = i * columns + j;
      join(cell, cells + cell, array.conductanceMicrosiemens[cell]);
      if (j + 1 < columns)
        join(cell, cell + 1, rowWire);
      if (i + 1 < rows)
        join(cells + cell, cells + cell + columns, columnWire);
      if (j == 0) {
        at(cell, cell) += rowWire;
        at(cell, nodes + i) += rowWire;
      }
      if (i == rows - 1)
        at(cells + cell, cells + cell) += columnWire;
    }
  for (int64_t pivot = 0; pivot < nodes; ++pivot)
    for (int64_t i = pivot + 1; i < nodes; ++i) {
      double factor = at(i, pivot) / at(pivot, pivot);
      if (factor != 0)
        for (int64_t j = pivot; j < width; ++j)
          at(i, j) -= factor * at(pivot, j);
    }
  std::vector<double> out(static_cast<size_t>(cells));
  for (int64_t k = 0; k < rows; ++k) {
    std::vector<double> volt(static_cast<size_t>(nodes));
    for (int64_t i = nodes - 1; i >= 0; --i) {
      double sum = at(i, nodes + k);
      for (int64_t j = i + 1; j < nodes; ++j)
        sum -= at(i, j) * volt[size_t(j)];
      volt[size_t(i)] = sum / at(i, i);
    }
    for (int64_t n = 0; n < columns; ++n)
      out[size_t(k * columns + n)] = columnWire * volt[size_t(cells + (rows - 1) * columns + n)];
  }
  return out;
}

} // namespace aimc::test
