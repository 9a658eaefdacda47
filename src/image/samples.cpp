#include "ece465/image/samples.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "kernels/kernels.hpp"
#include "kernels/level_counter.hpp"

namespace ece465::image {
namespace {

// Samples and tables are used as they are received.
static_assert(std::endian::native == std::endian::little, "16-bit samples and tables would have to be swapped");

/// Unaligned samples are copied this many at a time.
constexpr std::size_t kPieceSamples = 4096;

template <class T>
bool is_aligned(const std::byte* at) {
  return reinterpret_cast<std::uintptr_t>(at) % alignof(T) == 0;
}

Result<void> check_shape(Bytes samples, unsigned bits) {
  if (bits != 8 && bits != 16) return fail(Errc::bad_input, "samples of {} bits: only 8 and 16 are supported", bits);
  if (bits == 16 && samples.size() % 2 != 0) {
    return fail(Errc::bad_input, "{} bytes are not a whole number of 16-bit samples", samples.size());
  }
  return {};
}

/// For few samples, where clearing and adding up a tally of all levels would cost more than it saves.
void count_few_words(Bytes samples, std::span<std::uint64_t> counts) {
  for (std::size_t i = 0; i < samples.size(); i += 2) ++counts[load<std::uint16_t>(&samples[i], std::endian::little)];
}

void count_words(Bytes samples, std::span<std::uint64_t> counts) {
  auto& counter = kernels::thread_counter<std::uint16_t>();
  if (is_aligned<std::uint16_t>(samples.data())) {
    counter.add({reinterpret_cast<const std::uint16_t*>(samples.data()), samples.size() / 2}, counts);
  } else {
    std::array<std::uint16_t, kPieceSamples> piece;
    for (; !samples.empty(); samples = samples.subspan(std::min(samples.size(), sizeof piece))) {
      const std::size_t bytes = std::min(samples.size(), sizeof piece);
      std::memcpy(piece.data(), samples.data(), bytes);
      counter.add(std::span(piece).first(bytes / 2), counts);
    }
  }
  counter.flush(counts);
}

void map_words(MutableBytes samples, const std::uint16_t* table) {
  const auto& map = kernels::current().words.map;
  if (is_aligned<std::uint16_t>(samples.data())) {
    map(reinterpret_cast<std::uint16_t*>(samples.data()), samples.size() / 2, 1, 1, table);
    return;
  }
  std::array<std::uint16_t, kPieceSamples> piece;
  for (; !samples.empty(); samples = samples.subspan(std::min(samples.size(), sizeof piece))) {
    const std::size_t bytes = std::min(samples.size(), sizeof piece);
    std::memcpy(piece.data(), samples.data(), bytes);
    map(piece.data(), bytes / 2, 1, 1, table);
    std::memcpy(samples.data(), piece.data(), bytes);
  }
}

}  // namespace

std::vector<std::byte> table_bytes(const Table& table, unsigned bits) {
  assert(table.size() == std::size_t{1} << bits);
  std::vector<std::byte> bytes(table_size(bits));
  for (std::size_t v = 0; v < table.size(); ++v) {
    if (bits == 8) {
      bytes[v] = static_cast<std::byte>(table[v]);
    } else {
      store(&bytes[2 * v], table[v], std::endian::little);
    }
  }
  return bytes;
}

Result<void> count_samples(Bytes samples, unsigned bits, std::span<std::uint64_t> counts) {
  ECE465_TRY(check_shape(samples, bits));
  if (counts.size() != std::size_t{1} << bits) {
    return fail(Errc::bad_input, "{} counts for {}-bit samples", counts.size(), bits);
  }
  if (bits == 8) {
    auto& counter = kernels::thread_counter<std::uint8_t>();
    counter.add({reinterpret_cast<const std::uint8_t*>(samples.data()), samples.size()}, counts);
    counter.flush(counts);
  } else if (samples.size() / 2 < counts.size()) {
    count_few_words(samples, counts);
  } else {
    count_words(samples, counts);
  }
  return {};
}

Result<void> map_samples(MutableBytes samples, unsigned bits, Bytes table) {
  ECE465_TRY(check_shape(samples, bits));
  if (table.size() != table_size(bits)) {
    return fail(Errc::bad_input, "a table of {} bytes for {}-bit samples", table.size(), bits);
  }
  if (bits == 8) {
    kernels::current().bytes.map(reinterpret_cast<std::uint8_t*>(samples.data()), samples.size(), 1, 1,
                                 reinterpret_cast<const std::uint8_t*>(table.data()));
  } else if (is_aligned<std::uint16_t>(table.data())) {
    map_words(samples, reinterpret_cast<const std::uint16_t*>(table.data()));
  } else {
    std::vector<std::uint16_t> aligned(table.size() / 2);
    std::memcpy(aligned.data(), table.data(), table.size());
    map_words(samples, aligned.data());
  }
  return {};
}

}  // namespace ece465::image
