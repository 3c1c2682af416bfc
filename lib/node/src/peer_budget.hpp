#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include <ol/p2p/peer_id.hpp>

namespace ol::node {

/// Whose consensus this is: validators of the present epoch and of the one before, and all others.
enum class PeerRank : std::uint8_t { Stranger, Validator };
inline constexpr std::size_t kPeerRankCount = 2;

/// Tokens that come back with time, in whole numbers: a thousandth of a token is the smallest part.
/// Time is told, in milliseconds that never go back. Single-threaded.
class TokenBucket {
 public:
  struct Rate {
    std::uint64_t per_second = 1;
    std::uint64_t burst = 1;
  };

  TokenBucket(Rate rate, std::uint64_t now_ms);

  /// Whether that many were there; they are gone then, and else none is.
  [[nodiscard]] bool take(std::uint64_t now_ms, std::uint64_t tokens);
  /// Takes them even if they are not there: nothing is taken before the debt is paid.
  void charge(std::uint64_t now_ms, std::uint64_t tokens);
  [[nodiscard]] bool is_full(std::uint64_t now_ms);

 private:
  void refill(std::uint64_t now_ms);

  Rate rate_;
  std::uint64_t last_ms_;
  std::int64_t milli_;
};

/// Why something that a peer sent was dropped. `describe` gives the label in metrics.
enum class PeerDrop : std::uint8_t {
  Muted,        // of a peer that was punished
  Gone,         // its peer was disconnected before its turn
  PeerFull,     // the peer has too much in the queue
  RankFull,     // peers of its rank have, and this one most
  Verify,       // more to verify than is verified for one peer, or for all strangers
  Serve,        // more asked for than is served to one peer
  ServingBusy,  // as much as is served at a time is being read for the peer
  Useless,      // a vote of another than whose link it came on
};
inline constexpr std::size_t kPeerDropCount = 8;
[[nodiscard]] const char* describe(PeerDrop drop);

/// What each peer may make this node do: verify signatures, and read and send what it stores. Who
/// goes on beyond that is to be cut off. Bounded: beyond `kPeersMax` the one that was heard of
/// longest ago is forgotten. Pure but for its own state; single-threaded.
class PeerBudget {
 public:
  static constexpr std::size_t kPeersMax = 512;
  /// Signatures and pairings.
  static constexpr std::array<TokenBucket::Rate, kPeerRankCount> kVerify{
      {{64, 128}, {2'000, 4'000}}};
  /// Of all strangers together.
  static constexpr TokenBucket::Rate kVerifyStrangers{256, 512};
  static constexpr std::array<TokenBucket::Rate, kPeerRankCount> kServedBytes{
      {{std::uint64_t{16} << 20, std::uint64_t{32} << 20},
       {std::uint64_t{64} << 20, std::uint64_t{128} << 20}}};
  /// Of refusals that a peer may cause before it is cut off.
  static constexpr TokenBucket::Rate kPatience{16, 256};
  /// Served to a peer at a time.
  static constexpr std::size_t kRangesMax = 1;
  static constexpr std::size_t kBlocksMax = 16;

  /// What to do with what a peer wants.
  enum class Verdict : std::uint8_t { Take, Drop, CutOff };
  enum class Reading : std::uint8_t { Range, Block };

  [[nodiscard]] Verdict verify(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                               std::uint64_t count);
  /// Before something is served; `charge` what it came to afterwards.
  [[nodiscard]] Verdict serve(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                              std::uint64_t bytes);
  void charge_served(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                     std::uint64_t bytes);
  /// Whether one more may be read for the peer; `end_reading` it then.
  [[nodiscard]] bool begin_reading(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                                   Reading what);
  void end_reading(const p2p::PeerId& peer, Reading what);
  /// Something else of the peer was dropped: Drop, or CutOff once it was too often.
  [[nodiscard]] Verdict refuse(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms);
  [[nodiscard]] std::size_t size() const { return peers_.size(); }

 private:
  struct Account {
    Account(PeerRank of, std::uint64_t now_ms);
    PeerRank rank;
    TokenBucket verify;
    TokenBucket served;
    TokenBucket patience;
    std::array<std::size_t, 2> reading{};
    std::uint64_t heard_ms;
  };

  Account& account(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms);
  void forget_oldest();
  [[nodiscard]] static Verdict refuse(Account& account, std::uint64_t now_ms);

  std::map<p2p::PeerId, Account> peers_;
  TokenBucket strangers_{kVerifyStrangers, 0};
};

}  // namespace ol::node
