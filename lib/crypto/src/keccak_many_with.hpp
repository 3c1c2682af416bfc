#pragma once

#include <span>

#include <ol/base/bytes.hpp>

#include "keccak_lanes.hpp"

namespace ol::crypto::detail {

/// `keccak256_many` at a width of choice.
void keccak256_many_with(const KeccakLanes& lanes, std::span<const ByteView> messages,
                         std::span<Hash256> out);

}  // namespace ol::crypto::detail
