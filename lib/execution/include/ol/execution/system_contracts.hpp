#pragma once

#include <map>

#include <ol/primitives/genesis.hpp>

namespace ol::execution {

/// EIP-2935: holds the hashes of the last 8,191 blocks in a ring of slots.
inline constexpr Address kHistoryContract{{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5,
                                           0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b,
                                           0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
inline constexpr std::uint64_t kHistoryServeWindow = 8'191;

/// The contracts that a genesis names so that a chain has them: EIP-2935's. Which others Ethereum
/// has and this chain does not: docs/adr/0006-ethereum-rules.md.
[[nodiscard]] std::map<Address, primitives::GenesisContract> system_contracts();

}  // namespace ol::execution
