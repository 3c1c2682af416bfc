#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>

namespace ol::node {

/// What the exchange's final blocks did since this node started.
struct ExchangeCounts {
  static constexpr std::size_t kFillKinds = 4;       // exchange::FillKind
  static constexpr std::size_t kCancelReasons = 14;  // exchange::CancelReason
  static constexpr std::size_t kMethods = 5;         // exchange::LiquidationEvent::Method
  static constexpr std::size_t kAlerts = 4;          // exchange::AlertEvent::Kind

  std::uint64_t actions_done = 0;
  std::uint64_t actions_refused = 0;
  std::uint64_t orders_taken = 0;  // rested, filled or waiting for their trigger
  std::uint64_t orders_refused = 0;
  std::array<std::uint64_t, kFillKinds> fills{};
  std::array<std::uint64_t, kCancelReasons> cancels{};
  std::array<std::uint64_t, kMethods> liquidations{};
  std::array<std::uint64_t, kAlerts> alerts{};

  void add(const exchange::BlockResult& block);
};

/// Where a market stands, in units that people read: for a display, nothing is decided by it.
struct MarketSample {
  std::string name;
  bool active = false;
  double oracle_px = 0;  // 0: none yet
  double oracle_age_s = 0;
  double mark_px = 0;        // perpetuals
  double open_interest = 0;  // perpetuals, of the base
  double best_bid = 0;       // 0: none
  double best_ask = 0;
};

/// What a scrape shows of the exchange.
struct ExchangeSample {
  ExchangeCounts counts;
  std::uint64_t height = 0;  // of the block that readers see
  std::size_t waiting = 0;   // actions in the pool
  std::size_t accounts = 0;
  std::size_t accounts_in_debt = 0;
  std::size_t triggers = 0;
  std::size_t twaps = 0;
  double insurance_usd = 0;
  std::vector<MarketSample> markets;  // by asset
};

/// Counts what final blocks did and looks at the state, for the node's metrics. Any thread.
class ExchangeMeter {
 public:
  /// `access` must outlive it.
  explicit ExchangeMeter(exchange::Access& access);
  ~ExchangeMeter();
  ExchangeMeter(const ExchangeMeter&) = delete;
  ExchangeMeter& operator=(const ExchangeMeter&) = delete;

  /// Reads the state, so not from within a callback of `access`. @param waiting  Actions in the
  /// pool.
  [[nodiscard]] ExchangeSample sample(std::size_t waiting) const;

 private:
  exchange::Access& access_;
  mutable Mutex mutex_;
  ExchangeCounts counts_ OL_GUARDED_BY(mutex_);
  exchange::Access::Ticket ticket_ = 0;
};

}  // namespace ol::node
