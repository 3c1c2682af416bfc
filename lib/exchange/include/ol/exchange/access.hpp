#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/signing.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// An action as a client sends it: who signed is not known yet.
struct SignedAction {
  Action action;
  ActionSignature signature;

  friend bool operator==(const SignedAction&, const SignedAction&) = default;
};

/// Why an action was not admitted. It may be sent again unless the code says otherwise.
struct Refusal {
  /// Of dex.md 15.3; absent where the node itself has no room (its pool or its queues are full).
  std::optional<Error> code;
  /// Says what is allowed.
  std::string sentence;
};

/// What became of an action in a final block.
struct Outcome {
  std::uint64_t height = 0;
  TimeMs time = 0;
  ActionResult result;
};

/// A final block of the exchange. Immutable.
struct CommittedBlock {
  /// Consensus block that carries it.
  Hash256 block;
  /// What went in: height (equal to the consensus block's and to `EvmHeader::number`), time, system
  /// actions, validators' prices among them (`result.system_ok` says which took effect), and
  /// users' actions in list order.
  BlockInput input;
  /// What came out: results in execution order, each with its action's hash, events, and the
  /// changed records (docs/protocol/exchange-state.md). `lvl/` records of the diff are the book's
  /// change: an absent value is a level that is gone.
  BlockResult result;
  /// Of the state after this block and of the lists above (dex.md 18).
  Hash256 state_root;
  Hash256 action_root;
  Hash256 result_root;
  Hash256 event_root;
};
using CommittedBlockPtr = std::shared_ptr<const CommittedBlock>;

/// The state after one final block as records, apart from the state that `Access::read` shows:
/// whoever goes through it keeps nobody waiting. One thread at a time.
class StateCut {
 public:
  using Visit = std::function<void(ByteView key, ByteView value)>;

  virtual ~StateCut() = default;
  [[nodiscard]] virtual std::uint64_t height() const = 0;
  /// The consensus block of that height.
  [[nodiscard]] virtual Hash256 block() const = 0;
  /// Every record, keys ascending. False where they cannot be read; what was told is not all then.
  [[nodiscard]] virtual bool visit(const Visit& visit) const = 0;
};

/// The exchange of a running node, for whoever talks to clients: submitting actions, and reading
/// what is final. Everything here concerns final blocks only; blocks that consensus may still
/// abandon are never seen. Any thread, except where said; nothing here waits for consensus.
///
/// A chain has an exchange if its genesis lists one; a node of another chain has no `Access`.
class Access {
 public:
  using Admitted = std::function<void(Result<Hash256, Refusal>)>;
  using Reader = std::function<void(const State&)>;
  using Listener = std::function<void(const CommittedBlockPtr&)>;
  using Awaited = std::function<void(const Outcome&)>;
  using Ticket = std::uint64_t;

  virtual ~Access() = default;

  /// Checks an action, recovers its signer on the worker pool, admits it to this node's pool and
  /// passes it on to the other validators. `done` is called exactly once, from a worker thread or
  /// from this call, with the action's hash or the reason it was refused; it must not wait.
  /// Checked: encoding bounds, signature, nonce window and whether the nonce was used, expiry,
  /// whether the signer may act for the account, action budget. What depends on books and margin is
  /// decided by the block and told by its result.
  virtual void submit(SignedAction action, Admitted done) = 0;

  /// The result of an action in one of the last `results_kept()` final blocks' actions.
  [[nodiscard]] virtual std::optional<Outcome> find_result(const Hash256& action) const = 0;
  [[nodiscard]] virtual std::size_t results_kept() const = 0;
  /// Calls `done` once when the action's block is final; at once if it is already. From the thread
  /// that publishes blocks, or from this call; it must not wait. Nothing happens if the action
  /// never gets into a block: the caller has its own deadline and then calls `forget`. 0: too many
  /// are awaited, `done` is not kept.
  [[nodiscard]] virtual Ticket await(const Hash256& action, Awaited done) = 0;
  /// After the return `done` will not be called any more. Not from within a callback of its own.
  virtual void forget(Ticket ticket) = 0;

  /// Runs `read` on the state after the last final block. The state does not change meanwhile and
  /// must not be kept: the publication of new blocks and other readers wait for it (execution and
  /// consensus do not), so a reader copies what it needs, never all (`cut`), and formats outside.
  /// Readers run side by side. Not from within a callback of `subscribe` or `await`.
  virtual void read(const Reader& read) const = 0;

  /// Tells of every final block from now on, in order, each once, from one thread; must not wait.
  /// When it is called `read` shows at least that block.
  [[nodiscard]] virtual Ticket subscribe(Listener listener) = 0;
  /// After the return the listener will not be called any more. Not from within it.
  virtual void unsubscribe(Ticket ticket) = 0;
  /// A final block among the newest ones that memory holds (`blocks_kept()`); null otherwise.
  [[nodiscard]] virtual CommittedBlockPtr block(std::uint64_t height) const = 0;
  [[nodiscard]] virtual std::size_t blocks_kept() const = 0;
  /// `follower` still wants the blocks from `height` on: they are kept until it says otherwise, and
  /// where there is no room for more, newer ones are not shown yet. Who follows asks again as it
  /// goes on, and gives it up with `kNoHeight`.
  virtual void keep_from(const void* follower, std::uint64_t height) = 0;
  static constexpr std::uint64_t kNoHeight = ~std::uint64_t{0};

  /// The state as the node stored it, at `height` or later; it may be ahead of what `read` shows,
  /// or behind. Null where nothing so new is stored within a moment.
  [[nodiscard]] virtual std::unique_ptr<StateCut> cut(std::uint64_t height) const = 0;

  /// Height and time of the last final block that `read` shows.
  [[nodiscard]] virtual std::uint64_t height() const = 0;
  [[nodiscard]] virtual TimeMs time() const = 0;

  [[nodiscard]] virtual const Params& params() const = 0;
  /// EIP-155 chain id and the EIP-712 domain separator actions are signed under (dex.md 14.1).
  [[nodiscard]] virtual std::uint64_t chain_id() const = 0;
  [[nodiscard]] virtual const Hash256& domain() const = 0;
  /// Whether this is a development network, where `submit_system` is open.
  [[nodiscard]] virtual bool devnet() const = 0;
  /// Development networks only (dex.md 17.5): asks that the next block this node proposes carry the
  /// system action, which has no signature. Refusal elsewhere and while many wait. What
  /// belongs to genesis and to validators is not taken.
  [[nodiscard]] virtual Result<void, Refusal> submit_system(SystemAction action) = 0;
};

}  // namespace ol::exchange
