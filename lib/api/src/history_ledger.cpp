// Credits and transfers.
#include "history.hpp"

namespace ol::api {

using namespace exchange;

namespace {

// Whether an action moves money between an account's places or to another account.
bool is_ledger(const ActionBody& body) {
  return std::holds_alternative<UsdClassTransfer>(body) || std::holds_alternative<UsdSend>(body) ||
         std::holds_alternative<SpotSend>(body) ||
         std::holds_alternative<SubAccountTransfer>(body) ||
         std::holds_alternative<VaultTransfer>(body) || std::holds_alternative<CreateVault>(body);
}

std::optional<Address> receiver_of(const ActionBody& body) {
  if (const auto* send = std::get_if<UsdSend>(&body)) return send->destination;
  if (const auto* send = std::get_if<SpotSend>(&body)) return send->destination;
  if (const auto* move = std::get_if<SubAccountTransfer>(&body)) return move->sub_account;
  if (const auto* move = std::get_if<VaultTransfer>(&body)) return move->vault;
  return std::nullopt;
}

}  // namespace

void History::add_ledger(LedgerRecord record, const CommittedBlock& block, BlockUpdate& update) {
  record.time = block.input.time;
  record.height = block.input.height;
  ledger_.add(record.account, record);
  update.ledger.push_back(std::move(record));
}

void History::credit(const SystemAction& action, const CommittedBlock& block, BlockUpdate& update) {
  LedgerRecord record;
  record.action = Noop{};
  if (const auto* usd = std::get_if<CreditUsd>(&action)) {
    record.account = usd->account;
    record.token = kPerpRewards;  // stands for perp cash
    record.amount = static_cast<std::uint64_t>(usd->usd);
  } else if (const auto* spot = std::get_if<CreditSpot>(&action)) {
    record.account = spot->account;
    record.token = spot->token;
    record.amount = spot->wei;
  } else {
    return;
  }
  add_ledger(std::move(record), block, update);
}

void History::apply_ledger(const CommittedBlock& block, BlockUpdate& update) {
  std::map<Hash256, const VerifiedAction*> actions;
  for (const VerifiedAction& action : block.input.actions) {
    if (is_ledger(action.action.body)) actions[action.hash] = &action;
  }
  for (const ActionResult& result : block.result.results) {
    const auto it = actions.find(result.hash);
    if (it == actions.end() || !result.ok) continue;
    LedgerRecord record;
    record.account = principal_of(*it->second);
    record.hash = result.hash;
    record.action = it->second->action.body;
    add_ledger(record, block, update);
    const auto receiver = receiver_of(record.action);
    if (!receiver || *receiver == record.account) continue;
    record.account = *receiver;
    add_ledger(std::move(record), block, update);
  }
}

}  // namespace ol::api
