// Interpolation of partial signatures at zero.

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <optional>

#include <ol/base/check.hpp>
#include <ol/crypto/threshold.hpp>

#include "bls_points.hpp"
#include "polynomial.hpp"

namespace ol::crypto {
namespace {

using detail::BlsAccess;
using detail::evaluation_point;
using detail::Scalar;
using Weights = ThresholdCombiner::Weights;

// Weights above this many bits cost as much as a full multi-scalar multiplication.
constexpr int kSmallBitsMax = 40;
constexpr std::int64_t kSmallMax = std::int64_t{1} << kSmallBitsMax;
constexpr std::size_t kScalarBits = 255;

struct Fraction {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;  // positive
};

// Multiplies by num / den and reduces; nothing once the parts leave the small range.
std::optional<Fraction> scaled(Fraction value, std::int64_t num, std::int64_t den) {
  if (den < 0) {
    num = -num;
    den = -den;
  }
  // The factors are below 2^11, so the products stay below 2^51.
  const std::int64_t top = value.numerator * num;
  const std::int64_t bottom = value.denominator * den;
  const std::int64_t common = std::gcd(top, bottom);
  const Fraction out{top / common, bottom / common};
  if (std::abs(out.numerator) >= kSmallMax || out.denominator >= kSmallMax) return std::nullopt;
  return out;
}

std::optional<std::vector<Fraction>> small_fractions(std::span<const ShareIndex> holders) {
  std::vector<Fraction> out;
  for (const ShareIndex i : holders) {
    std::optional<Fraction> weight = Fraction{};
    const auto x_i = static_cast<std::int64_t>(evaluation_point(i));
    for (const ShareIndex j : holders) {
      if (j == i) continue;
      const auto x_j = static_cast<std::int64_t>(evaluation_point(j));
      weight = scaled(*weight, x_j, x_j - x_i);
      if (!weight) return std::nullopt;
    }
    out.push_back(*weight);
  }
  return out;
}

// Brings fractions to one denominator. For the few holders of a small set that is a number of some
// bits, so that k full multiplications become k short ones and one full one, or none.
bool fill_small(Weights& weights) {
  const auto fractions = small_fractions(weights.holders);
  if (!fractions) return false;
  std::int64_t divisor = 1;
  for (const auto& fraction : *fractions) {
    const std::int64_t factor = fraction.denominator / std::gcd(divisor, fraction.denominator);
    if (__builtin_mul_overflow(divisor, factor, &divisor) || divisor >= kSmallMax) return false;
  }
  std::vector<std::int64_t> small;
  for (const auto& fraction : *fractions) {
    std::int64_t weight = 0;
    if (__builtin_mul_overflow(fraction.numerator, divisor / fraction.denominator, &weight)) {
      return false;
    }
    if (std::abs(weight) >= kSmallMax) return false;
    small.push_back(weight);
  }
  if (divisor != 1) {
    const auto inverse = Scalar(static_cast<std::uint64_t>(divisor)).inverse().little_endian();
    std::copy(inverse.view().begin(), inverse.view().end(), weights.divisor_inverse.begin());
  }
  weights.small = std::move(small);
  return true;
}

// Lagrange coefficients at zero modulo r: prod x_j / (x_j - x_i).
void fill_full(Weights& weights) {
  for (const ShareIndex i : weights.holders) {
    Scalar numerator(1);
    Scalar denominator(1);
    const Scalar x_i(evaluation_point(i));
    for (const ShareIndex j : weights.holders) {
      if (j == i) continue;
      const Scalar x_j(evaluation_point(j));
      numerator = numerator * x_j;
      denominator = denominator * (x_j - x_i);
    }
    const auto weight = (numerator * denominator.inverse()).little_endian();
    std::copy(weight.view().begin(), weight.view().end(), weights.full.emplace_back().begin());
  }
}

Weights weights_of(std::vector<ShareIndex> holders) {
  Weights out;
  out.holders = std::move(holders);
  if (!fill_small(out)) fill_full(out);
  return out;
}

// One shared chain of doublings, one addition per set bit of each weight.
blst_p1 sum_small(const Weights& weights, std::span<const blst_p1_affine* const> points) {
  std::uint64_t all = 0;
  for (const std::int64_t weight : weights.small) {
    all |= static_cast<std::uint64_t>(std::abs(weight));
  }
  blst_p1 sum{};  // infinity
  for (int bit = static_cast<int>(std::bit_width(all)) - 1; bit >= 0; --bit) {
    blst_p1_double(&sum, &sum);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::int64_t weight = weights.small[i];
      if (((static_cast<std::uint64_t>(std::abs(weight)) >> bit) & 1) == 0) continue;
      blst_p1_affine term = *points[i];
      if (weight < 0) blst_fp_cneg(&term.y, &term.y, true);
      blst_p1_add_or_double_affine(&sum, &sum, &term);
    }
  }
  constexpr std::array<std::uint8_t, 32> kNoDivisor{};
  if (weights.divisor_inverse != kNoDivisor) {
    blst_p1_mult(&sum, &sum, weights.divisor_inverse.data(), kScalarBits);
  }
  return sum;
}

blst_p1 sum_full(const Weights& weights, std::span<const blst_p1_affine* const> points) {
  std::vector<const std::uint8_t*> scalars;
  for (const auto& weight : weights.full)
    scalars.push_back(weight.data());
  std::vector<limb_t> scratch(blst_p1s_mult_pippenger_scratch_sizeof(points.size()) /
                              sizeof(limb_t));
  blst_p1 sum;
  blst_p1s_mult_pippenger(&sum, points.data(), points.size(), scalars.data(), kScalarBits,
                          scratch.data());
  return sum;
}

// The first `quorum` partials in order of their holders.
Result<std::vector<const PartialSignature*>, ThresholdError> choose(
    ThresholdParams params, std::span<const PartialSignature> partials) {
  if (partials.size() < params.quorum) return fail(ThresholdError::TooFew);
  std::vector<const PartialSignature*> chosen;
  for (const auto& partial : partials.first(params.quorum)) {
    if (partial.holder.value() >= params.holders) return fail(ThresholdError::IndexOutOfRange);
    chosen.push_back(&partial);
  }
  std::ranges::sort(chosen, {}, &PartialSignature::holder);
  const auto same = std::ranges::adjacent_find(chosen, {}, &PartialSignature::holder);
  if (same != chosen.end()) return fail(ThresholdError::DuplicateIndex);
  return chosen;
}

std::vector<ShareIndex> holders_of(std::span<const PartialSignature* const> chosen) {
  std::vector<ShareIndex> out;
  for (const auto* partial : chosen)
    out.push_back(partial->holder);
  return out;
}

Result<BlsSignature, ThresholdError> weighted_sum(const Weights& weights,
                                                  std::span<const PartialSignature* const> chosen) {
  std::vector<const blst_p1_affine*> points;
  for (const auto* partial : chosen)
    points.push_back(&BlsAccess::point(partial->signature));
  const blst_p1 sum =
      weights.small.empty() ? sum_full(weights, points) : sum_small(weights, points);
  if (blst_p1_is_inf(&sum)) return fail(ThresholdError::Infinity);
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &sum);
  return BlsAccess::signature(affine);
}

}  // namespace

Result<BlsSignature, ThresholdError> combine(ThresholdParams params,
                                             std::span<const PartialSignature> partials) {
  if (!params.valid()) return fail(ThresholdError::BadParams);
  OL_TRY(const auto chosen, choose(params, partials));
  return weighted_sum(weights_of(holders_of(chosen)), chosen);
}

ThresholdCombiner::ThresholdCombiner(ThresholdParams params) : params_(params) {
  OL_CHECK(params_.valid(), "parameters come from a validated genesis");
}

Result<BlsSignature, ThresholdError> ThresholdCombiner::combine(
    std::span<const PartialSignature> partials) {
  OL_TRY(const auto chosen, choose(params_, partials));
  auto holders = holders_of(chosen);
  const auto known = std::ranges::find(cache_, holders, &Weights::holders);
  if (known != cache_.end()) return weighted_sum(*known, chosen);
  auto weights = weights_of(std::move(holders));
  auto out = weighted_sum(weights, chosen);
  if (cache_.size() < kCachedSets) {
    cache_.push_back(std::move(weights));
  } else {
    cache_[next_slot_] = std::move(weights);
    next_slot_ = (next_slot_ + 1) % kCachedSets;
  }
  return out;
}

}  // namespace ol::crypto
