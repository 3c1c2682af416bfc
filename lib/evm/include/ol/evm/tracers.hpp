#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <ol/evm/trace.hpp>

namespace ol::evm {

// The tracers Ethereum's tools ask a node for, with geth's names, options and JSON.

/// geth's default tracer: every instruction.
struct StructLogOptions {
  bool stack = true;
  bool memory = false;
  bool storage = true;
  bool return_data = false;
  std::uint64_t limit = 0;  // of instructions shown; 0 for all
};
/// "callTracer": the tree of calls.
struct CallTraceOptions {
  bool only_top_call = false;
  bool with_log = false;
};
/// "prestateTracer": what the transaction reads as it was before, or what it changes.
struct PrestateOptions {
  bool diff_mode = false;
  bool disable_code = false;
  bool disable_storage = false;
  bool include_empty = false;
};
/// "4byteTracer": how often each function was called, by selector and size of arguments.
struct FourByteOptions {};
/// "noopTracer".
struct NoopOptions {};

/// "muxTracer": several of the others at once, each under the name it is asked for by.
struct MuxPart;
struct MuxOptions {
  std::vector<MuxPart> parts;
};

using TraceOptions = std::variant<StructLogOptions, CallTraceOptions, PrestateOptions,
                                  FourByteOptions, NoopOptions, MuxOptions>;
struct MuxPart {
  std::string name;
  TraceOptions options;
};

/// What one trace may cost.
struct TraceLimits {
  /// Of the JSON, nearly.
  std::size_t bytes_max = std::size_t{64} << 20;
  /// Asked now and then; true ends the trace. Absent: never.
  std::function<bool()> expired;
};

/// Why a trace is not whole.
enum class TraceEnding : std::uint8_t { Whole, TooLarge, Expired };

/// Remembers where the outermost frame ended, for geth's words of its failure.
class LastStepTracer final : public Tracer {
 public:
  void on_begin(const TraceBegin& begin) override { revision_ = begin.revision; }
  void on_enter(const TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& step) override;
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}
  /// For instance "invalid opcode: INVALID", where `describe` has "invalid opcode".
  [[nodiscard]] std::string words(Status status) const;

 private:
  Revision revision_ = Revision::Prague;
  std::uint8_t opcode_ = 0;
  std::size_t height_ = 0;
};

/// A tracer that leaves JSON. One transaction each; one thread.
class JsonTracer : public Tracer {
 public:
  explicit JsonTracer(TraceLimits limits) : limits_(std::move(limits)) {}

  [[nodiscard]] bool wants_stop() final;
  /// The trace, once the transaction has ended. @pre `ending` is Whole.
  [[nodiscard]] virtual std::string json() = 0;
  [[nodiscard]] TraceEnding ending() const { return ending_; }

 protected:
  /// Something that will take so many bytes was recorded.
  void grow(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > limits_.bytes_max) ending_ = TraceEnding::TooLarge;
  }
  /// Ends as another tracer did.
  void end_as(TraceEnding ending) {
    if (ending_ == TraceEnding::Whole) ending_ = ending;
  }

 private:
  TraceLimits limits_;
  std::size_t bytes_ = 0;
  std::uint64_t steps_ = 0;
  TraceEnding ending_ = TraceEnding::Whole;
};

[[nodiscard]] std::unique_ptr<JsonTracer> make_tracer(const TraceOptions& options,
                                                      TraceLimits limits = {});

}  // namespace ol::evm
