#include <ol/execution/exchange_items.hpp>

#include <algorithm>
#include <set>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::execution {
namespace {

using exchange::OracleSubmit;
using exchange::SystemAction;
using exchange::VerifiedAction;

Writer begin_item(primitives::ItemTag tag) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(tag));
  return out;
}

/// What an item says, and the epoch of prices.
struct Read {
  ExchangeItem::Content content;
  primitives::Epoch epoch = {};
};

Result<Read, ItemError> read_action(const ItemRules& rules, ByteView body) {
  auto signed_action = exchange::decode_signed_action(body);
  if (!signed_action) return fail(ItemError::Malformed);
  auto verified = exchange::verify_action(rules.separator, std::move(signed_action->action),
                                          signed_action->signature);
  if (!verified) return fail(ItemError::BadSignature);
  return Read{*std::move(verified)};
}

Result<Read, ItemError> read_prices(const ItemRules& rules, ByteView body) {
  Reader in(body);
  const auto epoch = in.strong<primitives::Epoch>();
  OracleSubmit prices = exchange::decode_oracle_submit(in);
  const auto signature = in.fixed<crypto::Ed25519Signature>();
  if (!in.finish() || prices.prices.empty()) return fail(ItemError::Malformed);
  const primitives::ValidatorSet* set = rules.set_of(epoch);
  const auto* validator =
      set == nullptr ? nullptr : set->find(primitives::ValidatorIndex(prices.validator));
  if (validator == nullptr) return fail(ItemError::UnknownValidator);
  const Hash256 digest = prices_digest(rules.domain, epoch, prices);
  if (!crypto::verify(validator->key, digest.view(), signature))
    return fail(ItemError::BadSignature);
  return Read{std::move(prices), epoch};
}

Result<Read, ItemError> read_system(const ItemRules& rules, ByteView body) {
  if (!rules.devnet) return fail(ItemError::NotHere);
  constexpr std::size_t kSaltBytes = 8;
  if (body.size() < kSaltBytes) return fail(ItemError::Malformed);
  auto action = exchange::decode_system_action(body.subspan(kSaltBytes));
  // Prices of a validator come with its signature, on every network.
  if (!action || std::holds_alternative<OracleSubmit>(*action)) return fail(ItemError::Malformed);
  return Read{*std::move(action)};
}

Result<Read, ItemError> read_content(const ItemRules& rules, ByteView bytes) {
  if (bytes.empty()) return fail(ItemError::Malformed);
  const ByteView body = bytes.subspan(1);
  switch (static_cast<primitives::ItemTag>(bytes[0])) {
    case primitives::ItemTag::Action:
      return read_action(rules, body);
    case primitives::ItemTag::Prices:
      return read_prices(rules, body);
    case primitives::ItemTag::System:
      return read_system(rules, body);
    case primitives::ItemTag::Leader:
      // Taken off before a block comes here.
      return fail(ItemError::Malformed);
  }
  return fail(ItemError::Malformed);
}

// dex.md 5.2: of the parent's certificate.
Hash256 order_seed(const ItemRules& rules, const primitives::QuorumCertificate& justify) {
  Writer seed;
  seed.raw(as_bytes("openliquid/order-seed/v1"));
  primitives::encode(seed, justify);
  return crypto::hash(rules.domain.hash, seed.bytes());
}

}  // namespace

const char* describe(ItemError error) {
  switch (error) {
    case ItemError::TooLong:
      return "the action is longer than 131072 bytes";
    case ItemError::Malformed:
      return "the action does not decode: docs/protocol/exchange-block.md";
    case ItemError::BadSignature:
      return "the signature is not one over this action for this chain";
    case ItemError::UnknownValidator:
      return "the prices are of nobody in the validator set of their epoch";
    case ItemError::NotHere:
      return "system actions can be sent on development networks only";
  }
  return "";
}

Hash256 prices_digest(const primitives::ChainDomain& domain, primitives::Epoch epoch,
                      const OracleSubmit& prices) {
  Writer out;
  out.raw(as_bytes("openliquid/prices/v1")).strong(domain.chain_id).strong(epoch);
  exchange::encode_oracle_submit(out, prices);
  return crypto::hash(domain.hash, out.bytes());
}

Bytes action_item(const exchange::SignedAction& action) {
  return begin_item(primitives::ItemTag::Action).raw(exchange::encode_signed_action(action)).take();
}

Bytes prices_item(primitives::Epoch epoch, const OracleSubmit& prices,
                  const crypto::Ed25519Signature& signature) {
  Writer out = begin_item(primitives::ItemTag::Prices);
  out.strong(epoch);
  exchange::encode_oracle_submit(out, prices);
  return out.fixed(signature).take();
}

Bytes system_item(std::uint64_t salt, const SystemAction& action) {
  return begin_item(primitives::ItemTag::System)
      .u64(salt)
      .raw(exchange::encode_system_action(action))
      .take();
}

Result<ExchangeItem, ItemError> verify_item(const ItemRules& rules, Bytes bytes) {
  if (bytes.size() > kExchangeItemBytesMax) return fail(ItemError::TooLong);
  auto read = read_content(rules, bytes);
  if (!read) return fail(read.error());
  const auto hash = primitives::transaction_hash(bytes);
  return ExchangeItem{std::move(bytes), hash, std::move(read->content), read->epoch};
}

std::size_t element_count(const ExchangeItem& item) {
  if (const auto* action = item.action()) return exchange::element_count(action->action.body);
  if (const auto* prices = std::get_if<OracleSubmit>(&item.content)) return prices->prices.size();
  return 1;
}

void sort_items(const ItemRules& rules, const primitives::QuorumCertificate& justify,
                std::vector<ExchangeItemPtr>& items) {
  if (rules.order_mode == exchange::OrderMode::ListOrder) return;
  const Hash256 seed = order_seed(rules, justify);
  using Key = std::pair<exchange::Step, Hash256>;
  std::vector<std::pair<Key, ExchangeItemPtr>> actions;
  const auto is_action = [](const ExchangeItemPtr& item) { return item->action() != nullptr; };
  const auto first = std::ranges::find_if(items, is_action);
  for (auto it = first; it != items.end(); ++it) {
    const VerifiedAction& action = *(*it)->action();
    const Key key{exchange::step_of(action.action.body), exchange::order_key(seed, action.hash)};
    actions.emplace_back(key, *it);
  }
  std::ranges::sort(actions, {}, [](const auto& action) { return action.first; });
  std::ranges::transform(actions, first, [](const auto& action) { return action.second; });
}

bool has_revert(const exchange::State& parent, std::span<const ExchangeItemPtr> items) {
  return std::ranges::any_of(items, [&](const ExchangeItemPtr& item) {
    const auto* system = std::get_if<SystemAction>(&item->content);
    const auto* revert = system == nullptr ? nullptr : std::get_if<exchange::RevertTo>(system);
    return revert != nullptr && parent.snapshots.contains(revert->snapshot);
  });
}

Result<exchange::BlockInput, ItemsError> block_input(const ItemRules& rules,
                                                     const primitives::Header& header,
                                                     std::span<const ExchangeItemPtr> items,
                                                     exchange::TimeMs ahead) {
  if (items.size() > kExchangeItemsMax) return fail(ItemsError::TooMany);
  const primitives::ValidatorSet* set = rules.set_of(header.epoch);
  if (set == nullptr) return fail(ItemsError::Epoch);
  exchange::BlockInput out;
  out.height = header.height.value();
  out.time = header.time.value() + ahead;
  out.seed = order_seed(rules, header.justify);
  out.order_mode = rules.order_mode;
  for (std::uint32_t i = 0; i < set->size(); ++i)
    out.stakes.push_back(set->find(primitives::ValidatorIndex(i))->weight.value());

  std::size_t elements = 0;
  std::size_t kind = 0;
  std::set<Hash256> seen;
  for (const ExchangeItemPtr& item : items) {
    elements += element_count(*item);
    if (item->content.index() < kind) return fail(ItemsError::Order);
    kind = item->content.index();
    if (const VerifiedAction* action = item->action()) {
      if (!seen.insert(action->hash).second) return fail(ItemsError::Duplicate);
      out.actions.push_back(*action);
    } else if (const auto* prices = std::get_if<OracleSubmit>(&item->content)) {
      if (item->epoch != header.epoch) return fail(ItemsError::Epoch);
      if (prices->round > (header.time.value() + kOracleAheadMs) / kOraclePeriodMs)
        return fail(ItemsError::Round);
      const auto* last =
          out.system.empty() ? nullptr : std::get_if<OracleSubmit>(&out.system.back());
      if (last != nullptr && last->validator >= prices->validator) return fail(ItemsError::Order);
      out.system.emplace_back(*prices);
    } else {
      out.system.push_back(std::get<SystemAction>(item->content));
    }
  }
  if (elements > kExchangeElementsMax) return fail(ItemsError::TooMany);
  return out;
}

}  // namespace ol::execution
