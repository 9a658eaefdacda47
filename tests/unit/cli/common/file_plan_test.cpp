#include "common/file_plan.hpp"

#include <doctest/doctest.h>

#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::TempFolder;
using image::Format;
namespace fs = std::filesystem;

namespace {

Plan plan_of(const PlanRequest& request) {
  auto plan = plan_jobs(request);
  REQUIRE_MESSAGE(plan, plan.error().text());
  return *std::move(plan);
}

std::string refusal_of(const PlanRequest& request) {
  const auto plan = plan_jobs(request);
  REQUIRE(!plan);
  CHECK(plan.error().code == Errc::usage);
  return plan.error().text();
}

/// The inputs of a plan, relative to a folder.
std::vector<std::string> inputs_of(const Plan& plan, const TempFolder& folder) {
  std::vector<std::string> all;
  for (const Job& job : plan.jobs) all.push_back(job.input.lexically_relative(folder.path()).string());
  return all;
}

std::string output_of(const std::string& input) {
  return plan_of({.inputs = {input}, .output = {}}).jobs[0].output.string();
}

}  // namespace

TEST_SUITE("plan of an equalize run") {
  TEST_CASE("a result is written beside its input and named after it") {
    CHECK(output_of("photo.jpg") == "photo_equalized.jpg");
    CHECK(output_of("my.photo.JPG") == "my.photo_equalized.JPG");
    CHECK(output_of("a/b.c/photo.tif") == "a/b.c/photo_equalized.tif");
    CHECK(output_of("photo") == "photo_equalized");
    CHECK(output_of(".png") == ".png_equalized");
    CHECK(output_of("photo.dat") == "photo_equalized.dat");
  }

  TEST_CASE("a known extension implies a format, otherwise the content decides") {
    CHECK(plan_of({.inputs = {"a.jpeg"}, .output = {}}).jobs[0].format == Format::jpeg);
    CHECK(plan_of({.inputs = {"a.TIF"}, .output = {}}).jobs[0].format == Format::tiff);
    CHECK(!plan_of({.inputs = {"a.dat"}, .output = {}}).jobs[0].format);
    CHECK(!plan_of({.inputs = {"a"}, .output = {}}).jobs[0].format);
    CHECK(plan_of({.inputs = {"a.tif"}, .output = "b.png"}).jobs[0].format == Format::png);
    CHECK(!plan_of({.inputs = {"a.tif"}, .output = "b"}).jobs[0].format);
    CHECK(refusal_of({.inputs = {"a.tif"}, .output = "b.gif"}) ==
          "b.gif: .gif cannot be written; choose .jpg, .tif or .png");
  }

  TEST_CASE("an output is a folder if it exists as one, ends in a slash, or takes several results") {
    const TempFolder folder;
    fs::create_directory(folder / "there");
    CHECK(plan_of({.inputs = {"a.png"}, .output = folder / "there"}).jobs[0].output ==
          folder / "there/a_equalized.png");
    CHECK(plan_of({.inputs = {"x/a.png"}, .output = "new/"}).jobs[0].output == "new/a_equalized.png");
    const Plan plan = plan_of({.inputs = {"x/a.png", "b.jpg"}, .output = "new"});
    CHECK(plan.jobs[0].output == "new/a_equalized.png");
    CHECK(plan.jobs[1].output == "new/b_equalized.jpg");
  }

  TEST_CASE("several results cannot go to one file") {
    const TempFolder folder;
    const std::string file = folder.write("file.png", "");
    CHECK(refusal_of({.inputs = {"a.png", "b.png"}, .output = file}).find("several results need a folder") !=
          std::string::npos);
    CHECK(refusal_of({.inputs = {"a.png", "b.png"}, .output = "-"}).find("name a folder") != std::string::npos);
  }

  TEST_CASE("standard input goes to standard output by default, and cannot be combined with other inputs") {
    CHECK(plan_of({.inputs = {"-"}, .output = {}}).jobs[0].output == "-");
    CHECK(plan_of({.inputs = {"-"}, .output = "x.png"}).jobs[0].output == "x.png");
    CHECK(plan_of({.inputs = {"a.png"}, .output = "-"}).jobs[0].output == "-");
    CHECK(refusal_of({.inputs = {"-", "a.png"}, .output = "x/"}).find("cannot be combined") != std::string::npos);
    CHECK(refusal_of({.inputs = {"-"}, .output = "x/"}).find("name a file") != std::string::npos);
    CHECK(refusal_of({.inputs = {}, .output = {}}).find("no input") != std::string::npos);
  }

  TEST_CASE("a folder stands for its images, in order, without hidden files, results and others") {
    const TempFolder folder;
    for (const char* name : {"b.png", "a.JPG", "c.tiff", "notes.txt", ".hidden.png", "a_equalized.JPG", "sub/d.png"}) {
      folder.write(name, "x");
    }
    const Plan flat = plan_of({.inputs = {folder.path().string()}, .output = {}});
    CHECK(inputs_of(flat, folder) == std::vector<std::string>{"a.JPG", "b.png", "c.tiff"});
    const Plan deep = plan_of({.inputs = {folder.path().string()}, .output = {}, .recursive = true});
    CHECK(inputs_of(deep, folder) == std::vector<std::string>{"a.JPG", "b.png", "c.tiff", "sub/d.png"});
    CHECK(deep.jobs[3].output == folder / "sub/d_equalized.png");
    CHECK(deep.jobs[3].bytes == 1);
  }

  TEST_CASE("the subfolders of an input are recreated in the output") {
    const TempFolder folder;
    folder.write("in/a.png", "x");
    folder.write("in/x/y/a.png", "x");
    const Plan plan = plan_of({.inputs = {folder / "in"}, .output = folder / "out", .recursive = true});
    REQUIRE(plan.jobs.size() == 2);
    CHECK(plan.jobs[0].output == folder / "out/a_equalized.png");
    CHECK(plan.jobs[1].output == folder / "out/x/y/a_equalized.png");
  }

  TEST_CASE("symbolic links in a circle are followed once") {
    const TempFolder folder;
    folder.write("x/a.png", "x");
    fs::create_directory_symlink("..", folder / "x/up");
    fs::create_directory_symlink("x", folder / "again");
    const Plan plan = plan_of({.inputs = {folder.path().string()}, .output = {}, .recursive = true});
    CHECK(plan.jobs.size() == 1);
  }

  TEST_CASE("a folder without images is refused, with a hint at its content") {
    const TempFolder folder;
    folder.write("sub/a.png", "x");
    folder.write("b_equalized.png", "x");
    const Plan plan = plan_of({.inputs = {folder.path().string()}, .output = {}});
    REQUIRE(plan.jobs.size() == 1);
    REQUIRE(plan.jobs[0].refused);
    CHECK(plan.jobs[0].refused->code == Errc::bad_input);
    const std::string what = plan.jobs[0].refused->text();
    CHECK(what.starts_with(folder.path().string() + ": no .jpg"));
    CHECK(what.find("1 earlier result") != std::string::npos);
    CHECK(what.find("--recursive") != std::string::npos);
  }

  TEST_CASE("two inputs for one output are refused before anything is written") {
    const std::string what = refusal_of({.inputs = {"x/a.png", "y/a.png"}, .output = "out"});
    CHECK(what.find("x/a.png and y/a.png would both be written to out/a_equalized.png") != std::string::npos);
  }

  TEST_CASE("an input given twice, in any spelling, counts once") {
    const TempFolder folder;
    folder.write("a.png", "x");
    fs::create_symlink("a.png", folder / "link.png");
    const Plan plan = plan_of(
        {.inputs = {folder / "a.png", folder / "./a.png", folder.path().string(), folder / "link.png"}, .output = {}});
    CHECK(plan.jobs.size() == 1);
  }

  TEST_CASE("an input that is another one's result is skipped, with a note: *.png, the second time") {
    const TempFolder folder;
    const std::vector<std::string> inputs{folder.write("a.png", "x"), folder.write("a_equalized.png", "x"),
                                          folder.write("b.png", "x")};
    const Plan plan = plan_of({.inputs = inputs, .output = {}});
    CHECK(inputs_of(plan, folder) == std::vector<std::string>{"a.png", "b.png"});
    REQUIRE(plan.notes.size() == 1);
    CHECK(plan.notes[0].find("a_equalized.png: skipped") != std::string::npos);
    // By itself it is an input like any other.
    CHECK(plan_of({.inputs = {inputs[1]}, .output = {}}).jobs.size() == 1);
  }
}
