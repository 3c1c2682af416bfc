// Connections that are opened and not used: what they keep others from, machine level and with
// simulated time.
#include <gtest/gtest.h>

#include "attacker.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using testing::Attacker;
using testing::HostNetwork;
using testing::TestHost;

constexpr const char* kEvicted = "evicted: not a byte yet, and a newcomer needs the place";

struct HalfOpen : ::testing::Test {
  explicit HalfOpen(const HostConfig& config = small())
      : victim(network.add(config)), validator(network.add()) {}

  /// Eight places for strangers, two of them for each address, and one for who is known.
  static HostConfig small() {
    HostConfig out;
    out.limits.upgrades = 8;
    out.limits.upgrades_per_ip = 2;
    out.limits.upgrades_reserved = 1;
    out.limits.accepts_per_second = 1000;
    return out;
  }
  Result<ConnectionId, HostRefusal> open(const std::string& from) {
    return victim.host.on_accepted(*Multiaddr::from_text(from), network.now());
  }
  static std::string from(int number) {
    return "/ip4/1." + std::to_string(number / 250) + "." + std::to_string(number % 250) +
           ".1/tcp/5";
  }
  /// A connection that begins its handshake and goes on no further.
  Result<ConnectionId, HostRefusal> open_speaking(const std::string& address) {
    const auto id = open(address);
    if (id) victim.host.on_received(*id, Bytes{0x13}, network.now());
    return id;
  }
  bool is_open(ConnectionId id) { return victim.host.remote_of(id).has_value(); }
  bool connects(TestHost& peer) {
    network.connect(peer, victim);
    return victim.host.is_connected(peer.id());
  }
  void know(const TestHost& peer) { victim.host.set_reserved_addresses({peer.address}); }

  HostNetwork network;
  TestHost& victim;
  TestHost& validator;
};

// libp2p.md section 11: first frame after accept 5 s, upgrade 10 s.
TEST_F(HalfOpen, a_connection_that_says_nothing_is_closed_after_5_s_and_one_that_began_after_10) {
  ASSERT_TRUE(open(from(1)));
  ASSERT_TRUE(open_speaking(from(2)));
  network.advance(milliseconds(4900));
  EXPECT_EQ(victim.ended, std::vector<std::string>{});
  network.advance(milliseconds(100));
  EXPECT_EQ(victim.ended, std::vector<std::string>{"mute: not a byte in time"});
  network.advance(milliseconds(4900));
  EXPECT_EQ(victim.ended.size(), 1U);
  network.advance(milliseconds(100));
  EXPECT_EQ(victim.ended.back(), "upgrade_timeout: not ready in time");
}

TEST_F(HalfOpen, who_speaks_after_4_s_is_heard) {
  Attacker late(network, victim, 66);
  network.advance(milliseconds(4900));
  late.exchange();
  EXPECT_TRUE(late.peer().is_secured());
  EXPECT_EQ(late.outcome(), "");
}

TEST_F(HalfOpen, the_oldest_that_says_nothing_makes_room_for_a_newcomer) {
  const auto speaking = open_speaking(from(1));
  const auto oldest = open(from(2));
  for (int i = 3; i <= 8; ++i)
    ASSERT_TRUE(open(from(i)));
  EXPECT_TRUE(victim.ended.empty());
  EXPECT_TRUE(open(from(9)));
  network.run();
  EXPECT_EQ(victim.ended, std::vector<std::string>{kEvicted});
  EXPECT_FALSE(is_open(*oldest));
  EXPECT_TRUE(is_open(*speaking));
}

TEST_F(HalfOpen, who_has_begun_its_handshake_is_not_evicted) {
  for (int i = 1; i <= 8; ++i)
    ASSERT_TRUE(open_speaking(from(i)));
  EXPECT_EQ(open(from(9)).error(), HostRefusal::UpgradeLimit);
  EXPECT_TRUE(victim.ended.empty());
}

TEST_F(HalfOpen, an_address_has_its_own_places_and_evicts_only_its_own) {
  const auto other = open(from(1));
  const auto first = open("/ip4/9.9.9.9/tcp/1");
  ASSERT_TRUE(open("/ip4/9.9.9.9/tcp/2"));
  ASSERT_TRUE(open("/ip4/9.9.9.9/tcp/3"));
  network.run();
  EXPECT_FALSE(is_open(*first));
  EXPECT_TRUE(is_open(*other));
  ASSERT_TRUE(open_speaking("/ip4/9.9.9.8/tcp/1"));
  ASSERT_TRUE(open_speaking("/ip4/9.9.9.8/tcp/2"));
  EXPECT_EQ(open("/ip4/9.9.9.8/tcp/3").error(), HostRefusal::UpgradeIpLimit);
}

// Whoever has one address of an IPv6 /64 has 2^64 of them.
TEST_F(HalfOpen, the_addresses_of_an_ipv6_64_are_one) {
  ASSERT_TRUE(open_speaking("/ip6/2a01:4f8:1:2::1/tcp/1"));
  ASSERT_TRUE(open_speaking("/ip6/2a01:4f8:1:2:ffff::2/tcp/1"));
  EXPECT_EQ(open_speaking("/ip6/2a01:4f8:1:2:3:4:5:6/tcp/1").error(), HostRefusal::UpgradeIpLimit);
  EXPECT_TRUE(open_speaking("/ip6/2a01:4f8:1:3::1/tcp/1"));
}

TEST_F(HalfOpen, known_addresses_find_places_when_strangers_hold_all_others) {
  for (int i = 1; i <= 8; ++i)
    ASSERT_TRUE(open_speaking(from(i)));
  EXPECT_FALSE(connects(validator));
  know(validator);
  EXPECT_TRUE(connects(validator));
}

// An attacker beside a validator, behind one address: the reserve is bounded, and mute ones leave
// it.
TEST_F(HalfOpen, places_for_known_addresses_are_few_and_evicted_too) {
  know(validator);
  for (int i = 1; i <= 8; ++i)
    ASSERT_TRUE(open_speaking(from(i)));
  const auto beside = open(validator.address.text());
  ASSERT_TRUE(beside);
  EXPECT_EQ(open(from(9)).error(), HostRefusal::UpgradeLimit);
  EXPECT_TRUE(victim.ended.empty());
  EXPECT_TRUE(connects(validator));
  EXPECT_FALSE(is_open(*beside));
  ASSERT_TRUE(open_speaking(validator.address.text()));
  EXPECT_EQ(open(validator.address.text()).error(), HostRefusal::UpgradeLimit);
}

TEST_F(HalfOpen, failures_of_others_at_a_known_address_do_not_shut_it_out) {
  const auto address = *Multiaddr::from_text("/ip4/9.9.9.9/tcp/1");
  for (std::size_t i = 0; i < HostLimits{}.failed_upgrades_per_minute; ++i) {
    const auto id = open(address.text());
    ASSERT_TRUE(id);
    victim.host.on_received(*id, Bytes{0xff, 0xff, 0xff, 0x7f}, network.now());
    network.run();
  }
  EXPECT_EQ(open(address.text()).error(), HostRefusal::FailedUpgrades);
  victim.host.set_reserved_addresses({address});
  EXPECT_TRUE(open(address.text()));
}

TEST_F(HalfOpen, newcomers_that_come_too_fast_evict_nobody) {
  HostConfig config = small();
  config.limits.accepts_per_second = 2;
  TestHost& slow = network.add(config);
  const auto open_at = [&](int port) {
    return slow.host.on_accepted(*Multiaddr::from_text("/ip4/9.9.9.9/tcp/" + std::to_string(port)),
                                 network.now());
  };
  ASSERT_TRUE(open_at(1));
  ASSERT_TRUE(open_at(2));
  EXPECT_EQ(open_at(3).error(), HostRefusal::AcceptRate);
  EXPECT_TRUE(slow.ended.empty());
}

/// As many places as a node has by itself.
struct HalfOpenFlood : HalfOpen {
  static HostConfig config() {
    HostConfig out;
    out.limits.upgrades = 64;
    out.limits.upgrades_per_ip = 16;
    out.limits.accepts_per_second = 64;
    return out;
  }
  HalfOpenFlood() : HalfOpen(config()) {}
  /// Each connection that the victim closed is opened again.
  void refill() {
    for (int i = 0; i < 150; ++i) {
      if (attackers.contains(i) && is_open(attackers[i])) continue;
      if (const auto id = open(from(i))) attackers[i] = *id;
    }
  }
  std::map<int, ConnectionId> attackers;
};

TEST_F(HalfOpenFlood, a_restarted_validator_is_in_at_once_while_150_attackers_say_nothing) {
  for (int i = 0; i < 50; ++i) {
    refill();
    network.advance(milliseconds(100));
  }
  EXPECT_LE(victim.host.connection_count(), 64U);
  // It is not even known where it is.
  EXPECT_TRUE(connects(validator));
  refill();
  network.advance(milliseconds(500));
  EXPECT_TRUE(victim.host.is_connected(validator.id()));
}

}  // namespace
}  // namespace ol::p2p
