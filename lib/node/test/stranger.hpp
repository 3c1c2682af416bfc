#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <ol/base/codec.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/node/node.hpp>
#include <ol/node/sync_messages.hpp>
#include <ol/p2p/stack_network.hpp>

#include "cluster.hpp"

namespace ol::node::test {

/// A peer without a place in the set: it says hello as a node of the chain does, tells one node
/// what a test wants, and hears nothing.
class Stranger final : public p2p::NetworkHandler {
 public:
  /// @param topic  What `publish` publishes on, without joining; may be empty for who only tells.
  Stranger(const primitives::Genesis& genesis, const PeerConfig& target, std::string topic = {},
           const p2p::IdentityKey& key = p2p::IdentityKey::generate(p2p::KeyType::Ed25519))
      : topic_(std::move(topic)) {
    p2p::NetworkConfig config;
    config.listen_host = "127.0.0.1";
    Writer hello;
    hello.u16(1).strong(genesis.domain.chain_id).fixed(primitives::genesis_hash(genesis));
    config.hello = hello.take();
    config.peers = {{*p2p::PeerId::from_text(target.id), target.host, target.port}};
    if (!topic_.empty()) config.topics = {{.name = topic_, .join = false}};
    network_ = p2p::make_stack_network(std::move(config), key, *this);
    EXPECT_TRUE(network_->start());
    thread_ = std::thread([this] { network_->run(); });
  }
  ~Stranger() override {
    network_->stop();
    thread_.join();
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  /// What is published before the streams of gossip are open reaches nobody.
  void publish(Bytes message) {
    EXPECT_TRUE(network_->publish(topic_, p2p::share(std::move(message))));
  }
  /// On the link, as validators do. Reaches nobody before the link is up.
  void tell(const consensus::Message& message) {
    static_cast<void>(network_->broadcast(p2p::Channel::Consensus,
                                          p2p::share(consensus::encode_message(message))));
  }
  void tell(const SyncMessage& message) {
    static_cast<void>(
        network_->broadcast(p2p::Channel::Request, p2p::share(encode_sync_message(message))));
  }
  [[nodiscard]] bool is_linked() const { return linked_; }
  [[nodiscard]] std::string id() const { return network_->local_id().text(); }
  /// Reads nothing more from the next message on.
  void stop_reading() { reads_ = false; }
  /// Whether that message has come.
  [[nodiscard]] bool has_stopped_reading() const { return stopped_; }

 private:
  std::optional<std::string> check_hello(const p2p::PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const p2p::PeerId&, p2p::Direction) override { linked_ = true; }
  void on_peer_disconnected(const p2p::PeerId&, const p2p::CloseReason&) override {
    linked_ = false;
  }
  p2p::Flow on_message(const p2p::PeerId&, p2p::Channel, Bytes) override {
    if (reads_) return p2p::Flow::Continue;
    stopped_ = true;
    return p2p::Flow::Pause;
  }
  void on_link_failed(const p2p::LinkFailure&) override {}

  std::atomic<bool> linked_{false};
  std::atomic<bool> reads_{true};
  std::atomic<bool> stopped_{false};
  std::string topic_;
  std::unique_ptr<p2p::Network> network_;
  std::thread thread_;
};

/// Where the others reach validator `i` of a cluster of several.
inline PeerConfig address_of(const Cluster& cluster, std::uint32_t i) {
  const NodeParts other = cluster.parts(i == 0 ? 1 : 0);
  const std::string id = p2p::PeerId(cluster.genesis().validators[i].network_key).text();
  for (const PeerConfig& peer : other.config.peers) {
    if (peer.id == id) return peer;
  }
  ADD_FAILURE() << "validator " << i << " is not among the peers of another";
  return {};
}

}  // namespace ol::node::test
