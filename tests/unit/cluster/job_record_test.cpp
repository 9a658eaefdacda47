#include "store/job_record.hpp"

#include <doctest/doctest.h>

#include "model/enum_names.hpp"
#include "statuses.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;

TEST_SUITE("job record") {
  TEST_CASE("every field of a job survives a round trip") {
    for (const JobStatus& job : {JobStatus{}, busy_job(), failed_job()}) {
      const auto again = decode_job(job.number, encode_job(job));
      REQUIRE(again);
      CHECK(*again == job);
    }
  }

  TEST_CASE("missing fields keep their defaults") {
    const auto job = decode_job(JobNumber{4}, R"({"file":"a.jpg","state":"done"})");
    REQUIRE(job);
    CHECK(job->number == JobNumber{4});
    CHECK(job->request.file == "a.jpg");
    CHECK(job->state == JobState::done);
    CHECK(job->phase == JobPhase::queued);
    CHECK(!job->image);
  }

  TEST_CASE("a job with invalid UTF-8 can be stored") {
    JobStatus job = busy_job();
    job.error = Error{Errc::corrupt, "worker said \xFF", "a.jpg"};
    const auto again = decode_job(job.number, encode_job(job));
    REQUIRE(again);
    REQUIRE(again->error);
    CHECK(again->error->code == Errc::corrupt);
    CHECK(again->error->subject == "a.jpg");
    CHECK(again->error->message == "worker said \xEF\xBF\xBD");
  }

  TEST_CASE("damaged records are refused, naming the job") {
    for (const char* const text : {"", "{", "[]", "{}", R"({"file":7})", R"({"file":"a.jpg","state":"flying"})",
                                   R"({"file":"a.jpg","page":"one"})", R"({"file":"a.jpg","shares":{"a":[]}})",
                                   R"({"file":"a.jpg","image":7})"}) {
      CAPTURE(text);
      const auto job = decode_job(JobNumber{4}, text);
      REQUIRE(!job);
      CHECK(job.error().code == Errc::corrupt);
      CHECK(job.error().text().starts_with("job_4: "));
    }
  }

  TEST_CASE("histograms of 8 and 16 bits survive a round trip and are small") {
    for (const auto& levels : {PageLevels{}, some_levels(8, 1), some_levels(8, 3), some_levels(16, 3)}) {
      const auto bytes = encode_levels(levels);
      const auto again = decode_levels(bytes);
      REQUIRE(again);
      CHECK(*again == levels);
    }
    image::Histogram flat(16);
    for (auto& count : flat.counts()) count = 700;
    PageLevels levels;
    levels.bits = 16;
    levels.tables.push_back(image::equalization_table(flat));
    levels.before.push_back(flat);
    CHECK(encode_levels(levels).size() < 200'000);
  }

  TEST_CASE("truncated histograms and trailing bytes are refused") {
    auto bytes = encode_levels(some_levels(8, 2));
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      CAPTURE(n);
      CHECK(!decode_levels(Bytes(bytes).first(n)));
    }
    bytes.push_back(std::byte{0});
    CHECK(!decode_levels(bytes));
  }

  TEST_CASE("damaged histograms are refused without large allocations") {
    const auto refused = [](std::initializer_list<int> values) {
      std::vector<std::byte> bytes;
      for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
      return !decode_levels(bytes).has_value();
    };
    CHECK(refused({2, 8, 0, 0}));                                                     // another version
    CHECK(refused({1, 7, 0, 0}));                                                     // 7 bits
    CHECK(refused({1, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0}));                          // 4 billion planes
    CHECK(refused({1, 8, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));                          // and tables
    CHECK(refused({1, 8, 0, 1, 0x01}));                                               // a level below 0
    CHECK(refused({1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));  // an endless integer
  }

  TEST_CASE("each job number has exactly one name") {
    CHECK(to_string(JobNumber{12}) == "job_12");
    CHECK(parse_job_number("job_12") == JobNumber{12});
    for (const char* const text :
         {"", "job_", "12", "job_0", "job_012", "job_-1", "job_1x", "JOB_1", "job_99999999999999999999"}) {
      CAPTURE(text);
      CHECK(!parse_job_number(text));
    }
  }
}
