#include "peer_budget.hpp"

#include <algorithm>

#include <ol/base/check.hpp>

namespace ol::node {
namespace {

constexpr std::int64_t kMilli = 1'000;

std::int64_t milli_of(std::uint64_t tokens) {
  // Larger than any burst, and far from the end of the type.
  constexpr std::uint64_t kTokensMax = std::uint64_t{1} << 40;
  return static_cast<std::int64_t>(std::min(tokens, kTokensMax)) * kMilli;
}

constexpr std::size_t index_of(PeerRank rank) {
  return static_cast<std::size_t>(rank);
}

std::size_t reading_max(PeerBudget::Reading what) {
  return what == PeerBudget::Reading::Range ? PeerBudget::kRangesMax : PeerBudget::kBlocksMax;
}

}  // namespace

TokenBucket::TokenBucket(Rate rate, std::uint64_t now_ms)
    : rate_(rate), last_ms_(now_ms), milli_(milli_of(rate.burst)) {
  OL_CHECK(rate.per_second > 0, "tokens come back");
}

// A token a second is a thousandth of one a millisecond.
void TokenBucket::refill(std::uint64_t now_ms) {
  if (now_ms <= last_ms_) return;
  const std::uint64_t passed_ms = now_ms - last_ms_;
  last_ms_ = now_ms;
  const std::int64_t full = milli_of(rate_.burst);
  const auto missing = static_cast<std::uint64_t>(full - milli_);
  if (passed_ms > missing / rate_.per_second) {
    milli_ = full;
  } else {
    milli_ += static_cast<std::int64_t>(passed_ms * rate_.per_second);
  }
}

bool TokenBucket::take(std::uint64_t now_ms, std::uint64_t tokens) {
  refill(now_ms);
  if (milli_ < milli_of(tokens)) return false;
  milli_ -= milli_of(tokens);
  return true;
}

// Debts are bounded, too: no amount keeps a peer waiting for ever.
void TokenBucket::charge(std::uint64_t now_ms, std::uint64_t tokens) {
  refill(now_ms);
  milli_ = std::max(milli_ - milli_of(tokens), -4 * milli_of(rate_.burst));
}

bool TokenBucket::is_full(std::uint64_t now_ms) {
  refill(now_ms);
  return milli_ >= milli_of(rate_.burst);
}

const char* describe(PeerDrop drop) {
  switch (drop) {
    case PeerDrop::Muted:
      return "muted";
    case PeerDrop::Gone:
      return "gone";
    case PeerDrop::PeerFull:
      return "peer_full";
    case PeerDrop::RankFull:
      return "rank_full";
    case PeerDrop::Verify:
      return "verify";
    case PeerDrop::Serve:
      return "serve";
    case PeerDrop::ServingBusy:
      return "serving_busy";
    case PeerDrop::Useless:
      return "useless";
  }
  OL_CHECK(false, "unknown PeerDrop");
}

PeerBudget::Account::Account(PeerRank of, std::uint64_t now_ms)
    : rank(of),
      verify(kVerify[index_of(of)], now_ms),
      served(kServedBytes[index_of(of)], now_ms),
      patience(kPatience, now_ms),
      heard_ms(now_ms) {}

// Who joins the set, or leaves it, begins anew.
PeerBudget::Account& PeerBudget::account(const p2p::PeerId& peer, PeerRank rank,
                                         std::uint64_t now_ms) {
  auto found = peers_.find(peer);
  if (found == peers_.end()) {
    if (peers_.size() >= kPeersMax) forget_oldest();
    found = peers_.emplace(peer, Account(rank, now_ms)).first;
  } else if (found->second.rank != rank) {
    const auto reading = found->second.reading;
    found->second = Account(rank, now_ms);
    found->second.reading = reading;
  }
  found->second.heard_ms = now_ms;
  return found->second;
}

// Strangers first: names are free, and nobody is to make this node forget what validators used.
void PeerBudget::forget_oldest() {
  const auto oldest = std::ranges::min_element(peers_, {}, [](const auto& entry) {
    return std::pair(index_of(entry.second.rank), entry.second.heard_ms);
  });
  peers_.erase(oldest);
}

PeerBudget::Verdict PeerBudget::refuse(Account& account, std::uint64_t now_ms) {
  return account.patience.take(now_ms, 1) ? Verdict::Drop : Verdict::CutOff;
}

PeerBudget::Verdict PeerBudget::refuse(const p2p::PeerId& peer, PeerRank rank,
                                       std::uint64_t now_ms) {
  return refuse(account(peer, rank, now_ms), now_ms);
}

// Nobody is cut off for what other strangers have used up.
PeerBudget::Verdict PeerBudget::verify(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                                       std::uint64_t count) {
  Account& one = account(peer, rank, now_ms);
  if (!one.verify.take(now_ms, count)) return refuse(one, now_ms);
  if (rank == PeerRank::Stranger && !strangers_.take(now_ms, count)) return Verdict::Drop;
  return Verdict::Take;
}

PeerBudget::Verdict PeerBudget::serve(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                                      std::uint64_t bytes) {
  Account& one = account(peer, rank, now_ms);
  return one.served.take(now_ms, bytes) ? Verdict::Take : refuse(one, now_ms);
}

void PeerBudget::charge_served(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                               std::uint64_t bytes) {
  account(peer, rank, now_ms).served.charge(now_ms, bytes);
}

bool PeerBudget::begin_reading(const p2p::PeerId& peer, PeerRank rank, std::uint64_t now_ms,
                               Reading what) {
  std::size_t& reading = account(peer, rank, now_ms).reading[static_cast<std::size_t>(what)];
  if (reading >= reading_max(what)) return false;
  ++reading;
  return true;
}

void PeerBudget::end_reading(const p2p::PeerId& peer, Reading what) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  std::size_t& reading = found->second.reading[static_cast<std::size_t>(what)];
  if (reading > 0) --reading;
}

}  // namespace ol::node
