#include <ol/p2p/tcp_host.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <ol/base/check.hpp>
#include <ol/crypto/secret.hpp>

#include "socket_options.hpp"

namespace ol::p2p {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = std::size_t{256} << 10;
// Unsent bytes the kernel takes before it says "full": what it has taken can no longer be overtaken
// by something urgent.
constexpr int kUnsentBytesMax = 64 << 10;
constexpr std::chrono::milliseconds kTickTime{100};
// A GoAway is worth this long a wait for a peer that does not read.
constexpr std::chrono::seconds kLingerTime{1};
// For one address of several that a name stands for.
constexpr std::chrono::seconds kAddressTime{2};
// Accepting again after the process ran out of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

Multiaddr address_of(const tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) {
    return Multiaddr::tcp(endpoint.address().to_v4().to_bytes(), endpoint.port());
  }
  return Multiaddr::tcp(endpoint.address().to_v6().to_bytes(), endpoint.port());
}

/// One socket with its buffers, shared by the table and the operations in flight.
struct Socket {
  explicit Socket(asio::io_context& io) : socket(io), resolver(io), linger(io) {}

  tcp::socket socket;
  tcp::resolver resolver;
  asio::steady_timer linger;
  ConnectionId id = 0;
  std::deque<tcp::endpoint> untried;  // of a name that is dialled
  Bytes unsent;                       // what the kernel did not take at once
  bool begun = false;
  bool writing = false;
  bool finishing = false;  // the host has forgotten it
  Bytes last_bytes;
};
using SocketPtr = std::shared_ptr<Socket>;

}  // namespace

class TcpHost::Impl {
 public:
  Impl(HostConfig config, const IdentityKey& key)
      : tick_timer_(io_),
        identity_(key, crypto::X25519KeyPair::generate(), muxers()),
        host_(
            std::move(config), identity_, key.public_key(),
            [](std::span<std::uint8_t> out) { crypto::fill_random(out); },
            std::chrono::steady_clock::now()) {}

  Host& host() { return host_; }
  Result<Multiaddr, std::string> listen(const Multiaddr& address);
  void set_names(std::map<std::string, std::vector<std::string>> names) {
    names_ = std::move(names);
  }
  void stop_listening();
  void run();
  void stop() { io_.stop(); }
  void post(std::function<void()> task);

 private:
  struct Acceptor {
    explicit Acceptor(asio::io_context& io) : acceptor(io), pause(io) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
  };

  static std::span<const std::string_view> muxers() {
    static constexpr std::string_view kMuxers[] = {kYamuxProtocol};
    return kMuxers;
  }
  static TimePoint now() { return std::chrono::steady_clock::now(); }

  void accept(Acceptor& acceptor);
  void on_accept(Acceptor& acceptor, const error_code& error, tcp::socket socket);
  void dial(const DialRequest& request);
  void connect_next(const SocketPtr& s);
  void connect(const SocketPtr& s, const tcp::endpoint& endpoint);
  /// Registers the socket anew, for reading alone.
  static void forget_writing(Socket& s);
  void begin(const SocketPtr& s);
  void read(const SocketPtr& s);
  void on_readable(const SocketPtr& s);
  void on_read(const SocketPtr& s, const error_code& error, ByteView bytes);
  void write(const SocketPtr& s);
  /// Hands bytes to the kernel; the rest is kept and sent when there is room.
  /// @return whether the kernel took all.
  bool send(const SocketPtr& s, ByteView bytes);
  void on_write(const SocketPtr& s, const error_code& error);
  void finish(const FinishedConnection& finished);
  void end_writing(const SocketPtr& s);
  void lost(const SocketPtr& s, EndReason reason, const std::string& text);
  void schedule_tick();
  /// Carries out what the host has decided, until it wants nothing more.
  void service();

  // Sockets belong to the thread in `run`: Asio need not lock them. `post` and `stop` it locks.
  asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::steady_timer tick_timer_;
  NoiseIdentity identity_;
  std::map<std::string, std::vector<std::string>> names_;
  Host host_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::map<ConnectionId, SocketPtr> sockets_;
  // One thread serves all sockets, so one buffer each way is enough for all.
  Bytes read_buffer_ = Bytes(kReadBytes);
  Bytes write_buffer_;
};

Result<Multiaddr, std::string> TcpHost::Impl::listen(const Multiaddr& address) {
  const auto target = address.tcp_target();
  if (!target || !target->is_literal()) {
    return fail("cannot listen on " + address.text() + ": not a literal ip and tcp port");
  }
  const tcp::endpoint endpoint(asio::ip::make_address(target->host), target->port);
  auto acceptor = std::make_unique<Acceptor>(io_);
  error_code error;
  acceptor->acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->acceptor.bind(endpoint, error);
  if (!error) acceptor->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail("cannot listen on " + address.text() + ": " + error.message());
  Multiaddr bound = address_of(acceptor->acceptor.local_endpoint());
  acceptors_.push_back(std::move(acceptor));
  accept(*acceptors_.back());
  return bound;
}

void TcpHost::Impl::accept(Acceptor& acceptor) {
  acceptor.acceptor.async_accept([this, &acceptor](const error_code& error, tcp::socket socket) {
    on_accept(acceptor, error, std::move(socket));
  });
}

void TcpHost::Impl::on_accept(Acceptor& acceptor, const error_code& error, tcp::socket socket) {
  if (error == asio::error::operation_aborted) return;
  if (error) {
    acceptor.pause.expires_after(kAcceptPause);
    acceptor.pause.async_wait([this, &acceptor](const error_code& cancelled) {
      if (!cancelled) accept(acceptor);
    });
    return;
  }
  error_code gone;
  const auto remote = socket.remote_endpoint(gone);
  if (!gone) {
    // Refused sockets are closed by their destructor.
    if (const auto id = host_.on_accepted(address_of(remote), now())) {
      auto s = std::make_shared<Socket>(io_);
      s->socket = std::move(socket);
      s->id = *id;
      sockets_[*id] = s;
      begin(s);
    }
  }
  accept(acceptor);
  service();
}

void TcpHost::Impl::stop_listening() {
  error_code ignored;
  for (const auto& acceptor : acceptors_)
    acceptor->acceptor.close(ignored);
}

void TcpHost::Impl::dial(const DialRequest& request) {
  auto s = std::make_shared<Socket>(io_);
  s->id = request.id;
  sockets_[request.id] = s;
  if (request.target.is_literal()) {
    connect(s, {asio::ip::make_address(request.target.host), request.target.port});
    return;
  }
  if (const auto known = names_.find(request.target.host); known != names_.end()) {
    for (const std::string& address : known->second)
      s->untried.emplace_back(asio::ip::make_address(address), request.target.port);
    connect_next(s);
    return;
  }
  s->resolver.async_resolve(
      request.target.host, std::to_string(request.target.port),
      [this, s](const error_code& error, const tcp::resolver::results_type& found) {
        if (s->finishing) return;
        if (error || found.empty()) {
          lost(s, EndReason::ConnectFailed, "name lookup: " + error.message());
          service();
          return;
        }
        for (const auto& entry : found)
          s->untried.push_back(entry.endpoint());
        connect_next(s);
      });
}

// A name may stand for several addresses, of which some lead nowhere.
void TcpHost::Impl::connect_next(const SocketPtr& s) {
  const tcp::endpoint endpoint = s->untried.front();
  s->untried.pop_front();
  error_code ignored;
  s->socket.close(ignored);
  connect(s, endpoint);
  if (s->untried.empty()) return;
  s->linger.expires_after(kAddressTime);
  s->linger.async_wait([s](const error_code& cancelled) {
    error_code failed;
    if (!cancelled && !s->begun && !s->finishing) s->socket.close(failed);
  });
}

void TcpHost::Impl::connect(const SocketPtr& s, const tcp::endpoint& endpoint) {
  s->socket.async_connect(endpoint, [this, s, endpoint](const error_code& error) {
    if (s->finishing) return;
    s->linger.cancel();
    if (error && !s->untried.empty()) return connect_next(s);
    if (error) {
      lost(s, EndReason::ConnectFailed, error.message());
    } else {
      forget_writing(*s);
      host_.on_connected(s->id, address_of(endpoint), now());
      begin(s);
    }
    service();
  });
}

// Who once waited for room to write is woken by Asio whenever the peer acknowledges anything, for
// nothing, until the socket is registered anew.
void TcpHost::Impl::forget_writing(Socket& s) {
  error_code error;
  const auto protocol = s.socket.local_endpoint(error).protocol();
  const auto handle = s.socket.release(error);
  if (!error) s.socket.assign(protocol, handle, error);
}

void TcpHost::Impl::begin(const SocketPtr& s) {
  // Failing to set one costs latency, not correctness.
  error_code ignored;
  s->socket.set_option(tcp::no_delay(true), ignored);
  setsockopt(s->socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax,
             sizeof kUnsentBytesMax);
  retry_every_second(s->socket.native_handle());
  s->socket.non_blocking(true, ignored);
  s->begun = true;
  read(s);
}

void TcpHost::Impl::read(const SocketPtr& s) {
  s->socket.async_wait(tcp::socket::wait_read, [this, s](const error_code& error) {
    if (error == asio::error::operation_aborted) return;
    on_readable(s);
  });
}

void TcpHost::Impl::on_readable(const SocketPtr& s) {
  error_code error;
  const std::size_t bytes = s->socket.read_some(asio::buffer(read_buffer_), error);
  if (error == asio::error::would_block || error == asio::error::try_again) {
    read(s);
    return;
  }
  on_read(s, error, ByteView(read_buffer_).first(bytes));
}

void TcpHost::Impl::on_read(const SocketPtr& s, const error_code& error, ByteView bytes) {
  if (s->finishing) {
    // The rest is thrown away until the peer closes: closing with unread bytes would make the
    // kernel reset the connection, and our last words could be lost.
    if (error) {
      end_writing(s);
      error_code ignored;
      s->socket.close(ignored);
      s->linger.cancel();
    } else {
      read(s);
    }
    return;
  }
  if (error) {
    lost(s, EndReason::ConnectionLost,
         error == asio::error::eof ? "closed by the peer" : error.message());
  } else {
    host_.on_received(s->id, bytes, now());
    read(s);
  }
  service();
}

void TcpHost::Impl::write(const SocketPtr& s) {
  if (s->writing || !s->socket.is_open()) return;
  const TimePoint begun = now();
  write_buffer_.clear();
  if (s->finishing) {
    write_buffer_ = std::exchange(s->last_bytes, {});
  } else {
    host_.poll_transmit(s->id, write_buffer_, begun);
  }
  if (write_buffer_.empty()) {
    if (s->finishing) end_writing(s);
    return;
  }
  if (!send(s, write_buffer_)) return;
  if (s->finishing) {
    end_writing(s);
  } else {
    host_.on_written(s->id, begun);
  }
}

// Most writes fit into the kernel's buffer: no operation is queued for those.
bool TcpHost::Impl::send(const SocketPtr& s, ByteView bytes) {
  error_code error;
  const std::size_t sent = s->socket.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (!error && sent == bytes.size()) return true;
  // Errors are met again by the operation, which reports them outside the host's callbacks.
  s->unsent = to_bytes(bytes.subspan(sent));
  s->writing = true;
  asio::async_write(s->socket, asio::buffer(s->unsent),
                    [this, s](const error_code& failure, std::size_t) { on_write(s, failure); });
  return false;
}

void TcpHost::Impl::on_write(const SocketPtr& s, const error_code& error) {
  s->writing = false;
  s->unsent = {};
  if (s->finishing) {
    write(s);
    return;
  }
  // After an error nothing is written any more; the read finds the peer's last words, then the end.
  if (error) return;
  host_.on_written(s->id, now());
  service();
}

void TcpHost::Impl::lost(const SocketPtr& s, EndReason reason, const std::string& text) {
  error_code ignored;
  s->socket.close(ignored);
  host_.on_lost(s->id, reason, text, now());
}

void TcpHost::Impl::finish(const FinishedConnection& finished) {
  const auto at = sockets_.find(finished.id);
  if (at == sockets_.end()) return;
  const SocketPtr s = at->second;
  sockets_.erase(at);
  s->finishing = true;
  s->resolver.cancel();
  if (!s->socket.is_open() || !s->begun) {
    error_code ignored;
    s->socket.close(ignored);
    return;
  }
  // Who is told nothing is not waited for: in a flood the sockets of those would pile up.
  if (finished.last_bytes.empty() && !s->writing) {
    error_code ignored;
    s->socket.close(ignored);
    return;
  }
  s->last_bytes = finished.last_bytes;
  s->linger.expires_after(kLingerTime);
  s->linger.async_wait([s](const error_code& cancelled) {
    error_code ignored;
    if (!cancelled) s->socket.close(ignored);
  });
  write(s);
}

void TcpHost::Impl::end_writing(const SocketPtr& s) {
  error_code ignored;
  s->socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpHost::Impl::schedule_tick() {
  tick_timer_.expires_after(kTickTime);
  tick_timer_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    host_.tick(now());
    service();
    schedule_tick();
  });
}

void TcpHost::Impl::service() {
  while (true) {
    bool busy = false;
    while (const auto request = host_.next_dial()) {
      busy = true;
      dial(*request);
    }
    for (const ConnectionId id : host_.take_dirty()) {
      const auto at = sockets_.find(id);
      if (at == sockets_.end() || at->second->writing) continue;
      busy = true;
      const SocketPtr s = at->second;
      write(s);
    }
    while (const auto finished = host_.next_finished()) {
      busy = true;
      finish(*finished);
    }
    if (!busy) return;
  }
}

void TcpHost::Impl::run() {
  const auto work = asio::make_work_guard(io_);
  schedule_tick();
  service();
  io_.run();
  // Handlers that never ran hold sockets.
  error_code ignored;
  for (const auto& [id, s] : sockets_)
    s->socket.close(ignored);
}

void TcpHost::Impl::post(std::function<void()> task) {
  asio::post(io_, [this, task = std::move(task)] {
    task();
    service();
  });
}

TcpHost::TcpHost(HostConfig config, const IdentityKey& key)
    : impl_(std::make_unique<Impl>(std::move(config), key)) {}

TcpHost::~TcpHost() = default;

Host& TcpHost::host() {
  return impl_->host();
}

Result<Multiaddr, std::string> TcpHost::listen(const Multiaddr& address) {
  return impl_->listen(address);
}

void TcpHost::set_names(std::map<std::string, std::vector<std::string>> names) {
  impl_->set_names(std::move(names));
}

void TcpHost::stop_listening() {
  impl_->stop_listening();
}

void TcpHost::run() {
  impl_->run();
}

void TcpHost::stop() {
  impl_->stop();
}

void TcpHost::post(std::function<void()> task) {
  impl_->post(std::move(task));
}

}  // namespace ol::p2p
