#pragma once

#include <gtest/gtest.h>

#include <functional>

#include <ol/p2p/gossip_router.hpp>

#include "test_keys.hpp"

namespace ol::p2p::testing {

inline const std::string kTopic = "blocks";

inline const IdentityKey& own_key() {
  static const IdentityKey key(identity_key(200));
  return key;
}

inline GossipParameters parameters() {
  GossipParameters out;
  out.topics = {kTopic, "other"};
  return out;
}

/// What a router wants to tell one peer, read from its RPCs.
struct Heard {
  std::vector<std::pair<bool, std::string>> subscriptions;
  std::vector<Bytes> messages;
  std::vector<std::string> grafts;
  std::vector<std::pair<std::string, std::uint64_t>> prunes;
  std::vector<MessageId> ihave;
  std::vector<MessageId> iwant;
  std::vector<MessageId> idontwant;
};

/// A router that has joined kTopic, and peers played by the test.
struct GossipFixture {
  explicit GossipFixture(GossipParameters p = parameters()) : router(std::move(p), own_key(), 42) {
    router.join(kTopic, now);
    router.heartbeat(now);
  }

  PeerId add(std::uint8_t number, bool outbound = false,
             GossipVersion version = GossipVersion::V12) {
    const PeerId id = peer_id(number);
    router.add_peer(id, {version, outbound, "ip" + std::to_string(number)}, now);
    Bytes rpc;
    append_subscription(rpc, true, kTopic);
    receive(id, rpc);
    return id;
  }

  void receive(const PeerId& id, ByteView rpc) { ASSERT_TRUE(router.on_rpc(id, rpc, now)); }

  void control(const PeerId& id, const std::function<void(ControlBuilder&)>& add) {
    ControlBuilder builder;
    add(builder);
    Bytes rpc;
    builder.append_to(rpc);
    receive(id, rpc);
  }
  void graft(const PeerId& id) {
    control(id, [](ControlBuilder& c) { c.graft(kTopic); });
  }

  /// A message of `size` bytes that begins with `tag`, from `id`.
  MessageId send(const PeerId& id, std::uint8_t tag, std::size_t size = 10) {
    const auto message =
        make_message(kTopic, Bytes(size, tag), GossipSigning::StrictNoSign, own_key(), 0);
    receive(id, message->rpc_field);
    return message->id;
  }

  Heard heard(const PeerId& id) {
    Heard out;
    while (true) {
      const auto pieces = router.take_rpc(id, now);
      if (pieces.empty()) return out;
      Bytes all;
      for (const SharedBytes& piece : pieces)
        append(all, *piece);
      ByteView rest = all;
      take_uvarint_of(rest);
      const auto rpc = parse_gossip_rpc(rest);
      EXPECT_TRUE(rpc);
      note(*rpc, out);
    }
  }

  std::vector<GossipEvent> events() {
    std::vector<GossipEvent> out;
    while (auto event = router.next_event())
      out.push_back(*std::move(event));
    return out;
  }
  /// Judges everything that waits.
  std::size_t judge(GossipVerdict verdict) {
    std::size_t count = 0;
    for (const GossipEvent& event : events()) {
      if (const auto* received = std::get_if<GossipReceived>(&event)) {
        router.judge(received->message->id, verdict, now);
        count += 1;
      }
    }
    return count;
  }
  void beat(int times = 1) {
    for (int i = 0; i < times; ++i) {
      now += std::chrono::milliseconds(700);
      router.heartbeat(now);
    }
  }

  static void take_uvarint_of(ByteView& rest) {
    while ((rest[0] & 0x80) != 0)
      rest = rest.subspan(1);
    rest = rest.subspan(1);
  }
  static void note(const GossipRpc& rpc, Heard& out) {
    for (const auto& s : rpc.subscriptions)
      out.subscriptions.emplace_back(s.subscribe, s.topic);
    for (const auto& m : rpc.messages)
      out.messages.push_back(to_bytes(*m.data));
    for (const auto topic : rpc.graft)
      out.grafts.emplace_back(topic);
    for (const auto& p : rpc.prune)
      out.prunes.emplace_back(p.topic, p.backoff_s.value_or(0));
    for (const auto& entry : rpc.ihave) {
      for (const ByteView id : entry.ids)
        out.ihave.emplace_back(as_text(id));
    }
    for (const ByteView id : rpc.iwant)
      out.iwant.emplace_back(as_text(id));
    for (const ByteView id : rpc.idontwant)
      out.idontwant.emplace_back(as_text(id));
  }

  TimePoint now{std::chrono::hours{1}};
  GossipRouter router;
};

}  // namespace ol::p2p::testing
