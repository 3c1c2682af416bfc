// Any bytes: certificates that decode encode to the same bytes.
#include <ol/base/check.hpp>
#include <ol/primitives/certificate.hpp>

namespace {

template <typename T, typename Decode>
void check_round_trip(ol::ByteView in, Decode decode) {
  ol::Reader reader(in);
  const T value = decode(reader);
  if (!reader.finish()) return;
  ol::Writer out;
  encode(out, value);
  OL_CHECK(out.bytes() == ol::to_bytes(in), "one certificate has one encoding");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol::primitives;
  const ol::ByteView in(data, size);
  check_round_trip<VoteSubject>(in, decode_vote_subject);
  check_round_trip<QuorumCertificate>(in, decode_quorum_certificate);
  check_round_trip<TimeoutCertificate>(in, decode_timeout_certificate);
  return 0;
}
