#include <ol/exchange/signing.hpp>

#include <array>
#include <span>
#include <string>
#include <utility>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/keccak_many.hpp>

namespace ol::exchange {
namespace {

#define OL_TAIL "address account,uint64 nonce,uint64 expiresAfter)"
#define OL_ORDER                                                                               \
  "Order(uint32 asset,bool isBuy,uint64 px,uint64 sz,bool reduceOnly,uint8 tif,uint8 trigger," \
  "uint64 triggerPx,uint8 stp,bytes16 cloid,uint64 goodTil)"

constexpr std::string_view kOrderType = OL_ORDER;
constexpr std::string_view kModifyType = "Modify(uint64 oid,bytes16 cloid,Order order)" OL_ORDER;
constexpr std::string_view kCancelType = "Cancel(uint32 asset,uint64 oid,bytes16 cloid)";

// One overload per action: its type string of dex.md 14.4.
std::string_view type_of(const PlaceOrders&) {
  return "PlaceOrders(Order[] orders,uint8 grouping,address builder,uint32 "
         "builderFee," OL_TAIL OL_ORDER;
}
std::string_view type_of(const ModifyOrders&) {
  return "ModifyOrders(Modify[] modifies," OL_TAIL
         "Modify(uint64 oid,bytes16 cloid,Order order)" OL_ORDER;
}
std::string_view type_of(const CancelOrders&) {
  return "CancelOrders(Cancel[] cancels," OL_TAIL "Cancel(uint32 asset,uint64 oid,bytes16 cloid)";
}
std::string_view type_of(const CancelAll&) {
  return "CancelAll(uint32 asset,uint8 side," OL_TAIL;
}
std::string_view type_of(const ScheduleCancel&) {
  return "ScheduleCancel(uint64 time," OL_TAIL;
}
std::string_view type_of(const TwapOrder&) {
  return "TwapOrder(uint32 asset,bool isBuy,uint64 sz,bool reduceOnly,uint32 minutes,bool "
         "randomize," OL_TAIL;
}
std::string_view type_of(const TwapCancel&) {
  return "TwapCancel(uint32 asset,uint64 twapId," OL_TAIL;
}
std::string_view type_of(const UpdateLeverage&) {
  return "UpdateLeverage(uint32 asset,bool isCross,uint32 leverage," OL_TAIL;
}
std::string_view type_of(const UpdateIsolatedMargin&) {
  return "UpdateIsolatedMargin(uint32 asset,int64 usd," OL_TAIL;
}
std::string_view type_of(const UsdClassTransfer&) {
  return "UsdClassTransfer(uint64 usd,bool toPerp," OL_TAIL;
}
std::string_view type_of(const UsdSend&) {
  return "UsdSend(address destination,uint64 usd," OL_TAIL;
}
std::string_view type_of(const SpotSend&) {
  return "SpotSend(address destination,uint32 token,uint64 amount," OL_TAIL;
}
std::string_view type_of(const CreateSubAccount&) {
  return "CreateSubAccount(string name," OL_TAIL;
}
std::string_view type_of(const SubAccountTransfer&) {
  return "SubAccountTransfer(address subAccount,bool isDeposit,bool isPerp,uint32 token,uint64 "
         "amount," OL_TAIL;
}
std::string_view type_of(const ApproveAgent&) {
  return "ApproveAgent(address agent,string name,uint64 validUntil," OL_TAIL;
}
std::string_view type_of(const ApproveBuilderFee&) {
  return "ApproveBuilderFee(address builder,uint32 maxFee," OL_TAIL;
}
std::string_view type_of(const SetReferrer&) {
  return "SetReferrer(string code," OL_TAIL;
}
std::string_view type_of(const CreateVault&) {
  return "CreateVault(string name,string description,uint64 usd," OL_TAIL;
}
std::string_view type_of(const VaultTransfer&) {
  return "VaultTransfer(address vault,bool isDeposit,uint64 usd," OL_TAIL;
}
std::string_view type_of(const EvmUserModify&) {
  return "EvmUserModify(bool usingBigBlocks," OL_TAIL;
}
std::string_view type_of(const SealOrder&) {
  return "SealOrder(bytes32 commitment," OL_TAIL;
}
std::string_view type_of(const RevealOrder&) {
  return "RevealOrder(bytes32 commitment,Order order,bytes32 salt," OL_TAIL OL_ORDER;
}
std::string_view type_of(const ClaimRewards&) {
  return "ClaimRewards(" OL_TAIL;
}
std::string_view type_of(const Noop&) {
  return "Noop(" OL_TAIL;
}
std::string_view type_of(const RegisterReferralCode&) {
  return "RegisterReferralCode(string code," OL_TAIL;
}

#undef OL_TAIL
#undef OL_ORDER

Hash256 hash_text(std::string_view text) {
  return crypto::keccak256(as_bytes(text));
}

/// Fields of a struct as EIP-712 encodes them: 32-byte words after the type hash.
class Fields {
 public:
  explicit Fields(const Hash256& type_hash) { out_.fixed(type_hash); }

  Fields& number(std::uint64_t v) {
    zeros(24);
    out_.u64(v);
    return *this;
  }
  Fields& signed_number(std::int64_t v) {
    for (int i = 0; i < 24; ++i)
      out_.u8(v < 0 ? 0xff : 0);
    out_.u64(static_cast<std::uint64_t>(v));
    return *this;
  }
  Fields& address(const Address& v) {
    zeros(12);
    out_.fixed(v);
    return *this;
  }
  // Short bytes types are padded behind.
  Fields& cloid(const Cloid& v) {
    out_.fixed(v);
    zeros(16);
    return *this;
  }
  Fields& word(const Hash256& v) {
    out_.fixed(v);
    return *this;
  }
  Fields& text(std::string_view v) { return word(hash_text(v)); }
  Fields& side(Side v) { return number(v == Side::Buy ? 1 : 0); }
  Fields& list(std::span<const Hash256> hashes) {
    Writer words;
    for (const Hash256& hash : hashes)
      words.fixed(hash);
    return word(crypto::keccak256(words.bytes()));
  }

  [[nodiscard]] ByteView bytes() const { return out_.bytes(); }
  [[nodiscard]] Hash256 hash() const { return crypto::keccak256(out_.bytes()); }

 private:
  void zeros(std::size_t count) {
    static constexpr std::array<std::uint8_t, 24> kZeros{};
    out_.raw(ByteView(kZeros).first(count));
  }
  Writer out_;
};

/// hashStruct of each, side by side: a batch has up to a hundred elements.
std::vector<Hash256> hash_all(const std::vector<Fields>& structs) {
  std::vector<ByteView> messages;
  messages.reserve(structs.size());
  for (const Fields& one : structs)
    messages.push_back(one.bytes());
  std::vector<Hash256> out(structs.size());
  crypto::keccak256_many(messages, out);
  return out;
}

Fields fields_of(const Order& order) {
  static const Hash256 kType = hash_text(kOrderType);
  Fields out(kType);
  out.number(order.asset.value())
      .side(order.side)
      .number(order.px)
      .number(order.sz)
      .number(order.reduce_only ? 1 : 0)
      .number(static_cast<std::uint8_t>(order.tif))
      .number(static_cast<std::uint8_t>(order.trigger))
      .number(order.trigger_px)
      .number(static_cast<std::uint8_t>(order.stp))
      .cloid(order.cloid)
      .number(order.good_til);
  return out;
}

Fields fields_of(const CancelRequest& cancel) {
  static const Hash256 kType = hash_text(kCancelType);
  Fields out(kType);
  out.number(cancel.asset.value()).number(cancel.oid.value()).cloid(cancel.cloid);
  return out;
}

template <typename Item>
std::vector<Hash256> hash_each(const std::vector<Item>& items) {
  std::vector<Fields> structs;
  structs.reserve(items.size());
  for (const Item& item : items)
    structs.push_back(fields_of(item));
  return hash_all(structs);
}

std::vector<Hash256> hash_each(const std::vector<ModifyRequest>& modifies) {
  static const Hash256 kType = hash_text(kModifyType);
  std::vector<Fields> orders;
  orders.reserve(modifies.size());
  for (const ModifyRequest& modify : modifies)
    orders.push_back(fields_of(modify.order));
  const std::vector<Hash256> order_hashes = hash_all(orders);
  std::vector<Fields> structs;
  structs.reserve(modifies.size());
  for (std::size_t i = 0; i < modifies.size(); ++i) {
    Fields& out = structs.emplace_back(kType);
    out.number(modifies[i].oid.value()).cloid(modifies[i].cloid).word(order_hashes[i]);
  }
  return hash_all(structs);
}

void encode(Fields& out, const PlaceOrders& v) {
  out.list(hash_each(v.orders))
      .number(static_cast<std::uint8_t>(v.grouping))
      .address(v.builder)
      .number(v.builder_fee);
}
void encode(Fields& out, const ModifyOrders& v) {
  out.list(hash_each(v.modifies));
}
void encode(Fields& out, const CancelOrders& v) {
  out.list(hash_each(v.cancels));
}
void encode(Fields& out, const CancelAll& v) {
  out.number(v.asset.value()).number(static_cast<std::uint8_t>(v.side));
}
void encode(Fields& out, const ScheduleCancel& v) {
  out.number(v.time);
}
void encode(Fields& out, const TwapOrder& v) {
  out.number(v.asset.value()).side(v.side).number(v.sz).number(v.reduce_only ? 1 : 0);
  out.number(v.minutes).number(v.randomize ? 1 : 0);
}
void encode(Fields& out, const TwapCancel& v) {
  out.number(v.asset.value()).number(v.twap_id.value());
}
void encode(Fields& out, const UpdateLeverage& v) {
  out.number(v.asset.value()).number(v.is_cross ? 1 : 0).number(v.leverage);
}
void encode(Fields& out, const UpdateIsolatedMargin& v) {
  out.number(v.asset.value()).signed_number(v.usd);
}
void encode(Fields& out, const UsdClassTransfer& v) {
  out.number(v.usd).number(v.to_perp ? 1 : 0);
}
void encode(Fields& out, const UsdSend& v) {
  out.address(v.destination).number(v.usd);
}
void encode(Fields& out, const SpotSend& v) {
  out.address(v.destination).number(v.token.value()).number(v.amount);
}
void encode(Fields& out, const CreateSubAccount& v) {
  out.text(v.name);
}
void encode(Fields& out, const SubAccountTransfer& v) {
  out.address(v.sub_account).number(v.is_deposit ? 1 : 0).number(v.is_perp ? 1 : 0);
  out.number(v.token.value()).number(v.amount);
}
void encode(Fields& out, const ApproveAgent& v) {
  out.address(v.agent).text(v.name).number(v.valid_until);
}
void encode(Fields& out, const ApproveBuilderFee& v) {
  out.address(v.builder).number(v.max_fee);
}
void encode(Fields& out, const SetReferrer& v) {
  out.text(v.code);
}
void encode(Fields& out, const CreateVault& v) {
  out.text(v.name).text(v.description).number(v.usd);
}
void encode(Fields& out, const VaultTransfer& v) {
  out.address(v.vault).number(v.is_deposit ? 1 : 0).number(v.usd);
}
void encode(Fields& out, const EvmUserModify& v) {
  out.number(v.using_big_blocks ? 1 : 0);
}
void encode(Fields& out, const SealOrder& v) {
  out.word(v.commitment);
}
void encode(Fields& out, const RevealOrder& v) {
  out.word(v.commitment).word(order_struct_hash(v.order)).word(v.salt);
}
void encode(Fields& /*out*/, const ClaimRewards& /*v*/) {}
void encode(Fields& /*out*/, const Noop& /*v*/) {}
void encode(Fields& out, const RegisterReferralCode& v) {
  out.text(v.code);
}

// Type hashes never change; each alternative's is computed once.
template <typename Body>
const Hash256& type_hash_of(const Body& body) {
  static const Hash256 kType = hash_text(type_of(body));
  return kType;
}

Address derive_address(std::string_view label, const Address& owner, std::uint32_t index) {
  Writer out;
  out.raw(as_bytes(label)).fixed(owner).u32(index);
  const Hash256 digest = crypto::keccak256(out.bytes());
  return *Address::from(digest.view().subspan(12));
}

}  // namespace

Hash256 domain_separator(std::uint64_t chain_id) {
  static const Hash256 kType =
      hash_text("EIP712Domain(string name,string version,uint256 chainId)");
  return Fields(kType).text("OpenLiquid").text("1").number(chain_id).hash();
}

std::string_view type_string(const ActionBody& body) {
  return std::visit([](const auto& alternative) { return type_of(alternative); }, body);
}

Hash256 order_struct_hash(const Order& order) {
  return fields_of(order).hash();
}

Hash256 action_struct_hash(const Action& action) {
  return std::visit(
      [&](const auto& body) {
        Fields out(type_hash_of(body));
        encode(out, body);
        out.address(action.account).number(action.nonce).number(action.expires_after);
        return out.hash();
      },
      action.body);
}

Hash256 action_hash(const Hash256& domain, const Action& action) {
  Writer out;
  out.u8(0x19).u8(0x01).fixed(domain).fixed(action_struct_hash(action));
  return crypto::keccak256(out.bytes());
}

Result<VerifiedAction, Error> verify_action(const Hash256& domain, Action action,
                                            const ActionSignature& signature) {
  const std::uint8_t v = signature.bytes[64];
  if (v != 27 && v != 28) return fail(Error::BadSignature);
  crypto::RecoverableSignature parts;
  std::copy_n(signature.bytes.begin(), 32, parts.r.begin());
  std::copy_n(signature.bytes.begin() + 32, 32, parts.s.begin());
  parts.recovery_id = static_cast<std::uint8_t>(v - 27);
  const Hash256 hash = action_hash(domain, action);
  const auto key = crypto::recover(hash, parts, crypto::HighS::Reject);
  if (!key) return fail(Error::BadSignature);
  const Address signer = crypto::ethereum_address(*key);
  // Two signers may sign the same digest, for "the signer's own account" is written as zero.
  const Hash256 name = crypto::keccak256(Writer().fixed(hash).fixed(signer).bytes());
  return VerifiedAction{std::move(action), signer, name};
}

ActionSignature sign_action(const crypto::Secp256k1SecretKey& key, const Hash256& domain,
                            const Action& action) {
  const crypto::RecoverableSignature parts =
      crypto::sign_recoverable(key, action_hash(domain, action));
  ActionSignature out;
  std::ranges::copy(parts.r, out.bytes.begin());
  std::ranges::copy(parts.s, out.bytes.begin() + 32);
  out.bytes[64] = static_cast<std::uint8_t>(27 + parts.recovery_id);
  return out;
}

Hash256 seal_commitment(const Order& order, const Hash256& salt, const Address& account) {
  return Fields(order_struct_hash(order)).word(salt).address(account).hash();
}

Address sub_account_address(const Address& master, std::uint32_t index) {
  return derive_address("OpenLiquid/sub", master, index);
}

Address vault_address(const Address& leader, std::uint32_t index) {
  return derive_address("OpenLiquid/vault", leader, index);
}

}  // namespace ol::exchange
