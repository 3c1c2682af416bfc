#include <ol/node/block_export.hpp>

#include <algorithm>
#include <thread>

#include <ol/api/block_record.hpp>
#include <ol/base/hex.hpp>
#include <ol/execution/exchange_chain.hpp>
#include <ol/execution/exchange_genesis.hpp>
#include <ol/primitives/item.hpp>
#include <ol/storage/reader.hpp>

#include "stored_items.hpp"

namespace ol::node {
namespace {

using primitives::Block;
using primitives::Height;

constexpr std::size_t kBlockCacheBytes = std::size_t{8} << 20;

std::unexpected<NodeError> error(std::string message) {
  return fail(NodeError{std::move(message)});
}

std::string at_height(std::uint64_t height) {
  return "block " + std::to_string(height);
}

/// A JSON object whose values are numbers, bytes in hex or JSON already; none needs escaping.
class Record {
 public:
  Record& number(std::string_view name, std::uint64_t value) {
    return json(name, std::to_string(value));
  }
  Record& bytes(std::string_view name, ByteView value) {
    return json(name, "\"" + to_hex_prefixed(value) + "\"");
  }
  Record& json(std::string_view name, std::string_view value) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_.append(name).append("\":").append(value);
    return *this;
  }
  [[nodiscard]] std::string close() { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

/// The exchange's part of a block, as the record tells it.
struct CorePart {
  exchange::BlockInput input;
  /// Null where the block was not executed.
  exchange::CommittedBlockPtr executed;
};

class Exporter {
 public:
  explicit Exporter(const BlockExport& what) : what_(what) {}

  Result<void, NodeError> open();
  Result<std::uint64_t, NodeError> run(const RecordSink& sink);

 private:
  [[nodiscard]] const storage::Snapshot& chain() const { return reader_->snapshot(); }
  Result<void, NodeError> open_exchange();
  Result<Block, NodeError> block(std::uint64_t height) const;
  Result<CorePart, NodeError> core_part(const Block& block);
  Result<void, NodeError> execute(const Block& block, CorePart& part);
  Result<std::string, NodeError> record(const Block& block, const CorePart& part) const;
  Result<std::string, NodeError> evm_json(const Block& block) const;
  Result<std::string, NodeError> core_json(const Block& block, const CorePart& part) const;
  Result<execution::ExchangeRoots, NodeError> stored_roots(std::uint64_t height) const;

  const BlockExport& what_;
  std::unique_ptr<EpochTable> epochs_;
  std::unique_ptr<storage::DatabaseReader> reader_;
  std::optional<execution::ItemRules> rules_;
  std::unique_ptr<WorkerPool> workers_;
  /// Present where blocks are executed.
  std::unique_ptr<execution::ExchangeChain> exchange_;
  std::uint64_t last_ = 0;
};

Result<void, NodeError> Exporter::open() {
  storage::DatabaseOptions options;
  options.path = what_.data_dir / "db";
  options.block_cache_bytes = kBlockCacheBytes;
  auto reader = storage::DatabaseReader::open(
      options, {what_.genesis.domain, primitives::genesis_hash(what_.genesis)});
  if (!reader) return error(std::move(reader).error().message);
  reader_ = *std::move(reader);
  if (!chain().head()) return error("the node has not run yet: its chain has no block");
  const std::uint64_t head = chain().head()->height.value();
  last_ = what_.last.value_or(head);
  if (last_ > head) {
    return error("the last final block here is " + std::to_string(head) + ", not " +
                 std::to_string(last_) + " or above");
  }
  if (what_.first > last_) {
    return error("the first block to export is " + std::to_string(what_.first) +
                 ", above the last one, " + std::to_string(last_));
  }
  // After the database: the proofs of all epochs in it are on disk before their blocks.
  auto epochs = EpochTable::open(what_.data_dir / "epochs", what_.genesis, std::nullopt);
  if (!epochs) return error(std::move(epochs).error());
  epochs_ = *std::move(epochs);
  const std::uint32_t cores = std::max(1U, std::thread::hardware_concurrency());
  workers_ = std::make_unique<WorkerPool>(cores, 1024);
  return what_.genesis.exchange ? open_exchange() : Result<void, NodeError>{};
}

Result<void, NodeError> Exporter::open_exchange() {
  rules_.emplace(item_rules(what_.genesis, *epochs_));
  if (!what_.results) return {};
  auto start = execution::exchange_start(what_.genesis);
  if (!start) return error(start.error());
  OL_TRY(const Block genesis, block(0));
  auto opened = execution::ExchangeChain::open(execution::exchange_params(what_.genesis),
                                               start->records, genesis.hash);
  if (!opened) return error("the state of the exchange in genesis does not decode");
  exchange_ = *std::move(opened);
  return {};
}

Result<Block, NodeError> Exporter::block(std::uint64_t height) const {
  auto block = chain().block(Height(height));
  if (!block) return error(std::move(block).error().message);
  if (!*block) return error(at_height(height) + " is missing in the database");
  return **std::move(block);
}

Result<execution::ExchangeRoots, NodeError> Exporter::stored_roots(std::uint64_t height) const {
  const auto stored = chain().exchange_roots(Height(height));
  if (!stored) return error(stored.error().message);
  const auto roots =
      *stored ? execution::decode_roots(**stored)
              : Result<execution::ExchangeRoots, DecodeError>(fail(DecodeError::Truncated));
  if (!roots) return error("the roots of " + at_height(height) + " are missing in the database");
  return *roots;
}

Result<CorePart, NodeError> Exporter::core_part(const Block& block) {
  CorePart out;
  if (!rules_) return out;
  const std::uint64_t height = block.header.height.value();
  const auto items = stored_items(*rules_, block, what_.genesis.leaders, *workers_);
  if (!items) return error("an item of " + at_height(height) + " cannot be verified");
  if (height == 0) return out;
  const exchange::State* before = exchange_ ? exchange_->state_at(block.header.parent) : nullptr;
  const exchange::TimeMs ahead = before == nullptr ? 0 : before->clock_ahead();
  auto input = execution::block_input(*rules_, block.header, *items, ahead);
  if (!input) return error("the items of " + at_height(height) + " are no block of the exchange");
  out.input = *std::move(input);
  if (exchange_) OL_TRY_VOID(execute(block, out));
  return out;
}

// What an export tells of results is what the validators signed, or it ends here.
Result<void, NodeError> Exporter::execute(const Block& block, CorePart& part) {
  const std::uint64_t height = block.header.height.value();
  OL_TRY(const auto stored, stored_roots(height));
  part.executed = exchange_->execute(block.header.parent, block.hash, part.input);
  if (!part.executed || execution::roots_of(*part.executed) != stored) {
    return error(at_height(height) +
                 " does not come out as the node stored it: this program executes it otherwise, "
                 "or the database is damaged; export with the release that the node runs, or "
                 "without results");
  }
  exchange_->commit(block.hash);
  return {};
}

Result<std::string, NodeError> Exporter::evm_json(const Block& block) const {
  const std::uint64_t height = block.header.height.value();
  const auto header = chain().evm_header(Height(height));
  if (!header) return error(header.error().message);
  if (!*header) return error("the Ethereum header of " + at_height(height) + " is missing");
  std::string hashes;
  for (std::size_t i = 0; i < primitives::transaction_count(block); ++i)
    hashes += (i == 0 ? "\"" : ",\"") + to_hex_prefixed(block.item_hashes[i].view()) + "\"";
  return Record()
      .bytes("hash", primitives::evm_header_hash(**header).view())
      .bytes("stateRoot", (*header)->state_root.view())
      .bytes("transactionsRoot", (*header)->transactions_root.view())
      .bytes("receiptsRoot", (*header)->receipts_root.view())
      .number("gasUsed", (*header)->gas_used)
      .json("transactions", "[" + hashes + "]")
      .close();
}

Result<std::string, NodeError> Exporter::core_json(const Block& block, const CorePart& part) const {
  OL_TRY(const auto roots, stored_roots(block.header.height.value()));
  api::BlockOutcome outcome;
  if (part.executed) {
    outcome.results = part.executed->result.results;
    outcome.system_ok = &part.executed->result.system_ok;
  }
  return Record()
      .bytes("stateRoot", roots.state.view())
      .bytes("actionRoot", roots.actions.view())
      .bytes("resultRoot", roots.results.view())
      .bytes("eventRoot", roots.events.view())
      .json("system", api::system_record(part.input.system, outcome))
      .json("actions", api::actions_record(part.input.actions, outcome))
      .close();
}

Result<std::string, NodeError> Exporter::record(const Block& block, const CorePart& part) const {
  const primitives::Header& header = block.header;
  Record out;
  out.number("height", header.height.value())
      .number("time", header.time.value())
      .bytes("hash", block.hash.view())
      .bytes("parent", header.parent.view())
      .number("epoch", header.epoch.value())
      .number("view", header.view.value())
      .number("proposer", header.proposer.value())
      .bytes("payloadRoot", header.payload_root.view())
      .bytes("parentStateRoot", header.parent_state_root.view())
      .bytes("parentReceiptsRoot", header.parent_receipts_root.view())
      .bytes("parentEvmHash", header.parent_evm_hash.view())
      .bytes("setHash", header.set_hash.view());
  OL_TRY(const std::string evm, evm_json(block));
  out.json("evm", evm);
  if (rules_) {
    OL_TRY(const std::string core, core_json(block, part));
    out.json("core", core);
  }
  if (what_.raw) {
    Writer bytes;
    primitives::encode(bytes, block);
    out.bytes("block", bytes.bytes());
  }
  return out.close();
}

Result<std::uint64_t, NodeError> Exporter::run(const RecordSink& sink) {
  // State after genesis is given; what comes before the first record is executed all the same.
  const std::uint64_t start = exchange_ ? std::min<std::uint64_t>(1, what_.first) : what_.first;
  std::uint64_t given = 0;
  for (std::uint64_t height = start; height <= last_; ++height) {
    OL_TRY(const Block next, block(height));
    OL_TRY(const CorePart part, core_part(next));
    if (height < what_.first) continue;
    OL_TRY(const std::string text, record(next, part));
    ++given;
    if (!sink(text)) break;
  }
  return given;
}

}  // namespace

Result<std::uint64_t, NodeError> export_blocks(const BlockExport& what, const RecordSink& sink) {
  Exporter exporter(what);
  OL_TRY_VOID(exporter.open());
  return exporter.run(sink);
}

}  // namespace ol::node
