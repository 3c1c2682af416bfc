#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/machine.hpp"
#include "bench/nodes.hpp"
#include "rpc_client.hpp"

namespace ol::app::bench {

/// How long a node may take for one answer, and a chain for the next thing to become final.
constexpr std::chrono::seconds kStallMax{60};

/// A load signed before the measurement. Item i is of account i % `accounts`.
struct SentLoad {
  std::string noun;  // of its items: "transfers"
  std::size_t size = 0;
  std::uint32_t accounts = 1;
  /// The body of the request that sends these items.
  std::function<std::string(const std::vector<std::uint32_t>&)> body;
  /// Called just before an item is sent, by one thread for each item.
  std::function<void(std::uint32_t, Clock::time_point)> sent;
  std::function<std::size_t()> final_everywhere;
};

/// Of a load that gives bodies by `batch` and takes notes by `sent`, which it borrows.
template <typename Load>
[[nodiscard]] SentLoad sent_load(std::string noun, Load& load, std::uint32_t accounts,
                                 std::function<std::size_t()> final_everywhere) {
  return {.noun = std::move(noun),
          .size = load.size(),
          .accounts = accounts,
          .body = [&load](const std::vector<std::uint32_t>& batch) { return load.batch(batch); },
          .sent = [&load](std::uint32_t i, Clock::time_point at) { load.sent(i, at); },
          .final_everywhere = std::move(final_everywhere)};
}

struct SendingLimits {
  std::size_t batch_max = 100;      // items of one request
  std::size_t outstanding = 1'000;  // sent and not final everywhere
  std::size_t rate = 0;             // units sent per second; 0: no limit
  std::size_t units_each = 1;       // of an item
};

/// Sends a load to running nodes over HTTP, each account's items in order to one node, a thread for
/// each node. What goes wrong ends it and is kept as a sentence.
class Sending {
 public:
  /// `nodes` must outlive it.
  Sending(const RunningNodes& nodes, SentLoad load, SendingLimits limits);
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  ~Sending() { stop(); }

  void start();
  /// Ends sending, wherever it is.
  void stop();
  /// Waits for `done`, a failure, or a chain on which nothing becomes final; `told` says how far it
  /// was then.
  void wait_until(const std::function<bool()>& done, const std::function<std::string()>& told);
  void fail(std::string why);
  void give_up() { give_up_ = true; }

  [[nodiscard]] std::size_t sent() const { return sent_.load(); }
  [[nodiscard]] Clock::time_point started() const { return started_; }
  /// After `stop`.
  [[nodiscard]] double client_cpu_s() const { return client_cpu_s_; }
  [[nodiscard]] std::vector<std::string>& failures() { return failures_; }

  /// Throws CommandError unless every call of the batch succeeded.
  static void post(RpcConnection& connection, const std::string& body, const std::string& noun);

 private:
  void send_all(std::size_t node);
  void send(RpcConnection& connection, const std::vector<std::uint32_t>& batch);
  [[nodiscard]] bool may_send(std::size_t sent) const;

  const RunningNodes& nodes_;
  const SentLoad load_;
  const SendingLimits limits_;
  Clock::time_point started_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> sent_{0};
  std::atomic<bool> give_up_{false};
  std::mutex mutex_;
  double client_cpu_s_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace ol::app::bench
