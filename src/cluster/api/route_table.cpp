#include "api/route_table.hpp"

#include "api/files.hpp"
#include "api/jobs.hpp"
#include "api/page.hpp"
#include "api/state_routes.hpp"
#include "api/texts.hpp"
#include "api/uploads.hpp"

namespace ece465::cluster {
namespace {

constexpr std::string_view kMultipart = "multipart/form-data", kJson = "application/json";
constexpr std::string_view kText = "text/plain", kBinary = "application/octet-stream";
constexpr std::string_view kSchemaText = R"({"type":"string"})";
constexpr std::string_view kSchemaChannels = R"({"type":"string","enum":["luma","gray","each"],"default":"luma"})";
constexpr std::string_view kSchemaQuality = R"({"type":"integer","minimum":1,"maximum":100})";

const ParameterDoc kName{"name", "path", "The file's name in the data folder", kSchemaText};
const ParameterDoc kJobId{"id", "path", "The job's id", R"({"type":"string","pattern":"^job_[1-9][0-9]*$"})"};
const ParameterDoc kChannels{"channels", "query", "Which planes are equalized", kSchemaChannels};
const ParameterDoc kQuality{"quality", "query", "Quality of a JPEG result; as the input unless given", kSchemaQuality};

ResponseDoc error(int status, std::string_view description) { return {status, description, "Error"}; }
const ResponseDoc kNoFile{404, "There is no such file", "Error"};
const ResponseDoc kNoJob{404, "There is no such job", "Error"};
const ResponseDoc kInvalid{422, "What was sent cannot be used", "Invalid"};
const ResponseDoc kDiskTrouble{500, "The data folder or the job store has trouble", "Error"};

std::vector<RouteDoc> course_routes() {
  return {
      {"GET",
       "/",
       "pages",
       "A page for people",
       {},
       {},
       {},
       {{200, "The page", {}, "text/html"}, {304, "It is as you know it"}},
       &index_page},
      {"POST",
       "/upload",
       "course",
       "Uploads an image, replacing one of that name",
       {},
       kMultipart,
       "Upload",
       {{200, "It is there", "Uploaded"},
        error(400, "Not an image by its name, a name that is not allowed, or a form that ends early"),
        error(408, "Nothing came for too long, or too little"),
        error(413, "The file is too large"),
        kInvalid,
        kDiskTrouble,
        error(503, "Too many uploads at once"),
        error(507, "The disk is full")},
       &upload_file},
      {"GET", "/files", "course", "Inputs", {}, {}, {}, {{200, "Them", "Inputs"}, kDiskTrouble}, &list_inputs},
      {"GET",
       "/files/equalized",
       "course",
       "Results",
       {},
       {},
       {},
       {{200, "Them", "Results"}, kDiskTrouble},
       &list_results},
      {"DELETE",
       "/files/{name}",
       "course",
       "Deletes a file and its result, and cancels the jobs that work on it",
       {kName},
       {},
       {},
       {{200, "It is gone", "Deleted"}, kNoFile, kDiskTrouble},
       &delete_file},
      {"POST",
       "/process/{name}",
       "course",
       "Begins to equalize a file; tells the job that runs already when there is one",
       {kName, kChannels, kQuality},
       {},
       {},
       {{200, "A job runs", "Started"},
        kNoFile,
        kInvalid,
        kDiskTrouble,
        error(503, "The master stops"),
        error(507, "The disk is full")},
       &process_file},
      {"GET",
       "/download/{name}",
       "course",
       "An input or a result; ranges and validators work",
       {kName},
       {},
       {},
       {{200, "The file", {}, kBinary},
        {206, "Part of it", {}, kBinary},
        {304, "It is as you know it"},
        kNoFile,
        {412, "It is not as you know it"},
        {416, "It is not that long"},
        kDiskTrouble},
       &download},
      {"GET", "/nodes", "course", "Ids of connected workers", {}, {}, {}, {{200, "Them", "Nodes"}}, &list_nodes},
      {"GET", "/logs", "course", "The last 100 log lines", {}, {}, {}, {{200, "Them", "Logs"}}, &show_logs},
      {"POST", "/clear_logs", "course", "Empties the log", {}, {}, {}, {{200, "Done", "Cleared"}}, &clear_logs},
  };
}

std::vector<RouteDoc> job_routes() {
  return {
      {"GET",
       "/api/v1/jobs",
       "jobs",
       "Jobs, the newest first",
       {{"limit", "query", "How many at most", R"({"type":"integer","minimum":1,"default":100})"},
        {"file", "query", "Only those of this file", kSchemaText}},
       {},
       {},
       {{200, "Them", "Jobs"}, kInvalid, kDiskTrouble},
       &list_jobs},
      {"POST",
       "/api/v1/jobs",
       "jobs",
       "Begins to equalize a file",
       {},
       kJson,
       "JobRequest",
       {{200, "The file's job that runs already", "Job"},
        {201, "The new job", "Job"},
        error(400, "The body ends early"),
        kNoFile,
        error(413, "The body is too large"),
        kInvalid,
        kDiskTrouble,
        error(503, "The master stops"),
        error(507, "The disk is full")},
       &create_job},
      {"GET",
       "/api/v1/jobs/{id}",
       "jobs",
       "A job",
       {kJobId},
       {},
       {},
       {{200, "It", "Job"}, kNoJob, kDiskTrouble},
       &show_job},
      {"DELETE",
       "/api/v1/jobs/{id}",
       "jobs",
       "Cancels a job; one that has ended stays as it is",
       {kJobId},
       {},
       {},
       {{200, "It", "Job"}, kNoJob, kDiskTrouble},
       &cancel_job},
      {"GET",
       "/api/v1/jobs/{id}/strips",
       "jobs",
       "Strips of the page that is at work, and who has them",
       {kJobId},
       {},
       {},
       {{200, "Them", "Strips"}, kNoJob, kDiskTrouble},
       &show_strips},
      {"GET",
       "/api/v1/jobs/{id}/timeline",
       "jobs",
       "What happened to the strips of a page, in order; of jobs at work and the last ones that ended",
       {kJobId,
        {"page", "query", "From 1 on", R"({"type":"integer","minimum":1,"default":1})"},
        {"from", "query", "The entry to begin with: `next` of the last answer",
         R"({"type":"integer","minimum":0,"default":0})"}},
       {},
       {},
       {{200, "It", "Timeline"}, kNoJob, kInvalid, kDiskTrouble},
       &show_timeline},
      {"GET",
       "/api/v1/jobs/{id}/histograms",
       "jobs",
       "Histograms of a page before and after, and the table between them",
       {kJobId, {"page", "query", "From 1 on", R"({"type":"integer","minimum":1,"default":1})"}},
       {},
       {},
       {{200, "Them", "Histograms"},
        error(404, "There is no such job, or that page is not counted"),
        kInvalid,
        kDiskTrouble},
       &show_histograms},
  };
}

std::vector<RouteDoc> text_routes() {
  return {
      {"POST",
       "/api/v1/mapreduce/{kind}",
       "texts",
       "Counts a text over the workers while it arrives; nothing of it is kept. wordcount: a line `COUNT WORD` for "
       "each "
       "distinct word, in the order of the words' bytes. bytes: `BYTES LINES IGNORED` of a log's second column",
       {{"kind", "path", "What is counted", R"({"type":"string","enum":["bytes","wordcount"]})"}},
       kBinary,
       "Text",
       {{200, "The result", {}, kText},
        error(400, "The body ends early"),
        error(404, "There is no such kind"),
        error(408, "Nothing came for too long, or too little"),
        error(413, "The body is too large"),
        error(422, "A word is too long, or there are too many distinct ones"),
        error(500, "The pieces could not be counted"),
        error(503, "The master stops, or counts too many texts already")},
       &map_text},
  };
}

std::vector<RouteDoc> state_routes() {
  return {
      {"GET", "/api/v1/workers", "workers", "Connected workers", {}, {}, {}, {{200, "Them", "Workers"}}, &list_workers},
      {"GET",
       "/api/v1/files",
       "files",
       "Inputs with what is known of them",
       {},
       {},
       {},
       {{200, "Them", "Files"}, kDiskTrouble},
       &describe_files},
      {"GET",
       "/api/v1/files/{name}/preview",
       "files",
       "A small JPEG of an input or a result",
       {kName,
        {"size", "query", "Pixels on its longer side at most",
         R"({"type":"integer","minimum":16,"maximum":2048,"default":320})"}},
       {},
       {},
       {{200, "The picture", {}, "image/jpeg"},
        {304, "It is as you know it"},
        kNoFile,
        kInvalid,
        kDiskTrouble,
        error(503, "Too many previews at once")},
       &preview},
      {"GET",
       "/api/v1/status",
       "state",
       "The master in numbers",
       {},
       {},
       {},
       {{200, "Them", "Status"}, kDiskTrouble},
       &show_status},
      {"GET",
       "/api/v1/events",
       "state",
       "What happens, as it happens: server-sent events hello, job, worker, worker_lost, file, log, beat, gap",
       {},
       {},
       {},
       {{200, "Events without end", {}, "text/event-stream"}, error(503, "Too many watch already")},
       &watch_events},
      {"GET",
       "/api/v1/openapi.json",
       "state",
       "This document",
       {},
       {},
       {},
       {{200, "OpenAPI 3.1", "Document"}},
       &show_openapi},
      {"GET", "/healthz", "state", "The process answers", {}, {}, {}, {{200, "ok", {}, kText}}, &health},
      {"GET",
       "/readyz",
       "state",
       "The master takes jobs",
       {},
       {},
       {},
       {{200, "ready", {}, kText}, error(503, "It starts or stops")},
       &readiness},
      {"GET",
       "/metrics",
       "state",
       "Metrics for Prometheus",
       {},
       {},
       {},
       {{200, "Text format 0.0.4", {}, kText}},
       &show_metrics},
  };
}

}  // namespace

const std::vector<RouteDoc>& route_table() {
  static const std::vector<RouteDoc> kTable = [] {
    auto table = course_routes();
    for (auto&& more : {job_routes(), text_routes(), state_routes()})
      table.insert(table.end(), more.begin(), more.end());
    return table;
  }();
  return kTable;
}

}  // namespace ece465::cluster
