#include <ol/base/check.hpp>
#include <ol/storage/safety_store.hpp>

// Whatever decodes is exactly what was encoded: the same cell encodes to a prefix of the input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView input(data, size);
  if (const auto cell = ol::storage::decode_safety_cell(input)) {
    const ol::Bytes again = ol::storage::encode_safety_cell(*cell);
    OL_CHECK(again.size() <= input.size(), "a cell is no longer than what it was read from");
    OL_CHECK(std::equal(again.begin(), again.end(), input.begin()), "cells have one encoding");
  }
  // The input as a record must survive the way through a cell whatever it holds.
  if (size <= ol::storage::kSafetyRecordMax) {
    const ol::storage::SafetyCell cell{size, ol::to_bytes(input)};
    const auto decoded = ol::storage::decode_safety_cell(ol::storage::encode_safety_cell(cell));
    OL_CHECK(decoded == cell, "a cell decodes to what was encoded");
  }
  return 0;
}
