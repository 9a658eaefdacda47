#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "model/job.hpp"

/// A job as the job store writes it down. Pure; what is read back is checked, since files outlive programs.

namespace ece465::cluster {

/// Everything but the job's number, as JSON: columns are for what is asked by.
[[nodiscard]] std::string encode_job(const JobStatus& job);
/// What is missing keeps its default (an older ece465 wrote it). Fails with `corrupt`.
[[nodiscard]] Result<JobStatus> decode_job(JobNumber number, std::string_view json);

/// Histograms and tables: a version, the depth, then counts and differences between a table's entries as
/// variable-length integers. A 16-bit plane takes about 150 KB, an 8-bit one 600 bytes; as JSON they would take four
/// times that.
[[nodiscard]] std::vector<std::byte> encode_levels(const PageLevels& levels);
/// Fails with `corrupt`.
[[nodiscard]] Result<PageLevels> decode_levels(Bytes bytes);

}  // namespace ece465::cluster
