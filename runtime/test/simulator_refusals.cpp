// What the simulator does not take, each with its message: a sound layer and one change.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <math.h>

using namespace aimc::test;
namespace fb = aimc::fb;

namespace {
/// A change to a layer of 5 x 3 weights in tiles of 4 x 2, and what is then said of it.
struct Refusal {
  const char *message;
  void (*change)(Spec &);
  aimc_status status = AIMC_INVALID_MODEL;
  aimc_fidelity fidelity = AIMC_QUANTIZED;
};
} // namespace

/// Another crossbar or dispatch than Spec can say.
#define CROSSBAR(...)                                                                                                          \
  [](Spec &s) {                                                                                                                \
    s.changeModel = [](fb::ModelT &m) {                                                                                        \
      fb::CrossbarT &crossbar = *m.crossbars[0];                                                                               \
      __VA_ARGS__;                                                                                                             \
    };                                                                                                                         \
  }
#define DISPATCH(...)                                                                                                          \
  [](Spec &s) {                                                                                                                \
    s.changeModel = [](fb::ModelT &m) {                                                                                        \
      fb::DispatchT &dispatch = *m.dispatches[0];                                                                              \
      __VA_ARGS__;                                                                                                             \
    };                                                                                                                         \
  }
#define TARGET(...) [](Spec &s) { s.changeTarget = [](fb::TargetT &target) { __VA_ARGS__; }; }

static const Refusal refusals[] = {
    // crossbars
    {"layer: a crossbar without rows, columns or groups", CROSSBAR(crossbar.tile_rows = 0)},
    {"layer: 17-bit weights in 7-bit cells; the simulator takes 2..16 and 1..14 bits", CROSSBAR(crossbar.weight_bits = 17),
     AIMC_UNSUPPORTED},
    {"layer: 3 x 2 tiles and 1 slices; its matrix needs 2 x 2 and 1", CROSSBAR(crossbar.row_tiles = 3)},
    {"layer: tiles of 70000 rows; the simulator's sums hold 65793", [](Spec &s) { s.K = s.R = 70000; }, AIMC_UNSUPPORTED},
    {"layer: tile numbers beyond 2^24", [](Spec &s) { s.crossbarTileBase = (1u << 24) - 2; }, AIMC_UNSUPPORTED},
    {"layer: levels or weight scales are absent", [](Spec &s) { s.weightScale.clear(); }},
    {"layer: weight_scale has 20 bytes, its shape needs 24", [](Spec &s) { s.weightScale.pop_back(); }},
    {"layer: level -128; 8-bit weights go from -127 to 127", [](Spec &s) { s.levels[2] = -128; }},
    // how rows read x and write y
    {"layer: more than 32 loop dimensions", DISPATCH(dispatch.row_dims = 31), AIMC_UNSUPPORTED},
    {"layer: K dimension of size 7, the matrix has 5 rows", DISPATCH(dispatch.k_sizes = {7})},
    {"layer: K dimensions hold 4 elements, the matrix has 5 rows", DISPATCH(dispatch.k_sizes = {2, 2})},
    {"layer: index map of the wrong shape", DISPATCH(dispatch.x->coefficients.pop_back())},
    {"layer: no axis of the result is row dimension 0 alone", DISPATCH(dispatch.y->coefficients[0] = 2)},
    {"layer: batch dimension 1 of 1 row dimensions (outer 1, inner 1)", [](Spec &s) { s.batchDim = 1; }},
    {"layer: crossbar 1 of 1", DISPATCH(dispatch.crossbar = 1)},
    {"layer: tile numbers beyond 2^24", [](Spec &s) { s.dispatchTileBase = (1u << 24) - 2; }, AIMC_UNSUPPORTED},
    // input converters
    {"layer: 17-bit inputs in slices of 7 bits; the simulator takes 1..16 (2..16 signed)", DISPATCH(dispatch.input_bits = 17),
     AIMC_UNSUPPORTED},
    {"layer: 2 input slices, 7 bits in slices of 7 need 1", DISPATCH(dispatch.input_slices = 2)},
    {"layer: signed input slices of 8 bits; the simulator's have up to 7", [](Spec &s) { s.bx = 9, s.v = 8; },
     AIMC_UNSUPPORTED},
    {"layer: input scale -1", [](Spec &s) { s.alpha = -1.0f; }},
    {"layer: 1 input scales of row tiles, there are 2", [](Spec &s) { s.tileAlpha = {1.0f}; }},
    {"layer: 2 input scales of row tiles, there are 2, measured at run time",
     [](Spec &s) { s.dynamic = true, s.tileAlpha = {1.0f, 1.0f}; }},
    {"layer: input scale -2", [](Spec &s) { s.tileAlpha = {1.0f, -2.0f}; }},
    {"layer: tiles of 40000 rows; sums of input digits up to 255 leave 32 bits",
     [](Spec &s) { s.K = s.R = 40000, s.N = s.C = 1, s.isSigned = false, s.v = 8, s.fill(1); }, AIMC_UNSUPPORTED},
    // output converters
    {"layer: 23-bit ADC; the simulator takes 2..22", [](Spec &s) { s.B = 23; }, AIMC_UNSUPPORTED},
    {"layer: an ADC of 8 bits without ranges", [](Spec &s) { s.adcRange.clear(); }},
    {"layer: compiled for an ideal ADC, so that one of 6 bits has no ranges; compile it with adc.bits",
     [](Spec &s) { s.B = 0, s.changeTarget = [](fb::TargetT &target) { target.adc_bits = 6; }; }, AIMC_INVALID_ARGUMENT},
    {"layer: an unsigned ADC needs offset encoding and inputs >= 0", [](Spec &s) { s.adcUnsigned = true; }},
    {"layer: ADC range 0 of column 1, slice 0, row tile 0", [](Spec &s) { s.adcRange[1] = 0.0f; }},
    {"layer: an ADC of 14 bits; thresholds of at most 12 bits are simulated one by one, disable adc-linearity",
     [](Spec &s) { s.B = 14, s.changeTarget = [](fb::TargetT &target) { target.dnl = 0.1f; }; }, AIMC_UNSUPPORTED, AIMC_NOISY},
    // devices
    {"target test: conductances from 0 to 0 microsiemens, 1 devices per weight", TARGET(target.g_max = 0), AIMC_INVALID_MODEL,
     AIMC_NOISY},
    {"target test: residual pairs have no place in arrays whose wires drop; leave out device.residual or wires.ir_drop: exact",
     TARGET(target.residual = 0.1f, target.wire_resistance = 1, target.ir_drop = fb::IrDrop::Exact), AIMC_UNSUPPORTED,
     AIMC_NOISY},
    {"crossbars without a target", [](Spec &s) { s.changeModel = [](fb::ModelT &m) { m.target = nullptr; }; }},
};

TEST(Refusals, AreNamedWithTheirNumbers) {
  for (const Refusal &refusal : refusals) {
    Spec spec;
    spec.fill(1);
    refusal.change(spec);
    EXPECT_EQ(OneRun(spec, refusal.fidelity).refusal(refusal.status), refusal.message);
  }
}

namespace {
/// The layer's maps changed so that they are sound but do not fit x [2, 5] and y [2, 3].
struct Misfit {
  const char *message;
  void (*change)(Spec &);
  std::vector<int64_t> x = {2, 5}, y = {2, 3};
};
} // namespace

static const int64_t far = int64_t(1) << 40;

static const Misfit misfits[] = {
    {"layer: a result of rank 1, the index map has 2 axes", [](Spec &) {}, {2, 5}, {6}},
    {"layer: an input of rank 3, the index map has 2 axes", [](Spec &) {}, {2, 5, 1}},
    {"layer: results reach beyond axis 1 of size 2", [](Spec &) {}, {2, 5}, {2, 2}},
    {"layer: index map reaches too far along axis 1 of the input",
     [](Spec &s) { s.K = s.R = 40, s.fill(1), useMatMul(s), s.xCoefficients[5] = far; }},
    {"layer: index map reaches too far along axis 0 of the input",
     [](Spec &s) { s.xCoefficients[0] = s.xCoefficients[5] = far / 4096; }},
    {"layer: index map reaches too many elements of the input",
     [](Spec &s) { s.G = 4, s.dynamic = true, s.fill(1), s.xCoefficients[5] = far, s.yCoefficients[4] = 0; }},
    {"layer: 2 rows along the batch dimension are no multiple of 1 x 3", [](Spec &s) { s.batchInner = 3; }},
};

TEST(Refusals, ArraysThatDoNotFitTheMaps) {
  for (const Misfit &misfit : misfits) {
    SCOPED_TRACE(misfit.message);
    Spec spec;
    spec.fill(1);
    useMatMul(spec);
    misfit.change(spec);
    Host host(spec);
    SimulatedChip chip(host, AIMC_QUANTIZED);
    Array x(misfit.x), y(misfit.y);
    EXPECT_EQ(chip.run(x, y), AIMC_FAILED);
    EXPECT_EQ(host.message, misfit.message);
  }
}

TEST(Refusals, OptionsThatDoNotGoTogether) {
  Spec spec;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_NOISY);
  Array x({1, spec.K}), y({1, spec.N});
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  options.ideal_adc = true;
  EXPECT_EQ(chip.run(x, y, 0, &options), AIMC_INVALID_ARGUMENT);
  EXPECT_EQ(host.message, "layer: ideal_adc goes with fidelity quantized only");
}

TEST(Refusals, AnObserverCanEndTheRun) {
  Spec spec;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({2, spec.K}), y({2, spec.N});
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  options.observe = AIMC_OBSERVE_Y;
  options.observer = [](void *, const aimc_observation *) { return AIMC_IO; };
  EXPECT_EQ(chip.run(x, y, 0, &options), AIMC_IO);
  EXPECT_EQ(host.message, "layer: the observer ended the run");
}
