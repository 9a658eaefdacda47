#include "store/job_store.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <mutex>
#include <utility>

#include "model/enum_names.hpp"
#include "store/file_names.hpp"
#include "store/job_record.hpp"
#include "store/state_dir.hpp"

namespace ece465::cluster {
namespace {

constexpr const char* kFile = "jobs.sqlite";
constexpr const char* kUnfinished = ".part";
/// Of the tables below. A newer store is refused; an older one will be migrated here.
constexpr int kSchemaVersion = 1;
constexpr int kBusyMilliseconds = 500;

/// The status is one JSON column: no query needs its parts. AUTOINCREMENT never reuses a number, even after the last
/// job has been deleted.
constexpr const char* kSchema = R"(
  CREATE TABLE jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, state TEXT NOT NULL,
                     status TEXT NOT NULL);
  CREATE INDEX jobs_by_file ON jobs (file);
  CREATE INDEX jobs_by_state ON jobs (state);
  CREATE TABLE levels (number INTEGER NOT NULL, page INTEGER NOT NULL, content BLOB NOT NULL,
                       PRIMARY KEY (number, page));
)";

/// The file is damaged, rather than temporarily inaccessible.
bool is_damage(const SQLite::Exception& e) {
  return e.getErrorCode() == SQLITE_CORRUPT || e.getErrorCode() == SQLITE_NOTADB;
}

std::unexpected<Error> store_error(const SQLite::Exception& e) {
  const auto kind = [&] {
    switch (e.getErrorCode()) {
      case SQLITE_FULL: return Errc::no_space;
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB: return Errc::corrupt;
      case SQLITE_BUSY:
      case SQLITE_LOCKED: return Errc::unavailable;
      default: return Errc::io;
    }
  }();
  return fail(kind, "job store: {}", e.what());
}

/// A prepared statement in use. The destructor resets it.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() { (void)statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  SQLite::Statement* operator->() { return &statement_; }

 private:
  SQLite::Statement& statement_;
};

std::int64_t to_column(JobNumber number) { return static_cast<std::int64_t>(number); }
std::int64_t to_column(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::string_view text_of(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

}  // namespace

namespace {

/// The open database and its prepared statements.
struct Connection {
  explicit Connection(const std::filesystem::path& path)
      : database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOFOLLOW,
                 kBusyMilliseconds) {
    prepare_file();
    add.emplace(database, "INSERT INTO jobs (file, state, status) VALUES (?, ?, ?)");
    update.emplace(database, "UPDATE jobs SET state = ?, status = ? WHERE number = ?");
    find.emplace(database, "SELECT number, status FROM jobs WHERE number = ?");
    newest.emplace(database, "SELECT number, status FROM jobs ORDER BY number DESC LIMIT ?");
    newest_of.emplace(database, "SELECT number, status FROM jobs WHERE file = ? ORDER BY number DESC LIMIT ?");
    unfinished.emplace(database,
                       "SELECT number, status FROM jobs WHERE state IN ('queued', 'running') ORDER BY number");
    counts.emplace(database, "SELECT state, count(*) FROM jobs GROUP BY state");
    save_levels.emplace(database, "INSERT OR REPLACE INTO levels (number, page, content) VALUES (?, ?, ?)");
    levels.emplace(database, "SELECT content FROM levels WHERE number = ? AND page = ?");
    forget_jobs.emplace(database, "DELETE FROM jobs WHERE number <= ? AND state NOT IN ('queued', 'running')");
    forget_levels.emplace(database, "DELETE FROM levels WHERE number <= ?");
    // Remembered for `follow`, which must recognize the file.
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) file = {status.st_dev, status.st_ino};
  }

  void prepare_file() {
    // Only one process uses the store. In exclusive mode SQLite keeps the index of the write-ahead log on the heap
    // instead of in shared memory, which network volumes do not support (https://sqlite.org/wal.html#noshm).
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    // Commits are handed to the operating system but not synced to the disk. They survive a crash of this process; a
    // power failure may lose the last ones but does not damage the store. A sync per commit would cost several times as
    // much as everything else that is stored about a job.
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("PRAGMA journal_size_limit = 16777216");
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > kSchemaVersion) {
      newer = version;
    } else if (version == 0) {
      SQLite::Transaction transaction(database);
      database.exec(kSchema);
      database.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
      transaction.commit();
    }
  }

  /// Throws if SQLite finds damage.
  void examine() {
    const std::string verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (verdict != "ok") throw SQLite::Exception(verdict, SQLITE_CORRUPT);
  }

  using FileId = std::pair<dev_t, ino_t>;

  SQLite::Database database;
  int newer = 0;  // the schema's version if it is newer than ours
  FileId file;
  std::optional<SQLite::Statement> add, update, find, newest, newest_of, unfinished, counts, save_levels, levels,
      forget_jobs, forget_levels;
};

}  // namespace

struct JobStore::Impl {
  std::filesystem::path folder, path;  // the data folder; the database file
  JobStoreLimits limits;
  std::vector<std::string> notes;
  std::mutex mutex;  // guards what follows
  std::unique_ptr<Connection> connection;

  /// Runs `work(connection)` under the mutex and turns SQLite's exceptions into errors.
  template <class Work>
  std::invoke_result_t<Work, Connection&> locked(Work work) {
    const std::scoped_lock lock(mutex);
    try {
      return work(*connection);
    } catch (const SQLite::Exception& e) {
      return store_error(e);
    }
  }

  static Result<std::vector<JobStatus>> all(Use& query) {
    std::vector<JobStatus> jobs;
    while (query->executeStep()) {
      const auto number = static_cast<JobNumber>(query->getColumn(0).getInt64());
      ECE465_ASSIGN(auto job, decode_job(number, text_of(query->getColumn(1))));
      jobs.push_back(std::move(job));
    }
    return jobs;
  }

  void delete_old(Connection& c, std::uint64_t newest_number) const {
    if (newest_number > limits.jobs) {
      Use statement(*c.forget_jobs);
      statement->bind(1, to_column(newest_number - limits.jobs));
      statement->exec();
    }
    if (newest_number > limits.jobs_with_levels) {
      Use statement(*c.forget_levels);
      statement->bind(1, to_column(newest_number - limits.jobs_with_levels));
      statement->exec();
    }
  }
};

namespace {

/// The canonical path: the database is opened with NOFOLLOW, but symlinks in the data folder's own path are allowed.
Result<std::filesystem::path> store_path(const std::filesystem::path& folder) {
  std::error_code code;
  const auto real = std::filesystem::canonical(folder, code);
  if (code) return fail_on(folder.string(), Errc::io, "{}", code.message());
  return real / kStateDir / kFile;
}

/// Renames a damaged store and its write-ahead log.
Result<std::string> rename_damaged(const std::filesystem::path& path) {
  const std::string suffix = fmt::format(".damaged-{}", wall_now().time_since_epoch().count());
  std::error_code code;
  for (const char* const part : {"", "-wal", "-shm"}) {
    const std::string from = path.string() + part;
    // The database goes first. If this is interrupted, SQLite ignores a log without a database, whereas a database
    // without its log would lack the last commits.
    std::filesystem::rename(from, path.string() + suffix + part, code);
    if (code && *part == '\0') return fail_on(path.string(), Errc::io, "cannot rename: {}", code.message());
  }
  return path.filename().string() + suffix;
}

}  // namespace

Result<JobStore> JobStore::open(const std::filesystem::path& folder, const JobStoreLimits& limits) {
  const Descriptor data(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!data) return fail_on(folder.string(), Errc::io, "cannot open the data folder");
  ECE465_TRY(open_state_dir(data, folder));
  ECE465_ASSIGN(const auto path, store_path(folder));

  std::vector<std::string> notes;
  for (bool again = false;; again = true) {
    std::string damage;
    try {
      auto connection = std::make_unique<Connection>(path);
      if (connection->newer > 0) {
        return fail_on(
            path.string(), Errc::unsupported,
            "written by a newer ece465 (version {}, supported: {}); move it away to start with an empty store",
            connection->newer, kSchemaVersion);
      }
      connection->examine();
      auto impl = std::make_unique<Impl>();
      impl->folder = folder;
      impl->path = path;
      impl->limits = limits;
      impl->notes = notes;
      impl->connection = std::move(connection);
      JobStore store(std::move(impl));
      // Jobs that cannot be decoded would prevent every start: treat them as damage.
      const auto jobs = store.unfinished();
      if (jobs) return store;
      if (jobs.error().code != Errc::corrupt) return about(path.string(), jobs.error());
      damage = jobs.error().text();
    } catch (const SQLite::Exception& e) {
      if (e.getErrorCode() == SQLITE_BUSY) {
        return fail_on(path.string(), Errc::unavailable, "in use by another process");
      }
      if (!is_damage(e)) return about(path.string(), store_error(e).error());
      damage = e.what();
    }
    if (again) return fail_on(path.string(), Errc::io, "{}", damage);
    ECE465_ASSIGN(const std::string aside, rename_damaged(path));
    notes.push_back(fmt::format("the job store was damaged ({}); it was renamed to {} and replaced by an empty one",
                                damage, aside));
  }
}

JobStore::JobStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JobStore::~JobStore() = default;
JobStore::JobStore(JobStore&&) noexcept = default;
JobStore& JobStore::operator=(JobStore&&) noexcept = default;

const std::vector<std::string>& JobStore::notes() const { return impl_->notes; }

Result<void> JobStore::follow() {
  return impl_->locked([&](Connection& c) -> Result<void> {
    struct stat there{};
    if (::lstat(impl_->path.c_str(), &there) == 0) {
      if (c.file == Connection::FileId(there.st_dev, there.st_ino)) return {};
      return fail_on(impl_->path.string(), Errc::io, "not the job store that this master has open; restart the master");
    }
    ECE465_ASSIGN(const auto path, store_path(impl_->folder));
    // Written under a temporary name, so that an incomplete copy (disk full) is not taken for a store.
    const std::filesystem::path part = path.string() + kUnfinished;
    std::error_code code;
    std::filesystem::remove(part, code);
    {
      SQLite::Statement copy(c.database, "VACUUM INTO ?");  // copies from the deleted file
      copy.bind(1, part.string());
      copy.exec();
    }
    // The old file's write-ahead log would be replayed into the new file.
    for (const char* companion : {"-wal", "-shm"}) std::filesystem::remove(path.string() + companion, code);
    std::filesystem::rename(part, path, code);
    if (code) return fail_on(part.string(), Errc::io, "cannot rename: {}", code.message());
    try {
      impl_->connection = std::make_unique<Connection>(path);
    } catch (...) {
      std::filesystem::remove(path, code);  // else the next `follow` would not recognize it
      throw;
    }
    impl_->path = path;
    return {};
  });
}

Result<JobNumber> JobStore::add(const JobRequest& request, WallTime created) {
  JobStatus job;
  job.request = request;
  job.result = result_name(request.file);
  job.created = created;
  return impl_->locked([&](Connection& c) -> Result<JobNumber> {
    SQLite::Transaction transaction(c.database);
    {
      Use add(*c.add);
      add->bind(1, request.file);
      add->bind(2, std::string(state_name(job.state)));
      add->bind(3, encode_job(job));
      add->exec();
    }
    const auto number = static_cast<std::uint64_t>(c.database.getLastInsertRowid());
    impl_->delete_old(c, number);
    transaction.commit();
    return JobNumber{number};
  });
}

Result<void> JobStore::update(const JobStatus& status) {
  return impl_->locked([&](Connection& c) -> Result<void> {
    Use update(*c.update);
    update->bind(1, std::string(state_name(status.state)));
    update->bind(2, encode_job(status));
    update->bind(3, to_column(status.number));
    update->exec();
    return {};
  });
}

Result<void> JobStore::save_levels(JobNumber number, std::size_t page, const PageLevels& levels) {
  if (page >= impl_->limits.pages_with_levels) return {};
  const auto content = encode_levels(levels);
  return impl_->locked([&](Connection& c) -> Result<void> {
    Use save(*c.save_levels);
    save->bind(1, to_column(number));
    save->bind(2, to_column(page));
    save->bindNoCopy(3, content.data(), static_cast<int>(content.size()));
    save->exec();
    return {};
  });
}

Result<std::optional<PageLevels>> JobStore::levels(JobNumber number, std::size_t page) const {
  return impl_->locked([&](Connection& c) -> Result<std::optional<PageLevels>> {
    Use query(*c.levels);
    query->bind(1, to_column(number));
    query->bind(2, to_column(page));
    if (!query->executeStep()) return std::nullopt;
    return decode_levels(as_bytes(text_of(query->getColumn(0))));
  });
}

Result<std::optional<JobStatus>> JobStore::find(JobNumber number) const {
  return impl_->locked([&](Connection& c) -> Result<std::optional<JobStatus>> {
    Use query(*c.find);
    query->bind(1, to_column(number));
    ECE465_ASSIGN(auto jobs, Impl::all(query));
    if (jobs.empty()) return std::nullopt;
    return std::move(jobs.front());
  });
}

Result<std::vector<JobStatus>> JobStore::newest(std::size_t limit, std::string_view file) const {
  return impl_->locked([&](Connection& c) -> Result<std::vector<JobStatus>> {
    Use query(file.empty() ? *c.newest : *c.newest_of);
    int parameter = 0;
    if (!file.empty()) query->bind(++parameter, std::string(file));
    query->bind(++parameter, to_column(limit));
    return Impl::all(query);
  });
}

Result<std::vector<JobStatus>> JobStore::unfinished() const {
  return impl_->locked([&](Connection& c) -> Result<std::vector<JobStatus>> {
    Use query(*c.unfinished);
    return Impl::all(query);
  });
}

Result<std::map<JobState, std::uint64_t>> JobStore::counts() const {
  return impl_->locked([&](Connection& c) -> Result<std::map<JobState, std::uint64_t>> {
    std::map<JobState, std::uint64_t> counts;
    for (const JobState state :
         {JobState::queued, JobState::running, JobState::done, JobState::failed, JobState::cancelled}) {
      counts[state] = 0;
    }
    Use query(*c.counts);
    while (query->executeStep()) {
      const auto state = parse_state(text_of(query->getColumn(0)));
      if (state) counts[*state] = static_cast<std::uint64_t>(query->getColumn(1).getInt64());
    }
    return counts;
  });
}

}  // namespace ece465::cluster
