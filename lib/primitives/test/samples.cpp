#include "samples.hpp"

#include <ol/crypto/threshold.hpp>

namespace ol::primitives::samples {

VoteSubject subject() {
  return {.epoch = Epoch(3),
          .set_hash = filled<SetHash>(0x51),
          .phase = Phase::Generic,
          .height = Height(41),
          .view = View(97),
          .block = filled<BlockHash>(0xb1)};
}

QuorumCertificate certificate() {
  QuorumCertificate out{.subject = subject(), .signers = {0x0d, 0x02}, .signature = {}};
  for (std::uint8_t b = 0; b < 48; ++b)
    out.signature.push_back(b);
  return out;
}

TimeoutCertificate timeout_certificate() {
  return {.epoch = Epoch(3),
          .set_hash = filled<SetHash>(0x51),
          .view = View(98),
          .signatures = {{.validator = ValidatorIndex(1),
                          .high_qc_view = View(97),
                          .signature = filled<crypto::Ed25519Signature>(0xa1)},
                         {.validator = ValidatorIndex(9),
                          .high_qc_view = View(96),
                          .signature = filled<crypto::Ed25519Signature>(0xa9)}}};
}

Header header() {
  Header out;
  out.chain_id = ChainId(7777);
  out.epoch = Epoch(3);
  out.height = Height(42);
  out.view = View(99);
  out.parent = filled<BlockHash>(0xb1);
  out.justify = certificate();
  out.timeout_certificate = timeout_certificate();
  out.time = TimeMs(1'700'000'000'123);
  out.proposer = ValidatorIndex(6);
  out.payload_root = filled<Hash256>(0x55);
  out.parent_state_root = filled<Hash256>(0x52);
  out.parent_receipts_root = filled<Hash256>(0x53);
  out.parent_evm_hash = filled<EvmHash>(0x54);
  out.set_hash = filled<SetHash>(0x51);
  return out;
}

namespace {

crypto::BlsSecretKey bls_key(std::uint32_t index) {
  Bytes seed(32, 0x42);
  seed[0] = static_cast<std::uint8_t>(index);
  seed[1] = static_cast<std::uint8_t>(index >> 8);
  return *crypto::BlsSecretKey::key_gen(seed);
}

/// A 32-byte key that differs by kind and index; a set never looks inside.
crypto::Ed25519PublicKey numbered_key(std::uint8_t kind, std::uint32_t index) {
  crypto::Ed25519PublicKey out;
  out.bytes[0] = kind;
  out.bytes[30] = static_cast<std::uint8_t>(index >> 8);
  out.bytes[31] = static_cast<std::uint8_t>(index);
  return out;
}

}  // namespace

std::vector<Validator> validators(std::uint32_t count) {
  std::vector<Validator> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    out.push_back(Validator{.name = "validator-" + std::to_string(i),
                            .weight = Weight(1),
                            .key = numbered_key(0x0e, i),
                            .bls_key = bls_key(i).public_key(),
                            .network_key = numbered_key(0x0f, i),
                            .fee_recipient = filled<Address>(static_cast<std::uint8_t>(i + 1))});
  }
  return out;
}

Genesis genesis() {
  Genesis out;
  out.domain = kBlake3Domain;
  out.chain_name = "sample";
  out.time = TimeMs(1'700'000'000'000);
  out.base_fee = U256(1'000'000'000);
  out.devnet = true;
  out.validators = validators(4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    out.possession_proofs.push_back(bls_key(i).prove_possession());
  }
  const crypto::SecretBytes<32> seed;
  const auto dealt = crypto::deal_key({.quorum = 3, .holders = 4}, seed);
  const auto points = dealt->vector.points();
  out.verification_vector.assign(points.begin(), points.end());
  out.balances[filled<Address>(0xaa)] = *U256::from_decimal("1000000000000000000000");
  out.balances[filled<Address>(0xbb)] = U256(1);
  return out;
}

}  // namespace ol::primitives::samples
