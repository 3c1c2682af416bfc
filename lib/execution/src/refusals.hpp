#pragma once

#include <ol/evm/transition.hpp>
#include <ol/execution/engine.hpp>
#include <ol/primitives/txn_rules.hpp>

namespace ol::execution {

/// The refusal of a transaction that `world` cannot take next, with the values compared where the
/// pool's rules name them too.
[[nodiscard]] primitives::TxnRefusal explain(Engine& engine, evm::World& world,
                                             const evm::BlockEnv& env,
                                             const primitives::VerifiedTxn& txn,
                                             evm::TxnFault fault);

/// The rule a fault stands for, in its own words.
[[nodiscard]] primitives::TxnRefusal refusal_of(evm::TxnFault fault);

[[nodiscard]] primitives::TxnRefusal no_gas_left(std::uint64_t gas_limit, std::uint64_t gas_left);

/// The same for a transaction nobody signed, as geth words it for a message.
[[nodiscard]] primitives::TxnRefusal explain_question(evm::TxnFault fault,
                                                      const evm::TxnRequest& txn,
                                                      const evm::BlockEnv& block,
                                                      evm::Revision revision,
                                                      const evm::WorldAccount& sender);

}  // namespace ol::execution
