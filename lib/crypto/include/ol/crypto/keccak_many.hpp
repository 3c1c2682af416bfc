#pragma once

#include <span>

#include <ol/base/bytes.hpp>

namespace ol::crypto {

/// `keccak256` of many messages side by side in the processor's vectors: four at once, eight where
/// it has AVX-512. Lengths may differ; a lane that is done takes the next message. Worth it from
/// two messages on. @pre As many places in `out` as messages.
void keccak256_many(std::span<const ByteView> messages, std::span<Hash256> out);

}  // namespace ol::crypto
