// Writes the page as C++: byte arrays and a table of them. GCC 12 has no #embed.

const bytes = (name, content) => {
  const lines = [];
  for (let at = 0; at < content.length; at += 40) lines.push(content.subarray(at, at + 40).join(','));
  return `constexpr unsigned char ${name}[] = {\n${lines.join(',\n')}};\n`;
};

const view = (name, content) => (content.length > 0 ? `std::as_bytes(std::span(${name}))` : 'ece465::Bytes{}');

export function cpp(assets) {
  let arrays = '', table = '';
  assets.forEach((asset, i) => {
    if (asset.content.length > 0) arrays += bytes(`kPlain${i}`, asset.content);
    if (asset.gzip.length > 0) arrays += bytes(`kGzip${i}`, asset.gzip);
    table += `      {.path = "${asset.path}", .type = "${asset.type}", .etag = "${asset.etag}",\n` +
      `       .plain = ${view(`kPlain${i}`, asset.content)}, .gzip = ${view(`kGzip${i}`, asset.gzip)}},\n`;
  });
  return `// Made by src/ui/assemble/assemble.mjs.
#include "ece465/ui/page.hpp"

namespace ece465::ui {
namespace {

${arrays}
}  // namespace

std::span<const http::Asset> page_assets() {
  static const http::Asset kAssets[] = {
${table}  };
  return kAssets;
}

}  // namespace ece465::ui
`;
}
