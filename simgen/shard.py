"""Shards: HDF5 files of clips, self-describing, written whole or not at all.

Layout (CONVENTIONS): `/clips/<index>/` holds `passes/`, `camera/`, `trajectory/`, `tracks/` and
JSON attributes; the root holds the job and the convention header. Every array states unit, axes and
meaning.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import hdf5plugin
import numpy as np

from simgen import __version__
from simgen.certificate import Certificate
from simgen.codec import CODECS, ZSTD_LEVEL, VideoEncoder, compress, planes
from simgen.conventions import CONVENTIONS, CONVENTIONS_VERSION
from simgen.errors import SimgenError
from simgen.hdf5 import describe, to_json, write_record
from simgen.record import PASSES, Annotations, AnyArray, Frame, Trajectory
from simgen.scene import SceneObject

FORMAT = "simgen-shard"
VERSION = 1
TONE_MAPPING = "exposure, then S. Hill's fit of the ACES RRT and ODT, then the sRGB curve"


class ClipWriter:
    """Writes one clip into an HDF5 group: frames as they come, the rest at the end."""

    def __init__(
        self,
        group: Any,
        *,
        frame_count: int,
        fps: float,
        camera_to_world: AnyArray,
        intrinsics: AnyArray,
    ) -> None:
        self._group = group
        self._frame_count = frame_count
        self._fps = fps
        self._video: VideoEncoder | None = None
        self._written = 0
        self._exposure: tuple[float, ...] = ()
        camera = group.create_group("camera")
        pose = camera.create_dataset(
            "camera_to_world", data=np.asarray(camera_to_world, np.float64)
        )
        describe(pose, "time 4 4", "m", "OpenCV camera axes (x right, y down, z forward) to world")
        matrix = camera.create_dataset("intrinsics", data=np.asarray(intrinsics, np.float64))
        describe(matrix, "3 3", "px", "fx, fy, cx, cy of the stored resolution")

    def add(self, frame: Frame) -> None:
        """Store the passes of the next frame."""
        if frame.index != self._written:
            raise ValueError(f"frame {frame.index} after {self._written - 1}: frames come in order")
        for name, array in frame.passes.items():
            if name == "rgb":
                if self._video is None:
                    self._video = VideoEncoder(array.shape[1], array.shape[0], self._fps)
                    self._exposure = frame.exposure
                self._video.add(array)
                continue
            dataset = self._dataset(name, array)
            for channel, plane in planes(name, array):
                offset = (frame.index, 0, 0, *channel)
                dataset.id.write_direct_chunk(offset, compress(plane))
        self._written += 1

    def _dataset(self, name: str, array: AnyArray) -> Any:
        place = f"passes/{name}"
        if place in self._group:
            return self._group[place]
        codec, spec = CODECS[name], PASSES[name]
        dataset = self._group.create_dataset(
            place,
            shape=(self._frame_count, *array.shape),
            dtype=codec.dtype,
            chunks=(1, *array.shape[:2], *(1,) * (array.ndim - 2)),
            shuffle=np.dtype(codec.dtype).itemsize > 1,
            **hdf5plugin.Zstd(clevel=ZSTD_LEVEL),
        )
        describe(dataset, f"time {spec.axes}", spec.unit, spec.description)
        dataset.attrs["error_bound"] = codec.bound
        return dataset

    def finish_frames(self) -> None:
        """Close the video once the last frame was added; the frames can be read afterwards."""
        if self._written != self._frame_count:
            raise ValueError(f"{self._written} of {self._frame_count} frames were rendered")
        if self._video is None:
            return
        pieces = list(self._video.finish())
        stream = self._group.create_dataset(
            "passes/rgb/h264", shape=(self._video.group_offsets[-1],), dtype="u1"
        )
        position = 0
        for piece in pieces:
            stream[position : position + len(piece)] = np.frombuffer(piece, np.uint8)
            position += len(piece)
        stream.attrs["sha256"] = hashlib.sha256(b"".join(pieces)).hexdigest()
        offsets = np.array(self._video.group_offsets, np.uint64)
        starts = self._group.create_dataset("passes/rgb/group_offset", data=offsets)
        describe(
            starts, "group", "byte", "start of every closed group of pictures, then the total size"
        )
        about = self._group["passes/rgb"].attrs
        about["codec"] = "h264 Annex B, crf 16, BT.709, limited range"
        about["exposure"] = self._exposure
        about["tone_mapping"] = TONE_MAPPING
        about["pixel_format"] = self._video.pixel_format
        about["description"] = PASSES["rgb"].description
        self._video = None

    def finish(
        self,
        *,
        attributes: Mapping[str, Any],
        objects: Sequence[SceneObject],
        trajectory: Trajectory,
        annotations: Annotations,
        certificate: Certificate,
    ) -> None:
        """Store everything that is known at the end of the clip."""
        write_record(self._group.create_group("trajectory"), trajectory)
        if annotations.tracks is not None:
            write_record(self._group.create_group("tracks"), annotations.tracks)
        for name, value in attributes.items():
            self._group.attrs[name] = (
                value if isinstance(value, str | int | float | bool) else to_json(value)
            )
        self._group.attrs["objects"] = to_json([asdict(o) for o in objects])
        self._group.attrs["accepted"] = certificate.accepted
        self._group.attrs["reason"] = certificate.reason
        self._group.attrs["certificate"] = to_json([asdict(f) for f in certificate.findings])


class ShardWriter:
    """Collects finished clips in a temporary file; the shard appears under its name only when
    complete."""

    def __init__(self, path: Path, job: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self._temporary = self.path.with_name(
            f"{self.path.name}.tmp-{os.getpid()}-{time.time_ns()}"
        )
        self._file: Any = h5py.File(
            self._temporary, "w", libver=("v110", "v110"), meta_block_size=1 << 20, locking=False
        )
        write_header(self._file, job)
        self.sha256 = ""
        """Of the whole file, once committed."""

    def __enter__(self) -> Self:
        return self

    def write(self, clip: Any, index: int) -> None:
        """Add a finished clip; its chunks are copied as they are, pass by pass."""
        self._file.copy(clip, f"clips/{index:08d}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is not None:
                with suppress(RuntimeError, OSError):  # the error on its way matters, not this one
                    self._file.close()
                return
            self._file.close()
            verify_structure(self._temporary)
            self.sha256 = commit_file(self._temporary, self.path)
        finally:
            self._temporary.unlink(missing_ok=True)


def write_header(file: Any, job: Mapping[str, Any]) -> None:
    """What every simgen HDF5 file states about itself."""
    file.attrs["format"] = FORMAT
    file.attrs["version"] = VERSION
    file.attrs["created_by"] = f"simgen {__version__}"
    file.attrs["conventions_version"] = CONVENTIONS_VERSION
    file.attrs["conventions"] = to_json(CONVENTIONS)
    file.attrs["job"] = to_json(dict(job))
    file.create_group("clips")


def verify_structure(path: Path) -> None:
    """Refuse a file in which a dense pass misses chunks: it was not written to its end."""
    with h5py.File(path, "r", locking=False) as file:
        clips: Any = file["clips"]
        for clip in clips.values():
            for name, dataset in clip.get("passes", {}).items():
                if name != "rgb":
                    shape: tuple[int, ...] = dataset.shape
                    if dataset.id.get_num_chunks() != shape[0] * math.prod(shape[3:]):
                        raise SimgenError(f"{path.name}: {clip.name}/{name} misses frames")


def commit_file(temporary: Path, path: Path) -> str:
    """Make a finished file durable under its name: fsync, rename, fsync of the folder. Gives its
    sha256."""
    with open(temporary, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)
    return digest


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
