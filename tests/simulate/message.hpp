#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "virtual_image.hpp"

/// Messages between the virtual master and its workers.

namespace ece465::simulate {

struct Request {
  mapreduce::AttemptId attempt;
  mapreduce::TaskId task;
  mapreduce::Phase phase = mapreduce::Phase::map;
  bool keep = false;
  std::optional<mapreduce::AttemptId> from;
  std::uint64_t bytes = 0;  ///< of the strip, whether sent or kept
  unsigned bits = 8;
  bool crashes_worker = false;
  std::shared_ptr<const Samples> samples;  ///< none with `from`
  std::shared_ptr<const image::Table> table;

  /// Size on the wire.
  [[nodiscard]] std::uint64_t body_bytes() const { return from ? 0 : bytes; }
};
struct DropRequest {
  mapreduce::AttemptId attempt;
};
struct PingRequest {};
using ToWorker = std::variant<Request, DropRequest, PingRequest>;

struct Answer {
  mapreduce::AttemptId attempt;
  mapreduce::Outcome outcome = mapreduce::Outcome::good;  ///< as the worker sees it
  Result result;
  std::uint64_t bytes = 0;  ///< on the wire
};
struct Heartbeat {};
struct Bye {};
using ToMaster = std::variant<Answer, Heartbeat, Bye>;

}  // namespace ece465::simulate
