#include "store/data_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cluster;
using ece465::testing::TempFolder;

namespace {

std::vector<std::string> names(const Result<std::vector<DataFolder::Entry>>& entries) {
  REQUIRE(entries);
  std::vector<std::string> result;
  for (const auto& entry : *entries) result.push_back(entry.name);
  return result;
}

void put(const DataFolder& folder, std::string_view name, std::string_view content) {
  auto file = folder.create(name);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, as_bytes(content)));
  REQUIRE((*file)->commit());
}

std::string content_of(const ByteSource& source) {
  std::string text(static_cast<std::size_t>(source.size()), '\0');
  REQUIRE(source.read_exactly(0, std::as_writable_bytes(std::span(text))));
  return text;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_SUITE("data folder") {
  TEST_CASE("is created if missing, lists inputs and results and nothing else") {
    const TempFolder temp;
    const auto folder = DataFolder::open(temp / "a/b");
    REQUIRE(folder);
    CHECK(names(folder->inputs()).empty());
    put(*folder, "b.jpg", "12345");
    put(*folder, "a.TIF", "1");
    put(*folder, "b_equalized.jpg", "1");
    temp.write("a/b/README.txt", "no image");
    temp.write("a/b/.hidden.jpg", "hidden");
    temp.write("a/b/folder.jpg/inner.jpg", "in a folder");
    temp.write("a/b/gr\xF6\xDF.jpg", "no UTF-8");
    REQUIRE(::mkfifo((temp / "a/b/pipe.jpg").c_str(), 0600) == 0);
    CHECK(names(folder->inputs()) == Names{"a.TIF", "b.jpg"});
    CHECK(names(folder->results()) == Names{"b_equalized.jpg"});
    CHECK((*folder->inputs())[1].size == 5);
    const auto age = wall_now() - (*folder->inputs())[1].modified;
    CHECK(age < std::chrono::hours(1));
    CHECK(folder->find("b.jpg").value()->size == 5);
    for (const char* const name :
         {"c.jpg", "folder.jpg", "pipe.jpg", "folder.jpg/inner.jpg", ".hidden.jpg", ".ece465", ""}) {
      CAPTURE(name);
      CHECK(folder->find(name).value() == std::nullopt);
      const auto opened = folder->open_file(name);
      REQUIRE(!opened);
      CHECK(opened.error().code == Errc::not_found);
      CHECK(opened.error().text() == "File not found");
      CHECK(folder->remove(name) == false);
    }
  }

  TEST_CASE("symlinks are never followed") {
    const TempFolder temp;
    temp.write("outside/secret.jpg", "secret");
    const auto folder = DataFolder::open(temp / "data");
    REQUIRE(folder);
    std::filesystem::create_symlink(temp / "outside/secret.jpg", temp / "data/link.jpg");
    std::filesystem::create_directory_symlink(temp / "outside", temp / "data/outside");
    CHECK(names(folder->inputs()).empty());
    CHECK(!folder->open_file("link.jpg"));
    CHECK(!folder->open_file("outside/secret.jpg"));
    CHECK(folder->find("link.jpg").value() == std::nullopt);
    CHECK(folder->remove("link.jpg") == false);
    CHECK(!folder->create("outside/secret.jpg"));
    put(*folder, "link.jpg", "an upload of that name");
    CHECK(temp.read("outside/secret.jpg") == "secret");
    CHECK(temp.read("data/link.jpg") == "an upload of that name");
  }

  TEST_CASE("a state folder that is a symlink is refused") {
    const TempFolder temp;
    temp.write("outside/x", "");
    std::filesystem::create_directory(temp / "data");
    std::filesystem::create_directory_symlink(temp / "outside", temp / "data/.ece465");
    CHECK(DataFolder::open(temp / "data").error().code == Errc::io);
  }

  TEST_CASE("an open file survives replacement and deletion, and its version differs") {
    const TempFolder temp;
    const auto folder = DataFolder::open(temp / "data");
    REQUIRE(folder);
    put(*folder, "a.jpg", "old");
    const auto old = folder->open_version("a.jpg");
    REQUIRE(old);
    CHECK(old->version == folder->open_version("a.jpg")->version);
    put(*folder, "a.jpg", "new");
    const auto replaced = folder->open_version("a.jpg");
    REQUIRE(replaced);
    CHECK(replaced->version != old->version);
    CHECK(folder->remove("a.jpg") == true);
    CHECK(folder->remove("a.jpg") == false);
    CHECK(content_of(*old->source) == "old");
    CHECK(content_of(*replaced->source) == "new");
    CHECK(replaced->entry.name == "a.jpg");
    CHECK(replaced->source->name() == "a.jpg");
  }

  TEST_CASE("of several writers of one name, the last commit wins") {
    const TempFolder temp;
    const auto folder = DataFolder::open(temp / "data");
    REQUIRE(folder);
    std::vector<std::jthread> writers;
    for (char c = 'a'; c < 'k'; ++c) {
      writers.emplace_back([&folder, c] { put(*folder, "one.jpg", std::string(100'000, c)); });
    }
    writers.clear();  // joins
    const auto content = temp.read("data/one.jpg");
    CHECK(content == std::string(100'000, content[0]));
    CHECK(names(folder->inputs()) == Names{"one.jpg"});
  }

  TEST_CASE("only one master at a time, the error names the other") {
    const TempFolder temp;
    {
      const auto first = DataFolder::open(temp / "data");
      REQUIRE(first);
      const auto second = DataFolder::open(temp / "data");
      REQUIRE(!second);
      CHECK(second.error().code == Errc::unavailable);
      CHECK(second.error().text() ==
            fmt::format("{}: in use by another master (pid {})", temp / "data", static_cast<int>(::getpid())));
    }
    CHECK(DataFolder::open(temp / "data"));
  }

  TEST_CASE("a replaced folder is found again and locked") {
    const TempFolder temp;
    auto folder = DataFolder::open(temp / "data");
    REQUIRE(folder);
    put(*folder, "a.jpg", "old");
    CHECK(folder->follow());
    std::filesystem::rename(temp / "data", temp / "away");
    const auto gone = folder->follow();
    REQUIRE(!gone);
    CHECK(gone.error().text() == temp / "data" + ": cannot open the data folder: No such file or directory");
    CHECK(!temp.holds("data"));  // it is not created again
    std::filesystem::rename(temp / "away", temp / "data");
    CHECK(folder->follow());
    CHECK(names(folder->inputs()) == Names{"a.jpg"});

    std::filesystem::remove_all(temp / "data");
    CHECK(!folder->follow());
    std::filesystem::create_directory(temp / "data");
    CHECK(folder->follow());
    CHECK(names(folder->inputs()).empty());
    put(*folder, "b.jpg", "new");
    CHECK(temp.read("data/b.jpg") == "new");
    CHECK(DataFolder::open(temp / "data").error().code == Errc::unavailable);
    CHECK(folder->follow());
  }

  TEST_CASE("what cannot be a data folder is refused with its path") {
    const TempFolder temp;
    temp.write("file", "");
    for (const std::string& path : {temp / "file", temp / "file/below", std::string("/proc/nowhere")}) {
      CAPTURE(path);
      const auto folder = DataFolder::open(path);
      REQUIRE(!folder);
      CHECK(folder.error().code == Errc::io);
      CHECK(folder.error().text().starts_with(path + ": cannot"));
    }
  }

  TEST_CASE("stale temporary files are removed, recent ones are not") {
    const TempFolder temp;
    temp.write("data/.ece465-0123456789abcdef.tmp", "old");
    temp.write("data/.ece465-fedcba9876543210.tmp", "new");
    temp.write("data/.ece465-notes", "somebody's");
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
    std::filesystem::last_write_time(temp / "data/.ece465-0123456789abcdef.tmp", old);
    std::filesystem::last_write_time(temp / "data/.ece465-notes", old);
    REQUIRE(DataFolder::open(temp / "data"));
    CHECK(!temp.holds("data/.ece465-0123456789abcdef.tmp"));
    CHECK(temp.holds("data/.ece465-fedcba9876543210.tmp"));
    CHECK(temp.holds("data/.ece465-notes"));
  }
}
