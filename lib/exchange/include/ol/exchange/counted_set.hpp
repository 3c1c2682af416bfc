#pragma once

#include <cstdint>
#include <vector>

#include <ol/exchange/journal.hpp>

namespace ol::exchange {

/// Who has at least one of something, as a list to go through without looking at the others. The
/// order of the list follows the history of the process: no result may follow it. Every change can
/// be undone, to the place in the list. Numbers are dense. One thread at a time.
class CountedSet final : public Undoable {
 public:
  explicit CountedSet(UndoLog& log) : log_(log) {}

  /// One more of `who`.
  void add(std::uint32_t who) {
    if (who >= items_.size()) items_.resize(who + 1);
    if (items_[who].count++ == 0) append(who);
    save({who, true, 0});
  }
  /// One less. @pre There is one.
  void remove(std::uint32_t who) {
    OL_CHECK(contains(who), "less than nothing in a set");
    Item& item = items_[who];
    save({who, false, item.place});
    if (--item.count > 0) return;
    const std::uint32_t last = members_.back();
    members_[item.place] = last;
    items_[last].place = item.place;
    members_.pop_back();
  }
  [[nodiscard]] bool contains(std::uint32_t who) const {
    return who < items_.size() && items_[who].count > 0;
  }
  /// Each once.
  [[nodiscard]] const std::vector<std::uint32_t>& members() const { return members_; }

  void undo_last() override {
    const Change change = history_.pop();
    Item& item = items_[change.who];
    if (change.added) {
      if (--item.count == 0) members_.pop_back();  // as when it was added, it is the last
      return;
    }
    if (item.count++ > 0) return;
    append(change.who);
    const std::uint32_t there = members_[change.place];
    std::swap(members_[change.place], members_.back());
    items_[there].place = item.place;
    item.place = change.place;
  }
  void forget_oldest(std::size_t count) override { history_.drop_front(count); }

 private:
  struct Item {
    std::uint32_t count = 0;
    std::uint32_t place = 0;  // in members_
  };
  struct Change {
    std::uint32_t who = 0;
    bool added = false;
    std::uint32_t place = 0;  // of one removed
  };
  void append(std::uint32_t who) {
    items_[who].place = static_cast<std::uint32_t>(members_.size());
    members_.push_back(who);
  }
  void save(const Change& change) {
    history_.push(change);
    log_.record(*this);
  }

  UndoLog& log_;
  std::vector<Item> items_;
  std::vector<std::uint32_t> members_;
  History<Change> history_;
};

}  // namespace ol::exchange
