#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/check.hpp>
#include <ol/exchange/slab.hpp>

namespace ol::exchange {

/// Something whose changes can be taken back one by one, last first. The log knows the order
/// across all of them, each keeps what it needs to undo its own.
class Undoable {
 public:
  Undoable() = default;
  Undoable(const Undoable&) = delete;
  Undoable& operator=(const Undoable&) = delete;
  virtual ~Undoable() = default;
  /// Takes back the last change that is not taken back yet.
  virtual void undo_last() = 0;
  /// Drops what undoing the oldest `count` changes would need.
  virtual void forget_oldest(std::size_t count) = 0;

 private:
  friend class UndoLog;
  std::size_t to_forget_ = 0;  // while UndoLog counts
};

/// Saved values, pushed and popped at the end and dropped from the front.
template <typename T>
class History {
 public:
  /// Made in its place from its members.
  template <typename... Members>
  void push(Members&&... members) {
    items_.emplace_back(std::forward<Members>(members)...);
  }
  [[nodiscard]] T pop() {
    OL_CHECK(items_.size() > head_, "more undone than done");
    T out = std::move(items_.back());
    items_.pop_back();
    return out;
  }
  void drop_front(std::size_t count) {
    OL_CHECK(items_.size() - head_ >= count, "more forgotten than done");
    head_ += count;
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    } else if (head_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }
  [[nodiscard]] const T& at(std::size_t i) const { return items_[head_ + i]; }
  [[nodiscard]] T& at(std::size_t i) { return items_[head_ + i]; }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;
};

/// The order of all changes since the oldest block that may still be undone: runs of changes to the
/// same thing, since a batch changes the orders a hundred times in a row. One thread at a time.
class UndoLog {
 public:
  /// A point to return to: how many changes came before it.
  using Mark = std::uint64_t;

  [[nodiscard]] Mark mark() {
    ++epoch_;
    return end_;
  }
  void record(Undoable& who) {
    ++end_;
    if (runs_.size() > 0 && runs_.at(runs_.size() - 1).who == &who) {
      ++runs_.at(runs_.size() - 1).count;
    } else {
      runs_.push(&who, std::uint64_t{1});
    }
  }
  /// Undoes everything since the mark.
  void revert_to(Mark mark) {
    OL_CHECK(mark >= forgotten_, "a mark that was committed");
    while (end_ > mark) {
      Run& run = runs_.at(runs_.size() - 1);
      Undoable& who = *run.who;
      if (--run.count == 0) static_cast<void>(runs_.pop());
      --end_;
      who.undo_last();
    }
    ++epoch_;
  }
  /// Gives up undoing what came before the mark.
  void forget_before(Mark mark) {
    std::uint64_t left = mark - forgotten_;
    std::size_t whole = 0;
    std::size_t partly = 0;
    while (left > 0) {
      Run& run = runs_.at(whole);
      const std::uint64_t taken = run.count < left ? run.count : left;
      run.who->to_forget_ += taken;
      run.count -= taken;
      left -= taken;
      (run.count == 0 ? whole : partly) += 1;
    }
    for (std::size_t i = 0; i < whole + partly; ++i) {
      Undoable& who = *runs_.at(i).who;
      if (who.to_forget_ != 0) who.forget_oldest(std::exchange(who.to_forget_, 0));
    }
    runs_.drop_front(whole);
    forgotten_ = mark;
  }
  /// Changes whenever a mark is set or returned to: a record saved in this epoch need not be saved
  /// again.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

 private:
  struct Run {
    Undoable* who = nullptr;
    std::uint64_t count = 0;
  };

  History<Run> runs_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t end_ = 0;  // changes ever, without those undone
  std::uint64_t epoch_ = 1;
};

/// Records by index, each saved before its first change in an epoch. A record is never removed: one
/// that undoing leaves as it was made counts as absent, so that indexes that name it need no
/// undoing. One thread at a time.
template <typename T>
class Records final : public Undoable {
 public:
  explicit Records(UndoLog& log) : log_(log) {}

  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[i].value; }
  /// The record for changing. The reference stays valid; the saving does not outlive the epoch.
  [[nodiscard]] T& edit(std::size_t i) {
    Item& item = items_[i];
    if (item.saved_epoch != log_.epoch()) save(item, static_cast<std::uint32_t>(i));
    return item.value;
  }
  std::uint32_t grow() { return static_cast<std::uint32_t>(items_.grow()); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

  /// Records changed since; in the order of first change.
  void begin_block() {
    ++block_;
    dirty_.clear();
  }
  [[nodiscard]] const std::vector<std::uint32_t>& dirty() const { return dirty_; }

  /// Changes that can be undone, oldest first, and which record each was of. Within a block: what
  /// was done since, after a mark, is what follows the count of then.
  [[nodiscard]] std::size_t saved_count() const { return history_.size(); }
  [[nodiscard]] std::uint32_t saved_index(std::size_t i) const { return history_.at(i).index; }

  void undo_last() override {
    Saved saved = history_.pop();
    items_[saved.index].value = std::move(saved.value);
  }
  void forget_oldest(std::size_t count) override { history_.drop_front(count); }

 private:
  struct Item {
    T value{};
    std::uint64_t saved_epoch = 0;
    std::uint64_t dirty_block = 0;
  };
  struct Saved {
    std::uint32_t index = 0;
    T value;
  };
  // Apart from `edit`, which mostly finds the record saved.
  [[gnu::noinline]] void save(Item& item, std::uint32_t i) {
    history_.push(i, item.value);
    item.saved_epoch = log_.epoch();
    log_.record(*this);
    if (item.dirty_block == block_) return;
    item.dirty_block = block_;
    dirty_.push_back(i);
  }

  UndoLog& log_;
  ChunkVector<Item, 8> items_;
  History<Saved> history_;
  std::vector<std::uint32_t> dirty_;
  std::uint64_t block_ = 1;
};

/// A sorted map for what changes rarely; every change saves the value before it. One thread at a
/// time.
template <typename K, typename V>
class Table final : public Undoable {
 public:
  explicit Table(UndoLog& log) : log_(log) {}

  [[nodiscard]] const V* find(const K& key) const {
    const auto it = items_.find(key);
    return it == items_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] bool contains(const K& key) const { return items_.contains(key); }
  /// The value for changing, made if absent.
  [[nodiscard]] V& edit(const K& key) {
    const auto it = items_.find(key);
    save(key, it == items_.end() ? std::nullopt : std::optional<V>(it->second));
    return it == items_.end() ? items_[key] : it->second;
  }
  void set(const K& key, V value) { edit(key) = std::move(value); }
  void erase(const K& key) {
    const auto it = items_.find(key);
    if (it == items_.end()) return;
    save(key, std::move(it->second));
    items_.erase(it);
  }
  [[nodiscard]] const std::map<K, V>& items() const { return items_; }

  void begin_block() { dirty_.clear(); }
  /// Keys changed since, possibly repeated.
  [[nodiscard]] const std::vector<K>& dirty() const { return dirty_; }

  void undo_last() override {
    Saved saved = history_.pop();
    if (saved.value) {
      items_[saved.key] = std::move(*saved.value);
    } else {
      items_.erase(saved.key);
    }
  }
  void forget_oldest(std::size_t count) override { history_.drop_front(count); }

 private:
  struct Saved {
    K key;
    std::optional<V> value;
  };
  void save(const K& key, std::optional<V> value) {
    history_.push(key, std::move(value));
    log_.record(*this);
    dirty_.push_back(key);
  }

  UndoLog& log_;
  std::map<K, V> items_;
  History<Saved> history_;
  std::vector<K> dirty_;
};

}  // namespace ol::exchange
