#include "chunk_writer.hpp"

#include <zlib.h>

#include <algorithm>

namespace ece465::image::png {

Result<void> ChunkWriter::append(Bytes bytes) {
  ECE465_TRY(sink_.write_at(offset_, bytes));
  offset_ += bytes.size();
  return {};
}

Result<void> ChunkWriter::append_joined(ChunkName name, const std::array<Bytes, 3>& pieces) {
  std::array<std::byte, 8> head;
  store(head.data(), static_cast<std::uint32_t>(pieces[0].size() + pieces[1].size() + pieces[2].size()),
        std::endian::big);
  store(head.data() + 4, name, std::endian::big);
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(head.data() + 4), 4);
  ECE465_TRY(append(head));
  for (const Bytes piece : pieces) {
    if (piece.empty()) continue;
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    ECE465_TRY(append(piece));
  }
  std::array<std::byte, 4> tail;
  store(tail.data(), static_cast<std::uint32_t>(crc), std::endian::big);
  return append(tail);
}

Result<void> ChunkWriter::copy(const ByteSource& source, std::uint64_t offset, std::uint64_t bytes) {
  constexpr std::uint64_t kPiece = std::uint64_t{64} << 10;
  for (std::uint64_t done = 0; done < bytes;) {
    scratch_.resize(static_cast<std::size_t>(std::min(kPiece, bytes - done)));
    ECE465_TRY(source.read_exactly(offset + done, scratch_));
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
