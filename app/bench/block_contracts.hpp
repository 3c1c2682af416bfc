#pragma once

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>

namespace ol::app::bench {

/// A token with ERC-20's transfer and transferFrom and their events, laid out as compilers lay it
/// out: balances under slot 0, allowances under slot 1.
[[nodiscard]] Bytes token_code();
/// A pool of two tokens with a constant product, 0.3 % of every swap staying in it: swap(uint256)
/// takes that much of the first token from the caller and gives it of the second. Reserves are in
/// slots 0 and 1.
[[nodiscard]] Bytes pool_code(const Address& first, const Address& second);

/// The slot of an account's balance in a token.
[[nodiscard]] Hash256 balance_slot(const Address& holder);
/// The slot of what `owner` allows `spender`.
[[nodiscard]] Hash256 allowance_slot(const Address& owner, const Address& spender);

[[nodiscard]] Bytes transfer_input(const Address& to, const U256& amount);
[[nodiscard]] Bytes swap_input(const U256& amount);

}  // namespace ol::app::bench
