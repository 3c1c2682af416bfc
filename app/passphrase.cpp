#include "passphrase.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

constexpr std::size_t kPassphraseBytesMax = 4096;

void wipe(std::string& text) {
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

// Typed text is not echoed, whatever way this scope is left.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool changed_ = false;
};

void say(int terminal, std::string_view text) {
  // A terminal that takes no text shows nothing; the answer is read all the same.
  [[maybe_unused]] const auto written = ::write(terminal, text.data(), text.size());
}

}  // namespace

std::optional<std::string> ask_hidden(const std::string& question) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  say(terminal, question);
  std::string answer;
  {
    const NoEcho silent(terminal);
    char c = 0;
    while (answer.size() < kPassphraseBytesMax && ::read(terminal, &c, 1) == 1 && c != '\n') {
      answer.push_back(c);
    }
  }
  say(terminal, "\n");
  ::close(terminal);
  return answer;
}

PassphraseSource::~PassphraseSource() {
  if (known_) wipe(*known_);
}

std::optional<std::string> PassphraseSource::given() {
  if (known_) return known_;
  if (!file_.empty()) {
    std::string text = read_text(file_);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
      text.pop_back();
    if (text.empty()) throw CommandError(file_ + " holds no passphrase");
    known_ = std::move(text);
  } else if (const char* variable = std::getenv("OPENLIQUID_PASSPHRASE")) {
    if (*variable == '\0') throw CommandError("OPENLIQUID_PASSPHRASE is set but empty");
    known_ = variable;
  }
  return known_;
}

std::optional<std::string> PassphraseSource::get(const std::string& purpose) {
  if (auto found = given()) return found;
  known_ = ask_hidden("Passphrase " + purpose + ": ");
  return known_;
}

std::optional<std::string> PassphraseSource::get_new(const std::string& purpose) {
  if (auto found = given()) return found;
  auto first = ask_hidden("New passphrase " + purpose + ": ");
  if (!first) {
    throw CommandError("there is no terminal to ask for a new passphrase " + purpose +
                       ": give --passphrase-file or set OPENLIQUID_PASSPHRASE");
  }
  if (first->empty()) throw CommandError("an empty passphrase protects nothing");
  if (ask_hidden("Again: ") != first) throw CommandError("the two passphrases differ");
  known_ = std::move(first);
  return known_;
}

crypto::SecretBytes<32> read_key(const std::filesystem::path& path, crypto::KeyKind kind,
                                 PassphraseSource& passphrase) {
  auto secret = crypto::read_key_file(path.string(), kind, std::nullopt);
  if (!secret && secret.error() == crypto::KeyFileError::PassphraseNeeded) {
    const auto given = passphrase.get("of " + path.string());
    if (!given) {
      throw CommandError(path.string() +
                         " is encrypted: give --passphrase-file, set OPENLIQUID_PASSPHRASE, or "
                         "start from a terminal");
    }
    secret = crypto::read_key_file(path.string(), kind, *given);
  }
  if (!secret) throw CommandError("key file " + path.string() + ": " + describe(secret.error()));
  return *std::move(secret);
}

void write_key(const std::filesystem::path& path, crypto::KeyKind kind,
               const crypto::SecretBytes<32>& secret,
               const std::optional<std::string>& passphrase) {
  std::error_code ec;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ec);
  const auto written = crypto::write_key_file(
      path.string(), kind, secret,
      passphrase ? std::optional<std::string_view>(*passphrase) : std::nullopt);
  if (!written) throw CommandError("key file " + path.string() + ": " + describe(written.error()));
}

}  // namespace ol::app
