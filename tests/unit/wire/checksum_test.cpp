#include "ece465/wire/checksum.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ece465;
using namespace ece465::wire;

TEST_SUITE("checksum") {
  TEST_CASE("it is XXH3 with 64 bits and seed 0") {
    CHECK(checksum({}) == 0x2D06800538D394C2);  // as published
    CHECK(checksum(as_bytes("to be or not to be\n")) == 0x8514a642bb995ed9);
  }

  TEST_CASE("bytes in pieces have the same checksum as the whole") {
    std::vector<std::byte> bytes(5000);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 3);
    for (const std::size_t cut : {0, 1, 16, 240, 256, 1024, 4999, 5000}) {
      Checksum pieces;
      pieces.update(Bytes(bytes).first(cut));
      pieces.update(Bytes(bytes).subspan(cut));
      CHECK(pieces.value() == checksum(bytes));
    }
  }

  TEST_CASE("one flipped bit is detected") {
    std::vector<std::byte> bytes(1000);
    const auto before = checksum(bytes);
    for (std::size_t bit = 0; bit < 8000; bit += 37) {
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      CHECK(checksum(bytes) != before);
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
  }
}
