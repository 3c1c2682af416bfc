// Proofs as a light client gets them from a node it does not trust (dex.md 18): any bytes are
// decoded strictly, and what is made of a true proof proves nothing but what the state has.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include <ol/base/check.hpp>
#include <ol/exchange/leaf.hpp>
#include <ol/exchange/proof.hpp>

namespace {

using namespace ol;
using namespace ol::exchange;

// Keys of a few lengths, close together and far apart.
StateRecords some_records() {
  StateRecords out;
  for (std::uint32_t i = 0; i < 40; ++i) {
    Writer key;
    key.u8(static_cast<std::uint8_t>(i % 3)).u32(i * i);
    if (i % 2 == 0) key.u64(i);
    out[key.take()] = Bytes(i % 5, static_cast<std::uint8_t>(i));
  }
  return out;
}

struct Source {
  StateRecords records = some_records();
  Commitment commitment{records};
  std::map<TreeKey, Bytes> by_place;

  Source() {
    for (const auto& [key, value] : records)
      by_place.emplace(tree_key(key), value);
  }
  [[nodiscard]] RangeProof prove(TreeKey first, TreeKey last, std::size_t most) const {
    if (last < first) std::swap(first, last);
    return prove_range(commitment.tree(), first, last, most,
                       [&](const TreeKey& place) { return by_place.at(place); });
  }
};

const Source& source() {
  static const Source the_one;
  return the_one;
}

// What proves something of the true root says all there is in its range, and nothing else.
void check(ByteView bytes) {
  const auto proof = decode_range_proof(bytes);
  if (!proof) return;
  OL_CHECK(std::ranges::equal(encode_range_proof(*proof), bytes), "one encoding of a proof");
  const auto proven = verify_range(*proof);
  if (!proven || proven->root != source().commitment.root()) return;
  const auto& all = source().by_place;
  const std::vector<std::pair<TreeKey, Bytes>> true_ones(all.lower_bound(proof->first),
                                                         all.upper_bound(proof->last));
  OL_CHECK(proven->records == true_ones, "a proof of what the state has not");
}

TreeKey place_of(ByteView bytes) {
  TreeKey out;
  std::ranges::copy(bytes, out.bytes.begin());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check(input);
  constexpr std::size_t kPlace = 5;
  if (size < 1 + 2 * kPlace) return 0;
  RangeProof proof = source().prove(place_of(input.subspan(1, kPlace)),
                                    place_of(input.subspan(1 + kPlace, kPlace)), 1 + input[0] % 50);
  const Bytes whole = encode_range_proof(proof);
  const auto decoded = decode_range_proof(whole);
  OL_CHECK(decoded && verify_range(*decoded)->root == source().commitment.root(),
           "a true proof proves");
  check(whole);
  // Without one of its leaves, and with other ends.
  if ((input[0] & 0x80) != 0) {
    proof.leaves.erase(proof.leaves.begin() + input[1] % std::ssize(proof.leaves));
  }
  if ((input[0] & 0x40) != 0) proof.first = place_of(input.last(kPlace));
  // Three bytes each: where a byte changes, and how.
  Bytes changed = encode_range_proof(proof);
  for (ByteView rest = input.subspan(1 + 2 * kPlace); rest.size() >= 3; rest = rest.subspan(3)) {
    const std::size_t at = (std::size_t{rest[0]} << 8U | rest[1]) % changed.size();
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ rest[2]);
  }
  check(changed);
  return 0;
}
