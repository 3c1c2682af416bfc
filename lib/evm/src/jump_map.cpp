#include "jump_map.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <ol/evm/opcode.hpp>

namespace ol::evm {
namespace {

constexpr std::size_t kGroupBytes = 64;
/// More bytes than this that look like longer PUSHes: following them is slower than walking.
constexpr int kFollowMax = 4;

/// Which of 64 bytes are what, before it is known which of them are data.
struct Looks {
  std::uint64_t jumpdest = 0;
  std::uint64_t push = 0;  // of one byte or more
  std::uint64_t push1 = 0;
};

std::uint64_t equal(__m256i low, __m256i high, std::uint8_t byte) {
  const __m256i all = _mm256_set1_epi8(static_cast<char>(byte));
  const auto low_bits =
      static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, all)));
  const auto high_bits =
      static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, all)));
  return low_bits | std::uint64_t{high_bits} << 32;
}

Looks look_at(const std::uint8_t* bytes) {
  __m256i low;
  __m256i high;
  std::memcpy(&low, bytes, sizeof low);
  std::memcpy(&high, bytes + sizeof low, sizeof high);
  // PUSH1 to PUSH32 are 0x60 to 0x7f.
  const __m256i upper = _mm256_set1_epi8(static_cast<char>(0xe0));
  return {equal(low, high, static_cast<std::uint8_t>(Opcode::Jumpdest)),
          equal(_mm256_and_si256(low, upper), _mm256_and_si256(high, upper), 0x60),
          equal(low, high, static_cast<std::uint8_t>(Opcode::Push1))};
}

/// The bytes from `from` on, of those below 64.
constexpr std::uint64_t bits_from(std::size_t from) {
  return from < 64 ? ~std::uint64_t{0} << from : 0;
}

/// What a group of code says, given that its first bytes are data.
struct Resolved {
  std::uint64_t data = 0;
  std::size_t data_behind = 0;  // bytes of data that reach into what follows
};

/// Where PUSH1 alone may be: in a row of them every second one is data, beginning with the second.
Resolved resolve_push1(std::uint64_t push1) {
  constexpr std::uint64_t kEven = 0x5555555555555555ULL;
  const std::uint64_t starts = push1 & ~(push1 << 1);
  // A one added where a row begins runs through it and clears it.
  const std::uint64_t in_even_rows = push1 & ~(push1 + (starts & kEven));
  const std::uint64_t real = (in_even_rows & kEven) | (push1 & ~in_even_rows & ~kEven);
  return {real << 1, static_cast<std::size_t>(real >> 63)};
}

/// From each longer PUSH to the next one behind its data; what lies between holds PUSH1 alone.
Resolved follow(const std::uint8_t* bytes, std::uint64_t push1, std::uint64_t longer,
                std::size_t from) {
  std::uint64_t data = 0;
  while (true) {
    const std::uint64_t open = bits_from(from);
    const Resolved between = resolve_push1(push1 & open);
    const std::uint64_t ahead = longer & open & ~between.data;
    if (ahead == 0) {
      const std::size_t behind = from > kGroupBytes ? from - kGroupBytes : between.data_behind;
      return {data | between.data, behind};
    }
    const auto at = static_cast<std::size_t>(std::countr_zero(ahead));
    from = at + 1 + (bytes[at] - static_cast<std::size_t>(Opcode::Push0));
    data |= (between.data & ~bits_from(at)) | (bits_from(at + 1) & ~bits_from(from));
  }
}

/// From each instruction to the next. The destinations; `at`, the first instruction, becomes that
/// behind the group.
std::uint64_t walk(const std::uint8_t* bytes, std::size_t& at) {
  std::uint64_t bits = 0;
  std::size_t pc = at;
  while (pc < kGroupBytes) {
    const std::uint8_t op = bytes[pc];
    if (op == static_cast<std::uint8_t>(Opcode::Jumpdest)) {
      bits |= std::uint64_t{1} << pc;
    } else if (op >= static_cast<std::uint8_t>(Opcode::Push1) &&
               op <= static_cast<std::uint8_t>(Opcode::Push32)) {
      pc += op - static_cast<std::size_t>(Opcode::Push0);
    }
    ++pc;
  }
  at = pc - kGroupBytes;
  return bits;
}

/// The destinations among 64 bytes whose first `data` are data; `data` becomes how many of those
/// behind are.
std::uint64_t destinations(const std::uint8_t* bytes, std::size_t& data) {
  const std::uint64_t open = bits_from(data);
  const Looks looks = look_at(bytes);
  const std::uint64_t longer = looks.push & ~looks.push1;
  if (std::popcount(longer & open) > kFollowMax) return walk(bytes, data);
  const Resolved resolved = follow(bytes, looks.push1, longer, data);
  data = resolved.data_behind;
  return looks.jumpdest & open & ~resolved.data;
}

}  // namespace

JumpMap::JumpMap(ByteView code) : groups_((code.size() + kGroupBytes - 1) / kGroupBytes) {
  std::size_t data = 0;
  std::uint32_t before = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const ByteView rest = code.subspan(g * kGroupBytes);
    std::uint64_t bits = 0;
    if (rest.size() >= kGroupBytes) [[likely]] {
      bits = destinations(rest.data(), data);
    } else {
      std::array<std::uint8_t, kGroupBytes> last{};
      std::ranges::copy(rest, last.begin());
      bits = destinations(last.data(), data);
    }
    groups_[g] = {bits, before};
    before += static_cast<std::uint32_t>(std::popcount(bits));
  }
  count_ = before;
}

}  // namespace ol::evm
