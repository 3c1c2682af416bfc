#include <ol/evm/precompiles.hpp>

#include <array>
#include <cstring>

#include "call.hpp"

namespace ol::evm {
namespace {

struct Entry {
  Precompile run;
  Revision since;
};

// Index: the address. Address 0 is nobody's.
constexpr std::array<Entry, 18> kEntries = {{
    {nullptr, Revision::Frontier},
    {precompiles::ecrecover, Revision::Frontier},
    {precompiles::sha256, Revision::Frontier},
    {precompiles::ripemd160, Revision::Frontier},
    {precompiles::identity, Revision::Frontier},
    {precompiles::modexp, Revision::Byzantium},            // EIP-198
    {precompiles::bn254_add, Revision::Byzantium},         // EIP-196
    {precompiles::bn254_mul, Revision::Byzantium},         // EIP-196
    {precompiles::bn254_pairing, Revision::Byzantium},     // EIP-197
    {precompiles::blake2f, Revision::Istanbul},            // EIP-152
    {precompiles::point_evaluation, Revision::Cancun},     // EIP-4844
    {precompiles::bls12_g1_add, Revision::Prague},         // EIP-2537
    {precompiles::bls12_g1_msm, Revision::Prague},         // EIP-2537
    {precompiles::bls12_g2_add, Revision::Prague},         // EIP-2537
    {precompiles::bls12_g2_msm, Revision::Prague},         // EIP-2537
    {precompiles::bls12_pairing, Revision::Prague},        // EIP-2537
    {precompiles::bls12_map_fp_to_g1, Revision::Prague},   // EIP-2537
    {precompiles::bls12_map_fp2_to_g2, Revision::Prague},  // EIP-2537
}};

// EIP-7951: the first address outside the consecutive range.
constexpr unsigned kP256Address = 0x100;

}  // namespace

Precompile find_precompile(const Address& address, Revision revision) {
  // Every call instruction asks, so the eighteen bytes that must be zero are read in three pieces.
  const auto& bytes = address.bytes;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint16_t third = 0;
  std::memcpy(&first, &bytes[0], 8);
  std::memcpy(&second, &bytes[8], 8);
  std::memcpy(&third, &bytes[16], 2);
  if ((first | second | third) != 0) return nullptr;
  const unsigned number = static_cast<unsigned>(bytes[18]) << 8 | bytes[19];
  if (number == kP256Address) {
    return revision >= Revision::Osaka ? precompiles::p256_verify : nullptr;
  }
  if (number >= kEntries.size() || revision < kEntries[number].since) return nullptr;
  return kEntries[number].run;
}

}  // namespace ol::evm
