//===- Verify.h - Checks what the metadata says -----------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_VERIFY_H
#define AIMC_RUNTIME_CONTAINER_VERIFY_H

#include "Parallel.h"
#include "Status.h"
#include "aimc/aimc_generated.h"

#include <vector>

namespace aimc {

struct Section;

/// Limits of what this version runs; they keep every product of the checks below within 64 bits and scratch on the stack.
constexpr uint32_t maxRank = 16;
constexpr uint32_t maxDims = 24; // of an affine index, all kinds together

/// Checks every field of sound flatbuffer metadata and the values of the arrays that drivers index or divide by, so that
/// nothing after loading needs to. The list of checks is docs/container.md. Errors are AIMC_INVALID_MODEL.
Status verifyModel(const fb::Model &model, const std::vector<Section> &sections, const Parallel &parallel);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_VERIFY_H
