// Blocks heard from four peers, good ones with bytes changed, while time passes and blocks become
// known: each message has one verdict at most, what is held is bounded, and nothing is accepted
// that is not the block a certificate names.
#include "block_gossip.hpp"

#include <map>

#include <ol/base/check.hpp>
#include <ol/crypto/ed25519.hpp>

#include "../../consensus/test/validators.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace ol;
using namespace ol::node;
using p2p::GossipVerdict;
using primitives::Block;

p2p::PeerId peer(std::uint8_t number) {
  const auto secret = crypto::SecretBytes<32>::from(Bytes(32, number));
  return p2p::PeerId(crypto::Ed25519SecretKey::from_seed(*secret).public_key());
}

Bytes encoded(const Block& block) {
  Writer out;
  primitives::encode(out, block);
  return out.take();
}

struct Fixed {
  Fixed() {
    for (std::uint8_t i = 0; i < 4; ++i)
      peers.push_back(peer(static_cast<std::uint8_t>(i + 1)));
    for (std::uint8_t salt = 0; salt < 8; ++salt) {
      auto header =
          all.block(all.genesis, all.genesis_certificate, primitives::View(1), salt).header;
      header.height = primitives::Height(salt < 6 ? 1 : 16 + salt - 6);
      blocks.push_back(Block::propose(all.domain, header, {Bytes(salt, salt), Bytes{1}}));
      encodings.push_back(encoded(blocks.back()));
    }
    certificate = all.certify(blocks[0]);
  }

  consensus::test::Validators all{4};
  std::vector<p2p::PeerId> peers;
  std::vector<Block> blocks;
  std::vector<Bytes> encodings;
  std::optional<primitives::QuorumCertificate> certificate;
};

struct Run {
  explicit Run(const Fixed& f) : fixed(f) {}

  void hear(std::uint8_t from, std::uint8_t which, std::uint8_t at, std::uint8_t change) {
    Bytes message = fixed.encodings[which % fixed.encodings.size()];
    // From the front, where the header is, and from the back.
    const std::size_t place = (at & 0x80) != 0 ? message.size() - 1 - (at & 0x7f) : at * 3U;
    if (place < message.size()) message[place] ^= change;
    if (at == 0xff) message.resize(message.size() / 2);
    const std::string id = std::to_string(number++);
    sent[id] = message;
    const auto held =
        heard.take({tree, primitives::Epoch(0)}, now, fixed.peers[from % 4], id, message);
    OL_CHECK(!held || !verdicts.contains(id), "what is held is not judged yet");
    OL_CHECK(held || verdicts.contains(id), "what is not held is judged");
  }
  void judge(const std::string& id, GossipVerdict verdict) {
    OL_CHECK(sent.contains(id), "only what came is judged");
    OL_CHECK(verdicts.emplace(id, verdict).second, "each message has one verdict");
    if (verdict != GossipVerdict::Accept) return;
    const bool good = sent[id] == fixed.encodings[0] || sent[id] == encoded(fixed.all.genesis);
    OL_CHECK(good && certified, "only what a certificate names is passed on");
  }
  void certify() {
    if (std::exchange(certified, true)) return;
    tree.insert(std::make_shared<const Block>(fixed.blocks[0]), std::nullopt);
    tree.find(fixed.blocks[0].hash)->certificate = fixed.certificate;
  }

  const Fixed& fixed;
  consensus::BlockTree tree{std::make_shared<const Block>(fixed.all.genesis),
                            fixed.all.genesis_certificate};
  Now now{.monotonic_ms = 1'000, .wall_ms = 0};
  bool certified = false;
  std::size_t number = 0;
  std::map<std::string, Bytes> sent;
  std::map<std::string, GossipVerdict> verdicts;
  BlockGossip heard{fixed.all.domain,
                    [this](const std::string& id, GossipVerdict verdict) { judge(id, verdict); }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixed fixed;
  Run run(fixed);
  ByteView input(data, size);
  while (input.size() >= 4) {
    if (input[0] < 0xe0) {
      run.hear(input[0], input[1], input[2], input[3]);
    } else if (input[0] < 0xf0) {
      run.now.monotonic_ms += std::uint64_t{input[1]} * 100;
      run.heard.follow(run.tree, run.now);
    } else if (input[0] < 0xf8) {
      run.certify();
    } else {
      static_cast<void>(run.heard.release(fixed.blocks[input[1] % fixed.blocks.size()].hash));
    }
    OL_CHECK(run.heard.held_bytes() <= BlockGossip::kHeldBytesMax, "what is held is bounded");
    input = input.subspan(4);
  }
  run.now.monotonic_ms += BlockGossip::kWaitMs;
  run.heard.follow(run.tree, run.now);
  OL_CHECK(run.verdicts.size() == run.sent.size(), "in the end everything is judged");
  return 0;
}
