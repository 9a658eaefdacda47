# Libraries from the system's packages; scripts/setup installs them. Imported targets' headers are SYSTEM.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(JPEG REQUIRED)
find_package(TIFF REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

# Highway's headers alone: loading its library costs a short-lived process most of its time (kernels/simd.cpp).
# Its debug checks would need the library.
find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)
add_library(ece465_highway INTERFACE)
add_library(ece465::highway ALIAS ece465_highway)
target_include_directories(ece465_highway SYSTEM INTERFACE ${HWY_INCLUDE_DIR})
target_compile_definitions(ece465_highway INTERFACE HWY_IS_DEBUG_BUILD=0)

# Debian's xxHash comes without a CMake package. Its code is inlined, so the header is all there is to find.
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(ece465_xxhash INTERFACE)
add_library(xxHash::xxhash ALIAS ece465_xxhash)
target_include_directories(ece465_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})

find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)  # the name from 0.8 on; Debian 12 has 0.7
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# asio's standalone form is headers only and comes without a CMake package.
find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
add_library(ece465_asio INTERFACE)
add_library(ece465::asio ALIAS ece465_asio)
target_include_directories(ece465_asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
target_compile_definitions(ece465_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED
  ASIO_SEPARATE_COMPILATION  # what is not a template is compiled once, in src/net/asio.cpp
  ASIO_HAS_CO_AWAIT  # 1.22 looks for GCC there, but clang has C++20 coroutines too
  # asio asks libstdc++ for it, and gets another answer when no standard header was included before: memory that one
  # file allocates by aligned_alloc, another would free by delete.
  ASIO_HAS_STD_ALIGNED_ALLOC)
target_link_libraries(ece465_asio INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes the frames of asio's awaitables, which have their own operator new and delete, for mismatched.
  target_compile_options(ece465_asio INTERFACE -Wno-mismatched-new-delete)
endif()

# Boost.Beast as a pure HTTP codec: headers only; nothing of Boost is linked.
find_package(Boost 1.74 REQUIRED)
add_library(ece465_beast INTERFACE)
add_library(ece465::beast ALIAS ece465_beast)
target_include_directories(ece465_beast SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})

# The job store. SQLiteCpp's package finds SQLite itself.
find_package(SQLiteCpp REQUIRED)

# Metrics: the registry and the text format alone. prometheus-cpp's CMake package would also ask for what its own HTTP
# server and its client need (civetweb, curl).
find_path(PROMETHEUS_INCLUDE_DIR prometheus/registry.h REQUIRED)
find_library(PROMETHEUS_CORE_LIBRARY prometheus-cpp-core REQUIRED)
add_library(ece465_prometheus INTERFACE)
add_library(ece465::prometheus ALIAS ece465_prometheus)
target_include_directories(ece465_prometheus SYSTEM INTERFACE ${PROMETHEUS_INCLUDE_DIR})
target_link_libraries(ece465_prometheus INTERFACE ${PROMETHEUS_CORE_LIBRARY})
