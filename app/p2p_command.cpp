#include <csignal>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/p2p/echo.hpp>
#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/kad_protocol.hpp>
#include <ol/p2p/ping.hpp>
#include <ol/p2p/tcp_host.hpp>

#include "command.hpp"
#include "config.hpp"
#include "home.hpp"
#include "network_key.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

using p2p::Multiaddr;
using p2p::PeerId;

struct Flags {
  std::string home = ".openliquid";
  bool needs_home = false;  // named, or asked about
  std::string ephemeral;
  std::string passphrase_file;
  std::string address;
  std::string listen = "/ip4/127.0.0.1/tcp/0";
  bool multiaddr = false;
  bool test_protocols = false;
  bool strict_sign = false;
  std::vector<std::string> connect;
  unsigned count = 3;
  std::size_t echo_bytes = 0;
  unsigned streams = 0;
  unsigned seconds = 20;
  std::string rpc = "http://127.0.0.1:8545";
  bool json = false;
};

p2p::IdentityKey identity_of(const Flags& flags) {
  if (!flags.ephemeral.empty()) return p2p::IdentityKey::generate(p2p_key_type(flags.ephemeral));
  const auto file = Home{flags.home}.network_key();
  if (!std::filesystem::exists(file)) {
    if (!flags.needs_home) return p2p::IdentityKey::generate(p2p::KeyType::Ed25519);
    throw CommandError("there is no key " + file.string() +
                       "; name a node's directory with --home, or take a fresh key with "
                       "--ephemeral ed25519");
  }
  PassphraseSource source(flags.passphrase_file);
  return read_network_key(file, source);
}

Multiaddr address_of(const std::string& text) {
  auto address = Multiaddr::from_text(text);
  if (!address) throw CommandError("'" + text + "': " + p2p::describe(address.error()));
  return *std::move(address);
}

Multiaddr dialable(const std::string& text) {
  auto address = address_of(text);
  const auto target = address.tcp_target();
  if (!target) {
    throw CommandError("'" + text +
                       "': only TCP is spoken: /ip4/IP/tcp/PORT, /ip6/IP/tcp/PORT or "
                       "/dns4/NAME/tcp/PORT, then /p2p/PEER_ID");
  }
  if (target->port == 0) throw CommandError("'" + text + "': nobody listens on port 0");
  return address;
}

std::string milliseconds(p2p::Duration time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return std::to_string(micros / 1000) + "." + std::to_string(1000 + micros % 1000).substr(1) +
         " ms";
}

constexpr const char* kTestTopic = "interop";
constexpr const char* kAckTopic = "interop/ack";

p2p::GossipParameters gossip_parameters(const Flags& flags) {
  p2p::GossipParameters out;
  out.signing =
      flags.strict_sign ? p2p::GossipSigning::StrictSign : p2p::GossipSigning::StrictNoSign;
  out.topics = {kTestTopic, kAckTopic};
  if (!flags.strict_sign) out.either_topics = out.topics;
  // Tests run many nodes on one machine.
  out.score.count_ips = false;
  return out;
}

p2p::KadParameters kad_parameters() {
  p2p::KadParameters out;
  // As above: every address is the same machine's.
  out.table.count_prefixes = false;
  return out;
}

/// A libp2p host for the length of one command: identify, ping and, when asked for, echo. It is
/// registered as a protocol of its own to hear the time.
class Session final : public p2p::HostObserver, public p2p::ProtocolHandler {
 public:
  explicit Session(const Flags& flags)
      : flags_(flags),
        key_(identity_of(flags)),
        tcp_(config(), key_),
        identify_(tcp_.host(), key_, sequence()),
        ping_(tcp_.host()),
        echo_client_(tcp_.host()) {
    if (flags.address.empty()) kad_.emplace(tcp_.host(), kad_parameters());
    if (flags.test_protocols) {
      echo_.emplace(tcp_.host());
      gossip_.emplace(tcp_.host(), key_, gossip_parameters(flags),
                      [this](const p2p::GossipMessage& message, const PeerId& from) {
                        return on_message(message, from);
                      });
      gossip_->join(kTestTopic);
      gossip_->join(kAckTopic);
    }
    tcp_.host().set_observer(*this);
    tcp_.host().add_protocol({}, *this, {});
  }

  void serve() {
    const auto bound = tcp_.listen(address_of(flags_.listen));
    if (!bound) throw CommandError(bound.error());
    tcp_.host().set_announced({*bound});
    std::cout << "listening: " << bound->with_peer(tcp_.host().self()).text() << '\n' << std::flush;
    // Blocked before the thread exists, which inherits the mask and waits for them.
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::jthread signals([this, set] {
      int received = 0;
      sigwait(&set, &received);
      tcp_.stop();
    });
    for (const std::string& address : flags_.connect) {
      const auto dialled = tcp_.host().dial(dialable(address));
      if (!dialled) {
        throw CommandError("cannot dial " + address + ": " + p2p::refusal_name(dialled.error()));
      }
    }
    tcp_.run();
  }

  enum class Task : std::uint8_t { Describe, Ping };

  /// Dials, does the task and returns; CommandError says what failed.
  void call(Task task) {
    task_ = task;
    const auto dialled = tcp_.host().dial(dialable(flags_.address));
    if (!dialled) {
      throw CommandError("cannot dial " + flags_.address + ": " +
                         p2p::refusal_name(dialled.error()));
    }
    deadline_ = tcp_.host().now() + std::chrono::seconds{flags_.seconds};
    tcp_.run();
    if (problem_) throw CommandError(*problem_);
  }

  void on_ready(p2p::ConnectionId, const PeerId& peer) override {
    if (flags_.address.empty()) return;
    if (task_ == Task::Ping) ping_next(peer);
  }

  void on_identified(const PeerId& peer, const p2p::PeerInfo& info) override {
    if (flags_.address.empty() || task_ != Task::Describe) return;
    describe(peer, info);
    if (flags_.streams == 0) {
      stop(std::nullopt);
      return;
    }
    const auto begun = std::chrono::steady_clock::now();
    echo_client_.run(peer, flags_.echo_bytes, flags_.streams,
                     [this, begun](const std::optional<std::string>& problem) {
                       if (!problem) {
                         std::cout << "echo: " << flags_.streams << " x " << flags_.echo_bytes
                                   << " bytes in "
                                   << milliseconds(std::chrono::steady_clock::now() - begun)
                                   << '\n';
                       }
                       stop(problem ? std::optional("echo: " + *problem) : std::nullopt);
                     });
  }

  void on_ended(p2p::ConnectionId, const std::optional<PeerId>&, p2p::EndReason reason,
                const std::string& text) override {
    if (flags_.address.empty()) {
      std::cerr << "ended: " << p2p::reason_name(reason) << ": " << text << '\n' << std::flush;
      return;
    }
    stop(std::string("connection ended: ") + p2p::reason_name(reason) + ": " + text);
  }

  void on_tick(p2p::TimePoint now) override {
    if (deadline_ && now > *deadline_) {
      stop("not done in " + std::to_string(flags_.seconds) + " s");
    }
  }
  void on_stream_data(p2p::StreamKey, ByteView) override {}
  void on_stream_ended(p2p::StreamKey) override {}
  void on_stream_failed(p2p::StreamKey, std::string_view) override {}

 private:
  static p2p::HostConfig config() {
    p2p::HostConfig out;
    out.profile = p2p::AddressProfile::Local;
    return out;
  }

  // Rises from run to run; peers keep the record with the highest one.
  static std::uint64_t sequence() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count());
  }

  /// Answers every message of the test topic with its hash on the other.
  p2p::GossipVerdict on_message(const p2p::GossipMessage& message, const PeerId& from) {
    if (message.topic != kTestTopic) return p2p::GossipVerdict::Accept;
    const Hash256 digest = crypto::sha256(message.data());
    std::cout << "gossip: " << to_hex(digest.view()) << " from " << from.text() << '\n'
              << std::flush;
    // Signed if the message was. A duplicate was answered before.
    const auto signing =
        message.author ? p2p::GossipSigning::StrictSign : p2p::GossipSigning::StrictNoSign;
    static_cast<void>(gossip_->publish(kAckTopic, digest.view(), signing));
    return p2p::GossipVerdict::Accept;
  }

  static sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
  }

  void stop(const std::optional<std::string>& problem) {
    if (std::exchange(stopped_, true)) return;
    problem_ = problem;
    tcp_.stop();
  }

  void ping_next(const PeerId& peer) {
    ping_.ping(peer, [this](const PeerId& from, const Result<p2p::Duration, std::string>& answer) {
      if (!answer) {
        stop("ping: " + answer.error());
        return;
      }
      std::cout << "ping " << from.text() << ": " << milliseconds(*answer) << '\n' << std::flush;
      pings_ += 1;
      if (pings_ == flags_.count) {
        stop(std::nullopt);
      } else {
        ping_next(from);
      }
    });
  }

  static void describe(const PeerId& peer, const p2p::PeerInfo& info) {
    boost::json::array protocols;
    for (const std::string& protocol : info.protocols)
      protocols.emplace_back(protocol);
    boost::json::array addresses;
    for (const Multiaddr& address : info.addresses)
      addresses.emplace_back(address.text());
    boost::json::object out{{"peer", peer.text()},
                            {"agent", info.agent_version},
                            {"protocolVersion", info.protocol_version},
                            {"protocols", protocols},
                            {"addresses", addresses}};
    if (info.observed) out["observed"] = info.observed->text();
    std::cout << boost::json::serialize(out) << '\n' << std::flush;
  }

  const Flags& flags_;
  p2p::IdentityKey key_;
  p2p::TcpHost tcp_;
  p2p::IdentifyProtocol identify_;
  p2p::PingProtocol ping_;
  std::optional<p2p::EchoProtocol> echo_;
  std::optional<p2p::GossipProtocol> gossip_;
  std::optional<p2p::KadProtocol> kad_;
  p2p::EchoClient echo_client_;
  Task task_ = Task::Describe;
  std::optional<p2p::TimePoint> deadline_;
  unsigned pings_ = 0;
  bool stopped_ = false;
  std::optional<std::string> problem_;
};

void print_id(const Flags& flags) {
  const PeerId id(identity_of(flags).public_key());
  if (!flags.multiaddr) {
    std::cout << id.text() << '\n';
    return;
  }
  const Home home{flags.home};
  const node::NodeConfig config = load_config(home.config(), std::getenv).node;
  // Whoever listens on every address of the machine is reached over loopback by its neighbours.
  const bool everywhere = config.p2p_host == "0.0.0.0" || config.p2p_host == "::";
  const std::string host = everywhere ? "127.0.0.1" : config.p2p_host;
  const std::string kind = host.find(':') == std::string::npos ? "/ip4/" : "/ip6/";
  std::cout
      << address_of(kind + host + "/tcp/" + std::to_string(config.p2p_port)).with_peer(id).text()
      << '\n';
}

std::string text_of(const boost::json::value& value, const char* if_null) {
  if (value.is_null()) return if_null;
  return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
}

std::string score_text(double score) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << score;
  return out.str();
}

void print_peer(const boost::json::object& peer) {
  std::cout << text_of(peer.at("id"), "") << '\n';
  if (!peer.at("validator").is_null()) {
    std::cout << "  validator " << text_of(peer.at("validator"), "") << '\n';
  }
  if (peer.at("connected").as_bool()) {
    std::cout << "  connected " << text_of(peer.at("direction"), "") << ", "
              << text_of(peer.at("address"), "") << ", " << text_of(peer.at("agent"), "")
              << (peer.at("linked").as_bool() ? "" : ", no node of this chain") << '\n'
              << "  round trip " << text_of(peer.at("roundTripUs"), "unknown") << " us, last heard "
              << text_of(peer.at("silentMs"), "") << " ms ago, " << text_of(peer.at("streams"), "")
              << " streams, " << text_of(peer.at("queueBytes"), "")
              << " bytes queued, gossip score " << score_text(peer.at("score").to_number<double>())
              << '\n';
  } else {
    std::cout << "  not connected; links so far: " << text_of(peer.at("connects"), "") << '\n';
  }
}

void print_bans(const boost::json::value& answer) {
  const auto& bans = answer.at("bans").as_array();
  std::cout << "banned: " << text_of(answer.at("banned"), "") << '\n';
  for (const boost::json::value& ban : bans) {
    std::cout << "  " << text_of(ban.at("id"), "") << " for another "
              << (ban.at("leftMs").to_number<std::uint64_t>() + 999) / 1000
              << " s: " << text_of(ban.at("reason"), "") << '\n';
  }
}

void print_peers(const Flags& flags) {
  const boost::json::value answer = rpc_call(flags.rpc, "ol_peers");
  if (flags.json) {
    std::cout << boost::json::serialize(answer) << '\n';
    return;
  }
  std::cout << "this node: " << text_of(answer.at("self"), "") << '\n'
            << "weight reached: " << text_of(answer.at("reachedWeight"), "") << " of "
            << text_of(answer.at("totalWeight"), "")
            << (answer.at("quorumReached").as_bool() ? ", a quorum\n" : ", no quorum\n")
            << "peers known to Kademlia: " << text_of(answer.at("knownPeers"), "") << '\n';
  for (const boost::json::value& peer : answer.at("peers").as_array())
    print_peer(peer.as_object());
  print_bans(answer);
}

}  // namespace

void add_p2p(CLI::App& app) {
  auto* p2p = app.add_subcommand("p2p", "Speak libp2p with other nodes");
  p2p->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* id = p2p->add_subcommand("id", "Print this node's peer id");
  auto* listen = p2p->add_subcommand("listen", "Accept libp2p connections until stopped");
  auto* ping = p2p->add_subcommand("ping", "Measure the round trip to a node");
  auto* dial = p2p->add_subcommand("dial", "Connect to a node and print what it says of itself");
  for (auto* command : {id, listen, ping, dial}) {
    command
        ->add_option("--home", flags->home,
                     command == id ? "Where keys/network.key is"
                                   : "Where keys/network.key is; without one a fresh key is taken")
        ->capture_default_str()
        ->each([flags](const std::string&) { flags->needs_home = true; });
    command->add_option("--passphrase-file", flags->passphrase_file,
                        "Holds the passphrase; so does the variable OPENLIQUID_PASSPHRASE");
    command
        ->add_option("--ephemeral", flags->ephemeral,
                     "Use a fresh key of this type instead of the home's")
        ->check(CLI::IsMember({"ed25519", "secp256k1"}));
  }
  id->add_flag("--multiaddr", flags->multiaddr,
               "Print the address of the configuration with the peer id behind it");
  listen->add_option("--listen", flags->listen, "A multiaddr of /ip4 or /ip6 with /tcp")
      ->capture_default_str();
  listen->add_flag("--p2p-test-protocols", flags->test_protocols,
                   "Serve /echo/1.0.0, and answer gossip on the topic interop with its SHA-256 on "
                   "interop/ack, for tests of interoperability");
  listen->add_flag("--strict-sign", flags->strict_sign, "Take no gossip without a signature");
  listen->add_option("--connect", flags->connect, "Also dial this multiaddr; may be repeated");
  for (auto* command : {ping, dial}) {
    command->add_option("address", flags->address, "A multiaddr, best with /p2p")->required();
    command->add_option("--timeout", flags->seconds, "Give up after so many seconds")
        ->check(CLI::Range(1U, 86'400U))
        ->capture_default_str();
  }
  ping->add_option("--count", flags->count, "How many pings")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1'000'000U));
  dial->add_option("--streams", flags->streams, "Then echo over so many streams at once");
  dial->add_option("--echo-bytes", flags->echo_bytes, "Bytes sent over each stream");
  id->callback([flags] {
    flags->needs_home = true;
    print_id(*flags);
  });
  listen->callback([flags] { Session(*flags).serve(); });
  ping->callback([flags] { Session(*flags).call(Session::Task::Ping); });
  dial->callback([flags] { Session(*flags).call(Session::Task::Describe); });
  auto* peers = p2p->add_subcommand("peers", "Show the peers of a running node");
  peers->add_option("--rpc", flags->rpc, "The node's JSON-RPC address")->capture_default_str();
  peers->add_flag("--json", flags->json, "Print the answer of ol_peers");
  peers->callback([flags] { print_peers(*flags); });
  add_p2p_bench(*p2p);
}

}  // namespace ol::app
