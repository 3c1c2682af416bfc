#include "proof_check.hpp"

#include <memory>

#include <ol/consensus/finality.hpp>
#include <ol/execution/exchange_chain.hpp>

namespace ol::app {
namespace {

using consensus::EpochSetting;
using primitives::Epoch;

struct Finality {
  std::vector<primitives::Header> headers;
  primitives::QuorumCertificate certificate;
};

Result<Finality, DecodeError> decode_finality(ByteView bytes) {
  Reader in(bytes);
  Finality out;
  const std::uint32_t count = in.count(consensus::kHandOverHeadersMax);
  if (count == 0) in.reject(DecodeError::BadValue);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i)
    out.headers.push_back(primitives::decode_header(in));
  out.certificate = primitives::decode_quorum_certificate(in);
  OL_TRY_VOID(in.finish());
  return out;
}

// The validators of an epoch, by the proofs that ended those before it.
Result<std::unique_ptr<EpochSetting>, std::string> setting_of(const primitives::Genesis& genesis,
                                                              Epoch epoch,
                                                              const std::vector<Bytes>& proofs) {
  auto setting = std::make_unique<EpochSetting>(genesis, Epoch(0));
  for (const Bytes& bytes : proofs) {
    if (setting->set.epoch() == epoch) return setting;
    const auto proof = consensus::decode_hand_over(bytes);
    if (!proof) return fail(std::string("a hand-over does not decode"));
    auto opening = consensus::verify_hand_over(*setting, *proof);
    if (!opening) return fail("a hand-over: " + std::string(describe(opening.error())));
    setting = std::move(opening->next);
  }
  if (setting->set.epoch() == epoch) return setting;
  return fail("nothing proves who the validators of epoch " + std::to_string(epoch.value()) +
              " are");
}

}  // namespace

Result<CheckedProof, std::string> check_proof(const primitives::Genesis& genesis,
                                              const ProofFile& file) {
  const auto proof = exchange::decode_range_proof(file.proof);
  if (!proof) return fail(std::string("its leaves do not decode: ") + describe(proof.error()));
  auto range = exchange::verify_range(*proof);
  if (!range) return fail(std::string(describe(range.error())));
  const auto finality = decode_finality(file.finality);
  if (!finality) return fail(std::string("its headers do not decode"));
  const primitives::Header& block = finality->headers.front();
  if (block.height.value() != file.height + 1)
    return fail(std::string("its first header is not of the block after the state's"));
  const Hash256 root =
      execution::joint_state_root(genesis.domain, file.evm_state_root, range->root);
  if (root != block.parent_state_root)
    return fail(std::string("its leaves lead to a root that the block does not have"));
  OL_TRY(const auto setting, setting_of(genesis, block.epoch, file.hand_overs));
  const auto is_final = consensus::verify_final(*setting, finality->headers, finality->certificate);
  if (!is_final) return fail(std::string(describe(is_final.error())));
  CheckedProof out;
  out.first = proof->first;
  out.last = proof->last;
  out.range = *std::move(range);
  out.block_height = block.height.value();
  out.epoch = block.epoch.value();
  const primitives::ValidatorSet& set = setting->set;
  const bool counts_heads = set.rule() == primitives::QuorumRule::Unit;
  out.validators = set.size();
  out.total_weight = counts_heads ? set.size() : set.total_weight();
  const auto listed = set.weight_of_bitmap(finality->certificate.signers);
  out.at_least = !listed || *listed == 0;
  out.signers_weight = out.at_least ? set.quorum_count() : *listed;
  return out;
}

}  // namespace ol::app
