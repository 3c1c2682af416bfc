#pragma once

#include <cstdint>
#include <string>

#include <ol/base/result.hpp>

namespace ol::storage {

/// What went wrong, for code that must tell the cases apart.
enum class StorageErrorKind : std::uint8_t {
  Missing,         // the file does not exist
  Exists,          // the file to be created is already there
  Locked,          // another process has it open
  Corrupted,       // a checksum, a format or a cross-check does not hold
  WrongGenesis,    // the directory belongs to another chain
  WrongFormat,     // written by a version of the program with another disk format
  NotConsecutive,  // a block that does not follow the head
  Mismatch,        // parts of one block that do not belong together
  Pruned,          // asked for state that is not kept
  OverLimit,       // larger than the format allows
  Io,              // the operating system refused: disk full, permission, device error
};

/// Why an operation on disk failed. `message` is a whole sentence for the operator: it names the
/// path and says what to do.
struct StorageError {
  StorageErrorKind kind = StorageErrorKind::Io;
  std::string message;
};

template <typename T>
using StorageResult = Result<T, StorageError>;

/// The kind as a short lower-case phrase.
[[nodiscard]] const char* describe(StorageErrorKind kind);

}  // namespace ol::storage
