#include "bench/chain_watcher.hpp"

#include "command.hpp"
#include "rpc_client.hpp"

namespace ol::app::bench {
namespace {

/// Latencies come out up to this much too long.
constexpr std::chrono::milliseconds kPause{10};

std::string text(const boost::json::value& value) {
  return std::string(value.as_string());
}

U256 quantity(const boost::json::value& value) {
  const auto number = U256::from_hex(text(value));
  if (!number) throw CommandError("a node answered with the number " + text(value));
  return *number;
}

SeenBlock read_block(RpcConnection& node, std::uint64_t number, const TransferLoad& load) {
  const boost::json::value answer =
      node.call("eth_getBlockByNumber", "[\"" + U256(number).to_hex() + "\",false]");
  if (!answer.is_object())
    throw CommandError("a node does not have its block " + std::to_string(number));
  SeenBlock out{.hash = text(answer.at("hash")),
                .state_root = text(answer.at("stateRoot")),
                .base_fee = quantity(answer.at("baseFeePerGas")),
                .gas_used = quantity(answer.at("gasUsed")).low64(),
                .seen = Clock::now(),
                .transfers = {}};
  for (const boost::json::value& hash : answer.at("transactions").as_array()) {
    if (const auto transfer = load.find(text(hash))) {
      out.transfers.push_back(*transfer);
    } else {
      ++out.strangers;
    }
  }
  return out;
}

}  // namespace

ChainWatcher::ChainWatcher(std::string url, const TransferLoad& load)
    : url_(std::move(url)), load_(load), thread_([this] {
        try {
          follow();
        } catch (const CommandError& error) {
          failure_ = error.what();
          failed_ = true;
        }
        cpu_s_ = thread_cpu_s();
      }) {}

void ChainWatcher::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void ChainWatcher::follow() {
  RpcConnection node(url_);
  while (!stop_) {
    const std::uint64_t head = quantity(node.call("eth_blockNumber")).low64();
    for (std::uint64_t number = blocks_.size() + 1; number <= head; ++number) {
      blocks_.push_back(read_block(node, number, load_));
      final_ += blocks_.back().transfers.size();
      height_ = number;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace ol::app::bench
