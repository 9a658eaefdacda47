#pragma once

#include <csetjmp>
#include <cstdio>  // jpeglib.h wants FILE
// after cstdio
#include <jpeglib.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ece465/base/result.hpp"

/// libjpeg reports trouble by calling a function that must not return, in C, so it has to be left by longjmp.
/// All of that is in trap.cpp; callers see `Result`.

namespace ece465::image::jpeg {

/// What a person should know of a file that was read all the same. Thread-safe; says each thing once.
class Notes {
 public:
  void add(std::string_view note) noexcept;
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;  // guards notes_
  std::vector<std::string> notes_;
};

/// The error handler of one libjpeg object, through which every call into libjpeg goes.
class ErrorManager {
 public:
  /// `notes`: where harmless warnings go; may be null. All other warnings are errors: libjpeg would go on
  /// and make up the pixels that it could not read.
  explicit ErrorManager(Notes* notes);
  ErrorManager(const ErrorManager&) = delete;
  ErrorManager& operator=(const ErrorManager&) = delete;

  /// Ties a libjpeg object to this handler; before it is created.
  template <class Info>
  void attach(Info& info) {
    info.err = &manager_;
    info.client_data = this;
  }

  /// Runs `call`, which calls libjpeg. It may be left by longjmp anywhere: nothing with a destructor may live
  /// in it, and what it changes outside of itself it must reach by reference. Afterwards a failed libjpeg
  /// object is good for nothing but being destroyed.
  template <class Call>
  [[nodiscard]] Result<void> run(Call&& call) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Call>>);
    const auto thunk = [](void* context) { (*static_cast<std::remove_reference_t<Call>*>(context))(); };
    if (enter(thunk, &call)) return {};
    return std::unexpected(take_error());
  }

  /// For callbacks that libjpeg calls: what went wrong, before `leave`.
  void blame(Error error) noexcept;
  /// Leaves `run`; nothing with a destructor may live in the caller.
  [[noreturn]] void leave();

 private:
  using Thunk = void (*)(void*);
  bool enter(Thunk thunk, void* context);
  Error take_error();
  void note_warning() noexcept;
  bool is_harmless_warning() const;

  static ErrorManager& of(j_common_ptr info) { return *static_cast<ErrorManager*>(info->client_data); }
  static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);

  jpeg_error_mgr manager_{};
  std::jmp_buf back_{};
  char text_[JMSG_LENGTH_MAX] = {};
  std::optional<Error> blamed_;
  Notes* notes_;
};

/// The trap that a libjpeg object is tied to.
template <class Info>
ErrorManager& trap_of(Info* info) {
  return *static_cast<ErrorManager*>(info->client_data);
}

}  // namespace ece465::image::jpeg
