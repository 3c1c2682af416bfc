// dex.md 20.13 and 20.14: the same log gives the same roots however it is run, and no action twice.
#include <algorithm>
#include <array>
#include <iostream>

#include <ol/exchange/admission.hpp>
#include <ol/exchange/commitment.hpp>

#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

struct Roots {
  Hash256 state;
  Hash256 results;
  Hash256 events;
  friend bool operator==(const Roots&, const Roots&) = default;
};

/// A log of blocks, the state it begins with, and what the straight run made of it.
struct Log {
  StateRecords start;
  std::vector<BlockInput> blocks;
  std::vector<Roots> roots;
};

Traders::Options everything(std::size_t actions_max) {
  Traders::Options out;
  out.everything = true;
  out.actions_max = actions_max;
  return out;
}

Log straight_run(std::uint64_t seed, int blocks) {
  Traders traders(seed, everything(30));
  Log out{traders.chain().engine().records(), {}, {}};
  Commitment commitment(out.start);
  for (int i = 0; i < blocks; ++i) {
    traders.step();
    out.blocks.push_back(traders.chain().last_block());
    const BlockResult& result = traders.last_result();
    out.roots.push_back(
        {commitment.apply(result.diff), result_root(result.results), event_root(result.events)});
    commitment.commit();
  }
  return out;
}

std::unique_ptr<Engine> engine_at(const StateRecords& records) {
  auto out = Engine::restore(Params{}, records);
  EXPECT_TRUE(out.has_value());
  return *std::move(out);
}

class Dex2013 : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Dex2013, testing::Values(51, 52, 53));

TEST_P(Dex2013, a_snapshot_and_the_rest_of_the_log_give_the_roots_of_the_straight_run) {
  const Log log = straight_run(GetParam(), 200);
  Random random(GetParam());
  auto engine = engine_at(log.start);
  auto commitment = std::make_unique<Commitment>(log.start);
  std::size_t snapshots = 0;
  for (std::size_t i = 0; i < log.blocks.size(); ++i) {
    const BlockResult out = engine->execute(log.blocks[i]);
    engine->commit_block();
    const Roots roots{commitment->apply(out.diff), result_root(out.results),
                      event_root(out.events)};
    commitment->commit();
    ASSERT_EQ(roots, log.roots[i]) << "block " << i;
    if (!random.chance(10)) continue;
    const StateRecords snapshot = engine->records();
    engine = engine_at(snapshot);
    commitment = std::make_unique<Commitment>(snapshot);
    ASSERT_EQ(commitment->root(), log.roots[i].state) << "snapshot after block " << i;
    ++snapshots;
  }
  EXPECT_GT(snapshots, 5U);
}

// Many blocks open at once, made final together, the root of all records from scratch.
TEST_P(Dex2013, blocks_in_batches_give_the_roots_of_one_after_the_other) {
  const Log log = straight_run(GetParam(), 200);
  Random random(GetParam());
  auto engine = engine_at(log.start);
  for (std::size_t i = 0; i < log.blocks.size();) {
    const std::size_t end = std::min<std::size_t>(log.blocks.size(), i + 1 + random.below(12));
    for (std::size_t k = i; k < end; ++k) {
      const BlockResult out = engine->execute(log.blocks[k]);
      ASSERT_EQ(result_root(out.results), log.roots[k].results) << "block " << k;
      ASSERT_EQ(event_root(out.events), log.roots[k].events) << "block " << k;
    }
    // Some of them are taken off and run again.
    const std::size_t again = random.below(end - i + 1);
    for (std::size_t n = 0; n < again; ++n)
      engine->undo_block();
    for (std::size_t k = end - again; k < end; ++k)
      static_cast<void>(engine->execute(log.blocks[k]));
    while (engine->open_blocks() > 0)
      engine->commit_block();
    ASSERT_EQ(state_root(engine->records()), log.roots[end - 1].state) << "block " << end - 1;
    i = end;
  }
}

bool used_its_nonce(const ActionResult& result) {
  return result.ok || (result.error != Error::UnknownAccount && result.error != Error::BadNonce &&
                       result.error != Error::AgentRevoked);
}

std::vector<VerifiedAction> by_step(std::vector<VerifiedAction> actions) {
  std::ranges::sort(actions, {}, [](const VerifiedAction& a) {
    return std::pair(step_of(a.action.body), a.hash);
  });
  return actions;
}

BlockInput block_after(const BlockInput& last, TimeMs after, std::vector<VerifiedAction> actions) {
  BlockInput out = last;
  ++out.height;
  out.time += after;
  out.system.clear();
  out.actions = by_step(std::move(actions));
  return out;
}

// An action of an agent that was revoked since says so instead.
bool is_replay(const State& state, const VerifiedAction& action, Error error) {
  const Agent* agent = state.agents.find(action.signer);
  return error == (agent != nullptr && agent->revoked ? Error::AgentRevoked : Error::BadNonce);
}

TEST(Dex2014, an_accepted_action_is_bad_nonce_ever_after_and_changes_nothing) {
  Traders traders(61, everything(40));
  Random random(61);
  std::vector<VerifiedAction> accepted;
  std::array<std::size_t, std::variant_size_v<ActionBody>> kinds{};
  for (int i = 0; i < 250; ++i) {
    traders.step();
    const State& state = traders.chain().state();
    const BlockInput& last = traders.chain().last_block();
    for (const ActionResult& result : traders.last_result().results) {
      if (!used_its_nonce(result)) continue;
      accepted.push_back(*std::ranges::find(last.actions, result.hash, &VerifiedAction::hash));
    }
    std::vector<VerifiedAction> again;
    for (std::size_t n = 0; n < 30 && !accepted.empty(); ++n) {
      // Of the last block mostly, else from any time before.
      const std::size_t span =
          random.chance(70) ? std::min<std::size_t>(accepted.size(), 40) : accepted.size();
      again.push_back(accepted[accepted.size() - 1 - random.below(span)]);
    }
    const TimeMs after = random.chance(5) ? 2 * 86'400'000 : 100;
    for (const VerifiedAction& action : again) {
      const auto admitted = check_admission(state, Params{}, action, last.time + after, 0);
      ASSERT_FALSE(admitted.has_value());
      ASSERT_TRUE(is_replay(state, action, admitted.error())) << name(admitted.error());
    }
    const StateRecords before = traders.chain().engine().records();
    const auto with = engine_at(before);
    const auto without = engine_at(before);
    const BlockResult out = with->execute(block_after(last, after, again));
    static_cast<void>(without->execute(block_after(last, after, {})));
    for (std::size_t n = 0; n < out.results.size(); ++n)
      ASSERT_FALSE(out.results[n].ok);
    for (const VerifiedAction& action : again) {
      const ActionResult& result =
          *std::ranges::find(out.results, action.hash, &ActionResult::hash);
      const Agent* agent = with->state().agents.find(action.signer);
      const bool revoked = agent != nullptr && agent->revoked;
      ASSERT_EQ(result.error, revoked ? Error::AgentRevoked : Error::BadNonce);
      ++kinds[action.action.body.index()];
    }
    ASSERT_EQ(with->records(), without->records()) << "block " << i;
  }
  EXPECT_EQ(std::ranges::count(kinds, 0U), 0) << "a kind of action that was never replayed";
}

TEST(Dex2014, an_action_twice_in_a_block_counts_once) {
  Chain chain;
  chain.deposit(user(1), 1'000);
  const VerifiedAction send = chain.action(user(1), UsdSend{user(2), 5'000'000});
  const BlockResult out = chain.block({}, {send, send});
  EXPECT_TRUE(out.results.at(0).ok);
  EXPECT_EQ(out.results.at(1).error, Error::BadNonce);
  EXPECT_EQ(chain.account(user(2)).raw_usd, 5'000'000);
}

/// Random actions of one type each, with real keys.
class Signers {
 public:
  explicit Signers(std::uint64_t seed) : random_(seed) {}

  crypto::Secp256k1SecretKey key() {
    crypto::SecretBytes<32> bytes;
    bytes.span()[30] = static_cast<std::uint8_t>(random_.below(256));
    bytes.span()[31] = static_cast<std::uint8_t>(1 + random_.below(255));
    return *crypto::Secp256k1SecretKey::from_bytes(bytes.view());
  }
  Action action(std::size_t kind) {
    return {body(kind), random_.chance(50) ? Address{} : address(), number(), number()};
  }
  std::uint64_t number() { return random_.below(std::uint64_t{1} << (1 + random_.below(63))); }
  Address address() {
    Address out;
    for (std::uint8_t& byte : out.bytes)
      byte = static_cast<std::uint8_t>(random_.below(256));
    return out;
  }
  ActionBody body(std::size_t kind);

 private:
  std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
  bool flip() { return random_.chance(50); }
  AssetId asset() { return AssetId(small()); }
  Side side() { return flip() ? Side::Buy : Side::Sell; }
  std::string text() { return std::string(random_.below(30), 'a') + std::to_string(number()); }
  Hash256 hash() {
    Hash256 out;
    for (std::uint8_t& byte : out.bytes)
      byte = static_cast<std::uint8_t>(random_.below(256));
    return out;
  }
  Cloid cloid() {
    Cloid out;
    out.bytes[0] = static_cast<std::uint8_t>(random_.below(3));
    return out;
  }
  Order order() {
    return {asset(),       side(),   number(),
            number(),      flip(),   static_cast<Tif>(1 + random_.below(4)),
            Trigger::None, number(), static_cast<Stp>(random_.below(4)),
            cloid(),       number()};
  }

  Random random_;
};

ActionBody Signers::body(std::size_t kind) {
  const std::array<ActionBody, std::variant_size_v<ActionBody>> all = {
      PlaceOrders{{order(), order()}, Grouping::None, address(), small()},
      ModifyOrders{{{OrderId(number()), cloid(), order()}}},
      CancelOrders{{{asset(), OrderId(number()), cloid()}}},
      CancelAll{asset(), CancelSide::Both},
      ScheduleCancel{number()},
      TwapOrder{asset(), side(), number(), flip(), small(), flip()},
      TwapCancel{asset(), TwapId(number())},
      UpdateLeverage{asset(), flip(), small()},
      UpdateIsolatedMargin{asset(), static_cast<std::int64_t>(number())},
      UsdClassTransfer{number(), flip()},
      UsdSend{address(), number()},
      SpotSend{address(), TokenId(small()), number()},
      CreateSubAccount{text()},
      SubAccountTransfer{address(), flip(), flip(), TokenId(small()), number()},
      ApproveAgent{address(), text(), number()},
      ApproveBuilderFee{address(), small()},
      SetReferrer{text()},
      CreateVault{text(), text(), number()},
      VaultTransfer{address(), flip(), number()},
      EvmUserModify{flip()},
      SealOrder{hash()},
      RevealOrder{hash(), order(), hash()},
      ClaimRewards{},
      Noop{},
      RegisterReferralCode{text()}};
  return all.at(kind);
}

TEST(Dex2014, a_signature_for_another_chain_account_or_type_never_verifies) {
  constexpr std::size_t kKinds = std::variant_size_v<ActionBody>;
  Signers signers(71);
  std::size_t tried = 0;
  for (std::size_t round = 0; round < 4 * kKinds; ++round) {
    const auto key = signers.key();
    const std::uint64_t chain = 1 + signers.number();
    const Action action = signers.action(round % kKinds);
    const ActionSignature signature = sign_action(key, domain_separator(chain), action);
    const auto own = verify_action(domain_separator(chain), action, signature);
    ASSERT_TRUE(own.has_value());
    ASSERT_EQ(own->signer, key.address()) << type_string(action.body);
    const auto refused = [&](std::uint64_t on, const Action& other) {
      const auto verified = verify_action(domain_separator(on), other, signature);
      ++tried;
      return !verified || (verified->signer != key.address() && verified->hash != own->hash);
    };
    EXPECT_TRUE(refused(chain + 1, action)) << type_string(action.body);
    EXPECT_TRUE(refused(chain ^ (1ULL << 40), action)) << type_string(action.body);
    for (const Address& account : {signers.address(), key.address(), Address{}}) {
      Action other = action;
      other.account = account;
      if (account != action.account) EXPECT_TRUE(refused(chain, other)) << type_string(action.body);
    }
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (kind == action.body.index()) continue;
      const Action other{signers.body(kind), action.account, action.nonce, action.expires_after};
      EXPECT_TRUE(refused(chain, other)) << type_string(action.body) << type_string(other.body);
    }
    Action later = action;
    ++later.nonce;
    EXPECT_TRUE(refused(chain, later));
    later = action;
    ++later.expires_after;
    EXPECT_TRUE(refused(chain, later));
  }
  std::cout << tried << " signatures on what they were not made for\n";
}

// What is due for somebody is done to their account.
TEST(StateLoading, no_state_is_loaded_that_names_an_account_it_lacks) {
  const Address gone = user(99);
  const auto loads_with = [&](auto change) {
    Chain other;
    other.deposit(gone, 100);
    change(other);
    StateRecords records = other.engine().records();
    EXPECT_TRUE(Engine::restore(Params{}, records));
    std::erase_if(records, [&](const auto& record) {
      const ByteView key = record.first;
      for (const std::string_view prefix : {"acct/", "acx/", "fee/", "nset/"}) {
        if (key.size() < prefix.size() + gone.bytes.size()) continue;
        const bool below = std::ranges::equal(key.first(prefix.size()), as_bytes(prefix));
        if (below && std::ranges::equal(key.subspan(prefix.size(), gone.bytes.size()), gone.bytes))
          return true;
      }
      return false;
    });
    return Engine::restore(Params{}, records).has_value();
  };
  EXPECT_TRUE(loads_with([](Chain&) {})) << "nothing names it";
  EXPECT_FALSE(loads_with([&](Chain& c) {
    ASSERT_TRUE(c.act(gone, ScheduleCancel{c.state().global().time + 10'000}).ok);
  }));
  EXPECT_FALSE(
      loads_with([&](Chain& c) { ASSERT_TRUE(c.act(gone, ApproveAgent{user(98), "a", 0}).ok); }));
  EXPECT_FALSE(loads_with([&](Chain& c) { ASSERT_TRUE(c.act(gone, SealOrder{{}}).ok); }));
}

}  // namespace
}  // namespace ol::exchange
