#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ol::primitives {

/// The first key that one object of the JSON `text` has twice. A tree keeps only the last of them
/// without a word, so two readers could see two documents. Nothing if there is none or the text is
/// not JSON, which the real parser reports.
[[nodiscard]] std::optional<std::string> find_duplicate_key(std::string_view text);

}  // namespace ol::primitives
