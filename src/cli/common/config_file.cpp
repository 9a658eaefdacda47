#include "config_file.hpp"

#include <yaml-cpp/yaml.h>

#include <set>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"

/// The only file that includes yaml-cpp. Its exceptions end here.

namespace ece465::cli {
namespace {

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

/// Collects entries, and reports errors with their line.
class Walker {
 public:
  explicit Walker(std::string file) : file_(std::move(file)) {}

  Result<std::vector<ConfigEntry>> walk(const YAML::Node& root) && {
    if (root.IsNull()) return std::move(entries_);
    if (!root.IsMap()) return invalid(root, "expected 'option: value' lines and one section per command");
    ECE465_TRY(walk_map(root, {}, 0));
    return std::move(entries_);
  }

 private:
  template <class... Args>
  std::unexpected<Error> invalid(const YAML::Node& where, fmt::format_string<Args...> text, Args&&... args) const {
    return fail(Errc::usage, "{}:{}: {}", file_, line_of(where), fmt::format(text, std::forward<Args>(args)...));
  }

  Result<void> walk_map(const YAML::Node& map, const std::string& section, int section_line) {
    std::set<std::string> seen;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) return invalid(pair.first, "expected a name");
      const std::string key = pair.first.Scalar();
      if (!seen.insert(key).second) return invalid(pair.first, "duplicate key {}", key);
      const int line = line_of(pair.first);
      const YAML::Node& value = pair.second;
      if (value.IsMap()) {
        if (!section.empty()) return invalid(pair.first, "{} in {} must be a value, not a section", key, section);
        ECE465_TRY(walk_map(value, key, line));
      } else if (value.IsNull()) {
        return invalid(pair.first, "{} has no value", key);
      } else if (value.IsScalar()) {
        entries_.push_back({section, key, {value.Scalar()}, line, section_line});
      } else {
        ConfigEntry entry{section, key, {}, line, section_line};
        for (const auto& item : value) {
          if (!item.IsScalar()) return invalid(item, "{} must be a list of plain values", key);
          entry.values.push_back(item.Scalar());
        }
        if (entry.values.empty()) return invalid(pair.first, "{} is an empty list", key);
        entries_.push_back(std::move(entry));
      }
    }
    return {};
  }

  std::string file_;
  std::vector<ConfigEntry> entries_;
};

}  // namespace

Result<std::vector<ConfigEntry>> read_config(const std::filesystem::path& path) {
  auto source = open_file(path);
  if (!source) return fail(Errc::usage, "configuration file {}", source.error().text());
  const Limits limits;
  if ((*source)->size() > limits.max_config_bytes) {
    return fail_on(path.string(), Errc::usage, "not a configuration file: larger than {} bytes",
                   limits.max_config_bytes);
  }
  std::string text(static_cast<std::size_t>((*source)->size()), '\0');
  ECE465_TRY((*source)->read_exactly(0, std::as_writable_bytes(std::span(text))));
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return std::vector<ConfigEntry>{};
    if (documents.size() > 1) return fail_on(path.string(), Errc::usage, "contains several documents ('---')");
    return Walker(path.string()).walk(documents[0]);
  } catch (const YAML::Exception& e) {
    return fail(Errc::usage, "{}:{}: {}", path.string(), e.mark.line + 1, e.msg);
  }
}

}  // namespace ece465::cli
