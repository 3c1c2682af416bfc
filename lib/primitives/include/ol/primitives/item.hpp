#pragma once

#include <cstdint>

#include <ol/base/bytes.hpp>
#include <ol/primitives/block.hpp>

namespace ol::primitives {

enum class LeaderKind : std::uint8_t;

/// What a payload item is, by its first byte. Ethereum's envelopes begin with 0x00 to 0x7f
/// (EIP-2718) or 0xc0 to 0xfe (RLP), so the bytes between are free for the exchange. Format:
/// docs/protocol/exchange-block.md.
enum class ItemTag : std::uint8_t {
  Action = 0x80,  // of a user, signed
  Prices = 0x81,  // of a validator, signed
  System = 0x82,  // development networks only, unsigned
  Leader = 0x90,  // the proposer's proof, on chains whose leaders are drawn by it
};

/// Whether the item is the exchange's. Items of a block stand in this order: transactions, then the
/// exchange's, so that a transaction's place among the items is its place among the receipts.
[[nodiscard]] constexpr bool is_exchange_item(ByteView item) {
  return !item.empty() && item[0] >= 0x80 && item[0] < 0xc0;
}

/// Whether the item is a proof of who leads (docs/protocol/leaders.md). It is the last of its
/// block.
[[nodiscard]] constexpr bool is_leader_item(ByteView item) {
  return !item.empty() && item[0] == static_cast<std::uint8_t>(ItemTag::Leader);
}

/// Whether the block holds more than its proposer's proof.
[[nodiscard]] bool has_work(const Block& block);

/// How many items of the payload are transactions: those before the exchange's.
[[nodiscard]] std::size_t transaction_count(const Block& block);

/// Where the items of the payload end that are executed: before the proof of the leader, on a chain
/// whose leaders prove themselves. Elsewhere a proof is an item like any other, and is not valid.
[[nodiscard]] std::size_t executed_count(const Block& block, LeaderKind leaders);

}  // namespace ol::primitives
