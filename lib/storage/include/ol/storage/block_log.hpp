#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include <ol/primitives/block.hpp>
#include <ol/storage/error.hpp>

namespace ol::storage {

/// Whether an append waits for the device.
enum class Durability : std::uint8_t { Process, Device };

/// Keeps blocks that are not committed yet, so that a vote is never for a block that only memory
/// holds: if every validator died at once, the certified blocks above the committed one could
/// otherwise be lost for good and the chain could not go on. Two files take turns; one is emptied
/// when everything in it is committed. Format: docs/protocol/storage.md. One thread at a time.
class BlockLog {
 public:
  /// A file is given up once it is this long and all of its blocks are committed.
  static constexpr std::size_t kRotateBytes = std::size_t{32} << 20;

  /// Opens or creates the log in `directory` and reads back what it holds.
  [[nodiscard]] static StorageResult<std::unique_ptr<BlockLog>> open(
      const std::filesystem::path& directory, const primitives::ChainDomain& domain,
      Durability durability, std::size_t rotate_bytes = kRotateBytes);
  BlockLog(const BlockLog&) = delete;
  BlockLog& operator=(const BlockLog&) = delete;
  ~BlockLog();

  /// Blocks found by `open`, ascending by height. A record that a crash cut short is dropped: its
  /// append never returned, so no vote for it left. Moved out by the first call.
  [[nodiscard]] std::vector<primitives::Block> take_recovered() { return std::move(recovered_); }
  /// Returns once the block survives the death of the process or, if so opened, a power cut. After
  /// the first failure every later call fails too.
  [[nodiscard]] StorageResult<void> append(const primitives::Block& block);
  /// Blocks at or below `height` are in the database.
  [[nodiscard]] StorageResult<void> committed(primitives::Height height);

 private:
  struct File {
    std::filesystem::path path;
    int descriptor = -1;
    std::uint64_t bytes = 0;
    primitives::Height highest;
  };

  BlockLog(Durability durability, std::size_t rotate_bytes)
      : durability_(durability), rotate_bytes_(rotate_bytes) {}
  [[nodiscard]] StorageResult<void> recover(File& file, const primitives::ChainDomain& domain);

  Durability durability_;
  std::size_t rotate_bytes_;
  std::array<File, 2> files_;
  std::size_t current_ = 0;
  bool failed_ = false;
  std::vector<primitives::Block> recovered_;
};

}  // namespace ol::storage
