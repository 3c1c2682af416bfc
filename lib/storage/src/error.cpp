#include <ol/storage/error.hpp>

#include <ol/base/check.hpp>

namespace ol::storage {

const char* describe(StorageErrorKind kind) {
  switch (kind) {
    case StorageErrorKind::Missing:
      return "missing";
    case StorageErrorKind::Exists:
      return "already exists";
    case StorageErrorKind::Locked:
      return "locked by another process";
    case StorageErrorKind::Corrupted:
      return "corrupted";
    case StorageErrorKind::WrongGenesis:
      return "belongs to another chain";
    case StorageErrorKind::WrongFormat:
      return "written in another format";
    case StorageErrorKind::NotConsecutive:
      return "does not follow the head";
    case StorageErrorKind::Mismatch:
      return "does not belong together";
    case StorageErrorKind::Pruned:
      return "no longer kept";
    case StorageErrorKind::OverLimit:
      return "over a limit";
    case StorageErrorKind::Io:
      return "refused by the operating system";
  }
  OL_CHECK(false, "every kind has a phrase");
}

}  // namespace ol::storage
