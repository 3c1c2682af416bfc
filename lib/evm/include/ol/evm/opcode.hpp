#pragma once

#include <cstdint>

namespace ol::evm {

/// The instructions of the EVM by their byte. Source: Yellow Paper appendix H.2 and the EIPs named.
/// PUSH1..32, DUP1..16 and SWAP1..16 are ranges: only their ends have names.
enum class Opcode : std::uint8_t {
  Stop = 0x00,
  Add = 0x01,
  Mul = 0x02,
  Sub = 0x03,
  Div = 0x04,
  Sdiv = 0x05,
  Mod = 0x06,
  Smod = 0x07,
  Addmod = 0x08,
  Mulmod = 0x09,
  Exp = 0x0a,
  Signextend = 0x0b,
  Lt = 0x10,
  Gt = 0x11,
  Slt = 0x12,
  Sgt = 0x13,
  Eq = 0x14,
  Iszero = 0x15,
  And = 0x16,
  Or = 0x17,
  Xor = 0x18,
  Not = 0x19,
  Byte = 0x1a,
  Shl = 0x1b,  // EIP-145
  Shr = 0x1c,
  Sar = 0x1d,
  Clz = 0x1e,  // EIP-7939
  Keccak256 = 0x20,
  Address = 0x30,
  Balance = 0x31,
  Origin = 0x32,
  Caller = 0x33,
  Callvalue = 0x34,
  Calldataload = 0x35,
  Calldatasize = 0x36,
  Calldatacopy = 0x37,
  Codesize = 0x38,
  Codecopy = 0x39,
  Gasprice = 0x3a,
  Extcodesize = 0x3b,
  Extcodecopy = 0x3c,
  Returndatasize = 0x3d,  // EIP-211
  Returndatacopy = 0x3e,
  Extcodehash = 0x3f,  // EIP-1052
  Blockhash = 0x40,
  Coinbase = 0x41,
  Timestamp = 0x42,
  Number = 0x43,
  Prevrandao = 0x44,  // EIP-4399; DIFFICULTY before
  Gaslimit = 0x45,
  Chainid = 0x46,      // EIP-1344
  Selfbalance = 0x47,  // EIP-1884
  Basefee = 0x48,      // EIP-3198
  Blobhash = 0x49,     // EIP-4844
  Blobbasefee = 0x4a,  // EIP-7516
  Pop = 0x50,
  Mload = 0x51,
  Mstore = 0x52,
  Mstore8 = 0x53,
  Sload = 0x54,
  Sstore = 0x55,
  Jump = 0x56,
  Jumpi = 0x57,
  Pc = 0x58,
  Msize = 0x59,
  Gas = 0x5a,
  Jumpdest = 0x5b,
  Tload = 0x5c,  // EIP-1153
  Tstore = 0x5d,
  Mcopy = 0x5e,  // EIP-5656
  Push0 = 0x5f,  // EIP-3855
  Push1 = 0x60,
  Push32 = 0x7f,
  Dup1 = 0x80,
  Dup16 = 0x8f,
  Swap1 = 0x90,
  Swap16 = 0x9f,
  Log0 = 0xa0,
  Log1 = 0xa1,
  Log2 = 0xa2,
  Log3 = 0xa3,
  Log4 = 0xa4,
  Create = 0xf0,
  Call = 0xf1,
  Callcode = 0xf2,
  Return = 0xf3,
  Delegatecall = 0xf4,  // EIP-7
  Create2 = 0xf5,       // EIP-1014
  Staticcall = 0xfa,    // EIP-214
  Revert = 0xfd,        // EIP-140
  Invalid = 0xfe,       // EIP-141
  Selfdestruct = 0xff,
};

/// The instruction's name in capitals, as tracers print it; null for a byte that is none.
[[nodiscard]] const char* opcode_name(std::uint8_t byte);

}  // namespace ol::evm
