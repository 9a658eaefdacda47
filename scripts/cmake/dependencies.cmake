# Libraries from the system's packages; scripts/setup installs them. Imported targets' headers are SYSTEM.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(JPEG REQUIRED)
find_package(TIFF REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)

# Debian's xxHash comes without a CMake package. Its code is inlined, so the header is all there is to find.
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(ece465_xxhash INTERFACE)
add_library(xxHash::xxhash ALIAS ece465_xxhash)
target_include_directories(ece465_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})

find_package(CLI11 REQUIRED)

# asio's standalone form is headers only and comes without a CMake package.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(ece465_asio INTERFACE)
add_library(ece465::asio ALIAS ece465_asio)
target_include_directories(ece465_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(ece465_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(ece465_asio INTERFACE Threads::Threads)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)  # the name from 0.8 on; Debian 12 has 0.7
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
