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
// Which way of three is the fastest depends on how many bytes of a group look like PUSHes of two
// bytes and more (`longer`), and of four and more (`long`). Measured; each costs a jump that nobody
// can predict.
constexpr int kFollowMax = 4;
constexpr int kFollowWithLongMax = 8;
constexpr int kSweepLongMax = 0;

/// Which of 64 bytes are what, before it is known which of them are data.
struct Looks {
  std::uint64_t jumpdest = 0;
  std::uint64_t push = 0;  // of one byte or more
  std::uint64_t push1 = 0;
  __m256i bytes[2];
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
          equal(low, high, static_cast<std::uint8_t>(Opcode::Push1)),
          {low, high}};
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

/// What four bytes say, for every way in which each may be a PUSH1, 2 or 3 or something else: the
/// index is the low bits of the four lengths, then the high bits. An entry has 16 bits for each
/// number of bytes, 0 to 3, that are data of what came before: 16 times the number of bytes behind
/// that are data, and from bit 8 on which of the four are. So an entry moved right by another, of
/// which the processor takes the low six bits, is what four more bytes say: one cycle for four.
constexpr std::array<std::uint64_t, 256> kFourBytes = [] {
  std::array<std::uint64_t, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t before = 0; before < 4; ++before) {
      std::size_t left = before;
      std::uint64_t data = 0;
      for (std::size_t at = 0; at < 4; ++at) {
        if (left > 0) {
          data |= std::uint64_t{1} << at;
          --left;
        } else {
          left = ((i >> at) & 1) + 2 * ((i >> (4 + at)) & 1);
        }
      }
      out[i] |= (left * 16 | data << 8) << (16 * before);
    }
  }
  return out;
}();

/// The lengths of PUSH1, 2 and 3 as two bits for each of 64 bytes, in the order of kFourBytes: a
/// byte for four.
struct Lengths {
  std::array<std::uint8_t, kGroupBytes / 4> bytes;

  Lengths(std::uint64_t low_bits, std::uint64_t high_bits) {
    const std::uint64_t halves[2] = {
        _pdep_u64(low_bits, kLowHalves) | _pdep_u64(high_bits, ~kLowHalves),
        _pdep_u64(low_bits >> 32, kLowHalves) | _pdep_u64(high_bits >> 32, ~kLowHalves)};
    std::memcpy(bytes.data(), halves, sizeof halves);
  }
  [[nodiscard]] std::uint8_t four(std::size_t i) const { return bytes[i]; }

 private:
  static constexpr std::uint64_t kLowHalves = 0x0f0f0f0f0f0f0f0fULL;
};

/// Where PUSHes may be, by their length.
struct Pushes {
  std::uint64_t one;
  std::uint64_t two;
  std::uint64_t three;
  std::uint64_t longer;
};

/// Through all bytes, four at once, and over the data of each PUSH that is longer than three.
Resolved sweep(const std::uint8_t* bytes, const Pushes& pushes, std::size_t from) {
  std::uint64_t data = ~bits_from(from);
  while (true) {
    const std::uint64_t open = bits_from(from);
    const Lengths lengths((pushes.one | pushes.three) & open, (pushes.two | pushes.three) & open);
    std::uint64_t state = 0;
#pragma unroll
    for (std::size_t i = 0; i < kGroupBytes / 4; ++i) {
      state = kFourBytes[lengths.four(i)] >> (state & 63);
      data |= ((state >> 8) & 0xf) << (4 * i);
    }
    const std::uint64_t ahead = pushes.longer & open & ~data;
    if (ahead == 0) return {data, (state & 63) / 16};
    const auto at = static_cast<std::size_t>(std::countr_zero(ahead));
    from = at + 1 + (bytes[at] - static_cast<std::size_t>(Opcode::Push0));
    data = (data & ~bits_from(at)) | (bits_from(at + 1) & ~bits_from(from));
    if (from >= kGroupBytes) return {data, from - kGroupBytes};
  }
}

/// From each instruction to the next; `at` is the first.
Resolved walk(const Looks& looks, std::size_t at) {
  // How far each byte is from the next instruction, if it begins one.
  std::array<std::uint8_t, kGroupBytes> steps;
  for (std::size_t i = 0; i < 2; ++i) {
    const __m256i length = _mm256_sub_epi8(looks.bytes[i], _mm256_set1_epi8(0x5f));
    const __m256i is_push = _mm256_cmpeq_epi8(
        _mm256_and_si256(looks.bytes[i], _mm256_set1_epi8(static_cast<char>(0xe0))),
        _mm256_set1_epi8(0x60));
    const __m256i step = _mm256_add_epi8(_mm256_and_si256(length, is_push), _mm256_set1_epi8(1));
    std::memcpy(steps.data() + i * sizeof step, &step, sizeof step);
  }
  std::uint64_t begins = 0;
  while (at < kGroupBytes) {
    begins |= std::uint64_t{1} << at;
    at += steps[at];
  }
  return {~begins, at - kGroupBytes};
}

Resolved resolve(const std::uint8_t* bytes, const Looks& looks, std::size_t from) {
  const std::uint64_t longer = looks.push & ~looks.push1 & bits_from(from);
  const int longer_count = std::popcount(longer);
  if (longer_count <= kFollowMax) return follow(bytes, looks.push1, longer, from);
  const std::uint64_t push2 =
      equal(looks.bytes[0], looks.bytes[1], static_cast<std::uint8_t>(Opcode::Push1) + 1);
  const std::uint64_t push3 =
      equal(looks.bytes[0], looks.bytes[1], static_cast<std::uint8_t>(Opcode::Push1) + 2);
  const std::uint64_t above3 = longer & ~push2 & ~push3;
  if (above3 != 0 && longer_count <= kFollowWithLongMax) {
    return follow(bytes, looks.push1, longer, from);
  }
  if (std::popcount(above3) > kSweepLongMax) return walk(looks, from);
  return sweep(bytes, {looks.push1, push2, push3, above3}, from);
}

/// The destinations among 64 bytes whose first `data` are data; `data` becomes how many of those
/// behind are.
std::uint64_t destinations(const std::uint8_t* bytes, std::size_t& data) {
  const Looks looks = look_at(bytes);
  const Resolved resolved = resolve(bytes, looks, data);
  const std::uint64_t open = bits_from(data);
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
