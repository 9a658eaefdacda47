#include "stream_codec.hpp"

#include "decoder.hpp"
#include "ece465/base/byte_sink.hpp"
#include "encoder.hpp"

namespace ece465::image::jpeg {

Result<std::unique_ptr<StreamCodec>> StreamCodec::create(Bytes tables, const StreamOptions& options) {
  std::unique_ptr<StreamCodec> codec(new StreamCodec(tables, options));
  if (!tables.empty()) {
    Decoder decoder(options.limits, nullptr);
    ECE465_ASSIGN(*codec->tables_, decoder.read_tables(tables));
  }
  return codec;
}

StreamCodec::StreamCodec(Bytes tables, const StreamOptions& options)
    : table_bytes_(tables.begin(), tables.end()), tables_(std::make_unique<SharedTables>()), options_(options) {}

StreamCodec::~StreamCodec() = default;

Result<Frame> StreamCodec::open(Decoder& decoder, Bytes stream) const {
  if (!table_bytes_.empty()) ECE465_TRY(decoder.read_tables(table_bytes_));
  ECE465_ASSIGN(Frame frame, decoder.read_header(stream, options_.color));
  if (frame.width > options_.max_width || frame.height > options_.max_height) {
    return fail(Errc::corrupt, "the JPEG stream has {} x {} pixels instead of {} x {}", frame.width, frame.height,
                options_.max_width, options_.max_height);
  }
  if (frame.multi_scan && frame.coefficient_bytes() > options_.max_decoder_bytes) {
    return fail(Errc::too_large, "the JPEG stream in several scans needs {} MiB of memory",
                (frame.coefficient_bytes() >> 20) + 1);
  }
  return frame;
}

Result<Frame> StreamCodec::inspect(Bytes stream) const {
  Decoder decoder(options_.limits, nullptr);
  return open(decoder, stream);
}

Result<void> StreamCodec::decode(Bytes stream, Block& out) const {
  // Each stream has its own decoder: the tables of one must not leak into the next.
  Decoder decoder(options_.limits, nullptr);
  ECE465_TRY(open(decoder, stream));
  ECE465_ASSIGN(const Frame frame, decoder.start(options_.output));
  if (is_planar(options_.output)) {
    ECE465_TRY(decoder.read_band(frame.imcu_rows(), frame.plane(0).height, out));
  } else {
    ECE465_TRY(decoder.read_rows(frame.height, out));
  }
  ECE465_TRY(decoder.finish());
  return {};
}

Result<void> StreamCodec::encode(Block& block, const Frame& frame, std::vector<std::byte>& out) const {
  ECE465_TRY(check_quant_tables(frame));
  MemorySink sink;
  Encoder encoder(sink);
  ECE465_TRY(
      encoder.start({.frame = frame, .planes = is_planar(options_.output), .jfif = {}, .shared = tables_.get()}));
  if (is_planar(options_.output)) {
    ECE465_TRY(encoder.write_band(block, frame.imcu_rows()));
  } else {
    ECE465_TRY(encoder.write_rows(block, frame.height));
  }
  ECE465_TRY(encoder.finish());
  out = sink.bytes();
  return {};
}

}  // namespace ece465::image::jpeg
