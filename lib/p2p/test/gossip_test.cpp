#include <ol/p2p/gossip_message.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <random>
#include <set>

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/gossip_cache.hpp>
#include <ol/p2p/gossip_queue.hpp>
#include <ol/p2p/gossip_score.hpp>
#include <ol/p2p/varint.hpp>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::hex;
using testing::pattern;
using testing::vector_text;

constexpr TimePoint kStart{std::chrono::hours{1}};

Bytes vector_bytes(const char* field) {
  return hex(vector_text("gossipsub", field));
}

IdentityKey vector_key() {
  return *IdentityKey::from_message(hex(std::string(
      testing::libp2p_vectors().at("keys").at("ed25519").at("privateKeyProtobuf").as_string())));
}

/// The message of an encoded RPC that has one.
GossipRpc parsed(ByteView rpc) {
  auto out = parse_gossip_rpc(rpc);
  EXPECT_TRUE(out);
  return *std::move(out);
}

Bytes as_rpc(ByteView message) {
  Bytes out{0x12};
  Bytes delimited;
  append_delimited(delimited, message);
  append(out, delimited);
  return out;
}

// libp2p.md section 8.2: all nodes of a topic MUST compute ids alike.
TEST(GossipMessage, reproduces_the_signed_vector) {
  const auto message =
      make_message("blocks", vector_bytes("data"), GossipSigning::StrictSign, vector_key(), 1);
  EXPECT_EQ(to_hex(message->rpc_field), vector_text("gossipsub", "rpcWithThatMessage"));
  EXPECT_EQ(to_hex(as_bytes(message->id)), vector_text("gossipsub", "messageIdFromSeqno"));
  EXPECT_EQ(message->data().size(), vector_bytes("data").size());
  EXPECT_EQ(to_hex(message->data()), vector_text("gossipsub", "data"));
  Bytes delimited;
  append_delimited(delimited, message->rpc_field);
  EXPECT_EQ(to_hex(delimited), vector_text("gossipsub", "rpcLengthPrefixed"));
}

TEST(GossipMessage, accepts_the_vector_with_and_without_the_key) {
  for (const char* const field : {"messageWithoutKey", "messageWithKey"}) {
    const Bytes rpc = as_rpc(vector_bytes(field));
    const GossipRpc read = parsed(rpc);
    const auto message = accept_message(read.messages.at(0), GossipSigning::StrictSign);
    ASSERT_TRUE(message) << field;
    EXPECT_EQ((*message)->author, PeerId(vector_key().public_key()));
    EXPECT_EQ(to_hex((*message)->data()), vector_text("gossipsub", "data"));
    EXPECT_EQ((*message)->rpc_field, rpc);
  }
}

// libp2p.md section 8.2: all nodes of a topic MUST compute ids alike.
TEST(GossipMessage, reproduces_the_unsigned_vector) {
  const auto message =
      make_message("blocks", vector_bytes("data"), GossipSigning::StrictNoSign, vector_key(), 1);
  EXPECT_EQ(message->rpc_field, as_rpc(vector_bytes("strictNoSignMessage")));
  EXPECT_EQ(to_hex(as_bytes(message->id)), vector_text("gossipsub", "messageIdContent20"));
  EXPECT_EQ(to_hex(message->data()), vector_text("gossipsub", "data"));
}

std::optional<GossipMessageError> verdict(const RpcMessage& message, GossipSigning signing) {
  const auto out = accept_message(message, signing);
  return out ? std::nullopt : std::optional(out.error());
}

// libp2p.md section 8.2: StrictSign needs from, an 8-byte seqno and a signature that verifies; a
// key that is sent MUST derive from.
TEST(GossipMessage, strict_sign_refuses_by_name) {
  const Bytes rpc = as_rpc(vector_bytes("messageWithKey"));
  const GossipRpc read = parsed(rpc);
  const RpcMessage good = read.messages.at(0);
  const auto with = [&](auto&& change) {
    RpcMessage out = good;
    change(out);
    return verdict(out, GossipSigning::StrictSign);
  };
  EXPECT_EQ(with([](RpcMessage&) {}), std::nullopt);
  EXPECT_EQ(with([](RpcMessage& m) { m.data.reset(); }), GossipMessageError::MissingData);
  EXPECT_EQ(with([](RpcMessage& m) { m.from.reset(); }), GossipMessageError::MissingField);
  EXPECT_EQ(with([](RpcMessage& m) { m.seqno.reset(); }), GossipMessageError::MissingField);
  EXPECT_EQ(with([](RpcMessage& m) { m.signature.reset(); }), GossipMessageError::MissingField);
  EXPECT_EQ(with([](RpcMessage& m) { m.seqno = m.seqno->first(7); }), GossipMessageError::BadSeqno);
  EXPECT_EQ(with([](RpcMessage& m) { m.from = m.from->first(20); }), GossipMessageError::BadFrom);
  EXPECT_EQ(with([](RpcMessage& m) { m.topic = "other"; }), GossipMessageError::BadSignature);
  EXPECT_EQ(with([](RpcMessage& m) { m.data = m.data->first(3); }),
            GossipMessageError::BadSignature);
  const Bytes other = testing::peer_id(5).public_key()->message();
  EXPECT_EQ(with([&](RpcMessage& m) { m.key = other; }), GossipMessageError::BadKey);
  // A hashed author whose key is not sent cannot be verified.
  const Bytes hashed = hex("1220" + std::string(64, 'a'));
  EXPECT_EQ(with([&](RpcMessage& m) {
              m.from = hashed;
              m.key.reset();
            }),
            GossipMessageError::BadKey);
}

// Whoever passes it on has verified it, perhaps.
TEST(GossipMessage, strict_sign_tells_keys_it_does_not_know_from_wrong_ones) {
  const Bytes rpc = as_rpc(vector_bytes("messageWithKey"));
  RpcMessage message = parsed(rpc).messages.at(0);
  for (const std::uint8_t type : Bytes{0, 3}) {
    Bytes key{0x08, type, 0x12, 0x5b};
    key.resize(4 + 0x5b, 7);
    const PeerId author = *PeerId::from_key_message(key);
    message.from = author.bytes();
    message.key = key;
    EXPECT_EQ(verdict(message, GossipSigning::StrictSign), GossipMessageError::UnsupportedKey);
    const Bytes hashed = hex("1220" + std::string(64, 'a'));
    message.from = hashed;
    EXPECT_EQ(verdict(message, GossipSigning::StrictSign), GossipMessageError::BadKey);
  }
}

TEST(GossipMessage, strict_no_sign_refuses_every_field_of_an_author) {
  const Bytes empty;
  RpcMessage good;
  good.topic = "t";
  good.data = empty;
  EXPECT_EQ(verdict(good, GossipSigning::StrictNoSign), std::nullopt);
  for (auto field :
       {&RpcMessage::from, &RpcMessage::seqno, &RpcMessage::signature, &RpcMessage::key}) {
    RpcMessage message = good;
    message.*field = ByteView(empty);
    EXPECT_EQ(verdict(message, GossipSigning::StrictNoSign), GossipMessageError::UnexpectedField);
  }
}

TEST(GossipRpc, reproduces_the_control_vectors_both_ways) {
  const Bytes id = hex("aabbcc");
  const auto control = [](auto&& add) {
    ControlBuilder builder;
    add(builder);
    Bytes out;
    builder.append_to(out);
    return to_hex(out);
  };
  EXPECT_EQ(control([&](ControlBuilder& c) { c.graft("blocks"); }),
            vector_text("gossipsub", "graftRpc"));
  EXPECT_EQ(control([&](ControlBuilder& c) { c.prune("blocks", 60); }),
            vector_text("gossipsub", "pruneRpcBackoff60"));
  EXPECT_EQ(control([&](ControlBuilder& c) { c.iwant({id}); }),
            vector_text("gossipsub", "iwantRpc"));
  EXPECT_EQ(control([&](ControlBuilder& c) { c.idontwant({id}); }),
            vector_text("gossipsub", "idontwantRpc"));
  Bytes subscribe;
  append_subscription(subscribe, true, "blocks");
  EXPECT_EQ(to_hex(subscribe), vector_text("gossipsub", "subscribeRpc"));

  const Bytes ihave = vector_bytes("ihaveRpc");
  const GossipRpc read = parsed(ihave);
  ASSERT_EQ(read.ihave.size(), 1U);
  EXPECT_EQ(to_hex(read.ihave[0].ids.at(0)), "aabbcc");
  EXPECT_EQ(control([&](ControlBuilder& c) { c.ihave(read.ihave[0].topic, read.ihave[0].ids); }),
            vector_text("gossipsub", "ihaveRpc"));
  const Bytes prune = vector_bytes("pruneRpcBackoff60");
  EXPECT_EQ(parsed(prune).prune.at(0).backoff_s, 60U);
}

// libp2p.md section 8.8: counts are checked while parsing.
TEST(GossipRpc, holds_every_limit) {
  const auto error_of = [](ByteView rpc) {
    const auto out = parse_gossip_rpc(rpc);
    return out ? std::nullopt : std::optional(out.error());
  };
  const auto repeated = [&](std::size_t count, auto&& add) {
    Bytes out;
    for (std::size_t i = 0; i < count; ++i)
      add(out);
    return error_of(out);
  };
  const auto control = [&](std::size_t count, auto&& add) {
    ControlBuilder builder;
    for (std::size_t i = 0; i < count; ++i)
      add(builder);
    Bytes out;
    builder.append_to(out);
    return error_of(out);
  };
  const auto subscribe = [](Bytes& out) { append_subscription(out, true, "t"); };
  EXPECT_EQ(repeated(128, subscribe), std::nullopt);
  EXPECT_EQ(repeated(129, subscribe), GossipRpcError::TooManySubscriptions);
  const auto message = [](Bytes& out) { append_message(out, {}); };
  EXPECT_EQ(repeated(1000, message), std::nullopt);
  EXPECT_EQ(repeated(1001, message), GossipRpcError::TooManyMessages);
  const auto graft = [](ControlBuilder& c) { c.graft("t"); };
  EXPECT_EQ(control(64, graft), std::nullopt);
  EXPECT_EQ(control(65, graft), GossipRpcError::TooManyGrafts);
  const auto prune = [](ControlBuilder& c) { c.prune("t", 1); };
  EXPECT_EQ(control(64, prune), std::nullopt);
  EXPECT_EQ(control(65, prune), GossipRpcError::TooManyPrunes);
  const Bytes id(1);
  const auto iwant = [&](ControlBuilder& c) { c.iwant({id}); };
  EXPECT_EQ(control(5000, iwant), std::nullopt);
  EXPECT_EQ(control(5001, iwant), GossipRpcError::TooManyIds);
  EXPECT_EQ(control(5001, [&](ControlBuilder& c) { c.idontwant({id}); }),
            GossipRpcError::TooManyIds);
  EXPECT_EQ(control(129, [&](ControlBuilder& c) { c.ihave("t", {}); }), GossipRpcError::TooManyIds);
  // 17 exchanged peers in a prune: 22 <length> of 12 00 each.
  Bytes peers;
  for (int i = 0; i < 17; ++i)
    append(peers, hex("1200"));
  Bytes body = hex("1a2422220000");
  body.resize(4);
  append(body, peers);
  EXPECT_EQ(error_of(body), GossipRpcError::TooManyExchangedPeers);
  EXPECT_EQ(error_of(hex("12ff")), GossipRpcError::Malformed);
  EXPECT_EQ(error_of(hex("0801")), GossipRpcError::Malformed);
  EXPECT_EQ(error_of(hex("fa010103")), std::nullopt);  // an unknown field
}

TEST(Delimited, does_not_care_how_bytes_are_cut_and_holds_its_limit) {
  Bytes stream;
  for (const std::size_t size : {0UL, 1UL, 127UL, 128UL, 300UL, 20000UL})
    append_delimited(stream, pattern(size));
  const auto read = [&](std::size_t piece) {
    DelimitedReader reader(20000);
    std::vector<Bytes> out;
    ByteView rest = stream;
    while (!rest.empty()) {
      ByteView part = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(part.size());
      while (true) {
        const auto message = reader.next(part);
        if (!message) ADD_FAILURE();
        if (!message || !*message) break;
        out.push_back(to_bytes(**message));
      }
    }
    EXPECT_TRUE(reader.is_between_messages());
    return out;
  };
  const auto whole = read(stream.size());
  ASSERT_EQ(whole.size(), 6U);
  EXPECT_EQ(whole[5], pattern(20000));
  for (const std::size_t piece : {1UL, 3UL, 1000UL})
    EXPECT_EQ(read(piece), whole);
  DelimitedReader small(19999);
  Bytes one;
  append_delimited(one, pattern(20000));
  ByteView rest = one;
  EXPECT_EQ(small.next(rest).error(), DelimitedError::TooLong);
  const Bytes padded = hex("8100");
  rest = padded;
  EXPECT_EQ(DelimitedReader(9).next(rest).error(), DelimitedError::BadLength);
}

GossipMessagePtr message_of(std::size_t size, std::uint8_t tag) {
  Bytes data(size, tag);
  return make_message("t", data, GossipSigning::StrictNoSign, vector_key(), 1);
}

// libp2p.md section 8.8: when full, gossip goes first, then droppable, then forwarded messages;
// own ones never in silence.
TEST(GossipQueue, drops_in_order_and_never_own_messages) {
  GossipQueueLimits limits;
  limits.bytes = 3500;
  GossipQueue queue(limits);
  const TimePoint late = kStart + seconds(5);
  EXPECT_TRUE(queue.push(message_of(1000, 1), GossipClass::Own, late));
  EXPECT_TRUE(queue.push(message_of(1000, 2), GossipClass::Forwarded, late));
  EXPECT_TRUE(queue.push(message_of(1000, 3), GossipClass::Droppable, late));
  EXPECT_FALSE(queue.push(message_of(1000, 4), GossipClass::Droppable, late));
  EXPECT_TRUE(queue.push(message_of(1000, 5), GossipClass::Forwarded, late));  // for 3
  EXPECT_FALSE(queue.push(message_of(1000, 6), GossipClass::Forwarded, late));
  EXPECT_TRUE(queue.push(message_of(1000, 7), GossipClass::Own, late));  // for 2
  EXPECT_TRUE(queue.push(message_of(1000, 8), GossipClass::Own, late));  // for 5
  EXPECT_FALSE(queue.push(message_of(1000, 9), GossipClass::Own, late));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_TRUE(queue.is_full());
}

TEST(GossipQueue, drops_what_is_no_longer_useful) {
  GossipQueue queue;
  EXPECT_TRUE(queue.push(message_of(10, 1), GossipClass::Own, kStart + seconds(5)));
  EXPECT_TRUE(queue.push(message_of(10, 2), GossipClass::Forwarded, kStart + seconds(2)));
  const auto rpc = queue.take_rpc(kStart + seconds(3));
  EXPECT_EQ(rpc.size(), 2U);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(GossipQueue, splits_what_is_too_much_for_one_rpc_and_shares_the_messages) {
  GossipQueue queue;
  const auto large = message_of(40000, 1);
  EXPECT_TRUE(queue.push(large, GossipClass::Forwarded, kStart));
  EXPECT_TRUE(queue.push(message_of(40000, 2), GossipClass::Forwarded, kStart));
  const auto first = queue.take_rpc(kStart);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1].get(), &large->rpc_field);
  EXPECT_EQ(queue.take_rpc(kStart).size(), 2U);
  EXPECT_TRUE(queue.take_rpc(kStart).empty());
}

// rust-libp2p refuses longer RPCs unless told otherwise. Others may have long ids.
TEST(GossipQueue, ids_of_all_kinds_share_the_room_of_one_rpc) {
  GossipQueue queue;
  const auto ids = [](char kind) {
    std::vector<MessageId> out;
    for (int i = 0; i < 1000; ++i)
      out.push_back(kind + std::string(100, 'x') + std::to_string(10000 + i));
    return out;
  };
  for (const MessageId& id : ids('d'))
    queue.idontwant(id);
  queue.ihave(std::string(128, 't'), ids('h'));
  queue.ihave(std::string(128, 'u'), ids('i'));
  queue.iwant(ids('w'));
  queue.graft("t");
  std::set<MessageId> told;
  std::size_t asked = 0;
  for (auto pieces = queue.take_rpc(kStart); !pieces.empty(); pieces = queue.take_rpc(kStart)) {
    ByteView rest = *pieces.at(0);
    EXPECT_LE(rest.size(), std::size_t{64} << 10);
    rest = rest.subspan(read_uvarint(rest).size);
    const auto rpc = parse_gossip_rpc(rest);
    ASSERT_TRUE(rpc);
    const auto note = [&](const std::vector<ByteView>& list) {
      for (const ByteView id : list)
        EXPECT_TRUE(told.insert(MessageId(as_text(id))).second);
    };
    note(rpc->idontwant);
    for (const RpcIhave& ihave : rpc->ihave)
      note(ihave.ids);
    note(rpc->iwant);
    asked += queue.take_asked().size();
  }
  EXPECT_EQ(told.size(), 4000U);
  EXPECT_EQ(asked, 1000U);
  EXPECT_TRUE(queue.empty());
}

// libp2p.md section 8.3: seen TTL 120 s, in two generations that live as long each.
TEST(GossipCache, remembers_an_id_for_120_s_and_not_for_240) {
  GossipCache cache({});
  cache.add_seen("first", kStart);
  cache.add_seen("late", kStart + seconds(119));
  cache.shift(kStart + seconds(120));
  EXPECT_NE(cache.find_seen("first"), nullptr);
  cache.shift(kStart + seconds(119 + 120));
  EXPECT_NE(cache.find_seen("late"), nullptr);
  cache.shift(kStart + seconds(240));
  EXPECT_EQ(cache.find_seen("first"), nullptr);
  EXPECT_EQ(cache.find_seen("late"), nullptr);
  EXPECT_EQ(cache.seen_count(), 0U);
}

TEST(GossipScore, checks_its_parameters) {
  EXPECT_TRUE(is_valid(ScoreParameters{}));
  const auto with = [](auto&& change) {
    ScoreParameters out;
    change(out);
    return is_valid(out);
  };
  EXPECT_FALSE(with([](ScoreParameters& p) { p.ip_weight = std::nan(""); }));
  EXPECT_FALSE(with([](ScoreParameters& p) {
    p.topic.invalid_weight = -std::numeric_limits<double>::infinity();
  }));
  EXPECT_FALSE(with([](ScoreParameters& p) { p.topic.invalid_weight = 1; }));
  EXPECT_FALSE(with([](ScoreParameters& p) { p.graylist = p.publish; }));
  EXPECT_FALSE(with([](ScoreParameters& p) { p.gossip = 0; }));
  EXPECT_FALSE(with([](ScoreParameters& p) { p.decay_interval = {}; }));
}

struct Scored {
  explicit Scored(const ScoreParameters& parameters = {}) : score(parameters) {
    score.add_peer(peer, "ip");
    score.decay(kStart);
  }
  [[nodiscard]] double at(Duration after) const { return score.score(peer, kStart + after); }

  PeerId peer = testing::peer_id(1);
  GossipScore score;
};

TEST(GossipScore, counts_time_in_the_mesh_up_to_its_cap) {
  Scored s;
  s.score.graft(s.peer, "t", kStart);
  EXPECT_DOUBLE_EQ(s.at(seconds(10)), 0.2);
  EXPECT_DOUBLE_EQ(s.at(seconds(1000)), 1.2);
  s.score.prune(s.peer, "t", kStart);
  EXPECT_DOUBLE_EQ(s.at(seconds(10)), 0);
}

TEST(GossipScore, rewards_first_deliveries_and_forgets_them) {
  Scored s;
  for (int i = 0; i < 30; ++i)
    s.score.first_delivery(s.peer, "t");
  EXPECT_DOUBLE_EQ(s.at({}), 20);
  for (int i = 1; i <= 60; ++i)
    s.score.decay(kStart + seconds(i));
  EXPECT_LT(s.at({}), 0.25);
  s.score.decay(kStart + seconds(120));
  EXPECT_DOUBLE_EQ(s.at({}), 0);
}

TEST(GossipScore, punishes_invalid_messages_by_their_square) {
  Scored s;
  s.score.invalid_message(s.peer, "t");
  EXPECT_DOUBLE_EQ(s.at({}), -5);
  s.score.invalid_message(s.peer, "t");
  EXPECT_DOUBLE_EQ(s.at({}), -20);
}

// ADR 44.
TEST(GossipScore, three_invalid_messages_silence_nobody_and_five_do) {
  Scored s;
  const ScoreParameters parameters;
  for (int i = 0; i < 3; ++i)
    s.score.invalid_message(s.peer, "t");
  EXPECT_GT(s.at({}), parameters.publish);
  for (int i = 0; i < 2; ++i)
    s.score.invalid_message(s.peer, "t");
  EXPECT_LT(s.at({}), parameters.graylist);
}

TEST(GossipScore, punishes_behaviour_above_its_threshold) {
  Scored s;
  s.score.misbehaved(s.peer, 6);
  EXPECT_DOUBLE_EQ(s.at({}), 0);
  s.score.misbehaved(s.peer, 2);
  EXPECT_DOUBLE_EQ(s.at({}), -40);
}

TEST(GossipScore, counts_peers_of_one_ip) {
  Scored s;
  for (std::uint8_t i = 2; i <= 4; ++i)
    s.score.add_peer(testing::peer_id(i), "ip");
  EXPECT_DOUBLE_EQ(s.at({}), 0);
  s.score.add_peer(testing::peer_id(5), "ip");
  s.score.add_peer(testing::peer_id(6), "ip");
  EXPECT_DOUBLE_EQ(s.at({}), -20);
  s.score.remove_peer(testing::peer_id(6), kStart);
  EXPECT_DOUBLE_EQ(s.at({}), -5);
}

TEST(GossipScore, punishes_missing_deliveries_only_when_that_is_on) {
  ScoreParameters on;
  on.topic.mesh_deliveries_weight = -1;
  on.topic.mesh_deliveries_threshold = 3;
  on.topic.mesh_deliveries_cap = 10;
  on.topic.mesh_failure_weight = -2;
  Scored s(on);
  s.score.graft(s.peer, "t", kStart);
  s.score.near_delivery(s.peer, "t");
  EXPECT_GT(s.at(seconds(9)), 0);
  EXPECT_DOUBLE_EQ(s.at(seconds(10)), 0.2 - 4);
  s.score.prune(s.peer, "t", kStart + seconds(10));
  EXPECT_DOUBLE_EQ(s.at(seconds(10)), -8);
}

// "Scores are kept 1 h after disconnect, so reconnecting does not wash them."
TEST(GossipScore, remembers_the_bad_for_an_hour_and_nobody_else) {
  Scored s;
  s.score.invalid_message(s.peer, "t");
  s.score.remove_peer(s.peer, kStart);
  s.score.decay(kStart + minutes(59));
  s.score.add_peer(s.peer, "ip");
  EXPECT_DOUBLE_EQ(s.at({}), -5);
  s.score.remove_peer(s.peer, kStart + minutes(59));
  s.score.decay(kStart + minutes(120));
  EXPECT_EQ(s.score.size(), 0U);
  s.score.add_peer(s.peer, "ip");
  s.score.first_delivery(s.peer, "t");
  s.score.remove_peer(s.peer, kStart);
  s.score.decay(kStart + minutes(120) + seconds(1));
  EXPECT_EQ(s.score.size(), 0U);
}

// libp2p.md section 8.2: ids are opaque bytes of any length. js makes 307 of them from an RSA key.
TEST(GossipRpc, passes_over_ids_and_topics_that_are_longer_than_ours) {
  const Bytes longest(kGossipIdBytesMax, 1);
  const Bytes long_id(kGossipIdBytesMax + 1, 1);
  const std::string long_topic(kGossipTopicBytesMax + 1, 't');
  ControlBuilder builder;
  builder.ihave("t", {longest, long_id});
  builder.iwant({long_id, longest});
  builder.idontwant({long_id});
  builder.graft(long_topic);
  Bytes bytes;
  builder.append_to(bytes);
  append_subscription(bytes, true, long_topic);
  append_subscription(bytes, true, "t");
  const auto rpc = parse_gossip_rpc(bytes);
  ASSERT_TRUE(rpc);
  ASSERT_EQ(rpc->ihave.at(0).ids.size(), 1U);
  EXPECT_EQ(rpc->ihave[0].ids[0].size(), kGossipIdBytesMax);
  EXPECT_EQ(rpc->iwant.size(), 1U);
  EXPECT_TRUE(rpc->idontwant.empty());
  EXPECT_EQ(rpc->long_ids, 3U);
  EXPECT_EQ(rpc->graft.at(0), "");
  EXPECT_EQ(rpc->subscriptions.at(0).topic, "");
  EXPECT_EQ(rpc->subscriptions.at(1).topic, "t");
  EXPECT_EQ(rpc->long_topics, 2U);
}

TEST(GossipErrors, have_a_description_each) {
  std::set<std::string> texts;
  for (int error = 0; error <= static_cast<int>(GossipRpcError::TooManyIds); ++error)
    texts.insert(describe(static_cast<GossipRpcError>(error)));
  for (int error = 0; error <= static_cast<int>(GossipMessageError::UnexpectedField); ++error)
    texts.insert(describe(static_cast<GossipMessageError>(error)));
  EXPECT_EQ(texts.size(), 7U + 8U);
}

}  // namespace
}  // namespace ol::p2p
