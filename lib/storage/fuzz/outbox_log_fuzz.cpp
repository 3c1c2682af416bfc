#include <ol/base/check.hpp>
#include <ol/storage/outbox_log.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Reading ends, and every byte is accounted for: in a message with its header, or as damage.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ol::storage::OutboxReader reader(ol::ByteView(data, size));
  std::size_t accounted = 0;
  while (const auto message = reader.next())
    accounted += 16 + message->size();
  OL_CHECK(accounted + reader.damaged_bytes() == size, "every byte is a message's or damage");
  return 0;
}
