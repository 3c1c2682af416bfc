#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <ol/rpc/dispatcher.hpp>

namespace ol::rpc {

/// Calls whose answers wait for a block, without a thread for any of them. Each belongs to a
/// connection, which asks one at a time, so that the limits on connections bound them. Public
/// methods may be called from any thread; the rest happens on a strand of `io`.
class WaitingRoom {
 public:
  /// Called once, from an rpc thread.
  using Done = std::function<void(std::string response)>;

  explicit WaitingRoom(boost::asio::io_context& io);

  void add(Dispatcher::Waiting call, Done done);
  /// There is a new block.
  void ask_again();

 private:
  struct Guest {
    Dispatcher::Waiting call;
    Done done;
    boost::asio::steady_timer timer;
  };
  using Guests = std::map<std::uint64_t, Guest>;

  void enter(Dispatcher::Waiting call, Done done);
  /// Whether the guest was answered and left; the iterator is invalid then.
  bool answer_if_there(Guests::iterator guest);
  void on_timer(std::uint64_t id);
  void leave(Guests::iterator guest, const RpcResult& result);

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  Guests guests_;
  std::uint64_t next_id_ = 0;
};

}  // namespace ol::rpc
