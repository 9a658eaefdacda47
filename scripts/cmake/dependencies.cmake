# Libraries from the system's packages; scripts/setup installs them. Imported targets' headers are SYSTEM.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(JPEG REQUIRED)
find_package(TIFF REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

find_package(CLI11 REQUIRED)
