#include "node_exchange.hpp"

#include <ol/api/exchange_reply.hpp>
#include <ol/base/hex.hpp>
#include <ol/exchange/admission.hpp>
#include <ol/execution/exchange_genesis.hpp>

#include "node_impl.hpp"
#include "stored_items.hpp"

namespace ol::node {
namespace {

using exchange::Error;
using exchange::Refusal;

constexpr std::size_t kCacheItems = 100'000;
constexpr std::size_t kCacheBytes = std::size_t{96} << 20;
/// How far ahead of this node's clock prices are taken: less than blocks allow, so that its own
/// blocks are valid.
constexpr std::uint64_t kAdmitAheadMs = execution::kOracleAheadMs / 2;
constexpr std::chrono::milliseconds kOraclePoll{100};

Refusal busy(std::string sentence) {
  return {std::nullopt, std::move(sentence)};
}

}  // namespace

NodeExchange::NodeExchange(const primitives::Genesis& genesis, const EpochTable& epochs)
    : params(execution::exchange_params(genesis)),
      rules(item_rules(genesis, epochs)),
      cache(kCacheItems, kCacheBytes),
      pool(ActionPool::Limits{}) {}

Result<StoredExchange, std::string> load_exchange(const storage::Snapshot& snapshot) {
  const std::string what_to_do =
      "; move the database away and let the node fetch the chain from its peers";
  StoredExchange out;
  const auto visited = snapshot.visit_exchange([&](ByteView key, ByteView value) {
    out.records.emplace(to_bytes(key), to_bytes(value));
    return true;
  });
  if (!visited) return fail(visited.error().message);
  const auto roots = snapshot.exchange_roots(snapshot.head()->height);
  if (!roots) return fail(roots.error().message);
  const auto decoded =
      *roots ? execution::decode_roots(**roots)
             : Result<execution::ExchangeRoots, DecodeError>(fail(DecodeError::Truncated));
  if (!decoded) return fail("the roots of the exchange are missing" + what_to_do);
  out.roots = *decoded;
  const Hash256 root = exchange::state_root(out.records);
  if (root != out.roots.state) {
    return fail("the state of the exchange on disk has the root " + to_hex(root.view()) +
                ", its block says " + to_hex(out.roots.state.view()) + what_to_do);
  }
  return out;
}

storage::ExchangeChanges changes_of(const exchange::CommittedBlock& block) {
  storage::ExchangeChanges out{execution::encode_roots(execution::roots_of(block)), {}};
  for (const auto& [key, value] : block.result.diff)
    out.records.emplace_back(key, value);
  return out;
}

storage::ExchangeChanges changes_of(const exchange::StateRecords& records, const Hash256& root) {
  storage::ExchangeChanges out{execution::encode_roots(execution::empty_roots(root)), {}};
  for (const auto& [key, value] : records)
    out.records.emplace_back(ByteView(key), ByteView(value));
  return out;
}

Result<void, NodeError> Node::Impl::open_exchange() {
  if (!parts_.genesis.exchange) return {};
  auto snapshot = database_->snapshot();
  if (!snapshot) return fail(NodeError{snapshot.error().message});
  const auto refuse = [](std::string sentence) { return fail(NodeError{std::move(sentence)}); };
  auto stored = load_exchange(**snapshot);
  if (!stored) return refuse(stored.error());
  exchange_ = std::make_unique<NodeExchange>(parts_.genesis, *epochs_);
  exchange_->head_roots = stored->roots;
  auto chain =
      execution::ExchangeChain::open(exchange_->params, stored->records, root_.block->hash);
  auto engine = exchange::Engine::restore(exchange_->params, stored->records);
  if (!chain || !engine) return refuse("the records of the exchange do not fit together");
  exchange_->chain = *std::move(chain);
  auto source = make_price_source(parts_.config.oracle_source, parts_.genesis);
  if (!source) return refuse(source.error());
  if (parts_.validator) {
    exchange_->prices = *std::move(source);
    exchange_->price_key = crypto::Ed25519SecretKey::from_seed(parts_.validator->key.seed());
  }
  exchange_->view = std::make_unique<ExchangeView>(ExchangeView::Parts{
      .genesis = parts_.genesis,
      .engine = *std::move(engine),
      .submit =
          [this](exchange::SignedAction action, exchange::Access::Admitted done) {
            submit_action(execution::action_item(action), std::move(done));
          },
      .submit_system =
          [this](exchange::SystemAction action) { return submit_system(std::move(action)); },
      .stored = [this](std::uint64_t height,
                       exchange::TimeMs ahead) { return stored_block(height, ahead); },
      .cut = [this](std::uint64_t height) { return exchange_->stored->cut(height); }});
  exchange_->meter = std::make_unique<ExchangeMeter>(*exchange_->view);
  return {};
}

// For the view, where it is so far behind that memory does not have the block.
std::shared_ptr<exchange::CommittedBlock> Node::Impl::stored_block(std::uint64_t height,
                                                                   exchange::TimeMs ahead) {
  auto found = exchange_->stored->block(height, ahead);
  if (found) return *std::move(found);
  fatal("what is final of the exchange cannot be followed: " + found.error());
  return nullptr;
}

// Signatures are recovered on the pool; whoever sent the action hears from there.
void Node::Impl::submit_action(Bytes item, exchange::Access::Admitted done) {
  auto answer = std::make_shared<exchange::Access::Admitted>(std::move(done));
  const bool queued = workers_->try_submit([this, answer, item = std::move(item)]() mutable {
    auto verified = execution::verify_item(exchange_->rules, std::move(item));
    if (!verified) {
      const bool forged = verified.error() == execution::ItemError::BadSignature;
      (*answer)(fail(forged ? Refusal{Error::BadSignature, api::signature_sentence(chain_id())}
                            : Refusal{Error::BadNumber, execution::describe(verified.error())}));
      return;
    }
    const auto shared = std::make_shared<const execution::ExchangeItem>(*std::move(verified));
    if (shared->action() == nullptr) {
      (*answer)(fail(Refusal{Error::BadNumber, "this is no action of a user"}));
      return;
    }
    const auto admitted = admit_item(shared, Origin::Client);
    if (!admitted) {
      (*answer)(fail(admitted.error()));
    } else {
      (*answer)(shared->action()->hash);
    }
  });
  if (!queued) {
    (*answer)(fail(busy("the node has " + std::to_string(kWorkerQueueMax) +
                        " signatures to verify; try again in a moment")));
  }
}

// As with transactions, the node whose client sent an item publishes it, on first admission only
// (trap T11).
Result<void, Refusal> Node::Impl::admit_item(const ExchangeItemPtr& item, Origin origin) {
  NodeExchange& exchange = *exchange_;
  if (const auto* prices = std::get_if<exchange::OracleSubmit>(&item->content)) {
    const std::uint64_t last = (now().wall_ms + kAdmitAheadMs) / execution::kOraclePeriodMs;
    if (prices->round > last) {
      return fail(Refusal{Error::BadNumber,
                          "the round of the prices lies in the future; it is at "
                          "most " +
                              std::to_string(last) + " now"});
    }
  }
  if (const exchange::VerifiedAction* action = item->action()) {
    Result<void, Refusal> checked;
    const std::uint64_t waiting = exchange.pool.waiting(action->signer);
    const exchange::Params& params = exchange.view->params();
    exchange.view->read([&](const exchange::State& state) {
      const auto fits =
          exchange::check_admission(state, params, *action, state.global().time, waiting);
      if (fits) return;
      checked = fail(Refusal{fits.error(), api::admission_sentence(fits.error(), state, params,
                                                                   chain_id(), *action, waiting)});
    });
    if (!checked) return checked;
  }
  const bool heard = origin == Origin::Gossip;
  switch (exchange.pool.add(item, heard ? std::optional(now().wall_ms) : std::nullopt)) {
    case ActionPool::Outcome::Added:
      break;
    case ActionPool::Outcome::Known:
      // Old prices are nothing to pass on: they are public, and cost everybody a signature.
      return fail(Refusal{Error::BadNonce,
                          item->action() == nullptr
                              ? "prices as new of this validator are here already"
                              : "this action waits already; sign another with a nonce of its own"});
    case ActionPool::Outcome::NonceTaken:
      return fail(Refusal{Error::BadNonce,
                          "another action of this signer with the same nonce waits already; "
                          "sign with a nonce of its own"});
    case ActionPool::Outcome::SignerFull:
      return fail(busy("at most " + std::to_string(exchange.pool.limits().signer_actions_max) +
                       " actions of one signer wait for a block; try again in a moment"));
    case ActionPool::Outcome::Full:
      return fail(busy("at most " + std::to_string(exchange.pool.limits().actions_max) +
                       " actions of " + std::to_string(exchange.pool.limits().bytes_max >> 20) +
                       " MiB wait for a block; try again in a moment"));
  }
  exchange.cache.put(item);
  if (item->action() != nullptr) exchange.view->forget_refused(item->action()->hash);
  // System actions are nobody's word: the node that was asked proposes them itself.
  const bool told =
      origin == Origin::Client && !std::holds_alternative<exchange::SystemAction>(item->content);
  if (told && gossip_queue_.try_push(item->bytes) != PushOutcome::Accepted) ++gossip_dropped_;
  // Prices are made anew instead.
  if (told && item->action() != nullptr) exchange.retelling.add(item, now().monotonic_ms);
  signal_work();
  return {};
}

p2p::GossipVerdict Node::Impl::verdict_of_refused() const {
  const std::uint64_t best =
      std::max(database_->head()->height.value(), consensus_view().best_peer_height.value());
  return node::verdict_of_refused(exchange_->view->height(), best);
}

Result<void, Refusal> Node::Impl::submit_system(exchange::SystemAction action) {
  if (!parts_.genesis.devnet) {
    return fail(
        Refusal{Error::NotAuthorized, "system actions can be sent on development networks only"});
  }
  const bool taken = !std::holds_alternative<exchange::ListToken>(action) &&
                     !std::holds_alternative<exchange::ListMarket>(action) &&
                     !std::holds_alternative<exchange::SetStake>(action) &&
                     !std::holds_alternative<exchange::OracleSubmit>(action);
  if (!taken) return fail(Refusal{Error::NotAuthorized, "this kind belongs to genesis"});
  if (!epochs_->seat(epochs_->current().set.epoch())) {
    return fail(Refusal{Error::NotAuthorized,
                        "this node is no validator and proposes no block; ask one that is"});
  }
  // Another node's must not have the same name, nor one from before a restart.
  const std::uint64_t salt = seed_ + exchange_->system_salt.fetch_add(1);
  auto item = execution::verify_item(exchange_->rules, execution::system_item(salt, action));
  if (!item) return fail(Refusal{Error::BadNumber, execution::describe(item.error())});
  return admit_item(std::make_shared<const execution::ExchangeItem>(*std::move(item)),
                    Origin::Client);
}

// Each oracle period once, on a thread of its own: a source may take seconds to answer.
void Node::Impl::oracle_loop() {
  if (!exchange_ || !exchange_->prices) return;
  std::uint64_t last_round = 0;
  bool complained = false;
  while (!stopping_) {
    const std::uint64_t wall = now().wall_ms;
    const std::uint64_t round = wall / execution::kOraclePeriodMs;
    const primitives::Epoch epoch = epochs_->current().set.epoch();
    const auto seat = epochs_->seat(epoch);
    if (round == last_round || !seat) {
      std::this_thread::sleep_for(kOraclePoll);
      continue;
    }
    last_round = round;
    auto prices = exchange_->prices->prices(wall);
    if (!prices) {
      if (!complained) log(LogLevel::Warn, "no prices to submit", {{"reason", prices.error()}});
      complained = true;
      continue;
    }
    complained = false;
    const exchange::OracleSubmit submit{seat->value(), round, *std::move(prices)};
    const Hash256 digest = execution::prices_digest(parts_.genesis.domain, epoch, submit);
    Bytes bytes = execution::prices_item(epoch, submit, exchange_->price_key->sign(digest.view()));
    auto item = execution::verify_item(exchange_->rules, std::move(bytes));
    OL_CHECK(item.has_value(), "what this node signs verifies");
    static_cast<void>(admit_item(std::make_shared<const execution::ExchangeItem>(*std::move(item)),
                                 Origin::Client));
  }
}

}  // namespace ol::node
