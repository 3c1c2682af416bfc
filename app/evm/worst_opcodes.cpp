// Instructions that compute, look at their surroundings or move control: no state changes.
#include <ol/base/hex.hpp>

#include "worst_case.hpp"

namespace ol::app {
namespace {

// Words without a pattern that arithmetic could use.
const std::string kA = "0xf7b9d1a3c5e7091b2d4f618395a7b9cbddeff113253749586a7c8e9fb1c3d5e7";
const std::string kB = "0xe9c1f5a78b3d2f6170495867c3b5a19d8f7e6d5c4b3a29181706f5e4d3c2b1a1";
const std::string kModulus = "0xd3a1b5c7e9fb0d1f31537597b9dbfd1f4163758597a9bbcdddeeff0112233443";
const std::string kOther = "0xc5a3b1d7f9eb1d0f13355779bbdd1fff6143857597b9dbcdededffef21121335";

std::string bytes_of_ones(std::size_t count) {
  std::string out = "0x";
  for (std::size_t i = 0; i < count; ++i)
    out += "ff";
  return out;
}

void add_arithmetic(std::vector<WorstCase>& out) {
  for (const std::string op :
       {"ADD", "MUL", "SUB", "LT", "GT", "SLT", "SGT", "EQ", "AND", "OR", "XOR"}) {
    out.push_back({.name = op, .setup = kB + " " + kA, .body = "DUP2 DUP2 " + op + " POP"});
  }
  // The first operand is a position or a distance.
  for (const std::string op : {"SIGNEXTEND", "BYTE", "SHL", "SHR", "SAR"})
    out.push_back({.name = op, .setup = kB + " 0x11", .body = "DUP2 DUP2 " + op + " POP"});
  for (const std::string op : {"ISZERO", "NOT"})
    out.push_back({.name = op, .setup = kA, .body = "DUP1 " + op + " POP"});
  out.push_back(
      {.name = "CLZ", .setup = "0x01", .body = "DUP1 CLZ POP", .revision = evm::Revision::Osaka});
}

void add_division(std::vector<WorstCase>& out) {
  for (const std::string op : {"DIV", "SDIV", "MOD", "SMOD"}) {
    for (const std::size_t bytes :
         {std::size_t{8}, std::size_t{9}, std::size_t{17}, std::size_t{25}}) {
      // A positive dividend of 255 bits; the divisor is odd and not just below a power of two.
      const std::string divisor = kB.substr(0, 2 + 2 * bytes - 2) + "a1";
      out.push_back({.name = op + " by " + std::to_string(bytes) + " bytes",
                     .setup = divisor + " 0x77" + kA.substr(4),
                     .body = "DUP2 DUP2 " + op + " POP"});
    }
  }
  out.push_back({.name = "ADDMOD",
                 .setup = kModulus + " " + kB + " " + kA,
                 .body = "DUP3 DUP3 DUP3 ADDMOD POP"});
  out.push_back({.name = "ADDMOD, modulus of 129 bits",
                 .setup = "0x01" + kModulus.substr(2, 32) + " " + kB + " " + kA,
                 .body = "DUP3 DUP3 DUP3 ADDMOD POP"});
  out.push_back({.name = "MULMOD, one modulus",
                 .setup = kModulus + " " + kB + " " + kA,
                 .body = "DUP3 DUP3 DUP3 MULMOD POP"});
  out.push_back({.name = "MULMOD, two moduli in turn",
                 .setup = kOther + " " + kModulus + " " + kB + " " + kA,
                 .body = "DUP3 DUP3 DUP3 MULMOD POP DUP4 DUP3 DUP3 MULMOD POP"});
  out.push_back({.name = "MULMOD, moduli of 129 bits in turn",
                 .setup = "0x01" + kOther.substr(2, 32) + " 0x01" + kModulus.substr(2, 32) + " " +
                          kB + " " + kA,
                 .body = "DUP3 DUP3 DUP3 MULMOD POP DUP4 DUP3 DUP3 MULMOD POP"});
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{2}, std::size_t{32}}) {
    out.push_back({.name = "EXP, exponent of " + std::to_string(bytes) + " bytes",
                   .setup = bytes_of_ones(bytes) + " " + kA,
                   .body = "DUP2 DUP2 EXP POP"});
  }
}

void add_keccak(std::vector<WorstCase>& out) {
  for (const std::uint64_t bytes : {0U, 1U, 32U, 135U, 136U, 1'024U, 65'536U, 500'000U}) {
    const std::string size = worst_push(U256{bytes});
    out.push_back({.name = "KECCAK256 of " + std::to_string(bytes) + " bytes",
                   .setup = "0x01 0x07a120 MSTORE8",
                   .body = size + " 0x00 KECCAK256 POP",
                   .unrolled = bytes < 4'096 ? 0U : 4U});
  }
}

void add_environment(std::vector<WorstCase>& out) {
  for (const std::string op : {"ADDRESS",      "ORIGIN",    "CALLER",      "CALLVALUE",
                               "CALLDATASIZE", "CODESIZE",  "GASPRICE",    "RETURNDATASIZE",
                               "COINBASE",     "TIMESTAMP", "NUMBER",      "DIFFICULTY",
                               "GASLIMIT",     "CHAINID",   "SELFBALANCE", "BASEFEE",
                               "BLOBBASEFEE",  "PC",        "MSIZE",       "GAS",
                               "PUSH0"}) {
    out.push_back({.name = op, .setup = {}, .body = op + " POP"});
  }
  out.push_back({.name = "BLOBHASH", .setup = {}, .body = "0x00 BLOBHASH POP"});
  out.push_back({.name = "BLOCKHASH", .setup = {}, .body = "0x0f4200 BLOCKHASH POP"});
  out.push_back({.name = "CALLDATALOAD",
                 .setup = {},
                 .body = "0x07 CALLDATALOAD POP",
                 .input = Bytes(100, 0xff)});
}

void add_stack_and_flow(std::vector<WorstCase>& out) {
  std::string seventeen;
  for (int i = 0; i < 17; ++i)
    seventeen += kA + " ";
  for (int n = 1; n <= 16; ++n) {
    const std::string number = std::to_string(n);
    out.push_back({.name = "DUP" + number, .setup = seventeen, .body = "DUP" + number + " POP"});
    out.push_back({.name = "SWAP" + number, .setup = seventeen, .body = "SWAP" + number});
  }
  for (std::size_t bytes = 1; bytes <= 32; ++bytes) {
    out.push_back({.name = "PUSH" + std::to_string(bytes),
                   .setup = {},
                   .body = bytes_of_ones(bytes) + " POP"});
  }
  out.push_back({.name = "JUMP", .setup = {}, .body = "@a# JUMP a#:"});
  out.push_back(
      {.name = "JUMP to a computed place", .setup = "0x00", .body = "DUP1 @a# ADD JUMP a#:"});
  out.push_back({.name = "JUMPI, taken", .setup = "0x01", .body = "DUP1 @a# JUMPI a#:"});
  out.push_back({.name = "JUMPI, not taken", .setup = "0x00", .body = "DUP1 @a# JUMPI a#:"});
  // Half of them taken, by bits nobody can foresee.
  out.push_back({.name = "JUMPI, by chance",
                 .setup = "0x01",
                 .body = kA + " MUL " + kB + " ADD DUP1 0xc8 SHR 0x01 AND @a# JUMPI PC POP a#:"});
  out.push_back({.name = "JUMPDEST", .setup = {}, .body = "JUMPDEST"});
}

void add_memory(std::vector<WorstCase>& out) {
  out.push_back({.name = "MLOAD", .setup = {}, .body = "0x1f MLOAD POP"});
  out.push_back({.name = "MSTORE", .setup = {}, .body = "CALLER 0x1f MSTORE"});
  out.push_back({.name = "MSTORE8", .setup = {}, .body = "CALLER 0x1f MSTORE8"});
  out.push_back({.name = "MLOAD, memory growing", .setup = {}, .body = "MSIZE MLOAD POP"});
  out.push_back({.name = "MSTORE, memory growing", .setup = {}, .body = "CALLER MSIZE MSTORE"});
  out.push_back({.name = "MSTORE, memory growing by 32 KiB",
                 .setup = {},
                 .body = "CALLER MSIZE 0x8000 ADD MSTORE",
                 .unrolled = 1});
  const std::string memory = "0x01 0x07a120 MSTORE8";  // 500,000 bytes
  for (const std::uint64_t bytes : {0U, 1U, 33U, 4'096U, 400'000U}) {
    const std::string size = worst_push(U256{bytes});
    const std::string of = " of " + std::to_string(bytes) + " bytes";
    const std::size_t unrolled = bytes < 10'000 ? 0 : 4;
    out.push_back({.name = "CALLDATACOPY" + of,
                   .setup = memory,
                   .body = size + " 0x01 0x03 CALLDATACOPY",
                   .input = Bytes(400'001, 0xee),
                   .unrolled = unrolled});
    out.push_back({.name = "CODECOPY" + of,
                   .setup = memory,
                   .body = size + " 0x01 0x03 CODECOPY",
                   .unrolled = unrolled});
    out.push_back({.name = "MCOPY" + of,
                   .setup = memory,
                   .body = size + " 0x01 0x03 MCOPY",
                   .unrolled = unrolled});
    // The identity contract leaves as much return data.
    out.push_back({.name = "RETURNDATACOPY" + of,
                   .setup = memory + " 0x00 0x00 " + size + " 0x00 0x04 GAS STATICCALL POP",
                   .body = size + " 0x00 0x03 RETURNDATACOPY",
                   .unrolled = unrolled});
  }
}

}  // namespace

U256 worst_key_step() {
  return U256::from_hex("0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95")
      .value();
}

std::string worst_push(const U256& value) {
  const Bytes bytes = value.to_minimal_big_endian();
  return bytes.empty() ? "0x00" : to_hex_prefixed(bytes);
}

std::vector<WorstCase> worst_opcode_cases() {
  std::vector<WorstCase> out;
  add_arithmetic(out);
  add_division(out);
  add_keccak(out);
  add_environment(out);
  add_stack_and_flow(out);
  add_memory(out);
  return out;
}

}  // namespace ol::app
