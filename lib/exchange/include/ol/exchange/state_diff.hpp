#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/codec.hpp>

namespace ol::exchange {

/// Every record of the state: the form that is stored, committed to and proved (dex.md 18.1).
using StateRecords = std::map<Bytes, Bytes>;

/// Records that a block changed, each key once, in no order that means anything but always the
/// same one. All bytes lie in one buffer: a block of 10,000 orders changes 20,000 records.
class StateDiff {
 public:
  struct Change {
    ByteView key;
    std::optional<ByteView> value;  // none: the record is deleted
  };

  /// Begins a change: write the key's fields next. Without `value()` after it the record is
  /// deleted. @pre No other change has that key.
  Writer& key() {
    entries_.push_back({out_.bytes().size(), kDeleted});
    return out_;
  }
  /// Ends the key; write the value's fields next.
  Writer& value() {
    entries_.back().value_at = out_.bytes().size();
    return out_;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Borrows from this diff.
  [[nodiscard]] Change operator[](std::size_t i) const {
    const ByteView all = out_.bytes();
    const Entry& at = entries_[i];
    const std::size_t end = i + 1 < entries_.size() ? entries_[i + 1].key_at : all.size();
    if (at.value_at == kDeleted) return {all.subspan(at.key_at, end - at.key_at), std::nullopt};
    return {all.subspan(at.key_at, at.value_at - at.key_at),
            all.subspan(at.value_at, end - at.value_at)};
  }

  class Iterator {
   public:
    Iterator(const StateDiff& diff, std::size_t i) : diff_(&diff), i_(i) {}
    Change operator*() const { return (*diff_)[i_]; }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.i_ == b.i_; }

   private:
    const StateDiff* diff_;
    std::size_t i_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, entries_.size()}; }

 private:
  static constexpr std::size_t kDeleted = ~std::size_t{0};
  struct Entry {
    std::size_t key_at = 0;
    std::size_t value_at = kDeleted;
  };

  Writer out_;
  std::vector<Entry> entries_;
};

/// Brings records up to a diff.
inline void apply_diff(StateRecords& records, const StateDiff& diff) {
  for (const auto& [key, value] : diff) {
    if (value) {
      records[to_bytes(key)] = to_bytes(*value);
    } else {
      records.erase(to_bytes(key));
    }
  }
}

}  // namespace ol::exchange
