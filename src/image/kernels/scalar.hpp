#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

/// The kernels one sample at a time: the definition that every vector version must match byte for byte. These also
/// process the remainder when pixels do not fill a vector.

namespace ece465::image::kernels {

/// BT.601 full-range luma with libjpeg's integer coefficients, 65536 times 0.299, 0.587 and 0.114; halves are rounded
/// up. Also valid for 16-bit samples: 65535 * 65536 + 32768 fits 32 bits.
[[nodiscard]] inline std::uint32_t luma(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
}

/// A 16-bit level at 8 bits: `round(v * 255 / 65535)`.
[[nodiscard]] inline std::uint32_t narrowed(std::uint32_t v) { return (v * 255 + 32767) / 65535; }

/// `color + (to - from)`, clamped to the range of T.
template <class T>
[[nodiscard]] T shifted(T color, std::int32_t from, std::int32_t to) {
  return static_cast<T>(std::clamp<std::int32_t>(color + (to - from), 0, std::numeric_limits<T>::max()));
}

namespace scalar {

template <class T>
void map(T* pixels, std::size_t n, std::size_t samples, std::size_t colors, const T* tables) {
  for (T* const end = pixels + n * samples; pixels != end; pixels += samples) {
    for (std::size_t c = 0; c < colors; ++c) pixels[c] = tables[(c << (8 * sizeof(T))) + pixels[c]];
  }
}

template <class T>
void luma(const T* pixels, std::size_t n, std::size_t samples, T* out) {
  for (std::size_t i = 0; i < n; ++i, pixels += samples) {
    out[i] = static_cast<T>(kernels::luma(pixels[0], pixels[1], pixels[2]));
  }
}

template <class T>
void shift_luma(T* pixels, std::size_t n, std::size_t samples, const T* table) {
  for (T* const end = pixels + n * samples; pixels != end; pixels += samples) {
    const std::uint32_t y = kernels::luma(pixels[0], pixels[1], pixels[2]);
    for (std::size_t c = 0; c < 3; ++c) pixels[c] = shifted(pixels[c], static_cast<std::int32_t>(y), table[y]);
  }
}

template <class T>
void shift_to(T* pixels, std::size_t n, std::size_t samples, const T* lumas) {
  for (std::size_t i = 0; i < n; ++i, pixels += samples) {
    const auto y = static_cast<std::int32_t>(kernels::luma(pixels[0], pixels[1], pixels[2]));
    for (std::size_t c = 0; c < 3; ++c) pixels[c] = shifted(pixels[c], y, lumas[i]);
  }
}

template <class T>
void split(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* planes,
           std::size_t plane_stride) {
  for (std::size_t i = 0; i < n; ++i, pixels += samples) {
    for (std::size_t c = 0; c < colors; ++c) planes[c * plane_stride + i] = pixels[c];
  }
}

template <class T>
void pick_colors(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* out) {
  for (std::size_t i = 0; i < n; ++i, pixels += samples) out = std::copy_n(pixels, colors, out);
}

inline void narrow(const std::uint16_t* samples, std::size_t n, std::uint8_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(narrowed(samples[i]));
}

inline void swap_bytes(std::uint16_t* samples, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    samples[i] = static_cast<std::uint16_t>(samples[i] << 8 | samples[i] >> 8);
  }
}

}  // namespace scalar
}  // namespace ece465::image::kernels
