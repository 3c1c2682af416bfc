#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ol::evm {

/// A list whose elements never move while it grows, and whose memory is kept when it is cleared.
template <typename T, std::size_t kChunk = 64>
class StableList {
 public:
  [[nodiscard]] T& operator[](std::uint32_t i) { return (*chunks_[i / kChunk])[i % kChunk]; }
  [[nodiscard]] const T& operator[](std::uint32_t i) const {
    return (*chunks_[i / kChunk])[i % kChunk];
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }

  /// A fresh element at the end, as default-constructed.
  T& grow() {
    if (size_ / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    T& added = (*this)[size_++];
    added = T{};
    return added;
  }
  void clear() {
    // Elements may own memory: what a former block used must not linger without bound.
    if (chunks_.size() > kChunksKept) chunks_.resize(kChunksKept);
    size_ = 0;
  }

 private:
  using Chunk = std::array<T, kChunk>;
  static constexpr std::size_t kChunksKept = 64;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint32_t size_ = 0;
};

}  // namespace ol::evm
