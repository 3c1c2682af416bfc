#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ol/p2p/link.hpp>

#include "peer_table.hpp"

namespace ol::p2p {

/// Hears what happens on connections. May close the connection that is calling.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_link_event(SessionId id, LinkEvent event) = 0;
  /// The dial failed or the connection broke. Close it.
  virtual void on_io_failure(SessionId id, CloseReason reason) = 0;
};

/// A TCP socket with the Link that speaks on it: moves bytes both ways, one read and one write at a
/// time. Shared by the network's session table and by the operations in flight, which use its
/// buffers. Used only on the thread that runs the io_context.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::io_context& io, SessionId id, ConnectionOwner& owner, Link link);

  /// Takes over an accepted socket and begins to read.
  void accept(boost::asio::ip::tcp::socket socket);
  /// Connects to a literal address or a host name.
  void dial(const std::string& host, std::uint16_t port);

  [[nodiscard]] Link& link() { return link_; }
  /// Writes what the link has to send, unless a write is under way.
  void flush();
  void pause() { paused_ = true; }
  /// Delivers what is waiting and reads on.
  void resume();

  /// Closes at once. The owner hears nothing more.
  void close();
  /// Writes what the link still has to send, then closes, within kLingerTime. The owner hears
  /// nothing more.
  void finish();

  [[nodiscard]] bool is_connected() const { return connected_; }
  [[nodiscard]] Clock::time_point last_received() const { return last_received_; }
  [[nodiscard]] std::uint64_t bytes_in() const { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const { return bytes_out_; }

 private:
  void connect(const boost::asio::ip::tcp::endpoint& endpoint);
  void begin();
  void set_socket_options();
  void read();
  void handle_read(const boost::system::error_code& error, std::size_t bytes);
  void handle_write(const boost::system::error_code& error, std::size_t bytes);
  void pump();
  void shut_down_sending();
  void report(CloseCode code, const std::string& text);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer linger_;
  SessionId id_;
  ConnectionOwner* owner_;  // null once closed or finishing
  Link link_;
  Bytes read_buffer_;
  Bytes write_buffer_;
  bool connected_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool write_failed_ = false;
  bool paused_ = false;
  bool finishing_ = false;
  Clock::time_point last_received_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace ol::p2p
