#include <ol/evm/opcode.hpp>

#include <array>

namespace ol::evm {
namespace {

using Names = std::array<const char*, 256>;

#define OL_EVM_ROW(first, ...)                   \
  do {                                           \
    std::size_t place = (first);                 \
    for (const char* const name : {__VA_ARGS__}) \
      names[place++] = name;                     \
  } while (false)

// clang-format off
constexpr Names make_names() {
  Names names{};
  OL_EVM_ROW(0x00, "STOP", "ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "ADDMOD", "MULMOD",
             "EXP", "SIGNEXTEND");
  OL_EVM_ROW(0x10, "LT", "GT", "SLT", "SGT", "EQ", "ISZERO", "AND", "OR", "XOR", "NOT", "BYTE",
             "SHL", "SHR", "SAR", "CLZ");
  OL_EVM_ROW(0x20, "KECCAK256");
  OL_EVM_ROW(0x30, "ADDRESS", "BALANCE", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATALOAD",
             "CALLDATASIZE", "CALLDATACOPY", "CODESIZE", "CODECOPY", "GASPRICE", "EXTCODESIZE",
             "EXTCODECOPY", "RETURNDATASIZE", "RETURNDATACOPY", "EXTCODEHASH");
  OL_EVM_ROW(0x40, "BLOCKHASH", "COINBASE", "TIMESTAMP", "NUMBER", "DIFFICULTY", "GASLIMIT",
             "CHAINID", "SELFBALANCE", "BASEFEE", "BLOBHASH", "BLOBBASEFEE");
  OL_EVM_ROW(0x50, "POP", "MLOAD", "MSTORE", "MSTORE8", "SLOAD", "SSTORE", "JUMP", "JUMPI", "PC",
             "MSIZE", "GAS", "JUMPDEST", "TLOAD", "TSTORE", "MCOPY", "PUSH0");
  OL_EVM_ROW(0x60, "PUSH1", "PUSH2", "PUSH3", "PUSH4", "PUSH5", "PUSH6", "PUSH7", "PUSH8", "PUSH9",
             "PUSH10", "PUSH11", "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16", "PUSH17",
             "PUSH18", "PUSH19", "PUSH20", "PUSH21", "PUSH22", "PUSH23", "PUSH24", "PUSH25",
             "PUSH26", "PUSH27", "PUSH28", "PUSH29", "PUSH30", "PUSH31", "PUSH32");
  OL_EVM_ROW(0x80, "DUP1", "DUP2", "DUP3", "DUP4", "DUP5", "DUP6", "DUP7", "DUP8", "DUP9", "DUP10",
             "DUP11", "DUP12", "DUP13", "DUP14", "DUP15", "DUP16");
  OL_EVM_ROW(0x90, "SWAP1", "SWAP2", "SWAP3", "SWAP4", "SWAP5", "SWAP6", "SWAP7", "SWAP8", "SWAP9",
             "SWAP10", "SWAP11", "SWAP12", "SWAP13", "SWAP14", "SWAP15", "SWAP16");
  OL_EVM_ROW(0xa0, "LOG0", "LOG1", "LOG2", "LOG3", "LOG4");
  OL_EVM_ROW(0xf0, "CREATE", "CALL", "CALLCODE", "RETURN", "DELEGATECALL", "CREATE2");
  OL_EVM_ROW(0xfa, "STATICCALL");
  OL_EVM_ROW(0xfd, "REVERT", "INVALID", "SELFDESTRUCT");
  return names;
}
// clang-format on

constexpr Names kNames = make_names();

}  // namespace

const char* opcode_name(std::uint8_t byte) {
  return kNames[byte];
}

}  // namespace ol::evm
