#pragma once

#include <cstdint>

#include "ece465/base/bytes.hpp"

/// Moving samples about without changing them.

namespace ece465::image::tiff {

/// Mirrors the bits of every byte (FillOrder 2), in place.
void reverse_bits(MutableBytes bytes);

/// Copies one plane's row of `width` samples of `sample_bytes` (1 or 2) to where its samples are in a row of pixels:
/// from `pixels` on, every `samples` samples.
void spread_plane(const std::byte* plane, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                  std::byte* pixels);
/// The reverse.
void gather_plane(const std::byte* pixels, std::size_t width, std::size_t sample_bytes, std::size_t samples,
                  std::byte* plane);

/// Fills what lies beyond `width` pixels and `height` rows by repeating the last pixel and row, so that padding
/// compresses well and does not bleed into the picture. `rows` rows of `stride` bytes.
void pad_edges(std::byte* pixels, std::size_t width, std::size_t height, std::size_t pixel_bytes, std::size_t stride,
               std::size_t rows);

}  // namespace ece465::image::tiff
