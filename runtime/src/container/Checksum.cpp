#include "container/Checksum.h"

#include <cstring>

using namespace aimc;

static constexpr uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F, prime3 = 0x165667B19E3779F9,
                          prime4 = 0x85EBCA77C2B2AE63, prime5 = 0x27D4EB2F165667C5;

static uint64_t rotate(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

template <typename T> static T load(const uint8_t *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

static uint64_t mix(uint64_t lane, uint64_t input) { return rotate(lane + input * prime2, 31) * prime1; }

static uint64_t merge(uint64_t hash, uint64_t lane) { return (hash ^ mix(0, lane)) * prime1 + prime4; }

uint64_t aimc::xxh64(const void *data, size_t size) {
  const uint8_t *at = static_cast<const uint8_t *>(data), *end = at + size;
  uint64_t hash = prime5;
  if (size >= 32) {
    uint64_t a = prime1 + prime2, b = prime2, c = 0, d = 0 - prime1;
    for (; end - at >= 32; at += 32) {
      a = mix(a, load<uint64_t>(at));
      b = mix(b, load<uint64_t>(at + 8));
      c = mix(c, load<uint64_t>(at + 16));
      d = mix(d, load<uint64_t>(at + 24));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  hash += size;
  for (; end - at >= 8; at += 8)
    hash = rotate(hash ^ mix(0, load<uint64_t>(at)), 27) * prime1 + prime4;
  if (end - at >= 4) {
    hash = rotate(hash ^ load<uint32_t>(at) * prime1, 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < end; ++at)
    hash = rotate(hash ^ *at * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

uint64_t aimc::combineBlocks(const std::vector<uint64_t> &blocks) {
  return xxh64(blocks.data(), blocks.size() * sizeof(uint64_t));
}
