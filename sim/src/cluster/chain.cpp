#include <ol/sim/cluster/chain.hpp>

#include <map>
#include <memory>
#include <mutex>

namespace ol::sim::cluster {
namespace {

enum class KeyUse : std::uint8_t { Signing = 1, Voting = 2, Network = 3 };

Bytes secret(KeyUse use, std::uint32_t index) {
  Bytes out(32, static_cast<std::uint8_t>(use));
  out[0] = static_cast<std::uint8_t>(index);
  out[1] = static_cast<std::uint8_t>(index >> 8U);
  return out;
}

crypto::Ed25519SecretKey derive_key(KeyUse use, std::uint32_t index) {
  auto key = crypto::Ed25519SecretKey::from_bytes(secret(use, index));
  OL_CHECK(key.has_value(), "32 bytes make a key");
  return *std::move(key);
}

std::unique_ptr<Chain> make_chain(std::uint32_t validators) {
  std::vector<primitives::Validator> list;
  std::vector<crypto::Ed25519SecretKey> keys;
  std::vector<crypto::BlsSecretKey> vote_keys;
  std::vector<Bytes> secrets;
  for (std::uint32_t i = 0; i < validators; ++i) {
    keys.push_back(derive_key(KeyUse::Signing, i));
    auto vote_key = crypto::BlsSecretKey::key_gen(secret(KeyUse::Voting, i));
    OL_CHECK(vote_key.has_value(), "32 bytes make a key");
    secrets.push_back(to_bytes(vote_key->bytes().view()));
    list.push_back({.name = {},
                    .weight = primitives::Weight(1),
                    .key = keys.back().public_key(),
                    .bls_key = vote_key->public_key(),
                    .network_key = derive_key(KeyUse::Network, i).public_key(),
                    .fee_recipient = {}});
    vote_keys.push_back(*std::move(vote_key));
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
                                       .vote_keys = std::move(vote_keys),
                                       .keys = std::move(keys),
                                       .genesis = std::move(genesis),
                                       .genesis_certificate = std::move(certificate)});
}

crypto::Ed25519Signature hashed(const crypto::Ed25519PublicKey& key, ByteView digest) {
  std::array<std::uint8_t, 2 * crypto::Ed25519PublicKey::kSize> input;
  OL_CHECK(digest.size() == input.size() / 2, "a digest is signed");
  std::copy(key.bytes.begin(), key.bytes.end(), input.begin());
  std::copy(digest.begin(), digest.end(), input.begin() + crypto::Ed25519PublicKey::kSize);
  const Hash256 hash = crypto::blake3(input);
  crypto::Ed25519Signature out;
  std::copy(hash.bytes.begin(), hash.bytes.end(), out.bytes.begin());
  return out;
}

// By validator.
std::vector<std::vector<crypto::Ed25519SecretKey>>& spare_keys() {
  thread_local std::vector<std::vector<crypto::Ed25519SecretKey>> spare;
  return spare;
}

}  // namespace

crypto::Ed25519SecretKey take_key(ValidatorIndex index) {
  auto& spare = spare_keys();
  if (index.value() >= spare.size() || spare[index.value()].empty())
    return derive_key(KeyUse::Signing, index.value());
  auto key = std::move(spare[index.value()].back());
  spare[index.value()].pop_back();
  return key;
}

void return_key(ValidatorIndex index, crypto::Ed25519SecretKey key) {
  auto& spare = spare_keys();
  if (index.value() >= spare.size()) spare.resize(index.value() + 1);
  spare[index.value()].push_back(std::move(key));
}

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
