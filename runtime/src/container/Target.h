//===- Target.h - What a target says about its physics ----------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_TARGET_H
#define AIMC_RUNTIME_CONTAINER_TARGET_H

#include "Status.h"
#include "aimc/aimc_generated.h"

namespace aimc {

/// Checks the numbers that describe devices, noise, converters and wires. Errors are AIMC_INVALID_MODEL.
Status checkPhysics(const fb::Target &target);

/// Noise addresses hold the devices of every tile: at most 2^34. Errors are AIMC_INVALID_MODEL.
Status checkDeviceCount(const fb::Crossbar &crossbar, uint32_t devicesPerWeight);

/// The model's target with `settings` made, "key=value,key=value", keys and units as in docs/targets.md: all of sections
/// device, noise and wires, and those of adc. Fails when there is no such key or the values do not go together, with
/// AIMC_INVALID_ARGUMENT.
Result<flatbuffers::DetachedBuffer> changeTarget(const fb::Model &model, const char *settings);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_TARGET_H
