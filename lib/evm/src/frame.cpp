#include "frame.hpp"

#include "machine.hpp"

namespace ol::evm {
namespace {

/// Yellow Paper appendix H.1: the price of so many words of memory.
std::int64_t memory_price(std::uint64_t words) {
  const auto w = static_cast<std::int64_t>(words);
  return 3 * w + w * w / 512;
}

}  // namespace

bool Frame::grow(std::uint64_t end) {
  if (end > kMemoryMax) return fail(Status::OutOfGas);
  const std::uint64_t words = word_count(end);
  if (!charge(memory_price(words) - memory_price(memory_size / 32))) return false;
  const std::uint64_t size = words * 32;
  if (memory + size > machine.memory().limit(place)) {
    place = machine.memory().move(place, memory_size, size);
    memory = place.begin;
  }
  std::memset(memory + memory_size, 0, size - memory_size);
  memory_size = size;
  return true;
}

}  // namespace ol::evm
