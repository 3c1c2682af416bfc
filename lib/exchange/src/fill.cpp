#include "fill.hpp"

#include <algorithm>
#include <limits>

#include <ol/exchange/position.hpp>

namespace ol::exchange {
namespace {

bool in_cash_range(Int128 usd) {
  return abs128(usd) <= kRawUsdMax;
}

void add_saturating(std::uint64_t& sum, std::int64_t amount) {
  const auto more = static_cast<std::uint64_t>(amount);
  sum += std::min(more, std::numeric_limits<std::uint64_t>::max() - sum);
}

void add_volume(Context& ctx, AccountIndex account, bool taker, Int128 usd, bool spot) {
  State& state = ctx.state;
  const std::int64_t amount = must_i64(min128(usd, kRawUsdMax));
  Account& trader = state.accounts.edit(account);
  add_saturating(trader.volume, amount);
  FeeStats& stats = state.stats.edit(trader.family);
  add_saturating(stats.total, amount);
  DayVolume& today = stats.today;
  const bool first = amount > 0 && today.maker == 0 && today.taker == 0;
  if (first && stats.idle()) state.traded_lately.add(trader.family);
  std::int64_t& bucket = taker ? today.taker : today.maker;
  const Int128 weighted = Int128{bucket} + Int128{amount} * (spot ? 2 : 1);
  bucket = must_i64(min128(weighted, std::numeric_limits<std::int64_t>::max()));
}

// The account whose code the family used, or nobody; it earns until 1B of the referee's volume.
AccountIndex referrer_of(const State& state, AccountIndex account) {
  const Account& family = state.accounts[state.accounts[account].family];
  if (!family.referrer_set) return kNobody;
  if (family_volume(state, account) >= kReferrerShareVolume) return kNobody;
  return state.find_account(family.referrer);
}

void owe(Context& ctx, const Address& to, TokenId token, Int128 amount) {
  if (amount == 0) return;
  std::uint64_t& owed = ctx.state.rewards.edit({to, token});
  owed = must_u64(Int128{owed} + amount);
}

// dex.md 9.4 for fees in micro-dollars. Referrers' and deployers' shares wait in the fee pool.
void distribute_usd(Context& ctx, MarketIndex market, AccountIndex payer, Int128 fee) {
  State& state = ctx.state;
  const AccountIndex pool = kFeePoolIndex;
  if (fee < 0) {
    state.accounts.edit(pool).raw_usd -= must_i64(-fee);
    return;
  }
  const MarketConfig& config = state.info(market).config;
  const AccountIndex referrer = referrer_of(state, payer);
  const FeeSplit split = split_fee(fee, referrer != kNobody, config.deployer_share_ppb);
  if (referrer != kNobody) owe(ctx, state.accounts[referrer].address, kPerpRewards, split.referrer);
  owe(ctx, config.deployer, kPerpRewards, split.deployer);
  state.accounts.edit(pool).raw_usd += must_i64(fee - split.insurance);
  pay_insurance(ctx, must_i64(split.insurance));
}

void distribute_spot(Context& ctx, MarketIndex market, AccountIndex payer, TokenId token,
                     Int128 fee) {
  State& state = ctx.state;
  SpotBalance& pool = state.edit_balance(kFeePoolIndex, token);
  const MarketConfig& config = state.info(market).config;
  const AccountIndex referrer = referrer_of(state, payer);
  const FeeSplit split = split_fee(fee, referrer != kNobody, config.deployer_share_ppb);
  pool.total = must_u64(pool.total + (fee - split.insurance));
  if (referrer != kNobody) owe(ctx, state.accounts[referrer].address, token, split.referrer);
  owe(ctx, config.deployer, token, split.deployer);
  SpotBalance& insurance = state.edit_balance(kInsuranceIndex, token);
  insurance.total = must_u64(insurance.total + split.insurance);
}

// The part of `sz` that closes the position, and the part that opens.
struct Parts {
  std::uint64_t closing;
  std::uint64_t opening;
};
Parts parts_of(std::int64_t szi, Side side, std::uint64_t sz) {
  const bool opposes = szi != 0 && (szi > 0) == (side == Side::Sell);
  const auto held = static_cast<std::uint64_t>(abs128(szi));
  const std::uint64_t closing = opposes ? std::min(sz, held) : 0;
  return {closing, sz - closing};
}

// One leg of an isolated fill; margin moves before the cash (dex.md 8.5).
bool move_isolated(Account& account, PerpState& perp, std::uint32_t leverage, Side side,
                   Parts parts, std::uint64_t px, Shortfall shortfall) {
  Int128 raw = account.raw_usd;
  Int128 iso = perp.iso_raw;
  const Int128 direction = -sign(side);
  iso += direction * notional(px, parts.closing);
  const bool closes = parts.closing > 0 && Int128{parts.closing} == abs128(perp.szi);
  if (closes) {
    if (iso < 0 && shortfall == Shortfall::Refuse) return false;
    raw += iso;
    iso = 0;
  }
  if (parts.opening > 0) {
    const Int128 ntl = notional(px, parts.opening);
    const Int128 margin = ceil_div(ntl, leverage);
    raw -= margin;
    iso += margin + direction * ntl;
  }
  if (!in_cash_range(raw) || !in_cash_range(iso)) return false;
  account.raw_usd = must_i64(raw);
  perp.iso_raw = must_i64(iso);
  return true;
}

}  // namespace

void pay_insurance(Context& ctx, std::int64_t usd) {
  State& state = ctx.state;
  // Bankrupts are rare and few; the lowest address is repaid first.
  const AccountIndex insurance = kInsuranceIndex;
  for (const auto& [address, unused] : state.debtors.items()) {
    if (usd == 0) return;
    const AccountIndex debtor = state.find_account(address);
    const std::int64_t repaid = std::min(usd, state.accounts[debtor].bad_debt);
    state.accounts.edit(debtor).bad_debt -= repaid;
    usd -= repaid;
  }
  while (!state.debtors.items().empty()) {
    const Address first = state.debtors.items().begin()->first;
    if (state.accounts[state.find_account(first)].bad_debt > 0) break;
    state.debtors.erase(first);
  }
  state.accounts.edit(insurance).raw_usd += usd;
}

std::int64_t take_insurance(Context& ctx, Int128 missing) {
  const Int128 balance = ctx.state.accounts[kInsuranceIndex].raw_usd;
  const std::int64_t paid = must_i64(max128(0, min128(missing, balance)));
  if (paid > 0) ctx.state.accounts.edit(kInsuranceIndex).raw_usd -= paid;
  return paid;
}

void book_debt(Context& ctx, AccountIndex debtor, Int128 usd) {
  Account& account = ctx.state.accounts.edit(debtor);
  account.raw_usd += must_i64(usd);
  account.bad_debt += must_i64(usd);
  const Address address = account.address;
  ctx.state.debtors.set(address, true);
}

namespace {

bool has_cross_position(const State& state, AccountIndex account) {
  return std::ranges::any_of(state.perps_of(account), [&](const State::Place& place) {
    return !state.perps[place.index].isolated && state.perps[place.index].szi != 0;
  });
}

// Insurance pays, and the rest is a debt (dex.md 12.5, 20.5).
void cover(Context& ctx, AccountIndex account, AssetId asset, Int128 missing) {
  if (missing <= 0) return;
  const Address address = ctx.state.accounts[account].address;
  const std::int64_t paid = take_insurance(ctx, missing);
  if (paid > 0) {
    ctx.state.accounts.edit(account).raw_usd += paid;
    ctx.emit<LiquidationEvent>(address, asset, LiquidationEvent::Method::Insurance, paid);
  }
  if (missing == paid) return;
  book_debt(ctx, account, missing - paid);
  ctx.emit<LiquidationEvent>(address, asset, LiquidationEvent::Method::Adl,
                             must_i64(missing - paid));
}

}  // namespace

void cover_closed(Context& ctx, AccountIndex account, MarketIndex market, Int128 isolated_av) {
  const State& state = ctx.state;
  const PerpState& perp = *state.find_perp(account, market);
  if (perp.szi != 0) return;
  if (perp.isolated) {
    cover(ctx, account, state.info(market).config.asset, -isolated_av);
  } else if (!has_cross_position(state, account)) {
    cover(ctx, account, kAllAssets, -Int128{state.accounts[account].raw_usd});
  }
}

bool move_position(Context& ctx, AccountIndex account, MarketIndex market, Side side,
                   std::uint64_t sz, std::uint64_t px, Shortfall shortfall) {
  State& state = ctx.state;
  PerpState& perp = state.edit_perp(account, market);
  Account& owner = state.accounts.edit(account);
  const Int128 szi = perp.szi + sign(side) * Int128{sz};
  const bool enlarges = abs128(szi) > abs128(perp.szi);
  if (enlarges && abs128(szi) * px > kPositionNtlMax) return false;  // dex.md 1.6
  if (perp.isolated) {
    const std::uint32_t leverage = state.leverage_of(perp);
    const Parts parts = parts_of(perp.szi, side, sz);
    if (!move_isolated(owner, perp, leverage, side, parts, px, shortfall)) return false;
  } else {
    const Int128 raw = owner.raw_usd - sign(side) * notional(px, sz);
    if (!in_cash_range(raw)) return false;
    owner.raw_usd = must_i64(raw);
  }
  MarketState& changed = state.markets.edit(market);
  const EntryChange entry = change_entry({perp.szi, perp.entry_ntl}, side, sz, px);
  const Int128 interest = changed.open_interest + max128(0, entry.entry.szi) - max128(0, perp.szi);
  if (!to_i64(interest)) return false;
  changed.open_interest = must_i64(interest);
  if (perp.szi == 0) state.in_positions.add(account);
  if (entry.entry.szi == 0) state.in_positions.remove(account);
  perp.szi = entry.entry.szi;
  perp.entry_ntl = entry.entry.entry_ntl;
  perp.fund_idx = perp.szi == 0 ? Int128{0} : changed.cum_funding;
  return true;
}

std::int64_t rate_of(const State& state, AccountIndex account, bool spot, bool taker) {
  const Account& family = state.accounts[state.accounts[account].family];
  const FeeRates& rates = spot ? family.spot_rates : family.perp_rates;
  const bool referred =
      family.referrer_set && family_volume(state, account) < kReferralDiscountVolume;
  return discounted(taker ? rates.taker : rates.maker, stake_discount_ppb(family.staked_open),
                    referred ? kReferralDiscountPpb : 0);
}

Int128 worst_fee(const State& state, AccountIndex account, Int128 ntl, std::uint32_t builder) {
  return fee_of(ntl, rate_of(state, account, false, true)) + builder_fee(ntl, builder);
}

std::optional<FillFees> fill_perp(Context& ctx, MarketIndex market, const FillSide& side,
                                  std::uint64_t sz, std::uint64_t px) {
  State& state = ctx.state;
  const bool capped = side.kind == FillKind::Liquidation && side.taker;
  Int128 fee_cap = 0;
  if (capped) {
    const Int128 gain = (Int128{state.markets[market].mark} - px) * sign(side.side) * sz;
    fee_cap = max128(0, health_of(state, side.account, market).av + gain - side.kept_usd);
  }
  if (!move_position(ctx, side.account, market, side.side, sz, px, Shortfall::Refuse)) {
    return std::nullopt;
  }
  const Int128 ntl = notional(px, sz);
  const std::int64_t rate = rate_of(state, side.account, false, side.taker);
  Int128 fee = side.rebate_waits && rate < 0 ? Int128{0} : fee_of(ntl, rate);
  Int128 builder = 0;
  if (capped) {
    fee = min128(fee, fee_cap);  // never makes a solvent bucket insolvent (dex.md 12.3)
  } else if (!side.builder.is_zero()) {
    builder = builder_fee(ntl, side.builder_fee);
  }
  Account& payer = state.accounts.edit(side.account);
  const Int128 raw = payer.raw_usd - fee - builder;
  if (!in_cash_range(raw)) return std::nullopt;
  payer.raw_usd = must_i64(raw);
  PerpState& perp = state.edit_perp(side.account, market);
  // dex.md 8.5: an isolated position bears its fee where the cross bucket cannot. A liquidated one
  // always does, so that the cross bucket never pays for it.
  const bool from_bucket =
      perp.isolated && perp.szi != 0 && fee + builder > 0 &&
      (side.kind == FillKind::Liquidation || free_margin(state, side.account) < 0);
  if (from_bucket) {
    payer.raw_usd = must_i64(payer.raw_usd + fee + builder);
    perp.iso_raw = must_i64(perp.iso_raw - fee - builder);
  }
  distribute_usd(ctx, market, side.account, fee);
  if (builder > 0) {
    const AccountIndex earner = state.open_account(side.builder);
    state.accounts.edit(earner).raw_usd += must_i64(builder);
  }
  add_volume(ctx, side.account, side.taker, ntl, false);
  return FillFees{fee, builder};
}

Int128 pay_rebate(Context& ctx, MarketIndex market, AccountIndex maker, AccountIndex taker,
                  Int128 ntl, Int128 taker_fee) {
  State& state = ctx.state;
  const std::int64_t rate = rate_of(state, maker, false, false);
  if (rate >= 0) return 0;
  const bool referred = referrer_of(state, taker) != kNobody;
  const FeeSplit split =
      split_fee(taker_fee, referred, state.info(market).config.deployer_share_ppb);
  const Int128 paid = min128(-fee_of(ntl, rate), split.pool);
  if (!in_cash_range(state.accounts[maker].raw_usd + paid)) return 0;
  state.accounts.edit(maker).raw_usd += must_i64(paid);
  state.accounts.edit(kFeePoolIndex).raw_usd -= must_i64(paid);
  return paid;
}

std::optional<FillFees> fill_spot(Context& ctx, MarketIndex market, const FillSide& side,
                                  std::uint64_t sz, std::uint64_t px) {
  State& state = ctx.state;
  const MarketConfig& config = state.info(market).config;
  const Int128 quote = notional(px, sz);
  const Int128 base = Int128{sz} * config.base_wei_per_lot;
  const bool buys = side.side == Side::Buy;
  const TokenId pays = buys ? config.quote : config.base;
  const TokenId gets = buys ? config.base : config.quote;
  const Int128 paid = buys ? quote : base;
  const Int128 received = buys ? base : quote;
  // A spot rebate would need tokens that nobody paid; spot makers pay zero at least.
  const std::int64_t rate = rate_of(state, side.account, true, side.taker);
  const Int128 fee = fee_of(received, std::max<std::int64_t>(0, rate));
  const Int128 builder =
      buys || side.builder.is_zero() ? Int128{0} : builder_fee(received, side.builder_fee);

  SpotBalance& from = state.edit_balance(side.account, pays);
  if (Int128{from.total} < paid) return std::nullopt;
  if (!side.taker) from.hold = must_u64(from.hold - paid);
  if (!buys) {
    const Int128 entry = trunc_div(Int128{from.entry_ntl} * paid, from.total);
    from.entry_ntl = must_u64(from.entry_ntl - entry);
  }
  from.total = must_u64(from.total - paid);
  if (fee + builder > received) return std::nullopt;
  SpotBalance& to = state.edit_balance(side.account, gets);
  to.total = must_u64(to.total + (received - fee - builder));
  if (buys) to.entry_ntl = must_u64(min128(to.entry_ntl + quote, kRawUsdMax));
  distribute_spot(ctx, market, side.account, gets, fee);
  if (builder > 0) {
    SpotBalance& earner = state.edit_balance(state.open_account(side.builder), gets);
    earner.total = must_u64(earner.total + builder);
  }
  if (config.quote == kUsdToken) {
    add_volume(ctx, side.account, side.taker, quote / kWeiPerUsd, true);
  }
  return FillFees{fee, builder};
}

bool admissible(const Context& ctx, AccountIndex account, MarketIndex market,
                const Standing& before) {
  const State& state = ctx.state;
  const PerpState& perp = *state.find_perp(account, market);
  const bool grows = abs128(perp.szi) > abs128(before.szi);
  if (grows && free_margin(state, account) < 0) return false;
  if (grows && !perp.isolated) return true;
  // What an isolated position that ends or turns cannot pay, its fee or its new margin, the cross
  // bucket pays out of Free or not at all (dex.md 8.5).
  const bool from_cross = perp.isolated && state.accounts[account].raw_usd < before.cash;
  if (from_cross && free_margin(state, account) < 0) return false;
  const Health after = health_of(state, account, market);
  // Free is the cross bucket's; an isolated bucket must hold its own maintenance margin besides.
  if (grows) return after.av >= after.mm;
  if (after.av >= after.mm) return true;
  if (after.av < 0) return false;
  const auto left = checked_mul(after.av, before.bucket.mm);
  const auto right = checked_mul(before.bucket.av, after.mm);
  return left && right && *left >= *right;
}

}  // namespace ol::exchange
