#pragma once

#include <filesystem>
#include <functional>

#include <ol/api/archive.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/storage/database.hpp>

#include "stored_chain.hpp"

namespace ol::node {

/// What the exchange's API remembers, in a file beside the database: written now and then with the
/// state it belongs to, and brought up to the chain's end by executing the blocks since once more.
/// It can be deleted at any time. Format: docs/protocol/exchange-history.md.
class HistoryFile final : public api::Archive {
 public:
  struct Parts {
    std::filesystem::path path;
    const primitives::Genesis& genesis;
    exchange::Params params;
    const storage::Database& database;
    const StoredChain& chain;
    std::function<void(std::string)> warn;
  };
  /// More blocks than these are not executed again at start.
  static constexpr std::uint64_t kReplayMax = 100'000;

  /// References must outlive it.
  explicit HistoryFile(Parts parts);

  std::optional<Kept> load() override;
  bool replay(const Visit& visit) override;
  bool save(const Kept& now, const exchange::StateCut& state) override;

 private:
  [[nodiscard]] bool on_chain(const Kept& kept) const;
  [[nodiscard]] Result<std::shared_ptr<exchange::CommittedBlock>, std::string> execute(
      exchange::Engine& engine, std::uint64_t height) const;

  Parts parts_;
  Hash256 genesis_hash_;
  /// Of the last `load`, until `replay`.
  std::uint64_t height_ = 0;
  exchange::StateRecords records_;
};

}  // namespace ol::node
