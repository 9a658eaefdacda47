#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

/// The inner loops, on contiguous interleaved pixels: `n` pixels of `samples` samples each, of which the first
/// `colors` (1 or 3) are colours. scalar.hpp defines what each one does; simd.cpp does the
/// same faster, once per instruction set. Counting levels is in kernels_count.hpp.

namespace ece465::image::kernels {

/// How many levels a sample of type T can have.
template <class T>
constexpr std::size_t kLevels = std::size_t{1} << (8 * sizeof(T));

/// The loops that exist for both sample types, std::uint8_t and std::uint16_t.
template <class T>
struct SampleKernels {
  /// Replaces each colour by its entry in its colour's table; `tables`: one after the other, kLevels<T> each.
  void (*map)(T* pixels, std::size_t n, std::size_t samples, std::size_t colors, const T* tables);
  /// Writes the luma of each colour pixel to `out`, densely.
  void (*luma)(const T* pixels, std::size_t n, std::size_t samples, T* out);
  /// Moves the luma Y of each colour pixel to `table[Y]`: adds the difference to its three colours, clamped.
  void (*shift_luma)(T* pixels, std::size_t n, std::size_t samples, const T* table);
  /// Moves the luma Y of each colour pixel to that pixel's `lumas`, likewise.
  void (*shift_to)(T* pixels, std::size_t n, std::size_t samples, const T* lumas);
  /// Copies each colour to a plane of its own: the first at `planes`, the others `plane_stride` samples apart.
  void (*split)(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* planes,
                std::size_t plane_stride);
  /// Copies the colours of each pixel to `out`, densely.
  void (*pick_colors)(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* out);
};

/// One instruction set's loops.
struct Kernels {
  std::string_view name;
  SampleKernels<std::uint8_t> bytes;
  SampleKernels<std::uint16_t> words;
  /// Rounds 16-bit samples to 8 bits.
  void (*narrow)(const std::uint16_t* samples, std::size_t n, std::uint8_t* out);
  /// Exchanges the two bytes of every sample: from the other byte order to this machine's, or back.
  void (*swap_bytes)(std::uint16_t* samples, std::size_t n);

  /// The loops for samples of type T.
  template <class T>
  [[nodiscard]] const SampleKernels<T>& of() const {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      return bytes;
    } else {
      return words;
    }
  }
};

/// The ones to use: the best, or what `choose_kernels` said.
[[nodiscard]] const Kernels& current();
/// Those that this CPU can run, best first; the scalar definitions are the last.
[[nodiscard]] const std::vector<Kernels>& available();
/// Those of them that use vectors, by Highway's names.
[[nodiscard]] std::vector<Kernels> vector_kernels();

}  // namespace ece465::image::kernels
