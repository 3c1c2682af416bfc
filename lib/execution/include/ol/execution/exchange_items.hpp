#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include <ol/crypto/ed25519.hpp>
#include <ol/exchange/action_codec.hpp>
#include <ol/exchange/block.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/item.hpp>
#include <ol/primitives/transaction.hpp>
#include <ol/primitives/validator_set.hpp>

namespace ol::execution {

// The exchange's items in a block's payload: docs/protocol/exchange-block.md.

/// Bounds of one block, so that verifying and executing it takes a bounded time.
inline constexpr std::size_t kExchangeItemsMax = 8'192;
inline constexpr std::size_t kExchangeElementsMax = 131'072;
/// Of one item.
inline constexpr std::size_t kExchangeItemBytesMax = primitives::kTxnBytesMax;

/// How often a validator tells its prices; a round is that many milliseconds of Unix time
/// (dex.md 10.1, 23).
inline constexpr std::uint64_t kOraclePeriodMs = 3'000;
/// How far the round of prices may lie ahead of the block's time. Whoever leaves the set could
/// otherwise leave a round behind under its index that nobody after it ever exceeds.
inline constexpr std::uint64_t kOracleAheadMs = 60'000;

/// What makes the items of a chain valid. References must outlive the rules.
struct ItemRules {
  const primitives::ChainDomain& domain;
  /// exchange::domain_separator of the chain.
  Hash256 separator;
  /// Whose prices count in an epoch; null for epochs that are not known. Any thread.
  std::function<const primitives::ValidatorSet*(primitives::Epoch)> set_of;
  bool devnet = false;
  exchange::OrderMode order_mode = exchange::OrderMode::ListOrder;
};

/// An item that is decoded and whose signature was verified. Immutable.
struct ExchangeItem {
  using Content =
      std::variant<exchange::OracleSubmit, exchange::SystemAction, exchange::VerifiedAction>;
  Bytes bytes;
  /// Names it in the block.
  primitives::TxnHash hash;
  Content content;
  /// Of whose validators prices are; 0 for anything else.
  primitives::Epoch epoch;

  [[nodiscard]] const exchange::VerifiedAction* action() const {
    return std::get_if<exchange::VerifiedAction>(&content);
  }
};
using ExchangeItemPtr = std::shared_ptr<const ExchangeItem>;

/// Why an item must not be in a block.
enum class ItemError : std::uint8_t {
  TooLong,           // above kExchangeItemBytesMax
  Malformed,         // does not decode
  BadSignature,      // not of a key that fits
  UnknownValidator,  // prices of nobody in the set of their epoch
  NotHere,           // a system action outside development networks
};
/// A sentence.
[[nodiscard]] const char* describe(ItemError error);

/// The digest a validator signs over its prices: H("openliquid/prices/v1", chain id, epoch,
/// prices).
[[nodiscard]] Hash256 prices_digest(const primitives::ChainDomain& domain, primitives::Epoch epoch,
                                    const exchange::OracleSubmit& prices);

/// Items as bytes.
[[nodiscard]] Bytes action_item(const exchange::SignedAction& action);
[[nodiscard]] Bytes prices_item(primitives::Epoch epoch, const exchange::OracleSubmit& prices,
                                const crypto::Ed25519Signature& signature);
/// `salt` tells two equal ones apart.
[[nodiscard]] Bytes system_item(std::uint64_t salt, const exchange::SystemAction& action);

/// Decodes an item and verifies its signature. Any thread.
[[nodiscard]] Result<ExchangeItem, ItemError> verify_item(const ItemRules& rules, Bytes bytes);

/// Why a block with these items must not be voted for.
enum class ItemsError : std::uint8_t {
  TooMany,    // above the bounds of one block
  Order,      // prices ascending by validator, then system actions, then actions by step
  Duplicate,  // an action that is in the block already
  Epoch,      // prices of validators of another epoch than the block's, or one not known
  Round,      // prices more than kOracleAheadMs ahead of the block
};

/// What the engine executes: the items of a block under its header. `items` are in payload order.
/// The ordering rule itself (dex.md 5.2) is for Engine::check.
/// @param ahead  How far the parent's state has the clock ahead (exchange::State::clock_ahead).
[[nodiscard]] Result<exchange::BlockInput, ItemsError> block_input(
    const ItemRules& rules, const primitives::Header& header,
    std::span<const ExchangeItemPtr> items, exchange::TimeMs ahead = 0);

/// Brings actions, which are in the order of their steps, into the order that the rules ask for in
/// a block with that certificate (dex.md 5.2).
void sort_items(const ItemRules& rules, const primitives::QuorumCertificate& justify,
                std::vector<ExchangeItemPtr>& items);

/// Whether an item goes back to a snapshot that `parent`, the state the block is executed on, has
/// (dex.md 17.5). A block with one has no transactions: what they did could not be traced on the
/// state that the block's parent left.
[[nodiscard]] bool has_revert(const exchange::State& parent,
                              std::span<const ExchangeItemPtr> items);

/// How many elements an item counts for in kExchangeElementsMax.
[[nodiscard]] std::size_t element_count(const ExchangeItem& item);

}  // namespace ol::execution
