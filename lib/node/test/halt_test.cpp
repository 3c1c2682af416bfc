// A node that saw two blocks certified final at one height: docs/protocol/consensus.md, T5.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/base/codec.hpp>
#include <ol/consensus/epoch_setting.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/p2p/stack_network.hpp>

#include "cluster.hpp"

namespace ol::node::test {
namespace {

using primitives::QuorumCertificate;

/// Without a place in the set, with all the keys of it.
class Forger final : public p2p::NetworkHandler {
 public:
  Forger(const primitives::Genesis& genesis, const PeerConfig& target) {
    p2p::NetworkConfig config;
    config.listen_host = "127.0.0.1";
    Writer hello;
    hello.u16(1).strong(genesis.domain.chain_id).fixed(primitives::genesis_hash(genesis));
    config.hello = hello.take();
    config.peers = {{*p2p::PeerId::from_text(target.id), target.host, target.port}};
    network_ =
        p2p::make_stack_network(std::move(config), crypto::Ed25519SecretKey::generate(), *this);
    EXPECT_TRUE(network_->start());
    thread_ = std::thread([this] { network_->run(); });
  }
  ~Forger() override {
    network_->stop();
    thread_.join();
  }
  void tell(const consensus::Message& message) {
    static_cast<void>(network_->broadcast(p2p::Channel::Consensus,
                                          p2p::share(consensus::encode_message(message))));
  }

 private:
  std::optional<std::string> check_hello(const p2p::PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const p2p::PeerId&, p2p::Direction) override {}
  void on_peer_disconnected(const p2p::PeerId&, const p2p::CloseReason&) override {}
  p2p::Flow on_message(const p2p::PeerId&, p2p::Channel, Bytes) override {
    return p2p::Flow::Continue;
  }
  void on_link_failed(const p2p::LinkFailure&) override {}

  std::unique_ptr<p2p::Network> network_;
  std::thread thread_;
};

QuorumCertificate final_certificate(const Cluster& cluster, primitives::Height height) {
  const consensus::EpochSetting setting(cluster.genesis(), primitives::Epoch(0));
  QuorumCertificate out;
  out.subject = {.epoch = primitives::Epoch(0),
                 .set_hash = setting.set_hash,
                 .phase = primitives::Phase::Precommit,
                 .height = height,
                 .view = primitives::View(1),
                 .block = {}};
  out.subject.block.bytes[0] = 1;
  const Hash256 digest = primitives::vote_digest(cluster.genesis().domain, out.subject);
  std::vector<consensus::Share> shares;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const NodeParts parts = cluster.parts(i);
    shares.push_back(
        {primitives::ValidatorIndex(i),
         setting.scheme->sign({parts.validator->key, parts.validator->vote_key}, digest)});
  }
  auto combined = setting.scheme->combine(shares);
  out.signers = std::move(combined->signers);
  out.signature = std::move(combined->signature);
  return out;
}

std::string waiting(Cluster& cluster, std::uint32_t i) {
  return boost::json::serialize(cluster.call(i, "ol_consensusState").at("waiting"));
}

bool has_halted(Cluster& cluster, std::uint32_t i) {
  return waiting(cluster, i).find("conflicting certificates stopped finality") != std::string::npos;
}

TEST(HaltedNode, stays_halted_over_restarts_until_an_operator_moves_the_file_away) {
  Cluster cluster(4, primitives::SchemeKind::Ed25519List);
  cluster.use_slots({.slot_ms = 1000, .phase_ms = 300});
  for (std::uint32_t i = 0; i < 4; ++i)
    ASSERT_FALSE(cluster.start(i));
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 1; }));
  EXPECT_FALSE(has_halted(cluster, 0));

  const NodeParts parts = cluster.parts(1);
  const std::string name = p2p::PeerId(cluster.genesis().validators[0].network_key).text();
  for (const PeerConfig& peer : parts.config.peers) {
    if (peer.id != name) continue;
    Forger forger(cluster.genesis(), peer);
    const consensus::CertificateMessage forged{final_certificate(cluster, primitives::Height(1))};
    EXPECT_TRUE(Cluster::eventually([&] {
      forger.tell(forged);
      return Cluster::eventually([&] { return has_halted(cluster, 0); }, std::chrono::seconds(1));
    }));
  }
  const auto file = cluster.home(0) / "finality.halt";
  EXPECT_TRUE(std::filesystem::exists(file));
  for (int life = 0; life < 2; ++life) {
    EXPECT_FALSE(cluster.stop(0));
    ASSERT_FALSE(cluster.start(0));
    EXPECT_TRUE(Cluster::eventually([&] { return has_halted(cluster, 0); })) << life;
    // The others go on, and it does not go with them.
    const std::uint64_t height = cluster.height(0);
    const std::uint64_t others = cluster.height(1);
    EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(1) >= others + 2; }));
    EXPECT_EQ(cluster.height(0), height);
    EXPECT_FALSE(has_halted(cluster, 1));
  }
  EXPECT_FALSE(cluster.stop(0));
  std::filesystem::rename(file, cluster.home(0) / "finality.halt.old");
  ASSERT_FALSE(cluster.start(0));
  const std::uint64_t others = cluster.height(1);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(0) > others; }));
  EXPECT_FALSE(has_halted(cluster, 0));
}

}  // namespace
}  // namespace ol::node::test
