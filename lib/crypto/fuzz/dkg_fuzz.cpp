// Ceremony messages of every round, with the signature made good so that the rules behind it are
// reached: decode, encode, compare, and add to a transcript.

#include <algorithm>
#include <optional>

#include <ol/base/check.hpp>
#include <ol/crypto/dkg.hpp>

#include "../src/dkg_messages.hpp"

using namespace ol;
using namespace ol::crypto;

namespace {

struct Setup {
  DkgCeremony ceremony{"fuzz", {2, 3}, {}};
  std::vector<DkgSecret> secrets;
  std::vector<Bytes> deals;

  Setup() {
    for (std::uint8_t i = 1; i <= 3; ++i) {
      SecretBytes<32> seed;
      seed.span()[0] = i;
      secrets.emplace_back(std::move(seed));
      ceremony.members.push_back(secrets.back().member());
    }
    const DkgTranscript transcript(ceremony);
    for (const auto& secret : secrets) {
      deals.push_back(*transcript.message(DkgRound::Deal, secret));
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Setup setup;
  constexpr std::size_t kHeaderBytes = 1 + 1 + 32 + 2 + 32;
  if (size < 2) return 0;
  // The fuzzer cannot guess the ceremony's id nor the digest of earlier rounds.
  DkgTranscript transcript(setup.ceremony);
  const auto round = static_cast<DkgRound>(data[0] % 6 + 1);
  const std::uint16_t sender = data[1] % 3;
  if (round != DkgRound::Deal) {
    for (const auto& deal : setup.deals) {
      OL_CHECK(transcript.add(deal).has_value(), "honest deals are accepted");
    }
  }
  const auto model = transcript.message(
      round == DkgRound::Deal ? DkgRound::Deal : DkgRound::Complaints, setup.secrets[sender]);
  Bytes in(model->begin(), model->begin() + kHeaderBytes);
  in[1] = static_cast<std::uint8_t>(round);
  append(in, ByteView(data + 2, size - 2));
  in.resize(in.size() + Ed25519Signature::kSize);

  const auto message = detail::decode_message(setup.ceremony, in);
  if (!message) return 0;
  const auto encoded =
      detail::encode_message(setup.ceremony, *message, setup.secrets[sender].identity());
  const std::size_t unsigned_size = in.size() - Ed25519Signature::kSize;
  OL_CHECK(encoded.size() == in.size(), "one encoding per message");
  OL_CHECK(std::equal(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(unsigned_size),
                      encoded.begin()),
           "one encoding per message");
  static_cast<void>(transcript.add(encoded));
  static_cast<void>(transcript.result());
  return 0;
}
