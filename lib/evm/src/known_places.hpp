#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <ol/evm/opcode.hpp>
#include <ol/evm/schedule.hpp>

namespace ol::evm {

/// Places in the code that the block pushed on the stack and that are still known to lie there.
class KnownPlaces {
 public:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;

  void clear() { size_ = 0; }
  [[nodiscard]] std::uint32_t top() const { return size_ == 0 ? kUnknown : places_[size_ - 1]; }
  /// Follows an instruction that is no PUSH of a place.
  void follow(std::uint8_t op, const OpcodeRule& rule) {
    if (size_ == 0) return;
    if (op >= kDup1 && op < kSwap1) {
      const std::size_t depth = op - kDup1 + std::size_t{1};
      push(depth <= size_ ? places_[size_ - depth] : kUnknown);
    } else if (op >= kSwap1 && op <= kSwap16) {
      const std::size_t depth = op - kSwap1 + std::size_t{2};
      if (depth > size_) {
        places_[size_ - 1] = kUnknown;
      } else {
        std::swap(places_[size_ - 1], places_[size_ - depth]);
      }
    } else {
      size_ -= std::min<std::size_t>(size_, rule.inputs);
      for (int i = 0; i < rule.growth() + rule.inputs; ++i)
        push(kUnknown);
    }
  }
  void push(std::uint32_t place) {
    // Forgetting is always right.
    if (size_ == places_.size()) size_ = 0;
    places_[size_++] = place;
  }

 private:
  static constexpr std::uint8_t kDup1 = static_cast<std::uint8_t>(Opcode::Dup1);
  static constexpr std::uint8_t kSwap1 = static_cast<std::uint8_t>(Opcode::Swap1);
  static constexpr std::uint8_t kSwap16 = kSwap1 + 15;

  std::array<std::uint32_t, 32> places_{};
  std::size_t size_ = 0;
};

}  // namespace ol::evm
