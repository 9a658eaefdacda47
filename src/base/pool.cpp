#include "ece465/base/pool.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace ece465 {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kCacheLine = 64;

std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Pool::Pool(std::size_t capacity) {
  mapped_ = capacity + kHugePage;
  void* const memory = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  mapping_ = static_cast<std::byte*>(memory);
  const auto address = reinterpret_cast<std::uintptr_t>(mapping_);
  start_ = mapping_ + (round_up(address, kHugePage) - address);
  capacity_ = capacity;
  // The rest of the capacity stays on ordinary pages: a huge page would take 2 MiB for what may be a few bytes. If the
  // advice is refused, ordinary pages do.
  static_cast<void>(::madvise(start_, capacity / kHugePage * kHugePage, MADV_HUGEPAGE));
}

Pool::~Pool() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
}

std::byte* Pool::take(std::size_t size) noexcept {
  if (size > capacity_) return nullptr;
  const std::size_t offset = used_.fetch_add(round_up(size, kCacheLine), std::memory_order_relaxed);
  return offset <= capacity_ - size ? start_ + offset : nullptr;
}

}  // namespace ece465
