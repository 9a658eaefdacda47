#include "ece465/text/word_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>

namespace ece465::text {
namespace {

static_assert(std::endian::native == std::endian::little,
              "words are processed eight bytes at a time, the first byte lowest");

constexpr std::size_t kInitialSlots = 4096;
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;
constexpr std::uint64_t kOnes = 0x0101010101010101U;

std::uint64_t load8(const char* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

/// Sets the highest bit of each byte that is a blank or a newline. Exact up to the first such byte, which is all that
/// is used; above it, the borrow of the subtraction may mark other bytes. (Bit Twiddling Hacks, "Determine if a word
/// has a zero byte".)
std::uint64_t separators(std::uint64_t bytes) {
  const std::uint64_t blank = bytes ^ (kOnes * ' '), newline = bytes ^ (kOnes * '\n');
  return (((blank - kOnes) & ~blank) | ((newline - kOnes) & ~newline)) & (kOnes * 0x80U);
}

/// The lowest `count` bytes, 0 to 8.
std::uint64_t lowest(std::uint64_t bytes, unsigned count) {
  return count >= 8 ? bytes : bytes & ((std::uint64_t{1} << (8 * count)) - 1);
}

/// Multiplies to 128 bits and folds the halves, as wyhash does.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t hash_of(std::uint64_t head, std::uint64_t tail, std::uint64_t length, std::uint64_t seed) {
  constexpr std::uint64_t kA = 0xA0761D6478BD642FU, kB = 0xE7037ED1A0B428DBU;  // wyhash's first two secrets
  return mix(head ^ kA ^ seed, tail ^ kB ^ (length << 56U) ^ std::rotl(seed, 32));
}

/// Up to eight bytes of a word at `at` as a number, padded with zeros.
std::uint64_t piece(std::string_view word, std::size_t at) {
  std::uint64_t value = 0;
  if (at < word.size()) std::memcpy(&value, word.data() + at, std::min<std::size_t>(8, word.size() - at));
  return value;
}

std::uint64_t hash_of(std::string_view word, std::uint64_t seed) {
  std::uint64_t hash = seed;
  for (std::size_t at = 0; at < word.size(); at += 16) {
    hash = hash_of(piece(word, at), piece(word, at + 8), word.size(), hash);
  }
  return hash;
}

/// Random, so that a text cannot be crafted to make all of its words collide. One per process, because tables with the
/// same seed merge quickly.
std::uint64_t process_seed() {
  static const std::uint64_t kSeed = [] {
    std::random_device entropy;
    return std::uint64_t{entropy()} << 32U | entropy();
  }();
  return kSeed;
}

}  // namespace

WordTable::WordTable() : seed_(process_seed()), slots_(kInitialSlots), mask_(kInitialSlots - 1) {}

void WordTable::count(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  constexpr std::ptrdiff_t kAhead = 24;  // bytes from the start of a word that are read without a check for the end
  while (at < end) {
    if (*at == ' ' || *at == '\n') {
      ++at;
      continue;
    }
    if (end - at >= kAhead) {
      const std::uint64_t head = load8(at);
      if (const std::uint64_t found = separators(head)) {
        const auto length = static_cast<unsigned>(std::countr_zero(found)) / 8;
        add_short(lowest(head, length), 0, length, 1);
        at += length + 1;
        continue;
      }
      const std::uint64_t tail = load8(at + 8);
      if (const std::uint64_t found = separators(tail)) {
        const auto length = static_cast<unsigned>(std::countr_zero(found)) / 8;
        add_short(head, lowest(tail, length), 8 + length, 1);
        at += 8 + length + 1;
        continue;
      }
    }
    const char* stop = at;
    while (end - stop >= 8 && separators(load8(stop)) == 0) stop += 8;
    while (stop < end && *stop != ' ' && *stop != '\n') ++stop;
    add({at, static_cast<std::size_t>(stop - at)}, 1);
    at = stop;
  }
}

void WordTable::add(std::string_view word, std::uint64_t count) {
  if (word.size() <= kInline) {
    add_short(piece(word, 0), piece(word, 8), static_cast<std::uint32_t>(word.size()), count);
  } else {
    add_long(word, count);
  }
}

void WordTable::add_short(std::uint64_t head, std::uint64_t tail, std::uint32_t length, std::uint64_t count) {
  const std::uint64_t hash = hash_of(head, tail, length, seed_);
  for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.count == 0) {
      slot = {head, tail, count, length, static_cast<std::uint32_t>(hash)};
      if (++used_ * 2 > slots_.size()) grow();
      return;
    }
    if (slot.head == head && slot.tail == tail && slot.length == length) {
      slot.count += count;
      return;
    }
  }
}

void WordTable::add_long(std::string_view word, std::uint64_t count) {
  const std::uint64_t hash = hash_of(word, seed_);
  const auto tag = static_cast<std::uint32_t>(hash);
  for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.count == 0) {
      slot = {piece(word, 0), store(word), count, static_cast<std::uint32_t>(word.size()), tag};
      if (++used_ * 2 > slots_.size()) grow();
      return;
    }
    if (slot.hash == tag && slot.length == word.size() && word_of(slot) == word) {
      slot.count += count;
      return;
    }
  }
}

std::uint64_t WordTable::store(std::string_view word) {
  if (block_free_ < word.size()) {
    const std::size_t size = std::max(kBlockBytes, word.size());
    blocks_.emplace_back(new char[size]);
    block_free_ = size;
    block_bytes_ += size;
  }
  // Blocks are filled from the end.
  block_free_ -= word.size();
  char* const to = blocks_.back().get() + block_free_;
  std::memcpy(to, word.data(), word.size());
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(to));
}

std::string_view WordTable::word_of(const Slot& slot) const {
  if (slot.length <= kInline) return {reinterpret_cast<const char*>(&slot.head), slot.length};
  return {std::bit_cast<const char*>(slot.tail), slot.length};
}

void WordTable::grow() {
  std::vector<Slot> larger(2 * slots_.size());
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.count == 0) continue;
    // The stored 32 bits of the hash suffice: 2^32 slots would take 128 GiB.
    std::size_t at = slot.hash & mask;
    while (larger[at].count != 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
  mask_ = mask;
}

void WordTable::merge(const WordTable& other) {
  for (const Slot& slot : other.slots_) {
    if (slot.count != 0) add(other.word_of(slot), slot.count);
  }
}

std::uint64_t WordTable::memory_bytes(std::size_t more_words) const {
  std::uint64_t slots = slots_.size();
  while ((used_ + more_words) * 2 > slots) slots *= 2;
  return slots * sizeof(Slot) + block_bytes_;
}

std::uint64_t WordTable::total() const {
  std::uint64_t sum = 0;
  for (const Slot& slot : slots_) sum += slot.count;
  return sum;
}

void WordTable::each(const std::function<void(std::string_view, std::uint64_t)>& visit) const {
  for (const Slot& slot : slots_) {
    if (slot.count != 0) visit(word_of(slot), slot.count);
  }
}

std::vector<WordTable::Entry> WordTable::sorted() const {
  // Comparing the first eight bytes as a big-endian number nearly always decides without reading the word.
  struct Ranked {
    std::uint64_t rank;
    Entry entry;
  };
  std::vector<Ranked> ranked;
  ranked.reserve(used_);
  for (const Slot& slot : slots_) {
    if (slot.count == 0) continue;
    const std::string_view word = word_of(slot);
    ranked.push_back({__builtin_bswap64(piece(word, 0)), {word, slot.count}});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.entry.word < b.entry.word;
  });
  std::vector<Entry> entries;
  entries.reserve(ranked.size());
  for (const Ranked& r : ranked) entries.push_back(r.entry);
  return entries;
}

std::vector<WordTable::Entry> WordTable::top(std::size_t limit) const {
  std::vector<Entry> entries;
  entries.reserve(used_);
  each([&](std::string_view word, std::uint64_t count) { entries.push_back({word, count}); });
  const auto size = std::min(limit, entries.size());
  const auto before = [](const Entry& a, const Entry& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  };
  std::ranges::partial_sort(entries, entries.begin() + static_cast<std::ptrdiff_t>(size), before);
  entries.resize(size);
  return entries;
}

}  // namespace ece465::text
