#include "network_harness.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_keys.hpp"

namespace ol::p2p::testing {

TestNode::TestNode(std::uint8_t key, NetworkConfig config) {
  config.listen_host = "127.0.0.1";
  network_ = make_link_network(std::move(config), identity_key(key), *this);
  const auto started = network_->start();
  OL_CHECK(started.has_value(), started ? "" : started.error().text.c_str());
  thread_ = std::thread([this] { network_->run(); });
}

TestNode::~TestNode() {
  stop();
}

void TestNode::stop() {
  if (!thread_.joinable()) return;
  network_->stop();
  thread_.join();
}

PeerEndpoint TestNode::endpoint() const {
  return {network_->local_id(), "127.0.0.1", network_->listening_port()};
}

bool TestNode::wait(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  std::unique_lock lock(mutex_);
  // Counters change without notice: they are looked at every few milliseconds.
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    changed_.wait_for(lock, std::chrono::milliseconds(5));
  }
  return true;
}

void TestNode::set_check(std::function<std::optional<std::string>(ByteView)> check) {
  const std::scoped_lock lock(mutex_);
  check_ = std::move(check);
}

void TestNode::set_flow(std::function<Flow(const Message&)> flow) {
  const std::scoped_lock lock(mutex_);
  flow_ = std::move(flow);
}

Record TestNode::seen() {
  const std::scoped_lock lock(mutex_);
  return *this;
}

bool TestNode::wait_connected(const PeerId& peer) {
  return wait([&] { return connected.contains(peer); });
}

std::optional<PeerCounters> TestNode::peer_counters(const PeerId& peer) const {
  for (const PeerCounters& counters : network_->counters().peers) {
    if (counters.peer == peer) return counters;
  }
  return std::nullopt;
}

std::optional<std::string> TestNode::check_hello(const PeerId& peer, ByteView hello) {
  const std::scoped_lock lock(mutex_);
  hellos[peer] = std::string(as_text(hello));
  return check_ ? check_(hello) : std::nullopt;
}

void TestNode::on_peer_connected(const PeerId& peer, Direction direction) {
  const std::scoped_lock lock(mutex_);
  EXPECT_FALSE(connected.contains(peer));
  connected[peer] = direction;
  connects.push_back(peer);
  changed_.notify_all();
}

void TestNode::on_peer_disconnected(const PeerId& peer, const CloseReason& reason) {
  const std::scoped_lock lock(mutex_);
  EXPECT_EQ(connected.erase(peer), 1U);
  disconnects.emplace_back(peer, reason);
  changed_.notify_all();
}

Flow TestNode::on_message(const PeerId& peer, Channel channel, Bytes payload) {
  const std::scoped_lock lock(mutex_);
  EXPECT_TRUE(connected.contains(peer));
  messages.push_back({peer, channel, std::move(payload)});
  const Flow decision = flow_ ? flow_(messages.back()) : Flow::Continue;
  changed_.notify_all();
  return decision;
}

void TestNode::on_link_failed(const LinkFailure& failure) {
  const std::scoped_lock lock(mutex_);
  failures.push_back(failure);
  changed_.notify_all();
}

std::string describe(TestNode& node) {
  const Record record = node.seen();
  std::string out = "messages " + std::to_string(record.messages.size());
  out += ", connects " + std::to_string(record.connects.size());
  for (const auto& [peer, reason] : record.disconnects)
    out += std::string("\ndisconnect ") + p2p::describe(reason.code) + ": " + reason.text;
  for (const LinkFailure& failure : record.failures)
    out += std::string("\nfailure ") + p2p::describe(failure.reason.code) + ": " +
           failure.reason.text + (failure.direction == Direction::Inbound ? " in" : " out");
  const NetworkCounters counters = node.network().counters();
  out += "\nundeliverable " + std::to_string(counters.undeliverable);
  for (const PeerCounters& peer : counters.peers) {
    out += "\npeer " + peer.peer.short_text() + " queue " + std::to_string(peer.queue_messages) +
           " throttled " + std::to_string(peer.throttled) + (peer.reading_paused ? " paused" : "");
    for (const ChannelCounters& channel : peer.channels)
      out += " " + std::to_string(channel.messages_in) + "/" +
             std::to_string(channel.messages_out) + "/" + std::to_string(channel.dropped);
  }
  return out;
}

RawPeer::RawPeer(std::uint8_t key, const PeerEndpoint& target)
    : identity_(noise_identity(key)),
      link_(NoiseRole::Initiator, identity_, crypto::X25519KeyPair::generate(), target.id,
            std::size_t{40} << 20),
      socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  // A socket address is passed as the generic type it begins like.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  OL_CHECK(connect(socket_, generic, sizeof address) == 0, "the node listens");
}

RawPeer::~RawPeer() {
  ::close(socket_);
}

bool RawPeer::open(std::string_view hello) {
  flush();
  while (!link_.is_open()) {
    const auto event = next_event();
    if (!event || std::holds_alternative<LinkEnded>(*event)) return false;
    if (std::holds_alternative<LinkAuthenticated>(*event)) link_.admit(as_bytes(hello));
    if (std::holds_alternative<LinkHello>(*event)) link_.send_ready();
    flush();
  }
  return true;
}

void RawPeer::flush() {
  Bytes out;
  while (link_.has_output())
    link_.take_output(out);
  write(out);
}

void RawPeer::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // closed by the peer, which reading will show
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

bool RawPeer::read_some() {
  pollfd waiting{socket_, POLLIN, 0};
  const auto limit = std::chrono::milliseconds(kDeadline).count();
  OL_CHECK(poll(&waiting, 1, static_cast<int>(limit)) == 1, "the node did nothing for too long");
  Bytes buffer(65536);
  const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  link_.receive(ByteView(buffer).first(static_cast<std::size_t>(got)));
  return true;
}

std::optional<LinkEvent> RawPeer::next_event() {
  for (;;) {
    if (auto event = link_.next_event()) return event;
    if (!read_some()) return std::nullopt;
  }
}

bool RawPeer::closed_by_peer() {
  while (read_some()) {
  }
  return true;
}

}  // namespace ol::p2p::testing
