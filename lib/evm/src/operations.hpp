#pragma once

#include <ol/base/u256.hpp>

#include "frame.hpp"

namespace ol::evm {

/// Instructions that do more than compute. Static gas and the stack's bounds were checked; what
/// depends on operands is charged here. `top` points to the top word, the next lies below it; the
/// result goes where the lowest operand was (above `top` if there is none). False ends the frame.
using Operation = bool (*)(Frame& frame, U256* top);

namespace operations {

bool exp(Frame& frame, U256* top);
bool keccak256(Frame& frame, U256* top);
bool address(Frame& frame, U256* top);
bool balance(Frame& frame, U256* top);
bool origin(Frame& frame, U256* top);
bool caller(Frame& frame, U256* top);
bool calldataload(Frame& frame, U256* top);
bool calldatacopy(Frame& frame, U256* top);
bool codecopy(Frame& frame, U256* top);
bool gasprice(Frame& frame, U256* top);
bool extcodesize(Frame& frame, U256* top);
bool extcodecopy(Frame& frame, U256* top);
bool returndatasize(Frame& frame, U256* top);
bool returndatacopy(Frame& frame, U256* top);
bool extcodehash(Frame& frame, U256* top);
bool blockhash(Frame& frame, U256* top);
bool coinbase(Frame& frame, U256* top);
bool timestamp(Frame& frame, U256* top);
bool number(Frame& frame, U256* top);
bool prevrandao(Frame& frame, U256* top);
bool gaslimit(Frame& frame, U256* top);
bool chainid(Frame& frame, U256* top);
bool selfbalance(Frame& frame, U256* top);
bool basefee(Frame& frame, U256* top);
bool blobhash(Frame& frame, U256* top);
bool blobbasefee(Frame& frame, U256* top);
bool mload(Frame& frame, U256* top);
bool mstore(Frame& frame, U256* top);
bool mstore8(Frame& frame, U256* top);
bool mcopy(Frame& frame, U256* top);
bool sload(Frame& frame, U256* top);
bool sstore(Frame& frame, U256* top);
bool tload(Frame& frame, U256* top);
bool tstore(Frame& frame, U256* top);
bool log0(Frame& frame, U256* top);
bool log1(Frame& frame, U256* top);
bool log2(Frame& frame, U256* top);
bool log3(Frame& frame, U256* top);
bool log4(Frame& frame, U256* top);
/// Calls and creation: `frame.stack_end` says where the callee's stack may begin.
bool create(Frame& frame, U256* top);
bool create2(Frame& frame, U256* top);
bool call(Frame& frame, U256* top);
bool callcode(Frame& frame, U256* top);
bool delegatecall(Frame& frame, U256* top);
bool staticcall(Frame& frame, U256* top);
/// These always end the frame; they return false.
bool finish(Frame& frame, U256* top);
bool revert(Frame& frame, U256* top);
bool selfdestruct(Frame& frame, U256* top);

}  // namespace operations
}  // namespace ol::evm
