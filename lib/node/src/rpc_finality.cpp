// ol_finality: what makes a block final, for whoever believes genesis alone
// (docs/protocol/state-proof.md). ol_certificate: who voted for it (docs/protocol/json-rpc.md).
#include <ol/base/hex.hpp>
#include <ol/consensus/voting_rule.hpp>
#include <ol/execution/exchange_chain.hpp>

#include "node_impl.hpp"

namespace ol::node {
namespace {

using rpc::Params;
using rpc::RpcResult;

/// Headers from a block to one that makes it final.
constexpr std::uint64_t kFinalityHeadersMax = 64;

// Whether a certificate of the last header makes the first one's block final.
bool makes_final(primitives::CommitRule rule, const primitives::ChainDomain& domain,
                 const std::vector<primitives::Header>& headers) {
  if (rule == primitives::CommitRule::TwoPhase) return true;
  const auto ref = [&](std::size_t back) {
    const primitives::Header& header = headers[headers.size() - back];
    return consensus::BlockRef{header.view, primitives::block_hash(domain, header)};
  };
  consensus::CertifiedChain chain{.head = ref(1), .parent = {}, .grandparent = {}};
  if (headers.size() > 1) chain.parent = ref(2);
  if (headers.size() > 2) chain.grandparent = ref(3);
  return consensus::make_voting_rule(rule)->decide_commit(chain).has_value();
}

std::string quoted(ByteView bytes) {
  return '"' + to_hex_prefixed(bytes) + '"';
}

RpcResult unreadable() {
  return rpc::refuse("the database cannot be read");
}

std::string answer(std::uint64_t height, const Hash256& evm_root,
                   const std::optional<Hash256>& exchange_root,
                   const std::vector<primitives::Header>& headers,
                   const primitives::QuorumCertificate& certificate) {
  Writer proof;
  proof.u32(static_cast<std::uint32_t>(headers.size()));
  for (const primitives::Header& header : headers)
    primitives::encode(proof, header);
  primitives::encode(proof, certificate);
  return "{\"height\":" + std::to_string(height) + ",\"evmStateRoot\":" + quoted(evm_root.view()) +
         (exchange_root ? ",\"exchangeRoot\":" + quoted(exchange_root->view()) : "") +
         ",\"finality\":" + quoted(proof.bytes()) + "}";
}

// The roots after a block, and what makes the next block final, which commits to them.
RpcResult finality(const Node::Impl& node, std::uint64_t height) {
  const primitives::Genesis& genesis = node.parts_.genesis;
  const auto snapshot = node.database_->snapshot();
  if (!snapshot || !(*snapshot)->head()) return unreadable();
  const auto evm = (*snapshot)->evm_header(primitives::Height(height));
  if (!evm) return unreadable();
  if (!*evm) return std::string("null");
  std::optional<Hash256> exchange_root;
  if (genesis.exchange) {
    const auto stored = (*snapshot)->exchange_roots(primitives::Height(height));
    if (!stored || !*stored) return unreadable();
    const auto roots = execution::decode_roots(**stored);
    if (!roots) return unreadable();
    exchange_root = roots->state;
  }
  std::vector<primitives::Header> headers;
  while (headers.size() < kFinalityHeadersMax) {
    const primitives::Height at(height + 1 + headers.size());
    const auto header = (*snapshot)->header(at);
    if (!header) return unreadable();
    if (!*header || (!headers.empty() && (*header)->epoch != headers.front().epoch)) break;
    headers.push_back(**header);
    if (!makes_final(genesis.commit_rule, genesis.domain, headers)) continue;
    const auto certificate = (*snapshot)->certificate(at);
    if (!certificate || !*certificate) return unreadable();
    return answer(height, (**evm).state_root, exchange_root, headers, **certificate);
  }
  return std::string("null");
}

// The indices of a bitmap that the chain has checked.
std::string indices_of(ByteView signers) {
  std::string out;
  for (std::size_t bit = 0; bit < signers.size() * 8; ++bit) {
    if (((signers[bit / 8] >> (bit % 8)) & 1) == 0) continue;
    out += (out.empty() ? "" : ",") + std::to_string(bit);
  }
  return '[' + out + ']';
}

RpcResult certificate(const Node::Impl& node, std::uint64_t height) {
  const auto snapshot = node.database_->snapshot();
  if (!snapshot) return unreadable();
  const auto stored = (*snapshot)->certificate(primitives::Height(height));
  if (!stored) return unreadable();
  if (!*stored || (**stored).is_genesis()) return std::string("null");
  const primitives::QuorumCertificate& found = **stored;
  const bool listed = !found.signers.empty();
  return "{\"height\":" + std::to_string(height) +
         ",\"view\":" + std::to_string(found.view().value()) +
         ",\"epoch\":" + std::to_string(found.subject.epoch.value()) +
         ",\"block\":" + quoted(found.block().view()) +
         ",\"signers\":" + (listed ? indices_of(found.signers) : "null") +
         ",\"signature\":" + quoted(found.signature) + "}";
}

}  // namespace

void add_finality_methods(rpc::Registry& registry, Node::Impl& node) {
  registry.add("ol_finality", [&node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    OL_TRY(const std::uint64_t height, params.quantity(0));
    return finality(node, height);
  });
  registry.add("ol_certificate", [&node](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(1));
    OL_TRY(const std::uint64_t height, params.quantity(0));
    return certificate(node, height);
  });
}

}  // namespace ol::node
