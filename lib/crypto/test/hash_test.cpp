#include <gtest/gtest.h>

#include <string>

#include <ol/crypto/blake3_many.hpp>
#include <ol/crypto/hash.hpp>

#include "vectors.hpp"

namespace ol::crypto {
namespace {

// The input of BLAKE3's test_vectors.json: 0, 1, .. 250, 0, 1, ...
Bytes counting(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::uint8_t>(i % 251);
  return out;
}

struct Blake3Case {
  std::size_t size;
  const char* digest;
};

// github.com/BLAKE3-team/BLAKE3, test_vectors/test_vectors.json, first 32 bytes of "hash".
constexpr Blake3Case kBlake3Cases[] = {
    {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
    {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
    {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
    {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
    {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
    {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
    {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
    {4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
    {8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
    {16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
    {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
    {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
};

TEST(Blake3, reproduces_its_official_vectors) {
  for (const auto& c : kBlake3Cases)
    EXPECT_EQ(to_hex(blake3(counting(c.size)).view()), c.digest);
}

TEST(Blake3, gives_the_same_digest_in_pieces) {
  for (const auto& c : kBlake3Cases) {
    const Bytes data = counting(c.size);
    Blake3 hasher;
    for (std::size_t at = 0; at < data.size(); at += 1000) {
      hasher.update(ByteView(data).subspan(at, std::min<std::size_t>(1000, data.size() - at)));
    }
    const Blake3 copy = hasher;
    EXPECT_EQ(to_hex(copy.digest().view()), c.digest);
  }
}

TEST(Blake3Many, gives_every_message_its_own_digest) {
  constexpr std::size_t kMost = 19;  // more than any vector unit takes at once, and a rest
  const Bytes data = counting(kMost * 7 + kBlake3ManyBlocksMax * 64);
  for (std::size_t blocks = 1; blocks <= kBlake3ManyBlocksMax; ++blocks) {
    for (std::size_t count = 0; count <= kMost; ++count) {
      std::vector<const std::uint8_t*> messages;
      for (std::size_t i = 0; i < count; ++i)
        messages.push_back(data.data() + 7 * i);
      std::vector<Hash256> out(count);
      blake3_many(messages, blocks, out);
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(out[i], blake3(ByteView(messages[i], blocks * 64))) << blocks << ' ' << i;
    }
  }
}

TEST(Blake3Many, takes_one_chunk_at_most) {
  const Bytes data(64 * (kBlake3ManyBlocksMax + 1));
  const std::array<const std::uint8_t*, 1> messages = {data.data()};
  std::array<Hash256, 1> out;
  EXPECT_DEATH(blake3_many(messages, kBlake3ManyBlocksMax + 1, out), "one chunk");
  EXPECT_DEATH(blake3_many(messages, 0, out), "one chunk");
  EXPECT_DEATH(blake3_many(messages, 1, {}), "one digest per message");
}

// FIPS 180-4 examples; the NIST CAVP short messages of 0 and 8 bits; the million times 'a'.
TEST(Sha256, reproduces_nist_vectors) {
  EXPECT_EQ(to_hex(sha256({}).view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(test::hex("d3")).view()),
            "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc")).view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).view()),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(Bytes(1000000, 'a')).view()),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The empty trie and code hashes of the Ethereum Yellow Paper, and the team's own short messages.
TEST(Keccak256, reproduces_known_values) {
  EXPECT_EQ(to_hex(keccak256({}).view()),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256(test::hex("80")).view()),
            "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  EXPECT_EQ(to_hex(keccak256(test::hex("c0")).view()),
            "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
  EXPECT_EQ(to_hex(keccak256(as_bytes("abc")).view()),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  EXPECT_EQ(to_hex(keccak256(as_bytes("Transfer(address,address,uint256)")).view()),
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
  EXPECT_EQ(to_hex(keccak256(as_bytes("The quick brown fox jumps over the lazy dog")).view()),
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}

// Around the rate of 136 bytes the padding needs a block of its own or shares one byte. The values
// were computed with @noble/hashes, an independent implementation.
TEST(Keccak256, pads_correctly_around_a_block) {
  const struct {
    std::size_t size;
    const char* digest;
  } cases[] = {{135, "cbdfd9dee5faad3818d6b06f95a219fd290b0e1706f6a82e5a595b9ce9faca62"},
               {136, "7ce759f1ab7f9ce437719970c26b0a66ff11fe3e38e17df89cf5d29c7d7f807e"},
               {137, "ac73d4fae68b8453f764007c1a20ce95994187861f0c3227a3a8e99a73a3b1db"},
               {271, "27eceb59ebc3dc8a04a5b135be641591a7278540e4556a2ba9f408194e666ec3"},
               {272, "8e2476e65823b24d96ebe239f2c1534cdf763e689e2410c3b1cb0c74e6177bfc"},
               {273, "3f02f134370e4debb95140ef49ddd3aed8c65ff1ed83a43f1b269421f179c5f9"},
               {1000, "af692982e84a5a9688359025660a7857cd28ee7c8d867cfa1677baf2e6d1f63b"}};
  for (const auto& c : cases)
    EXPECT_EQ(to_hex(keccak256(counting(c.size)).view()), c.digest);
}

TEST(Keccak256, gives_the_same_digest_in_pieces_of_any_size) {
  const Bytes data = counting(1000);
  const Hash256 whole = keccak256(data);
  for (std::size_t piece = 1; piece <= 300; ++piece) {
    Keccak256 hasher;
    for (std::size_t at = 0; at < data.size(); at += piece) {
      hasher.update(ByteView(data).subspan(at, std::min(piece, data.size() - at)));
    }
    EXPECT_EQ(hasher.digest(), whole) << piece;
    EXPECT_EQ(hasher.digest(), whole) << "digest() does not finish the hasher";
  }
}

TEST(Keccak256, of_a_whole_message_is_that_of_its_pieces_at_every_length) {
  for (std::size_t size = 0; size <= 300; ++size) {
    const Bytes data = counting(size);
    EXPECT_EQ(keccak256(data), Keccak256().update(data).digest()) << size;
  }
}

TEST(Hash, follows_the_algorithm_of_genesis) {
  const Bytes data = counting(100);
  EXPECT_EQ(hash(HashAlgorithm::Blake3, data), blake3(data));
  EXPECT_EQ(hash(HashAlgorithm::Sha256, data), sha256(data));
  EXPECT_NE(blake3(data), sha256(data));
}

}  // namespace
}  // namespace ol::crypto
