#include <algorithm>

#include "tracers_json.hpp"

namespace ol::evm {

// Each part counts what it writes; the clock is looked at once, here.
MuxTracer::MuxTracer(const MuxOptions& options, const TraceLimits& limits) : JsonTracer(limits) {
  const std::size_t share = limits.bytes_max / std::max<std::size_t>(options.parts.size(), 1);
  for (const MuxPart& part : options.parts) {
    parts_.push_back({part.name, make_tracer(part.options, {.bytes_max = share, .expired = {}})});
  }
}

void MuxTracer::on_begin(const TraceBegin& begin) {
  for (const Part& part : parts_)
    part.tracer->on_begin(begin);
}

void MuxTracer::on_end(const TraceEnd& end) {
  for (const Part& part : parts_) {
    part.tracer->on_end(end);
    end_as(part.tracer->ending());
  }
}

void MuxTracer::on_enter(const TraceEnter& enter) {
  for (const Part& part : parts_)
    part.tracer->on_enter(enter);
}

void MuxTracer::on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) {
  for (const Part& part : parts_)
    part.tracer->on_exit(depth, status, gas_used, output);
}

void MuxTracer::on_step(const TraceStep& step) {
  for (const Part& part : parts_)
    part.tracer->on_step(step);
}

void MuxTracer::on_step_end(int depth, std::int64_t cost, Status status) {
  for (const Part& part : parts_) {
    part.tracer->on_step_end(depth, cost, status);
    end_as(part.tracer->ending());
  }
}

std::string MuxTracer::json() {
  std::string out = "{";
  for (const Part& part : parts_) {
    if (out.size() > 1) out += ',';
    out += '"' + part.name + "\":" + part.tracer->json();
  }
  return out + "}";
}

}  // namespace ol::evm
