#include "evidence_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace ol::node {

using consensus::DoubleProposal;
using consensus::DoubleVote;
using consensus::Evidence;
using consensus::InvalidShare;

namespace {

constexpr std::uint32_t kGossipMark = 0xffffffff;
constexpr const char* kSuffix = ".evidence";

std::unexpected<std::string> disk_error(const std::filesystem::path& path, const char* what) {
  return fail("cannot " + std::string(what) + " " + path.string() + ": " +
              std::error_code(errno, std::generic_category()).message());
}

std::optional<Bytes> read_file(const std::filesystem::path& path) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  if (ec || size > EvidenceStore::kProofBytesMax) return std::nullopt;
  Bytes out(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  if (!in) return std::nullopt;
  return out;
}

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// Under another name first: a crash leaves a whole proof or none.
Result<void, std::string> write_durably(const std::filesystem::path& path, ByteView bytes) {
  const std::filesystem::path aside = path.string() + ".new";
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return disk_error(aside, "create");
  const bool written = write_all(file, bytes) && ::fsync(file) == 0;
  ::close(file);
  if (!written) return disk_error(aside, "write");
  if (::rename(aside.c_str(), path.c_str()) != 0) return disk_error(path, "rename into");
  const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return disk_error(path.parent_path(), "open");
  const bool synced = ::fsync(directory) == 0;
  ::close(directory);
  if (!synced) return disk_error(path.parent_path(), "sync");
  return {};
}

}  // namespace

const char* kind_name(const Evidence& evidence) {
  if (std::holds_alternative<DoubleProposal>(evidence)) return "double proposal";
  if (std::holds_alternative<DoubleVote>(evidence)) return "double vote";
  return "invalid share";
}

EvidencePoint point_of(const Evidence& evidence) {
  if (const auto* proposal = std::get_if<DoubleProposal>(&evidence)) {
    const primitives::Header& header = proposal->first;
    return {.epoch = header.epoch, .height = header.height, .view = header.view, .phase = {}};
  }
  const auto* votes = std::get_if<DoubleVote>(&evidence);
  const primitives::VoteSubject& subject =
      votes != nullptr ? votes->first.subject : std::get<InvalidShare>(evidence).vote.subject;
  return {.epoch = subject.epoch,
          .height = subject.height,
          .view = subject.view,
          .phase = subject.phase};
}

EvidenceStore::EvidenceStore(std::filesystem::path directory, const primitives::ChainDomain& domain,
                             const primitives::ValidatorSet& set,
                             std::unique_ptr<consensus::CertificateScheme> scheme)
    : directory_(std::move(directory)), domain_(domain), set_(set), scheme_(std::move(scheme)) {}

Result<std::unique_ptr<EvidenceStore>, std::string> EvidenceStore::open(
    std::filesystem::path directory, const primitives::Genesis& genesis,
    const primitives::ValidatorSet& set) {
  std::error_code ec;
  std::filesystem::create_directories(directory, ec);
  if (ec) return fail("cannot create " + directory.string() + ": " + ec.message());
  auto scheme = consensus::make_scheme(genesis, set);
  if (!scheme) return fail(std::string("the verification vector does not fit the validator set"));
  std::unique_ptr<EvidenceStore> store(
      new EvidenceStore(std::move(directory), genesis.domain, set, std::move(scheme)));
  store->load();
  return store;
}

void EvidenceStore::load() {
  std::error_code ec;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ec))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  const MutexLock lock(mutex_);
  for (const auto& path : files) {
    const auto bytes = path.extension() == kSuffix ? read_file(path) : std::nullopt;
    const auto evidence = bytes ? consensus::decode_evidence(*bytes)
                                : Result<Evidence, DecodeError>(fail(DecodeError::Truncated));
    const bool sound = evidence && consensus::proves(*evidence, domain_, set_, *scheme_);
    if (!sound || !has_room(key_of(*evidence), bytes->size())) {
      ++ignored_files_;
      continue;
    }
    if (proofs_.emplace(key_of(*evidence), *bytes).second) bytes_ += bytes->size();
  }
}

EvidenceStore::Key EvidenceStore::key_of(const Evidence& evidence) {
  const EvidencePoint point = point_of(evidence);
  return {consensus::accused(evidence).value(), evidence.index(), point.epoch.value(),
          point.view.value(), static_cast<std::uint8_t>(point.phase)};
}

std::string EvidenceStore::file_name(const Evidence& evidence) {
  const EvidencePoint point = point_of(evidence);
  std::string kind = kind_name(evidence);
  std::replace(kind.begin(), kind.end(), ' ', '-');
  return "validator" + std::to_string(consensus::accused(evidence).value()) + "-" + kind +
         "-epoch" + std::to_string(point.epoch.value()) + "-view" +
         std::to_string(point.view.value()) + "-phase" +
         std::to_string(static_cast<int>(point.phase)) + kSuffix;
}

bool EvidenceStore::has_room(const Key& key, std::size_t bytes) const {
  if (bytes_ + bytes > kBytesMax) return false;
  const auto same = std::count_if(proofs_.begin(), proofs_.end(), [&](const auto& entry) {
    return std::get<0>(entry.first) == std::get<0>(key) &&
           std::get<1>(entry.first) == std::get<1>(key);
  });
  return static_cast<std::size_t>(same) < kPerValidatorMax;
}

Result<EvidenceStore::Outcome, std::string> EvidenceStore::add(ByteView encoded) {
  if (encoded.size() > kProofBytesMax) return Outcome::NoProof;
  const auto evidence = consensus::decode_evidence(encoded);
  if (!evidence) return Outcome::NoProof;
  const Key key = key_of(*evidence);
  const MutexLock lock(mutex_);
  if (proofs_.contains(key)) return Outcome::Known;
  // First what is cheap: a liar can make proofs against itself without end.
  if (!has_room(key, encoded.size())) return Outcome::Full;
  if (!consensus::proves(*evidence, domain_, set_, *scheme_)) return Outcome::NoProof;
  OL_TRY_VOID(write_durably(directory_ / file_name(*evidence), encoded));
  proofs_.emplace(key, to_bytes(encoded));
  bytes_ += encoded.size();
  return Outcome::New;
}

bool EvidenceStore::knows(const Evidence& evidence) const {
  const MutexLock lock(mutex_);
  return proofs_.contains(key_of(evidence));
}

std::vector<Bytes> EvidenceStore::list() const {
  const MutexLock lock(mutex_);
  std::vector<Bytes> out;
  out.reserve(proofs_.size());
  for (const auto& [key, proof] : proofs_)
    out.push_back(proof);
  return out;
}

Bytes encode_evidence_gossip(ByteView proof) {
  Writer out;
  out.u32(kGossipMark).raw(proof);
  return out.take();
}

std::optional<ByteView> evidence_in(ByteView message) {
  Reader in(message);
  if (in.u32() != kGossipMark || !in.ok()) return std::nullopt;
  return message.subspan(4);
}

}  // namespace ol::node
