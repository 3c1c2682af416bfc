#include "cluster.hpp"

namespace ol::consensus::test {

struct Cluster::Node {
  MemoryStore store;
  std::unique_ptr<CertificateScheme> scheme;
  std::unique_ptr<Verifier> verifier;
  std::unique_ptr<VoteCollector> collector;
  std::unique_ptr<Signer> signer;
  std::unique_ptr<Kernel> kernel;
  std::vector<CommittedBlock> chain;
  std::map<BlockHash, primitives::Block> seen;
  std::optional<TimerRequest> timer;
  std::optional<BuildRequest> build;
  std::deque<Input> inputs;
  bool stepping = false;

  [[nodiscard]] bool up() const { return kernel != nullptr; }
};

namespace {

std::string number(View view) {
  return std::to_string(view.value());
}

}  // namespace

Cluster::Cluster(std::uint32_t n, primitives::CommitRule rule)
    : v_(n), rule_(make_voting_rule(rule)) {
  keep(v_.genesis);
  const auto genesis = std::make_shared<const primitives::Block>(v_.genesis);
  for (std::uint32_t i = 0; i < n; ++i) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->chain.push_back({genesis, v_.genesis_certificate});
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    boot(i, std::nullopt);
    step(i, Started{});
  }
}

Cluster::~Cluster() = default;

void Cluster::boot(std::uint32_t i, std::optional<SafetyRecord> record) {
  Node& node = *nodes_[i];
  node.scheme = v_.make_scheme();
  node.verifier = std::make_unique<Verifier>(v_.domain, *v_.set, *node.scheme, *v_.leaders,
                                             v_.genesis_certificate);
  node.collector = std::make_unique<VoteCollector>(v_.domain, *v_.set, *node.scheme);
  node.signer =
      std::make_unique<Signer>(v_.domain, v_.set->hash(v_.domain), ValidatorIndex(i), v_.key(i),
                               v_.vote_key(i), *node.scheme, node.store, record);
  node.kernel = std::make_unique<Kernel>(KernelConfig{v_.domain, ValidatorIndex(i), {}}, *v_.set,
                                         *rule_, *v_.leaders, node.chain.back(), std::move(record));
}

void Cluster::run_to(View view) {
  build_limit_ = std::max(build_limit_, view);
  for (std::uint32_t i = 0; i < nodes_.size(); ++i)
    build_waiting(i);
  deliver_all();
}

void Cluster::fire_timers(const std::vector<std::uint32_t>& nodes) {
  for (const std::uint32_t i : nodes) {
    const Node& node = *nodes_[i];
    if (node.up() && node.timer) step(i, TimerFired{node.timer->view});
  }
  deliver_all();
}

void Cluster::crash(std::uint32_t i) {
  Node& node = *nodes_[i];
  say(i, "crashes");
  node.kernel.reset();
  node.signer.reset();
  node.inputs.clear();
  node.build.reset();
  node.timer.reset();
}

void Cluster::restart(std::uint32_t i, Blocks blocks) {
  Node& node = *nodes_[i];
  std::optional<SafetyRecord> record;
  if (!node.store.records.empty()) record = *decode_safety_record(node.store.records.back());
  boot(i, std::move(record));
  if (blocks == Blocks::Lost) node.seen.clear();
  std::map<std::pair<Height, BlockHash>, primitives::Block> stored;
  for (const auto& [hash, block] : node.seen)
    stored.emplace(std::pair(block.header.height, hash), block);
  say(i, "starts in view " + number(node.kernel->view()));
  for (const auto& [key, block] : stored) {
    if (auto verified = node.verifier->verify_fetched(block, key.second))
      step(i, BlockFetched{*std::move(verified)});
  }
  step(i, Started{});
  for (std::uint32_t peer = 0; peer < nodes_.size(); ++peer) {
    reconnect(i, peer);
    reconnect(peer, i);
  }
  deliver_all();
}

void Cluster::cut(std::uint32_t from, std::uint32_t to) {
  if (from != to) cut_.emplace(from, to);
}

void Cluster::heal() {
  cut_.clear();
  for (std::uint32_t a = 0; a < nodes_.size(); ++a) {
    for (std::uint32_t b = 0; b < nodes_.size(); ++b)
      reconnect(a, b);
  }
  deliver_all();
}

void Cluster::mend(std::uint32_t i) {
  std::erase_if(cut_, [&](const auto& link) { return link.first == i || link.second == i; });
}

void Cluster::equivocate(std::uint32_t i, std::set<std::uint32_t> deceived) {
  deceived_[i] = std::move(deceived);
}

// What a node sends over a fresh link.
void Cluster::reconnect(std::uint32_t a, std::uint32_t b) {
  const Node& node = *nodes_[a];
  if (a == b || !node.up() || !nodes_[b]->up()) return;
  if (!node.kernel->high_qc().is_genesis()) send(a, b, CertificateMessage{node.kernel->high_qc()});
  if (const auto vote = node.signer->last_vote();
      vote && v_.leaders->leader(vote->subject.view.next()) == ValidatorIndex(b))
    send(a, b, *vote);
  if (const auto new_view = node.signer->last_new_view()) send(a, b, *new_view);
}

void Cluster::resend(std::uint32_t i) {
  broadcast(i, last_proposal_.at(i));
  deliver_all();
}

void Cluster::forge_leave(std::uint32_t i, View view, const std::string& best) {
  const NewViewMessage message = v_.new_view(i, view, certificates_.at(hash_of(best)));
  left_[view].insert_or_assign(
      i,
      primitives::TimeoutSignature{ValidatorIndex(i), message.high_qc.view(), message.signature});
  say(i, "pretends to leave view " + number(view) + " with the certificate of view " +
             number(message.high_qc.view()));
  shout(i, message);
  deliver_all();
}

void Cluster::forge(std::uint32_t i, View view, const std::string& parent,
                    const std::vector<std::uint32_t>& leavers) {
  const View skipped(view.value() - 1);
  TimeoutCertificate timeout{
      .epoch = Epoch(0), .set_hash = v_.set->hash(v_.domain), .view = skipped, .signatures = {}};
  for (const std::uint32_t leaver : leavers)
    timeout.signatures.push_back(left_.at(skipped).at(leaver));
  const BlockHash hash = hash_of(parent);
  const auto block =
      v_.block(blocks_.at(hash), certificates_.at(hash), view, 99, std::move(timeout));
  keep(block);
  say(i, "forges " + name(block.hash) + " on " + parent);
  shout(i, v_.proposal(block));
  deliver_all();
}

BlockHash Cluster::hash_of(const std::string& wanted) const {
  for (const auto& [hash, label] : names_) {
    if (label == wanted) return hash;
  }
  OL_CHECK(false, "a story names blocks that were seen");
}

void Cluster::deliver_all() {
  while (!wire_.empty()) {
    const Envelope envelope = std::move(wire_.front());
    wire_.pop_front();
    if (!nodes_[envelope.to]->up()) continue;
    const auto message = decode_message(envelope.bytes);
    OL_CHECK(message.has_value(), "what a node sends can be decoded");
    std::visit([&](const auto& m) { handle(envelope.to, m); }, *message);
  }
}

void Cluster::step(std::uint32_t i, const Input& input) {
  Node& node = *nodes_[i];
  node.inputs.push_back(input);
  if (node.stepping) return;
  node.stepping = true;
  while (!node.inputs.empty()) {
    const Input next = std::move(node.inputs.front());
    node.inputs.pop_front();
    apply(i, node.kernel->step(next));
  }
  node.stepping = false;
  node.collector->forget_through(node.kernel->high_qc().view());
}

void Cluster::apply(std::uint32_t i, const Outputs& outputs) {
  Node& node = *nodes_[i];
  if (outputs.timer) node.timer = outputs.timer;
  for (const BlockPtr& block : outputs.execute) {
    keep(*block);
    node.seen.emplace(block->hash, *block);
    step(i, BlockExecuted{block->hash, Execution::Valid});
  }
  sign_and_send(i, outputs);
  for (const CommittedBlock& block : outputs.commit)
    record_commit(i, block);
  for (const BlockPtr& block : outputs.discarded)
    say(i, "discards " + name(block->hash));
  if (outputs.build) {
    node.build = outputs.build;
    build_waiting(i);
  }
  for (const FetchRequest& request : outputs.fetch)
    fetch(i, request);
  report(i, outputs.evidence);
}

void Cluster::sign_and_send(std::uint32_t i, const Outputs& outputs) {
  Node& node = *nodes_[i];
  const auto made = node.signer->sign(outputs);
  OL_CHECK(made.has_value(), "the kernel intends what its signer allows");
  if (made->proposal) {
    const primitives::Header& header = made->proposal->header;
    std::string line =
        "proposes " + name(outputs.proposal->block->hash) + " on " + name(header.parent);
    if (header.timeout_certificate)
      line += " after view " + number(header.timeout_certificate->view) + " was left";
    say(i, line);
    broadcast_proposal(i, *made->proposal);
  }
  if (made->vote) {
    const auto& subject = made->vote->subject;
    const auto [known, fresh] = voted_.emplace(std::pair(i, subject.view), subject.block);
    OL_CHECK(fresh || known->second == subject.block, "one vote in a view, restarts included");
    say(i, "votes for " + name(subject.block));
    if (outputs.vote->destination == ValidatorIndex(i)) collect(i, *made->vote);
    send(i, outputs.vote->destination.value(), *made->vote);
  }
  if (made->new_view) {
    const NewViewMessage& message = *made->new_view;
    say(i, "leaves view " + number(message.view) + " with the certificate of view " +
               number(message.high_qc.view()));
    left_[message.view].insert_or_assign(
        i, primitives::TimeoutSignature{message.sender, message.high_qc.view(), message.signature});
    broadcast(i, message);
    handle(i, message);
  }
}

void Cluster::record_commit(std::uint32_t i, const CommittedBlock& block) {
  Node& node = *nodes_[i];
  const primitives::Header& header = block.block->header;
  OL_CHECK(header.height == node.chain.back().block->header.height.next(), "heights ascend by one");
  OL_CHECK(header.parent == node.chain.back().block->hash, "final blocks form a chain");
  OL_CHECK(block.certificate.block() == block.block->hash, "the certificate names its block");
  const auto known = final_.emplace(header.height, block.block->hash).first;
  OL_CHECK(known->second == block.block->hash, "no two nodes commit different blocks at a height");
  node.chain.push_back(block);
  say(i, "commits " + name(block.block->hash));
}

void Cluster::build_waiting(std::uint32_t i) {
  Node& node = *nodes_[i];
  if (!node.up() || !node.build || node.build->view > build_limit_) return;
  const BuildRequest request = *std::exchange(node.build, std::nullopt);
  auto block =
      v_.block(*request.parent, request.justify, request.view, 0, request.timeout_certificate);
  keep(block);
  step(i, BlockBuilt{node.verifier->own_block(std::move(block))});
}

// From the first peer that has it and can be reached.
void Cluster::fetch(std::uint32_t i, const FetchRequest& request) {
  for (std::uint32_t peer = 0; peer < nodes_.size(); ++peer) {
    const Node& other = *nodes_[peer];
    if (peer == i || !other.up() || cut_.contains({i, peer}) || cut_.contains({peer, i})) continue;
    const auto found = other.seen.find(request.block);
    if (found == other.seen.end()) continue;
    say(i, "fetches " + name(request.block) + " from " + std::to_string(peer));
    auto verified = nodes_[i]->verifier->verify_fetched(found->second, request.block);
    OL_CHECK(verified.has_value(), "a certified block verifies");
    step(i, BlockFetched{*std::move(verified)});
    return;
  }
  say(i, "cannot fetch " + name(request.block));
}

void Cluster::send(std::uint32_t from, std::uint32_t to, const Message& message) {
  if (from == to || cut_.contains({from, to})) return;
  wire_.push_back({from, to, encode_message(message)});
}

// A liar picks its moments: what it forges gets through although its honest half is muted.
void Cluster::shout(std::uint32_t from, const Message& message) {
  for (std::uint32_t to = 0; to < nodes_.size(); ++to) {
    if (to != from) wire_.push_back({from, to, encode_message(message)});
  }
}

void Cluster::broadcast(std::uint32_t from, const Message& message) {
  for (std::uint32_t to = 0; to < nodes_.size(); ++to)
    send(from, to, message);
}

void Cluster::broadcast_proposal(std::uint32_t from, const ProposalMessage& message) {
  last_proposal_.insert_or_assign(from, message);
  if (const auto deceived = deceived_.find(from); deceived != deceived_.end()) {
    const primitives::Header& header = message.header;
    const auto twin = v_.block(blocks_.at(header.parent), header.justify, header.view, 77,
                               header.timeout_certificate);
    keep(twin);
    for (const std::uint32_t to : deceived->second)
      send(from, to, v_.proposal(twin));
  }
  broadcast(from, message);
}

void Cluster::handle(std::uint32_t i, const ProposalMessage& message) {
  Node& node = *nodes_[i];
  const BlockHash hash = block_hash(v_.domain, message.header);
  if (message.header.height <= node.chain.back().block->header.height) return;
  if (node.kernel->tree().find(hash) != nullptr) return;
  const auto verified = node.verifier->verify_proposal(message);
  if (!verified) {
    say(i, "refuses " + name(hash) + ": " + describe(verified.error()));
    return;
  }
  auto block = node.verifier->complete(*verified, blocks_.at(hash).payload);
  OL_CHECK(block.has_value(), "the payload is the proposer's");
  step(i, ProposalReceived{*std::move(block)});
}

void Cluster::handle(std::uint32_t i, const VoteMessage& message) {
  if (v_.leaders->leader(message.subject.view.next()) == ValidatorIndex(i)) collect(i, message);
}

void Cluster::handle(std::uint32_t i, const NewViewMessage& message) {
  Node& node = *nodes_[i];
  auto verified = node.verifier->verify_new_view(message);
  OL_CHECK(verified.has_value(), "new-view messages of these nodes verify");
  if (message.high_qc.view().next() < node.kernel->high_qc().view())
    send(i, message.sender.value(), CertificateMessage{node.kernel->high_qc()});
  if (message.last_vote && v_.leaders->leader(message.view.next()) == ValidatorIndex(i))
    collect(i, *message.last_vote);
  step(i, NewViewReceived{*std::move(verified)});
}

void Cluster::handle(std::uint32_t i, const CertificateMessage& message) {
  auto verified = nodes_[i]->verifier->verify_certificate(message.certificate);
  OL_CHECK(verified.has_value(), "certificates of these nodes verify");
  step(i, CertificateReceived{*std::move(verified)});
}

void Cluster::handle(std::uint32_t, const ReproposalMessage&) {
  OL_CHECK(false, "no chained kernel proposes a block again");
}

void Cluster::collect(std::uint32_t i, const VoteMessage& vote) {
  Node& node = *nodes_[i];
  auto outcome = node.collector->add(vote);
  report(i, outcome.evidence);
  if (!outcome.certificate) return;
  say(i, "certifies " + name(outcome.certificate->block()));
  certificates_.emplace(outcome.certificate->block(), *outcome.certificate);
  step(i, CertificateReceived{node.verifier->own_certificate(*std::move(outcome.certificate))});
}

void Cluster::report(std::uint32_t i, const std::vector<Evidence>& evidence) {
  for (const Evidence& found : evidence) {
    OL_CHECK(proves(found, v_.domain, *v_.set, *v_.scheme), "reported evidence is proof");
    say(i, "accuses " + std::to_string(accused(found).value()));
  }
}

void Cluster::say(std::uint32_t i, const std::string& what) {
  log_ += std::to_string(i) + " " + what + "\n";
}

void Cluster::log_status() {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]->up()) {
      say(i, "is down");
      continue;
    }
    const KernelStatus status = nodes_[i]->kernel->status();
    say(i, "is in view " + number(status.view) + ", locked on " + name(status.lock.block) +
               ", best certificate of view " + number(status.high_qc_view) + ", final height " +
               std::to_string(status.committed_height.value()) + ", waits " +
               std::to_string(status.timeout_ms) + " ms");
  }
}

std::string Cluster::take_log() {
  return std::exchange(log_, {});
}

Height Cluster::committed(std::uint32_t i) const {
  return nodes_[i]->chain.back().block->header.height;
}

View Cluster::view(std::uint32_t i) const {
  return nodes_[i]->kernel->view();
}

std::string Cluster::name(const BlockHash& hash) {
  const auto found = names_.find(hash);
  return found == names_.end() ? "an unknown block" : found->second;
}

void Cluster::keep(const primitives::Block& block) {
  if (!blocks_.emplace(block.hash, block).second) return;
  std::string label = "b" + number(block.header.view);
  for (const auto& [hash, other] : blocks_) {
    if (hash != block.hash && other.header.view == block.header.view) label += "'";
  }
  names_.emplace(block.hash, std::move(label));
}

}  // namespace ol::consensus::test
