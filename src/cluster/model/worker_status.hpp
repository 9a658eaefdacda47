#pragma once

#include <string>

#include "ece465/base/rfc3339.hpp"
#include "ece465/mapreduce/views.hpp"

namespace ece465::cluster {

/// A connected worker, as the API reports it.
struct WorkerStatus {
  std::string id, peer;
  std::string dialect;
  unsigned threads = 1;
  mapreduce::WorkerView view;
  WallTime connected{}, last_heard{};
};

}  // namespace ece465::cluster
