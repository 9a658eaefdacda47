#include "libtiff_codec.hpp"

#include <fcntl.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <utility>

namespace ece465::image::tiff {
namespace {

/// A segment as a codec sees it: rows of pixels. Data units are rows of bytes.
struct Shape {
  std::uint32_t width, height;
  std::uint16_t samples, bits;
};

Shape shape_of(const PageSpec& spec) {
  if (spec.ycbcr()) {
    const std::uint32_t unit_rows = (spec.segment_height + spec.v_sampling - 1U) / spec.v_sampling;
    return {.width = static_cast<std::uint32_t>(spec.stored_bytes(spec.v_sampling)),
            .height = unit_rows,
            .samples = 1,
            .bits = 8};
  }
  return {.width = spec.segment_width,
          .height = spec.segment_height,
          .samples = spec.planar ? std::uint16_t{1} : spec.samples,
          .bits = spec.bits};
}

/// A file for libtiff, in memory.
class MemoryFile {
 public:
  virtual ~MemoryFile() = default;
  /// Both work at `position`, which the caller advances.
  virtual std::size_t read(std::byte*, std::size_t) { return 0; }
  virtual bool write(const std::byte*, std::size_t) { return false; }
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  std::uint64_t position = 0;
};

/// An open libtiff handle. Collects libtiff's error messages.
class Handle {
 public:
  explicit Handle(MemoryFile& memory) : memory_(memory) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }

  Result<void> open(const char* mode) {
    close();
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                   &TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &Handle::on_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &Handle::on_warning, this);
    memory_.position = 0;
    tiff_ = TIFFClientOpenExt("segment", mode, &memory_, &Handle::on_read, &Handle::on_write, &Handle::on_seek,
                              &Handle::on_close, &Handle::on_size, nullptr, nullptr, options.get());
    if (tiff_ == nullptr) return fail(Errc::internal, "libtiff: {}", error());
    return {};
  }

  [[nodiscard]] TIFF* get() const { return tiff_; }
  /// The first error message since the last `clear_error`; the first one is the cause.
  [[nodiscard]] const char* error() const { return error_[0] != '\0' ? error_.data() : "no reason given"; }
  void clear_error() { error_[0] = '\0'; }

 private:
  void close() {
    if (tiff_ == nullptr) return;
    TIFFSetMode(tiff_, O_RDONLY);  // the synthetic directory need not be written
    TIFFClose(std::exchange(tiff_, nullptr));
  }
  static MemoryFile& of(thandle_t data) { return *static_cast<MemoryFile*>(data); }
  static tmsize_t on_read(thandle_t data, void* to, tmsize_t n) {
    const std::size_t got = of(data).read(static_cast<std::byte*>(to), static_cast<std::size_t>(n));
    of(data).position += got;
    return static_cast<tmsize_t>(got);
  }
  static tmsize_t on_write(thandle_t data, void* from, tmsize_t n) {
    if (!of(data).write(static_cast<const std::byte*>(from), static_cast<std::size_t>(n))) return -1;
    of(data).position += static_cast<std::uint64_t>(n);
    return n;
  }
  static toff_t on_seek(thandle_t data, toff_t offset, int whence) {
    if (whence == SEEK_CUR) offset += of(data).position;
    if (whence == SEEK_END) offset += of(data).size();
    return of(data).position = offset;
  }
  static toff_t on_size(thandle_t data) { return of(data).size(); }
  static int on_close(thandle_t) { return 0; }
  static int on_error(TIFF*, void* self, const char*, const char* format, va_list arguments) {
    auto& text = static_cast<Handle*>(self)->error_;
    if (text[0] == '\0') std::vsnprintf(text.data(), text.size(), format, arguments);
    return 1;  // handled: print nothing to standard error
  }
  static int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

  MemoryFile& memory_;
  TIFF* tiff_ = nullptr;
  std::array<char, 200> error_{};
};

/// A file with one directory that describes one strip.
std::vector<std::byte> describe(const PageSpec& spec) {
  const Shape shape = shape_of(spec);
  struct Field {
    std::uint16_t tag;
    std::uint32_t value;
  };
  const std::array fields{
      Field{tag::kImageWidth, shape.width},
      Field{tag::kImageLength, shape.height},
      Field{tag::kBitsPerSample, shape.bits},
      Field{tag::kCompression, spec.compression},
      Field{tag::kPhotometric, photometric::kMinIsBlack},
      Field{tag::kFillOrder, spec.reversed_bits ? 2U : 1U},
      Field{tag::kStripOffsets, 8},
      Field{tag::kSamplesPerPixel, shape.samples},
      Field{tag::kRowsPerStrip, shape.height},
      Field{tag::kStripByteCounts, 1},
      Field{tag::kPlanarConfiguration, 1},
      Field{tag::kPredictor, spec.predictor},
  };
  std::vector<std::byte> file(8 + 2 + fields.size() * 12 + 4);
  std::byte* at = file.data();
  at[0] = at[1] = spec.order == std::endian::little ? std::byte{'I'} : std::byte{'M'};
  store<std::uint16_t>(at + 2, 42, spec.order);
  store<std::uint32_t>(at + 4, 8, spec.order);
  store(at + 8, static_cast<std::uint16_t>(fields.size()), spec.order);
  at += 10;
  for (const Field& field : fields) {
    // libtiff requires SHORT for BitsPerSample and the like, and accepts one value for all samples.
    const bool is_long = field.value > std::numeric_limits<std::uint16_t>::max() || field.tag == tag::kImageWidth ||
                         field.tag == tag::kImageLength || field.tag == tag::kRowsPerStrip;
    store(at, field.tag, spec.order);
    store(at + 2, is_long ? type::kLong : type::kShort, spec.order);
    store<std::uint32_t>(at + 4, 1, spec.order);
    store_integer(at + 8, field.value, is_long ? 4 : 2, spec.order);
    at += 12;
  }
  return file;
}

class LibtiffDecoder final : public SegmentDecoder {
 public:
  explicit LibtiffDecoder(const PageSpec& spec) : file_(describe(spec)) {}

  Result<void> start() { return handle_.open("rmO"); }  // no memory map, tables on demand

  Result<void> decode(MutableBytes encoded, MutableBytes out) override {
    handle_.clear_error();
    if (TIFFReadFromUserBuffer(handle_.get(), 0, encoded.data(), static_cast<tmsize_t>(encoded.size()), out.data(),
                               static_cast<tmsize_t>(out.size())) == 0) {
      return fail(Errc::corrupt, "cannot be decoded: {}", handle_.error());
    }
    return {};
  }

 private:
  struct Description final : MemoryFile {
    explicit Description(std::vector<std::byte> all) : bytes(std::move(all)) {}
    std::size_t read(std::byte* to, std::size_t n) override {
      if (position >= bytes.size()) return 0;
      n = std::min(n, bytes.size() - static_cast<std::size_t>(position));
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), n, to);
      return n;
    }
    std::uint64_t size() const override { return bytes.size(); }
    std::vector<std::byte> bytes;
  };

  Description file_;
  Handle handle_{file_};
};

/// Writes the strips of a synthetic image, and captures the encoded bytes of each.
class LibtiffEncoder final : public SegmentEncoder {
 public:
  explicit LibtiffEncoder(const PageSpec& spec) : spec_(spec), shape_(shape_of(spec)) {}

  Result<void> start() {
    next_ = 0;
    strips_ = std::min(kStrips, std::numeric_limits<std::int32_t>::max() / shape_.height);
    // BigTIFF, since the offsets that libtiff sees keep growing.
    ECE465_TRY(handle_.open(spec_.order == std::endian::little ? "w8l" : "w8b"));
    TIFF* const t = handle_.get();
    const std::uint16_t fill_order = spec_.reversed_bits ? FILLORDER_LSB2MSB : FILLORDER_MSB2LSB;
    const bool set = TIFFSetField(t, TIFFTAG_IMAGEWIDTH, shape_.width) != 0 &&
                     TIFFSetField(t, TIFFTAG_IMAGELENGTH, shape_.height * strips_) != 0 &&
                     TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, shape_.bits) != 0 &&
                     TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, shape_.samples) != 0 &&
                     TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) != 0 &&
                     TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != 0 &&
                     TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, shape_.height) != 0 &&
                     TIFFSetField(t, TIFFTAG_FILLORDER, fill_order) != 0 &&
                     TIFFSetField(t, TIFFTAG_COMPRESSION, spec_.compression) != 0 &&
                     (spec_.predictor == 1 || TIFFSetField(t, TIFFTAG_PREDICTOR, spec_.predictor) != 0);
    if (!set) return fail(Errc::internal, "libtiff: {}", handle_.error());
    return {};
  }

  Result<void> encode(MutableBytes pixels, std::vector<std::byte>& out) override {
    if (next_ == strips_) ECE465_TRY(start());
    handle_.clear_error();
    file_.out = &out;
    const auto n = TIFFWriteEncodedStrip(handle_.get(), next_++, pixels.data(), static_cast<tmsize_t>(pixels.size()));
    file_.out = nullptr;
    if (n < 0) return fail(Errc::internal, "cannot be encoded: {}", handle_.error());
    return {};
  }

 private:
  /// Bounds the strip table of a handle; then a new handle is opened.
  static constexpr std::uint32_t kStrips = 1024;

  struct Capture final : MemoryFile {
    bool write(const std::byte* from, std::size_t n) override {
      try {
        if (out != nullptr) out->insert(out->end(), from, from + n);
      } catch (...) {
        return false;  // no exception may pass through libtiff
      }
      end = std::max(end, position + n);
      return true;
    }
    std::uint64_t size() const override { return end; }
    std::vector<std::byte>* out = nullptr;  // null: drops the header and the like
    std::uint64_t end = 0;
  };

  PageSpec spec_;
  Shape shape_;
  std::uint32_t strips_ = 0, next_ = 0;
  Capture file_;
  Handle handle_{file_};
};

}  // namespace

bool is_supported_by_libtiff(std::uint16_t method) { return TIFFIsCODECConfigured(method) != 0; }

Result<std::unique_ptr<SegmentDecoder>> make_decoder(const PageSpec& spec) {
  auto decoder = std::make_unique<LibtiffDecoder>(spec);
  ECE465_TRY(decoder->start());
  return decoder;
}

Result<std::unique_ptr<SegmentEncoder>> make_encoder(const PageSpec& spec) {
  auto encoder = std::make_unique<LibtiffEncoder>(spec);
  ECE465_TRY(encoder->start());
  return encoder;
}

}  // namespace ece465::image::tiff
