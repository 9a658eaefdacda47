# Fetches npm packages, once per lock file: cmake -DNPM=... -DSOURCES=... -DFOLDER=... -P
# --ignore-scripts: only the packages' files are needed.
file(MAKE_DIRECTORY ${FOLDER})
foreach(file package.json package-lock.json)
  file(COPY_FILE ${SOURCES}/${file} ${FOLDER}/${file} ONLY_IF_DIFFERENT)
endforeach()
execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed)
  message(FATAL_ERROR "${output}\n"
    "npm failed to fetch the packages of ${SOURCES}. It needs the npm registry, or a cache with them. ${HINT}")
endif()
file(TOUCH ${FOLDER}/fetched)
