#pragma once

#include <memory>
#include <optional>

#include <ol/crypto/ed25519.hpp>
#include <ol/execution/exchange_chain.hpp>
#include <ol/execution/exchange_items.hpp>
#include <ol/storage/database.hpp>

#include "action_pool.hpp"
#include "epoch_table.hpp"
#include "exchange_meter.hpp"
#include "exchange_view.hpp"
#include "history_file.hpp"
#include "price_source.hpp"
#include "retelling.hpp"
#include "stored_chain.hpp"

namespace ol::node {

/// The exchange of a node: present where genesis lists one (node_exchange.cpp).
struct NodeExchange {
  /// `epochs` must outlive it.
  NodeExchange(const primitives::Genesis& genesis, const EpochTable& epochs);

  const exchange::Params params;
  const execution::ItemRules rules;
  ItemCache cache;
  ActionPool pool;
  Retelling retelling;
  /// Of the execution thread.
  std::unique_ptr<execution::ExchangeChain> chain;
  OmissionWatch omissions;
  execution::ExchangeRoots head_roots;
  std::unique_ptr<StoredChain> stored;
  std::unique_ptr<ExchangeView> view;
  std::unique_ptr<ExchangeMeter> meter;
  /// Both present on nodes with a validator's key that have a source; whether it is in the set
  /// depends on the epoch.
  std::unique_ptr<PriceSource> prices;
  std::optional<crypto::Ed25519SecretKey> price_key;
  std::atomic<std::uint64_t> system_salt{0};
  /// Of the API's thread.
  std::unique_ptr<HistoryFile> history;
};

/// The exchange's state after the head, and what the head left; checked against each other. A
/// sentence if they are damaged.
struct StoredExchange {
  exchange::StateRecords records;
  execution::ExchangeRoots roots;
};
[[nodiscard]] Result<StoredExchange, std::string> load_exchange(const storage::Snapshot& snapshot);

/// The records of a block as storage takes them; borrows from `block`.
[[nodiscard]] storage::ExchangeChanges changes_of(const exchange::CommittedBlock& block);
/// The records genesis begins with; borrows from `records`.
[[nodiscard]] storage::ExchangeChanges changes_of(const exchange::StateRecords& records,
                                                  const Hash256& root);

}  // namespace ol::node
