# ece465_module(NAME [LAYER folder] SOURCES ... [DEPENDS modules ...] [LIBRARIES targets ...] [PRIVATE_LIBRARIES targets ...])
#
# One static library per module. Headers that other modules may include are in include/ece465/<module>/. The build gives
# each module its own include folder and those of the modules that it names in DEPENDS, through a folder of links, so
# that including a module that is not named fails the build.
#
# LAYER: the module is one folder of a larger one. It includes its own headers as "folder/x.hpp", and so do the layers
# that name it in DEPENDS, so that an include that points up does not compile.
#
# With ECE465_UNITY (all presets but dev and fuzz) the sources of a module are compiled several at a time: most of the
# cost of a file is reading the same headers, and instantiating the same coroutine machinery.
#
# With ECE465_CHECK_HEADERS (preset ci) every header is also compiled by itself, without optimization, which proves that
# it includes what it needs.
function(ece465_module name)
  cmake_parse_arguments(module "" "LAYER" "SOURCES;DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  set(view ${PROJECT_BINARY_DIR}/modules/${name})
  file(MAKE_DIRECTORY ${view}/ece465)
  if(EXISTS ${PROJECT_SOURCE_DIR}/include/ece465/${name})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/ece465/${name} ${view}/ece465/${name} SYMBOLIC)
  endif()
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  set(own_include PRIVATE ${folder})
  if(module_LAYER)
    set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${module_LAYER})
    set(own_include "")
    file(CREATE_LINK ${folder} ${view}/${module_LAYER} SYMBOLIC)
    list(TRANSFORM module_SOURCES PREPEND ${module_LAYER}/)
  endif()

  add_library(ece465_${name} STATIC ${module_SOURCES})
  add_library(ece465::${name} ALIAS ece465_${name})
  if(ECE465_UNITY)
    set_target_properties(ece465_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  target_include_directories(ece465_${name} PUBLIC ${view} ${own_include})
  list(TRANSFORM module_DEPENDS PREPEND ece465::)
  target_link_libraries(ece465_${name} PUBLIC ${module_DEPENDS} ${module_LIBRARIES}
    PRIVATE ece465::options ${module_PRIVATE_LIBRARIES})
  if(ECE465_CHECK_HEADERS AND NOT module_LAYER)  # the whole module's check covers its layers
    ece465_check_headers(${name} ${module_PRIVATE_LIBRARIES})
  endif()
endfunction()

function(ece465_check_headers name)
  # The one glob of this build: it also finds the header that nobody lists.
  file(GLOB_RECURSE public CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_SOURCE_DIR}/include/ece465/${name}/*.hpp)
  file(GLOB_RECURSE private CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  set(units "")
  foreach(header ${public} ${private})
    set(unit ${PROJECT_BINARY_DIR}/headers/${name}/${header}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n#include \"${header}\"\n" @ONLY)
    list(APPEND units ${unit})
  endforeach()
  if(units)
    add_library(ece465_${name}_headers OBJECT ${units})
    target_compile_options(ece465_${name}_headers PRIVATE -O0)
    target_include_directories(ece465_${name}_headers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(ece465_${name}_headers PRIVATE ece465::${name} ece465::options ${ARGN})
  endif()
endfunction()
