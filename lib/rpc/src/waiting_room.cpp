#include "waiting_room.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace ol::rpc {

namespace asio = boost::asio;

WaitingRoom::WaitingRoom(asio::io_context& io) : strand_(asio::make_strand(io)) {}

void WaitingRoom::add(Dispatcher::Waiting call, Done done) {
  asio::post(strand_, [this, call = std::move(call), done = std::move(done)]() mutable {
    enter(std::move(call), std::move(done));
  });
}

void WaitingRoom::ask_again() {
  asio::post(strand_, [this] {
    for (auto guest = guests_.begin(); guest != guests_.end();) {
      const auto next = std::next(guest);
      answer_if_there(guest);
      guest = next;
    }
  });
}

void WaitingRoom::enter(Dispatcher::Waiting call, Done done) {
  const std::uint64_t id = next_id_++;
  const auto patience = call.wait.patience;
  const auto guest =
      guests_.emplace(id, Guest{std::move(call), std::move(done), asio::steady_timer(strand_)})
          .first;
  // The block may have come before we looked.
  if (answer_if_there(guest)) return;
  guest->second.timer.expires_after(patience);
  guest->second.timer.async_wait([this, id](boost::system::error_code error) {
    if (!error) on_timer(id);
  });
}

bool WaitingRoom::answer_if_there(Guests::iterator guest) {
  const auto result = guest->second.call.wait.poll();
  if (!result) return false;
  leave(guest, *result);
  return true;
}

void WaitingRoom::on_timer(std::uint64_t id) {
  const auto guest = guests_.find(id);
  // It was answered while the timer's end was on its way.
  if (guest == guests_.end()) return;
  if (!answer_if_there(guest)) leave(guest, fail(guest->second.call.wait.late));
}

void WaitingRoom::leave(Guests::iterator guest, const RpcResult& result) {
  guest->second.done(Dispatcher::respond(guest->second.call, result));
  guests_.erase(guest);
}

}  // namespace ol::rpc
