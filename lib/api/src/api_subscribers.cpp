// Subscribers, and requests that come over WebSocket.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "exchange_api_impl.hpp"
#include "json_reader.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessageBytesMax = kExchangeBytesMax + 1024;
constexpr std::size_t kNamedBytesMax = 300;

// A client asks for many at once: which of them was refused.
std::string about(std::string why, const json::value& subscription) {
  const std::string name = json::serialize(subscription);
  if (name.size() > kNamedBytesMax) return why;
  return std::move(why) + " (subscription " + name + ")";
}

}  // namespace

void ExchangeApi::Impl::receive(ClientId client, std::string_view text) {
  if (text.size() > kMessageBytesMax) return refuse(client, "the message is too long");
  const auto message = parse_json(text);
  if (!message) return refuse(client, message.error().msg);
  Reading reading;
  ObjectReader in(reading, *message, "");
  const std::string_view method = in.text("method");
  if (reading.failed()) return refuse(client, reading.error().msg);
  if (method == "ping") return send(client, R"({"channel":"pong"})");
  if (method == "post") return post_message(client, in);
  if (method != "subscribe" && method != "unsubscribe") {
    return refuse(client, "method must be subscribe, unsubscribe, post or ping");
  }
  const json::value* wanted = in.need("subscription");
  in.finish();
  if (reading.failed()) return refuse(client, reading.error().msg);
  change_subscription(client, reading, *wanted, method);
}

void ExchangeApi::Impl::change_subscription(ClientId client, Reading& reading,
                                            const json::value& wanted, std::string_view method) {
  const MutexLock lock(mutex);
  advance();
  ObjectReader in(reading, wanted, "subscription");
  const auto listed = current_catalog();
  const Subscription sub = read_subscription(in, *listed);
  const auto refuse_it = [&](const std::string& why) { refuse(client, about(why, wanted)); };
  if (reading.failed()) return refuse_it(reading.error().msg);
  const std::string key = key_of(sub);
  const bool subscribes = method == "subscribe";
  if (subscribes && feed.subscriptions(client) >= limits.subscriptions_per_client_max) {
    return refuse_it("at most " + std::to_string(limits.subscriptions_per_client_max) +
                     " subscriptions");
  }
  if (subscribes && !feed.followed(key) && feed.topics() >= limits.topics_max) {
    return refuse_it("clients of this node have " + std::to_string(limits.topics_max) +
                     " different subscriptions, which is all it follows; try again later");
  }
  const bool changed =
      subscribes ? feed.subscribe(client, key, sub) : feed.unsubscribe(client, key);
  if (!changed) {
    return refuse_it(subscribes ? "already subscribed" : "not subscribed");
  }
  const json::object reply{{"method", method}, {"subscription", wanted}};
  send(client, json::serialize(json::object{{"channel", "subscriptionResponse"}, {"data", reply}}));
  if (!subscribes) return;
  for (std::string& first : messages_of(sub.channel, snapshot_of(sub, view())))
    send(client, std::move(first));
}

void ExchangeApi::Impl::post_message(ClientId client, ObjectReader& in) {
  const std::uint64_t id = in.unsigned_number("id", ~std::uint64_t{0});
  if (in.reading().failed()) return refuse(client, in.reading().error().msg);
  const auto refuse_it = [&](const std::string& why) {
    answer_post(client, id, "error", json::serialize(json::string(why)));
  };
  const json::value* request = in.need("request");
  in.finish();
  if (in.reading().failed()) return refuse_it(in.reading().error().msg);
  ObjectReader fields(in.reading(), *request, "request");
  const std::string type(fields.text("type"));
  const json::value* payload = fields.need("payload");
  fields.finish();
  if (in.reading().failed()) return refuse_it(in.reading().error().msg);
  const std::string body = json::serialize(*payload);
  if (type == "info") return answer_query(client, id, body);
  if (type != "action") return refuse_it("request.type must be info or action");
  if (!count_post(client)) return refuse_it("too many requests are unanswered");
  post(body, Wait::Committed, [this, client, id](const std::string& reply) {
    uncount_post(client);
    answer_post(client, id, "action", reply);
  });
}

// As existing clients know it: what was asked beside the answer, of a mistake a sentence alone.
void ExchangeApi::Impl::answer_query(ClientId client, std::uint64_t id, std::string_view body) {
  const InfoReply reply = info(body);
  const auto query = parse_json(body);
  const json::object* fields = query ? query->if_object() : nullptr;
  const json::value* name = fields == nullptr ? nullptr : fields->if_contains("type");
  if (reply.ok && name != nullptr) {
    return answer_post(client, id, "info",
                       R"({"type":)" + json::serialize(*name) + R"(,"data":)" + reply.body + "}");
  }
  const auto refused = parse_json(reply.body);
  answer_post(client, id, "error",
              refused ? json::serialize(refused->at("response").at("msg")) : "null");
}

void ExchangeApi::Impl::answer_post(ClientId client, std::uint64_t id, std::string_view type,
                                    const std::string& reply) {
  // The payload is JSON already.
  send(client, R"({"channel":"post","data":{"id":)" + std::to_string(id) +
                   R"(,"response":{"type":")" + std::string(type) + R"(","payload":)" + reply +
                   "}}}");
}

bool ExchangeApi::Impl::count_post(ClientId client) {
  const MutexLock lock(quick_mutex);
  std::size_t& open = posts[client];
  if (open >= limits.posts_per_client_max) return false;
  ++open;
  return true;
}

void ExchangeApi::Impl::uncount_post(ClientId client) {
  const MutexLock lock(quick_mutex);
  const auto it = posts.find(client);
  if (it != posts.end() && --it->second == 0) posts.erase(it);
}

void ExchangeApi::Impl::send(ClientId client, std::string text) {
  std::shared_ptr<FeedSink> sink;
  {
    const MutexLock lock(quick_mutex);
    const auto it = sinks.find(client);
    if (it != sinks.end()) sink = it->second.lock();
  }
  if (sink) sink->send(std::make_shared<const std::string>(std::move(text)));
}

void ExchangeApi::Impl::refuse(ClientId client, const std::string& why) {
  send(client, json::serialize(json::object{{"channel", "error"}, {"data", json::string(why)}}));
}

}  // namespace ol::api
