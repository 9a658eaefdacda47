#include "page_spec.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "data_units.hpp"

namespace ece465::image::tiff {
namespace {

/// Reads a directory's tags, with the defaults of TIFF 6.0.
class SpecReader {
 public:
  SpecReader(const Directory& directory, const ValueReader& values, const Limits& limits)
      : directory_(directory), values_(values), limits_(limits) {}

  Result<PageSpec> read() {
    spec_.order = values_.encoding().order;
    ECE465_TRY(read_size());
    ECE465_TRY(read_compression());
    ECE465_TRY(read_samples());
    ECE465_TRY(read_photometric());
    ECE465_TRY(read_extra_samples());
    ECE465_TRY(read_segments());
    ECE465_TRY(read_subsampling());
    return spec_;
  }

 private:
  Result<std::uint64_t> get(std::uint16_t number, std::uint64_t default_value) const {
    const Entry* entry = directory_.find(number);
    return entry == nullptr ? Result<std::uint64_t>(default_value) : values_.integer(*entry);
  }
  /// As `get`, for tags whose values are small.
  Result<std::uint16_t> get_short(std::uint16_t number, std::uint16_t default_value) const {
    ECE465_ASSIGN(const std::uint64_t value, get(number, default_value));
    return static_cast<std::uint16_t>(std::min<std::uint64_t>(value, 0xFFFF));
  }
  /// The value that all samples share, stored once per sample or, by some writers, once. Fails if values differ.
  Result<std::uint16_t> get_common(std::uint16_t number, std::uint16_t default_value, std::string_view what) const;

  Result<void> read_size();
  Result<void> read_compression();
  Result<void> read_samples();
  Result<void> read_photometric();
  Result<void> read_extra_samples();
  Result<void> read_segments();
  Result<void> read_subsampling();

  const Directory& directory_;
  const ValueReader& values_;
  const Limits& limits_;
  PageSpec spec_;
};

Result<std::uint16_t> SpecReader::get_common(std::uint16_t number, std::uint16_t default_value,
                                             std::string_view what) const {
  const Entry* entry = directory_.find(number);
  if (entry == nullptr) return default_value;
  const std::size_t n = entry->count >= spec_.samples ? spec_.samples : 1;
  std::vector<std::uint64_t> found(n);
  ECE465_TRY(values_.integers(*entry, 0, found));
  for (const std::uint64_t value : found) {
    if (value != found[0]) return fail(Errc::unsupported, "{} differ between samples", what);
  }
  return static_cast<std::uint16_t>(std::min<std::uint64_t>(found[0], 0xFFFF));
}

Result<void> SpecReader::read_size() {
  ECE465_ASSIGN(const std::uint64_t width, get(tag::kImageWidth, 0));
  ECE465_ASSIGN(const std::uint64_t height, get(tag::kImageLength, 0));
  if (width == 0 || height == 0) return fail(Errc::corrupt, "the image is {} x {} pixels", width, height);
  if (width > limits_.max_side_pixels || height > limits_.max_side_pixels || width * height > limits_.max_page_pixels) {
    return fail(Errc::too_large, "{} x {} pixels exceed the limit of {} per side or {} in total", width, height,
                limits_.max_side_pixels, limits_.max_page_pixels);
  }
  spec_.width = static_cast<std::uint32_t>(width);
  spec_.height = static_cast<std::uint32_t>(height);
  return {};
}

Result<void> SpecReader::read_compression() {
  ECE465_ASSIGN(spec_.compression, get_short(tag::kCompression, compression::kNone));
  switch (spec_.compression) {
    case compression::kNone:
    case compression::kJpeg:
    case compression::kPackBits: break;
    case compression::kLzw:
    case compression::kAdobeDeflate:
    case compression::kDeflate:
    case compression::kLzma:
    case compression::kZstd: {
      ECE465_ASSIGN(spec_.predictor, get_short(tag::kPredictor, 1));
      if (spec_.predictor == 3) return fail(Errc::unsupported, "a floating-point predictor is not supported");
      if (spec_.predictor != 1 && spec_.predictor != 2) {
        return fail(Errc::unsupported, "unknown predictor {}", spec_.predictor);
      }
      break;
    }
    default:
      return fail(Errc::unsupported, "{} is not supported; convert the file first (tiffcp -c lzw)",
                  compression_name(spec_.compression));
  }
  ECE465_ASSIGN(const std::uint16_t fill_order, get_short(tag::kFillOrder, 1));
  spec_.reversed_bits = fill_order == 2;
  return {};
}

Result<void> SpecReader::read_samples() {
  ECE465_ASSIGN(spec_.samples, get_short(tag::kSamplesPerPixel, 1));
  // `PixelLayout` counts them in a byte. No image in use has more.
  if (spec_.samples == 0) return fail(Errc::corrupt, "0 samples per pixel");
  if (spec_.samples > 255) {
    return fail(Errc::unsupported, "{} samples per pixel; at most 255 are supported", spec_.samples);
  }
  ECE465_ASSIGN(spec_.bits, get_common(tag::kBitsPerSample, 1, "bits per sample"));
  ECE465_ASSIGN(const std::uint16_t format, get_common(tag::kSampleFormat, 1, "sample formats"));
  constexpr std::uint16_t kUnsigned = 1, kSigned = 2, kFloat = 3, kUndefined = 4;
  if (format == kFloat) {
    return fail(Errc::unsupported, "{}-bit floating-point samples; only 8- and 16-bit unsigned integers are supported",
                spec_.bits);
  }
  if (format == kSigned) {
    return fail(Errc::unsupported, "signed samples; only 8- and 16-bit unsigned integers are supported");
  }
  if (format != kUnsigned && format != kUndefined) {
    return fail(Errc::unsupported, "complex or unknown samples (format {}) are not supported", format);
  }
  if (spec_.bits != 8 && spec_.bits != 16) {
    return fail(Errc::unsupported, "{}-bit samples; only 8 and 16 bits are supported", spec_.bits);
  }
  ECE465_ASSIGN(const std::uint16_t planar, get_short(tag::kPlanarConfiguration, 1));
  if (planar != 1 && planar != 2) return fail(Errc::corrupt, "unknown planar configuration {}", planar);
  spec_.planar = planar == 2 && spec_.samples > 1;  // with a single sample there is no difference
  return {};
}

Result<void> SpecReader::read_photometric() {
  // The tag is required, but missing in some files. As libtiff does, derive it from the number of samples.
  const std::uint16_t guess = spec_.samples < 3 ? photometric::kMinIsBlack : photometric::kRgb;
  ECE465_ASSIGN(spec_.photometric, get_short(tag::kPhotometric, guess));
  switch (spec_.photometric) {
    case photometric::kMinIsBlack:
    case photometric::kMinIsWhite: break;
    case photometric::kRgb:
      if (spec_.samples < 3) return fail(Errc::corrupt, "RGB with {} samples per pixel", spec_.samples);
      break;
    case photometric::kPalette:
      if (spec_.samples != 1)
        return fail(Errc::unsupported, "a palette with further samples besides the index is not supported");
      if (spec_.bits != 8) return fail(Errc::unsupported, "a palette of {} bits; only 8 are supported", spec_.bits);
      break;
    case photometric::kYCbCr:
      if (spec_.samples != 3)
        return fail(Errc::unsupported, "YCbCr with {} samples per pixel; only 3 are supported", spec_.samples);
      if (spec_.bits != 8) return fail(Errc::unsupported, "YCbCr of {} bits; only 8 are supported", spec_.bits);
      if (spec_.planar) return fail(Errc::unsupported, "YCbCr in separate planes is not supported");
      break;
    default:
      return fail(Errc::unsupported, "{} is not supported; only gray, RGB, palette and YCbCr are",
                  photometric_name(spec_.photometric));
  }
  if (spec_.jpeg()) {
    if (spec_.bits != 8)
      return fail(Errc::unsupported, "JPEG compression of {}-bit samples is not supported", spec_.bits);
    if (spec_.palette()) return fail(Errc::unsupported, "JPEG compression of palette indices is not supported");
    if (!spec_.planar && spec_.samples != spec_.colors()) {
      return fail(Errc::unsupported, "JPEG compression of {} samples per pixel is not supported", spec_.samples);
    }
  }
  return {};
}

Result<void> SpecReader::read_extra_samples() {
  const unsigned extras = spec_.samples - spec_.colors();
  const Entry* entry = directory_.find(tag::kExtraSamples);
  if (extras == 0 || entry == nullptr) return {};
  constexpr std::uint64_t kAssociated = 1, kUnassociated = 2;
  std::vector<std::uint64_t> meanings(std::min<std::uint64_t>(extras, entry->count));
  ECE465_TRY(values_.integers(*entry, 0, meanings));
  for (std::size_t i = 0; i < meanings.size(); ++i) {
    if (meanings[i] == kAssociated && i > 0) {
      return fail(Errc::unsupported, "associated alpha is supported only as the first sample after the colour");
    }
  }
  if (!meanings.empty() && meanings[0] == kAssociated) spec_.alpha = Alpha::associated;
  if (!meanings.empty() && meanings[0] == kUnassociated) spec_.alpha = Alpha::unassociated;
  return {};
}

Result<void> SpecReader::read_segments() {
  spec_.tiled = directory_.find(tag::kTileWidth) != nullptr;
  if (spec_.tiled) {
    ECE465_ASSIGN(const std::uint64_t width, get(tag::kTileWidth, 0));
    ECE465_ASSIGN(const std::uint64_t height, get(tag::kTileLength, 0));
    // TIFF requires multiples of 16, but nothing here depends on it except JPEG's 8 x 8 blocks.
    if (width == 0 || height == 0) return fail(Errc::corrupt, "tiles of {} x {} pixels", width, height);
    if (width > limits_.max_side_pixels || height > limits_.max_side_pixels) {
      return fail(Errc::too_large, "tiles of {} x {} pixels", width, height);
    }
    spec_.segment_width = static_cast<std::uint32_t>(width);
    spec_.segment_height = static_cast<std::uint32_t>(height);
  } else {
    ECE465_ASSIGN(const std::uint64_t rows, get(tag::kRowsPerStrip, spec_.height));
    if (rows == 0) return fail(Errc::corrupt, "0 rows per strip");
    spec_.segment_width = spec_.width;
    spec_.segment_height = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, spec_.height));
  }
  const char* const kind = spec_.tiled ? "tiles" : "strips";
  if (spec_.segments() > limits_.max_blocks) {
    return fail(Errc::too_large, "{} {}; at most {} are supported", spec_.segments(), kind, limits_.max_blocks);
  }
  const Entry* offsets = segment_offsets(directory_);
  if (offsets == nullptr) return fail(Errc::corrupt, "the offsets of its {} are missing", kind);
  for (const Entry* table : {offsets, segment_sizes(directory_)}) {
    if (table != nullptr && table->count < spec_.segments()) {
      return fail(Errc::corrupt, "tag {} lists {} {}; the image has {}", table->tag, table->count, kind,
                  spec_.segments());
    }
  }
  return {};
}

Result<void> SpecReader::read_subsampling() {
  if (!spec_.ycbcr()) return {};
  std::array<std::uint64_t, 2> sampling{2, 2};
  if (const Entry* entry = directory_.find(tag::kYCbCrSubSampling)) {
    ECE465_TRY(values_.integers(*entry, 0, sampling));
  }
  for (const std::uint64_t factor : sampling) {
    if (factor != 1 && factor != 2 && factor != 4) {
      return fail(Errc::corrupt, "invalid chroma subsampling of {} x {}", sampling[0], sampling[1]);
    }
  }
  spec_.h_sampling = static_cast<std::uint16_t>(sampling[0]);
  spec_.v_sampling = static_cast<std::uint16_t>(sampling[1]);
  const bool several = spec_.segments() > 1;
  if (several &&
      (spec_.segment_height % spec_.v_sampling != 0 || (spec_.tiled && spec_.segment_width % spec_.h_sampling != 0))) {
    return fail(Errc::corrupt, "{} of {} rows split chroma samples", spec_.tiled ? "tiles" : "strips",
                spec_.segment_height);
  }
  if (spec_.predictor != 1) return fail(Errc::unsupported, "YCbCr with a predictor is not supported");
  return {};
}

}  // namespace

std::uint32_t PageSpec::stored_rows(std::size_t index) const {
  if (tiled) return segment_height;
  const std::uint64_t first = std::uint64_t{index} * segment_height;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(segment_height, height - first));
}

std::size_t PageSpec::stored_bytes(std::uint32_t rows) const {
  if (ycbcr() && !jpeg()) return data_unit_shape(*this, rows).bytes();
  const std::size_t per_pixel = planar ? 1 : samples;
  return std::size_t{rows} * segment_width * per_pixel * sample_bytes();
}

std::string PageSpec::segment_name(std::size_t index) const {
  return fmt::format("{} {}", tiled ? "tile" : "strip", index);
}

const Entry* segment_offsets(const Directory& directory) {
  const Entry* tiles = directory.find(tag::kTileOffsets);
  return tiles != nullptr ? tiles : directory.find(tag::kStripOffsets);  // some writers use these for tiles
}

const Entry* segment_sizes(const Directory& directory) {
  const Entry* tiles = directory.find(tag::kTileByteCounts);
  return tiles != nullptr ? tiles : directory.find(tag::kStripByteCounts);
}

bool has_image(const Directory& directory) {
  return directory.find(tag::kImageWidth) != nullptr || segment_offsets(directory) != nullptr;
}

bool is_auxiliary_image(const Directory& directory, const ValueReader& values) {
  const auto value = [&](std::uint16_t number) -> std::uint64_t {
    const Entry* entry = directory.find(number);
    return entry == nullptr ? 0 : values.integer(*entry).value_or(0);
  };
  constexpr std::uint64_t kReduced = 1, kMaskBit = 4;  // of NewSubfileType
  constexpr std::uint64_t kOldReduced = 2;             // of SubfileType
  return (value(tag::kNewSubfileType) & (kReduced | kMaskBit)) != 0 || value(tag::kSubfileType) == kOldReduced ||
         value(tag::kPhotometric) == photometric::kMask || !has_image(directory);
}

Result<PageSpec> read_page_spec(const Directory& directory, const ValueReader& values, const Limits& limits) {
  return SpecReader(directory, values, limits).read();
}

Result<void> reject_hidden_slices(const Directory& directory, const PageSpec& spec, const ValueReader& values) {
  if (const Entry* uic = directory.find(tag::kUic2); uic != nullptr && uic->count > 1) {
    return fail(Errc::unsupported,
                "a MetaMorph stack of {} planes in one directory is not supported; save it as a multi-page TIFF",
                uic->count);
  }
  // ImageJ writes a directory per slice, but for stacks beyond 4 GiB only one, followed by the data of all slices.
  const Entry* description = directory.find(tag::kImageDescription);
  constexpr std::uint64_t kMaxDescription = 65'536;  // ImageJ's are much shorter
  if (description == nullptr || description->bytes() > kMaxDescription) return {};
  ECE465_ASSIGN(const auto bytes, values.bytes(*description, kMaxDescription));
  const std::string_view text = as_text(bytes);
  const auto at = text.find("\nimages=");
  if (!text.starts_with("ImageJ=") || at == std::string_view::npos) return {};
  ECE465_ASSIGN(const std::uint64_t offset, values.integer(*segment_offsets(directory)));
  const std::uint64_t image = spec.segment_bytes() * spec.segments();
  if (!text.substr(at).starts_with("\nimages=1\n") && offset + 2 * image <= values.source().size()) {
    return fail(Errc::unsupported,
                "an ImageJ stack with all slices in one directory is not supported; save it as a BigTIFF");
  }
  return {};
}

Result<Palette> read_palette(const Directory& directory, const ValueReader& values) {
  constexpr std::size_t kColors = 256;
  const Entry* map = directory.find(tag::kColorMap);
  if (map == nullptr) return fail(Errc::corrupt, "a palette image without its palette");
  std::vector<std::uint64_t> levels(3 * kColors);
  ECE465_TRY(values.integers(*map, 0, levels));
  // Levels are 16-bit, but some writers store 8-bit ones; readers scale those up.
  const std::uint64_t scale = std::ranges::max(levels) < 256 ? 257 : 1;
  const auto level = [&](std::size_t plane, std::size_t i) {
    return static_cast<std::uint16_t>(levels[plane * kColors + i] * scale);
  };
  Palette palette;
  for (std::size_t i = 0; i < kColors; ++i) palette.push_back({level(0, i), level(1, i), level(2, i)});
  return palette;
}

}  // namespace ece465::image::tiff
