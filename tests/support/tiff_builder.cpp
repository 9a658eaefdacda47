#include "tiff_builder.hpp"

#include <algorithm>

namespace ece465::testing {
namespace {

std::size_t integer_bytes(std::uint16_t type) {
  switch (type) {
    case 1: return 1;
    case 3: return 2;
    case 16:
    case 18: return 8;
    default: return 4;
  }
}

void store_at(std::byte* to, std::uint64_t value, std::size_t size, std::endian order) {
  for (std::size_t i = 0; i < size; ++i) {
    to[order == std::endian::big ? size - 1 - i : i] = static_cast<std::byte>(value >> (8 * i));
  }
}

}  // namespace

TiffBuilder::TiffBuilder(std::endian order, bool big) : order_(order), big_(big), bytes_(big ? 16 : 8) {
  bytes_[0] = bytes_[1] = std::byte(order == std::endian::little ? 'I' : 'M');
  put(2, big ? 43 : 42, 2);
  if (big) put(4, 8, 2);
}

TiffBuilder::Tag TiffBuilder::integers(std::uint16_t number, std::uint16_t type,
                                       std::vector<std::uint64_t> values) const {
  const std::size_t one = integer_bytes(type);
  Tag tag{
      .number = number, .type = type, .count = values.size(), .values = std::vector<std::byte>(values.size() * one)};
  for (std::size_t i = 0; i < values.size(); ++i) store_at(tag.values.data() + i * one, values[i], one, order_);
  return tag;
}

TiffBuilder::Tag TiffBuilder::rational(std::uint16_t number, std::uint32_t numerator, std::uint32_t denominator) const {
  Tag tag = longs(number, {numerator, denominator});
  tag.type = 5;
  tag.count = 1;
  return tag;
}

TiffBuilder::Tag TiffBuilder::text(std::uint16_t number, std::string_view value) {
  const Bytes bytes = as_bytes(value);
  Tag tag{.number = number, .type = 2, .count = value.size() + 1, .values = {bytes.begin(), bytes.end()}};
  tag.values.push_back(std::byte{0});
  return tag;
}

TiffBuilder::Tag TiffBuilder::blob(std::uint16_t number, std::string_view value) {
  const Bytes bytes = as_bytes(value);
  return {.number = number, .type = 7, .count = value.size(), .values = {bytes.begin(), bytes.end()}};
}

std::uint64_t TiffBuilder::add(Bytes bytes) {
  bytes_.resize(bytes_.size() + bytes_.size() % 2);
  const std::uint64_t offset = bytes_.size();
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return offset;
}

std::uint64_t TiffBuilder::add_directory(const std::vector<Tag>& tags, std::uint64_t next) {
  const std::size_t entry_bytes = big_ ? 20 : 12, count_bytes = big_ ? 8 : 2;
  std::vector<std::byte> directory(count_bytes + tags.size() * entry_bytes + word());
  store_at(directory.data(), tags.size(), count_bytes, order_);
  std::size_t at = count_bytes;
  for (const Tag& tag : tags) {
    store_at(directory.data() + at, tag.number, 2, order_);
    store_at(directory.data() + at + 2, tag.type, 2, order_);
    store_at(directory.data() + at + 4, tag.count, word(), order_);
    std::byte* const field = directory.data() + at + 4 + word();
    if (tag.values.size() <= word()) {
      std::ranges::copy(tag.values, field);
    } else {
      store_at(field, add(tag.values), word(), order_);
    }
    at += entry_bytes;
  }
  store_at(directory.data() + at, next, word(), order_);
  return add(directory);
}

std::vector<TiffBuilder::Tag> TiffBuilder::gray_tags(std::uint32_t width, std::uint32_t height,
                                                     std::uint64_t offset) const {
  return {longs(256, {width}), longs(257, {height}), shorts(258, {8}),
          shorts(259, {1}),    shorts(262, {1}),     longs(273, {offset}),
          shorts(277, {1}),    longs(278, {height}), longs(279, {std::uint64_t{width} * height})};
}

void TiffBuilder::put(std::uint64_t at, std::uint64_t value, std::size_t size) {
  store_at(bytes_.data() + at, value, size, order_);
}

std::vector<std::byte> TiffBuilder::finish(std::uint64_t first) {
  put(big_ ? 8 : 4, first, word());
  return bytes_;
}

std::uint64_t TiffBuilder::next_field(std::uint64_t offset, std::size_t tags) const {
  return offset + (big_ ? 8 + tags * 20 : 2 + tags * 12);
}

}  // namespace ece465::testing
