#include <ol/crypto/key_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <ol/base/check.hpp>
#include <ol/base/codec.hpp>
#include <ol/base/descriptor.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::crypto {
namespace {

constexpr std::string_view kMagic = "OLKF";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFileBytesMax = 256;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

enum class Protection : std::uint8_t { Plain = 0, Passphrase = 1 };

Bytes header(KeyKind kind, Protection protection) {
  Writer out;
  out.raw(as_bytes(kMagic)).u8(kVersion).u8(static_cast<std::uint8_t>(kind));
  out.u8(static_cast<std::uint8_t>(protection));
  return out.take();
}

KeyFileError from_sealed(SealedKeyError error) {
  switch (error) {
    case SealedKeyError::BadFormat:
      return KeyFileError::BadFormat;
    case SealedKeyError::UnknownVersion:
      return KeyFileError::UnknownVersion;
    case SealedKeyError::CostOutOfBounds:
      return KeyFileError::CostOutOfBounds;
    case SealedKeyError::EmptyPassphrase:
      return KeyFileError::PassphraseNeeded;
    case SealedKeyError::WrongPassphrase:
      return KeyFileError::WrongPassphrase;
    case SealedKeyError::OutOfMemory:
      return KeyFileError::OutOfMemory;
  }
  OL_CHECK(false, "not an enumerator");
}

// Finds a torn or edited plain file; it does not stop an attacker, who could replace the key
// anyway.
ByteView checksum(const Hash256& digest) {
  return digest.view().first(kChecksumBytes);
}

Result<SecretBytes<32>, KeyFileError> decode_plain(ByteView content, ByteView body) {
  if (body.size() != kSecretBytes + kChecksumBytes) return fail(KeyFileError::BadFormat);
  const Hash256 digest = sha256(content.first(content.size() - kChecksumBytes));
  if (!equal_constant_time(body.last(kChecksumBytes), checksum(digest))) {
    return fail(KeyFileError::BadFormat);
  }
  return SecretBytes<32>(body.first<kSecretBytes>());
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  std::string directory = ".";
  if (slash != std::string::npos) directory = path.substr(0, slash + 1);
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0;
}

bool write_and_sync(const std::string& path, int fd, ByteView content) {
  if (!write_all(fd, content)) return false;
  if (::fsync(fd) != 0) return false;
  return sync_directory_of(path);
}

// At most `kFileBytesMax` + 1 bytes, so that a longer file is seen to be one.
std::optional<std::size_t> read_all(int fd, std::span<std::uint8_t> out) {
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t got = ::read(fd, out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

}  // namespace

const char* describe(KeyFileError error) {
  switch (error) {
    case KeyFileError::NotFound:
      return "no such key file";
    case KeyFileError::AlreadyExists:
      return "key file exists already";
    case KeyFileError::NotAFile:
      return "not a regular file";
    case KeyFileError::TooOpen:
      return "key file is open to other users; run chmod 600";
    case KeyFileError::ReadFailed:
      return "key file cannot be read";
    case KeyFileError::WriteFailed:
      return "key file cannot be written";
    case KeyFileError::BadFormat:
      return "not a key file, or damaged";
    case KeyFileError::UnknownVersion:
      return "key file of an unknown version";
    case KeyFileError::WrongKind:
      return "key of another kind";
    case KeyFileError::PassphraseNeeded:
      return "key file needs a passphrase";
    case KeyFileError::NotEncrypted:
      return "key file has no passphrase";
    case KeyFileError::WrongPassphrase:
      return "wrong passphrase or changed key file";
    case KeyFileError::CostOutOfBounds:
      return "passphrase cost out of bounds";
    case KeyFileError::OutOfMemory:
      return "not enough memory to check the passphrase";
  }
  OL_CHECK(false, "not an enumerator");
}

Result<Bytes, KeyFileError> encode_key_file(KeyKind kind, const SecretBytes<32>& secret,
                                            std::optional<std::string_view> passphrase,
                                            PassphraseCost cost) {
  if (passphrase) {
    Bytes out = header(kind, Protection::Passphrase);
    const auto sealed = seal_key(secret, *passphrase, out, cost);
    if (!sealed) return fail(from_sealed(sealed.error()));
    append(out, *sealed);
    return out;
  }
  Bytes out = header(kind, Protection::Plain);
  out.reserve(out.size() + kSecretBytes + kChecksumBytes);  // growing would leave copies behind
  append(out, secret.view());
  const Hash256 digest = sha256(out);
  append(out, checksum(digest));
  return out;
}

Result<SecretBytes<32>, KeyFileError> decode_key_file(ByteView content, KeyKind kind,
                                                      std::optional<std::string_view> passphrase) {
  Reader in(content);
  if (as_text(in.raw(kMagic.size())) != kMagic) return fail(KeyFileError::BadFormat);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != kVersion) return fail(KeyFileError::UnknownVersion);
  const std::uint8_t stored_kind = in.u8();
  const std::uint8_t protection = in.u8();
  if (!in.ok()) return fail(KeyFileError::BadFormat);
  if (stored_kind != static_cast<std::uint8_t>(kind)) return fail(KeyFileError::WrongKind);
  const ByteView body = in.raw(in.remaining());
  const ByteView head = content.first(content.size() - body.size());
  if (protection == static_cast<std::uint8_t>(Protection::Plain)) {
    if (passphrase) return fail(KeyFileError::NotEncrypted);
    return decode_plain(content, body);
  }
  if (protection != static_cast<std::uint8_t>(Protection::Passphrase)) {
    return fail(KeyFileError::BadFormat);
  }
  if (!passphrase) return fail(KeyFileError::PassphraseNeeded);
  auto secret = open_sealed_key(body, *passphrase, head);
  if (!secret) return fail(from_sealed(secret.error()));
  return std::move(*secret);
}

Result<void, KeyFileError> write_key_file(const std::string& path, KeyKind kind,
                                          const SecretBytes<32>& secret,
                                          std::optional<std::string_view> passphrase,
                                          PassphraseCost cost) {
  OL_TRY(auto content, encode_key_file(kind, secret, passphrase, cost));
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!file.valid()) {
    const bool exists = errno == EEXIST;
    wipe(content);
    return fail(exists ? KeyFileError::AlreadyExists : KeyFileError::WriteFailed);
  }
  const bool written = write_and_sync(path, file.get(), content);
  wipe(content);
  if (written) return {};
  ::unlink(path.c_str());
  return fail(KeyFileError::WriteFailed);
}

Result<SecretBytes<32>, KeyFileError> read_key_file(const std::string& path, KeyKind kind,
                                                    std::optional<std::string_view> passphrase) {
  // Non-blocking, or a pipe in place of the file would hang the program.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    return fail(errno == ENOENT ? KeyFileError::NotFound : KeyFileError::ReadFailed);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail(KeyFileError::ReadFailed);
  if (!S_ISREG(status.st_mode)) return fail(KeyFileError::NotAFile);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return fail(KeyFileError::TooOpen);
  SecretBytes<kFileBytesMax + 1> content;
  const auto size = read_all(file.get(), content.span());
  if (!size) return fail(KeyFileError::ReadFailed);
  if (*size > kFileBytesMax) return fail(KeyFileError::BadFormat);
  return decode_key_file(content.view().first(*size), kind, passphrase);
}

}  // namespace ol::crypto
