#include <deque>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <ol/rpc/extension.hpp>

#include "core.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using beast::error_code;

// While more than this waits to be sent, no further request is read.
constexpr std::size_t kReadAheadMessages = 64;
constexpr std::size_t kReadAheadBytes = std::size_t{1} << 20;

// One WebSocket client of the extension. Everything but `send` runs on its strand.
class ExtensionSession : public std::enable_shared_from_this<ExtensionSession>,
                         public ExtensionSink {
 public:
  ExtensionSession(Core& core, beast::tcp_stream stream, HttpRequest request, ConnectionSlot slot)
      : core_(core),
        slot_(std::move(slot)),
        ws_(std::move(stream)),
        request_(std::move(request)),
        write_timer_(ws_.get_executor()) {}

  void run() {
    const ServerLimits& limits = core_.options.limits;
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits.read_timeout;
    timeout.idle_timeout = limits.idle_timeout;
    timeout.keep_alive_pings = true;
    ws_.set_option(timeout);
    ws_.read_message_max(limits.body_bytes_max);
    ws_.text(true);
    ws_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (error) return self->close();
      self->core_.counters.websockets_opened.fetch_add(1);
      self->client_ = self->core_.hooks.extension->connect(self->weak_from_this());
      self->read();
    });
  }

  void send(std::shared_ptr<const std::string> text) override {
    asio::post(ws_.get_executor(), [self = shared_from_this(), text = std::move(text)]() mutable {
      self->enqueue(std::move(text));
    });
  }

 private:
  void read() {
    reading_ = true;
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->reading_ = false;
      if (error) return self->close();
      self->on_message();
    });
  }

  void on_message() {
    if (closed_) return;
    const auto bytes = buffer_.cdata();
    client_->receive({static_cast<const char*>(bytes.data()), bytes.size()});
    buffer_.consume(buffer_.size());
    read_if_drained();
  }

  void read_if_drained() {
    const bool drained = queue_.size() <= kReadAheadMessages && queued_bytes_ <= kReadAheadBytes;
    if (!closed_ && !reading_ && drained) read();
  }

  void enqueue(std::shared_ptr<const std::string> text) {
    if (closed_) return;
    const ServerLimits& limits = core_.options.limits;
    const bool too_many = queue_.size() >= limits.send_queue_messages_max;
    const bool too_large = queued_bytes_ + text->size() > limits.send_queue_bytes_max;
    if (too_many || too_large) return drop("it does not read what it subscribed to");
    queued_bytes_ += text->size();
    queue_.push_back(std::move(text));
    if (queue_.size() == 1) write();
  }

  void write() {
    arm_write_timer();
    ws_.async_write(asio::buffer(*queue_.front()),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->write_timer_.cancel();
                      if (error) return self->close();
                      self->on_written();
                    });
  }

  void on_written() {
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    if (closed_) return;
    if (!queue_.empty()) write();
    read_if_drained();
  }

  void arm_write_timer() {
    write_timer_.expires_after(core_.options.limits.write_timeout);
    write_timer_.async_wait([weak = weak_from_this()](error_code error) {
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

  void drop(const char* reason) {
    core_.counters.slow_clients_dropped.fetch_add(1);
    if (core_.hooks.client_dropped) core_.hooks.client_dropped(slot_.address(), reason);
    close();
  }

  // Without a closing handshake: it would wait behind what the client does not read.
  void close() {
    if (closed_) return;
    closed_ = true;
    client_.reset();
    write_timer_.cancel();
    error_code ignored;
    beast::get_lowest_layer(ws_).socket().close(ignored);
  }

  Core& core_;
  ConnectionSlot slot_;
  websocket::stream<beast::tcp_stream> ws_;
  beast::flat_buffer buffer_;
  HttpRequest request_;
  asio::steady_timer write_timer_;
  std::unique_ptr<ExtensionClient> client_;
  // The front is being written.
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  bool reading_ = false;
  bool closed_ = false;
};

}  // namespace

void start_extension_session(Core& core, beast::tcp_stream stream, HttpRequest request,
                             ConnectionSlot slot) {
  std::make_shared<ExtensionSession>(core, std::move(stream), std::move(request), std::move(slot))
      ->run();
}

}  // namespace ol::rpc
