// What a connection does after the peer said that it goes away. libp2p.md section 5: finish what
// runs, then close.
#include <gtest/gtest.h>

#include "attacker.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Attacker;
using testing::HostNetwork;
using testing::kData;
using testing::kFin;
using testing::kGoAway;
using testing::kRst;
using testing::kSyn;
using testing::kWindowUpdate;
using testing::TestHost;
using testing::yamux_header;

/// A peer with a ping stream that says it goes away while the stream runs.
struct Leaving {
  Leaving() {
    peer.exchange();
    // What the host has opened is refused.
    peer.send(yamux_header(kWindowUpdate, kRst, 2, 0));
    Bytes proposal{19};
    append(proposal, as_bytes("/multistream/1.0.0\n"));
    proposal.push_back(17);
    append(proposal, as_bytes("/ipfs/ping/1.0.0\n"));
    Bytes opening = yamux_header(kWindowUpdate, kSyn, 1, 0);
    append(opening, yamux_header(kData, 0, 1, static_cast<std::uint32_t>(proposal.size())));
    append(opening, proposal);
    peer.send(opening);
    peer.send(yamux_header(kGoAway, 0, 0, 0));
    EXPECT_EQ(peer.outcome(), "");
  }
  void ping() {
    Bytes out = yamux_header(kData, 0, 1, 32);
    append(out, testing::pattern(32, 7));
    peer.send(out);
  }

  HostNetwork network;
  TestHost& host = network.add();
  Attacker peer{network, host, 66};
};

TEST(GoAway, what_runs_is_finished_before_the_connection_closes) {
  Leaving f;
  f.ping();
  const Bytes answer = testing::pattern(32, 7);
  const Bytes& heard = f.peer.peer().heard();
  EXPECT_NE(std::search(heard.begin(), heard.end(), answer.begin(), answer.end()), heard.end());
  EXPECT_EQ(f.peer.outcome(), "");
  f.peer.send(yamux_header(kWindowUpdate, kFin, 1, 0));
  f.network.advance(milliseconds(100));
  EXPECT_EQ(f.peer.outcome(), "connection_lost: the peer went away with code 0");
  EXPECT_TRUE(f.host.host.bans().empty());
}

TEST(GoAway, what_does_not_finish_in_10_s_is_not_waited_for) {
  Leaving f;
  for (int i = 0; i < 99; ++i) {
    f.network.advance(milliseconds(100));
    f.ping();
  }
  EXPECT_EQ(f.peer.outcome(), "");
  f.network.advance(milliseconds(100));
  EXPECT_EQ(f.peer.outcome(), "connection_lost: the peer went away with code 0");
}

TEST(GoAway, no_stream_begins_any_more) {
  Leaving f;
  const PeerId peer = f.host.host.connected_peers().at(0);
  std::string result;
  f.host.ping.ping(peer, [&](const PeerId&, const Result<Duration, std::string>& done) {
    result = done ? "answered" : done.error();
  });
  EXPECT_EQ(result, "not connected, or no room for a stream");
  f.peer.send(yamux_header(kWindowUpdate, kSyn, 3, 0));
  EXPECT_EQ(f.host.host.stream_count(*f.peer.accepted()), 1U);
}

}  // namespace
}  // namespace ol::p2p
