#include "error_manager.hpp"

#include <jerror.h>

#include <algorithm>
#include <utility>

namespace ece465::image::jpeg {
namespace {

constexpr std::size_t kMaxNotes = 16;  // more would bury the ones that matter

Errc code_of(int message) {
  switch (message) {
    case JERR_OUT_OF_MEMORY: return Errc::too_large;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_EMPTY_IMAGE:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED: return Errc::unsupported;
    default: return Errc::corrupt;
  }
}

bool is_restart_marker(int marker) { return marker >= JPEG_RST0 && marker <= JPEG_RST0 + 7; }

}  // namespace

void Notes::add(std::string_view note) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (notes_.size() < kMaxNotes && std::ranges::find(notes_, note) == notes_.end()) notes_.emplace_back(note);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): a note is not worth failing for
  }
}

std::vector<std::string> Notes::all() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

ErrorManager::ErrorManager(Notes* notes) : notes_(notes) {
  jpeg_std_error(&manager_);
  manager_.error_exit = on_error;
  manager_.emit_message = on_message;
}

bool ErrorManager::enter(Thunk thunk, void* context) {
  if (setjmp(return_point_) != 0) return false;
  thunk(context);
  return true;
}

void ErrorManager::throw_longjmp() { std::longjmp(return_point_, 1); }

Error ErrorManager::take_error() {
  if (error_) return *std::exchange(error_, std::nullopt);
  return {code_of(manager_.msg_code), message_};
}

void ErrorManager::on_error(j_common_ptr info) {
  ErrorManager& self = of(info);
  info->err->format_message(info, self.message_);
  self.throw_longjmp();
}

bool ErrorManager::is_harmless_warning() const {
  switch (manager_.msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL: return true;
    // Surplus bytes before a restart marker were pixels once. Elsewhere they are padding, or leave the image intact.
    case JWRN_EXTRANEOUS_DATA: return !is_restart_marker(manager_.msg_parm.i[1]);
    default: return false;
  }
}

void ErrorManager::note_warning() noexcept {
  if (notes_ == nullptr) return;
  notes_->add([this] {
    switch (manager_.msg_code) {
      case JWRN_ADOBE_XFORM: return "the Adobe marker has an unknown colour transform; YCbCr is assumed";
      case JWRN_JFIF_MAJOR: return "the JFIF header has an unknown revision";
      case JWRN_NOT_SEQUENTIAL: return "invalid parameters of a sequential scan were ignored";
      default: break;
    }
    return manager_.msg_parm.i[1] == JPEG_EOI ? "stray bytes follow the image data: padding, or a sign of damage"
                                              : "stray bytes between markers were skipped";
  }());
}

void ErrorManager::on_message(j_common_ptr info, int level) {
  if (level >= 0) return;  // tracing
  ErrorManager& self = of(info);
  if (!self.is_harmless_warning()) on_error(info);
  self.note_warning();
}

}  // namespace ece465::image::jpeg
