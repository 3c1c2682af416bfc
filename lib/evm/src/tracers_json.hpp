#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ol/evm/tracers.hpp>
#include <ol/evm/world.hpp>

#include "trace_text.hpp"

namespace ol::evm {

/// Each instruction with the stack, memory and storage before it.
class StructLogTracer final : public JsonTracer {
 public:
  StructLogTracer(const StructLogOptions& options, TraceLimits limits)
      : JsonTracer(std::move(limits)), options_(options) {}

  void on_begin(const TraceBegin& begin) override;
  void on_enter(const TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, Status status) override;
  void on_end(const TraceEnd& end) override;
  [[nodiscard]] std::string json() override;

 private:
  /// What is known of an instruction before it ran, and what only afterwards.
  struct Entry {
    std::string before_cost;
    std::int64_t cost = 0;
    int depth = 0;
    std::string error;
    std::string details;
  };
  struct Open {
    StepInfo info;
    std::optional<std::size_t> entry;  // absent beyond the limit
  };
  [[nodiscard]] std::string details(const TraceStep& step);
  void put_storage(std::string& out, const TraceStep& step);

  StructLogOptions options_;
  World* world_ = nullptr;
  Revision revision_ = Revision::Prague;
  std::map<Address, std::map<Hash256, Hash256>> seen_slots_;
  std::vector<Entry> entries_;
  std::vector<Open> open_;  // one for each depth whose instruction runs
  std::string result_;      // gas, failed, returnValue
};

/// The tree of calls.
class CallTracer final : public JsonTracer {
 public:
  CallTracer(const CallTraceOptions& options, TraceLimits limits)
      : JsonTracer(std::move(limits)), options_(options) {}

  void on_begin(const TraceBegin& begin) override;
  void on_enter(const TraceEnter& enter) override;
  void on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) override;
  void on_step(const TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, Status status) override;
  void on_end(const TraceEnd& end) override;
  [[nodiscard]] std::string json() override;

 private:
  struct LogEntry {
    primitives::Log log;
    std::uint64_t index = 0;   // in the block, as its receipts count
    std::size_t position = 0;  // how many calls its frame had made
  };
  struct CallFrame {
    std::string type;
    Address from;
    std::optional<Address> to;
    std::optional<U256> value;
    std::uint64_t gas = 0;
    std::uint64_t gas_used = 0;
    Bytes input;
    Bytes output;
    std::string error;
    std::string revert_reason;
    std::vector<std::size_t> calls;
    std::vector<LogEntry> logs;
  };
  [[nodiscard]] std::size_t add(CallFrame frame, std::size_t parent);
  void fill_kind(const TraceEnter& enter, CallFrame& frame) const;
  void record_log();
  void record_selfdestruct();
  void put_frame(std::string& out, const CallFrame& frame, bool parent_failed) const;
  void put_logs(std::string& out, const CallFrame& frame) const;

  CallTraceOptions options_;
  World* world_ = nullptr;
  Revision revision_ = Revision::Prague;
  std::optional<std::uint64_t> gas_limit_;
  std::vector<CallFrame> frames_;
  std::vector<std::size_t> open_;    // from the outermost to the innermost
  std::vector<StepInfo> last_step_;  // by depth
  Address destroyed_;                // of the SELFDESTRUCT that runs
  Address beneficiary_;
  U256 destroyed_balance_;
};

/// What the transaction reads, as it was before; or what it changes, before and after.
class PrestateTracer final : public JsonTracer {
 public:
  PrestateTracer(const PrestateOptions& options, TraceLimits limits)
      : JsonTracer(std::move(limits)), options_(options) {}

  void on_begin(const TraceBegin& begin) override;
  void on_enter(const TraceEnter& enter) override;
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& step) override;
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}
  void on_end(const TraceEnd& end) override;
  [[nodiscard]] std::string json() override;

 private:
  struct Snapshot {
    std::optional<U256> balance;
    std::uint64_t nonce = 0;
    state::Code code;                  // null likewise
    std::optional<Hash256> code_hash;  // absent for none, or if it is the same after
    bool empty = false;
    std::map<Hash256, Hash256> storage;
  };
  using Snapshots = std::map<Address, Snapshot>;

  void look_up(const Address& address);
  void look_up_delegate(const Address& address);
  void look_up_slot(const Address& address, const U256& key);
  void look_up_creation(const TraceStep& step);
  /// What changed of `before`; trims its slots to those. Nothing if all is the same.
  [[nodiscard]] std::optional<Snapshot> difference(const Address& address, Snapshot& before);
  void split();
  void put(std::string& out, const Snapshots& accounts) const;

  PrestateOptions options_;
  World* world_ = nullptr;
  Snapshots before_;
  Snapshots after_;
};

/// Selectors and sizes of arguments of all calls.
class FourByteTracer final : public JsonTracer {
 public:
  using JsonTracer::JsonTracer;
  void on_begin(const TraceBegin& begin) override { revision_ = begin.revision; }
  void on_enter(const TraceEnter& enter) override;
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& /*step*/) override {}
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}
  [[nodiscard]] std::string json() override;

 private:
  Revision revision_ = Revision::Prague;
  std::map<std::string, std::uint64_t> counts_;
};

/// Several tracers that watch the same.
class MuxTracer final : public JsonTracer {
 public:
  MuxTracer(const MuxOptions& options, const TraceLimits& limits);

  void on_begin(const TraceBegin& begin) override;
  void on_end(const TraceEnd& end) override;
  void on_enter(const TraceEnter& enter) override;
  void on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) override;
  void on_step(const TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, Status status) override;
  [[nodiscard]] std::string json() override;

 private:
  struct Part {
    std::string name;
    std::unique_ptr<JsonTracer> tracer;
  };
  std::vector<Part> parts_;
};

}  // namespace ol::evm
