#include "stream_codec.hpp"

#include "decoder.hpp"
#include "ece465/base/byte_sink.hpp"
#include "encoder.hpp"

namespace ece465::image::jpeg {
namespace {

class Codec final : public StreamCodec {
 public:
  Codec(Bytes tables, const StreamTraits& traits) : table_bytes_(tables.begin(), tables.end()), traits_(traits) {}

  Result<void> read_tables() {
    if (table_bytes_.empty()) return {};
    Decoder decoder(traits_.limits, nullptr);
    ECE465_ASSIGN(tables_, decoder.read_tables(table_bytes_));
    return {};
  }

  Result<Frame> inspect(Bytes stream) override {
    Decoder decoder(traits_.limits, nullptr);
    return open(decoder, stream);
  }

  Result<void> decode(Bytes stream, Block& out) override {
    // A decoder of its own for each stream: one stream's tables must not leak into the next, which may be
    // decoded by another thread's codec.
    Decoder decoder(traits_.limits, nullptr);
    ECE465_TRY(open(decoder, stream));
    ECE465_ASSIGN(const Frame frame, decoder.start(traits_.delivery));
    if (is_planar()) {
      ECE465_TRY(decoder.read_band(frame.imcu_rows(), frame.plane(0).height, out));
    } else {
      ECE465_TRY(decoder.read_rows(frame.height, out));
    }
    ECE465_TRY(decoder.finish());
    return {};
  }

  Result<void> encode(Block& block, const Frame& frame, std::vector<std::byte>& out) override {
    ECE465_TRY(check_tables(frame));
    MemorySink sink;
    Encoder encoder(sink);
    ECE465_TRY(encoder.start({.frame = frame, .planes = is_planar(), .jfif = {}, .shared = &tables_}));
    if (is_planar()) {
      ECE465_TRY(encoder.write_band(block, frame.imcu_rows()));
    } else {
      ECE465_TRY(encoder.write_rows(block, frame.height));
    }
    ECE465_TRY(encoder.finish());
    out = sink.bytes();
    return {};
  }

 private:
  bool is_planar() const { return traits_.delivery == Delivery::planes || traits_.delivery == Delivery::luma; }

  Result<Frame> open(Decoder& decoder, Bytes stream) const {
    if (!table_bytes_.empty()) ECE465_TRY(decoder.read_tables(table_bytes_));
    ECE465_ASSIGN(Frame frame, decoder.read_header(stream, traits_.color));
    if (frame.width > traits_.max_width || frame.height > traits_.max_height) {
      return fail(Errc::corrupt, "a JPEG stream of {} x {} pixels stands where {} x {} belong", frame.width,
                  frame.height, traits_.max_width, traits_.max_height);
    }
    if (frame.many_scans && frame.coefficient_bytes() > traits_.max_decoder_bytes) {
      return fail(Errc::too_large, "a JPEG stream in several scans needs {} MiB of memory",
                  (frame.coefficient_bytes() >> 20) + 1);
    }
    return frame;
  }

  std::vector<std::byte> table_bytes_;
  SharedTables tables_;
  StreamTraits traits_;
};

}  // namespace

Result<std::unique_ptr<StreamCodec>> StreamCodec::create(Bytes tables, const StreamTraits& traits) {
  auto codec = std::make_unique<Codec>(tables, traits);
  ECE465_TRY(codec->read_tables());
  return codec;
}

}  // namespace ece465::image::jpeg
