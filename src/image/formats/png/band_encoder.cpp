#include "band_encoder.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "deflate.hpp"
#include "filter.hpp"
#include "kernels/kernels.hpp"

namespace ece465::image::png {
namespace {

void swap_to_big_endian(std::byte* samples, std::size_t n) {
  if constexpr (std::endian::native == std::endian::little) {
    kernels::current().swap_bytes(reinterpret_cast<std::uint16_t*>(samples), n);
  }
}

/// Packs samples of one byte each into `bits` per sample, the first in the highest bits. Gray levels keep their upper
/// bits, palette indices the lower ones.
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

BandEncoder::BandEncoder(const Header& header, std::uint32_t width)
    : header_(header),
      width_(width),
      row_bytes_(static_cast<std::size_t>(header.row_bytes(width))),
      rows_per_band_(rows_per_band(row_bytes_, header.height)),
      stored_(row_bytes_ * rows_per_band_),
      filtered_((row_bytes_ + 1) * rows_per_band_) {}

void BandEncoder::store_row(const std::byte* row, std::byte* to) const {
  if (header_.bit_depth < 8) {
    pack_samples(row, width_, header_.bit_depth, header_.color_type == ColorType::gray, to);
    return;
  }
  std::memcpy(to, row, row_bytes_);
  if (header_.bit_depth == 16) swap_to_big_endian(to, row_bytes_ / 2);
}

Result<void> BandEncoder::add(const std::byte* row) {
  if (rows_ == rows_per_band_) ECE465_TRY(compress(false));
  store_row(row, stored_.data() + rows_++ * row_bytes_);
  return {};
}

Result<void> BandEncoder::compress(bool last) {
  // Palette indices and packed bits are not magnitudes: neighbours do not predict them.
  const bool magnitudes = header_.color_type != ColorType::palette && header_.bit_depth >= 8;
  const StoredRows rows{.data = stored_.data(),
                        .row_bytes = row_bytes_,
                        .step = std::max<std::size_t>(1, header_.samples() * header_.bit_depth / 8),
                        .count = rows_};
  const Bytes raw = stored_.span().first(row_bytes_ * rows_);
  const Filter filter = magnitudes ? choose_filter(rows) : Filter::none;
  const MutableBytes filtered = filtered_.span().first((row_bytes_ + 1) * rows_);
  filter_rows(rows, filter, filtered.data());
  deflate_runs(filtered, last, by_runs_);
  const Buffer* smaller = &by_runs_;
  // Drawings and screenshots consist of repeated strings, and compress best unfiltered. If much but not all is
  // repeated, level 6 takes five times as long as level 4 to save a tenth of the size.
  const unsigned repeated = percent_repeated(raw);
  if (repeated >= 50 || !magnitudes) {
    if (filter != Filter::none) filter_rows(rows, Filter::none, filtered.data());
    ECE465_TRY(deflate_matches(filtered, repeated >= 90 || !magnitudes ? 6 : 4, last, by_matches_));
    if (by_matches_.size() < by_runs_.size()) {
      smaller = &by_matches_;
    } else if (filter != Filter::none) {
      filter_rows(rows, filter, filtered.data());  // restored for the checksum
    }
  }
  const auto chosen = smaller->span();
  part_.bytes.insert(part_.bytes.end(), chosen.begin(), chosen.end());
  const uLong checksum = adler32_z(1, reinterpret_cast<const Bytef*>(filtered.data()), filtered.size());
  part_.checksum = combined_checksum(part_.checksum, static_cast<std::uint32_t>(checksum), filtered.size());
  part_.raw_bytes += filtered.size();
  rows_ = 0;
  return {};
}

Result<Part> BandEncoder::finish_part(bool last) {
  ECE465_TRY(compress(last));
  return std::exchange(part_, {});
}

std::uint32_t combined_checksum(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) {
  return static_cast<std::uint32_t>(adler32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace ece465::image::png
