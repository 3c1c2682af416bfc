#pragma once

#include <variant>

#include <ol/base/result.hpp>
#include <ol/execution/context.hpp>
#include <ol/state/journal.hpp>

namespace ol::execution {

/// Why a transaction was not applied; the journal is unchanged.
using ApplyError = std::variant<primitives::TxnRefusal, state::StateError>;

/// Executes one transaction on top of `journal`: all rules, then nonce, value, fees (Yellow Paper
/// section 6; EIP-1559, 3607, 7623). `gas_before` is what the block used before it.
[[nodiscard]] Result<primitives::Receipt, ApplyError> apply_txn(state::Journal& journal,
                                                                const BlockContext& context,
                                                                const primitives::VerifiedTxn& txn,
                                                                std::uint64_t gas_before);

}  // namespace ol::execution
