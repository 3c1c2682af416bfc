#include <ol/p2p/multiaddr.hpp>

#include <gtest/gtest.h>

#include <set>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using testing::hex;

constexpr const char* kPeerText = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

Multiaddr address(std::string_view text) {
  const auto out = Multiaddr::from_text(text);
  EXPECT_TRUE(out) << text;
  return *out;
}

// libp2p.md section 12.1: every vector, both directions.
TEST(Multiaddr, reproduces_the_vectors_both_ways) {
  const auto& vectors = testing::libp2p_vectors().at("multiaddr").as_array();
  ASSERT_EQ(vectors.size(), 8U);
  for (const auto& entry : vectors) {
    const std::string text(entry.at("text").as_string());
    const Bytes bytes = hex(std::string(entry.at("bytes").as_string()));
    ASSERT_TRUE(Multiaddr::from_text(text)) << text;
    EXPECT_EQ(Multiaddr::from_text(text)->bytes(), bytes) << text;
    ASSERT_TRUE(Multiaddr::from_bytes(bytes)) << text;
    EXPECT_EQ(Multiaddr::from_bytes(bytes)->text(), text);
  }
}

TEST(Multiaddr, recognises_protocols_it_cannot_use) {
  for (const char* const text :
       {"/ip4/1.2.3.4/udp/1/quic-v1", "/dns/a.example/tcp/1/ws", "/dns4/a/tcp/1/tls/ws",
        "/ip4/1.2.3.4/tcp/1/wss", "/p2p-circuit"}) {
    EXPECT_EQ(address(text).text(), text);
    EXPECT_FALSE(address(text).tcp_target()) << text;
    EXPECT_FALSE(address(text).is_dialable(AddressProfile::Local)) << text;
  }
  const std::string alias = std::string("/ip4/1.2.3.4/tcp/1/ipfs/") + kPeerText;
  EXPECT_EQ(address(alias).peer()->text(), kPeerText);
}

struct Refused {
  std::string text;
  MultiaddrError error;
};

TEST(Multiaddr, refuses_malformed_text_by_name) {
  const Refused cases[] = {
      {"", MultiaddrError::Empty},
      {"ip4/1.2.3.4", MultiaddrError::NoSlash},
      {"/", MultiaddrError::NoSlash},
      {"/ip4/1.2.3.4/tcp/1/", MultiaddrError::NoSlash},
      {"/ip5/1.2.3.4", MultiaddrError::UnknownProtocol},
      {"//tcp/1", MultiaddrError::UnknownProtocol},
      {"/ip4", MultiaddrError::Truncated},
      {"/ip4/1.2.3", MultiaddrError::BadValue},
      {"/ip4/01.2.3.4", MultiaddrError::BadValue},
      {"/ip6/1.2.3.4", MultiaddrError::BadValue},
      {"/tcp/65536", MultiaddrError::BadValue},
      {"/tcp/-1", MultiaddrError::BadValue},
      {"/tcp/01", MultiaddrError::BadValue},
      {"/dns/a b", MultiaddrError::BadValue},
      {"/p2p/xyz", MultiaddrError::BadValue},
      {std::string("/p2p/") + kPeerText + "/p2p/" + kPeerText, MultiaddrError::TwoPeers},
      {"/" + std::string(kMultiaddrTextMax, 'a'), MultiaddrError::TooLong},
  };
  for (const Refused& c : cases) {
    const auto out = Multiaddr::from_text(c.text);
    ASSERT_FALSE(out) << c.text;
    EXPECT_EQ(out.error(), c.error) << c.text;
  }
  EXPECT_TRUE(
      Multiaddr::from_text(std::string("/p2p/") + kPeerText + "/p2p-circuit/p2p/" + kPeerText));
}

TEST(Multiaddr, refuses_malformed_bytes_by_name) {
  const struct {
    const char* bytes;
    MultiaddrError error;
  } cases[] = {
      {"", MultiaddrError::Empty},
      {"07", MultiaddrError::UnknownProtocol},
      {"8400", MultiaddrError::BadVarint},  // 4, padded
      {"04", MultiaddrError::Truncated},
      {"047f0000", MultiaddrError::Truncated},
      {"3500", MultiaddrError::BadValue},
      {"358100", MultiaddrError::BadVarint},
      {"35ffffffffffffffff7f61", MultiaddrError::Truncated},
      {"a503020000", MultiaddrError::BadValue},
  };
  for (const auto& c : cases) {
    const auto out = Multiaddr::from_bytes(hex(c.bytes));
    ASSERT_FALSE(out) << c.bytes;
    EXPECT_EQ(out.error(), c.error) << c.bytes;
  }
}

TEST(Multiaddr, is_at_most_256_bytes) {
  // One byte of code, two of length and 250 characters; then one and two bytes for tcp.
  std::string text = "/dns/" + std::string(250, 'a') + "/tcp/1";
  EXPECT_EQ(address(text).bytes().size(), 256U);
  text.insert(5, "a");
  EXPECT_EQ(Multiaddr::from_text(text).error(), MultiaddrError::TooLong);
}

TEST(Multiaddr, takes_off_and_puts_on_the_peer) {
  const Multiaddr bare = address("/ip4/10.0.0.7/tcp/30303");
  const PeerId peer = *PeerId::from_text(kPeerText);
  EXPECT_FALSE(bare.peer());
  EXPECT_EQ(bare.without_peer(), bare);
  EXPECT_EQ(bare.with_peer(peer).text(), "/ip4/10.0.0.7/tcp/30303/p2p/" + peer.text());
  EXPECT_EQ(bare.with_peer(peer).peer(), peer);
  EXPECT_EQ(bare.with_peer(testing::peer_id(1)).with_peer(peer), bare.with_peer(peer));
  EXPECT_EQ(bare.with_peer(peer).without_peer(), bare);
}

TEST(Multiaddr, gives_the_target_of_tcp_addresses) {
  const auto target = address(std::string("/dns4/n.example/tcp/9/p2p/") + kPeerText).tcp_target();
  ASSERT_TRUE(target);
  EXPECT_EQ(*target, (TcpTarget{AddressProtocol::Dns4, "n.example", 9}));
  EXPECT_FALSE(target->is_literal());
  EXPECT_TRUE(address("/ip6/::1/tcp/9").tcp_target()->is_literal());
  EXPECT_FALSE(address("/dnsaddr/n.example").tcp_target());
  EXPECT_FALSE(address("/tcp/9").tcp_target());
  EXPECT_FALSE(address("/ip4/1.2.3.4/udp/9").tcp_target());
}

// libp2p.md section 2: ports 0, unspecified and multicast are refused, loopback and private ranges
// need a profile that says so, and names from the network are never resolved.
TEST(Multiaddr, is_dialable_by_profile) {
  for (const char* const never :
       {"/ip4/0.0.0.0/tcp/1", "/ip4/0.1.2.3/tcp/1", "/ip4/224.0.0.1/tcp/1",
        "/ip4/255.255.255.255/tcp/1", "/ip6/::/tcp/1", "/ip6/ff02::1/tcp/1", "/ip4/1.2.3.4/tcp/0",
        "/dns4/n.example/tcp/1", "/ip6/::ffff:0.0.0.0/tcp/1"}) {
    EXPECT_FALSE(address(never).is_dialable(AddressProfile::Local)) << never;
    EXPECT_FALSE(address(never).is_dialable(AddressProfile::Public)) << never;
  }
  for (const char* const local :
       {"/ip4/127.0.0.1/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip4/172.16.0.1/tcp/1",
        "/ip4/172.31.0.1/tcp/1", "/ip4/192.168.1.1/tcp/1", "/ip4/169.254.1.1/tcp/1",
        "/ip4/100.64.0.1/tcp/1", "/ip6/::1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip6/fe80::1/tcp/1",
        "/ip6/::ffff:10.0.0.1/tcp/1"}) {
    EXPECT_TRUE(address(local).is_dialable(AddressProfile::Local)) << local;
    EXPECT_FALSE(address(local).is_dialable(AddressProfile::Public)) << local;
  }
  for (const char* const open :
       {"/ip4/1.2.3.4/tcp/1", "/ip4/172.32.0.1/tcp/1", "/ip4/172.15.0.1/tcp/1",
        "/ip4/100.128.0.1/tcp/1", "/ip6/2001:db8::1/tcp/1", "/ip6/::ffff:1.2.3.4/tcp/1"}) {
    EXPECT_TRUE(address(open).is_dialable(AddressProfile::Public)) << open;
  }
}

TEST(Multiaddr, describes_every_error) {
  std::set<std::string> texts;
  for (int error = 0; error <= static_cast<int>(MultiaddrError::TwoPeers); ++error)
    texts.insert(describe(static_cast<MultiaddrError>(error)));
  EXPECT_EQ(texts.size(), 8U);
}

}  // namespace
}  // namespace ol::p2p
