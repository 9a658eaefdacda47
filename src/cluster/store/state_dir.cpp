#include "store/state_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace ece465::cluster {

Result<Descriptor> open_state_dir(const Descriptor& data_folder, const std::filesystem::path& path) {
  const auto failed = [&](int code) {
    return fail_on((path / kStateDir).string(), code == ENOSPC || code == EDQUOT ? Errc::no_space : Errc::io,
                   "cannot create the folder: {}", std::generic_category().message(code));
  };
  if (::mkdirat(data_folder.get(), kStateDir, 0755) != 0 && errno != EEXIST) return failed(errno);
  Descriptor directory(::openat(data_folder.get(), kStateDir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return failed(errno);
  return directory;
}

}  // namespace ece465::cluster
