#pragma once

#include <memory>
#include <optional>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/u256.hpp>
#include <ol/state/account.hpp>
#include <ol/state/error.hpp>

namespace ol::state {

/// Contract code. Shared between the view that may cache it and the call that runs it, which may
/// outlive a revert or a change of the cache.
using Code = std::shared_ptr<const Bytes>;

/// Reads one version of the state: that after some block. The store implements it over what is
/// committed, Overlay over a block not committed yet. Answers never change during the object's
/// life. Thread rule: as each implementation states; Overlay and MemoryState may be read by many
/// threads as long as none changes what they borrow.
class StateView {
 public:
  StateView() = default;
  StateView(const StateView&) = delete;
  StateView& operator=(const StateView&) = delete;
  virtual ~StateView() = default;

  /// The account, or nothing if there is none.
  [[nodiscard]] virtual Result<std::optional<Account>, StateError> account(
      const Address& address) const = 0;

  /// The value of a storage slot; zero if never written. `slot` is the key as the contract names
  /// it (big-endian), not its hash.
  [[nodiscard]] virtual Result<U256, StateError> storage(const Address& address,
                                                         const Hash256& slot) const = 0;

  /// The code with that hash, never null. A hash that no account has is StateError::Corrupt, but
  /// for kEmptyCodeHash, which is always known.
  [[nodiscard]] virtual Result<Code, StateError> code(const Hash256& code_hash) const = 0;
};

}  // namespace ol::state
