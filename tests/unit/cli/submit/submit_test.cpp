#include "submit/submit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "cli/captured_console.hpp"
#include "cli/fake_master.hpp"
#include "commands.hpp"
#include "png_file.hpp"
#include "submit/remote_names.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::CapturedConsole;
using ece465::testing::FakeMaster;
using ece465::testing::FakeScript;
using ece465::testing::TempFolder;

namespace {

std::string small_png(std::uint32_t seed = 1) {
  return std::string(as_text(testing::encode_png(testing::landscape(48, 32, {}, seed))));
}

SubmitCommand command_for(const FakeMaster& master, std::vector<std::string> inputs) {
  SubmitCommand command;
  command.inputs = std::move(inputs);
  command.url = master.url();
  return command;
}

/// Nothing listens there: the port was somebody's a moment ago.
std::string nobodys_url() {
  FakeMaster master;
  master.stop();
  return master.url();
}

bool asked(const FakeMaster& master, std::string_view what) {
  return std::ranges::any_of(master.requests(), [&](const std::string& request) { return request.starts_with(what); });
}

/// No result, whole or half, and no temporary file.
void check_only(const TempFolder& folder, std::vector<std::string> names) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) found.push_back(entry.path().filename());
  std::ranges::sort(found);
  CHECK(found == names);
}

}  // namespace

TEST_SUITE("submit") {
  TEST_CASE("a file is uploaded, waited for, downloaded, and reported in one line") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    const std::string input = folder.write("a.png", small_png());
    CHECK(run_submit(command_for(master, {input}), *console, {}) == kExitOk);
    CHECK(folder.read("a_equalized.png") == "result of " + small_png());
    const std::regex line(
        ".*/a\\.png -> .*/a_equalized\\.png  48x32 8-bit color  2 workers, 1 strip retried  up \\d\\.\\d{3}, read "
        "0\\.010, "
        "map 0\\.020, reduce 0\\.000, apply 0\\.030, stitch 0\\.000, write 0\\.040, down \\d\\.\\d{3} s  "
        "3\\.04 kB to workers and back  \\d\\.\\d{3} s\n");
    CHECK_MESSAGE(std::regex_match(console.out(), line), console.out());
    CHECK(console.err() == fmt::format("ece465: note: {}: 16 bits became 8, rounded\n", input));
    const auto requests = master.requests();
    REQUIRE(requests.size() >= 5);
    CHECK(requests[0] == "GET /api/v1/status");
    CHECK(requests[1] == "POST /upload");
    CHECK(requests[2] == "POST /api/v1/jobs");
    CHECK(requests[3] == "GET /api/v1/jobs/job_1");
    CHECK(requests.back() == "GET /download/a_equalized.png");
    CHECK(master.job_requests() == std::vector<std::string>{R"({"file":"a.png","channels":"luma"})"});
  }

  TEST_CASE("options of the result reach the master") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for(master, {folder.write("a b#?.png", small_png())});
    command.channels = image::Channels::each;
    command.quality = 70;
    command.output = folder / "b.jpg";  // the master writes what the name promises
    CHECK(run_submit(command, *console, {}) == kExitOk);
    CHECK(master.job_requests()[0] == R"({"file":"a b#?.jpg","channels":"each","quality":70})");
    CHECK(folder.holds("b.jpg"));
  }

  TEST_CASE("several files are reported in the order of the inputs, each with its own result") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    std::vector<std::string> inputs;
    for (std::uint32_t i = 0; i < 9; ++i) inputs.push_back(folder.write(fmt::format("{}.png", i), small_png(i)));
    CHECK(run_submit(command_for(master, inputs), *console, {}) == kExitOk);
    const std::string out = console.out();
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < 9; ++i) {
      CHECK(folder.read(fmt::format("{}_equalized.png", i)) == "result of " + small_png(i));
      at = out.find(inputs[i] + " -> ", at);
      REQUIRE(at != std::string::npos);
    }
  }

  TEST_CASE("files of the same name get different names on the master") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    const auto command =
        command_for(master, {folder.write("a/x.png", small_png(1)), folder.write("b/x.png", small_png(2)),
                             folder.write("c/x.png", small_png(3))});
    CHECK(run_submit(command, *console, {}) == kExitOk);
    CHECK(folder.read("a/x_equalized.png") == "result of " + small_png(1));
    CHECK(folder.read("b/x_equalized.png") == "result of " + small_png(2));
    CHECK(folder.read("c/x_equalized.png") == "result of " + small_png(3));
    CHECK(master.files().contains("x.png"));
    CHECK(master.files().contains("x-2.png"));
    CHECK(master.files().contains("x-3.png"));
  }

  TEST_CASE("a name with a running job of another client is avoided") {
    FakeScript script;
    script.busy_name = "a.png";
    FakeMaster master(script);
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_submit(command_for(master, {folder.write("a.png", small_png())}), *console, {}) == kExitOk);
    CHECK(folder.read("a_equalized.png") == "result of " + small_png());
    CHECK(!asked(master, "GET /api/v1/jobs/job_77"));
  }

  TEST_CASE("--remove leaves nothing on the master, and touches no other files") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    const std::string input = folder.write("a.png", small_png(1));
    CHECK(run_submit(command_for(master, {input}), *console, {}) == kExitOk);
    auto command = command_for(master, {input});
    command.force = true;
    command.remove = true;
    CHECK(run_submit(command, *console, {}) == kExitOk);
    const auto files = master.files();
    CHECK(files.size() == 2);
    CHECK(files.contains("a.png"));
    CHECK(files.contains("a_equalized.png"));
  }

  TEST_CASE("with --no-wait a job is only started") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for(master, {folder.write("a.png", small_png())});
    command.no_wait = true;
    CHECK(run_submit(command, *console, {}) == kExitOk);
    CHECK(console.out() == fmt::format("{} -> {}/download/a_equalized.png  job_1\n", folder / "a.png", master.url()));
    CHECK(master.requests().back() == "POST /api/v1/jobs");
    check_only(folder, {"a.png"});
    command.output = folder / "b.png";
    CHECK(run_submit(command, *console, {}) == kExitUsage);
    command.output.clear();
    command.remove = true;
    CHECK(run_submit(command, *console, {}) == kExitUsage);
  }

  TEST_CASE("JSON is one object with stable keys, failures included") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for(master, {folder.write("a.png", small_png()), folder.write("b\xFF.png", "text")});
    command.json = true;
    CHECK(run_submit(command, *console, {}) == kExitFailed);
    const auto json = nlohmann::json::parse(console.out());
    CHECK(json["command"] == "submit");
    CHECK(json["url"] == master.url());
    CHECK(json["done"] == 1);
    CHECK(json["failed"] == 1);
    REQUIRE(json["files"].size() == 2);
    const auto& good = json["files"][0];
    CHECK(good["output"] == folder / "a_equalized.png");
    CHECK(good["name"] == "a.png");
    CHECK(good["job"]["id"] == "job_1");
    CHECK(good["job"]["state"] == "done");
    CHECK(good["job"]["phases"]["map"] == 0.02);
    CHECK(good["bytes_in"] == small_png().size());
    CHECK(good["bytes_out"] == small_png().size() + 10);
    CHECK(good["upload_seconds"].is_number());
    CHECK(good["download_seconds"].is_number());
    CHECK(good["error"].is_null());
    const auto& bad = json["files"][1];
    CHECK(bad["output"].is_null());
    CHECK(bad["name"].is_null());
    CHECK(bad["job"].is_null());
    CHECK(bad["error"]["code"] == "bad_input");
  }

  TEST_CASE("quiet leaves only errors") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for(master, {folder.write("a.png", small_png())});
    command.quiet = true;
    CHECK(run_submit(command, *console, {}) == kExitOk);
    CHECK(console.out().empty());
    CHECK(console.err().empty());
  }
}

TEST_SUITE("submit refuses and fails") {
  TEST_CASE("local errors are found before anything is sent") {
    FakeMaster master;
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_submit(command_for(master, {folder.write("a.png", "no image")}), *console, {}) == 3);
    CHECK(run_submit(command_for(master, {folder / "none.png"}), *console, {}) == 3);
    folder.write("b_equalized.png", "there already");
    CHECK(run_submit(command_for(master, {folder.write("b.png", small_png())}), *console, {}) == 1);
    CHECK(folder.read("b_equalized.png") == "there already");
    CHECK(run_submit(command_for(master, {}), *console, {}) == 2);
    CHECK(master.requests().empty());
    auto command = command_for(master, {folder / "b.png"});
    command.force = true;
    CHECK(run_submit(command, *console, {}) == 0);
    CHECK(folder.read("b_equalized.png") == "result of " + small_png());
    command.url = "https://127.0.0.1";
    CHECK(run_submit(command, *console, {}) == 2);
  }

  TEST_CASE("a refused upload, a refused start and a failed job are bad input, with the master's message") {
    for (const int which : {0, 1, 2}) {
      FakeScript script;
      script.detail = "too strange";
      if (which == 0) script.upload_status = 400;
      if (which == 1) script.start_status = 422;
      if (which == 2) script.failure = "too strange";
      FakeMaster master(script);
      const TempFolder folder;
      CapturedConsole console;
      const std::string input = folder.write("a.png", small_png());
      CHECK(run_submit(command_for(master, {input}), *console, {}) == 3);
      CHECK(console.err().starts_with(fmt::format("ece465: error: {}: ", input)));
      CHECK(console.err().find("too strange") != std::string::npos);
      check_only(folder, {"a.png"});
    }
  }

  TEST_CASE("a failing or full master is reported, and a bad file does not stop the others") {
    FakeScript script;
    script.upload_status = 507;
    script.detail = "the disk is full";
    FakeMaster master(script);
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_submit(command_for(master, {folder.write("a.png", small_png())}), *console, {}) == 1);
    CHECK(console.err().find("the disk is full") != std::string::npos);

    FakeMaster good;
    CapturedConsole other;
    const auto command = command_for(good, {folder.write("b.png", "no image"), folder / "a.png", folder / "none.png",
                                            folder.write("c.png", small_png())});
    CHECK(run_submit(command, *other, {}) == kExitFailed);
    CHECK(folder.holds("a_equalized.png"));
    CHECK(folder.holds("c_equalized.png"));
    CHECK(other.err().find("ece465: error: 2 of 4 files failed\n") != std::string::npos);
  }

  TEST_CASE("an unreachable master is reported once, with a remedy, for any number of files") {
    const TempFolder folder;
    CapturedConsole console;
    SubmitCommand command;
    command.url = nobodys_url();
    for (std::uint32_t i = 0; i < 9; ++i)
      command.inputs.push_back(folder.write(fmt::format("{}.png", i), small_png(i)));
    CHECK(run_submit(command, *console, {}) == 4);
    const std::string err = console.err();
    CHECK(std::ranges::count(err, '\n') == 2);
    CHECK(err.find("; is a master running there? start one with: ece465 master\n") != std::string::npos);
    CHECK(err.ends_with("ece465: error: 9 of 9 files failed\n"));
  }

  TEST_CASE("a server that is not a master is unavailable, and so is a starting master") {
    for (const int status : {404, 503}) {
      FakeScript script;
      script.hello_status = status;
      script.detail = "starting";
      FakeMaster master(script);
      const TempFolder folder;
      CapturedConsole console;
      CHECK(run_submit(command_for(master, {folder.write("a.png", small_png())}), *console, {}) == 4);
      CHECK(console.err().find(status == 404 ? "no master of ece465 (HTTP 404)" : "starting") != std::string::npos);
    }
  }

  TEST_CASE("a silent master is a timeout") {
    asio::io_context context(1);
    asio::ip::tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    const TempFolder folder;
    CapturedConsole console;
    SubmitCommand command;
    command.inputs = {folder.write("a.png", small_png())};
    command.url = fmt::format("http://127.0.0.1:{}", silent.local_endpoint().port());
    command.timeout = std::chrono::milliseconds(50);
    CHECK(run_submit(command, *console, {}) == 4);
    CHECK(console.err().find("--timeout sets how long to wait") != std::string::npos);
  }

  TEST_CASE("an interrupted download is retried, and leaves nothing if it always fails") {
    FakeScript script;
    script.broken_downloads = 2;
    FakeMaster master(script);
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_submit(command_for(master, {folder.write("a.png", small_png())}), *console, {}) == 0);
    CHECK(folder.read("a_equalized.png") == "result of " + small_png());

    script.broken_downloads = 1'000'000;
    FakeMaster broken(script);
    auto command = command_for(broken, {folder.write("b.png", small_png())});
    command.timeout = std::chrono::milliseconds(100);
    CHECK(run_submit(command, *console, {}) == 4);
    check_only(folder, {"a.png", "a_equalized.png", "b.png"});
  }

  TEST_CASE("a restarting master is waited for") {
    std::promise<void> polled;
    FakeScript script;
    script.polls = 3;
    script.heard = [&polled, first = true](const std::string& what) mutable {
      if (first && what == "GET /api/v1/jobs/job_1") {
        polled.set_value();
        first = false;
      }
    };
    FakeMaster master(script);
    std::thread operator_at_work([&] {
      polled.get_future().wait();
      master.stop();
      master.start();
    });
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_submit(command_for(master, {folder.write("a.png", small_png())}), *console, {}) == 0);
    operator_at_work.join();
    CHECK(folder.read("a_equalized.png") == "result of " + small_png());
  }
}

TEST_SUITE("submit interrupted") {
  TEST_CASE("interruption cancels the started jobs and leaves no files") {
    std::stop_source stop;
    FakeScript script;
    script.polls = 1'000'000;
    script.heard = [&stop](const std::string& what) {
      if (what == "GET /api/v1/jobs/job_2") stop.request_stop();
    };
    FakeMaster master(script);
    const TempFolder folder;
    CapturedConsole console;
    std::vector<std::string> inputs, names;
    for (std::uint32_t i = 0; i < 6; ++i) {
      names.push_back(fmt::format("{}.png", i));
      inputs.push_back(folder.write(names.back(), small_png(i)));
    }
    auto command = command_for(master, inputs);
    command.remove = true;
    CHECK(run_submit(command, *console, stop.get_token()) == kExitInterrupted);
    CHECK(console.err() == "ece465: error: interrupted: 0 of 6 files done\n");
    const auto states = master.states();
    CHECK(states.size() >= 2);
    for (const auto& [id, state] : states) CHECK_MESSAGE(state == "cancelled", id);
    CHECK(master.files().empty());
    check_only(folder, names);
  }

  TEST_CASE("interruption does not cancel jobs started with --no-wait") {
    std::stop_source stop;
    FakeScript script;
    script.heard = [&stop](const std::string& what) {
      if (what == "POST /api/v1/jobs") stop.request_stop();
    };
    FakeMaster master(script);
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for(master, {folder.write("a.png", small_png()), folder.write("b.png", small_png())});
    command.no_wait = true;
    (void)run_submit(command, *console, stop.get_token());
    for (const auto& [id, state] : master.states()) CHECK_MESSAGE(state == "queued", id);
  }

  TEST_CASE("a silent master does not delay an interrupted run") {
    asio::io_context context(1);
    asio::ip::tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    std::stop_source stop;
    std::thread user([&] {
      const auto connection = silent.accept();  // the run has connected, and waits
      stop.request_stop();
    });
    const TempFolder folder;
    CapturedConsole console;
    SubmitCommand command;
    command.inputs = {folder.write("a.png", small_png())};
    command.url = fmt::format("http://127.0.0.1:{}", silent.local_endpoint().port());
    command.timeout = std::chrono::hours(1);
    CHECK(run_submit(command, *console, stop.get_token()) == kExitInterrupted);
    user.join();
    check_only(folder, {"a.png"});
  }
}

TEST_SUITE("names on the master") {
  using image::Format;

  TEST_CASE("a file keeps its name if the master accepts it") {
    RemoteNames names;
    CHECK(names.take("/a/photo.jpg", Format::jpeg) == "photo.jpg");
    CHECK(names.take("/a/my.photo.JPEG", Format::jpeg) == "my.photo.JPEG");
    CHECK(names.take("b/übung.tif", Format::tiff) == "übung.tif");
  }

  TEST_CASE("the extension implies the format of the result") {
    RemoteNames names;
    CHECK(names.take("scan.tif", Format::png) == "scan.png");
    CHECK(names.take("scan", Format::tiff) == "scan.tif");
    CHECK(names.take("-", Format::jpeg) == "standard-input.jpg");
  }

  TEST_CASE("names that the master would refuse, hide or take for a result are changed") {
    RemoteNames names;
    CHECK(names.take(".hidden.png", Format::png) == "hidden.png");
    CHECK(names.take("...", Format::png) == "image.png");
    CHECK(names.take("a\nb\"c\\d.png", Format::png) == "a_b_c_d.png");
    CHECK(names.take("x\xFFy.png", Format::png) == "x\xEF\xBF\xBDy.png");
    CHECK(names.take("a_equalized.png", Format::png) == "a-equalized.png");
    const std::string longest = names.take(std::string(100, 'x') + std::string(40, '\xC3') + ".png", Format::png);
    CHECK(longest.size() <= 160);
    CHECK(names.take(std::string(149, 'x') + "\xC3\xBC\xC3\xBC.png", Format::png) == std::string(149, 'x') + ".png");
  }

  TEST_CASE("names are unique, even if an input has a numbered name") {
    RemoteNames names;
    CHECK(names.take("a/x.png", Format::png) == "x.png");
    CHECK(names.take("x-2.png", Format::png) == "x-2.png");
    CHECK(names.take("b/x.png", Format::png) == "x-3.png");
    CHECK(names.take("x.png", Format::png, "cafe") == "x-cafe.png");
    CHECK(random_tag().size() == 8);
    CHECK(random_tag() != random_tag());
  }
}
