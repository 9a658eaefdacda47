# One image, every role: `docker run ece465 master`, `... worker`, `... equalize photo.jpg`. scripts/image builds it.
# Plain Dockerfile syntax: BuildKit and the builder before it both read it.
#
# Debian 12 and Ubuntu 24.04 do as a base. --build-arg TESTS=ON also builds and runs the tests, before anything is shipped.
ARG BASE_IMAGE=debian:bookworm-slim
# What is compiled in; another one than BASE_IMAGE where building needs more, such as a proxy's certificate or a cache.
ARG BUILD_IMAGE=${BASE_IMAGE}

FROM ${BUILD_IMAGE} AS build
LABEL org.opencontainers.image.title="ece465-build"
ARG SOURCE_FOLDER=/src
WORKDIR ${SOURCE_FOLDER}
# What changes rarely comes first: a change of source does not install the packages again.
COPY scripts/setup scripts/setup
RUN scripts/setup
COPY CMakeLists.txt CMakePresets.json ./
COPY scripts/cmake scripts/cmake
COPY include include
COPY src src
ARG CMAKE_OPTIONS=
RUN cmake --preset release --log-level=WARNING -DBUILD_TESTING=OFF ${CMAKE_OPTIONS} \
 && cmake --build --preset release --target ece465
COPY README.md LICENSE CHANGELOG.md ./
# What is shipped: the program, and a list of the packages whose libraries it is linked with.
RUN DESTDIR=/out cmake --install build/release --component program --strip --prefix /usr/local \
 && ldd /out/usr/local/bin/ece465 | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | while read -r library; do \
      dpkg-query -S "$library" "/usr$library" 2>/dev/null | sed 's/:.*//' | head -n 1; \
    done | sort -u > /out/packages
# The tests are nothing that the image needs, so they run only when asked for.
ARG TESTS=OFF
COPY scripts scripts
COPY tests tests
RUN if [ "$TESTS" = ON ]; then cmake --preset release -DBUILD_TESTING=ON --log-level=WARNING && scripts/test; fi

FROM ${BASE_IMAGE}
COPY --from=build /out/packages /usr/local/share/doc/ece465/packages
RUN apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive xargs apt-get -qq install -y --no-install-recommends \
      < /usr/local/share/doc/ece465/packages > /dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig /var/log/apt /var/log/*.log \
 && mkdir -p /app/shared_data && chown 65532:65532 /app/shared_data
COPY --from=build /out/usr/local /usr/local

# By number, so that Kubernetes sees that it is not root. The master's data folder, ./shared_data, is the only place that
# anything is written to: the root may be read-only.
USER 65532:65532
WORKDIR /app
# Logs are for collectors here. --log-format text, or the variable, gives lines for people.
ENV ECE465_LOG_FORMAT=json
EXPOSE 8000 6000 5055 12345
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["ece465", "health", "--container"]
ENTRYPOINT ["ece465"]
CMD ["--help"]

# Last, since they change with every commit.
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ece465" \
      org.opencontainers.image.description="Histogram equalization on one machine or a cluster, and a distributed-systems course" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
