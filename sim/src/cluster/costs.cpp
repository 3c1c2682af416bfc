#include <ol/sim/cluster/costs.hpp>

#include <array>
#include <span>

namespace ol::sim::cluster {
namespace {

using primitives::SchemeKind;

struct Point {
  std::uint64_t validators;
  std::uint64_t us;
};

// On the straight line through the two points around `validators`, or the last two.
std::uint64_t between(std::span<const Point> points, std::uint64_t validators) {
  std::size_t i = 0;
  while (i + 2 < points.size() && points[i + 1].validators < validators)
    ++i;
  const Point a = points[i];
  const Point b = points[i + 1];
  if (validators <= a.validators) return a.us;
  return a.us + (b.us - a.us) * (validators - a.validators) / (b.validators - a.validators);
}

constexpr std::array kThresholdCertify{Point{4, 1'210}, Point{21, 2'140}, Point{100, 7'100}};
constexpr std::array kMultisigCertify{Point{4, 1'220}, Point{21, 2'100}, Point{100, 6'000}};
constexpr std::array kThresholdVerify{Point{4, 990}, Point{100, 990}};
constexpr std::array kMultisigVerify{Point{4, 990}, Point{100, 1'100}};
constexpr std::uint64_t kBlsSignUs = 188;
constexpr std::uint64_t kBlsBytes = 48;
constexpr std::uint64_t kEd25519Bytes = 64;

constexpr std::uint64_t kLanUs = 100;
// North America, Europe, Asia, South America, Australia: half of usual round trips, in
// milliseconds.
constexpr std::size_t kContinents = 5;
constexpr std::array<std::array<std::uint64_t, kContinents>, kContinents> kWanMs{{
    {1, 40, 80, 60, 75},
    {40, 1, 80, 95, 140},
    {80, 80, 1, 160, 50},
    {60, 95, 160, 1, 155},
    {75, 140, 50, 155, 1},
}};

}  // namespace

Costs measured_costs(SchemeKind scheme, std::uint32_t validators, Links links) {
  Costs out;
  const std::uint64_t quorum = primitives::unit_quorum(validators);
  if (scheme == SchemeKind::Ed25519List) {
    out.sign_vote_us = out.sign_message_us;
    out.certify_us = quorum * out.verify_message_us;
    out.verify_us = out.certify_us;
    out.share_bytes = kEd25519Bytes;
    out.certificate_bytes = quorum * kEd25519Bytes;
  } else {
    const bool threshold = scheme == SchemeKind::BlsThreshold;
    out.sign_vote_us = kBlsSignUs;
    out.certify_us =
        between(threshold ? std::span(kThresholdCertify) : kMultisigCertify, validators);
    out.verify_us = between(threshold ? std::span(kThresholdVerify) : kMultisigVerify, validators);
    out.share_bytes = kBlsBytes;
    out.certificate_bytes = kBlsBytes;
  }
  for (std::uint32_t a = 0; a < validators; ++a) {
    for (std::uint32_t b = 0; b < validators; ++b)
      out.distance_us.push_back(
          links == Links::Lan ? kLanUs : kWanMs[a % kContinents][b % kContinents] * 1'000);
  }
  return out;
}

}  // namespace ol::sim::cluster
