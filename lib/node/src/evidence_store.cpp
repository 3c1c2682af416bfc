#include "evidence_store.hpp"

#include <algorithm>

#include "durable_file.hpp"

namespace ol::node {

using consensus::DoubleProposal;
using consensus::DoubleVote;
using consensus::Evidence;
using consensus::InvalidShare;

namespace {

constexpr std::uint32_t kGossipMark = 0xffffffff;
constexpr const char* kSuffix = ".evidence";

}  // namespace

const char* kind_name(const Evidence& evidence) {
  if (std::holds_alternative<DoubleProposal>(evidence)) return "double proposal";
  if (std::holds_alternative<DoubleVote>(evidence)) return "double vote";
  if (std::holds_alternative<consensus::DoubleReproposal>(evidence)) return "double re-proposal";
  return "invalid share";
}

EvidencePoint point_of(const Evidence& evidence) {
  if (const auto* proposal = std::get_if<DoubleProposal>(&evidence)) {
    const primitives::Header& header = proposal->first;
    return {.epoch = header.epoch, .height = header.height, .view = header.view, .phase = {}};
  }
  if (const auto* again = std::get_if<consensus::DoubleReproposal>(&evidence)) {
    return {.epoch = again->epoch, .height = again->first.height, .view = again->view, .phase = {}};
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
                             const EpochTable& epochs)
    : directory_(std::move(directory)), domain_(domain), epochs_(epochs) {}

Result<std::unique_ptr<EvidenceStore>, std::string> EvidenceStore::open(
    std::filesystem::path directory, const primitives::ChainDomain& domain,
    const EpochTable& epochs) {
  std::error_code ec;
  std::filesystem::create_directories(directory, ec);
  if (ec) return fail("cannot create " + directory.string() + ": " + ec.message());
  std::unique_ptr<EvidenceStore> store(new EvidenceStore(std::move(directory), domain, epochs));
  store->load();
  return store;
}

// By the set of the epoch it is about. A scheme is of one thread: whoever holds the mutex.
bool EvidenceStore::is_proof(const Evidence& evidence) {
  const consensus::EpochSetting* setting = epochs_.find(point_of(evidence).epoch);
  if (setting == nullptr) return false;
  auto& scheme = schemes_[setting->set.epoch()];
  if (scheme == nullptr) scheme = consensus::make_scheme(setting->genesis, setting->set);
  return consensus::proves(evidence, domain_, setting->set, *scheme);
}

void EvidenceStore::load() {
  std::error_code ec;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ec))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  const MutexLock lock(mutex_);
  for (const auto& path : files) {
    const auto bytes =
        path.extension() == kSuffix ? read_bounded(path, kProofBytesMax) : std::nullopt;
    const auto evidence = bytes ? consensus::decode_evidence(*bytes)
                                : Result<Evidence, DecodeError>(fail(DecodeError::Truncated));
    const bool sound = evidence && is_proof(*evidence);
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
  if (epochs_.find(point_of(*evidence).epoch) == nullptr) return Outcome::UnknownEpoch;
  // First what is cheap: a liar can make proofs against itself without end.
  if (!has_room(key, encoded.size())) return Outcome::Full;
  if (!is_proof(*evidence)) return Outcome::NoProof;
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
