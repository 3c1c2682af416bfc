#pragma once

#include <deque>
#include <map>
#include <optional>

#include <ol/base/thread_safety.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::node {

/// Who is connected, as one thread sees it and as another has been told. Never longer than the
/// peers that are connected and those that the other thread still takes for it: a connection that
/// came and went in between is not told. Any thread.
class PeerChanges {
 public:
  struct Change {
    p2p::PeerId peer;
    bool connected = false;
  };

  void connected(const p2p::PeerId& peer);
  void disconnected(const p2p::PeerId& peer);
  /// What to tell next; for each peer they take turns, a connection first.
  [[nodiscard]] std::optional<Change> next();
  [[nodiscard]] std::size_t size() const;

 private:
  struct State {
    bool connected = false;
    bool told = false;  // that it was connected
    bool lost = false;  // the connection that was told of
    bool waits = false;
  };
  using States = std::map<p2p::PeerId, State>;

  void wait(States::iterator at) OL_REQUIRES(mutex_);

  mutable Mutex mutex_;
  States states_ OL_GUARDED_BY(mutex_);
  std::deque<p2p::PeerId> waiting_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
