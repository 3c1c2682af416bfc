#include <ol/primitives/set_change.hpp>

#include <algorithm>

#include <ol/primitives/transaction.hpp>

#include "digest.hpp"
#include "genesis_rules.hpp"

namespace ol::primitives {
namespace {

constexpr std::uint16_t kVersion = 1;

/// A point of `Point`'s group, refused with the reader's error if the bytes name none.
template <typename Point>
std::optional<Point> read_point(Reader& in, std::size_t size) {
  const ByteView bytes = in.raw(size);
  if (!in.ok()) return std::nullopt;
  auto point = Point::from_bytes(bytes);
  if (point) return *point;
  in.reject(DecodeError::BadValue);
  return std::nullopt;
}

void read_member(Reader& in, Genesis& out) {
  std::string name(as_text(in.blob(kNameBytesMax)));
  const auto weight = in.strong<Weight>();
  const auto key = in.fixed<crypto::Ed25519PublicKey>();
  const auto network_key = in.fixed<crypto::Ed25519PublicKey>();
  const auto fee_recipient = in.fixed<Address>();
  const auto bls_key = read_point<crypto::BlsPublicKey>(in, crypto::BlsPublicKey::kSize);
  const auto proof = read_point<crypto::BlsPossessionProof>(in, crypto::BlsSignature::kSize);
  if (!bls_key || !proof) return;
  out.validators.push_back({.name = std::move(name),
                            .weight = weight,
                            .key = key,
                            .bls_key = *bls_key,
                            .network_key = network_key,
                            .fee_recipient = fee_recipient});
  out.possession_proofs.push_back(*proof);
}

Result<void, DecodeError> read_members(ByteView bytes, Genesis& out) {
  out.validators.clear();
  out.possession_proofs.clear();
  out.verification_vector.clear();
  Reader in(bytes);
  const std::uint32_t validators = in.count(kValidatorsMax);
  for (std::uint32_t i = 0; i < validators && in.ok(); ++i)
    read_member(in, out);
  const std::uint32_t points = in.count(kValidatorsMax);
  for (std::uint32_t i = 0; i < points && in.ok(); ++i) {
    if (const auto point = read_point<crypto::BlsPublicKey>(in, crypto::BlsPublicKey::kSize))
      out.verification_vector.push_back(*point);
  }
  return in.finish();
}

// A quorum of the set that the change replaces, each signer once.
Result<void, SetChangeError> check_signatures(const ChainDomain& domain,
                                              const ValidatorSet& present,
                                              const SetChange& change) {
  const Hash256 digest = set_change_digest(domain, change);
  std::uint64_t weight = 0;
  const SetSignature* previous = nullptr;
  for (const SetSignature& entry : change.signatures) {
    const Validator* signer = present.find(entry.validator);
    if (signer == nullptr) return fail(SetChangeError::BadSigner);
    if (previous != nullptr && entry.validator <= previous->validator)
      return fail(SetChangeError::BadSigner);
    previous = &entry;
    if (!crypto::verify(signer->key, digest.view(), entry.signature))
      return fail(SetChangeError::BadSignature);
    weight += signer->weight.value();
  }
  if (!present.is_quorum(weight)) return fail(SetChangeError::NoQuorum);
  return {};
}

}  // namespace

const Address& set_change_address() {
  static const Address address = *Address::from(as_bytes("openliquid/epochs/v1"));
  return address;
}

const char* describe(SetChangeError error) {
  switch (error) {
    case SetChangeError::WrongEpoch:
      return "it does not begin the next epoch";
    case SetChangeError::WrongSet:
      return "it replaces another set than the present one";
    case SetChangeError::BadSigner:
      return "a signer is not in the present set, or signers do not ascend";
    case SetChangeError::BadSignature:
      return "a signature does not verify";
    case SetChangeError::NoQuorum:
      return "its signers are no quorum of the present set";
    case SetChangeError::BadMembers:
      return "the next set does not decode";
    case SetChangeError::UnsoundSet:
      return "the next set breaks a rule of genesis files";
  }
  OL_CHECK(false, "unknown SetChangeError");
}

void encode(Writer& out, const SetChange& change) {
  out.u16(kVersion).strong(change.epoch).fixed(change.replaces);
  out.u32(static_cast<std::uint32_t>(change.signatures.size()));
  for (const SetSignature& entry : change.signatures)
    out.strong(entry.validator).fixed(entry.signature);
  out.blob(change.members);
}

Result<SetChange, DecodeError> decode_set_change(ByteView bytes) {
  Reader in(bytes);
  if (in.u16() != kVersion) in.reject(DecodeError::BadValue);
  SetChange out;
  out.epoch = in.strong<Epoch>();
  out.replaces = in.fixed<SetHash>();
  const std::uint32_t signatures = in.count(kValidatorsMax);
  for (std::uint32_t i = 0; i < signatures && in.ok(); ++i) {
    SetSignature entry;
    entry.validator = in.strong<ValidatorIndex>();
    entry.signature = in.fixed<crypto::Ed25519Signature>();
    out.signatures.push_back(entry);
  }
  out.members = to_bytes(in.blob(kTxnBytesMax));
  OL_TRY_VOID(in.finish());
  return out;
}

Bytes encode_members(const Genesis& genesis) {
  OL_CHECK(genesis.validators.size() == genesis.possession_proofs.size(), "a proof for each key");
  Writer out;
  out.u32(static_cast<std::uint32_t>(genesis.validators.size()));
  for (std::size_t i = 0; i < genesis.validators.size(); ++i) {
    const Validator& one = genesis.validators[i];
    out.blob(as_bytes(one.name))
        .strong(one.weight)
        .fixed(one.key)
        .fixed(one.network_key)
        .fixed(one.fee_recipient)
        .raw(one.bls_key.to_bytes())
        .raw(genesis.possession_proofs[i].to_bytes());
  }
  out.u32(static_cast<std::uint32_t>(genesis.verification_vector.size()));
  for (const auto& point : genesis.verification_vector)
    out.raw(point.to_bytes());
  return out.take();
}

Hash256 set_change_digest(const ChainDomain& domain, const SetChange& change) {
  Digest digest(domain, "openliquid/set-change/v1");
  digest.fields()
      .strong(domain.chain_id)
      .strong(change.epoch)
      .fixed(change.replaces)
      .blob(change.members);
  return digest.finish();
}

Result<Genesis, SetChangeError> apply_set_change(const Genesis& genesis,
                                                 const ValidatorSet& present,
                                                 const SetChange& change) {
  if (change.epoch != present.epoch().next()) return fail(SetChangeError::WrongEpoch);
  if (change.replaces != present.hash(genesis.domain)) return fail(SetChangeError::WrongSet);
  OL_TRY_VOID(check_signatures(genesis.domain, present, change));
  Genesis out = genesis;
  // Accounts are of the first block alone.
  out.balances.clear();
  out.contracts.clear();
  if (!read_members(change.members, out)) return fail(SetChangeError::BadMembers);
  if (!check_members(out)) return fail(SetChangeError::UnsoundSet);
  return out;
}

ValidatorSet validator_set_of(const Genesis& genesis, Epoch epoch) {
  auto set = ValidatorSet::make(epoch, quorum_rule(genesis.profile), genesis.validators);
  OL_CHECK(set.has_value(), "its members passed the rules of genesis: they form a set");
  return *std::move(set);
}

std::optional<SetChange> set_change_in(ByteView item) {
  // Nearly every item is none: looking for the address costs far less than decoding.
  const ByteView address = set_change_address().view();
  const auto found = std::search(item.begin(), item.end(), address.begin(), address.end());
  if (found == item.end()) return std::nullopt;
  const auto txn = decode_transaction(item);
  if (!txn || txn->to != set_change_address()) return std::nullopt;
  auto change = decode_set_change(txn->data);
  if (!change) return std::nullopt;
  return *std::move(change);
}

}  // namespace ol::primitives
