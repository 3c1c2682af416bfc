#include <ol/exchange/price.hpp>

#include <algorithm>

namespace ol::exchange {
namespace {

Uint128 total_weight(std::span<const WeightedPx> prices) {
  Uint128 total = 0;
  for (const WeightedPx& p : prices)
    total += p.weight;
  return total;
}

void sort_by_px(std::vector<WeightedPx>& prices) {
  std::ranges::sort(prices, {}, &WeightedPx::px);
}

// Takes `drop` of weight away, from the first entry on.
template <typename Iterator>
void drop_weight(Iterator begin, Iterator end, Uint128 drop) {
  for (Iterator it = begin; it != end && drop > 0; ++it) {
    const Uint128 taken = std::min<Uint128>(drop, it->weight);
    it->weight -= static_cast<std::uint64_t>(taken);
    drop -= taken;
  }
}

}  // namespace

void Ema::update(std::uint64_t decay, std::uint64_t seconds, std::int64_t x) {
  OL_CHECK(seconds >= 1, "an average is updated at most once a second");
  if (seconds > kEmaResetSeconds) {
    *this = Ema{};
    seconds = 1;
  }
  Uint128 d = Uint128{1} << 32;
  for (std::uint64_t i = 0; i < seconds; ++i)
    d = (d * decay) >> 32;
  const auto factor = static_cast<Int128>(d);
  const auto t = static_cast<Int128>(seconds);
  // Right shifts of negative values are arithmetic since C++20.
  num = ((num * factor) >> 32) + ((x * t) * 65536);
  den = ((den * factor) >> 32) + (t * 65536);
}

std::optional<std::int64_t> Ema::value() const {
  if (den == 0) return std::nullopt;
  return must_i64(floor_div(num, den));
}

std::optional<std::uint64_t> weighted_median(std::vector<WeightedPx> prices) {
  const Uint128 total = total_weight(prices);
  if (total == 0) return std::nullopt;
  sort_by_px(prices);
  Uint128 cumulated = 0;
  for (const WeightedPx& p : prices) {
    cumulated += p.weight;
    if (2 * cumulated >= total) return p.px;
  }
  OL_CHECK(false, "all weight reaches half of it");
}

std::optional<std::uint64_t> trimmed_mean(std::vector<WeightedPx> prices,
                                          std::uint32_t trim_percent) {
  OL_CHECK(trim_percent < 50, "trimming leaves nothing");
  const Uint128 total = total_weight(prices);
  if (total == 0) return std::nullopt;
  sort_by_px(prices);
  const Uint128 drop = total * trim_percent / 100;
  drop_weight(prices.begin(), prices.end(), drop);
  drop_weight(prices.rbegin(), prices.rend(), drop);
  Uint128 sum = 0;
  for (const WeightedPx& p : prices)
    sum += Uint128{p.px} * p.weight;
  return static_cast<std::uint64_t>(sum / total_weight(prices));
}

std::int64_t median(std::vector<std::int64_t> values) {
  OL_CHECK(!values.empty(), "median of nothing");
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return must_i64(floor_div(Int128{values[middle - 1]} + values[middle], 2));
}

std::uint64_t mark_px(const MarkInputs& inputs, std::int64_t band_ppb) {
  OL_CHECK(inputs.oracle > 0, "a mark price without an oracle price");
  std::vector<std::int64_t> values;
  for (const auto& input : {inputs.oracle_plus_ema, inputs.book, inputs.validators}) {
    if (input) values.push_back(*input);
  }
  if (values.size() == 2 && inputs.book_ema) values.push_back(*inputs.book_ema);
  const Int128 oracle = inputs.oracle;
  const Int128 middle = values.empty() ? oracle : Int128{median(std::move(values))};
  const Int128 low = ceil_div(oracle * (kPpb - band_ppb), kPpb);
  const Int128 high = floor_div(oracle * (kPpb + band_ppb), kPpb);
  return must_u64(max128(1, clamp128(middle, low, high)));
}

std::uint64_t clamp_step(std::uint64_t old, std::uint64_t value, std::int64_t step_ppb) {
  // At least a unit: a share of a low price rounds to none, and it would never move.
  const Int128 step = max128(1, floor_div(Int128{old} * step_ppb, kPpb));
  return must_u64(clamp128(value, Int128{old} - step, Int128{old} + step));
}

std::optional<std::uint64_t> impact_px(std::span<const DepthLevel> levels, Side taker,
                                       std::int64_t ntl) {
  Int128 quote = 0;
  Int128 base = 0;
  for (const DepthLevel& level : levels) {
    const Int128 room = Int128{ntl} - quote;
    const Int128 whole = notional(level.px, level.sz);
    const bool last = whole >= room;
    const Int128 lots = last ? floor_div(room, level.px) : Int128{level.sz};
    quote += lots * level.px;
    base += lots;
    if (!last) continue;
    if (base == 0) return std::nullopt;
    return must_u64(taker == Side::Sell ? floor_div(quote, base) : ceil_div(quote, base));
  }
  return std::nullopt;
}

std::int64_t premium_ppb(std::uint64_t oracle, std::optional<std::uint64_t> impact_bid,
                         std::optional<std::uint64_t> impact_ask) {
  const Int128 o = oracle;
  const Int128 above = impact_bid ? max128(0, Int128{*impact_bid} - o) : Int128{0};
  const Int128 below = impact_ask ? max128(0, o - Int128{*impact_ask}) : Int128{0};
  constexpr Int128 kMost = Int128{1'000} * kPpb;  // far above every cap of a rate
  return must_i64(clamp128(trunc_div((above - below) * kPpb, o), -kMost, kMost));
}

std::int64_t funding_rate_ppb(Int128 premium_sum, std::uint32_t samples,
                              const FundingParams& params) {
  const Int128 premium = samples == 0 ? Int128{0} : trunc_div(premium_sum, samples);
  const Int128 rate8 =
      premium + clamp128(params.interest8 - premium, -Int128{params.clamp}, params.clamp);
  return must_i64(clamp128(trunc_div(rate8, 8), -Int128{params.cap}, params.cap));
}

std::optional<Int128> funding_payment(std::int64_t szi, Int128 index, Int128 paid_to) {
  const auto product = checked_mul(szi, index - paid_to);
  if (!product) return std::nullopt;
  return ceil_div(*product, kPpb);
}

}  // namespace ol::exchange
