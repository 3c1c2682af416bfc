#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ol/base/bytes.hpp>

namespace ol::evm {

/// The jump destinations of code: those JUMPDEST bytes that are not data of a PUSH (Yellow Paper
/// section 9.4.3).
class JumpMap {
 public:
  explicit JumpMap(ByteView code);

  [[nodiscard]] std::size_t count() const {
    std::size_t out = 0;
    for (const std::uint64_t group : groups_)
      out += static_cast<std::size_t>(std::popcount(group));
    return out;
  }
  [[nodiscard]] bool contains(std::uint64_t pc) const {
    return pc / 64 < groups_.size() && (groups_[pc / 64] >> (pc % 64) & 1) != 0;
  }

 private:
  std::vector<std::uint64_t> groups_;  // a bit for each of 64 bytes of code
};

}  // namespace ol::evm
