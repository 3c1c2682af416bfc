// Peer ids, their text and multiaddrs: what parses prints and parses back to the same.
#include <ol/base/check.hpp>
#include <ol/p2p/base58.hpp>
#include <ol/p2p/multiaddr.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  const ByteView input(data, size);
  if (const auto id = PeerId::from_bytes(input)) {
    OL_CHECK(std::ranges::equal(id->bytes(), input), "one encoding");
    OL_CHECK(PeerId::from_text(id->text()) == *id, "text goes both ways");
  }
  if (const auto id = PeerId::from_key_message(input)) {
    const auto key = id->public_key();
    OL_CHECK(!key || std::ranges::equal(key->message(), input), "one encoding");
  }
  if (const auto address = Multiaddr::from_bytes(input)) {
    OL_CHECK(std::ranges::equal(address->bytes(), input), "one encoding");
    OL_CHECK(Multiaddr::from_text(address->text()) == *address, "text goes both ways");
  }
  if (const auto address = Multiaddr::from_text(as_text(input))) {
    OL_CHECK(Multiaddr::from_bytes(address->bytes()) == *address, "bytes go both ways");
  }
  if (const auto id = PeerId::from_text(as_text(input))) {
    OL_CHECK(PeerId::from_text(id->text()) == *id, "text goes both ways");
  }
  if (const auto bytes = base58_decode(as_text(input))) {
    OL_CHECK(base58_encode(*bytes) == as_text(input), "base58 is one to one");
  }
  return 0;
}
