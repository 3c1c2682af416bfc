#include <ol/rpc/dispatcher.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "json_in.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Deep enough for every method; a deeper text is refused before it is read further.
constexpr std::size_t kDepthMax = 64;
// A parser keeps about 13 bytes per byte of the largest text it has seen. Those for larger texts
// are not kept.
constexpr std::size_t kKeptParserBytes = 256 * 1024;
// Larger requests are batches, or carry much to decode.
constexpr std::size_t kQuickBytesMax = 64 * 1024;
// A method name of the caller's that is repeated in an error is cut to this.
constexpr std::size_t kEchoedNameMax = 128;

const RpcError kParseFailed{kParseError, "parse error"};
const RpcError kNotARequest{kInvalidRequest, "invalid request"};

std::string success(std::string_view id, std::string_view result) {
  std::string out;
  out.reserve(id.size() + result.size() + 40);
  out.append(R"({"jsonrpc":"2.0","id":)").append(id);
  out.append(R"(,"result":)").append(result).append("}");
  return out;
}

std::string failure(std::string_view id, const RpcError& error) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.append(id).append(R"(,"error":{"code":)").append(std::to_string(error.code));
  out.append(R"(,"message":)");
  out.append(boost::json::serialize(boost::json::value(error.message)));
  if (!error.data.empty()) out.append(R"(,"data":)").append(error.data);
  out.append("}}");
  return out;
}

RpcError unknown_method(std::string_view method) {
  std::size_t kept = std::min(method.size(), kEchoedNameMax);
  // Not within a UTF-8 sequence: its later bytes are 10xxxxxx.
  while (kept > 0 && kept < method.size() && (method[kept] & '\xc0') == '\x80')
    --kept;
  return {kMethodNotFound,
          "the method " + std::string(method.substr(0, kept)) + " does not exist/is not available"};
}

// What the envelope of a call says. `id` is JSON text, empty where there is none.
struct Envelope {
  std::string id;
  std::string_view method;
  bool has_version = false;
  bool has_bad_id = false;

  [[nodiscard]] bool is_request() const { return has_version && !method.empty() && !has_bad_id; }
};

Envelope read_envelope(const object& json) {
  Envelope out;
  std::string_view version;
  out.has_version = json["jsonrpc"].get(version) == simdjson::SUCCESS && version == "2.0";
  // What is absent stays empty.
  if (json["method"].get(out.method) != simdjson::SUCCESS) out.method = {};
  element id;
  if (json["id"].get(id) == simdjson::SUCCESS) {
    out.has_bad_id = id.is_object() || id.is_array() || id.is_bool();
    if (!out.has_bad_id) out.id = simdjson::minify(id);
  }
  return out;
}

Envelope read_envelope(element json) {
  object fields;
  return json.get(fields) == simdjson::SUCCESS ? read_envelope(fields) : Envelope{};
}

// The id under which a batch that is too long is refused: that of its first call, as geth has it.
std::string first_call_id(const simdjson::dom::array& calls) {
  for (const element json : calls) {
    Envelope envelope = read_envelope(json);
    if (envelope.is_request() && !envelope.id.empty()) return std::move(envelope.id);
  }
  return "null";
}

// The answer to a call of a batch whose answers already fill the limit; none to notifications.
std::string refuse_as_too_large(element json) {
  const Envelope envelope = read_envelope(json);
  if (envelope.id.empty()) return {};
  return failure(envelope.id, {kResponseTooLarge, "response too large"});
}

Result<JsonParams, RpcError> read_params(const object& json) {
  JsonParams params;
  element found;
  if (json["params"].get(found) != simdjson::SUCCESS || found.is_null()) return params;
  simdjson::dom::array list;
  if (found.get(list) != simdjson::SUCCESS) {
    return fail(RpcError{kInvalidParams, "non-array args"});
  }
  params.arguments.reserve(list.size());
  for (const element argument : list)
    params.arguments.push_back(argument);
  return params;
}

simdjson::error_code parse(simdjson::dom::parser& parser, std::string_view text, element& out) {
  // The depth is fixed when memory is reserved, so that is done by hand, in steps.
  if (parser.capacity() < text.size() || parser.max_depth() != kDepthMax) {
    const std::size_t capacity = std::max<std::size_t>(2 * text.size(), 4096);
    if (const auto error = parser.allocate(capacity, kDepthMax)) return error;
  }
  return parser.parse(text.data(), text.size()).get(out);
}

}  // namespace

struct Dispatcher::Call {
  element json;
  SubscriptionHost* host = nullptr;
};

struct Dispatcher::Counter {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> time_ns{0};
  std::array<std::atomic<std::uint64_t>, kLatencyBoundsUs.size() + 1> latency{};

  void record(std::chrono::nanoseconds time, bool failed) {
    const auto ns = static_cast<std::uint64_t>(time.count());
    std::size_t bucket = 0;
    while (bucket < kLatencyBoundsUs.size() && ns > kLatencyBoundsUs[bucket] * 1000)
      ++bucket;
    calls.fetch_add(1, std::memory_order_relaxed);
    if (failed) errors.fetch_add(1, std::memory_order_relaxed);
    time_ns.fetch_add(ns, std::memory_order_relaxed);
    latency[bucket].fetch_add(1, std::memory_order_relaxed);
  }

  [[nodiscard]] MethodStats read(const std::string& method) const {
    MethodStats out;
    out.method = method;
    out.calls = calls.load(std::memory_order_relaxed);
    out.errors = errors.load(std::memory_order_relaxed);
    out.time_us = time_ns.load(std::memory_order_relaxed) / 1000;
    for (std::size_t i = 0; i < latency.size(); ++i) {
      out.latency[i] = latency[i].load(std::memory_order_relaxed);
    }
    return out;
  }
};

struct Dispatcher::Entry {
  enum class Kind : std::uint8_t { Registered, Waiting, Subscribe, Unsubscribe, Unknown };
  Kind kind = Kind::Registered;
  Handler handler;
  WaitingHandler begin;
  Counter counter;
};

Dispatcher::Dispatcher(Registry registry, DispatchLimits limits)
    : limits_(limits), other_(std::make_unique<Entry>()) {
  for (const auto& [name, handler] : registry.methods()) {
    auto entry = std::make_unique<Entry>();
    entry->handler = handler;
    entries_.emplace(name, std::move(entry));
  }
  for (const auto& [name, begin] : registry.waiting_methods()) {
    auto entry = std::make_unique<Entry>();
    entry->kind = Entry::Kind::Waiting;
    entry->begin = begin;
    const bool added = entries_.emplace(name, std::move(entry)).second;
    OL_CHECK(added, "a method answers at once or waits");
    waiting_names_.push_back('"' + name + '"');
  }
  for (const std::string& name : registry.heavy_methods())
    heavy_names_.push_back('"' + name + '"');
  const auto add = [this](const char* name, Entry::Kind kind) {
    auto entry = std::make_unique<Entry>();
    entry->kind = kind;
    const bool added = entries_.emplace(name, std::move(entry)).second;
    OL_CHECK(added, "subscriptions are not registered methods");
  };
  add("eth_subscribe", Entry::Kind::Subscribe);
  add("eth_unsubscribe", Entry::Kind::Unsubscribe);
  other_->kind = Entry::Kind::Unknown;
}

Dispatcher::~Dispatcher() = default;

std::string Dispatcher::handle(std::string_view request, SubscriptionHost* host) {
  thread_local simdjson::dom::parser kept_parser;
  simdjson::dom::parser large_parser;
  const bool large = request.size() > kKeptParserBytes;
  Call call;
  call.host = host;
  if (parse(large ? large_parser : kept_parser, request, call.json) != simdjson::SUCCESS) {
    return failure("null", kParseFailed);
  }
  return call.json.is_array() ? handle_batch(call) : handle_one(call);
}

bool Dispatcher::may_wait(std::string_view request) const {
  return std::ranges::any_of(waiting_names_, [&](const std::string& name) {
    return request.find(name) != std::string_view::npos;
  });
}

std::variant<std::string, Dispatcher::Waiting> Dispatcher::begin(std::string_view request) {
  simdjson::dom::parser parser;
  element json;
  object fields;
  if (parse(parser, request, json) != simdjson::SUCCESS) return failure("null", kParseFailed);
  const bool single = json.get(fields) == simdjson::SUCCESS;
  Envelope envelope = read_envelope(json);
  const auto found = entries_.find(envelope.method);
  const bool waits = single && envelope.is_request() && found != entries_.end() &&
                     found->second->kind == Entry::Kind::Waiting;
  // The name may stand elsewhere in the text.
  if (!waits) return handle(request);
  Entry& entry = *found->second;
  const auto start = std::chrono::steady_clock::now();
  const auto params = read_params(fields);
  std::variant<RpcResult, Wait> begun =
      params ? entry.begin(Params(*params)) : RpcResult(fail(params.error()));
  const auto* const result = std::get_if<RpcResult>(&begun);
  const bool failed = result != nullptr && !result->has_value();
  entry.counter.record(std::chrono::steady_clock::now() - start, failed);
  if (envelope.id.empty()) return std::string();
  Waiting waiting{.id = std::move(envelope.id), .wait = {}};
  if (result != nullptr) return respond(waiting, *result);
  waiting.wait = std::get<Wait>(std::move(begun));
  return waiting;
}

std::string Dispatcher::respond(const Waiting& call, const RpcResult& result) {
  return result ? success(call.id, *result) : failure(call.id, result.error());
}

bool Dispatcher::is_heavy(std::string_view request) const {
  if (request.size() > kQuickBytesMax) return true;
  return std::ranges::any_of(heavy_names_, [&](const std::string& name) {
    return request.find(name) != std::string_view::npos;
  });
}

std::string Dispatcher::handle_batch(const Call& batch) {
  const simdjson::dom::array calls = batch.json;
  // simdjson stops counting at 2^24 - 1, far above any limit.
  const std::size_t count = calls.size();
  if (count == 0) return failure("null", {kInvalidRequest, "empty batch"});
  if (count > limits_.batch_max) {
    return "[" + failure(first_call_id(calls), {kInvalidRequest, "batch too large"}) + "]";
  }
  std::string out;
  for (const element json : calls) {
    const bool full = out.size() > limits_.batch_response_bytes_max;
    const std::string answer = full ? refuse_as_too_large(json) : handle_one({json, batch.host});
    if (!answer.empty()) out.append(out.empty() ? "[" : ",").append(answer);
  }
  return out.empty() ? out : out + "]";
}

std::string Dispatcher::handle_one(const Call& call) {
  object fields;
  if (call.json.get(fields) != simdjson::SUCCESS) return failure("null", kNotARequest);
  const Envelope envelope = read_envelope(fields);
  const bool is_notification = envelope.id.empty();
  if (!envelope.is_request()) return failure(is_notification ? "null" : envelope.id, kNotARequest);
  const RpcResult result = invoke(call, envelope.method);
  if (is_notification) return {};
  return result ? success(envelope.id, *result) : failure(envelope.id, result.error());
}

RpcResult Dispatcher::invoke(const Call& call, std::string_view method) {
  const auto start = std::chrono::steady_clock::now();
  const auto found = entries_.find(method);
  Entry& entry = found == entries_.end() ? *other_ : *found->second;
  RpcResult result = fail(unknown_method(method));
  if (entry.kind != Entry::Kind::Unknown) {
    const auto params = read_params(call.json);
    result =
        params ? invoke_entry(entry, Params(*params), call.host) : RpcResult(fail(params.error()));
  }
  entry.counter.record(std::chrono::steady_clock::now() - start, !result);
  return result;
}

RpcResult Dispatcher::invoke_entry(Entry& entry, const Params& params, SubscriptionHost* host) {
  // A handler must not throw, and one that does (out of memory, a library's mistake) costs its
  // caller the answer, not the node its life.
  try {
    if (entry.kind == Entry::Kind::Registered) return entry.handler(params);
    if (entry.kind == Entry::Kind::Waiting) {
      return fail(RpcError{kInvalidRequest, "this method waits and cannot be in a batch"});
    }
    if (host == nullptr) return fail(RpcError{kMethodNotFound, "notifications not supported"});
    return entry.kind == Entry::Kind::Subscribe ? host->subscribe(params)
                                                : host->unsubscribe(params);
  } catch (const std::exception&) {
    return fail(RpcError{kInternalError, "method handler crashed"});
  }
}

std::vector<MethodStats> Dispatcher::stats() const {
  std::vector<MethodStats> out;
  const auto add = [&](const std::string& name, const Entry& entry) {
    MethodStats stats = entry.counter.read(name);
    if (stats.calls != 0) out.push_back(std::move(stats));
  };
  for (const auto& [name, entry] : entries_)
    add(name, *entry);
  add("other", *other_);
  return out;
}

}  // namespace ol::rpc
