#include "network_harness.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../src/control.hpp"
#include "test_keys.hpp"

namespace ol::p2p::testing {

TestNode::TestNode(std::uint8_t key, NetworkConfig config) {
  config.listen_host = "127.0.0.1";
  network_ = make_stack_network(std::move(config), IdentityKey(identity_key(key)), *this);
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

void TestNode::set_verdict(std::function<std::optional<GossipVerdict>(ByteView)> verdict) {
  const std::scoped_lock lock(mutex_);
  verdict_ = std::move(verdict);
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

std::optional<GossipVerdict> TestNode::on_gossip(const PeerId& from, const std::string&,
                                                 const std::string& id, ByteView payload) {
  const std::scoped_lock lock(mutex_);
  gossip.push_back({from, id, std::string(as_text(payload))});
  changed_.notify_all();
  return verdict_ ? verdict_(payload) : GossipVerdict::Ignore;
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

namespace {

constexpr const char* kConsensus = "/openliquid/consensus/1";
constexpr const char* kSync = "/openliquid/sync/1";

TimePoint now() {
  return std::chrono::steady_clock::now();
}

/// Streams take messages longer than any that is allowed.
YamuxLimits roomy() {
  YamuxLimits out;
  out.send_buffer_max = std::size_t{16} << 20;
  return out;
}

Bytes control(ByteView message) {
  Bytes out{static_cast<std::uint8_t>(Channel::Control)};
  append(out, message);
  return out;
}

}  // namespace

namespace {

HostConfig local_host() {
  HostConfig out;
  out.profile = AddressProfile::Local;
  return out;
}

}  // namespace

PlainPeer::PlainPeer(std::uint8_t key, const PeerEndpoint& target)
    : key_(identity_key(key)),
      tcp_(local_host(), key_),
      identify_(tcp_.host(), key_, 1),
      ping_(tcp_.host()) {
  const auto address = Multiaddr::from_text(
      "/ip4/" + target.host + "/tcp/" + std::to_string(target.port) + "/p2p/" + target.id.text());
  OL_CHECK(address && tcp_.host().dial(*address), "the node can be dialled");
  thread_ = std::thread([this] { tcp_.run(); });
}

PlainPeer::~PlainPeer() {
  tcp_.post([this] { tcp_.stop(); });
  thread_.join();
}

SocketPeer::SocketPeer(std::uint8_t key, const PeerEndpoint& target, const std::string& from)
    : identity_(noise_identity(key)),
      accepted_{kConsensus},
      connection_({NoiseRole::Initiator, target.id, roomy(), {}}, identity_, accepted_,
                  crypto::X25519KeyPair::generate(), now()),
      socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const auto address_of = [](const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    return address;
  };
  // A socket address is passed as the generic type it begins like.
  const sockaddr_in here = address_of(from, 0);
  const auto* generic = reinterpret_cast<const sockaddr*>(&here);
  const bool bound = from.empty() || ::bind(socket_, generic, sizeof here) == 0;
  OL_CHECK(bound, "the address is this machine's");
  const sockaddr_in there = address_of(target.host, target.port);
  generic = reinterpret_cast<const sockaddr*>(&there);
  OL_CHECK(::connect(socket_, generic, sizeof there) == 0, "the node listens");
}

SocketPeer::~SocketPeer() {
  ::close(socket_);
}

bool SocketPeer::secure() {
  flush();
  while (!connection_.is_ready()) {
    if (!read_some()) return false;
  }
  return true;
}

bool SocketPeer::connect() {
  if (!secure()) return false;
  out_ = connection_.open_stream({kConsensus}, StreamPriority::Urgent, now());
  flush();
  while (!out_agreed_ || !in_) {
    if (goodbye_ || !read_some()) return false;
  }
  return true;
}

bool SocketPeer::open(std::string_view hello) {
  if (!connect()) return false;
  send(control(encode_hello(as_bytes(hello))));
  while (!heard_hello_) {
    if (goodbye_ || !read_some()) return false;
  }
  send(control(encode_ready()));
  while (!heard_ready_) {
    if (goodbye_ || !read_some()) return false;
  }
  return true;
}

void SocketPeer::flush() {
  Bytes out;
  connection_.poll_transmit(out, SIZE_MAX, now());
  connection_.on_written(now());
  write(out);
}

void SocketPeer::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // closed by the peer, which reading will show
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

void SocketPeer::send(ByteView message) {
  Bytes framed;
  append_delimited(framed, message);
  send_raw(framed);
}

void SocketPeer::send_raw(ByteView bytes) {
  // The node may have ended the stream, which reading will show.
  static_cast<void>(connection_.write(*out_, share(to_bytes(bytes))));
  flush();
}

void SocketPeer::send_sync(ByteView bytes) {
  send_on(kSync, bytes);
}

void SocketPeer::send_on(const std::string& protocol, ByteView bytes) {
  const auto stream = connection_.open_stream({protocol}, StreamPriority::Normal, now());
  OL_CHECK(stream.has_value(), "there is room for a stream");
  OL_CHECK(connection_.write(*stream, share(to_bytes(bytes))), "the stream takes a message");
  flush();
}

void SocketPeer::ask_for(const std::string& protocol) {
  const auto stream = connection_.open_stream({protocol}, StreamPriority::Normal, now());
  OL_CHECK(stream.has_value(), "there is room for a stream");
  flush();
}

Bytes SocketPeer::receive() {
  pollfd waiting{socket_, POLLIN, 0};
  const auto limit = std::chrono::milliseconds(kDeadline).count();
  OL_CHECK(poll(&waiting, 1, static_cast<int>(limit)) == 1, "the node did nothing for too long");
  Bytes buffer(65536);
  const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
  buffer.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return buffer;
}

bool SocketPeer::read_some() {
  const Bytes bytes = receive();
  if (bytes.empty()) return false;
  if (connection_.is_ended()) return true;
  connection_.feed(bytes, now());
  drain();
  flush();
  return true;
}

void SocketPeer::drain() {
  while (const auto event = connection_.next_event()) {
    if (const auto* const opened = std::get_if<StreamOpened>(&*event)) {
      if (opened->inbound) in_ = opened->id;
      if (opened->id == out_) out_agreed_ = true;
    } else if (const auto* const data = std::get_if<StreamData>(&*event)) {
      ByteView rest = data->bytes;
      while (data->id == in_) {
        const auto message = reader_.next(rest);
        if (!message || !*message) break;
        take(**message);
      }
      connection_.consume(data->id, data->bytes.size(), now());
    }
  }
}

void SocketPeer::take(ByteView message) {
  if (message.empty() || message[0] != 0) return;
  const auto control_message = decode_control(message.subspan(1));
  if (!control_message) return;
  heard_hello_ = heard_hello_ || std::holds_alternative<ControlHello>(*control_message);
  heard_ready_ = heard_ready_ || std::holds_alternative<ControlReady>(*control_message);
  pings_ += std::holds_alternative<ControlPing>(*control_message) ? 1 : 0;
  if (const auto* const last = std::get_if<ControlGoodbye>(&*control_message)) {
    goodbye_ = last->reason;
  }
}

std::optional<CloseReason> SocketPeer::goodbye() {
  while (!goodbye_ && read_some()) {
  }
  return goodbye_;
}

bool SocketPeer::closed_by_peer() {
  while (!receive().empty()) {
  }
  return true;
}

}  // namespace ol::p2p::testing
