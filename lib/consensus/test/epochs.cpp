#include "epochs.hpp"

#include <ol/consensus/voting_rule.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/primitives/signing.hpp>

namespace ol::consensus::test {
namespace {

Bytes seed(std::uint8_t kind, std::uint32_t who) {
  Bytes out(32, kind);
  out[0] = static_cast<std::uint8_t>(who + 1);
  return out;
}

bool is_slotted(const primitives::Genesis& genesis) {
  return genesis.commit_rule == primitives::CommitRule::TwoPhase;
}

std::unique_ptr<RoundRobin> robin(const EpochSetting& setting) {
  return std::make_unique<RoundRobin>(setting.set.size());
}

primitives::Genesis parameters(primitives::CommitRule rule, primitives::SchemeKind scheme) {
  primitives::Genesis out;
  out.domain.chain_id = primitives::ChainId(7777);
  out.chain_name = "epochs";
  out.scheme = scheme;
  out.commit_rule = rule;
  out.devnet = true;
  if (is_slotted(out)) {
    out.profile = primitives::Profile::Timecoin;
    out.slots = primitives::SlotParams{.slot_ms = 2000, .phase_ms = 600};
  }
  return out;
}

}  // namespace

crypto::Ed25519SecretKey operator_key(std::uint32_t who) {
  return *crypto::Ed25519SecretKey::from_bytes(seed(11, who));
}
crypto::Ed25519SecretKey operator_network_key(std::uint32_t who) {
  return *crypto::Ed25519SecretKey::from_bytes(seed(12, who));
}
crypto::BlsSecretKey operator_bls_key(std::uint32_t who) {
  return *crypto::BlsSecretKey::key_gen(seed(13, who));
}

Era::Era(primitives::CommitRule rule, primitives::SchemeKind scheme, Operators chosen)
    : members(std::move(chosen)),
      setting(std::make_unique<EpochSetting>(with_members(parameters(rule, scheme)), Epoch(0))),
      leaders(robin(*setting)) {}

Era::Era(const Era& before, Operators chosen)
    : members(std::move(chosen)),
      setting(std::make_unique<EpochSetting>(with_members(before.setting->genesis),
                                             before.setting->set.epoch().next())),
      leaders(robin(*setting)) {}

primitives::Genesis Era::with_members(primitives::Genesis genesis) {
  genesis.validators.clear();
  genesis.possession_proofs.clear();
  genesis.verification_vector.clear();
  for (const std::uint32_t who : members) {
    const auto bls = operator_bls_key(who);
    genesis.validators.push_back({.name = "operator" + std::to_string(who),
                                  .weight = primitives::Weight(is_slotted(genesis) ? 10 : 1),
                                  .key = operator_key(who).public_key(),
                                  .bls_key = bls.public_key(),
                                  .network_key = operator_network_key(who).public_key(),
                                  .fee_recipient = {}});
    genesis.possession_proofs.push_back(bls.prove_possession());
  }
  if (genesis.scheme != primitives::SchemeKind::BlsThreshold) return genesis;
  crypto::SecretBytes<32> deal_seed;
  for (const std::uint32_t who : members)
    deal_seed.span()[who % 32] = static_cast<std::uint8_t>(who + 1);
  const auto n = static_cast<std::uint16_t>(members.size());
  const auto q = static_cast<std::uint16_t>(primitives::unit_quorum(n));
  dealt.emplace(*crypto::deal_key({.quorum = q, .holders = n}, deal_seed));
  genesis.verification_vector.assign(dealt->vector.points().begin(), dealt->vector.points().end());
  return genesis;
}

crypto::BlsSecretKey Era::vote_key(std::uint32_t i) const {
  if (dealt) return *crypto::BlsSecretKey::from_bytes(dealt->shares[i].bytes().view());
  return operator_bls_key(members[i]);
}

Bytes Era::change_to(const Era& next, const std::vector<std::uint32_t>& signers) const {
  primitives::SetChange change{.epoch = next.setting->set.epoch(),
                               .replaces = setting->set_hash,
                               .members = primitives::encode_members(next.setting->genesis),
                               .signatures = {}};
  const Hash256 digest = set_change_digest(domain(), change);
  for (const std::uint32_t i : signers) {
    const auto signature = operator_key(members.at(i)).sign(digest.view());
    change.signatures.push_back({ValidatorIndex(i), signature});
  }
  Writer data;
  encode(data, change);
  primitives::Transaction txn;
  txn.type = primitives::TxnType::DynamicFee;
  txn.chain_id = domain().chain_id.value();
  txn.max_fee_per_gas = U256(1'000'000'000);
  txn.gas_limit = 2'000'000;
  txn.to = primitives::set_change_address();
  txn.data = data.take();
  const auto sender = *crypto::Secp256k1SecretKey::from_bytes(seed(14, 0));
  return primitives::sign_transaction(txn, sender);
}

Bytes Era::change_to(const Era& next) const {
  std::vector<std::uint32_t> signers;
  for (std::uint32_t i = 0; i < setting->set.quorum_count(); ++i)
    signers.push_back(i);
  return change_to(next, signers);
}

primitives::Block Era::block(const primitives::Block& parent, const QuorumCertificate& justify,
                             View view, std::vector<Bytes> items,
                             std::optional<TimeoutCertificate> timeout) const {
  primitives::Header header;
  header.chain_id = domain().chain_id;
  header.epoch = setting->set.epoch();
  header.height = parent.header.height.next();
  header.view = view;
  header.parent = parent.hash;
  header.justify = justify;
  header.timeout_certificate = std::move(timeout);
  header.time = primitives::TimeMs(parent.header.time.value() + 10);
  header.proposer = leaders->leader(view);
  header.set_hash = setting->set_hash;
  return primitives::Block::propose(domain(), header, std::move(items));
}

primitives::VoteSubject Era::subject(const primitives::Block& block, Phase phase, View view) const {
  return {.epoch = setting->set.epoch(),
          .set_hash = setting->set_hash,
          .phase = phase,
          .height = block.header.height,
          .view = view,
          .block = block.hash};
}

VoteMessage Era::vote(std::uint32_t i, const primitives::VoteSubject& subject) const {
  const auto key = operator_key(members.at(i));
  const auto share = vote_key(i);
  return {subject,
          {ValidatorIndex(i), setting->scheme->sign({key, share}, vote_digest(domain(), subject))}};
}

QuorumCertificate Era::certify(const primitives::Block& block, Phase phase, View view) const {
  const auto what = subject(block, phase, view);
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < setting->set.quorum_count(); ++i)
    shares.push_back(vote(i, what).share);
  auto combined = *setting->scheme->combine(shares);
  return {what, std::move(combined.signers), std::move(combined.signature)};
}

QuorumCertificate Era::certify(const primitives::Block& block) const {
  return certify(block, Phase::Generic, block.header.view);
}

ProposalMessage Era::proposal(const primitives::Block& block) const {
  const auto digest = proposal_digest(domain(), block.header, block.hash);
  const auto key = operator_key(members.at(block.header.proposer.value()));
  return {block.header, block.item_hashes, key.sign(digest.view())};
}

TimeoutCertificate Era::timeout(View view, const QuorumCertificate& high_qc) const {
  TimeoutCertificate out{
      .epoch = setting->set.epoch(), .set_hash = setting->set_hash, .view = view, .signatures = {}};
  for (std::uint32_t i = 0; i < setting->set.quorum_count(); ++i) {
    const auto digest = timeout_digest(domain(), out.epoch, out.set_hash, view, high_qc.view());
    out.signatures.push_back(
        {ValidatorIndex(i), high_qc.view(), operator_key(members[i]).sign(digest.view())});
  }
  return out;
}

Start::Start(const Era& era) : block(genesis_block(era.setting->genesis, Hash256{})) {
  certificate = genesis_certificate(era.setting->genesis, block.hash);
}

Ending::Ending(const Era& era, const Era& next, const primitives::Block& parent,
               const QuorumCertificate& justify, View view) {
  blocks.push_back(era.block(parent, justify, view, {Bytes{1, 2, 3}, era.change_to(next)}));
  const auto rule = era.setting->genesis.commit_rule;
  if (rule == primitives::CommitRule::TwoPhase) {
    certificates.push_back(era.certify(blocks[0], Phase::Precommit, view));
  } else {
    certificates.push_back(era.certify(blocks[0]));
    for (std::uint32_t i = 1; i < make_voting_rule(rule)->depth(); ++i) {
      const View above(view.value() + i);
      blocks.push_back(era.block(blocks.back(), certificates.back(), above, {}));
      certificates.push_back(era.certify(blocks.back()));
    }
  }
  for (const primitives::Block& block : blocks)
    proof.headers.push_back(block.header);
  proof.certificate = certificates.back();
  proof.items = blocks[0].item_hashes;
  proof.change = blocks[0].payload.back();
}

}  // namespace ol::consensus::test
