#include "taken_back.hpp"

#include <algorithm>

namespace ol::exchange {
namespace {

// Vaults have fees and volumes apart (dex.md 9.2), but their leader acts for them.
AccountIndex who_answers(const State& state, AccountIndex account) {
  const Account& of = state.accounts[account];
  return of.kind == AccountKind::Vault ? state.find_account(of.master) : of.family;
}

void count(Context& ctx, AccountIndex account, std::uint64_t makers) {
  if (makers == 0) return;
  ctx.taken_back += makers;
  ctx.taken_back_by[who_answers(ctx.state, account)] += makers;
  ctx.walked += makers;
}

// Lots of a maker that the taker could have, or nothing where it stops the taker.
std::optional<std::uint64_t> lots_of(const State& state, const Taker& taker, Slot slot,
                                     TimeMs now) {
  const OrderNode& maker = state.orders[slot];
  if (maker.expires && state.orders.cold(slot).good_til <= now) return 0;
  if (maker.account == taker.side.account) {
    if (taker.stp != Stp::CancelMaker) return std::nullopt;
    return 0;
  }
  std::uint64_t room = maker.sz;
  if (maker.reduce_only) {
    room = std::min(room, opposing_lots(state, maker.account, maker.market, maker.side));
    if (room == 0) return 0;
  }
  const std::uint64_t tick_px = state.info(taker.market).config.tick_px;
  if (!in_exec_band(state, taker.market, maker.tick * tick_px)) return std::nullopt;
  return room;
}

}  // namespace

bool has_part_left(const Context& ctx, AccountIndex account) {
  const auto own = ctx.taken_back_by.find(who_answers(ctx.state, account));
  const std::uint64_t part = std::max<std::uint64_t>(1, taken_back_max(ctx.params) / 10);
  return own == ctx.taken_back_by.end() || own->second < part;
}

bool may_take_back(const Context& ctx, AccountIndex account) {
  return ctx.taken_back < taken_back_max(ctx.params) && has_part_left(ctx, account);
}

void take_back(Context& ctx, const Checkpoint& point, AccountIndex account) {
  const std::uint64_t makers = ctx.matched - point.matched;
  revert(ctx, point);
  if (ctx.taken_back < taken_back_max(ctx.params)) ctx.matched = point.matched;
  count(ctx, account, makers);
}

bool could_fill(Context& ctx, const Taker& taker) {
  const State& state = ctx.state;
  const AccountIndex owner = taker.side.account;
  const Side side = taker.side.side;
  const std::uint64_t limit = taker.limit_px / state.info(taker.market).config.tick_px;
  const Book& book = state.orders.book(taker.market);
  auto tick = book.tick_for(side, limit);
  if (!tick || !may_take_back(ctx, owner)) return false;
  if (taker.reduce_only && opposing_lots(state, owner, taker.market, side) < taker.sz) return false;
  std::uint64_t left = taker.sz;
  std::uint64_t seen = 0;
  const auto may_go_on = [&] {
    return seen < ctx.params.fills_per_order_max &&
           ctx.matched + seen < ctx.params.fills_per_block_max;
  };
  while (tick && (side == Side::Buy ? *tick <= limit : *tick >= limit)) {
    Slot slot = book.first(*book.level(opposite(side), *tick));
    for (; slot != kNoSlot; slot = book.after(slot)) {
      const auto lots = may_go_on() ? lots_of(state, taker, slot, ctx.block.time) : std::nullopt;
      if (!lots) {
        count(ctx, owner, seen);
        return false;
      }
      ++seen;
      if (*lots >= left) return true;
      left -= *lots;
    }
    tick = book.next_tick(opposite(side), *tick);
  }
  count(ctx, owner, seen);
  return false;
}

}  // namespace ol::exchange
