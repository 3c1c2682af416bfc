#include <ol/node/sync_messages.hpp>

#include <ol/primitives/transaction.hpp>

namespace ol::node {
namespace {

using primitives::BlockHash;
using primitives::Height;
using primitives::TxnHash;

enum class Kind : std::uint8_t {
  Status = 1,
  ItemsRequest = 2,
  ItemsResponse = 3,
  BlockRequest = 4,
  BlockResponse = 5,
  RangeRequest = 6,
  RangeResponse = 7,
  HandOverRequest = 8,
  HandOverResponse = 9,
};

struct Encoder {
  Writer& out;

  void kind(Kind k) { out.u8(static_cast<std::uint8_t>(k)); }
  void operator()(const StatusMessage& m) {
    kind(Kind::Status);
    out.strong(m.height);
  }
  void operator()(const ItemsRequest& m) {
    kind(Kind::ItemsRequest);
    out.fixed(m.block).u32(static_cast<std::uint32_t>(m.items.size()));
    for (const TxnHash& item : m.items)
      out.fixed(item);
  }
  void operator()(const ItemsResponse& m) {
    kind(Kind::ItemsResponse);
    out.fixed(m.block).u32(static_cast<std::uint32_t>(m.items.size()));
    for (const Bytes& item : m.items)
      out.blob(item);
  }
  void operator()(const BlockRequest& m) {
    kind(Kind::BlockRequest);
    out.fixed(m.block);
  }
  void operator()(const BlockResponse& m) {
    kind(Kind::BlockResponse);
    out.fixed(m.block).blob(m.encoded);
  }
  void operator()(const RangeRequest& m) {
    kind(Kind::RangeRequest);
    out.strong(m.from).u32(m.count);
  }
  void operator()(const RangeResponse& m) {
    kind(Kind::RangeResponse);
    out.strong(m.from).u32(static_cast<std::uint32_t>(m.entries.size()));
    for (const RangeEntry& entry : m.entries) {
      out.blob(entry.encoded_block);
      primitives::encode(out, entry.certificate);
    }
  }
  void operator()(const HandOverRequest& m) {
    kind(Kind::HandOverRequest);
    out.strong(m.epoch);
  }
  void operator()(const HandOverResponse& m) {
    kind(Kind::HandOverResponse);
    out.blob(m.encoded);
  }
};

// A count whose items take at least `item_bytes` each must fit what is left: no memory is set aside
// for a claim.
std::uint32_t honest_count(Reader& in, std::uint32_t max, std::size_t item_bytes) {
  const std::uint32_t count = in.count(max);
  if (in.remaining() / item_bytes < count) in.reject(DecodeError::Truncated);
  return in.ok() ? count : 0;
}

ItemsRequest decode_items_request(Reader& in) {
  ItemsRequest out;
  out.block = in.fixed<BlockHash>();
  const std::uint32_t count = honest_count(in, primitives::kBlockItemsMax, TxnHash::kSize);
  out.items.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    out.items.push_back(in.fixed<TxnHash>());
  return out;
}

ItemsResponse decode_items_response(Reader& in) {
  ItemsResponse out;
  out.block = in.fixed<BlockHash>();
  const std::uint32_t count = honest_count(in, primitives::kBlockItemsMax, 4);
  out.items.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    out.items.push_back(to_bytes(in.blob(primitives::kTxnBytesMax)));
  return out;
}

RangeResponse decode_range_response(Reader& in) {
  RangeResponse out;
  out.from = in.strong<Height>();
  const std::uint32_t count = honest_count(in, kRangeCountMax, 4);
  out.entries.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    RangeEntry entry;
    entry.encoded_block = to_bytes(in.blob(primitives::kBlockBytesMax));
    entry.certificate = primitives::decode_quorum_certificate(in);
    out.entries.push_back(std::move(entry));
  }
  return out;
}

SyncMessage decode_body(Reader& in) {
  switch (static_cast<Kind>(in.u8())) {
    case Kind::Status:
      return StatusMessage{in.strong<Height>()};
    case Kind::ItemsRequest:
      return decode_items_request(in);
    case Kind::ItemsResponse:
      return decode_items_response(in);
    case Kind::BlockRequest:
      return BlockRequest{in.fixed<BlockHash>()};
    case Kind::BlockResponse: {
      BlockResponse out;
      out.block = in.fixed<BlockHash>();
      out.encoded = to_bytes(in.blob(primitives::kBlockBytesMax));
      return out;
    }
    case Kind::RangeRequest: {
      RangeRequest out;
      out.from = in.strong<Height>();
      out.count = in.count(kRangeCountMax);
      return out;
    }
    case Kind::RangeResponse:
      return decode_range_response(in);
    case Kind::HandOverRequest:
      return HandOverRequest{in.strong<primitives::Epoch>()};
    case Kind::HandOverResponse:
      return HandOverResponse{to_bytes(in.blob(kHandOverBytesMax))};
  }
  in.reject(DecodeError::BadValue);
  return StatusMessage{};
}

}  // namespace

Bytes encode_sync_message(const SyncMessage& message) {
  Writer out;
  std::visit(Encoder{out}, message);
  return out.take();
}

Result<SyncMessage, DecodeError> decode_sync_message(ByteView bytes) {
  Reader in(bytes);
  SyncMessage out = decode_body(in);
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::node
