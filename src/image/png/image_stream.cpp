#include "image_stream.hpp"

#include <algorithm>
#include <cassert>

#include "bands.hpp"
#include "deflate.hpp"

namespace ece465::image::png {
namespace {

Filters filters_for(const Header& header) {
  return header.color_type == ColorType::palette || header.bit_depth < 8 ? Filters::none : Filters::adaptive;
}

void swap_samples(const std::byte* from, std::size_t n, std::byte* to) {
  for (std::size_t i = 0; i < n; ++i) {
    store(to + 2 * i, load<std::uint16_t>(from + 2 * i, std::endian::native), std::endian::big);
  }
}

/// Packs one sample a byte into `bits` a sample, the first one highest. Gray levels keep their upper bits.
void pack_samples(const std::byte* from, std::size_t n, unsigned bits, bool levels, std::byte* to) {
  const std::size_t per_byte = 8 / bits;
  for (std::size_t i = 0; i < n; i += per_byte) {
    unsigned packed = 0;
    for (std::size_t k = 0; k < per_byte; ++k) {
      unsigned sample = i + k < n ? std::to_integer<unsigned>(from[i + k]) : 0;
      sample = levels ? sample >> (8 - bits) : sample & ((1U << bits) - 1);
      packed = packed << bits | sample;
    }
    *to++ = static_cast<std::byte>(packed);
  }
}

}  // namespace

RowEncoder::RowEncoder(const Header& header, std::uint32_t width)
    : header_(header),
      width_(width),
      row_bytes_(static_cast<std::size_t>(header.row_bytes(width))),
      filter_(filters_for(header), row_bytes_, std::max<std::size_t>(1, header.samples() * header.bit_depth / 8)),
      filtered_((row_bytes_ + 1) * rows_per_band(row_bytes_, header.height)) {
  if (header_.bit_depth != 8) {
    for (Buffer& row : scratch_) row.resize(row_bytes_);
  }
}

const std::byte* RowEncoder::stored(const std::byte* row) {
  if (header_.bit_depth == 8) return row;
  std::byte* to = scratch_[above_ == scratch_[0].data() ? 1 : 0].data();
  if (header_.bit_depth == 16) {
    swap_samples(row, width_ * header_.samples(), to);
  } else {
    pack_samples(row, width_, header_.bit_depth, header_.color_type == ColorType::gray, to);
  }
  return to;
}

void RowEncoder::set_above(const std::byte* row) { above_ = row == nullptr ? nullptr : stored(row); }

Result<void> RowEncoder::add(const std::byte* row) {
  if (filled_ == filtered_.size()) ECE465_TRY(compress(false));
  const std::byte* const now = stored(row);
  filter_.apply(now, above_, filtered_.data() + filled_);
  filled_ += row_bytes_ + 1;
  above_ = now;
  return {};
}

Result<void> RowEncoder::compress(bool last) {
  const Bytes rows = filtered_.span().first(filled_);
  ECE465_TRY(deflate_part(rows, last, compressed_));
  part_.bytes.insert(part_.bytes.end(), compressed_.begin(), compressed_.end());
  part_.checksum = adler_joined(part_.checksum, adler(rows), rows.size());
  part_.raw_bytes += rows.size();
  filled_ = 0;
  return {};
}

Result<RowEncoder::Part> RowEncoder::finish_part(bool last) {
  ECE465_TRY(compress(last));
  return std::exchange(part_, {});
}

Result<void> ImageStream::add(std::size_t index, RowEncoder::Part part) {
  const std::scoped_lock lock(mutex_);
  assert(index >= next_ && index < parts_);
  waiting_.emplace(index, std::move(part));
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    ECE465_TRY(write(first->second));
    waiting_.erase(first);
    ++next_;
  }
  return {};
}

Result<void> ImageStream::write(RowEncoder::Part& part) {
  checksum_ = adler_joined(checksum_, part.checksum, part.raw_bytes);
  if (next_ == 0) {
    const auto head = zlib_head();
    part.bytes.insert(part.bytes.begin(), head.begin(), head.end());
  }
  if (next_ + 1 == parts_) {
    std::array<std::byte, 4> tail{};
    store(tail.data(), checksum_, std::endian::big);
    part.bytes.insert(part.bytes.end(), tail.begin(), tail.end());
  }
  return output_.append_chunk(name("IDAT"), part.bytes);
}

}  // namespace ece465::image::png
