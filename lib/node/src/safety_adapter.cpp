#include <ol/node/safety_adapter.hpp>

#include <ol/storage/safety_store.hpp>

namespace ol::node {
namespace {

class SafetyAdapter final : public consensus::SafetyStore {
 public:
  explicit SafetyAdapter(storage::SafetyStore& store) : store_(store) {}
  Result<void, std::string> write(ByteView record) override {
    auto written = store_.write(record);
    if (!written) return fail(std::move(written).error().message);
    return {};
  }

 private:
  storage::SafetyStore& store_;
};

}  // namespace

std::unique_ptr<consensus::SafetyStore> make_safety_adapter(storage::SafetyStore& store) {
  return std::make_unique<SafetyAdapter>(store);
}

}  // namespace ol::node
