#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <span>
#include <type_traits>

#include "ece465/image/pixels.hpp"
#include "kernels/kernels.hpp"
#include "kernels/scalar.hpp"

/// A block's pixels as typed runs of samples, and arithmetic of premultiplied colours: the basis of all code that
/// counts, maps or converts pixels.

namespace ece465::image {

/// A row as samples of type T. It is aligned: buffers come from operator new[], and strides are whole samples.
template <class T, class Byte>
auto samples_of(std::span<Byte> row) {
  using Sample = std::conditional_t<std::is_const_v<Byte>, const T, T>;
  return std::span(reinterpret_cast<Sample*>(row.data()), row.size() / sizeof(T));
}

/// Calls `f` with a value of the sample type for `bits`.
template <class F>
decltype(auto) with_sample_type(unsigned bits, F&& f) {
  assert(bits == 8 || bits == 16);
  return bits == 8 ? f(std::uint8_t{}) : f(std::uint16_t{});
}

/// Calls `f` with the block's pixels: all rows at once if they are contiguous, otherwise row by row.
template <class T, class B, class F>
void for_each_run(B& block, const PixelLayout& layout, F&& f) {
  const std::size_t row_bytes = block.width * layout.pixel_bytes();
  if (block.stride == row_bytes) {
    f(samples_of<T>(block.pixels.span().first(row_bytes * block.height)));
  } else {
    for (std::uint32_t y = 0; y < block.height; ++y) f(samples_of<T>(block.row(y, layout)));
  }
}

/// Calls `f` with pieces of a run, of at most `pixels` pixels with `samples` samples each.
template <class Run, class F>
void for_each_piece(Run run, std::size_t samples, std::size_t pixels, F&& f) {
  while (!run.empty()) {
    const auto piece = run.first(std::min(run.size(), pixels * samples));
    f(piece);
    run = run.subspan(piece.size());
  }
}

template <class T>
constexpr std::uint32_t kMax = std::uint32_t{T(~T{0})};

/// Divides a colour by its associated alpha. The colour of a fully transparent pixel is returned as stored.
template <class T>
std::uint32_t unpremultiplied(std::uint32_t value, std::uint32_t alpha) {
  if (alpha == 0 || alpha == kMax<T>) return value;
  return std::min(kMax<T>, (value * kMax<T> + alpha / 2) / alpha);
}

template <class T>
std::uint32_t premultiplied(std::uint32_t value, std::uint32_t alpha) {
  return (value * alpha + kMax<T> / 2) / kMax<T>;
}

template <class T>
T pixel_luma(const T* pixel, std::uint32_t alpha) {
  const auto color = [&](std::size_t c) { return unpremultiplied<T>(pixel[c], alpha); };
  return static_cast<T>(kernels::luma(color(0), color(1), color(2)));
}

/// Changes the luma of a premultiplied pixel from `from` to `to` by shifting its colours.
template <class T>
void shift_translucent(T* pixel, std::uint32_t alpha, std::size_t colors, T from, T to) {
  for (std::size_t c = 0; c < colors; ++c) {
    const auto color = static_cast<T>(unpremultiplied<T>(pixel[c], alpha));
    pixel[c] = static_cast<T>(premultiplied<T>(kernels::shifted(color, from, to), alpha));
  }
}

/// Whether colours must be divided by alpha: it is associated, and some pixel of the run is not opaque. Most runs of
/// most images are opaque, and take the fast path.
template <class T>
bool is_translucent(std::span<T> run, const PixelLayout& layout) {
  if (layout.alpha != Alpha::associated) return false;
  std::uint32_t all = kMax<std::remove_const_t<T>>;
  for (std::size_t i = layout.colors; i < run.size(); i += layout.samples()) all &= run[i];
  return all != kMax<std::remove_const_t<T>>;
}

/// Whether the one equalized plane is the luma of the colours.
inline bool uses_luma(const PixelLayout& layout, Channels channels) {
  return layout.colors == 3 && channels != Channels::each;
}

/// Pixels processed at a time, so that their separated planes (3 of 16 bits take 12 KiB) fit the L1 cache.
constexpr std::size_t kPiecePixels = 2048;

/// Writes the luma of every pixel of a colour run to `out`.
template <class T>
void luma_run(std::span<const T> run, const PixelLayout& layout, T* out) {
  const std::size_t samples = layout.samples();
  if (!is_translucent(run, layout)) {
    kernels::current().of<T>().luma(run.data(), run.size() / samples, samples, out);
    return;
  }
  for (std::size_t i = 0; i < run.size(); i += samples) {
    *out++ = pixel_luma(run.data() + i, run[i + layout.colors]);
  }
}

}  // namespace ece465::image
