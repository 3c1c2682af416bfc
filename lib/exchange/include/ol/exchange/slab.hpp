#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ol/base/check.hpp>

namespace ol::exchange {

/// Records in chunks: an index stays valid and a reference too, however many are added. Records
/// are never destroyed one by one. One thread at a time.
template <typename T, std::size_t kChunkBits = 10>
class ChunkVector {
 public:
  static constexpr std::size_t kChunk = std::size_t{1} << kChunkBits;

  [[nodiscard]] T& operator[](std::size_t i) {
    return (*chunks_[i >> kChunkBits])[i & (kChunk - 1)];
  }
  [[nodiscard]] const T& operator[](std::size_t i) const {
    return (*chunks_[i >> kChunkBits])[i & (kChunk - 1)];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Adds a record with its initial value; returns its index.
  std::size_t grow() {
    if ((size_ & (kChunk - 1)) == 0 && (size_ >> kChunkBits) == chunks_.size()) {
      chunks_.push_back(std::make_unique<std::array<T, kChunk>>());
    }
    return size_++;
  }

 private:
  std::vector<std::unique_ptr<std::array<T, kChunk>>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace ol::exchange
