# ece465_room(NAME SOURCES ... [DEPENDS rooms ...] [LIBRARIES targets ...] [PRIVATE_LIBRARIES targets ...])
#
# One static library per room. Headers that other rooms may include live in include/ece465/<room>/; the build
# gives each room its own include folder and those of the rooms it names in DEPENDS, through a folder of
# links, so that including a room one must not know fails the build.
#
# With ECE465_CHECK_HEADERS (preset ci) every header of a room is also compiled by itself, unless a source of the room
# includes it before anything else, which proves the same: whatever it needs, it must include.
# With ECE465_UNITY (presets asan and tsan) the files of a room are compiled six at a time: half of what compiling them
# costs is reading the same headers and making the same coroutine machinery.
function(ece465_room name)
  cmake_parse_arguments(room "" "" "SOURCES;DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  set(view ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${view}/ece465)
  if(EXISTS ${PROJECT_SOURCE_DIR}/include/ece465/${name})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/ece465/${name} ${view}/ece465/${name} SYMBOLIC)
  endif()

  add_library(ece465_${name} STATIC ${room_SOURCES})
  add_library(ece465::${name} ALIAS ece465_${name})
  if(ECE465_UNITY)
    set_target_properties(ece465_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
  endif()
  target_include_directories(ece465_${name} PUBLIC ${view} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM room_DEPENDS PREPEND ece465::)
  target_link_libraries(ece465_${name} PUBLIC ${room_DEPENDS} ${room_LIBRARIES} PRIVATE ece465::options ${room_PRIVATE_LIBRARIES})

  if(ECE465_CHECK_HEADERS)
    # The one glob of this build: a header that nobody lists is what this is to find.
    file(GLOB_RECURSE public CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
      ${PROJECT_SOURCE_DIR}/include/ece465/${name}/*.hpp)
    file(GLOB_RECURSE private CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    set(proven "")
    foreach(source ${sources})
      file(STRINGS ${source} first REGEX "^#include" LIMIT_COUNT 1)
      if(first MATCHES "^#include \"(.*)\"")
        set(header ${CMAKE_MATCH_1})
        cmake_path(GET source PARENT_PATH folder)
        if(EXISTS ${folder}/${header})
          file(RELATIVE_PATH header ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/${header})
        endif()
        list(APPEND proven ${header})
      endif()
    endforeach()
    set(units "")
    list(REMOVE_ITEM public ${proven})
    list(REMOVE_ITEM private ${proven})
    foreach(header ${public} ${private})
      set(unit ${PROJECT_BINARY_DIR}/headers/${name}/${header}.cpp)
      file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\n#include \"${header}\"\n" @ONLY)
      list(APPEND units ${unit})
    endforeach()
    if(NOT units)
      return()
    endif()
    add_library(ece465_${name}_headers OBJECT ${units})
    target_include_directories(ece465_${name}_headers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(ece465_${name}_headers PRIVATE ece465::${name} ece465::options ${room_PRIVATE_LIBRARIES})
  endif()
endfunction()
