// One-layer models in memory, a host that lends them to the driver, and the chain of docs/numerics.md written plainly.
#ifndef AIMC_TEST_SIMULATOR_SUPPORT_H
#define AIMC_TEST_SIMULATOR_SUPPORT_H

#include "Wires.h"

#include "aimc/aimc_generated.h"
#include "aimc/driver.h"

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace aimc::test {

/// Where one slice and polarity of a tile lies, as in runtime/schema/aimc.fbs.
struct Placement {
  uint32_t row_tile, column_tile, slice, polarity, array, row, column, rows, columns, column_stride;
};

/// A layer's numbers, named as in docs/numerics.md.
struct Spec {
  int64_t G = 1, K = 5, N = 3, R = 4, C = 2;
  int bw = 8, c = 7;
  bool offset = false, unitColumn = false;
  int bx = 8, v = 7;
  bool isSigned = true;
  int B = 8; // 0: ideal
  bool adcUnsigned = false;
  bool dynamic = false;
  float alpha = 1.0f;
  std::vector<float> tileAlpha;                       // [T], empty: alpha
  std::vector<int> levels;                            // [G, K, N]
  std::vector<float> weightScale;                     // [G, T, N]
  std::vector<float> reference;                       // [G, K, N], empty: stripped
  std::vector<float> adcRange;                        // [G, T, N, S]
  std::vector<float> bias, affineScale, affineOffset; // [G, N] or empty
  uint32_t crossbarTileBase = 0, dispatchTileBase = 0;

  // target
  aimc::fb::DeviceModel device = aimc::fb::DeviceModel::Pcm;
  float gMin = 0.0f, gMax = 25.0f;
  uint32_t F = 1;
  bool programmingNoise = false;
  float outputNoise = 0.0f;
  uint32_t arrayRows = 0, arrayColumns = 0;
  float wireOhm = 0.0f;
  aimc::fb::IrDrop irDrop = aimc::fb::IrDrop::None;
  std::vector<Placement> placements;
  std::function<void(aimc::fb::TargetT &)> changeTarget; // whatever else the target says; empty: nothing
  std::function<void(aimc::fb::ModelT &)> changeModel;   // likewise, at the end

  // how rows read x and write y; empty: x [M, G * K], y [M, G * N]
  std::vector<int64_t> kSizes, xOffsets, xCoefficients, yOffsets, yCoefficients;
  uint32_t rowDims = 1;
  uint64_t scaleDims = 1;
  int32_t batchDim = 0;
  int64_t batchOuter = 1, batchInner = 1;

  int64_t T() const { return (K + R - 1) / R; }
  int64_t columnTiles() const { return (N + C - 1) / C; }
  int S() const { return (bw - (offset ? 0 : 1) + c - 1) / c; }
  int V() const { return (bx - (isSigned ? 1 : 0) + v - 1) / v; }
  int L() const { return (1 << (bw - 1)) - 1; }
  int Q() const { return isSigned ? (1 << (bx - 1)) - 1 : (1 << bx) - 1; }

  /// Levels, scales, ADC ranges that clip a little, references and bias, drawn at random.
  void fill(uint32_t seed);
};

/// One tile of K x N behind an ideal ADC, filled, without a bias.
Spec oneTile(int64_t K, int64_t N, uint32_t seed = 1);

/// The default maps: x [M, G * K], y [M, G * N].
void useMatMul(Spec &spec);

/// NCHW convolution, one matrix per group: x [B, G * channels, H, W], y [B, G * N, OH, OW]. Sets K and the maps.
void useConvolution(Spec &spec, int64_t channels, int64_t kernel, int64_t stride, int64_t padding);

/// A dense or strided float array.
struct Array {
  std::vector<int64_t> sizes, strides;
  std::vector<float> data;
  explicit Array(std::vector<int64_t> dims);
  aimc_buffer buffer();
};

/// A host for one model; threads work in `threads` std::threads.
class Host : public aimc_driver_host {
public:
  explicit Host(const Spec &spec, int threads = 1);
  std::string message; // of the last failure
  int threads;
  std::vector<uint8_t> metadata;
  std::vector<uint8_t> blobs;
};

/// The model programmed on the simulator.
class SimulatedChip {
public:
  SimulatedChip(Host &host, aimc_fidelity fidelity, uint32_t seed = 0, uint32_t trial = 0, uint32_t disabledEffects = 0,
                double seconds = 0, aimc_compensation compensation = AIMC_COMPENSATE_NONE);
  ~SimulatedChip();
  aimc_status run(Array &x, Array &y, int64_t invocation = 0, const aimc_run_options *options = nullptr,
                  aimc_finish *finish = nullptr);
  aimc_statistics statistics();
  aimc_status status; // of programming
private:
  const aimc_driver *driver;
  void *chip = nullptr, *scratch = nullptr;
};

/// A chip programmed for one run. What is not said is noisy, seed and trial 0, at once after programming, on one thread.
class OneRun {
public:
  /// Keeps the address of `spec`.
  explicit OneRun(const Spec &spec, aimc_fidelity fidelity = AIMC_NOISY) : spec(&spec), fidelity(fidelity) {}
  OneRun &seed(uint32_t value) { return chipSeed = value, *this; }
  OneRun &trial(uint32_t value) { return chipTrial = value, *this; }
  OneRun &threads(int count) { return hostThreads = count, *this; }
  OneRun &firstSample(int64_t index) { return sampleOffset = index, *this; }
  OneRun &disable(uint32_t effects) { return disabled = effects, *this; } // bits 1 << aimc_effect
  OneRun &without(aimc_effect effect) { return disable(1u << effect); }
  OneRun &after(double time, aimc_compensation kind = AIMC_COMPENSATE_NONE) {
    return seconds = time, compensation = kind, *this;
  }

  /// y [M, G * N] of x [M, G * K]; a failure fails the test.
  std::vector<float> outputs(const std::vector<float> &x) const;
  /// The same from batches of up to `rows` samples, a sample a row.
  std::vector<float> outputsInBatches(const std::vector<float> &x, int64_t rows) const;
  /// Why the chip cannot be programmed; a chip that can be, or another status, fails the test.
  std::string refusal(aimc_status expected = AIMC_UNSUPPORTED) const;

private:
  const Spec *spec;
  aimc_fidelity fidelity;
  uint32_t chipSeed = 0, chipTrial = 0, disabled = 0;
  int hostThreads = 1;
  int64_t sampleOffset = 0;
  double seconds = 0;
  aimc_compensation compensation = AIMC_COMPENSATE_NONE;
};

/// Calls `body` with the name of every instruction set of this machine, the simulator using that one.
void onEveryInstructionSet(const std::function<void(const char *)> &body);

/// What the chain gives for the gathered inputs of one group.
struct Expected {
  std::vector<float> y;       // [M, N]
  std::vector<int32_t> codes; // [M, T, N, S, V]
};

/// The noiseless chain for rows x [M, K], input scales alpha [M], with Spec::tileAlpha [M, T]; `idealAdc` as in the run
/// options.
Expected reference(const Spec &spec, int64_t group, const std::vector<float> &x, const std::vector<float> &alpha,
                   bool idealAdc = false);

/// max |x| of each row.
std::vector<float> rowMaxima(const std::vector<float> &x, int64_t columns);

/// Everything the observer is told, concatenated by group.
struct Observations {
  std::vector<std::vector<float>> x, alpha, y;
  std::vector<std::vector<int32_t>> codes;
  explicit Observations(const Spec &spec) : x(spec.G), alpha(spec.G), y(spec.G), codes(spec.G), spec(spec) {}
  aimc_run_options options(uint32_t observe = 15);
  const Spec &spec;
  std::vector<int64_t> order; // group * 10^9 + first row, as they came
};

/// The transfer matrix of an array by Gauss elimination of its node equations, all row drives at once.
std::vector<double> eliminatedTransfer(const simulator::WireArray &array);

std::vector<float> randomInputs(size_t count, uint32_t seed, float low, float high);

/// `size` inputs of 1, one a row.
std::vector<float> identity(int64_t size);

struct Moments {
  double count, mean = 0, deviation = 0; // of the sample, not of what it was drawn from
  explicit Moments(const std::vector<double> &values);
  explicit Moments(const std::vector<float> &values) : Moments(std::vector<double>(values.begin(), values.end())) {}
};

} // namespace aimc::test

#endif
