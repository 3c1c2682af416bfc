#include "history_file.hpp"

#include <algorithm>

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/execution/exchange_genesis.hpp>

#include "durable_file.hpp"
#include "stored_items.hpp"

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
  out.history = to_bytes(in.blob(kHistoryBytesMax));
  const std::uint32_t count = in.count(kRecordsMax);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Bytes key = to_bytes(in.blob(kRecordBytesMax));
    records_.insert_or_assign(std::move(key), to_bytes(in.blob(kRecordBytesMax)));
  }
  if (!in.finish()) return damaged();
  height_ = out.height;
  return out;
}

std::optional<exchange::CommittedBlock> HistoryFile::execute(exchange::Engine& engine,
                                                             const primitives::Block& block) const {
  const auto items = stored_items(parts_.rules, block, parts_.genesis.leaders, parts_.workers);
  if (!items) return std::nullopt;
  auto input =
      execution::block_input(parts_.rules, block.header, *items, engine.state().clock_ahead());
  if (!input || !engine.check(*input)) return std::nullopt;
  exchange::CommittedBlock out;
  out.block = retag<Hash256>(block.hash);
  out.input = *std::move(input);
  out.result = engine.execute(out.input);
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
    const auto block = (*snapshot)->block(primitives::Height(height));
    if (!block || !*block) return lost("block " + std::to_string(height) + " cannot be read");
    const auto executed = execute(**engine, **block);
    if (!executed) return lost("block " + std::to_string(height) + " does not execute");
    visit(*executed);
  }
  return true;
}

bool HistoryFile::save(const Kept& now, const exchange::StateRecords& records) {
  Writer out;
  out.raw(as_bytes(kMagic)).u32(now.format).fixed(genesis_hash_).u64(now.height).blob(now.history);
  out.u32(static_cast<std::uint32_t>(records.size()));
  for (const auto& [key, value] : records)
    out.blob(key).blob(value);
  const Hash256 digest = crypto::blake3(out.bytes());
  const auto written = write_durably(parts_.path, out.fixed(digest).bytes());
  if (!written) parts_.warn(written.error());
  return written.has_value();
}

}  // namespace ol::node
