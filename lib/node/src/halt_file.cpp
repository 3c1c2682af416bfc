#include "halt_file.hpp"

#include "durable_file.hpp"

namespace ol::node {
namespace {

/// Two certificates, each with as many signatures as a set may have validators.
constexpr std::size_t kBytesMax = std::size_t{1} << 20;

}  // namespace

Result<void, std::string> HaltFile::write(const consensus::Conflict& conflict) const {
  return write_durably(path_, encode_conflict(conflict));
}

Result<std::optional<consensus::Conflict>, std::string> HaltFile::read() const {
  std::error_code ec;
  const bool exists = std::filesystem::exists(path_, ec);
  if (ec) return fail("cannot look for " + path_.string() + ": " + ec.message());
  if (!exists) return std::nullopt;
  const auto bytes = read_bounded(path_, kBytesMax);
  const auto conflict =
      bytes ? consensus::decode_conflict(*bytes)
            : Result<consensus::Conflict, DecodeError>(fail(DecodeError::Truncated));
  if (!conflict)
    return fail(path_.string() + " says that finality is halted, but does not decode (" +
                describe(conflict.error()) + "); " + how_to_clear());
  return *conflict;
}

std::string HaltFile::how_to_clear() const {
  return "once the operators have agreed which block stands, move " + path_.string() +
         " away and start the node again; where the other block stands, move the whole data "
         "directory away but for its safety record and follow the chain again";
}

}  // namespace ol::node
