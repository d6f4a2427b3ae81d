#include "Arena.h"

#include <algorithm>
#include <cstdlib>

using namespace aimc;

static constexpr uint64_t alignment = 64;

Arena::~Arena() { freeChunks(); }

void Arena::freeChunks() {
  for (const auto &[start, size] : chunks)
    std::free(reinterpret_cast<void *>(start));
  chunks.clear();
  unused.clear();
  unusedBySize.clear();
}

bool Arena::addChunk(uint64_t size) {
  void *start = std::aligned_alloc(alignment, size);
  if (!start)
    return false;
  chunks.emplace(reinterpret_cast<uintptr_t>(start), size);
  addUnused(reinterpret_cast<uintptr_t>(start), size);
  return true;
}

void Arena::addUnused(uintptr_t start, uint64_t size) {
  unused.emplace(start, size);
  unusedBySize.emplace(size, start);
}

void Arena::removeUnused(Blocks::iterator block) {
  unusedBySize.erase({block->second, block->first});
  unused.erase(block);
}

void *Arena::allocate(uint64_t bytes) {
  constexpr uint64_t smallestChunk = 1 << 18;
  if (bytes > uint64_t(1) << 62)
    return nullptr;
  uint64_t size = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  std::lock_guard<std::mutex> lock(mutex);
  auto best = unusedBySize.lower_bound({size, 0});
  if (best == unusedBySize.end()) {
    if (!addChunk(std::max(size, smallestChunk)))
      return nullptr;
    best = unusedBySize.lower_bound({size, 0});
  }
  auto [available, start] = *best;
  removeUnused(unused.find(start));
  if (available > size)
    addUnused(start + size, available - size);
  used.emplace(start, size);
  usedBytes += size;
  peakBytes = std::max(peakBytes, usedBytes);
  return reinterpret_cast<void *>(start);
}

void Arena::release(void *allocation) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = used.find(reinterpret_cast<uintptr_t>(allocation));
  if (found != used.end())
    retire(found);
}

/// Joins the block with its unused neighbours of the same chunk.
Arena::Blocks::iterator Arena::retire(Blocks::iterator block) {
  uintptr_t start = block->first;
  uint64_t size = block->second;
  usedBytes -= size;
  auto after = unused.lower_bound(start);
  if (after != unused.end() && after->first == start + size && chunks.count(after->first) == 0) {
    auto next = std::next(after);
    size += after->second;
    removeUnused(after);
    after = next;
  }
  if (after != unused.begin() && chunks.count(start) == 0) {
    auto before = std::prev(after);
    if (before->first + before->second == start) {
      start = before->first;
      size += before->second;
      removeUnused(before);
    }
  }
  addUnused(start, size);
  return used.erase(block);
}

bool Arena::holds(void *allocation, const void *begin, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = used.find(reinterpret_cast<uintptr_t>(allocation));
  if (found == used.end())
    return false;
  uintptr_t start = found->first, at = reinterpret_cast<uintptr_t>(begin);
  return at >= start && at - start <= found->second && bytes <= found->second - (at - start);
}

void Arena::releaseAllBut(const std::vector<void *> &keep) {
  std::lock_guard<std::mutex> lock(mutex);
  for (auto block = used.begin(); block != used.end();)
    if (std::find(keep.begin(), keep.end(), reinterpret_cast<void *>(block->first)) == keep.end())
      block = retire(block);
    else
      ++block;
  if (used.empty() && chunks.size() > 1) {
    // What was in use at once may still not fit, for gaps between blocks; then the chunk grows, but never beyond them all.
    uint64_t largest = 0, all = 0;
    for (const auto &[start, size] : chunks) {
      largest = std::max(largest, size);
      all += size;
    }
    uint64_t size = std::min(all, std::max(peakBytes, largest + largest / 4 / alignment * alignment));
    freeChunks();
    addChunk(size);
  }
}
