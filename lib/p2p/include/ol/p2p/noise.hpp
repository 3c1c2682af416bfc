#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/aead.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/crypto/x25519.hpp>
#include <ol/p2p/peer_id.hpp>

/// Noise_XX_25519_ChaChaPoly_SHA256 with libp2p's payload, without I/O: bytes in, bytes out.
/// Source: Noise Protocol Framework revision 34; libp2p noise spec.
namespace ol::p2p {

/// Every Noise message follows its length in two bytes, big-endian.
inline constexpr std::size_t kNoiseLengthBytes = 2;
inline constexpr std::size_t kNoiseMessageBytesMax = 65535;
/// Plaintext of one transport message at most.
inline constexpr std::size_t kNoisePlaintextBytesMax =
    kNoiseMessageBytesMax - crypto::kAeadTagBytes;
/// Longer handshake messages are refused before they are received: an honest one has about 250.
inline constexpr std::size_t kNoiseHandshakeBytesMax = 2048;

enum class NoiseRole : std::uint8_t { Initiator, Responder };

/// Why a handshake or a secured stream must be closed. No error can be recovered from.
enum class NoiseError : std::uint8_t {
  MessageTooLong,        // handshake message above kNoiseHandshakeBytesMax
  MessageTooShort,       // shorter than its keys and tags
  BadTag,                // not authentic: altered, replayed, out of order or of other keys
  ZeroShared,            // the peer sent a point of small order
  BadPayload,            // not a NoiseHandshakePayload with one key and one signature
  UnsupportedKey,        // the identity key is no Ed25519 or secp256k1 key in its one encoding
  BadIdentitySignature,  // the identity key did not sign the static key
  WrongPeer,             // a correct handshake, but not with the peer that was dialled
  NoCommonMuxer,         // both sides list stream muxers and share none
  NonceExhausted,        // 2^64 - 1 messages in one direction
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(NoiseError error);

/// What a node shows of itself in every handshake: its identity key's signature over a static
/// X25519 key made for this process. Immutable once built; any thread.
class NoiseIdentity {
 public:
  /// @param muxers  Stream muxers to announce, most wanted first; none for plain links.
  NoiseIdentity(const IdentityKey& identity, crypto::X25519KeyPair static_key,
                std::span<const std::string_view> muxers = {});
  NoiseIdentity(const crypto::Ed25519SecretKey& identity, crypto::X25519KeyPair static_key,
                std::span<const std::string_view> muxers = {});

  [[nodiscard]] const PeerId& peer_id() const { return peer_id_; }
  [[nodiscard]] const crypto::X25519KeyPair& static_key() const { return static_key_; }
  /// The encoded NoiseHandshakePayload.
  [[nodiscard]] const Bytes& payload() const { return payload_; }
  [[nodiscard]] const std::vector<std::string>& muxers() const { return muxers_; }

 private:
  PeerId peer_id_;
  crypto::X25519KeyPair static_key_;
  std::vector<std::string> muxers_;
  Bytes payload_;
};

/// What a completed handshake yields. Move-only; the keys are wiped with it.
struct NoiseSession {
  PeerId peer;                       // proven to hold its identity key
  std::optional<std::string> muxer;  // agreed in the handshake, if both sides listed some
  Hash256 handshake_hash;            // binds whatever is signed over it to this session
  crypto::AeadKey send_key;
  crypto::AeadKey receive_key;
};

class NoiseSymmetricState;  // src/noise_symmetric.hpp

/// One side of one handshake. Feed it what arrives, send what it writes, and close the connection
/// on the first error: the object must not be used after one. Single-threaded.
class NoiseHandshake {
 public:
  /// @param identity   Borrowed; must outlive the handshake.
  /// @param ephemeral  Fresh for every handshake.
  /// @param expected   The peer that was dialled; any peer if absent.
  NoiseHandshake(NoiseRole role, const NoiseIdentity& identity, crypto::X25519KeyPair ephemeral,
                 std::optional<PeerId> expected);
  ~NoiseHandshake();
  NoiseHandshake(const NoiseHandshake&) = delete;
  NoiseHandshake& operator=(const NoiseHandshake&) = delete;

  /// Appends the initiator's first message to `out`; nothing for a responder. Call once, first.
  void start(Bytes& out);

  /// Takes bytes from the front of `in` up to the end of the handshake and appends answers to
  /// `out`.
  /// @return how many bytes were taken; what is left once `done()` belongs to the transport.
  [[nodiscard]] Result<std::size_t, NoiseError> feed(ByteView in, Bytes& out);

  [[nodiscard]] bool done() const { return step_ == Step::Done; }

  /// @pre done(), and not taken before.
  [[nodiscard]] NoiseSession take_session();

 private:
  enum class Step : std::uint8_t { ReadMessage1, ReadMessage2, ReadMessage3, Done };

  [[nodiscard]] Result<void, NoiseError> handle(std::span<std::uint8_t> message, Bytes& out);
  [[nodiscard]] Result<void, NoiseError> read_message1(std::span<std::uint8_t> message);
  [[nodiscard]] Result<void, NoiseError> read_message2(std::span<std::uint8_t> message);
  [[nodiscard]] Result<void, NoiseError> read_message3(std::span<std::uint8_t> message);
  [[nodiscard]] Result<void, NoiseError> write_message2(Bytes& out);
  [[nodiscard]] Result<void, NoiseError> write_message3(Bytes& out);
  [[nodiscard]] Result<void, NoiseError> read_static_key(std::span<std::uint8_t> sealed);
  [[nodiscard]] Result<void, NoiseError> mix_shared(const crypto::X25519KeyPair& ours,
                                                    const crypto::X25519PublicKey& theirs);
  [[nodiscard]] Result<void, NoiseError> accept_payload(ByteView payload);
  [[nodiscard]] Result<void, NoiseError> agree_on_muxer(ByteView extensions);

  NoiseRole role_;
  const NoiseIdentity& identity_;
  crypto::X25519KeyPair ephemeral_;
  std::optional<PeerId> expected_;
  Step step_;
  Bytes input_;  // the message being received, with its length
  std::unique_ptr<NoiseSymmetricState> symmetric_;
  crypto::X25519PublicKey remote_ephemeral_{};
  crypto::X25519PublicKey remote_static_{};
  PeerId remote_peer_;
  std::optional<std::string> muxer_;
};

/// Encrypts one direction of a secured stream. Single-threaded.
class NoiseSealer {
 public:
  /// @param counter  Number of the first message; anything but 0 is for tests.
  explicit NoiseSealer(const crypto::AeadKey& key, std::uint64_t counter = 0)
      : cipher_(key), counter_(counter) {}

  /// Appends `plaintext` to `out` as framed transport messages, as few as can hold it. On
  /// NoiseError::NonceExhausted `out` may hold a part; close the connection.
  [[nodiscard]] Result<void, NoiseError> seal(ByteView plaintext, Bytes& out);
  /// Makes one message, without copying, of what stands at the end of `out`: kNoiseLengthBytes
  /// placeholder bytes from `start` on, then the plaintext.
  /// @pre The plaintext is at most kNoisePlaintextBytesMax.
  [[nodiscard]] Result<void, NoiseError> seal_tail(Bytes& out, std::size_t start);

 private:
  crypto::AeadSealer cipher_;
  std::uint64_t counter_;
};

/// Decrypts one direction of a secured stream. Holds at most one unfinished message plus what was
/// fed and not yet pulled. Single-threaded.
class NoiseOpener {
 public:
  /// @param counter  Number of the first message; anything but 0 is for tests.
  explicit NoiseOpener(const crypto::AeadKey& key, std::uint64_t counter = 0)
      : cipher_(key), counter_(counter) {}

  void feed(ByteView ciphertext);

  /// The plaintext of the next message, nothing if more bytes are needed. The view lives until the
  /// next call of any member. After an error the stream is dead.
  [[nodiscard]] Result<std::optional<ByteView>, NoiseError> next();

  [[nodiscard]] std::size_t buffered_bytes() const { return input_.size() - start_; }

 private:
  crypto::AeadOpener cipher_;
  std::uint64_t counter_;
  Bytes input_;
  std::size_t start_ = 0;  // bytes of input_ already decrypted
};

}  // namespace ol::p2p
