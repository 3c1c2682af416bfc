#pragma once

#include <ol/base/codec.hpp>
#include <ol/storage/database.hpp>

#include "manifest_watch.hpp"

namespace ol::storage {

// Keys and values of the column families. Format: docs/protocol/storage.md.

/// Of everything in the directory; a change makes older directories unreadable.
inline constexpr std::uint32_t kFormatVersion = 3;

/// Of the store within the database's directory.
inline constexpr const char* kStoreName = "rocksdb";

inline constexpr std::string_view kIdentityKey = "identity";
inline constexpr std::string_view kHeadKey = "head";
inline constexpr std::string_view kHistoryFloorKey = "history_floor";
/// The ManifestMark when the head was committed.
inline constexpr std::string_view kManifestKey = "manifest";
/// In every column: the height of the head as of the batch that wrote it. A column whose file was
/// lost or rolled back betrays itself by an older one.
inline constexpr std::string_view kWatermarkKey = "";

/// Big-endian, so that keys are ordered as heights are.
[[nodiscard]] Bytes height_key(primitives::Height height);
[[nodiscard]] std::optional<primitives::Height> decode_height(ByteView bytes);
[[nodiscard]] Bytes slot_key(const Address& address, const Hash256& slot);
/// Above every slot of `address` and of no other.
[[nodiscard]] Bytes slots_end(const Address& address);
/// Above every trie node of `owner` and of no other.
[[nodiscard]] Bytes trie_nodes_end(const Hash256& owner);
[[nodiscard]] Bytes history_key(const Address& address, primitives::Height height);
[[nodiscard]] Bytes slot_history_key(const state::StorageKey& slot, primitives::Height height);

/// What the log index knows a block by: that it has a log, one of an address, or one with a topic.
[[nodiscard]] Bytes any_log_key();
[[nodiscard]] Bytes log_address_key(const Address& address);
/// Whatever place the topic has.
[[nodiscard]] Bytes log_topic_key(const Hash256& topic);
/// `item` is one of the above.
[[nodiscard]] Bytes log_key(ByteView item, primitives::Height height);

struct StoredIdentity {
  std::uint32_t format = 0;
  Hash256 genesis_hash;
  primitives::ChainDomain domain;
};
[[nodiscard]] Bytes encode_identity(const ChainIdentity& identity);
/// Reads the fields behind an unknown format as zero: the format is what the caller asks first.
[[nodiscard]] std::optional<StoredIdentity> decode_identity(ByteView bytes);

[[nodiscard]] Bytes encode_head(const Head& head);
[[nodiscard]] std::optional<Head> decode_head(ByteView bytes);
[[nodiscard]] Bytes encode_manifest_mark(const ManifestMark& mark);
[[nodiscard]] std::optional<ManifestMark> decode_manifest_mark(ByteView bytes);
[[nodiscard]] Bytes encode_location(const TxnLocation& location);
[[nodiscard]] std::optional<TxnLocation> decode_location(ByteView bytes);
[[nodiscard]] Bytes encode_receipts(std::span<const primitives::Receipt> receipts);
[[nodiscard]] std::optional<std::vector<primitives::Receipt>> decode_receipts(ByteView bytes);

/// The addresses whose history a height added to.
[[nodiscard]] Bytes encode_addresses(std::span<const Address> addresses);
[[nodiscard]] std::optional<std::vector<Address>> decode_addresses(ByteView bytes);

/// The slots whose history a height added to.
[[nodiscard]] Bytes encode_slots(std::span<const state::StorageKey> slots);
[[nodiscard]] std::optional<std::vector<state::StorageKey>> decode_slots(ByteView bytes);

/// An account's value before a block; empty when there was none.
[[nodiscard]] Bytes encode_previous(const std::optional<state::Account>& account);
[[nodiscard]] Result<std::optional<state::Account>, DecodeError> decode_previous(ByteView bytes);

/// A slot's value without leading zeros; zero is never stored.
[[nodiscard]] std::optional<U256> decode_slot(ByteView bytes);
/// A slot's value before a block; empty for zero.
[[nodiscard]] std::optional<U256> decode_previous_slot(ByteView bytes);

}  // namespace ol::storage
