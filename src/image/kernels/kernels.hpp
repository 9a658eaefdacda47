#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

/// The inner loops. They process contiguous interleaved pixels: `n` pixels of `samples` samples each, of which the
/// first `colors` (1 or 3) are colours. scalar.hpp defines what each loop does; simd.cpp does the same faster, once per
/// instruction set. Counting is in level_counter.hpp.

namespace ece465::image::kernels {

/// The number of levels of a sample of type T.
template <class T>
constexpr std::size_t kLevels = std::size_t{1} << (8 * sizeof(T));

/// The loops that exist for both sample types, std::uint8_t and std::uint16_t.
template <class T>
struct SampleKernels {
  /// Replaces each sample of each colour by its entry in that colour's table. `tables`: kLevels<T> entries per colour.
  void (*map)(T* pixels, std::size_t n, std::size_t samples, std::size_t colors, const T* tables);
  /// Writes the luma of each colour pixel to `out`.
  void (*luma)(const T* pixels, std::size_t n, std::size_t samples, T* out);
  /// Changes the luma Y of each colour pixel to `table[Y]` by adding the difference to its three colours, clamped.
  void (*shift_luma)(T* pixels, std::size_t n, std::size_t samples, const T* table);
  /// Changes the luma of each colour pixel to the pixel's value in `lumas`, likewise.
  void (*shift_to)(T* pixels, std::size_t n, std::size_t samples, const T* lumas);
  /// Copies each colour to a separate plane: the first at `planes`, the others `plane_stride` samples apart.
  void (*split)(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* planes,
                std::size_t plane_stride);
  /// Copies the colours of each pixel to `out`, without the extras.
  void (*pick_colors)(const T* pixels, std::size_t n, std::size_t samples, std::size_t colors, T* out);
};

/// One instruction set's loops.
struct Kernels {
  std::string_view name;
  SampleKernels<std::uint8_t> bytes;
  SampleKernels<std::uint16_t> words;
  /// Rounds 16-bit samples to 8 bits.
  void (*narrow)(const std::uint16_t* samples, std::size_t n, std::uint8_t* out);
  /// Swaps the two bytes of every sample.
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

/// The kernels in use: the best, or those set by `choose_kernels`.
[[nodiscard]] const Kernels& current();
/// The kernels that this CPU can run, best first; the scalar ones are last.
[[nodiscard]] const std::vector<Kernels>& available();
/// Those that use vectors, named as in Highway.
[[nodiscard]] std::vector<Kernels> vector_kernels();

}  // namespace ece465::image::kernels
