#include <ol/primitives/receipt.hpp>

#include <algorithm>

#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::primitives {
namespace {

// EIP-1559.
constexpr std::uint64_t kElasticity = 2;
constexpr std::uint64_t kBaseFeeChangeDenominator = 8;
constexpr std::size_t kExtraDataMax = 32;

// What this chain never has: ommers (EIP-3675), withdrawals, blobs, a beacon root, requests.
constexpr Hash256 kEmptyListHash{{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
                                  0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
                                  0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};
// SHA-256 of nothing (EIP-7685 without requests).
constexpr Hash256 kEmptyRequestsHash{{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                      0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                      0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                      0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};
using Nonce = FixedBytes<8, struct EvmHeaderNonceTag>;

DecodeError to_decode_error(RlpError error) {
  switch (error) {
    case RlpError::Truncated:
      return DecodeError::Truncated;
    case RlpError::TrailingBytes:
      return DecodeError::TrailingBytes;
    case RlpError::NonMinimalLength:
    case RlpError::NonMinimalByte:
    case RlpError::LeadingZero:
      return DecodeError::NonCanonical;
    case RlpError::IntegerTooLarge:
    case RlpError::WrongSize:
    case RlpError::ExpectedString:
    case RlpError::ExpectedList:
    case RlpError::TooDeep:
      return DecodeError::BadValue;
  }
  OL_CHECK(false, "unknown RlpError");
}

/// Reads the fields in order and keeps the first failure, as Reader does.
class FieldReader {
 public:
  explicit FieldReader(RlpReader fields) : fields_(fields) {}

  std::uint64_t u64() { return take(fields_.u64()); }
  U256 u256() { return take(fields_.u256()); }
  ByteView string() { return take(fields_.string()); }
  template <typename T>
  T fixed() {
    return take(fields_.fixed<T>());
  }
  /// A field that has one value on this chain.
  template <typename T>
  void constant(const T& expected) {
    if (fixed<T>() != expected) reject(DecodeError::BadValue);
  }
  void zero() {
    if (u64() != 0) reject(DecodeError::BadValue);
  }
  void reject(DecodeError error) {
    if (!error_) error_ = error;
  }
  [[nodiscard]] Result<void, DecodeError> finish() const {
    if (error_) return fail(*error_);
    if (!fields_.empty()) return fail(DecodeError::TrailingBytes);
    return {};
  }

 private:
  template <typename T>
  T take(const Result<T, RlpError>& value) {
    if (value) return *value;
    reject(to_decode_error(value.error()));
    return T{};
  }

  RlpReader fields_;
  std::optional<DecodeError> error_;
};

void read_execution_fields(FieldReader& in, EvmHeader& out) {
  out.parent_hash = in.fixed<EvmHash>();
  in.constant(kEmptyListHash);
  out.coinbase = in.fixed<Address>();
  out.state_root = in.fixed<Hash256>();
  out.transactions_root = in.fixed<Hash256>();
  out.receipts_root = in.fixed<Hash256>();
  out.logs_bloom = in.fixed<Bloom>();
  in.zero();
  out.number = in.u64();
  out.gas_limit = in.u64();
  out.gas_used = in.u64();
  out.timestamp = in.u64();
  out.extra_data = to_bytes(in.string());
  if (out.extra_data.size() > kExtraDataMax) in.reject(DecodeError::OverLimit);
  out.prev_randao = in.fixed<Hash256>();
  in.constant(Nonce{});
  out.base_fee = in.u256();
}

void read_empty_fields(FieldReader& in) {
  in.constant(kEmptyTrieRoot);
  in.zero();
  in.zero();
  in.constant(Hash256{});
  in.constant(kEmptyRequestsHash);
}

}  // namespace

Bytes encode_evm_header(const EvmHeader& header) {
  RlpWriter out;
  out.begin_list()
      .fixed(header.parent_hash)
      .fixed(kEmptyListHash)
      .fixed(header.coinbase)
      .fixed(header.state_root)
      .fixed(header.transactions_root)
      .fixed(header.receipts_root)
      .fixed(header.logs_bloom)
      .u64(0)  // difficulty (EIP-3675)
      .u64(header.number)
      .u64(header.gas_limit)
      .u64(header.gas_used)
      .u64(header.timestamp)
      .string(header.extra_data)
      .fixed(header.prev_randao)
      .fixed(Nonce{})
      .u256(header.base_fee)
      .fixed(kEmptyTrieRoot)  // withdrawals_root
      .u64(0)                 // blob_gas_used
      .u64(0)                 // excess_blob_gas
      .fixed(Hash256{})       // parent_beacon_block_root
      .fixed(kEmptyRequestsHash)
      .end_list();
  return out.take();
}

Result<EvmHeader, DecodeError> decode_evm_header(ByteView rlp) {
  RlpReader outer(rlp);
  const auto fields = outer.list();
  if (!fields) return fail(to_decode_error(fields.error()));
  if (!outer.empty()) return fail(DecodeError::TrailingBytes);
  FieldReader in(*fields);
  EvmHeader out;
  read_execution_fields(in, out);
  read_empty_fields(in);
  OL_TRY_VOID(in.finish());
  return out;
}

EvmHash evm_header_hash(const EvmHeader& header) {
  return retag<EvmHash>(crypto::keccak256(encode_evm_header(header)));
}

namespace {

/// floor(base_fee * distance / target), saturated. Splitting base_fee by target first keeps the
/// product exact without a wider type: it can exceed 256 bits only if the result does.
U256 scale(const U256& base_fee, std::uint64_t distance, std::uint64_t target) {
  const auto [whole, rest] = divmod(base_fee, U256(target));
  const auto product = checked_mul(whole, U256(distance));
  if (!product) return U256::max();
  const U256 fraction = (rest * U256(distance)) / U256(target);
  return checked_add(*product, fraction).value_or(U256::max());
}

}  // namespace

U256 next_base_fee(const EvmHeader& parent) {
  const std::uint64_t target = parent.gas_limit / kElasticity;
  if (target == 0 || parent.gas_used == target) return parent.base_fee;
  if (parent.gas_used < target) {
    const U256 step = scale(parent.base_fee, target - parent.gas_used, target);
    return parent.base_fee - step / U256(kBaseFeeChangeDenominator);
  }
  // A step of at least one, or the fee could never leave small values (trap T23).
  const U256 step = std::max(
      scale(parent.base_fee, parent.gas_used - target, target) / U256(kBaseFeeChangeDenominator),
      U256(1));
  return checked_add(parent.base_fee, step).value_or(U256::max());
}

}  // namespace ol::primitives
