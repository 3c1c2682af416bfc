// docs/adr/0020-vrf-leaders.md: leaders from the outputs of their own proofs.
#include <gtest/gtest.h>

#include <ol/consensus/vrf_leaders.hpp>
#include <ol/primitives/item.hpp>

#include "epochs.hpp"
#include "validators.hpp"

namespace ol::consensus::test {
namespace {

using primitives::Block;
using primitives::BlockHash;
using primitives::Height;

constexpr std::uint64_t kWindow = 4 * VrfLeaders::kWindowFactor;

Hash256 seed_of(std::uint8_t number) {
  Hash256 out;
  out.bytes[0] = number;
  return out;
}

// A branch of blocks with proofs, and a schedule that is told of them.
struct Chain {
  explicit Chain(std::uint8_t seed = 1)
      : leaders({.domain = v.domain, .set = *v.set, .present = nullptr, .begins = View(0)},
                v.genesis.hash, Height(0), Beacon(v.domain.hash, seed_of(seed))) {}

  Block make(const Block& parent, View view, std::uint32_t proposer,
             std::vector<Bytes> items) const {
    Block block = v.block(parent, {}, view);
    block.header.proposer = ValidatorIndex(proposer);
    return Block::propose(v.domain, block.header, std::move(items));
  }
  Bytes proof(const Block& parent, View view, std::uint32_t key) const {
    const auto challenge = leaders.challenge(view, parent.hash);
    return encode_leader_item({.randomness = challenge->randomness,
                               .proof = crypto::vrf_prove(v.key(key), challenge->input)});
  }
  // As its leader makes it.
  Block next(const Block& parent, View view) const {
    const std::uint32_t by = leaders.leader_above(view, parent.hash).value();
    return make(parent, view, by, {Bytes{1}, proof(parent, view, by)});
  }
  // Adds a final block in each of these views.
  Block grow(Block tip, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t view = first; view <= last; ++view) {
      tip = next(tip, View(view));
      EXPECT_TRUE(leaders.admit(tip).has_value());
      leaders.commit(tip);
      chain.push_back(tip);
    }
    return tip;
  }

  Validators v{4};
  VrfLeaders leaders;
  std::vector<Block> chain;
};

std::vector<std::uint32_t> leads(const VrfLeaders& leaders, std::uint64_t first,
                                 std::uint64_t last) {
  std::vector<std::uint32_t> out;
  for (std::uint64_t view = first; view <= last; ++view)
    out.push_back(leaders.leader(View(view)).value());
  return out;
}

BeaconBlock stored(const Block& block) {
  return {block.header.view, decode_leader_item(block.payload.back())};
}

TEST(LeaderItem, is_read_back_and_nothing_else_is_read) {
  LeaderItem item{.randomness = seed_of(7), .proof = {}};
  item.proof.bytes[3] = 9;
  const Bytes bytes = encode_leader_item(item);
  ASSERT_EQ(bytes.size(), 113U);
  EXPECT_EQ(bytes[0], 0x90);
  const auto read = decode_leader_item(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->randomness, item.randomness);
  EXPECT_EQ(read->proof, item.proof);
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_leader_item(longer).has_value());
  EXPECT_FALSE(decode_leader_item(ByteView(bytes).first(112)).has_value());
  Bytes other = bytes;
  other[0] = 0x80;
  EXPECT_FALSE(decode_leader_item(other).has_value());
  EXPECT_FALSE(decode_leader_item({}).has_value());
}

TEST(Beacon, changes_with_every_output_two_windows_later_and_not_before) {
  const crypto::HashAlgorithm hash = crypto::HashAlgorithm::Blake3;
  Beacon plain(hash, seed_of(1));
  plain.enter(3);
  Beacon fed = plain;
  crypto::VrfOutput output;
  fed.add(output);
  EXPECT_EQ(fed.randomness(3), plain.randomness(3));
  EXPECT_EQ(fed.randomness(4), plain.randomness(4));
  EXPECT_NE(fed.randomness(5), plain.randomness(5));
  EXPECT_NE(fed.next_seed(), plain.next_seed());
  Beacon twice = fed;
  twice.add(output);
  EXPECT_NE(fed.randomness(5), twice.randomness(5));
}

// What is asked ahead is what the branch comes to, if nothing more is added.
TEST(Beacon, foretells_what_windows_without_blocks_lead_to) {
  Beacon beacon(crypto::HashAlgorithm::Blake3, seed_of(1));
  EXPECT_EQ(beacon.randomness(0), seed_of(1));
  EXPECT_EQ(beacon.randomness(1), seed_of(1));
  beacon.add({});
  for (const std::uint64_t to : {1U, 2U, 3U, 1000U}) {
    Beacon later = beacon;
    later.enter(to);
    EXPECT_EQ(later.window(), to);
    EXPECT_EQ(later.randomness(to), beacon.randomness(to)) << to;
    Beacon stay = later;
    stay.enter(to);
    stay.enter(0);
    EXPECT_EQ(stay, later);
  }
  EXPECT_NE(beacon.randomness(2), beacon.randomness(3));
  EXPECT_NE(beacon.randomness(3), beacon.randomness(4));
}

TEST(VrfLeaders, lead_by_the_seed_until_the_third_window_and_then_by_the_outputs) {
  Chain one;
  const auto before = leads(one.leaders, 1, 2 * kWindow);
  const auto guess = leads(one.leaders, 2 * kWindow + 1, 3 * kWindow);
  one.grow(one.v.genesis, 1, kWindow + 1);
  EXPECT_EQ(leads(one.leaders, kWindow + 1, 2 * kWindow),
            std::vector<std::uint32_t>(before.begin() + kWindow, before.end()));
  EXPECT_NE(leads(one.leaders, 2 * kWindow + 1, 3 * kWindow), guess);
}

// Known a window ahead: the blocks of a window change nothing of the next one.
TEST(VrfLeaders, are_known_a_window_ahead) {
  Chain one;
  Block tip = one.grow(one.v.genesis, 1, kWindow + 1);
  const auto known = leads(one.leaders, kWindow + 2, 3 * kWindow);
  one.grow(tip, kWindow + 2, 2 * kWindow);
  EXPECT_EQ(leads(one.leaders, kWindow + 2, 3 * kWindow), known);
}

TEST(VrfLeaders, a_node_a_window_behind_names_the_same_leaders) {
  Chain one;
  Block tip = one.grow(one.v.genesis, 1, 2 * kWindow + 3);
  Chain behind;
  for (const Block& block : one.chain) {
    if (block.header.view.value() > kWindow + 1) break;
    ASSERT_TRUE(behind.leaders.admit(block).has_value());
    behind.leaders.commit(block);
  }
  EXPECT_EQ(leads(behind.leaders, 2 * kWindow + 1, 3 * kWindow),
            leads(one.leaders, 2 * kWindow + 1, 3 * kWindow));
  // Of the window after it knows nothing, and blames nobody.
  const View far(3 * kWindow + 1);
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_TRUE(behind.leaders.may_lead_above(far, ValidatorIndex(i), tip.hash));
  EXPECT_FALSE(behind.leaders.may_lead_above(far, ValidatorIndex(4), tip.hash));
  const View near(2 * kWindow + 5);
  std::uint32_t allowed = 0;
  for (std::uint32_t i = 0; i < 4; ++i)
    allowed += behind.leaders.may_lead_above(near, ValidatorIndex(i), tip.hash) ? 1U : 0U;
  EXPECT_EQ(allowed, 1U);
}

TEST(VrfLeaders, refuse_a_block_without_proof_or_with_another) {
  Chain one;
  const Block tip = one.grow(one.v.genesis, 1, 3);
  const View view(4);
  const std::uint32_t by = one.leaders.leader(view).value();
  const Bytes good = one.proof(tip, view, by);
  const auto error = [&](std::uint32_t proposer, std::vector<Bytes> items) {
    return one.leaders.admit(one.make(tip, view, proposer, std::move(items))).error();
  };
  EXPECT_EQ(error(by, {}), LeaderError::NoProof);
  EXPECT_EQ(error(by, {Bytes{1}}), LeaderError::NoProof);
  EXPECT_EQ(error(by, {good, Bytes{1}}), LeaderError::NoProof);
  EXPECT_EQ(error(by, {Bytes{0x90}}), LeaderError::NoProof);
  EXPECT_EQ(error(by, {good, good}), LeaderError::TwoProofs);
  EXPECT_EQ(error(by, {Bytes{0x90}, good}), LeaderError::TwoProofs);
  EXPECT_EQ(error(by, {one.proof(tip, View(5), by)}), LeaderError::BadProof);
  EXPECT_EQ(error(by, {one.proof(tip, view, (by + 1) % 4)}), LeaderError::BadProof);
  EXPECT_EQ(error((by + 1) % 4, {one.proof(tip, view, (by + 1) % 4)}), LeaderError::NotLeader);
  Chain other(2);
  EXPECT_EQ(error(by, {other.proof(other.v.genesis, view, by)}), LeaderError::OtherRandomness);
  LeaderItem swapped = *decode_leader_item(other.proof(other.v.genesis, view, by));
  swapped.randomness = decode_leader_item(good)->randomness;
  EXPECT_EQ(error(by, {encode_leader_item(swapped)}), LeaderError::BadProof);
  ASSERT_TRUE(one.leaders.admit(one.make(tip, view, by, {Bytes{1}, good})).has_value());
}

TEST(VrfLeaders, refuse_what_stands_on_a_refused_block) {
  Chain one;
  const View view(1);
  const std::uint32_t by = one.leaders.leader(view).value();
  const Block bad = one.make(one.v.genesis, view, by, {});
  EXPECT_FALSE(one.leaders.admit(bad).has_value());
  EXPECT_FALSE(one.leaders.challenge(View(2), bad.hash).has_value());
  const Block above = one.make(bad, View(2), one.leaders.leader(View(2)).value(), {});
  EXPECT_EQ(one.leaders.admit(above).error(), LeaderError::UnknownParent);
}

// A window w + 1 without a final block: branches differ in what they hold of w. Each judges by its
// own blocks, and one node judges both.
TEST(VrfLeaders, of_a_branch_after_a_stall_are_those_of_its_own_blocks) {
  Chain one;
  const Block low = one.grow(one.v.genesis, 1, 5);
  const Block high = one.next(low, View(6));
  ASSERT_TRUE(one.leaders.admit(high).has_value());
  const std::uint64_t begin = 2 * kWindow + 1;
  bool differ = false;
  for (std::uint64_t view = begin; view < begin + kWindow; ++view) {
    const View at(view);
    const ValidatorIndex by_low = one.leaders.leader_above(at, low.hash);
    const ValidatorIndex by_high = one.leaders.leader_above(at, high.hash);
    EXPECT_TRUE(one.leaders.may_lead_above(at, by_low, low.hash));
    EXPECT_TRUE(one.leaders.may_lead_above(at, by_high, high.hash));
    if (by_low == by_high) continue;
    differ = true;
    EXPECT_FALSE(one.leaders.may_lead_above(at, by_low, high.hash));
    ASSERT_TRUE(one.leaders.admit(one.next(low, at)).has_value());
    ASSERT_TRUE(one.leaders.admit(one.next(high, at)).has_value());
    // The proof of one branch is none on the other.
    const Bytes proof = one.proof(low, at, by_high.value());
    EXPECT_EQ(one.leaders.admit(one.make(high, at, by_high.value(), {proof})).error(),
              LeaderError::OtherRandomness);
  }
  EXPECT_TRUE(differ);
  // Before the stall shows, branches do not matter.
  EXPECT_EQ(one.leaders.leader_above(View(begin - 1), low.hash),
            one.leaders.leader_above(View(begin - 1), high.hash));
}

TEST(VrfLeaders, go_on_after_a_stall_of_many_windows) {
  Chain one;
  Block tip = one.grow(one.v.genesis, 1, 5);
  const std::uint64_t late = 1'000'000'000'000ULL * kWindow;
  tip = one.grow(tip, late, late + 3 * kWindow);
  EXPECT_EQ(one.leaders.beacon().window(), (late + 3 * kWindow - 1) / kWindow);
}

TEST(VrfLeaders, forget_what_is_below_the_last_final_block_and_what_was_forked_off) {
  Chain one;
  const Block tip = one.grow(one.v.genesis, 1, 10);
  EXPECT_EQ(one.leaders.blocks(), 1U);
  const Block next = one.next(tip, View(11));
  ASSERT_TRUE(one.leaders.admit(next).has_value());
  one.leaders.commit(one.chain.front());
  EXPECT_EQ(one.leaders.blocks(), 2U);
  one.leaders.forget(next.hash);
  EXPECT_EQ(one.leaders.blocks(), 1U);
  EXPECT_EQ(one.leaders.admit(one.next(tip, View(11))), (Result<void, LeaderError>{}));
}

// In every window, at every view of it, with gaps of one window and more.
TEST(BeaconHistory, makes_the_beacon_of_a_node_that_starts_again) {
  Chain one;
  Block tip = one.v.genesis;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> runs{
      {1, 2 * kWindow + 5},
      {3 * kWindow + 3, 4 * kWindow + 4},
      {7 * kWindow + 30, 9 * kWindow + 2}};
  for (const auto& [first, last] : runs) {
    for (std::uint64_t view = first; view <= last; ++view) {
      tip = one.grow(tip, view, view);
      BeaconHistory history(View(0), 4);
      std::optional<Hash256> seed = seed_of(1);
      for (auto block = one.chain.rbegin(); block != one.chain.rend(); ++block) {
        if (history.add(stored(*block))) continue;
        seed.reset();
        break;
      }
      ASSERT_EQ(history.replay(one.v.domain.hash, seed), one.leaders.beacon()) << view;
    }
  }
}

TEST(BeaconHistory, reads_two_windows_and_no_more) {
  Chain one;
  one.grow(one.v.genesis, 1, 5 * kWindow);
  BeaconHistory history(View(0), 4);
  std::size_t taken = 0;
  for (auto block = one.chain.rbegin(); block != one.chain.rend(); ++block)
    taken += history.add(stored(*block)) ? 1U : 0U;
  EXPECT_EQ(taken, 2 * kWindow);
}

// A million views in 20,000 windows: each count is within five standard deviations of its share.
TEST(VrfLeaders, lead_in_proportion_to_weight_over_a_million_views) {
  const std::vector<std::uint64_t> weights{1, 2, 3, 10, 84};
  const Validators v(5);
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < 5; ++i) {
    list.push_back(*v.set->find(ValidatorIndex(i)));
    list.back().weight = primitives::Weight(weights[i]);
  }
  const auto set = *primitives::ValidatorSet::make(
      Epoch(0), primitives::QuorumRule::MoreThanTwoThirds, std::move(list));
  const StakeWeighted table(set, v.domain.hash, {});
  Beacon beacon(v.domain.hash, seed_of(1));
  std::vector<std::uint64_t> counts(5);
  for (std::uint64_t window = 0; window < 25'000; ++window) {
    beacon.enter(window);
    crypto::VrfOutput output;
    output.bytes[0] = static_cast<std::uint8_t>(window);
    beacon.add(output);
    const Hash256 randomness = beacon.randomness(window);
    for (std::uint64_t view = 0; view < 40; ++view)
      ++counts[table.draw(randomness, View(window * 40 + view)).value()];
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint64_t expected = 1'000'000 * weights[i] / 100;
    const std::uint64_t variance = expected * (100 - weights[i]) / 100;
    const std::uint64_t off = counts[i] > expected ? counts[i] - expected : expected - counts[i];
    EXPECT_LT(off * off, 25 * variance) << i << ": " << counts[i] << " of " << expected;
  }
}

// The block that ends an epoch has the change where the proof would be; those above it are void.
TEST(VrfLeaders, of_the_next_epoch_are_drawn_by_what_the_old_one_put_together) {
  const Era first(primitives::CommitRule::TwoChain, primitives::SchemeKind::Ed25519List,
                  {0, 1, 2, 3});
  const Era second(first, {4, 0, 1, 2});
  const Start start(first);
  VrfLeaders leaders({.domain = first.domain(),
                      .set = first.setting->set,
                      .present = first.setting.get(),
                      .begins = View(0)},
                     start.block.hash, Height(0), Beacon(first.domain().hash, seed_of(1)));
  const auto make = [&](const Block& parent, std::uint64_t view, std::vector<Bytes> items) {
    Block block = first.block(parent, start.certificate, View(view), {});
    block.header.proposer = leaders.leader_above(View(view), parent.hash);
    return Block::propose(first.domain(), block.header, std::move(items));
  };
  const auto seed_before = *leaders.next_seed(start.block.hash);
  const Block closing = make(start.block, 1, {first.change_to(second)});
  ASSERT_TRUE(leaders.admit(closing).has_value());
  EXPECT_FALSE(leaders.challenge(View(2), closing.hash).has_value());
  const Block above = make(closing, 2, {});
  ASSERT_TRUE(leaders.admit(above).has_value());
  EXPECT_FALSE(leaders.challenge(View(3), above.hash).has_value());
  EXPECT_EQ(*leaders.next_seed(closing.hash), seed_before);
  // A change that counts for nothing does not excuse from proving.
  const Block loose = make(start.block, 1, {first.change_to(second, {0})});
  EXPECT_EQ(leaders.admit(loose).error(), LeaderError::NoProof);
  EXPECT_FALSE(leaders.next_seed(loose.hash).has_value());
}

}  // namespace
}  // namespace ol::consensus::test
