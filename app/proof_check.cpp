#include "proof_check.hpp"

#include <memory>

#include <ol/base/rlp.hpp>
#include <ol/consensus/finality.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/execution/exchange_chain.hpp>
#include <ol/state/proof.hpp>

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

Result<ProvenAccount, std::string> check_account(const Hash256& root, const AccountProof& proof) {
  const auto shown = state::check_proof(root, crypto::keccak256(proof.address.view()), proof.nodes);
  if (!shown) return fail(std::string("its nodes show no account under the root"));
  ProvenAccount out;
  Hash256 storage_root = state::kEmptyTrieRoot;
  if (!shown->empty()) {
    const auto account = state::decode_account(*shown);
    if (!account) return fail(std::string("the account does not decode"));
    storage_root = account->storage_root;
    out.account = *account;
  }
  for (const AccountProof::Slot& slot : proof.slots) {
    const auto value =
        state::check_proof(storage_root, crypto::keccak256(slot.key.view()), slot.nodes);
    if (!value) return fail(std::string("its nodes show no slot under the account's root"));
    U256 number;
    if (!value->empty()) {
      RlpReader in(*value);
      const auto decoded = in.u256();
      if (!decoded || !in.finish()) return fail(std::string("a slot does not decode"));
      number = *decoded;
    }
    out.slots.emplace_back(slot.key, number);
  }
  return out;
}

// The root that the block after the state commits to.
Result<Hash256, std::string> joint_root(const primitives::Genesis& genesis, const ProofFile& file,
                                        const std::optional<ProvenRecords>& records) {
  if (!genesis.exchange) {
    if (records) return fail(std::string("this chain has no exchange"));
    return file.evm_state_root;
  }
  if (records) {
    return execution::joint_state_root(genesis.domain, file.evm_state_root, records->range.root);
  }
  if (!file.exchange_root) return fail(std::string("it has no \"exchangeRoot\""));
  return execution::joint_state_root(genesis.domain, file.evm_state_root, *file.exchange_root);
}

Result<std::optional<ProvenRecords>, std::string> check_records(const ProofFile& file) {
  if (!file.records) return std::nullopt;
  const auto proof = exchange::decode_range_proof(*file.records);
  if (!proof) return fail(std::string("its leaves do not decode: ") + describe(proof.error()));
  auto range = exchange::verify_range(*proof);
  if (!range) return fail(std::string(describe(range.error())));
  return ProvenRecords{proof->first, proof->last, *std::move(range)};
}

}  // namespace

Result<CheckedProof, std::string> check_proof(const primitives::Genesis& genesis,
                                              const ProofFile& file) {
  CheckedProof out;
  OL_TRY(out.records, check_records(file));
  if (file.account) {
    OL_TRY(out.account, check_account(file.evm_state_root, *file.account));
  }
  const auto finality = decode_finality(file.finality);
  if (!finality) return fail(std::string("its headers do not decode"));
  out.header = finality->headers.front();
  if (out.header.height.value() != file.height + 1)
    return fail(std::string("its first header is not of the block after the state's"));
  OL_TRY(const Hash256 root, joint_root(genesis, file, out.records));
  if (root != out.header.parent_state_root)
    return fail(std::string("its leaves lead to a root that the block does not have"));
  OL_TRY(const auto setting, setting_of(genesis, out.header.epoch, file.hand_overs));
  const auto is_final = consensus::verify_final(*setting, finality->headers, finality->certificate);
  if (!is_final) return fail(std::string(describe(is_final.error())));
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
