#include <ol/exchange/engine.hpp>

#include <algorithm>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/exchange/admission.hpp>

#include "accounts.hpp"
#include "dev_steps.hpp"
#include "dispatch.hpp"
#include "due.hpp"
#include "persistence.hpp"
#include "steps.hpp"

namespace ol::exchange {
namespace {

bool run_system(Context& ctx, const ListToken& action) {
  const bool fits = action.wei_decimals <= 8 && action.sz_decimals <= action.wei_decimals;
  // One number stands for perp cash among what is owed.
  if (!fits || action.token == kPerpRewards) return false;
  if (ctx.state.tokens.contains(action.token)) return false;
  ctx.state.tokens.set(action.token, {action.name, action.sz_decimals, action.wei_decimals, 0});
  return true;
}

bool run_system(Context& ctx, const ListMarket& action) {
  const MarketConfig& config = action.config;
  if (is_spot(config.asset)) {
    const Token* base = ctx.state.tokens.find(config.base);
    const Token* quote = ctx.state.tokens.find(config.quote);
    if (base == nullptr || quote == nullptr || quote->wei_decimals != 8) return false;
    // dex.md 1.3: one lot is 10^(w-d) wei.
    std::uint64_t wei = 1;
    for (unsigned i = config.sz_decimals; i < base->wei_decimals; ++i)
      wei *= 10;
    if (config.sz_decimals > base->wei_decimals || config.base_wei_per_lot != wei) return false;
  }
  return ctx.state.list_market(config).has_value();
}

bool run_system(Context& ctx, const SetMarketStatus& action) {
  const MarketIndex market = ctx.state.find_market(action.asset);
  if (market == kNobody || action.status > MarketStatus::Settling) return false;
  ctx.state.markets.edit(market).status = action.status;
  if (action.status == MarketStatus::Settling) settle_market(ctx, market);
  return true;
}

bool run_system(Context& ctx, const CreditSpot& action) {
  State& state = ctx.state;
  const Token* token = state.tokens.find(action.token);
  if (token == nullptr || action.wei > kSupplyMax - token->issued) return false;
  state.tokens.edit(action.token).issued += action.wei;
  state.edit_balance(state.open_account(action.account), action.token).total += action.wei;
  return true;
}

bool run_system(Context& ctx, const CreditUsd& action) {
  State& state = ctx.state;
  if (action.usd <= 0 || action.usd > kRawUsdMax) return false;
  const Int128 issued = Int128{state.global().issued_usd} + action.usd;
  // All dollars together fit every account and the supply of the token (dex.md 1.6).
  if (issued * kWeiPerUsd > kSupplyMax) return false;
  state.globals.edit(0).issued_usd = must_i64(issued);
  state.accounts.edit(state.open_account(action.account)).raw_usd += action.usd;
  return true;
}

bool run_system(Context& ctx, const OracleSubmit& action) {
  return submit_oracle(ctx, action);
}

bool run_system(Context& ctx, const SetOracle& action) {
  return set_oracle(ctx, action);
}

bool run_system(Context& ctx, const SetStake& action) {
  const AccountIndex account = ctx.state.find_account(action.account);
  if (account == kNobody) return false;
  ctx.state.accounts.edit(account).staked_open = action.open;
  return true;
}

bool run_system(Context& ctx, const RegisterReferral& action) {
  return !run(ctx, action).has_value();
}

// The one that acts did so before the block began; others name nothing to go back to.
bool run_system(Context& /*ctx*/, const RevertTo& /*action*/) {
  return false;
}

void begin(State& state, const BlockInput& block) {
  begin_block(state);
  Globals& globals = state.globals.edit(0);
  globals.height = block.height;
  globals.time = block.time;
  globals.fills_in_block = 0;
}

// The seed of the commitment's block, zero where the action's account sealed no such thing.
Hash256 seal_seed(const State& state, const VerifiedAction& action, const Hash256& commitment) {
  const auto principal = principal_of(state, action);
  if (!principal) return {};
  const Address& named = action.action.account;
  const Seal* seal = state.seals.find({named.is_zero() ? *principal : named, commitment});
  return seal == nullptr ? Hash256{} : seal->seed;
}

// Actions in execution order: as listed, but reveals lead P4, by the hash of their commitment's
// block seed (dex.md 19.2). Returns indexes.
std::vector<std::size_t> execution_order(const Context& ctx) {
  struct Reveal {
    Hash256 key;
    std::size_t index;
  };
  std::vector<Reveal> reveals;
  std::vector<std::size_t> out;
  std::vector<std::size_t> last;
  const std::vector<VerifiedAction>& actions = ctx.block.actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (const auto* reveal = std::get_if<RevealOrder>(&actions[i].action.body)) {
      const Hash256 seed = seal_seed(ctx.state, actions[i], reveal->commitment);
      reveals.push_back({order_key(seed, reveal->commitment), i});
    } else {
      (step_of(actions[i].action.body) == Step::P4 ? last : out).push_back(i);
    }
  }
  std::ranges::sort(reveals, {}, [](const Reveal& r) { return std::pair(r.key, r.index); });
  for (const Reveal& reveal : reveals)
    out.push_back(reveal.index);
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

// Seals of the block before get their seed, which is that block's certificate and so this block's
// seed; seals that nobody revealed in time are gone with their bond (dex.md 19.2).
void update_seals(Context& ctx) {
  const auto& index = ctx.state.seals_by_height.items();
  std::vector<OwnedCommitment> over;
  for (const auto& [at, is_there] : index) {
    const bool is_over = ctx.block.height > at.first + ctx.params.seal_window;
    if (!is_over || at.first + 1 == ctx.block.height) break;
    over.push_back(at.second);
  }
  for (const OwnedCommitment& commitment : over)
    erase_seal(ctx.state, commitment);
  for (auto it = index.lower_bound({ctx.block.height - 1, {}}); it != index.end(); ++it)
    ctx.state.seals.edit(it->first.second).seed = ctx.block.seed;
}

void run_s0_s1(Context& ctx, BlockResult& out, std::optional<std::size_t> revert) {
  const std::vector<SystemAction>& system = ctx.block.system;
  for (std::size_t i = 0; i < system.size(); ++i) {
    const auto run = [&](const auto& alternative) { return run_system(ctx, alternative); };
    out.system_ok.push_back(i == revert || std::visit(run, system[i]));
  }
  index_slices(ctx.state, ctx.params.twap_period_ms);
  update_prices(ctx);
  update_funding(ctx);
  update_seals(ctx);
  expire_orders(ctx);
  expire_agents(ctx);
  run_scheduled_cancels(ctx);
  roll_volumes(ctx);
}

void run_s2_s3(Context& ctx) {
  ctx.automatic = true;
  run_liquidations(ctx);
  run_triggers(ctx);
  run_twaps(ctx);
  quote_backstop(ctx);
  ctx.automatic = false;
}

}  // namespace

Hash256 order_key(const Hash256& seed, const Hash256& what) {
  return crypto::keccak256(Writer().fixed(seed).fixed(what).bytes());
}

Result<void, BlockError> Engine::check(const BlockInput& block) const {
  const Globals& last = state_->global();
  if (block.height != last.height + 1) return fail(BlockError::BadHeight);
  if (block.time <= last.time) return fail(BlockError::BadTime);
  Step step = Step::P1;
  Hash256 previous;
  for (const VerifiedAction& action : block.actions) {
    const Step here = step_of(action.action.body);
    if (here < step) return fail(BlockError::StepOrder);
    if (block.order_mode == OrderMode::HashOrder) {
      const Hash256 key = order_key(block.seed, action.hash);
      if (here == step && key < previous) return fail(BlockError::HashOrderRule);
      previous = key;
    }
    step = here;
  }
  return {};
}

Params Engine::params() const {
  return params_of(params_, *state_);
}

State& Engine::state_after(std::size_t block) {
  for (std::size_t later = block + 1; later < blocks_.size(); ++later) {
    if (blocks_[later].replaced) return *blocks_[later].replaced;
  }
  return *state_;
}

Engine::OpenBlock Engine::open_block(std::optional<std::uint64_t> snapshot) {
  OpenBlock out;
  if (snapshot) out.replaced = std::exchange(state_, kept_state(*state_, *snapshot));
  out.begin = state_->log.mark();
  return out;
}

BlockResult Engine::execute(const BlockInput& block) {
  OL_CHECK(check(block).has_value(), "an invalid block is not executed");
  BlockResult out;
  const std::optional<std::size_t> revert = find_revert(*state_, block);
  StateRecords before;
  if (revert) {
    out.reverted_to = std::get<RevertTo>(block.system[*revert]).snapshot;
    before = dump_records(*state_);
  }
  blocks_.push_back(open_block(out.reverted_to));
  begin(*state_, block);
  // What the block itself sets counts from the next one on.
  std::optional<Params> changed;
  if (!state_->param_values.items().empty()) changed = params();
  Context ctx{*state_, changed ? *changed : params_, block, {}, {}, 0, false};
  out.results.reserve(block.actions.size());
  const auto with_reserve = [](std::size_t size) { return size + size / 4; };
  ctx.events.reserve(with_reserve(last_block_.events));
  run_s0_s1(ctx, out, revert);
  bool between = false;
  for (const std::size_t i : execution_order(ctx)) {
    const VerifiedAction& action = block.actions[i];
    if (!between && step_of(action.action.body) == Step::P4) {
      run_s2_s3(ctx);
      between = true;
    }
    out.results.push_back(run_action(ctx, action));
  }
  if (!between) run_s2_s3(ctx);
  out.events = std::move(ctx.events);
  out.funding = std::move(ctx.funding);
  out.diff = revert ? difference(before, dump_records(*state_))
                    : take_diff(*state_, with_reserve(last_block_.changes),
                                with_reserve(last_block_.bytes));
  last_block_ = {out.events.size(), out.diff.size(), out.diff.bytes()};
  return out;
}

void Engine::undo_block() {
  OL_CHECK(!blocks_.empty(), "no block to undo");
  OpenBlock& last = blocks_.back();
  state_->log.revert_to(last.begin);
  if (last.replaced) state_ = std::move(last.replaced);
  blocks_.pop_back();
}

void Engine::commit_block() {
  OL_CHECK(!blocks_.empty(), "no block to commit");
  UndoLog& log = state_after(0).log;
  const bool more = blocks_.size() > 1 && !blocks_[1].replaced;
  log.forget_before(more ? blocks_[1].begin : log.mark());
  blocks_.erase(blocks_.begin());
}

StateRecords Engine::records() const {
  return dump_records(*state_);
}

Result<std::unique_ptr<Engine>, DecodeError> Engine::restore(const Params& params,
                                                             const StateRecords& records) {
  auto out = std::make_unique<Engine>(params);
  OL_TRY_VOID(load_records(*out->state_, records));
  out->state_->log.forget_before(out->state_->log.mark());
  return out;
}

}  // namespace ol::exchange
