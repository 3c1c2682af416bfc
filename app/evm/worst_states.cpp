// Instructions that read and change the state, call and create.
#include "worst_case.hpp"

namespace ol::app {
namespace {

constexpr Address kStop{{0xa0, 1}};
constexpr Address kReturns{{0xa0, 2}};
constexpr Address kReverts{{0xa0, 3}};
constexpr Address kInvalid{{0xa0, 4}};
constexpr Address kGrows8K{{0xa0, 5}};
constexpr Address kGrows64K{{0xa0, 6}};
constexpr Address kGrows1M{{0xa0, 7}};
constexpr Address kRecurses{{0xa0, 8}};
constexpr Address kRecursesGrowing{{0xa0, 9}};
constexpr Address kTree{{0xa0, 10}};
constexpr Address kDestroys{{0xa0, 11}};
constexpr Address kWritesAndReverts{{0xa0, 12}};

std::string text(const Address& address) {
  return worst_push(U256::from_big_endian(address.view()).value());
}

/// A call that passes all gas and neither value nor data.
std::string call(const std::string& op, const std::string& address) {
  const std::string value = op == "CALL" || op == "CALLCODE" ? "0x00 " : "";
  return "0x00 0x00 0x00 0x00 " + value + address + " GAS " + op + " POP";
}

/// Before the loop: the step, and below it a key that `next` moves on.
std::string keys_from(std::uint64_t first) {
  return worst_push(worst_key_step()) + " " +
         worst_push(U256{first} * worst_key_step() - worst_key_step());
}
const std::string kNext = "DUP2 ADD ";

void add_accounts(std::vector<WorstCase>& out) {
  const auto add = [&](const std::string& what, std::uint64_t first, std::int64_t gas) {
    const auto add_one = [&](const std::string& op, const std::string& body) {
      out.push_back(
          {.name = op + ", " + what, .setup = keys_from(first), .body = kNext + body, .gas = gas});
    };
    add_one("BALANCE", "DUP1 BALANCE POP");
    add_one("EXTCODESIZE", "DUP1 EXTCODESIZE POP");
    add_one("EXTCODEHASH", "DUP1 EXTCODEHASH POP");
    add_one("EXTCODECOPY", "0x01 0x00 0x00 DUP4 EXTCODECOPY");
    for (const std::string op : {"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})
      add_one(op, call(op, op == "CALL" || op == "CALLCODE" ? "DUP6" : "DUP5"));
  };
  add("cold account", 1, 0);
  add("cold account that does not exist", 50'000'000, 0);
  // Each contract once.
  add("cold contract of 24,576 bytes", kFirstIdleCode, 1'500'000);
  out.push_back({.name = "CALL, cold contract of 24,576 bytes, all run",
                 .setup = keys_from(kFirstBusyCode),
                 .body = kNext + call("CALL", "DUP6"),
                 .unrolled = 10});
  const std::string self = "ADDRESS ";
  for (const std::string op : {"BALANCE", "EXTCODESIZE", "EXTCODEHASH"})
    out.push_back({.name = op + ", warm", .setup = {}, .body = self + op + " POP"});
  const std::string idle = worst_push(U256{kFirstIdleCode} * worst_key_step());
  out.push_back({.name = "EXTCODECOPY, warm, 1 byte",
                 .setup = idle,
                 .body = "0x01 0x00 0x00 DUP4 EXTCODECOPY"});
  out.push_back({.name = "EXTCODECOPY, warm, 24,576 bytes",
                 .setup = idle,
                 .body = "0x6000 0x00 0x00 DUP4 EXTCODECOPY"});
}

void add_storage(std::vector<WorstCase>& out) {
  const std::string key = "DUP1 ";
  out.push_back({.name = "SLOAD, cold", .setup = keys_from(1), .body = kNext + key + "SLOAD POP"});
  out.push_back({.name = "SLOAD, cold slot that does not exist",
                 .setup = keys_from(50'000'000),
                 .body = kNext + key + "SLOAD POP"});
  out.push_back({.name = "SLOAD, warm", .setup = {}, .body = "0x01 SLOAD POP"});
  out.push_back(
      {.name = "SLOAD, 500 warm slots", .setup = {}, .body = "0x# SLOAD POP", .unrolled = 500});
  out.push_back(
      {.name = "SSTORE, cold, changed", .setup = keys_from(1), .body = kNext + "DUP1 DUP1 SSTORE"});
  out.push_back(
      {.name = "SSTORE, cold, cleared", .setup = keys_from(1), .body = kNext + "0x00 DUP2 SSTORE"});
  out.push_back({.name = "SSTORE, cold, set",
                 .setup = keys_from(50'000'000),
                 .body = kNext + "DUP1 DUP1 SSTORE"});
  out.push_back({.name = "SSTORE, cold, zero to zero",
                 .setup = keys_from(50'000'000),
                 .body = kNext + "0x00 DUP2 SSTORE"});
  out.push_back(
      {.name = "SSTORE, warm, to and fro", .setup = "0x01", .body = "0x01 ADD DUP1 0x05 SSTORE"});
  out.push_back({.name = "TLOAD, one", .setup = {}, .body = "0x01 TLOAD POP"});
  out.push_back(
      {.name = "TLOAD, ever others", .setup = keys_from(1), .body = kNext + "DUP1 TLOAD POP"});
  out.push_back({.name = "TSTORE, one", .setup = "0x01", .body = "0x01 ADD DUP1 0x05 TSTORE"});
  out.push_back(
      {.name = "TSTORE, ever others", .setup = keys_from(1), .body = kNext + "DUP1 DUP1 TSTORE"});
  const std::string topics[] = {"", "0x01 ", "0x01 0x02 ", "0x01 0x02 0x03 ",
                                "0x01 0x02 0x03 0x04 "};
  for (int n = 0; n <= 4; ++n) {
    const std::string op = "LOG" + std::to_string(n);
    out.push_back({.name = op + " of 0 bytes", .setup = {}, .body = topics[n] + "0x00 0x00 " + op});
    out.push_back(
        {.name = op + " of 4,096 bytes", .setup = {}, .body = topics[n] + "0x1000 0x00 " + op});
  }
}

void add_calls(std::vector<WorstCase>& out) {
  for (const std::string op : {"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})
    out.push_back(
        {.name = op + " of a contract that stops", .setup = {}, .body = call(op, text(kStop))});
  const auto add = [&](const std::string& what, const Address& callee) {
    out.push_back({.name = what,
                   .setup = {},
                   .body = call("CALL", text(callee)),
                   .unrolled = 1,
                   .gas_reserve = 3'000'000});
  };
  add("CALL of RETURN with 4,096 bytes", kReturns);
  add("CALL of REVERT with 4,096 bytes", kReverts);
  add("CALL of memory of 8 KiB", kGrows8K);
  add("CALL of memory of 64 KiB", kGrows64K);
  add("CALL of memory of 1 MiB", kGrows1M);
  add("CALL of writes that are reverted", kWritesAndReverts);
  out.push_back({.name = "CALL of INVALID",
                 .setup = {},
                 .body = "0x00 0x00 0x00 0x00 0x00 " + text(kInvalid) + " 0x01 CALL POP"});
  out.push_back({.name = "CALL without gas",
                 .setup = {},
                 .body = "0x00 0x00 0x00 0x00 0x00 " + text(kReturns) + " 0x00 CALL POP"});
  out.push_back({.name = "CALL with value",
                 .setup = keys_from(1),
                 .body = "0x00 0x00 0x00 0x00 0x01 DUP6 GAS CALL POP"});
  out.push_back({.name = "CALL with value, cold account",
                 .setup = keys_from(1),
                 .body = kNext + "0x00 0x00 0x00 0x00 0x01 DUP6 GAS CALL POP"});
  out.push_back({.name = "CALL with value, new account",
                 .setup = keys_from(50'000'000),
                 .body = kNext + "0x00 0x00 0x00 0x00 0x01 DUP6 GAS CALL POP"});
  // A 64th stays behind in each frame: the deepest need this much at the top.
  constexpr std::int64_t kDeepGas = 20'000'000'000;
  constexpr std::int64_t kDeepReserve = kDeepGas - 10'000'000;
  out.push_back({.name = "CALL, 1,024 deep",
                 .setup = {},
                 .body = call("CALL", text(kRecurses)),
                 .unrolled = 1,
                 .gas = kDeepGas,
                 .gas_reserve = kDeepReserve});
  out.push_back({.name = "CALL, 1,024 deep, 1 KiB of memory each",
                 .setup = {},
                 .body = call("CALL", text(kRecursesGrowing)),
                 .unrolled = 1,
                 .gas = kDeepGas,
                 .gas_reserve = kDeepReserve});
  out.push_back({.name = "CALL, a tree that runs out of gas",
                 .setup = {},
                 .body = "0x00 0x00 0x00 0x00 0x00 " + text(kTree) + " 0x0f4240 CALL POP",
                 .unrolled = 1});
}

Bytes filled(Bytes start, ByteView unit, std::size_t size) {
  while (start.size() + unit.size() <= size)
    append(start, unit);
  start.resize(size, 0x00);
  return start;
}

void add_creation(std::vector<WorstCase>& out) {
  constexpr std::size_t kInitCodeMax = 49'152;  // EIP-3860
  const Bytes jumpdest{0x5b};
  const Bytes push1{0x60, 0x60};
  const Bytes short_block{0x5b, 0x58, 0x50};     // JUMPDEST PC POP
  const Bytes straight{0x58, 0x58, 0x01, 0x50};  // PC PC ADD POP
  const Bytes wide{0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                   17,   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x50};
  const auto add = [&](const std::string& what, const Bytes& init_code) {
    const std::string setup = "CALLDATASIZE 0x00 0x00 CALLDATACOPY ";
    out.push_back({.name = "CREATE, " + what,
                   .setup = setup,
                   .body = "CALLDATASIZE 0x00 0x00 CREATE POP",
                   .input = init_code,
                   .unrolled = 1,
                   .gas_reserve = 6'000'000});
    out.push_back({.name = "CREATE2, " + what,
                   .setup = setup + "0x00",
                   .body = "0x01 ADD DUP1 CALLDATASIZE 0x00 0x00 CREATE2 POP",
                   .input = init_code,
                   .unrolled = 1,
                   .gas_reserve = 6'000'000});
  };
  add("nothing", {});
  add("49,152 bytes, STOP, then JUMPDEST", filled({0x00}, jumpdest, kInitCodeMax));
  add("49,152 bytes, STOP, then PUSH1", filled({0x00}, push1, kInitCodeMax));
  add("49,152 bytes of JUMPDEST", filled({}, jumpdest, kInitCodeMax));
  add("49,152 bytes of short blocks", filled({}, short_block, kInitCodeMax));
  add("49,152 bytes of straight code", filled({}, straight, kInitCodeMax));
  add("49,152 bytes of PUSH32 and POP", filled({}, wide, kInitCodeMax));
  add("24,576 bytes deployed", {0x61, 0x60, 0x00, 0x5f, 0xf3});  // PUSH2 0x6000 PUSH0 RETURN
  add("32 bytes deployed", {0x60, 0x20, 0x5f, 0xf3});
  add("SELFDESTRUCT at once", {0x33, 0xff});  // CALLER SELFDESTRUCT
  out.push_back({.name = "SELFDESTRUCT of an old contract",
                 .setup = {},
                 .body = call("CALL", text(kDestroys))});
}

}  // namespace

const std::vector<WorstCallee>& worst_callees() {
  static const std::string kCallSelf = "0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL POP ";
  static const std::string kGrowingSelf = "0x01 0x03e0 MSTORE " + kCallSelf;
  static const std::string kTwice = kCallSelf + kCallSelf;
  static const std::vector<WorstCallee> kCallees{
      {kStop, "STOP"},
      {kReturns, "0x1000 0x00 RETURN"},
      {kReverts, "0x1000 0x00 REVERT"},
      {kInvalid, "INVALID"},
      {kGrows8K, "0x01 0x1fe0 MSTORE"},
      {kGrows64K, "0x01 0xffe0 MSTORE"},
      {kGrows1M, "0x01 0x0fffe0 MSTORE"},
      {kRecurses, kCallSelf},
      {kRecursesGrowing, kGrowingSelf},
      {kTree, kTwice},
      {kDestroys, "CALLER SELFDESTRUCT"},
      {kWritesAndReverts, "0x01 0x01 SSTORE 0x02 0x02 SSTORE 0x03 0x03 SSTORE 0x00 0x00 REVERT"},
  };
  return kCallees;
}

std::vector<WorstCase> worst_state_cases() {
  std::vector<WorstCase> out;
  add_accounts(out);
  add_storage(out);
  add_calls(out);
  add_creation(out);
  for (WorstCase& test : out) {
    test.cold = true;
    // Each costs much: a whole round must fit what is left when the loop ends.
    if (test.unrolled == 0) test.unrolled = 8;
  }
  return out;
}

}  // namespace ol::app
