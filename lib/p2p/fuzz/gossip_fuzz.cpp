// The gossip router fed by a hostile peer: RPCs cut from the input, verdicts and heartbeats between
// them. Its tables stay bounded and everything it wants to send parses.
#include <ol/base/check.hpp>
#include <ol/p2p/delimited.hpp>
#include <ol/p2p/gossip_router.hpp>

namespace {

using namespace ol;
using namespace ol::p2p;

const IdentityKey& key() {
  static const IdentityKey made(*crypto::Ed25519SecretKey::from_bytes(Bytes(32, 1)));
  return made;
}

GossipParameters parameters() {
  GossipParameters out;
  out.topics = {"a", "b"};
  return out;
}

PeerId peer(std::uint8_t number) {
  crypto::Ed25519PublicKey id;
  id.bytes[0] = number;
  return PeerId(id);
}

void drain(GossipRouter& router, TimePoint now, std::uint8_t choice) {
  while (const auto event = router.next_event()) {
    if (const auto* received = std::get_if<GossipReceived>(&*event)) {
      router.judge(received->message->id, static_cast<GossipVerdict>(choice % 4), now);
    }
  }
  for (std::uint8_t i = 1; i <= 3; ++i) {
    for (auto pieces = router.take_rpc(peer(i), now); !pieces.empty();
         pieces = router.take_rpc(peer(i), now)) {
      Bytes all;
      for (const SharedBytes& piece : pieces)
        append(all, *piece);
      DelimitedReader reader(kGossipRpcBytesMax);
      ByteView rest = all;
      const auto rpc = reader.next(rest);
      OL_CHECK(rpc && *rpc && rest.empty(), "one RPC with its length");
      OL_CHECK(parse_gossip_rpc(**rpc).has_value(), "we understand ourselves");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  GossipRouter router(parameters(), key(), 7);
  TimePoint now{std::chrono::hours{1}};
  router.join("a", now);
  for (std::uint8_t i = 1; i <= 3; ++i)
    router.add_peer(peer(i), {}, now);
  ByteView rest(data, size);
  while (rest.size() >= 2) {
    const std::uint8_t choice = rest[0];
    const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
    const auto from = static_cast<std::uint8_t>(1 + choice % 3);
    if (!router.on_rpc(peer(from), rest.subspan(2, length), now)) return 0;
    rest = rest.subspan(2 + length);
    drain(router, now, static_cast<std::uint8_t>(choice >> 2));
    if ((choice & 0x80) == 0) continue;
    now += std::chrono::milliseconds{700} * (1 + (choice >> 4 & 3));
    router.heartbeat(now);
  }
  // A byte of input can name at most one id or message; each costs a handful of entries.
  OL_CHECK(router.table_entries() <= 8 * size + 100, "tables grow no faster than the input");
  return 0;
}
