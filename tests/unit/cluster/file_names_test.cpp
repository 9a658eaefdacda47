#include "store/file_names.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace ece465::cluster;

TEST_SUITE("file names") {
  TEST_CASE("a client's name is reduced to its base name") {
    CHECK(safe_name("photo.jpg") == "photo.jpg");
    CHECK(safe_name("../../etc/photo.jpg") == "photo.jpg");
    CHECK(safe_name("C:\\Users\\me\\photo.jpg") == "photo.jpg");
    CHECK(safe_name("a/../b.jpg") == "b.jpg");
    CHECK(safe_name("größe 写真.jpg") == "größe 写真.jpg");
    CHECK(safe_name(std::string(196, 'x') + ".jpg").has_value());
  }

  TEST_CASE("invalid names are refused with a reason") {
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string(".hidden.jpg"), std::string("a/"),
          std::string("a/.."), std::string("a\0b.jpg", 7), std::string("a\nb.jpg"), std::string("a\x7F.jpg"),
          std::string("gr\xF6\xDF.jpg"), std::string(197, 'x') + ".jpg", std::string(5000, 'x') + ".jpg"}) {
      CAPTURE(name);
      const auto safe = safe_name(name);
      REQUIRE(!safe);
      CHECK(safe.error().code == Errc::bad_input);
      CHECK(!safe.error().text().empty());
      CHECK(!is_safe_name(name));
    }
    CHECK(!is_safe_name("a/b.jpg"));
    CHECK(is_safe_name("b.jpg"));
  }

  TEST_CASE("image extensions in any case") {
    for (const char* const name : {"a.jpg", "a.JPEG", "a.tif", "a.TIFF", "a.Png", "my.photo.jpg"})
      CHECK(has_image_extension(name));
    for (const char* const name : {"", "jpg", "a.jpg.exe", "a.gif", "a.", "a"}) CHECK(!has_image_extension(name));
  }

  TEST_CASE("a result is named after its input") {
    CHECK(result_name("photo.jpg") == "photo_equalized.jpg");
    CHECK(result_name("my.photo.JPG") == "my.photo_equalized.JPG");
    CHECK(result_name("plain") == "plain_equalized");
    CHECK(is_result_name("my.photo_equalized.JPG"));
    CHECK(!is_result_name("photo.jpg"));
    CHECK(!is_result_name("equalized.jpg"));
    CHECK(!is_result_name("_equalized.jpg"));  // its input would have no name
  }
}
