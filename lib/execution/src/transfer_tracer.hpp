#pragma once

#include <vector>

#include <ol/evm/trace.hpp>
#include <ol/primitives/receipt.hpp>

namespace ol::execution {

/// Writes down the ether that moves while a transaction runs, as logs of kTransferLogs. What a
/// frame that fails moved is forgotten with it.
class TransferTracer final : public evm::Tracer {
 public:
  void on_begin(const evm::TraceBegin& begin) override;
  void on_enter(const evm::TraceEnter& enter) override;
  void on_exit(int depth, evm::Status status, std::int64_t gas_used, ByteView output) override;
  void on_step(const evm::TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, evm::Status status) override;

  /// The transfers among `logs`, which are those of the transaction, in order.
  [[nodiscard]] std::vector<primitives::Log> among(const std::vector<primitives::Log>& logs) const;

 private:
  struct Transfer {
    std::size_t logs_before = 0;
    primitives::Log log;
  };
  /// SELFDESTRUCT that has not ended.
  struct Leaving {
    bool open = false;
    Transfer transfer;
  };

  [[nodiscard]] Transfer transfer(const Address& from, const Address& to, const U256& value) const;

  evm::World* world_ = nullptr;
  std::vector<Transfer> transfers_;
  std::vector<std::size_t> frames_;  // how many transfers there were when each began
  Leaving leaving_;
};

}  // namespace ol::execution
