#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ol/base/bytes.hpp>

namespace ol::crypto {

/// The longest message of `blake3_many`: one chunk of BLAKE3.
constexpr std::size_t kBlake3ManyBlocksMax = 16;

/// BLAKE3 of many messages of one length side by side in the processor's vectors; each digest is
/// that of `blake3`. Every message has `blocks` times 64 bytes, at least one block and at most
/// kBlake3ManyBlocksMax. @pre As many places in `out` as messages.
void blake3_many(std::span<const std::uint8_t* const> messages, std::size_t blocks,
                 std::span<Hash256> out);

}  // namespace ol::crypto
