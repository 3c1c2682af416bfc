#include "action_pool.hpp"

#include <algorithm>
#include <array>

#include <ol/exchange/admission.hpp>

namespace ol::node {
namespace {

using exchange::OracleSubmit;
using exchange::Step;
using exchange::VerifiedAction;
using execution::ExchangeItem;

/// How often the whole pool is looked through for what expired.
constexpr exchange::TimeMs kSweepMs = 5'000;
/// First what takes risk off, then what changes accounts, then new orders: only if not all fit.
constexpr std::array kByUrgency{Step::P2, Step::P1, Step::P3, Step::P4};

// Prices that would change nothing are left out, and those of another epoch's validators.
bool is_due(const ExchangeItem& item, primitives::Epoch epoch, const exchange::State& state) {
  const auto& prices = std::get<OracleSubmit>(item.content);
  return item.epoch == epoch && std::ranges::all_of(prices.prices, [&](const OracleSubmit::Px& px) {
           const auto* last = state.submissions.find({prices.validator, px.asset});
           return last == nullptr || prices.round > last->round;
         });
}

/// What still fits a block.
class Room {
 public:
  explicit Room(std::size_t bytes) : bytes_(bytes) {}
  bool take(const ExchangeItem& item) {
    const std::size_t bytes = item.bytes.size() + 4;
    const std::size_t elements = execution::element_count(item);
    if (items_ == 0 || bytes > bytes_ || elements > elements_) return false;
    --items_;
    bytes_ -= bytes;
    elements_ -= elements;
    return true;
  }

 private:
  std::size_t items_ = execution::kExchangeItemsMax;
  std::size_t elements_ = execution::kExchangeElementsMax;
  std::size_t bytes_;
};

}  // namespace

void ItemCache::put(const ExchangeItemPtr& item) {
  const MutexLock lock(mutex_);
  if (!items_.emplace(item->hash, item).second) return;
  order_.push_back(item->hash);
  bytes_ += item->bytes.size();
  while (order_.size() > items_max_ || bytes_ > bytes_max_) {
    const auto oldest = items_.find(order_.front());
    bytes_ -= oldest->second->bytes.size();
    items_.erase(oldest);
    order_.pop_front();
  }
}

ExchangeItemPtr ItemCache::find(const primitives::TxnHash& hash) const {
  const MutexLock lock(mutex_);
  const auto it = items_.find(hash);
  return it == items_.end() ? nullptr : it->second;
}

ActionPool::Outcome ActionPool::add(const ExchangeItemPtr& item,
                                    std::optional<std::uint64_t> heard_ms) {
  const MutexLock lock(mutex_);
  if (const VerifiedAction* action = item->action()) return add_action(item, *action);
  if (const auto* prices = std::get_if<OracleSubmit>(&item->content)) {
    auto& [newest, newest_heard_ms] = prices_[prices->validator];
    // Whoever had this index in an epoch before must not keep its successor out.
    if (newest && std::pair(newest->epoch, std::get<OracleSubmit>(newest->content).round) >=
                      std::pair(item->epoch, prices->round))
      return Outcome::Known;
    newest = item;
    newest_heard_ms = heard_ms;
    return Outcome::Added;
  }
  if (system_.size() >= limits_.system_max) return Outcome::Full;
  system_.push_back(item);
  refresh();
  return Outcome::Added;
}

ActionPool::Outcome ActionPool::add_action(const ExchangeItemPtr& item,
                                           const VerifiedAction& action) {
  if (known_.contains(item->hash) || action_hashes_.contains(action.hash)) return Outcome::Known;
  const std::pair name(action.signer, action.action.nonce);
  if (nonces_.contains(name)) return Outcome::NonceTaken;
  if (actions_.size() >= limits_.actions_max || bytes_ + item->bytes.size() > limits_.bytes_max)
    return Outcome::Full;
  Signer& signer = signers_[action.signer];
  if (signer.actions >= limits_.signer_actions_max) return Outcome::SignerFull;
  ++signer.actions;
  signer.elements += execution::element_count(*item);
  const Known place{arrivals_++, exchange::step_of(action.action.body)};
  known_.emplace(item->hash, place);
  action_hashes_.insert(action.hash);
  nonces_.emplace(name, item->hash);
  actions_.emplace(std::pair(place.step, place.arrival), item);
  bytes_ += item->bytes.size();
  refresh();
  return Outcome::Added;
}

void ActionPool::restore(const ExchangeItemPtr& item, const exchange::State& state) {
  const VerifiedAction* action = item->action();
  const bool waits =
      action != nullptr && !exchange::nonce_seen(state, action->signer, action->action.nonce);
  if (waits) static_cast<void>(add(item));
}

bool ActionPool::waits(const primitives::TxnHash& hash) const {
  const MutexLock lock(mutex_);
  return known_.contains(hash);
}

std::uint64_t ActionPool::waiting(const Address& signer) const {
  const MutexLock lock(mutex_);
  const auto it = signers_.find(signer);
  return it == signers_.end() ? 0 : it->second.elements;
}

std::vector<ExchangeItemPtr> ActionPool::select(
    std::size_t bytes_max, primitives::Epoch epoch, const exchange::State& state,
    const std::unordered_set<primitives::TxnHash>& in_flight) const {
  const MutexLock lock(mutex_);
  Room room(bytes_max);
  std::vector<ExchangeItemPtr> out;
  for (const auto& [validator, prices] : prices_) {
    const ExchangeItemPtr& item = prices.item;
    if (is_due(*item, epoch, state) && !in_flight.contains(item->hash) && room.take(*item))
      out.push_back(item);
  }
  for (const ExchangeItemPtr& item : system_) {
    if (!in_flight.contains(item->hash) && room.take(*item)) out.push_back(item);
  }
  std::map<Step, std::vector<ExchangeItemPtr>> chosen;
  for (const Step step : kByUrgency) {
    const auto end = actions_.lower_bound({static_cast<Step>(static_cast<int>(step) + 1), 0});
    for (auto it = actions_.lower_bound({step, 0}); it != end; ++it) {
      const VerifiedAction& action = *it->second->action();
      if (in_flight.contains(it->second->hash) ||
          exchange::nonce_seen(state, action.signer, action.action.nonce))
        continue;
      if (!room.take(*it->second)) break;
      chosen[step].push_back(it->second);
    }
  }
  for (const auto& [step, items] : chosen)
    out.insert(out.end(), items.begin(), items.end());
  return out;
}

std::vector<HeardPrices> ActionPool::heard_prices(primitives::Epoch epoch,
                                                  const exchange::State& state) const {
  const MutexLock lock(mutex_);
  std::vector<HeardPrices> out;
  for (const auto& [validator, prices] : prices_) {
    if (!prices.heard_ms || !is_due(*prices.item, epoch, state)) continue;
    out.push_back(
        {validator, std::get<OracleSubmit>(prices.item->content).round, *prices.heard_ms});
  }
  return out;
}

void ActionPool::remove(const primitives::TxnHash& hash) {
  const auto known = known_.find(hash);
  if (known == known_.end()) return;
  const auto it = actions_.find({known->second.step, known->second.arrival});
  const ExchangeItem& item = *it->second;
  const VerifiedAction& action = *item.action();
  const auto signer = signers_.find(action.signer);
  signer->second.elements -= execution::element_count(item);
  if (--signer->second.actions == 0) signers_.erase(signer);
  action_hashes_.erase(action.hash);
  nonces_.erase({action.signer, action.action.nonce});
  bytes_ -= item.bytes.size();
  known_.erase(known);
  actions_.erase(it);
}

void ActionPool::drop_stale(exchange::TimeMs time, const exchange::Params& params,
                            std::vector<Dropped>& out) {
  std::vector<primitives::TxnHash> stale;
  for (const auto& [place, item] : actions_) {
    const exchange::Action& action = item->action()->action;
    const bool expired = action.expires_after != 0 && time > action.expires_after;
    if (!expired && action.nonce + params.nonce_past_ms > time) continue;
    stale.push_back(item->hash);
    out.push_back(
        {item->action()->hash, expired ? exchange::Error::Expired : exchange::Error::BadNonce});
  }
  for (const primitives::TxnHash& hash : stale)
    remove(hash);
}

std::vector<ActionPool::Dropped> ActionPool::commit(const std::vector<primitives::TxnHash>& items,
                                                    const exchange::BlockInput& input,
                                                    const exchange::Params& params) {
  const MutexLock lock(mutex_);
  std::vector<Dropped> dropped;
  const exchange::TimeMs time = input.time;
  for (const VerifiedAction& action : input.actions) {
    const auto waits = nonces_.find({action.signer, action.action.nonce});
    if (waits == nonces_.end()) continue;
    // A copy: removing it takes the entry away.
    const primitives::TxnHash name(waits->second);
    const Known place = known_.at(name);
    const Hash256 waiting = actions_.at({place.step, place.arrival})->action()->hash;
    if (waiting != action.hash) dropped.push_back({waiting, exchange::Error::BadNonce});
    remove(name);
  }
  if (!system_.empty()) {
    const std::unordered_set<primitives::TxnHash> done(items.begin(), items.end());
    std::erase_if(system_, [&](const ExchangeItemPtr& item) { return done.contains(item->hash); });
  }
  if (time >= swept_at_ + kSweepMs) {
    drop_stale(time, params, dropped);
    swept_at_ = time;
  }
  refresh();
  return dropped;
}

void ActionPool::refresh() {
  selectable_.store(!actions_.empty() || !system_.empty(), std::memory_order_relaxed);
}

std::size_t ActionPool::size() const {
  const MutexLock lock(mutex_);
  return actions_.size();
}

}  // namespace ol::node
