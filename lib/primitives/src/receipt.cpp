#include <ol/primitives/receipt.hpp>

#include <algorithm>

#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::primitives {
namespace {

/// Sets the three bits of `item` (Yellow Paper section 4.4.3, function M).
void add_to_bloom(Bloom& bloom, ByteView item) {
  const Hash256 digest = crypto::keccak256(item);
  for (std::size_t pair = 0; pair < 6; pair += 2) {
    const std::size_t bit =
        (static_cast<std::size_t>(digest.bytes[pair] & 7) << 8) | digest.bytes[pair + 1];
    bloom.bytes[Bloom::kSize - 1 - bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

void write_log(RlpWriter& out, const Log& log) {
  out.begin_list().fixed(log.address).begin_list();
  for (const Hash256& topic : log.topics)
    out.fixed(topic);
  out.end_list().string(log.data).end_list();
}

void encode(Writer& out, const Log& log) {
  out.fixed(log.address).u32(static_cast<std::uint32_t>(log.topics.size()));
  for (const Hash256& topic : log.topics)
    out.fixed(topic);
  out.blob(log.data);
}

Log decode_log(Reader& in) {
  Log out;
  out.address = in.fixed<Address>();
  const std::uint32_t topics = in.count(kLogTopicsMax);
  for (std::uint32_t i = 0; i < topics; ++i)
    out.topics.push_back(in.fixed<Hash256>());
  out.data = to_bytes(in.blob(kLogBytesMax));
  return out;
}

std::uint8_t decode_at_most(Reader& in, std::uint8_t max) {
  const std::uint8_t value = in.u8();
  if (value <= max) return value;
  in.reject(DecodeError::BadValue);
  return 0;
}

}  // namespace

Bytes encode_receipt(const Receipt& receipt) {
  RlpWriter out;
  out.begin_list().u64(receipt.success ? 1 : 0).u64(receipt.cumulative_gas_used);
  out.fixed(receipt.bloom).begin_list();
  for (const Log& log : receipt.logs)
    write_log(out, log);
  out.end_list().end_list();
  Bytes list = out.take();
  if (receipt.type != TxnType::Legacy) {
    list.insert(list.begin(), static_cast<std::uint8_t>(receipt.type));
  }
  return list;
}

Bloom logs_bloom(const std::vector<Log>& logs) {
  Bloom bloom;
  for (const Log& log : logs) {
    add_to_bloom(bloom, log.address.view());
    for (const Hash256& topic : log.topics)
      add_to_bloom(bloom, topic.view());
  }
  return bloom;
}

void encode(Writer& out, const Receipt& receipt) {
  out.u8(static_cast<std::uint8_t>(receipt.type))
      .u8(receipt.success ? 1 : 0)
      .u64(receipt.cumulative_gas_used)
      .u64(receipt.gas_used)
      .raw(receipt.effective_gas_price.to_big_endian())
      .u8(receipt.contract ? 1 : 0);
  if (receipt.contract) out.fixed(*receipt.contract);
  out.u32(static_cast<std::uint32_t>(receipt.logs.size()));
  for (const Log& log : receipt.logs)
    encode(out, log);
}

Receipt decode_receipt(Reader& in) {
  Receipt out;
  out.type = static_cast<TxnType>(decode_at_most(in, kTxnTypeMax));
  out.success = decode_at_most(in, 1) == 1;
  out.cumulative_gas_used = in.u64();
  out.gas_used = in.u64();
  out.effective_gas_price = U256::from_fixed(in.fixed<Hash256>());
  if (decode_at_most(in, 1) == 1) out.contract = in.fixed<Address>();
  const std::uint32_t logs = in.count(kReceiptLogsMax);
  for (std::uint32_t i = 0; i < logs && in.ok(); ++i)
    out.logs.push_back(decode_log(in));
  out.bloom = logs_bloom(out.logs);
  return out;
}

}  // namespace ol::primitives
