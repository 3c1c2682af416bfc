#include <ol/api/exchange_api.hpp>

#include <atomic>
#include <map>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/api/exchange_reply.hpp>
#include <ol/api/exchange_request.hpp>
#include <ol/api/typed_data.hpp>
#include <ol/base/hex.hpp>
#include <ol/base/thread_safety.hpp>
#include <ol/exchange/proof.hpp>

#include "dev_request.hpp"
#include "feed.hpp"
#include "info_proof.hpp"
#include "margin_view.hpp"
#include "numbers.hpp"
#include "pending.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;
using exchange::Access;
using exchange::Outcome;

constexpr std::size_t kInfoBytesMax = 16 * 1024;
constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kPlaceBytes = 32;
constexpr int kProofTries = 1000;
constexpr std::size_t kMessageBytesMax = kExchangeBytesMax + 1024;

ApiError refusal_of(const exchange::Refusal& refused) {
  if (refused.code) return refusal(*refused.code, refused.sentence);
  return refusal(NodeError::Busy, refused.sentence);
}

bool lists_markets(const exchange::CommittedBlock& block) {
  for (const exchange::SystemAction& action : block.input.system) {
    const bool lists = std::holds_alternative<exchange::ListMarket>(action) ||
                       std::holds_alternative<exchange::ListToken>(action);
    if (lists) return true;
  }
  return false;
}

using OraclePrices = std::map<exchange::AssetId, std::uint64_t>;

bool moves_oracle(const exchange::CommittedBlock& block) {
  for (const exchange::SystemAction& action : block.input.system) {
    const bool moves = std::holds_alternative<exchange::OracleSubmit>(action) ||
                       std::holds_alternative<exchange::SetOracle>(action);
    if (moves) return true;
  }
  return false;
}

}  // namespace

class ExchangeApi::Impl {
 public:
  Impl(Access& node, ApiLimits given, Archive* kept)
      : access(node), limits(given), archive(kept), pending(node, given.waiting_max), prover(node) {
    const MutexLock lock(mutex);
    reload(remember() ? Past::Known : Past::Lost);
  }

  // --- what is final ---

  void advance() OL_REQUIRES(mutex) {
    const std::uint64_t head = std::min(access.height(), stop_at);
    while (next <= head) {
      const exchange::CommittedBlockPtr block = access.block(next);
      if (block == nullptr) {
        // Further behind than blocks are kept: begin anew.
        reload(Past::Lost);
        feed.resend(view());
        return;
      }
      ++next;
      if (lists_markets(*block)) refresh_catalog();
      if (moves_oracle(*block)) refresh_oracle();
      const auto changed = books.apply(block->result.diff, block->input.height, block->input.time);
      // A history that was saved may be ahead of the chain as the disk had it.
      const bool known = block->input.height <= remembered;
      const BlockUpdate update = known ? BlockUpdate{} : history.apply(*block);
      unsaved += 1 + block->result.results.size() + block->result.events.size();
      feed.publish(view(), *block, update, changed);
    }
  }

  // Whether the history has every block so far.
  enum class Past : std::uint8_t { Known, Lost };

  bool remember() OL_REQUIRES(mutex) {
    if (archive == nullptr) return false;
    auto kept = archive->load();
    auto known = kept ? History::decode(kept->history) : std::optional<History>(std::in_place);
    if (!known) return false;
    std::uint64_t height = kept ? kept->height : 0;
    const bool whole = archive->replay([&](const exchange::CommittedBlock& block) {
      static_cast<void>(known->apply(block));
      height = block.input.height;
    });
    if (!whole || height < access.height()) return false;
    history = *std::move(known);
    remembered = height;
    return true;
  }

  // The archive gets a history and a state of one height: the mirrors stop at the state's while it
  // is copied.
  void save() {
    if (archive == nullptr) return;
    const auto stop = [&](std::uint64_t height) {
      const MutexLock lock(mutex);
      stop_at = height;
      advance();
      return next - 1;
    };
    const std::uint64_t before = stop(0);
    Archive::Kept now;
    exchange::StateRecords records;
    access.read([&](const exchange::State& state) {
      now.height = state.global().height;
      records = exchange::records_of(state);
    });
    // The block that led to the state may not be out yet.
    std::uint64_t at = before;
    for (int i = 0; i < kProofTries && at < now.height; ++i)
      at = stop(now.height);
    bool fits = false;
    {
      const MutexLock lock(mutex);
      fits = at == now.height && now.height >= remembered;
      if (fits) now.history = history.encode();
      unsaved = 0;
      stop_at = ~std::uint64_t{0};
    }
    if (fits) static_cast<void>(archive->save(now, records));
  }

  void reload(Past past) OL_REQUIRES(mutex) {
    // The lambda runs within this call, under the mutex; the analysis does not see through it.
    BookMirror* const own_books = &books;
    History* const own_history = &history;
    std::uint64_t height = 0;
    access.read([&](const exchange::State& state) {
      height = state.global().height;
      own_books->load(state);
      if (past == Past::Lost) own_history->load(state);
      set_catalog(state);
      set_oracle(state);
    });
    next = height + 1;
  }

  void refresh_catalog() OL_REQUIRES(mutex) {
    access.read([&](const exchange::State& state) { set_catalog(state); });
  }

  void set_catalog(const exchange::State& state) {
    auto fresh = std::make_shared<const Catalog>(Catalog::of(state));
    const MutexLock lock(quick_mutex);
    catalog = std::move(fresh);
  }

  void refresh_oracle() {
    access.read([&](const exchange::State& state) { set_oracle(state); });
  }

  void set_oracle(const exchange::State& state) {
    auto fresh = std::make_shared<OraclePrices>();
    for (const auto& [asset, place] : state.markets_by_asset())
      fresh->emplace(asset, state.markets[place].oracle);
    const MutexLock lock(quick_mutex);
    oracle = std::move(fresh);
  }

  std::shared_ptr<const OraclePrices> current_oracle() {
    const MutexLock lock(quick_mutex);
    return oracle;
  }

  FeedView view() OL_REQUIRES(mutex) {
    auto listed = current_catalog();
    const Catalog& borrowed = *listed;
    return {std::move(listed), borrowed, access.params(), books, history, access};
  }

  std::shared_ptr<const Catalog> current_catalog() {
    const MutexLock lock(quick_mutex);
    return catalog;
  }

  // --- POST /exchange ---

  void post(std::string_view body, Wait wait, Reply done) {
    const auto listed = current_catalog();
    auto request = parse_exchange_request(body, *listed, access.chain_id());
    if (!request) return done(refused_reply(request.error()));
    auto shared = std::make_shared<const ExchangeRequest>(*std::move(request));
    access.submit({shared->action, shared->signature},
                  [this, shared, wait, done = std::move(done)](
                      const Result<Hash256, exchange::Refusal>& admitted) mutable {
                    if (!admitted) return done(refused_reply(refusal_of(admitted.error())));
                    if (wait == Wait::Accepted) return done(accepted_reply(*shared, *admitted));
                    wait_for(shared, *admitted, std::move(done));
                  });
  }

  void wait_for(const std::shared_ptr<const ExchangeRequest>& request, const Hash256& hash,
                Reply done) {
    const auto shared_done = std::make_shared<Reply>(std::move(done));
    const bool kept = pending.wait(
        hash, now_ms.load() + limits.commit_wait_ms,
        [this, request, hash, shared_done,
         free = withdrawable_of(*request)](const std::optional<Outcome>& outcome) {
          (*shared_done)(outcome ? outcome_reply(*request, *outcome, free) : late_reply(hash));
        });
    if (kept) return;
    (*shared_done)(refused_reply(
        refusal(NodeError::Busy, "too many replies wait already; the action was admitted as " +
                                     hex_text(hash) + ", ask for it with orderStatus")));
  }

  // What may be sent away just now, for the sentence of a transfer that is above it: the reply is
  // made where the state must not be read.
  std::optional<exchange::Int128> withdrawable_of(const ExchangeRequest& request) const {
    const exchange::ActionBody& body = request.action.body;
    const auto* sub = std::get_if<exchange::SubAccountTransfer>(&body);
    const bool moves_cash = std::holds_alternative<exchange::UsdClassTransfer>(body) ||
                            std::holds_alternative<exchange::UsdSend>(body) ||
                            std::holds_alternative<exchange::CreateVault>(body) ||
                            std::holds_alternative<exchange::VaultTransfer>(body) || sub != nullptr;
    if (!moves_cash) return std::nullopt;
    const auto verified =
        exchange::verify_action(access.domain(), request.action, request.signature);
    if (!verified) return std::nullopt;
    Address from = request.action.account.is_zero() ? verified->signer : request.action.account;
    if (sub != nullptr && !sub->is_deposit) from = sub->sub_account;
    std::optional<exchange::Int128> out;
    access.read([&](const exchange::State& state) {
      const exchange::AccountIndex account = state.find_account(from);
      if (account != exchange::kNobody) out = withdrawable(state, account);
    });
    return out;
  }

  std::string late_reply(const Hash256& hash) const {
    return refused_reply(
        refusal(NodeError::Timeout, "the action was admitted as " + hex_text(hash) +
                                        " but is in no final "
                                        "block after " +
                                        std::to_string(limits.commit_wait_ms / 1000) +
                                        " s; it may still get into one"));
  }

  // `await` calls back from the thread that publishes, where the state must not be read.
  std::string outcome_reply(const ExchangeRequest& request, const Outcome& outcome,
                            std::optional<exchange::Int128> withdrawable) {
    const auto listed = current_catalog();
    const auto prices = current_oracle();
    ReplyContext context{*listed, access.params()};
    context.oracle = prices.get();
    context.withdrawable = withdrawable;
    context.chain_id = access.chain_id();
    context.height = outcome.height;
    context.time = outcome.time;
    if (!outcome.result.ok) {
      const auto verified =
          exchange::verify_action(access.domain(), request.action, request.signature);
      if (verified) context.signer = verified->signer;
    }
    return committed_reply(request, outcome.result, context);
  }

  // --- POST /info ---

  InfoReply info(std::string_view body) {
    InfoReply out;
    const auto answer = answer_info(body, out);
    out.ok = answer.has_value();
    out.body = out.ok ? json::serialize(*answer) : refused_reply(answer.error());
    return out;
  }

  Result<json::value, ApiError> answer_info(std::string_view body, InfoReply& reply) {
    if (body.size() > kInfoBytesMax) {
      return fail(refusal(NodeError::BadRequest,
                          "a query has at most " + std::to_string(kInfoBytesMax) + " bytes"));
    }
    OL_TRY(const json::value request, parse_json(body));
    Reading reading;
    ObjectReader in(reading, request, "");
    const std::string_view type = in.text("type");
    if (reading.failed()) return fail(reading.error());
    if (type == "proof") return answer_proof(in, reply);
    const NamedQuery* query = find_query(type);
    if (query == nullptr) {
      return fail(
          refusal(NodeError::UnknownType, "type is not a query; queries are " + query_list()));
    }
    const bool proves = in.boolean_or("proof", false);
    std::optional<Prover::Proved> proved;
    const InfoAnswer answer = query->reads == Reads::Mirrors
                                  ? ask_mirrors(in, *query, proves, proved, reply)
                                  : ask_state(in, *query, proves, proved, reply);
    in.finish();
    if (reading.failed()) return fail(reading.error());
    json::value out = answer();
    if (json::object* object = out.if_object(); object != nullptr && type != "allMids") {
      object->emplace("height", reply.height);
      object->emplace("time", reply.time);
      if (proved) object->emplace("proof", proof_json(*proved));
    }
    if (proves && !proved) return fail(refusal(NodeError::Busy, "no proof now; try again"));
    return out;
  }

  InfoAnswer ask_mirrors(ObjectReader& in, const NamedQuery& query, bool proves,
                         std::optional<Prover::Proved>& proved, InfoReply& reply) {
    const MutexLock lock(mutex);
    advance();
    const auto listed = current_catalog();
    return ask({in, listed, *listed, access.params(), books, history}, query, proves, proved,
               reply);
  }

  // Beside all others: whoever asks for much keeps nobody from the mirrors.
  InfoAnswer ask_state(ObjectReader& in, const NamedQuery& query, bool proves,
                       std::optional<Prover::Proved>& proved, InfoReply& reply) {
    static const BookMirror kNoBooks;
    static const History kNoHistory;
    const auto listed = current_catalog();
    const InfoCall call{in, listed, *listed, access.params(), kNoBooks, kNoHistory};
    if (query.scan == nullptr) return ask(call, query, proves, proved, reply);
    const InfoAnswer answer = query.scan(call, access);
    reply.height = access.height();
    reply.time = access.time();
    if (proves) refuse_proof(in);
    return answer;
  }

  InfoAnswer ask(const InfoCall& call, const NamedQuery& query, bool proves,
                 std::optional<Prover::Proved>& proved, InfoReply& reply) {
    const Reading& reading = call.in.reading();
    InfoAnswer answer;
    // Again where the block that led to the state is not out yet.
    for (int i = 0; i < kProofTries && (i == 0 || (proves && !proved && !reading.failed())); ++i) {
      access.read([&](const exchange::State& state) {
        reply.height = state.global().height;
        reply.time = state.global().time;
        if (query.long_query != nullptr) {
          answer = query.long_query(call, state);
        } else {
          answer = [out = query.query(call, state)] { return out; };
        }
        if (!proves || reading.failed()) return;
        const std::vector<ProofRange> ranges = proof_ranges(call, query.name, state);
        if (!reading.failed()) proved = prover.prove_in(state, ranges);
      });
    }
    return answer;
  }

  // Of any record, or of all whose keys begin so.
  Result<json::value, ApiError> answer_proof(ObjectReader& in, InfoReply& reply) {
    const auto key = from_hex(std::string(in.text("key")));
    const bool below = in.boolean_or("below", false);
    in.finish();
    if (!in.reading().failed() && (!key || key->size() > (below ? kPlaceBytes : kKeyBytesMax))) {
      in.reading().refuse(NodeError::BadRequest,
                          "key must be bytes in hex with 0x: a record's key of at most 1024 bytes, "
                          "or with below its beginning of at most 32");
    }
    if (in.reading().failed()) return fail(in.reading().error());
    const auto proved = prover.prove({below ? records_below(*key) : one_record(*key)});
    if (!proved) return fail(refusal(NodeError::Busy, "no proof now; try again"));
    reply.height = proved->height;
    reply.time = access.time();
    return json::value(proof_json(*proved));
  }

  // --- subscribers ---

  void receive(ClientId client, std::string_view text) {
    if (text.size() > kMessageBytesMax) return refuse(client, "the message is too long");
    const auto message = parse_json(text);
    if (!message) return refuse(client, message.error().msg);
    Reading reading;
    ObjectReader in(reading, *message, "");
    const std::string_view method = in.text("method");
    if (reading.failed()) return refuse(client, reading.error().msg);
    if (method == "ping") return send(client, R"({"channel":"pong"})");
    if (method == "post") return post_message(client, in);
    if (method != "subscribe" && method != "unsubscribe") {
      return refuse(client, "method must be subscribe, unsubscribe, post or ping");
    }
    const json::value* wanted = in.need("subscription");
    in.finish();
    if (reading.failed()) return refuse(client, reading.error().msg);
    change_subscription(client, reading, *wanted, method);
  }

  void change_subscription(ClientId client, Reading& reading, const json::value& wanted,
                           std::string_view method) {
    const MutexLock lock(mutex);
    advance();
    ObjectReader in(reading, wanted, "subscription");
    const auto listed = current_catalog();
    const Subscription sub = read_subscription(in, *listed);
    if (reading.failed()) return refuse(client, reading.error().msg);
    const std::string key = json::serialize(wanted);
    const bool subscribes = method == "subscribe";
    if (subscribes && feed.subscriptions(client) >= limits.subscriptions_per_client_max) {
      return refuse(client, "at most " + std::to_string(limits.subscriptions_per_client_max) +
                                " subscriptions");
    }
    const bool changed =
        subscribes ? feed.subscribe(client, key, sub) : feed.unsubscribe(client, key);
    if (!changed) {
      return refuse(client, subscribes ? "already subscribed" : "not subscribed");
    }
    const json::object reply{{"method", method}, {"subscription", wanted}};
    send(client,
         json::serialize(json::object{{"channel", "subscriptionResponse"}, {"data", reply}}));
    if (!subscribes) return;
    const json::value first = snapshot_of(sub, view());
    if (first.is_null()) return;
    send(client,
         json::serialize(json::object{{"channel", channel_name(sub.channel)}, {"data", first}}));
  }

  // A request over WebSocket: the payload is the body of /info or /exchange.
  void post_message(ClientId client, ObjectReader& in) {
    const std::uint64_t id = in.unsigned_number("id", ~std::uint64_t{0});
    const json::value* request = in.need("request");
    in.finish();
    if (in.reading().failed()) return refuse(client, in.reading().error().msg);
    ObjectReader fields(in.reading(), *request, "request");
    const std::string type(fields.text("type"));
    const json::value* payload = fields.need("payload");
    fields.finish();
    if (in.reading().failed()) return refuse(client, in.reading().error().msg);
    const std::string body = json::serialize(*payload);
    if (type == "info") {
      return answer_post(client, id, type, info(body).body);
    }
    if (type != "action") return refuse(client, "request.type must be info or action");
    if (!count_post(client)) return refuse(client, "too many requests are unanswered");
    post(body, Wait::Committed, [this, client, id](const std::string& reply) {
      uncount_post(client);
      answer_post(client, id, "action", reply);
    });
  }

  void answer_post(ClientId client, std::uint64_t id, std::string_view type,
                   const std::string& reply) {
    // The payload is JSON already.
    send(client, R"({"channel":"post","data":{"id":)" + std::to_string(id) +
                     R"(,"response":{"type":")" + std::string(type) + R"(","payload":)" + reply +
                     "}}}");
  }

  bool count_post(ClientId client) {
    const MutexLock lock(quick_mutex);
    std::size_t& open = posts[client];
    if (open >= limits.posts_per_client_max) return false;
    ++open;
    return true;
  }
  void uncount_post(ClientId client) {
    const MutexLock lock(quick_mutex);
    const auto it = posts.find(client);
    if (it != posts.end() && --it->second == 0) posts.erase(it);
  }

  void send(ClientId client, std::string text) {
    std::shared_ptr<FeedSink> sink;
    {
      const MutexLock lock(quick_mutex);
      const auto it = sinks.find(client);
      if (it != sinks.end()) sink = it->second.lock();
    }
    if (sink) sink->send(std::make_shared<const std::string>(std::move(text)));
  }
  void refuse(ClientId client, const std::string& why) {
    send(client, json::serialize(json::object{{"channel", "error"}, {"data", json::string(why)}}));
  }

  Access& access;
  const ApiLimits limits;
  Archive* const archive;
  Pending pending;
  Prover prover;
  std::atomic<std::uint64_t> now_ms{0};
  // Held around `Access::read`, never taken within it, nor in a callback of `await`: the thread
  // that publishes blocks would wait for readers, and a reader for it.
  Mutex mutex;
  std::uint64_t next OL_GUARDED_BY(mutex) = 0;
  /// Blocks above it wait: the mirrors are being saved.
  std::uint64_t stop_at OL_GUARDED_BY(mutex) = ~std::uint64_t{0};
  /// The last block that the history had when it was opened.
  std::uint64_t remembered OL_GUARDED_BY(mutex) = 0;
  std::size_t unsaved OL_GUARDED_BY(mutex) = 0;
  BookMirror books OL_GUARDED_BY(mutex);
  History history OL_GUARDED_BY(mutex);
  Feed feed OL_GUARDED_BY(mutex);
  // Never held while anything else is waited for.
  Mutex quick_mutex;
  std::shared_ptr<const Catalog> catalog OL_GUARDED_BY(quick_mutex);
  std::shared_ptr<const OraclePrices> oracle OL_GUARDED_BY(quick_mutex);
  std::map<ClientId, std::weak_ptr<FeedSink>> sinks OL_GUARDED_BY(quick_mutex);
  std::map<ClientId, std::size_t> posts OL_GUARDED_BY(quick_mutex);  // unanswered
};

ExchangeApi::ExchangeApi(Access& access, ApiLimits limits, Archive* archive)
    : impl_(std::make_unique<Impl>(access, limits, archive)) {}

ExchangeApi::~ExchangeApi() {
  close();
}

void ExchangeApi::post_exchange(std::string_view body, Wait wait, Reply done) {
  impl_->post(body, wait, std::move(done));
}

InfoReply ExchangeApi::post_info(std::string_view body) {
  return impl_->info(body);
}

Result<std::string, ApiError> ExchangeApi::typed(std::string_view type) const {
  return typed_template(type, impl_->access.chain_id());
}

Result<std::string, ApiError> ExchangeApi::typed_of(std::string_view body) const {
  const auto listed = impl_->current_catalog();
  OL_TRY(const ExchangeRequest request,
         parse_unsigned_request(body, *listed, impl_->access.chain_id()));
  return typed_data(request.action, impl_->access.chain_id());
}

std::string ExchangeApi::post_dev(std::string_view body) {
  const auto listed = impl_->current_catalog();
  const auto action = parse_dev_request(body, *listed);
  if (!action) return refused_reply(action.error());
  const auto taken = impl_->access.submit_system(*action);
  if (!taken) return refused_reply(refusal_of(taken.error()));
  return R"({"status":"ok"})";
}

ExchangeApi::ClientId ExchangeApi::connect(std::weak_ptr<FeedSink> sink) {
  ClientId client = 0;
  {
    const MutexLock lock(impl_->mutex);
    client = impl_->feed.connect(sink);
  }
  const MutexLock lock(impl_->quick_mutex);
  impl_->sinks[client] = std::move(sink);
  return client;
}

void ExchangeApi::disconnect(ClientId client) {
  {
    const MutexLock lock(impl_->mutex);
    impl_->feed.disconnect(client);
  }
  const MutexLock lock(impl_->quick_mutex);
  impl_->sinks.erase(client);
}

void ExchangeApi::receive(ClientId client, std::string_view text) {
  impl_->receive(client, text);
}

void ExchangeApi::advance() {
  const MutexLock lock(impl_->mutex);
  impl_->advance();
}

void ExchangeApi::tick(std::uint64_t now_ms) {
  impl_->now_ms.store(now_ms);
  impl_->pending.expire(now_ms);
}

void ExchangeApi::save() {
  impl_->save();
}

std::size_t ExchangeApi::unsaved() const {
  const MutexLock lock(impl_->mutex);
  return impl_->unsaved;
}

void ExchangeApi::close() {
  impl_->pending.close();
}

std::size_t ExchangeApi::clients() const {
  const MutexLock lock(impl_->mutex);
  return impl_->feed.clients();
}

}  // namespace ol::api
