#include <ol/crypto/keccak_many.hpp>

#include <algorithm>
#include <array>
#include <cstring>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "keccak_many_with.hpp"
#include "keccak_permutation.hpp"

namespace ol::crypto {
namespace detail {
namespace {

constexpr std::size_t kRateBytes = 136;  // Keccak[512]: 1600 - 512 bits
constexpr std::size_t kRateWords = kRateBytes / 8;
constexpr std::size_t kStateWords = 25;

/// Messages being hashed, one in each lane; a lane whose message ends takes the next.
class Batch {
 public:
  Batch(const KeccakLanes& lanes, std::span<const ByteView> messages, std::span<Hash256> out)
      : lanes_(lanes), messages_(messages), out_(out) {}

  void run() {
    for (std::size_t lane = 0; lane < lanes_.width; ++lane)
      start(lane);
    // A message alone is faster alone.
    while (busy_ > 1) {
      for (std::size_t lane = 0; lane < lanes_.width; ++lane) {
        if (jobs_[lane].active) absorb(lane);
      }
      lanes_.permute(states_.words);
      for (std::size_t lane = 0; lane < lanes_.width; ++lane) {
        if (jobs_[lane].active && jobs_[lane].ended) finish(lane);
      }
    }
    for (std::size_t lane = 0; lane < lanes_.width; ++lane) {
      if (jobs_[lane].active) finish_alone(lane);
    }
  }

 private:
  struct Job {
    ByteView rest;
    std::size_t message = 0;
    bool active = false;
    bool ended = false;  // the last block, with its padding, was absorbed
  };

  [[nodiscard]] std::uint64_t& word(std::size_t lane, std::size_t i) {
    return states_.words[i * lanes_.width + lane];
  }

  /// Gives the lane the next message, if there is one.
  void start(std::size_t lane) {
    if (next_ == messages_.size()) return;
    jobs_[lane] = {messages_[next_], next_, true, false};
    ++next_;
    ++busy_;
    for (std::size_t i = 0; i < kStateWords; ++i)
      word(lane, i) = 0;
  }

  void absorb(std::size_t lane) {
    Job& job = jobs_[lane];
    std::array<std::uint8_t, kRateBytes> padded;
    const std::uint8_t* block = job.rest.data();
    if (job.rest.size() < kRateBytes) {
      padded.fill(0);
      std::copy(job.rest.begin(), job.rest.end(), padded.begin());
      padded[job.rest.size()] = 0x01;
      padded.back() |= 0x80;
      block = padded.data();
      job.ended = true;
    } else {
      job.rest = job.rest.subspan(kRateBytes);
    }
    for (std::size_t i = 0; i < kRateWords; ++i) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, block + 8 * i, 8);
      word(lane, i) ^= bytes;
    }
  }

  void finish(std::size_t lane) {
    Hash256& digest = out_[jobs_[lane].message];
    for (std::size_t i = 0; i < Hash256::kSize / 8; ++i)
      std::memcpy(digest.bytes.data() + 8 * i, &word(lane, i), 8);
    jobs_[lane].active = false;
    --busy_;
    start(lane);
  }

  void finish_alone(std::size_t lane) {
    std::array<std::uint64_t, kStateWords> state;
    while (!jobs_[lane].ended) {
      absorb(lane);
      for (std::size_t i = 0; i < kStateWords; ++i)
        state[i] = word(lane, i);
      keccak_permute(state);
      for (std::size_t i = 0; i < kStateWords; ++i)
        word(lane, i) = state[i];
    }
    finish(lane);
  }

  const KeccakLanes lanes_;
  std::span<const ByteView> messages_;
  std::span<Hash256> out_;
  std::size_t next_ = 0;
  std::size_t busy_ = 0;
  std::array<Job, kKeccakWidthMax> jobs_{};
  KeccakStates states_;
};

}  // namespace

KeccakLanes keccak_lanes() {
  static const bool kHasEight = __builtin_cpu_supports("avx512f") != 0;
  return kHasEight ? KeccakLanes{8, keccak_permute_8} : KeccakLanes{4, keccak_permute_4};
}

void keccak256_many_with(const KeccakLanes& lanes, std::span<const ByteView> messages,
                         std::span<Hash256> out) {
  OL_CHECK(messages.size() == out.size(), "one digest per message");
  Batch(lanes, messages, out).run();
}

}  // namespace detail

void keccak256_many(std::span<const ByteView> messages, std::span<Hash256> out) {
  OL_CHECK(messages.size() == out.size(), "one digest per message");
  if (messages.size() == 1) {
    out[0] = keccak256(messages[0]);
    return;
  }
  detail::keccak256_many_with(detail::keccak_lanes(), messages, out);
}

}  // namespace ol::crypto
