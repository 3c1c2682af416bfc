#include <ol/evm/tracers.hpp>

#include <type_traits>
#include <utility>

#include "tracers_json.hpp"

namespace ol::evm {
namespace {

/// How many instructions pass between two looks at the clock: some 100 microseconds.
constexpr std::uint64_t kStepsPerLook = 1024;

class NoopTracer final : public JsonTracer {
 public:
  using JsonTracer::JsonTracer;
  void on_enter(const TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& /*step*/) override {}
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}
  std::string json() override { return "{}"; }
};

std::unique_ptr<JsonTracer> make(const StructLogOptions& options, TraceLimits limits) {
  return std::make_unique<StructLogTracer>(options, std::move(limits));
}
std::unique_ptr<JsonTracer> make(const CallTraceOptions& options, TraceLimits limits) {
  return std::make_unique<CallTracer>(options, std::move(limits));
}
std::unique_ptr<JsonTracer> make(const PrestateOptions& options, TraceLimits limits) {
  return std::make_unique<PrestateTracer>(options, std::move(limits));
}
std::unique_ptr<JsonTracer> make(const FourByteOptions& /*options*/, TraceLimits limits) {
  return std::make_unique<FourByteTracer>(std::move(limits));
}
std::unique_ptr<JsonTracer> make(const NoopOptions& /*options*/, TraceLimits limits) {
  return std::make_unique<NoopTracer>(std::move(limits));
}
std::unique_ptr<JsonTracer> make(const MuxOptions& options, TraceLimits limits) {
  return std::make_unique<MuxTracer>(options, limits);
}

}  // namespace

void LastStepTracer::on_step(const TraceStep& step) {
  if (step.depth != 0) return;
  opcode_ = step.opcode;
  height_ = step.stack.size();
}

std::string LastStepTracer::words(Status status) const {
  return describe_failure(status, {.opcode = opcode_, .height = height_, .target = {}}, revision_);
}

bool JsonTracer::wants_stop() {
  if (ending_ != TraceEnding::Whole) return true;
  if (limits_.expired && steps_++ % kStepsPerLook == 0 && limits_.expired()) {
    ending_ = TraceEnding::Expired;
  }
  return ending_ != TraceEnding::Whole;
}

std::unique_ptr<JsonTracer> make_tracer(const TraceOptions& options, TraceLimits limits) {
  return std::visit([&](const auto& kind) { return make(kind, std::move(limits)); }, options);
}

}  // namespace ol::evm
