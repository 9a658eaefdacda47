#include "store/job_store.hpp"

#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "ece465/base/descriptor.hpp"
#include "statuses.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using ece465::testing::TempFolder;

namespace {

JobRequest request(std::string file) {
  JobRequest request;
  request.file = std::move(file);
  return request;
}

JobStore open_store(const TempFolder& folder, const JobStoreLimits& limits = {}) {
  auto store = JobStore::open(folder.path(), limits);
  INFO((store ? "" : store.error().text()));
  REQUIRE(store);
  return std::move(*store);
}

JobNumber add(JobStore& store, std::string file) {
  const auto number = store.add(request(std::move(file)), moment());
  REQUIRE(number);
  return *number;
}

void end_job(JobStore& store, JobNumber number, JobState state) {
  auto job = store.find(number).value();
  REQUIRE(job);
  job->state = state;
  REQUIRE(store.update(*job));
}

std::vector<JobNumber> numbers(const Result<std::vector<JobStatus>>& jobs) {
  REQUIRE(jobs);
  std::vector<JobNumber> result;
  for (const auto& job : *jobs) result.push_back(job.number);
  return result;
}

std::vector<JobNumber> list(std::initializer_list<std::uint64_t> values) {
  std::vector<JobNumber> result;
  for (const auto value : values) result.push_back(JobNumber{value});
  return result;
}

}  // namespace

TEST_SUITE("job store") {
  TEST_CASE("a store whose file was deleted is written again, completely") {
    const TempFolder folder;
    {
      JobStore store = open_store(folder);
      CHECK(add(store, "a.jpg") == JobNumber{1});
      CHECK(store.follow());
      std::filesystem::remove_all(folder / ".ece465");
      CHECK(!store.follow());  // there is no folder to write it to
      CHECK(add(store, "b.jpg") == JobNumber{2});
      std::filesystem::create_directory(folder / ".ece465");
      folder.write(".ece465/jobs.sqlite.part", "what an attempt left when the disk was full");
      REQUIRE(store.follow());
      CHECK(store.follow());
      CHECK(!folder.holds(".ece465/jobs.sqlite.part"));
      CHECK(add(store, "c.jpg") == JobNumber{3});
    }
    CHECK(numbers(open_store(folder).newest(10)) == list({3, 2, 1}));
  }

  TEST_CASE("a store does not overwrite another one") {
    const TempFolder folder;
    JobStore store = open_store(folder);
    add(store, "a.jpg");
    std::filesystem::rename(folder / ".ece465", folder / "away");
    folder.write(".ece465/jobs.sqlite", "somebody's");
    const auto followed = store.follow();
    REQUIRE(!followed);
    CHECK(followed.error().code == Errc::io);
    CHECK(folder.read(".ece465/jobs.sqlite") == "somebody's");
  }

  TEST_CASE("jobs are numbered from 1, found, updated, listed and counted") {
    const TempFolder folder;
    JobStore store = open_store(folder);
    CHECK(store.notes().empty());
    CHECK(add(store, "a.jpg") == JobNumber{1});
    CHECK(add(store, "b.jpg") == JobNumber{2});
    CHECK(add(store, "a.jpg") == JobNumber{3});
    const auto first = store.find(JobNumber{1}).value();
    REQUIRE(first);
    CHECK(first->request == request("a.jpg"));
    CHECK(first->result == "a_equalized.jpg");
    CHECK(first->state == JobState::queued);
    CHECK(first->created == moment());

    JobStatus job = failed_job();
    REQUIRE(store.update(job));
    CHECK(store.find(JobNumber{3}).value() == job);
    CHECK(store.find(JobNumber{4}).value() == std::nullopt);
    job.number = JobNumber{4};
    REQUIRE(store.update(job));
    CHECK(store.find(JobNumber{4}).value() == std::nullopt);

    CHECK(numbers(store.newest(10)) == list({3, 2, 1}));
    CHECK(numbers(store.newest(2)) == list({3, 2}));
    CHECK(numbers(store.newest(10, "a.jpg")) == list({3, 1}));
    CHECK(numbers(store.newest(10, "no.jpg")).empty());
    CHECK(numbers(store.unfinished()) == list({1, 2}));
    const auto counts = store.counts();
    REQUIRE(counts);
    CHECK(counts->at(JobState::queued) == 2);
    CHECK(counts->at(JobState::failed) == 1);
    CHECK(counts->at(JobState::done) == 0);
  }

  TEST_CASE("everything is there after reopening") {
    const TempFolder folder;
    {
      JobStore store = open_store(folder);
      for (int i = 0; i < 3; ++i) add(store, "a.jpg");
      REQUIRE(store.update(failed_job()));
      REQUIRE(store.save_levels(JobNumber{3}, 1, some_levels(8, 3)));
    }
    JobStore store = open_store(folder);
    CHECK(store.notes().empty());
    CHECK(store.find(JobNumber{3}).value() == failed_job());
    CHECK(store.levels(JobNumber{3}, 1).value() == some_levels(8, 3));
    CHECK(add(store, "b.jpg") == JobNumber{4});
  }

  TEST_CASE("histograms are kept for the first pages of the newest jobs") {
    const TempFolder folder;
    JobStoreLimits limits;
    limits.jobs_with_levels = 2;
    limits.pages_with_levels = 2;
    JobStore store = open_store(folder, limits);
    add(store, "a.jpg");
    for (std::size_t page = 0; page < 3; ++page) {
      REQUIRE(store.save_levels(JobNumber{1}, page, some_levels(16, page + 1)));
    }
    REQUIRE(store.save_levels(JobNumber{1}, 0, some_levels(8, 1)));  // again, as after a restart
    CHECK(store.levels(JobNumber{1}, 0).value() == some_levels(8, 1));
    CHECK(store.levels(JobNumber{1}, 1).value() == some_levels(16, 2));
    CHECK(store.levels(JobNumber{1}, 2).value() == std::nullopt);
    CHECK(store.levels(JobNumber{2}, 0).value() == std::nullopt);
    add(store, "b.jpg");
    CHECK(store.levels(JobNumber{1}, 0).value().has_value());
    add(store, "c.jpg");
    CHECK(store.levels(JobNumber{1}, 0).value() == std::nullopt);
  }

  TEST_CASE("old jobs that have ended are deleted, and numbers are not reused") {
    const TempFolder folder;
    JobStoreLimits limits;
    limits.jobs = 2;
    {
      JobStore store = open_store(folder, limits);
      for (int i = 0; i < 3; ++i) add(store, "a.jpg");
      end_job(store, JobNumber{2}, JobState::done);
      end_job(store, JobNumber{3}, JobState::done);
      add(store, "b.jpg");
      CHECK(numbers(store.newest(10)) == list({4, 3, 1}));  // 1 has not ended
      end_job(store, JobNumber{4}, JobState::cancelled);
    }
    limits.jobs = 0;
    {
      JobStore store = open_store(folder, limits);
      add(store, "c.jpg");
      CHECK(numbers(store.newest(10)) == list({5, 1}));
    }
    JobStore store = open_store(folder);
    CHECK(add(store, "d.jpg") == JobNumber{6});
  }

  TEST_CASE("writes survive kill -9") {
    const TempFolder folder;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto store = JobStore::open(folder.path());
      bool ok = store.has_value();
      for (int i = 0; ok && i < 20; ++i) ok = store->add(request("a.jpg"), moment()).has_value();
      ok = ok && store->update(failed_job()) && store->save_levels(JobNumber{3}, 0, some_levels(16, 3));
      const char answer = ok ? 'y' : 'n';
      (void)!::write(ends[1], &answer, 1);
      for (;;) ::pause();
    }
    const Descriptor from_child(ends[0]), to_parent(ends[1]);
    char answer = '?';
    REQUIRE(::read(from_child.get(), &answer, 1) == 1);
    CHECK(answer == 'y');
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    JobStore store = open_store(folder);
    CHECK(store.notes().empty());
    CHECK(store.newest(100).value().size() == 20);
    CHECK(store.find(JobNumber{3}).value() == failed_job());
    CHECK(store.levels(JobNumber{3}, 0).value() == some_levels(16, 3));
  }

  TEST_CASE("a damaged store is renamed and replaced") {
    const TempFolder folder;
    {
      JobStore store = open_store(folder);
      for (int i = 0; i < 50; ++i) add(store, "a.jpg");
    }
    std::string content = folder.read(".ece465/jobs.sqlite");
    SUBCASE("that is not a database") { content = "garbage: " + std::string(5000, 'x'); }
    SUBCASE("whose tables are shot") { content.replace(4096, content.size() - 4096, content.size() - 4096, '\xAA'); }
    SUBCASE("that was cut") { content.resize(4096); }
    folder.write(".ece465/jobs.sqlite", content);
    JobStore store = open_store(folder);
    REQUIRE(store.notes().size() == 1);
    CHECK(store.notes()[0].starts_with("the job store was damaged ("));
    CHECK(add(store, "b.jpg") == JobNumber{1});
    std::string aside;
    for (const auto& entry : std::filesystem::directory_iterator(folder / ".ece465")) {
      const auto name = entry.path().filename().string();
      if (name.starts_with("jobs.sqlite.damaged-")) aside = name;
    }
    REQUIRE(!aside.empty());
    CHECK(store.notes()[0].find(aside) != std::string::npos);
    CHECK(folder.read(".ece465/" + aside) == content);
  }

  TEST_CASE("a newer, an unwritable and a used store are refused and left unchanged") {
    const TempFolder folder;
    SUBCASE("from the future") {
      {
        const JobStore store = open_store(folder);
      }
      std::string content = folder.read(".ece465/jobs.sqlite");
      content[63] = 99;  // user_version, big endian, in SQLite's header
      folder.write(".ece465/jobs.sqlite", content);
      const auto store = JobStore::open(folder.path());
      REQUIRE(!store);
      CHECK(store.error().code == Errc::unsupported);
      CHECK(folder.read(".ece465/jobs.sqlite") == content);
    }
    SUBCASE("in use") {
      const JobStore first = open_store(folder);
      const auto second = JobStore::open(folder.path());
      REQUIRE(!second);
      CHECK(second.error().code == Errc::unavailable);
    }
    SUBCASE("no folder") { CHECK(JobStore::open(folder / "none").error().code == Errc::io); }
    SUBCASE("a symlink") {
      folder.write("elsewhere.sqlite", "");
      std::filesystem::create_directory(folder / ".ece465");
      std::filesystem::create_symlink(folder / "elsewhere.sqlite", folder / ".ece465/jobs.sqlite");
      CHECK(JobStore::open(folder.path()).error().code == Errc::io);
      CHECK(folder.read("elsewhere.sqlite").empty());
    }
  }

  TEST_CASE("calls from several threads are serialized") {
    const TempFolder folder;
    JobStore store = open_store(folder);
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&store] {
          for (int i = 0; i < 25; ++i) {
            const auto number = store.add(request("a.jpg"), moment());
            REQUIRE(number);
            REQUIRE(store.newest(5));
          }
        });
      }
    }
    CHECK(store.newest(1000).value().size() == 100);
  }
}
