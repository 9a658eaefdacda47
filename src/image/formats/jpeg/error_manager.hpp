#pragma once

#include <csetjmp>
#include <cstdio>  // jpeglib.h uses FILE and does not include it
// after cstdio
#include <jpeglib.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ece465/base/guarded.hpp"
#include "ece465/base/result.hpp"

/// libjpeg reports errors by calling a C function that must not return, so that it can only be left by longjmp.
/// This class confines that; its callers see `Result`.

namespace ece465::image::jpeg {

/// Remarks for the user about a file that could be read. Thread-safe; keeps each remark once.
class Notes {
 public:
  void add(std::string_view note) noexcept;
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;  // guards notes_
  std::vector<std::string> notes_;
};

/// The error manager of one libjpeg object. Every call into libjpeg goes through `run`.
class ErrorManager {
 public:
  /// `notes` receives harmless warnings; may be null. All other warnings are errors, because libjpeg would continue
  /// with pixels that are not in the file.
  explicit ErrorManager(Notes* notes);
  ErrorManager(const ErrorManager&) = delete;
  ErrorManager& operator=(const ErrorManager&) = delete;

  /// Attaches a libjpeg object; call before it is created.
  template <class Info>
  void attach(Info& info) {
    info.err = &manager_;
    info.client_data = this;
  }
  /// The error manager that a libjpeg object is attached to.
  template <class Info>
  static ErrorManager& of(Info* info) {
    return *static_cast<ErrorManager*>(info->client_data);
  }

  /// Runs `call`, which calls libjpeg and may be left by longjmp at any point: nothing in it may have a destructor, and
  /// it must reach by reference what it changes. After a failure the libjpeg object can only be destroyed.
  template <class Call>
  [[nodiscard]] Result<void> run(Call&& call) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Call>>);
    const auto thunk = [](void* context) { (*static_cast<std::remove_reference_t<Call>*>(context))(); };
    if (enter(thunk, &call)) return {};
    return std::unexpected(take_error());
  }

  /// For functions that libjpeg calls: runs `call`, which returns `Result<void>`, and leaves `run` if it fails. Nothing
  /// in the calling function may have a destructor.
  template <class Call>
  void run_callback(Call&& call) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Call>>);
    if (!succeeds(call)) throw_longjmp();
  }

 private:
  using Thunk = void (*)(void*);

  /// Keeps the error of `call`. No exception may pass through libjpeg.
  template <class Call>
  bool succeeds(Call& call) noexcept {
    Result<void> result = guarded(call);
    if (result) return true;
    error_ = std::move(result).error();
    return false;
  }
  bool enter(Thunk thunk, void* context);
  [[noreturn]] void throw_longjmp();
  Error take_error();
  void note_warning() noexcept;
  bool is_harmless_warning() const;

  static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);

  jpeg_error_mgr manager_{};
  std::jmp_buf return_point_{};
  char message_[JMSG_LENGTH_MAX] = {};
  std::optional<Error> error_;  // of a callback
  Notes* notes_;
};

}  // namespace ece465::image::jpeg
