#include <ol/consensus/epoch_setting.hpp>

namespace ol::consensus {

EpochSetting::EpochSetting(primitives::Genesis parameters, primitives::Epoch epoch)
    : genesis(std::move(parameters)),
      set(primitives::validator_set_of(genesis, epoch)),
      set_hash(set.hash(genesis.domain)),
      scheme(make_scheme(genesis, set)) {
  OL_CHECK(scheme != nullptr, "the verification vector fits the set");
}

std::unique_ptr<EpochSetting> next_setting(const EpochSetting& present, std::size_t items,
                                           ByteView last_item) {
  if (items > primitives::kClosingItemsMax) return nullptr;
  const auto change = primitives::set_change_in(last_item);
  if (!change) return nullptr;
  auto genesis = primitives::apply_set_change(present.genesis, present.set, *change);
  if (!genesis) return nullptr;
  return std::make_unique<EpochSetting>(*std::move(genesis), change->epoch);
}

std::unique_ptr<EpochSetting> next_setting(const EpochSetting& present,
                                           const std::vector<Bytes>& payload) {
  if (payload.empty()) return nullptr;
  return next_setting(present, payload.size(), payload.back());
}

void cut_payload(const EpochSetting& present, std::vector<Bytes>& payload) {
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (next_setting(present, 1, payload[i]) == nullptr) continue;
    // One that stands too far back to count waits for the next block.
    payload.resize(std::min(i + 1, primitives::kClosingItemsMax));
    return;
  }
}

}  // namespace ol::consensus
