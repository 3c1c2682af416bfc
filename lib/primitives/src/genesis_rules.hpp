#pragma once

#include <ol/primitives/genesis.hpp>

namespace ol::primitives {

/// Bounds of the genesis fields, with the sentence that states each in an error.
inline constexpr std::uint64_t kChainIdMax = 0x7fffffffffffffff - 36;  // EIP-2294
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::uint64_t kGasLimitMin = 21'000;
// What one block can log fits the bounds of a stored receipt (receipt.hpp).
inline constexpr std::uint64_t kGasLimitMax = 1'000'000'000;
inline constexpr std::size_t kCodeBytesMax = 24'576;  // EIP-170
inline constexpr std::uint64_t kPaceMax = 3'600'000;

/// Whether the parts of a decoded genesis fit together; names the first that does not.
[[nodiscard]] Result<void, GenesisError> check_genesis(const Genesis& genesis);
/// The part about the exchange (exchange_genesis.cpp): shape and bounds. Whether a market can be
/// listed is the exchange's to say.
[[nodiscard]] Result<void, GenesisError> check_exchange(const Genesis& genesis);

/// Appends the exchange's part of the binary encoding.
void encode(Writer& out, const ExchangeGenesis& exchange);
/// The part of it about validators and their keys, which each epoch brings anew.
[[nodiscard]] Result<void, GenesisError> check_members(const Genesis& genesis);

}  // namespace ol::primitives
