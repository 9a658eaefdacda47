# Compile options of all our targets, as an INTERFACE target; there are no global flags.

add_library(ece465_options INTERFACE)
add_library(ece465::options ALIAS ece465_options)
target_compile_features(ece465_options INTERFACE cxx_std_23)
set(CMAKE_CXX_EXTENSIONS OFF)

target_compile_options(ece465_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in `"text" + std::string` where there are none (its bug 105651, fixed in 13).
  target_compile_options(ece465_options INTERFACE -Wno-restrict)
endif()
if(ECE465_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Inside one file GCC sees that a coroutine's frame, of external linkage, holds types of no linkage.
  target_compile_options(ece465_options INTERFACE -Wno-subobject-linkage)
endif()
if(ECE465_WERROR)
  target_compile_options(ece465_options INTERFACE -Werror)
endif()

if(ECE465_SANITIZE)
  target_compile_options(ece465_options INTERFACE -fsanitize=${ECE465_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ece465_options INTERFACE -fsanitize=${ECE465_SANITIZE})
  if(ECE465_SANITIZE MATCHES "undefined")
    # A check at every access through a pointer makes coroutines take twice as long to compile; AddressSanitizer stops
    # at a null pointer by itself.
    target_compile_options(ece465_options INTERFACE -fno-sanitize=null,vptr)
  endif()
endif()
if(ECE465_FUZZERS)
  # Coverage instrumentation for the modules; only the fuzz targets link the driver (-fsanitize=fuzzer).
  target_compile_options(ece465_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
