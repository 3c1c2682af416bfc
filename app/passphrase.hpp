#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ol/crypto/key_file.hpp>

namespace ol::app {

/// Where passphrases come from: a file if one is named, else OPENLIQUID_PASSPHRASE, else the
/// terminal. Asked at most once.
class PassphraseSource {
 public:
  explicit PassphraseSource(std::string file) : file_(std::move(file)) {}
  ~PassphraseSource();
  PassphraseSource(const PassphraseSource&) = delete;
  PassphraseSource& operator=(const PassphraseSource&) = delete;

  /// Nothing if neither file, variable nor terminal has one. `purpose` ends the question asked.
  [[nodiscard]] std::optional<std::string> get(const std::string& purpose);
  /// The same for a new key: a terminal is asked twice.
  [[nodiscard]] std::optional<std::string> get_new(const std::string& purpose);
  /// What the file or the variable says, if there is one.
  [[nodiscard]] std::optional<std::string> given();

 private:
  std::string file_;
  std::optional<std::string> known_;
};

/// Reads a line from the terminal without showing it; nothing if there is no terminal.
[[nodiscard]] std::optional<std::string> ask_hidden(const std::string& question);

/// Reads a key file, asking for a passphrase only if the file has one. CommandError names the file
/// and what to do.
[[nodiscard]] crypto::SecretBytes<32> read_key(const std::filesystem::path& path,
                                               crypto::KeyKind kind, PassphraseSource& passphrase);
/// Writes a new key file with mode 0600, and its directories. CommandError; a key is never
/// overwritten.
void write_key(const std::filesystem::path& path, crypto::KeyKind kind,
               const crypto::SecretBytes<32>& secret, const std::optional<std::string>& passphrase);

}  // namespace ol::app
