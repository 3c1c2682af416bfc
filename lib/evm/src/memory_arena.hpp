#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ol::evm {

/// Where the memories of nested frames lie, one behind the other. A frame's memory is contiguous;
/// only the innermost grows. When it does not fit its chunk it moves to the next one, while those
/// of its callers stay in place, so that call data, which lies in the caller's memory, does too.
class MemoryArena {
 public:
  /// A place in the arena: where the innermost frame's memory begins.
  struct Place {
    std::size_t chunk = 0;
    std::uint8_t* begin = nullptr;
  };

  MemoryArena() { chunks_.push_back(make_chunk(kChunkBytes)); }

  /// The place for the outermost frame.
  [[nodiscard]] Place bottom() const { return {0, chunks_[0].bytes.get()}; }
  /// The end of the chunk that `place` is in.
  [[nodiscard]] std::uint8_t* limit(const Place& place) const {
    const Chunk& chunk = chunks_[place.chunk];
    return chunk.bytes.get() + chunk.size;
  }
  /// Moves the `used` bytes at `place` to a chunk with room for `wanted`. Invalidates places in
  /// later chunks, of which there are none while `place` is the innermost.
  [[nodiscard]] Place move(const Place& place, std::size_t used, std::size_t wanted);
  /// Gives back what one huge memory took. Only while no frame runs.
  void trim();

 private:
  struct Chunk {
    std::unique_ptr<std::uint8_t[]> bytes;
    std::size_t size = 0;
  };
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
  static constexpr std::size_t kBytesKept = std::size_t{64} << 20;

  /// Not zeroed: a frame zeroes what it grows by.
  [[nodiscard]] static Chunk make_chunk(std::size_t size) {
    return {std::make_unique_for_overwrite<std::uint8_t[]>(size), size};
  }

  std::vector<Chunk> chunks_;
};

}  // namespace ol::evm
