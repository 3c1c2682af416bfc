#include <ol/crypto/blake3_many.hpp>

#include <ol/base/check.hpp>

// The functions are C; this header, unlike blake3.h, does not say so.
extern "C" {
#include <blake3_impl.h>
}

namespace ol::crypto {

void blake3_many(std::span<const std::uint8_t* const> messages, std::size_t blocks,
                 std::span<Hash256> out) {
  OL_CHECK(messages.size() == out.size(), "one digest per message");
  OL_CHECK(blocks > 0 && blocks <= kBlake3ManyBlocksMax, "one chunk, and not an empty one");
  static_assert(sizeof(Hash256) == BLAKE3_OUT_LEN, "digests lie side by side");
  if (messages.empty()) return;
  // A message of one chunk is its own root, and every block of it is full.
  blake3_hash_many(messages.data(), messages.size(), blocks, IV, 0, false, 0, CHUNK_START,
                   CHUNK_END | ROOT, out.front().bytes.data());
}

}  // namespace ol::crypto
