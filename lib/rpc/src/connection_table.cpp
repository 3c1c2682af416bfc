#include "connection_table.hpp"

#include <ol/base/check.hpp>

namespace ol::rpc {

ConnectionSlot::~ConnectionSlot() {
  if (table_ != nullptr) table_->release(address_);
}

Admission ConnectionTable::admit(const std::string& address) {
  const MutexLock lock(mutex_);
  if (total_ >= total_max_) return Admission::TotalReached;
  const auto found = per_address_.find(address);
  if (found != per_address_.end() && found->second >= per_address_max_) {
    return Admission::PerAddressReached;
  }
  ++total_;
  ++per_address_[address];
  return Admission::Admitted;
}

void ConnectionTable::release(const std::string& address) {
  const MutexLock lock(mutex_);
  const auto found = per_address_.find(address);
  OL_CHECK(found != per_address_.end(), "a connection that closes was admitted");
  --total_;
  if (--found->second == 0) per_address_.erase(found);
}

std::size_t ConnectionTable::open() const {
  const MutexLock lock(mutex_);
  return total_;
}

}  // namespace ol::rpc
