#include "Devices.h"
#include "Elementary.h"

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
    {fb::DeviceModel::Pcm,
     20.0,
     250e-9,
     {-0.0155f, 0.0244f, never, {}, 0.049f, 0.1f},
     {-0.0125f, -0.0059f, never, {}, 0.008f, 0.045f},
     {-0.65f, 0.0088f, never, {}, 0.0f, 0.2f},
     true},
    {fb::DeviceModel::PcmHermes,
     200.0,
     512e-9,
     {-0.0387f, -0.0182f, 0.0945f, {0.0736f, -0.0126f, -0.0436f, 0.0f}, 0.072f, 0.13f},
     {-0.0120f, -0.0023f, 0.3039f, {0.0104f, 0.0116f, -0.0165f, 0.0f}, 0.0124f, 0.04f},
     {-0.0078f, 0.0038f, 0.1591f, {0.0088f, 0.0768f, -0.1352f, 0.0664f}, 0.0179f, 0.04f},
     false},
    {fb::DeviceModel::PcmHermesPair,
     300.0,
     512e-9,
     {-0.0387f, -0.0182f, 0.0945f, {0.0736f, -0.0126f, -0.0436f, 0.0f}, 0.072f, 0.13f},
     {-0.0117f, -0.0057f, 0.3055f, {0.0073f, 0.0093f, -0.0118f, 0.0f}, 0.0091f, 0.04f},
     {-0.0117f, -0.0069f, 0.16f, {0.0123f, 0.0211f, -0.0280f, 0.0069f}, 0.015f, 0.04f},
     false},
};

// SONOS flash, its current in nA: sigma = A (1 - exp(-I / B)) after 0 to 5 days, linear in t in between, as is the mean shift
// sum_i p_i I^i after 1 to 5 days. Agrawal, IEDM 2022, figure 10; fitted in CrossSim's SONOS.py.
static constexpr struct {
  float a, b;
} sonosDays[] = {{19.88665f, 176.3115f},  {25.59102f, 186.85544f}, {28.72753f, 193.56834f},
                 {31.04318f, 198.90332f}, {33.76214f, 204.77023f}, {34.57909f, 207.34309f}};
static constexpr double sonosShift[5][11] = {
    {0.172684, 0.0572552, -0.000685715, 3.50271e-06, -9.37682e-09, 1.40575e-11, -1.19803e-14, 5.41293e-18, -8.85448e-22,
     -1.66869e-25, 5.9518e-29},
    {0.250712, 0.0662195, -0.000683218, 2.99442e-06, -6.78255e-09, 7.70482e-12, -3.04983e-15, -2.15919e-18, 2.94617e-21,
     -1.23359e-24, 1.85329e-28},
    {-0.01753, 0.0976883, -0.000963791, 4.55551e-06, -1.22391e-08, 1.93786e-11, -1.85899e-14, 1.07659e-17, -3.58211e-21,
     5.96785e-25, -3.3041e-29},
    {0.0403338, 0.103111, -0.0010474, 4.83961e-06, -1.28132e-08, 1.99484e-11, -1.85139e-14, 1.00008e-17, -2.84944e-21,
     3.01008e-25, 1.18747e-29},
    {0.319927, 0.106596, -0.00104054, 4.5029e-06, -1.10352e-08, 1.56477e-11, -1.27592e-14, 5.45513e-18, -7.26841e-22,
     -2.43893e-25, 7.14608e-29},
};
static constexpr float sonosNanoamperes = 1000.0f;                            // of a conductance of 1 microsiemens: read at 1 V
static constexpr float sonosReadTop = 12.58037f, sonosReadScale = 215.36557f; // nanoamperes
static constexpr float sonosLargest = 3.2f, sonosLargestLater = 1.8f;         // microsiemens

// CrossSim's RRAM of Milo: sigma = max(0, a + b G) in microsiemens of the conductance itself, measured within a range.
static constexpr float miloOffset = 4.782321f, miloSlope = -0.009107f, miloLowest = 50.0f, miloHighest = 225.0f;

static bool isGeneric(fb::DeviceModel model) { return model >= fb::DeviceModel::NormalIndependent; }

/// Magnitude of a generic device's error at conductance g, in microsiemens.
static float genericSigma(fb::DeviceModel model, float magnitude, float g, float gMax) {
  switch (model) {
  case fb::DeviceModel::NormalIndependent:
  case fb::DeviceModel::UniformIndependent:
    return magnitude * gMax;
  case fb::DeviceModel::NormalProportional:
  case fb::DeviceModel::UniformProportional:
    return magnitude * g;
  default: // inverse
    return g > 0.0f ? magnitude * (gMax * (gMax / g)) : 0.0f;
  }
}

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

static double sonosShiftAt(int day, double current) {
  if (day == 0)
    return 0.0;
  double sum = 0.0;
  for (int i = 10; i >= 0; --i)
    sum = sum * current + sonosShift[day - 1][i];
  return sum;
}

/// Moves the target conductance to its mean at that time and returns sigma there, in microsiemens.
static float sonosSigma(double seconds, float &target) {
  const double days = seconds / 86400.0;
  const int day = days < 5.0 ? int(days) : 4;
  const double part = days - day, current = double(target) * double(sonosNanoamperes);
  const double early = sonosShiftAt(day, current), late = sonosShiftAt(day + 1, current);
  const double shifted = current + (early + part * (late - early));
  target = float(shifted / double(sonosNanoamperes));
  auto sigma = [&](int index) { return double(sonosDays[index].a * (1.0f - expOf(-float(shifted) / sonosDays[index].b))); };
  const double before = sigma(day), after = sigma(day + 1);
  const float deviation = float((before + part * (after - before)) / double(sonosNanoamperes));
  return deviation > 0.0f ? deviation : 0.0f;
}

bool hasReadNoise(fb::DeviceModel model) { return model == fb::DeviceModel::Sonos; }

ReadDeviation readDeviation(const fb::Target &target) {
  ReadDeviation read = {};
  if (target.read_noise() == fb::ReadNoise::Independent)
    read.constant = target.read_magnitude() * target.g_max();
  else if (target.read_noise() == fb::ReadNoise::Proportional)
    read.slope = target.read_magnitude();
  else if (target.read_noise() == fb::ReadNoise::Device && target.device() == fb::DeviceModel::Sonos)
    read.top = sonosReadTop / sonosNanoamperes, read.rate = sonosNanoamperes / sonosReadScale;
  return read;
}

bool hasDrift(fb::DeviceModel model) { return findDrift(model); }

double longestSeconds(fb::DeviceModel model) {
  if (findDrift(model))
    return INFINITY;
  return model == fb::DeviceModel::RramNeurram ? 172800.0 : model == fb::DeviceModel::Sonos ? 432000.0 : 0.0;
}

bool hasUniformErrors(fb::DeviceModel model) { return model >= fb::DeviceModel::UniformIndependent; }

MeasuredRange measuredRange(fb::DeviceModel model, double seconds) {
  if (model == fb::DeviceModel::RramMilo)
    return {miloLowest, miloHighest};
  if (model == fb::DeviceModel::Sonos)
    return {0.0f, seconds > 0 ? sonosLargestLater : sonosLargest};
  return {0.0f, INFINITY};
}

DigitTable digitTable(const fb::Target &target, uint32_t cellBits, const DeviceEffects &effects) {
  DigitTable table;
  const ProgrammingModel *model = effects.programming ? findModel(target.device()) : nullptr;
  const DriftModel *drift = effects.ages() ? findDrift(target.device()) : nullptr;
  const float full = float((1u << cellBits) - 1);
  const float gMax = target.g_max(), span = gMax - target.g_min();
  for (uint32_t digit = 0; digit < 1u << cellBits; ++digit) {
    float g = target.g_min() + span * float(digit) / full;
    const float u = g / gMax;
    float sigma = 0.0f;
    if (model) {
      const bool later = model->model == fb::DeviceModel::RramNeurram && effects.ages();
      sigma = later ? neurramSigma(u, float(effects.seconds)) : polynomial(model->coefficients, u);
      sigma = sigma * (gMax / model->gReferenceMicrosiemens);
    } else if (effects.programming && isGeneric(target.device())) {
      sigma = genericSigma(target.device(), target.magnitude(), g, gMax);
    } else if (effects.programming && target.device() == fb::DeviceModel::RramMilo) {
      sigma = fma32(miloSlope, g, miloOffset);
      sigma = sigma > 0.0f ? sigma : 0.0f;
    } else if (effects.programming && target.device() == fb::DeviceModel::Sonos) {
      sigma = sonosSigma(effects.ages() ? effects.seconds : 0.0, g);
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
