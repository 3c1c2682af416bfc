#include "history_file.hpp"

#include <algorithm>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/execution/exchange_genesis.hpp>

#include "durable_file.hpp"

namespace ol::node {
namespace {

constexpr std::string_view kMagic = "OLEH";
constexpr std::uint32_t kHistoryBytesMax = std::uint32_t{1} << 30;
constexpr std::uint32_t kRecordsMax = 100'000'000;
constexpr std::uint32_t kRecordBytesMax = std::uint32_t{1} << 24;
constexpr std::size_t kFileBytesMax = std::size_t{1} << 35;
constexpr std::size_t kDigestBytes = 32;

}  // namespace

HistoryFile::HistoryFile(Parts parts)
    : parts_(std::move(parts)), genesis_hash_(primitives::genesis_hash(parts_.genesis)) {}

std::optional<api::Archive::Kept> HistoryFile::load() {
  height_ = 0;
  records_.clear();
  const auto file = read_bounded(parts_.path, kFileBytesMax);
  if (!file) return std::nullopt;
  const auto damaged = [&] {
    parts_.warn(parts_.path.string() + " is damaged or of another chain, and is made anew");
    records_.clear();
    return std::nullopt;
  };
  if (file->size() < kDigestBytes) return damaged();
  const ByteView all(*file);
  const ByteView body = all.first(all.size() - kDigestBytes);
  const Hash256 digest = crypto::blake3(body);
  if (!std::ranges::equal(digest.view(), all.last(kDigestBytes))) return damaged();
  Reader in(body);
  Kept out;
  bool ours = as_text(in.raw(kMagic.size())) == kMagic;
  out.format = in.u32();
  ours = ours && out.format >= kOldestFormat && out.format <= kFormat &&
         in.fixed<Hash256>() == genesis_hash_;
  if (!ours) return damaged();
  out.height = in.u64();
  if (out.format >= kWithBlock) out.block = in.fixed<Hash256>();
  out.history = to_bytes(in.blob(kHistoryBytesMax));
  const std::uint32_t count = in.count(kRecordsMax);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Bytes key = to_bytes(in.blob(kRecordBytesMax));
    records_.insert_or_assign(std::move(key), to_bytes(in.blob(kRecordBytesMax)));
  }
  if (!in.finish() || !on_chain(out)) return damaged();
  height_ = out.height;
  return out;
}

// A file ahead of the database is compared once the chain gets there (ExchangeApi).
bool HistoryFile::on_chain(const Kept& kept) const {
  if (kept.format < kWithBlock) return true;
  const auto snapshot = parts_.database.snapshot();
  if (!snapshot || !(*snapshot)->head()) return false;
  if ((*snapshot)->head()->height.value() < kept.height) return true;
  const auto block = (*snapshot)->block(primitives::Height(kept.height));
  return block && *block && retag<Hash256>((*block)->hash) == kept.block;
}

Result<std::shared_ptr<exchange::CommittedBlock>, std::string> HistoryFile::execute(
    exchange::Engine& engine, std::uint64_t height) const {
  OL_TRY(auto out, parts_.chain.block(height, engine.state().clock_ahead()));
  if (!out || !engine.check(out->input))
    return fail("block " + std::to_string(height) + " does not execute");
  out->result = engine.execute(out->input);
  engine.commit_block();
  return out;
}

bool HistoryFile::replay(const Visit& visit) {
  exchange::StateRecords start = std::exchange(records_, {});
  const auto snapshot = parts_.database.snapshot();
  if (!snapshot || !(*snapshot)->head()) return false;
  const std::uint64_t head = (*snapshot)->head()->height.value();
  const auto lost = [&](const std::string& why) {
    parts_.warn("fills, closed orders and candles from before this start are not known: " + why);
    return false;
  };
  if (head > height_ + kReplayMax) {
    return lost("there are more than " + std::to_string(kReplayMax) +
                " blocks since they were "
                "saved");
  }
  if (height_ == 0) {
    auto genesis = execution::exchange_start(parts_.genesis);
    if (!genesis) return lost(genesis.error());
    start = std::move(genesis->records);
  }
  auto engine = exchange::Engine::restore(parts_.params, start);
  if (!engine) return lost("the state they were saved with does not decode");
  for (std::uint64_t height = height_ + 1; height <= head; ++height) {
    const auto executed = execute(**engine, height);
    if (!executed) return lost(executed.error());
    visit(**executed);
  }
  return true;
}

bool HistoryFile::save(const Kept& now, const exchange::StateCut& state) {
  Writer records;
  std::uint32_t count = 0;
  const bool whole = state.visit([&](ByteView key, ByteView value) {
    records.blob(key).blob(value);
    ++count;
  });
  if (!whole) {
    parts_.warn("the exchange's records cannot be read, and its history is not saved");
    return false;
  }
  Writer out;
  out.raw(as_bytes(kMagic)).u32(now.format).fixed(genesis_hash_).u64(now.height).fixed(now.block);
  out.blob(now.history).u32(count).raw(records.bytes());
  const Hash256 digest = crypto::blake3(out.bytes());
  const auto written = write_durably(parts_.path, out.fixed(digest).bytes());
  if (!written) parts_.warn(written.error());
  return written.has_value();
}

}  // namespace ol::node
