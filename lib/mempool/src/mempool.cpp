#include <ol/mempool/mempool.hpp>

#include <utility>

namespace ol::mempool {
namespace {

using primitives::AccountTerms;
using primitives::TxnRule;
using primitives::VerifiedTxn;

std::string number(std::size_t v) {
  return std::to_string(v);
}

Result<AccountTerms, state::StateError> read_terms(const Address& address,
                                                   const state::StateView& head) {
  OL_TRY(const auto account, head.account(address));
  if (!account) return AccountTerms{};
  AccountTerms out;
  out.nonce = account->nonce;
  out.balance = account->balance;
  if (account->code_hash == state::kEmptyCodeHash) return out;
  OL_TRY(const state::Code code, head.code(account->code_hash));
  out.is_delegated = primitives::delegation(*code).has_value();
  out.has_code = !out.is_delegated;
  return out;
}

std::unexpected<primitives::TxnRefusal> refuse(TxnRule rule, const std::string& detail = {}) {
  return fail(primitives::refusal(rule, detail));
}

/// Whether `fee` is at least `percent` more than `old_fee`. Exact: no fee that anyone can pay comes
/// near 2^256 / 200, and the product saturates above.
bool bumped(const U256& fee, const U256& old_fee, std::uint64_t percent) {
  const U256 offered = checked_mul(fee, U256(100)).value_or(U256::max());
  const U256 wanted = checked_mul(old_fee, U256(100 + percent)).value_or(U256::max());
  return fee > old_fee && offered >= wanted;
}

}  // namespace

Mempool::Mempool(const Limits& limits, const primitives::BlockTerms& next_block)
    : limits_(limits), next_block_(next_block) {}

// ---- Admission.

Result<NewlyAdmitted, AddError> Mempool::add(TxnPtr txn, const state::StateView& head) {
  auto out = try_add(txn, head);
  if (out) {
    ++counters_.admitted;
  } else if (const auto* refusal = std::get_if<primitives::TxnRefusal>(&out.error())) {
    ++counters_.refused;
    ++counters_.refused_by_rule[refusal->rule];
  }
  return out;
}

Result<NewlyAdmitted, AddError> Mempool::try_add(const TxnPtr& txn, const state::StateView& head) {
  if (contains(txn->hash())) return fail(AddError(primitives::refusal(TxnRule::AlreadyKnown)));
  OL_TRY(const AccountTerms account, sender_terms(txn->sender(), head));
  OL_TRY_VOID(check_rules(*txn, account));
  auto plan = plan_for(*txn, account);
  if (!plan) return fail(AddError(std::move(plan).error()));
  auto evicted = make_room(*txn, *plan);
  if (!evicted) return fail(AddError(std::move(evicted).error()));

  NewlyAdmitted out;
  out.evicted = *std::move(evicted);
  for (const std::uint64_t nonce : plan->own_victims) {
    out.evicted.push_back(erase(txn->sender(), nonce).entry.txn);
  }
  if (plan->replaces) {
    out.replaced = erase(txn->sender(), txn->txn().nonce).entry.txn;
    ++counters_.replaced;
  }
  counters_.evicted += out.evicted.size();
  out.place = insert({.txn = txn, .cost = plan->cost, .sequence = next_sequence_++}, account);
  return out;
}

Result<AccountTerms, AddError> Mempool::sender_terms(const Address& sender,
                                                     const state::StateView& head) const {
  const auto found = senders_.find(sender);
  if (found != senders_.end()) return found->second.account();
  const auto terms = read_terms(sender, head);
  if (!terms) return fail(AddError(terms.error()));
  return *terms;
}

Result<void, AddError> Mempool::check_rules(const VerifiedTxn& txn,
                                            const AccountTerms& sender) const {
  const auto as_error = [](auto&& error) { return fail(AddError(std::move(error))); };
  auto alone = primitives::check_txn_alone(txn.txn(), next_block_.chain_id);
  if (!alone) return as_error(std::move(alone).error());
  // A fee cap below today's base fee may do tomorrow, so only the gas limit is compared.
  primitives::BlockTerms any_base_fee = next_block_;
  any_base_fee.base_fee = {};
  auto in_block = primitives::check_txn_in_block(txn.txn(), any_base_fee);
  if (!in_block) return as_error(std::move(in_block).error());
  if (txn.txn().max_priority_fee_per_gas < limits_.tip_min) {
    return as_error(primitives::refusal(
        TxnRule::Underpriced, "gas tip cap " + txn.txn().max_priority_fee_per_gas.to_decimal() +
                                  ", minimum needed " + limits_.tip_min.to_decimal()));
  }
  auto on_state = primitives::check_txn_on_state(txn.txn(), sender, primitives::NonceRule::AtLeast);
  if (!on_state) return as_error(std::move(on_state).error());
  auto delegations = check_delegations(txn, sender);
  if (!delegations) return as_error(std::move(delegations).error());
  return {};
}

// As geth's pool has it, down to the words.
Result<void, primitives::TxnRefusal> Mempool::check_delegations(const VerifiedTxn& txn,
                                                                const AccountTerms& sender) const {
  const auto own = senders_.find(txn.sender());
  if (sender.is_delegated || authorities_.contains(txn.sender())) {
    const std::uint64_t nonce = txn.txn().nonce;
    const bool none_ready = own == senders_.end() || own->second.ready_count() == 0;
    if (none_ready && nonce != sender.nonce) return refuse(TxnRule::DelegatedGap);
    const bool replaces = !none_ready && own->second.is_ready(nonce);
    if (!none_ready && !replaces) return refuse(TxnRule::DelegatedInFlight);
  }
  for (const Address& authority : txn.authorities()) {
    const auto found = senders_.find(authority);
    if (found != senders_.end() && found->second.entries().size() > 1)
      return refuse(TxnRule::AuthorityReserved);
  }
  return {};
}

Result<Mempool::Plan, primitives::TxnRefusal> Mempool::plan_for(const VerifiedTxn& txn,
                                                                const AccountTerms& account) const {
  Plan plan;
  plan.account = account;
  const auto cost = primitives::max_cost(txn.txn());
  OL_CHECK(cost.has_value(), "check_txn_on_state refuses a cost above 256 bits");
  plan.cost = *cost;
  const auto found = senders_.find(txn.sender());
  if (found == senders_.end()) return plan;
  const SenderQueue& queue = found->second;
  U256 other_cost = queue.total_cost();
  if (const Entry* old = queue.find(txn.txn().nonce)) {
    const auto& old_txn = old->txn->txn();
    const std::uint64_t percent = limits_.replacement_bump_percent;
    if (!bumped(txn.txn().max_fee_per_gas, old_txn.max_fee_per_gas, percent) ||
        !bumped(txn.txn().max_priority_fee_per_gas, old_txn.max_priority_fee_per_gas, percent)) {
      return refuse(TxnRule::ReplacementUnderpriced);
    }
    plan.replaces = true;
    plan.leaving_txns = 1;
    plan.leaving_bytes = old->txn->envelope().size();
    other_cost -= old->cost;
  }
  const auto together = checked_add(other_cost, plan.cost);
  if (!together || *together > account.balance) {
    return refuse(TxnRule::InsufficientFunds, "balance " + account.balance.to_decimal() +
                                                  ", queued cost " + other_cost.to_decimal() +
                                                  ", tx cost " + plan.cost.to_decimal());
  }
  OL_TRY_VOID(plan_share(queue, txn, plan));
  return plan;
}

/// One sender may not fill the pool. At its bound, its own later nonces give way to an earlier one,
/// or a sender whose gap lies below its whole share could never close it.
Result<void, primitives::TxnRefusal> Mempool::plan_share(const SenderQueue& queue,
                                                         const VerifiedTxn& txn, Plan& plan) const {
  const auto over = [&] {
    const std::size_t count = queue.entries().size() + 1 - plan.leaving_txns;
    const std::size_t bytes = queue.bytes() + txn.envelope().size() - plan.leaving_bytes;
    return count > limits_.sender_txns_max || bytes > limits_.sender_bytes_max;
  };
  for (auto last = queue.entries().rbegin(); over(); ++last) {
    if (last == queue.entries().rend() || last->first <= txn.txn().nonce) {
      return refuse(TxnRule::PoolFull, "the sender has " + number(queue.entries().size()) +
                                           " transactions of " + number(queue.bytes()) +
                                           " bytes waiting");
    }
    plan.own_victims.push_back(last->first);
    plan.leaving_txns += 1;
    plan.leaving_bytes += last->second.txn->envelope().size();
  }
  return {};
}

Result<std::vector<TxnPtr>, primitives::TxnRefusal> Mempool::make_room(const VerifiedTxn& txn,
                                                                       const Plan& plan) {
  const auto own = senders_.find(txn.sender());
  const std::uint64_t ready_end =
      own == senders_.end() ? plan.account.nonce : own->second.ready_end();
  const Price price = price_of(txn.txn(), next_block_.base_fee, txn.txn().nonce <= ready_end);
  const auto full = [&] {
    return by_hash_.size() + 1 > limits_.txns_max + plan.leaving_txns ||
           bytes_ + txn.envelope().size() > limits_.bytes_max + plan.leaving_bytes;
  };
  std::vector<Removed> removed;
  while (full()) {
    const auto victim = cheapest_other(txn.sender(), price);
    if (!victim) {
      // All or nothing: what was taken so far goes back.
      for (Removed& one : removed)
        insert(std::move(one.entry), one.account);
      return refuse(TxnRule::Underpriced, "the pool is full of better-paying transactions");
    }
    removed.push_back(erase(*victim, senders_.at(*victim).tail().txn->txn().nonce));
  }
  std::vector<TxnPtr> out;
  for (Removed& one : removed)
    out.push_back(std::move(one.entry.txn));
  return out;
}

/// The sender, not `sender` itself, with the cheapest tail, if that is worth less than `below`.
std::optional<Address> Mempool::cheapest_other(const Address& sender, const Price& below) {
  require_tails();
  for (const Tail& tail : tails_) {
    if (!(tail.price < below)) return std::nullopt;
    if (tail.sender != sender) return tail.sender;
  }
  return std::nullopt;
}

// ---- The entries and their indexes.

Place Mempool::insert(Entry entry, const AccountTerms& account) {
  const TxnPtr txn = entry.txn;
  SenderQueue& queue = senders_.try_emplace(txn->sender(), account).first->second;
  unindex_tail(txn->sender(), queue);
  index_entry(*txn);
  queue.insert(std::move(entry));
  index_tail(txn->sender(), queue);
  return queue.is_ready(txn->txn().nonce) ? Place::Pending : Place::Queued;
}

Mempool::Removed Mempool::erase(const Address& sender, std::uint64_t nonce) {
  SenderQueue& queue = senders_.at(sender);
  unindex_tail(sender, queue);
  auto entry = queue.erase(nonce);
  OL_CHECK(entry.has_value(), "the pool erases only what it holds");
  Removed out{.entry = *std::move(entry), .account = queue.account()};
  unindex_entry(*out.entry.txn);
  if (queue.empty()) {
    senders_.erase(sender);
  } else {
    index_tail(sender, queue);
  }
  return out;
}

void Mempool::index_entry(const VerifiedTxn& txn) {
  by_hash_[txn.hash()] = {.sender = txn.sender(), .nonce = txn.txn().nonce};
  bytes_ += txn.envelope().size();
  for (const Address& authority : txn.authorities())
    ++authorities_[authority];
}

void Mempool::unindex_entry(const VerifiedTxn& txn) {
  by_hash_.erase(txn.hash());
  bytes_ -= txn.envelope().size();
  for (const Address& authority : txn.authorities()) {
    const auto found = authorities_.find(authority);
    if (--found->second == 0) authorities_.erase(found);
  }
}

Price Mempool::tail_price(const SenderQueue& queue) const {
  const auto& txn = queue.tail().txn->txn();
  return price_of(txn, next_block_.base_fee, queue.is_ready(txn.nonce));
}

void Mempool::unindex_tail(const Address& sender, const SenderQueue& queue) {
  if (!tails_valid_ || queue.empty()) return;
  const bool was_there = tails_.erase({.price = tail_price(queue), .sender = sender}) == 1;
  OL_CHECK(was_there, "every sender's tail is ranked");
}

void Mempool::index_tail(const Address& sender, const SenderQueue& queue) {
  if (tails_valid_) tails_.insert({.price = tail_price(queue), .sender = sender});
}

void Mempool::require_tails() {
  if (tails_valid_) return;
  tails_valid_ = true;
  for (const auto& [sender, queue] : senders_)
    index_tail(sender, queue);
}

bool Mempool::remove(const primitives::TxnHash& hash) {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return false;
  const Location place = found->second;
  erase(place.sender, place.nonce);
  return true;
}

// ---- Following the chain.

void Mempool::set_next_block(const primitives::BlockTerms& next_block) {
  if (next_block.base_fee != next_block_.base_fee) {
    tails_.clear();
    tails_valid_ = false;
  }
  next_block_ = next_block;
}

Result<void, state::StateError> Mempool::follow(const Address& sender,
                                                const state::StateView& head) {
  OL_TRY(const AccountTerms account, read_terms(sender, head));
  SenderQueue& queue = senders_.at(sender);
  unindex_tail(sender, queue);
  const SenderQueue::Left left = queue.set_account(account);
  counters_.committed += left.used.size();
  counters_.dropped += left.unpayable.size();
  for (const auto* entries : {&left.used, &left.unpayable}) {
    for (const Entry& entry : *entries)
      unindex_entry(*entry.txn);
  }
  if (queue.empty()) {
    senders_.erase(sender);
  } else {
    index_tail(sender, queue);
  }
  return {};
}

Result<void, state::StateError> Mempool::commit(const primitives::BlockTerms& next_block,
                                                const state::StateView& head,
                                                const state::StateDiff& diff) {
  set_next_block(next_block);
  for (const auto& [address, account] : diff.accounts) {
    if (senders_.contains(address)) OL_TRY_VOID(follow(address, head));
  }
  return {};
}

Result<void, state::StateError> Mempool::reset(const primitives::BlockTerms& next_block,
                                               const state::StateView& head) {
  set_next_block(next_block);
  for (auto next = senders_.begin(); next != senders_.end();) {
    // follow() may erase the sender it is given, and no other.
    const Address sender = (next++)->first;
    OL_TRY_VOID(follow(sender, head));
  }
  return {};
}

Result<std::size_t, state::StateError> Mempool::restore(std::span<const TxnPtr> txns,
                                                        const state::StateView& head) {
  std::size_t taken = 0;
  for (const TxnPtr& txn : txns) {
    const auto admitted = try_add(txn, head);
    if (admitted) {
      ++taken;
    } else if (const auto* error = std::get_if<state::StateError>(&admitted.error())) {
      return fail(*error);
    }
  }
  return taken;
}

}  // namespace ol::mempool
