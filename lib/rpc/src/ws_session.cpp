#include <array>
#include <map>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "subscription_params.hpp"
#include "ws_connection.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kEventTail = "}}";

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

// One client of JSON-RPC. Everything but `notify` runs on its strand.
class WsSession final : public WsConnection<WsSession, Outgoing>,
                        public EventSink,
                        public SubscriptionHost {
 public:
  static constexpr std::size_t kReadAheadMessages = 8;

  WsSession(Core& core, boost::beast::tcp_stream stream, HttpRequest request, ConnectionSlot slot)
      : WsConnection(core, std::move(stream), std::move(request), std::move(slot)) {}

  ~WsSession() override { leave_topics(); }
  WsSession(const WsSession&) = delete;
  WsSession& operator=(const WsSession&) = delete;

  void notify(SubscriptionId id, EventText result) override {
    asio::post(executor(), [self = shared_from_this(), id, result = std::move(result)] {
      if (self->topics_.contains(id)) self->send_unasked({event_head(id), result});
    });
  }

  RpcResult subscribe(const Params& params) override {
    OL_TRY(Interest interest, interest_param(params));
    const Topic topic = interest.topic;
    if (topics_.size() >= core().options.limits.subscriptions_per_client_max) {
      return ol::rpc::refuse("too many subscriptions");
    }
    const SubscriptionId id = core().hub.add(std::move(interest), weak_from_this());
    topics_.emplace(id, topic);
    return '"' + subscription_text(id) + '"';
  }

  RpcResult unsubscribe(const Params& params) override {
    OL_TRY(const SubscriptionId id, subscription_param(params));
    const auto found = topics_.find(id);
    if (found == topics_.end()) return ol::rpc::refuse("subscription not found");
    core().hub.remove(found->second, id);
    topics_.erase(found);
    return "true";
  }

 private:
  friend WsConnection;

  static void on_accept() {}
  // One question at a time: until it is answered nothing more is read.
  bool may_read() const { return !calling_; }
  void on_close() { leave_topics(); }

  void on_message(std::string_view text) {
    if (core().dispatcher.may_wait(text)) return begin_waiting(text);
    if (is_for_call_threads(text)) return call(std::string(text));
    answer(core().dispatcher.handle(text, this));
  }

  // Subscriptions belong to the strand, so a batch that asks for one stays here.
  bool is_for_call_threads(std::string_view text) const {
    return core().is_for_call_threads(text) && text.find("subscribe") == std::string_view::npos;
  }

  void call(std::string text) {
    calling_ = true;
    asio::post(core().calls, [self = shared_from_this(), text = std::move(text)] {
      std::string response = self->core().dispatcher.handle(text);
      asio::post(self->executor(), [self, response = std::move(response)]() mutable {
        self->calling_ = false;
        self->answer(std::move(response));
        self->read_if_drained();
      });
    });
  }

  void begin_waiting(std::string_view text) {
    auto begun = core().dispatcher.begin(text);
    if (auto* const response = std::get_if<std::string>(&begun)) {
      return answer(std::move(*response));
    }
    calling_ = true;
    core().waiting.add(std::get<Dispatcher::Waiting>(std::move(begun)), [self = shared_from_this()](
                                                                            std::string response) {
      asio::post(self->executor(), [self, response = std::move(response)]() mutable {
        self->calling_ = false;
        self->answer(std::move(response));
        self->read_if_drained();
      });
    });
  }

  void answer(std::string response) {
    if (!response.empty()) send({std::move(response), nullptr});
  }

  void leave_topics() {
    for (const auto& [id, topic] : topics_)
      core().hub.remove(topic, id);
    topics_.clear();
  }

  std::map<SubscriptionId, Topic> topics_;
  bool calling_ = false;
};

}  // namespace

void start_ws_session(Core& core, boost::beast::tcp_stream stream, HttpRequest request,
                      ConnectionSlot slot) {
  std::make_shared<WsSession>(core, std::move(stream), std::move(request), std::move(slot))->run();
}

}  // namespace ol::rpc
