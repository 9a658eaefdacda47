#pragma once

#include <nlohmann/json.hpp>

#include "ece465/base/result.hpp"

namespace ece465::cluster {

/// `{"code": "corrupt", "subject": "scan.tif", "message": "strip 7 ends early"}`, in the job store and in the API.
[[nodiscard]] inline nlohmann::ordered_json error_json(const Error& error) {
  return {{"code", errc_name(error.code)}, {"subject", error.subject}, {"message", error.message}};
}

}  // namespace ece465::cluster
