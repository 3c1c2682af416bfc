// Protobuf fields as the Noise payload reader walks them.
#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::p2p;
  ProtoReader reader(ByteView(data, size));
  std::size_t bytes = 0;
  std::size_t fields = 0;
  while (const auto field = reader.next()) {
    bytes += field->bytes.size();
    fields += 1;
  }
  OL_CHECK(bytes <= size && fields <= size, "fields lie in the input");
  return 0;
}
