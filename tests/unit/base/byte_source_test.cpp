#include "ece465/base/byte_source.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "ece465/base/descriptor.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using ece465::testing::TempFolder;

namespace {

struct Pipe {
  Descriptor read, write;
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
};

}  // namespace

TEST_SUITE("byte source") {
  TEST_CASE("a file is read at any offset, up to its end") {
    const TempFolder folder;
    const auto source = open_file(folder.write("a", "hello world"));
    REQUIRE(source);
    CHECK((*source)->size() == 11);
    std::array<std::byte, 5> bytes{};
    REQUIRE((*source)->read_exactly(6, bytes));
    CHECK(as_text(bytes) == "world");
    CHECK((*source)->read_at(9, bytes) == 2);
    CHECK((*source)->read_at(99, bytes) == 0);
    CHECK((*source)->read_exactly(9, bytes).error().code == Errc::corrupt);
  }

  TEST_CASE("only regular files are opened") {
    const TempFolder folder;
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    for (const std::string& path :
         {folder / "none", folder.path().string(), folder / "fifo", std::string("/dev/null")}) {
      CAPTURE(path);
      const auto source = open_file(path);
      REQUIRE(!source);
      CHECK(source.error().code == Errc::bad_input);
    }
  }

  TEST_CASE("a stream is spooled to its end, up to a limit") {
    Pipe pipe;
    REQUIRE(::write(pipe.write.get(), "hello", 5) == 5);
    pipe.write.reset();
    const auto source = spool(pipe.read.get(), "a pipe", 5);
    REQUIRE(source);
    CHECK((*source)->size() == 5);
    CHECK((*source)->name() == "a pipe");

    Pipe longer;
    REQUIRE(::write(longer.write.get(), "hello!", 6) == 6);
    longer.write.reset();
    CHECK(spool(longer.read.get(), "a pipe", 5).error().code == Errc::too_large);
  }

  TEST_CASE("waiting for a stream ends when a stop is requested") {
    const Pipe pipe;  // no input ever arrives
    std::stop_source stop;
    const std::jthread other([&stop] { stop.request_stop(); });
    CHECK(spool(pipe.read.get(), "a pipe", 5, stop.get_token()).error().code == Errc::cancelled);
  }
}
