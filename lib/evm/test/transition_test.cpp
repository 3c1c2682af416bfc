// Transactions around their code: what makes them invalid, what they pay, what they leave.
#include <gtest/gtest.h>

#include "run_code.hpp"
#include "sign_authorization.hpp"

namespace ol::evm::test {
namespace {

BlockEnv block() {
  BlockEnv out;
  out.number = 10;
  out.gas_limit = 30'000'000;
  out.coinbase = Address{{0xc0, 0x1b}};
  out.base_fee = 7;
  out.blob_base_fee = 1;
  out.blobs_max = 6;
  return out;
}

TxnRequest transfer() {
  TxnRequest out;
  out.kind = TxnKind::DynamicFee;
  out.sender = kCaller;
  out.max_fee_per_gas = 10;
  out.max_priority_fee_per_gas = 2;
  out.gas_limit = 21'000;
  out.to = kOther;
  out.value = 5;
  return out;
}

Accounts rich_caller() {
  return Accounts().account(kCaller, U256{1} << 60);
}

struct Executed {
  Result<TxnOutcome, TxnFailure> result;
  state::StateDiff diff;
  [[nodiscard]] std::optional<TxnFault> fault() const {
    return result ? std::nullopt : std::optional(std::get<TxnFault>(result.error()));
  }
};

Executed execute(const Accounts& accounts, const TxnRequest& txn,
                 Revision revision = Revision::Prague, const BlockEnv& in = block()) {
  state::MemoryState state;
  accounts.fill(state);
  World world(state);
  Evm machine(revision);
  auto result = machine.transact(world, in, txn);
  return {std::move(result), world.take_diff()};
}

TEST(Transition, a_transfer_moves_value_pays_the_coinbase_and_burns_the_base_fee) {
  const Executed done = execute(rich_caller(), transfer());
  ASSERT_TRUE(done.result.has_value());
  EXPECT_EQ(done.result->gas_used, 21'000U);
  EXPECT_EQ(done.result->effective_gas_price, U256{9});
  EXPECT_EQ(done.diff.accounts.at(kOther)->balance, U256{5});
  EXPECT_EQ(done.diff.accounts.at(block().coinbase)->balance, U256{2 * 21'000});
  EXPECT_EQ(done.diff.accounts.at(kCaller)->balance, (U256{1} << 60) - U256{5 + 9 * 21'000});
  EXPECT_EQ(done.diff.accounts.at(kCaller)->nonce, 1U);
}

TEST(Transition, each_rule_refuses_just_beyond_its_boundary) {
  using Change = void (*)(TxnRequest&);
  struct Case {
    Change valid;
    Change invalid;
    TxnFault fault;
  };
  const auto none = [](TxnRequest&) {};
  for (const Case& c : {
           Case{none, [](TxnRequest& t) { t.gas_limit = 20'999; }, TxnFault::IntrinsicGas},
           Case{[](TxnRequest& t) { t.gas_limit = 30'000'000; },
                [](TxnRequest& t) { t.gas_limit = 30'000'001; }, TxnFault::GasLimitAboveBlock},
           Case{none, [](TxnRequest& t) { t.nonce = 1; }, TxnFault::NonceTooHigh},
           Case{[](TxnRequest& t) { t.max_fee_per_gas = 7; },
                [](TxnRequest& t) { t.max_fee_per_gas = 6; }, TxnFault::FeeCapBelowBaseFee},
           Case{[](TxnRequest& t) { t.max_priority_fee_per_gas = 10; },
                [](TxnRequest& t) { t.max_priority_fee_per_gas = 11; }, TxnFault::TipAboveFeeCap},
           Case{[](TxnRequest& t) { t.value = (U256{1} << 60) - U256{210'000}; },
                [](TxnRequest& t) { t.value = (U256{1} << 60) - U256{209'999}; },
                TxnFault::InsufficientFunds},
           Case{none, [](TxnRequest& t) { t.max_fee_per_gas = U256::max(); },
                TxnFault::InsufficientFunds},
           Case{none, [](TxnRequest& t) { t.kind = TxnKind::SetCode; }, TxnFault::NoAuthorizations},
           Case{none, [](TxnRequest& t) { t.kind = TxnKind::Blob; }, TxnFault::NoBlobs},
       }) {
    TxnRequest valid = transfer();
    if (valid.max_fee_per_gas < U256{7}) valid.max_fee_per_gas = 7;
    c.valid(valid);
    if (valid.max_fee_per_gas < valid.max_priority_fee_per_gas) valid.max_priority_fee_per_gas = 0;
    EXPECT_FALSE(execute(rich_caller(), valid).fault()) << describe(c.fault);
    TxnRequest invalid = transfer();
    c.invalid(invalid);
    if (c.fault == TxnFault::FeeCapBelowBaseFee) invalid.max_priority_fee_per_gas = 0;
    const Executed refused = execute(rich_caller(), invalid);
    EXPECT_EQ(refused.fault(), c.fault) << describe(c.fault);
    EXPECT_TRUE(refused.diff.empty()) << "a refused transaction changes nothing";
  }
}

TEST(Transition, a_used_nonce_is_too_low_and_the_last_one_cannot_be_used) {
  EXPECT_EQ(execute(Accounts().account(kCaller, U256{1} << 60, {}, 1), transfer()).fault(),
            TxnFault::NonceTooLow);
  TxnRequest last = transfer();
  last.nonce = UINT64_MAX;
  EXPECT_EQ(execute(Accounts().account(kCaller, U256{1} << 60, {}, UINT64_MAX), last).fault(),
            TxnFault::NonceAtMax);
}

// EIP-3607, and EIP-7702 which excepts delegations.
TEST(Transition, senders_have_no_code_unless_it_is_a_delegation) {
  Bytes designator = from_hex("ef0100").value();
  append(designator, kOther.view());
  EXPECT_EQ(execute(Accounts().account(kCaller, U256{1} << 60, Bytes{0}), transfer()).fault(),
            TxnFault::SenderHasCode);
  const Accounts delegating = Accounts().account(kCaller, U256{1} << 60, designator);
  EXPECT_FALSE(execute(delegating, transfer()).fault());
  EXPECT_EQ(execute(delegating, transfer(), Revision::Cancun).fault(), TxnFault::SenderHasCode);
}

TEST(Transition, types_come_with_their_revisions) {
  for (const auto& [kind, since] : {std::pair{TxnKind::AccessList, Revision::Berlin},
                                    std::pair{TxnKind::DynamicFee, Revision::London}}) {
    TxnRequest txn = transfer();
    txn.kind = kind;
    BlockEnv in = block();
    in.base_fee = 0;
    EXPECT_FALSE(execute(rich_caller(), txn, since, in).fault());
    const auto before = static_cast<Revision>(static_cast<int>(since) - 1);
    EXPECT_EQ(execute(rich_caller(), txn, before, in).fault(), TxnFault::KindNotAllowed);
  }
}

TEST(Transition, intrinsic_gas_counts_bytes_lists_and_creation) {
  const Bytes data{0, 0, 1};
  const primitives::AccessListEntry entry{kOther, {Hash256{}, Hash256{}}};
  TxnRequest txn = transfer();
  txn.data = data;
  EXPECT_EQ(intrinsic_gas(txn, Revision::London).intrinsic, 21'000U + 2 * 4 + 16);
  EXPECT_EQ(intrinsic_gas(txn, Revision::Frontier).intrinsic, 21'000U + 2 * 4 + 68);
  EXPECT_EQ(intrinsic_gas(txn, Revision::Cancun).floor, 0U);
  // EIP-7623: tokens are zero bytes and four for each other.
  EXPECT_EQ(intrinsic_gas(txn, Revision::Prague).floor, 21'000U + 10 * (2 + 4));
  txn.access_list = {&entry, 1};
  EXPECT_EQ(intrinsic_gas(txn, Revision::London).intrinsic, 21'024U + 2400 + 2 * 1900);
  txn.access_list = {};
  txn.to.reset();
  EXPECT_EQ(intrinsic_gas(txn, Revision::Frontier).intrinsic, 21'076U);
  EXPECT_EQ(intrinsic_gas(txn, Revision::London).intrinsic, 53'024U);
  EXPECT_EQ(intrinsic_gas(txn, Revision::Shanghai).intrinsic, 53'024U + 2);
}

// EIP-7623.
TEST(Transition, calldata_pays_its_floor_from_prague_on) {
  const Bytes data(1000, 1);
  TxnRequest txn = transfer();
  txn.data = data;
  txn.gas_limit = 21'000 + 40 * 1000;
  EXPECT_EQ(execute(rich_caller(), txn).result->gas_used, 61'000U);
  EXPECT_EQ(execute(rich_caller(), txn, Revision::Cancun).result->gas_used, 37'000U);
  txn.gas_limit -= 1;
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::FloorGas);
}

// EIP-3529: at most a fifth comes back; before, a half.
TEST(Transition, refunds_are_capped) {
  Accounts accounts = rich_caller();
  Code code;
  for (std::uint64_t i = 0; i < 10; ++i) {
    accounts.slot(kContract, i, 1);
    code.push(0).push(i).op(Opcode::Sstore);
  }
  accounts.account(kContract, 0, code.bytes(), 1);
  TxnRequest txn = transfer();
  txn.to = kContract;
  txn.value = 0;
  txn.gas_limit = 500'000;
  const std::uint64_t spent = 21'000 + 10 * (3 + 3 + 5000);
  const auto london = execute(accounts, txn, Revision::London);
  EXPECT_EQ(london.result->gas_refunded, spent / 5);
  EXPECT_EQ(london.result->gas_used, spent - spent / 5);
  const auto berlin = [&] {
    TxnRequest legacy = txn;
    legacy.kind = TxnKind::Legacy;
    legacy.max_priority_fee_per_gas = legacy.max_fee_per_gas;
    BlockEnv in = block();
    in.base_fee = 0;
    return execute(accounts, legacy, Revision::Berlin, in);
  }();
  EXPECT_EQ(berlin.result->gas_refunded, spent / 2);
}

TEST(Transition, creation_deploys_what_init_code_returns) {
  // Returns the one byte 0x00.
  const Bytes init = Code{}.push(1).push(0).op(Opcode::Return).bytes();
  TxnRequest txn = transfer();
  txn.to.reset();
  txn.data = init;
  txn.gas_limit = 200'000;
  const Executed done = execute(rich_caller(), txn);
  ASSERT_TRUE(done.result->created.has_value());
  const auto& account = done.diff.accounts.at(*done.result->created);
  EXPECT_EQ(account->nonce, 1U);
  EXPECT_EQ(account->balance, U256{5});
  EXPECT_EQ(account->code_hash, crypto::keccak256(Bytes{0}));
  const Bytes large(49'153);
  txn.data = large;
  txn.gas_limit = 30'000'000;
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::InitCodeTooLarge);
}

TEST(Transition, a_failed_call_still_pays_and_raises_the_nonce) {
  Accounts accounts = rich_caller();
  accounts.account(kContract, 0, Code{}.op(Opcode::Invalid).bytes(), 1);
  TxnRequest txn = transfer();
  txn.to = kContract;
  txn.gas_limit = 50'000;
  const Executed done = execute(accounts, txn);
  EXPECT_EQ(done.result->status, Status::InvalidOpcode);
  EXPECT_EQ(done.result->gas_used, 50'000U);
  EXPECT_EQ(done.diff.accounts.at(kCaller)->nonce, 1U);
  EXPECT_FALSE(done.diff.accounts.contains(kContract)) << "the value came back";
}

TEST(Transition, an_access_list_warms_what_it_names) {
  Accounts accounts = rich_caller();
  accounts.account(kContract, 0, Code{}.push(1).op(Opcode::Sload).bytes(), 1);
  const primitives::AccessListEntry entry{kContract, {U256{1}.to_fixed<Hash256>()}};
  TxnRequest txn = transfer();
  txn.to = kContract;
  txn.value = 0;
  txn.gas_limit = 50'000;
  EXPECT_EQ(execute(accounts, txn).result->gas_used, 21'000U + 3 + 2100);
  txn.access_list = {&entry, 1};
  EXPECT_EQ(execute(accounts, txn).result->gas_used, 21'000U + 2400 + 1900 + 3 + 100);
}

TEST(Transition, blobs_are_paid_by_the_sender_and_burnt) {
  TxnRequest txn = transfer();
  txn.kind = TxnKind::Blob;
  Hash256 hash{{0x01}};
  std::vector<Hash256> hashes(6, hash);
  txn.blob_hashes = hashes;
  txn.max_fee_per_blob_gas = 1;
  const Executed done = execute(rich_caller(), txn);
  ASSERT_TRUE(done.result.has_value());
  EXPECT_EQ(done.diff.accounts.at(kCaller)->balance,
            (U256{1} << 60) - U256{5 + 9 * 21'000} - U256{6 * kGasPerBlob});
  txn.max_fee_per_blob_gas = 0;
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::BlobFeeCapBelowBaseFee);
  txn.max_fee_per_blob_gas = 1;
  hashes.push_back(hash);
  txn.blob_hashes = hashes;
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::TooManyBlobs);
  hashes.resize(1);
  hashes[0].bytes[0] = 2;
  txn.blob_hashes = hashes;
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::BlobVersion);
  hashes[0].bytes[0] = 1;
  txn.to.reset();
  EXPECT_EQ(execute(rich_caller(), txn).fault(), TxnFault::CreationNotAllowed);
}

// EIP-4844, fake_exponential, against exact values of e^x.
TEST(Transition, the_blob_fee_grows_exponentially) {
  EXPECT_EQ(blob_base_fee(0, 3'338'477), U256{1});
  EXPECT_EQ(blob_base_fee(2'314'057, 3'338'477), U256{1});
  EXPECT_EQ(blob_base_fee(2'314'058, 3'338'477), U256{2}) << "ln 2 * fraction";
  EXPECT_EQ(blob_base_fee(10 * 1024 * 1024, 3'338'477), U256{23});
  EXPECT_EQ(blob_base_fee(UINT64_MAX, 1), U256::max());
}

// EIP-7702.
TEST(Transition, an_authorisation_makes_an_account_run_anothers_code) {
  Bytes secret(32, 0x11);
  const auto key = crypto::Secp256k1SecretKey::from_bytes(secret).value();
  const Address authority = key.address();
  Accounts accounts = rich_caller();
  accounts.account(kOther, 0, Code{}.push(7).push(1).op(Opcode::Sstore).bytes(), 1);
  TxnRequest txn = transfer();
  txn.kind = TxnKind::SetCode;
  txn.to = authority;
  txn.gas_limit = 200'000;
  const auto run = [&](const Authorization& authorization) {
    txn.authorizations = {&authorization, 1};
    return execute(accounts, txn);
  };
  for (const std::uint64_t chain : {0U, 1U}) {
    const Executed done = run(sign_authorization(key, chain, kOther, 0));
    EXPECT_EQ(done.diff.storage.at({authority, U256{1}.to_fixed<Hash256>()}), U256{7});
    EXPECT_EQ(done.diff.accounts.at(authority)->nonce, 1U);
    EXPECT_EQ(done.diff.code.at(done.diff.accounts.at(authority)->code_hash)->size(), 23U);
  }
  EXPECT_TRUE(run(sign_authorization(key, 2, kOther, 0)).diff.storage.empty()) << "another chain's";
  EXPECT_TRUE(run(sign_authorization(key, 1, kOther, 1)).diff.storage.empty()) << "another nonce";
  Authorization damaged = sign_authorization(key, 1, kOther, 0);
  damaged.y_parity = 2;
  EXPECT_TRUE(run(damaged).diff.storage.empty());
  txn.to.reset();
  EXPECT_EQ(run(damaged).fault(), TxnFault::CreationNotAllowed);
}

TEST(Transition, the_gas_of_a_transaction_is_bounded_from_osaka_on) {
  TxnRequest txn = transfer();
  txn.gas_limit = 1 << 24;
  EXPECT_FALSE(execute(rich_caller(), txn, Revision::Osaka).fault());
  txn.gas_limit = (1 << 24) + 1;
  EXPECT_EQ(execute(rich_caller(), txn, Revision::Osaka).fault(), TxnFault::GasLimitAboveMax);
}

/// A view that fails, as a damaged store does.
class BrokenView final : public state::StateView {
 public:
  [[nodiscard]] Result<std::optional<state::Account>, state::StateError> account(
      const Address& /*address*/) const override {
    return fail(state::StateError::Corrupt);
  }
  [[nodiscard]] Result<U256, state::StateError> storage(const Address& /*address*/,
                                                        const Hash256& /*slot*/) const override {
    return fail(state::StateError::Corrupt);
  }
  [[nodiscard]] Result<state::Code, state::StateError> code(
      const Hash256& /*code_hash*/) const override {
    return fail(state::StateError::Corrupt);
  }
};

TEST(Transition, a_failed_read_is_no_verdict_on_the_transaction) {
  const BrokenView view;
  World world(view);
  Evm machine(Revision::Prague);
  const auto result = machine.transact(world, block(), transfer());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(std::get<state::StateError>(result.error()), state::StateError::Corrupt);
}

TEST(Transition, two_transactions_of_a_block_see_each_other) {
  const Accounts accounts = rich_caller();
  state::MemoryState state;
  accounts.fill(state);
  World world(state);
  Evm machine(Revision::Prague);
  TxnRequest txn = transfer();
  ASSERT_TRUE(machine.transact(world, block(), txn).has_value());
  EXPECT_EQ(std::get<TxnFault>(machine.transact(world, block(), txn).error()),
            TxnFault::NonceTooLow);
  txn.nonce = 1;
  ASSERT_TRUE(machine.transact(world, block(), txn).has_value());
  EXPECT_EQ(world.take_diff().accounts.at(kOther)->balance, U256{10});
}

}  // namespace
}  // namespace ol::evm::test
