#include "connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "socket_options.hpp"

namespace ol::p2p {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// Unsent bytes the kernel takes before it says "full". Its default, megabytes, would stand between
// a vote and the wire: what the kernel has taken can no longer be overtaken.
constexpr int kUnsentBytesMax = 128 << 10;
// A goodbye is worth this long a wait for a peer that does not read.
constexpr std::chrono::seconds kLingerTime{1};

}  // namespace

Connection::Connection(asio::io_context& io, SessionId id, ConnectionOwner& owner, Link link)
    : socket_(io),
      resolver_(io),
      linger_(io),
      id_(id),
      owner_(&owner),
      link_(std::move(link)),
      last_received_(Clock::now()) {}

void Connection::accept(tcp::socket socket) {
  socket_ = std::move(socket);
  begin();
}

void Connection::dial(const std::string& host, std::uint16_t port) {
  error_code not_literal;
  const auto address = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    connect({address, port});
    return;
  }
  resolver_.async_resolve(host, std::to_string(port),
                          [this, self = shared_from_this()](
                              const error_code& error, const tcp::resolver::results_type& found) {
                            if (owner_ == nullptr) return;
                            if (error || found.empty()) {
                              report(CloseCode::ConnectFailed, "name lookup: " + error.message());
                              return;
                            }
                            connect(found.begin()->endpoint());
                          });
}

void Connection::connect(const tcp::endpoint& endpoint) {
  socket_.async_connect(endpoint, [this, self = shared_from_this()](const error_code& error) {
    if (owner_ == nullptr) return;
    if (error) {
      report(CloseCode::ConnectFailed, error.message());
      return;
    }
    begin();
  });
}

void Connection::begin() {
  connected_ = true;
  last_received_ = Clock::now();
  set_socket_options();
  read_buffer_.resize(kReadBytes);
  flush();
  read();
}

void Connection::set_socket_options() {
  // Failing to set one costs latency, not correctness.
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax,
             sizeof kUnsentBytesMax);
  retry_every_second(socket_.native_handle());
}

void Connection::read() {
  reading_ = true;
  socket_.async_read_some(
      asio::buffer(read_buffer_),
      [this, self = shared_from_this()](const error_code& error, std::size_t bytes) {
        handle_read(error, bytes);
      });
}

void Connection::handle_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (finishing_) {
    // The rest is thrown away until the peer closes: closing with unread bytes would make the
    // kernel reset the connection, and the goodbye could be lost.
    if (error) {
      close();
    } else {
      read();
    }
    return;
  }
  if (owner_ == nullptr) return;
  if (error) {
    report(CloseCode::ConnectionLost,
           error == asio::error::eof ? "closed by the peer" : error.message());
    return;
  }
  last_received_ = Clock::now();
  bytes_in_ += bytes;
  link_.receive(ByteView(read_buffer_).first(bytes));
  pump();
}

void Connection::pump() {
  while (owner_ != nullptr && !paused_) {
    auto event = link_.next_event();
    if (!event) break;
    owner_->on_link_event(id_, std::move(*event));
  }
  if (owner_ == nullptr) return;
  flush();
  if (!paused_ && !reading_) read();
}

void Connection::resume() {
  paused_ = false;
  last_received_ = Clock::now();
  if (connected_) pump();
}

void Connection::flush() {
  if (writing_ || write_failed_ || !connected_) return;
  if (!link_.has_output()) {
    if (finishing_) shut_down_sending();
    return;
  }
  writing_ = true;
  write_buffer_.clear();
  link_.take_output(write_buffer_);
  asio::async_write(socket_, asio::buffer(write_buffer_),
                    [this, self = shared_from_this()](const error_code& error, std::size_t bytes) {
                      handle_write(error, bytes);
                    });
}

void Connection::handle_write(const error_code& error, std::size_t bytes) {
  writing_ = false;
  bytes_out_ += bytes;
  if (!error) {
    flush();
    return;
  }
  if (finishing_) {
    close();
    return;
  }
  // The peer's last words may lie in the receive buffer still: let the read find them, and then the
  // error. Nothing is written any more.
  write_failed_ = true;
  if (!reading_) report(CloseCode::ConnectionLost, error.message());
}

void Connection::close() {
  owner_ = nullptr;
  finishing_ = false;
  connected_ = false;
  error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
  linger_.cancel();
}

void Connection::finish() {
  if (!connected_) {
    close();
    return;
  }
  owner_ = nullptr;
  finishing_ = true;
  linger_.expires_after(kLingerTime);
  linger_.async_wait([this, self = shared_from_this()](const error_code& error) {
    if (!error) close();
  });
  flush();
  if (finishing_ && !reading_) read();
}

void Connection::shut_down_sending() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::report(CloseCode code, const std::string& text) {
  if (owner_ != nullptr) owner_->on_io_failure(id_, {code, text});
}

}  // namespace ol::p2p
