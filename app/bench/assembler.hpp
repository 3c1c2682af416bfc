#pragma once

#include <string_view>

#include <ol/base/bytes.hpp>

namespace ol::app::bench {

/// Bytecode of a text of instructions separated by blanks: names as tracers print them, `0x..` for
/// the shortest PUSH of these bytes, `label:` for a JUMPDEST there and `@label` for a PUSH2 of its
/// place. The process stops at a word that is none of these: the texts are ours.
[[nodiscard]] Bytes assemble(std::string_view text);

}  // namespace ol::app::bench
