#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ol/evm/revision.hpp>

namespace ol::evm {

/// What an instruction takes whatever its operands are.
struct OpcodeRule {
  std::int32_t gas = -1;     // negative: the byte is no instruction in this revision
  std::uint8_t inputs = 0;   // stack words it needs
  std::uint8_t outputs = 0;  // stack words it leaves in their place

  [[nodiscard]] constexpr bool defined() const { return gas >= 0; }
  [[nodiscard]] constexpr int growth() const { return outputs - inputs; }
};

using OpcodeTable = std::array<OpcodeRule, 256>;

/// How SSTORE is charged.
enum class StorageRule : std::uint8_t {
  Plain,        // Yellow Paper: by zero and not zero
  Net,          // EIP-1283: against the value at the start of the transaction
  NetSentried,  // EIP-2200: the same, refused with 2,300 gas or less
};

/// The rules of one revision, all in gas unless a comment says otherwise. One table per revision:
/// code asks this, never which fork it is.
struct Schedule {
  OpcodeTable opcodes{};

  // Access to state (EIP-2929). Warm prices are in `opcodes`; these are added when cold.
  std::int64_t cold_account = 0;
  std::int64_t cold_slot = 0;
  std::int64_t selfdestruct_cold_account = 0;
  /// What an access list pays (EIP-2930), and creation, calldata, authorisations.
  std::int64_t delegate_warm = 0;  // EIP-7702: reaching the code that an account delegates to
  bool tracks_access = false;      // EIP-2929

  // SSTORE
  StorageRule storage_rule = StorageRule::Plain;
  std::int64_t storage_noop = 0;  // writing what is there, or writing again (net rules)
  std::int64_t storage_set = 20'000;
  std::int64_t storage_reset = 5'000;
  std::int64_t storage_clear_refund = 15'000;

  // Calls and creation
  bool keeps_a_64th = false;                  // EIP-150
  bool state_clearing = false;                // EIP-161: empty accounts count as absent
  bool selfdestruct_new_account = false;      // EIP-150: 25,000 for a new beneficiary
  std::int64_t exp_byte = 10;                 // EIP-160
  std::int64_t selfdestruct_refund = 24'000;  // EIP-3529 ends it
  bool selfdestruct_only_new = false;         // EIP-6780
  bool deposit_must_be_paid = false;          // EIP-2: creation fails where Frontier left no code
  std::uint64_t code_bytes_max = UINT64_MAX;  // EIP-170
  std::uint64_t init_code_bytes_max = UINT64_MAX;  // EIP-3860
  std::int64_t init_code_word = 0;                 // EIP-3860
  bool rejects_ef_code = false;                    // EIP-3541
  bool delegations = false;                        // EIP-7702

  // Transactions
  std::int64_t creation = 0;              // EIP-2: on top of 21,000
  std::int64_t calldata_byte = 68;        // EIP-2028: a byte that is not zero
  std::int64_t calldata_floor_token = 0;  // EIP-7623
  std::uint64_t refund_quotient = 2;      // EIP-3529
  bool warm_coinbase = false;             // EIP-3651
  bool sender_must_have_no_code = false;  // EIP-3607, enforced from London on
  std::uint8_t transaction_type_max = 0;
  bool base_fee = false;                                 // EIP-1559
  std::uint64_t transaction_gas_max = UINT64_MAX;        // EIP-7825
  std::uint64_t blobs_per_transaction_max = UINT64_MAX;  // EIP-7594 (Osaka)
};

/// The rules of `revision`. Built at compile time; safe from any thread.
[[nodiscard]] const Schedule& schedule(Revision revision);

}  // namespace ol::evm
