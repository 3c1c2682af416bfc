#include <benchmark/benchmark.h>

#include <ol/base/check.hpp>
#include <ol/storage/outbox_log.hpp>
#include <ol/storage/safety_file.hpp>
#include <ol/storage/safety_store.hpp>

#include "../test/temp_directory.hpp"

namespace ol::storage {
namespace {

// One durable record: what every vote waits for.
void safety_write(benchmark::State& state) {
  const TempDirectory dir;
  auto file = SafetyFile::create(dir / "safety", {});
  OL_CHECK(file.has_value(), "the file can be made");
  auto store = SafetyStore::open(**file);
  OL_CHECK(store.has_value(), "the file can be opened");
  const Bytes record(static_cast<std::size_t>(state.range(0)), 0x5a);
  for (auto _ : state) {
    OL_CHECK((*store)->write(record).has_value(), "the disk takes the record");
  }
}
BENCHMARK(safety_write)->Arg(100)->Arg(1000)->Arg(16 * 1024)->UseRealTime();

void outbox_append(benchmark::State& state) {
  const TempDirectory dir;
  auto log = OutboxLog::open(dir / "outbox");
  OL_CHECK(log.has_value(), "the log can be made");
  const Bytes message(200, 0x5a);
  for (auto _ : state) {
    OL_CHECK((*log)->append(message).has_value(), "the disk takes the message");
  }
}
BENCHMARK(outbox_append)->UseRealTime();

}  // namespace
}  // namespace ol::storage
