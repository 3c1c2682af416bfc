#include "solvency_reference.hpp"

#include <algorithm>
#include <ostream>

#include <ol/exchange/price.hpp>

#include "margin.hpp"

namespace ol::exchange::test {
namespace {

constexpr std::uint32_t kCash = 0xffff'ffff;  // stands for perp cash among tokens

bool has_position(const State& s, AccountIndex account) {
  return std::ranges::any_of(s.perps_of(account), [&](const State::Place& place) {
    return s.perps[place.index].szi != 0;
  });
}

// Whether the ladder may look at the market (dex.md 10.4).
bool live(const State& s, const Params& params, MarketIndex market) {
  const MarketState& m = s.markets[market];
  const bool open = m.status != MarketStatus::Halted && m.status != MarketStatus::Settling;
  return open && m.oracle != 0 && s.global().time <= m.oracle_at + params.oracle_stale_ms;
}

// dex.md 20.11: whatever a block did, no bucket that could be liquidated is left below zero.
std::string insolvent_bucket(const State& s, const Params& params) {
  for (AccountIndex account = 0; account < s.accounts.size(); ++account) {
    bool cross = false;
    bool waits = false;
    for (const State::Place& place : s.perps_of(account)) {
      const PerpState& perp = s.perps[place.index];
      if (perp.szi == 0) continue;
      if (!perp.isolated) {
        cross = true;
        waits = waits || !live(s, params, perp.market);
      } else if (live(s, params, perp.market) && isolated_bucket(s, perp).av < 0) {
        return "20.11 isolated bucket below zero";
      }
    }
    if (cross && !waits && cross_bucket(s, account).av < 0) return "20.11 cross bucket below zero";
    // Nothing but positions of its own may hold cash below zero (20.5).
    if (!cross && s.accounts[account].raw_usd < 0) return "20.5 cash below zero without a position";
  }
  return "";
}

Int128 insurance_share(Int128 fee) {
  return fee <= 0 ? Int128{0} : fee / 10;  // dex.md 9.4, rounded down
}

// What the events say of the insurance fund and of debts.
struct Booked {
  Int128 income = 0;
  Int128 paid = 0;
  std::map<Address, Int128> debts;
};

Booked booked_by(const BlockInput& block, const BlockResult& result, Int128& credited) {
  Booked out;
  for (std::size_t i = 0; i < block.system.size(); ++i) {
    const auto* credit = std::get_if<CreditUsd>(&block.system[i]);
    const bool counts = credit != nullptr && result.system_ok[i] && credit->account == kInsurance;
    if (counts) credited += credit->usd;
  }
  for (const Event& event : result.events) {
    if (const auto* fill = std::get_if<FillEvent>(&event)) {
      if (is_spot(fill->asset)) continue;
      out.income += insurance_share(fill->taker_fee) + insurance_share(fill->maker_fee);
    } else if (const auto* step = std::get_if<LiquidationEvent>(&event)) {
      if (step->method == LiquidationEvent::Method::Insurance) out.paid += step->usd;
      if (step->method == LiquidationEvent::Method::Adl) out.debts[step->account] += step->usd;
    }
  }
  return out;
}

bool leaves_a_vault(const VerifiedAction& action) {
  const auto* transfer = std::get_if<VaultTransfer>(&action.action.body);
  return transfer != nullptr && !transfer->is_deposit;
}

// Whether a fill is the account's, or one whose builder it may be.
bool touches(const Event& event, const Address& account) {
  const auto* fill = std::get_if<FillEvent>(&event);
  if (fill == nullptr) return false;
  const bool built = fill->taker_builder_fee != 0 || fill->maker_builder_fee != 0;
  return built || fill->taker == account || fill->maker == account;
}

}  // namespace

void SolvencyReference::Seen::add(const Seen& other) {
  debts += other.debts;
  repayments += other.repayments;
  settles += other.settles;
  sweeps += other.sweeps;
  bankruptcies += other.bankruptcies;
  insolvent += other.insolvent;
  bystanders += other.bystanders;
}

void SolvencyReference::Seen::print(std::ostream& out) const {
  out << "  debts: " << debts << ", repaid in blocks: " << repayments
      << "\n  markets settled on the hour: " << settles << ", swept: " << sweeps
      << "\n  bankrupt buckets looked at: " << bankruptcies
      << "\n  brought below zero by prices alone: " << insolvent
      << "\n  bystanders looked at: " << bystanders << "\n";
}

SolvencyReference::Snapshot SolvencyReference::snapshot_of(const State& s, const Params& params) {
  Snapshot out;
  out.insurance = s.accounts[kInsuranceIndex].raw_usd;
  for (AccountIndex i = 0; i < s.accounts.size(); ++i) {
    const Account& account = s.accounts[i];
    if (account.bad_debt > 0) out.debts[account.address] = account.bad_debt;
    out.cash[account.address] = account.raw_usd;
    for (const State::Place& place : s.perps_of(i)) {
      const PerpState& perp = s.perps[place.index];
      if (perp.szi != 0) out.positions[account.address].push_back(perp);
    }
    if (!account.exists || account.kind == AccountKind::System || has_position(s, i)) continue;
    auto& held = out.flat[account.address];
    held[kCash] = account.raw_usd;
    for (const State::Place& place : s.balances_of(i))
      held[s.balances[place.index].token.value()] = s.balances[place.index].total;
  }
  add_pools(s, params, out.pools);
  return out;
}

void SolvencyReference::add_pools(const State& s, const Params& params,
                                  std::map<AssetId, Pool>& out) {
  for (MarketIndex m = 0; m < s.market_count(); ++m) {
    if (s.info(m).spot()) continue;
    const MarketState& market = s.markets[m];
    const bool priced =
        market.oracle != 0 && s.global().time <= market.oracle_at + params.oracle_stale_ms;
    out[market.asset] = {market.funding_pool, 0, market.funding_hour, priced};
  }
  for (std::uint32_t i = 0; i < s.perps.size(); ++i) {
    const PerpState& p = s.perps[i];
    if (p.account == kNobody || p.szi == 0) continue;
    Pool& pool = out[s.info(p.market).config.asset];
    ++pool.positions;
    pool.settled += ceil_div(p.szi * (s.markets[p.market].cum_funding - p.fund_idx), kPpb);
  }
}

// dex.md 20.6 and 11.3. Between two hours the pool of a settled market stands still, for funding
// moves what one side owes to the other; an hour adds less than a micro-dollar for each position.
std::string SolvencyReference::pools(const Snapshot& after, Int128& swept) {
  for (const auto& [asset, now] : after.pools) {
    const auto it = last_.pools.find(asset);
    if (it == last_.pools.end()) continue;
    const Pool& then = it->second;
    if (now.settled < 0) return "20.6 funding pool below zero when settled";
    const bool pays = now.hour != then.hour && then.hour != 0 && now.priced;
    if (!pays) {
      if (now.settled != then.settled) return "20.6 funding pool moved between hours";
      continue;
    }
    // Above a bound it is the insurance fund's.
    const Int128 sweep = max128(0, then.settled - params_.funding_sweep_usd);
    swept += sweep;
    seen_.sweeps += sweep > 0 ? 1 : 0;
    ++seen_.settles;
    const Int128 gained = now.settled - (then.settled - sweep);
    if (gained < 0) return "20.6 funding pool paid more than it took";
    if (gained != 0 && gained >= Int128{then.positions}) return "20.6 funding pool kept too much";
  }
  return "";
}

// dex.md 20.5: debts grow by what the ladder books and shrink by insurance income alone.
std::string SolvencyReference::debts(const BlockInput& block, const BlockResult& result,
                                     const Snapshot& now, Int128 swept) {
  Int128 credited = 0;
  Booked booked = booked_by(block, result, credited);
  booked.income += swept;
  Int128 owed_before = 0;
  Int128 owed_after = 0;
  Int128 booked_all = 0;
  std::map<Address, Int128> most = booked.debts;
  for (const auto& [address, usd] : last_.debts) {
    owed_before += usd;
    most[address] += usd;
  }
  for (const auto& [address, usd] : booked.debts) {
    booked_all += usd;
    seen_.debts += usd > 0 ? 1 : 0;
  }
  for (const auto& [address, usd] : now.debts) {
    owed_after += usd;
    if (usd > most[address]) return "20.5 debt that nobody booked";
  }
  const Int128 repaid = owed_before + booked_all - owed_after;
  if (repaid < 0 || repaid > booked.income) return "20.5 debt not repaid by insurance income";
  if (owed_before > booked.income && repaid != booked.income) return "12.6 debts are repaid first";
  if (now.insurance - last_.insurance != credited + booked.income - booked.paid - repaid) {
    return "20.5 insurance income that repaid nothing and is not there";
  }
  seen_.repayments += repaid > 0 ? 1 : 0;
  return "";
}

// dex.md 20.11: in a block without actions the insurance fund pays for what prices and funding did,
// never for what a liquidation did to a bucket that had something left.
std::string SolvencyReference::insured(const BlockInput& block, const BlockResult& result,
                                       const State& after) {
  if (!block.actions.empty()) return "";
  for (const Event& event : result.events) {
    const auto* step = std::get_if<LiquidationEvent>(&event);
    if (step == nullptr || step->method != LiquidationEvent::Method::Insurance) continue;
    const bool cross = step->asset == kAllAssets;
    Int128 av = cross ? last_.cash[step->account] : 0;
    for (const PerpState& perp : last_.positions[step->account]) {
      const AssetId asset = after.info(perp.market).config.asset;
      if (perp.isolated == cross || (!cross && asset != step->asset)) continue;
      av += Int128{perp.szi} * after.markets[perp.market].mark + (cross ? 0 : perp.iso_raw);
      for (const Event& other : result.events) {
        const auto* paid = std::get_if<FundingEvent>(&other);
        if (paid != nullptr && paid->account == step->account && paid->asset == asset)
          av -= paid->paid;
      }
    }
    if (av >= 0) return "20.11 a liquidation made a bucket insolvent";
    ++seen_.insolvent;
  }
  return "";
}

// dex.md 20.11: a bucket that insurance paid for or that is left in debt ends at exactly zero.
std::string SolvencyReference::bankrupts(const BlockInput& block, const BlockResult& result,
                                         const State& after) {
  // Vaults pay after the ladder, owners and leaders, and no event tells of it.
  if (std::ranges::any_of(block.actions, leaves_a_vault)) return "";
  // By bucket the ladder began with, whether insurance paid. A settlement has no ladder, and users
  // act after it.
  std::map<std::pair<Address, AssetId>, bool> insured;
  const std::vector<Event>& events = result.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto* step = std::get_if<LiquidationEvent>(&events[i]);
    if (step == nullptr) continue;
    const std::pair bucket(step->account, step->asset);
    if (step->method == LiquidationEvent::Method::Cancel) insured[bucket] = false;
    if (!insured.contains(bucket)) continue;
    if (step->method == LiquidationEvent::Method::Insurance) insured[bucket] = true;
    if (step->method != LiquidationEvent::Method::Adl) continue;
    const bool was_below = step->usd > 0 || insured[bucket];
    const bool traded_on =
        std::any_of(events.begin() + static_cast<std::ptrdiff_t>(i) + 1, events.end(),
                    [&](const Event& event) { return touches(event, step->account); });
    const AccountIndex account = after.find_account(step->account);
    if (!was_below || traded_on || step->asset != kAllAssets) continue;
    ++seen_.bankruptcies;
    bool waits = false;
    for (const State::Place& place : after.perps_of(account)) {
      const PerpState& perp = after.perps[place.index];
      if (perp.isolated || perp.szi == 0) continue;
      if (live(after, params_, perp.market)) return "20.11 deleveraging left a position";
      waits = true;  // for a price, and with it the cash (10.4)
    }
    if (!waits && after.accounts[account].raw_usd != 0) return "20.11 deleveraging left cash";
  }
  return "";
}

// dex.md 20.11 and 12.7: who has no position loses nothing by a block without actions, and gains
// nothing but what its orders trade or earn as a builder's.
std::string SolvencyReference::bystanders(const BlockInput& block, const BlockResult& result,
                                          const Snapshot& now) {
  const bool credits = std::ranges::any_of(block.system, [](const SystemAction& action) {
    return std::holds_alternative<CreditUsd>(action) || std::holds_alternative<CreditSpot>(action);
  });
  if (credits || !block.actions.empty()) return "";
  for (const auto& [address, held] : last_.flat) {
    const auto traded = [&](const Event& event) { return touches(event, address); };
    if (std::ranges::any_of(result.events, traded)) continue;
    ++seen_.bystanders;
    const auto found = now.flat.find(address);
    if (found == now.flat.end() || found->second != held)
      return "20.11 an account without positions changed";
  }
  return "";
}

std::string SolvencyReference::follow(const BlockInput& block, const BlockResult& result,
                                      const State& after) {
  Snapshot now = snapshot_of(after, params_);
  Int128 swept = 0;
  std::string bad = pools(now, swept);
  if (bad.empty()) bad = debts(block, result, now, swept);
  if (bad.empty()) bad = bystanders(block, result, now);
  if (bad.empty()) bad = insured(block, result, after);
  if (bad.empty()) bad = insolvent_bucket(after, params_);
  if (bad.empty()) bad = bankrupts(block, result, after);
  last_ = std::move(now);
  return bad;
}

}  // namespace ol::exchange::test
