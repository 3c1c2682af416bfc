#pragma once

#include <ol/consensus/epoch_setting.hpp>
#include <ol/primitives/block.hpp>

namespace ol::consensus {

/// A proof of bounded size.
inline constexpr std::uint32_t kHandOverHeadersMax = 256;

/// Proof that an epoch ended and with which set the next one begins, for everyone who knows the
/// epoch's set. Format: docs/protocol/epochs.md; source: docs/adr/0013-epochs.md, 4.
struct HandOver {
  /// The closing block's first; each is the parent of the next.
  std::vector<primitives::Header> headers;
  /// Of the last header's block. It makes the closing block final.
  primitives::QuorumCertificate certificate;
  /// The closing block's payload by item hash.
  std::vector<primitives::TxnHash> items;
  /// Its last item, the change.
  Bytes change;

  /// The epoch that ended. @pre a decoded or verified hand-over.
  [[nodiscard]] primitives::Epoch epoch() const { return headers.front().epoch; }
};

void encode(Writer& out, const HandOver& hand_over);
/// Strict and bounded; at least one header.
[[nodiscard]] HandOver decode_hand_over(Reader& in);
[[nodiscard]] Bytes encode_hand_over(const HandOver& hand_over);
[[nodiscard]] Result<HandOver, DecodeError> decode_hand_over(ByteView bytes);

enum class HandOverError : std::uint8_t {
  WrongChain,      // another chain id
  WrongSet,        // headers of another epoch or set
  BadChain,        // headers do not follow from each other
  NotFinal,        // the commit rule does not make the first block final by this
  BadCertificate,  // of another block, or it does not verify
  BadPayload,      // the items do not match the closing header, or the change is not the last
  NoChange,        // the last item is no sound change: the block closes no epoch
};
[[nodiscard]] const char* describe(HandOverError error);

/// What a verified hand-over says.
struct Opening {
  /// The closing block and its own certificate, on which the next epoch begins.
  primitives::BlockHash block;
  primitives::QuorumCertificate certificate;
  std::unique_ptr<EpochSetting> next;
};
/// Checks a proof against the epoch it ends. The commit rule is asked itself what is final.
[[nodiscard]] Result<Opening, HandOverError> verify_hand_over(const EpochSetting& present,
                                                              const HandOver& hand_over);

}  // namespace ol::consensus
