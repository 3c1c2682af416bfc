#pragma once

#include <type_traits>

#include <ol/base/hex.hpp>
#include <ol/storage/snapshot.hpp>

#include "kv_options.hpp"
#include "kv_store.hpp"

namespace ol::storage {

/// The error of a record that is there and cannot be read.
inline StorageError undecodable(const KvStore& store, Column column, ByteView key) {
  return {StorageErrorKind::Corrupted,
          "the database " + store.path().string() + " holds a record that cannot be read (" +
              column_name(column) + ", key " + to_hex(key) +
              "): restore it from a backup, or move this directory away and keep the safety record "
              "beside it; the node then fetches the chain from its peers"};
}

/// Absent stays absent; present must decode.
template <typename T, typename Decode>
Snapshot::Found<T> read(const KvStore& store, const KvSnapshot& at, Column column, ByteView key,
                        const Decode& decode) {
  OL_TRY(const auto bytes, store.get(column, key, &at));
  if (!bytes) return std::nullopt;
  auto value = decode(ByteView(*bytes));
  if (!value) return fail(undecodable(store, column, key));
  // Some decoders say why they fail, and some do not.
  if constexpr (std::is_same_v<decltype(value), std::optional<T>>) {
    return value;
  } else {
    return std::optional<T>(*std::move(value));
  }
}

}  // namespace ol::storage
