// ol_consensusState, ol_evidence, ol_observations, ol_validators, ol_epochChain:
// docs/protocol/json-rpc.md.
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

json::array observations_json(const std::vector<Observation>& list) {
  json::array out;
  for (const Observation& one : list) {
    out.emplace_back(json::object{{"kind", one.kind},
                                  {"proposer", one.proposer},
                                  {"validator", one.validator},
                                  {"epoch", one.epoch},
                                  {"height", one.height},
                                  {"count", one.count}});
  }
  return out;
}

json::object validators_json(const ValidatorsAnswer& answer) {
  json::array list;
  for (std::size_t i = 0; i < answer.validators.size(); ++i) {
    const ValidatorRecord& one = answer.validators[i];
    list.emplace_back(json::object{{"index", i},
                                   {"name", one.name},
                                   {"weight", one.weight},
                                   {"key", data(one.key)},
                                   {"blsKey", data(one.bls_key)},
                                   {"networkKey", data(one.network_key)},
                                   {"feeRecipient", data(one.fee_recipient)}});
  }
  return {
      {"epoch", answer.epoch}, {"setHash", data(answer.set_hash)}, {"validators", std::move(list)}};
}

/// Proofs in one answer of ol_epochChain.
constexpr std::size_t kEpochsMax = 16;

RpcResult epoch_chain(const ConsensusBackend& node, const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  std::uint64_t from = 0;
  if (params.size() > 0) {
    OL_TRY(from, params.quantity(0));
  }
  json::array out;
  for (const Bytes& proof : node.epoch_chain(from, kEpochsMax))
    out.emplace_back(data(proof));
  return json::serialize(out);
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
  registry.add("ol_observations", [node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(0));
    return json::serialize(observations_json(node->observations()));
  });
  registry.add("ol_validators", [node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(0));
    return json::serialize(validators_json(node->validators()));
  });
  registry.add("ol_epochChain",
               [node](const Params& params) { return epoch_chain(*node, params); });
}

}  // namespace ol::rpc
