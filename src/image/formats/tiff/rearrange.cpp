#include "rearrange.hpp"

#include <tiffio.h>

#include <algorithm>

namespace ece465::image::tiff {
namespace {

template <class Sample>
void scatter(const Sample* from, std::size_t width, std::size_t samples, Sample* to) {
  for (std::size_t x = 0; x < width; ++x) to[x * samples] = from[x];
}

template <class Sample>
void gather(const Sample* from, std::size_t width, std::size_t samples, Sample* to) {
  for (std::size_t x = 0; x < width; ++x) to[x] = from[x * samples];
}

/// Calls `f` with the pointers as pointers to samples.
template <class F>
void as_samples(const std::byte* from, std::byte* to, std::size_t sample_bytes, F&& f) {
  if (sample_bytes == 1) {
    f(reinterpret_cast<const std::uint8_t*>(from), reinterpret_cast<std::uint8_t*>(to));
  } else {
    f(reinterpret_cast<const std::uint16_t*>(from), reinterpret_cast<std::uint16_t*>(to));
  }
}

}  // namespace

void reverse_bits(MutableBytes bytes) {
  TIFFReverseBits(reinterpret_cast<std::uint8_t*>(bytes.data()), static_cast<tmsize_t>(bytes.size()));
}

void scatter_plane(const std::byte* plane, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                   std::byte* pixels) {
  as_samples(plane, pixels, sample_bytes, [&](const auto* from, auto* to) { scatter(from, width, samples, to); });
}

void gather_plane(const std::byte* pixels, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                  std::byte* plane) {
  as_samples(pixels, plane, sample_bytes, [&](const auto* from, auto* to) { gather(from, width, samples, to); });
}

void pad_edges(std::byte* pixels, std::size_t width, std::size_t height, std::size_t pixel_bytes, std::size_t stride,
               std::size_t rows) {
  const std::size_t used = width * pixel_bytes;
  if (used < stride) {
    for (std::size_t y = 0; y < height; ++y) {
      std::byte* row = pixels + y * stride;
      for (std::size_t x = used; x < stride; x += pixel_bytes) std::copy_n(row + x - pixel_bytes, pixel_bytes, row + x);
    }
  }
  for (std::size_t y = height; y < rows; ++y) std::copy_n(pixels + (y - 1) * stride, stride, pixels + y * stride);
}

}  // namespace ece465::image::tiff
