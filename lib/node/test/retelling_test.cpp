#include <gtest/gtest.h>

#include <set>

#include "../src/gossip_batch.hpp"
#include "../src/retelling.hpp"

namespace ol::node {
namespace {

execution::ExchangeItemPtr item(std::uint8_t name) {
  execution::ExchangeItem out{Bytes(10, name), {}, exchange::VerifiedAction{}, {}};
  out.hash.bytes[0] = name;
  return std::make_shared<const execution::ExchangeItem>(std::move(out));
}

const Retelling::Waits kAllWait = [](const primitives::TxnHash&) { return true; };

TEST(RetellingTest, tells_again_ever_more_seldom_while_it_waits) {
  Retelling again;
  again.add(item(1), 1'000);
  std::vector<std::uint64_t> told;
  for (std::uint64_t now = 1'000; now <= 250'000; now += 500) {
    if (!again.due(now, kAllWait).empty()) told.push_back(now);
  }
  EXPECT_EQ(told,
            (std::vector<std::uint64_t>{4'000, 10'000, 22'000, 46'000, 94'000, 154'000, 214'000}));
}

TEST(RetellingTest, forgets_what_waits_no_more) {
  Retelling again;
  again.add(item(1), 0);
  again.add(item(2), 0);
  const auto second = [](const primitives::TxnHash& hash) { return hash.bytes[0] == 2; };
  EXPECT_EQ(again.due(Retelling::kFirstMs, second).front(), Bytes(10, 2));
  // It waits again, but not for us.
  EXPECT_EQ(again.due(100'000, kAllWait).front(), Bytes(10, 2));
}

// Gossip remembers a message for two minutes.
TEST(RetellingTest, makes_each_time_another_message_of_the_same) {
  Retelling again;
  again.add(item(1), 0);
  std::set<Bytes> messages;
  std::size_t count = 0;
  for (std::uint64_t now = 0; now <= 120'000; now += 500) {
    const auto batch = again.due(now, kAllWait);
    if (batch.empty()) continue;
    messages.insert(encode_gossip_batch(batch));
    ++count;
  }
  EXPECT_GT(count, 3U);
  EXPECT_EQ(messages.size(), count);
  EXPECT_FALSE(messages.contains(encode_gossip_batch({Bytes(10, 1)}))) << "told at first";
}

TEST(RetellingTest, tells_so_many_at_once_and_remembers_so_many) {
  Retelling again;
  const auto one = item(1);
  for (std::size_t i = 0; i < Retelling::kActionsMax + 5; ++i)
    again.add(one, 0);
  std::size_t all = 0;
  std::size_t batches = 0;
  while (true) {
    const auto batch = again.due(Retelling::kFirstMs, kAllWait);
    if (batch.empty()) break;
    ++batches;
    all += std::min(batch.size() - 1, Retelling::kAtOnceMax);
    ASSERT_LE(batch.size(), Retelling::kAtOnceMax + 64);
  }
  EXPECT_EQ(batches, (Retelling::kActionsMax + Retelling::kAtOnceMax - 1) / Retelling::kAtOnceMax);
  EXPECT_GE(all, Retelling::kActionsMax);
}

}  // namespace
}  // namespace ol::node
