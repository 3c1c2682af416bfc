#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include <ol/exchange/access.hpp>

namespace ol::api {

/// Codes by who owns them, kept up by block diffs: the state has them the other way round. One
/// thread at a time.
class ReferralCodes {
 public:
  void load(const exchange::State& state);
  void apply(const exchange::StateDiff& diff);
  /// The code of an account; null for none. Of several the last by its text.
  [[nodiscard]] const std::string* of(const Address& owner) const;

 private:
  std::map<std::string, Address> owners_;
  std::set<std::pair<Address, std::string>> codes_;
};

}  // namespace ol::api
