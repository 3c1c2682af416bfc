#pragma once

#include <vector>

#include <boost/json/object.hpp>

#include <ol/api/prover.hpp>

#include "info.hpp"

namespace ol::api {

/// What `"proof": true` beside a query asks for: the leaves its answer is made of (dex.md 17.2).
/// Refuses through the reader where a query has none.
/// Whether `proof_ranges` gives any of that query.
[[nodiscard]] bool is_provable(std::string_view type);
[[nodiscard]] std::vector<ProofRange> proof_ranges(const InfoCall& call, std::string_view type,
                                                   const exchange::State& state);

/// For a query that no proof is there for.
void refuse_proof(ObjectReader& in);

/// {"height", "ranges"}: docs/protocol/state-proof.md.
[[nodiscard]] boost::json::object proof_json(const Prover::Proved& proved);

}  // namespace ol::api
