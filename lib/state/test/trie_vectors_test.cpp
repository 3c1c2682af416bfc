// ethereum/tests, TrieTests.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/trie.hpp>
#include <ol/test_support/fixtures.hpp>

namespace ol::state {
namespace {

namespace json = boost::json;

struct Step {
  Bytes key;
  Bytes value;  // empty deletes
};

Bytes bytes_of(const json::value& text) {
  if (text.is_null()) return {};
  const std::string_view v = text.get_string();
  return v.starts_with("0x") ? from_hex(v).value() : to_bytes(as_bytes(v));
}

std::vector<Step> steps_of(const json::value& in, bool hash_keys) {
  std::vector<Step> out;
  if (in.is_array()) {
    for (const json::value& pair : in.get_array())
      out.push_back({bytes_of(pair.at(0)), bytes_of(pair.at(1))});
  } else {
    for (const auto& [key, value] : in.as_object())
      out.push_back({bytes_of(json::value(key)), bytes_of(value)});
  }
  for (Step& step : out) {
    if (hash_keys) step.key = to_bytes(crypto::keccak256(step.key).view());
  }
  return out;
}

/// One key per update, in the order of the test.
Hash256 root_step_by_step(const std::vector<Step>& steps) {
  MemoryState store;
  Hash256 root = kEmptyTrieRoot;
  for (const Step& step : steps) {
    const TrieChange change{step.key, step.value};
    const TrieUpdate update = update_trie(store, {}, root, {&change, 1}).value();
    store.apply(update.nodes);
    root = update.root;
  }
  return root;
}

Hash256 root_at_once(const std::vector<Step>& steps) {
  std::map<Bytes, Bytes> final_values;
  for (const Step& step : steps)
    final_values[step.key] = step.value;
  std::vector<TrieChange> items;
  for (const auto& [key, value] : final_values)
    items.push_back({key, value});
  const MemoryState nothing;
  EXPECT_EQ(update_trie(nothing, {}, kEmptyTrieRoot, items).value().root, trie_root(items));
  return trie_root(items);
}

/// The neighbours of `key` among `keys`, as next/prev tests want them.
void expect_neighbours(const std::vector<std::string>& keys, const json::value& test) {
  const std::string key(test.at(0).as_string());
  const auto next = std::upper_bound(keys.begin(), keys.end(), key);
  const auto after_previous = std::lower_bound(keys.begin(), keys.end(), key);
  EXPECT_EQ(after_previous == keys.begin() ? "" : *(after_previous - 1), test.at(1).as_string());
  EXPECT_EQ(next == keys.end() ? "" : *next, test.at(2).as_string());
}

void run_next_prev(const json::value& test) {
  std::vector<Step> steps;
  for (const json::value& key : test.at("in").as_array())
    steps.push_back({bytes_of(key), Bytes{1}});
  MemoryState store;
  Hash256 root = kEmptyTrieRoot;
  for (const Step& step : steps) {
    const TrieChange change{step.key, step.value};
    const TrieUpdate update = update_trie(store, {}, root, {&change, 1}).value();
    store.apply(update.nodes);
    root = update.root;
  }
  // The keys in the order in which the trie yields them, not sorted by the test.
  std::vector<std::string> keys;
  const auto visited =
      visit_trie(store, {}, root, [&](ByteView key, ByteView) { keys.emplace_back(as_text(key)); });
  ASSERT_TRUE(visited);
  for (const json::value& expected : test.at("tests").as_array())
    expect_neighbours(keys, expected);
}

TEST(TrieVectors, ethereum_trie_tests) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  int cases = 0;
  for (const auto& file : test_support::json_files(folder / "TrieTests")) {
    const std::string name = file.stem().string();
    const bool secure = name.find("ecure") != std::string::npos;
    const json::value tests = test_support::read_json(file);
    for (const auto& [test_name, test] : tests.as_object()) {
      SCOPED_TRACE(name + " " + std::string(test_name));
      ++cases;
      if (name == "trietestnextprev") {
        run_next_prev(test);
        continue;
      }
      auto steps = steps_of(test.at("in"), secure);
      const std::string expected = std::string(test.at("root").as_string());
      EXPECT_EQ(to_hex_prefixed(root_at_once(steps).view()), expected);
      EXPECT_EQ(to_hex_prefixed(root_step_by_step(steps).view()), expected);
      if (!test.at("in").is_object()) continue;
      std::ranges::reverse(steps);
      EXPECT_EQ(to_hex_prefixed(root_step_by_step(steps).view()), expected);
    }
  }
  EXPECT_EQ(cases, 26);
}

}  // namespace
}  // namespace ol::state
