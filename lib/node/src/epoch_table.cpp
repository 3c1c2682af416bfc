#include "epoch_table.hpp"

#include "durable_file.hpp"

namespace ol::node {

using consensus::EpochSetting;
using primitives::Epoch;
using primitives::ValidatorIndex;

namespace {

/// Longest proof: headers with their time-out certificates.
constexpr std::size_t kProofBytesMax = std::size_t{64} << 20;

}  // namespace

EpochTable::EpochTable(std::filesystem::path directory, const primitives::Genesis& genesis,
                       std::optional<crypto::Ed25519PublicKey> own)
    : directory_(std::move(directory)), own_(own) {
  entries_.push_back({.setting = std::make_unique<EpochSetting>(genesis, Epoch(0)),
                      .opening = {},
                      .hand_over = {}});
}

std::filesystem::path EpochTable::path_of(Epoch epoch) const {
  return directory_ / (std::to_string(epoch.value()) + ".handover");
}

Result<std::unique_ptr<EpochTable>, std::string> EpochTable::open(
    std::filesystem::path directory, const primitives::Genesis& genesis,
    std::optional<crypto::Ed25519PublicKey> own) {
  std::unique_ptr<EpochTable> table(new EpochTable(std::move(directory), genesis, own));
  const MutexLock lock(table->mutex_);
  for (Epoch epoch(0);; epoch = epoch.next()) {
    const auto path = table->path_of(epoch);
    if (!std::filesystem::exists(path)) break;
    const auto bytes = read_bounded(path, kProofBytesMax);
    const auto proof = bytes
                           ? consensus::decode_hand_over(*bytes)
                           : Result<consensus::HandOver, DecodeError>(fail(DecodeError::Truncated));
    if (!proof) return fail(path.string() + " cannot be read; restore it from another node");
    auto opening = verify_hand_over(*table->entries_.back().setting, *proof);
    if (!opening) {
      return fail(path.string() + " proves nothing (" + describe(opening.error()) +
                  "); restore it from another node");
    }
    table->append(*std::move(opening), *bytes);
  }
  return table;
}

void EpochTable::append(consensus::Opening opening, Bytes encoded) {
  entries_.back().hand_over = std::move(encoded);
  entries_.push_back({.setting = std::move(opening.next),
                      .opening = std::move(opening.certificate),
                      .hand_over = {}});
}

Result<void, std::string> EpochTable::add(const consensus::HandOver& hand_over) {
  const MutexLock lock(mutex_);
  const EpochSetting& newest = *entries_.back().setting;
  if (hand_over.epoch() < newest.set.epoch()) return {};
  auto opening = verify_hand_over(newest, hand_over);
  if (!opening)
    return fail(std::string("the end of the epoch is not proven: ") + describe(opening.error()));
  std::error_code ec;
  std::filesystem::create_directories(directory_, ec);
  if (ec) return fail("cannot create " + directory_.string() + ": " + ec.message());
  Bytes encoded = consensus::encode_hand_over(hand_over);
  OL_TRY_VOID(write_durably(path_of(newest.set.epoch()), encoded));
  append(*std::move(opening), std::move(encoded));
  return {};
}

EpochSetting* EpochTable::find(Epoch epoch) const {
  const MutexLock lock(mutex_);
  return epoch.value() < entries_.size() ? entries_[epoch.value()].setting.get() : nullptr;
}

std::optional<Bytes> EpochTable::hand_over(Epoch epoch) const {
  const MutexLock lock(mutex_);
  if (epoch.value() >= entries_.size()) return std::nullopt;
  const Bytes& encoded = entries_[epoch.value()].hand_over;
  if (encoded.empty()) return std::nullopt;
  return encoded;
}

std::optional<primitives::QuorumCertificate> EpochTable::opening(Epoch epoch) const {
  const MutexLock lock(mutex_);
  if (epoch.value() >= entries_.size()) return std::nullopt;
  return entries_[epoch.value()].opening;
}

std::optional<ValidatorIndex> EpochTable::seat(Epoch epoch) const {
  const EpochSetting* setting = find(epoch);
  if (setting == nullptr || !own_) return std::nullopt;
  for (std::uint32_t i = 0; i < setting->set.size(); ++i) {
    if (setting->set.find(ValidatorIndex(i))->key == *own_) return ValidatorIndex(i);
  }
  return std::nullopt;
}

std::optional<Address> EpochTable::fee_recipient(Epoch epoch, ValidatorIndex validator) const {
  const EpochSetting* setting = find(epoch);
  const primitives::Validator* found = setting ? setting->set.find(validator) : nullptr;
  if (found == nullptr) return std::nullopt;
  return found->fee_recipient;
}

void EpochTable::enter(Epoch epoch) {
  const MutexLock lock(mutex_);
  OL_CHECK(epoch.value() < entries_.size(), "an epoch is known before it is entered");
  current_ = epoch;
}

const EpochSetting& EpochTable::current() const {
  const MutexLock lock(mutex_);
  return *entries_[current_.value()].setting;
}

}  // namespace ol::node
