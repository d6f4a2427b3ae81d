#include "Devices.h"
#include "Gaussian.h"

namespace aimc::simulator {

namespace {
/// sigma(u) = c0 + c1 u + c2 u^2 + c3 u^3 + c4 u^4 in microsiemens, u = target / Gmax, for devices whose Gmax is gReference; it
/// grows with Gmax.
struct ProgrammingModel {
  fb::DeviceModel model;
  float gReferenceMicrosiemens;
  float coefficients[5];
};
} // namespace

static constexpr ProgrammingModel programmingModels[] = {
    // Joshi 2020, Nandakumar 2019; aihwkit noise/pcm.py
    {fb::DeviceModel::Pcm, 25.0f, {0.26348f, 1.9650f, -1.1731f, 0.0f, 0.0f}},
    // one device; aihwkit noise/hermes.py
    {fb::DeviceModel::PcmHermes, 10.35f, {0.15781817f, 2.32443916f, -2.16310839f, 0.68841818f, 0.0f}},
    // one second after programming; Wan 2022; aihwkit noise/reram.py
    {fb::DeviceModel::RramNeurram, 40.0f, {0.348f, 16.030f, -43.853f, 45.393f, -16.815f}},
};

// CrossSim's RRAM of Milo: sigma = max(0, a + b G) in microsiemens of the conductance itself, measured within a range.
static constexpr float miloOffset = 4.782321f, miloSlope = -0.009107f, miloLowest = 50.0f, miloHighest = 225.0f;

static const ProgrammingModel *findModel(fb::DeviceModel model) {
  for (const ProgrammingModel &candidate : programmingModels)
    if (candidate.model == model)
      return &candidate;
  return nullptr;
}

bool hasProgrammingNoise(fb::DeviceModel model) { return findModel(model) || model == fb::DeviceModel::RramMilo; }

bool isWithinMeasuredRange(const fb::Target &target) {
  return target.device() != fb::DeviceModel::RramMilo || (target.g_min() >= miloLowest && target.g_max() <= miloHighest);
}

DigitTable digitTable(const fb::Target &target, uint32_t cellBits) {
  DigitTable table;
  const ProgrammingModel *model = findModel(target.device());
  const float full = float((1u << cellBits) - 1);
  const float gMax = target.g_max(), span = gMax - target.g_min();
  for (uint32_t digit = 0; digit < 1u << cellBits; ++digit) {
    float g = target.g_min() + span * float(digit) / full;
    float sigma = 0.0f;
    if (model) {
      float u = g / gMax;
      const float *c = model->coefficients;
      float polynomial = fma32(fma32(fma32(fma32(c[4], u, c[3]), u, c[2]), u, c[1]), u, c[0]);
      sigma = polynomial * (gMax / model->gReferenceMicrosiemens);
    } else if (target.device() == fb::DeviceModel::RramMilo) {
      sigma = fma32(miloSlope, g, miloOffset);
      sigma = sigma > 0.0f ? sigma : 0.0f;
    }
    table.target.push_back(g);
    table.sigma.push_back(sigma);
  }
  return table;
}

} // namespace aimc::simulator
