#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>

/// Gossipsub's messages on the wire. Source: libp2p pubsub and gossipsub 1.0 to 1.2 specs;
/// docs/protocol/libp2p.md.
namespace ol::p2p {

/// Largest RPC we read; what we send to foreign nodes stays far below.
inline constexpr std::size_t kGossipRpcBytesMax = std::size_t{4} << 20;
/// Longer ones may be on the wire and mean nothing to us: each author of an RSA key makes ids of
/// 300 bytes where js counts them.
inline constexpr std::size_t kGossipTopicBytesMax = 128;
inline constexpr std::size_t kGossipIdBytesMax = 128;

/// What one RPC may hold. Counted while parsing, before anything is built.
struct GossipRpcLimits {
  std::size_t messages = 1000;
  std::size_t subscriptions = 128;
  std::size_t grafts = 64;
  std::size_t prunes = 64;
  std::size_t exchanged_peers = 16;  // per prune
  std::size_t ids = 5000;            // in IHAVE, IWANT and IDONTWANT together
};

enum class GossipRpcError : std::uint8_t {
  Malformed,
  TooManyMessages,
  TooManySubscriptions,
  TooManyGrafts,
  TooManyPrunes,
  TooManyExchangedPeers,
  TooManyIds,
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(GossipRpcError error);

/// A published message. All views borrow the RPC's bytes. A field that was not sent is absent,
/// which matters: StrictNoSign refuses even empty signatures.
struct RpcMessage {
  std::optional<ByteView> from;
  std::optional<ByteView> data;
  std::optional<ByteView> seqno;
  std::string_view topic;
  std::optional<ByteView> signature;
  std::optional<ByteView> key;
};

struct RpcSubscription {
  bool subscribe = false;
  std::string_view topic;
};
struct RpcIhave {
  std::string_view topic;
  std::vector<ByteView> ids;
};
struct RpcExchangedPeer {
  ByteView peer;
  ByteView record;  // a signed peer record, may be empty
};
struct RpcPrune {
  std::string_view topic;
  std::vector<RpcExchangedPeer> peers;
  std::optional<std::uint64_t> backoff_s;
};

struct GossipRpc {
  std::vector<RpcSubscription> subscriptions;
  std::vector<RpcMessage> messages;
  std::vector<RpcIhave> ihave;
  std::vector<ByteView> iwant;
  std::vector<std::string_view> graft;
  std::vector<RpcPrune> prune;
  std::vector<ByteView> idontwant;
  std::size_t long_ids = 0;     // left out, for they are not of a kind we make
  std::size_t long_topics = 0;  // read as empty, which no topic is
};

/// Parses an RPC without its length. Unknown fields are skipped.
[[nodiscard]] Result<GossipRpc, GossipRpcError> parse_gossip_rpc(
    ByteView bytes, const GossipRpcLimits& limits = {});

// Each appends one field of the RPC; an RPC is any number of them in any order.

void append_subscription(Bytes& rpc, bool subscribe, std::string_view topic);
/// `publish`: a message with the fields that are present, in field order.
void append_message(Bytes& rpc, const RpcMessage& message);
/// The message alone, as it is signed and hashed.
[[nodiscard]] Bytes encode_message(const RpcMessage& message);

/// The control message under construction; `append_control` adds it to an RPC unless it is empty.
class ControlBuilder {
 public:
  void ihave(std::string_view topic, const std::vector<ByteView>& ids);
  void iwant(const std::vector<ByteView>& ids);
  void graft(std::string_view topic);
  void prune(std::string_view topic, std::uint64_t backoff_s);
  void idontwant(const std::vector<ByteView>& ids);

  [[nodiscard]] bool empty() const { return control_.empty(); }
  [[nodiscard]] std::size_t size() const { return control_.size(); }
  void append_to(Bytes& rpc) const;

 private:
  Bytes control_;
};

}  // namespace ol::p2p
