/// Measures the inner loops on one thread and 48 MB: every kernel of every instruction set that this CPU supports, on a
/// landscape and on noise, and memcpy for comparison. Results depend on the machine and its load.

#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.hpp"
#include "kernels/level_counter.hpp"
#include "scene.hpp"

namespace {

using namespace ece465;
using namespace ece465::image;
using kernels::Kernels;

constexpr std::size_t kBytes = 48'000'000;

/// 48 MB of pixels; painted once, then shared.
template <class T>
const std::vector<T>& picture(const std::string& kind, std::size_t samples) {
  static std::map<std::pair<std::string, std::size_t>, std::vector<T>> made;
  auto& pixels = made[{kind, samples}];
  if (!pixels.empty()) return pixels;
  const std::size_t n = kBytes / sizeof(T);
  pixels.resize(n);
  if (kind == "noise") {
    std::uint64_t state = 1;
    for (T& v : pixels) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      v = static_cast<T>(state >> 40);
    }
    return pixels;
  }
  if (kind == "page") {  // white paper with a few dark letters
    for (std::size_t i = 0; i < n; ++i) {
      const bool ink = (i / (90 * samples) + i / (400'000 * samples)) % 9 == 0;
      pixels[i] = static_cast<T>(ink ? 20 + i % 3 : std::numeric_limits<T>::max());
    }
    return pixels;
  }
  const PixelLayout layout{.bits = 8 * sizeof(T),
                           .colors = static_cast<std::uint8_t>(samples < 3 ? 1 : 3),
                           .extras = static_cast<std::uint8_t>(samples % 2 == 0 ? 1 : 0),
                           .alpha = samples % 2 == 0 ? Alpha::unassociated : Alpha::none};
  constexpr std::uint32_t kWidth = 2000;
  const std::size_t row_samples = kWidth * samples;
  const auto height = static_cast<std::uint32_t>(n / row_samples);
  testing::LandscapePainter painter(kWidth, height, layout, 1);
  std::vector<std::uint16_t> row(row_samples);
  for (std::uint32_t y = 0; y < height; ++y) {
    painter.paint(y, row);
    std::transform(row.begin(), row.end(), pixels.begin() + static_cast<std::ptrdiff_t>(y * row_samples),
                   [](std::uint16_t v) { return static_cast<T>(v); });
  }
  return pixels;
}

/// Increasing curves, as equalization makes them.
template <class T>
std::vector<T> curves() {
  std::vector<T> tables;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t v = 0; v < kernels::kLevels<T>; ++v) {
      const double x = static_cast<double>(v) / (kernels::kLevels<T> - 1);
      tables.push_back(static_cast<T>(x * x * (3 - 2 * x) * std::numeric_limits<T>::max()));
    }
  }
  return tables;
}

/// Registers a benchmark of `work(pixels)`, which may change its copy of the picture.
template <class T, class F>
void bench(const std::string& name, const std::string& kind, std::size_t samples, F work) {
  benchmark::RegisterBenchmark((name + "/" + kind).c_str(), [=](benchmark::State& state) {
    auto pixels = picture<T>(kind, samples);
    for (auto _ : state) {
      work(pixels);
      benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * pixels.size() * sizeof(T)));
  })->Unit(benchmark::kMillisecond);
}

template <class T>
std::string depth() {
  return std::to_string(8 * sizeof(T));
}

void bench_memcpy() {
  const auto to = std::make_shared<std::vector<std::uint8_t>>(kBytes);
  bench<std::uint8_t>("memcpy", "landscape", 1,
                      [to](const auto& pixels) { std::memcpy(to->data(), pixels.data(), pixels.size()); });
}

/// Counting has one implementation for all CPUs.
template <class T>
void bench_count() {
  for (const std::string kind : {"landscape", "noise", "page"}) {
    bench<T>("count" + depth<T>(), kind, 1, [](const std::vector<T>& pixels) {
      kernels::LevelCounter<T> counter;
      std::vector<std::uint64_t> counts(kernels::kLevels<T>);
      counter.add(pixels, counts);
      counter.flush(counts);
      benchmark::DoNotOptimize(counts.data());
    });
  }
}

template <class T>
void bench_samples(const Kernels& k, const std::string& kind) {
  const auto& loops = k.of<T>();
  const auto named = [&](const std::string& what) { return what + depth<T>() + "/" + std::string(k.name); };
  const auto tables = curves<T>();
  const auto out = std::make_shared<std::vector<T>>(kBytes / sizeof(T));
  struct Shape {
    const char* label;
    std::size_t samples, colors;
  };
  for (const auto& [label, samples, colors] :
       {Shape{"gray", 1, 1}, Shape{"gray+alpha", 2, 1}, Shape{"rgb", 3, 3}, Shape{"rgba", 4, 3}}) {
    const std::string shape = std::string("/") + label;
    bench<T>(named("map") + shape, kind, samples, [=, samples = samples, colors = colors](std::vector<T>& pixels) {
      loops.map(pixels.data(), pixels.size() / samples, samples, colors, tables.data());
    });
    if (samples > 1) {
      bench<T>(named("split") + shape, kind, samples, [=](std::vector<T>& pixels) {
        const std::size_t n = pixels.size() / samples;
        loops.split(pixels.data(), n, samples, colors, out->data(), n);
      });
    }
    if (colors < 3) continue;
    bench<T>(named("luma") + shape, kind, samples,
             [=](std::vector<T>& pixels) { loops.luma(pixels.data(), pixels.size() / samples, samples, out->data()); });
    bench<T>(named("shift_luma") + shape, kind, samples, [=](std::vector<T>& pixels) {
      loops.shift_luma(pixels.data(), pixels.size() / samples, samples, tables.data());
    });
  }
}

void bench_words(const Kernels& k, const std::string& kind) {
  const std::string name(k.name);
  const auto out = std::make_shared<std::vector<std::uint8_t>>(kBytes / 2);
  bench<std::uint16_t>("narrow/" + name, kind, 1, [&k, out](std::vector<std::uint16_t>& samples) {
    k.narrow(samples.data(), samples.size(), out->data());
  });
  bench<std::uint16_t>("swap_bytes/" + name, kind, 1,
                       [&k](std::vector<std::uint16_t>& samples) { k.swap_bytes(samples.data(), samples.size()); });
}

}  // namespace

int main(int argc, char** argv) {
  bench_memcpy();
  bench_count<std::uint8_t>();
  bench_count<std::uint16_t>();
  for (const Kernels& k : kernels::available()) {
    for (const std::string kind : {"landscape", "noise"}) {
      bench_samples<std::uint8_t>(k, kind);
      bench_samples<std::uint16_t>(k, kind);
      bench_words(k, kind);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
