// ol_exchangeSubmit, ol_exchangeResult, ol_exchangeRoots and ol_proof:
// docs/protocol/json-rpc.md.
#include <future>

#include <ol/api/prover.hpp>
#include <ol/base/hex.hpp>

#include "node_exchange.hpp"
#include "node_impl.hpp"

namespace ol::node {
namespace {

using rpc::Params;
using rpc::RpcResult;

std::string text(const std::string& hex) {
  return '"' + hex + '"';
}

std::string hex(const Hash256& hash) {
  return text(to_hex_prefixed(hash.view()));
}

std::string order_json(const exchange::OrderResult& order) {
  using Kind = exchange::OrderResult::Kind;
  const auto ids = "\"oid\":" + std::to_string(order.oid.value());
  switch (order.kind) {
    case Kind::Resting:
      return "{\"resting\":{" + ids + "}}";
    case Kind::Filled:
      return "{\"filled\":{" + ids + ",\"totalSz\":" + std::to_string(order.total_sz) +
             ",\"avgPx\":" + std::to_string(order.avg_px) + "}}";
    case Kind::WaitingForTrigger:
      return "{\"waitingForTrigger\":{" + ids + "}}";
    case Kind::Done:
      return "{\"success\":{}}";
    case Kind::Error:
      return "{\"error\":" + text(exchange::name(order.error)) + "}";
  }
  OL_CHECK(false, "every kind is listed");
}

std::string outcome_json(const exchange::Outcome& outcome) {
  std::string out = "{\"height\":" + std::to_string(outcome.height) +
                    ",\"time\":" + std::to_string(outcome.time) +
                    ",\"ok\":" + (outcome.result.ok ? "true" : "false");
  if (!outcome.result.ok) out += ",\"error\":" + text(exchange::name(outcome.result.error));
  out += ",\"orders\":[";
  for (std::size_t i = 0; i < outcome.result.orders.size(); ++i)
    out += (i > 0 ? "," : "") + order_json(outcome.result.orders[i]);
  return out + "]}";
}

RpcResult submit(Node::Impl& node, Bytes signed_action) {
  Bytes item{static_cast<std::uint8_t>(primitives::ItemTag::Action)};
  item.insert(item.end(), signed_action.begin(), signed_action.end());
  auto answer = std::make_shared<std::promise<Result<Hash256, exchange::Refusal>>>();
  auto admitted = answer->get_future();
  node.submit_action(std::move(item), [answer](Result<Hash256, exchange::Refusal> result) {
    answer->set_value(std::move(result));
  });
  const auto result = admitted.get();
  if (result) return hex(*result);
  const exchange::Refusal& refusal = result.error();
  return rpc::refuse(refusal.code
                         ? std::string(exchange::name(*refusal.code)) + ": " + refusal.sentence
                         : refusal.sentence);
}

RpcResult roots(const Node::Impl& node, std::uint64_t height) {
  const auto snapshot = node.database_->snapshot();
  if (!snapshot) return rpc::refuse("the database cannot be read");
  const auto stored = (*snapshot)->exchange_roots(primitives::Height(height));
  if (!stored) return rpc::refuse("the database cannot be read");
  if (!*stored) return std::string("null");
  const auto found = execution::decode_roots(**stored);
  if (!found) return rpc::refuse("the database cannot be read");
  return "{\"height\":" + std::to_string(height) + ",\"state\":" + hex(found->state) +
         ",\"actions\":" + hex(found->actions) + ",\"results\":" + hex(found->results) +
         ",\"events\":" + hex(found->events) + "}";
}

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kPlaceBytes = 32;

RpcResult proof(api::Prover& prover, const Bytes& key, bool below) {
  const std::size_t bytes_max = below ? kPlaceBytes : kKeyBytesMax;
  if (key.size() > bytes_max) {
    return rpc::refuse("the key has at most " + std::to_string(bytes_max) + " bytes");
  }
  const auto proved = prover.prove({below ? api::records_below(key) : api::one_record(key)});
  if (!proved) return rpc::refuse("the state's last block is not out yet; try again");
  return "{\"height\":" + std::to_string(proved->height) + ",\"proof\":" +
         text(to_hex_prefixed(exchange::encode_range_proof(proved->proofs.front()))) + "}";
}

}  // namespace

void add_exchange_methods(rpc::Registry& registry, Node::Impl& node) {
  if (!node.exchange_) return;
  registry.add("ol_exchangeSubmit", [&node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    OL_TRY(Bytes bytes, params.data(0));
    return submit(node, std::move(bytes));
  });
  registry.add("ol_exchangeResult", [&node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    OL_TRY(const Hash256 action, params.fixed<Hash256>(0, "action hash"));
    const auto found = node.exchange_->view->find_result(action);
    return found ? outcome_json(*found) : std::string("null");
  });
  registry.add("ol_exchangeRoots", [&node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    OL_TRY(const std::uint64_t height, params.quantity(0));
    return roots(node, height);
  });
  // Two owners, the method and whoever calls it while the registry goes.
  const auto prover = std::make_shared<api::Prover>(*node.exchange_->view);
  registry.add("ol_proof", [prover](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(2));
    OL_TRY(const Bytes key, params.data(0));
    bool below = false;
    if (params.has(1)) {
      OL_TRY(below, params.boolean(1));
    }
    return proof(*prover, key, below);
  });
}

}  // namespace ol::node
