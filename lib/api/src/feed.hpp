#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/json/value.hpp>

#include <ol/api/exchange_api.hpp>

#include "info.hpp"

namespace ol::api {

/// What a client can subscribe to (dex.md 17.3).
enum class Channel : std::uint8_t {
  AllMids,
  L2Book,
  L2Diff,
  L4Diff,
  Bbo,
  Trades,
  Candle,
  ActiveAssetCtx,
  ActiveAssetData,
  OrderUpdates,
  UserEvents,
  UserFills,
  UserFundings,
  LedgerUpdates,
  Notification,
  Blocks,
};

struct Subscription {
  Channel channel = Channel::Blocks;
  const MarketEntry* market = nullptr;  // of the catalog it was read with
  exchange::AssetId asset;
  DepthOptions depth;
  std::size_t interval = 0;
  Address user;
  std::optional<std::uint64_t> from_height;  // user streams: where the client left off
};

/// A subscription of a request. Refuses through the reader.
[[nodiscard]] Subscription read_subscription(ObjectReader& in, const Catalog& catalog);

/// Equal for subscriptions to the same, in whatever words.
[[nodiscard]] std::string key_of(const Subscription& sub);

/// What messages are made from. Borrows all but the catalog.
struct FeedView {
  std::shared_ptr<const Catalog> listed;
  const Catalog& catalog;
  const exchange::Params& params;
  const BookMirror& books;
  const History& history;
  const exchange::Access& access;
};

/// What a subscription begins with.
struct FirstData {
  boost::json::value data;
  /// Whether more happened since `from_height` than is told here: the newest of it is.
  bool truncated = false;
};
/// What a subscription begins with anew after blocks were missed: of a stream of a user that there
/// was something to miss, if nothing else.
[[nodiscard]] FirstData after_gap(const Subscription& sub, const FeedView& view);
/// The data of the first message, or null where there is none; of notifications a list of the data
/// of one message each.
[[nodiscard]] FirstData snapshot_of(const Subscription& sub, const FeedView& view);
/// The data of the message about a block, or null if it says nothing new; of notifications and of
/// user events a list of the data of one message each.
[[nodiscard]] boost::json::value update_of(const Subscription& sub, const FeedView& view,
                                           const exchange::CommittedBlock& block,
                                           const BlockUpdate& update,
                                           const std::vector<exchange::AssetId>& changed);
[[nodiscard]] std::string_view channel_name(Channel channel);
/// The messages that carry what `snapshot_of` and `update_of` give.
[[nodiscard]] std::vector<std::string> messages_of(Channel channel, const FirstData& first);

/// Who wants what. One thread at a time.
class Feed {
 public:
  using ClientId = ExchangeApi::ClientId;

  [[nodiscard]] ClientId connect(std::weak_ptr<FeedSink> sink);
  void disconnect(ClientId client);
  /// Whether it was new; `key` is of `key_of`.
  [[nodiscard]] bool subscribe(ClientId client, const std::string& key, const Subscription& sub);
  [[nodiscard]] bool unsubscribe(ClientId client, const std::string& key);
  [[nodiscard]] std::size_t subscriptions(ClientId client) const;
  /// Different subscriptions, and whether anybody has this one.
  [[nodiscard]] std::size_t topics() const { return topics_.size(); }
  [[nodiscard]] bool followed(const std::string& key) const { return topics_.contains(key); }
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  /// One message per subscription, encoded once, to all who have it.
  void publish(const FeedView& view, const exchange::CommittedBlock& block,
               const BlockUpdate& update, const std::vector<exchange::AssetId>& changed);
  /// Every subscription begins anew: the chain went back, or blocks were missed.
  enum class Missed : std::uint8_t { Nothing, Blocks };
  void resend(const FeedView& view, Missed missed);

 private:
  struct Topic {
    Subscription sub;
    std::set<ClientId> clients;
    std::string last;  // what was sent last, of channels that repeat themselves
  };
  struct Client {
    std::weak_ptr<FeedSink> sink;
    std::set<std::string> keys;
  };
  void deliver(Topic& topic, const FirstData& first);

  std::map<std::string, Topic> topics_;
  std::map<ClientId, Client> clients_;
  ClientId next_ = 1;
};

}  // namespace ol::api
