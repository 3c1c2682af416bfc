#include "records.hpp"

namespace ol::storage {

using primitives::Height;

Bytes height_key(Height height) {
  return Writer().strong(height).take();
}

std::optional<Height> decode_height(ByteView bytes) {
  Reader in(bytes);
  const auto height = in.strong<Height>();
  if (!in.finish()) return std::nullopt;
  return height;
}

Bytes slot_key(const Address& address, const Hash256& slot) {
  return Writer().fixed(address).fixed(slot).take();
}

Bytes slots_end(const Address& address) {
  // Longer than a slot's key and nowhere smaller.
  return Writer().fixed(address).raw(Bytes(Hash256::kSize + 1, 0xff)).take();
}

Bytes trie_nodes_end(const Hash256& owner) {
  // Nibbles are below 16.
  return Writer().fixed(owner).u8(0xff).take();
}

Bytes history_key(const Address& address, Height height) {
  return Writer().fixed(address).strong(height).take();
}

Bytes slot_history_key(const state::StorageKey& slot, Height height) {
  return Writer().fixed(slot.address).fixed(slot.slot).strong(height).take();
}

namespace {
enum class LogItem : std::uint8_t { Any = 0, Address = 1, Topic = 2 };
}  // namespace

Bytes any_log_key() {
  return {static_cast<std::uint8_t>(LogItem::Any)};
}

Bytes log_address_key(const Address& address) {
  return Writer().u8(static_cast<std::uint8_t>(LogItem::Address)).fixed(address).take();
}

Bytes log_topic_key(const Hash256& topic) {
  return Writer().u8(static_cast<std::uint8_t>(LogItem::Topic)).fixed(topic).take();
}

Bytes log_key(ByteView item, Height height) {
  return Writer().raw(item).strong(height).take();
}

Bytes encode_identity(const ChainIdentity& identity) {
  Writer out;
  out.u32(kFormatVersion).fixed(identity.genesis_hash).strong(identity.domain.chain_id);
  out.u8(static_cast<std::uint8_t>(identity.domain.hash));
  return out.take();
}

std::optional<StoredIdentity> decode_identity(ByteView bytes) {
  Reader in(bytes);
  StoredIdentity out;
  out.format = in.u32();
  if (!in.ok()) return std::nullopt;
  if (out.format != kFormatVersion) return out;
  out.genesis_hash = in.fixed<Hash256>();
  out.domain.chain_id = in.strong<primitives::ChainId>();
  out.domain.hash = static_cast<crypto::HashAlgorithm>(in.u8());
  if (!in.finish()) return std::nullopt;
  return out;
}

Bytes encode_head(const Head& head) {
  Writer out;
  out.strong(head.height).strong(head.view).fixed(head.hash).fixed(head.evm_hash);
  return out.fixed(head.state_root).take();
}

std::optional<Head> decode_head(ByteView bytes) {
  Reader in(bytes);
  Head head;
  head.height = in.strong<Height>();
  head.view = in.strong<primitives::View>();
  head.hash = in.fixed<primitives::BlockHash>();
  head.evm_hash = in.fixed<primitives::EvmHash>();
  head.state_root = in.fixed<Hash256>();
  if (!in.finish()) return std::nullopt;
  return head;
}

Bytes encode_manifest_mark(const ManifestMark& mark) {
  return Writer().u64(mark.number).u64(mark.bytes).fixed(mark.digest).take();
}

std::optional<ManifestMark> decode_manifest_mark(ByteView bytes) {
  Reader in(bytes);
  ManifestMark mark;
  mark.number = in.u64();
  mark.bytes = in.u64();
  mark.digest = in.fixed<Hash256>();
  if (!in.finish()) return std::nullopt;
  return mark;
}

Bytes encode_location(const TxnLocation& location) {
  return Writer().strong(location.height).u32(location.index).take();
}

std::optional<TxnLocation> decode_location(ByteView bytes) {
  Reader in(bytes);
  TxnLocation location;
  location.height = in.strong<Height>();
  location.index = in.u32();
  if (!in.finish()) return std::nullopt;
  return location;
}

Bytes encode_receipts(std::span<const primitives::Receipt> receipts) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(receipts.size()));
  for (const auto& receipt : receipts)
    encode(out, receipt);
  return out.take();
}

std::optional<std::vector<primitives::Receipt>> decode_receipts(ByteView bytes) {
  Reader in(bytes);
  const std::uint32_t count = in.count(primitives::kBlockItemsMax);
  std::vector<primitives::Receipt> out;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i)
    out.push_back(primitives::decode_receipt(in));
  if (!in.finish()) return std::nullopt;
  return out;
}

Bytes encode_addresses(std::span<const Address> addresses) {
  Writer out;
  for (const Address& address : addresses)
    out.fixed(address);
  return out.take();
}

std::optional<std::vector<Address>> decode_addresses(ByteView bytes) {
  if (bytes.size() % Address::kSize != 0) return std::nullopt;
  std::vector<Address> out;
  for (Reader in(bytes); in.remaining() > 0;)
    out.push_back(in.fixed<Address>());
  return out;
}

Bytes encode_slots(std::span<const state::StorageKey> slots) {
  Writer out;
  for (const state::StorageKey& key : slots)
    out.fixed(key.address).fixed(key.slot);
  return out.take();
}

std::optional<std::vector<state::StorageKey>> decode_slots(ByteView bytes) {
  if (bytes.size() % (Address::kSize + Hash256::kSize) != 0) return std::nullopt;
  std::vector<state::StorageKey> out;
  for (Reader in(bytes); in.remaining() > 0;) {
    const auto address = in.fixed<Address>();
    out.push_back({address, in.fixed<Hash256>()});
  }
  return out;
}

Bytes encode_previous(const std::optional<state::Account>& account) {
  return account ? state::encode_account(*account) : Bytes{};
}

Result<std::optional<state::Account>, DecodeError> decode_previous(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto account = state::decode_account(bytes);
  if (!account) return fail(DecodeError::BadValue);
  return *account;
}

std::optional<U256> decode_slot(ByteView bytes) {
  if (bytes.empty() || bytes.front() == 0) return std::nullopt;
  return U256::from_big_endian(bytes);
}

std::optional<U256> decode_previous_slot(ByteView bytes) {
  return bytes.empty() ? U256{} : decode_slot(bytes);
}

}  // namespace ol::storage
