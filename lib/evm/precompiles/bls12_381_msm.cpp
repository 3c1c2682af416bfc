// BLS12-381: sums of scaled points (multi-scalar multiplication). Source: EIP-2537.

#include <vector>

#include <ol/base/check.hpp>

#include "bls12_381_encoding.hpp"
#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

using namespace bls12;

using Discounts = std::array<std::uint16_t, 128>;

// Thousandths of the price of a multiplication, by number of points; the last holds for more.
constexpr Discounts kG1Discounts = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519};
constexpr Discounts kG2Discounts = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524};

std::uint64_t price(std::size_t points, std::uint64_t multiplication, const Discounts& discounts) {
  const std::uint64_t discount = discounts[std::min(points, discounts.size()) - 1];
  return points * multiplication * discount / 1000;
}

constexpr std::size_t kScalarBits = 255;

// The two groups under common names. Functions and not pointers to blst's: its C types are others
// than its header's, which is no matter for a call but one for a pointer.
struct G1 {
  using Affine = blst_p1_affine;
  using Point = blst_p1;
  static constexpr std::size_t kBytes = kG1Bytes;
  static constexpr std::uint64_t kMultiplication = 12000;
  static constexpr const Discounts& kDiscounts = kG1Discounts;
  static constexpr Status kNotInSubgroup = Status::Bls12G1Subgroup;

  static std::optional<Affine> read(ByteView bytes) { return read_g1(bytes); }
  static Bytes write(const Point& point) { return write_g1(point); }
  static bool in_subgroup(const Affine& point) { return blst_p1_affine_in_g1(&point); }
  static bool is_infinity(const Affine& point) { return blst_p1_affine_is_inf(&point); }
  static Point multiply(const Affine& point, const blst_scalar& scalar) {
    Point out;
    blst_p1_from_affine(&out, &point);
    blst_p1_mult(&out, &out, scalar.b, kScalarBits);
    return out;
  }
  static Point sum(const std::vector<Affine>& points, const std::vector<blst_scalar>& scalars) {
    // A pointer and a null: blst then reads an array whose items lie side by side.
    const Affine* const point_list[] = {points.data(), nullptr};
    const std::uint8_t* const scalar_list[] = {scalars[0].b, nullptr};
    std::vector<limb_t> scratch(blst_p1s_mult_pippenger_scratch_sizeof(points.size()) /
                                sizeof(limb_t));
    Point out;
    blst_p1s_mult_pippenger(&out, point_list, points.size(), scalar_list, kScalarBits,
                            scratch.data());
    return out;
  }
};
struct G2 {
  using Affine = blst_p2_affine;
  using Point = blst_p2;
  static constexpr std::size_t kBytes = kG2Bytes;
  static constexpr std::uint64_t kMultiplication = 22500;
  static constexpr const Discounts& kDiscounts = kG2Discounts;
  static constexpr Status kNotInSubgroup = Status::Bls12G2Subgroup;

  static std::optional<Affine> read(ByteView bytes) { return read_g2(bytes); }
  static Bytes write(const Point& point) { return write_g2(point); }
  static bool in_subgroup(const Affine& point) { return blst_p2_affine_in_g2(&point); }
  static bool is_infinity(const Affine& point) { return blst_p2_affine_is_inf(&point); }
  static Point multiply(const Affine& point, const blst_scalar& scalar) {
    Point out;
    blst_p2_from_affine(&out, &point);
    blst_p2_mult(&out, &out, scalar.b, kScalarBits);
    return out;
  }
  static Point sum(const std::vector<Affine>& points, const std::vector<blst_scalar>& scalars) {
    // A pointer and a null: blst then reads an array whose items lie side by side.
    const Affine* const point_list[] = {points.data(), nullptr};
    const std::uint8_t* const scalar_list[] = {scalars[0].b, nullptr};
    std::vector<limb_t> scratch(blst_p2s_mult_pippenger_scratch_sizeof(points.size()) /
                                sizeof(limb_t));
    Point out;
    blst_p2s_mult_pippenger(&out, point_list, points.size(), scalar_list, kScalarBits,
                            scratch.data());
    return out;
  }
};

template <typename Group>
PrecompileResult multiply_and_add(ByteView input, std::int64_t gas) {
  constexpr std::size_t kItemBytes = Group::kBytes + kScalarBytes;
  const std::size_t count = input.size() / kItemBytes;
  if (count == 0) return failed(Status::InputLength);
  const auto left = pay(gas, price(count, Group::kMultiplication, Group::kDiscounts));
  if (!left) return out_of_gas();
  if (input.size() % kItemBytes != 0) return failed(Status::InputLength);

  std::vector<typename Group::Affine> points;
  std::vector<blst_scalar> scalars;
  points.reserve(count);
  scalars.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView item = input.subspan(i * kItemBytes, kItemBytes);
    const auto point = Group::read(item.first(Group::kBytes));
    if (!point) return failed(fault_of(item.first(Group::kBytes)));
    if (!Group::in_subgroup(*point)) return failed(Group::kNotInSubgroup);
    // Scalars are any 256 bits; the points' order is r, so they count modulo r.
    blst_scalar scalar;
    const bool nonzero = blst_scalar_from_be_bytes(&scalar, &item[Group::kBytes], kScalarBytes);
    if (!nonzero || Group::is_infinity(*point)) continue;
    points.push_back(*point);
    scalars.push_back(scalar);
  }
  if (points.empty()) return succeeded(*left, Bytes(Group::kBytes, 0));
  const auto sum =
      points.size() == 1 ? Group::multiply(points[0], scalars[0]) : Group::sum(points, scalars);
  return {.success = true, .gas_left = *left, .output = Group::write(sum)};
}

}  // namespace

PrecompileResult bls12_g1_msm(ByteView input, std::int64_t gas, Revision) {
  return multiply_and_add<G1>(input, gas);
}

PrecompileResult bls12_g2_msm(ByteView input, std::int64_t gas, Revision) {
  return multiply_and_add<G2>(input, gas);
}

}  // namespace ol::evm::precompiles
