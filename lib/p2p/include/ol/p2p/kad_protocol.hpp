#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/host.hpp>
#include <ol/p2p/kad_table.hpp>

namespace ol::p2p {

struct KadParameters {
  /// `/<chain id>/kad/1.0.0`, so that networks never mix.
  std::string protocol = "/openliquid/kad/1.0.0";
  bool server = true;  // clients ask and are not asked
  KadTableLimits table;
  std::size_t parallel = 3;
  Duration query_time = std::chrono::seconds{10};
  Duration lookup_time = std::chrono::seconds{10};
  Duration refresh_every = std::chrono::minutes{10};
  std::size_t refresh_buckets = 16;  // of those that hold somebody, per refresh
  /// So many queries of one peer are answered at once, as a refresh of a small network needs, then
  /// one each `query_pause`. The rest waits, no longer than `query_time`; of a peer with more no
  /// more is read.
  unsigned queries_at_once = 60;
  Duration query_pause = std::chrono::milliseconds{50};
  std::size_t queries_waiting = 128;
};

/// Kademlia for finding peers only: no values, no providers, so nothing can be stored with us.
/// Source: libp2p kad-dht spec.
class KadProtocol final : public ProtocolHandler {
 public:
  /// The closest peers that answered, closest first.
  using Done = std::function<void(const std::vector<KadPeer>&)>;

  /// @param host  Borrowed; the protocol is registered with it.
  KadProtocol(Host& host, KadParameters parameters);
  ~KadProtocol() override;

  /// Asks the network who is closest to `target`, any bytes up to kKadTargetBytesMax. `done` is
  /// called exactly once unless the protocol is destroyed before.
  void look_up(Bytes target, Done done);
  /// Looks up ourselves and a random key per bucket. Runs by itself every `refresh_every` and when
  /// the first peer is known.
  void refresh();

  [[nodiscard]] const KadTable& table() const { return table_; }
  /// Peers whose queries are counted, for tests of bounds.
  [[nodiscard]] std::size_t asker_count() const { return askers_.size(); }

  void on_peer_identified(const PeerId& peer) override;
  void on_peer_disconnected(const PeerId& peer) override;
  void on_stream_opened(StreamKey key, const PeerId& peer, std::string_view protocol,
                        bool inbound) override;
  void on_stream_data(StreamKey key, ByteView bytes) override;
  void on_stream_ended(StreamKey key) override;
  void on_stream_failed(StreamKey key, std::string_view why) override;
  void on_tick(TimePoint now) override;

 private:
  enum class QueryState : std::uint8_t { New, Connecting, Asking, Answered, Failed };
  struct Candidate {
    KadPeer peer;
    QueryState state = QueryState::New;
    TimePoint since;
  };
  struct Lookup {
    Bytes target;
    KadKey key;
    std::map<KadKey, Candidate> candidates;  // by distance
    TimePoint deadline;
    Done done;
  };
  struct Asked {
    std::uint64_t lookup = 0;
    KadKey distance;
    DelimitedReader reader{kKadResponseBytesMax};
  };
  struct Served {
    PeerId peer;
    DelimitedReader reader{kKadRequestBytesMax};
    TimePoint since;
    Bytes backlog;            // came while too much waited; not consumed, so the window bounds it
    std::size_t waiting = 0;  // of its queries
    bool ended = false;       // the peer sends no more
  };
  /// A peer that asks us, on any number of streams.
  struct Asker {
    unsigned allowed = 0;  // answers that may be given at `since`
    TimePoint since;
    std::deque<std::pair<StreamKey, KadMessage>> waiting;
    bool held = false;  // streams have a backlog
  };

  [[nodiscard]] Asker& asker_of(const PeerId& peer);
  /// Takes queries from the front of `bytes` until they end or too many wait. False if the stream
  /// is of no more use.
  [[nodiscard]] bool serve(StreamKey key, Served& served, ByteView& bytes);
  void resume(const PeerId& peer);
  /// Answers a query or lets it wait. False if the stream is closed for it.
  [[nodiscard]] bool take_query(StreamKey key, Served& served, KadMessage query);
  /// Takes one of the answers that may be given now.
  [[nodiscard]] bool may_answer(Asker& asker) const;
  /// False if the stream is of no more use.
  [[nodiscard]] bool send_answer(StreamKey key, const PeerId& asker, const KadMessage& query);
  void answer_waiting(const PeerId& peer, Asker& asker);
  void close_if_done(StreamKey key);
  /// Resets a stream that we serve.
  void refuse(StreamKey key);
  void stop_serving(StreamKey key);
  [[nodiscard]] std::optional<KadMessage> answer(const KadMessage& request, const PeerId& asker);
  void read_answer(StreamKey key, ByteView bytes);
  void add_candidates(Lookup& lookup, const std::vector<KadPeer>& peers);
  /// Starts as many queries as may run; finishes the lookup if none are left to ask.
  void advance(std::uint64_t id);
  void ask(std::uint64_t id, const KadKey& distance);
  void query_failed(StreamKey key);
  void finish(std::uint64_t id);
  void check_oldest(const PeerId& oldest);
  [[nodiscard]] std::optional<Multiaddr> dialable(const KadPeer& peer) const;
  [[nodiscard]] Bytes random_target(std::size_t bucket);

  Host& host_;
  KadParameters parameters_;
  KadTable table_;
  std::uint64_t next_lookup_ = 1;
  std::map<std::uint64_t, Lookup> lookups_;
  std::map<StreamKey, Asked> asked_;
  std::map<StreamKey, Served> served_;
  std::map<PeerId, Asker> askers_;        // connected ones
  std::map<PeerId, TimePoint> suspects_;  // oldest of full buckets, until when they may show up
  std::optional<TimePoint> next_refresh_;
};

}  // namespace ol::p2p
