#include <ol/sim/cluster/chain.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace ol::sim::cluster {
namespace {

Bytes secret(std::uint8_t kind, std::uint32_t index) {
  Bytes out(32, kind);
  out[0] = static_cast<std::uint8_t>(index);
  out[1] = static_cast<std::uint8_t>(index >> 8U);
  return out;
}

crypto::Ed25519PublicKey public_key(const Bytes& seed) {
  return crypto::Ed25519SecretKey::from_bytes(seed)->public_key();
}

std::unique_ptr<Chain> make_chain(std::uint32_t validators) {
  std::vector<primitives::Validator> list;
  std::vector<Bytes> seeds;
  std::vector<Bytes> secrets;
  for (std::uint32_t i = 0; i < validators; ++i) {
    seeds.push_back(secret(1, i));
    auto vote_key = crypto::BlsSecretKey::key_gen(secret(2, i));
    OL_CHECK(vote_key.has_value(), "32 bytes make a key");
    secrets.push_back(to_bytes(vote_key->bytes().view()));
    list.push_back({.name = {},
                    .weight = primitives::Weight(1),
                    .key = public_key(seeds.back()),
                    .bls_key = vote_key->public_key(),
                    .network_key = public_key(secret(3, i)),
                    .fee_recipient = {}});
  }
  auto set = primitives::ValidatorSet::make(primitives::Epoch(0), primitives::QuorumRule::Unit,
                                            std::move(list));
  OL_CHECK(set.has_value(), "distinct keys make a set");
  const primitives::ChainDomain domain{.chain_id = primitives::ChainId(7778),
                                       .hash = crypto::HashAlgorithm::Blake3};
  const auto set_hash = set->hash(domain);
  primitives::Header header;
  header.chain_id = domain.chain_id;
  header.set_hash = set_hash;
  auto genesis = std::make_shared<const primitives::Block>(
      primitives::Block::propose(domain, std::move(header), {}));
  QuorumCertificate certificate;
  certificate.subject.set_hash = set_hash;
  certificate.subject.block = genesis->hash;
  return std::make_unique<Chain>(Chain{.domain = domain,
                                       .set = *std::move(set),
                                       .set_hash = set_hash,
                                       .vote_secrets = std::move(secrets),
                                       .seeds = std::move(seeds),
                                       .genesis = std::move(genesis),
                                       .genesis_certificate = std::move(certificate)});
}

crypto::Ed25519Signature hashed(const crypto::Ed25519PublicKey& key, ByteView digest) {
  Bytes input = to_bytes(key.view());
  append(input, digest);
  const Hash256 hash = crypto::blake3(input);
  crypto::Ed25519Signature out;
  std::copy(hash.bytes.begin(), hash.bytes.end(), out.bytes.begin());
  return out;
}

}  // namespace

const Chain& chain_of(std::uint32_t validators) {
  static std::mutex mutex;
  static std::map<std::uint32_t, std::unique_ptr<Chain>> chains;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Chain>& chain = chains[validators];
  if (!chain) chain = make_chain(validators);
  return *chain;
}

consensus::MessageSignatures hashed_signatures() {
  return {.sign = [](const crypto::Ed25519SecretKey& key,
                     ByteView digest) { return hashed(key.public_key(), digest); },
          .verify =
              [](const crypto::Ed25519PublicKey& key, ByteView digest,
                 const crypto::Ed25519Signature& signature) {
                return hashed(key, digest) == signature;
              }};
}

void Leaders::choose(View view, ValidatorIndex leader) {
  while (chosen_.size() <= view.value())
    chosen_.emplace_back(static_cast<std::uint32_t>(chosen_.size() % validators_));
  chosen_[view.value()] = leader;
}

void Leaders::round_robin_from(View view) {
  if (view.value() < chosen_.size()) chosen_.resize(view.value());
}

}  // namespace ol::sim::cluster
