#pragma once

#include <atomic>
#include <string>
#include <unordered_map>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>

#include "bench/machine.hpp"

namespace ol::app::bench {

/// Transfers signed before the measurement, with what became of each.
class TransferLoad {
 public:
  /// `count` transfers among `accounts` accounts, each paying the next, with nonces from 0 on.
  /// @pre `accounts` is not zero.
  TransferLoad(std::uint64_t chain_id, std::uint32_t accounts, std::uint32_t count);

  [[nodiscard]] static std::vector<Address> addresses(std::uint32_t accounts);
  [[nodiscard]] std::size_t size() const { return envelopes_.size(); }
  /// Which transfer has the hash (0x.., lower case), if one has.
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& hash) const;
  /// The body of a batch of eth_sendRawTransaction calls.
  [[nodiscard]] std::string batch(const std::vector<std::uint32_t>& transfers) const;

  /// Thread rule: each transfer is sent by one thread.
  void sent(std::uint32_t transfer, Clock::time_point when) { sent_[transfer] = when; }
  [[nodiscard]] Clock::time_point sent_at(std::uint32_t transfer) const { return sent_[transfer]; }

 private:
  std::vector<std::string> envelopes_;  // hex
  std::unordered_map<std::string, std::uint32_t> by_hash_;
  std::vector<Clock::time_point> sent_;
};

}  // namespace ol::app::bench
