#pragma once

#include <cstdio>  // jpeglib.h wants FILE
// after cstdio
#include <jpeglib.h>

namespace ece465::image::jpeg {

/// Whether a table is one of the standard's examples (T.81, annex K.3), which most encoders use as they are.
/// No table at all counts as standard: motion JPEG leaves them out and means these.
[[nodiscard]] bool is_standard_dc(const JHUFF_TBL* table);
[[nodiscard]] bool is_standard_ac(const JHUFF_TBL* table);

/// Two tables hold the same codes.
[[nodiscard]] bool same_codes(const JHUFF_TBL& a, const JHUFF_TBL& b);

}  // namespace ece465::image::jpeg
