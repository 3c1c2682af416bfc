#include "log_filter.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "json_fields.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Bounds of geth.
constexpr std::size_t kTopicsMax = 4;
constexpr std::size_t kChoicesMax = 1'000;

template <typename T, typename Read>
Result<std::vector<T>, PhraseError> read_choices(element json, Read reader) {
  std::vector<T> out;
  array list;
  if (json.get(list) != simdjson::SUCCESS) {
    OL_TRY(const std::string_view text, read_string(json, "hex or an array"));
    OL_TRY(T one, reader(text));
    out.push_back(std::move(one));
    return out;
  }
  if (list.size() > kChoicesMax) {
    return fail(PhraseError("exceed max addresses or topics per search position"));
  }
  for (const element item : list) {
    // A null among the choices lets everything through, as in geth.
    if (item.is_null()) return std::vector<T>{};
    OL_TRY(const std::string_view text, read_string(item, "hex"));
    OL_TRY(T one, reader(text));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<std::vector<Hash256>>, PhraseError> read_topics(element json) {
  std::vector<std::vector<Hash256>> out;
  array list;
  if (json.get(list) != simdjson::SUCCESS) return fail(PhraseError("topics: want an array"));
  if (list.size() > kTopicsMax) return fail(PhraseError("exceed max topics"));
  for (const element item : list) {
    std::vector<Hash256> choices;
    if (!item.is_null()) {
      auto read = read_choices<Hash256>(item, read_word);
      if (!read) return fail("topics: " + read.error());
      choices = *std::move(read);
    }
    out.push_back(std::move(choices));
  }
  return out;
}

Result<std::optional<BlockRef>, PhraseError> read_bound(const object& json, std::string_view key) {
  const auto found = find_member(json, key);
  if (!found) return std::nullopt;
  OL_TRY(const std::string_view text, read_string(*found, "a block number or tag"));
  OL_TRY(BlockRef ref, read_block_number(text));
  if (is_pending(ref)) return fail(PhraseError("pending logs are not supported"));
  return std::optional(ref);
}

Result<LogCriteria, PhraseError> read_criteria(const object& json) {
  LogCriteria out;
  OL_TRY(const auto block, read_field<Hash256>(json, "blockHash", read_word));
  OL_TRY(out.from, read_bound(json, "fromBlock"));
  OL_TRY(out.to, read_bound(json, "toBlock"));
  if (block && (out.from || out.to)) {
    return fail(PhraseError(
        "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other"));
  }
  if (block) out.block = retag<primitives::EvmHash>(*block);
  if (const auto addresses = find_member(json, "address")) {
    auto read = read_choices<Address>(*addresses, read_address);
    if (!read) return fail("address: " + read.error());
    out.filter.addresses = *std::move(read);
  }
  if (const auto topics = find_member(json, "topics")) {
    OL_TRY(out.filter.topics, read_topics(*topics));
  }
  return out;
}

Result<std::uint64_t, RpcError> bound_number(const Backend& backend,
                                             const std::optional<BlockRef>& ref) {
  if (!ref) return backend.head()->header.number;
  if (const auto* number = std::get_if<std::uint64_t>(&*ref)) return *number;
  return state_number(backend, *ref);
}

template <typename T>
bool takes(const std::vector<T>& choices, const T& value) {
  return choices.empty() || std::ranges::find(choices, value) != choices.end();
}

}  // namespace

bool LogFilter::matches(const primitives::Log& log) const {
  if (!takes(addresses, log.address) || log.topics.size() < topics.size()) return false;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (!takes(topics[i], log.topics[i])) return false;
  }
  return true;
}

Result<LogCriteria, RpcError> log_criteria_param(const Params& params, std::size_t i) {
  const auto json = find_argument(params, i);
  if (!json) return LogCriteria{};
  object fields;
  if (json->get(fields) != simdjson::SUCCESS) return bad_argument(i, "want a filter object");
  auto criteria = read_criteria(fields);
  if (!criteria) return bad_argument(i, criteria.error());
  return *std::move(criteria);
}

Result<LogQuery, RpcError> resolve(const Backend& backend, const LogCriteria& criteria) {
  LogQuery query{.first = 0, .last = 0, .filter = criteria.filter, .logs_max = kLogsMax};
  if (criteria.block) {
    const BlockPtr block = backend.block_by_hash(*criteria.block);
    if (!block) return refuse("unknown block");
    query.first = query.last = block->header.number;
    return query;
  }
  OL_TRY(query.first, bound_number(backend, criteria.from));
  OL_TRY(query.last, bound_number(backend, criteria.to));
  if (query.last < query.first && criteria.from && criteria.to) {
    return fail(RpcError{kInvalidParams, "invalid block range params"});
  }
  query.last = std::min(query.last, backend.head()->header.number);
  return query;
}

boost::json::object log_json(const LogRecord& record) {
  boost::json::array topics;
  for (const Hash256& topic : record.log.topics)
    topics.emplace_back(data(topic));
  return boost::json::object{{"address", data(record.log.address)},
                             {"topics", topics},
                             {"data", data(record.log.data)},
                             {"blockNumber", quantity(record.block_number)},
                             {"transactionHash", data(record.txn_hash)},
                             {"transactionIndex", quantity(record.txn_index)},
                             {"blockHash", data(record.block_hash)},
                             {"blockTimestamp", quantity(record.block_time)},
                             {"logIndex", quantity(record.log_index)},
                             {"removed", false}};
}

RpcResult find_logs(const Backend& backend, const LogQuery& query) {
  if (query.last < query.first) return "[]";
  const auto logs = backend.logs(query);
  if (!logs) {
    if (logs.error() == LogFault::Unavailable) return refuse("logs are not available");
    return fail(RpcError{
        kLimitExceeded, "query returned more than " + std::to_string(query.logs_max) + " results"});
  }
  boost::json::array out;
  out.reserve(logs->size());
  for (const LogRecord& record : *logs)
    out.emplace_back(log_json(record));
  return boost::json::serialize(out);
}

}  // namespace ol::rpc
