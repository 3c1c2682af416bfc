#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <ol/consensus/vrf_leaders.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/sim/byzantine.hpp>
#include <ol/sim/ledger.hpp>
#include <ol/sim/memory_disk.hpp>
#include <ol/storage/safety_store.hpp>

namespace ol::sim {

class World;

/// Speeds and clock of one machine; changed during a run.
struct Machine {
  std::uint64_t execute_us = 1'000;
  std::uint64_t flush_us = 3'000;
  std::int64_t wall_offset_ms = 0;
};

/// One machine: what its disk keeps over crashes, and, while it is up, the shipped driver with an
/// executor, a pool and a network around it. Built and rebuilt as lib/node does it: head, safety
/// record and stored blocks come from the disk, everything else is gone.
class SimNode final : public node::DriverHost {
 public:
  SimNode(World& world, std::uint32_t id, primitives::ValidatorIndex index, Random random);
  ~SimNode() override;

  /// Power on.
  void start();
  /// Power off: volatile state is lost, unsynced writes meet their fate.
  void crash(const char* why);
  /// A crash at `fault` of the next write of the safety record.
  void arm_disk(DiskFault fault);
  /// A crash after this many more messages have left.
  void arm_send(std::uint64_t messages) { sends_left_ = messages; }
  void disarm_send() { sends_left_.reset(); }
  [[nodiscard]] bool is_up() const { return driver_ != nullptr; }
  void plan_restart(std::uint64_t delay_us);

  void connected(std::uint32_t other);
  void disconnected(std::uint32_t other);
  void deliver(std::uint32_t from, p2p::Channel channel, ByteView bytes);
  /// A client hands a transaction to this node, which gossips it.
  void submit(const Bytes& item);

  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] primitives::ValidatorIndex index() const { return index_; }
  [[nodiscard]] const node::ConsensusDriver* driver() const { return driver_.get(); }
  [[nodiscard]] bool has_committed(const TxnHash& item) const;
  [[nodiscard]] std::uint64_t height() const { return chain_.size() - 1; }
  [[nodiscard]] std::string label() const;
  [[nodiscard]] Byzantine* byzantine() { return byzantine_.get(); }
  void become_byzantine(std::unique_ptr<Byzantine> byzantine);
  /// Who leads, as far as this node knows. @pre it was up once.
  [[nodiscard]] const consensus::LeaderSchedule& leaders() const;
  /// Past the filter of the Byzantine part.
  void send_raw(std::uint32_t to, p2p::Channel channel, Bytes message);

  // DriverHost
  void send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) override;
  void broadcast(p2p::Channel channel, Bytes message) override;
  void punish(const p2p::PeerId& peer, std::string reason) override;
  void execute(consensus::BlockPtr block) override;
  void build(const consensus::BuildRequest& request) override;
  void commit(std::vector<consensus::CommittedBlock> blocks) override;
  void discard(std::vector<consensus::BlockPtr> blocks) override;
  void serve_range(const p2p::PeerId& peer, node::RangeRequest request) override;
  void serve_block(const p2p::PeerId& peer, primitives::BlockHash block) override;
  [[nodiscard]] std::optional<Bytes> find_item(const TxnHash& hash) override;
  [[nodiscard]] bool has_work() override;
  void record_outgoing(ByteView message) override;
  void on_evidence(const consensus::Evidence& evidence) override;
  void on_conflict(const consensus::Conflict& conflict) override;
  void warn(std::string sentence) override;
  void fatal(std::string sentence) override;

  Machine machine;

 private:
  /// A final block as the database holds it.
  struct Stored {
    consensus::BlockPtr block;
    primitives::QuorumCertificate certificate;
    node::ParentResults results;
  };
  /// Lets the signer write through the two-slot store.

  [[nodiscard]] node::Now now() const;
  /// Runs `call` on the driver and deals with what it led to.
  template <typename Call>
  void drive(Call call) {
    if (!is_up()) return;
    OL_CHECK(!driving_, "the driver is not re-entered");
    driving_ = true;
    call(*driver_);
    driving_ = false;
    finish_drive();
  }
  void finish_drive();
  void arm_tick();
  void defy();
  /// Runs `job` on the execution thread: one after the other, each for `duration_us`.
  void enqueue(std::uint64_t duration_us, std::function<void()> job);
  void run_execute(const consensus::BlockPtr& block);
  void run_refuse(const consensus::BlockPtr& block);
  void run_build(primitives::View view, const consensus::BlockPtr& parent);
  void run_commit(const std::vector<consensus::CommittedBlock>& blocks);
  void flush(std::size_t height);
  void recover_disk();
  void load_leaders();
  void note_signed(ByteView message, bool first);

  World& world_;
  const std::uint32_t id_;
  const primitives::ValidatorIndex index_;
  Random random_;
  std::unique_ptr<Byzantine> byzantine_;

  // The disk.
  MemoryDisk disk_;
  std::vector<Stored> chain_;
  std::size_t durable_height_ = 0;
  std::map<primitives::BlockHash, consensus::BlockPtr> block_log_;

  // Memory, lost with the power.
  std::uint64_t life_ = 0;
  std::unique_ptr<storage::SafetyStore> store_;
  std::unique_ptr<consensus::SafetyStore> adapter_;
  std::unique_ptr<Ledger> ledger_;
  /// Outlives the driver, which refers to it. Null where leaders take turns.
  std::unique_ptr<consensus::VrfLeaders> vrf_;
  std::unique_ptr<node::ConsensusDriver> driver_;
  std::map<TxnHash, Bytes> pool_;
  std::deque<TxnHash> pool_order_;
  std::uint64_t busy_until_us_ = 0;
  std::uint64_t tick_at_us_ = UINT64_MAX;
  std::optional<std::uint64_t> sends_left_;
  std::uint64_t drives_ = 0;
  bool driving_ = false;
  bool dying_ = false;
  bool defying_ = false;
  const char* cause_ = "";
};

}  // namespace ol::sim
