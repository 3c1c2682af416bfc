#pragma once

#include <functional>
#include <memory>
#include <span>

#include <boost/json/value.hpp>

#include <ol/api/catalog.hpp>
#include <ol/exchange/access.hpp>

#include "book_mirror.hpp"
#include "history.hpp"
#include "json_reader.hpp"
#include "referral_codes.hpp"

namespace ol::api {

/// What a query is answered from. Borrows.
struct InfoCall {
  ObjectReader& in;
  /// For answers that are made later.
  std::shared_ptr<const Catalog> listed;
  const Catalog& catalog;
  const exchange::Params& params;
  const BookMirror& books;
  const History& history;
  const ReferralCodes* codes = nullptr;  // of queries that read mirrors
};

/// Answers from the state; refuses through the reader.
using InfoQuery = boost::json::value (*)(const InfoCall&, const exchange::State&);
/// The rest of a long answer, made from copies: nobody waits for it but who asked.
using InfoAnswer = std::function<boost::json::value()>;
using LongQuery = InfoAnswer (*)(const InfoCall&, const exchange::State&);
/// Reads the state by itself, in pieces.
using ScanQuery = InfoAnswer (*)(const InfoCall&, const exchange::Access&);

/// What a query is answered from. The books and what happened belong to all askers in turn; the
/// state alone is read side by side.
enum class Reads : std::uint8_t { State, Mirrors };

struct NamedQuery {
  std::string_view name;
  Reads reads = Reads::State;
  InfoQuery query = nullptr;
  /// One of these instead where an answer may be long.
  LongQuery long_query = nullptr;
  ScanQuery scan = nullptr;

  constexpr NamedQuery(std::string_view called, Reads from, InfoQuery answer)
      : name(called), reads(from), query(answer) {}
  constexpr NamedQuery(std::string_view called, Reads from, LongQuery answer)
      : name(called), reads(from), long_query(answer) {}
  constexpr NamedQuery(std::string_view called, ScanQuery answer) : name(called), scan(answer) {}
};
/// The query of that name, or null.
[[nodiscard]] const NamedQuery* find_query(std::string_view type);
/// The names there are, for sentences.
[[nodiscard]] std::string query_list();

// One table per file.
[[nodiscard]] std::span<const NamedQuery> market_queries();
[[nodiscard]] std::span<const NamedQuery> book_queries();
[[nodiscard]] std::span<const NamedQuery> account_queries();
[[nodiscard]] std::span<const NamedQuery> history_queries();

/// The market that "coin" names; refused with the list of those there are.
[[nodiscard]] const MarketEntry* read_coin(const InfoCall& call);
/// Mid price of the book in halves of a price unit, as text; null without both sides.
[[nodiscard]] boost::json::value mid_json(const BookView& book, const MarketEntry& market);
/// assetCtx of dex.md 17.4.
[[nodiscard]] boost::json::object asset_ctx_json(const InfoCall& call, const exchange::State& state,
                                                 const MarketEntry& market);
/// The mids of every market.
[[nodiscard]] boost::json::object mids_json(const Catalog& catalog, const BookMirror& books,
                                            const exchange::State& state);
/// {"coin","time","height","seq","prevSeq","crc","levels"}.
[[nodiscard]] boost::json::object book_json(const BookView& book, const MarketEntry& market,
                                            const DepthOptions& options);
/// Lets "dex" be there, empty: existing clients name the exchange so that has no name. Another is
/// refused.
void read_dex(ObjectReader& in);
/// Depth, figures and mantissa of a request.
[[nodiscard]] DepthOptions read_depth(ObjectReader& in);
/// Place in kIntervals of a request's "interval"; refused with the list of those there are.
[[nodiscard]] std::size_t read_interval(ObjectReader& in);

}  // namespace ol::api
