#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <ol/api/catalog.hpp>
#include <ol/api/error.hpp>
#include <ol/api/exchange_request.hpp>
#include <ol/exchange/block.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/state.hpp>

namespace ol::api {

/// What sentences name besides the request. Borrows.
struct ReplyContext {
  const Catalog& catalog;
  const exchange::Params& params;
  std::uint64_t chain_id = 0;
  std::uint64_t height = 0;   // of the block that holds the action
  exchange::TimeMs time = 0;  // of that block
  Address signer{};           // recovered from the signature
  bool signer_is_agent = false;
  std::uint64_t budget = 0;  // actions the account may use in all; 0: not known
  std::uint64_t budget_used = 0;
  std::optional<exchange::Int128> withdrawable{};                      // micro-dollars, where known
  const std::map<exchange::AssetId, std::uint64_t>* oracle = nullptr;  // prices, where known
};

/// What a node says of an action that it does not admit: `error` is of `check_admission` on
/// `state`, with `waiting` elements of the signer's in the node's pool. From within `Access::read`.
[[nodiscard]] std::string admission_sentence(exchange::Error error, const exchange::State& state,
                                             const exchange::Params& params, std::uint64_t chain_id,
                                             const exchange::VerifiedAction& action,
                                             std::uint64_t waiting);

/// The sentence for a signature that is none, or of no key.
[[nodiscard]] std::string signature_sentence(std::uint64_t chain_id);

/// A sentence for a refusal by the exchange that says what would be allowed. `order` is the order
/// it is about, or null; `px` the opposite best price of BadAloPx.
[[nodiscard]] std::string sentence(exchange::Error error, const ReplyContext& context,
                                   const exchange::Action& action, const exchange::Order* order,
                                   std::uint64_t px = 0);

/// The reply to POST /exchange after the action was committed (dex.md 17.1, 15.2).
[[nodiscard]] std::string committed_reply(const ExchangeRequest& request,
                                          const exchange::ActionResult& result,
                                          const ReplyContext& context);

/// The reply with ?wait=accepted: the action is in the pool.
[[nodiscard]] std::string accepted_reply(const ExchangeRequest& request, const Hash256& hash);

/// The reply to a request that never reached a block.
[[nodiscard]] std::string refused_reply(const ApiError& error);

}  // namespace ol::api
