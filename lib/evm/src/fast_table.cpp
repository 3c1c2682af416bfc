#include "fast_table.hpp"

#include <vector>

namespace ol::evm::fast {
namespace {

/// A chain or the beginning of some; `run` is null if it is only that.
struct Slot {
  ChainKey key = 0;
  Handler run = nullptr;
  bool used = false;
};

constexpr Kind kind_of(ChainKey key, std::size_t place) {
  return static_cast<Kind>(key >> (8 * place));
}

/// The chain `key` of `length` kinds with one more.
constexpr ChainKey extend(ChainKey key, std::size_t length, Kind kind) {
  const unsigned shift = 8 * static_cast<unsigned>(length);
  return (key & ~(ChainKey{0xff} << shift)) | (ChainKey{kind} << shift);
}

/// All chains, and all their beginnings, by their key: open addressing, built once, never changed.
class FusionTable {
 public:
  FusionTable() : slots_(kSlots) {
    for (const Fusion& fusion : pair_fusions())
      insert(fusion);
    for (const Fusion& fusion : long_fusions())
      insert(fusion);
  }

  [[nodiscard]] const Slot& find(ChainKey key) const {
    std::size_t i = place(key);
    while (slots_[i].used && slots_[i].key != key)
      i = (i + 1) % kSlots;
    return slots_[i];
  }

 private:
  static constexpr std::size_t kSlots = 8192;

  static std::size_t place(ChainKey key) { return (key * 0x9e3779b97f4a7c15ULL) >> 51; }

  Slot& slot(ChainKey key) { return const_cast<Slot&>(find(key)); }

  void insert(const Fusion& fusion) {
    ChainKey begun = kNoChain;
    for (std::size_t i = 0; i < kChainMax; ++i) {
      const Kind kind = kind_of(fusion.key, i);
      if (kind == kAlone) break;
      begun = extend(begun, i, kind);
      slot(begun) = {begun, slot(begun).run, true};
    }
    slot(fusion.key).run = fusion.run;
  }

  std::vector<Slot> slots_;
};

}  // namespace

FusionMatches find_fusions(std::span<const Kind> kinds) {
  static const FusionTable kTable;
  FusionMatches out{};
  ChainKey key = kNoChain;
  for (std::size_t i = 0; i < kinds.size() && i < kChainMax && kinds[i] != kAlone; ++i) {
    key = extend(key, i, kinds[i]);
    const Slot& slot = kTable.find(key);
    if (!slot.used) break;
    out[i] = slot.run;
  }
  return out;
}

}  // namespace ol::evm::fast
