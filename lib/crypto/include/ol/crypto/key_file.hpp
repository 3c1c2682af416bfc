#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/sealed_key.hpp>
#include <ol/crypto/secret.hpp>

/// Secret keys on disk. Format: docs/protocol/key-file.md.
namespace ol::crypto {

/// What a key is for. The numbers are part of the file format.
enum class KeyKind : std::uint8_t {
  Ed25519 = 1,    // a node's identity
  Bls = 2,        // a validator's own BLS key
  BlsShare = 3,   // a share of a threshold key
  Secp256k1 = 4,  // an account
  Ceremony = 5,   // a member's secret in a key ceremony
};

enum class KeyFileError : std::uint8_t {
  NotFound,
  AlreadyExists,     // a key file is never overwritten
  NotAFile,          // a directory, device or pipe
  TooOpen,           // its mode lets others in: run chmod 600
  ReadFailed,        // the system refused; errno says why
  WriteFailed,       // the system refused or the disk is full; nothing is left behind
  BadFormat,         // not a key file, or damaged
  UnknownVersion,    // made by a newer program
  WrongKind,         // a key for something else
  PassphraseNeeded,  // encrypted, and no passphrase was given
  NotEncrypted,      // a passphrase was given for a file that has none
  WrongPassphrase,   // or the file was changed
  CostOutOfBounds,   // asks for more Argon2id work than allowed
  OutOfMemory,       // Argon2id could not get its memory
};

/// The error as a short lower-case phrase for logs and replies.
[[nodiscard]] const char* describe(KeyFileError error);

/// The content of a key file, encrypted if a passphrase is given. The same errors as seal_key.
[[nodiscard]] Result<Bytes, KeyFileError> encode_key_file(
    KeyKind kind, const SecretBytes<32>& secret, std::optional<std::string_view> passphrase,
    PassphraseCost cost = {});

/// Reads the content of a key file of a known kind. All errors that are not the file system's.
[[nodiscard]] Result<SecretBytes<32>, KeyFileError> decode_key_file(
    ByteView content, KeyKind kind, std::optional<std::string_view> passphrase);

/// Creates `path` with mode 0600 and returns once file and directory entry are on disk.
[[nodiscard]] Result<void, KeyFileError> write_key_file(const std::string& path, KeyKind kind,
                                                        const SecretBytes<32>& secret,
                                                        std::optional<std::string_view> passphrase,
                                                        PassphraseCost cost = {});

/// Reads a key; refuses files that group or others may read or write.
[[nodiscard]] Result<SecretBytes<32>, KeyFileError> read_key_file(
    const std::string& path, KeyKind kind, std::optional<std::string_view> passphrase);

}  // namespace ol::crypto
