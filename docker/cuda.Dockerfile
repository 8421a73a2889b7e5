# simgen on NVIDIA GPUs (driver R580 or newer). Build from the repository root: make image
# Warp brings its own CUDA runtime; the base image only has to pass the driver through.
FROM nvidia/cuda:13.0.1-base-ubuntu22.04

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /opt/simgen

# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
       make python3.11 python3.11-venv \
    && rm -rf /var/lib/apt/lists/*

COPY . .
RUN make setup PYTHON=/usr/bin/python3.11 \
    && rm -rf /var/lib/apt/lists/* /root/.cache/pip

ENV PATH=/opt/simgen/.venv/bin:$PATH \
    WARP_CACHE_PATH=/var/cache/simgen/warp \
    QD_OFFLINE_CACHE_FILE_PATH=/var/cache/simgen/genesis-kernels \
    GS_CACHE_FILE_PATH=/var/cache/simgen/genesis \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME ["/data", "/var/cache/simgen"]
ENTRYPOINT ["simgen"]
CMD ["--help"]
