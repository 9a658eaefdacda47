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

/// A worker that behaves like a real one, with the faults in its plan.
class VirtualWorker {
 public:
  /// `master_sees_end`: the connection has ended, and the master notices.
  struct Dependencies {
    Timeline* timeline = nullptr;
    std::function<void(VirtualWorker&)> connect;
    std::function<void(VirtualWorker&, ToMaster)> send;
    std::function<void(VirtualWorker&)> master_sees_end;
    /// A request that is open at another worker, if there is one.
    std::function<std::optional<mapreduce::AttemptId>(mapreduce::WorkerId)> foreign_attempt;
    std::function<void(std::string)> report;  ///< a rule that the master violated
  };
  VirtualWorker(const WorkerPlan& plan, std::uint64_t seed, bool reliable_network, Dependencies dependencies);
  VirtualWorker(const VirtualWorker&) = delete;
  VirtualWorker& operator=(const VirtualWorker&) = delete;

  void connected(mapreduce::WorkerId as);
  void receive(const ToWorker& message);
  /// The master closed the connection, or no longer knows it.
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
  void send_heartbeat(mapreduce::WorkerId connection);
  void crash();
  void reset_connection();
  void reconnect();
  void check_memory() const;
  /// Calls `what` at `when`, unless this connection has ended by then.
  void later(Time when, std::function<void()> what);

  WorkerPlan plan_;
  Random random_;
  bool reliable_network_;
  Dependencies deps_;
  Link up_, down_;
  std::optional<mapreduce::WorkerId> connection_;
  bool leaving_ = false;
  bool busy_ = false;
  std::deque<Request> queue_;
  std::map<mapreduce::AttemptId, std::uint64_t> open_;  // body sizes of unanswered requests
  struct Kept {
    std::shared_ptr<const Samples> samples;
    std::uint64_t bytes = 0;
  };
  std::map<mapreduce::AttemptId, Kept> kept_;
  std::uint64_t bytes_kept_ = 0, bytes_open_ = 0;
};

}  // namespace ece465::simulate
