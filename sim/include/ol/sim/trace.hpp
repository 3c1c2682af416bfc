#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include <ol/primitives/types.hpp>

namespace ol::sim {

/// What happened, twice: a digest over everything, which shows that two runs were the same, and a
/// timeline for people, if one was asked for.
class Trace {
 public:
  explicit Trace(std::ostream* out) : out_(out) {}

  void mix(std::uint64_t value) {
    digest_ = (digest_ ^ value) * 0x9e3779b97f4a7c15ULL;
    digest_ ^= digest_ >> 29U;
  }
  void mix(ByteView bytes);
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

  [[nodiscard]] bool printing() const { return out_ != nullptr; }
  /// One line of the timeline. `who` is a node's label or empty.
  void line(std::uint64_t now_us, std::string_view who, std::string_view what);

 private:
  std::ostream* out_;
  std::uint64_t digest_ = 0x243f6a8885a308d3ULL;
};

/// The first digits of a block's hash, enough to tell blocks apart in a timeline.
[[nodiscard]] std::string brief(const primitives::BlockHash& hash);

}  // namespace ol::sim
