#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <ol/exchange/access.hpp>
#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>

namespace ol::api::test {

constexpr std::uint64_t kChainId = 7777;
constexpr exchange::TimeMs kStart = 1'700'000'000'000;
constexpr exchange::AssetId kBtc{0};
constexpr exchange::AssetId kEth{1};
constexpr exchange::AssetId kSpot{10'000};

/// The exchange of a node with one validator: an action is in a final block of its own as soon as
/// it is submitted, unless blocks are held. Any thread.
class FakeAccess final : public exchange::Access {
 public:
  explicit FakeAccess(exchange::Params params = {})
      : params_(std::move(params)),
        domain_(exchange::domain_separator(kChainId)),
        engine_(params_) {
    using namespace exchange;
    block({ListToken{kUsdToken, "USD", 2, 8}, ListToken{kOpenToken, "OPEN", 2, 8},
           ListMarket{btc()}, ListMarket{eth()}, ListMarket{spot_pair()}, SetOracle{kBtc, 600'000},
           SetOracle{kEth, 300'000}},
          {});
  }

  static exchange::MarketConfig btc() {
    exchange::MarketConfig out;
    out.asset = kBtc;
    out.name = "BTC";
    out.sz_decimals = 5;
    out.tick_px = 10;
    out.lot_sz = 10;
    out.margin_tiers = {{0, 40}, {150'000'000 * exchange::kUsdPerDollar, 20}};
    out.exec_band_ppb = 100'000'000;
    return out;
  }
  static exchange::MarketConfig eth() {
    exchange::MarketConfig out;
    out.asset = kEth;
    out.name = "ETH";
    out.sz_decimals = 4;
    out.tick_px = 10;
    out.margin_tiers = {{0, 25}, {100'000'000 * exchange::kUsdPerDollar, 15}};
    return out;
  }
  static exchange::MarketConfig spot_pair() {
    exchange::MarketConfig out;
    out.asset = kSpot;
    out.name = "OPEN/USD";
    out.sz_decimals = 2;
    out.min_ntl = 10 * exchange::kUsdPerDollar * exchange::kWeiPerUsd;
    out.base = exchange::kOpenToken;
    out.quote = exchange::kUsdToken;
    out.base_wei_per_lot = 1'000'000;
    return out;
  }

  /// Runs a block and makes it final.
  void block(std::vector<exchange::SystemAction> system,
             std::vector<exchange::VerifiedAction> actions, exchange::TimeMs after_ms = 100) {
    const std::lock_guard lock(mutex_);
    auto out = std::make_shared<exchange::CommittedBlock>();
    out->input.height = engine_.state().global().height + 1;
    out->input.time = std::max({kStart, engine_.state().global().time, not_before}) + after_ms;
    out->input.stakes = {1};
    out->input.system = std::move(system);
    out->input.actions = std::move(actions);
    out->result = engine_.execute(out->input);
    engine_.commit_block();
    for (const exchange::ActionResult& result : out->result.results)
      results_[result.hash] = {out->input.height, out->input.time, result};
    blocks_[out->input.height] = out;
    while (blocks_.size() > blocks_kept())
      blocks_.erase(blocks_.begin());
    for (const exchange::ActionResult& result : out->result.results)
      tell(result.hash);
    const auto listeners = listeners_;
    for (const auto& [ticket, listener] : listeners)
      listener(out);
  }
  void deposit(const Address& account, std::int64_t dollars) {
    block({exchange::CreditUsd{account, dollars * exchange::kUsdPerDollar}}, {});
  }
  /// The least time of blocks, for clients whose nonces come from a clock.
  exchange::TimeMs not_before = 0;
  bool refuse_system = false;
  /// Called by whoever is about to read the state.
  std::function<void()> on_read;
  /// Actions wait until `release`.
  void hold() { held_ = true; }
  void release(std::vector<exchange::SystemAction> with = {}) {
    held_ = false;
    auto waiting = std::move(pool_);
    pool_.clear();
    if (!waiting.empty()) block(std::move(with), std::move(waiting));
  }

  void submit(exchange::SignedAction action, Admitted done) override {
    const std::lock_guard lock(mutex_);
    auto verified = verify_action(domain_, std::move(action.action), action.signature);
    if (!verified) return done(fail(exchange::Refusal{verified.error(), "bad signature"}));
    const Hash256 hash = verified->hash;
    if (held_) {
      pool_.push_back(*std::move(verified));
    } else {
      block({}, {*std::move(verified)});
    }
    done(hash);
  }
  std::optional<exchange::Outcome> find_result(const Hash256& action) const override {
    const std::lock_guard lock(mutex_);
    const auto it = results_.find(action);
    if (it == results_.end()) return std::nullopt;
    return it->second;
  }
  std::size_t results_kept() const override { return 1'000'000; }
  Ticket await(const Hash256& action, Awaited done) override {
    const std::lock_guard lock(mutex_);
    const Ticket ticket = ++tickets_;
    if (const auto found = find_result(action)) {
      done(*found);
    } else {
      awaited_[ticket] = {action, std::move(done)};
    }
    return ticket;
  }
  void forget(Ticket ticket) override {
    const std::lock_guard lock(mutex_);
    awaited_.erase(ticket);
  }
  void read(const Reader& read) const override {
    if (on_read) on_read();
    const std::lock_guard lock(mutex_);
    read(engine_.state());
  }
  Ticket subscribe(Listener listener) override {
    const std::lock_guard lock(mutex_);
    listeners_[++tickets_] = std::move(listener);
    return tickets_;
  }
  void unsubscribe(Ticket ticket) override {
    const std::lock_guard lock(mutex_);
    listeners_.erase(ticket);
  }
  exchange::CommittedBlockPtr block(std::uint64_t height) const override {
    const std::lock_guard lock(mutex_);
    const auto it = blocks_.find(height);
    return it == blocks_.end() ? nullptr : it->second;
  }
  std::size_t blocks_kept() const override { return 64; }
  void keep_from(const void* follower, std::uint64_t height) override {
    const std::lock_guard lock(mutex_);
    wanted_from[follower] = height;
  }
  std::unique_ptr<exchange::StateCut> cut(std::uint64_t height) const override {
    const std::lock_guard lock(mutex_);
    if (engine_.state().global().height < height) return nullptr;
    return std::make_unique<Cut>(engine_.state().global().height, engine_.records());
  }
  /// What followers asked for; the blocks kept are the newest all the same.
  std::map<const void*, std::uint64_t> wanted_from;
  std::uint64_t height() const override {
    const std::lock_guard lock(mutex_);
    return engine_.state().global().height;
  }
  exchange::TimeMs time() const override {
    const std::lock_guard lock(mutex_);
    return engine_.state().global().time;
  }
  const exchange::Params& params() const override { return params_; }
  std::uint64_t chain_id() const override { return kChainId; }
  const Hash256& domain() const override { return domain_; }
  bool devnet() const override { return true; }
  Result<void, exchange::Refusal> submit_system(exchange::SystemAction action) override {
    const std::lock_guard lock(mutex_);
    if (refuse_system) return fail(exchange::Refusal{std::nullopt, "not here"});
    block({std::move(action)}, {});
    return {};
  }
  std::size_t awaited() const { return awaited_.size(); }

 private:
  class Cut final : public exchange::StateCut {
   public:
    Cut(std::uint64_t height, exchange::StateRecords records)
        : height_(height), records_(std::move(records)) {}
    std::uint64_t height() const override { return height_; }
    Hash256 block() const override { return {}; }
    bool visit(const Visit& visit) const override {
      for (const auto& [key, value] : records_)
        visit(key, value);
      return true;
    }

   private:
    std::uint64_t height_;
    exchange::StateRecords records_;
  };

  void tell(const Hash256& hash) {
    for (auto it = awaited_.begin(); it != awaited_.end();) {
      if (it->second.first != hash) {
        ++it;
        continue;
      }
      const Awaited done = std::move(it->second.second);
      it = awaited_.erase(it);
      done(results_.at(hash));
    }
  }

  mutable std::recursive_mutex mutex_;
  exchange::Params params_;
  Hash256 domain_;
  exchange::Engine engine_;
  bool held_ = false;
  std::vector<exchange::VerifiedAction> pool_;
  std::map<Hash256, exchange::Outcome> results_;
  std::map<std::uint64_t, exchange::CommittedBlockPtr> blocks_;
  std::map<Ticket, std::pair<Hash256, Awaited>> awaited_;
  std::map<Ticket, Listener> listeners_;
  Ticket tickets_ = 0;
};

}  // namespace ol::api::test
