// A batch on the topics of transactions and items: bounded, and one encoding per value.
#include "gossip_batch.hpp"

#include <ol/base/check.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView input(data, size);
  const auto batch = ol::node::decode_gossip_batch(input);
  if (!batch) return 0;
  OL_CHECK(batch->size() <= ol::node::kGossipBatchMax, "a batch is bounded");
  const ol::Bytes again = ol::node::encode_gossip_batch(*batch);
  OL_CHECK(std::equal(again.begin(), again.end(), input.begin(), input.end()),
           "one encoding per value");
  return 0;
}
