#pragma once

#include <atomic>
#include <condition_variable>

#include <ol/api/exchange_api.hpp>
#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>
#include <ol/rpc/extension.hpp>

namespace ol::node {

/// The exchange's API on the node's HTTP server: POST /exchange, /info, /typed and, on development
/// networks, /dev; GET /typed/{type}; WebSocket at /ws. Format: docs/protocol/exchange-api.md.
class ExchangeEndpoint final : public rpc::Extension {
 public:
  /// Both must outlive it. `archive` may be null: what happened then begins with this start.
  explicit ExchangeEndpoint(exchange::Access& access, api::Archive* archive = nullptr);
  ~ExchangeEndpoint() override;
  ExchangeEndpoint(const ExchangeEndpoint&) = delete;
  ExchangeEndpoint& operator=(const ExchangeEndpoint&) = delete;

  /// Follows final blocks and the time, and saves what happened now and then, until `stop`; for a
  /// thread of its own.
  void run();
  /// Lets `run` return and gives up every reply that waits. Before the server is destroyed.
  void stop();

  [[nodiscard]] bool serves(rpc::ExtensionMethod method, std::string_view path) const override;
  void answer(rpc::ExtensionRequest request, Reply done) override;
  [[nodiscard]] bool upgrades(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<rpc::ExtensionClient> connect(
      std::weak_ptr<rpc::ExtensionSink> sink) override;

 private:
  void save_loop();

  exchange::Access& access_;
  api::ExchangeApi api_;
  exchange::Access::Ticket blocks_ = 0;
  Mutex mutex_;
  std::condition_variable woken_;
  std::condition_variable ended_;
  bool new_block_ OL_GUARDED_BY(mutex_) = false;
  bool stopping_ OL_GUARDED_BY(mutex_) = false;
};

}  // namespace ol::node
