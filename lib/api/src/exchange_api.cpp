#include <ol/api/exchange_api.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/api/typed_data.hpp>
#include <ol/base/hex.hpp>

#include "exchange_api_impl.hpp"
#include "json_reader.hpp"
#include "margin_view.hpp"
#include "numbers.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using exchange::Outcome;

}  // namespace

ApiError refusal_of(const exchange::Refusal& refused) {
  if (refused.code) return refusal(*refused.code, refused.sentence);
  return refusal(NodeError::Busy, refused.sentence);
}

// --- POST /exchange ---

void ExchangeApi::Impl::post(std::string_view body, Wait wait, Reply done) {
  const auto listed = current_catalog();
  auto request = parse_exchange_request(body, *listed, access.chain_id());
  if (!request) return done(refused_reply(request.error()));
  auto shared = std::make_shared<const ExchangeRequest>(*std::move(request));
  access.submit({shared->action, shared->signature},
                [this, shared, wait, done = std::move(done)](
                    const Result<Hash256, exchange::Refusal>& admitted) mutable {
                  if (!admitted) return done(refused_reply(refusal_of(admitted.error())));
                  if (wait == Wait::Accepted) return done(accepted_reply(*shared, *admitted));
                  wait_for(shared, *admitted, std::move(done));
                });
}

void ExchangeApi::Impl::wait_for(const std::shared_ptr<const ExchangeRequest>& request,
                                 const Hash256& hash, Reply done) {
  const auto shared_done = std::make_shared<Reply>(std::move(done));
  const bool kept = pending.wait(
      hash, now_ms.load() + limits.commit_wait_ms,
      [this, request, hash, shared_done,
       before = read_before(*request)](const std::optional<Outcome>& outcome) {
        (*shared_done)(outcome ? outcome_reply(*request, *outcome, before) : late_reply(hash));
      });
  if (kept) return;
  (*shared_done)(refused_reply(
      refusal(NodeError::Busy, "too many replies wait already; the action was admitted as " +
                                   hex_text(hash) + ", ask for it with orderStatus")));
}

ExchangeApi::Impl::Before ExchangeApi::Impl::read_before(const ExchangeRequest& request) const {
  Before out;
  const exchange::ActionBody& body = request.action.body;
  const auto* sub = std::get_if<exchange::SubAccountTransfer>(&body);
  if (!exchange::needs_user_key(body)) return out;
  const auto verified = exchange::verify_action(access.domain(), request.action, request.signature);
  if (!verified) return out;
  Address from = request.action.account.is_zero() ? verified->signer : request.action.account;
  if (sub != nullptr && !sub->is_deposit) from = sub->sub_account;
  access.read([&](const exchange::State& state) {
    out.signer_is_agent =
        request.action.account != verified->signer && state.agents.contains(verified->signer);
    const exchange::AccountIndex account = state.find_account(from);
    if (account != exchange::kNobody) out.withdrawable = withdrawable(state, account);
  });
  return out;
}

std::string ExchangeApi::Impl::late_reply(const Hash256& hash) const {
  return refused_reply(
      refusal(NodeError::Timeout, "the action was admitted as " + hex_text(hash) +
                                      " but is in no final "
                                      "block after " +
                                      std::to_string(limits.commit_wait_ms / 1000) +
                                      " s; it may still get into one"));
}

std::string ExchangeApi::Impl::outcome_reply(const ExchangeRequest& request, const Outcome& outcome,
                                             const Before& before) {
  const auto listed = current_catalog();
  const auto prices = current_oracle();
  ReplyContext context{*listed, access.params()};
  context.oracle = prices.get();
  context.withdrawable = before.withdrawable;
  context.signer_is_agent = before.signer_is_agent;
  context.chain_id = access.chain_id();
  context.height = outcome.height;
  context.time = outcome.time;
  if (!outcome.result.ok) {
    const auto verified =
        exchange::verify_action(access.domain(), request.action, request.signature);
    if (verified) context.signer = verified->signer;
  }
  return committed_reply(request, outcome.result, context);
}
ExchangeApi::ExchangeApi(exchange::Access& access, ApiLimits limits, Archive* archive)
    : impl_(std::make_unique<Impl>(access, limits, archive)) {}

ExchangeApi::~ExchangeApi() {
  close();
}

void ExchangeApi::post_exchange(std::string_view body, Wait wait, Reply done) {
  impl_->post(body, wait, std::move(done));
}

InfoReply ExchangeApi::post_info(std::string_view body) {
  return impl_->info(body);
}

Result<std::string, ApiError> ExchangeApi::typed(std::string_view type) const {
  return typed_template(type, impl_->access.chain_id());
}

Result<std::string, ApiError> ExchangeApi::typed_of(std::string_view body) const {
  const auto listed = impl_->current_catalog();
  OL_TRY(const ExchangeRequest request,
         parse_unsigned_request(body, *listed, impl_->access.chain_id()));
  return typed_data(request.action, impl_->access.chain_id());
}

void ExchangeApi::post_dev(std::string_view body, Reply done) {
  impl_->post_dev(body, std::move(done));
}

ExchangeApi::ClientId ExchangeApi::connect(std::weak_ptr<FeedSink> sink) {
  ClientId client = 0;
  {
    const MutexLock lock(impl_->mutex);
    client = impl_->feed.connect(sink);
  }
  const MutexLock lock(impl_->quick_mutex);
  impl_->sinks[client] = std::move(sink);
  return client;
}

void ExchangeApi::disconnect(ClientId client) {
  {
    const MutexLock lock(impl_->mutex);
    impl_->feed.disconnect(client);
  }
  const MutexLock lock(impl_->quick_mutex);
  impl_->sinks.erase(client);
}

void ExchangeApi::receive(ClientId client, std::string_view text) {
  impl_->receive(client, text);
}

void ExchangeApi::advance() {
  const MutexLock lock(impl_->mutex);
  impl_->advance();
}

void ExchangeApi::tick(std::uint64_t now_ms) {
  impl_->now_ms.store(now_ms);
  impl_->pending.expire(now_ms);
  impl_->dev_waits.expire(now_ms);
}

void ExchangeApi::save() {
  impl_->save();
}

std::size_t ExchangeApi::unsaved() const {
  const MutexLock lock(impl_->mutex);
  return impl_->unsaved;
}

void ExchangeApi::close() {
  impl_->pending.close();
  impl_->dev_waits.close();
}

std::size_t ExchangeApi::clients() const {
  const MutexLock lock(impl_->mutex);
  return impl_->feed.clients();
}

}  // namespace ol::api
