#include "bench/block_contracts.hpp"

#include <string>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

#include "bench/assembler.hpp"

namespace ol::app::bench {
namespace {

constexpr const char* kTransferSelector = "0xa9059cbb";
constexpr const char* kTransferFromSelector = "0x23b872dd";
constexpr const char* kSwapSelector = "0x94b918de";

// Keccak-256 of Transfer(address,address,uint256).
constexpr const char* kTransferEvent =
    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/// Ends with the slot of the address on the stack's top under `base` in its place.
std::string mapping_slot(const char* base) {
  return std::string(" 0x00 MSTORE ") + base + " 0x20 MSTORE 0x40 0x00 KECCAK256 ";
}

/// Takes from, to and amount off the stack (from on top); moves the amount and logs.
std::string move_body() {
  return std::string("move: DUP1") + mapping_slot("0x00") +
         // slot from to amount
         "DUP1 SLOAD DUP5 DUP2 LT @fail JUMPI "
         // balance slot from to amount
         "DUP5 SWAP1 SUB SWAP1 SSTORE "
         // from to amount
         "DUP2" +
         mapping_slot("0x00") +
         "DUP1 SLOAD DUP5 ADD SWAP1 SSTORE "
         // from to amount
         "DUP3 0x00 MSTORE " +
         kTransferEvent +
         // event from to amount -> LOG3 wants offset, size, event, from, to
         " 0x20 0x00 LOG3 POP 0x01 0x00 MSTORE 0x20 0x00 RETURN ";
}

std::string word_of(const Address& address) {
  return to_hex_prefixed(address.view());
}

Bytes with_words(const char* selector, const std::vector<Hash256>& words) {
  Bytes out = *from_hex(selector);
  for (const Hash256& word : words)
    append(out, word.view());
  return out;
}

Hash256 padded(const Address& address) {
  Hash256 out;
  std::copy(address.bytes.begin(), address.bytes.end(), out.bytes.begin() + 12);
  return out;
}

Hash256 hash_of_pair(const Hash256& key, const Hash256& base) {
  Bytes bytes = to_bytes(key.view());
  append(bytes, base.view());
  return crypto::keccak256(bytes);
}

}  // namespace

Bytes token_code() {
  return assemble(std::string("0x00 CALLDATALOAD 0xe0 SHR DUP1 ") + kTransferSelector +
                  " EQ @transfer JUMPI DUP1 " + kTransferFromSelector +
                  " EQ @from JUMPI fail: 0x00 0x00 REVERT "
                  "transfer: POP 0x24 CALLDATALOAD 0x04 CALLDATALOAD CALLER @move JUMP "
                  "from: POP 0x44 CALLDATALOAD 0x24 CALLDATALOAD 0x04 CALLDATALOAD DUP1" +
                  mapping_slot("0x01") +
                  // hash of owner; then under the spender
                  "0x20 MSTORE CALLER 0x00 MSTORE 0x40 0x00 KECCAK256 "
                  // slot from to amount
                  "DUP1 SLOAD DUP5 DUP2 LT @fail JUMPI DUP5 SWAP1 SUB SWAP1 SSTORE " +
                  move_body());
}

Bytes pool_code(const Address& first, const Address& second) {
  // The call's result is one word at 0; a token that says no is a swap that fails.
  const std::string take = std::string(kTransferFromSelector) +
                           " 0xe0 SHL 0x00 MSTORE CALLER 0x04 MSTORE ADDRESS 0x24 MSTORE DUP1 0x44 "
                           "MSTORE 0x20 0x00 0x64 0x00 0x00 " +
                           word_of(first) + " GAS CALL ISZERO @fail JUMPI ";
  const std::string give = std::string(kTransferSelector) +
                           " 0xe0 SHL 0x00 MSTORE CALLER 0x04 MSTORE DUP1 0x24 MSTORE "
                           "0x20 0x00 0x44 0x00 0x00 " +
                           word_of(second) + " GAS CALL ISZERO @fail JUMPI ";
  return assemble(std::string("0x00 CALLDATALOAD 0xe0 SHR ") + kSwapSelector +
                  " EQ @swap JUMPI fail: 0x00 0x00 REVERT "
                  "swap: 0x04 CALLDATALOAD " +
                  take +
                  // in -> out = in * 997 * r1 / (r0 * 1000 + in * 997)
                  "DUP1 0x03e5 MUL DUP1 0x00 SLOAD 0x03e8 MUL ADD SWAP1 0x01 SLOAD MUL DIV "
                  // out in
                  "SWAP1 0x00 SLOAD ADD 0x00 SSTORE "
                  "DUP1 0x01 SLOAD SUB 0x01 SSTORE " +
                  give + "0x00 MSTORE 0x20 0x00 RETURN");
}

Hash256 balance_slot(const Address& holder) {
  return hash_of_pair(padded(holder), Hash256{});
}

Hash256 allowance_slot(const Address& owner, const Address& spender) {
  Hash256 one;
  one.bytes[31] = 1;
  return hash_of_pair(padded(spender), hash_of_pair(padded(owner), one));
}

Bytes transfer_input(const Address& to, const U256& amount) {
  return with_words(kTransferSelector, {padded(to), amount.to_fixed<Hash256>()});
}

Bytes swap_input(const U256& amount) {
  return with_words(kSwapSelector, {amount.to_fixed<Hash256>()});
}

}  // namespace ol::app::bench
