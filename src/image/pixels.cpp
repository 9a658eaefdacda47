#include "ece465/image/pixels.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/kernels.hpp"
#include "kernels/level_counter.hpp"
#include "kernels/scalar.hpp"
#include "pixel_runs.hpp"

namespace ece465::image {
namespace {

/// Gives `out` the dimensions of `block`, with contiguous rows.
void shape_like(const Block& block, std::size_t pixel_bytes, Block& out) {
  out.width = block.width;
  out.height = block.height;
  out.stride = block.width * pixel_bytes;
  out.pixels.resize(out.stride * out.height);
}

/// Writes the colours of a run to separate planes, kPiecePixels samples apart.
template <class T>
void split_run(std::span<const T> run, const PixelLayout& layout, T* planes) {
  const std::size_t samples = layout.samples();
  if (!is_translucent(run, layout)) {
    kernels::current().of<T>().split(run.data(), run.size() / samples, samples, layout.colors, planes, kPiecePixels);
    return;
  }
  for (std::size_t i = 0; i < run.size(); i += samples, ++planes) {
    const std::uint32_t alpha = run[i + layout.colors];
    for (std::size_t c = 0; c < layout.colors; ++c) {
      planes[c * kPiecePixels] = static_cast<T>(unpremultiplied<T>(run[i + c], alpha));
    }
  }
}

}  // namespace

std::size_t plane_count(const PixelLayout& layout, Channels channels) {
  return uses_luma(layout, channels) ? 1 : layout.colors;
}

/// The tallies behind a Counter, for one of the two sample types.
class Counter::Tally {
 public:
  virtual ~Tally() = default;
  virtual void add(const Block& block, std::vector<Histogram>& histograms) = 0;
  virtual void finish(std::vector<Histogram>& histograms) = 0;
};

namespace {

template <class T>
class TallyOf final : public Counter::Tally {
 public:
  TallyOf(const PixelLayout& layout, Channels channels)
      : layout_(layout),
        luma_(uses_luma(layout, channels)),
        plain_(layout.samples() == 1),
        counters_(plane_count(layout, channels)) {
    if (!plain_) planes_.resize(kPiecePixels * counters_.size());
  }

  void add(const Block& block, std::vector<Histogram>& histograms) override {
    for_each_run<T>(block, layout_, [&](std::span<const T> run) {
      if (plain_) {
        counters_[0].add(run, histograms[0].counts());
        return;
      }
      for_each_piece(run, layout_.samples(), kPiecePixels, [&](std::span<const T> piece) {
        if (luma_) {
          luma_run(piece, layout_, planes_.data());
        } else {
          split_run(piece, layout_, planes_.data());
        }
        const std::size_t n = piece.size() / layout_.samples();
        for (std::size_t p = 0; p < counters_.size(); ++p) {
          counters_[p].add({planes_.data() + p * kPiecePixels, n}, histograms[p].counts());
        }
      });
    });
  }

  void finish(std::vector<Histogram>& histograms) override {
    for (std::size_t p = 0; p < counters_.size(); ++p) counters_[p].flush(histograms[p].counts());
  }

 private:
  PixelLayout layout_;
  bool luma_, plain_;
  std::vector<kernels::LevelCounter<T>> counters_;
  std::vector<T> planes_;  // scratch
};

}  // namespace

Counter::Counter(const PixelLayout& layout, Channels channels)
    : histograms_(plane_count(layout, channels), Histogram(layout.bits)),
      tally_(with_sample_type(layout.bits, [&]<class T>(T) -> std::unique_ptr<Tally> {
        return std::make_unique<TallyOf<T>>(layout, channels);
      })) {}

Counter::~Counter() = default;
Counter::Counter(Counter&&) noexcept = default;
Counter& Counter::operator=(Counter&&) noexcept = default;

void Counter::add(const Block& block) { tally_->add(block, histograms_); }

std::vector<Histogram> Counter::finish() {
  tally_->finish(histograms_);
  return std::move(histograms_);
}

std::vector<Table> equalization_tables(const PixelLayout& layout, std::span<const Histogram> histograms) {
  std::vector<Table> tables;
  for (const auto& histogram : histograms) {
    tables.push_back(layout.inverted ? equalization_table_inverted(histogram) : equalization_table(histogram));
  }
  return tables;
}

Mapper::Mapper(const PixelLayout& layout, Channels channels, std::span<const Table> tables)
    : layout_(layout), channels_(channels) {
  assert(tables.size() == plane_count(layout, channels));
  for (const Table& table : tables) {
    if (layout.bits == 8) {
      for (const std::uint16_t level : table) bytes_.push_back(static_cast<std::uint8_t>(level));
    } else {
      words_.insert(words_.end(), table.begin(), table.end());
    }
  }
}

namespace {

/// Maps a premultiplied pixel that is not fully transparent.
template <class T>
void map_translucent(T* pixel, std::uint32_t alpha, const PixelLayout& layout, bool luma, const T* tables) {
  if (luma) {
    const T y = pixel_luma(pixel, alpha);
    shift_translucent(pixel, alpha, layout.colors, y, tables[y]);
    return;
  }
  for (std::size_t c = 0; c < layout.colors; ++c) {
    const std::uint32_t color = unpremultiplied<T>(pixel[c], alpha);
    pixel[c] = static_cast<T>(premultiplied<T>(tables[c * kernels::kLevels<T> + color], alpha));
  }
}

template <class T>
void map_run(std::span<T> run, const PixelLayout& layout, bool luma, const T* tables) {
  const std::size_t samples = layout.samples();
  if (is_translucent(run, layout)) {
    for (std::size_t i = 0; i < run.size(); i += samples) {
      const std::uint32_t alpha = run[i + layout.colors];
      if (alpha != 0) map_translucent(run.data() + i, alpha, layout, luma, tables);
    }
  } else if (luma) {
    kernels::current().of<T>().shift_luma(run.data(), run.size() / samples, samples, tables);
  } else {
    kernels::current().of<T>().map(run.data(), run.size() / samples, samples, layout.colors, tables);
  }
}

}  // namespace

void Mapper::apply(Block& block) const {
  const bool luma = uses_luma(layout_, channels_);
  with_sample_type(layout_.bits, [&]<class T>(T) {
    const T* tables;
    if constexpr (sizeof(T) == 1) {
      tables = bytes_.data();
    } else {
      tables = words_.data();
    }
    for_each_run<T>(block, layout_, [&](std::span<T> run) {
      // Small pieces only with associated alpha, so that opaque ones take the fast path.
      const std::size_t pixels = layout_.alpha == Alpha::associated ? kPiecePixels / 8 : run.size();
      for_each_piece(run, layout_.samples(), pixels,
                     [&](std::span<T> piece) { map_run(piece, layout_, luma, tables); });
    });
  });
}

PixelLayout gray_layout(const PixelLayout& layout) {
  PixelLayout gray = layout;
  gray.colors = 1;
  return gray;
}

void luma_block(const Block& block, const PixelLayout& layout, Block& out) {
  const PixelLayout gray = gray_layout(layout);
  shape_like(block, gray.pixel_bytes(), out);
  with_sample_type(layout.bits, [&]<class T>(T) {
    auto* to = samples_of<T>(out.pixels.span()).data();
    std::vector<T> lumas(layout.extras > 0 ? kPiecePixels : 0);
    for_each_run<T>(block, layout, [&](std::span<const T> run) {
      if (layout.extras == 0) {
        luma_run(run, layout, to);
        to += run.size() / layout.samples();
        return;
      }
      for_each_piece(run, layout.samples(), kPiecePixels, [&](std::span<const T> piece) {
        luma_run(piece, layout, lumas.data());
        const T* luma = lumas.data();
        for (std::size_t i = 0; i < piece.size(); i += layout.samples(), ++luma) {
          const T* const extras = piece.data() + i + layout.colors;
          const bool translucent = layout.alpha == Alpha::associated && *extras != 0;
          *to++ = translucent ? static_cast<T>(premultiplied<T>(*luma, *extras)) : *luma;
          to = std::copy_n(extras, layout.extras, to);
        }
      });
    });
  });
}

void narrow_block(const Block& block, const PixelLayout& layout, Block& out) {
  assert(layout.bits == 16);
  shape_like(block, layout.samples(), out);
  auto* to = samples_of<std::uint8_t>(out.pixels.span()).data();
  for_each_run<std::uint16_t>(block, layout, [&](std::span<const std::uint16_t> run) {
    kernels::current().narrow(run.data(), run.size(), to);
    to += run.size();
  });
}

void drop_extras(const Block& block, const PixelLayout& layout, std::size_t keep, Block& out) {
  const std::size_t kept = layout.colors + keep;
  shape_like(block, kept * layout.sample_bytes(), out);
  with_sample_type(layout.bits, [&]<class T>(T) {
    T* to = samples_of<T>(out.pixels.span()).data();
    for_each_run<T>(block, layout, [&](std::span<const T> run) {
      if (keep == 0) {
        const std::size_t n = run.size() / layout.samples();
        kernels::current().of<T>().pick_colors(run.data(), n, layout.samples(), layout.colors, to);
        to += n * layout.colors;
        return;
      }
      for (std::size_t i = 0; i < run.size(); i += layout.samples()) to = std::copy_n(run.data() + i, kept, to);
    });
  });
}

void unpremultiply(Block& block, const PixelLayout& layout) {
  assert(layout.alpha == Alpha::associated);
  with_sample_type(layout.bits, [&]<class T>(T) {
    for_each_run<T>(block, layout, [&](std::span<T> run) {
      for_each_piece(run, layout.samples(), kPiecePixels, [&](std::span<T> piece) {
        if (!is_translucent(piece, layout)) return;
        for (std::size_t i = 0; i < piece.size(); i += layout.samples()) {
          const std::uint32_t alpha = piece[i + layout.colors];
          for (std::size_t c = 0; c < layout.colors; ++c) {
            piece[i + c] = static_cast<T>(unpremultiplied<T>(piece[i + c], alpha));
          }
        }
      });
    });
  });
}

PaletteResult equalize_palette(const Palette& palette, const Histogram& indices, Channels channels, unsigned bits) {
  // The palette is treated as a small image in which every colour counts as often as its index occurs.
  const PixelLayout layout{.bits = static_cast<std::uint8_t>(bits), .colors = 3};
  const auto scaled = [&](std::uint16_t v) { return bits == 8 ? std::uint16_t(kernels::narrowed(v)) : v; };
  const auto widened = [&](std::uint16_t v) { return bits == 8 ? std::uint16_t(v * 257) : v; };
  const std::size_t n = palette.size();
  PaletteResult result;
  result.before.assign(plane_count(layout, channels), Histogram(bits));
  std::vector<std::uint16_t> colors;
  for (const auto& c : palette) {
    for (const std::uint16_t v : {c.red, c.green, c.blue}) colors.push_back(scaled(v));
  }
  const auto luma_of = [&](std::size_t i) {
    return kernels::luma(colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]);
  };
  for (std::size_t i = 0; i < n && i < indices.counts().size(); ++i) {
    if (channels == Channels::each) {
      for (std::size_t c = 0; c < 3; ++c) result.before[c].counts()[colors[3 * i + c]] += indices.counts()[i];
    } else {
      result.before[0].counts()[luma_of(i)] += indices.counts()[i];
    }
  }
  result.tables = equalization_tables(layout, result.before);
  for (std::size_t i = 0; i < n; ++i) {
    if (channels != Channels::each) {
      const std::uint16_t level = result.tables[0][luma_of(i)];
      result.gray.push_back(level);
    }
    std::uint16_t* c = colors.data() + 3 * i;
    const auto y = static_cast<std::int32_t>(channels == Channels::each ? 0 : luma_of(i));
    for (std::size_t k = 0; k < 3; ++k) {
      if (channels == Channels::each) {
        c[k] = result.tables[k][c[k]];
      } else if (bits == 16) {
        c[k] = kernels::shifted(c[k], y, result.gray.back());
      } else {
        c[k] = kernels::shifted(static_cast<std::uint8_t>(c[k]), y, result.gray.back());
      }
    }
    result.palette.push_back({widened(c[0]), widened(c[1]), widened(c[2]), palette[i].alpha});
  }
  return result;
}

}  // namespace ece465::image
