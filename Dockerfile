# One image, every role: `docker run ece465 master`, `... worker`, `... equalize photo.jpg`. scripts/image builds it.
# Plain Dockerfile syntax, for BuildKit and the legacy builder.
#
# Debian 12 and Ubuntu 24.04 work as a base. --build-arg TESTS=ON also builds and runs the tests.
ARG BASE_IMAGE=debian:bookworm-slim
# The image to compile in. It differs from BASE_IMAGE if building needs more, for example the certificate of a proxy.
ARG BUILD_IMAGE=${BASE_IMAGE}

FROM ${BUILD_IMAGE} AS build
LABEL org.opencontainers.image.title="ece465-build"
ARG SOURCE_FOLDER=/src
WORKDIR ${SOURCE_FOLDER}
# Rarely changed files first, so that a change of the sources does not install the packages again.
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
# The shipped files: the program, and a list of the packages of the libraries that it is linked with.
RUN DESTDIR=/out cmake --install build/release --component program --strip --prefix /usr/local \
 && ldd /out/usr/local/bin/ece465 | sed -n 's/.*=> \([^ ]*\) .*/\1/p' | while read -r library; do \
      dpkg-query -S "$library" "/usr$library" 2>/dev/null | sed 's/:.*//' | head -n 1; \
    done | sort -u > /out/packages
# The image does not need the tests, so they run only on request.
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

# A number, so that Kubernetes can verify that it is not root. Only ./shared_data, the master's data folder, is written to,
# so the root file system can be read-only.
USER 65532:65532
WORKDIR /app
# Logs are JSON, for log collectors; --log-format text, or this variable, makes them readable.
ENV ECE465_LOG_FORMAT=json
EXPOSE 8000 6000 5055 12345
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["ece465", "health", "--container"]
ENTRYPOINT ["ece465"]
CMD ["--help"]

# Last, because they change with every commit.
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ece465" \
      org.opencontainers.image.description="Histogram equalization on one machine or a cluster, and a distributed-systems course" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
