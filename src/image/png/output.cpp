#include "output.hpp"

#include <zlib.h>

#include <algorithm>

namespace ece465::image::png {

Result<void> Output::append(Bytes bytes) {
  ECE465_TRY(sink_.write_at(offset_, bytes));
  offset_ += bytes.size();
  return {};
}

Result<void> Output::append_chunk(ChunkName name, Bytes data) {
  scratch_.resize(data.size() + 12);
  store(scratch_.data(), static_cast<std::uint32_t>(data.size()), std::endian::big);
  store(scratch_.data() + 4, name, std::endian::big);
  std::ranges::copy(data, scratch_.begin() + 8);
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(scratch_.data() + 4), data.size() + 4);
  store(scratch_.data() + 8 + data.size(), static_cast<std::uint32_t>(crc), std::endian::big);
  return append(scratch_);
}

Result<void> Output::copy_chunk(const ByteSource& source, const Chunk& chunk) {
  constexpr std::uint64_t kPiece = std::uint64_t{64} << 10;
  for (std::uint64_t done = 0; done < chunk.whole_bytes();) {
    scratch_.resize(static_cast<std::size_t>(std::min(kPiece, chunk.whole_bytes() - done)));
    ECE465_TRY(source.read_exactly(chunk.offset + done, scratch_));
    ECE465_TRY(append(scratch_));
    done += scratch_.size();
  }
  return {};
}

std::array<std::byte, 13> header_data(const Header& header) {
  std::array<std::byte, 13> data{};
  store(data.data(), header.width, std::endian::big);
  store(data.data() + 4, header.height, std::endian::big);
  data[8] = static_cast<std::byte>(header.bit_depth);
  data[9] = static_cast<std::byte>(header.color_type);
  data[12] = static_cast<std::byte>(header.interlaced ? 1 : 0);
  return data;
}

}  // namespace ece465::image::png
