#include "feed.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "numbers.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;

// Channels whose message is a whole state, which need not be sent twice.
bool repeats(Channel channel) {
  return channel == Channel::AllMids || channel == Channel::Bbo ||
         channel == Channel::ActiveAssetCtx || channel == Channel::ActiveAssetData;
}

}  // namespace

std::string key_of(const Subscription& sub) {
  std::string out(channel_name(sub.channel));
  for (const std::uint64_t number :
       {std::uint64_t{sub.asset.value()}, std::uint64_t{sub.depth.levels},
        std::uint64_t{sub.depth.figures}, std::uint64_t{sub.depth.mantissa},
        std::uint64_t{sub.interval}})
    out += ' ' + std::to_string(number);
  out += ' ' + hex_text(sub.user);
  return sub.from_height ? out + ' ' + std::to_string(*sub.from_height) : out;
}

std::vector<std::string> messages_of(Channel channel, const FirstData& first) {
  const auto message = [&](const json::value& part, bool truncated) {
    json::object out{{"channel", channel_name(channel)}, {"data", part}};
    if (truncated) out["truncated"] = true;
    return json::serialize(out);
  };
  if (first.data.is_null()) return {};
  const bool many =
      channel == Channel::Notification || (channel == Channel::UserEvents && first.data.is_array());
  if (!many) return {message(first.data, first.truncated)};
  std::vector<std::string> out;
  for (const json::value& part : first.data.as_array())
    out.push_back(message(part, first.truncated && out.empty()));
  return out;
}

Feed::ClientId Feed::connect(std::weak_ptr<FeedSink> sink) {
  const ClientId id = next_++;
  clients_[id].sink = std::move(sink);
  return id;
}

void Feed::disconnect(ClientId client) {
  const auto it = clients_.find(client);
  if (it == clients_.end()) return;
  const std::set<std::string> keys = it->second.keys;
  for (const std::string& key : keys)
    static_cast<void>(unsubscribe(client, key));
  clients_.erase(client);
}

bool Feed::subscribe(ClientId client, const std::string& key, const Subscription& sub) {
  const auto it = clients_.find(client);
  if (it == clients_.end() || !it->second.keys.insert(key).second) return false;
  Topic& topic = topics_[key];
  topic.sub = sub;
  topic.sub.market = nullptr;  // looked up anew: the catalog may be replaced
  topic.clients.insert(client);
  return true;
}

bool Feed::unsubscribe(ClientId client, const std::string& key) {
  const auto it = clients_.find(client);
  if (it == clients_.end() || it->second.keys.erase(key) == 0) return false;
  const auto topic = topics_.find(key);
  topic->second.clients.erase(client);
  if (topic->second.clients.empty()) topics_.erase(topic);
  return true;
}

std::size_t Feed::subscriptions(ClientId client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() ? 0 : it->second.keys.size();
}

void Feed::deliver(Topic& topic, const FirstData& first) {
  for (std::string& text : messages_of(topic.sub.channel, first)) {
    if (repeats(topic.sub.channel)) {
      if (text == topic.last) return;
      topic.last = text;
    }
    const auto shared = std::make_shared<const std::string>(std::move(text));
    for (const ClientId client : topic.clients) {
      if (const auto sink = clients_.at(client).sink.lock()) sink->send(shared);
    }
  }
}

void Feed::publish(const FeedView& view, const exchange::CommittedBlock& block,
                   const BlockUpdate& update, const std::vector<exchange::AssetId>& changed) {
  for (auto& [key, topic] : topics_) {
    topic.sub.market = view.catalog.market(topic.sub.asset);
    deliver(topic, {update_of(topic.sub, view, block, update, changed)});
  }
}

void Feed::resend(const FeedView& view, Missed missed) {
  for (auto& [key, topic] : topics_) {
    topic.sub.market = view.catalog.market(topic.sub.asset);
    deliver(topic,
            missed == Missed::Blocks ? after_gap(topic.sub, view) : snapshot_of(topic.sub, view));
  }
}

}  // namespace ol::api
