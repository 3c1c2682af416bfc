// The input is a program of batches over few, colliding keys. After every batch the incremental
// root and the stored nodes must be those of a trie built from scratch out of a std::map.
#include <map>
#include <vector>

#include <ol/base/check.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/trie.hpp>

namespace {

using Items = std::map<ol::Bytes, ol::Bytes>;

std::vector<ol::state::TrieChange> borrow(const Items& items) {
  std::vector<ol::state::TrieChange> out;
  for (const auto& [key, value] : items)
    out.push_back({key, value});
  return out;
}

class Input {
 public:
  explicit Input(ol::ByteView in) : in_(in) {}

  bool empty() const { return in_.empty(); }
  std::uint8_t next() {
    if (in_.empty()) return 0;
    const std::uint8_t byte = in_[0];
    in_ = in_.subspan(1);
    return byte;
  }

 private:
  ol::ByteView in_;
};

/// Keys of up to 7 bytes out of four values.
ol::Bytes read_key(Input& in) {
  static constexpr std::uint8_t kBytes[] = {0x00, 0x01, 0x10, 0xff};
  const std::size_t size = in.next() % 8;
  ol::Bytes key(size);
  for (std::uint8_t& byte : key)
    byte = kBytes[in.next() % 4];
  return key;
}

Items read_batch(Input& in) {
  Items batch;
  const std::size_t count = in.next() % 8;
  for (std::size_t i = 0; i < count; ++i) {
    ol::Bytes key = read_key(in);
    batch[std::move(key)] = ol::Bytes(in.next() % 48, in.next());
  }
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol::state;
  if (size > 512) return 0;
  Input in(ol::ByteView(data, size));
  MemoryState store;
  Items model;
  ol::Hash256 root = kEmptyTrieRoot;
  while (!in.empty()) {
    const Items batch = read_batch(in);
    const auto update = update_trie(store, {}, root, borrow(batch));
    OL_CHECK(update.has_value(), "a trie that was just written can be read");
    store.apply(update->nodes);
    root = update->root;
    for (const auto& [key, value] : batch) {
      if (value.empty()) {
        model.erase(key);
      } else {
        model[key] = value;
      }
    }
    OL_CHECK(root == trie_root(borrow(model)), "the root is that of the items");
  }
  MemoryState fresh;
  fresh.apply(update_trie(fresh, {}, kEmptyTrieRoot, borrow(model))->nodes);
  OL_CHECK(fresh.trie_nodes() == store.trie_nodes(), "no node is left behind or missing");
  return 0;
}
