#include "state_cache.hpp"

#include <map>

namespace ol::storage {
namespace {

// A third for accounts, the rest for slots, by what an entry takes.
constexpr std::size_t kAccountBytes = 160;
constexpr std::size_t kSlotBytes = 112;
// The largest code has 24 KiB.
constexpr std::size_t kCodes = 1'024;

}  // namespace

StateCache::StateCache(std::size_t bytes, std::uint64_t seed)
    : accounts_(bytes / 3 / kAccountBytes, seed),
      slots_(bytes * 2 / 3 / kSlotBytes, seed),
      code_(kCodes, seed) {}

void StateCache::reset(primitives::Height height) {
  accounts_.reset(height.value());
  slots_.reset(height.value());
}

void StateCache::follow(primitives::Height height,
                        const std::vector<const state::StateDiff*>& diffs) {
  std::map<Address, MaybeAccount> accounts;
  std::map<state::StorageKey, U256> slots;
  bool storage_was_cleared = false;
  for (const state::StateDiff* diff : diffs) {
    for (const auto& [address, account] : diff->accounts)
      accounts.insert_or_assign(address, account);
    for (const auto& [slot, value] : diff->storage)
      slots.insert_or_assign(slot, value);
    storage_was_cleared = storage_was_cleared || !diff->storage_cleared.empty();
  }
  accounts_.follow(accounts, height.value());
  // Which slots went with their account is not known here; it happens next to never (EIP-6780).
  if (storage_was_cleared) {
    slots_.reset(height.value());
  } else {
    slots_.follow(slots, height.value());
  }
}

}  // namespace ol::storage
