#pragma once

#include <cstdint>
#include <span>

#include <ol/evm/transition.hpp>

namespace ol::evm {

/// Applies the authorisations of a transaction in order, skipping invalid ones. Returns the refund
/// for authorities that existed before. Source: EIP-7702, "Behavior".
[[nodiscard]] std::int64_t apply_authorizations(World& world, std::uint64_t chain_id,
                                                std::span<const Authorization> authorizations);

}  // namespace ol::evm
