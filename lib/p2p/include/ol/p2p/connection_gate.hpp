#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include <ol/p2p/multiaddr.hpp>
#include <ol/p2p/yamux.hpp>

/// Who may connect: hard limits by name, rates, bans. Source: libp2p.md section 11.
namespace ol::p2p {

/// Hard limits. Over one of them a newcomer takes the place of the oldest connection that it counts
/// with and that has not said a byte, else it is refused. Nothing healthy is ever trimmed.
/// An address here is an IPv4 one or an IPv6 /64.
struct HostLimits {
  std::size_t inbound = 128;
  std::size_t reserved = 64;  // inbound on top of those, for HostConfig::reserved alone
  std::size_t outbound = 64;
  std::size_t per_ip = 4;      // inbound per address
  std::size_t per_prefix = 8;  // inbound per IPv4 /24 or IPv6 /48
  std::size_t per_peer = 2;
  std::size_t upgrades = 32;  // connections that are not ready yet
  // Inbound on top of those, for addresses of reserved peers alone.
  std::size_t upgrades_reserved = 16;
  std::size_t upgrades_per_ip = 4;              // but in places of reserved peers
  std::size_t accepts_per_second = 20;          // per prefix, or address of a reserved peer
  std::size_t failed_upgrades_per_minute = 10;  // per address; then none until the minute is over
  std::size_t dials = 8;                        // outbound connections that are not ready yet
  std::size_t bans = 4096;                      // remembered; the one that ends first makes room
  Duration ban_time = std::chrono::minutes{10};
  /// Strangers banned from one address at a time: then nobody from there but reserved peers.
  std::size_t bans_per_ip = 3;
};

/// Which limit refused a connection or dial.
enum class HostRefusal : std::uint8_t {
  InboundLimit,
  OutboundLimit,
  PrefixLimit,
  UpgradeLimit,
  UpgradeIpLimit,
  AcceptRate,
  DialLimit,
  NotTcp,            // the address is not one a TCP connection can go to
  AlreadyConnected,  // or being dialled
  SelfDial,
  IpLimit,
  FailedUpgrades,
  Banned,
  BannedAddress,
};

/// The limit as a short snake_case word for logs and metric labels.
[[nodiscard]] const char* refusal_name(HostRefusal refusal);

/// Why a peer may not connect, and until when.
struct HostBan {
  TimePoint until;
  std::string reason;
};

/// The inbound connections there are, counted for one newcomer.
struct InboundCensus {
  std::size_t slots = 0;  // for inbound connections, those of reserved peers among them
  std::size_t inbound = 0;
  std::size_t ready = 0;              // of these, with a peer that stays
  std::size_t upgrades = 0;           // in either direction, but in places of reserved peers
  std::size_t upgrades_reserved = 0;  // in those
  std::size_t of_ip = 0;
  std::size_t of_prefix = 0;
  std::size_t upgrades_of_ip = 0;
  bool known = false;  // the newcomer's address is one of a reserved peer
};

/// Decides before any cryptography is spent. Knows no connections: the host counts them.
/// Single-threaded.
///
/// Invariants: every table is bounded; loopback and private addresses of a local network are
/// counted in all but never by address, because one machine may run a whole test network.
class ConnectionGate {
 public:
  ConnectionGate(const HostLimits& limits, AddressProfile profile)
      : limits_(limits), profile_(profile) {}

  /// Whether an accepted socket must be closed at once. Counts it otherwise.
  [[nodiscard]] std::optional<HostRefusal> admit(const Multiaddr& remote,
                                                 const InboundCensus& census, TimePoint now);
  /// Whether a newcomer that is admitted takes a place of HostLimits::upgrades_reserved.
  [[nodiscard]] bool has_reserved_place(const InboundCensus& census) const {
    return census.known && census.upgrades_reserved < limits_.upgrades_reserved;
  }
  /// An inbound connection ended before its peer was known.
  void on_failed_upgrade(const Multiaddr& remote, TimePoint now);

  void ban(const PeerId& peer, TimePoint until, std::string reason);
  /// A stranger from this address was banned: keys cost nothing, addresses do.
  void note_ban_of_address(const Multiaddr& remote, TimePoint until);
  void unban(const PeerId& peer) { bans_.erase(peer); }
  /// The ban of a peer that has not expired; null if there is none.
  [[nodiscard]] const HostBan* ban_of(const PeerId& peer, TimePoint now) const;
  [[nodiscard]] const std::map<PeerId, HostBan>& bans() const { return bans_; }
  /// Forgets what has expired.
  void tick(TimePoint now);

 private:
  /// Events by key since the period began.
  struct Rate {
    TimePoint since;
    std::map<std::string, std::size_t> counts;
  };
  [[nodiscard]] static std::size_t* counter(Rate& rate, const std::string& key, Duration period,
                                            TimePoint now);
  [[nodiscard]] bool is_counted(const Multiaddr& remote) const;
  [[nodiscard]] bool is_banned_address(const Multiaddr& remote, TimePoint now) const;
  [[nodiscard]] bool failed_often(const Multiaddr& remote, TimePoint now) const;

  const HostLimits& limits_;
  AddressProfile profile_;
  Rate accepts_;
  Rate failures_;
  std::map<PeerId, HostBan> bans_;
  std::map<std::string, std::deque<TimePoint>> banned_ips_;  // when the bans of each end
};

}  // namespace ol::p2p
