#pragma once

#include <string>

#include <ol/base/result.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/state.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::execution {

/// What the exchange starts with.
struct ExchangeStart {
  exchange::StateRecords records;
  Hash256 root;
};

/// Parameters of a chain's exchange: the defaults of dex.md 23 and the upgrade heights of genesis.
[[nodiscard]] exchange::Params exchange_params(const primitives::Genesis& genesis);

/// The state after block 0: tokens, markets, balances and first prices of the genesis, listed by
/// the engine itself. A sentence that names what it refuses. @pre `genesis.exchange` is present.
[[nodiscard]] Result<ExchangeStart, std::string> exchange_start(const primitives::Genesis& genesis);

/// `parent_state_root` of block 0 and what its child commits to: the EVM state root itself on a
/// chain without an exchange.
[[nodiscard]] Result<Hash256, std::string> genesis_state_root(const primitives::Genesis& genesis,
                                                              const Hash256& evm_state_root);

}  // namespace ol::execution
