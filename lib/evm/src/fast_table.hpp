#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "program.hpp"

// What the translator knows of handlers: a number for each kind of instruction, the handler of each
// kind alone, and the handlers of chains.
namespace ol::evm::fast {

/// Kinds of translated instructions, in the order of `Kinds` in fast_kinds.hpp.
using Kind = std::uint8_t;
/// An instruction that is never part of a chain.
inline constexpr Kind kAlone = 0xff;
/// The longest chain.
inline constexpr std::size_t kChainMax = 6;

/// A chain of kinds as a number: eight bits each, the first one lowest; unused ones are kAlone.
using ChainKey = std::uint64_t;
inline constexpr ChainKey kNoChain = ~ChainKey{0};

struct Fusion {
  ChainKey key = 0;
  Handler run = nullptr;
};

/// The chains that have a handler.
[[nodiscard]] std::span<const Fusion> pair_fusions();
[[nodiscard]] std::span<const Fusion> long_fusions();

/// The chains that some kinds begin with: the handler of that of length n + 1, null if there is
/// none.
using FusionMatches = std::array<Handler, kChainMax>;
[[nodiscard]] FusionMatches find_fusions(std::span<const Kind> kinds);

}  // namespace ol::evm::fast
