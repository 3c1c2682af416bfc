#include <ol/primitives/block.hpp>

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/primitives/transaction.hpp>

#include "golden.hpp"
#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::encoded;
using samples::kBlake3Domain;
using samples::kDomain;

TEST(Header, encodes_to_the_golden_bytes) {
  EXPECT_EQ(to_hex(encoded(samples::header())), golden::kHeader);
}

TEST(Header, decodes_what_it_encoded_with_and_without_timeout_certificate) {
  Header header = samples::header();
  for (int round = 0; round < 2; ++round) {
    const Bytes bytes = encoded(header);
    Reader in(bytes);
    EXPECT_EQ(decode_header(in), header);
    EXPECT_TRUE(in.finish());
    header.timeout_certificate.reset();
  }
}

TEST(Header, refuses_every_truncation) {
  const Bytes bytes = encoded(samples::header());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader in(ByteView(bytes).first(size));
    (void)decode_header(in);
    EXPECT_EQ(in.error(), DecodeError::Truncated) << size;
  }
}

TEST(Header, refuses_other_versions) {
  for (const int version : {0, 2, 256}) {
    Header header = samples::header();
    header.version = static_cast<std::uint16_t>(version);
    const Bytes bytes = encoded(header);
    Reader in(bytes);
    (void)decode_header(in);
    EXPECT_EQ(in.error(), DecodeError::BadValue) << version;
  }
}

TEST(Header, refuses_a_presence_byte_other_than_zero_and_one) {
  Header header = samples::header();
  header.timeout_certificate.reset();
  Bytes bytes = encoded(header);
  // What follows the presence byte has fixed size: time, proposer and five digests.
  bytes[bytes.size() - (8 + 4 + 5 * 32) - 1] = 2;
  Reader in(bytes);
  (void)decode_header(in);
  EXPECT_EQ(in.error(), DecodeError::BadValue);
}

TEST(BlockHash, has_the_golden_value) {
  EXPECT_EQ(to_hex(block_hash(kDomain, samples::header()).view()), golden::kBlockHash);
}

std::vector<std::function<void(Header&)>> header_changes() {
  return {
      [](Header& h) { h.version = 2; },
      [](Header& h) { h.chain_id = ChainId(1); },
      [](Header& h) { h.epoch = Epoch(4); },
      [](Header& h) { h.height = Height(43); },
      [](Header& h) { h.view = View(100); },
      [](Header& h) { h.parent.bytes[5] ^= 1; },
      [](Header& h) { h.justify.subject.epoch = Epoch(2); },
      [](Header& h) { h.justify.subject.set_hash.bytes[0] ^= 1; },
      [](Header& h) { h.justify.subject.phase = Phase::Precommit; },
      [](Header& h) { h.justify.subject.height = Height(40); },
      [](Header& h) { h.justify.subject.view = View(96); },
      [](Header& h) { h.justify.subject.block.bytes[0] ^= 1; },
      [](Header& h) { h.justify.signers[0] ^= 1; },
      [](Header& h) { h.justify.signers.push_back(0); },
      [](Header& h) { h.justify.signature[0] ^= 1; },
      // The same bytes, split differently between the two fields.
      [](Header& h) {
        h.justify.signature.insert(h.justify.signature.begin(), h.justify.signers.back());
        h.justify.signers.pop_back();
      },
      [](Header& h) { h.timeout_certificate.reset(); },
      [](Header& h) { h.timeout_certificate->epoch = Epoch(2); },
      [](Header& h) { h.timeout_certificate->set_hash.bytes[1] ^= 1; },
      [](Header& h) { h.timeout_certificate->view = View(97); },
      [](Header& h) { h.timeout_certificate->signatures[0].validator = ValidatorIndex(0); },
      [](Header& h) { h.timeout_certificate->signatures[0].high_qc_view = View(1); },
      [](Header& h) { h.timeout_certificate->signatures[1].signature.bytes[63] ^= 1; },
      [](Header& h) { h.timeout_certificate->signatures.pop_back(); },
      [](Header& h) { h.time = TimeMs(1); },
      [](Header& h) { h.proposer = ValidatorIndex(5); },
      [](Header& h) { h.payload_root.bytes[31] ^= 1; },
      [](Header& h) { h.parent_state_root.bytes[31] ^= 1; },
      [](Header& h) { h.parent_receipts_root.bytes[31] ^= 1; },
      [](Header& h) { h.parent_evm_hash.bytes[31] ^= 1; },
      [](Header& h) { h.set_hash.bytes[31] ^= 1; },
  };
}

TEST(BlockHash, changes_with_every_field) {
  for (const ChainDomain& domain : {kDomain, kBlake3Domain}) {
    std::set<BlockHash> seen = {block_hash(domain, samples::header())};
    const auto changes = header_changes();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      Header changed = samples::header();
      changes[i](changed);
      EXPECT_TRUE(seen.insert(block_hash(domain, changed)).second) << "change " << i;
    }
  }
}

TEST(ProposalDigest, has_the_golden_value) {
  const BlockHash hash = block_hash(kDomain, samples::header());
  EXPECT_EQ(to_hex(proposal_digest(kDomain, samples::header(), hash).view()),
            golden::kProposalDigest);
}

TEST(ProposalDigest, changes_with_block_view_height_epoch_set_and_chain) {
  const Header header = samples::header();
  const BlockHash hash = block_hash(kDomain, header);
  const Hash256 original = proposal_digest(kDomain, header, hash);
  EXPECT_NE(proposal_digest(kDomain, header, BlockHash{}), original);
  for (const std::size_t i : {2U, 3U, 4U, 30U}) {
    Header changed = header;
    header_changes()[i](changed);
    EXPECT_NE(proposal_digest(kDomain, changed, hash), original) << i;
  }
  const ChainDomain other{.chain_id = ChainId(1), .hash = kDomain.hash};
  EXPECT_NE(proposal_digest(other, header, hash), original);
}

// Trap T25: count and order are fixed, nothing is duplicated, one item is not its own root.
TEST(PayloadRoot, has_the_golden_values) {
  const auto a = samples::filled<TxnHash>(0x61);
  const auto b = samples::filled<TxnHash>(0x62);
  EXPECT_EQ(to_hex(payload_root(kDomain, {a, b}).view()), golden::kPayloadRootOfTwo);
  EXPECT_EQ(to_hex(payload_root(kDomain, {}).view()), golden::kPayloadRootOfNone);
}

TEST(PayloadRoot, depends_on_count_and_order) {
  const auto a = samples::filled<TxnHash>(0x61);
  const auto b = samples::filled<TxnHash>(0x62);
  const std::set<Hash256> roots = {payload_root(kDomain, {}),     payload_root(kDomain, {a}),
                                   payload_root(kDomain, {a, a}), payload_root(kDomain, {a, b}),
                                   payload_root(kDomain, {b, a}), retag<Hash256>(a)};
  EXPECT_EQ(roots.size(), 6U);
}

TEST(Block, hash_changes_when_the_payload_is_split_or_ordered_differently) {
  const std::vector<std::vector<Bytes>> payloads = {
      {}, {{}}, {{1, 2, 3}}, {{1}, {2, 3}}, {{1, 2}, {3}}, {{2, 3}, {1}}, {{1, 2, 3}, {}}};
  std::set<BlockHash> seen;
  for (const auto& payload : payloads) {
    const Block block = Block::propose(kDomain, samples::header(), payload);
    EXPECT_TRUE(block.payload_matches(kDomain));
    EXPECT_TRUE(seen.insert(block.hash).second);
  }
}

TEST(Block, propose_derives_root_item_hashes_and_hash) {
  const Block block = Block::propose(kDomain, samples::header(), {{1}, {2, 3}});
  ASSERT_EQ(block.item_hashes.size(), 2U);
  EXPECT_EQ(block.item_hashes[1], transaction_hash(Bytes{2, 3}));
  EXPECT_EQ(block.header.payload_root, payload_root(kDomain, block.item_hashes));
  EXPECT_EQ(block.hash, block_hash(kDomain, block.header));
}

TEST(Block, make_keeps_a_wrong_root_for_the_caller_to_see) {
  const Block block = Block::make(kDomain, samples::header(), {{1}});
  EXPECT_EQ(block.header, samples::header());
  EXPECT_FALSE(block.payload_matches(kDomain));
}

TEST(Block, decodes_what_it_encoded) {
  const Block block = Block::propose(kDomain, samples::header(), {{1}, {2, 3}, {}});
  const auto out = decode_block(kDomain, encoded(block));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->header, block.header);
  EXPECT_EQ(out->payload, block.payload);
  EXPECT_EQ(out->item_hashes, block.item_hashes);
  EXPECT_EQ(out->hash, block.hash);
}

TEST(Block, refuses_truncation_and_trailing_bytes) {
  Bytes bytes = encoded(Block::propose(kDomain, samples::header(), {{1}, {2, 3}}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto out = decode_block(kDomain, ByteView(bytes).first(size));
    ASSERT_FALSE(out) << size;
    EXPECT_EQ(out.error(), DecodeError::Truncated) << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(decode_block(kDomain, bytes).error(), DecodeError::TrailingBytes);
}

TEST(Block, refuses_a_payload_that_is_not_the_headers) {
  const Block block = Block::make(kDomain, samples::header(), {{1}});
  EXPECT_EQ(decode_block(kDomain, encoded(block)).error(), DecodeError::BadValue);
}

TEST(Block, is_bounded_in_bytes) {
  const Bytes header = encoded(samples::header());
  const std::size_t room = kBlockBytesMax - header.size() - 8;
  const Block largest = Block::propose(kDomain, samples::header(), {Bytes(room, 7)});
  const Bytes bytes = encoded(largest);
  ASSERT_EQ(bytes.size(), kBlockBytesMax);
  EXPECT_TRUE(decode_block(kDomain, bytes));
  const Block larger = Block::propose(kDomain, samples::header(), {Bytes(room + 1, 7)});
  EXPECT_EQ(decode_block(kDomain, encoded(larger)).error(), DecodeError::OverLimit);
}

TEST(Block, is_bounded_in_items) {
  const std::vector<Bytes> items(kBlockItemsMax);
  EXPECT_TRUE(decode_block(kDomain, encoded(Block::propose(kDomain, samples::header(), items))));
  const std::vector<Bytes> more(kBlockItemsMax + 1);
  EXPECT_EQ(
      decode_block(kDomain, encoded(Block::propose(kDomain, samples::header(), more))).error(),
      DecodeError::OverLimit);
}

}  // namespace
}  // namespace ol::primitives
