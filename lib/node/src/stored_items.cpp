#include "stored_items.hpp"

#include <atomic>

#include <ol/exchange/signing.hpp>

namespace ol::node {

execution::ItemRules item_rules(const primitives::Genesis& genesis, const EpochTable& epochs) {
  return {genesis.domain, exchange::domain_separator(genesis.domain.chain_id.value()),
          [&epochs](primitives::Epoch epoch) -> const primitives::ValidatorSet* {
            const consensus::EpochSetting* found = epochs.find(epoch);
            return found == nullptr ? nullptr : &found->set;
          },
          genesis.devnet,
          genesis.exchange&& genesis.exchange->hash_order ? exchange::OrderMode::HashOrder
                                                          : exchange::OrderMode::ListOrder};
}

std::optional<std::vector<execution::ExchangeItemPtr>> stored_items(
    const execution::ItemRules& rules, const primitives::Block& block,
    primitives::LeaderKind leaders, WorkerPool& workers) {
  const std::size_t first = primitives::transaction_count(block);
  const std::size_t end = primitives::executed_count(block, leaders);
  std::vector<execution::ExchangeItemPtr> out(end - first);
  std::atomic<bool> sound{true};
  workers.run_all(out.size(), [&](std::size_t i) {
    auto item = execution::verify_item(rules, block.payload[first + i]);
    if (!item) {
      sound = false;
    } else {
      out[i] = std::make_shared<const execution::ExchangeItem>(*std::move(item));
    }
  });
  if (!sound) return std::nullopt;
  return out;
}

}  // namespace ol::node
