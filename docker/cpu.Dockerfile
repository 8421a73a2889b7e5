# simgen on CPU. Build from the repository root: make image
FROM python:3.11-slim-bookworm

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /opt/simgen

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*

COPY . .
RUN make setup \
    && rm -rf /var/lib/apt/lists/* /root/.cache/pip

ENV PATH=/opt/simgen/.venv/bin:$PATH \
    WARP_CACHE_PATH=/var/cache/simgen/warp \
    QD_OFFLINE_CACHE_FILE_PATH=/var/cache/simgen/genesis-kernels \
    GS_CACHE_FILE_PATH=/var/cache/simgen/genesis
VOLUME ["/data", "/var/cache/simgen"]
ENTRYPOINT ["simgen"]
CMD ["--help"]
