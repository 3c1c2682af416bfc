#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/p2p/multiaddr.hpp>

/// Kademlia's keys and messages, as far as finding peers needs them.
/// Source: libp2p kad-dht spec; docs/protocol/libp2p.md.
namespace ol::p2p {

/// SHA-256 of what is looked for, which places it; distance is XOR as a big-endian number.
using KadKey = FixedBytes<32, struct KadKeyTag>;

[[nodiscard]] KadKey kad_key(ByteView bytes);
[[nodiscard]] KadKey kad_distance(const KadKey& a, const KadKey& b);
/// How many leading bits two keys share: 0 to 256.
[[nodiscard]] std::size_t shared_bits(const KadKey& a, const KadKey& b);

inline constexpr std::size_t kKadTargetBytesMax = 64;
inline constexpr std::size_t kKadPeersMax = 20;                // per answer
inline constexpr std::size_t kKadAddressesMax = 8;             // per peer that we send
inline constexpr std::size_t kKadResponseBytesMax = 64 << 10;  // that we read
inline constexpr std::size_t kKadRequestBytesMax = 4 << 10;

enum class KadType : std::uint8_t {
  PutValue = 0,
  GetValue = 1,
  AddProvider = 2,
  GetProviders = 3,
  FindNode = 4,
  Ping = 5,
};

struct KadPeer {
  PeerId id;
  std::vector<Multiaddr> addresses;

  friend bool operator==(const KadPeer&, const KadPeer&) = default;
};

struct KadMessage {
  KadType type = KadType::FindNode;
  Bytes key;
  std::vector<KadPeer> closer;

  friend bool operator==(const KadMessage&, const KadMessage&) = default;
};

[[nodiscard]] Bytes encode(const KadMessage& message);

/// Reads a message without its length: nothing if it is malformed. Peers whose id cannot be read
/// are left out, as are addresses and peers beyond the limits.
[[nodiscard]] std::optional<KadMessage> parse_kad(ByteView bytes);

}  // namespace ol::p2p
