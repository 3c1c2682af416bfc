#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ol/api/archive.hpp>
#include <ol/api/error.hpp>
#include <ol/exchange/access.hpp>

namespace ol::api {

/// Where a subscriber's messages go. Any thread; never waits.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  virtual void send(std::shared_ptr<const std::string> text) = 0;
};

/// What one node lets its clients do. docs/protocol/exchange-api.md lists the same numbers.
struct ApiLimits {
  std::uint64_t commit_wait_ms = 30'000;  // how long a reply waits for a final block
  std::size_t waiting_max = 10'000;       // actions whose replies wait
  std::size_t subscriptions_per_client_max = 100;
  std::size_t topics_max =
      10'000;  // different subscriptions of all clients: each costs every block
  std::size_t posts_per_client_max = 100;  // of one WebSocket client, unanswered
};

/// A reply to POST /info: the state it is from stands beside it where the shape has no room.
struct InfoReply {
  std::string body;
  std::uint64_t height = 0;
  exchange::TimeMs time = 0;
  /// From this height on the history it is made of lacks no block; 0: it is made of none.
  std::uint64_t history_from = 0;
  bool ok = true;
};

/// The exchange's API over `Access`, without sockets and threads: any thread may call anything.
/// Someone calls `advance` when blocks become final and `tick` now and then. Format:
/// docs/protocol/exchange-api.md.
class ExchangeApi {
 public:
  using Reply = std::function<void(std::string)>;
  using ClientId = std::uint64_t;
  /// What POST /exchange waits for before it answers.
  enum class Wait : std::uint8_t { Committed, Accepted };

  /// `access` and `archive` must outlive it. With an archive it begins with what happened before,
  /// which takes as long as `Archive::replay` does; @pre no block becomes final meanwhile. Without
  /// one what happened begins now.
  explicit ExchangeApi(exchange::Access& access, ApiLimits limits = {}, Archive* archive = nullptr);
  ~ExchangeApi();
  ExchangeApi(const ExchangeApi&) = delete;
  ExchangeApi& operator=(const ExchangeApi&) = delete;

  /// POST /exchange: `done` is called once, from any thread, unless `close` comes first.
  void post_exchange(std::string_view body, Wait wait, Reply done);
  /// POST /info.
  [[nodiscard]] InfoReply post_info(std::string_view body);
  /// GET /typed/{type}, and POST /typed with the body of an action that is not signed yet.
  [[nodiscard]] Result<std::string, ApiError> typed(std::string_view type) const;
  [[nodiscard]] Result<std::string, ApiError> typed_of(std::string_view body) const;
  /// POST /dev (dex.md 17.5). Refused outside development networks. Answers once what was asked is
  /// in a final block, with that block's height and time.
  void post_dev(std::string_view body, Reply done);

  /// A new subscriber. Once the sink is gone nothing is sent any more; `disconnect` forgets it.
  [[nodiscard]] ClientId connect(std::weak_ptr<FeedSink> sink);
  void disconnect(ClientId client);
  /// A message of a subscriber: subscribe, unsubscribe, post, ping.
  void receive(ClientId client, std::string_view text);

  /// Takes in the blocks that are final since, and tells subscribers.
  void advance();
  /// Gives up waiting for actions whose time is over. @param now_ms  Any clock that goes on.
  void tick(std::uint64_t now_ms);
  /// Saves what happened to the archive, if there is one and there is anything new. Clients are
  /// answered meanwhile, from before. One thread at a time.
  void save();
  /// Blocks, results and events since the last `save`.
  [[nodiscard]] std::size_t unsaved() const;
  /// Drops every reply that waits; nothing is called any more.
  void close();

  [[nodiscard]] std::size_t clients() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::api
