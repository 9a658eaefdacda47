# `cpack -G DEB --config build/release/CPackConfig.cmake` makes a Debian package of what `cmake --install` installs. Its
# dependencies are computed from the libraries that the program is linked with, so it fits the distribution that it was
# built on.
set(CPACK_PACKAGE_NAME ece465)
set(CPACK_PACKAGE_CONTACT "The ece465 engineers <ece465@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Equalize images on one machine or a cluster, and run distributed-systems labs
 Equalizes the histograms of JPEG, TIFF and PNG images, with 8 or 16 bits per
 sample and metadata kept: on one machine, or with a master and workers over a
 network. Also runs the labs of a distributed-systems course: dining
 philosophers, producers and consumers, TCP servers and clients, map-reduce.")
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
