#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include <ol/evm/block_env.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/transition.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::app {

/// A transaction of a state test that no transaction can be: a number beyond its field.
struct Unrepresentable {};

/// The state before, with its root.
struct PreState {
  state::MemoryState state;
  Hash256 root;
};

/// A transaction that owns what its request borrows.
struct LoadedTxn {
  evm::TxnRequest request;
  Bytes data;
  std::vector<primitives::AccessListEntry> access_list;
  std::vector<Hash256> blob_hashes;
  std::vector<evm::Authorization> authorizations;
};

/// The fork by its name in the fixtures, if known.
[[nodiscard]] std::optional<evm::Revision> fork_revision(std::string_view name);
/// The same of a user's choice. Throws CommandError, which lists the forks there are.
[[nodiscard]] evm::Revision named_fork(const std::string& name);

/// A field that must be there. Throws CommandError, which names it.
[[nodiscard]] simdjson::dom::element required(simdjson::dom::element object, const char* key);
void load_pre_state(simdjson::dom::element pre, PreState& out);
[[nodiscard]] evm::BlockEnv load_block(simdjson::dom::element test, evm::Revision revision);
/// The transaction that `indexes` picks. Throws Unrepresentable.
void load_txn(simdjson::dom::element txn, simdjson::dom::element indexes, LoadedTxn& out);

[[nodiscard]] Hash256 load_hash(simdjson::dom::element value);

}  // namespace ol::app
