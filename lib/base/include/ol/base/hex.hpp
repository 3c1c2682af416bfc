#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>

namespace ol {

/// Lower-case hex without prefix.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// Lower-case hex with prefix 0x, as Ethereum's JSON-RPC writes bytes.
[[nodiscard]] std::string to_hex_prefixed(ByteView bytes);

/// Decodes an even number of hex digits of either case, with or without 0x; nothing otherwise.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// Decodes exactly as many bytes as `T` (a FixedBytes) has.
template <typename T>
[[nodiscard]] std::optional<T> fixed_from_hex(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  return T::from(*bytes);
}

}  // namespace ol
