#include "log_search.hpp"

#include "records.hpp"

namespace ol::storage {

using primitives::Height;

namespace {

/// A height this near is reached by steps; one further off is sought.
constexpr int kStepsMax = 8;

/// The groups of items of which a block must have one each.
std::vector<std::vector<Bytes>> items_of(const LogQuery& query) {
  std::vector<std::vector<Bytes>> out;
  if (!query.addresses.empty()) {
    out.emplace_back();
    for (const Address& address : query.addresses)
      out.back().push_back(log_address_key(address));
  }
  for (const std::vector<Hash256>& choices : query.topics) {
    if (choices.empty()) continue;
    out.emplace_back();
    for (const Hash256& topic : choices)
      out.back().push_back(log_topic_key(topic));
  }
  if (out.empty()) out.push_back({any_log_key()});
  return out;
}

}  // namespace

ItemHeights::ItemHeights(const KvStore& store, const KvSnapshot& at, Bytes item, Height last)
    : item_(std::move(item)),
      cursor_(store.cursor(Column::LogIndex, log_key(item_, last.next()), &at)) {}

void ItemHeights::read() {
  const auto key = cursor_->key();
  current_ = key ? decode_height(key->subspan(item_.size())) : std::nullopt;
}

std::optional<Height> ItemHeights::from(Height height) {
  for (int i = 0; has_begun_ && current_ && *current_ < height && i < kStepsMax; ++i) {
    cursor_->next();
    read();
  }
  if (!has_begun_ || (current_ && *current_ < height)) {
    has_begun_ = true;
    cursor_->seek(log_key(item_, height));
    read();
  }
  return current_;
}

LogSearch::LogSearch(const KvStore& store, const KvSnapshot& at, const LogQuery& query,
                     Height last) {
  for (std::vector<Bytes>& items : items_of(query)) {
    Group& group = groups_.emplace_back();
    for (Bytes& item : items)
      group.emplace_back(store, at, std::move(item), last);
  }
}

std::optional<Height> LogSearch::agreed(Height height) {
  for (std::size_t agreeing = 0, i = 0; agreeing < groups_.size(); i = (i + 1) % groups_.size()) {
    std::optional<Height> nearest;
    for (ItemHeights& item : groups_[i]) {
      const auto found = item.from(height);
      if (found && (!nearest || *found < *nearest)) nearest = found;
    }
    if (!nearest) return std::nullopt;
    agreeing = *nearest == height ? agreeing + 1 : 1;
    height = *nearest;
  }
  return height;
}

StorageResult<void> LogSearch::run(Height first, const std::function<bool(Height)>& visit) {
  for (auto height = agreed(first); height; height = agreed(height->next())) {
    if (!visit(*height)) return {};
  }
  for (const Group& group : groups_) {
    for (const ItemHeights& item : group)
      OL_TRY_VOID(item.status());
  }
  return {};
}

}  // namespace ol::storage
