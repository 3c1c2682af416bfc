#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ol/base/bytes.hpp>

namespace ol::evm {

/// The jump destinations of code, numbered in order: those JUMPDEST bytes that are not data of a
/// PUSH (Yellow Paper section 9.4.3).
class JumpMap {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit JumpMap(ByteView code);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// The number of the destination at `pc`, or kNone.
  [[nodiscard]] std::uint32_t find(std::uint64_t pc) const {
    if (pc / 64 >= groups_.size()) return kNone;
    const Group& group = groups_[pc / 64];
    const std::uint64_t bit = std::uint64_t{1} << (pc % 64);
    if ((group.bits & bit) == 0) return kNone;
    return group.before + static_cast<std::uint32_t>(std::popcount(group.bits & (bit - 1)));
  }

 private:
  /// 64 bytes of code.
  struct Group {
    std::uint64_t bits = 0;
    std::uint32_t before = 0;  // destinations in earlier groups
  };

  std::vector<Group> groups_;
  std::size_t count_ = 0;
};

}  // namespace ol::evm
