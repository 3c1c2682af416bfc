#include "program.hpp"

#include <algorithm>
#include <memory>

namespace ol::evm {

void BlockTable::set(std::uint64_t pc, Cell* block) {
  Cell* const*& page = pages_[pc / kPage];
  if (page == kNoBlocks.data()) {
    owned_.push_back(std::make_unique<Cell*[]>(kPage));
    page = owned_.back().get();
  }
  const_cast<Cell**>(page)[pc % kPage] = block;
}

Cell* Program::reserve(std::size_t count) {
  if (left_ < count + kLinkCells) {
    const std::size_t size = std::max(kChunk, count + kLinkCells);
    chunks_.push_back(std::make_unique<Cell[]>(size));
    free_ = chunks_.back().get();
    left_ = size;
  }
  Cell* const out = free_;
  free_ += count;
  left_ -= count;
  return out;
}

const U256* Program::keep(const U256& constant) {
  U256& kept = constants_.grow();
  kept = constant;
  return &kept;
}

}  // namespace ol::evm
