#include <ol/rpc/server.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ol/base/check.hpp>

#include "core.hpp"
#include "json_out.hpp"
#include "log_filter.hpp"

namespace ol::rpc {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Events that wait for an rpc thread; beyond it they are dropped.
constexpr std::size_t kEventsWaitingMax = 4096;
// When the system has no descriptors left, accepting is tried again after this.
constexpr std::chrono::milliseconds kAcceptRetry{100};

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 21\r\n\r\n"
    "too many connections\n";

std::string text_of(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.address.find(':') != std::string::npos;
  return (ipv6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" +
         std::to_string(endpoint.port);
}

std::string listen_error(const Endpoint& endpoint, error_code error) {
  const std::string start = "cannot listen for RPC on " + text_of(endpoint) + ": ";
  if (error == asio::error::address_in_use) {
    return start + "the port is in use by another program";
  }
  if (error == asio::error::access_denied) {
    return start + "not permitted (ports below 1024 need privileges)";
  }
  if (error == boost::system::errc::address_not_available) {
    return start + "this machine does not have that address";
  }
  return start + error.message();
}

// Accepts connections of one endpoint, within the limits.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(Core& core)
      : core_(core), acceptor_(asio::make_strand(core.io)), retry_(acceptor_.get_executor()) {}

  error_code open(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void accept() {
    acceptor_.async_accept(asio::make_strand(core_.io),
                           [self = shared_from_this()](error_code error, tcp::socket socket) {
                             if (error) return self->accept_later();
                             self->admit(std::move(socket));
                             self->accept();
                           });
  }

 private:
  void accept_later() {
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->accept();
    });
  }

  void admit(tcp::socket socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    // It was gone before we looked.
    if (error) return;
    std::string address = peer.address().to_string();
    switch (core_.connections.admit(address)) {
      case Admission::TotalReached:
        core_.counters.connections_refused_total.fetch_add(1);
        return refuse(socket);
      case Admission::PerAddressReached:
        core_.counters.connections_refused_per_ip.fetch_add(1);
        return refuse(socket);
      case Admission::Admitted:
        break;
    }
    core_.counters.connections_accepted.fetch_add(1);
    ConnectionSlot slot(core_.connections, std::move(address));
    socket.set_option(tcp::no_delay(true), error);
    start_http_session(core_, std::move(socket), std::move(slot));
  }

  // One try without waiting: whoever is refused costs us nothing more.
  static void refuse(tcp::socket& socket) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kBusy.data(), kBusy.size()), ignored);
    socket.shutdown(tcp::socket::shutdown_both, ignored);
  }

  Core& core_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Registry registry, const Backend& backend, ServerHooks hooks)
      : pool_watchers(registry.pool_watchers()),
        core(std::move(options), std::move(registry), backend, std::move(hooks)),
        events(asio::make_strand(core.io)),
        work(asio::make_work_guard(core.io)) {}

  Result<void, std::string> listen_on(const Endpoint& endpoint) {
    error_code error;
    const auto address = asio::ip::make_address(endpoint.address, error);
    if (error) {
      return fail("cannot listen for RPC on \"" + endpoint.address + "\": not an IP address");
    }
    const auto listener = std::make_shared<Listener>(core);
    error = listener->open({address, endpoint.port});
    if (error) return fail(listen_error(endpoint, error));
    ports.push_back(listener->port());
    listener->accept();
    return {};
  }

  // Runs `encode` and hands its text to the subscribers of `topic`, in the order of the calls and
  // on an rpc thread: whoever publishes does not wait.
  template <typename Encode>
  void publish(Topic topic, Encode encode) {
    if (!core.hub.has(topic)) return;
    if (waiting.fetch_add(1) >= kEventsWaitingMax) {
      waiting.fetch_sub(1);
      core.counters.events_dropped.fetch_add(1);
      return;
    }
    asio::post(events, [this, topic, encode = std::move(encode)] {
      waiting.fetch_sub(1);
      std::string text = encode();
      if (text.empty()) return;
      core.hub.deliver(topic, std::make_shared<const std::string>(std::move(text)));
    });
  }

  // Encodes each log that someone wants once.
  void deliver_logs(const BlockRecord& block) {
    std::size_t log_index = 0;
    for (std::size_t i = 0; i < block.receipts.size(); ++i) {
      const auto& logs = block.receipts[i].logs;
      for (std::size_t place = 0; place < logs.size(); ++place) {
        const LogRecord record = log_record(block, i, place, log_index++);
        core.hub.deliver_log(record.log, std::make_shared<const std::string>(
                                             boost::json::serialize(log_json(record))));
      }
    }
  }

  const std::vector<PoolWatcher> pool_watchers;
  Core core;
  std::vector<std::uint16_t> ports;
  std::atomic<std::size_t> waiting{0};
  asio::strand<asio::io_context::executor_type> events;
  asio::executor_work_guard<asio::io_context::executor_type> work;
};

Server::Server(ServerOptions options, Registry registry, const Backend& backend, ServerHooks hooks)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(registry), backend,
                                   std::move(hooks))) {}

Server::~Server() {
  stop();
}

Result<void, std::string> Server::listen() {
  for (const Endpoint& endpoint : impl_->core.options.endpoints) {
    OL_TRY_VOID(impl_->listen_on(endpoint));
  }
  return {};
}

std::uint16_t Server::port(std::size_t i) const {
  OL_CHECK(i < impl_->ports.size(), "the endpoint is listening");
  return impl_->ports[i];
}

void Server::run() {
  impl_->core.io.run();
}

void Server::run_calls() {
  impl_->core.call_threads.fetch_add(1);
  const auto work = asio::make_work_guard(impl_->core.calls);
  impl_->core.calls.run();
}

void Server::stop() {
  impl_->core.io.stop();
  impl_->core.calls.stop();
}

void Server::publish_new_head(const primitives::EvmHeader& header,
                              const primitives::EvmHash& hash) {
  impl_->core.waiting.ask_again();
  impl_->publish(Topic::NewHeads,
                 [header, hash] { return boost::json::serialize(header_json(header, hash)); });
}

void Server::publish_logs(BlockPtr block) {
  impl_->publish(Topic::Logs, [impl = impl_.get(), block = std::move(block)] {
    impl->deliver_logs(*block);
    return std::string();
  });
}

void Server::publish_pending(const primitives::TxnHash& hash) {
  for (const PoolWatcher& watcher : impl_->pool_watchers)
    watcher(hash);
  impl_->publish(Topic::PendingHashes, [hash] { return quoted(data(hash)); });
  impl_->publish(Topic::PendingTxns, [hash, node = &impl_->core.backend] {
    // It may have left the pool already, into a block or out of it.
    const TxnPtr txn = node->find_pool_txn(hash);
    return txn ? boost::json::serialize(pool_txn_json(*txn)) : std::string();
  });
}

ServerStats Server::stats() const {
  const Core& core = impl_->core;
  const Counters& counters = core.counters;
  ServerStats out;
  out.connections_open = core.connections.open();
  out.subscriptions_open = core.hub.open();
  out.send_queue_bytes = core.send_queues.bytes();
  out.call_threads = core.call_threads.load();
  out.connections_accepted = counters.connections_accepted.load();
  out.connections_refused_total = counters.connections_refused_total.load();
  out.connections_refused_per_ip = counters.connections_refused_per_ip.load();
  out.websockets_opened = counters.websockets_opened.load();
  out.http_requests = counters.http_requests.load();
  out.http_errors = counters.http_errors.load();
  out.timeouts = counters.timeouts.load();
  out.slow_clients_dropped = counters.slow_clients_dropped.load();
  out.greatest_queues_dropped = counters.greatest_queues_dropped.load();
  out.events_dropped = counters.events_dropped.load();
  out.methods = core.dispatcher.stats();
  return out;
}

}  // namespace ol::rpc
