// Any text: what is accepted is written back to a file with the same genesis hash.
#include <ol/base/check.hpp>
#include <ol/primitives/genesis.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::primitives;
  const auto genesis = genesis_from_json(as_text(ByteView(data, size)));
  if (!genesis) {
    OL_CHECK(!genesis.error().message.empty(), "every refusal says why");
    return 0;
  }
  const auto again = genesis_from_json(genesis_to_json(*genesis));
  OL_CHECK(again.has_value(), "what was written is accepted");
  OL_CHECK(genesis_hash(*again) == genesis_hash(*genesis), "and means the same");
  return 0;
}
