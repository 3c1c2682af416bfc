#include <gmock/gmock.h>

#include <ol/sim/cached_scheme.hpp>
#include <ol/sim/hash_scheme.hpp>
#include <ol/sim/memory_disk.hpp>
#include <ol/sim/network.hpp>
#include <ol/sim/test_chain.hpp>
#include <ol/storage/safety_store.hpp>

// What the simulator is made of: a fault that does not bite would go unnoticed in a run.
namespace ol::sim {
namespace {

using consensus::Share;
using primitives::ValidatorIndex;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(EventQueue, runs_by_time_and_then_by_order_of_scheduling) {
  EventQueue queue;
  std::vector<int> ran;
  queue.after(20, [&] { ran.push_back(3); });
  queue.after(10, [&] { ran.push_back(1); });
  queue.after(10, [&] {
    ran.push_back(2);
    queue.at(5, [&] { ran.push_back(4); });  // that moment has passed: now
  });
  while (!queue.empty())
    queue.run_next();
  EXPECT_THAT(ran, ElementsAre(1, 2, 4, 3));
  EXPECT_EQ(queue.now_us(), 20U);
  EXPECT_EQ(queue.events_run(), 4U);
}

TEST(Random, is_the_same_generator_everywhere) {
  Random random(1);
  EXPECT_EQ(random.next(), 0xb3f2af6d0fc710c5ULL);
  EXPECT_EQ(random.next(), 0x853b559647364ceaULL);
}

class Disk : public testing::Test {
 protected:
  FaultCounts faults;
  MemoryDisk disk{faults};
  int crashes = 0;
  const Bytes text = Bytes(300, 7);

  void arm(DiskFault fault) {
    disk.arm(fault, [this] { ++crashes; });
  }
  Bytes read() { return *disk.read(0, text.size()); }
};

TEST_F(Disk, reads_back_what_was_written_before_and_after_a_sync) {
  ASSERT_TRUE(disk.write(0, text).has_value());
  EXPECT_EQ(read(), text);
  ASSERT_TRUE(disk.sync().has_value());
  EXPECT_EQ(read(), text);
  Random random(1);
  disk.crash(random);
  EXPECT_EQ(read(), text) << "what was synced survives";
}

TEST_F(Disk, loses_keeps_or_tears_what_was_not_synced) {
  std::uint64_t lost = 0;
  std::uint64_t kept = 0;
  std::uint64_t torn = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    MemoryDisk one(faults);
    ASSERT_TRUE(one.write(0, text).has_value());
    Random random(seed);
    one.crash(random);
    const Bytes after = *one.read(0, text.size());
    if (after == text) {
      ++kept;
    } else if (after == Bytes(text.size())) {
      ++lost;
    } else {
      ++torn;
    }
  }
  EXPECT_GT(lost, 0U);
  EXPECT_GT(kept, 0U);
  EXPECT_GT(torn, 0U);
  EXPECT_GT(faults.of(Fault::TornWrite), 0U);
}

TEST_F(Disk, crashes_where_it_was_told_to) {
  arm(DiskFault::CrashBeforeWrite);
  EXPECT_FALSE(disk.write(0, text).has_value());
  EXPECT_EQ(crashes, 1);
  EXPECT_EQ(read(), Bytes(text.size()));

  arm(DiskFault::CrashBetweenCopies);
  EXPECT_TRUE(disk.write(0, text).has_value());
  EXPECT_FALSE(disk.write(400, text).has_value());
  EXPECT_EQ(crashes, 2);

  arm(DiskFault::CrashBeforeSync);
  EXPECT_FALSE(disk.sync().has_value());
  EXPECT_EQ(crashes, 3);

  arm(DiskFault::CrashAfterSync);
  EXPECT_TRUE(disk.sync().has_value());
  EXPECT_EQ(crashes, 4);
  Random random(1);
  disk.crash(random);
  EXPECT_EQ(read(), text) << "the write was durable, although its caller never got to act on it";
  EXPECT_EQ(faults.of(Fault::CrashWhileWriting), 4U);
}

TEST_F(Disk, fails_once_without_a_crash) {
  arm(DiskFault::WriteError);
  EXPECT_FALSE(disk.write(0, text).has_value());
  EXPECT_TRUE(disk.write(0, text).has_value());
  arm(DiskFault::SyncError);
  EXPECT_FALSE(disk.sync().has_value());
  EXPECT_TRUE(disk.sync().has_value());
  EXPECT_EQ(crashes, 0);
  EXPECT_EQ(faults.of(Fault::DiskError), 2U);
}

// The shipped store on this disk: whatever a crash leaves of a write, the old record or the new one
// is found.
TEST_F(Disk, never_loses_the_safety_record) {
  const Bytes before(200, 1);
  const Bytes after(200, 2);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    MemoryDisk one(faults);
    ASSERT_TRUE(storage::SafetyStore::format(one, before).has_value());
    Random random(seed);
    {
      auto store = storage::SafetyStore::open(one);
      ASSERT_TRUE(store.has_value());
      one.arm(static_cast<DiskFault>(1 + seed % 4), [] {});
      const bool durable = (*store)->write(after).has_value();
      one.crash(random);
      auto reopened = storage::SafetyStore::open(one);
      ASSERT_TRUE(reopened.has_value()) << "seed " << seed;
      EXPECT_TRUE((*reopened)->record() == after || (!durable && (*reopened)->record() == before));
    }
  }
}

class Recorder final : public NetworkUser {
 public:
  [[nodiscard]] bool is_up(std::uint32_t) const override { return true; }
  void deliver(std::uint32_t, std::uint32_t, p2p::Channel, ByteView bytes) override {
    heard.push_back(bytes[0]);
  }
  void connected(std::uint32_t, std::uint32_t) override { ++connections; }
  void disconnected(std::uint32_t, std::uint32_t) override { --connections; }
  std::vector<std::uint8_t> heard;
  int connections = 0;
};

class Links : public testing::Test {
 protected:
  FaultCounts faults;
  EventQueue queue;
  Recorder user;
  Network network{2, queue, Random(1), faults, user};

  Links() {
    network.connect_later(0, 1, 0);
    run();
  }
  void send(std::uint8_t mark) {
    network.send(0, 1, p2p::Channel::Consensus, std::make_shared<const Bytes>(Bytes{mark}));
  }
  void run() {
    while (!queue.empty())
      queue.run_next();
  }
};

TEST_F(Links, keep_their_order_unless_told_otherwise) {
  network.conditions.jitter_us = 50'000;
  for (std::uint8_t i = 0; i < 50; ++i)
    send(i);
  run();
  EXPECT_EQ(user.heard.size(), 50U);
  EXPECT_TRUE(std::is_sorted(user.heard.begin(), user.heard.end()));
  EXPECT_EQ(faults.of(Fault::Reorder), 0U);
  network.conditions.reorder = true;
  for (std::uint8_t i = 0; i < 50; ++i)
    send(i);
  run();
  EXPECT_FALSE(std::is_sorted(user.heard.begin() + 50, user.heard.end()));
  EXPECT_GT(faults.of(Fault::Reorder), 0U);
}

TEST_F(Links, lose_and_double_messages) {
  network.conditions.loss_per_mille = 1000;
  send(1);
  run();
  EXPECT_THAT(user.heard, IsEmpty());
  EXPECT_EQ(faults.of(Fault::Loss), 1U);
  network.conditions.loss_per_mille = 0;
  network.conditions.duplicate_per_mille = 1000;
  send(2);
  run();
  EXPECT_THAT(user.heard, ElementsAre(2, 2));
  EXPECT_EQ(faults.of(Fault::Duplicate), 1U);
}

TEST_F(Links, drop_or_hold_what_meets_a_cut) {
  network.cut(0, 1, Cut::Drop);
  send(1);
  network.cut(0, 1, Cut::Hold);
  send(2);
  run();
  EXPECT_THAT(user.heard, IsEmpty());
  network.heal();
  run();
  EXPECT_THAT(user.heard, ElementsAre(2));
  EXPECT_EQ(faults.of(Fault::CutDropped), 1U);
  EXPECT_EQ(faults.of(Fault::CutHeld), 1U);
}

TEST_F(Links, lose_what_is_under_way_when_they_are_reset) {
  EXPECT_EQ(user.connections, 1);
  send(1);
  network.reset(0, 1);
  EXPECT_EQ(user.connections, 0);
  send(2);
  run();
  EXPECT_THAT(user.heard, IsEmpty());
  network.connect_later(0, 1, 0);
  run();
  send(3);
  run();
  EXPECT_THAT(user.heard, ElementsAre(3));
}

class Schemes : public testing::TestWithParam<SchemeChoice> {
 protected:
  const TestChain& chain = test_chain(4);
  const std::unique_ptr<consensus::CertificateScheme> scheme = chain.make_scheme(GetParam());
  const Hash256 digest = crypto::blake3(as_bytes("digest"));

  Share share(std::uint32_t voter, const Hash256& what) const {
    const ValidatorIndex index(voter);
    return {index, scheme->sign({chain.key(index), chain.vote_key(index)}, what)};
  }
};

TEST_P(Schemes, certify_with_a_quorum) {
  const std::vector<Share> shares{share(0, digest), share(1, digest), share(3, digest)};
  for (const Share& one : shares)
    EXPECT_TRUE(scheme->verify_share(digest, one));
  const auto combined = scheme->combine(shares);
  ASSERT_TRUE(combined.has_value());
  // Asked twice: the answer is remembered, not changed.
  EXPECT_TRUE(scheme->verify(digest, combined->signers, combined->signature));
  EXPECT_TRUE(scheme->verify(digest, combined->signers, combined->signature));
  const Hash256 other = crypto::blake3(as_bytes("other"));
  EXPECT_FALSE(scheme->verify(other, combined->signers, combined->signature));
  EXPECT_FALSE(scheme->verify(other, combined->signers, combined->signature));
  EXPECT_TRUE(scheme->verify(digest, combined->signers, combined->signature));
}

TEST_P(Schemes, do_not_certify_with_fewer) {
  const std::vector<Share> shares{share(0, digest), share(1, digest)};
  const auto combined = scheme->combine(shares);
  EXPECT_FALSE(combined && scheme->verify(digest, combined->signers, combined->signature));
}

TEST_P(Schemes, know_whose_share_it_is) {
  Share one = share(0, digest);
  EXPECT_TRUE(scheme->verify_share(digest, one));
  one.voter = ValidatorIndex(1);
  EXPECT_FALSE(scheme->verify_share(digest, one));
  one.voter = ValidatorIndex(4);
  EXPECT_FALSE(scheme->verify_share(digest, one));
  Share bad = share(0, digest);
  bad.signature[5] ^= 1U;
  EXPECT_FALSE(scheme->verify_share(digest, bad));
}

INSTANTIATE_TEST_SUITE_P(Both, Schemes,
                         testing::Values(SchemeChoice::Hash, SchemeChoice::BlsThreshold));

/// Counts how often it is asked.
class Counting final : public consensus::CertificateScheme {
 public:
  explicit Counting(int& asked) : asked_(asked) {}
  [[nodiscard]] Bytes sign(const consensus::VoterKeys&, const Hash256&) const override {
    return {};
  }
  [[nodiscard]] std::optional<consensus::Combined> combine(std::span<const Share>) override {
    return std::nullopt;
  }
  [[nodiscard]] bool verify_share(const Hash256&, const Share&) const override {
    return ++asked_ > 0;
  }
  [[nodiscard]] bool verify(const Hash256&, ByteView, ByteView) const override {
    return ++asked_ > 0;
  }

 private:
  int& asked_;
};

TEST(CachedScheme, asks_once_for_each_distinct_question) {
  int asked = 0;
  const CachedScheme scheme(std::make_unique<Counting>(asked));
  const Hash256 digest = crypto::blake3(as_bytes("digest"));
  const Bytes one{1};
  const Bytes two{2};
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(scheme.verify(digest, one, two));
    EXPECT_TRUE(scheme.verify(digest, two, one));
    EXPECT_TRUE(scheme.verify(digest, {}, Bytes{1, 2}));
    EXPECT_TRUE(scheme.verify_share(digest, {ValidatorIndex(1), two}));
    EXPECT_TRUE(scheme.verify_share(digest, {ValidatorIndex(2), two}));
    EXPECT_TRUE(scheme.verify(crypto::blake3(one), one, two));
  }
  EXPECT_EQ(asked, 6);
}

TEST(CachedScheme, forgets_rather_than_grows) {
  int asked = 0;
  const CachedScheme scheme(std::make_unique<Counting>(asked));
  Hash256 digest;
  for (std::size_t i = 0; i <= CachedScheme::kVerdictsMax; ++i) {
    digest.bytes[0] = static_cast<std::uint8_t>(i);
    digest.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    EXPECT_TRUE(scheme.verify(digest, {}, {}));
  }
  const int before = asked;
  EXPECT_TRUE(scheme.verify(Hash256{}, {}, {}));
  EXPECT_EQ(asked, before + 1);
}

}  // namespace
}  // namespace ol::sim
