"""Shards: HDF5 files of clips, self-describing, written whole or not at all.

Layout (CONVENTIONS): `/clips/<index>/` holds `passes/`, `camera/`, `trajectory/`, `tracks/` and
JSON attributes; the root holds the job and the convention header. Every array states unit, axes and
meaning. In the file the passes lie frame by frame, so that a window of frames is one range of
bytes, and the byte index beside the shard (simgen.byte_index) says where.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from simgen import __version__
from simgen.byte_index import ShardIndex, build_index, index_path, parse_index
from simgen.certificate import Certificate
from simgen.codec import GOP, PROFILES, PassCodec, VideoEncoder, compress, planes
from simgen.conventions import CONVENTIONS, CONVENTIONS_VERSION
from simgen.hdf5 import describe, make_dataset, to_json, write_array, write_record
from simgen.record import PASSES, Annotations, AnyArray, Frame, Trajectory
from simgen.scene import SceneObject

FORMAT = "simgen-shard"
VERSION = 2
_POSES, _INTRINSICS = "camera/camera_to_world", "camera/intrinsics"
TONE_MAPPING = "exposure, then S. Hill's fit of the ACES RRT and ODT, then the sRGB curve"


class ClipWriter:
    """Writes one clip into an HDF5 group: frames as they come, the rest at the end. The passes of a
    frame are packed beside each other, on `threads` threads (0: a thread per core)."""

    def __init__(
        self,
        group: Any,
        *,
        frame_count: int,
        fps: float,
        camera_to_world: AnyArray,
        intrinsics: AnyArray,
        profile: str = "full",
        threads: int = 0,
    ) -> None:
        self._group = group
        self._pool = ThreadPoolExecutor(threads or os.cpu_count())
        self._codecs = PROFILES[profile].codecs
        self._frame_count = frame_count
        self._fps = fps
        self._video: VideoEncoder | None = None
        self._written = 0
        self._exposure: tuple[float, ...] = ()
        camera = group.create_group("camera")
        poses = np.asarray(camera_to_world, np.float64)
        pose = write_array(camera, "camera_to_world", poses, rows=GOP)
        describe(pose, "time 4 4", "m", "OpenCV camera axes (x right, y down, z forward) to world")
        matrix = write_array(camera, "intrinsics", np.asarray(intrinsics, np.float64))
        describe(matrix, "3 3", "px", "fx, fy, cx, cy of the stored resolution")

    def add(self, frame: Frame) -> None:
        """Store the passes of the next frame."""
        if frame.index != self._written:
            raise ValueError(f"frame {frame.index} after {self._written - 1}: frames come in order")
        packed = {
            name: self._pool.submit(_packed, self._codecs[name], array)
            for name, array in frame.passes.items()
            if name != "rgb"
        }
        if "rgb" in frame.passes:
            self._film(frame)
        for name, chunks in packed.items():
            dataset = self._dataset(name, frame[name])
            for channel, chunk in chunks.result():
                dataset.id.write_direct_chunk((frame.index, 0, 0, *channel), chunk)
        self._written += 1

    def _film(self, frame: Frame) -> None:
        picture = frame["rgb"]
        if self._video is None:
            self._video = VideoEncoder(picture.shape[1], picture.shape[0], self._fps)
            self._exposure = frame.exposure
        self._video.add(picture)

    def _dataset(self, name: str, array: AnyArray) -> Any:
        place = f"passes/{name}"
        if place in self._group:
            return self._group[place]
        codec, spec = self._codecs[name], PASSES[name]
        shape = (self._frame_count, *array.shape)
        chunk = (1, *array.shape[:2], *(1,) * (array.ndim - 2))
        dataset = make_dataset(self._group, place, shape, codec.dtype, chunk)
        describe(dataset, f"time {spec.axes}", spec.unit, spec.description)
        dataset.attrs["error_bound"] = codec.bound
        return dataset

    def finish_frames(self) -> None:
        """Close the video once the last frame was added; the frames can be read afterwards."""
        if self._written != self._frame_count:
            raise ValueError(f"{self._written} of {self._frame_count} frames were rendered")
        self._pool.shutdown()
        if self._video is None:
            return
        shape, rows = self._video.finish()
        stream = make_dataset(self._group, "passes/rgb", shape, "u1", (1, shape[1]))
        for number, row in enumerate(rows):
            stream.id.write_direct_chunk((number, 0), compress(row))
        describe(stream, "group byte", "1", f"{PASSES['rgb'].description}: closed groups of frames")
        stream.attrs["codec"] = "h264 Annex B, crf 16, BT.709, limited range, zeros at the row ends"
        stream.attrs["group_frames"] = GOP
        stream.attrs["exposure"] = self._exposure
        stream.attrs["tone_mapping"] = TONE_MAPPING
        stream.attrs["pixel_format"] = self._video.pixel_format
        self._video = None

    def keep(self, names: Sequence[str]) -> None:
        """Drop the passes that are not named: they were needed for the checks alone."""
        passes = self._group.get("passes", {})
        for name in set(passes) - set(names):
            del passes[name]

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


def _packed(codec: PassCodec, array: AnyArray) -> list[tuple[tuple[int, ...], bytes]]:
    """The chunks of one frame of a pass by their channel."""
    return [(channel, compress(plane)) for channel, plane in planes(codec, array)]


class ShardWriter:
    """Collects finished clips in a temporary file; the shard appears under its name only when
    complete."""

    def __init__(self, path: Path, job: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self._temporary = temporary_for(self.path)
        self._file: Any = h5py.File(
            self._temporary, "w", libver=("v110", "v110"), meta_block_size=1 << 17, locking=False
        )
        write_header(self._file, job)
        self.sha256 = ""
        """Of the whole file, once committed."""
        self.index = ShardIndex({})
        """Where everything lies, once committed."""

    def __enter__(self) -> Self:
        return self

    def write(self, clip: Any, index: int) -> None:
        """Add a finished clip; its chunks are copied as they are, passes and camera in the order
        of time."""
        target = self._file.create_group(f"clips/{index:08d}")
        for name, value in clip.attrs.items():
            target.attrs[name] = value
        for name in clip:
            if name not in ("passes", "camera"):
                self._file.copy(clip[name], target)
        self._file.copy(clip[_INTRINSICS], target, _INTRINSICS)
        _copy_in_time(clip, target)

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
            self.index = write_index(self._temporary, index_path(self.path))
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


def _copy_in_time(source: Any, target: Any) -> None:
    """Copy the chunks of camera and passes in the order of time: per group of pictures the poses of
    the camera and the video, then frame by frame every pass."""
    passes = [f"passes/{name}" for name in PASSES]
    found = {name: source[name] for name in (_POSES, *passes) if name in source}
    copies = {
        name: make_dataset(target, name, old.shape, old.dtype, old.chunks)
        for name, old in found.items()
    }
    for name, old in found.items():
        for key, value in old.attrs.items():
            if key != "DIMENSION_LABELS":
                copies[name].attrs[key] = value
        for axis, dimension in enumerate(old.dims):
            copies[name].dims[axis].label = dimension.label
    chunks = [
        ((GOP * place[0], -1) if name == "passes/rgb" else (place[0], order), name, place)
        for order, (name, old) in enumerate(found.items())
        for place in _chunk_places(old)
    ]
    for _, name, place in sorted(chunks):
        mask, chunk = found[name].id.read_direct_chunk(place)
        copies[name].id.write_direct_chunk(place, chunk, mask)


def _chunk_places(dataset: Any) -> Iterator[tuple[int, ...]]:
    """First element of every chunk of a dataset."""
    steps = [range(0, size, step) for size, step in zip(dataset.shape, dataset.chunks)]
    return product(*steps)


def write_index(shard: Path, path: Path) -> ShardIndex:
    """Write the byte index of a finished shard file to `path`, whole or not at all."""
    content = build_index(shard)
    with whole(path) as temporary:
        temporary.write_bytes(content)
    return parse_index(content, path.name)


def temporary_for(path: Path) -> Path:
    """Where a file is written before it appears under its name; it names the process that owns it,
    so that what a killed one left can be told (manifest.remove_orphans)."""
    return path.with_name(f"{path.name}.tmp-{os.getpid()}-{time.time_ns()}")


@contextmanager
def whole(path: Path) -> Generator[Path]:
    """A temporary path that becomes `path` when the block ends well."""
    temporary = temporary_for(path)
    try:
        yield temporary
        commit_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
