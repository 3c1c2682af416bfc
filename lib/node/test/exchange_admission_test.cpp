// dex.md 20.13: signatures verified by 1, 2 or 8 threads give the same state, results and roots.
#include <atomic>

#include <gtest/gtest.h>

#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/execution/exchange_genesis.hpp>
#include <ol/execution/exchange_items.hpp>

#include "../src/worker_pool.hpp"
#include "cluster.hpp"

namespace ol::node::test {
namespace {

using exchange::Action;
using execution::ExchangeItem;
using execution::ExchangeItemPtr;

constexpr std::uint64_t kChainId = 7777;
constexpr std::uint64_t kStart = 1'700'000'000'000;
constexpr std::uint8_t kUsers = 12;

/// The generator of dex.md 22.1.
class Random {
 public:
  std::uint64_t below(std::uint64_t n) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % n;
  }

 private:
  std::uint64_t state_ = 20'13;
};

crypto::Secp256k1SecretKey user_key(std::uint8_t i) {
  crypto::SecretBytes<32> bytes;
  bytes.span()[31] = static_cast<std::uint8_t>(i + 1);
  return *crypto::Secp256k1SecretKey::from_bytes(bytes.view());
}

exchange::ActionBody random_body(Random& random) {
  switch (random.below(8)) {
    case 0:
      return exchange::CancelAll{exchange::kAllAssets, exchange::CancelSide::Both};
    case 1:
      return exchange::UsdSend{user_key(static_cast<std::uint8_t>(random.below(kUsers))).address(),
                               1 + random.below(1'000'000'000)};
    default:
      break;
  }
  exchange::Order order;
  order.side = random.below(2) == 0 ? exchange::Side::Buy : exchange::Side::Sell;
  order.px = 640'000 + random.below(20'000);
  order.sz = 1'000 + random.below(100'000);
  order.tif = static_cast<exchange::Tif>(1 + random.below(4));
  return exchange::PlaceOrders{{order}, exchange::Grouping::None, {}, 0};
}

/// Blocks as bytes: what a proposer lists, some of it forged.
std::vector<std::vector<Bytes>> signed_blocks(std::size_t blocks, std::size_t actions) {
  Random random;
  const Hash256 domain = exchange::domain_separator(kChainId);
  std::vector<std::vector<Bytes>> out(blocks);
  std::uint64_t nonce = kStart;
  for (std::vector<Bytes>& block : out) {
    std::array<std::vector<Bytes>, 5> steps;
    for (std::size_t i = 0; i < actions; ++i) {
      const auto key = user_key(static_cast<std::uint8_t>(random.below(kUsers)));
      const Action action{random_body(random), {}, ++nonce, 0};
      auto signature = exchange::sign_action(key, domain, action);
      // Of no key, or of somebody without an account.
      if (random.below(10) == 0) signature.bytes[random.below(65)] ^= 1;
      steps[static_cast<std::size_t>(exchange::step_of(action.body))].push_back(
          execution::action_item({action, signature}));
    }
    for (auto& step : steps)
      block.insert(block.end(), step.begin(), step.end());
  }
  return out;
}

struct Outcome {
  std::vector<Hash256> roots;  // of state, results and events, block by block
  std::size_t verified = 0;
  std::size_t succeeded = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

primitives::Genesis priced_genesis() {
  primitives::Genesis out;
  out.domain.chain_id = primitives::ChainId(kChainId);
  out.time = primitives::TimeMs(kStart);
  primitives::ExchangeGenesis listed;
  listed.tokens = {{0, "USD", 2, 8}};
  primitives::ExchangeMarket market;
  market.name = "BTC";
  market.sz_decimals = 5;
  market.margin_tiers = {{0, 50}};
  market.px = 650'000;
  listed.markets = {market};
  for (std::uint8_t i = 0; i < kUsers; ++i)
    listed.usd[user_key(i).address()] = 1'000'000'000'000;
  out.exchange = listed;
  return out;
}

/// Verifies each block on a pool of `threads` as a node does, then executes it.
Outcome run(const std::vector<std::vector<Bytes>>& blocks, std::size_t threads) {
  const primitives::Genesis genesis = priced_genesis();
  const auto start = *execution::exchange_start(genesis);
  const execution::ItemRules rules{genesis.domain, exchange::domain_separator(kChainId),
                                   [](primitives::Epoch) { return nullptr; }, false};
  auto engine = *exchange::Engine::restore(execution::exchange_params(genesis), start.records);
  exchange::Commitment commitment(start.records);
  WorkerPool pool(threads, 1'024);
  Outcome out;
  for (const std::vector<Bytes>& block : blocks) {
    std::vector<ExchangeItemPtr> items(block.size());
    pool.run_all(block.size(), [&](std::size_t i) {
      auto item = execution::verify_item(rules, block[i]);
      if (item) items[i] = std::make_shared<const ExchangeItem>(*std::move(item));
    });
    exchange::BlockInput input;
    input.height = engine->state().global().height + 1;
    input.time = kStart + 100 * input.height;
    input.stakes = {1};
    for (const ExchangeItemPtr& item : items) {
      if (item) input.actions.push_back(*item->action());
    }
    out.verified += input.actions.size();
    const exchange::BlockResult result = engine->execute(input);
    engine->commit_block();
    for (const exchange::ActionResult& one : result.results)
      out.succeeded += one.ok ? 1 : 0;
    out.roots.push_back(commitment.apply(result.diff));
    commitment.commit();
    out.roots.push_back(exchange::result_root(result.results));
    out.roots.push_back(exchange::event_root(result.events));
  }
  return out;
}

TEST(Dex2013Admission, by_1_2_and_8_threads_gives_identical_state_results_and_roots) {
  const auto blocks = signed_blocks(25, 64);
  const Outcome one = run(blocks, 1);
  EXPECT_GT(one.succeeded, 1'000U);
  EXPECT_LT(one.verified, 25U * 64U);
  EXPECT_EQ(run(blocks, 2), one);
  EXPECT_EQ(run(blocks, 8), one);
}

// The whole node: what any of four proposes, the others verify on pools of their own size.
TEST(Dex2013Admission, nodes_of_1_2_and_8_threads_agree_on_every_root) {
  Cluster cluster(4);
  cluster.add_exchange();
  constexpr std::array<std::uint32_t, 4> kThreads = {1, 2, 8, 1};
  for (std::uint32_t i = 0; i < 4; ++i) {
    cluster.change_config = [&](NodeConfig& config) { config.verify_threads = kThreads[i]; };
    ASSERT_FALSE(cluster.start(i));
  }
  Random random;
  std::string last;
  for (std::uint64_t n = 1; n <= 120; ++n) {
    const std::uint64_t nonce = cluster.genesis().time.value() + n;
    const std::string action =
        cluster.action(static_cast<std::uint32_t>(n % 3), random_body(random), nonce);
    const auto answer = cluster.call(static_cast<std::uint32_t>(n % 4), "ol_exchangeSubmit",
                                     "[\"" + action + "\"]");
    ASSERT_TRUE(answer.is_string());
    last = std::string(answer.as_string());
  }
  std::uint64_t height = 0;
  ASSERT_TRUE(Cluster::eventually([&] {
    const auto result = cluster.call(0, "ol_exchangeResult", "[\"" + last + "\"]");
    if (result.is_object()) height = result.as_object().at("height").to_number<std::uint64_t>();
    return result.is_object();
  }));
  for (std::uint64_t h = 1; h <= height; ++h) {
    char text[24];
    std::snprintf(text, sizeof text, "[\"0x%llx\"]", static_cast<unsigned long long>(h));
    boost::json::value first;
    for (std::uint32_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(Cluster::eventually([&] {
        auto roots = cluster.call(i, "ol_exchangeRoots", text);
        const bool told = roots.is_object() && !roots.as_object().contains("error");
        if (told && i == 0) first = roots;
        return told && roots == first;
      })) << "height "
          << h << ", node " << i;
    }
  }
}

}  // namespace
}  // namespace ol::node::test
