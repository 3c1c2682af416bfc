#pragma once

#include <map>
#include <string>
#include <utility>

#include <ol/base/thread_safety.hpp>

namespace ol::rpc {

class ConnectionTable;

/// One connection's place in the table, given back when it dies. Movable.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  ConnectionSlot(ConnectionTable& table, std::string address)
      : table_(&table), address_(std::move(address)) {}
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), address_(std::move(other.address_)) {}
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot();

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  ConnectionTable* table_ = nullptr;
  std::string address_;
};

enum class Admission : std::uint8_t { Admitted, TotalReached, PerAddressReached };

/// Counts open connections in all and per address, against their limits. Any thread.
class ConnectionTable {
 public:
  ConnectionTable(std::size_t total_max, std::size_t per_address_max)
      : total_max_(total_max), per_address_max_(per_address_max) {}

  /// Takes a place if there is one; then a ConnectionSlot must be made of it.
  [[nodiscard]] Admission admit(const std::string& address);
  void release(const std::string& address);
  [[nodiscard]] std::size_t open() const;

 private:
  const std::size_t total_max_;
  const std::size_t per_address_max_;
  mutable Mutex mutex_;
  std::size_t total_ OL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::size_t> per_address_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::rpc
