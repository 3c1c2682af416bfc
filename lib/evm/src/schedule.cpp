#include <ol/evm/schedule.hpp>

#include <ol/evm/opcode.hpp>

namespace ol::evm {
namespace {

// Price classes of the Yellow Paper, appendix G.
constexpr std::int32_t kZero = 0;
constexpr std::int32_t kBase = 2;
constexpr std::int32_t kVeryLow = 3;
constexpr std::int32_t kLow = 5;
constexpr std::int32_t kMid = 8;
constexpr std::int32_t kHigh = 10;
constexpr std::int32_t kWarmAccess = 100;  // EIP-2929

constexpr void set(Schedule& s, Opcode op, std::int32_t gas, std::uint8_t inputs,
                   std::uint8_t outputs) {
  s.opcodes[static_cast<std::size_t>(op)] = {gas, inputs, outputs};
}

constexpr void price(Schedule& s, Opcode op, std::int32_t gas) {
  s.opcodes[static_cast<std::size_t>(op)].gas = gas;
}

constexpr void add_arithmetic(Schedule& s) {
  set(s, Opcode::Add, kVeryLow, 2, 1);
  set(s, Opcode::Mul, kLow, 2, 1);
  set(s, Opcode::Sub, kVeryLow, 2, 1);
  set(s, Opcode::Div, kLow, 2, 1);
  set(s, Opcode::Sdiv, kLow, 2, 1);
  set(s, Opcode::Mod, kLow, 2, 1);
  set(s, Opcode::Smod, kLow, 2, 1);
  set(s, Opcode::Addmod, kMid, 3, 1);
  set(s, Opcode::Mulmod, kMid, 3, 1);
  set(s, Opcode::Exp, kHigh, 2, 1);
  set(s, Opcode::Signextend, kLow, 2, 1);
  set(s, Opcode::Lt, kVeryLow, 2, 1);
  set(s, Opcode::Gt, kVeryLow, 2, 1);
  set(s, Opcode::Slt, kVeryLow, 2, 1);
  set(s, Opcode::Sgt, kVeryLow, 2, 1);
  set(s, Opcode::Eq, kVeryLow, 2, 1);
  set(s, Opcode::Iszero, kVeryLow, 1, 1);
  set(s, Opcode::And, kVeryLow, 2, 1);
  set(s, Opcode::Or, kVeryLow, 2, 1);
  set(s, Opcode::Xor, kVeryLow, 2, 1);
  set(s, Opcode::Not, kVeryLow, 1, 1);
  set(s, Opcode::Byte, kVeryLow, 2, 1);
  set(s, Opcode::Keccak256, 30, 2, 1);
}

constexpr void add_environment(Schedule& s) {
  set(s, Opcode::Address, kBase, 0, 1);
  set(s, Opcode::Balance, 20, 1, 1);
  set(s, Opcode::Origin, kBase, 0, 1);
  set(s, Opcode::Caller, kBase, 0, 1);
  set(s, Opcode::Callvalue, kBase, 0, 1);
  set(s, Opcode::Calldataload, kVeryLow, 1, 1);
  set(s, Opcode::Calldatasize, kBase, 0, 1);
  set(s, Opcode::Calldatacopy, kVeryLow, 3, 0);
  set(s, Opcode::Codesize, kBase, 0, 1);
  set(s, Opcode::Codecopy, kVeryLow, 3, 0);
  set(s, Opcode::Gasprice, kBase, 0, 1);
  set(s, Opcode::Extcodesize, 20, 1, 1);
  set(s, Opcode::Extcodecopy, 20, 4, 0);
  set(s, Opcode::Blockhash, 20, 1, 1);
  set(s, Opcode::Coinbase, kBase, 0, 1);
  set(s, Opcode::Timestamp, kBase, 0, 1);
  set(s, Opcode::Number, kBase, 0, 1);
  set(s, Opcode::Prevrandao, kBase, 0, 1);
  set(s, Opcode::Gaslimit, kBase, 0, 1);
}

constexpr void add_stack_and_flow(Schedule& s) {
  set(s, Opcode::Stop, kZero, 0, 0);
  set(s, Opcode::Pop, kBase, 1, 0);
  set(s, Opcode::Mload, kVeryLow, 1, 1);
  set(s, Opcode::Mstore, kVeryLow, 2, 0);
  set(s, Opcode::Mstore8, kVeryLow, 2, 0);
  set(s, Opcode::Sload, 50, 1, 1);
  set(s, Opcode::Sstore, kZero, 2, 0);
  set(s, Opcode::Jump, kMid, 1, 0);
  set(s, Opcode::Jumpi, kHigh, 2, 0);
  set(s, Opcode::Pc, kBase, 0, 1);
  set(s, Opcode::Msize, kBase, 0, 1);
  set(s, Opcode::Gas, kBase, 0, 1);
  set(s, Opcode::Jumpdest, 1, 0, 0);
  for (std::uint8_t i = 0; i < 32; ++i)
    s.opcodes[0x60U + i] = {kVeryLow, 0, 1};
  for (std::uint8_t i = 1; i <= 16; ++i) {
    s.opcodes[0x7fU + i] = {kVeryLow, i, static_cast<std::uint8_t>(i + 1)};
    s.opcodes[0x8fU + i] = {kVeryLow, static_cast<std::uint8_t>(i + 1),
                            static_cast<std::uint8_t>(i + 1)};
  }
  for (std::uint8_t i = 0; i <= 4; ++i)
    s.opcodes[0xa0U + i] = {375 * (1 + i), static_cast<std::uint8_t>(2 + i), 0};
}

constexpr void add_system(Schedule& s) {
  set(s, Opcode::Create, 32'000, 3, 1);
  set(s, Opcode::Call, 40, 7, 1);
  set(s, Opcode::Callcode, 40, 7, 1);
  set(s, Opcode::Return, kZero, 2, 0);
  set(s, Opcode::Invalid, kZero, 0, 0);
  set(s, Opcode::Selfdestruct, kZero, 1, 0);
}

constexpr Schedule make_frontier() {
  Schedule s;
  add_arithmetic(s);
  add_environment(s);
  add_stack_and_flow(s);
  add_system(s);
  return s;
}

constexpr Schedule make_homestead() {
  Schedule s = make_frontier();
  set(s, Opcode::Delegatecall, 40, 6, 1);
  s.creation = 32'000;
  s.deposit_must_be_paid = true;
  return s;
}

/// EIP-150.
constexpr Schedule make_tangerine_whistle() {
  Schedule s = make_homestead();
  price(s, Opcode::Extcodesize, 700);
  price(s, Opcode::Extcodecopy, 700);
  price(s, Opcode::Balance, 400);
  price(s, Opcode::Sload, 200);
  price(s, Opcode::Call, 700);
  price(s, Opcode::Callcode, 700);
  price(s, Opcode::Delegatecall, 700);
  price(s, Opcode::Selfdestruct, 5'000);
  s.keeps_a_64th = true;
  s.selfdestruct_new_account = true;
  return s;
}

/// EIP-160, 161, 170.
constexpr Schedule make_spurious_dragon() {
  Schedule s = make_tangerine_whistle();
  s.exp_byte = 50;
  s.state_clearing = true;
  s.code_bytes_max = 24'576;
  return s;
}

/// EIP-140, 211, 214.
constexpr Schedule make_byzantium() {
  Schedule s = make_spurious_dragon();
  set(s, Opcode::Revert, kZero, 2, 0);
  set(s, Opcode::Returndatasize, kBase, 0, 1);
  set(s, Opcode::Returndatacopy, kVeryLow, 3, 0);
  set(s, Opcode::Staticcall, 700, 6, 1);
  return s;
}

/// EIP-145, 1014, 1052, 1283.
constexpr Schedule make_constantinople() {
  Schedule s = make_byzantium();
  set(s, Opcode::Shl, kVeryLow, 2, 1);
  set(s, Opcode::Shr, kVeryLow, 2, 1);
  set(s, Opcode::Sar, kVeryLow, 2, 1);
  set(s, Opcode::Extcodehash, 400, 1, 1);
  set(s, Opcode::Create2, 32'000, 4, 1);
  s.storage_rule = StorageRule::Net;
  s.storage_noop = 200;
  return s;
}

constexpr Schedule make_petersburg() {
  Schedule s = make_constantinople();
  s.storage_rule = StorageRule::Plain;
  return s;
}

/// EIP-1344, 1884, 2028, 2200.
constexpr Schedule make_istanbul() {
  Schedule s = make_petersburg();
  price(s, Opcode::Sload, 800);
  price(s, Opcode::Balance, 700);
  price(s, Opcode::Extcodehash, 700);
  set(s, Opcode::Chainid, kBase, 0, 1);
  set(s, Opcode::Selfbalance, kLow, 0, 1);
  s.calldata_byte = 16;
  s.storage_rule = StorageRule::NetSentried;
  s.storage_noop = 800;
  return s;
}

/// EIP-2929, 2930.
constexpr Schedule make_berlin() {
  Schedule s = make_istanbul();
  for (const Opcode op :
       {Opcode::Extcodesize, Opcode::Extcodecopy, Opcode::Extcodehash, Opcode::Balance,
        Opcode::Call, Opcode::Callcode, Opcode::Delegatecall, Opcode::Staticcall, Opcode::Sload}) {
    price(s, op, kWarmAccess);
  }
  s.tracks_access = true;
  s.cold_account = 2'600 - kWarmAccess;
  s.cold_slot = 2'100 - kWarmAccess;
  s.selfdestruct_cold_account = 2'600;
  s.storage_noop = kWarmAccess;
  s.storage_reset = 5'000 - 2'100;
  s.transaction_type_max = 1;
  return s;
}

/// EIP-1559, 3198, 3529, 3541, 3607.
constexpr Schedule make_london() {
  Schedule s = make_berlin();
  set(s, Opcode::Basefee, kBase, 0, 1);
  s.storage_clear_refund = 4'800;
  s.selfdestruct_refund = 0;
  s.refund_quotient = 5;
  s.rejects_ef_code = true;
  s.sender_must_have_no_code = true;
  s.base_fee = true;
  s.transaction_type_max = 2;
  return s;
}

/// EIP-3651, 3855, 3860.
constexpr Schedule make_shanghai() {
  Schedule s = make_london();
  set(s, Opcode::Push0, kBase, 0, 1);
  s.init_code_bytes_max = 49'152;
  s.init_code_word = 2;
  s.warm_coinbase = true;
  return s;
}

/// EIP-1153, 4844, 5656, 6780, 7516.
constexpr Schedule make_cancun() {
  Schedule s = make_shanghai();
  set(s, Opcode::Blobhash, kVeryLow, 1, 1);
  set(s, Opcode::Blobbasefee, kBase, 0, 1);
  set(s, Opcode::Tload, kWarmAccess, 1, 1);
  set(s, Opcode::Tstore, kWarmAccess, 2, 0);
  set(s, Opcode::Mcopy, kVeryLow, 3, 0);
  s.selfdestruct_only_new = true;
  s.transaction_type_max = 3;
  return s;
}

/// EIP-7623, 7702.
constexpr Schedule make_prague() {
  Schedule s = make_cancun();
  s.calldata_floor_token = 10;
  s.delegations = true;
  s.delegate_warm = kWarmAccess;
  s.transaction_type_max = 4;
  return s;
}

/// EIP-7594, 7825, 7939.
constexpr Schedule make_osaka() {
  Schedule s = make_prague();
  set(s, Opcode::Clz, kLow, 1, 1);
  s.transaction_gas_max = 1ULL << 24;
  s.blobs_per_transaction_max = 6;
  return s;
}

constexpr std::array<Schedule, kRevisions> kSchedules{
    make_frontier(),
    make_homestead(),
    make_tangerine_whistle(),
    make_spurious_dragon(),
    make_byzantium(),
    make_constantinople(),
    make_petersburg(),
    make_istanbul(),
    make_berlin(),
    make_london(),
    make_london(),  // Paris: PREVRANDAO takes DIFFICULTY's place, EIP-4399
    make_shanghai(),
    make_cancun(),
    make_prague(),
    make_osaka()};

}  // namespace

const Schedule& schedule(Revision revision) {
  return kSchedules[static_cast<std::size_t>(revision)];
}

}  // namespace ol::evm
