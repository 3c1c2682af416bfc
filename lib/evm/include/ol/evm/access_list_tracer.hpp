#pragma once

#include <map>
#include <set>
#include <vector>

#include <ol/evm/trace.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::evm {

/// Collects the accounts and slots a transaction reaches: the access list that would warm them
/// (EIP-2930). One thread; may watch one transaction.
class AccessListTracer final : public Tracer {
 public:
  /// @param warm_anyway  Accounts that no list needs to name: sender, target and the like.
  ///        Precompiled contracts are left out of themselves; slots of all these are listed.
  explicit AccessListTracer(std::set<Address> warm_anyway) : excluded_(std::move(warm_anyway)) {}

  void on_begin(const TraceBegin& begin) override { revision_ = begin.revision; }
  void on_enter(const TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const TraceStep& step) override;
  void on_step_end(int /*depth*/, std::int64_t /*cost*/, Status /*status*/) override {}

  /// In order of addresses and keys.
  [[nodiscard]] std::vector<primitives::AccessListEntry> list() const;

 private:
  void add(const U256& word);

  std::set<Address> excluded_;
  Revision revision_ = Revision::Prague;
  std::map<Address, std::set<Hash256>> reached_;
};

}  // namespace ol::evm
