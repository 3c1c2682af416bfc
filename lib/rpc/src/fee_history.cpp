#include "fee_history.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ol/primitives/txn_rules.hpp>

#include "json_out.hpp"

namespace ol::rpc {
namespace {

struct PaidTip {
  U256 tip;
  std::uint64_t gas = 0;
};

std::vector<PaidTip> paid_tips(const BlockRecord& block) {
  std::vector<PaidTip> out;
  out.reserve(block.txns.size());
  for (std::size_t i = 0; i < block.txns.size(); ++i) {
    const auto tip = primitives::effective_tip(block.txns[i].txn, block.header.base_fee);
    out.push_back({tip.value_or(U256{}), block.receipts[i].gas_used});
  }
  std::sort(out.begin(), out.end(),
            [](const PaidTip& a, const PaidTip& b) { return a.tip < b.tip; });
  return out;
}

// The columns of the answer, each cell already JSON.
struct Columns {
  std::vector<std::string> rewards;
  std::vector<std::string> base_fees;
  std::vector<std::string> gas_ratios;

  void add(const BlockRecord& block, const FeeHistoryQuery& query) {
    const auto& header = block.header;
    base_fees.push_back(quoted(quantity(header.base_fee)));
    const double limit = static_cast<double>(header.gas_limit);
    const double ratio = header.gas_limit == 0 ? 0 : static_cast<double>(header.gas_used) / limit;
    gas_ratios.push_back(fmt::format("{}", ratio));
    if (!query.with_rewards) return;
    std::vector<std::string> row;
    for (const U256& tip : reward_percentiles(block, query.percentiles)) {
      row.push_back(quoted(quantity(tip)));
    }
    rewards.push_back(fmt::format("[{}]", fmt::join(row, ",")));
  }
};

std::string columns_json(std::uint64_t oldest, const Columns& columns, bool with_rewards) {
  // No block here holds blobs: blob gas costs the least there is (EIP-4844), and none is used.
  const std::vector<std::string> least_prices(columns.base_fees.size(), "\"0x1\"");
  const std::vector<std::string> no_ratios(columns.gas_ratios.size(), "0");
  std::string out = fmt::format("{{\"oldestBlock\":\"{}\",", quantity(oldest));
  if (with_rewards) out += fmt::format("\"reward\":[{}],", fmt::join(columns.rewards, ","));
  out += fmt::format(
      "\"baseFeePerGas\":[{}],\"gasUsedRatio\":[{}],\"baseFeePerBlobGas\":[{}],"
      "\"blobGasUsedRatio\":[{}]}}",
      fmt::join(columns.base_fees, ","), fmt::join(columns.gas_ratios, ","),
      fmt::join(least_prices, ","), fmt::join(no_ratios, ","));
  return out;
}

}  // namespace

Result<void, RpcError> check_percentiles(const std::vector<double>& percentiles) {
  if (percentiles.size() > kFeeHistoryPercentilesMax) {
    return refuse(fmt::format("over the query limit {}", kFeeHistoryPercentilesMax));
  }
  for (std::size_t i = 0; i < percentiles.size(); ++i) {
    const double p = percentiles[i];
    if (!(p >= 0 && p <= 100)) return refuse(fmt::format("invalid reward percentile: {:f}", p));
    if (i > 0 && p <= percentiles[i - 1]) {
      return refuse(fmt::format("invalid reward percentile: #{}:{:f} >= #{}:{:f}", i - 1,
                                percentiles[i - 1], i, p));
    }
  }
  return {};
}

std::vector<U256> reward_percentiles(const BlockRecord& block,
                                     const std::vector<double>& percentiles) {
  std::vector<U256> out(percentiles.size());
  if (block.txns.empty()) return out;
  const std::vector<PaidTip> tips = paid_tips(block);
  std::size_t at = 0;
  std::uint64_t gas = tips[0].gas;
  for (std::size_t i = 0; i < percentiles.size(); ++i) {
    const double share = static_cast<double>(block.header.gas_used) * percentiles[i] / 100;
    const auto threshold = static_cast<std::uint64_t>(share);
    while (gas < threshold && at + 1 < tips.size())
      gas += tips[++at].gas;
    out[i] = tips[at].tip;
  }
  return out;
}

RpcResult fee_history(const Backend& backend, const FeeHistoryQuery& query) {
  OL_TRY_VOID(check_percentiles(query.percentiles));
  const std::uint64_t wanted = std::min(query.blocks, kFeeHistoryBlocksMax);
  if (wanted == 0) return "{\"oldestBlock\":\"0x0\",\"gasUsedRatio\":null}";
  const std::uint64_t count = std::min(wanted, query.newest + 1);
  const std::uint64_t oldest = query.newest + 1 - count;
  Columns columns;
  for (std::uint64_t number = oldest; number <= query.newest; ++number) {
    const BlockPtr block = backend.block_by_number(number);
    if (!block) return refuse(fmt::format("block {} is not available", number));
    columns.add(*block, query);
    // One price more than blocks: that of the block after the newest, known already (EIP-1559).
    if (number == query.newest) {
      columns.base_fees.push_back(quoted(quantity(primitives::next_base_fee(block->header))));
    }
  }
  return columns_json(oldest, columns, query.with_rewards);
}

}  // namespace ol::rpc
