#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/revision.hpp>

namespace ol::app {

/// A program that does one thing as slowly as its gas allows, over and over.
struct WorstCase {
  std::string name = {};
  /// Runs once, before the loop. Assembly as `bench::assemble` reads it.
  std::string setup = {};
  /// What is repeated; leaves the stack as it was. `#` becomes the number of the repetition,
  /// of four digits.
  std::string body = {};
  Bytes input = {};  // call data
  evm::Revision revision = evm::Revision::Prague;
  /// Repetitions in the code; none: as many as fill 4,096 bytes or so.
  std::size_t unrolled = 0;
  /// Gas of a run; none: the option's. More for what needs a deep stack of calls, less for what
  /// would otherwise meet the same cold account twice.
  std::int64_t gas = 0;
  /// The loop ends when no more is left; none: a tenth.
  std::int64_t gas_reserve = 0;
  /// Whether it calls a precompiled contract, which must not lack gas.
  bool calls_precompile = false;
  /// Whether the database is opened anew for each run, so that nothing was read before.
  bool cold = false;
};

/// Every instruction, several ways where the slowest is not obvious.
[[nodiscard]] std::vector<WorstCase> worst_opcode_cases();
/// What moves memory, reads and writes state, calls and creates.
[[nodiscard]] std::vector<WorstCase> worst_state_cases();
/// Every precompiled contract.
[[nodiscard]] std::vector<WorstCase> worst_precompile_cases();

/// The state the programs run on. Keys of accounts, slots and codes are `index` times this, so that
/// they lie all over the store.
[[nodiscard]] U256 worst_key_step();
/// A number as the assembler reads it.
[[nodiscard]] std::string worst_push(const U256& value);

/// Contracts that programs call, in every state.
struct WorstCallee {
  Address address;
  std::string_view code;  // assembly
};
[[nodiscard]] const std::vector<WorstCallee>& worst_callees();

/// Sizes of the stored state.
struct WorstStateSize {
  std::uint32_t accounts = 100'000;
  std::uint32_t slots = 100'000;  // of the contract that runs
  std::uint32_t codes = 600;      // contracts with the longest code, each kind
};

/// Where the contracts with the longest code are: these numbers times the step.
inline constexpr std::uint64_t kFirstIdleCode = 10'000'000;  // STOP, then jump destinations
inline constexpr std::uint64_t kFirstBusyCode = 20'000'000;  // short blocks, all of which run

}  // namespace ol::app
