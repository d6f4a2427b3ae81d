//===- Checksum.h - XXH64 and section checksums -----------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_CHECKSUM_H
#define AIMC_RUNTIME_CONTAINER_CHECKSUM_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aimc {

/// XXH64 of `size` bytes with seed 0.
uint64_t xxh64(const void *data, size_t size);

/// A section's checksum from those of its blocks: XXH64 of the sequence. Blocks are checksumBlock bytes, the last the rest;
/// an empty section has none.
uint64_t combineBlocks(const std::vector<uint64_t> &blocks);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_CHECKSUM_H
