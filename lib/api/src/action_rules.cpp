#include "action_rules.hpp"

#include <variant>

namespace ol::api {
namespace {

struct Rule {
  const exchange::Params& params;

  static std::string transfer() {
    return "money goes from user to user and between an account and its own sub-accounts; vaults "
           "give and take it by vaultTransfer only, system accounts never";
  }
  std::string operator()(const exchange::UsdSend& /*body*/) const { return transfer(); }
  std::string operator()(const exchange::SpotSend& /*body*/) const { return transfer(); }
  std::string operator()(const exchange::SubAccountTransfer& /*body*/) const {
    return "subAccountUser must be a sub-account of the account";
  }
  std::string operator()(const exchange::CreateSubAccount& /*body*/) const {
    return "only users have sub-accounts";
  }
  std::string operator()(const exchange::CreateVault& /*body*/) const {
    return "only users lead vaults";
  }
  std::string operator()(const exchange::VaultTransfer& /*body*/) const {
    return "a vault holds no shares of vaults";
  }
  std::string operator()(const exchange::ApproveBuilderFee& /*body*/) const {
    return "a vault pays no builder";
  }
  std::string operator()(const exchange::ApproveAgent& /*body*/) const {
    return "an agent's address has no account and is no other agent's; an account has " +
           std::to_string(params.named_agents) +
           " named agents and an unnamed one, a sub-account " +
           std::to_string(params.agents_per_sub) +
           " in all; the zero address removes the agent of a name that is in use";
  }
  std::string operator()(const exchange::UpdateIsolatedMargin& /*body*/) const {
    return "margin of a market that is isolated only is not taken out";
  }
  template <typename Body>
  std::string operator()(const Body& /*body*/) const {
    return {};
  }
};

}  // namespace

std::string authority_rule(const exchange::ActionBody& body, const exchange::Params& params) {
  return std::visit(Rule{params}, body);
}

}  // namespace ol::api
