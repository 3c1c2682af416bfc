#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include <ol/base/check.hpp>
#include <ol/base/u256.hpp>

#include "frame.hpp"

namespace ol::evm {

/// Where the stacks of nested frames lie: each begins where its caller's ends, so that a deep chain
/// of small frames stays in the cache. Room for the deepest chain of the largest stacks (34 MB) is
/// reserved at once; the system backs only what is written.
class StackArena {
 public:
  /// Spare words around each stack: one below that the first push spills into, and room to spill
  /// the top one above.
  static constexpr std::size_t kSpareWords = 4;
  static constexpr std::size_t kFrameWords = kStackMax + kSpareWords;

  StackArena() : words_(static_cast<U256*>(std::aligned_alloc(64, kBytes))) {
    OL_CHECK(words_ != nullptr, "memory for the stacks");
  }
  [[nodiscard]] U256* bottom() const { return words_.get(); }

 private:
  struct Free {
    void operator()(U256* p) const { std::free(p); }
  };
  static constexpr std::size_t kBytes = (kDepthMax + 1) * kFrameWords * sizeof(U256);

  std::unique_ptr<U256, Free> words_;
};

}  // namespace ol::evm
