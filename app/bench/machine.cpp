#include "bench/machine.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <thread>

#include <ol/crypto/bls.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "command.hpp"

namespace ol::app::bench {
namespace {

double clock_s(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Processor microseconds of one call, over `runs` of them after one to warm up.
template <typename Work>
double cpu_us(int runs, Work work) {
  work();
  const double before = thread_cpu_s();
  for (int i = 0; i < runs; ++i)
    work();
  return (thread_cpu_s() - before) * 1e6 / runs;
}

double measure_sync_us(const std::filesystem::path& directory) {
  const std::string path = (directory / "sync.probe").string();
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) throw CommandError("cannot write in " + directory.string());
  constexpr int kRuns = 20;
  const Bytes page(4096, 0x5a);
  const auto before = Clock::now();
  for (int i = 0; i < kRuns; ++i) {
    if (::write(fd, page.data(), page.size()) < 0 || ::fdatasync(fd) != 0) break;
  }
  const double us = seconds_between(before, Clock::now()) * 1e6 / kRuns;
  ::close(fd);
  std::filesystem::remove(path);
  return us;
}

}  // namespace

double process_cpu_s() {
  return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

double thread_cpu_s() {
  return clock_s(CLOCK_THREAD_CPUTIME_ID);
}

double thread_cpu_s(pthread_t thread) {
  clockid_t clock{};
  if (::pthread_getcpuclockid(thread, &clock) != 0) return 0;
  return clock_s(clock);
}

double peak_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Machine measure_machine(const std::filesystem::path& directory) {
  constexpr std::size_t kMegabyte = 1'000'000;
  Machine out;
  out.processors = std::max(1U, std::thread::hardware_concurrency());
  Bytes data(kMegabyte, 0x6c);
  out.sha256_mb_per_s = 1e6 / cpu_us(50, [&] { data[0] = crypto::sha256(data).bytes[0]; });
  const Hash256 digest = crypto::sha256(data);
  const auto bls = crypto::BlsSecretKey::generate();
  const auto bls_key = bls.public_key();
  auto signature = bls.sign(digest.view());
  out.bls_sign_us = cpu_us(20, [&] { signature = bls.sign(digest.view()); });
  out.bls_verify_us = cpu_us(20, [&] {
    if (!crypto::verify(bls_key, digest.view(), signature))
      throw CommandError("a BLS signature made here does not verify");
  });
  const auto key = crypto::Secp256k1SecretKey::generate();
  const auto recoverable = crypto::sign_recoverable(key, digest);
  out.recover_us = cpu_us(200, [&] {
    if (!crypto::recover(digest, recoverable))
      throw CommandError("a secp256k1 signature made here does not verify");
  });
  out.sync_us = measure_sync_us(directory);
  return out;
}

void add_machine(Report& report, const Machine& machine) {
  report.section("This machine, in the same run");
  report.number("processors", "processors", machine.processors, "");
  report.number("sha256_mb_per_s", "SHA-256, one thread", machine.sha256_mb_per_s, "MB/s");
  report.number("bls_sign_us", "BLS sign", machine.bls_sign_us, "us");
  report.number("bls_verify_us", "BLS verify (one pairing check)", machine.bls_verify_us, "us");
  report.number("recover_us", "secp256k1 recover", machine.recover_us, "us", 1);
  report.number("sync_us", "write 4 KiB and sync", machine.sync_us, "us");
}

TemporaryHome::TemporaryHome(const std::filesystem::path& parent) {
  std::error_code ec;
  std::filesystem::create_directories(parent, ec);
  std::string name = (parent / "openliquid-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw CommandError("cannot make a directory in " + parent.string());
  path_ = name;
}

TemporaryHome::~TemporaryHome() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ol::app::bench
