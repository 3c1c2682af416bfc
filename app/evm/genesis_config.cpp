#include "genesis_config.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "command.hpp"
#include "json_number.hpp"

namespace ol::app {
namespace {

using evm::Revision;
using simdjson::dom::element;

struct ForkField {
  const char* name;
  Revision revision;
  std::uint64_t GenesisBlock::* reached;
};

// What a fork's field is compared with.
constexpr auto kNumber = &GenesisBlock::number;
constexpr auto kTime = &GenesisBlock::timestamp;

// Forks that only delayed the difficulty, or changed the number of blobs, keep their predecessor's
// rules.
constexpr std::array<ForkField, 22> kForkFields = {{
    {"homesteadBlock", Revision::Homestead, kNumber},
    {"eip150Block", Revision::TangerineWhistle, kNumber},
    {"eip158Block", Revision::SpuriousDragon, kNumber},
    {"byzantiumBlock", Revision::Byzantium, kNumber},
    {"constantinopleBlock", Revision::Constantinople, kNumber},
    {"petersburgBlock", Revision::Petersburg, kNumber},
    {"istanbulBlock", Revision::Istanbul, kNumber},
    {"muirGlacierBlock", Revision::Istanbul, kNumber},
    {"berlinBlock", Revision::Berlin, kNumber},
    {"londonBlock", Revision::London, kNumber},
    {"arrowGlacierBlock", Revision::London, kNumber},
    {"grayGlacierBlock", Revision::London, kNumber},
    {"mergeNetsplitBlock", Revision::Paris, kNumber},
    {"terminalTotalDifficulty", Revision::Paris, &GenesisBlock::difficulty},
    {"shanghaiTime", Revision::Shanghai, kTime},
    {"cancunTime", Revision::Cancun, kTime},
    {"pragueTime", Revision::Prague, kTime},
    {"osakaTime", Revision::Osaka, kTime},
    {"bpo1Time", Revision::Osaka, kTime},
    {"bpo2Time", Revision::Osaka, kTime},
    {"bpo3Time", Revision::Osaka, kTime},
    {"bpo4Time", Revision::Osaka, kTime},
}};

/// The number in `object[key]`; none if it is absent or null, which geth takes for never.
std::optional<U256> find_number(element object, const char* key) {
  element value;
  if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return json_number(value, key);
}

}  // namespace

std::optional<Revision> configured_revision(element config, const GenesisBlock& block) {
  std::optional<Revision> out;
  for (const ForkField& field : kForkFields) {
    const auto begin = find_number(config, field.name);
    if (!begin) continue;
    const bool has_begun = !(U256{block.*field.reached} < *begin);
    out =
        std::max(out.value_or(Revision::Frontier), has_begun ? field.revision : Revision::Frontier);
  }
  // As geth has it, Petersburg begins with Constantinople where nothing is said of it.
  if (out == Revision::Constantinople && !find_number(config, "petersburgBlock"))
    return Revision::Petersburg;
  return out;
}

}  // namespace ol::app
