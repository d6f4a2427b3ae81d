#include "Arena.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace aimc;

static constexpr uint64_t alignment = 64;

Arena::~Arena() {
  for (const auto &[start, size] : used)
    std::free(start);
  for (const auto &[size, start] : unused)
    std::free(start);
}

void *Arena::allocate(uint64_t bytes) {
  if (bytes > uint64_t(1) << 62)
    return nullptr;
  uint64_t size = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  std::lock_guard<std::mutex> lock(mutex);
  // A block up to twice as large will do.
  auto found = unused.lower_bound(size);
  if (found != unused.end() && found->first <= 2 * size) {
    size = found->first;
    void *start = found->second;
    unused.erase(found);
    unusedBytes -= size;
    return use(start, size);
  }
  trim(size);
  void *start = std::aligned_alloc(alignment, size);
  return start ? use(start, size) : nullptr;
}

void *Arena::use(void *start, uint64_t size) {
  used.emplace(start, size);
  usedBytes += size;
  peakBytes = std::max(peakBytes, usedBytes);
  return start;
}

void Arena::release(void *allocation) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = used.find(allocation);
  if (found != used.end())
    retire(found);
}

Arena::Blocks::iterator Arena::retire(Blocks::iterator block) {
  usedBytes -= block->second;
  unusedBytes += block->second;
  unused.emplace(block->second, block->first);
  return used.erase(block);
}

/// Before `size` bytes are asked of the system: gives kept blocks back, largest first, while the session would hold more than
/// it ever used at once.
void Arena::trim(uint64_t size) {
  uint64_t limit = std::max(peakBytes, usedBytes + size);
  while (!unused.empty() && usedBytes + unusedBytes + size > limit) {
    auto last = std::prev(unused.end());
    unusedBytes -= last->first;
    std::free(last->second);
    unused.erase(last);
  }
}

bool Arena::holds(void *allocation, const void *begin, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = used.find(allocation);
  if (found == used.end())
    return false;
  uintptr_t start = reinterpret_cast<uintptr_t>(found->first), at = reinterpret_cast<uintptr_t>(begin);
  return at >= start && at - start <= found->second && bytes <= found->second - (at - start);
}

void Arena::releaseAllBut(const std::vector<void *> &keep) {
  std::lock_guard<std::mutex> lock(mutex);
  for (auto block = used.begin(); block != used.end();)
    if (std::find(keep.begin(), keep.end(), block->first) == keep.end())
      block = retire(block);
    else
      ++block;
}
