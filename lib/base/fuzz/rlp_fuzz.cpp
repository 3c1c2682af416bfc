// Bytes that pass the check must encode back to themselves; typed reads must never go astray.
#include <ol/base/rlp.hpp>

namespace {

void copy_items(ol::RlpReader& from, ol::RlpWriter& to) {
  while (!from.empty()) {
    if (*from.peek() == ol::RlpKind::String) {
      to.string(*from.string());
      continue;
    }
    ol::RlpReader inside = *from.list();
    to.begin_list();
    copy_items(inside, to);
    to.end_list();
  }
}

/// Reads as the kind the next input byte asks for, until something fails.
void read_typed(ol::ByteView in) {
  ol::RlpReader reader(in);
  for (std::size_t i = 0; i < in.size() && !reader.empty(); ++i) {
    bool ok = false;
    switch (in[i] % 5) {
      case 0:
        ok = reader.u64().has_value();
        break;
      case 1:
        ok = reader.u256().has_value();
        break;
      case 2:
        ok = reader.fixed<ol::Hash256>().has_value();
        break;
      case 3:
        ok = reader.string().has_value();
        break;
      case 4:
        ok = reader.item().has_value();
        break;
    }
    if (!ok) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ol::ByteView in(data, size);
  read_typed(in);
  if (!ol::rlp_check(in)) return 0;
  ol::RlpReader reader(in);
  ol::RlpWriter writer;
  copy_items(reader, writer);
  OL_CHECK(std::ranges::equal(writer.bytes(), in), "what is accepted has one encoding");
  return 0;
}
