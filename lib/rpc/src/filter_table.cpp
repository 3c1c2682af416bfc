#include "filter_table.hpp"

#include <algorithm>
#include <random>

#include <boost/json/array.hpp>

#include <ol/crypto/hash.hpp>

namespace ol::rpc {
namespace {

constexpr std::size_t kIdBytes = 16;

/// Makes ids that no other client can guess.
Hash256 make_secret() {
  Hash256 out;
  std::random_device random;
  for (std::uint8_t& byte : out.bytes)
    byte = static_cast<std::uint8_t>(random());
  return out;
}

std::unexpected<RpcError> not_found() {
  return refuse("filter not found");
}

}  // namespace

FilterTable::FilterTable(const Backend& backend, Clock::time_point (*now)())
    : backend_(backend), now_(now), secret_(make_secret()) {}

void FilterTable::drop_expired() {
  const Clock::time_point now = now_();
  std::erase_if(filters_, [&](const auto& entry) { return entry.second.used + kLifetime <= now; });
}

std::string FilterTable::next_id() {
  Bytes preimage = to_bytes(secret_.view());
  append(preimage, as_bytes(std::to_string(ids_++)));
  return to_hex_prefixed(crypto::keccak256(preimage).view().first(kIdBytes));
}

RpcResult FilterTable::add(Kind kind, LogCriteria criteria) {
  const std::uint64_t head = backend_.head()->header.number;
  const MutexLock lock(mutex_);
  drop_expired();
  if (filters_.size() >= kFiltersMax) return refuse("too many filters");
  std::string id = next_id();
  filters_.emplace(id, Filter{.kind = kind,
                              .criteria = std::move(criteria),
                              .next_block = head + 1,
                              .next_pending = first_pending_ + pending_.size(),
                              .used = now_()});
  return ol::rpc::quoted(id);
}

std::string FilterTable::new_blocks(Filter& filter) const {
  boost::json::array out;
  const std::uint64_t head = backend_.head()->header.number;
  for (; filter.next_block <= head && out.size() < kHashesMax; ++filter.next_block) {
    const auto hash = backend_.block_hash(filter.next_block);
    if (!hash) break;
    out.emplace_back(data(*hash));
  }
  return boost::json::serialize(out);
}

RpcResult FilterTable::new_hashes(Filter& filter) {
  if (filter.kind == Kind::Blocks) return new_blocks(filter);
  boost::json::array out;
  // Hashes that the pool saw too long ago are forgotten.
  std::uint64_t next = std::max(filter.next_pending, first_pending_);
  for (; next < first_pending_ + pending_.size() && out.size() < kHashesMax; ++next) {
    const primitives::TxnHash& hash = pending_[next - first_pending_];
    if (filter.kind == Kind::PendingHashes) {
      out.emplace_back(data(hash));
    } else if (const TxnPtr txn = backend_.find_pool_txn(hash)) {
      out.emplace_back(pool_txn_json(*txn));
    }
  }
  filter.next_pending = next;
  return boost::json::serialize(out);
}

RpcResult FilterTable::changes(std::string_view id) {
  LogCriteria criteria;
  std::uint64_t first = 0;
  const std::uint64_t head = backend_.head()->header.number;
  {
    const MutexLock lock(mutex_);
    drop_expired();
    const auto found = filters_.find(id);
    if (found == filters_.end()) return not_found();
    Filter& filter = found->second;
    filter.used = now_();
    if (filter.kind != Kind::Logs) return new_hashes(filter);
    criteria = filter.criteria;
    first = filter.next_block;
    filter.next_block = head + 1;
  }
  // Searched outside the lock: it may take long.
  if (criteria.block) return "[]";
  OL_TRY(LogQuery query, resolve(backend_, criteria));
  query.first = criteria.from ? std::max(query.first, first) : first;
  query.last = criteria.to ? std::min(query.last, head) : head;
  return find_logs(backend_, query);
}

RpcResult FilterTable::logs(std::string_view id) {
  LogCriteria criteria;
  {
    const MutexLock lock(mutex_);
    drop_expired();
    const auto found = filters_.find(id);
    if (found == filters_.end() || found->second.kind != Kind::Logs) return not_found();
    found->second.used = now_();
    criteria = found->second.criteria;
  }
  OL_TRY(const LogQuery query, resolve(backend_, criteria));
  return find_logs(backend_, query);
}

bool FilterTable::remove(std::string_view id) {
  const MutexLock lock(mutex_);
  drop_expired();
  const auto found = filters_.find(id);
  if (found == filters_.end()) return false;
  filters_.erase(found);
  return true;
}

void FilterTable::on_pending(const primitives::TxnHash& hash) {
  const MutexLock lock(mutex_);
  pending_.push_back(hash);
  if (pending_.size() <= kPendingMax) return;
  pending_.pop_front();
  ++first_pending_;
}

std::size_t FilterTable::size() const {
  const MutexLock lock(mutex_);
  return filters_.size();
}

}  // namespace ol::rpc
