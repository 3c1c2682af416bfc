#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <ol/base/bytes.hpp>
#include <ol/exchange/access.hpp>

namespace ol::api {

/// What the API remembers of past blocks, beside the chain it was made from. Calls may take long;
/// they come one at a time, from whichever thread opens or saves the API.
class Archive {
 public:
  /// Of the bytes: what is saved has the first, and formats down to the second one are read too.
  static constexpr std::uint32_t kFormat = 5;
  static constexpr std::uint32_t kOldestFormat = 2;
  /// The first that says which block it ends with, and since when it is whole.
  static constexpr std::uint32_t kWithBlock = 5;
  struct Kept {
    std::uint64_t height = 0;  // of the last block that it knows
    Hash256 block;             // that block; zero: of a format that does not say
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
  /// Replaces what is kept. @param state  After that block. False where it cannot; what was kept
  /// stays then.
  [[nodiscard]] virtual bool save(const Kept& now, const exchange::StateCut& state) = 0;
};

}  // namespace ol::api
