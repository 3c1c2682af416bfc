#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ol {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Borrows the characters of `text` as bytes.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Borrows `bytes` as characters.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// `N` bytes with a meaning. Different tags do not mix; ordering is that of the bytes.
template <std::size_t N, typename Tag>
struct FixedBytes {
  std::array<std::uint8_t, N> bytes{};

  static constexpr std::size_t kSize = N;

  /// Exactly `N` bytes, or nothing.
  [[nodiscard]] static constexpr std::optional<FixedBytes> from(ByteView view) {
    if (view.size() != N) return std::nullopt;
    FixedBytes out;
    std::copy(view.begin(), view.end(), out.bytes.begin());
    return out;
  }

  [[nodiscard]] constexpr ByteView view() const { return {bytes.data(), N}; }
  [[nodiscard]] constexpr bool is_zero() const {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
  }
  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

/// A 32-byte digest or trie root without further meaning.
using Hash256 = FixedBytes<32, struct Hash256Tag>;

/// The same 32 bytes under another name; the one explicit way across.
template <typename To, typename From>
[[nodiscard]] constexpr To retag(const From& from) {
  static_assert(To::kSize == From::kSize);
  return To{from.bytes};
}

}  // namespace ol

/// Digests are uniformly distributed, so eight of their bytes make a table hash. Only for
/// unordered containers outside the deterministic libraries, and never for keys an attacker picks.
template <std::size_t N, typename Tag>
struct std::hash<ol::FixedBytes<N, Tag>> {
  std::size_t operator()(const ol::FixedBytes<N, Tag>& v) const noexcept {
    static_assert(N >= 8);
    std::uint64_t out = 0;
    std::memcpy(&out, v.bytes.data() + (N - 8), 8);
    return out;
  }
};
