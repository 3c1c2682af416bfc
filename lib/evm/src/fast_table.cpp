#include "fast_table.hpp"

#include <vector>

namespace ol::evm::fast {
namespace {

/// All chains by their key: open addressing, built once, never changed.
class FusionTable {
 public:
  FusionTable() : slots_(kSlots) {
    for (const Fusion& fusion : pair_fusions())
      insert(fusion);
    for (const Fusion& fusion : long_fusions())
      insert(fusion);
  }

  [[nodiscard]] Handler find(ChainKey key) const {
    for (std::size_t i = slot(key);; i = (i + 1) % kSlots) {
      if (slots_[i].run == nullptr || slots_[i].key == key) return slots_[i].run;
    }
  }

 private:
  static constexpr std::size_t kSlots = 8192;

  static std::size_t slot(ChainKey key) { return (key * 0x9e3779b97f4a7c15ULL) >> 51; }

  void insert(const Fusion& fusion) {
    std::size_t i = slot(fusion.key);
    while (slots_[i].run != nullptr)
      i = (i + 1) % kSlots;
    slots_[i] = fusion;
  }

  std::vector<Fusion> slots_;
};

}  // namespace

Handler find_fusion(ChainKey key) {
  static const FusionTable kTable;
  return kTable.find(key);
}

}  // namespace ol::evm::fast
