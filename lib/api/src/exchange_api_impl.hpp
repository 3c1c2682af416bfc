#pragma once

#include <atomic>
#include <map>

#include <boost/json/value.hpp>

#include <ol/api/exchange_api.hpp>
#include <ol/api/exchange_reply.hpp>
#include <ol/api/exchange_request.hpp>
#include <ol/api/prover.hpp>
#include <ol/base/thread_safety.hpp>

#include "book_mirror.hpp"
#include "dev_waits.hpp"
#include "feed.hpp"
#include "history.hpp"
#include "info.hpp"
#include "pending.hpp"
#include "referral_codes.hpp"

namespace ol::api {

[[nodiscard]] ApiError refusal_of(const exchange::Refusal& refused);

using OraclePrices = std::map<exchange::AssetId, std::uint64_t>;

/// The API behind its public face. What is final: api_mirrors.cpp; queries: api_queries.cpp;
/// subscribers: api_subscribers.cpp; actions: exchange_api.cpp; POST /dev: dev_api.cpp.
class ExchangeApi::Impl {
 public:
  Impl(exchange::Access& node, ApiLimits given, Archive* kept)
      : access(node),
        limits(given),
        archive(kept),
        pending(node, given.waiting_max),
        dev_waits(given.waiting_max),
        prover(node) {
    const MutexLock lock(mutex);
    reload(remember() ? Past::Known : Past::Lost);
    next_settled = next;
  }
  ~Impl() { access.keep_from(this, exchange::Access::kNoHeight); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // --- what is final ---

  void advance() OL_REQUIRES(mutex);

  // Whether the history has every block so far.
  enum class Past : std::uint8_t { Known, Lost };

  bool remember() OL_REQUIRES(mutex);

  // Blocks were missed: what is known of before them stays, and clients are told.
  void begin_anew() OL_REQUIRES(mutex);

  // The archive gets a history and a state of one height: the mirrors stop at that of a state that
  // is stored, and go on once the history is copied.
  void save();
  std::uint64_t stop_mirrors(std::uint64_t height);

  void reload(Past past) OL_REQUIRES(mutex);

  void refresh_catalog() OL_REQUIRES(mutex);

  void set_catalog(const exchange::State& state);

  void refresh_oracle();

  void set_oracle(const exchange::State& state);

  std::shared_ptr<const OraclePrices> current_oracle();

  FeedView view() OL_REQUIRES(mutex);

  std::shared_ptr<const Catalog> current_catalog();

  // --- POST /exchange ---

  void post(std::string_view body, Wait wait, Reply done);

  void wait_for(const std::shared_ptr<const ExchangeRequest>& request, const Hash256& hash,
                Reply done);

  // What the sentence of a refusal may need of the state. It is read before the action is waited
  // for: the reply may be made in a callback of `await`, where the state must not be read.
  struct Before {
    std::optional<exchange::Int128> withdrawable;
    bool signer_is_agent = false;
  };
  Before read_before(const ExchangeRequest& request) const;

  std::string late_reply(const Hash256& hash) const;

  // --- POST /dev ---

  void post_dev(std::string_view body, Reply done);

  std::string dev_reply(const DevRequest& request, const std::optional<DevWaits::Outcome>& outcome);

  // What the chain did not do, and why.
  std::string refused_sentence(const exchange::SystemAction& action) const;

  // Tells whoever waits of all final blocks, those that the mirrors left out among them.
  void settle_dev() OL_REQUIRES(mutex);

  // Reads no state and takes no `mutex`: called from callbacks of `await`.
  std::string outcome_reply(const ExchangeRequest& request, const exchange::Outcome& outcome,
                            const Before& before);

  // --- POST /info ---

  InfoReply info(std::string_view body);

  Result<boost::json::value, ApiError> answer_info(std::string_view body, InfoReply& reply);

  InfoAnswer ask_mirrors(ObjectReader& in, const NamedQuery& query, bool proves,
                         std::optional<Prover::Proved>& proved, InfoReply& reply);

  // Beside all others: whoever asks for much keeps nobody from the mirrors.
  InfoAnswer ask_state(ObjectReader& in, const NamedQuery& query, bool proves,
                       std::optional<Prover::Proved>& proved, InfoReply& reply);

  InfoAnswer ask(const InfoCall& call, const NamedQuery& query, bool proves,
                 std::optional<Prover::Proved>& proved, InfoReply& reply);

  // Of any record, or of all whose keys begin so.
  Result<boost::json::value, ApiError> answer_proof(ObjectReader& in, InfoReply& reply);

  // --- subscribers ---

  void receive(ClientId client, std::string_view text);

  void change_subscription(ClientId client, Reading& reading, const boost::json::value& wanted,
                           std::string_view method);

  // A request over WebSocket: the payload is the body of /info or /exchange.
  void post_message(ClientId client, ObjectReader& in);

  void answer_query(ClientId client, std::uint64_t id, std::string_view body);

  void answer_post(ClientId client, std::uint64_t id, std::string_view type,
                   const std::string& reply);

  bool count_post(ClientId client);
  void uncount_post(ClientId client);

  void send(ClientId client, std::string text);
  void refuse(ClientId client, const std::string& why);

  exchange::Access& access;
  const ApiLimits limits;
  Archive* const archive;
  Pending pending;
  DevWaits dev_waits;
  Prover prover;
  std::atomic<std::uint64_t> now_ms{0};
  // Held around `Access::read`, never taken within it: the thread that publishes blocks would wait
  // for readers, and a reader for it. Nor in a callback of `await` or `subscribe`, which that
  // thread runs and which must not wait.
  Mutex mutex;
  std::uint64_t next OL_GUARDED_BY(mutex) = 0;
  std::uint64_t next_settled OL_GUARDED_BY(mutex) = 0;
  /// Blocks above it wait: the mirrors are being saved.
  std::uint64_t stop_at OL_GUARDED_BY(mutex) = ~std::uint64_t{0};
  /// The last block that the history had when it was opened.
  std::uint64_t remembered OL_GUARDED_BY(mutex) = 0;
  /// Its hash, where the file was ahead of the chain and says it.
  std::optional<Hash256> remembered_block OL_GUARDED_BY(mutex);
  std::size_t unsaved OL_GUARDED_BY(mutex) = 0;
  BookMirror books OL_GUARDED_BY(mutex);
  ReferralCodes codes OL_GUARDED_BY(mutex);
  History history OL_GUARDED_BY(mutex);
  Feed feed OL_GUARDED_BY(mutex);
  // Never held while anything else is waited for.
  Mutex quick_mutex;
  std::shared_ptr<const Catalog> catalog OL_GUARDED_BY(quick_mutex);
  std::shared_ptr<const OraclePrices> oracle OL_GUARDED_BY(quick_mutex);
  std::map<ClientId, std::weak_ptr<FeedSink>> sinks OL_GUARDED_BY(quick_mutex);
  std::map<ClientId, std::size_t> posts OL_GUARDED_BY(quick_mutex);  // unanswered
};

}  // namespace ol::api
