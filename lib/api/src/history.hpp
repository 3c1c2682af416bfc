#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/position.hpp>

#include "candles.hpp"

namespace ol::api {

/// An order as clients are told of it.
struct OrderRecord {
  exchange::OrderId oid;
  Address account;
  exchange::Order order;   // as placed; sz is the original size
  std::uint64_t left = 0;  // lots
  exchange::TimeMs placed_at = 0;
  enum class Status : std::uint8_t { Open, Filled, Canceled, Triggered, Rejected };
  Status status = Status::Open;
  std::string reason;  // a cancel reason or an error's name (dex.md 15.3); empty: none
  exchange::TimeMs status_at = 0;
  std::uint64_t height = 0;  // of its last change; 0: not known

  /// Resting, or waiting for its trigger.
  [[nodiscard]] bool live() const { return status == Status::Open || status == Status::Triggered; }
};
/// A resting order of the state, a waiting trigger of it: the state does not say since when, so its
/// own time stands there.
[[nodiscard]] OrderRecord order_record(const exchange::State& state, exchange::Slot slot);
[[nodiscard]] OrderRecord order_record(const exchange::State& state, exchange::OrderId oid,
                                       const exchange::TriggerOrder& trigger);
/// Whether its time has passed, though the engine has yet to sweep it (dex.md 4.1).
[[nodiscard]] bool expired(const exchange::State& state, const OrderRecord& order);
[[nodiscard]] std::string_view status_name(OrderRecord::Status status);

/// One account's side of a trade.
struct FillRecord {
  std::uint64_t tid = 0;
  exchange::AssetId asset;
  Address account;
  exchange::Side side = exchange::Side::Buy;
  std::uint64_t px = 0;
  std::uint64_t sz = 0;
  exchange::TimeMs time = 0;
  std::uint64_t height = 0;
  exchange::OrderId oid;
  std::int64_t start_szi = 0;
  exchange::Int128 realised = 0;
  exchange::Int128 fee = 0;          // the exchange's
  exchange::Int128 builder_fee = 0;  // besides it
  exchange::TwapId twap{};           // of which the order is a slice; 0: none
  bool taker = false;
  exchange::FillKind kind = exchange::FillKind::Trade;
  Address liquidated;  // whose position, if kind is not Trade
  std::uint64_t mark_px = 0;
  Hash256 hash;  // of the taker's action; zero for system steps
};

/// A trade as the tape shows it.
struct TradeRecord {
  exchange::FillEvent fill;
  exchange::TimeMs time = 0;
  Hash256 hash;
};

struct FundingRecord {
  exchange::FundingEvent event;
  exchange::TimeMs time = 0;
  std::int64_t szi = 0;
  std::uint64_t height = 0;  // 0: not known
};

/// What a position has paid in funding, as far as the history kept reaches (dex.md 17.4).
struct FundingPaid {
  exchange::Int128 all_time = 0;
  exchange::Int128 since_open = 0;
  exchange::Int128 since_change = 0;
};

/// A transfer and the like.
struct LedgerRecord {
  Address account;
  exchange::TimeMs time = 0;
  Hash256 hash;
  exchange::ActionBody action;  // Noop: a credit from outside
  exchange::TokenId token;
  std::uint64_t amount = 0;
  std::uint64_t height = 0;  // 0: not known
};

/// Something that happened to an account without its asking.
struct Notice {
  enum class Kind : std::uint8_t { Canceled, Triggered, Liquidated, Deleveraged };
  Address account;
  Kind kind = Kind::Canceled;
  exchange::AssetId asset;
  exchange::OrderId oid;                                            // Canceled, Triggered
  exchange::CancelReason reason = exchange::CancelReason::Expired;  // Canceled
  exchange::LiquidationEvent::Method method{};                      // Liquidated
  std::int64_t usd = 0;  // Liquidated: LiquidationEvent::usd; Deleveraged: lots closed
  exchange::TimeMs time = 0;
  std::uint64_t height = 0;
};

/// An hour's funding of a market.
struct FundingRate {
  exchange::TimeMs time = 0;
  std::int64_t rate_ppb = 0;
  std::optional<std::int64_t> premium_ppb;  // nothing: of a file that did not say
};

/// What one block changed, for the feeds.
struct BlockUpdate {
  std::vector<TradeRecord> trades;
  std::vector<FillRecord> fills;
  std::vector<OrderRecord> orders;
  std::vector<FundingRecord> funding;
  std::vector<LedgerRecord> ledger;
  std::vector<Notice> notices;
};

/// Records of one kind by account: the newest of each account, and the newest of all.
template <typename Record>
class AccountLog {
 public:
  AccountLog(std::size_t all_max, std::size_t each_max) : all_max_(all_max), each_max_(each_max) {}

  void add(const Address& account, Record record) {
    std::deque<Record>& own = by_account_[account];
    own.push_back(std::move(record));
    order_.push_back(account);
    if (own.size() > each_max_) drop(account);
    // Places of records dropped above stay in `order_` until they come up here.
    if (order_.size() <= all_max_) return;
    const Address oldest = order_.front();
    order_.pop_front();
    const auto it = dropped_.find(oldest);
    if (it == dropped_.end()) return drop(oldest, Counted::No);
    if (--it->second == 0) dropped_.erase(it);
  }
  /// Oldest first; empty for an account without any.
  [[nodiscard]] const std::deque<Record>& of(const Address& account) const {
    static const std::deque<Record> kNone;
    const auto it = by_account_.find(account);
    return it == by_account_.end() ? kNone : it->second;
  }

  /// Records up to that height may have been dropped for want of room; 0: none was.
  [[nodiscard]] std::uint64_t lost_up_to(const Address& account) const {
    const std::deque<Record>& own = of(account);
    std::uint64_t out = own.size() < each_max_ ? 0 : own.front().height;
    if (order_.size() < all_max_) return out;
    // Of all accounts the oldest that is left; places in `order_` may be of later ones.
    for (const Address& next : order_) {
      const std::deque<Record>& oldest = of(next);
      if (!oldest.empty()) return std::max(out, oldest.front().height);
    }
    return out;
  }

  /// Oldest first, as far as accounts among each other are concerned too.
  [[nodiscard]] std::vector<const Record*> all() const {
    std::vector<const Record*> out;
    std::map<Address, std::size_t> gone = dropped_;
    std::map<Address, std::size_t> next;
    for (const Address& account : order_) {
      const auto skipped = gone.find(account);
      if (skipped != gone.end()) {
        if (--skipped->second == 0) gone.erase(skipped);
        continue;
      }
      out.push_back(&by_account_.at(account)[next[account]++]);
    }
    return out;
  }

 private:
  enum class Counted : std::uint8_t { No, Yes };
  void drop(const Address& account, Counted counted = Counted::Yes) {
    const auto it = by_account_.find(account);
    if (it == by_account_.end()) return;
    it->second.pop_front();
    if (counted == Counted::Yes) ++dropped_[account];
    if (it->second.empty()) by_account_.erase(it);
  }

  std::size_t all_max_;
  std::size_t each_max_;
  std::map<Address, std::deque<Record>> by_account_;
  std::deque<Address> order_;
  std::map<Address, std::size_t> dropped_;
};

/// What happened, from the blocks this node has seen: in memory and bounded
/// (docs/protocol/exchange-api.md, "History"). One thread at a time.
class History {
 public:
  static constexpr std::size_t kFillsKept = 200'000;
  static constexpr std::size_t kFillsPerAccount = 2'000;
  static constexpr std::size_t kClosedOrdersKept = 200'000;
  static constexpr std::size_t kOrdersPerAccount = 2'000;
  static constexpr std::size_t kTradesKept = 500;
  static constexpr std::size_t kFundingKept = 2'000;
  static constexpr std::size_t kNoticesKept = 100'000;
  static constexpr std::size_t kNoticesPerAccount = 500;

  /// All of it as bytes, in the format Archive::kFormat. Not of a snapshot's history.
  /// Format: docs/protocol/exchange-history.md.
  [[nodiscard]] Bytes encode() const;
  /// Of any format from Archive::kOldestFormat on. Nothing where they are damaged.
  [[nodiscard]] static std::optional<History> decode(ByteView bytes, std::uint32_t format);

  /// Open orders and positions as the state has them; what was kept stays.
  void load(const exchange::State& state);
  /// Whether `apply` may be called with the block. A revert needs what was before its snapshot.
  [[nodiscard]] bool can_follow(const exchange::CommittedBlock& block) const;
  [[nodiscard]] BlockUpdate apply(const exchange::CommittedBlock& block);

  [[nodiscard]] const std::deque<FillRecord>& fills(const Address& account) const {
    return fills_.of(account);
  }
  [[nodiscard]] const std::deque<FundingRecord>& funding(const Address& account) const {
    return funding_.of(account);
  }
  /// By market; what is due and not yet paid is not in it.
  [[nodiscard]] std::map<exchange::AssetId, FundingPaid> funding_paid(const Address& account) const;
  [[nodiscard]] const std::deque<LedgerRecord>& ledger(const Address& account) const {
    return ledger_.of(account);
  }
  [[nodiscard]] const std::deque<Notice>& notices(const Address& account) const {
    return notices_.of(account);
  }
  [[nodiscard]] const OrderRecord* order(exchange::OrderId oid) const;
  [[nodiscard]] const OrderRecord* order(const Address& account,
                                         const exchange::Cloid& cloid) const;
  /// Oldest first.
  [[nodiscard]] std::vector<const OrderRecord*> orders(const Address& account) const;
  [[nodiscard]] const std::deque<TradeRecord>& trades(exchange::AssetId asset) const;
  [[nodiscard]] const std::deque<FundingRate>& funding_rates(exchange::AssetId asset) const;
  /// The last hour's that was known at that time; nothing where none is kept.
  [[nodiscard]] std::optional<std::int64_t> funding_rate_at(exchange::AssetId asset,
                                                            exchange::TimeMs time) const;
  [[nodiscard]] const Candles& candles() const { return candles_; }

  /// Every block after that height is in it, as far as its bounds reach; of those before some may
  /// be missing.
  [[nodiscard]] std::uint64_t whole_after() const { return whole_after_; }
  void set_whole_after(std::uint64_t height) { whole_after_ = height; }
  /// The first height from which nothing of the account's records of a kind is missing, be it that
  /// blocks were, or that there was no room.
  enum class Kind : std::uint8_t { Fills, Funding, Ledger, Notices, Orders };
  [[nodiscard]] std::uint64_t whole_from(Kind kind, const Address& account) const;

 private:
  struct Market {
    exchange::Int128 cum_funding = 0;
    std::uint64_t oracle = 0;
    std::uint64_t mark = 0;
    std::deque<TradeRecord> trades;
    std::deque<FundingRate> rates;
  };

  [[nodiscard]] Bytes encode_past() const;
  [[nodiscard]] static std::optional<History> decode_past(Reader& in, std::uint32_t format);
  [[nodiscard]] std::uint64_t orders_lost_up_to() const;
  void open_orders(const exchange::CommittedBlock& block, BlockUpdate& update);
  void place(const exchange::VerifiedAction& action, const exchange::Order& order,
             const exchange::OrderResult& result, const exchange::CommittedBlock& block,
             BlockUpdate& update);
  void apply_fill(const exchange::FillEvent& event, const exchange::CommittedBlock& block,
                  BlockUpdate& update);
  void fill_side(const exchange::FillEvent& event, exchange::Side side,
                 const exchange::CommittedBlock& block, BlockUpdate& update);
  void reduce_order(exchange::OrderId oid, std::uint64_t sz, const exchange::CommittedBlock& block,
                    BlockUpdate& update);
  void end_takers(const exchange::CommittedBlock& block);
  void apply_event(const exchange::Event& event, const exchange::CommittedBlock& block,
                   BlockUpdate& update);
  /// What an event tells an account that did not ask for it.
  void notice(const exchange::Event& event, const exchange::CommittedBlock& block,
              BlockUpdate& update);
  void note_fired(OrderRecord& order, const exchange::CommittedBlock& block, BlockUpdate& update);
  void tell(Notice notice, const exchange::CommittedBlock& block, BlockUpdate& update);
  void apply_funding(const exchange::CommittedBlock& block);
  void apply_marks(const exchange::CommittedBlock& block);
  void apply_records(const exchange::CommittedBlock& block);
  void apply_system(const exchange::CommittedBlock& block, BlockUpdate& update);
  void credit(const exchange::SystemAction& action, const exchange::CommittedBlock& block,
              BlockUpdate& update);
  void apply_ledger(const exchange::CommittedBlock& block, BlockUpdate& update);
  void add_ledger(LedgerRecord record, const exchange::CommittedBlock& block, BlockUpdate& update);
  void keep_snapshot(std::uint64_t height);
  void go_back(std::uint64_t snapshot);
  void close_order(OrderRecord& order, OrderRecord::Status status, std::string reason,
                   exchange::TimeMs time);
  void insert_order(OrderRecord record);
  void meet_order(OrderRecord record);
  void forget_order(exchange::OrderId oid);
  void forget_ended(const exchange::State& state);
  [[nodiscard]] Address principal_of(const exchange::VerifiedAction& action) const;

  AccountLog<FillRecord> fills_{kFillsKept, kFillsPerAccount};
  AccountLog<FundingRecord> funding_{kFillsKept, kFundingKept};
  AccountLog<LedgerRecord> ledger_{kFillsKept, kFundingKept};
  AccountLog<Notice> notices_{kNoticesKept, kNoticesPerAccount};
  std::unordered_map<exchange::OrderId, OrderRecord> orders_;
  std::map<Address, std::set<exchange::OrderId>> orders_of_;
  std::map<std::pair<Address, exchange::Cloid>, exchange::OrderId> cloids_;
  std::deque<exchange::OrderId> closed_;
  std::map<std::pair<Address, exchange::AssetId>, exchange::Entry> positions_;
  std::map<Address, Address> agents_;  // agent to account
  std::map<exchange::AssetId, Market> markets_;
  std::unordered_map<exchange::OrderId, Hash256> taker_hashes_;  // of the block being applied
  std::vector<exchange::OrderId> touched_;                       // likewise, some more than once
  std::set<exchange::OrderId> taking_;                           // likewise, and did not rest
  Candles candles_;
  std::uint64_t whole_after_ = 0;
  // What was before each of the chain's snapshots, by height, without snapshots of its own. Shared
  // by copies of the history.
  std::map<std::uint64_t, std::shared_ptr<const History>> snapshots_;
};

}  // namespace ol::api
