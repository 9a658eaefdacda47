#include "kernels/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "ece465/image/kernel_choice.hpp"
#include "kernels/scalar.hpp"

using namespace ece465;
using namespace ece465::image;
using kernels::Kernels;

namespace {

constexpr std::size_t kAlignments = 64;  // bytes: a cache line, and the widest vector
constexpr std::size_t kGuard = 64;       // samples before and after, which must not change

/// Reproducible noise.
template <class T>
std::vector<T> noise(std::size_t n, std::uint32_t seed) {
  std::minstd_rand random(seed + 1);
  std::vector<T> samples(n);
  for (T& v : samples) v = static_cast<T>(random() >> 7);
  return samples;
}

/// Lengths in pixels and alignments in samples: every length of up to a few vectors, with changing alignments; every
/// alignment, with lengths close to a vector's; some longer ones.
template <class T>
std::vector<std::pair<std::size_t, std::size_t>> lengths_and_alignments() {
  constexpr std::size_t alignments = kAlignments / sizeof(T);
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t n = 0; n <= 320; ++n) all.emplace_back(n, n * 7 % alignments);
  for (std::size_t a = 0; a < alignments; ++a) {
    for (const std::size_t n : {1U, 15U, 33U, 64U, 65U, 127U, 300U}) all.emplace_back(n, a);
  }
  for (const std::size_t n : {1000U, 4096U, 5003U}) all.emplace_back(n, n % 5);
  return all;
}

/// `n` samples at a given alignment, with guards before and after.
template <class T>
class Field {
 public:
  Field(std::size_t n, std::size_t alignment, std::uint32_t seed) : memory_(noise<T>(n + 2 * kGuard + 64, seed)) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data() + kGuard);
    const std::size_t to_line = (kAlignments - address % kAlignments) % kAlignments / sizeof(T);
    start_ = kGuard + (to_line + alignment) % (kAlignments / sizeof(T));
  }
  [[nodiscard]] T* data() { return memory_.data() + start_; }
  /// All memory, guards included.
  [[nodiscard]] const std::vector<T>& all() const { return memory_; }

 private:
  std::vector<T> memory_;
  std::size_t start_ = 0;
};

/// Runs `f(kernels, n, in, out)` with vector kernels and with the scalar ones on equal memory, and compares all of it.
/// `per_in`, `per_out`: samples per pixel of input and output.
template <class In, class Out, class F>
void compare(std::size_t per_in, std::size_t per_out, F&& f) {
  const Kernels& scalar = kernels::available().back();
  for (const Kernels& vectors : kernels::available()) {
    std::size_t wrong = 0;
    std::uint32_t seed = 0;
    for (const auto& [n, alignment] : lengths_and_alignments<In>()) {
      ++seed;
      Field<In> in(n * per_in, alignment, seed), expected_in = in;
      Field<Out> out(n * per_out, alignment % (kAlignments / sizeof(Out)), seed + 1), expected_out = out;
      f(vectors, n, in.data(), out.data());
      f(scalar, n, expected_in.data(), expected_out.data());
      const bool same = in.all() == expected_in.all() && out.all() == expected_out.all();
      if (!same && ++wrong <= 3) FAIL_CHECK(vectors.name, " differs from scalar: n=", n, " alignment=", alignment);
    }
  }
}

struct Shape {
  std::size_t samples, colors;
};
/// Those with a specialized loop, and some without.
constexpr Shape kShapes[] = {{1, 1}, {2, 1}, {3, 3}, {4, 3}, {3, 1}, {5, 3}};

}  // namespace

TEST_SUITE("kernels") {
  TEST_CASE_TEMPLATE("map agrees with scalar", T, std::uint8_t, std::uint16_t) {
    const auto tables = noise<T>(3 * kernels::kLevels<T>, 99);
    for (const auto [samples, colors] : kShapes) {
      CAPTURE(samples);
      compare<T, T>(samples, 0, [&](const Kernels& k, std::size_t n, T* pixels, T*) {
        k.of<T>().map(pixels, n, samples, colors, tables.data());
      });
    }
  }

  TEST_CASE_TEMPLATE("luma agrees with scalar", T, std::uint8_t, std::uint16_t) {
    for (const std::size_t samples : {3U, 4U, 5U}) {
      CAPTURE(samples);
      compare<T, T>(samples, 1, [&](const Kernels& k, std::size_t n, const T* pixels, T* out) {
        k.of<T>().luma(pixels, n, samples, out);
      });
    }
  }

  TEST_CASE_TEMPLATE("luma is exact at the ends of the range and at rounding points", T, std::uint8_t, std::uint16_t) {
    constexpr unsigned top = std::numeric_limits<T>::max();
    std::vector<T> levels;
    for (const unsigned v : {0U, 1U, 2U, 127U, 128U, 129U, 254U, 255U}) {
      for (const unsigned w : {v, v * 257, top - v, v << 8}) levels.push_back(static_cast<T>(w));
    }
    std::vector<T> pixels;
    for (const T r : levels) {
      for (const T g : levels) {
        for (const T b : levels) pixels.insert(pixels.end(), {r, g, b});
      }
    }
    const std::size_t n = pixels.size() / 3;
    std::vector<T> expected(n), found(n);
    kernels::scalar::luma(pixels.data(), n, 3, expected.data());
    for (const Kernels& k : kernels::available()) {
      CAPTURE(k.name);
      k.of<T>().luma(pixels.data(), n, 3, found.data());
      CHECK(found == expected);
    }
  }

  TEST_CASE_TEMPLATE("shift_luma agrees with scalar, also when it clamps", T, std::uint8_t, std::uint16_t) {
    auto table = noise<T>(kernels::kLevels<T>, 5);
    for (std::size_t v = 0; v < table.size(); v += 3) table[v] = v % 2 == 0 ? T{0} : std::numeric_limits<T>::max();
    for (const std::size_t samples : {3U, 4U, 5U}) {
      CAPTURE(samples);
      compare<T, T>(samples, 0, [&](const Kernels& k, std::size_t n, T* pixels, T*) {
        k.of<T>().shift_luma(pixels, n, samples, table.data());
      });
    }
  }

  TEST_CASE_TEMPLATE("shift_to agrees with scalar, and with shift_luma of the same table", T, std::uint8_t,
                     std::uint16_t) {
    for (const std::size_t samples : {3U, 4U, 5U}) {
      CAPTURE(samples);
      compare<T, T>(samples, 1, [&](const Kernels& k, std::size_t n, T* pixels, const T* lumas) {
        k.of<T>().shift_to(pixels, n, samples, lumas);
      });
      constexpr std::size_t kPixels = 1000;
      const auto table = noise<T>(kernels::kLevels<T>, 7);
      auto pixels = noise<T>(kPixels * samples, 8), expected = pixels;
      std::vector<T> lumas(kPixels);
      kernels::scalar::luma(pixels.data(), kPixels, samples, lumas.data());
      for (T& y : lumas) y = table[y];
      kernels::scalar::shift_luma(expected.data(), kPixels, samples, table.data());
      kernels::scalar::shift_to(pixels.data(), kPixels, samples, lumas.data());
      CHECK(pixels == expected);
    }
  }

  TEST_CASE_TEMPLATE("split and pick_colors agree with scalar", T, std::uint8_t, std::uint16_t) {
    for (const auto [samples, colors] : kShapes) {
      CAPTURE(samples);
      compare<T, T>(samples, colors, [&](const Kernels& k, std::size_t n, const T* pixels, T* out) {
        k.of<T>().split(pixels, n, samples, colors, out, n);
      });
      compare<T, T>(samples, colors, [&](const Kernels& k, std::size_t n, const T* pixels, T* out) {
        k.of<T>().pick_colors(pixels, n, samples, colors, out);
      });
    }
  }

  TEST_CASE("narrow and swap_bytes agree with scalar") {
    compare<std::uint16_t, std::uint8_t>(
        1, 1,
        [](const Kernels& k, std::size_t n, const std::uint16_t* in, std::uint8_t* out) { k.narrow(in, n, out); });
    compare<std::uint16_t, std::uint8_t>(
        1, 0, [](const Kernels& k, std::size_t n, std::uint16_t* in, std::uint8_t*) { k.swap_bytes(in, n); });
  }

  TEST_CASE("narrow rounds every level to the nearest") {
    std::vector<std::uint16_t> levels(65536);
    std::iota(levels.begin(), levels.end(), std::uint16_t{0});
    for (const Kernels& k : kernels::available()) {
      CAPTURE(k.name);
      std::vector<std::uint8_t> narrowed(levels.size());
      k.narrow(levels.data(), levels.size(), narrowed.data());
      std::size_t wrong = 0;
      for (std::size_t v = 0; v < levels.size(); ++v) wrong += narrowed[v] != (v * 255 * 2 + 65535) / (2 * 65535);
      CHECK(wrong == 0);
    }
  }
}

TEST_SUITE("kernel choice") {
  TEST_CASE("the best kernels are first and in use, the scalar ones are last") {
    const auto names = kernel_names();
    REQUIRE(!names.empty());
    CHECK(names.back() == "scalar");
    CHECK(chosen_kernels() == names.front());
  }

  TEST_CASE("kernels can be chosen in upper or lower case") {
    REQUIRE(choose_kernels("SCALAR"));
    CHECK(chosen_kernels() == "scalar");
    REQUIRE(choose_kernels(kernel_names().front()));
    CHECK(chosen_kernels() == kernel_names().front());
  }

  TEST_CASE("an unknown name is rejected, and the error lists the known ones") {
    const auto chosen = choose_kernels("mmx");
    REQUIRE(!chosen);
    CHECK(chosen.error().code == Errc::usage);
    CHECK(chosen.error().text().find("\"mmx\"") != std::string::npos);
    CHECK(chosen.error().text().find("scalar") != std::string::npos);
  }
}
