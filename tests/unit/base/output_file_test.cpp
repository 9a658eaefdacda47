#include <doctest/doctest.h>
#include <sys/stat.h>

#include "ece465/base/byte_sink.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using ece465::testing::TempFolder;
using Existing = OutputFile::Existing;

namespace {

std::size_t files_in(const TempFolder& folder) {
  const std::filesystem::directory_iterator entries(folder.path());
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace

TEST_SUITE("output file") {
  TEST_CASE("it appears when it is committed, whole, in whatever order it was written") {
    const TempFolder folder;
    auto file = OutputFile::create(folder / "a", Existing::refuse);
    REQUIRE(file);
    REQUIRE((*file)->write_at(6, as_bytes("world")));
    REQUIRE((*file)->write_at(0, as_bytes("hello ")));
    CHECK((*file)->size() == 11);
    CHECK(!folder.holds("a"));
    REQUIRE((*file)->commit());
    CHECK(folder.read("a") == "hello world");
    file->reset();
    CHECK(files_in(folder) == 1);
  }

  TEST_CASE("dropped, it leaves nothing, and what was there stays") {
    const TempFolder folder;
    folder.write("a", "old");
    {
      const auto file = OutputFile::create(folder / "a", Existing::replace);
      REQUIRE(file);
      REQUIRE((*file)->write_at(0, as_bytes("new")));
    }
    CHECK(folder.read("a") == "old");
    CHECK(files_in(folder) == 1);
  }

  TEST_CASE("an existing file is refused, or replaced keeping its permissions") {
    const TempFolder folder;
    folder.write("a", "old");
    REQUIRE(::chmod((folder / "a").c_str(), 0640) == 0);
    const auto refused = OutputFile::create(folder / "a", Existing::refuse);
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::io);
    {
      const auto file = OutputFile::create(folder / "a", Existing::replace);
      REQUIRE(file);
      REQUIRE((*file)->commit());
    }
    CHECK(folder.read("a").empty());
    struct stat status{};
    REQUIRE(::stat((folder / "a").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0640);
  }

  TEST_CASE("a file that appeared meanwhile wins when replacing was not asked for") {
    const TempFolder folder;
    const auto file = OutputFile::create(folder / "a", Existing::refuse);
    REQUIRE(file);
    folder.write("a", "first");
    CHECK(!(*file)->commit());
    CHECK(folder.read("a") == "first");
  }

  TEST_CASE("folders, devices and missing folders are refused by name") {
    const TempFolder folder;
    for (const std::string& target : {folder.path().string(), std::string("/dev/null"), folder / "none/a"}) {
      CAPTURE(target);
      const auto file = OutputFile::create(target, Existing::replace);
      REQUIRE(!file);
      CHECK(file.error().code == Errc::io);
      CHECK(file.error().what.starts_with(target + ": cannot write"));
    }
  }
}
