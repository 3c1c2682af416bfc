#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>

namespace ol::evm {

/// What Solidity put into revert data: the text of `Error(string)`, or the words geth has for the
/// code of a `Panic(uint256)`. Nothing for custom errors and for data that is not well formed.
/// Always valid UTF-8: bytes that are not become U+FFFD. Source: Solidity's ABI specification.
[[nodiscard]] std::optional<std::string> revert_reason(ByteView output);

/// `text` with every byte that is no part of valid UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

}  // namespace ol::evm
