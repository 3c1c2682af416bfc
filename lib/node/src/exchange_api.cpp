#include "exchange_api.hpp"

#include <chrono>
#include <thread>

#include <ol/api/exchange_reply.hpp>

#include "save_pace.hpp"

namespace ol::node {
namespace {

using Clock = std::chrono::steady_clock;
using rpc::ExtensionMethod;
using rpc::ExtensionReply;

// How late a reply whose time is over may be told so.
constexpr std::chrono::milliseconds kTick{500};
constexpr std::string_view kTypedPrefix = "/typed/";

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool asks_accepted(std::string_view target) {
  const std::size_t query = target.find('?');
  return query != std::string_view::npos && target.substr(query + 1) == "wait=accepted";
}

std::uint64_t ms_since(Clock::time_point start) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return static_cast<std::uint64_t>(passed.count());
}

ExtensionReply json_reply(std::string body, unsigned status = 200) {
  ExtensionReply out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

ExtensionReply typed_reply(const Result<std::string, api::ApiError>& typed) {
  return typed ? json_reply(*typed) : json_reply(api::refused_reply(typed.error()), 400);
}

ExtensionReply info_reply(api::InfoReply info) {
  ExtensionReply out = json_reply(std::move(info.body), info.ok ? 200 : 400);
  // Shapes that are lists have no room for what every reply carries (dex.md 17.2).
  if (info.ok) {
    out.headers.push_back({"X-Height", std::to_string(info.height)});
    out.headers.push_back({"X-Time", std::to_string(info.time)});
    if (info.history_from > 0)
      out.headers.push_back({"X-History-From", std::to_string(info.history_from)});
  }
  return out;
}

// Two owners: the feed while it sends, and the client it is for.
class SinkOf final : public api::FeedSink {
 public:
  explicit SinkOf(std::weak_ptr<rpc::ExtensionSink> sink) : sink_(std::move(sink)) {}
  void send(std::shared_ptr<const std::string> text) override {
    if (const auto sink = sink_.lock()) sink->send(std::move(text));
  }

 private:
  std::weak_ptr<rpc::ExtensionSink> sink_;
};

class ClientOf final : public rpc::ExtensionClient {
 public:
  ClientOf(api::ExchangeApi& api, std::weak_ptr<rpc::ExtensionSink> sink)
      : api_(api), sink_(std::make_shared<SinkOf>(std::move(sink))), id_(api.connect(sink_)) {}
  ~ClientOf() override { api_.disconnect(id_); }
  ClientOf(const ClientOf&) = delete;
  ClientOf& operator=(const ClientOf&) = delete;

  void receive(std::string_view text) override { api_.receive(id_, text); }

 private:
  api::ExchangeApi& api_;
  std::shared_ptr<SinkOf> sink_;
  api::ExchangeApi::ClientId id_;
};

}  // namespace

ExchangeEndpoint::ExchangeEndpoint(exchange::Access& access, api::Archive* archive)
    : access_(access), api_(access, {}, archive) {
  blocks_ = access_.subscribe([this](const exchange::CommittedBlockPtr& /*block*/) {
    const MutexLock lock(mutex_);
    new_block_ = true;
    woken_.notify_one();
  });
}

ExchangeEndpoint::~ExchangeEndpoint() {
  stop();
  access_.unsubscribe(blocks_);
}

void ExchangeEndpoint::run() {
  // Replies and streams do not wait for the disk.
  std::thread saver([this] { save_loop(); });
  const Clock::time_point start = Clock::now();
  while (true) {
    {
      MutexLock lock(mutex_);
      const Clock::time_point deadline = Clock::now() + kTick;
      while (!new_block_ && !stopping_ && lock.wait_until(woken_, deadline)) {
      }
      if (stopping_) break;
      new_block_ = false;
    }
    api_.advance();
    api_.tick(ms_since(start));
  }
  saver.join();
  if (api_.unsaved() > 0) api_.save();
}

void ExchangeEndpoint::save_loop() {
  SavePace pace;
  const Clock::time_point start = Clock::now();
  while (true) {
    {
      MutexLock lock(mutex_);
      const Clock::time_point deadline = Clock::now() + kTick;
      while (!stopping_ && lock.wait_until(ended_, deadline)) {
      }
      if (stopping_) return;
    }
    const std::uint64_t now = ms_since(start);
    if (!pace.due(now, api_.unsaved())) continue;
    api_.save();
    pace.saved(now, ms_since(start));
  }
}

void ExchangeEndpoint::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    woken_.notify_all();
    ended_.notify_all();
  }
  api_.close();
}

bool ExchangeEndpoint::serves(ExtensionMethod method, std::string_view path) const {
  if (method == ExtensionMethod::Get) return path.starts_with(kTypedPrefix);
  return path == "/exchange" || path == "/info" || path == "/typed" ||
         (path == "/dev" && access_.devnet());
}

void ExchangeEndpoint::answer(rpc::ExtensionRequest request, Reply done) {
  const std::string_view path = path_of(request.target);
  if (request.method == ExtensionMethod::Get) {
    return done(typed_reply(api_.typed(path.substr(kTypedPrefix.size()))));
  }
  if (path == "/info") return done(info_reply(api_.post_info(request.body)));
  if (path == "/typed") return done(typed_reply(api_.typed_of(request.body)));
  const auto reply = [done = std::move(done)](std::string body) {
    done(json_reply(std::move(body)));
  };
  if (path == "/dev") return api_.post_dev(request.body, reply);
  const auto wait = asks_accepted(request.target) ? api::ExchangeApi::Wait::Accepted
                                                  : api::ExchangeApi::Wait::Committed;
  api_.post_exchange(request.body, wait, reply);
}

bool ExchangeEndpoint::upgrades(std::string_view path) const {
  return path == "/ws";
}

std::unique_ptr<rpc::ExtensionClient> ExchangeEndpoint::connect(
    std::weak_ptr<rpc::ExtensionSink> sink) {
  return std::make_unique<ClientOf>(api_, std::move(sink));
}

}  // namespace ol::node
