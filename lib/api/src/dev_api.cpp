// POST /dev: what development networks may do to themselves (dex.md 17.5).
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "exchange_api_impl.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

// A block without pause takes a few milliseconds; a busy machine ten times that.
constexpr std::uint64_t kMineMsEach = 100;

std::uint64_t wait_ms(const DevRequest& request, const ApiLimits& limits) {
  std::uint64_t out = limits.commit_wait_ms;
  for (const SystemAction& action : request.actions) {
    if (const auto* mine = std::get_if<MineBlocks>(&action)) out += mine->blocks * kMineMsEach;
  }
  return out;
}

std::string snapshots_of(const State& state) {
  std::string out;
  for (const auto& [height, records] : state.snapshots.items())
    out.append(out.empty() ? "" : ", ").append(std::to_string(height));
  return out.empty() ? "there are none" : "there are " + out;
}

}  // namespace

void ExchangeApi::Impl::post_dev(std::string_view body, Reply done) {
  const auto listed = current_catalog();
  auto request = parse_dev_request(body, *listed);
  if (!request) return done(refused_reply(request.error()));
  const auto shared = std::make_shared<const DevRequest>(*std::move(request));
  const auto shared_done = std::make_shared<Reply>(std::move(done));
  const DevWaits::Id id =
      dev_waits.add(*shared, now_ms.load() + wait_ms(*shared, limits),
                    [this, shared, shared_done](const std::optional<DevWaits::Outcome>& outcome) {
                      (*shared_done)(dev_reply(*shared, outcome));
                    });
  if (id == 0) {
    return (*shared_done)(refused_reply(
        refusal(NodeError::Busy, "too many replies wait already; try again in a moment")));
  }
  for (const SystemAction& action : shared->actions) {
    const auto taken = access.submit_system(action);
    if (taken) continue;
    // An equal one of another client may have been met meanwhile.
    if (dev_waits.drop(id)) (*shared_done)(refused_reply(refusal_of(taken.error())));
    return;
  }
}

std::string ExchangeApi::Impl::dev_reply(const DevRequest& request,
                                         const std::optional<DevWaits::Outcome>& outcome) {
  if (!outcome) {
    return refused_reply(
        refusal(NodeError::Timeout, "no final block has it yet; it may still get into one"));
  }
  if (outcome->refused) {
    return refused_reply(refusal(NodeError::BadRequest, refused_sentence(*outcome->refused)));
  }
  json::object data{{"height", outcome->height}, {"time", outcome->time}};
  if (outcome->snapshot != 0) data["snapshot"] = outcome->snapshot;
  json::object out{{"status", "ok"}};
  out["response"] = json::object{{"type", request.type}, {"data", std::move(data)}};
  return json::serialize(out);
}

std::string ExchangeApi::Impl::refused_sentence(const SystemAction& action) const {
  std::string snapshots;
  TimeMs ahead = 0;
  access.read([&](const State& state) {
    snapshots = snapshots_of(state);
    ahead = state.clock_ahead();
  });
  if (const auto* revert = std::get_if<RevertTo>(&action)) {
    return "there is no snapshot " + std::to_string(revert->snapshot) + ": " + snapshots;
  }
  if (std::holds_alternative<TakeSnapshot>(action)) {
    return "at most " + std::to_string(kSnapshotsMax) +
           " snapshots are kept, one a block: " + snapshots + "; revert to one, or try again";
  }
  if (std::holds_alternative<AdvanceTime>(action)) {
    return "the clock is " + std::to_string(ahead) + " ms ahead already; the most is " +
           std::to_string(kAheadMsMax);
  }
  return "the chain refused it: an amount, price or status is out of its range";
}

void ExchangeApi::Impl::settle_dev() {
  const std::uint64_t head = access.height();
  for (; next_settled <= head; ++next_settled) {
    // One that is not kept any more: who waits for it hears when the time is over.
    if (const CommittedBlockPtr block = access.block(next_settled)) dev_waits.settle(*block);
  }
}

}  // namespace ol::api
