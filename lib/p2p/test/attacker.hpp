#pragma once

#include <deque>

#include "host_network.hpp"

namespace ol::p2p::testing {

/// Types and flags of a Yamux header, as the specification numbers them and apart from the code
/// that is tested.
inline constexpr std::uint8_t kData = 0;
inline constexpr std::uint8_t kWindowUpdate = 1;
inline constexpr std::uint8_t kPing = 2;
inline constexpr std::uint8_t kGoAway = 3;
inline constexpr std::uint16_t kSyn = 1;
inline constexpr std::uint16_t kFin = 4;
inline constexpr std::uint16_t kRst = 8;
[[nodiscard]] Bytes yamux_header(std::uint8_t type, std::uint16_t flags, std::uint32_t id,
                                 std::uint32_t length);

/// A dialler that is honest up to the end of the Noise handshake and then says what the test wants.
/// Without I/O.
class RawDialler {
 public:
  explicit RawDialler(std::uint8_t number);

  /// Takes what the other side sent.
  void receive(ByteView bytes);
  /// What is to be sent.
  [[nodiscard]] Bytes take_output() { return std::exchange(out_, {}); }
  [[nodiscard]] bool is_secured() const { return sealer_.has_value(); }

  /// Queues one Noise message; only once secured.
  void send(ByteView plaintext);
  /// Queues bytes as they are.
  void send_raw(ByteView bytes) { append(out_, bytes); }
  /// What the other side said inside Noise.
  [[nodiscard]] const Bytes& heard() const { return heard_; }

 private:
  NoiseIdentity identity_;
  MultistreamInitiator security_;
  NoiseHandshake handshake_;
  std::optional<NoiseSealer> sealer_;
  std::optional<NoiseOpener> opener_;
  Bytes out_;
  Bytes heard_;
};

/// A RawDialler that a host has accepted. Give attackers numbers and addresses of their own.
class Attacker {
 public:
  Attacker(HostNetwork& network, TestHost& victim, std::uint8_t number,
           const char* from = "/ip4/1.2.3.4/tcp/5");

  /// Carries bytes both ways until both are silent.
  void exchange();
  /// Brings a Noise message to the victim and carries what follows.
  void send(ByteView plaintext);
  void send_raw(ByteView bytes);
  /// Brings bytes to the victim and never reads what it answers.
  void push(ByteView plaintext);

  [[nodiscard]] RawDialler& peer() { return peer_; }
  [[nodiscard]] const Result<ConnectionId, HostRefusal>& accepted() const { return id_; }
  /// How the victim's last ended connection ended, "" if none has.
  [[nodiscard]] std::string outcome() const;

 private:
  HostNetwork& network_;
  TestHost& victim_;
  RawDialler peer_;
  Result<ConnectionId, HostRefusal> id_;
};

}  // namespace ol::p2p::testing
