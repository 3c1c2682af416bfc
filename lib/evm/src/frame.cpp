#include "frame.hpp"

#include <algorithm>

#include "machine.hpp"

namespace ol::evm {

bool Frame::make_ready(std::uint64_t size) {
  if (size > kMemoryMax) return fail(Status::OutOfGas);
  constexpr std::uint64_t kAheadMin = 1024;
  constexpr std::uint64_t kAheadMax = 16'384;
  const std::uint8_t* const limit = machine.memory().limit(place);
  if (memory + size > limit) {
    place = machine.memory().move(place, memory_size, size);
    memory = place.begin;
    forget_ready();
  }
  // Zeroed ahead of its use, so that memory growing word by word is zeroed in large pieces.
  const std::uint64_t ahead = std::clamp(size / 4, kAheadMin, kAheadMax);
  const auto room = static_cast<std::uint64_t>(machine.memory().limit(place) - memory);
  const std::uint64_t ready = std::min(size + ahead, room);
  std::memset(memory + memory_ready, 0, ready - memory_ready);
  record_ready(ready);
  return true;
}

}  // namespace ol::evm
