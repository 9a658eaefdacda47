#pragma once

#include <cstdint>

#include "ece465/base/bytes.hpp"

/// Copying samples between planes and pixels, and padding.

namespace ece465::image::tiff {

/// Reverses the bits of every byte (FillOrder 2), in place.
void reverse_bits(MutableBytes bytes);

/// Copies a row of `width` samples of one plane into a row of pixels: to every `samples`th sample from `pixels` on.
/// `sample_bytes`: 1 or 2.
void scatter_plane(const std::byte* plane, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                   std::byte* pixels);
/// The reverse.
void gather_plane(const std::byte* pixels, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                  std::byte* plane);

/// Fills `rows` rows of `stride` bytes beyond `width` pixels and `height` rows by repeating the last pixel and row, so
/// that padding compresses well and does not distort the image's edges.
void pad_edges(std::byte* pixels, std::size_t width, std::size_t height, std::size_t pixel_bytes, std::size_t stride,
               std::size_t rows);

}  // namespace ece465::image::tiff
