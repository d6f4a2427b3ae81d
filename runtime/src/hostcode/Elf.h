//===- Elf.h - Checks host code before it is mapped -------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_HOSTCODE_ELF_H
#define AIMC_RUNTIME_HOSTCODE_ELF_H

#include "Status.h"

#include <cstdint>

namespace aimc {

/// An ELF shared object for this machine that stands on its own: no needed library, search path, interpreter, undefined
/// symbol, constructor, destructor, thread-local storage, text relocation, executable stack or segment both writable and
/// executable; exports the function `entry`; every offset and index that this check or the dynamic loader follows lies within
/// the object. Errors are AIMC_INVALID_MODEL.
Status checkElf(const uint8_t *data, uint64_t size, const char *entry);

} // namespace aimc

#endif // AIMC_RUNTIME_HOSTCODE_ELF_H
