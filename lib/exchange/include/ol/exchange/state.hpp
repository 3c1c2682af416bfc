#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/counted_set.hpp>
#include <ol/exchange/journal.hpp>
#include <ol/exchange/margin_table.hpp>
#include <ol/exchange/order_store.hpp>
#include <ol/exchange/records.hpp>
#include <ol/exchange/state_diff.hpp>

namespace ol::exchange {

/// A market as the engine reads it: what governance said, made ready.
struct MarketInfo {
  MarketConfig config;
  std::optional<MarginTable> margin;  // perps
  std::uint32_t max_leverage = 1;

  [[nodiscard]] bool spot() const { return is_spot(config.asset); }
  /// The default leverage of an account that set none (dex.md 2.1).
  [[nodiscard]] std::uint8_t default_leverage() const {
    return static_cast<std::uint8_t>(max_leverage < 20 ? max_leverage : 20);
  }
};

/// The whole state of the exchange (dex.md 2), every change of it undoable. One thread at a time.
struct State {
  State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  UndoLog log;

  Records<Account> accounts{log};
  Records<FeeStats> stats{log};  // same index as accounts
  Records<PerpState> perps{log};
  Records<SpotBalance> balances{log};
  Records<MarketState> markets{log};
  Records<Globals> globals{log};  // one record
  OrderStore orders{log};

  Table<AssetId, MarketConfig> configs{log};
  Table<TokenId, Token> tokens{log};
  Table<Address, Agent> agents{log};                       // by the agent's address
  Table<NamedAddress, Address> agent_names{log};           // account and name to agent
  Table<Address, std::vector<std::uint64_t>> nonces{log};  // by signer, ascending
  Table<AddressPair, std::uint32_t> builders{log};         // account, builder: most it may take
  Table<std::string, Address> referral_codes{log};
  Table<AddressToken, std::uint64_t> rewards{log};  // owed by the fee pool; perps: kPerpRewards
  Table<Address, VaultInfo> vaults{log};
  Table<AddressPair, VaultShare> vault_shares{log};  // vault, owner
  Table<Address, TimeMs> scheduled_cancels{log};
  Table<TwapId, Twap> twaps{log};
  Table<OrderId, TriggerOrder> triggers{log};
  Table<TriggerKey, bool> trigger_index{log};   // active triggers by what fires them; derived
  Table<OwnedOrder, bool> trigger_owners{log};  // triggers by account; derived
  Table<OrderId, TimeMs> due_triggers{log};     // that fired and wait, by their turn
  Table<DueKey, bool> due_line{log};            // the same in order; derived
  Table<std::uint64_t, OrderGroup> groups{log};
  Table<OwnedCloid, OrderId> cloids{log};              // of open orders and triggers; derived
  Table<ReduceOnlyKey, bool> reduce_only_orders{log};  // that rest; derived
  Table<Address, bool> debtors{log};                   // accounts with bad debt; derived
  Table<OwnedCommitment, Seal> seals{log};
  Table<ValidatorAsset, OracleSubmission> submissions{log};
  Table<AssetId, std::vector<PxAt>> oracle_history{log};
  Table<NamedAddress, Address> sub_names{log};  // master and name to sub-account

  // By when something is due, and who has something to look at; all derived (docs/adr/0040).
  Table<TimedAddress, bool> agent_ends{log};       // agents in force, by the end of their time
  Table<TimedAddress, bool> cancels_due{log};      // accounts with a scheduled cancel
  Table<SealAtHeight, bool> seals_by_height{log};  // by the height they were made at
  Table<SliceKey, bool> slices_due{log};           // TWAPs by their next slice
  CountedSet in_positions{log};                    // accounts by how many positions they have
  CountedSet traded_lately{log};                   // accounts whose `stats` are not empty

  // Of development networks (dex.md 17.5).
  Table<std::uint8_t, TimeMs> clock{log};                           // one value, once it was set
  Table<std::uint64_t, std::uint64_t> snapshots{log};               // by height: how many records
  Table<std::pair<std::uint64_t, Bytes>, Bytes> kept_records{log};  // by snapshot and key
  Table<std::string, std::int64_t> param_values{log};               // set since genesis

  [[nodiscard]] const Globals& global() const { return globals[0]; }
  /// How far the exchange's time is ahead of the headers'.
  [[nodiscard]] TimeMs clock_ahead() const {
    const TimeMs* ahead = clock.find(0);
    return ahead == nullptr ? 0 : *ahead;
  }

  /// The account's place, or kNobody if it does not exist.
  [[nodiscard]] AccountIndex find_account(const Address& address) const;
  /// The account's place, created as a user's if need be (dex.md 2.1: by the first credit).
  AccountIndex open_account(const Address& address);

  /// The market's place, or kNobody if it is not listed.
  [[nodiscard]] MarketIndex find_market(AssetId asset) const;
  [[nodiscard]] const MarketInfo& info(MarketIndex market) const { return infos_[market]; }
  [[nodiscard]] std::size_t market_count() const { return infos_.size(); }
  /// Lists a market. Error::BadAsset where it is listed, or a field makes no sense;
  /// Error::BadLeverage for a bad margin table.
  [[nodiscard]] Result<MarketIndex, Error> list_market(const MarketConfig& config);

  /// Markets by asset: the order of everything that can be seen. Places in memory differ between
  /// a node that listed the markets and one that loaded them.
  [[nodiscard]] const std::map<AssetId, MarketIndex>& markets_by_asset() const {
    return market_index_;
  }
  /// Accounts with a position in the market, by address.
  [[nodiscard]] std::vector<AccountIndex> holders(MarketIndex market) const;
  /// Sorts accounts by address, for the same reason.
  void sort_by_address(std::vector<AccountIndex>& accounts_to_sort) const;

  /// Places of an account's perps and balances, by asset or token; may name absent ones.
  struct Place {
    std::uint32_t key = 0;  // asset or token
    std::uint32_t index = 0;
  };
  [[nodiscard]] const std::vector<Place>& perps_of(AccountIndex account) const {
    return perp_places_[account];
  }
  [[nodiscard]] const std::vector<Place>& balances_of(AccountIndex account) const {
    return balance_places_[account];
  }
  /// The record of an account in a market, or null where there never was one.
  [[nodiscard]] const PerpState* find_perp(AccountIndex account, MarketIndex market) const {
    const std::uint32_t place =
        find_place(perp_places_[account], infos_[market].config.asset.value());
    if (place == kNobody) return nullptr;
    const PerpState& perp = perps[place];
    return perp.account == kNobody ? nullptr : &perp;
  }
  /// The record, or what an account that never touched the market has: an isolated-only market is
  /// isolated from the start.
  [[nodiscard]] PerpState perp_or_default(AccountIndex account, MarketIndex market) const;
  /// The same for changing, made if need be.
  [[nodiscard]] PerpState& edit_perp(AccountIndex account, MarketIndex market) {
    const std::uint32_t place =
        find_place(perp_places_[account], infos_[market].config.asset.value());
    if (place == kNobody || perps[place].account == kNobody) return open_perp(account, market);
    return perps.edit(place);
  }
  [[nodiscard]] const SpotBalance* find_balance(AccountIndex account, TokenId token) const;
  [[nodiscard]] SpotBalance& edit_balance(AccountIndex account, TokenId token);

  /// The leverage in force for an account in a perp.
  [[nodiscard]] std::uint32_t leverage_of(const PerpState& perp) const {
    return perp.leverage != 0 ? perp.leverage : infos_[perp.market].default_leverage();
  }

  /// Ids of an account's waiting triggers, ascending.
  [[nodiscard]] std::vector<OrderId> triggers_of(const Address& account) const;

 private:
  // An account is in few markets: one after the other, the sooner done. Or kNobody.
  [[nodiscard]] static std::uint32_t find_place(const std::vector<Place>& places,
                                                std::uint32_t key) {
    constexpr std::size_t kFew = 8;
    const auto end = places.end();
    auto at = places.begin();
    if (places.size() > kFew) at = std::ranges::lower_bound(places, key, {}, &Place::key);
    while (at != end && at->key < key)
      ++at;
    return at != end && at->key == key ? at->index : kNobody;
  }
  [[nodiscard]] PerpState& open_perp(AccountIndex account, MarketIndex market);

  std::map<Address, AccountIndex> account_index_;
  std::map<AssetId, MarketIndex> market_index_;
  std::vector<MarketInfo> infos_;
  std::vector<std::vector<Place>> perp_places_;
  std::vector<std::vector<std::uint32_t>> perps_in_;  // by market: all that ever were
  std::vector<std::vector<Place>> balance_places_;
};

/// System accounts (dex.md 2.4) exist from the beginning, in this order.
constexpr AccountIndex kFeePoolIndex = 0;
constexpr AccountIndex kInsuranceIndex = 1;
constexpr AccountIndex kBackstopIndex = 2;

/// Stands for perp cash where rewards name a token.
constexpr TokenId kPerpRewards{0xffff'ffff};

}  // namespace ol::exchange
