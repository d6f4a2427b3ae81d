// Bit-serial inputs by lookup: the sum of six cells for every pattern of six input bits is a table of 64 bytes, and vpermb of
// AVX-512 VBMI looks 64 rows of a block up at once, where vpdpbusd multiplies 64 numbers. Takes what has noiseless cells of at
// most 4 bits and 4 to 8 input slices of one bit without sign.
#ifndef AIMC_SIMULATOR_TILELOOKUP_H
#define AIMC_SIMULATOR_TILELOOKUP_H

#include "Tile.h"

#if defined(__x86_64__)
namespace aimc::simulator {

/// Whether tiles of the kind of `work` are looked up, on this machine.
bool takesLookup(const TileWork &work);
/// Bytes that patterns() writes.
size_t patternBytes(const TileWork &work);
/// Six bits of each input slice and row side by side: [blocks of 64 rows, groups of 6 word lines, 8 input slices, 64 rows].
void patterns(const TileWork &work, uint8_t *out);
/// Bytes of scratch for runLookup().
size_t lookupScratch(const TileWork &work);
/// TileKernel::run on work.patterns.
uint64_t runLookup(const TileWork &work, void *scratch);

} // namespace aimc::simulator
#endif
#endif
