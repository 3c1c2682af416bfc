#include "pool_fixture.hpp"

#include <limits>

namespace ol::mempool::test {

const crypto::Secp256k1SecretKey& key(std::uint8_t index) {
  static const auto kKeys = [] {
    std::vector<crypto::Secp256k1SecretKey> out;
    for (std::uint8_t i = 0; i < kAccounts; ++i) {
      Bytes secret(32, 0x22);
      secret[31] = i;
      out.push_back(*crypto::Secp256k1SecretKey::from_bytes(secret));
    }
    return out;
  }();
  return kKeys[index];
}

Address address(std::uint8_t index) {
  return key(index).address();
}

namespace {

primitives::Transaction unsigned_txn(const Spec& spec) {
  primitives::Transaction out;
  out.type = primitives::TxnType::DynamicFee;
  out.chain_id = kChain.value();
  out.nonce = spec.nonce;
  out.max_priority_fee_per_gas = U256(spec.tip);
  out.max_fee_per_gas = U256(spec.fee_cap);
  out.data.assign(spec.data_bytes, 0);
  out.to = Address{{0xdd}};
  out.gas_limit = primitives::floor_gas(out);
  out.value = U256(spec.value);
  return out;
}

}  // namespace

TxnPtr make(const Spec& spec) {
  return std::make_shared<const primitives::VerifiedTxn>(*primitives::VerifiedTxn::verify(
      primitives::sign_transaction(unsigned_txn(spec), key(spec.sender))));
}

TxnPtr make_set_code(std::uint8_t sender, const std::vector<std::uint8_t>& authorities,
                     std::uint64_t nonce) {
  primitives::Transaction txn = unsigned_txn({.sender = sender, .nonce = nonce});
  txn.type = primitives::TxnType::SetCode;
  for (const std::uint8_t authority : authorities) {
    primitives::Authorization one;
    one.chain_id = U256(kChain.value());
    one.address = Address{{0xcd}};
    const auto signature = crypto::sign_recoverable(key(authority), primitives::signing_hash(one));
    one.y_parity = U256(signature.recovery_id);
    one.r = *U256::from_big_endian(signature.r);
    one.s = *U256::from_big_endian(signature.s);
    txn.authorizations.push_back(one);
  }
  txn.gas_limit = primitives::intrinsic_gas(txn);
  return std::make_shared<const primitives::VerifiedTxn>(
      *primitives::VerifiedTxn::verify(primitives::sign_transaction(std::move(txn), key(sender))));
}

U256 cost(const Spec& spec) {
  return *primitives::max_cost(unsigned_txn(spec));
}

PoolTest::PoolTest() {
  for (std::uint8_t i = 0; i < kAccounts; ++i)
    set_account(i, 0, U256(kRich));
  restart({});
}

void PoolTest::set_account(std::uint8_t index, std::uint64_t nonce, const U256& balance) {
  state::Account account;
  account.nonce = nonce;
  account.balance = balance;
  state::StateDiff diff;
  diff.accounts[address(index)] = account;
  head_.apply(diff);
}

void PoolTest::set_code(const Address& who, Bytes code) {
  state::StateDiff diff;
  state::Account account = (*head_.account(who)).value_or(state::Account{});
  account.code_hash = crypto::keccak256(code);
  diff.code[account.code_hash] = std::make_shared<const Bytes>(std::move(code));
  diff.accounts[who] = account;
  head_.apply(diff);
}

void PoolTest::restart(const Limits& limits) {
  pool_.emplace(limits, terms_);
}

NewlyAdmitted PoolTest::admit(const TxnPtr& txn) {
  auto out = pool_->add(txn, head_);
  EXPECT_TRUE(out) << (out ? "" : std::get<primitives::TxnRefusal>(out.error()).message);
  return out ? *std::move(out) : NewlyAdmitted{};
}

std::string PoolTest::refusal_of(const TxnPtr& txn) {
  const auto out = pool_->add(txn, head_);
  return out ? "" : std::get<primitives::TxnRefusal>(out.error()).message;
}

std::vector<TxnPtr> PoolTest::select_all() const {
  return pool_->select({.txns_max = std::numeric_limits<std::size_t>::max(),
                        .bytes_max = std::numeric_limits<std::size_t>::max(),
                        .gas_max = std::numeric_limits<std::uint64_t>::max()});
}

void PoolTest::commit(const std::vector<TxnPtr>& txns, std::uint64_t base_fee) {
  state::StateDiff diff;
  for (const TxnPtr& txn : txns) {
    auto account = **head_.account(txn->sender());
    account.nonce = txn->txn().nonce + 1;
    account.balance -= *primitives::max_cost(txn->txn());
    diff.accounts[txn->sender()] = account;
    head_.apply(diff);
  }
  terms_.base_fee = U256(base_fee);
  ASSERT_TRUE(pool_->commit(terms_, head_, diff));
}

}  // namespace ol::mempool::test
