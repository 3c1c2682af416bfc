#pragma once

#include <filesystem>
#include <string>

namespace ol::app {

/// What `timed` is told.
struct TimedOptions {
  std::uint16_t port = 0;
  /// validator_1, validator_2 or validator_3.
  std::string validator_id;
  std::uint64_t collateral = 1000;
  std::string home = ".timed";
  std::uint64_t slot_seconds = 2;
  std::string log_level = "info";
};

/// The home of the validator in a local network of three on consecutive ports, which the first to
/// start makes for all. JSON-RPC is 1000 ports above. CommandError if the collateral is not what
/// the network's genesis funds: a claim on a command line is not stake (requirements.md, trap T4).
[[nodiscard]] std::filesystem::path timed_home(const TimedOptions& options);

/// The program `timed`: one timecoin node of such a network, with the flags of its document.
[[nodiscard]] int timed_main(int argc, char** argv);

}  // namespace ol::app
