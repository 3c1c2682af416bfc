// Which bytes begin instructions is found for sixteen bytes at a time and for all sixteen places
// where the first instruction among them may be, before it is known which one it is: from each byte
// to the instruction behind it, then twice as far, until all have left the sixteen. The same few
// vector operations and no jump for every mix of PUSHes; what one step must know of the last one is
// a single load.
#include "jump_map.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <ol/evm/opcode.hpp>

namespace ol::evm {
namespace {

constexpr std::size_t kGroupBytes = 64;
constexpr std::size_t kLaneBytes = 16;
constexpr std::size_t kLanes = kGroupBytes / kLaneBytes;

__m256i load(const std::uint8_t* bytes) {
  __m256i out;
  std::memcpy(&out, bytes, sizeof out);
  return out;
}

__m256i everywhere(std::uint8_t byte) {
  return _mm256_set1_epi8(static_cast<char>(byte));
}

/// Both lanes alike.
__m256i lanes(std::uint64_t low, std::uint64_t high) {
  const auto signed_low = static_cast<long long>(low);
  const auto signed_high = static_cast<long long>(high);
  return _mm256_set_epi64x(signed_high, signed_low, signed_high, signed_low);
}

/// Goes through code 64 bytes at a time. Does not look at what is behind them.
class Walk {
 public:
  Walk() {
    // Data that reaches over a whole lane.
    for (Lane& lane : lanes_) {
      for (std::size_t i = kLaneBytes; i < kPlaces; ++i)
        lane.next[i] = static_cast<std::uint8_t>(i);
    }
  }

  /// The destinations among the next 64 bytes, as bits.
  std::uint64_t destinations(const std::uint8_t* bytes) {
    look_at(bytes, lanes_[0], lanes_[1]);
    look_at(bytes + sizeof(__m256i), lanes_[2], lanes_[3]);
    std::uint64_t begins = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      begins |= std::uint64_t{lanes_[i].begins[data_]} << (kLaneBytes * i);
      data_ = lanes_[i].next[data_] - kLaneBytes;
    }
    return begins & jumpdests(bytes);
  }

 private:
  /// The longest PUSH as the last byte leaves 32 bytes of data.
  static constexpr std::size_t kPlaces = 33;

  /// By the number of a lane's first bytes that are data: where the first instruction behind the
  /// lane begins, and which bytes of the lane begin one.
  struct Lane {
    alignas(16) std::array<std::uint8_t, 48> next{};
    alignas(16) std::array<std::uint16_t, 48> begins{};
  };

  static std::uint64_t jumpdests(const std::uint8_t* bytes) {
    const __m256i jumpdest = everywhere(static_cast<std::uint8_t>(Opcode::Jumpdest));
    const auto low =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(load(bytes), jumpdest)));
    const auto high = static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(bytes + sizeof(__m256i)), jumpdest)));
    return low | std::uint64_t{high} << 32;
  }

  /// The place of the instruction behind each byte, within its lane, if the byte begins one.
  static __m256i next_places(__m256i code) {
    // PUSH1 to PUSH32 are 0x60 to 0x7f and have as many bytes of data as they lie above 0x5f.
    const __m256i is_push = _mm256_cmpeq_epi8(_mm256_and_si256(code, everywhere(0xe0)),
                                              everywhere(static_cast<std::uint8_t>(Opcode::Push1)));
    const __m256i data = _mm256_and_si256(
        _mm256_sub_epi8(code, everywhere(static_cast<std::uint8_t>(Opcode::Push0))), is_push);
    return _mm256_add_epi8(data, lanes(0x0807060504030201, 0x100f0e0d0c0b0a09));
  }

  static void look_at(const std::uint8_t* bytes, Lane& low, Lane& high) {
    __m256i next = next_places(load(bytes));
    // The bits of the first eight and of the last eight bytes of the lane.
    __m256i first = lanes(0x8040201008040201, 0);
    __m256i last = lanes(0, 0x8040201008040201);
    for (int steps = 1; steps < static_cast<int>(kLaneBytes); steps *= 2) {
      // A place behind the lane gets its top bit set here, for which a shuffle gives zero.
      const __m256i from = _mm256_add_epi8(next, everywhere(0x80 - kLaneBytes));
      first = _mm256_or_si256(first, _mm256_shuffle_epi8(first, from));
      last = _mm256_or_si256(last, _mm256_shuffle_epi8(last, from));
      next = _mm256_max_epu8(next, _mm256_shuffle_epi8(next, from));
    }
    const __m256i begins_low = _mm256_unpacklo_epi8(first, last);
    const __m256i begins_high = _mm256_unpackhi_epi8(first, last);
    store(low.next.data(), _mm256_castsi256_si128(next));
    store(high.next.data(), _mm256_extracti128_si256(next, 1));
    store(low.begins.data(), _mm256_castsi256_si128(begins_low));
    store(low.begins.data() + 8, _mm256_castsi256_si128(begins_high));
    store(high.begins.data(), _mm256_extracti128_si256(begins_low, 1));
    store(high.begins.data() + 8, _mm256_extracti128_si256(begins_high, 1));
  }

  static void store(void* to, __m128i value) { std::memcpy(to, &value, sizeof value); }

  std::array<Lane, kLanes> lanes_;
  std::size_t data_ = 0;  // how many of the next bytes are data
};

}  // namespace

JumpMap::JumpMap(ByteView code) : groups_((code.size() + kGroupBytes - 1) / kGroupBytes) {
  Walk walk;
  const std::size_t whole = code.size() / kGroupBytes;
  for (std::size_t g = 0; g < whole; ++g)
    groups_[g] = walk.destinations(code.data() + g * kGroupBytes);
  if (whole == groups_.size()) return;
  std::array<std::uint8_t, kGroupBytes> last{};
  std::ranges::copy(code.subspan(whole * kGroupBytes), last.begin());
  groups_[whole] = walk.destinations(last.data());
}

}  // namespace ol::evm
