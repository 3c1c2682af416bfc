#include <ol/p2p/gossip_rpc.hpp>

#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>

namespace ol::p2p {
namespace {

using Kind = ProtoField::Kind;
template <typename T>
using Parsed = Result<T, GossipRpcError>;

/// Calls `visit` with every field; it returns a Result<void, GossipRpcError>.
template <typename Visit>
Parsed<void> each_field(ByteView bytes, Visit&& visit) {
  ProtoReader reader(bytes);
  while (const auto field = reader.next())
    OL_TRY_VOID(visit(*field));
  if (!reader.ok()) return fail(GossipRpcError::Malformed);
  return {};
}

Parsed<ByteView> bytes_of(const ProtoField& field) {
  if (field.kind != Kind::Bytes) return fail(GossipRpcError::Malformed);
  return field.bytes;
}

class Parser {
 public:
  explicit Parser(const GossipRpcLimits& limits) : limits_(limits) {}

  Parsed<GossipRpc> parse(ByteView bytes) {
    OL_TRY_VOID(each_field(bytes, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number < 1 || field.number > 3) return {};
      OL_TRY(const ByteView body, bytes_of(field));
      if (field.number == 1) return subscription(body);
      if (field.number == 2) return message(body);
      return control(body);
    }));
    return std::move(rpc_);
  }

 private:
  Parsed<std::string_view> topic_of(const ProtoField& field) {
    OL_TRY(const ByteView bytes, bytes_of(field));
    if (bytes.size() <= kGossipTopicBytesMax) return as_text(bytes);
    rpc_.long_topics += 1;
    return std::string_view{};
  }

  Parsed<void> subscription(ByteView body) {
    if (rpc_.subscriptions.size() == limits_.subscriptions) {
      return fail(GossipRpcError::TooManySubscriptions);
    }
    RpcSubscription& out = rpc_.subscriptions.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number == 1) {
        if (field.kind != Kind::Varint) return fail(GossipRpcError::Malformed);
        out.subscribe = field.value != 0;
      } else if (field.number == 2) {
        OL_TRY(out.topic, topic_of(field));
      }
      return {};
    });
  }

  Parsed<void> message(ByteView body) {
    if (rpc_.messages.size() == limits_.messages) return fail(GossipRpcError::TooManyMessages);
    RpcMessage& out = rpc_.messages.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number < 1 || field.number > 6) return {};
      if (field.number == 4) {
        OL_TRY(out.topic, topic_of(field));
        return {};
      }
      OL_TRY(const ByteView bytes, bytes_of(field));
      if (field.number == 1) out.from = bytes;
      if (field.number == 2) out.data = bytes;
      if (field.number == 3) out.seqno = bytes;
      if (field.number == 5) out.signature = bytes;
      if (field.number == 6) out.key = bytes;
      return {};
    });
  }

  Parsed<void> control(ByteView body) {
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number < 1 || field.number > 5) return {};
      OL_TRY(const ByteView part, bytes_of(field));
      switch (field.number) {
        case 1:
          return ihave(part);
        case 2:
          return ids(part, 1, rpc_.iwant);
        case 3:
          return graft(part);
        case 4:
          return prune(part);
        default:
          return ids(part, 1, rpc_.idontwant);
      }
    });
  }

  Parsed<void> add_id(const ProtoField& field, std::vector<ByteView>& out) {
    if (id_count_ == limits_.ids) return fail(GossipRpcError::TooManyIds);
    id_count_ += 1;
    OL_TRY(const ByteView id, bytes_of(field));
    if (id.size() > kGossipIdBytesMax) {
      rpc_.long_ids += 1;
    } else {
      out.push_back(id);
    }
    return {};
  }

  Parsed<void> ids(ByteView body, std::uint32_t number, std::vector<ByteView>& out) {
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number != number) return {};
      return add_id(field, out);
    });
  }

  Parsed<void> ihave(ByteView body) {
    // Entries without ids are not ids, so they have a bound of their own.
    if (rpc_.ihave.size() == limits_.subscriptions) return fail(GossipRpcError::TooManyIds);
    RpcIhave& out = rpc_.ihave.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number == 1) {
        OL_TRY(out.topic, topic_of(field));
        return {};
      }
      if (field.number != 2) return {};
      return add_id(field, out.ids);
    });
  }

  Parsed<void> graft(ByteView body) {
    if (rpc_.graft.size() == limits_.grafts) return fail(GossipRpcError::TooManyGrafts);
    std::string_view& out = rpc_.graft.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number != 1) return {};
      OL_TRY(out, topic_of(field));
      return {};
    });
  }

  Parsed<void> prune(ByteView body) {
    if (rpc_.prune.size() == limits_.prunes) return fail(GossipRpcError::TooManyPrunes);
    RpcPrune& out = rpc_.prune.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number == 1) {
        OL_TRY(out.topic, topic_of(field));
      }
      if (field.number == 2) return exchanged_peer(field, out);
      if (field.number == 3) {
        if (field.kind != Kind::Varint) return fail(GossipRpcError::Malformed);
        out.backoff_s = field.value;
      }
      return {};
    });
  }

  Parsed<void> exchanged_peer(const ProtoField& peer, RpcPrune& out) {
    if (out.peers.size() == limits_.exchanged_peers) {
      return fail(GossipRpcError::TooManyExchangedPeers);
    }
    OL_TRY(const ByteView body, bytes_of(peer));
    RpcExchangedPeer& entry = out.peers.emplace_back();
    return each_field(body, [&](const ProtoField& field) -> Parsed<void> {
      if (field.number != 1 && field.number != 2) return {};
      OL_TRY((field.number == 1 ? entry.peer : entry.record), bytes_of(field));
      return {};
    });
  }

  const GossipRpcLimits& limits_;
  GossipRpc rpc_;
  std::size_t id_count_ = 0;
};

Bytes ids_message(std::uint32_t number, const std::vector<ByteView>& ids) {
  Bytes out;
  for (const ByteView id : ids)
    append_proto_bytes(out, number, id);
  return out;
}

}  // namespace

const char* describe(GossipRpcError error) {
  switch (error) {
    case GossipRpcError::Malformed:
      return "malformed gossip message";
    case GossipRpcError::TooManyMessages:
      return "too many messages in one gossip rpc";
    case GossipRpcError::TooManySubscriptions:
      return "too many subscriptions in one gossip rpc";
    case GossipRpcError::TooManyGrafts:
      return "too many grafts in one gossip rpc";
    case GossipRpcError::TooManyPrunes:
      return "too many prunes in one gossip rpc";
    case GossipRpcError::TooManyExchangedPeers:
      return "too many peers in one prune";
    case GossipRpcError::TooManyIds:
      return "too many message ids in one gossip rpc";
  }
  OL_CHECK(false, "unknown GossipRpcError");
}

Result<GossipRpc, GossipRpcError> parse_gossip_rpc(ByteView bytes, const GossipRpcLimits& limits) {
  return Parser(limits).parse(bytes);
}

void append_subscription(Bytes& rpc, bool subscribe, std::string_view topic) {
  Bytes body;
  append_proto_varint(body, 1, subscribe ? 1 : 0);
  append_proto_bytes(body, 2, as_bytes(topic));
  append_proto_bytes(rpc, 1, body);
}

Bytes encode_message(const RpcMessage& message) {
  Bytes out;
  out.reserve((message.data ? message.data->size() : 0) + 256);
  const auto add = [&](std::uint32_t number, const std::optional<ByteView>& bytes) {
    if (bytes) append_proto_bytes(out, number, *bytes);
  };
  add(1, message.from);
  add(2, message.data);
  add(3, message.seqno);
  append_proto_bytes(out, 4, as_bytes(message.topic));
  add(5, message.signature);
  add(6, message.key);
  return out;
}

void append_message(Bytes& rpc, const RpcMessage& message) {
  append_proto_bytes(rpc, 2, encode_message(message));
}

void ControlBuilder::ihave(std::string_view topic, const std::vector<ByteView>& ids) {
  Bytes body;
  append_proto_bytes(body, 1, as_bytes(topic));
  append(body, ids_message(2, ids));
  append_proto_bytes(control_, 1, body);
}

void ControlBuilder::iwant(const std::vector<ByteView>& ids) {
  append_proto_bytes(control_, 2, ids_message(1, ids));
}

void ControlBuilder::graft(std::string_view topic) {
  Bytes body;
  append_proto_bytes(body, 1, as_bytes(topic));
  append_proto_bytes(control_, 3, body);
}

void ControlBuilder::prune(std::string_view topic, std::uint64_t backoff_s) {
  Bytes body;
  append_proto_bytes(body, 1, as_bytes(topic));
  append_proto_varint(body, 3, backoff_s);
  append_proto_bytes(control_, 4, body);
}

void ControlBuilder::idontwant(const std::vector<ByteView>& ids) {
  append_proto_bytes(control_, 5, ids_message(1, ids));
}

void ControlBuilder::append_to(Bytes& rpc) const {
  if (!empty()) append_proto_bytes(rpc, 3, control_);
}

}  // namespace ol::p2p
