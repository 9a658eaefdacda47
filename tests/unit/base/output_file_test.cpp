#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

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
  TEST_CASE("it appears complete when it is committed, whatever the order of the writes") {
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

  TEST_CASE("destroyed without commit it leaves nothing, and an existing file is kept") {
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

  TEST_CASE("without replacing, a file that appeared meanwhile is kept") {
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
      CHECK(file.error().text().starts_with(target + ": cannot write"));
    }
  }

  TEST_CASE("in an open folder it is independent of paths, and a symlink of its name is replaced, not followed") {
    const TempFolder folder;
    folder.write("outside/secret", "untouched");
    std::filesystem::create_directory(folder / "data");
    std::filesystem::create_symlink(folder / "outside/secret", folder / "data/a");
    const Descriptor data(::open((folder / "data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::filesystem::rename(folder / "data", folder / "moved");
    {
      const auto file = OutputFile::create_in(data, "a", "a", Existing::replace);
      REQUIRE(file);
      REQUIRE((*file)->write_at(0, as_bytes("new")));
      REQUIRE((*file)->commit());
    }
    CHECK(folder.read("outside/secret") == "untouched");
    CHECK(!std::filesystem::is_symlink(folder / "moved/a"));
    CHECK(folder.read("moved/a") == "new");
    std::filesystem::create_directory(folder / "moved/b");
    const auto refused = OutputFile::create_in(data, "b", "shown", Existing::replace);
    REQUIRE(!refused);
    CHECK(refused.error().text() == "shown: cannot write: it is a folder");
  }

  TEST_CASE("lack of space has its own code") {
    // A limit on file sizes stands for a full disk.
    const TempFolder folder;
    const auto file = OutputFile::create(folder / "a", Existing::refuse);
    REQUIRE(file);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto written = (*file)->write_at(0, as_bytes(std::string(2000, 'x')));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    REQUIRE(!written);
    CHECK(written.error().code == Errc::no_space);
  }
}
