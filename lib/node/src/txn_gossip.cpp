#include "txn_gossip.hpp"

#include <ol/primitives/transaction.hpp>

namespace ol::node {

Bytes encode_txn_batch(const std::vector<Bytes>& envelopes) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(envelopes.size()));
  for (const Bytes& envelope : envelopes)
    out.blob(envelope);
  return out.take();
}

Result<std::vector<Bytes>, DecodeError> decode_txn_batch(ByteView bytes) {
  Reader in(bytes);
  const std::uint32_t count = in.count(kGossipTxnsMax);
  if (in.remaining() / 4 < count) in.reject(DecodeError::Truncated);
  std::vector<Bytes> out;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i)
    out.push_back(to_bytes(in.blob(primitives::kTxnBytesMax)));
  OL_TRY_VOID(in.finish());
  return out;
}

}  // namespace ol::node
