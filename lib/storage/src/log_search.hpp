#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <ol/storage/snapshot.hpp>

#include "kv_store.hpp"

namespace ol::storage {

/// The heights at which the log index has one item, ascending.
class ItemHeights {
 public:
  /// Heights up to `last`. Borrows the store and its moment.
  ItemHeights(const KvStore& store, const KvSnapshot& at, Bytes item, primitives::Height last);

  /// The first height not below `height`; nothing behind the last. Never goes back: @pre `height`
  /// is not below the one asked before.
  [[nodiscard]] std::optional<primitives::Height> from(primitives::Height height);
  [[nodiscard]] StorageResult<void> status() const { return cursor_->status(); }

 private:
  void read();

  Bytes item_;
  std::unique_ptr<KvCursor> cursor_;
  std::optional<primitives::Height> current_;
  bool has_begun_ = false;
};

/// Blocks that have one of each group of items: one group for the addresses of a query, and one for
/// each place of a topic. The groups leap over each other, so that the rarest sets the pace.
class LogSearch {
 public:
  LogSearch(const KvStore& store, const KvSnapshot& at, const LogQuery& query,
            primitives::Height last);

  /// Calls `visit` with each height from `first` on until it returns false.
  [[nodiscard]] StorageResult<void> run(primitives::Height first,
                                        const std::function<bool(primitives::Height)>& visit);

 private:
  using Group = std::vector<ItemHeights>;

  /// The first height not below `height` that every group has.
  [[nodiscard]] std::optional<primitives::Height> agreed(primitives::Height height);

  std::vector<Group> groups_;
};

}  // namespace ol::storage
