// Whatever decodes as an account encodes back to the same bytes.
#include <ol/base/check.hpp>
#include <ol/state/account.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView in(data, size);
  const auto account = ol::state::decode_account(in);
  if (!account) return 0;
  OL_CHECK(std::ranges::equal(ol::state::encode_account(*account), in),
           "an account has one encoding");
  return 0;
}
