#include "validators.hpp"

namespace ol::consensus::test {
namespace {

Bytes seed(std::uint8_t kind, std::uint32_t i) {
  Bytes out(32, kind);
  out[0] = static_cast<std::uint8_t>(i);
  out[1] = static_cast<std::uint8_t>(kind + (i >> 8));
  return out;
}

crypto::DealtKey deal(std::uint32_t n) {
  crypto::SecretBytes<32> deal_seed;
  deal_seed.span()[0] = 9;
  const crypto::ThresholdParams params{
      .quorum = static_cast<std::uint16_t>(primitives::unit_quorum(n)),
      .holders = static_cast<std::uint16_t>(n)};
  return *crypto::deal_key(params, deal_seed);
}

}  // namespace

Validators::Validators(std::uint32_t count, primitives::SchemeKind scheme_kind)
    : n(count), kind(scheme_kind) {
  domain.chain_id = primitives::ChainId(7);
  std::vector<primitives::Validator> list;
  for (std::uint32_t i = 0; i < n; ++i) {
    list.push_back({.name = "v" + std::to_string(i),
                    .weight = primitives::Weight(1),
                    .key = key(i).public_key(),
                    .bls_key = crypto::BlsSecretKey::key_gen(seed(2, i))->public_key(),
                    .network_key = crypto::Ed25519SecretKey::from_bytes(seed(3, i))->public_key(),
                    .fee_recipient = {}});
  }
  set = primitives::ValidatorSet::make(Epoch(0), primitives::QuorumRule::Unit, std::move(list));
  if (kind == primitives::SchemeKind::BlsThreshold) dealt.emplace(deal(n));
  leaders = std::make_unique<RoundRobin>(n);
  scheme = make_scheme();
  genesis.header.chain_id = domain.chain_id;
  genesis = primitives::Block::propose(domain, genesis.header, {});
  genesis_certificate.subject = subject(genesis);
}

crypto::Ed25519SecretKey Validators::key(std::uint32_t i) const {
  return *crypto::Ed25519SecretKey::from_bytes(seed(1, i));
}

crypto::BlsSecretKey Validators::vote_key(std::uint32_t i) const {
  if (kind != primitives::SchemeKind::BlsThreshold)
    return *crypto::BlsSecretKey::key_gen(seed(2, i));
  return *crypto::BlsSecretKey::from_bytes(dealt->shares[i].bytes().view());
}

std::unique_ptr<CertificateScheme> Validators::make_scheme() const {
  primitives::Genesis genesis_fields;
  genesis_fields.scheme = kind;
  if (dealt)
    genesis_fields.verification_vector.assign(dealt->vector.points().begin(),
                                              dealt->vector.points().end());
  return consensus::make_scheme(genesis_fields, *set);
}

primitives::Block Validators::block(const primitives::Block& parent,
                                    const QuorumCertificate& justify, View view, std::uint8_t salt,
                                    std::optional<TimeoutCertificate> timeout) const {
  primitives::Header header;
  header.chain_id = domain.chain_id;
  header.height = parent.header.height.next();
  header.view = view;
  header.parent = parent.hash;
  header.justify = justify;
  header.timeout_certificate = std::move(timeout);
  header.time = primitives::TimeMs(parent.header.time.value() + 10);
  header.proposer = leaders->leader(view);
  header.set_hash = set->hash(domain);
  return primitives::Block::propose(domain, header, {Bytes{salt, 1, 2}});
}

primitives::VoteSubject Validators::subject(const primitives::Block& block) const {
  return {.epoch = Epoch(0),
          .set_hash = set->hash(domain),
          .phase = Phase::Generic,
          .height = block.header.height,
          .view = block.header.view,
          .block = block.hash};
}

VoteMessage Validators::vote(std::uint32_t voter, const primitives::VoteSubject& subject) const {
  return {subject,
          {ValidatorIndex(voter),
           scheme->sign({key(voter), vote_key(voter)}, vote_digest(domain, subject))}};
}

QuorumCertificate Validators::certify(const primitives::Block& block) const {
  const auto what = subject(block);
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < set->quorum_count(); ++i)
    shares.push_back(vote(i, what).share);
  auto combined = *make_scheme()->combine(shares);
  return {what, std::move(combined.signers), std::move(combined.signature)};
}

ProposalMessage Validators::proposal(const primitives::Block& block) const {
  const auto digest = proposal_digest(domain, block.header, block.hash);
  return {block.header, block.item_hashes, key(block.header.proposer.value()).sign(digest.view())};
}

NewViewMessage Validators::new_view(std::uint32_t sender, View view,
                                    const QuorumCertificate& high_qc) const {
  const auto hash = set->hash(domain);
  const auto digest = timeout_digest(domain, Epoch(0), hash, view, high_qc.view());
  return {.epoch = Epoch(0),
          .set_hash = hash,
          .view = view,
          .high_qc = high_qc,
          .sender = ValidatorIndex(sender),
          .signature = key(sender).sign(digest.view()),
          .last_vote = std::nullopt};
}

TimeoutCertificate Validators::timeout(View view, const QuorumCertificate& high_qc) const {
  TimeoutCertificate out{
      .epoch = Epoch(0), .set_hash = set->hash(domain), .view = view, .signatures = {}};
  for (std::uint32_t i = 0; i < set->quorum_count(); ++i) {
    out.signatures.push_back(
        {ValidatorIndex(i), high_qc.view(), new_view(i, view, high_qc).signature});
  }
  return out;
}

Verifier Validators::verifier() const {
  return {domain, *set, *scheme, *leaders, genesis_certificate};
}

}  // namespace ol::consensus::test
