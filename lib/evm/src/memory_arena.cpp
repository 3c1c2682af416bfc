#include "memory_arena.hpp"

#include <algorithm>
#include <cstring>

namespace ol::evm {

MemoryArena::Place MemoryArena::move(const Place& place, std::size_t used, std::size_t wanted) {
  const std::size_t next = place.chunk + 1;
  // Twice what is wanted, so that growing by single words copies each byte a bounded number of
  // times.
  const std::size_t size = std::max(kChunkBytes, 2 * wanted);
  if (next == chunks_.size()) {
    chunks_.push_back(make_chunk(size));
  } else if (chunks_[next].size < wanted) {
    chunks_[next] = make_chunk(size);
  }
  std::uint8_t* const begin = chunks_[next].bytes.get();
  if (used != 0) std::memcpy(begin, place.begin, used);
  return {next, begin};
}

void MemoryArena::trim() {
  std::size_t total = 0;
  std::size_t keep = 0;
  while (keep < chunks_.size() && total + chunks_[keep].size <= kBytesKept)
    total += chunks_[keep++].size;
  chunks_.resize(std::max<std::size_t>(keep, 1));
}

}  // namespace ol::evm
