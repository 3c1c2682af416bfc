#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>

namespace ol::state {

/// Half-byte `i` of a key, the upper half of each byte first.
[[nodiscard]] constexpr std::uint8_t nibble_at(ByteView key, std::size_t i) {
  const std::uint8_t byte = key[i / 2];
  return i % 2 == 0 ? byte >> 4 : byte & 0x0f;
}

/// A path in a trie: at most 64 nibbles, those of a 32-byte key. A plain value without allocation;
/// ordered as text is, a prefix before what extends it.
class NibblePath {
 public:
  static constexpr std::size_t kSizeMax = 64;

  constexpr NibblePath() = default;
  /// The nibbles of `key` from nibble `from` on.
  explicit constexpr NibblePath(ByteView key, std::size_t from = 0) {
    for (std::size_t i = from; i < key.size() * 2; ++i)
      push_back(nibble_at(key, i));
  }

  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::uint8_t operator[](std::size_t i) const { return nibbles_[i]; }
  /// One byte per nibble.
  [[nodiscard]] constexpr ByteView view() const { return {nibbles_.data(), size_}; }

  constexpr void push_back(std::uint8_t nibble) {
    OL_CHECK(size_ < kSizeMax, "a trie path fits 64 nibbles");
    OL_CHECK(nibble < 16, "a nibble is below 16");
    nibbles_[size_++] = nibble;
  }
  constexpr void append(const NibblePath& more) {
    for (std::size_t i = 0; i < more.size(); ++i)
      push_back(more[i]);
  }
  [[nodiscard]] constexpr NibblePath with(std::uint8_t nibble) const {
    NibblePath out = *this;
    out.push_back(nibble);
    return out;
  }
  [[nodiscard]] constexpr NibblePath with(const NibblePath& more) const {
    NibblePath out = *this;
    out.append(more);
    return out;
  }
  [[nodiscard]] constexpr NibblePath first(std::size_t n) const {
    NibblePath out;
    for (std::size_t i = 0; i < n; ++i)
      out.push_back(nibbles_[i]);
    return out;
  }
  [[nodiscard]] constexpr NibblePath from(std::size_t start) const {
    NibblePath out;
    for (std::size_t i = start; i < size_; ++i)
      out.push_back(nibbles_[i]);
    return out;
  }

  friend constexpr bool operator==(const NibblePath& a, const NibblePath& b) {
    return std::ranges::equal(a.view(), b.view());
  }
  friend constexpr std::strong_ordering operator<=>(const NibblePath& a, const NibblePath& b) {
    return std::lexicographical_compare_three_way(a.view().begin(), a.view().end(),
                                                  b.view().begin(), b.view().end());
  }

 private:
  std::array<std::uint8_t, kSizeMax> nibbles_{};
  std::uint8_t size_ = 0;
};

}  // namespace ol::state
