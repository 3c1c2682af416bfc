#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>

namespace ol::p2p {

/// The longest text `base58_decode` looks at. Decoding costs the square of the length, so the
/// bound is what keeps hostile text cheap; every libp2p peer id is under 60 characters.
inline constexpr std::size_t kBase58TextMax = 128;

/// Base58 with the Bitcoin alphabet; a leading zero byte is a leading `1`. Meant for short values.
[[nodiscard]] std::string base58_encode(ByteView bytes);

/// The inverse of `base58_encode`, or nothing for a foreign character or over-long text.
[[nodiscard]] std::optional<Bytes> base58_decode(std::string_view text);

}  // namespace ol::p2p
