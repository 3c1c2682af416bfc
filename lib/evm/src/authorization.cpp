#include "authorization.hpp"

#include <ol/primitives/txn_rules.hpp>

#include <limits>

#include "machine.hpp"

namespace ol::evm {
namespace {

constexpr std::int64_t kExistingAuthorityRefund = 12'500;  // PER_EMPTY_ACCOUNT - PER_AUTH_BASE

std::int64_t apply(World& world, std::uint64_t chain_id, const Authorization& authorization) {
  if (!authorization.chain_id.is_zero() && authorization.chain_id != U256{chain_id}) return 0;
  if (authorization.nonce == std::numeric_limits<std::uint64_t>::max()) return 0;
  const auto signer = primitives::recover_authority(authorization);
  if (!signer) return 0;
  WorldAccount& account = world.account(*signer);
  world.warm(account);
  if (account.has_code() && !primitives::delegation(*world.code(account))) return 0;
  if (account.nonce != authorization.nonce) return 0;
  const bool existed = account.exists && !account.is_empty();

  Bytes code;
  if (!authorization.address.is_zero()) {
    append(code, primitives::kDelegationPrefix);
    append(code, authorization.address.view());
  }
  if (!code.empty() || account.has_code()) world.set_code(account, std::move(code));
  world.set_nonce(account, account.nonce + 1);
  return existed ? kExistingAuthorityRefund : 0;
}

}  // namespace

std::int64_t apply_authorizations(World& world, std::uint64_t chain_id,
                                  std::span<const Authorization> authorizations) {
  std::int64_t refund = 0;
  for (const Authorization& authorization : authorizations)
    refund += apply(world, chain_id, authorization);
  return refund;
}

}  // namespace ol::evm
