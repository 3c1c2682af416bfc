#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "exchange_fixture.hpp"

namespace ol::exchange::test {

/// The generator of dex.md 22.1.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t n) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<std::uint64_t>((Uint128{z ^ (z >> 31)} * n) >> 64);
  }
  bool chance(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// How often what happened, so that a run that tests nothing is seen.
class Tally {
 public:
  void add(const BlockResult& out);
  void add(const Tally& other);
  [[nodiscard]] std::uint64_t fills(FillKind kind) const { return fills_[index(kind)]; }
  [[nodiscard]] std::uint64_t liquidations(LiquidationEvent::Method method) const {
    return liquidations_[index(method)];
  }
  [[nodiscard]] std::uint64_t cancels(CancelReason reason) const { return cancels_[index(reason)]; }
  [[nodiscard]] std::uint64_t errors(Error error) const { return errors_[index(error)]; }
  [[nodiscard]] std::uint64_t succeeded() const { return succeeded_; }
  [[nodiscard]] std::uint64_t fundings() const { return fundings_; }
  [[nodiscard]] std::uint64_t bad_debts() const { return bad_debts_; }
  void print(std::ostream& out) const;

 private:
  template <typename Enum>
  static std::size_t index(Enum value) {
    return static_cast<std::size_t>(value);
  }

  std::array<std::uint64_t, 4> fills_{};
  std::array<std::uint64_t, 5> liquidations_{};
  std::array<std::uint64_t, 14> cancels_{};
  std::array<std::uint64_t, 44> errors_{};
  std::uint64_t succeeded_ = 0;
  std::uint64_t fundings_ = 0;
  std::uint64_t bad_debts_ = 0;
};

/// Traders who do anything at all, valid or not, around prices that move.
class Traders {
 public:
  struct Options {
    std::size_t actions_max = 8;  // in a block; at least one
    bool everything = false;      // sub-accounts, agents, vaults, seals, settlement, refills
    bool development = false;     // extreme prices, snapshots, reverts, parameters
    OrderMode order_mode = OrderMode::ListOrder;
    std::uint64_t jump_percent = 4;  // prices that move by up to a quarter
    Params params{};
  };
  explicit Traders(std::uint64_t seed) : Traders(seed, Options{}) {}
  Traders(std::uint64_t seed, Options options);

  /// One block of random actions; how many.
  std::size_t step();
  /// One block of prices without actions.
  void quiet_step();
  /// One block with one order of one user.
  std::pair<Address, Order> single(BlockResult& out);
  void new_prices();

  [[nodiscard]] std::vector<Address> users() const;
  [[nodiscard]] Chain& chain() { return chain_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  /// Of the last block of `step`.
  [[nodiscard]] const BlockResult& last_result() const { return last_; }
  /// Orders, cancels and modifies, batches counted by their elements.
  [[nodiscard]] std::uint64_t elements() const { return elements_; }

 private:
  static constexpr std::uint8_t kUsers = 9;

  std::uint64_t move(std::uint64_t& px, std::uint64_t tick);
  Address any_user() { return user(static_cast<std::uint8_t>(1 + random_.below(kUsers))); }
  AssetId any_asset();
  Side any_side() { return random_.chance(50) ? Side::Buy : Side::Sell; }
  OrderId any_oid() { return OrderId(1 + random_.below(chain_.state().global().next_oid)); }
  OrderId recent_oid();
  Order any_order();
  ActionBody any_orders();
  ActionBody any_body();
  ActionBody rare_body(const Address& signer);
  ActionBody seal_or_reveal(const Address& signer);
  VerifiedAction any_action();
  void add_prices(std::vector<SystemAction>& out);
  void add_governance(std::vector<SystemAction>& out);
  void add_development(std::vector<SystemAction>& out);
  SetParams any_params();

  Options options_;
  Chain chain_;
  Random random_;
  Tally tally_;
  BlockResult last_;
  std::uint64_t elements_ = 0;
  std::uint64_t btc_ = 600'000;
  std::uint64_t eth_ = 300'000;
  std::uint64_t round_ = 0;
  std::uint8_t agents_ = 0;
  struct Sealed {
    Address owner;
    RevealOrder reveal;
  };
  std::vector<Sealed> sealed_;
};

}  // namespace ol::exchange::test
