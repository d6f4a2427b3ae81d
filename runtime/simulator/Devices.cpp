#include "Devices.h"
#include "Gaussian.h"

namespace aimc::simulator {

namespace {
/// sigma(u) = c0 + c1 u + c2 u^2 + c3 u^3 + c4 u^4 in microsiemens at gRefMicrosiemens, u = target / Gmax.
struct ProgrammingModel {
  fb::DeviceModel model;
  float gRefMicrosiemens;
  float coefficients[5];
};
} // namespace

static constexpr ProgrammingModel programmingModels[] = {
    // Joshi 2020, Nandakumar 2019; aihwkit noise/pcm.py
    {fb::DeviceModel::Pcm, 25.0f, {0.26348f, 1.9650f, -1.1731f, 0.0f, 0.0f}},
};

static const ProgrammingModel *findModel(fb::DeviceModel model) {
  for (const ProgrammingModel &candidate : programmingModels)
    if (candidate.model == model)
      return &candidate;
  return nullptr;
}

bool hasProgrammingNoise(fb::DeviceModel model) { return findModel(model) != nullptr; }

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
      sigma = fma32(fma32(fma32(fma32(c[4], u, c[3]), u, c[2]), u, c[1]), u, c[0]) * (gMax / model->gRefMicrosiemens);
    }
    table.target.push_back(g);
    table.sigma.push_back(sigma);
  }
  return table;
}

} // namespace aimc::simulator
