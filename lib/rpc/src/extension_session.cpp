#include <boost/asio/post.hpp>

#include <ol/rpc/extension.hpp>

#include "ws_connection.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;

// A message that several clients may share.
struct SharedText {
  std::shared_ptr<const std::string> text;

  [[nodiscard]] std::size_t size() const { return text->size(); }
  [[nodiscard]] asio::const_buffer buffers() const { return asio::buffer(*text); }
};

// One WebSocket client of the extension. Everything but `send` runs on its strand.
class ExtensionSession final : public WsConnection<ExtensionSession, SharedText>,
                               public ExtensionSink {
 public:
  static constexpr std::size_t kReadAheadMessages = 64;

  ExtensionSession(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
                   ConnectionSlot slot)
      : WsConnection(core, std::move(stream), std::move(request), std::move(slot)) {}

  void send(std::shared_ptr<const std::string> text) override {
    asio::post(executor(), [self = shared_from_this(), text = std::move(text)]() mutable {
      if (!self->closed()) self->send_unasked({std::move(text)});
    });
  }

 private:
  friend WsConnection;

  void on_accept() { client_ = core().hooks.extension->connect(weak_from_this()); }
  void on_message(std::string_view text) { client_->receive(text); }
  static bool may_read() { return true; }
  void on_close() { client_.reset(); }

  std::unique_ptr<ExtensionClient> client_;
};

}  // namespace

void start_extension_session(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
                             ConnectionSlot slot) {
  std::make_shared<ExtensionSession>(core, std::move(stream), std::move(request), std::move(slot))
      ->run();
}

}  // namespace ol::rpc
