// Proofs of blocks, of accounts and of records of the exchange, fetched from a node and checked
// without believing it: docs/protocol/state-proof.md.
#include "proof_command.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/exchange/proof.hpp>
#include <ol/primitives/address_text.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "home.hpp"
#include "proof_check.hpp"
#include "proof_file.hpp"
#include "rpc_client.hpp"
#include "send_transaction.hpp"

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
  std::string evm_account;
  std::vector<std::string> slots;
  std::uint64_t block = 0;
  std::string file;
};

std::string hex_quantity(std::uint64_t number) {
  Writer out;
  out.u64(number);
  std::string digits = to_hex(out.bytes());
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return "0x" + digits;
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
    out.raw(as_bytes("acct/")).fixed(flag_address(flags.account, "--account"));
    return {out.take(), false};
  }
  if (!flags.position.empty()) {
    out.raw(as_bytes("pos/")).fixed(flag_address(flags.position, "--positions"));
    return {out.take(), true};
  }
  if (!flags.book.empty()) {
    out.raw(as_bytes("lvl/")).u32(asset_of(flags.book));
    return {out.take(), true};
  }
  if (flags.order == 0)
    throw CommandError(
        "say what to prove: --block, --evm-account, or of the exchange --account, --positions, "
        "--order, --book or --key");
  out.raw(as_bytes("ord/")).u64(flags.order);
  return {out.take(), false};
}

// The roots after `height` and what makes the next block final; the chain goes on for a moment
// before there is any.
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

json::object with_finality(const Flags& flags, std::uint64_t height) {
  json::object out;
  out["height"] = height;
  const json::value finality = finality_of(flags, height);
  for (const char* name : {"evmStateRoot", "exchangeRoot", "finality"}) {
    if (const json::value* value = finality.as_object().if_contains(name)) out[name] = *value;
  }
  out["handOvers"] = hand_overs(flags);
  return out;
}

json::object record_proof(const Flags& flags) {
  const Wanted what = wanted(flags);
  const json::array params{to_hex_prefixed(what.key), what.below};
  const json::value proof = rpc_call(flags.url, "ol_proof", json::serialize(params));
  json::object out = with_finality(flags, proof.at("height").to_number<std::uint64_t>());
  out["proof"] = proof.at("proof");
  return out;
}

// Slots are given as in eth_getStorageAt: a number in hex.
std::string slot_of(const std::string& text) {
  const auto number = U256::from_hex(text);
  if (!number) throw CommandError("--slot is \"" + text + "\"; it takes a number in hex: 0x0");
  return to_hex_prefixed(number->to_fixed<Hash256>().view());
}

json::object account_proof(const Flags& flags) {
  json::array slots;
  for (const std::string& slot : flags.slots)
    slots.emplace_back(slot_of(slot));
  const json::value latest = rpc_call(flags.url, "eth_blockNumber");
  const json::array params{to_hex_prefixed(flag_address(flags.evm_account, "--evm-account").view()),
                           std::move(slots), latest};
  const json::value answer = rpc_call(flags.url, "eth_getProof", json::serialize(params));
  json::object out = with_finality(flags, quantity(latest));
  out["account"] = account_member(answer.as_object());
  return out;
}

void get(const Flags& flags) {
  const bool of_record = !flags.key.empty() || !flags.account.empty() || !flags.position.empty() ||
                         !flags.book.empty() || flags.order != 0;
  const bool of_account = !flags.evm_account.empty();
  const bool of_block = flags.block != 0;
  if (static_cast<int>(of_record) + static_cast<int>(of_account) + static_cast<int>(of_block) > 1)
    throw CommandError(
        "one proof is of one thing: a record of the exchange, --evm-account or --block");
  if (!of_account && !flags.slots.empty())
    throw CommandError("--slot needs --evm-account, whose storage it is in");
  const json::object out = of_account ? account_proof(flags)
                           : of_block ? with_finality(flags, flags.block - 1)
                                      : record_proof(flags);
  write_new_text(flags.file, json::serialize(out) + "\n");
  std::cout << "written to " << flags.file
            << "; check it with: openliquid proof verify --genesis GENESIS " << flags.file << '\n';
}

// Places are keys padded with zeros (docs/protocol/state-proof.md); what a user calls them.
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
std::string asked_text(const ProvenRecords& proven) {
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

void print_records(const ProvenRecords& proven) {
  const std::size_t count = proven.range.records.size();
  std::cout << "exchange root " << to_hex_prefixed(proven.range.root.view())
            << "\nkey: " << asked_text(proven) << "\n  from "
            << to_hex_prefixed(ByteView(proven.first.bytes)) << "\n  to   "
            << to_hex_prefixed(ByteView(proven.last.bytes)) << "\nproven: ";
  if (count == 0) {
    std::cout << "absent: there is no such record\n";
  } else if (proven.first == proven.last) {
    std::cout << "present\n";
  } else {
    std::cout << "present: " << count << (count == 1 ? " record" : " records")
              << ", and no other between those places\n";
  }
  for (const auto& [place, value] : proven.range.records) {
    std::cout << "  " << key_text(place) << "\n    " << to_hex_prefixed(ByteView(place.bytes))
              << "\n    " << to_hex_prefixed(value) << '\n';
  }
}

void print_account(const Address& address, const ProvenAccount& proven) {
  std::cout << "proven: account " << primitives::checksum_text(address);
  if (proven.account) {
    std::cout << " has nonce " << proven.account->nonce << ", "
              << proven.account->balance.to_decimal() << " wei, code hash "
              << to_hex_prefixed(proven.account->code_hash.view()) << '\n';
  } else {
    std::cout << " does not exist\n";
  }
  for (const auto& [slot, value] : proven.slots)
    std::cout << "  slot " << to_hex_prefixed(slot.view()) << " holds " << value.to_hex() << '\n';
}

void verify(const Flags& flags) {
  const ProofFile file = read_proof_file(flags.file);
  const primitives::Genesis genesis = read_genesis(flags.genesis);
  const auto proven = check_proof(genesis, file);
  if (!proven) throw CommandError("the proof is refused: " + proven.error());
  const auto hash = primitives::block_hash(genesis.domain, proven->header);
  std::cout << "block " << proven->header.height.value() << ' ' << to_hex_prefixed(hash.view())
            << " of epoch " << proven->header.epoch.value()
            << " is final and commits to the state after block " << file.height << ": signed by "
            << (proven->at_least ? "at least " : "") << proven->signers_weight << " of "
            << proven->total_weight << " by weight, in a set of " << proven->validators
            << " validators\n"
            << "EVM state root " << to_hex_prefixed(file.evm_state_root.view()) << '\n';
  if (proven->records) print_records(*proven->records);
  if (proven->account) print_account(file.account->address, *proven->account);
}

}  // namespace

void add_proof(CLI::App& app) {
  auto* group = app.add_subcommand("proof", "Prove blocks and states, and check proofs");
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
  get_command->add_option("--evm-account", flags->evm_account,
                          "An account of the EVM: nonce, balance, code");
  get_command->add_option("--slot", flags->slots, "A slot of its storage, in hex; may be repeated");
  get_command->add_option("--block", flags->block, "That the block of this height is final");
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
