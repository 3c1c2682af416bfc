#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/types.hpp>

namespace ol::node {

/// Whom a node that is behind asks. Peers may claim any height and never answer: validators and
/// others are asked in turn after failures, of each kind first who failed least and was not asked
/// for longest. Pure but for its own state; single-threaded. As many as there are connections.
class SyncPeers {
 public:
  /// Of the present epoch.
  using IsValidator = std::function<bool(const p2p::PeerId&)>;

  explicit SyncPeers(IsValidator is_validator) : is_validator_(std::move(is_validator)) {}

  void add(const p2p::PeerId& peer) { peers_.try_emplace(peer); }
  void remove(const p2p::PeerId& peer) { peers_.erase(peer); }
  [[nodiscard]] bool contains(const p2p::PeerId& peer) const { return peers_.contains(peer); }

  /// The peer says that it has so many blocks.
  void claim(const p2p::PeerId& peer, primitives::Height height);
  /// The highest claim of connected validators, or of all peers where none of them said.
  [[nodiscard]] primitives::Height best_height() const;

  /// Who is asked for what lies above that height; nothing if nobody claims to have it.
  [[nodiscard]] std::optional<p2p::PeerId> choose(primitives::Height above);
  /// What the chosen peer sent was good.
  void succeed(const p2p::PeerId& peer);
  /// It sent nothing in time, nothing at all or nothing good. What it claimed counts no more.
  void fail(const p2p::PeerId& peer);
  /// Whether the last one that was chosen failed.
  [[nodiscard]] bool failing() const { return failures_ > 0; }

  /// Who has what all have, validators first; another one for each attempt.
  [[nodiscard]] std::optional<p2p::PeerId> any(std::size_t attempt) const;

 private:
  struct Peer {
    std::optional<primitives::Height> claims;
    std::uint64_t failures = 0;
    std::uint64_t asked = 0;  // when last, in choices
  };

  [[nodiscard]] std::optional<p2p::PeerId> least_failing(primitives::Height above,
                                                         bool validator) const;

  IsValidator is_validator_;
  std::map<p2p::PeerId, Peer> peers_;
  std::uint64_t choices_ = 0;
  std::uint64_t failures_ = 0;  // since somebody succeeded
};

}  // namespace ol::node
