#pragma once

#include <map>
#include <optional>

#include <ol/p2p/host.hpp>

namespace ol::p2p {

/// What all strangers together make a node hold: messages of theirs that are not complete, bytes
/// that wait to be sent to them. No I/O. Single-threaded.
class StrangerBytes {
 public:
  /// What is not looked at again for less: a look costs as much as there are strangers.
  static constexpr std::size_t kLookBytes = std::size_t{1} << 20;

  explicit StrangerBytes(std::size_t max) : max_(max) {}

  /// A stranger has made the node hold so much more, or less that is not told.
  void grow(std::size_t bytes) { grown_ += bytes; }
  /// Whether it may be too much by now.
  [[nodiscard]] bool is_due() const { return grown_ >= kLookBytes && held_ + grown_ > max_; }
  /// What each holds by now.
  /// @return who must go, the one that holds most, if all together hold too much. Then look again.
  [[nodiscard]] std::optional<ConnectionId> look(const std::map<ConnectionId, std::size_t>& held);

 private:
  std::size_t max_;
  std::size_t held_ = 0;   // when last looked at
  std::size_t grown_ = 0;  // since then, at most
};

}  // namespace ol::p2p
