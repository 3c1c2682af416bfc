#include <algorithm>
#include <memory>
#include <optional>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "core.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

// How long, and how much, a client we refused may go on sending before the connection is reset. A
// reset while it sends would take the answer away from it.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::size_t kReadBytes = 4096;

HttpMethod method_of(http::verb verb) {
  if (verb == http::verb::get) return HttpMethod::Get;
  if (verb == http::verb::post) return HttpMethod::Post;
  if (verb == http::verb::options) return HttpMethod::Options;
  return HttpMethod::Other;
}

HttpHead head_of(const HttpRequest& request) {
  HttpHead head;
  head.method = method_of(request.method());
  head.target = request.target();
  head.host = request[http::field::host];
  head.origin = request[http::field::origin];
  head.content_type = request[http::field::content_type];
  head.upgrades = beast::websocket::is_upgrade(request);
  return head;
}

HttpReply malformed() {
  HttpReply reply;
  reply.status = 400;
  reply.body = "malformed HTTP request\n";
  return reply;
}

// The reply to a request that could not be read; nothing if the connection itself failed.
std::optional<HttpReply> reply_to(error_code error) {
  HttpReply reply;
  if (error == http::error::body_limit) {
    reply.status = 413;
    reply.body = "content length too large\n";
  } else if (error == http::error::header_limit) {
    reply.status = 431;
    reply.body = "request header fields too large\n";
  } else if (error.category() == make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream && error != http::error::partial_message) {
    return malformed();
  } else {
    return std::nullopt;
  }
  return reply;
}

// One HTTP/1.1 connection: reads a request, answers it, reads the next. Pipelined requests wait in
// the buffer. Everything runs on the connection's strand.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Core& core, tcp::socket socket, ConnectionSlot slot)
      : core_(core), slot_(std::move(slot)), stream_(std::move(socket)) {}

  void run() {
    asio::dispatch(stream_.get_executor(),
                   [self = shared_from_this()] { self->wait_for_request(); });
  }

 private:
  enum class After : std::uint8_t { KeepAlive, Close };

  // Waits for the first byte of a request with patience, so that the rest can be asked for without.
  void wait_for_request() {
    response_.reset();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.options.limits.header_bytes_max));
    parser_->body_limit(core_.options.limits.body_bytes_max);
    if (buffer_.size() != 0) return read_head();
    stream_.expires_after(core_.options.limits.idle_timeout);
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                              if (error) return self->close();
                              self->buffer_.commit(bytes);
                              self->read_head();
                            });
  }

  void read_head() {
    stream_.expires_after(core_.options.limits.read_timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->fail_read(error);
                              self->on_head();
                            });
  }

  void on_head() {
    core_.counters.http_requests.fetch_add(1, std::memory_order_relaxed);
    const HttpHead head = head_of(parser_->get());
    if (auto refusal = core_.router.refuse(head)) return refuse(*std::move(refusal));
    if (head.upgrades) return upgrade();
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return go_on();
    read_body();
  }

  // The client waits for permission before it sends the body.
  void go_on() {
    continue_ = {http::status::continue_, 11};
    http::async_write(stream_, continue_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->fail_read(error);
                        self->read_body();
                      });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->fail_read(error);
                       self->answer();
                     });
  }

  void answer() {
    const HttpRequest& request = parser_->get();
    if (Extension* extension = core_.router.extension_of(head_of(request))) {
      return ask(*extension);
    }
    if (request.method() == http::verb::post && core_.dispatcher.may_wait(request.body())) {
      return begin_waiting();
    }
    if (!core_.is_for_call_threads(request.body())) return write_answer(make_answer());
    // The strand has nothing to do meanwhile, so that the request stays as it is.
    asio::post(core_.calls, [self = shared_from_this()] {
      auto reply = std::make_shared<HttpReply>(self->make_answer());
      asio::post(self->stream_.get_executor(),
                 [self, reply = std::move(reply)] { self->write_answer(*reply); });
    });
  }

  // Meanwhile no thread is taken, and nothing more is read.
  void begin_waiting() {
    auto begun = core_.dispatcher.begin(parser_->get().body());
    if (auto* const response = std::get_if<std::string>(&begun)) {
      return write_response(std::move(*response));
    }
    core_.waiting.add(std::get<Dispatcher::Waiting>(std::move(begun)), [self = shared_from_this()](
                                                                           std::string response) {
      asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        self->write_response(std::move(response));
      });
    });
  }

  void write_response(std::string response) {
    write_answer(core_.router.json_reply(head_of(parser_->get()), std::move(response)));
  }

  // The answer may come from another thread and take until a block is final.
  void ask(Extension& extension) {
    const HttpRequest& request = parser_->get();
    ExtensionRequest asked;
    asked.method =
        request.method() == http::verb::post ? ExtensionMethod::Post : ExtensionMethod::Get;
    asked.target = request.target();
    asked.body = request.body();
    extension.answer(std::move(asked), [self = shared_from_this()](ExtensionReply reply) {
      auto shared = std::make_shared<ExtensionReply>(std::move(reply));
      asio::post(self->stream_.get_executor(), [self, shared] {
        const HttpHead head = head_of(self->parser_->get());
        self->write_answer(self->core_.router.extension_reply(head, std::move(*shared)));
      });
    });
  }

  HttpReply make_answer() const {
    const HttpRequest& request = parser_->get();
    return core_.router.answer(head_of(request), request.body());
  }

  void write_answer(const HttpReply& reply) {
    write(reply, parser_->get().keep_alive() ? After::KeepAlive : After::Close);
  }

  void upgrade() {
    // A client may not send frames before it is told that we speak WebSocket.
    if (buffer_.size() != 0) return refuse(malformed());
    stream_.expires_never();
    HttpRequest request = parser_->release();
    const std::string_view target = head_of(request).target;
    const bool plain = target.substr(0, target.find('?')) == "/";
    const auto start = plain ? start_ws_session : start_extension_session;
    start(core_, std::move(stream_), std::move(request), std::move(slot_));
  }

  void fail_read(error_code error) {
    if (error == beast::error::timeout) core_.counters.timeouts.fetch_add(1);
    if (auto reply = reply_to(error)) return refuse(*std::move(reply));
    close();
  }

  // The body was not read, so where the next request begins is unknown.
  void refuse(HttpReply reply) {
    core_.counters.http_errors.fetch_add(1, std::memory_order_relaxed);
    write(reply, After::Close);
  }

  void write(const HttpReply& reply, After after) {
    response_.emplace(static_cast<http::status>(reply.status), 11);
    response_->set(http::field::content_type, reply.content_type);
    for (const HttpHeader& header : reply.headers)
      response_->set(header.name, header.value);
    response_->keep_alive(after == After::KeepAlive);
    response_->body() = reply.body;
    response_->prepare_payload();
    stream_.expires_after(core_.options.limits.write_timeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), after](error_code error, std::size_t) {
                        if (error == beast::error::timeout) {
                          self->core_.counters.timeouts.fetch_add(1);
                        }
                        if (error) return self->close();
                        if (after == After::KeepAlive) return self->wait_for_request();
                        self->linger();
                      });
  }

  // Says that nothing more comes, then lets the client finish sending.
  void linger() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLingerTime);
    discard(kLingerBytes);
  }

  void discard(std::size_t left) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this(), left](error_code error, std::size_t bytes) {
                              if (error || bytes >= left) return self->close();
                              self->discard(left - bytes);
                            });
  }

  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

  Core& core_;
  ConnectionSlot slot_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  http::response<http::empty_body> continue_;
};

}  // namespace

void start_http_session(Core& core, tcp::socket socket, ConnectionSlot slot) {
  std::make_shared<HttpSession>(core, std::move(socket), std::move(slot))->run();
}

}  // namespace ol::rpc
