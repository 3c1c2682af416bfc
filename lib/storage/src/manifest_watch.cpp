#include "manifest_watch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>

namespace ol::storage {
namespace {

constexpr std::string_view kPrefix = "MANIFEST-";

std::optional<std::string> current_name(const std::filesystem::path& path) {
  std::ifstream current(path / "CURRENT");
  std::string name;
  if (!(current >> name) || !name.starts_with(kPrefix)) return std::nullopt;
  return name;
}

std::optional<std::uint64_t> number_of(std::string_view name) {
  std::uint64_t number = 0;
  const auto parsed =
      std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return number;
}

// Adds the file's bytes from `from` up to `limit` to `hash`; how many there were, or nothing if
// there is no such file.
std::optional<std::uint64_t> hash_file(const std::filesystem::path& file, std::uint64_t from,
                                       std::uint64_t limit, crypto::Blake3& hash) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  in.seekg(static_cast<std::streamoff>(from));
  std::array<char, 16 * 1024> buffer{};
  std::uint64_t done = 0;
  while (done < limit) {
    const std::uint64_t want = std::min<std::uint64_t>(buffer.size(), limit - done);
    in.read(buffer.data(), static_cast<std::streamsize>(want));
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    hash.update(as_bytes({buffer.data(), got}));
    done += got;
  }
  return done;
}

}  // namespace

std::optional<ManifestMark> ManifestWatch::mark() {
  const auto name = current_name(path_);
  if (!name) return std::nullopt;
  const auto number = number_of(*name);
  if (!number) return std::nullopt;
  if (*number != number_) {
    number_ = *number;
    bytes_ = 0;
    hash_ = crypto::Blake3();
  }
  const auto more =
      hash_file(path_ / *name, bytes_, std::numeric_limits<std::uint64_t>::max(), hash_);
  if (!more) return std::nullopt;
  bytes_ += *more;
  return ManifestMark{number_, bytes_, hash_.digest()};
}

bool ManifestWatch::still_holds(const ManifestMark& then) const {
  const auto name = current_name(path_);
  if (!name) return false;
  const auto number = number_of(*name);
  if (!number || *number < then.number) return false;
  if (*number > then.number) return true;
  crypto::Blake3 hash;
  const auto bytes = hash_file(path_ / *name, 0, then.bytes, hash);
  return bytes == then.bytes && hash.digest() == then.digest;
}

}  // namespace ol::storage
