#include "stored_chain.hpp"

#include <chrono>
#include <thread>

#include <ol/execution/exchange_chain.hpp>

#include "stored_items.hpp"

namespace ol::node {
namespace {

// How long `cut` waits for a height to be stored.
constexpr int kCutTries = 400;
constexpr std::chrono::milliseconds kCutPause{5};

class StoredCut final : public exchange::StateCut {
 public:
  explicit StoredCut(std::unique_ptr<storage::Snapshot> snapshot)
      : snapshot_(std::move(snapshot)) {}

  std::uint64_t height() const override { return snapshot_->head()->height.value(); }
  Hash256 block() const override { return retag<Hash256>(snapshot_->head()->hash); }
  bool visit(const Visit& visit) const override {
    return snapshot_
        ->visit_exchange([&](ByteView key, ByteView value) {
          visit(key, value);
          return true;
        })
        .has_value();
  }

 private:
  std::unique_ptr<storage::Snapshot> snapshot_;
};

}  // namespace

Result<std::shared_ptr<exchange::CommittedBlock>, std::string> StoredChain::block(
    std::uint64_t height, exchange::TimeMs clock_ahead) const {
  const std::string name = "block " + std::to_string(height);
  const auto unread = [&] { return fail(name + " cannot be read"); };
  const auto snapshot = parts_.database.snapshot();
  if (!snapshot) return unread();
  const auto& head = (*snapshot)->head();
  if (!head || head->height.value() < height) return nullptr;
  const auto block = (*snapshot)->block(primitives::Height(height));
  const auto stored = (*snapshot)->exchange_roots(primitives::Height(height));
  if (!block || !*block || !stored || !*stored) return unread();
  const auto roots = execution::decode_roots(**stored);
  const auto items = stored_items(parts_.rules, **block, parts_.genesis.leaders, parts_.workers);
  if (!roots || !items) return fail(name + " does not decode");
  auto input = execution::block_input(parts_.rules, (*block)->header, *items, clock_ahead);
  if (!input) return fail(name + " does not execute");
  auto out = std::make_shared<exchange::CommittedBlock>();
  out->block = retag<Hash256>((*block)->hash);
  out->input = *std::move(input);
  out->state_root = roots->state;
  out->action_root = roots->actions;
  out->result_root = roots->results;
  out->event_root = roots->events;
  return out;
}

std::unique_ptr<exchange::StateCut> StoredChain::cut(std::uint64_t height) const {
  for (int i = 0; i < kCutTries; ++i) {
    const auto head = parts_.database.head();
    if (head && head->height.value() >= height) {
      auto snapshot = parts_.database.snapshot();
      if (!snapshot) return nullptr;
      return std::make_unique<StoredCut>(*std::move(snapshot));
    }
    std::this_thread::sleep_for(kCutPause);
  }
  return nullptr;
}

}  // namespace ol::node
