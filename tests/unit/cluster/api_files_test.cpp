#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "api/preview_cache.hpp"
#include "api_fixture.hpp"
#include "jpeg_file.hpp"
#include "png_file.hpp"
#include "tiff_file.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using ece465::testing::landscape;
using nlohmann::json;

namespace {

constexpr image::PixelLayout kGray{.bits = 8, .colors = 1};
constexpr image::PixelLayout kRgb{.bits = 8, .colors = 3};

std::string get_request(std::string_view target, std::string_view header) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}\r\n\r\n", target, header);
}

net::Task<void> fetch_preview(ApiFixture& api, std::string& body, int& done) {
  const auto answer = co_await get(api, "/api/v1/files/a.png/preview?size=64");
  CHECK(answer.status == 200);
  body = answer.body;
  ++done;
}

}  // namespace

TEST_SUITE("api files") {
  TEST_CASE("downloads support ranges, content types and conditional requests") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("größe.jpg", encode_jpeg(landscape(64, 48, kGray), {}));
      const std::string content = api.temp.read("größe.jpg");
      const std::string target = "/download/gr%C3%B6%C3%9Fe.jpg";
      const auto whole = co_await get(api, target);
      CHECK(whole.status == 200);
      CHECK(whole.body == content);
      CHECK(whole.headers.get("Content-Type") == "image/jpeg");
      CHECK(whole.headers.get("Accept-Ranges") == "bytes");
      CHECK(whole.headers.get("Cache-Control") == "no-cache");
      CHECK(whole.headers.get("Content-Disposition") ==
            "attachment; filename=\"gr____e.jpg\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.jpg");
      check_documented("GET", "/download/{name}", whole);
      const std::string etag(whole.headers.get("ETag").value_or(""));
      CHECK(etag.size() > 10);

      auto part = co_await raw(api, get_request(target, "Range: bytes=2-5"));
      CHECK(status_of(part) == 206);
      CHECK(body_of(part) == content.substr(2, 4));
      CHECK(part.find(fmt::format("Content-Range: bytes 2-5/{}\r\n", content.size())) != std::string::npos);
      part = co_await raw(api, get_request(target, "Range: bytes=-3\r\nIf-Range: " + etag));
      CHECK(body_of(part) == content.substr(content.size() - 3));
      part = co_await raw(api, get_request(target, "Range: bytes=0-0\r\nIf-Range: \"other\""));
      CHECK(status_of(part) == 200);
      part = co_await raw(api, get_request(target, "Range: bytes=999999-"));
      CHECK(status_of(part) == 416);
      auto known = co_await raw(api, get_request(target, "If-None-Match: " + etag));
      CHECK(status_of(known) == 304);
      CHECK(body_of(known).empty());
      known = co_await raw(api, get_request(target, "If-Match: \"other\""));
      CHECK(status_of(known) == 412);
      const auto head =
          co_await raw(api, fmt::format("HEAD {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target));
      CHECK(head.find(fmt::format("Content-Length: {}\r\n", content.size())) != std::string::npos);
      CHECK(body_of(head).empty());

      // New content of the same length changes the ETag.
      const auto replaced = co_await upload(api, "größe.jpg", std::string(content.size(), 'x'));
      CHECK(replaced.status == 200);
      known = co_await raw(api, get_request(target, "If-None-Match: " + etag));
      CHECK(status_of(known) == 200);
    });
  }

  TEST_CASE("the content type follows the content, not the name") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("png.jpg", encode_png(landscape(8, 8, kGray)));
      api.temp.write("a_equalized.tif", encode_tiff(landscape(8, 8, kGray)));
      api.temp.write("text.png", "text");
      auto answer = co_await get(api, "/download/png.jpg");
      CHECK(answer.headers.get("Content-Type") == "image/png");
      answer = co_await get(api, "/download/a_equalized.tif");
      CHECK(answer.headers.get("Content-Type") == "image/tiff");
      answer = co_await get(api, "/download/text.png");
      CHECK(answer.headers.get("Content-Type") == "application/octet-stream");
    });
  }

  TEST_CASE("a download is unaffected by replacement and deletion") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      // Exceeds the sockets' buffers, so that the response blocks in the middle.
      constexpr std::size_t kSize = 24'000'000;
      api.temp.write("a.jpg", std::string(kSize, 'o'));
      for (const bool deleted : {false, true}) {
        CAPTURE(deleted);
        const char old = deleted ? 'n' : 'o';
        auto stream = co_await net::connect(api.address, kLong);
        REQUIRE(stream);
        const std::string request = get_request("/download/a.jpg", "X: y");
        (void)co_await stream->write(as_bytes(request), kLong);
        std::string got(1000, '\0');
        auto read = co_await stream->read_exactly(std::as_writable_bytes(std::span(got)), kLong);
        REQUIRE(read);
        if (deleted) {
          const auto answer = co_await call(api, "DELETE", "/files/a.jpg");
          CHECK(answer.status == 200);
        } else {
          const auto answer = co_await upload(api, "a.jpg", std::string(kSize, 'n'));
          CHECK(answer.status == 200);
        }
        Buffer piece(std::size_t{256} << 10);
        for (;;) {
          const auto n = co_await stream->read_some(piece.span(), kLong);
          REQUIRE(n);
          if (*n == 0) break;
          got += as_text(piece.span().first(*n));
        }
        CHECK((body_of(got) == std::string(kSize, old)));
      }
    });
  }

  TEST_CASE("files are listed with header, result and error") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      ece465::testing::JpegOptions color;
      color.color = ece465::testing::JpegColor::ycbcr;
      api.temp.write("a.jpg", encode_jpeg(landscape(64, 48, kRgb), color));
      api.temp.write("b.tif", ece465::testing::encode_tiff({landscape(20, 10, {.bits = 16}), landscape(5, 5, kGray)}));
      api.temp.write("c.png", "no image");
      api.temp.write("a_equalized.jpg", "x");
      for (int i = 0; i < 2; ++i) {  // read, then cached
        const auto answer = co_await get(api, "/api/v1/files");
        CHECK(answer.status == 200);
        check_documented("GET", "/api/v1/files", answer);
        const json files = json::parse(answer.body)["files"];
        REQUIRE(files.size() == 3);
        CHECK(files[0]["name"] == "a.jpg");
        CHECK(files[0]["result"] == "a_equalized.jpg");
        CHECK(files[0]["image"] ==
              json::parse(R"({"format":"JPEG","width":64,"height":48,"bits":8,"color":true,"pages":1})"));
        CHECK(files[0]["detail"].is_null());
        CHECK(files[1]["result"].is_null());
        CHECK(files[1]["image"] ==
              json::parse(R"({"format":"TIFF","width":20,"height":10,"bits":16,"color":false,"pages":2})"));
        CHECK(files[2]["image"].is_null());
        CHECK(!files[2]["detail"].get<std::string>().empty());
      }
      const auto replaced = co_await upload(api, "c.png", std::string(as_text(encode_png(landscape(7, 9, kRgb)))));
      CHECK(replaced.status == 200);
      const auto answer = co_await get(api, "/api/v1/files");
      CHECK(json::parse(answer.body)["files"][2]["image"]["height"] == 9);
    });
  }

  TEST_CASE("previews are small JPEGs and support conditional requests") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("a.png", encode_png(landscape(400, 200, kRgb)));
      api.temp.write("a_equalized.png", encode_png(landscape(100, 50, kGray)));
      auto answer = co_await get(api, "/api/v1/files/a.png/preview");
      CHECK(answer.status == 200);
      CHECK(answer.headers.get("Content-Type") == "image/jpeg");
      CHECK(answer.headers.get("Cache-Control") == "private, max-age=10");
      check_documented("GET", "/api/v1/files/{name}/preview", answer);
      auto picture = ece465::testing::decode_jpeg_rows(as_bytes(answer.body));
      CHECK(picture.width == 320);
      CHECK(picture.height == 160);
      CHECK(picture.layout.colors == 3);
      const std::string first = answer.body;
      answer = co_await get(api, "/api/v1/files/a.png/preview");
      CHECK(answer.body == first);
      const std::string etag(answer.headers.get("ETag").value_or(""));
      const auto known =
          co_await raw(api, get_request("/api/v1/files/a.png/preview", fmt::format("If-None-Match: {}", etag)));
      CHECK(status_of(known) == 304);
      answer = co_await get(api, "/api/v1/files/a_equalized.png/preview?size=16");
      picture = ece465::testing::decode_jpeg_rows(as_bytes(answer.body));
      CHECK(picture.width == 16);
      CHECK(answer.headers.get("ETag") != etag);
    });
  }

  TEST_CASE("no preview of missing files and invalid images, or in an invalid size") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("a.png", "no image");
      auto answer = co_await get(api, "/api/v1/files/a.png/preview");
      CHECK(answer.status == 422);
      check_documented("GET", "/api/v1/files/{name}/preview", answer);
      answer = co_await get(api, "/api/v1/files/b.png/preview");
      CHECK(answer.status == 404);
      for (const char* const size : {"15", "2049", "-1", "x", "", "320.5", "99999999999999999999"}) {
        CAPTURE(size);
        answer = co_await get(api, std::string("/api/v1/files/a.png/preview?size=") + size);
        CHECK(answer.status == 422);
        check_documented("GET", "/api/v1/files/{name}/preview", answer);
      }
    });
  }

  TEST_CASE("concurrent requests for a preview share one computation") {
    ApiLimits limits;
    limits.preview_cache_bytes = 0;
    limits.previews_waiting = 3;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          api.temp.write("a.png", encode_png(landscape(400, 300, kRgb)));
          std::vector<std::string> bodies(20);
          int done = 0;
          for (auto& body : bodies) asio::co_spawn(api.io, fetch_preview(api, body, done), asio::detached);
          while (done < 20) co_await asio::post(api.io, asio::use_awaitable);
          for (const auto& body : bodies) CHECK(body == bodies[0]);
        },
        limits);
  }

  TEST_CASE("previews are queued in order, and too many are refused") {
    ApiLimits limits;
    limits.previews_at_once = 1;
    limits.previews_waiting = 3;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          api.temp.write("a.png", encode_png(landscape(400, 300, kRgb)));
          PreviewCache previews(api.context);
          std::vector<std::uint32_t> order;
          int refused = 0;
          struct Ask {
            static net::Task<void> one(ApiFixture& fixture, PreviewCache& previews, std::uint32_t side,
                                       std::vector<std::uint32_t>& ended, int& turned_away) {
              auto file = fixture.folder.open_version("a.png");
              REQUIRE(file);
              const auto jpeg = co_await previews.get(std::move(*file), side);
              if (jpeg) {
                ended.push_back(side);
              } else {
                CHECK(jpeg.error().code == Errc::unavailable);
                ++turned_away;
              }
            }
          };
          for (std::uint32_t side = 20; side < 26; ++side) {
            asio::co_spawn(api.io, Ask::one(api, previews, side, order, refused), asio::detached);
          }
          while (order.size() < 4) co_await asio::post(api.io, asio::use_awaitable);
          CHECK(refused == 2);
          CHECK(order == std::vector<std::uint32_t>{20, 21, 22, 23});
        },
        limits);
  }
}
