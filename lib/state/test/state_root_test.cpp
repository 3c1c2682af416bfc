#include <ol/state/state_root.hpp>

#include <functional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/base/rlp.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/overlay.hpp>

namespace ol::state {
namespace {

Address address_of(int i) {
  return Address{{static_cast<std::uint8_t>(i)}};
}
Hash256 slot_of(int i) {
  return U256{static_cast<std::uint64_t>(i)}.to_fixed<Hash256>();
}

/// Sorted trie items of a map from hashed keys.
Hash256 root_of(const std::map<Hash256, Bytes>& items) {
  std::vector<TrieChange> changes;
  for (const auto& [key, value] : items)
    changes.push_back({key.view(), value});
  return trie_root(changes);
}

/// The state root from first principles (Yellow Paper section 4.1): every trie from scratch.
Hash256 root_from_scratch(const MemoryState& state) {
  std::map<Hash256, Bytes> accounts;
  for (const auto& [address, account] : state.accounts()) {
    std::map<Hash256, Bytes> slots;
    for (const auto& [key, value] : state.slots()) {
      if (key.address != address) continue;
      slots.emplace(crypto::keccak256(key.slot.view()),
                    rlp_encode_string(value.to_minimal_big_endian()));
    }
    Account complete = account;
    complete.storage_root = root_of(slots);
    accounts.emplace(crypto::keccak256(address.view()), encode_account(complete));
  }
  return root_of(accounts);
}

TEST(StateRoot, of_no_account_is_the_empty_trie) {
  const MemoryState state;
  StateDiff diff;
  EXPECT_EQ(update_state_root(state, state, kEmptyTrieRoot, diff), kEmptyTrieRoot);
  EXPECT_TRUE(diff.trie.empty());
}

// The allocation and state root of Ethereum's Olympic test network (genesis, 2015).
TEST(StateRoot, of_the_olympic_genesis_allocation) {
  const char* const holders[] = {
      "dbdbdb2cbd23b783741e8d7fcf51e459b497e4a6", "e6716f9544a56c530d868e4bfbacb172315bdead",
      "b9c015918bdaba24b4ff057a92a3873d6eb201be", "1a26338f0d905e295fccb71fa9ea849ffa12aaf4",
      "2ef47100e0787b915105fd5e3f4ff6752079d5cb", "cd2a3d9f938e13cd947ec05abc7fe734df8dd826",
      "6c386a4b26f73c802f34673f7248bb118f97424a", "e4157b34ea9615cfbde6b4fda419828124b70c78"};
  const MemoryState state;
  StateDiff diff;
  for (const char* const holder : holders)
    diff.accounts[*fixed_from_hex<Address>(holder)] =
        Account{0, U256{1} << 200, kEmptyCodeHash, kEmptyTrieRoot};
  for (int i = 1; i <= 4; ++i) {
    Address precompile;
    precompile.bytes[19] = static_cast<std::uint8_t>(i);
    diff.accounts[precompile] = Account{0, 1, kEmptyCodeHash, kEmptyTrieRoot};
  }
  EXPECT_EQ(to_hex(update_state_root(state, state, kEmptyTrieRoot, diff).value().view()),
            "9178d0f23c965d81f0834a4c72c6253ce6830f4022b1359aaebfc1ecba442d4e");
}

TEST(StateRoot, storage_alone_changes_the_account) {
  MemoryState state;
  StateDiff genesis;
  genesis.accounts[address_of(1)] = Account{1, 2, kEmptyCodeHash, kEmptyTrieRoot};
  const Hash256 before = update_state_root(state, state, kEmptyTrieRoot, genesis).value();
  state.apply(genesis);

  StateDiff diff;
  diff.storage[{address_of(1), slot_of(1)}] = 9;
  const Hash256 after = update_state_root(state, state, before, diff).value();
  ASSERT_TRUE(diff.accounts.contains(address_of(1)));
  EXPECT_EQ(diff.accounts.at(address_of(1))->balance, U256{2});
  EXPECT_NE(diff.accounts.at(address_of(1))->storage_root, kEmptyTrieRoot);
  state.apply(diff);
  EXPECT_EQ(after, root_from_scratch(state));

  StateDiff back;
  back.storage[{address_of(1), slot_of(1)}] = 0;
  EXPECT_EQ(update_state_root(state, state, after, back), before);
  EXPECT_EQ(back.accounts.at(address_of(1))->storage_root, kEmptyTrieRoot);
}

TEST(StateRootDeathTest, storage_without_account_is_a_bug) {
  const MemoryState state;
  StateDiff diff;
  diff.storage[{address_of(1), slot_of(1)}] = 9;
  EXPECT_DEATH(static_cast<void>(update_state_root(state, state, kEmptyTrieRoot, diff)),
               "account that exists");
}

struct Change {
  int account = 0;
  int slot = 0;
  int kind = 0;
  std::uint64_t amount = 0;
};

/// What a block of random changes leaves on a state: accounts that are empty go, with their slots.
class RandomBlock {
 public:
  explicit RandomBlock(const StateView& view) : view_(view) {}

  void apply(const Change& change) {
    Entry& entry = load(address_of(change.account));
    if (change.kind == 3) {
      if (entry.now) entry.slots[slot_of(change.slot)] = change.amount;
      return;
    }
    if (!entry.now) entry.now = Account{};
    if (change.kind == 0) entry.now->balance += change.amount;
    if (change.kind == 1) entry.now->balance = 0;
    if (change.kind == 2) ++entry.now->nonce;
    if (entry.now->is_empty())
      entry = {.before = entry.before, .now = {}, .slots = {}, .cleared = true};
  }

  [[nodiscard]] StateDiff diff() const {
    StateDiff out;
    for (const auto& [address, entry] : accounts_) {
      const bool had_slots = entry.before && entry.before->storage_root != kEmptyTrieRoot;
      if (entry.cleared && had_slots) out.storage_cleared.emplace(address, trie_owner(address));
      if (entry.now != entry.before) out.accounts.emplace(address, entry.now);
      for (const auto& [slot, value] : entry.slots) {
        const U256 before = entry.cleared ? U256{} : view_.storage(address, slot).value();
        if (value != before) out.storage.emplace(StorageKey{address, slot}, value);
      }
    }
    return out;
  }

 private:
  struct Entry {
    std::optional<Account> before;
    std::optional<Account> now;
    std::map<Hash256, U256> slots;
    bool cleared = false;
  };
  Entry& load(const Address& address) {
    const auto found = accounts_.find(address);
    if (found != accounts_.end()) return found->second;
    const auto account = view_.account(address).value();
    return accounts_.emplace(address, Entry{account, account, {}, false}).first->second;
  }

  const StateView& view_;
  std::map<Address, Entry> accounts_;
};

StateDiff diff_of(const StateView& view, const std::vector<Change>& changes) {
  RandomBlock block(view);
  for (const Change& change : changes)
    block.apply(change);
  return block.diff();
}

rc::Gen<Change> change_gen() {
  return rc::gen::build<Change>(
      rc::gen::set(&Change::account, rc::gen::inRange(0, 8)),
      rc::gen::set(&Change::slot, rc::gen::inRange(0, 6)),
      rc::gen::set(&Change::kind, rc::gen::inRange(0, 4)),
      rc::gen::set(&Change::amount, rc::gen::inRange<std::uint64_t>(0, 3)));
}

// Some of the blocks are only overlays until later, as when several are not final yet.
RC_GTEST_PROP(StateRoot, follows_random_blocks_through_overlays, ()) {
  using Block = std::vector<Change>;
  const auto blocks = *rc::gen::scale(
      0.5, rc::gen::container<std::vector<Block>>(rc::gen::container<Block>(change_gen())));
  MemoryState state;
  Hash256 committed_root = kEmptyTrieRoot;
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    // Two blocks above the committed state, the second on an overlay of the first.
    StateDiff first = diff_of(state, blocks[i]);
    StateDiff second;
    const Hash256 first_root = update_state_root(state, state, committed_root, first).value();
    const Overlay overlay(state, state, first);
    Hash256 second_root = first_root;
    if (i + 1 < blocks.size()) {
      second = diff_of(overlay, blocks[i + 1]);
      second_root = update_state_root(overlay, overlay, first_root, second).value();
    }
    StateDiff both = first;
    both.merge(second);
    state.apply(both);
    committed_root = second_root;
    RC_ASSERT(committed_root == root_from_scratch(state));
  }
  // Nothing is left behind in the store: it equals one that was filled at once.
  MemoryState fresh;
  StateDiff all;
  for (const auto& [address, account] : state.accounts())
    all.accounts.emplace(
        address, Account{account.nonce, account.balance, account.code_hash, kEmptyTrieRoot});
  all.storage = state.slots();
  RC_ASSERT(update_state_root(fresh, fresh, kEmptyTrieRoot, all).value() == committed_root);
  fresh.apply(all);
  RC_ASSERT(fresh.trie_nodes() == state.trie_nodes());
  RC_ASSERT(fresh.accounts() == state.accounts());
}

// Accounts come and go, and storage changes, but none that was there before is cleared (EIP-6780).
RC_GTEST_PROP(StateRoot, the_way_back_leads_to_the_state_that_was, ()) {
  const auto blocks = *rc::gen::container<std::vector<std::vector<Change>>>(
      3, rc::gen::container<std::vector<Change>>(
             rc::gen::suchThat(change_gen(), [](const Change& c) { return c.kind != 1; })));
  MemoryState then;
  StateDiff start = diff_of(then, blocks[0]);
  const Hash256 root = update_state_root(then, then, kEmptyTrieRoot, start).value();
  then.apply(start);
  StateDiff first = diff_of(then, blocks[1]);
  const Hash256 middle = update_state_root(then, then, root, first).value();
  const Overlay once(then, then, first);
  StateDiff second = diff_of(once, blocks[2]);
  const Hash256 end = update_state_root(once, once, middle, second).value();
  const Overlay twice(once, second);
  Touched touched;
  touched.add(first);
  touched.add(second);
  const WayBack back = lead_back({twice, twice, end}, then, touched).value();
  RC_ASSERT(back.root == root);
  MemoryState there;
  for (const auto& diff :
       {std::cref(start), std::cref(first), std::cref(second), std::cref(back.diff)})
    there.apply(diff);
  RC_ASSERT(there.accounts() == then.accounts());
  RC_ASSERT(there.slots() == then.slots());
  RC_ASSERT(there.trie_nodes() == then.trie_nodes());
}

}  // namespace
}  // namespace ol::state
