// txpool_*: what waits to be included.
#include <boost/json/array.hpp>

#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;
using ByAccount = std::map<Address, std::vector<TxnPtr>>;

// geth's summary line, for instance "0xab..: 5 wei + 21000 gas × 7 wei".
json::value summary(const TxnRecord& record) {
  const auto& txn = record.txn;
  const std::string to = txn.to ? data(*txn.to) : "contract creation";
  return json::value(to + ": " + txn.value.to_decimal() + " wei + " +
                     std::to_string(txn.gas_limit) + " gas × " + txn.max_fee_per_gas.to_decimal() +
                     " wei");
}

json::value full(const TxnRecord& record) {
  return pool_txn_json(record);
}

using Show = json::value (*)(const TxnRecord&);

json::object by_nonce(const std::vector<TxnPtr>& txns, Show show) {
  json::object out;
  for (const TxnPtr& txn : txns)
    out[std::to_string(txn->txn.nonce)] = show(*txn);
  return out;
}

json::object by_account(const ByAccount& accounts, Show show) {
  json::object out;
  for (const auto& [address, txns] : accounts)
    out[data(address)] = by_nonce(txns, show);
  return out;
}

RpcResult status(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(0));
  const PoolStatus pool = backend.pool_status();
  return json::serialize(
      json::object{{"pending", quantity(pool.pending)}, {"queued", quantity(pool.queued)}});
}

RpcResult content(const Backend& backend, const Params& params, Show show) {
  OL_TRY_VOID(params.at_most(0));
  const PoolContent pool = backend.pool_content();
  return json::serialize(json::object{{"pending", by_account(pool.pending, show)},
                                      {"queued", by_account(pool.queued, show)}});
}

RpcResult content_from(const Backend& backend, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const Address address, params.fixed<Address>(0, "an address"));
  const PoolContent pool = backend.pool_content();
  const auto of = [&](const ByAccount& accounts) {
    const auto found = accounts.find(address);
    return found == accounts.end() ? json::object() : by_nonce(found->second, full);
  };
  return json::serialize(json::object{{"pending", of(pool.pending)}, {"queued", of(pool.queued)}});
}

}  // namespace

void add_pool_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("txpool_status", [node](const Params& p) { return status(*node, p); });
  registry.add("txpool_content", [node](const Params& p) { return content(*node, p, full); });
  registry.add("txpool_inspect", [node](const Params& p) { return content(*node, p, summary); });
  registry.add("txpool_contentFrom", [node](const Params& p) { return content_from(*node, p); });
}

}  // namespace ol::rpc
