#include "Devices.h"
#include "Gaussian.h"

#include <math.h>

namespace aimc::simulator {

namespace {
/// sigma(u) = c0 + c1 u + c2 u^2 + c3 u^3 + c4 u^4 in microsiemens, u = target / Gmax, for devices whose Gmax is gReference; it
/// grows with Gmax.
struct ProgrammingModel {
  fb::DeviceModel model;
  float gReferenceMicrosiemens;
  float coefficients[5];
};

/// clip(a ln u + b) below the threshold, clip(c0 + c1 u + c2 u^2 + c3 u^3) from there on.
struct TwoPieces {
  float slope, offset, threshold, cubic[4], low, high;
};

/// Drift by g (T / t0)^-nu with T = t + t0 and nu = |mu(u) + spread(u) N|; 1/f noise g Qs(u) sqrt(ln((T + tr) / (2 tr))).
struct DriftModel {
  fb::DeviceModel model;
  double t0Seconds, readSeconds;
  TwoPieces mu, spread, flicker;
  bool flickerIsPower; // Qs = flicker.offset u^flicker.slope
};

/// Programming error at one of the times between which a model is tabulated.
struct TimedCoefficients {
  float seconds;
  float coefficients[5];
};
} // namespace

static constexpr float never = INFINITY;

static constexpr ProgrammingModel programmingModels[] = {
    // Joshi 2020, Nandakumar 2019; aihwkit noise/pcm.py
    {fb::DeviceModel::Pcm, 25.0f, {0.26348f, 1.9650f, -1.1731f, 0.0f, 0.0f}},
    // aihwkit noise/hermes.py: one device, and two that are programmed as one
    {fb::DeviceModel::PcmHermes, 10.35f, {0.15781817f, 2.32443916f, -2.16310839f, 0.68841818f, 0.0f}},
    {fb::DeviceModel::PcmHermesPair, 20.7f, {0.16603222f, 4.71806468f, -8.48101252f, 4.68961419f, 0.0f}},
    // one second after programming; Wan 2022; aihwkit noise/reram.py
    {fb::DeviceModel::RramNeurram, 40.0f, {0.348f, 16.030f, -43.853f, 45.393f, -16.815f}},
};

// The same RRAM later; the error grows linearly in ln t in between.
static constexpr TimedCoefficients neurramLater[] = {
    {1.0f, {0.348f, 16.030f, -43.853f, 45.393f, -16.815f}},
    {86400.0f, {0.701f, 22.086f, -50.773f, 47.095f, -16.458f}},
    {172800.0f, {0.782f, 20.274f, -43.507f, 37.062f, -11.934f}},
};

// The sources of the programming errors.
static constexpr DriftModel driftModels[] = {
    {fb::DeviceModel::Pcm, 20.0, 250e-9,
     {-0.0155f, 0.0244f, never, {}, 0.049f, 0.1f},
     {-0.0125f, -0.0059f, never, {}, 0.008f, 0.045f},
     {-0.65f, 0.0088f, never, {}, 0.0f, 0.2f}, true},
    {fb::DeviceModel::PcmHermes, 200.0, 512e-9,
     {-0.0387f, -0.0182f, 0.0945f, {0.0736f, -0.0126f, -0.0436f, 0.0f}, 0.072f, 0.13f},
     {-0.0120f, -0.0023f, 0.3039f, {0.0104f, 0.0116f, -0.0165f, 0.0f}, 0.0124f, 0.04f},
     {-0.0078f, 0.0038f, 0.1591f, {0.0088f, 0.0768f, -0.1352f, 0.0664f}, 0.0179f, 0.04f}, false},
    {fb::DeviceModel::PcmHermesPair, 300.0, 512e-9,
     {-0.0387f, -0.0182f, 0.0945f, {0.0736f, -0.0126f, -0.0436f, 0.0f}, 0.072f, 0.13f},
     {-0.0117f, -0.0057f, 0.3055f, {0.0073f, 0.0093f, -0.0118f, 0.0f}, 0.0091f, 0.04f},
     {-0.0117f, -0.0069f, 0.16f, {0.0123f, 0.0211f, -0.0280f, 0.0069f}, 0.015f, 0.04f}, false},
};

// CrossSim's RRAM of Milo: sigma = max(0, a + b G) in microsiemens of the conductance itself, measured within a range.
static constexpr float miloOffset = 4.782321f, miloSlope = -0.009107f, miloLowest = 50.0f, miloHighest = 225.0f;

static const ProgrammingModel *findModel(fb::DeviceModel model) {
  for (const ProgrammingModel &candidate : programmingModels)
    if (candidate.model == model)
      return &candidate;
  return nullptr;
}

static const DriftModel *findDrift(fb::DeviceModel model) {
  for (const DriftModel &candidate : driftModels)
    if (candidate.model == model)
      return &candidate;
  return nullptr;
}

static float polynomial(const float *c, float u) {
  return fma32(fma32(fma32(fma32(c[4], u, c[3]), u, c[2]), u, c[1]), u, c[0]);
}

static float evaluate(const TwoPieces &f, float u) {
  float value = u < f.threshold ? fma32(f.slope, logUnit(u), f.offset)
                                : fma32(fma32(fma32(f.cubic[3], u, f.cubic[2]), u, f.cubic[1]), u, f.cubic[0]);
  value = value < f.high ? value : f.high;
  return value > f.low ? value : f.low;
}

/// sigma(u) of the RRAM of NeuRRAM, in microsiemens at its own Gmax.
static float neurramSigma(float u, float seconds) {
  const TimedCoefficients *row = neurramLater;
  if (seconds <= row->seconds)
    return polynomial(row->coefficients, u);
  row += seconds > row[1].seconds;
  const float before = polynomial(row[0].coefficients, u), after = polynomial(row[1].coefficients, u);
  const float from = logUnit(row[0].seconds), to = logUnit(row[1].seconds);
  return fma32(after - before, (logUnit(seconds) - from) / (to - from), before);
}

bool hasDrift(fb::DeviceModel model) { return findDrift(model); }

double longestSeconds(fb::DeviceModel model) {
  if (findDrift(model))
    return INFINITY;
  return model == fb::DeviceModel::RramNeurram ? 172800.0 : 0.0;
}

bool hasProgrammingNoise(fb::DeviceModel model) { return findModel(model) || model == fb::DeviceModel::RramMilo; }

bool isWithinMeasuredRange(const fb::Target &target) {
  return target.device() != fb::DeviceModel::RramMilo || (target.g_min() >= miloLowest && target.g_max() <= miloHighest);
}

DigitTable digitTable(const fb::Target &target, uint32_t cellBits, const DeviceEffects &effects) {
  DigitTable table;
  const ProgrammingModel *model = effects.programming ? findModel(target.device()) : nullptr;
  const DriftModel *drift = effects.ages() ? findDrift(target.device()) : nullptr;
  const float full = float((1u << cellBits) - 1);
  const float gMax = target.g_max(), span = gMax - target.g_min();
  for (uint32_t digit = 0; digit < 1u << cellBits; ++digit) {
    const float g = target.g_min() + span * float(digit) / full, u = g / gMax;
    float sigma = 0.0f;
    if (model) {
      const bool later = model->model == fb::DeviceModel::RramNeurram && effects.ages();
      sigma = later ? neurramSigma(u, float(effects.seconds)) : polynomial(model->coefficients, u);
      sigma = sigma * (gMax / model->gReferenceMicrosiemens);
    } else if (effects.programming && target.device() == fb::DeviceModel::RramMilo) {
      sigma = fma32(miloSlope, g, miloOffset);
      sigma = sigma > 0.0f ? sigma : 0.0f;
    }
    table.target.push_back(g);
    table.sigma.push_back(sigma);
    if (drift) {
      const float floored = u > 1e-7f ? u : 1e-7f;
      table.mu.push_back(evaluate(drift->mu, floored));
      table.spread.push_back(evaluate(drift->spread, floored));
    }
  }
  return table;
}

Aging deviceAging(const fb::Target &target, const DeviceEffects &effects) {
  const DriftModel &model = *findDrift(target.device());
  Aging aging = {};
  const double later = effects.seconds + model.t0Seconds;
  if (effects.drift)
    aging.logTime = logUnit(float(later / model.t0Seconds));
  if (effects.flicker)
    aging.flicker = sqrtf(logUnit(float((later + model.readSeconds) / (2 * model.readSeconds))));
  aging.inverseGMax = 1.0f / target.g_max();
  const TwoPieces &flicker = model.flicker;
  aging.power = model.flickerIsPower;
  aging.threshold = flicker.threshold;
  aging.slope = flicker.slope;
  aging.offset = flicker.offset;
  for (int i = 0; i < 4; ++i)
    aging.cubic[i] = flicker.cubic[i];
  aging.low = flicker.low;
  aging.high = flicker.high;
  return aging;
}

} // namespace aimc::simulator
