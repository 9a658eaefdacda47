#pragma once

#include <cstdio>  // jpeglib.h uses FILE and does not include it
// after cstdio
#include <jpeglib.h>

namespace ece465::image::jpeg {

/// Whether a table is one of the examples of T.81, annex K.3, which most encoders use. A missing table counts as one:
/// motion JPEG omits them and implies these.
[[nodiscard]] bool is_standard_dc(const JHUFF_TBL* table);
[[nodiscard]] bool is_standard_ac(const JHUFF_TBL* table);

/// Whether two tables define the same codes.
[[nodiscard]] bool same_codes(const JHUFF_TBL& a, const JHUFF_TBL& b);

}  // namespace ece465::image::jpeg
