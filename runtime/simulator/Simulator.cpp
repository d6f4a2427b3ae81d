#include "Simulator.h"
#include "Chip.h"
#include "Effects.h"

#include <new>

using namespace aimc::simulator;
namespace fb = aimc::fb;

/// A target that wants its devices' own read noise needs a model that has some.
static aimc_status checkReadNoise(const aimc_driver_host *host, const fb::Target &target, const Effects &effects) {
  if (!effects.isOn(AIMC_EFFECT_READ_NOISE) || target.read_noise() != fb::ReadNoise::Device || hasReadNoise(target.device()))
    return AIMC_OK;
  return fail(host, AIMC_UNSUPPORTED,
              "target %s: nothing is known of the read noise of %s devices; let noise.read be independent or proportional, or "
              "disable read-noise",
              target.name()->c_str(), fb::EnumNameDeviceModel(target.device()));
}

/// Devices that do not change with time say so.
static aimc_status checkTime(const aimc_driver_host *host, const fb::Target &target, double seconds) {
  const double longest = longestSeconds(target.device());
  const char *model = fb::EnumNameDeviceModel(target.device());
  if (longest == 0)
    return fail(host, AIMC_UNSUPPORTED, "target %s: %s devices do not change with time; leave the time at 0",
                target.name()->c_str(), model);
  if (seconds > longest)
    return fail(host, AIMC_UNSUPPORTED, "target %s: %s devices were measured for %g s after programming, not for %g s",
                target.name()->c_str(), model, longest, seconds);
  return AIMC_OK;
}

/// The chip's devices are such as the effects that are on have models of.
static aimc_status checkDevices(const aimc_driver_host *host, const fb::Target &target, const Effects &effects,
                                const aimc_chip_options &options) {
  if (aimc_status status = checkReadNoise(host, target, effects))
    return status;
  const bool conducts = target.device() != fb::DeviceModel::Ideal || effects.isOn(AIMC_EFFECT_STUCK) ||
                        effects.isOn(AIMC_EFFECT_IR_DROP) || effects.isOn(AIMC_EFFECT_READ_NOISE);
  if (options.fidelity != AIMC_EXACT && conducts &&
      (!(target.g_max() > target.g_min()) || !(target.g_min() >= 0.0f) || target.devices_per_weight() < 1 ||
       target.devices_per_weight() > 1024))
    return fail(host, AIMC_INVALID_MODEL, "target %s: conductances from %g to %g microsiemens, %u devices per weight",
                target.name()->c_str(), double(target.g_min()), double(target.g_max()), target.devices_per_weight());
  if (options.fidelity == AIMC_NOISY && options.time_seconds > 0)
    if (aimc_status status = checkTime(host, target, options.time_seconds))
      return status;
  const MeasuredRange range = measuredRange(target.device(), options.time_seconds);
  if (effects.isOn(AIMC_EFFECT_PROGRAMMING) && (target.g_min() < range.lowest || target.g_max() > range.highest))
    return fail(host, AIMC_UNSUPPORTED, "target %s: %s devices were measured from %g to %g microsiemens, not from %g to %g",
                target.name()->c_str(), fb::EnumNameDeviceModel(target.device()), double(range.lowest), double(range.highest),
                double(target.g_min()), double(target.g_max()));
  return AIMC_OK;
}

/// A second pair for every cell needs two polarities, and arrays without wires.
static aimc_status checkResidual(const aimc_driver_host *host, const fb::Model &model, const fb::Target &target,
                                 const Effects &effects) {
  if (effects.isOn(AIMC_EFFECT_IR_DROP) && target.ir_drop() == fb::IrDrop::Exact)
    return fail(host, AIMC_UNSUPPORTED,
                "target %s: residual pairs have no place in arrays whose wires drop; leave out "
                "device.residual or wires.ir_drop: exact",
                target.name()->c_str());
  for (const fb::Crossbar *crossbar : *model.crossbars())
    if (crossbar->encoding() == fb::Encoding::Offset)
      return fail(host, AIMC_UNSUPPORTED, "%s: a residual pair needs two polarities, its cells have offset encoding",
                  crossbar->node()->c_str());
  return AIMC_OK;
}

static ProgramOptions programOptions(const aimc_driver_host *host, const Chip &chip, const fb::Target &target,
                                     const Effects &effects, const aimc_chip_options &options) {
  ProgramOptions program = {};
  program.host = host;
  program.kernels = &chip.isa->kernels();
  program.gemm = &chip.isa->gemm();
  program.seed = options.seed;
  program.trial = options.trial;
  program.packed = chip.fidelity != AIMC_EXACT;
  program.effects.programming = effects.isOn(AIMC_EFFECT_PROGRAMMING);
  program.effects.stuck = effects.isOn(AIMC_EFFECT_STUCK);
  program.effects.read = effects.isOn(AIMC_EFFECT_READ_NOISE);
  program.effects.drift = effects.isOn(AIMC_EFFECT_DRIFT);
  program.effects.flicker = effects.isOn(AIMC_EFFECT_FLICKER);
  program.effects.seconds = options.time_seconds;
  program.compensation = options.compensation;
  if (effects.isOn(AIMC_EFFECT_IR_DROP) && target.wire_resistance() > 0) {
    const double ohm = double(target.wire_resistance());
    if (target.ir_drop() == fb::IrDrop::Exact)
      program.wireOhm = ohm;
    else
      program.wireRatio = 1e6 / (ohm * double(target.devices_per_weight()) * double(target.g_max()));
  }
  return program;
}

static aimc_status readModel(const aimc_driver_host *host, const aimc_chip_options &options, Chip &chip) {
  const fb::Model &model = *fb::GetModel(host->metadata);
  const fb::Target *target = host->target ? static_cast<const fb::Target *>(host->target) : model.target();
  if (!target) {
    if (model.crossbars()->size() || model.dispatches()->size())
      return fail(host, AIMC_INVALID_MODEL, "crossbars without a target");
    return AIMC_OK;
  }
  const Effects effects(*target, options);
  if (aimc_status status = checkDevices(host, *target, effects, options))
    return status;
  if (chip.fidelity == AIMC_NOISY && target->residual() > 0)
    if (aimc_status status = checkResidual(host, model, *target, effects))
      return status;
  // Layers point into this vector.
  chip.crossbars = std::vector<Crossbar>(model.crossbars()->size());
  for (uint32_t i = 0; i < model.crossbars()->size(); ++i)
    if (aimc_status status = readCrossbar(host, *model.crossbars()->Get(i), chip.crossbars[i]))
      return status;
  // Noise of inputs is drawn in the order of the matrix.
  if (chip.fidelity != AIMC_EXACT && !effects.isOn(AIMC_EFFECT_INPUT_NOISE))
    orderRows(model, chip.crossbars);
  if (aimc_status status = programCrossbars(programOptions(host, chip, *target, effects, options), *target, chip.crossbars))
    return status;
  for (const Crossbar &crossbar : chip.crossbars)
    chip.saturatedConductances += crossbar.saturated;
  LayerOptions layerOptions = {
      host, target, chip.fidelity != AIMC_EXACT, effects, {target, effects, options.seed, options.trial, &chip.isa->kernels()}};
  for (uint32_t i = 0; i < model.dispatches()->size(); ++i) {
    chip.layers.emplace_back();
    if (aimc_status status = readLayer(layerOptions, *model.dispatches()->Get(i), chip.crossbars, chip.layers.back()))
      return status;
  }
  for (uint32_t i = 0; i < options.correction_count; ++i)
    correctLayer(options.corrections[i], chip.layers[options.corrections[i].site]);
  return AIMC_OK;
}

static aimc_status program(const aimc_driver_host *host, const aimc_chip_options *options, void **out) {
  *out = nullptr;
  const char *error = "no instruction set";
  const Isa *isa = selectIsa(&error);
  if (!isa)
    return fail(host, AIMC_UNSUPPORTED, "%s", error);
  std::unique_ptr<Chip> chip(new (std::nothrow) Chip);
  if (!chip)
    return fail(host, AIMC_OUT_OF_MEMORY, "no memory for a chip");
  chip->host = host;
  chip->isa = isa;
  chip->fidelity = options->fidelity;
  chip->seed = options->seed;
  chip->trial = options->trial;
  if (aimc_status status = readModel(host, *options, *chip))
    return status;
  *out = chip.release();
  return AIMC_OK;
}

static void destroy(void *chip) { delete static_cast<Chip *>(chip); }

static aimc_status createScratch(void *chip, void **out) {
  *out = new (std::nothrow) Scratch;
  return *out ? AIMC_OK : fail(static_cast<Chip *>(chip)->host, AIMC_OUT_OF_MEMORY, "no memory for a session");
}

static void destroyScratch(void *, void *scratch) { delete static_cast<Scratch *>(scratch); }

static aimc_status dispatchLayer(void *chip, const aimc_dispatch_context *context, const aimc_buffer *x, const aimc_buffer *y) {
  return dispatch(*static_cast<Chip *>(chip), *static_cast<Scratch *>(context->scratch), *context, *x, *y);
}

static aimc_status statistics(void *self, aimc_statistics *out) {
  const Chip &chip = *static_cast<Chip *>(self);
  out->mvms = chip.counters.mvms;
  out->nonfinite_inputs = chip.counters.nonfiniteInputs;
  out->clipped_inputs = chip.counters.clippedInputs;
  out->clipped_codes = chip.counters.clippedCodes;
  out->saturated_conductances = chip.saturatedConductances;
  return AIMC_OK;
}

const aimc_driver *aimc::aimc_simulator_driver() {
  static const aimc_driver driver = {sizeof(aimc_driver), AIMC_DRIVER_VERSION, "simulator",   program,   destroy,
                                     createScratch,       destroyScratch,      dispatchLayer, statistics};
  return &driver;
}
