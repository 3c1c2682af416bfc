#include <ol/primitives/block.hpp>

#include <algorithm>
#include <utility>

#include <ol/primitives/genesis.hpp>
#include <ol/primitives/item.hpp>
#include <ol/primitives/transaction.hpp>

#include "digest.hpp"

namespace ol::primitives {
namespace {

std::vector<TxnHash> hash_items(const std::vector<Bytes>& payload) {
  std::vector<TxnHash> out;
  out.reserve(payload.size());
  for (const Bytes& item : payload)
    out.push_back(transaction_hash(item));
  return out;
}

std::optional<TimeoutCertificate> decode_optional_timeout(Reader& in) {
  const std::uint8_t present = in.u8();
  if (present > 1) in.reject(DecodeError::BadValue);
  if (present != 1 || !in.ok()) return std::nullopt;
  return decode_timeout_certificate(in);
}

std::vector<Bytes> decode_payload(Reader& in) {
  const std::uint32_t count = in.count(kBlockItemsMax);
  std::vector<Bytes> out;
  // Grows with what is really there: a count alone makes nobody allocate.
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    out.push_back(to_bytes(in.blob(kBlockBytesMax)));
  }
  return out;
}

}  // namespace

void encode(Writer& out, const Header& header) {
  out.u16(header.version)
      .strong(header.chain_id)
      .strong(header.epoch)
      .strong(header.height)
      .strong(header.view)
      .fixed(header.parent);
  encode(out, header.justify);
  out.u8(header.timeout_certificate ? 1 : 0);
  if (header.timeout_certificate) encode(out, *header.timeout_certificate);
  out.strong(header.time)
      .strong(header.proposer)
      .fixed(header.payload_root)
      .fixed(header.parent_state_root)
      .fixed(header.parent_receipts_root)
      .fixed(header.parent_evm_hash)
      .fixed(header.set_hash);
}

Header decode_header(Reader& in) {
  Header out;
  out.version = in.u16();
  if (in.ok() && out.version != kHeaderVersion) in.reject(DecodeError::BadValue);
  out.chain_id = in.strong<ChainId>();
  out.epoch = in.strong<Epoch>();
  out.height = in.strong<Height>();
  out.view = in.strong<View>();
  out.parent = in.fixed<BlockHash>();
  out.justify = decode_quorum_certificate(in);
  out.timeout_certificate = decode_optional_timeout(in);
  out.time = in.strong<TimeMs>();
  out.proposer = in.strong<ValidatorIndex>();
  out.payload_root = in.fixed<Hash256>();
  out.parent_state_root = in.fixed<Hash256>();
  out.parent_receipts_root = in.fixed<Hash256>();
  out.parent_evm_hash = in.fixed<EvmHash>();
  out.set_hash = in.fixed<SetHash>();
  return out;
}

BlockHash block_hash(const ChainDomain& domain, const Header& header) {
  Digest digest(domain, "openliquid/block/v1");
  encode(digest.fields(), header);
  return retag<BlockHash>(digest.finish());
}

Hash256 payload_root(const ChainDomain& domain, const std::vector<TxnHash>& items) {
  Digest digest(domain, "openliquid/payload/v1");
  digest.fields().u32(static_cast<std::uint32_t>(items.size()));
  for (const TxnHash& item : items)
    digest.fields().fixed(item);
  return digest.finish();
}

Hash256 proposal_digest(const ChainDomain& domain, const Header& header, const BlockHash& hash) {
  Digest digest(domain, "openliquid/proposal/v1");
  digest.fields()
      .strong(domain.chain_id)
      .strong(header.epoch)
      .fixed(header.set_hash)
      .strong(header.height)
      .strong(header.view)
      .fixed(hash);
  return digest.finish();
}

Block Block::make(const ChainDomain& domain, Header header, std::vector<Bytes> payload) {
  Block out;
  out.header = std::move(header);
  out.payload = std::move(payload);
  out.item_hashes = hash_items(out.payload);
  out.hash = block_hash(domain, out.header);
  return out;
}

Block Block::propose(const ChainDomain& domain, Header header, std::vector<Bytes> payload) {
  Block out;
  out.header = std::move(header);
  out.payload = std::move(payload);
  out.item_hashes = hash_items(out.payload);
  out.header.payload_root = primitives::payload_root(domain, out.item_hashes);
  out.hash = block_hash(domain, out.header);
  return out;
}

bool Block::payload_matches(const ChainDomain& domain) const {
  return header.payload_root == primitives::payload_root(domain, item_hashes);
}

bool has_work(const Block& block) {
  return block.payload.size() > 1 ||
         (block.payload.size() == 1 && !is_leader_item(block.payload.front()));
}

std::size_t transaction_count(const Block& block) {
  const auto first =
      std::ranges::find_if(block.payload, [](const Bytes& item) { return is_exchange_item(item); });
  return static_cast<std::size_t>(first - block.payload.begin());
}

std::size_t executed_count(const Block& block, LeaderKind leaders) {
  const bool proven =
      leaders == LeaderKind::Vrf && !block.payload.empty() && is_leader_item(block.payload.back());
  return block.payload.size() - (proven ? 1 : 0);
}

void encode(Writer& out, const Block& block) {
  encode(out, block.header);
  out.u32(static_cast<std::uint32_t>(block.payload.size()));
  for (const Bytes& item : block.payload)
    out.blob(item);
}

Result<Block, DecodeError> decode_block(const ChainDomain& domain, ByteView bytes) {
  if (bytes.size() > kBlockBytesMax) return fail(DecodeError::OverLimit);
  Reader in(bytes);
  Header header = decode_header(in);
  std::vector<Bytes> payload = decode_payload(in);
  OL_TRY_VOID(in.finish());
  Block out = Block::make(domain, std::move(header), std::move(payload));
  if (!out.payload_matches(domain)) return fail(DecodeError::BadValue);
  return out;
}

}  // namespace ol::primitives
