// Proofs of records of the exchange, fetched from a node and checked without believing it:
// docs/protocol/exchange-proof.md.
#include "proof_command.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/exchange/proof.hpp>

#include "command.hpp"
#include "home.hpp"
#include "proof_check.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{50};

struct Flags {
  std::string genesis = "genesis.json";
  std::string url = "http://127.0.0.1:8545";
  std::string key;
  std::string account;
  std::string position;
  std::uint64_t order = 0;
  std::string book;
  std::string file;
};

std::string hex_quantity(std::uint64_t number) {
  Writer out;
  out.u64(number);
  std::string digits = to_hex(out.bytes());
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return "0x" + digits;
}

Address address_of(const std::string& text) {
  const auto address = fixed_from_hex<Address>(text);
  if (!address) throw CommandError(text + " is no address");
  return *address;
}

struct Wanted {
  Bytes key;
  bool below = false;
};

std::uint32_t asset_of(const std::string& text) {
  std::uint32_t asset = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, asset);
  if (error != std::errc() || stop != end)
    throw CommandError(
        "--book is \"" + text +
        "\"; it takes the number of an asset: 0 for the first perp, 10000 for the first pair");
  return asset;
}

Wanted wanted(const Flags& flags) {
  const int chosen = static_cast<int>(!flags.key.empty()) +
                     static_cast<int>(!flags.account.empty()) +
                     static_cast<int>(!flags.position.empty()) +
                     static_cast<int>(!flags.book.empty()) + static_cast<int>(flags.order != 0);
  if (chosen > 1)
    throw CommandError(
        "one proof is of one thing: give one of --account, --positions, --order, --book and --key");
  Writer out;
  if (!flags.key.empty()) {
    auto key = from_hex(flags.key);
    if (!key) throw CommandError("--key takes bytes in hex");
    return {*std::move(key), false};
  }
  if (!flags.account.empty()) {
    out.raw(as_bytes("acct/")).fixed(address_of(flags.account));
    return {out.take(), false};
  }
  if (!flags.position.empty()) {
    out.raw(as_bytes("pos/")).fixed(address_of(flags.position));
    return {out.take(), true};
  }
  if (!flags.book.empty()) {
    out.raw(as_bytes("lvl/")).u32(asset_of(flags.book));
    return {out.take(), true};
  }
  if (flags.order == 0)
    throw CommandError("say what to prove: --account, --positions, --order, --book or --key");
  out.raw(as_bytes("ord/")).u64(flags.order);
  return {out.take(), false};
}

// What makes the block after `height` final; the chain goes on for a moment before there is any.
json::value finality_of(const Flags& flags, std::uint64_t height) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    json::value out = rpc_call(flags.url, "ol_finality", "[\"" + hex_quantity(height) + "\"]");
    if (!out.is_null()) return out;
    if (std::chrono::steady_clock::now() > deadline)
      throw CommandError("the chain did not go on for 60 s above height " + std::to_string(height));
    std::this_thread::sleep_for(kPause);
  }
}

json::array hand_overs(const Flags& flags) {
  json::array out;
  while (true) {
    const auto more =
        rpc_call(flags.url, "ol_epochChain", "[\"" + hex_quantity(out.size()) + "\"]");
    if (more.as_array().empty()) return out;
    out.insert(out.end(), more.as_array().begin(), more.as_array().end());
  }
}

void get(const Flags& flags) {
  const Wanted what = wanted(flags);
  const json::array params{to_hex_prefixed(what.key), what.below};
  const json::value proof = rpc_call(flags.url, "ol_proof", json::serialize(params));
  const auto height = proof.at("height").to_number<std::uint64_t>();
  const json::value finality = finality_of(flags, height);
  json::object out;
  out["height"] = height;
  out["proof"] = proof.at("proof");
  out["evmStateRoot"] = finality.at("evmStateRoot");
  out["finality"] = finality.at("finality");
  out["handOvers"] = hand_overs(flags);
  write_new_text(flags.file, json::serialize(out) + "\n");
  std::cout << "written to " << flags.file
            << "; check it with: openliquid proof verify --genesis GENESIS " << flags.file << '\n';
}

Bytes bytes_of(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  const auto bytes =
      value != nullptr && value->is_string() ? from_hex(value->get_string()) : std::nullopt;
  if (!bytes) throw CommandError("the file has no \"" + std::string(name) + "\" in hex");
  return *bytes;
}

ProofFile read_file(const std::string& file) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(read_text(file), failed);
  const json::object* object = failed ? nullptr : parsed.if_object();
  if (object == nullptr) throw CommandError(file + " is no JSON object");
  const json::value* height = object->if_contains("height");
  const json::value* list = object->if_contains("handOvers");
  if (height == nullptr || !(height->is_int64() || height->is_uint64()) || list == nullptr ||
      !list->is_array())
    throw CommandError(file + " lacks \"height\" or \"handOvers\"");
  ProofFile out;
  out.height = height->to_number<std::uint64_t>();
  out.proof = bytes_of(*object, "proof");
  out.finality = bytes_of(*object, "finality");
  const auto root = Hash256::from(bytes_of(*object, "evmStateRoot"));
  if (!root) throw CommandError("\"evmStateRoot\" has 32 bytes");
  out.evm_state_root = *root;
  for (const json::value& one : list->as_array()) {
    const auto bytes = one.is_string() ? from_hex(one.get_string()) : std::nullopt;
    if (!bytes) throw CommandError("a hand-over is not in hex");
    out.hand_overs.push_back(*bytes);
  }
  return out;
}

// Places are keys padded with zeros (docs/protocol/exchange-proof.md); what a user calls them.
std::string key_text(const exchange::TreeKey& place) {
  const ByteView bytes(place.bytes);
  const auto begins = [&](std::string_view prefix) {
    return std::ranges::equal(bytes.first(prefix.size()), as_bytes(prefix));
  };
  const auto behind = [&](std::string_view prefix) { return Reader(bytes.subspan(prefix.size())); };
  const auto address = [](Reader& in) { return to_hex_prefixed(in.fixed<Address>().view()); };
  if (begins("acct/")) {
    Reader in = behind("acct/");
    return "account " + address(in);
  }
  if (begins("pos/")) {
    Reader in = behind("pos/");
    const std::string account = address(in);
    return "position of " + account + " in asset " + std::to_string(in.u32());
  }
  if (begins("spot/")) {
    Reader in = behind("spot/");
    const std::string account = address(in);
    return "balance of " + account + " in token " + std::to_string(in.u32());
  }
  if (begins("ord/")) return "order " + std::to_string(behind("ord/").u64());
  if (begins("lvl/")) {
    Reader in = behind("lvl/");
    const std::string asset = std::to_string(in.u32());
    const std::string side = in.u8() == 0 ? "bids" : "asks";
    return "book of asset " + asset + ", " + side + " at price " + std::to_string(in.u64());
  }
  const std::string_view text = as_text(bytes);
  const std::size_t slash = text.find('/');
  return slash == std::string_view::npos ? "a key of more than 32 bytes"
                                         : "record of " + std::string(text.substr(0, slash + 1));
}

// What the user asked for: one record, or everything between two places.
std::string asked_text(const CheckedProof& proven) {
  if (proven.first == proven.last) return key_text(proven.first);
  const ByteView first(proven.first.bytes);
  const auto begins = [&](std::string_view prefix) {
    return std::ranges::equal(first.first(prefix.size()), as_bytes(prefix));
  };
  Reader in(first.subspan(4));
  if (begins("pos/"))
    return "every position of account " + to_hex_prefixed(in.fixed<Address>().view());
  if (begins("lvl/")) return "every level of the book of asset " + std::to_string(in.u32());
  return "every record in the range";
}

void print_proven(const ProofFile& file, const CheckedProof& proven) {
  const std::size_t count = proven.range.records.size();
  const bool single = proven.first == proven.last;
  std::cout << "key: " << asked_text(proven) << "\n  from "
            << to_hex_prefixed(ByteView(proven.first.bytes)) << "\n  to   "
            << to_hex_prefixed(ByteView(proven.last.bytes)) << "\nproven: ";
  if (count == 0) {
    std::cout << "absent: there is no such record\n";
  } else if (single) {
    std::cout << "present\n";
  } else {
    std::cout << "present: " << count << (count == 1 ? " record" : " records")
              << ", and no other between those places\n";
  }
  std::cout << "height: the state after block " << file.height
            << "\nroot: " << to_hex_prefixed(proven.range.root.view())
            << " of the exchange, in the header of block " << proven.block_height
            << "\nfinal: block " << proven.block_height << " of epoch " << proven.epoch
            << ", signed by " << (proven.at_least ? "at least " : "") << proven.signers_weight
            << " of " << proven.total_weight << " by weight, in a set of " << proven.validators
            << " validators\n";
  for (const auto& [place, value] : proven.range.records) {
    std::cout << "  " << key_text(place) << "\n    " << to_hex_prefixed(ByteView(place.bytes))
              << "\n    " << to_hex_prefixed(value) << '\n';
  }
}

void verify(const Flags& flags) {
  const ProofFile file = read_file(flags.file);
  const auto proven = check_proof(read_genesis(flags.genesis), file);
  if (!proven) throw CommandError("the proof is refused: " + proven.error());
  print_proven(file, *proven);
}

}  // namespace

void add_proof(CLI::App& app) {
  auto* group = app.add_subcommand("proof", "Prove what the exchange's state is, and check it");
  group->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* get_command = group->add_subcommand("get", "Fetch a proof from a node into a file");
  get_command->add_option("--rpc", flags->url, "The node's JSON-RPC address")
      ->capture_default_str();
  get_command->add_option("--account", flags->account, "An account's cash");
  get_command->add_option("--positions", flags->position, "All positions of an account");
  get_command->add_option("--order", flags->order, "A resting order by its id");
  get_command->add_option("--book", flags->book, "All levels of an asset's book, by number");
  get_command->add_option("--key", flags->key, "Any record by its key in hex");
  get_command->add_option("file", flags->file, "Where the proof is written to")->required();
  get_command->callback([flags] { get(*flags); });
  auto* verify_command = group->add_subcommand(
      "verify", "Check a proof with nothing but genesis: leaf, roots, certificate, validators");
  verify_command->add_option("--genesis", flags->genesis, "The chain's genesis")
      ->capture_default_str();
  verify_command->add_option("file", flags->file, "The proof")->required();
  verify_command->callback([flags] { verify(*flags); });
}

}  // namespace ol::app
