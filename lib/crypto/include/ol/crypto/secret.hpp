#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <ol/base/bytes.hpp>

namespace ol::crypto {

/// Overwrites `bytes` with zeros in a way the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes);

/// Fills `out` from the operating system's generator. For keys, salts and handshakes; the
/// deterministic libraries never call it elsewhere.
void fill_random(std::span<std::uint8_t> out);

/// Compares without branching on the contents. Views of different length are unequal.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b);

/// `N` secret bytes. Move-only; wiped when destroyed and when moved from; it has no printing and no
/// ordering; equality takes the same time whatever the contents.
template <std::size_t N>
class SecretBytes {
 public:
  static constexpr std::size_t kSize = N;

  /// All zero: to be filled through `span()`.
  SecretBytes() = default;
  explicit SecretBytes(std::span<const std::uint8_t, N> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  /// Exactly `N` bytes, or nothing.
  [[nodiscard]] static std::optional<SecretBytes> from(ByteView view) {
    if (view.size() != N) return std::nullopt;
    return SecretBytes(view.first<N>());
  }
  /// Fresh bytes from the operating system.
  [[nodiscard]] static SecretBytes random() {
    SecretBytes out;
    fill_random(out.bytes_);
    return out;
  }

  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~SecretBytes() { wipe(bytes_); }

  /// A second copy, on purpose.
  [[nodiscard]] SecretBytes clone() const { return SecretBytes(view()); }

  [[nodiscard]] std::span<const std::uint8_t, N> view() const { return bytes_; }
  [[nodiscard]] std::span<std::uint8_t, N> span() { return bytes_; }

  friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
    return equal_constant_time(a.view(), b.view());
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace ol::crypto
