#pragma once

#include <functional>

#include <boost/json/value.hpp>

#include <ol/api/catalog.hpp>
#include <ol/exchange/access.hpp>

#include "book_mirror.hpp"
#include "history.hpp"
#include "json_reader.hpp"

namespace ol::api {

/// What a query is answered from. Borrows.
struct InfoCall {
  ObjectReader& in;
  const Catalog& catalog;
  const exchange::Params& params;
  const BookMirror& books;
  const History& history;
};

/// Answers from the state; refuses through the reader.
using InfoQuery = boost::json::value (*)(const InfoCall&, const exchange::State&);
/// The query of that name, or null.
[[nodiscard]] InfoQuery find_query(std::string_view type);
/// The names there are, for sentences.
[[nodiscard]] std::string query_list();

struct NamedQuery {
  std::string_view name;
  InfoQuery query;
};
// One table per file.
[[nodiscard]] std::span<const NamedQuery> market_queries();
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
/// Depth, figures and mantissa of a request.
[[nodiscard]] DepthOptions read_depth(ObjectReader& in);

}  // namespace ol::api
