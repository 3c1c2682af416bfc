// Any bytes: a block that decodes encodes to the same bytes and the same hash. The payload root is
// made to match first, or no input would ever pass it.
#include <ol/base/check.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol;
  using namespace ol::primitives;
  constexpr ChainDomain kDomain{.chain_id = ChainId(7777), .hash = crypto::HashAlgorithm::Blake3};
  const ByteView in(data, size);
  if (const auto block = decode_block(kDomain, in)) {
    Writer out;
    encode(out, *block);
    OL_CHECK(out.bytes() == to_bytes(in), "one block has one encoding");
  }
  Reader reader(in);
  Header header = decode_header(reader);
  if (reader.ok()) {
    const Block block = Block::propose(kDomain, header, {to_bytes(reader.raw(reader.remaining()))});
    Writer out;
    encode(out, block);
    const auto again = decode_block(kDomain, out.bytes());
    OL_CHECK(again.has_value() && again->hash == block.hash, "a proposed block survives the wire");
  }
  if (const auto evm = decode_evm_header(in)) {
    OL_CHECK(encode_evm_header(*evm) == to_bytes(in), "one Ethereum header has one encoding");
    (void)next_base_fee(*evm);
  }
  Reader stored(in);
  const Receipt receipt = decode_receipt(stored);
  if (stored.finish()) {
    Writer out;
    encode(out, receipt);
    OL_CHECK(out.bytes() == to_bytes(in), "one receipt has one stored form");
  }
  return 0;
}
