#include "huffman.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "error_manager.hpp"

namespace ece465::image::jpeg {
namespace {

struct StandardTables {
  std::array<JHUFF_TBL, 2> dc{}, ac{};  // for luma and for chroma
};

/// libjpeg's compressor has these tables as its defaults: no need to repeat 350 numbers here.
StandardTables load_standard_tables() {
  StandardTables tables;
  ErrorManager errors(nullptr);
  jpeg_compress_struct info{};
  errors.attach(info);
  const auto loaded = errors.run([&] {
    jpeg_create_compress(&info);
    info.in_color_space = JCS_RGB;
    info.input_components = 3;
    jpeg_set_defaults(&info);
    for (std::size_t i = 0; i < 2; ++i) {
      tables.dc[i] = *info.dc_huff_tbl_ptrs[i];
      tables.ac[i] = *info.ac_huff_tbl_ptrs[i];
    }
  });
  jpeg_destroy_compress(&info);
  static_cast<void>(loaded);  // can fail only for lack of memory; then no table is recognized as standard
  return tables;
}

const StandardTables& standard() {
  static const StandardTables tables = load_standard_tables();
  return tables;
}

bool is_one_of(const JHUFF_TBL* table, const std::array<JHUFF_TBL, 2>& known) {
  return table == nullptr || std::ranges::any_of(known, [&](const auto& k) { return same_codes(*table, k); });
}

}  // namespace

bool same_codes(const JHUFF_TBL& a, const JHUFF_TBL& b) {
  if (!std::equal(a.bits + 1, a.bits + 17, b.bits + 1)) return false;
  std::size_t codes = 0;
  for (int length = 1; length <= 16; ++length) codes += a.bits[length];
  return std::equal(a.huffval, a.huffval + std::min<std::size_t>(codes, 256), b.huffval);
}

bool is_standard_dc(const JHUFF_TBL* table) { return is_one_of(table, standard().dc); }
bool is_standard_ac(const JHUFF_TBL* table) { return is_one_of(table, standard().ac); }

}  // namespace ece465::image::jpeg
