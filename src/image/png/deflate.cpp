#include "deflate.hpp"

#include <zlib.h>

namespace ece465::image::png {

std::vector<std::byte> zlib_head() { return {std::byte{0x78}, std::byte{0x01}}; }

Result<void> deflate_part(Bytes bytes, bool last, std::vector<std::byte>& out) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, -15, 9, Z_RLE) != Z_OK) return fail(Errc::too_large, "out of memory");
  out.resize(deflateBound(&stream, bytes.size()) + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != (last ? Z_STREAM_END : Z_OK)) return fail(Errc::internal, "zlib stopped with {}", result);
  return {};
}

std::uint32_t adler(Bytes bytes) {
  return static_cast<std::uint32_t>(adler32_z(1, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t adler_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) {
  return static_cast<std::uint32_t>(adler32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace ece465::image::png
