#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ece465::testing {

/// How a fake master behaves. Everything it answers follows the API's text; what is asked of it is remembered.
struct FakeScript {
  /// Answers "running" this many times before a job is done.
  int polls = 2;
  /// Jobs fail with this; empty: they succeed.
  std::string failure;
  /// Uploads, and starts of jobs, are answered so, with `detail`; 0: as they should be.
  int upload_status = 0, start_status = 0;
  std::string detail = "no";
  /// Somebody's job is running on a file of this name.
  std::string busy_name;
  /// A download breaks off in the middle this many times.
  int broken_downloads = 0;
  /// /api/v1/status and /readyz are answered by this instead; 0: as they should be. First come those of the list.
  int hello_status = 0;
  std::deque<int> hello_statuses;
  /// Called as each request comes in: "POST /api/v1/jobs". On the server's thread.
  std::function<void(const std::string&)> heard;
  /// What is told of workers and jobs; empty: none, and what was submitted.
  std::string workers_json, jobs_json;
};

/// A master that equalizes nothing: the "result" of a file is "result of " and its content. It serves real sockets
/// from a thread of its own for as long as it lives.
class FakeMaster {
 public:
  explicit FakeMaster(FakeScript script = {});
  ~FakeMaster();
  FakeMaster(const FakeMaster&) = delete;
  FakeMaster& operator=(const FakeMaster&) = delete;

  [[nodiscard]] std::string url() const;
  /// Method and path of every request so far, in order.
  [[nodiscard]] std::vector<std::string> requests() const;
  /// Bodies of POST /api/v1/jobs.
  [[nodiscard]] std::vector<std::string> job_requests() const;
  /// What lies there, results included.
  [[nodiscard]] std::map<std::string, std::string> files() const;
  /// The states of all jobs, by id.
  [[nodiscard]] std::map<std::string, std::string> states() const;
  /// Ends: nobody listens at its address any more, until `start` is called, which finds everything as it was.
  void stop();
  void start();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::testing
