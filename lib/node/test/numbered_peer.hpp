#pragma once

#include <ol/crypto/ed25519.hpp>
#include <ol/p2p/peer_id.hpp>

namespace ol::node::test {

/// The same one for the same number.
inline p2p::PeerId numbered_peer(std::uint16_t number) {
  crypto::Ed25519PublicKey key;
  key.bytes.fill(7);
  key.bytes[0] = static_cast<std::uint8_t>(number);
  key.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  return p2p::PeerId(key);
}

inline const p2p::PeerId kAnna = numbered_peer(1);
inline const p2p::PeerId kBert = numbered_peer(2);
inline const p2p::PeerId kCarl = numbered_peer(3);

}  // namespace ol::node::test
