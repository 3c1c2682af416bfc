#include "bench/sending.hpp"

#include <utility>

#include "command.hpp"

namespace ol::app::bench {
namespace {

constexpr std::chrono::milliseconds kPause{1};

}  // namespace

Sending::Sending(const RunningNodes& nodes, SentLoad load, SendingLimits limits)
    : nodes_(nodes), load_(std::move(load)), limits_(limits) {}

void Sending::start() {
  started_ = Clock::now();
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    threads_.emplace_back([this, i] { send_all(i); });
}

void Sending::stop() {
  give_up_ = true;
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

void Sending::wait_until(const std::function<bool()>& done,
                         const std::function<std::string()>& told) {
  auto progress = Clock::now();
  std::size_t seen = 0;
  while (!done() && !give_up_) {
    std::this_thread::sleep_for(kPause);
    const std::size_t now = load_.final_everywhere();
    if (std::exchange(seen, now) != now) progress = Clock::now();
    if (Clock::now() - progress > kStallMax)
      fail("nothing became final for " + std::to_string(kStallMax.count()) + " s; " + told());
  }
}

void Sending::fail(std::string why) {
  const std::lock_guard lock(mutex_);
  failures_.push_back(std::move(why));
  give_up_ = true;
}

void Sending::send_all(std::size_t node) {
  try {
    RpcConnection connection(nodes_.url(node), kStallMax);
    std::vector<std::uint32_t> batch;
    for (std::uint32_t i = 0; i < load_.size && !give_up_; ++i) {
      if (i % load_.accounts % nodes_.size() == node) batch.push_back(i);
      if (batch.size() == limits_.batch_max || (i + 1 == load_.size && !batch.empty())) {
        send(connection, batch);
        batch.clear();
      }
    }
  } catch (const CommandError& error) {
    fail(error.what());
  }
  const std::lock_guard lock(mutex_);
  client_cpu_s_ += thread_cpu_s();
}

void Sending::send(RpcConnection& connection, const std::vector<std::uint32_t>& batch) {
  const std::size_t before = sent_.fetch_add(batch.size());
  while (!may_send(before + batch.size()) && !give_up_)
    std::this_thread::sleep_for(kPause);
  const std::string body = load_.body(batch);
  const auto when = Clock::now();
  for (const std::uint32_t item : batch)
    load_.sent(item, when);
  post(connection, body, load_.noun);
}

void Sending::post(RpcConnection& connection, const std::string& body, const std::string& noun) {
  const boost::json::value answers = connection.exchange(body);
  if (!answers.is_array())
    throw CommandError("a batch of " + noun + " was not answered as a batch");
  for (const boost::json::value& answer : answers.as_array()) {
    if (const auto* error = answer.as_object().if_contains("error"))
      throw CommandError("one of the " + noun +
                         " was refused: " + std::string(error->at("message").as_string()));
  }
}

bool Sending::may_send(std::size_t sent) const {
  if (sent > load_.final_everywhere() + limits_.outstanding) return false;
  if (limits_.rate == 0) return true;
  return static_cast<double>(sent * limits_.units_each) <=
         seconds_between(started_, Clock::now()) * static_cast<double>(limits_.rate);
}

}  // namespace ol::app::bench
