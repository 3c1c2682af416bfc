#include "bls12_381_encoding.hpp"

#include <algorithm>
#include <array>

namespace ol::evm::precompiles::bls12 {
namespace {

constexpr std::size_t kPadding = 16;
constexpr std::size_t kFieldBytes = kFpBytes - kPadding;

// The prime of the base field, big-endian. Source: EIP-2537, "Base field modulus".
constexpr std::array<std::uint8_t, kFieldBytes> kPrime = {
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab};

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

void write_fp(Bytes& out, const blst_fp& value) {
  std::array<std::uint8_t, kFpBytes> bytes{};
  blst_bendian_from_fp(&bytes[kPadding], &value);
  append(out, bytes);
}

}  // namespace

std::optional<blst_fp> read_fp(ByteView bytes) {
  if (!all_zero(bytes.first(kPadding))) return std::nullopt;
  const ByteView value = bytes.subspan(kPadding, kFieldBytes);
  if (!std::lexicographical_compare(value.begin(), value.end(), kPrime.begin(), kPrime.end())) {
    return std::nullopt;
  }
  blst_fp out;
  blst_fp_from_bendian(&out, value.data());
  return out;
}

std::optional<blst_fp2> read_fp2(ByteView bytes) {
  const auto real = read_fp(bytes.first(kFpBytes));
  const auto imaginary = read_fp(bytes.subspan(kFpBytes, kFpBytes));
  if (!real || !imaginary) return std::nullopt;
  return blst_fp2{{*real, *imaginary}};
}

std::optional<blst_p1_affine> read_g1(ByteView bytes) {
  // blst's affine infinity is zeros as well.
  if (all_zero(bytes.first(kG1Bytes))) return blst_p1_affine{};
  const auto x = read_fp(bytes.first(kFpBytes));
  const auto y = read_fp(bytes.subspan(kFpBytes, kFpBytes));
  if (!x || !y) return std::nullopt;
  const blst_p1_affine out{.x = *x, .y = *y};
  if (!blst_p1_affine_on_curve(&out)) return std::nullopt;
  return out;
}

std::optional<blst_p2_affine> read_g2(ByteView bytes) {
  if (all_zero(bytes.first(kG2Bytes))) return blst_p2_affine{};
  const auto x = read_fp2(bytes.first(2 * kFpBytes));
  const auto y = read_fp2(bytes.subspan(2 * kFpBytes, 2 * kFpBytes));
  if (!x || !y) return std::nullopt;
  const blst_p2_affine out{.x = *x, .y = *y};
  if (!blst_p2_affine_on_curve(&out)) return std::nullopt;
  return out;
}

Status fault_of(ByteView elements) {
  for (std::size_t at = 0; at + kFpBytes <= elements.size(); at += kFpBytes) {
    if (!all_zero(elements.subspan(at, kPadding))) return Status::Bls12TopBytes;
  }
  return Status::PrecompileFailure;
}

Bytes write_g1(const blst_p1& point) {
  if (blst_p1_is_inf(&point)) return Bytes(kG1Bytes, 0);
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &point);
  Bytes out;
  out.reserve(kG1Bytes);
  write_fp(out, affine.x);
  write_fp(out, affine.y);
  return out;
}

Bytes write_g2(const blst_p2& point) {
  if (blst_p2_is_inf(&point)) return Bytes(kG2Bytes, 0);
  blst_p2_affine affine;
  blst_p2_to_affine(&affine, &point);
  Bytes out;
  out.reserve(kG2Bytes);
  for (const blst_fp2* coordinate : {&affine.x, &affine.y}) {
    write_fp(out, coordinate->fp[0]);
    write_fp(out, coordinate->fp[1]);
  }
  return out;
}

}  // namespace ol::evm::precompiles::bls12
