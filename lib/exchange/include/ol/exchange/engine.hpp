#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ol/base/codec.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// The exchange: state, and blocks that change it (dex.md 5). Pure and deterministic: the same
/// blocks give the same results, events and state on every machine.
///
/// Blocks are executed on a tip that consensus may abandon: `execute` puts a block on top,
/// `undo_block` takes the last one off again, exactly, and `commit_block` makes the oldest one
/// final, after which it cannot be undone. One thread at a time.
class Engine {
 public:
  explicit Engine(const Params& params) : params_(params), state_(std::make_unique<State>()) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// What a validator checks before it votes (dex.md 5.2); executing needs nothing else. Pure.
  [[nodiscard]] Result<void, BlockError> check(const BlockInput& block) const;

  /// Executes a block. @pre `check` passed, or the process stops.
  [[nodiscard]] BlockResult execute(const BlockInput& block);

  /// Takes the last executed block off. @pre There is one that is not committed.
  void undo_block();
  /// Makes the oldest executed block final. @pre There is one.
  void commit_block();
  [[nodiscard]] std::size_t open_blocks() const { return blocks_.size(); }

  /// Valid until the next call that changes the engine.
  [[nodiscard]] const State& state() const { return *state_; }
  /// Those in force in the next block: genesis', but for what SetParams changed.
  [[nodiscard]] Params params() const;

  /// The whole state as records, from which `restore` makes an equal engine.
  [[nodiscard]] StateRecords records() const;
  /// An engine with the state of the records. DecodeError where they are damaged.
  [[nodiscard]] static Result<std::unique_ptr<Engine>, DecodeError> restore(
      const Params& params, const StateRecords& records);

 private:
  // What it takes to undo an executed block. An ordinary block changed the state in place: its log
  // goes back to `begin`. A block that went back to a snapshot put another state, with a log of its
  // own, in place of `replaced`, and did the rest there; undone, `replaced` is the state again.
  struct OpenBlock {
    UndoLog::Mark begin;  // before the block's own changes, in the log of the state it worked on
    std::unique_ptr<State> replaced;  // null for an ordinary block
  };
  /// The state that blocks_[block] worked on.
  [[nodiscard]] State& state_after(std::size_t block);
  /// Gets the state ready for a block, which goes back to `snapshot` if there is one.
  [[nodiscard]] OpenBlock open_block(std::optional<std::uint64_t> snapshot);

  Params params_;
  std::unique_ptr<State> state_;
  std::vector<OpenBlock> blocks_;
  // Memory for as much as the last block made, and a quarter more, is taken at once.
  struct Made {
    std::size_t events = 0;
    std::size_t changes = 0;
    std::size_t bytes = 0;
  };
  Made last_block_;
};

}  // namespace ol::exchange
