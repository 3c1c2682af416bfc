#include "epoch_net.hpp"

#include <algorithm>

namespace ol::node::test {

using consensus::CommittedBlock;
using consensus::test::operator_key;
using consensus::test::operator_network_key;
using primitives::Epoch;
using primitives::Height;
using primitives::ValidatorIndex;

namespace {

p2p::PeerId peer_of(std::uint32_t who) {
  return p2p::PeerId(operator_network_key(who).public_key());
}

std::optional<ValidatorIndex> seat(const EpochNet::Era& era, std::uint32_t who) {
  const auto found = std::find(era.members.begin(), era.members.end(), who);
  if (found == era.members.end()) return std::nullopt;
  return ValidatorIndex(static_cast<std::uint32_t>(found - era.members.begin()));
}

Bytes encoded(const primitives::Block& block) {
  Writer out;
  primitives::encode(out, block);
  return out.take();
}

}  // namespace

struct EpochNet::Operator final : DriverHost {
  Operator(EpochNet& of, std::uint32_t number) : net(of), who(number) {}

  void send(const p2p::PeerId& peer, p2p::Channel channel, Bytes message) override {
    for (std::uint32_t to = 0; to < net.operators_.size(); ++to) {
      if (peer_of(to) == peer) net.deliver(who, to, channel, message);
    }
  }
  void broadcast(p2p::Channel channel, Bytes message) override {
    for (std::uint32_t to = 0; to < net.operators_.size(); ++to) {
      if (to != who) net.deliver(who, to, channel, message);
    }
  }
  void punish(const p2p::PeerId&, std::string reason) override {
    net.punished_.push_back(std::to_string(who) + ": " + reason);
  }
  void execute(consensus::BlockPtr block) override {
    for (std::size_t i = 0; i < block->payload.size(); ++i)
      items[block->item_hashes[i]] = block->payload[i];
    if (!leaders.empty()) {
      if (const auto led = leaders.back()->admit(*block); !led) {
        net.refused_.push_back(describe(led.error()));
        event([this, hash = block->hash](ConsensusDriver& d) {
          d.on_executed(net.now_, hash, consensus::Execution::Invalid);
        });
        return;
      }
    }
    event([this, hash = block->hash](ConsensusDriver& d) {
      d.on_executed(net.now_, hash, consensus::Execution::Valid);
    });
  }
  void build(const consensus::BuildRequest& request) override {
    event([this, view = request.view, parent = request.parent](ConsensusDriver& d) {
      d.on_built(net.now_, {.view = view, .parent = {}, .items = net.pick(parent)});
    });
  }
  void commit(std::vector<CommittedBlock> blocks) override {
    for (CommittedBlock& block : blocks) {
      if (!leaders.empty()) leaders.back()->commit(*block.block);
      chain.push_back(std::move(block));
    }
  }
  void discard(std::vector<consensus::BlockPtr> blocks) override {
    for (const consensus::BlockPtr& block : blocks) {
      if (!leaders.empty()) leaders.back()->forget(block->hash);
    }
  }
  void serve_range(const p2p::PeerId& peer, RangeRequest request) override {
    RangeResponse response{.from = request.from, .entries = {}};
    for (const CommittedBlock& block : chain) {
      if (block.block->header.height < request.from || response.entries.size() >= request.count)
        continue;
      response.entries.push_back({encoded(*block.block), block.certificate});
    }
    send(peer, p2p::Channel::Bulk, encode_sync_message(response));
  }
  void serve_block(const p2p::PeerId& peer, primitives::BlockHash hash) override {
    BlockResponse response{hash, {}};
    for (const CommittedBlock& block : chain) {
      if (block.block->hash == hash) response.encoded = encoded(*block.block);
    }
    send(peer, p2p::Channel::Bulk, encode_sync_message(response));
  }
  std::optional<Bytes> find_item(const primitives::TxnHash& hash) override {
    const auto it = items.find(hash);
    return it == items.end() ? std::nullopt : std::optional(it->second);
  }
  bool has_work() override { return true; }
  void record_outgoing(ByteView message) override { outbox.push_back(to_bytes(message)); }
  void on_evidence(const consensus::Evidence&) override { net.fatals_.push_back("evidence"); }
  void on_conflict(const consensus::Conflict&) override { net.fatals_.push_back("conflict"); }
  void warn(std::string) override {}
  void fatal(std::string sentence) override { net.fatals_.push_back(std::move(sentence)); }

  std::optional<EpochParts> open_epoch(const consensus::HandOver& hand_over,
                                       const primitives::Header& root) override {
    const Epoch next = hand_over.epoch().next();
    proofs[hand_over.epoch()] = encode_hand_over(hand_over);
    const Era& era = *net.eras_.at(next.value());
    EpochParts parts{.setting = *era.setting,
                     .leaders = *net.leaders_.at(next.value()),
                     .before = *net.eras_.at(hand_over.epoch().value())->setting->scheme,
                     .self = seat(era, who),
                     .vote_key = {}};
    if (parts.self) parts.vote_key = era.vote_key(parts.self->value());
    if (leaders.empty()) return parts;
    const auto seed = leaders.back()->next_seed(block_hash(era.domain(), root));
    OL_CHECK(seed.has_value(), "the closing block was admitted");
    leaders.push_back(net.draw_leaders(next.value(), root.view, root,
                                       consensus::Beacon(era.domain().hash, *seed)));
    return EpochParts{.setting = parts.setting,
                      .leaders = *leaders.back(),
                      .before = parts.before,
                      .self = parts.self,
                      .vote_key = std::move(parts.vote_key)};
  }
  std::optional<Bytes> hand_over_of(Epoch epoch) override {
    const auto it = proofs.find(epoch);
    return it == proofs.end() ? std::nullopt : std::optional(it->second);
  }

  void event(std::function<void(ConsensusDriver&)> run) {
    net.events_.push_back({who, std::move(run)});
  }

  EpochNet& net;
  std::uint32_t who;
  consensus::test::MemoryStore store;
  /// Of the epochs since it booted, where they are drawn.
  std::vector<std::unique_ptr<consensus::VrfLeaders>> leaders;
  std::unique_ptr<ConsensusDriver> driver;
  std::vector<CommittedBlock> chain;
  std::map<primitives::TxnHash, Bytes> items;
  std::map<Epoch, Bytes> proofs;
  std::vector<Bytes> outbox;
};

EpochNet::EpochNet(std::vector<const Era*> eras, std::uint32_t operators, bool vrf)
    : eras_(std::move(eras)), vrf_(vrf), rule_(consensus::SlotClock(primitives::TimeMs(0), {}, 1)) {
  const primitives::Genesis& genesis = eras_[0]->setting->genesis;
  const consensus::SlotClock clock(genesis.time, genesis.slots.value_or(primitives::SlotParams{}),
                                   eras_[0]->setting->set.size());
  if (genesis.slots) {
    rule_ = clock;
  } else {
    voting_rule_ = consensus::make_voting_rule(genesis.commit_rule);
    rule_ = std::cref(*voting_rule_);
  }
  for (const Era* era : eras_) {
    const std::uint32_t n = era->setting->set.size();
    if (genesis.slots) {
      leaders_.push_back(std::make_unique<consensus::SlotRobin>(clock, n));
    } else {
      leaders_.push_back(std::make_unique<consensus::RoundRobin>(n));
    }
  }
  const consensus::test::Start start(*eras_[0]);
  now_.wall_ms = 10'000;
  for (std::uint32_t who = 0; who < operators; ++who) {
    operators_.push_back(std::make_unique<Operator>(*this, who));
    operators_.back()->chain.push_back(
        {std::make_shared<const primitives::Block>(start.block), start.certificate});
  }
  for (std::uint32_t who = 0; who < operators; ++who)
    boot(who);
}

EpochNet::~EpochNet() = default;

std::unique_ptr<consensus::VrfLeaders> EpochNet::draw_leaders(
    std::uint64_t epoch, primitives::View begins, const primitives::Header& root,
    const consensus::Beacon& beacon) const {
  const consensus::EpochSetting& setting = *eras_.at(epoch)->setting;
  return std::make_unique<consensus::VrfLeaders>(
      consensus::VrfLeaders::Chain{.domain = setting.genesis.domain,
                                   .set = setting.set,
                                   .present = &setting,
                                   .begins = begins},
      block_hash(setting.genesis.domain, root), root.height, beacon);
}

// As load_vrf_leaders does it.
consensus::Beacon EpochNet::beacon_at(const Operator& one, std::uint64_t epoch,
                                      std::size_t height) const {
  const consensus::EpochSetting& setting = *eras_.at(epoch)->setting;
  consensus::BeaconHistory history(begins_of(one, epoch), setting.set.size());
  std::optional<Hash256> seed;
  for (;; --height) {
    const primitives::Block& block = *one.chain.at(height).block;
    if (height == 0) {
      seed = primitives::genesis_hash(eras_[0]->setting->genesis);
      break;
    }
    if (block.header.epoch.value() < epoch) {
      seed = beacon_at(one, block.header.epoch.value(), height).next_seed();
      break;
    }
    if (!history.add({block.header.view, consensus::decode_leader_item(block.payload.back())}))
      break;
  }
  return history.replay(setting.genesis.domain.hash, seed);
}

primitives::View EpochNet::begins_of(const Operator& one, std::uint64_t epoch) const {
  primitives::View out;
  for (const CommittedBlock& block : one.chain) {
    if (block.block->header.epoch.value() < epoch) out = block.block->header.view;
  }
  return epoch == 0 ? primitives::View(0) : out;
}

const consensus::VrfLeaders& EpochNet::leaders(std::uint32_t who) const {
  return *operators_[who]->leaders.back();
}

// As Node::make_driver does it.
void EpochNet::boot(std::uint32_t who) {
  Operator& one = *operators_[who];
  const CommittedBlock& root = one.chain.back();
  Epoch epoch = root.block->header.epoch;
  if (const auto proof = one.hand_over_of(epoch)) {
    const auto decoded = consensus::decode_hand_over(*proof);
    if (block_hash(eras_[0]->domain(), decoded->headers.front()) == root.block->hash)
      epoch = epoch.next();
  }
  const Era& era = *eras_[epoch.value()];
  one.driver.reset();
  one.leaders.clear();
  if (vrf_) {
    one.leaders.push_back(draw_leaders(epoch.value(), begins_of(one, epoch.value()),
                                       root.block->header,
                                       beacon_at(one, epoch.value(), one.chain.size() - 1)));
  }
  primitives::QuorumCertificate opening = one.chain.front().certificate;
  for (const CommittedBlock& block : one.chain) {
    if (block.block->header.epoch < epoch) opening = block.certificate;
  }
  std::optional<consensus::SafetyRecord> record;
  if (!one.store.records.empty())
    record = *consensus::decode_safety_record(one.store.records.back());
  const auto self = seat(era, who);
  const ValidatorIndex index = self.value_or(ValidatorIndex(0));
  auto signer = std::make_unique<consensus::Signer>(
      era.domain(), era.setting->set_hash, index, operator_key(who),
      self ? era.vote_key(index.value()) : consensus::test::operator_bls_key(who),
      *era.setting->scheme, one.store, record);
  one.driver = std::make_unique<ConsensusDriver>(
      DriverParts{
          .domain = era.domain(),
          .set = era.setting->set,
          .rule = rule_,
          .leaders = vrf_ ? static_cast<const consensus::LeaderSchedule&>(*one.leaders.back())
                          : *leaders_[epoch.value()],
          .scheme = *era.setting->scheme,
          .pace = {.timeout_base_ms = 2000,
                   .timeout_max_ms = 60'000,
                   .min_block_interval_ms = 20,
                   .empty_block_interval_ms = 100},
          .genesis_certificate = opening,
          .root = root,
          .record = record,
          .signer = std::move(signer),
          .self = self,
          .stored_blocks = {},
          .certificates_ahead = true,
          .epochs = {.present = era.setting.get(),
                     .before = epoch == Epoch(0)
                                   ? nullptr
                                   : eras_[epoch.value() - 1]->setting->scheme.get()}},
      one);
  one.event([this, who](ConsensusDriver& d) {
    d.start(now_);
    for (std::uint32_t peer = 0; peer < operators_.size(); ++peer) {
      if (peer != who) d.on_peer_connected(now_, peer_of(peer));
    }
  });
}

void EpochNet::deliver(std::uint32_t from, std::uint32_t to, p2p::Channel channel, Bytes bytes) {
  if (apart_.contains(from) || apart_.contains(to)) return;
  if (hushed_ && channel == p2p::Channel::Consensus) {
    const auto message = consensus::decode_message(bytes);
    if (std::holds_alternative<consensus::ProposalMessage>(*message)) return;
  }
  Event event{to, [this, from, channel, message = std::move(bytes)](ConsensusDriver& d) {
                d.on_message(now_, peer_of(from), channel, message);
              }};
  if (loss_per_mille_ == 0) {
    events_.push_back(std::move(event));
    return;
  }
  if (draw(loss_per_mille_)) return;
  const std::uint64_t due = now_.monotonic_ms + 1 + chance_() % late_ms_;
  if (draw(loss_per_mille_)) under_way_.emplace(due + chance_() % late_ms_, event);
  under_way_.emplace(due, std::move(event));
}

void EpochNet::storm(std::uint64_t seed, std::uint32_t loss_per_mille, std::uint64_t late_ms) {
  chance_.seed(seed);
  loss_per_mille_ = loss_per_mille;
  late_ms_ = late_ms;
}

void EpochNet::join(std::uint32_t who) {
  apart_.erase(who);
  for (std::uint32_t other = 0; other < operators_.size(); ++other) {
    if (other == who) continue;
    operators_[who]->event(
        [this, other](ConsensusDriver& d) { d.on_peer_connected(now_, peer_of(other)); });
    operators_[other]->event(
        [this, who](ConsensusDriver& d) { d.on_peer_connected(now_, peer_of(who)); });
  }
}

void EpochNet::restart(std::uint32_t who, Height height) {
  Operator& one = *operators_[who];
  std::erase_if(events_, [&](const Event& event) { return event.to == who; });
  std::erase_if(under_way_, [&](const auto& entry) { return entry.second.to == who; });
  while (one.chain.back().block->header.height > height)
    one.chain.pop_back();
  boot(who);
  join(who);
}

// Items that no block of the branch holds: here only those of final blocks are looked for, since
// execution finds every block valid.
std::vector<Bytes> EpochNet::pick(const consensus::BlockPtr& parent) const {
  std::vector<Bytes> out;
  for (const Bytes& item : pool_) {
    bool is_final = false;
    for (const auto& one : operators_) {
      for (const CommittedBlock& block : one->chain) {
        const auto& payload = block.block->payload;
        is_final |= std::find(payload.begin(), payload.end(), item) != payload.end();
      }
    }
    if (!is_final) out.push_back(item);
  }
  // Something in every block, so that one with a payload above the end would be noticed.
  Bytes first{1};
  first.insert(first.end(), parent->hash.bytes.begin(), parent->hash.bytes.end());
  out.insert(out.begin(), std::move(first));
  out.push_back(Bytes{9, 9, 9});
  return out;
}

bool EpochNet::run_until(const std::function<bool()>& done, std::uint64_t limit_ms) {
  const std::uint64_t limit = now_.monotonic_ms + limit_ms;
  while (!done()) {
    if (!fatals_.empty()) return false;
    if (!events_.empty()) {
      const Event event = std::move(events_.front());
      events_.pop_front();
      event.run(*operators_[event.to]->driver);
      continue;
    }
    std::uint64_t next = UINT64_MAX;
    for (const auto& one : operators_)
      next = std::min(next, one->driver->next_deadline());
    if (!under_way_.empty()) next = std::min(next, under_way_.begin()->first);
    const std::uint64_t step = next > now_.monotonic_ms ? next - now_.monotonic_ms : 1;
    now_.monotonic_ms += step;
    now_.wall_ms += step;
    if (now_.monotonic_ms > limit) return false;
    while (!under_way_.empty() && under_way_.begin()->first <= now_.monotonic_ms) {
      events_.push_back(std::move(under_way_.begin()->second));
      under_way_.erase(under_way_.begin());
    }
    for (const auto& one : operators_)
      one->event([this](ConsensusDriver& d) { d.on_tick(now_); });
  }
  return true;
}

ConsensusDriver& EpochNet::driver(std::uint32_t who) {
  return *operators_[who]->driver;
}
std::uint64_t EpochNet::epoch(std::uint32_t who) {
  return driver(who).set().epoch().value();
}
Height EpochNet::height(std::uint32_t who) const {
  return chain(who).back().block->header.height;
}
const std::vector<CommittedBlock>& EpochNet::chain(std::uint32_t who) const {
  return operators_[who]->chain;
}

std::map<std::uint64_t, std::size_t> EpochNet::signed_in(std::uint32_t who) const {
  std::map<std::uint64_t, std::size_t> out;
  for (const Bytes& bytes : operators_[who]->outbox) {
    const auto message = consensus::decode_message(bytes);
    if (const auto* vote = std::get_if<consensus::VoteMessage>(&*message))
      ++out[vote->subject.epoch.value()];
    if (const auto* proposal = std::get_if<consensus::ProposalMessage>(&*message))
      ++out[proposal->header.epoch.value()];
    if (const auto* left = std::get_if<consensus::NewViewMessage>(&*message))
      ++out[left->epoch.value()];
  }
  return out;
}

bool EpochNet::agree() const {
  for (const auto& a : operators_) {
    for (const auto& b : operators_) {
      const std::size_t common = std::min(a->chain.size(), b->chain.size());
      for (std::size_t i = 0; i < common; ++i) {
        if (a->chain[i].block->hash != b->chain[i].block->hash) return false;
      }
    }
  }
  return true;
}

}  // namespace ol::node::test
