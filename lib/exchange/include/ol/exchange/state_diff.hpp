#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>
#include <ol/exchange/archive.hpp>
#include <ol/exchange/leaf.hpp>

namespace ol::exchange {

/// Every record of the state: the form that is stored, committed to and proved (dex.md 18.1).
using StateRecords = std::map<Bytes, Bytes>;

/// Records that a block changed, each key once, in no order that means anything but always the
/// same one. A block of 10,000 orders changes 20,000 records: all lie in one buffer, each as the
/// message that the state tree hashes (leaf.hpp), so that it is written once.
class StateDiff {
 public:
  struct Change {
    ByteView key;
    std::optional<ByteView> value;  // none: the record is deleted
  };

  /// Room for that many changes and bytes of messages.
  void reserve(std::size_t changes, std::size_t bytes) {
    entries_.reserve(changes);
    if (bytes > buffer_.size()) buffer_.resize(bytes);
  }
  /// Begins a change of the record with that key. Without `value` after it the record is deleted.
  /// @pre No other change has that key.
  template <typename... Parts>
  [[gnu::always_inline]] StateDiff& key(std::string_view prefix, const Parts&... parts) {
    const std::size_t bytes = prefix.size() + encoded_bytes(parts...);
    ByteCursor out(open_key(bytes));
    out.raw(as_bytes(prefix));
    BasicFieldWriter<ByteCursor> archive(out);
    archive(parts...);
    if (bytes > kPlaceBytes) write_long_place();
    return *this;
  }
  /// Ends the change.
  template <typename... Fields>
  [[gnu::always_inline]] void value(const Fields&... parts) {
    ByteCursor out(open_value(encoded_bytes(parts...)));
    BasicFieldWriter<ByteCursor> archive(out);
    archive(parts...);
  }

  /// A change as it is. @pre No other change has that key.
  void put(ByteView key, std::optional<ByteView> value);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return used_; }
  /// Borrows from this diff.
  [[nodiscard]] Change operator[](std::size_t i) const {
    const Entry& at = entries_[i];
    const ByteView all = written();
    const bool is_long = at.key_bytes > kPlaceBytes;
    Change out{all.subspan(is_long ? at.message_at - at.key_bytes : at.message_at, at.key_bytes),
               std::nullopt};
    if (has_value(i)) out.value = all.subspan(at.message_at + kLeafHeadBytes, at.value_bytes);
    return out;
  }
  [[nodiscard]] bool has_value(std::size_t i) const { return entries_[i].value_bytes != kDeleted; }
  /// Where the record stands in the state tree.
  [[nodiscard]] TreeKey place(std::size_t i) const {
    TreeKey out;
    std::copy_n(buffer_.data() + entries_[i].message_at, kPlaceBytes, out.bytes.data());
    return out;
  }
  /// What the record's leaf is the hash of. Borrows. @pre `has_value(i)`.
  [[nodiscard]] ByteView message(std::size_t i) const {
    const Entry& at = entries_[i];
    return written().subspan(at.message_at, leaf_bytes(at.value_bytes));
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
  static constexpr std::uint32_t kDeleted = 0xffff'ffff;
  static constexpr std::size_t kPlaceBytes = 32;
  // A message begins with the place, which is the key but for a long one: that stands before it.
  struct Entry {
    std::size_t message_at = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t value_bytes = kDeleted;
  };

  [[nodiscard]] ByteView written() const { return {buffer_.data(), used_}; }
  // Both return where to write, and write the zeros of the padding. Inlined always, so that these
  // are a store or two where a record's length is a constant.
  [[nodiscard, gnu::always_inline]] std::uint8_t* open_key(std::size_t bytes) {
    const std::size_t before = bytes > kPlaceBytes ? bytes : 0;
    const std::size_t at = used_;
    use_up_to(at + before + kPlaceBytes);
    // In its place: a copy would wait for the stores that made it.
    entries_.emplace_back(at + before, static_cast<std::uint32_t>(bytes), kDeleted);
    std::uint8_t* out = buffer_.data() + at;
    if (before == 0) std::memset(out, 0, kPlaceBytes);
    return out;
  }
  [[nodiscard, gnu::always_inline]] std::uint8_t* open_value(std::size_t bytes) {
    Entry& at = entries_.back();
    OL_CHECK(bytes < kDeleted, "a record of 4 GiB");
    at.value_bytes = static_cast<std::uint32_t>(bytes);
    use_up_to(at.message_at + leaf_bytes(bytes));
    std::uint8_t* message = buffer_.data() + at.message_at;
    ByteCursor(message + kPlaceBytes).u32(at.value_bytes);
    std::uint8_t* out = message + kLeafHeadBytes;
    std::memset(out + bytes, 0, leaf_bytes(bytes) - kLeafHeadBytes - bytes);
    return out;
  }
  void use_up_to(std::size_t end) {
    if (end > buffer_.size()) [[unlikely]]
      grow(end);
    used_ = end;
  }
  void grow(std::size_t end);
  void write_long_place();

  /// Leaves new bytes as they are: a block's records are megabytes, each byte written once.
  struct Unzeroed : std::allocator<std::uint8_t> {
    template <typename T>
    struct rebind {
      using other = Unzeroed;
    };
    void construct(std::uint8_t* /*at*/) {}
    void construct(std::uint8_t* at, std::uint8_t byte) { *at = byte; }
  };

  std::vector<std::uint8_t, Unzeroed> buffer_;
  std::size_t used_ = 0;
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
