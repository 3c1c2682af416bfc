#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ol/primitives/receipt.hpp>
#include <ol/rpc/call.hpp>
#include <ol/rpc/error.hpp>

namespace ol::rpc {

struct BlockRecord;

/// One block of eth_simulateV1.
struct SimulateBlock {
  /// Number and time are set.
  BlockOverrides block;
  StateOverrides state;
  std::vector<CallRequest> calls;
};

/// Blocks on top of block `number` of the chain, none of which is kept.
struct SimulateRequest {
  std::uint64_t number = 0;
  /// Numbers and times ascend.
  std::vector<SimulateBlock> blocks;
  /// Transfers of ether are logs too.
  bool trace_transfers = false;
  /// Transactions are held to the rules of a block.
  bool validation = false;
  /// For all calls together.
  std::uint64_t gas_max = 0;
};

/// How a call of a simulated block ended.
struct SimulatedCallResult {
  CallResult result;
  std::uint64_t gas_used_max = 0;  // before refunds
  std::vector<primitives::Log> logs;
};

/// What simulated transactions are refused for, beside the codes of JSON-RPC: execution-apis,
/// eth_simulateV1.
inline constexpr int kNonceTooLow = -38010;
inline constexpr int kNonceTooHigh = -38011;
inline constexpr int kIntrinsicGas = -38013;
inline constexpr int kInsufficientFunds = -38014;
inline constexpr int kBlockGasLimitReached = -38015;
inline constexpr int kBlockNumbersNotAscending = -38020;
inline constexpr int kBlockTimesNotAscending = -38021;
inline constexpr int kSenderHasCode = -38024;
inline constexpr int kInitCodeTooLarge = -38025;
inline constexpr int kTooManyBlocks = -38026;
/// Code that failed otherwise than by a revert.
inline constexpr int kVmError = -32015;

}  // namespace ol::rpc
