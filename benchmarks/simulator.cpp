// What a layer on the simulator costs against the same product in float32.
//
//   benchmark-simulator [--threads=1,2] [--pairs=20] [filter]
//
// sgemm (the faster of oneDNN's and, where it was found, OpenBLAS's) and the layer are measured in turns, as pairs; a ratio is
// the median over the pairs of the time of sgemm over that of the layer. `steady`: after a call that does not count, each side
// of a pair is called again and again for at least 20 ms, as a loop over batches does. `turns`: each side of a pair is one
// call, which finds the caches full of the other's data and its threads asleep. Times are those of the steady state. One thread
// is measured in its CPU time, which other programs on the machine hardly touch; several in wall time. `mvm/s` counts rows x
// 256-row tiles x 256-column tiles.
#include "IntegerGemm.h"
#include "Pool.h"
#include "simulator_support.h"

#if AIMC_HAVE_OPENBLAS
#include <cblas.h>
#endif
#include <dnnl.h>
#include <omp.h>

#include <algorithm>
#include <functional>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

using namespace aimc::test;

namespace {
struct Settings {
  std::vector<int> threads = {1, 2};
  int pairs = 20;
  std::string filter;
} settings;

struct Timer {
  explicit Timer(int threads) : clock(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC), begin(now()) {}
  double seconds() const { return now() - begin; }

private:
  double now() const {
    timespec time;
    clock_gettime(clock, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
  }
  clockid_t clock;
  double begin;
};
} // namespace

static double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + long(values.size() / 2), values.end());
  return values[values.size() / 2];
}

static aimc::Pool *pool = nullptr; // of the measurement that runs

static aimc_status onPool(const aimc_driver_host *, int64_t count, aimc_status (*body)(void *, int64_t), void *context) {
  return pool->run(count, body, context);
}

static void check(aimc_status status, const Host &host) {
  if (status == AIMC_OK)
    return;
  fprintf(stderr, "%s\n", host.message.c_str());
  exit(1);
}

using Call = std::function<void()>;

/// Seconds of a call: one that stands for itself, or the mean of those that fill 20 ms after one that does not count.
static double secondsOf(int threads, bool steady, const Call &call) {
  constexpr double least = 0.02;
  if (steady)
    call();
  const Timer timer(threads);
  for (int calls = 1;; ++calls) {
    call();
    const double seconds = timer.seconds();
    if (!steady || seconds >= least)
      return seconds / calls;
  }
}

/// The product of M x K and K x N matrices by each library.
static std::vector<Call> floatProducts(int threads, int64_t M, int64_t N, int64_t K, const float *a, const float *b, float *c) {
  omp_set_num_threads(threads);
  std::vector<Call> calls = {[=] { dnnl_sgemm('N', 'N', M, N, K, 1.0f, a, K, b, N, 0.0f, c, N); }};
#if AIMC_HAVE_OPENBLAS
  openblas_set_num_threads(threads);
  calls.push_back([=] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(M), int(N), int(K), 1.0f, a, int(K), b, int(N), 0.0f, c, int(N));
  });
#endif
  return calls;
}

namespace {
/// Medians over the pairs.
struct Compared {
  double floatSeconds, layerSeconds, ratio;
};
} // namespace

static Compared compareTimes(int threads, bool steady, const std::vector<Call> &libraries, const Call &layer) {
  std::vector<double> floatTimes, layerTimes, ratios;
  for (int pair = 0; pair < settings.pairs; ++pair) {
    double seconds = INFINITY;
    for (const Call &library : libraries)
      seconds = std::min(seconds, secondsOf(threads, steady, library));
    floatTimes.push_back(seconds);
    layerTimes.push_back(secondsOf(threads, steady, layer));
    ratios.push_back(seconds / layerTimes.back());
  }
  return {median(floatTimes), median(layerTimes), median(ratios)};
}

static bool wanted(const std::string &name) { return name.find(settings.filter) != std::string::npos; }

/// Runs the layer described by `spec` on x, and sgemm of M x N x K, in turns.
static void compare(const std::string &name, const Spec &spec, aimc_fidelity fidelity, Array &x, Array &y, int64_t M) {
  std::vector<float> a = randomInputs(size_t(M * spec.K), 1, -1.0f, 1.0f);
  std::vector<float> b = randomInputs(size_t(spec.K * spec.N), 2, -1.0f, 1.0f);
  std::vector<float> c(size_t(M * spec.N));
  for (int threads : settings.threads) {
    std::shared_ptr<aimc::Pool> made = *aimc::Pool::create(threads);
    pool = made.get();
    Host host(spec);
    host.parallel = onPool;
    SimulatedChip chip(host, fidelity);
    const Call layer = [&] { check(chip.run(x, y), host); };
    const std::vector<Call> libraries = floatProducts(threads, M, spec.N, spec.K, a.data(), b.data(), c.data());
    const Compared steady = compareTimes(threads, true, libraries, layer),
                   turns = compareTimes(threads, false, libraries, layer);
    const double tiles = double(M) * double(spec.K) * double(spec.N) / 65536;
    printf("%-36s %d %10.3f %10.3f %8.3f %8.3f %10.0f\n", name.c_str(), threads, 1e3 * steady.floatSeconds,
           1e3 * steady.layerSeconds, steady.ratio, turns.ratio, tiles / steady.layerSeconds);
    fflush(stdout);
  }
}

static Spec layer(int64_t K, int64_t N) {
  Spec spec;
  spec.K = K;
  spec.N = N;
  spec.R = spec.C = 256;
  return spec;
}

static void matMul(const std::string &name, Spec spec, aimc_fidelity fidelity, int64_t M = 256) {
  if (!wanted(name))
    return;
  spec.fill(1);
  Array x({M, spec.K}), y({M, spec.N});
  x.data = randomInputs(x.data.size(), 1, spec.isSigned ? -1.0f : 0.0f, 1.0f);
  compare(name, spec, fidelity, x, y, M);
}

static void convolution(const std::string &name, int64_t channels, int64_t size, int64_t kernel, bool noisy) {
  if (!wanted(name))
    return;
  Spec spec;
  spec.N = channels;
  spec.R = spec.C = 256;
  const int64_t batch = 8;
  useConvolution(spec, channels, kernel, 1, kernel / 2);
  spec.isSigned = false;
  spec.v = 8;
  spec.programmingNoise = noisy;
  spec.outputNoise = noisy ? 0.5f : 0.0f;
  spec.fill(1);
  Array x({batch, channels, size, size}), y({batch, spec.N, size, size});
  x.data = randomInputs(x.data.size(), 1, 0.0f, 1.0f);
  compare(name, spec, noisy ? AIMC_NOISY : AIMC_QUANTIZED, x, y, batch * size * size);
}

static void layers() {
  printf("%-30s %s %10s %10s %8s %8s %10s\n", "layer", "threads", "sgemm ms", "layer ms", "steady", "turns", "mvm/s");
  matMul("noiseless 256x256x256", layer(256, 256), AIMC_QUANTIZED);
  matMul("noiseless 256x1024x1024", layer(1024, 1024), AIMC_QUANTIZED);
  {
    Spec spec = layer(1024, 1024);
    spec.isSigned = false;
    spec.v = 8;
    matMul("noiseless, inputs >= 0", spec, AIMC_QUANTIZED);
  }
  {
    Spec spec = layer(1024, 1024);
    spec.dynamic = true;
    matMul("noiseless, dynamic scale", spec, AIMC_QUANTIZED);
  }
  Spec noisy = layer(1024, 1024);
  noisy.programmingNoise = true;
  matMul("programming noise", noisy, AIMC_NOISY);
  noisy.outputNoise = 1.0f;
  matMul("programming and output noise", noisy, AIMC_NOISY);
  noisy.changeTarget = [](aimc::fb::TargetT &target) {
    target.read_noise = aimc::fb::ReadNoise::Proportional;
    target.read_magnitude = 0.02f;
  };
  matMul("programming, output and read noise", noisy, AIMC_NOISY);
  Spec sliced = layer(1024, 1024);
  sliced.c = 2;
  sliced.v = 1;
  sliced.isSigned = false;
  matMul("4 x 2 bits, bit serial", sliced, AIMC_QUANTIZED);
  sliced.programmingNoise = true;
  sliced.outputNoise = 1.0f;
  matMul("4 x 2 bits, bit serial, noise", sliced, AIMC_NOISY);
  matMul("exact", layer(1024, 1024), AIMC_EXACT);
  matMul("recurrent step, 1 sample", layer(128, 512), AIMC_QUANTIZED, 1);
  matMul("recurrent step, 32 samples", layer(128, 512), AIMC_QUANTIZED, 32);
  convolution("convolution 3x3, 16 of 28x28", 16, 28, 3, false);
  convolution("convolution 3x3, 64 of 28x28", 64, 28, 3, false);
  convolution("convolution 3x3, 64 of 28x28, noise", 64, 28, 3, true);
  convolution("convolution 1x1, 256 of 14x14", 256, 14, 1, false);
  convolution("convolution 3x3, 256 of 14x14", 256, 14, 3, false);
  convolution("convolution 3x3, 256 of 14x14, noise", 256, 14, 3, true);
}

/// 25 M weights in matrices of 1024 x 1024: programmed one after the other, as the layers of a network are.
static void programming(const std::string &name, bool noise, double seconds) {
  if (!wanted(name))
    return;
  Spec spec = layer(1024, 1024);
  spec.programmingNoise = noise;
  spec.fill(1);
  for (int threads : settings.threads) {
    std::shared_ptr<aimc::Pool> made = *aimc::Pool::create(threads);
    pool = made.get();
    Host host(spec);
    host.parallel = onPool;
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
      Timer timer(threads);
      SimulatedChip chip(host, AIMC_NOISY, 0, 0, 0, seconds, AIMC_COMPENSATE_TILE);
      check(chip.status, host);
      times.push_back(timer.seconds());
    }
    const double one = median(times);
    printf("%-34s %d %10.3f M weights/s, 25 M in %.2f s\n", name.c_str(), threads, 1e-6 * 1024 * 1024 / one,
           25e6 / (1024 * 1024) * one);
  }
}

/// GNU OpenMP, which reads its settings before main, lets its threads spin after a product of sgemm, on processors that the
/// layer's threads need. Asleep they make sgemm no slower.
static void letOpenMpSleep(char **argv) {
  if (getenv("OMP_WAIT_POLICY"))
    return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
  letOpenMpSleep(argv);
  for (int i = 1; i < argc; ++i) {
    if (!strncmp(argv[i], "--threads=", 10)) {
      settings.threads.clear();
      for (char *at = argv[i] + 10; *at; at += *at == ',')
        settings.threads.push_back(std::max(1, int(strtol(at, &at, 10))));
    } else if (!strncmp(argv[i], "--pairs=", 8)) {
      settings.pairs = std::max(1, atoi(argv[i] + 8));
    } else {
      settings.filter = argv[i];
    }
  }
  layers();
  programming("programming, no noise", false, 0);
  programming("programming, PCM", true, 0);
  programming("programming, PCM after a day", true, 86400);
  return 0;
}
