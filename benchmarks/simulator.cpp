// What a layer on the simulator costs against the same product in float32 through oneDNN's sgemm: the two run in turns, `ratio`
// is the median time of sgemm over the median time of the layer, one thread each. `mvm/s` counts rows x 256-row tiles x
// 256-column tiles.
#include "IntegerGemm.h"
#include "simulator_support.h"

#include <benchmark/benchmark.h>
#include <dnnl.h>

#include <algorithm>
#include <chrono>

using namespace aimc::test;

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + long(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Runs the layer described by `spec` on x, and sgemm of M x N x K, in turns.
static void compare(benchmark::State &state, const Spec &spec, aimc_fidelity fidelity, Array &x, Array &y, int64_t M) {
  Host host(spec);
  SimulatedChip chip(host, fidelity);
  std::vector<float> a = randomInputs(size_t(M * spec.K), 1, -1.0f, 1.0f);
  std::vector<float> b = randomInputs(size_t(spec.K * spec.N), 2, -1.0f, 1.0f);
  std::vector<float> c(size_t(M * spec.N));
  std::vector<double> floatTimes, layerTimes;
  for (auto _ : state) {
    double begin = seconds();
    {
      aimc::simulator::SingleThreadedLibrary guard;
      dnnl_sgemm('N', 'N', M, spec.N, spec.K, 1.0f, a.data(), spec.K, b.data(), spec.N, 0.0f, c.data(), spec.N);
    }
    double middle = seconds();
    if (chip.run(x, y) != AIMC_OK) {
      state.SkipWithError(host.message.c_str());
      return;
    }
    double end = seconds();
    floatTimes.push_back(middle - begin);
    layerTimes.push_back(end - middle);
  }
  state.counters["ratio"] = median(floatTimes) / median(layerTimes);
  state.counters["mvm/s"] = double(M) * double(spec.K) * double(spec.N) / 65536 / median(layerTimes);
}

static Spec layer(int64_t K, int64_t N) {
  Spec spec;
  spec.K = K;
  spec.N = N;
  spec.R = spec.C = 256;
  return spec;
}

static void matMul(benchmark::State &state, Spec spec, aimc_fidelity fidelity, int64_t M = 256) {
  spec.fill(1);
  Array x({M, spec.K}), y({M, spec.N});
  x.data = randomInputs(x.data.size(), 1, spec.isSigned ? -1.0f : 0.0f, 1.0f);
  compare(state, spec, fidelity, x, y, M);
}

static void noiseless(benchmark::State &state) { matMul(state, layer(state.range(0), state.range(1)), AIMC_QUANTIZED); }
BENCHMARK(noiseless)->Args({256, 256})->Args({1024, 1024});

/// One step of a recurrence for one sample.
static void recurrentStep(benchmark::State &state) { matMul(state, layer(128, 512), AIMC_QUANTIZED, state.range(0)); }
BENCHMARK(recurrentStep)->Arg(1)->Arg(32);

static void unsignedInputs(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.isSigned = false;
  spec.v = 8;
  matMul(state, spec, AIMC_QUANTIZED);
}
BENCHMARK(unsignedInputs);

static void dynamicScale(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.dynamic = true;
  matMul(state, spec, AIMC_QUANTIZED);
}
BENCHMARK(dynamicScale);

static void programmingNoise(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.programmingNoise = true;
  matMul(state, spec, AIMC_NOISY);
}
BENCHMARK(programmingNoise);

static void programmingAndOutputNoise(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.programmingNoise = true;
  spec.outputNoise = 1.0f;
  matMul(state, spec, AIMC_NOISY);
}
BENCHMARK(programmingAndOutputNoise);

static void slicedBitSerial(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.c = 2;
  spec.v = 1;
  spec.isSigned = false;
  matMul(state, spec, AIMC_QUANTIZED);
}
BENCHMARK(slicedBitSerial);

static void exact(benchmark::State &state) { matMul(state, layer(1024, 1024), AIMC_EXACT); }
BENCHMARK(exact);

static void convolution(benchmark::State &state) {
  Spec spec;
  spec.N = state.range(0);
  spec.R = spec.C = 256;
  const int64_t channels = state.range(0), size = state.range(1), batch = 8;
  useConvolution(spec, channels, 3, 1, 1);
  spec.isSigned = false;
  spec.v = 8;
  spec.fill(1);
  Array x({batch, channels, size, size}), y({batch, spec.N, size, size});
  x.data = randomInputs(x.data.size(), 1, 0.0f, 1.0f);
  compare(state, spec, AIMC_QUANTIZED, x, y, batch * size * size);
}
BENCHMARK(convolution)->Args({16, 28})->Args({64, 28})->Args({256, 14});

static void programming(benchmark::State &state) {
  Spec spec = layer(1024, 1024);
  spec.programmingNoise = state.range(0);
  spec.fill(1);
  Host host(spec);
  for (auto _ : state)
    SimulatedChip chip(host, AIMC_NOISY);
  state.SetItemsProcessed(state.iterations() * 1024 * 1024);
}
BENCHMARK(programming)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
