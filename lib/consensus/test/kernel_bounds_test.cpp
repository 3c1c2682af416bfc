// What an outsider can make the kernel keep, what it forgets, and how it catches up.
#include <gtest/gtest.h>

#include "chained_rules.hpp"
#include "cluster.hpp"

namespace ol::consensus::test {
namespace {

class KernelBoundsFixture : public testing::Test {
 public:
  explicit KernelBoundsFixture(primitives::CommitRule chosen) : rule(make_voting_rule(chosen)) {}

 protected:
  Validators v{4};
  std::unique_ptr<const VotingRule> rule;
  Verifier verifier = v.verifier();
  std::vector<Height> committed;

  /// Heights 1, 2, .. of the blocks that are final when `certified` blocks in a row are certified.
  std::vector<Height> final_of(std::size_t certified) const {
    std::vector<Height> out;
    for (std::size_t i = 1; i + rule->depth() <= certified + 1; ++i)
      out.emplace_back(i);
    return out;
  }
  Kernel make(std::optional<SafetyRecord> record = {}) {
    return Kernel(
        KernelConfig{v.domain, ValidatorIndex(0), {}}, *v.set, *rule, *v.leaders,
        CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
        std::move(record));
  }
  Outputs note(Outputs out) {
    for (const CommittedBlock& block : out.commit)
      committed.push_back(block.block->header.height);
    return out;
  }
  Outputs fetched(Kernel& kernel, const primitives::Block& block) {
    return note(kernel.step(BlockFetched{verifier.own_block(block)}));
  }
  Outputs proposed(Kernel& kernel, const primitives::Block& block) {
    return note(kernel.step(ProposalReceived{verifier.own_block(block)}));
  }
  Outputs certified(Kernel& kernel, const QuorumCertificate& qc) {
    return note(kernel.step(CertificateReceived{verifier.own_certificate(qc)}));
  }
  /// A certificate that the kernel takes for verified.
  QuorumCertificate named(const primitives::Block& block) const {
    return {.subject = v.subject(block), .signers = {}, .signature = Bytes(48, 1)};
  }
  std::vector<primitives::Block> chain(std::size_t count) {
    std::vector<primitives::Block> out{v.genesis};
    QuorumCertificate qc = v.genesis_certificate;
    for (std::size_t i = 1; i <= count; ++i) {
      out.push_back(v.block(out.back(), qc, View(i)));
      qc = named(out.back());
    }
    return out;
  }
  /// The certificate of a block that nobody will ever send.
  QuorumCertificate phantom(std::uint32_t i, View view) const {
    QuorumCertificate out;
    out.subject = v.subject(v.genesis);
    out.subject.height = Height(100 + i);
    out.subject.view = view;
    out.subject.block.bytes.fill(0xff);
    out.subject.block.bytes[30] = static_cast<std::uint8_t>(i >> 8);
    out.subject.block.bytes[31] = static_cast<std::uint8_t>(i);
    out.signature = Bytes(48, 2);
    return out;
  }
};

/// What holds whichever rule decides.
class KernelBounds : public KernelBoundsFixture,
                     public testing::WithParamInterface<primitives::CommitRule> {
 public:
  KernelBounds() : KernelBoundsFixture(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Rules, KernelBounds, kChainedRules, rule_name);

class ThreeChainKernelBounds : public KernelBoundsFixture {
 public:
  ThreeChainKernelBounds() : KernelBoundsFixture(primitives::CommitRule::ThreeChain) {}
};

// While a late node waits for block 2, certificates of a thousand other blocks push out those of 2
// and 3. Blocks 3 and 4, which waited as orphans, carry them: without learning from them again the
// lock would stay behind and the commit of 2 would find it uncertified.
TEST_F(ThreeChainKernelBounds, orphans_bring_back_certificates_that_were_forgotten) {
  Kernel kernel = make();
  const auto b = chain(4);
  fetched(kernel, b[1]);
  proposed(kernel, b[3]);
  proposed(kernel, b[4]);
  EXPECT_EQ(kernel.status().orphans, 2U);
  for (std::uint32_t i = 0; i < 1100; ++i)
    certified(kernel, phantom(i, View(2)));
  const Outputs out = fetched(kernel, b[2]);
  EXPECT_EQ(out.execute.size(), 3U);
  EXPECT_EQ(kernel.status().lock.block, b[2].hash);
  EXPECT_EQ(committed, std::vector<Height>{Height(1)});
  certified(kernel, named(b[4]));
  EXPECT_EQ(committed, (std::vector<Height>{Height(1), Height(2)}));
}

TEST_P(KernelBounds, orphans_are_bounded_and_the_highest_gives_way) {
  Kernel kernel = make();
  for (std::uint32_t i = 0; i < Kernel::kOrphansMax + 44; ++i) {
    primitives::Header header;
    header.chain_id = v.domain.chain_id;
    header.justify = phantom(i, View(1));
    header.parent = header.justify.block();
    header.height = header.justify.height().next();
    header.view = View(2);
    const Outputs out = proposed(kernel, primitives::Block::propose(v.domain, header, {}));
    ASSERT_EQ(out.fetch.size(), 1U) << i;
    EXPECT_EQ(out.fetch[0].block, header.parent);
    EXPECT_TRUE(out.execute.empty());
  }
  EXPECT_EQ(kernel.status().orphans, Kernel::kOrphansMax);
  // A lower one finds room, the same one twice takes none.
  const auto b = chain(3);
  proposed(kernel, b[3]);
  proposed(kernel, b[3]);
  EXPECT_EQ(kernel.status().orphans, Kernel::kOrphansMax);
  fetched(kernel, b[1]);
  fetched(kernel, b[2]);
  EXPECT_NE(kernel.tree().find(b[3].hash), nullptr);
}

TEST_F(ThreeChainKernelBounds, orphans_that_can_no_longer_be_final_are_forgotten) {
  Kernel kernel = make();
  const auto b = chain(4);
  const auto other = v.block(v.block(v.genesis, v.genesis_certificate, View(1), 5),
                             phantom(1, View(1)), View(2), 5);
  proposed(kernel, other);
  EXPECT_EQ(kernel.status().orphans, 1U);
  for (std::size_t i = 1; i <= 4; ++i)
    proposed(kernel, b[i]);
  EXPECT_EQ(committed, std::vector<Height>{Height(1)});
  EXPECT_EQ(kernel.status().orphans, 1U);
  certified(kernel, named(b[4]));
  EXPECT_EQ(committed.back(), Height(2));
  EXPECT_EQ(kernel.status().orphans, 0U);
}

TEST_P(KernelBounds, a_fourth_block_of_a_view_enters_only_when_certified) {
  Kernel kernel = make();
  for (std::uint8_t salt = 1; salt <= 3; ++salt)
    proposed(kernel, v.block(v.genesis, v.genesis_certificate, View(1), salt));
  const auto fourth = v.block(v.genesis, v.genesis_certificate, View(1), 4);
  EXPECT_TRUE(proposed(kernel, fourth).execute.empty());
  const Outputs asked = certified(kernel, named(fourth));
  ASSERT_EQ(asked.fetch.size(), 1U);
  EXPECT_EQ(asked.fetch[0].block, fourth.hash);
  EXPECT_EQ(fetched(kernel, fourth).execute.size(), 1U);
}

TEST_P(KernelBounds, a_block_not_later_or_not_one_higher_than_its_parent_is_ignored) {
  Kernel kernel = make();
  const auto b = chain(1);
  proposed(kernel, b[1]);
  auto header = v.block(b[1], named(b[1]), View(2)).header;
  header.time = b[1].header.time;
  EXPECT_TRUE(proposed(kernel, primitives::Block::propose(v.domain, header, {})).execute.empty());
  header.time = primitives::TimeMs(b[1].header.time.value() + 1);
  header.height = Height(3);
  EXPECT_TRUE(proposed(kernel, primitives::Block::propose(v.domain, header, {})).execute.empty());
  header.height = Height(2);
  EXPECT_EQ(proposed(kernel, primitives::Block::propose(v.domain, header, {})).execute.size(), 1U);
}

TEST_P(KernelBounds, proof_of_equivocation_is_reported_once_a_view) {
  Kernel kernel = make();
  std::size_t reported = 0;
  for (std::uint8_t salt = 1; salt <= 5; ++salt) {
    const auto block = v.block(v.genesis, v.genesis_certificate, View(1), salt);
    const auto header = verifier.verify_proposal(v.proposal(block));
    reported +=
        kernel.step(ProposalReceived{*verifier.complete(*header, block.payload)}).evidence.size();
  }
  EXPECT_EQ(reported, 1U);
}

TEST_P(KernelBounds, blocks_at_or_below_the_root_and_known_ones_change_nothing) {
  Kernel kernel = make();
  const auto b = chain(4);
  for (std::size_t i = 1; i <= 4; ++i)
    fetched(kernel, b[i]);
  EXPECT_EQ(committed, final_of(3));
  for (std::size_t i = 0; i <= 4; ++i) {
    const Outputs out = fetched(kernel, b[i]);
    EXPECT_TRUE(out.execute.empty() && out.fetch.empty() && out.commit.empty()) << i;
  }
  EXPECT_TRUE(kernel.step(BlockExecuted{b[1].hash, Execution::Valid}).fetch.empty());
  EXPECT_TRUE(kernel.step(BlockExecuted{BlockHash{}, Execution::Valid}).fetch.empty());
  // An old certificate of a block that is final asks for nothing.
  EXPECT_TRUE(certified(kernel, named(b[1])).fetch.empty());
}

// A range sync: every block with its certificate, from genesis on.
TEST_P(KernelBounds, a_late_joiner_commits_all_but_the_last) {
  Kernel kernel = make();
  const auto b = chain(50);
  for (std::size_t i = 1; i <= 50; ++i) {
    fetched(kernel, b[i]);
    certified(kernel, named(b[i]));
  }
  EXPECT_EQ(committed, final_of(50));
}

TEST_P(KernelBounds, a_restart_asks_for_the_certified_block_it_lost) {
  const auto b = chain(5);
  SafetyRecord record;
  record.lock = {View(4), b[4].hash};
  record.high_qc = named(b[5]);
  record.last_vote = {View(5), b[5].hash};
  Kernel kernel = make(record);
  const Outputs started = note(kernel.step(Started{}));
  ASSERT_EQ(started.fetch.size(), 1U);
  EXPECT_EQ(started.fetch[0].block, b[5].hash);
  EXPECT_EQ(kernel.view(), View(6));
  // Without its locked block it votes for nothing on an older branch.
  const auto fork = v.block(v.genesis, v.genesis_certificate, View(6), 3);
  proposed(kernel, fork);
  EXPECT_FALSE(kernel.step(BlockExecuted{fork.hash, Execution::Valid}).vote);
  for (std::size_t i = 5; i >= 1; --i)
    fetched(kernel, b[i]);
  EXPECT_EQ(committed, final_of(5));
  const auto next = v.block(b[5], named(b[5]), View(6));
  proposed(kernel, next);
  EXPECT_TRUE(kernel.step(BlockExecuted{next.hash, Execution::Valid}).vote);
}

TEST_P(KernelBounds, a_leader_never_builds_on_a_block_that_does_not_execute) {
  Kernel kernel = make();
  const auto b = chain(3);
  for (std::size_t i = 1; i <= 3; ++i)
    fetched(kernel, b[i]);
  EXPECT_FALSE(certified(kernel, named(b[3])).build);
  EXPECT_FALSE(kernel.step(BlockExecuted{b[3].hash, Execution::Invalid}).build);
  EXPECT_TRUE(kernel.step(BlockExecuted{b[3].hash, Execution::Valid}).build);
}

class ClusterRuns : public testing::TestWithParam<primitives::CommitRule> {};
INSTANTIATE_TEST_SUITE_P(Rules, ClusterRuns, kChainedRules, rule_name);

// specs/consensus.md section 1: n - f for every n.
TEST_P(ClusterRuns, any_number_of_validators_commits) {
  for (std::uint32_t n = 1; n <= 7; ++n) {
    Cluster cluster(n, GetParam());
    cluster.run_to(View(8));
    for (std::uint32_t i = 0; i < n; ++i)
      EXPECT_GE(cluster.committed(i), Height(5)) << n << " validators, number " << i;
  }
}

// With f down. Their turns pass by timeouts; the others commit.
TEST_P(ClusterRuns, f_crashed_validators_do_not_stop_the_chain) {
  for (const std::uint32_t n : {4U, 5U, 6U, 7U}) {
    Cluster cluster(n, GetParam());
    std::vector<std::uint32_t> live;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (i < primitives::byzantine_max(n)) {
        cluster.crash(n - 1 - i);
      } else {
        live.push_back(i - primitives::byzantine_max(n));
      }
    }
    for (int round = 0; round < 12; ++round) {
      cluster.run_to(View(40));
      cluster.fire_timers(live);
    }
    for (const std::uint32_t i : live)
      EXPECT_GE(cluster.committed(i), Height(8)) << n << " validators, number " << i;
  }
}

// Cuts, crashes, restarts and timers at random, from printed seeds. The cluster itself aborts on
// anything unsafe; afterwards the network heals and every validator commits again.
TEST_P(ClusterRuns, storms_end_and_the_chain_goes_on) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::uint64_t state = seed;
    const auto pick = [&](std::uint64_t below) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return static_cast<std::uint32_t>((state >> 33) % below);
    };
    Cluster cluster(4, GetParam());
    std::uint64_t limit = 1;
    std::set<std::uint32_t> down;
    for (int i = 0; i < 60; ++i) {
      const std::uint32_t node = pick(4);
      switch (pick(8)) {
        case 0:
          cluster.cut(node, pick(4));
          break;
        case 1:
          cluster.mend(node);
          break;
        case 2:
          if (down.empty()) {
            cluster.crash(node);
            down.insert(node);
          }
          break;
        case 3:
          for (const std::uint32_t i_down : std::exchange(down, {}))
            cluster.restart(i_down, pick(2) == 0 ? Cluster::Blocks::Kept : Cluster::Blocks::Lost);
          break;
        case 4:
        case 5:
          cluster.fire_timers({node, pick(4)});
          break;
        default:
          limit += pick(3);
          cluster.run_to(View(limit));
      }
    }
    for (const std::uint32_t i : down)
      cluster.restart(i, Cluster::Blocks::Kept);
    cluster.heal();
    Height before(0);
    for (std::uint32_t i = 0; i < 4; ++i)
      before = std::max(before, cluster.committed(i));
    for (int round = 0; round < 3; ++round)
      cluster.fire_timers({0, 1, 2, 3});
    View highest(0);
    for (std::uint32_t i = 0; i < 4; ++i)
      highest = std::max(highest, cluster.view(i));
    cluster.run_to(highest + 8);
    for (std::uint32_t i = 0; i < 4; ++i)
      EXPECT_GT(cluster.committed(i), before) << i << "\n" << cluster.take_log();
  }
}

}  // namespace
}  // namespace ol::consensus::test
