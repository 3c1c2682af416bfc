#include <ol/p2p/connection_gate.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

#include "address_prefix.hpp"

namespace ol::p2p {
namespace {

// Addresses and prefixes counted at a time; an attacker with more of them is refused as a whole.
constexpr std::size_t kCountersMax = 4096;
constexpr std::chrono::seconds kAcceptPeriod{1};
constexpr std::chrono::minutes kFailurePeriod{1};

}  // namespace

const char* refusal_name(HostRefusal refusal) {
  switch (refusal) {
    case HostRefusal::InboundLimit:
      return "inbound_limit";
    case HostRefusal::OutboundLimit:
      return "outbound_limit";
    case HostRefusal::PrefixLimit:
      return "prefix_limit";
    case HostRefusal::UpgradeLimit:
      return "upgrade_limit";
    case HostRefusal::UpgradeIpLimit:
      return "upgrade_ip_limit";
    case HostRefusal::AcceptRate:
      return "accept_rate";
    case HostRefusal::DialLimit:
      return "dial_limit";
    case HostRefusal::NotTcp:
      return "not_tcp";
    case HostRefusal::AlreadyConnected:
      return "already_connected";
    case HostRefusal::SelfDial:
      return "self_dial";
    case HostRefusal::IpLimit:
      return "ip_limit";
    case HostRefusal::FailedUpgrades:
      return "failed_upgrades";
    case HostRefusal::Banned:
      return "banned";
    case HostRefusal::BannedAddress:
      return "banned_address";
  }
  OL_CHECK(false, "unknown HostRefusal");
}

/// The count of a key in the current period; null when too many keys are counted.
std::size_t* ConnectionGate::counter(Rate& rate, const std::string& key, Duration period,
                                     TimePoint now) {
  if (now - rate.since >= period) {
    rate.counts.clear();
    rate.since = now;
  }
  const auto at = rate.counts.find(key);
  if (at != rate.counts.end()) return &at->second;
  return rate.counts.size() < kCountersMax ? &rate.counts[key] : nullptr;
}

bool ConnectionGate::is_counted(const Multiaddr& remote) const {
  return profile_ == AddressProfile::Public || remote.is_dialable(AddressProfile::Public);
}

// What comes too fast is refused before places are looked at: it must not cost others theirs.
std::optional<HostRefusal> ConnectionGate::admit(const Multiaddr& remote,
                                                 const InboundCensus& census, TimePoint now) {
  const bool counted = is_counted(remote);
  const std::string key = census.known ? ip_of(remote) : prefix_of(remote);
  if (counted) {
    if (!census.known && is_banned_address(remote, now)) return HostRefusal::BannedAddress;
    if (!census.known && failed_often(remote, now)) return HostRefusal::FailedUpgrades;
    const auto accepted = accepts_.counts.find(key);
    const bool too_fast = accepted != accepts_.counts.end() &&
                          accepted->second >= limits_.accepts_per_second &&
                          now - accepts_.since < kAcceptPeriod;
    if (too_fast) return HostRefusal::AcceptRate;
  }
  // Handshakes and goodbyes of strangers hold no slot against an address that is known.
  const std::size_t taken = census.known ? census.ready : census.inbound;
  if (taken >= census.slots) return HostRefusal::InboundLimit;
  const bool reserved = has_reserved_place(census);
  if (!reserved && census.upgrades >= limits_.upgrades) return HostRefusal::UpgradeLimit;
  if (!counted) return std::nullopt;
  if (census.of_prefix >= limits_.per_prefix) return HostRefusal::PrefixLimit;
  if (!reserved && census.upgrades_of_ip >= limits_.upgrades_per_ip) {
    return HostRefusal::UpgradeIpLimit;
  }
  if (census.of_ip >= limits_.per_ip) return HostRefusal::IpLimit;
  std::size_t* const accepted = counter(accepts_, key, kAcceptPeriod, now);
  if (accepted != nullptr) *accepted += 1;
  // Strangers from everywhere do not shut out who is known.
  if (accepted == nullptr && !census.known) return HostRefusal::AcceptRate;
  return std::nullopt;
}

// Only failures make entries, so that many addresses alone cannot shut out everybody.
bool ConnectionGate::failed_often(const Multiaddr& remote, TimePoint now) const {
  const auto failed = failures_.counts.find(ip_of(remote));
  return failed != failures_.counts.end() && failed->second >= limits_.failed_upgrades_per_minute &&
         now - failures_.since < kFailurePeriod;
}

void ConnectionGate::on_failed_upgrade(const Multiaddr& remote, TimePoint now) {
  std::size_t* const failed = counter(failures_, ip_of(remote), kFailurePeriod, now);
  if (failed != nullptr) *failed += 1;
}

bool ConnectionGate::is_banned_address(const Multiaddr& remote, TimePoint now) const {
  const auto at = banned_ips_.find(ip_of(remote));
  if (at == banned_ips_.end()) return false;
  const auto in_force = std::ranges::count_if(at->second, [&](TimePoint end) { return now < end; });
  return static_cast<std::size_t>(in_force) >= limits_.bans_per_ip;
}

// Of each address the latest count; of addresses those that came first are kept.
void ConnectionGate::note_ban_of_address(const Multiaddr& remote, TimePoint until) {
  const std::string ip = ip_of(remote);
  if (!banned_ips_.contains(ip) && banned_ips_.size() >= kCountersMax) return;
  std::deque<TimePoint>& ends = banned_ips_[ip];
  ends.push_back(until);
  if (ends.size() > limits_.bans_per_ip) ends.pop_front();
}

void ConnectionGate::ban(const PeerId& peer, TimePoint until, std::string reason) {
  if (bans_.size() >= limits_.bans && !bans_.contains(peer)) {
    const auto first = std::min_element(
        bans_.begin(), bans_.end(),
        [](const auto& a, const auto& b) { return a.second.until < b.second.until; });
    if (first != bans_.end()) bans_.erase(first);
  }
  bans_[peer] = {until, std::move(reason)};
}

const HostBan* ConnectionGate::ban_of(const PeerId& peer, TimePoint now) const {
  const auto at = bans_.find(peer);
  return at == bans_.end() || now >= at->second.until ? nullptr : &at->second;
}

void ConnectionGate::tick(TimePoint now) {
  std::erase_if(bans_, [&](const auto& entry) { return now >= entry.second.until; });
  std::erase_if(banned_ips_, [&](const auto& entry) {
    return std::ranges::all_of(entry.second, [&](TimePoint end) { return now >= end; });
  });
}

}  // namespace ol::p2p
