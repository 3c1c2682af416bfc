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

struct FusionMatch {
  Handler run = nullptr;
  std::size_t length = 0;
};

/// The longest chain that `kinds` begin with, of at least two; nothing if there is none.
[[nodiscard]] FusionMatch longest_fusion(std::span<const Kind> kinds);

}  // namespace ol::evm::fast
