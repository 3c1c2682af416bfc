#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/state_diff.hpp>

namespace ol::api {

/// What the API remembers of past blocks, beside the chain it was made from. Calls may take long;
/// they come one at a time, from whichever thread opens or saves the API.
class Archive {
 public:
  /// Of the bytes: what is saved has the first, and formats down to the second one are read too.
  static constexpr std::uint32_t kFormat = 4;
  static constexpr std::uint32_t kOldestFormat = 2;
  struct Kept {
    std::uint64_t height = 0;  // of the last block that it knows
    Bytes history;
    std::uint32_t format = kFormat;
  };
  using Visit = std::function<void(const exchange::CommittedBlock&)>;

  virtual ~Archive() = default;
  /// What was saved last. Nothing where there is none that is whole.
  [[nodiscard]] virtual std::optional<Kept> load() = 0;
  /// Executes the chain's final blocks after the last one saved (after genesis where nothing is
  /// kept) once more, and tells of each, in order, up to the chain's end. False where it cannot:
  /// what was told then is not all.
  [[nodiscard]] virtual bool replay(const Visit& visit) = 0;
  /// Replaces what is kept. @param records  The state after that block. False where it cannot; what
  /// was kept stays then.
  [[nodiscard]] virtual bool save(const Kept& now, const exchange::StateRecords& records) = 0;
};

}  // namespace ol::api
