// Random histories against a model that keeps a plain list and derives everything else.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "pool_fixture.hpp"

namespace ol::mempool {
namespace {

using test::address;
using test::kAccounts;
using test::Spec;

struct ModelAccount {
  std::uint64_t nonce = 0;
  U256 balance;
};

/// The pool by definition: what it holds, and from that alone what is ready.
struct Model {
  std::map<std::pair<Address, std::uint64_t>, TxnPtr> txns;
  std::map<Address, ModelAccount> accounts;

  [[nodiscard]] std::set<primitives::TxnHash> ready() const {
    std::set<primitives::TxnHash> out;
    for (const auto& [who, account] : accounts) {
      U256 cost;
      for (std::uint64_t nonce = account.nonce;; ++nonce) {
        const auto found = txns.find({who, nonce});
        if (found == txns.end()) break;
        cost += *primitives::max_cost(found->second->txn());
        if (cost > account.balance) break;
        out.insert(found->second->hash());
      }
    }
    return out;
  }

  void drop_invalid() {
    std::erase_if(txns, [&](const auto& entry) {
      const ModelAccount& account = accounts.at(entry.first.first);
      return entry.first.second < account.nonce ||
             *primitives::max_cost(entry.second->txn()) > account.balance;
    });
  }
};

class PoolHistory : public test::PoolTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  PoolHistory() : random_(GetParam()) {
    for (std::uint8_t i = 0; i < kAccounts; ++i) {
      model_.accounts[address(i)] = {.nonce = 0, .balance = U256(kRich)};
    }
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void add_random() {
    const Spec spec{.sender = static_cast<std::uint8_t>(below(kAccounts)),
                    .nonce = below(8),
                    .tip = 1 + below(60),
                    .fee_cap = 80 + below(200),
                    .data_bytes = static_cast<std::size_t>(below(3) * 40)};
    const TxnPtr txn = test::make(spec);
    const auto out = pool_->add(txn, head_);
    if (!out) return;
    for (const TxnPtr& gone : out->evicted) {
      ASSERT_EQ(model_.txns.erase({gone->sender(), gone->txn().nonce}), 1U);
      // Eviction never makes a gap: nothing of that sender is left behind it.
      const auto next = model_.txns.upper_bound({gone->sender(), gone->txn().nonce});
      EXPECT_TRUE(next == model_.txns.end() || next->first.first != gone->sender());
    }
    const auto old = model_.txns.find({txn->sender(), txn->txn().nonce});
    EXPECT_EQ(old == model_.txns.end() ? nullptr : old->second, out->replaced);
    model_.txns[{txn->sender(), txn->txn().nonce}] = txn;
    EXPECT_EQ(out->place == Place::Pending, model_.ready().contains(txn->hash()));
  }

  void change_account() {
    const auto index = static_cast<std::uint8_t>(below(kAccounts));
    ModelAccount& account = model_.accounts[address(index)];
    account.nonce += below(3);
    account.balance = below(4) == 0 ? U256(below(30'000'000)) : U256(kRich);
    set_account(index, account.nonce, account.balance);
    state::StateDiff diff;
    diff.accounts[address(index)] = **head_.account(address(index));
    terms_.base_fee = U256(80 + below(150));
    ASSERT_TRUE(pool_->commit(terms_, head_, diff));
    model_.drop_invalid();
  }

  void compare() {
    const Stats stats = pool_->stats();
    ASSERT_EQ(stats.txns, model_.txns.size());
    ASSERT_LE(stats.txns, pool_->limits().txns_max);
    ASSERT_LE(stats.bytes, pool_->limits().bytes_max);
    std::size_t bytes = 0;
    for (const auto& [place, txn] : model_.txns) {
      bytes += txn->envelope().size();
      ASSERT_EQ(pool_->find(txn->hash()), txn);
    }
    ASSERT_EQ(stats.bytes, bytes);
    std::set<primitives::TxnHash> pending;
    for (const auto& [who, txns] : pool_->content().pending) {
      for (const TxnPtr& txn : txns)
        pending.insert(txn->hash());
    }
    ASSERT_EQ(pending, model_.ready());
    check_selection();
  }

  /// Nonces in order, everything ready that pays, and each step the best of what may come next.
  void check_selection() {
    const auto ready = model_.ready();
    std::map<Address, std::uint64_t> next;
    for (const auto& [who, account] : model_.accounts)
      next[who] = account.nonce;
    for (const TxnPtr& txn : select_all()) {
      ASSERT_TRUE(ready.contains(txn->hash()));
      ASSERT_EQ(txn->txn().nonce, next[txn->sender()]);
      const auto tip = primitives::effective_tip(txn->txn(), terms_.base_fee);
      ASSERT_TRUE(tip);
      for (const auto& [who, nonce] : next) {
        const auto rival = best_tip(who, nonce, ready);
        ASSERT_TRUE(!rival || *rival <= *tip);
      }
      ++next[txn->sender()];
    }
    for (const auto& [who, nonce] : next)
      ASSERT_EQ(best_tip(who, nonce, ready), std::nullopt);
  }

  [[nodiscard]] std::optional<U256> best_tip(const Address& who, std::uint64_t nonce,
                                             const std::set<primitives::TxnHash>& ready) const {
    const auto found = model_.txns.find({who, nonce});
    if (found == model_.txns.end() || !ready.contains(found->second->hash())) return std::nullopt;
    return primitives::effective_tip(found->second->txn(), terms_.base_fee);
  }

  std::mt19937_64 random_;
  Model model_;
};

TEST_P(PoolHistory, agrees_with_the_model_after_every_step) {
  restart({.txns_max = 25, .bytes_max = 4'000, .sender_txns_max = 5, .sender_bytes_max = 900});
  for (int step = 0; step < 300; ++step) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + " step " + std::to_string(step));
    if (below(6) == 0) {
      change_account();
    } else {
      add_random();
    }
    ASSERT_NO_FATAL_FAILURE(compare());
  }
  // The limits were reached, or the test would say little.
  EXPECT_GT(pool_->stats().evicted, 0U);
  EXPECT_GT(pool_->stats().replaced, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PoolHistory, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace ol::mempool
