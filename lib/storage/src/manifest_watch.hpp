#pragma once

#include <filesystem>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::storage {

/// The beginning of RocksDB's list of its files (MANIFEST). Lists follow each other with rising
/// numbers and each only grows, so what was once there must be there later.
struct ManifestMark {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  Hash256 digest;  // BLAKE3 of the first `bytes`
  friend bool operator==(const ManifestMark&, const ManifestMark&) = default;
};

/// Follows the list of the store in `path` as it grows, reading each byte once. RocksDB takes a
/// list with a damaged end for an older one and goes on with what that knows; the mark kept with
/// each commit shows it. One thread at a time.
class ManifestWatch {
 public:
  explicit ManifestWatch(std::filesystem::path path) : path_(std::move(path)) {}

  /// The mark of this moment; nothing if the list cannot be read, as while it is being replaced.
  [[nodiscard]] std::optional<ManifestMark> mark();
  /// Whether what `then` covers is still there, or a later list has taken its place.
  [[nodiscard]] bool still_holds(const ManifestMark& then) const;

 private:
  std::filesystem::path path_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  crypto::Blake3 hash_;
};

}  // namespace ol::storage
