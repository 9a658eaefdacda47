/// The kernels, once per instruction set: Highway's foreach_target.hpp includes this file repeatedly, each time with
/// HWY_NAMESPACE and the vector types of another one. The scalar loops process the rest of a run, less than a vector.

#if defined(__x86_64__)
#define HWY_WANT_AVX3_DL 1  // AVX-512 with byte permutes (VBMI): Ice Lake, Zen 4 and later
#else
#define HWY_COMPILE_ONLY_STATIC 1  // other architectures: only the vectors of their baseline
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include <bit>
#include <cstring>

#include "kernels.hpp"
#include "scalar.hpp"

// Without byte shuffles vectors are not faster; such CPUs use the scalar kernels.
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || (HWY_ARCH_X86 && HWY_TARGET > HWY_SSSE3)
#define ECE465_VECTORS 0
#else
#define ECE465_VECTORS 1
#endif
#define ECE465_VBMI (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL)

HWY_BEFORE_NAMESPACE();
namespace ece465::image::kernels {
namespace HWY_NAMESPACE {
#if ECE465_VECTORS

namespace hn = hwy::HWY_NAMESPACE;
using std::size_t;

template <class T>
using Vectors = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Vectors<T>>;
constexpr Vectors<std::uint8_t> kBytes;
constexpr Vectors<std::uint16_t> kWords;

// ---- Bytes through a table of 256 bytes

/// A table in the form that `look_up` needs.
class ByteTable {
 public:
  explicit ByteTable(const std::uint8_t* table) {
    for (size_t i = 0; i < 256; ++i) {
      const bool starts_half = i % 128 < 16;
      steps_[i] = static_cast<std::uint8_t>(kSteps && !starts_half ? table[i] ^ table[i - 16] : table[i]);
    }
  }

#if ECE465_VBMI
  /// One permute looks up 128 entries by the index's lower seven bits; the eighth chooses between two results.
  HWY_INLINE Vector<std::uint8_t> look_up(Vector<std::uint8_t> v) const {
    const auto quarter = [this](int i) HWY_ATTR { return hn::LoadU(kBytes, steps_ + 64 * i).raw; };
    const __m512i lower = _mm512_permutex2var_epi8(quarter(0), v.raw, quarter(1));
    const __m512i upper = _mm512_permutex2var_epi8(quarter(2), v.raw, quarter(3));
    return Vector<std::uint8_t>{_mm512_mask_mov_epi8(lower, _mm512_movepi8_mask(v.raw), upper)};
  }
#elif HWY_ARCH_X86
  /// pshufb looks up 16 bytes by the index's low four bits, and returns 0 if its top bit is set. The index is decreased
  /// by 16 from one part of the table to the next and becomes negative after its own part. Up to then one entry of
  /// every part is found; they cancel out because each part is stored as the difference (xor) from the previous one.
  /// This takes three operations per part; comparing takes four.
  HWY_INLINE Vector<std::uint8_t> look_up(Vector<std::uint8_t> v) const {
    const Vectors<std::int8_t> signed_bytes;
    auto low = hn::BitCast(signed_bytes, v);
    auto high = hn::BitCast(signed_bytes, hn::Xor(v, hn::Set(kBytes, 0x80)));
    const auto part = [this, signed_bytes](size_t i)
                          HWY_ATTR { return hn::BitCast(signed_bytes, hn::LoadDup128(kBytes, steps_ + 16 * i)); };
    auto sum = hn::Or(hn::TableLookupBytesOr0(part(0), low), hn::TableLookupBytesOr0(part(8), high));
    const auto step = hn::Set(signed_bytes, 16);
    for (size_t i = 1; i < 8; ++i) {
      low = hn::SaturatedSub(low, step);
      high = hn::SaturatedSub(high, step);
      sum = hn::Xor(sum, hn::Xor(hn::TableLookupBytesOr0(part(i), low), hn::TableLookupBytesOr0(part(8 + i), high)));
    }
    return hn::BitCast(kBytes, sum);
  }
#else
  /// Sixteen lookups in 16 entries each; the upper half of the index selects the result.
  HWY_INLINE Vector<std::uint8_t> look_up(Vector<std::uint8_t> v) const {
    const auto within = hn::And(v, hn::Set(kBytes, 15));
    const auto which = hn::BitCast(kBytes, hn::ShiftRight<4>(hn::And(hn::BitCast(kWords, v), hn::Set(kWords, 0xF0F0))));
    auto found = hn::Zero(kBytes);
    for (std::uint8_t i = 0; i < 16; ++i) {
      const auto part = hn::LoadDup128(kBytes, steps_ + 16 * i);
      const auto here = hn::Eq(which, hn::Set(kBytes, i));
      found = hn::Or(found, hn::IfThenElseZero(here, hn::TableLookupBytes(part, within)));
    }
    return found;
  }
#endif

 private:
  static constexpr bool kSteps = HWY_ARCH_X86 && !ECE465_VBMI;
  alignas(64) std::uint8_t steps_[256];
};

// ---- Interleaved pixels from and to one vector per sample

template <size_t kSamples, class T>
HWY_INLINE void load_pixels(const T* from, Vector<T>& a, Vector<T>& b, Vector<T>& c, Vector<T>& d) {
  if constexpr (kSamples == 1) a = hn::LoadU(Vectors<T>(), from);
  if constexpr (kSamples == 2) hn::LoadInterleaved2(Vectors<T>(), from, a, b);
  if constexpr (kSamples == 3) hn::LoadInterleaved3(Vectors<T>(), from, a, b, c);
  if constexpr (kSamples == 4) hn::LoadInterleaved4(Vectors<T>(), from, a, b, c, d);
}

template <size_t kSamples, class T>
HWY_INLINE void store_pixels(Vector<T> a, Vector<T> b, Vector<T> c, Vector<T> d, T* to) {
  if constexpr (kSamples == 1) hn::StoreU(a, Vectors<T>(), to);
  if constexpr (kSamples == 2) hn::StoreInterleaved2(a, b, Vectors<T>(), to);
  if constexpr (kSamples == 3) hn::StoreInterleaved3(a, b, c, Vectors<T>(), to);
  if constexpr (kSamples == 4) hn::StoreInterleaved4(a, b, c, d, Vectors<T>(), to);
}

// ---- Maps

template <size_t kSamples, size_t kColors>
void map_bytes_as(std::uint8_t* pixels, size_t n, const std::uint8_t* tables) {
  const ByteTable first(tables), second(tables + (kColors > 1 ? 256 : 0)), third(tables + (kColors > 2 ? 512 : 0));
  const size_t step = hn::Lanes(kBytes);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    std::uint8_t* const at = pixels + i * kSamples;
    Vector<std::uint8_t> a, b, c, d;
    load_pixels<kSamples>(at, a, b, c, d);
    a = first.look_up(a);
    if constexpr (kColors > 1) b = second.look_up(b);
    if constexpr (kColors > 2) c = third.look_up(c);
    store_pixels<kSamples>(a, b, c, d, at);
  }
  scalar::map(pixels + i * kSamples, n - i, kSamples, kColors, tables);
}

void map_bytes(std::uint8_t* pixels, size_t n, size_t samples, size_t colors, const std::uint8_t* tables) {
  constexpr size_t kMinPixels = 256;  // below, preparing the table costs more than it saves
  if (n < kMinPixels) return scalar::map(pixels, n, samples, colors, tables);
  if (samples == 1 && colors == 1) return map_bytes_as<1, 1>(pixels, n, tables);
  if (samples == 2 && colors == 1) return map_bytes_as<2, 1>(pixels, n, tables);
  if (samples == 3 && colors == 3) return map_bytes_as<3, 3>(pixels, n, tables);
  if (samples == 4 && colors == 3) return map_bytes_as<4, 3>(pixels, n, tables);
  scalar::map(pixels, n, samples, colors, tables);
}

/// A table of 65,536 words is too large for shuffles, and gathers are slower than loads. Reading four samples in one
/// load leaves the load ports to the table.
void map_words(std::uint16_t* pixels, size_t n, size_t samples, size_t colors, const std::uint16_t* tables) {
  if (samples == 3 && colors == 3) return scalar::map(pixels, n, 3, 3, tables);
  if (samples == 4 && colors == 3) return scalar::map(pixels, n, 4, 3, tables);
  if (samples != 1) return scalar::map(pixels, n, samples, colors, tables);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    std::uint64_t four;
    std::memcpy(&four, pixels + i, sizeof four);
    const auto level = [four](int k) { return static_cast<std::uint16_t>(four >> (16 * k)); };
    constexpr int kFirst = std::endian::native == std::endian::little ? 0 : 3;
    for (int k = 0; k < 4; ++k) pixels[i + static_cast<size_t>(k)] = tables[level(k ^ kFirst)];
  }
  scalar::map(pixels + i, n - i, 1, 1, tables);
}

// ---- Luma

/// `19595 r + 38470 g + 7471 b + 32768` equals `256 h + l + 32768` with `h = 76 r + 150 g + 29 b` and
/// `l = 139 r + 70 g + 47 b`. Both fit 16 bits, and so does `h + (l >> 8) + 128`, whose upper byte is the luma.
/// Returns this sum for bytes in 16-bit lanes.
HWY_INLINE Vector<std::uint16_t> luma_sum(Vector<std::uint16_t> r, Vector<std::uint16_t> g, Vector<std::uint16_t> b) {
  const auto weighted = [&](std::uint16_t of_r, std::uint16_t of_g, std::uint16_t of_b) HWY_ATTR {
    return hn::Add(hn::Add(hn::Mul(r, hn::Set(kWords, of_r)), hn::Mul(g, hn::Set(kWords, of_g))),
                   hn::Mul(b, hn::Set(kWords, of_b)));
  };
  const auto low = hn::ShiftRight<8>(weighted(139, 70, 47));
  return hn::Add(hn::Add(weighted(76, 150, 29), low), hn::Set(kWords, 128));
}

/// Processes even and odd bytes separately, so that 16-bit lanes hold one sample each.
HWY_INLINE Vector<std::uint8_t> luma_of(Vector<std::uint8_t> r, Vector<std::uint8_t> g, Vector<std::uint8_t> b) {
  const auto low_byte = hn::Set(kWords, 0x00FF);
  const auto even = [&](Vector<std::uint8_t> v) HWY_ATTR { return hn::And(hn::BitCast(kWords, v), low_byte); };
  const auto odd = [&](Vector<std::uint8_t> v) HWY_ATTR { return hn::ShiftRight<8>(hn::BitCast(kWords, v)); };
  const auto evens = hn::ShiftRight<8>(luma_sum(even(r), even(g), even(b)));
  const auto odds = hn::AndNot(low_byte, luma_sum(odd(r), odd(g), odd(b)));
  return hn::BitCast(kBytes, hn::Or(evens, odds));
}

/// The sum of the upper halves of the three products and the carries of the lower halves and of rounding.
HWY_INLINE Vector<std::uint16_t> luma_of(Vector<std::uint16_t> r, Vector<std::uint16_t> g, Vector<std::uint16_t> b) {
  const auto of_r = hn::Set(kWords, 19595), of_g = hn::Set(kWords, 38470), of_b = hn::Set(kWords, 7471);
  const auto upper = hn::Add(hn::Add(hn::MulHigh(r, of_r), hn::MulHigh(g, of_g)), hn::MulHigh(b, of_b));
  const auto low_r = hn::Mul(r, of_r), low_b = hn::Mul(b, of_b);
  const auto low_rg = hn::Add(low_r, hn::Mul(g, of_g));
  const auto low = hn::Add(low_rg, low_b);
  const auto carry = [](Vector<std::uint16_t> sum, Vector<std::uint16_t> part)
                         HWY_ATTR { return hn::VecFromMask(kWords, hn::Lt(sum, part)); };  // -1 or 0
  const auto carried = hn::Sub(hn::Sub(upper, carry(low_rg, low_r)), carry(low, low_b));
  return hn::Add(carried, hn::ShiftRight<15>(low));
}

template <size_t kSamples, class T>
void luma_as(const T* pixels, size_t n, T* out) {
  const size_t step = hn::Lanes(Vectors<T>());
  size_t i = 0;
  for (; i + step <= n; i += step) {
    Vector<T> r, g, b, extra;
    load_pixels<kSamples>(pixels + i * kSamples, r, g, b, extra);
    hn::StoreU(luma_of(r, g, b), Vectors<T>(), out + i);
  }
  scalar::luma(pixels + i * kSamples, n - i, kSamples, out + i);
}

template <class T>
void luma_pixels(const T* pixels, size_t n, size_t samples, T* out) {
  if (samples == 3) return luma_as<3>(pixels, n, out);
  if (samples == 4) return luma_as<4>(pixels, n, out);
  scalar::luma(pixels, n, samples, out);
}

/// `color + (to - from)`, clamped: one of the two saturated differences is 0.
template <class V>
HWY_INLINE V shifted(V color, V from, V to) {
  return hn::SaturatedSub(hn::SaturatedAdd(color, hn::SaturatedSub(to, from)), hn::SaturatedSub(from, to));
}

template <size_t kSamples>
void shift_bytes_as(std::uint8_t* pixels, size_t n, const std::uint8_t* table) {
  const ByteTable levels(table);
  const size_t step = hn::Lanes(kBytes);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    std::uint8_t* const at = pixels + i * kSamples;
    Vector<std::uint8_t> r, g, b, extra;
    load_pixels<kSamples>(at, r, g, b, extra);
    const auto from = luma_of(r, g, b);
    const auto to = levels.look_up(from);
    store_pixels<kSamples>(shifted(r, from, to), shifted(g, from, to), shifted(b, from, to), extra, at);
  }
  scalar::shift_luma(pixels + i * kSamples, n - i, kSamples, table);
}

template <size_t kSamples>
void shift_words_as(std::uint16_t* pixels, size_t n, const std::uint16_t* table) {
  constexpr size_t kChunk = 512;  // pixels at a time: their lumas go from vectors through the table to vectors
  std::uint16_t from[kChunk], to[kChunk];
  const size_t step = hn::Lanes(kWords);
  for (size_t first = 0; first < n; first += kChunk) {
    std::uint16_t* const chunk = pixels + first * kSamples;
    const size_t m = std::min(kChunk, n - first);
    luma_as<kSamples>(chunk, m, from);
    for (size_t i = 0; i < m; ++i) to[i] = table[from[i]];
    size_t i = 0;
    for (; i + step <= m; i += step) {
      std::uint16_t* const at = chunk + i * kSamples;
      const auto f = hn::LoadU(kWords, from + i), t = hn::LoadU(kWords, to + i);
      Vector<std::uint16_t> r, g, b, extra;
      load_pixels<kSamples>(at, r, g, b, extra);
      store_pixels<kSamples>(shifted(r, f, t), shifted(g, f, t), shifted(b, f, t), extra, at);
    }
    scalar::shift_luma(chunk + i * kSamples, m - i, kSamples, table);
  }
}

void shift_bytes(std::uint8_t* pixels, size_t n, size_t samples, const std::uint8_t* table) {
  if (samples == 3) return shift_bytes_as<3>(pixels, n, table);
  if (samples == 4) return shift_bytes_as<4>(pixels, n, table);
  scalar::shift_luma(pixels, n, samples, table);
}

void shift_words(std::uint16_t* pixels, size_t n, size_t samples, const std::uint16_t* table) {
  if (samples == 3) return shift_words_as<3>(pixels, n, table);
  if (samples == 4) return shift_words_as<4>(pixels, n, table);
  scalar::shift_luma(pixels, n, samples, table);
}

template <size_t kSamples, class T>
void shift_to_as(T* pixels, size_t n, const T* lumas) {
  const size_t step = hn::Lanes(Vectors<T>());
  size_t i = 0;
  for (; i + step <= n; i += step) {
    T* const at = pixels + i * kSamples;
    Vector<T> r, g, b, extra;
    load_pixels<kSamples>(at, r, g, b, extra);
    const auto from = luma_of(r, g, b), to = hn::LoadU(Vectors<T>(), lumas + i);
    store_pixels<kSamples>(shifted(r, from, to), shifted(g, from, to), shifted(b, from, to), extra, at);
  }
  scalar::shift_to(pixels + i * kSamples, n - i, kSamples, lumas + i);
}

template <class T>
void shift_to(T* pixels, size_t n, size_t samples, const T* lumas) {
  if (samples == 3) return shift_to_as<3>(pixels, n, lumas);
  if (samples == 4) return shift_to_as<4>(pixels, n, lumas);
  scalar::shift_to(pixels, n, samples, lumas);
}

// ---- Separating colours, removing extras

template <size_t kSamples, size_t kColors, class T>
void split_as(const T* pixels, size_t n, T* planes, size_t plane_stride) {
  const Vectors<T> vectors;
  const size_t step = hn::Lanes(vectors);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    Vector<T> a, b, c, d;
    load_pixels<kSamples>(pixels + i * kSamples, a, b, c, d);
    hn::StoreU(a, vectors, planes + i);
    if constexpr (kColors > 1) hn::StoreU(b, vectors, planes + plane_stride + i);
    if constexpr (kColors > 2) hn::StoreU(c, vectors, planes + 2 * plane_stride + i);
  }
  scalar::split(pixels + i * kSamples, n - i, kSamples, kColors, planes + i, plane_stride);
}

template <class T>
void split(const T* pixels, size_t n, size_t samples, size_t colors, T* planes, size_t plane_stride) {
  if (samples == 2 && colors == 1) return split_as<2, 1>(pixels, n, planes, plane_stride);
  if (samples == 3 && colors == 3) return split_as<3, 3>(pixels, n, planes, plane_stride);
  if (samples == 4 && colors == 3) return split_as<4, 3>(pixels, n, planes, plane_stride);
  scalar::split(pixels, n, samples, colors, planes, plane_stride);
}

template <class T>
void pick_colors(const T* pixels, size_t n, size_t samples, size_t colors, T* out) {
  if (samples == 2 && colors == 1) return split_as<2, 1>(pixels, n, out, 0);
  if (samples != 4 || colors != 3) return scalar::pick_colors(pixels, n, samples, colors, out);
  const size_t step = hn::Lanes(Vectors<T>());
  size_t i = 0;
  for (; i + step <= n; i += step) {
    Vector<T> r, g, b, extra;
    load_pixels<4>(pixels + i * 4, r, g, b, extra);
    store_pixels<3>(r, g, b, extra, out + i * 3);
  }
  scalar::pick_colors(pixels + i * 4, n - i, 4, 3, out + i * 3);
}

// ---- Depth and byte order

/// `round(v / 257)` is `(v - q + 128) >> 8` with `q = (v + 128) >> 8` for every 16-bit v (a test tries them all), also
/// if the sum in q saturates.
void narrow(const std::uint16_t* samples, size_t n, std::uint8_t* out) {
  const hn::Rebind<std::uint8_t, Vectors<std::uint16_t>> half_bytes;
  const hn::RebindToSigned<Vectors<std::uint16_t>> signed_words;
  const size_t step = hn::Lanes(kWords);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    const auto v = hn::LoadU(kWords, samples + i);
    const auto half = hn::Set(kWords, 128);
    const auto q = hn::ShiftRight<8>(hn::SaturatedAdd(v, half));
    const auto narrowed = hn::ShiftRight<8>(hn::Add(hn::Sub(v, q), half));
    hn::StoreU(hn::DemoteTo(half_bytes, hn::BitCast(signed_words, narrowed)), half_bytes, out + i);
  }
  scalar::narrow(samples + i, n - i, out + i);
}

void swap_bytes(std::uint16_t* samples, size_t n) {
  const size_t step = hn::Lanes(kWords);
  size_t i = 0;
  for (; i + step <= n; i += step) {
    const auto v = hn::LoadU(kWords, samples + i);
    hn::StoreU(hn::Or(hn::ShiftLeft<8>(v), hn::ShiftRight<8>(v)), kWords, samples + i);
  }
  scalar::swap_bytes(samples + i, n - i);
}

#endif  // ECE465_VECTORS

/// This instruction set's kernels; without a name if it has none.
Kernels make_kernels() {
#if ECE465_VECTORS
  return {.name = hwy::TargetName(HWY_TARGET),
          .bytes = {map_bytes, luma_pixels, shift_bytes, shift_to, split, pick_colors},
          .words = {map_words, luma_pixels, shift_words, shift_to, split, pick_colors},
          .narrow = narrow,
          .swap_bytes = swap_bytes};
#else
  return {};
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace ece465::image::kernels
HWY_AFTER_NAMESPACE();

#undef ECE465_VECTORS
#undef ECE465_VBMI

#if HWY_ONCE
namespace ece465::image::kernels {

/// Highway's own dispatch is in libhwy, which calibrates the CPU's timer when it is loaded: 4 ms in every run of the
/// program. So only the headers are used, and the choice is made here.
std::vector<Kernels> vector_kernels() {
  std::vector<Kernels> all;
#if HWY_ARCH_X86
  // A target's functions may only be called if the CPU supports all extensions in Highway's HWY_TARGET_STR.
  const auto add = [&](bool supported, Kernels (*make)()) {
    if (supported) all.push_back(make());
  };
  const bool ssse3 = __builtin_cpu_supports("ssse3");
  const bool sse4 = ssse3 && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
                    __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  const bool avx3_dl = avx3 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                       __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq") &&
                       __builtin_cpu_supports("vpclmulqdq");
  add(avx3_dl, N_AVX3_DL::make_kernels);
  add(avx3, N_AVX3::make_kernels);
  add(avx2, N_AVX2::make_kernels);
  add(sse4, N_SSE4::make_kernels);
  add(ssse3, N_SSSE3::make_kernels);
#else
  if (const Kernels kernels = HWY_STATIC_DISPATCH(make_kernels)(); !kernels.name.empty()) all.push_back(kernels);
#endif
  return all;
}

}  // namespace ece465::image::kernels
#endif
