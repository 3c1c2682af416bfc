#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ol/mempool/mempool.hpp>
#include <ol/primitives/signing.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::mempool::test {

inline constexpr primitives::ChainId kChain{7777};
inline constexpr std::uint8_t kAccounts = 12;

/// Account `index` of a test chain: a key derived from the number alone.
const crypto::Secp256k1SecretKey& key(std::uint8_t index);
Address address(std::uint8_t index);

/// What a test says about a transaction; the rest is fixed (dynamic fee, 21,000 gas, 1 wei).
struct Spec {
  std::uint8_t sender = 0;
  std::uint64_t nonce = 0;
  std::uint64_t tip = 10;
  std::uint64_t fee_cap = 1'000;
  std::size_t data_bytes = 0;
  std::uint64_t value = 1;
};
TxnPtr make(const Spec& spec);
/// EIP-7702: `sender` pays for a transaction in which each of `authorities` asks for some code.
TxnPtr make_set_code(std::uint8_t sender, const std::vector<std::uint8_t>& authorities,
                     std::uint64_t nonce = 0);
/// What `make(spec)` needs in its sender's account.
U256 cost(const Spec& spec);

/// A pool over a state in which every account holds `kRich` and nonce 0, base fee 100.
class PoolTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kRich = 1'000'000'000'000;

  PoolTest();

  void set_account(std::uint8_t index, std::uint64_t nonce, const U256& balance);
  /// Gives the account, which need not exist, that code.
  void set_code(const Address& who, Bytes code);
  /// A pool with other limits, empty.
  void restart(const Limits& limits);
  /// Adds and expects success.
  NewlyAdmitted admit(const TxnPtr& txn);
  NewlyAdmitted admit(const Spec& spec) { return admit(make(spec)); }
  /// The refusal's message; empty if it was admitted.
  std::string refusal_of(const TxnPtr& txn);
  std::string refusal_of(const Spec& spec) { return refusal_of(make(spec)); }
  /// Everything selectable, in order.
  [[nodiscard]] std::vector<TxnPtr> select_all() const;
  /// Marks `txns` as committed: nonces and balances move on, the pool follows.
  void commit(const std::vector<TxnPtr>& txns, std::uint64_t base_fee = 100);

  state::MemoryState head_;
  primitives::BlockTerms terms_{.chain_id = kChain, .gas_limit = 30'000'000, .base_fee = U256(100)};
  std::optional<Mempool> pool_;
};

}  // namespace ol::mempool::test
