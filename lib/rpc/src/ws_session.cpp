#include <array>
#include <deque>
#include <map>
#include <memory>

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "core.hpp"
#include "subscription_params.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using beast::error_code;

constexpr std::string_view kEventTail = "}}";
// While more than this waits to be sent, no further request is read: a client that does not read
// its answers gets no more of them, and they need no other bound.
constexpr std::size_t kReadAheadMessages = 8;
constexpr std::size_t kReadAheadBytes = 1024 * 1024;

// A message to send: a response alone, or the head of an event and its shared result.
struct Outgoing {
  std::string head;
  EventText result;

  [[nodiscard]] std::size_t size() const {
    return head.size() + (result ? result->size() + kEventTail.size() : 0);
  }
  [[nodiscard]] std::array<asio::const_buffer, 3> buffers() const {
    if (!result) return {asio::buffer(head), asio::const_buffer(), asio::const_buffer()};
    return {asio::buffer(head), asio::buffer(*result),
            asio::buffer(kEventTail.data(), kEventTail.size())};
  }
};

std::string event_head(SubscriptionId id) {
  return R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")" +
         subscription_text(id) + R"(","result":)";
}

// One WebSocket connection. Everything but `notify` runs on its strand.
class WsSession : public std::enable_shared_from_this<WsSession>,
                  public EventSink,
                  public SubscriptionHost {
 public:
  WsSession(Core& core, beast::tcp_stream stream, HttpRequest request, ConnectionSlot slot)
      : core_(core),
        slot_(std::move(slot)),
        ws_(std::move(stream)),
        request_(std::move(request)),
        write_timer_(ws_.get_executor()) {}

  ~WsSession() override { leave_topics(); }
  WsSession(const WsSession&) = delete;
  WsSession& operator=(const WsSession&) = delete;

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
      self->read();
    });
  }

  void notify(SubscriptionId id, EventText result) override {
    asio::post(ws_.get_executor(), [self = shared_from_this(), id, result = std::move(result)] {
      if (self->topics_.contains(id)) self->send_event({event_head(id), result});
    });
  }

  RpcResult subscribe(const Params& params) override {
    OL_TRY(Interest interest, interest_param(params));
    const Topic topic = interest.topic;
    if (topics_.size() >= core_.options.limits.subscriptions_per_client_max) {
      return ol::rpc::refuse("too many subscriptions");
    }
    const SubscriptionId id = core_.hub.add(std::move(interest), weak_from_this());
    topics_.emplace(id, topic);
    return '"' + subscription_text(id) + '"';
  }

  RpcResult unsubscribe(const Params& params) override {
    OL_TRY(const SubscriptionId id, subscription_param(params));
    const auto found = topics_.find(id);
    if (found == topics_.end()) return ol::rpc::refuse("subscription not found");
    core_.hub.remove(found->second, id);
    topics_.erase(found);
    return "true";
  }

 private:
  void read() {
    reading_ = true;
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->reading_ = false;
      if (error) return self->on_read_error(error);
      self->on_message();
    });
  }

  void on_read_error(error_code error) {
    if (error == beast::error::timeout) core_.counters.timeouts.fetch_add(1);
    close();
  }

  void on_message() {
    const auto bytes = buffer_.cdata();
    const std::string_view text(static_cast<const char*>(bytes.data()), bytes.size());
    if (core_.dispatcher.may_wait(text)) return begin_waiting(text);
    if (is_for_call_threads(text)) return call(std::string(text));
    std::string response = core_.dispatcher.handle(text, this);
    buffer_.consume(buffer_.size());
    answer(std::move(response));
  }

  // Subscriptions belong to the strand, so a batch that asks for one stays here.
  bool is_for_call_threads(std::string_view text) const {
    return core_.is_for_call_threads(text) && text.find("subscribe") == std::string_view::npos;
  }

  // One at a time: until it is answered nothing more is read.
  void call(std::string text) {
    buffer_.consume(buffer_.size());
    calling_ = true;
    asio::post(core_.calls, [self = shared_from_this(), text = std::move(text)] {
      std::string response = self->core_.dispatcher.handle(text);
      asio::post(self->ws_.get_executor(), [self, response = std::move(response)]() mutable {
        self->calling_ = false;
        self->answer(std::move(response));
      });
    });
  }

  // One at a time, too.
  void begin_waiting(std::string_view text) {
    auto begun = core_.dispatcher.begin(text);
    buffer_.consume(buffer_.size());
    if (auto* const response = std::get_if<std::string>(&begun)) {
      return answer(std::move(*response));
    }
    calling_ = true;
    core_.waiting.add(std::get<Dispatcher::Waiting>(std::move(begun)), [self = shared_from_this()](
                                                                           std::string response) {
      asio::post(self->ws_.get_executor(), [self, response = std::move(response)]() mutable {
        self->calling_ = false;
        self->answer(std::move(response));
      });
    });
  }

  void answer(std::string response) {
    if (!response.empty()) send({std::move(response), nullptr});
    read_if_drained();
  }

  void read_if_drained() {
    const bool drained = queue_.size() <= kReadAheadMessages && queued_bytes_ <= kReadAheadBytes;
    if (!closed_ && !reading_ && !calling_ && drained) read();
  }

  // Events come whether the client reads or not, so what waits of them is limited.
  void send_event(Outgoing event) {
    const ServerLimits& limits = core_.options.limits;
    const bool too_many = queue_.size() >= limits.send_queue_messages_max;
    const bool too_large = queued_bytes_ + event.size() > limits.send_queue_bytes_max;
    if (too_many || too_large) return drop("it does not read what it subscribed to");
    send(std::move(event));
  }

  void send(Outgoing message) {
    if (closed_) return;
    queued_bytes_ += message.size();
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) write();
  }

  void write() {
    arm_write_timer();
    ws_.async_write(queue_.front().buffers(),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->write_timer_.cancel();
                      if (error) return self->close();
                      self->on_written();
                    });
  }

  void on_written() {
    queued_bytes_ -= queue_.front().size();
    queue_.pop_front();
    if (closed_) return;
    if (!queue_.empty()) write();
    read_if_drained();
  }

  void arm_write_timer() {
    write_timer_.expires_after(core_.options.limits.write_timeout);
    // Holds no reference: a session that is gone needs no timer.
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
    leave_topics();
    write_timer_.cancel();
    error_code ignored;
    beast::get_lowest_layer(ws_).socket().close(ignored);
  }

  void leave_topics() {
    for (const auto& [id, topic] : topics_)
      core_.hub.remove(topic, id);
    topics_.clear();
  }

  Core& core_;
  ConnectionSlot slot_;
  websocket::stream<beast::tcp_stream> ws_;
  beast::flat_buffer buffer_;
  HttpRequest request_;
  asio::steady_timer write_timer_;
  std::map<SubscriptionId, Topic> topics_;
  // The front is being written.
  std::deque<Outgoing> queue_;
  std::size_t queued_bytes_ = 0;
  bool reading_ = false;
  bool calling_ = false;
  bool closed_ = false;
};

}  // namespace

void start_ws_session(Core& core, beast::tcp_stream stream, HttpRequest request,
                      ConnectionSlot slot) {
  std::make_shared<WsSession>(core, std::move(stream), std::move(request), std::move(slot))->run();
}

}  // namespace ol::rpc
