// The invariants of dex.md 20 over as many random actions as there is time for.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include <ol/exchange/commitment.hpp>

#include "event_reference.hpp"
#include "invariants.hpp"
#include "margin_reference.hpp"
#include "solvency_reference.hpp"
#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One chain of random blocks with every check after each of them, restarted and undone at times.
class Episode {
 public:
  Episode(std::uint64_t seed, std::uint64_t actions)
      : traders_(seed, options(seed)),
        solvency_(traders_.chain().state(), options(seed).params),
        actions_wanted_(actions) {}

  /// What broke, or nothing.
  std::string run() {
    while (actions_ < actions_wanted_) {
      // At times a block of prices alone: what it changes nobody did.
      if (blocks_ % 8 == 7) traders_.quiet_step();
      if (blocks_ % 8 != 7) actions_ += traders_.step();
      ++blocks_;
      for (const std::string& bad : {follow(), broken_invariant(traders_.chain().state()),
                                     margin_difference(traders_.chain().state())}) {
        if (!bad.empty()) return bad + ", block " + std::to_string(blocks_);
      }
      if (blocks_ % 512 != 0) continue;
      const StateRecords before = traders_.chain().engine().records();
      traders_.chain().restart();
      if (traders_.chain().engine().records() != before) return "20.13 records after a restart";
    }
    return "";
  }
  [[nodiscard]] const Traders& traders() const { return traders_; }
  [[nodiscard]] SolvencyReference::Seen seen() const {
    SolvencyReference::Seen out = seen_;
    out.add(solvency_.seen());
    return out;
  }
  [[nodiscard]] std::uint64_t reverts() const { return reverts_; }
  [[nodiscard]] std::uint64_t param_changes() const { return param_changes_; }
  [[nodiscard]] std::uint64_t actions() const { return actions_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

 private:
  // Small blocks, where prices move between any two actions, and large ones, calm prices and wild.
  static Traders::Options options(std::uint64_t seed) {
    Traders::Options out;
    out.everything = true;
    out.actions_max = seed % 3 == 0 ? 8 : (seed % 3 == 1 ? 40 : 150);
    out.jump_percent = seed % 2 == 0 ? 4 : 1;
    out.development = seed % 4 == 3;
    if (seed % 5 >= 3) out.order_mode = OrderMode::HashOrder;
    if (seed % 7 >= 5) out.params.upgrade_heights = {60, 500};
    // A dollar of roundings would take years to gather.
    if (seed % 2 == 0) out.params.funding_sweep_usd = 0;
    return out;
  }

  // Both references; after a block that went back, or set parameters, they begin anew.
  std::string follow() {
    const BlockInput& block = traders_.chain().last_block();
    const BlockResult& result = traders_.last_result();
    const State& state = traders_.chain().state();
    if (result.reverted_to) {
      ++reverts_;
      reference_ = EventReference(state);
    } else {
      std::string bad = reference_.follow(block, result, state);
      if (bad.empty()) bad = solvency_.follow(block, result, state);
      if (!bad.empty()) return bad;
    }
    if (!result.reverted_to && !sets_params(block, result)) return "";
    seen_.add(solvency_.seen());
    solvency_ = SolvencyReference(state, traders_.chain().engine().params());
    return "";
  }
  bool sets_params(const BlockInput& block, const BlockResult& result) {
    bool out = false;
    for (std::size_t i = 0; i < block.system.size(); ++i)
      out = out || (std::holds_alternative<SetParams>(block.system[i]) && result.system_ok[i]);
    param_changes_ += out ? 1 : 0;
    return out;
  }

  Traders traders_;
  EventReference reference_;
  SolvencyReference solvency_;
  SolvencyReference::Seen seen_;  // by those that ended
  std::uint64_t reverts_ = 0;
  std::uint64_t param_changes_ = 0;
  std::uint64_t actions_wanted_;
  std::uint64_t actions_ = 0;
  std::uint64_t blocks_ = 0;
};

/// What all episodes did so far, and when to say so.
class Progress {
 public:
  void add(const Episode& episode) {
    actions_ += episode.actions();
    elements_ += episode.traders().elements();
    blocks_ += episode.blocks();
    ++episodes_;
    tally_.add(episode.traders().tally());
    seen_.add(episode.seen());
    reverts_ += episode.reverts();
    param_changes_ += episode.param_changes();
  }
  [[nodiscard]] std::uint64_t reverts() const { return reverts_; }
  [[nodiscard]] std::uint64_t param_changes() const { return param_changes_; }
  [[nodiscard]] std::uint64_t actions() const { return actions_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] const SolvencyReference::Seen& seen() const { return seen_; }
  /// A line at most every ten seconds.
  void report(std::uint64_t seed, bool last) {
    const auto now = Clock::now();
    if (!last && now - said_ < std::chrono::seconds(10)) return;
    said_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::cout << actions_ << " actions (" << elements_ << " orders, cancels and others) in "
              << blocks_ << " blocks, " << episodes_ << " episodes, up to seed " << seed << ": "
              << static_cast<std::uint64_t>(static_cast<double>(actions_) / seconds)
              << " actions/s\n"
              << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_ = Clock::now();
  Clock::time_point said_ = start_;
  std::uint64_t actions_ = 0;
  std::uint64_t elements_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t episodes_ = 0;
  Tally tally_;
  SolvencyReference::Seen seen_;
  std::uint64_t reverts_ = 0;
  std::uint64_t param_changes_ = 0;
};

// OL_EXCHANGE_ACTIONS=100000000 OL_EXCHANGE_SEED=1 for the long run; a failure names the seed and
// the block.
TEST(Dex20LongRun, no_invariant_breaks_and_the_references_agree_over_random_actions) {
  const std::uint64_t wanted = from_environment("OL_EXCHANGE_ACTIONS", 90'000);
  const std::uint64_t first = from_environment("OL_EXCHANGE_SEED", 1);
  const std::uint64_t per_episode = std::min<std::uint64_t>(50'000, wanted / 3);
  Progress progress;
  std::uint64_t seed = first;
  for (; progress.actions() < wanted; ++seed) {
    Episode episode(seed, per_episode);
    const std::string bad = episode.run();
    progress.add(episode);
    ASSERT_EQ(bad, "") << "seed " << seed << ", " << per_episode << " actions per episode";
    progress.report(seed, false);
  }
  progress.report(seed - 1, true);
  progress.tally().print(std::cout);
  progress.seen().print(std::cout);
  std::cout << "  reverts: " << progress.reverts()
            << "\n  changes of parameters: " << progress.param_changes() << "\n";
  EXPECT_GT(progress.reverts(), 0U);
  EXPECT_GT(progress.param_changes(), 0U);
  EXPECT_GT(progress.tally().fills(FillKind::Trade), 0U);
  EXPECT_GT(progress.tally().fills(FillKind::Adl), 0U);
  EXPECT_GT(progress.tally().fundings(), 0U);
  EXPECT_GT(progress.seen().debts, 0U);
  EXPECT_GT(progress.seen().repayments, 0U);
  EXPECT_GT(progress.seen().settles, 0U);
  EXPECT_GT(progress.seen().sweeps, 0U);
  EXPECT_GT(progress.seen().bankruptcies, 0U);
  EXPECT_GT(progress.seen().insolvent, 0U);
  EXPECT_GT(progress.seen().bystanders, 0U);
}

}  // namespace
}  // namespace ol::exchange
