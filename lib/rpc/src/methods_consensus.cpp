// ol_consensusState and ol_evidence: docs/protocol/json-rpc.md.
#include <boost/json/array.hpp>

#include <ol/rpc/consensus_backend.hpp>

#include "json_out.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;

json::object block_json(const BlockAt& at) {
  return {{"view", at.view}, {"blockHash", data(at.block)}};
}

json::array numbers(const std::vector<std::uint32_t>& list) {
  return json::array(list.begin(), list.end());
}

json::array votes_json(const std::vector<VoteRecord>& votes) {
  json::array out;
  for (std::size_t i = 0; i < votes.size(); ++i) {
    out.emplace_back(json::object{{"validator", i},
                                  {"seen", votes[i].seen},
                                  {"missed", votes[i].missed},
                                  {"behindMs", votes[i].behind_ms}});
  }
  return out;
}

json::object state_json(const ConsensusState& state) {
  json::object out;
  out["rule"] = state.rule;
  out["epoch"] = state.epoch;
  out["view"] = state.view;
  out["leader"] = state.leader;
  out["validator"] = state.validator ? json::value(*state.validator) : json::value(nullptr);
  out["signing"] = state.signing;
  out["lock"] = block_json(state.lock);
  out["lastVote"] = block_json(state.last_vote);
  out["highCertificate"] = {{"view", state.high_certificate_view},
                            {"height", state.high_certificate_height}};
  out["committedHeight"] = state.committed_height;
  out["bestPeerHeight"] = state.best_peer_height;
  out["timeoutMs"] = state.timeout_ms;
  out["lostViews"] = state.lost_views;
  out["waiting"] = {{"for", state.waiting_for},
                    {"view", state.waiting_view},
                    {"from", numbers(state.waiting_from)},
                    {"text", state.waiting_text}};
  out["voters"] = numbers(state.voters);
  out["left"] = numbers(state.left);
  out["passedOver"] = numbers(state.passed_over);
  out["votes"] = votes_json(state.votes);
  return out;
}

json::array evidence_json(const std::vector<EvidenceRecord>& list) {
  json::array out;
  for (const EvidenceRecord& one : list) {
    out.emplace_back(json::object{{"kind", one.kind},
                                  {"validator", one.validator},
                                  {"epoch", one.epoch},
                                  {"height", one.height},
                                  {"view", one.view},
                                  {"proof", data(one.proof)}});
  }
  return out;
}

}  // namespace

void add_consensus_methods(Registry& registry, const ConsensusBackend& backend) {
  const ConsensusBackend* node = &backend;
  registry.add("ol_consensusState", [node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(0));
    return json::serialize(state_json(node->consensus_state()));
  });
  registry.add("ol_evidence", [node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(0));
    return json::serialize(evidence_json(node->evidence()));
  });
}

}  // namespace ol::rpc
