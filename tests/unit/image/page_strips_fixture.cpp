#include "page_strips_fixture.hpp"

#include <tiff.h>

#include <algorithm>
#include <map>
#include <random>

#include "ece465/image/samples.hpp"
#include "jpeg_file.hpp"
#include "png_file.hpp"
#include "tiff_file.hpp"

using namespace ece465::image;

namespace ece465::testing {
namespace {

Scene indices(std::uint32_t width, std::uint32_t height) {
  Scene scene = landscape(width, height, {});
  for (auto& v : scene.samples) v %= 64;
  return scene;
}

/// A worker's answers. Its memory starts at an odd address.
class StripWorker {
 public:
  StripWorker(Bytes samples, unsigned bits) : bits_(bits), memory_(samples.size() + 1) {
    std::ranges::copy(samples, memory_.begin() + 1);
  }
  std::vector<std::uint64_t> count() {
    std::vector<std::uint64_t> counts(std::size_t{1} << bits_);
    REQUIRE(count_samples(samples(), bits_, counts));
    return counts;
  }
  Bytes map(Bytes table) {
    REQUIRE(map_samples(samples(), bits_, table));
    return samples();
  }

 private:
  MutableBytes samples() { return MutableBytes(memory_).subspan(1); }

  unsigned bits_;
  std::vector<std::byte> memory_;
};

/// Takes one page through both phases.
class StripsPage {
 public:
  /// `forward_only`: the page's decoder runs from top to bottom.
  StripsPage(PageStrips& page, const StripsSetup& setup, bool forward_only)
      : page_(page), forward_only_(forward_only), setup_(setup), random_(setup.seed) {}

  void count(StripsRun& run) {
    for (const std::size_t i : order(true)) {
      const auto& strip = page_.strips()[i];
      ECE465_REQUIRE_OK(page_.load(strip.group));
      if (is_local(i)) {
        std::vector<std::uint64_t> counts(std::size_t{1} << page_.bits());
        ECE465_REQUIRE_OK(page_.count_locally(i, counts));
        ECE465_REQUIRE_OK(page_.check_counts(i, counts));
        page_.add_counts(strip.plane, counts);
      } else {
        Buffer scratch;
        const auto samples = page_.gather(i, scratch);
        ECE465_REQUIRE_OK(samples);
        REQUIRE(samples->size() == strip.bytes);
        if (samples->data() != scratch.data()) ++run.views;
        StripWorker worker(*samples, page_.bits());
        const auto counts = worker.count();
        ECE465_REQUIRE_OK(page_.check_counts(i, counts));
        page_.add_counts(strip.plane, counts);
        if (setup_.workers_keep && page_.maps_remotely()) workers_.emplace(i, std::move(worker));
      }
      page_.release(strip.group);
    }
  }

  void map() {
    for (const std::size_t i : order(page_.residency() == PageStrips::Residency::streamed)) {
      const std::size_t group = page_.strips()[i].group;
      if (const auto worker = workers_.find(i); worker != workers_.end()) {
        ECE465_REQUIRE_OK(page_.load_for_scatter(group));
        insert_answer(i, worker->second);
      } else {
        ECE465_REQUIRE_OK(page_.load(group));
        if (is_local(i) || !page_.maps_remotely()) {
          ECE465_REQUIRE_OK(page_.map_locally(i));
        } else {
          Buffer scratch;
          const auto samples = page_.gather(i, scratch);
          ECE465_REQUIRE_OK(samples);
          StripWorker again(*samples, page_.bits());
          insert_answer(i, again);
        }
      }
      page_.release(group);
    }
  }

  void write() {
    std::vector<std::size_t> groups(page_.groups());
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g] = g;
    if (page_.write_order() == PageStrips::WriteOrder::any) std::shuffle(groups.begin(), groups.end(), random_);
    for (const std::size_t g : groups) ECE465_REQUIRE_OK(page_.write(g));
    ECE465_REQUIRE_OK(page_.finish_write());
  }

 private:
  [[nodiscard]] bool is_local(std::size_t strip) const { return setup_.local > 0 && strip % setup_.local == 0; }

  /// Strips in random order; for a forward-only decoder, group by group.
  std::vector<std::size_t> order(bool forward) {
    std::vector<std::size_t> strips(page_.strips().size());
    for (std::size_t i = 0; i < strips.size(); ++i) strips[i] = i;
    std::shuffle(strips.begin(), strips.end(), random_);
    if (forward && forward_only_) {
      std::ranges::stable_sort(strips, {}, [&](std::size_t i) { return page_.strips()[i].group; });
    }
    return strips;
  }

  void insert_answer(std::size_t i, StripWorker& worker) {
    const Bytes mapped = worker.map(page_.wire_table(page_.strips()[i].plane));
    ECE465_REQUIRE_OK(page_.check_mapped(i, mapped));
    Buffer buffer(mapped.size());
    std::ranges::copy(mapped, buffer.data());
    ECE465_REQUIRE_OK(page_.scatter(i, buffer));
  }

  PageStrips& page_;
  bool forward_only_;
  StripsSetup setup_;
  std::mt19937 random_;
  std::map<std::size_t, StripWorker> workers_;
};

}  // namespace

std::vector<Input> jpegs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const JpegOptions& options) {
    all.push_back({std::move(name), Format::jpeg, encode_jpeg(scene, options)});
  };
  add("gray JPEG", landscape(203, 150, {}), {});
  add("gray JPEG of whole MCUs", landscape(208, 160, {}), {});
  const Scene color = landscape(203, 150, {.colors = 3});
  JpegOptions full;
  full.color = JpegColor::ycbcr;
  add("JPEG 4:4:4", color, full);
  JpegOptions halved = full;
  halved.factors = {{{2, 2}, {1, 1}, {1, 1}}};
  add("JPEG 4:2:0", color, halved);
  JpegOptions odd = full;
  odd.factors = {{{1, 1}, {2, 2}, {1, 1}}};
  add("JPEG with less luma than chroma", color, odd);
  JpegOptions progressive = halved;
  progressive.progressive = true;
  add("progressive JPEG", color, progressive);
  JpegOptions rgb;
  rgb.color = JpegColor::rgb;
  add("RGB JPEG", color, rgb);
  return all;
}

PixelLayout with_alpha(std::uint8_t bits, std::uint8_t colors, Alpha alpha) {
  return {.bits = bits, .colors = colors, .extras = 1, .alpha = alpha};
}

std::vector<Input> tiffs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const std::vector<Scene>& pages, const TiffShape& shape = {}) {
    all.push_back({std::move(name), Format::tiff, encode_tiff(pages, shape)});
  };
  const Scene gray = landscape(101, 80, {}), color = landscape(101, 80, {.colors = 3});
  const Scene deep = landscape(101, 80, {.bits = 16}), deep_color = landscape(101, 80, {.bits = 16, .colors = 3});
  add("gray TIFF", {gray});
  add("16-bit TIFF", {deep}, {.big_endian = true});
  add("RGB TIFF", {color});
  add("16-bit RGB TIFF", {deep_color});
  add("inverted TIFF", {landscape(101, 80, {.inverted = true})});
  for (const Alpha alpha : {Alpha::associated, Alpha::unassociated}) {
    const std::string kind = alpha == Alpha::associated ? " associated" : " unassociated";
    add("gray TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 1, alpha))});
    add("RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(8, 3, alpha))});
    add("16-bit RGB TIFF with alpha" + kind, {landscape(101, 80, with_alpha(16, 3, alpha))});
  }
  add("RGB TIFF with two extras", {landscape(50, 40, {.colors = 3, .extras = 2, .alpha = Alpha::unassociated})});
  add("planar TIFF", {deep_color}, {.planar = true});
  add("planar deflated TIFF", {color}, {.compression = COMPRESSION_ADOBE_DEFLATE, .planar = true});
  add("deflated TIFF", {deep}, {.compression = COMPRESSION_ADOBE_DEFLATE, .predictor = 2});
  add("LZW TIFF", {color}, {.compression = COMPRESSION_LZW, .predictor = 2});
  add("tiled TIFF", {landscape(150, 110, {})}, {.tile_width = 32, .tile_height = 48});
  add("tiled 16-bit RGB TIFF", {landscape(700, 70, {.bits = 16, .colors = 3})}, {.tile_width = 128, .tile_height = 64});
  add("tiled deflated TIFF", {landscape(700, 200, {})},
      {.compression = COMPRESSION_ADOBE_DEFLATE, .tile_width = 256, .tile_height = 64});
  add("TIFF of three pages", {gray, landscape(40, 30, {.colors = 3}), deep});
  TiffShape palette;
  for (unsigned i = 0; i < 256; ++i) {
    palette.red.push_back(static_cast<std::uint16_t>(9000 + i * 71 % 300 * 100));
    palette.green.push_back(static_cast<std::uint16_t>(9000 + i * 113 % 300 * 100));
    palette.blue.push_back(static_cast<std::uint16_t>(9000 + i * 37 % 300 * 100));
  }
  add("palette TIFF", {indices(101, 80)}, palette);
  add("JPEG in TIFF", {landscape(96, 80, {.colors = 3})},
      {.compression = COMPRESSION_JPEG, .rows_per_strip = 16, .h_sampling = 2, .v_sampling = 2});
  return all;
}

std::vector<Input> pngs() {
  std::vector<Input> all;
  const auto add = [&](std::string name, const Scene& scene, const PngShape& shape = {}) {
    all.push_back({std::move(name), Format::png, encode_png(scene, shape)});
  };
  for (const bool interlaced : {false, true}) {
    PngShape shape;
    shape.interlaced = interlaced;
    const std::string kind = interlaced ? "interlaced " : "";
    add(kind + "gray PNG", landscape(300, 200, {}), shape);
    add(kind + "16-bit PNG", landscape(300, 200, {.bits = 16}), shape);
    add(kind + "RGB PNG", landscape(300, 200, {.colors = 3}), shape);
    add(kind + "gray PNG with alpha", landscape(300, 200, with_alpha(8, 1, Alpha::unassociated)), shape);
    add(kind + "16-bit RGB PNG with alpha", landscape(300, 200, with_alpha(16, 3, Alpha::unassociated)), shape);
    for (unsigned i = 0; i < 64; ++i) {
      for (const unsigned k : {71U, 113U, 37U}) shape.palette.push_back(static_cast<std::uint8_t>(90 + i * k % 80));
    }
    add(kind + "palette PNG", indices(300, 200), shape);
  }
  PngShape bits;
  bits.bit_depth = 2;
  Scene shallow = landscape(100, 90, {});
  for (auto& v : shallow.samples) v %= 4;
  add("2-bit PNG", shallow, bits);
  return all;
}

StripsSetup setup_of(std::uint64_t strip_bytes) {
  StripsSetup setup;
  setup.options.strip_bytes = strip_bytes;
  return setup;
}

Input plain_tiff(std::uint32_t rows, std::uint8_t bits) {
  return {"plain TIFF", Format::tiff, encode_tiff(landscape(8192U / bits, rows, {.bits = bits}))};
}

Input tall_png() { return {"tall PNG", Format::png, encode_png(landscape(500, 6000, {}))}; }

std::uint64_t min_memory(const Input& input) {
  const auto source = borrow_memory(input.name, input.bytes);
  const auto reader = open_image(*source, {});
  ECE465_REQUIRE_OK(reader);
  const PageInfo& page = (*reader)->pages()[0];
  constexpr std::uint64_t kListOfStrips = std::uint64_t{64} << 10;
  return page.decoder_bytes + page.encoder_bytes + page.thread_bytes + 4 * page.block_bytes + kListOfStrips;
}

StripsRun by_strips(Bytes input, Format output, const StripsSetup& setup) {
  StripsRun run;
  const auto source = borrow_memory("input", input);
  const auto format = format_of_content(input);
  REQUIRE(format);
  const auto reader = open_image(*source, strips_read_options(*format, output, setup.options));
  ECE465_REQUIRE_OK(reader);
  MemorySink sink;
  WriteOptions write_options;
  write_options.quality = setup.quality;
  const auto writer = create_image(output, **reader, sink, write_options);
  ECE465_REQUIRE_OK(writer);
  for (std::size_t p = 0; p < (*reader)->pages().size(); ++p) {
    const auto page = PageStrips::open(**reader, p, output, setup.options);
    ECE465_REQUIRE_OK(page);
    run.residency = (*page)->residency();
    run.strips = (*page)->strips().size();
    run.planes = (*page)->planes();
    run.maps_remotely = (*page)->maps_remotely();
    StripsPage halves(**page, setup, !(*reader)->pages()[p].any_order);
    halves.count(run);
    ECE465_REQUIRE_OK((*page)->finalize());
    ECE465_REQUIRE_OK((*page)->begin_write(**writer));
    run.order = (*page)->write_order();
    halves.map();
    halves.write();
  }
  ECE465_REQUIRE_OK((*writer)->finish());
  run.file = sink.bytes();
  return run;
}

std::vector<std::byte> by_equalize(Bytes input, Format output, const StripsSetup& setup) {
  const auto source = borrow_memory("input", input);
  EqualizeOptions options;
  options.channels = setup.options.channels;
  options.quality = setup.quality;
  MemorySink sink;
  const auto report = equalize(*source, sink, output, options);
  ECE465_REQUIRE_OK(report);
  return sink.bytes();
}

Opened::Opened(const Input& input, const PageStripsOptions& options, Format output)
    : source(borrow_memory(input.name, input.bytes)) {
  auto opened = open_image(*source, strips_read_options(input.format, output, options));
  ECE465_REQUIRE_OK(opened);
  reader = *std::move(opened);
  auto created = create_image(output, *reader, sink, {});
  ECE465_REQUIRE_OK(created);
  writer = *std::move(created);
  auto strips = PageStrips::open(*reader, 0, output, options);
  ECE465_REQUIRE_OK(strips);
  page = *std::move(strips);
}

void Opened::count_all() {
  for (std::size_t i = 0; i < page->strips().size(); ++i) {
    const auto& strip = page->strips()[i];
    std::vector<std::uint64_t> counts(std::size_t{1} << page->bits());
    ECE465_REQUIRE_OK(page->load(strip.group));
    ECE465_REQUIRE_OK(page->count_locally(i, counts));
    page->add_counts(strip.plane, counts);
    page->release(strip.group);
  }
  ECE465_REQUIRE_OK(page->finalize());
}

}  // namespace ece465::testing
