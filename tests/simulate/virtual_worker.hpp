#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "message.hpp"
#include "random.hpp"
#include "timeline.hpp"

namespace ece465::simulate {

/// A worker that does what real ones do, and whatever its plan says goes wrong.
class VirtualWorker {
 public:
  /// What it needs from the world. `master_sees_end`: the connection is gone, and the master is told.
  struct Dependencies {
    Timeline* timeline = nullptr;
    std::function<void(VirtualWorker&)> connect;
    std::function<void(VirtualWorker&, ToMaster)> send;
    std::function<void(VirtualWorker&)> master_sees_end;
    /// A request that another worker has open, if there is one.
    std::function<std::optional<mapreduce::AttemptId>(mapreduce::WorkerId)> foreign_attempt;
    std::function<void(std::string)> complain;  ///< the master has broken its word
  };
  VirtualWorker(const WorkerPlan& plan, std::uint64_t seed, bool faithful_network, Dependencies surroundings);
  VirtualWorker(const VirtualWorker&) = delete;
  VirtualWorker& operator=(const VirtualWorker&) = delete;

  void connected(mapreduce::WorkerId as);
  void receive(const ToWorker& message);
  /// The master has hung up, or its host says that there is no such connection.
  void disconnected();

  [[nodiscard]] const WorkerPlan& plan() const { return plan_; }
  [[nodiscard]] std::optional<mapreduce::WorkerId> connection() const { return connection_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Link& uplink() { return up_; }
  [[nodiscard]] Link& downlink() { return down_; }

 private:
  void on(const Request& request);
  void on(const DropRequest& drop);
  void on(const PingRequest& ping);
  void begin_next();
  void finish(const Request& request);
  void answer(const Request& request, Answer answer);
  void forget(mapreduce::AttemptId attempt);
  void beat(mapreduce::WorkerId connection);
  void crash();
  void lose_everything();
  void come_back();
  void check_memory() const;
  /// Calls `what` unless this connection has ended by then.
  void later(Time when, std::function<void()> what);

  WorkerPlan plan_;
  Random random_;
  bool faithful_network_;
  Dependencies world_;
  Link up_, down_;
  std::optional<mapreduce::WorkerId> connection_;
  bool leaving_ = false;
  bool busy_ = false;
  std::deque<Request> queue_;
  std::map<mapreduce::AttemptId, std::uint64_t> open_;  // bodies of unanswered requests
  struct Kept {
    std::shared_ptr<const Samples> samples;
    std::uint64_t bytes = 0;
  };
  std::map<mapreduce::AttemptId, Kept> kept_;
  std::uint64_t bytes_kept_ = 0, bytes_open_ = 0;
};

}  // namespace ece465::simulate
