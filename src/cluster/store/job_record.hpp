#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "model/job.hpp"

/// The stored form of jobs and histograms. Decoding checks everything, because files outlive programs.

namespace ece465::cluster {

/// Everything but the job's number, as JSON.
[[nodiscard]] std::string encode_job(const JobStatus& job);
/// Missing fields keep their defaults: older versions did not write them. Fails with `corrupt`.
[[nodiscard]] Result<JobStatus> decode_job(JobNumber number, std::string_view json);

/// Histograms and tables: a version, the depth, then counts and the differences between table entries as
/// variable-length integers. A 16-bit plane takes about 150 KB, an 8-bit one 600 bytes: a quarter of their size as
/// JSON.
[[nodiscard]] std::vector<std::byte> encode_levels(const PageLevels& levels);
/// Fails with `corrupt`.
[[nodiscard]] Result<PageLevels> decode_levels(Bytes bytes);

}  // namespace ece465::cluster
