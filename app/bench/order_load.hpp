#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>

#include "bench/machine.hpp"

namespace ol::app::bench {

/// Batches of orders signed before the measurement by agents of their accounts. Accounts with an
/// even number offer liquidity near the first price, the others take it, so that books stay about
/// as deep as they begin and nearly every order trades.
class OrderLoad {
 public:
  /// `actions` of `orders` orders each, sent in turn by the agents of `accounts` accounts; nonces
  /// begin at `first_nonce`. @pre `accounts` is even and not zero, `orders` at most 100.
  OrderLoad(std::uint64_t chain_id, std::uint32_t accounts, std::uint32_t actions,
            std::uint32_t orders, std::uint64_t first_nonce);

  [[nodiscard]] static std::vector<Address> addresses(std::uint32_t accounts);
  /// For ol_exchangeSubmit: each account's approval of its agent, to be final before the rest.
  [[nodiscard]] const std::vector<std::string>& approvals() const { return approvals_; }
  [[nodiscard]] std::size_t size() const { return envelopes_.size(); }
  [[nodiscard]] std::size_t orders_each() const { return orders_; }
  /// Which action has the hash, if one has.
  [[nodiscard]] std::optional<std::uint32_t> find(const Hash256& hash) const;
  /// The body of a batch of ol_exchangeSubmit calls.
  [[nodiscard]] static std::string batch(const std::vector<std::string>& envelopes);
  [[nodiscard]] std::string batch(const std::vector<std::uint32_t>& actions) const;

  /// Thread rule: each action is sent by one thread.
  void sent(std::uint32_t action, Clock::time_point when) { sent_[action] = when; }
  [[nodiscard]] Clock::time_point sent_at(std::uint32_t action) const { return sent_[action]; }

 private:
  std::size_t orders_;
  std::vector<std::string> approvals_;  // hex
  std::vector<std::string> envelopes_;  // hex
  std::unordered_map<Hash256, std::uint32_t> by_hash_;
  std::vector<Clock::time_point> sent_;
};

}  // namespace ol::app::bench
