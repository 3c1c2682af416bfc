#pragma once

#include <deque>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "core.hpp"

namespace ol::rpc {

/// One WebSocket client: what waits to be sent to it, and when the next of its messages is read.
/// Who does not read is not read either, and is cut off when what waits for it has no more room or
/// does not leave in time. Everything runs on the strand of the socket.
///
/// `Session` derives from this and has on_accept(), on_message(std::string_view), may_read(),
/// on_close() and kReadAheadMessages; `Message` has size() and buffers().
template <typename Session, typename Message>
class WsConnection : public std::enable_shared_from_this<Session> {
 protected:
  using error_code = boost::beast::error_code;

  WsConnection(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
               ConnectionSlot slot)
      : core_(core),
        slot_(std::move(slot)),
        ws_(std::move(stream)),
        request_(std::move(request)),
        write_timer_(ws_.get_executor()) {}
  ~WsConnection() { core_.send_queues.leave(place_); }

 public:
  WsConnection(const WsConnection&) = delete;
  WsConnection& operator=(const WsConnection&) = delete;

  void run() {
    namespace websocket = boost::beast::websocket;
    const ServerLimits& limits = core_.options.limits;
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits.read_timeout;
    timeout.idle_timeout = limits.idle_timeout;
    timeout.keep_alive_pings = true;
    ws_.set_option(timeout);
    ws_.read_message_max(limits.body_bytes_max);
    ws_.text(true);
    ws_.async_accept(request_, [self = this->shared_from_this()](error_code error) {
      if (error) return self->close();
      self->core_.counters.websockets_opened.fetch_add(1);
      self->join_send_queues();
      self->on_accept();
      self->read();
    });
  }

 protected:
  // While more than this waits to be sent, no further request is read: a client that does not read
  // its answers gets no more of them.
  static constexpr std::size_t kReadAheadBytes = 1024 * 1024;

  [[nodiscard]] Core& core() const { return core_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] auto executor() { return ws_.get_executor(); }

  void read_if_drained() {
    const bool drained =
        queue_.size() <= Session::kReadAheadMessages && queued_bytes_ <= kReadAheadBytes;
    if (!closed_ && !reading_ && drained && session().may_read()) read();
  }

  void send(Message message) {
    if (closed_) return;
    const std::size_t bytes = message.size();
    queued_bytes_ += bytes;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) write();
    core_.send_queues.grow(place_, bytes);
  }

  /// What comes whether the client reads or not: what waits of it is limited.
  void send_unasked(Message message) {
    const ServerLimits& limits = core_.options.limits;
    const bool too_many = queue_.size() >= limits.send_queue_messages_max;
    const bool too_large = queued_bytes_ + message.size() > limits.send_queue_bytes_max;
    if (too_many || too_large) return drop("it does not read what it subscribed to");
    send(std::move(message));
  }

  // Without a closing handshake: it would wait behind what the client does not read.
  void close() {
    if (closed_) return;
    closed_ = true;
    core_.send_queues.leave(place_);
    session().on_close();
    write_timer_.cancel();
    error_code ignored;
    boost::beast::get_lowest_layer(ws_).socket().close(ignored);
  }

 private:
  [[nodiscard]] Session& session() { return static_cast<Session&>(*this); }

  void join_send_queues() {
    place_ = core_.send_queues.join([weak = this->weak_from_this(), strand = ws_.get_executor()] {
      boost::asio::post(strand, [weak] {
        if (const auto self = weak.lock()) self->on_greatest_queue();
      });
    });
  }

  void read() {
    reading_ = true;
    ws_.async_read(buffer_, [self = this->shared_from_this()](error_code error, std::size_t) {
      self->reading_ = false;
      if (error) return self->on_read_error(error);
      self->take_message();
    });
  }

  void on_read_error(error_code error) {
    if (error == boost::beast::error::timeout) core_.counters.timeouts.fetch_add(1);
    close();
  }

  void take_message() {
    if (closed_) return;
    const auto bytes = buffer_.cdata();
    session().on_message({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
    read_if_drained();
  }

  void write() {
    arm_write_timer();
    ws_.async_write(queue_.front().buffers(),
                    [self = this->shared_from_this()](error_code error, std::size_t) {
                      self->write_timer_.cancel();
                      if (error) return self->close();
                      self->on_written();
                    });
  }

  void on_written() {
    core_.send_queues.shrink(place_, queue_.front().size());
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    if (closed_) return;
    if (!queue_.empty()) write();
    read_if_drained();
  }

  void arm_write_timer() {
    write_timer_.expires_after(core_.options.limits.write_timeout);
    // Holds no reference: a session that is gone needs no timer.
    write_timer_.async_wait([weak = this->weak_from_this()](error_code error) {
      if (error) return;
      if (const auto self = weak.lock()) self->on_write_timer();
    });
  }

  void on_write_timer() {
    // The wait may have ended just before the write did, which has moved the deadline.
    const auto now = std::chrono::steady_clock::now();
    if (closed_ || queue_.empty() || write_timer_.expiry() > now) return;
    drop("it did not take a message in time");
  }

  void on_greatest_queue() {
    if (closed_) return;
    core_.counters.greatest_queues_dropped.fetch_add(1);
    drop("what clients do not read is too much, and most of it waits for this one");
  }

  void drop(const char* reason) {
    core_.counters.slow_clients_dropped.fetch_add(1);
    if (core_.hooks.client_dropped) core_.hooks.client_dropped(slot_.address(), reason);
    close();
  }

  Core& core_;
  ConnectionSlot slot_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> ws_;
  boost::beast::flat_buffer buffer_;
  HttpRequest request_;
  boost::asio::steady_timer write_timer_;
  // The front is being written.
  std::deque<Message> queue_;
  std::size_t queued_bytes_ = 0;
  SendQueues::Client place_ = 0;
  bool reading_ = false;
  bool closed_ = false;
};

}  // namespace ol::rpc
