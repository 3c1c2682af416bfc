// POST /info.
#include <chrono>
#include <thread>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>

#include "exchange_api_impl.hpp"
#include "info_proof.hpp"
#include "json_reader.hpp"

namespace ol::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kInfoBytesMax = 16 * 1024;
constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kPlaceBytes = 32;
constexpr int kProofTries = 50;
constexpr std::chrono::milliseconds kProofPause{2};
/// How often the mirrors catch up with a state that was read newer than they are.
constexpr int kMirrorTries = 10;

}  // namespace

InfoReply ExchangeApi::Impl::info(std::string_view body) {
  InfoReply out;
  const auto answer = answer_info(body, out);
  out.ok = answer.has_value();
  out.body = out.ok ? json::serialize(*answer) : refused_reply(answer.error());
  return out;
}

Result<json::value, ApiError> ExchangeApi::Impl::answer_info(std::string_view body,
                                                             InfoReply& reply) {
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
  read_dex(in);
  const bool proves = in.boolean_or("proof", false);
  // Before any lock is held: it may take long.
  if (proves && is_provable(type)) prover.prepare();
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
    if (type == "exchangeStatus") object->emplace("historyFrom", reply.history_from);
    if (proved) object->emplace("proof", proof_json(*proved));
  }
  if (proves && !proved) return fail(refusal(NodeError::Busy, "no proof now; try again"));
  return out;
}

InfoAnswer ExchangeApi::Impl::ask_mirrors(ObjectReader& in, const NamedQuery& query, bool proves,
                                          std::optional<Prover::Proved>& proved, InfoReply& reply) {
  const MutexLock lock(mutex);
  InfoAnswer answer;
  for (int i = 0; i < kMirrorTries && (i == 0 || reply.height >= next); ++i) {
    advance();
    const auto listed = current_catalog();
    answer = ask({in, listed, *listed, access.params(), books, history, &codes}, query, proves,
                 proved, reply);
  }
  reply.history_from = history.whole_after() + 1;
  if (reply.height < next) return answer;
  // The state goes on meanwhile: whoever resumes after the height told here misses nothing.
  reply.height = next - 1;
  proved.reset();
  return answer;
}

InfoAnswer ExchangeApi::Impl::ask_state(ObjectReader& in, const NamedQuery& query, bool proves,
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

InfoAnswer ExchangeApi::Impl::ask(const InfoCall& call, const NamedQuery& query, bool proves,
                                  std::optional<Prover::Proved>& proved, InfoReply& reply) {
  const Reading& reading = call.in.reading();
  InfoAnswer answer;
  // Again where the block that led to the state is not out yet.
  for (int i = 0; i < kProofTries && (i == 0 || (proves && !proved && !reading.failed())); ++i) {
    if (i > 0) std::this_thread::sleep_for(kProofPause);
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

Result<json::value, ApiError> ExchangeApi::Impl::answer_proof(ObjectReader& in, InfoReply& reply) {
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

}  // namespace ol::api
