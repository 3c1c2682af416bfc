// What is final, mirrored: books, history, catalog and oracle prices.
#include <algorithm>
#include <chrono>
#include <thread>

#include "exchange_api_impl.hpp"

namespace ol::api {
namespace {

// Tries until the blocks up to a state that is stored are out.
constexpr int kBlockTries = 1000;
constexpr std::chrono::milliseconds kBlockPause{2};

bool lists_markets(const exchange::CommittedBlock& block) {
  for (const exchange::SystemAction& action : block.input.system) {
    const bool lists = std::holds_alternative<exchange::ListMarket>(action) ||
                       std::holds_alternative<exchange::ListToken>(action);
    if (lists) return true;
  }
  return false;
}

bool moves_oracle(const exchange::CommittedBlock& block) {
  for (const exchange::SystemAction& action : block.input.system) {
    const bool moves = std::holds_alternative<exchange::OracleSubmit>(action) ||
                       std::holds_alternative<exchange::SetOracle>(action);
    if (moves) return true;
  }
  return false;
}

/// What a block adds to `ExchangeApi::unsaved`.
std::size_t amount_of(const exchange::CommittedBlock& block) {
  return 1 + block.result.results.size() + block.result.events.size();
}

}  // namespace

void ExchangeApi::Impl::advance() {
  settle_dev();
  const std::uint64_t head = std::min(access.height(), stop_at);
  while (next <= head) {
    const exchange::CommittedBlockPtr block = access.block(next);
    // Further behind than blocks are kept, which `keep_from` prevents.
    if (block == nullptr) return begin_anew();
    // A history that was saved may be ahead of the chain as the disk had it.
    const bool known = block->input.height <= remembered;
    const bool other_branch =
        block->input.height == remembered && remembered_block && block->block != *remembered_block;
    if (other_branch || (!known && !history.can_follow(*block))) {
      // What is kept is of another chain, or a revert goes back to before it.
      history = History();
      remembered = 0;
      unsaved += amount_of(*block);
      return begin_anew();
    }
    ++next;
    access.keep_from(this, next);
    const bool reverts = block->result.reverted_to.has_value();
    if (reverts || lists_markets(*block)) refresh_catalog();
    if (reverts || moves_oracle(*block)) refresh_oracle();
    codes.apply(block->result.diff);
    const auto changed = books.apply(block->result.diff, block->input.height, block->input.time);
    const BlockUpdate update = known ? BlockUpdate{} : history.apply(*block);
    unsaved += amount_of(*block);
    feed.publish(view(), *block, update, changed);
    if (reverts) feed.resend(view(), Feed::Missed::Nothing);
  }
}

void ExchangeApi::Impl::begin_anew() {
  reload(Past::Lost);
  feed.resend(view(), Feed::Missed::Blocks);
}

bool ExchangeApi::Impl::remember() {
  if (archive == nullptr) return false;
  auto kept = archive->load();
  auto known =
      kept ? History::decode(kept->history, kept->format) : std::optional<History>(std::in_place);
  if (!known) return false;
  std::uint64_t height = kept ? kept->height : 0;
  const bool says_block = kept && kept->format >= Archive::kWithBlock;
  // What an older file may lack, nobody knows.
  if (kept && !says_block) known->set_whole_after(height);
  std::size_t again = 0;
  bool followed = true;
  const bool whole = archive->replay([&](const exchange::CommittedBlock& block) {
    followed = followed && known->can_follow(block);
    if (followed) static_cast<void>(known->apply(block));
    height = block.input.height;
    again += amount_of(block);
  });
  if (!whole || !followed || height < access.height()) return false;
  history = *std::move(known);
  remembered = height;
  if (says_block && kept->height == height) remembered_block = kept->block;
  unsaved = again;
  return true;
}

std::uint64_t ExchangeApi::Impl::stop_mirrors(std::uint64_t height) {
  const MutexLock lock(mutex);
  stop_at = height;
  advance();
  return next - 1;
}

void ExchangeApi::Impl::save() {
  if (archive == nullptr) return;
  std::uint64_t at = stop_mirrors(0);
  const auto state = access.cut(at);
  // It may be ahead of what is out.
  for (int i = 0; i < kBlockTries && state && at < state->height(); ++i) {
    if (i > 0) std::this_thread::sleep_for(kBlockPause);
    at = stop_mirrors(state->height());
  }
  const History* still = nullptr;
  {
    const MutexLock lock(mutex);
    if (state && at == state->height() && at >= remembered) still = &history;
  }
  // Nothing changes it while the mirrors stop: others read it beside this.
  Archive::Kept now;
  if (still != nullptr) now = {at, state->block(), still->encode()};
  {
    const MutexLock lock(mutex);
    if (still != nullptr) unsaved = 0;
    stop_at = exchange::Access::kNoHeight;
  }
  if (still != nullptr) static_cast<void>(archive->save(now, *state));
}

void ExchangeApi::Impl::reload(Past past) {
  // The lambda runs within this call, under the mutex; the analysis does not see through it.
  BookMirror* const own_books = &books;
  ReferralCodes* const own_codes = &codes;
  History* const own_history = &history;
  std::uint64_t height = 0;
  access.read([&](const exchange::State& state) {
    height = state.global().height;
    own_books->load(state);
    own_codes->load(state);
    if (past == Past::Lost) own_history->load(state);
    set_catalog(state);
    set_oracle(state);
  });
  next = height + 1;
  access.keep_from(this, next);
}

void ExchangeApi::Impl::refresh_catalog() {
  access.read([&](const exchange::State& state) { set_catalog(state); });
}

void ExchangeApi::Impl::set_catalog(const exchange::State& state) {
  auto fresh = std::make_shared<const Catalog>(Catalog::of(state));
  const MutexLock lock(quick_mutex);
  catalog = std::move(fresh);
}

void ExchangeApi::Impl::refresh_oracle() {
  access.read([&](const exchange::State& state) { set_oracle(state); });
}

void ExchangeApi::Impl::set_oracle(const exchange::State& state) {
  auto fresh = std::make_shared<OraclePrices>();
  for (const auto& [asset, place] : state.markets_by_asset())
    fresh->emplace(asset, state.markets[place].oracle);
  const MutexLock lock(quick_mutex);
  oracle = std::move(fresh);
}

std::shared_ptr<const OraclePrices> ExchangeApi::Impl::current_oracle() {
  const MutexLock lock(quick_mutex);
  return oracle;
}

FeedView ExchangeApi::Impl::view() {
  auto listed = current_catalog();
  const Catalog& borrowed = *listed;
  return {std::move(listed), borrowed, access.params(), books, history, access};
}

std::shared_ptr<const Catalog> ExchangeApi::Impl::current_catalog() {
  const MutexLock lock(quick_mutex);
  return catalog;
}

}  // namespace ol::api
