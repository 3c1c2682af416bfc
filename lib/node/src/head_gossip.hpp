#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include <ol/node/consensus_driver.hpp>
#include <ol/p2p/gossip_verdict.hpp>

#include "block_gossip.hpp"

namespace ol::node {

/// The certificate in a message of the topic for certificates. Strict and bounded: a consensus
/// message of another kind is none. Format: docs/protocol/p2p.md, "Topics".
[[nodiscard]] Result<primitives::QuorumCertificate, DecodeError> decode_certificate_gossip(
    ByteView bytes);

/// How nodes that no validator sends its messages to follow the head: certificates and blocks on
/// topics, passed on by whoever has checked a certificate and has its block.
/// docs/adr/0024-certificates-by-gossip.md and 0032-blocks-by-gossip.md.
/// Single-threaded.
class HeadGossip {
 public:
  /// What waits for its block; beyond it the oldest is given up.
  static constexpr std::size_t kWaitingMax = 64;
  static constexpr std::uint64_t kWaitMs = 5'000;
  /// Blocks up to this size are published by every validator, longer ones by their proposer.
  static constexpr std::size_t kEverybodyBytesMax = std::size_t{16} << 10;

  using Judge = std::function<void(const std::string& id, p2p::GossipVerdict)>;

  /// @param judge  Told the verdict of each message once.
  HeadGossip(const primitives::ChainDomain& domain, bool by_slots, Judge judge)
      : by_slots_(by_slots), judge_(judge), blocks_(domain, std::move(judge)) {}

  /// A message of the topic, decoded: the driver is given what it does not know.
  /// @param message  As it came.
  void take(ConsensusDriver& driver, Now now, const p2p::PeerId& from, const std::string& id,
            const primitives::QuorumCertificate& certificate, ByteView message);
  /// The same for the topic of blocks, not decoded.
  void take_block(ConsensusDriver& driver, Now now, const p2p::PeerId& from, const std::string& id,
                  ByteView message);
  /// DriverHost::heard_block.
  [[nodiscard]] std::optional<primitives::Block> release_block(const primitives::BlockHash& block) {
    return blocks_.release(block);
  }
  /// The driver has gone on: judges what has its block, or waited for too long.
  void follow(const ConsensusDriver& driver, Now now);
  /// Messages for the topics, to be published in this order.
  struct News {
    std::optional<Bytes> block;
    Bytes certificate;
  };
  /// What is older is no news: its node is catching up.
  static constexpr std::uint64_t kNewsMs = 30'000;
  /// The newest certificate that makes blocks final and the block it names, if it is new and its
  /// block is here and was proposed not long ago. How far peers say they are changes nothing: one
  /// that lies would silence everybody.
  [[nodiscard]] std::optional<News> news(const ConsensusDriver& driver, Now now);

 private:
  struct Waiting {
    std::string id;
    primitives::BlockHash block;
    primitives::Height height;
    std::uint64_t until_ms = 0;
  };

  [[nodiscard]] bool is_known(const ConsensusDriver& driver,
                              const primitives::QuorumCertificate& certificate) const;
  [[nodiscard]] std::optional<Bytes> block_to_tell(const ConsensusDriver& driver,
                                                   const primitives::BlockHash& block) const;

  bool by_slots_;
  Judge judge_;
  BlockGossip blocks_;
  std::deque<Waiting> waiting_;
  /// Of what was published last: a height by slots, else a view.
  std::uint64_t published_ = 0;
};

}  // namespace ol::node
