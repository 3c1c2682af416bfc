#include <ol/sim/test_chain.hpp>

#include <map>
#include <mutex>

#include <ol/sim/cached_scheme.hpp>
#include <ol/sim/hash_scheme.hpp>

namespace ol::sim {
namespace {

// Fast enough that a run of many time-outs stays short in virtual time; every ratio that matters
// (delay to time-out, time-out to its cap) is that of a real chain.
constexpr primitives::PaceParams kPace{.timeout_base_ms = 400,
                                       .timeout_max_ms = 3200,
                                       .min_block_interval_ms = 20,
                                       .empty_block_interval_ms = 200};

crypto::SecretBytes<32> secret(std::string_view purpose, std::uint32_t index) {
  Writer out;
  out.blob(as_bytes(purpose)).u32(index);
  const auto bytes = crypto::SecretBytes<32>::from(crypto::blake3(out.bytes()).view());
  OL_CHECK(bytes.has_value(), "a digest has 32 bytes");
  return bytes->clone();
}

std::unique_ptr<TestChain> make_chain(std::uint32_t nodes) {
  const crypto::ThresholdParams params{
      .quorum = static_cast<std::uint16_t>(primitives::unit_quorum(nodes)),
      .holders = static_cast<std::uint16_t>(nodes)};
  auto dealt = crypto::deal_key(params, secret("sim threshold key", nodes));
  OL_CHECK(dealt.has_value(), "the sizes of a unit set are sound");

  primitives::Genesis genesis;
  genesis.domain = {.chain_id = primitives::ChainId(7777), .hash = crypto::HashAlgorithm::Blake3};
  genesis.chain_name = "simulation";
  genesis.time = primitives::TimeMs(1'700'000'000'000);
  genesis.pace = kPace;
  genesis.devnet = true;
  const auto points = dealt->vector.points();
  genesis.verification_vector.assign(points.begin(), points.end());
  std::vector<crypto::SecretBytes<32>> seeds;
  std::vector<Bytes> vote_keys;
  std::vector<p2p::PeerId> peers;
  for (std::uint32_t i = 0; i < nodes; ++i) {
    seeds.push_back(secret("sim validator", i));
    vote_keys.push_back(to_bytes(dealt->shares[i].bytes().view()));
    const auto network = crypto::Ed25519SecretKey::from_seed(secret("sim network", i));
    peers.emplace_back(network.public_key());
    genesis.validators.push_back(
        {.name = "validator " + std::to_string(i),
         .weight = primitives::Weight(1),
         .key = crypto::Ed25519SecretKey::from_seed(seeds.back()).public_key(),
         .bls_key = dealt->shares[i].public_key(),
         .network_key = network.public_key(),
         .fee_recipient = {}});
  }
  const Hash256 state_root = crypto::blake3(as_bytes("simulated genesis state"));
  auto set = primitives::genesis_validator_set(genesis);
  const auto set_hash = set.hash(genesis.domain);
  auto block =
      std::make_shared<const primitives::Block>(primitives::genesis_block(genesis, state_root));
  auto certificate = primitives::genesis_certificate(genesis, block->hash);
  return std::make_unique<TestChain>(TestChain{
      .genesis = std::move(genesis),
      .set = std::move(set),
      .set_hash = set_hash,
      .seeds = std::move(seeds),
      .vote_keys = std::move(vote_keys),
      .peers = std::move(peers),
      .genesis_block = std::move(block),
      .genesis_certificate = std::move(certificate),
      .genesis_results = {.state_root = state_root, .receipts_root = {}, .evm_hash = {}}});
}

}  // namespace

crypto::Ed25519SecretKey TestChain::key(primitives::ValidatorIndex index) const {
  return crypto::Ed25519SecretKey::from_seed(seeds[index.value()]);
}

crypto::BlsSecretKey TestChain::vote_key(primitives::ValidatorIndex index) const {
  auto key = crypto::BlsSecretKey::from_bytes(vote_keys[index.value()]);
  OL_CHECK(key.has_value(), "a dealt share is a key");
  return *std::move(key);
}

std::unique_ptr<consensus::CertificateScheme> TestChain::make_scheme(SchemeChoice choice) const {
  if (choice == SchemeChoice::Hash) return std::make_unique<HashScheme>(vote_keys, set);
  auto scheme = consensus::BlsThresholdScheme::make(
      set, crypto::VerificationVector(genesis.verification_vector));
  OL_CHECK(scheme != nullptr, "the dealt vector fits its set");
  return std::make_unique<CachedScheme>(std::move(scheme));
}

const TestChain& test_chain(std::uint32_t nodes) {
  static std::mutex mutex;
  static std::map<std::uint32_t, std::unique_ptr<TestChain>> chains;
  const std::lock_guard lock(mutex);
  std::unique_ptr<TestChain>& chain = chains[nodes];
  if (!chain) chain = make_chain(nodes);
  return *chain;
}

}  // namespace ol::sim
