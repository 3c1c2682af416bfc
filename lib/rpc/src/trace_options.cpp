#include "trace_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "call_request.hpp"
#include "json_fields.hpp"

namespace ol::rpc {
namespace {

using simdjson::dom::object;

/// Whoever asks for more gets this.
constexpr std::uint64_t kTimeoutMaxMs = 30'000;

Result<TracerKind, RpcError> tracer_kind(std::string_view name) {
  struct Named {
    std::string_view name;
    TracerKind kind;
  };
  constexpr std::array<Named, 6> kTracers{{{"callTracer", TracerKind::Calls},
                                           {"muxTracer", TracerKind::Mux},
                                           {"prestateTracer", TracerKind::Prestate},
                                           {"4byteTracer", TracerKind::FourByte},
                                           {"noopTracer", TracerKind::Noop},
                                           {"structLogger", TracerKind::StructLogs}}};
  for (const Named& tracer : kTracers) {
    if (tracer.name == name) return tracer.kind;
  }
  return refuse(
      "tracer not found; there are callTracer, prestateTracer, 4byteTracer, noopTracer, muxTracer");
}

/// The options of geth's default tracer, which lie beside the tracer's name.
Result<void, PhraseError> read_struct_log_options(const object& json, TraceOptions& out) {
  OL_TRY(out.disable_stack, read_flag(json, "disableStack"));
  OL_TRY(out.enable_memory, read_flag(json, "enableMemory"));
  OL_TRY(out.disable_storage, read_flag(json, "disableStorage"));
  OL_TRY(out.enable_return_data, read_flag(json, "enableReturnData"));
  const auto limit = find_member(json, "limit");
  if (limit && limit->get(out.limit) != simdjson::SUCCESS) {
    return fail(PhraseError("limit: want a number"));
  }
  return {};
}

/// The options of a tracer that is named.
Result<void, PhraseError> read_named_options(const object& fields, TraceOptions& out) {
  OL_TRY(out.only_top_call, read_flag(fields, "onlyTopCall"));
  OL_TRY(out.with_log, read_flag(fields, "withLog"));
  OL_TRY(out.diff_mode, read_flag(fields, "diffMode"));
  OL_TRY(out.disable_code, read_flag(fields, "disableCode"));
  OL_TRY(out.include_empty, read_flag(fields, "includeEmpty"));
  OL_TRY(const bool disable_storage, read_flag(fields, "disableStorage"));
  out.disable_storage = out.disable_storage || disable_storage;
  return {};
}

Result<void, PhraseError> read_tracer_options(const object& json, TraceOptions& out) {
  OL_TRY(const auto fields, read_object_field(json, "tracerConfig"));
  if (!fields) return {};
  return read_named_options(*fields, out);
}

/// The tracers of muxTracer: their names with their options, or null.
Result<void, RpcError> read_mux(const object& json, std::size_t i, TraceOptions& out) {
  constexpr std::size_t kPartsMax = 8;
  const auto fields = read_object_field(json, "tracerConfig");
  if (!fields) return bad_argument(i, fields.error());
  if (!*fields) return {};
  for (const auto& [name, options] : **fields) {
    TraceOptions part;
    OL_TRY(part.kind, tracer_kind(name));
    object wanted;
    if (options.get(wanted) == simdjson::SUCCESS) {
      auto done = read_named_options(wanted, part);
      if (!done) return bad_argument(i, std::string(name) + ": " + done.error());
    } else if (!options.is_null()) {
      return bad_argument(i, std::string(name) + ": want an object");
    }
    if (part.kind == TracerKind::Mux || out.parts.size() == kPartsMax) {
      return bad_argument(i, "tracerConfig: too many tracers, or one in the other");
    }
    out.parts.push_back({std::string(name), std::move(part)});
  }
  return {};
}

Result<void, PhraseError> read_timeout(const object& json, TraceOptions& out) {
  const auto timeout = find_member(json, "timeout");
  if (!timeout) return {};
  OL_TRY(const std::string_view text, read_string(*timeout, "a duration"));
  const auto milliseconds = read_duration_ms(text);
  if (!milliseconds) return fail(PhraseError("timeout: invalid duration"));
  out.timeout_ms = std::min(*milliseconds, kTimeoutMaxMs);
  return {};
}

Result<std::optional<object>, RpcError> config_param(const Params& params, std::size_t i) {
  const auto json = find_argument(params, i);
  if (!json) return std::nullopt;
  object fields;
  if (json->get(fields) != simdjson::SUCCESS) return bad_argument(i, "want an object");
  return std::optional(fields);
}

std::optional<std::uint64_t> unit_ns(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> read_duration_ms(std::string_view text) {
  constexpr double kHoursMax = 1e4;
  double sum_ns = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    double count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, count);
    if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = unit_ns(text.substr(0, letters));
    if (!unit) return std::nullopt;
    text.remove_prefix(letters);
    sum_ns += count * static_cast<double>(*unit);
  }
  if (sum_ns > kHoursMax * 3.6e12) return std::nullopt;
  return static_cast<std::uint64_t>(sum_ns / 1e6);
}

Result<TraceOptions, RpcError> trace_options_param(const Params& params, std::size_t i) {
  TraceOptions out;
  OL_TRY(const auto config, config_param(params, i));
  if (!config) return out;
  for (const auto read : {read_struct_log_options, read_tracer_options, read_timeout}) {
    if (auto done = read(*config, out); !done) return bad_argument(i, done.error());
  }
  const auto tracer = find_member(*config, "tracer");
  if (!tracer) return out;
  const auto name = read_string(*tracer, "a tracer's name");
  if (!name) return bad_argument(i, "tracer: " + name.error());
  if (!name->empty()) {
    OL_TRY(out.kind, tracer_kind(*name));
  }
  if (out.kind == TracerKind::Mux) OL_TRY_VOID(read_mux(*config, i, out));
  return out;
}

Result<void, RpcError> trace_place_param(const Params& params, std::size_t i,
                                         CallSetting& setting) {
  OL_TRY(const auto config, config_param(params, i));
  if (!config) return {};
  const auto index = read_field<std::uint64_t>(*config, "txIndex", read_quantity);
  if (!index) return bad_argument(i, index.error());
  setting.txns_before = *index;
  for (const char* const key : {"stateOverrides", "blockOverrides"}) {
    const auto json = read_object_field(*config, key);
    if (!json) return bad_argument(i, json.error());
    if (!*json) continue;
    if (key == std::string_view("stateOverrides")) {
      OL_TRY(setting.state, state_overrides_of(**json, i));
    } else {
      OL_TRY(setting.block, block_overrides_of(**json, i));
    }
  }
  return {};
}

}  // namespace ol::rpc
