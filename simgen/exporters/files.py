"""Files that appear whole or not at all: MP4, PNG, npz; and arrays that grow frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from simgen.codec import GOP, REPEATABLE
from simgen.record import AnyArray, Frame
from simgen.resize import Size
from simgen.shard import commit_file, temporary_for, whole

BT709 = 1
"""Code point of BT.709 primaries, transfer and matrix (ITU-T H.273), and of limited range."""
CRF = "16"
"""Quality of the H.264 video; as in shards."""


def placed(path: Path) -> AbstractContextManager[Path]:
    """A temporary path that becomes `path` when the block ends well; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return whole(path)


class Mp4Writer:
    """H.264 in MP4, yuv420p, tagged and converted as BT.709, index in front. Even sizes only."""

    def __init__(self, path: Path, size: Size, fps: float) -> None:
        import av
        import av.logging

        av.logging.set_level(av.logging.ERROR)
        self._av: Any = av
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._temporary = path, temporary_for(path)
        self._container: Any = av.open(
            str(self._temporary), "w", format="mp4", options={"movflags": "+faststart"}
        )
        rate = Fraction(fps).limit_denominator(1001)
        self._stream: Any = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "medium", "crf": CRF, "x264-params": REPEATABLE}
        context = self._stream.codec_context
        context.gop_size, context.thread_count, context.time_base = GOP, 1, 1 / rate
        context.colorspace = context.color_range = BT709
        context.color_primaries = context.color_trc = BT709
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def add(self, picture: AnyArray) -> None:
        """Append one (H, W, 3) uint8 sRGB picture."""
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.duration = self._count, 1
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is None:
                commit_file(self._temporary, self._path)
        finally:
            with suppress(FileNotFoundError):
                self._temporary.unlink()


def write_mp4(path: Path, pictures: Iterable[AnyArray], size: Size, fps: float) -> None:
    """(H, W, 3) uint8 pictures as one MP4."""
    with Mp4Writer(path, size, fps) as video:
        for picture in pictures:
            video.add(picture)


def write_picture(path: Path, picture: AnyArray) -> None:
    """(H, W, 3) uint8 as PNG, or as JPEG of quality 95, by the name's suffix."""
    from PIL import Image

    kind = {".png": "PNG", ".jpg": "JPEG"}[path.suffix]
    with placed(path) as temporary, open(temporary, "wb") as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, kind, quality=95)


def write_npz(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """A compressed npz without pickles; a name with slashes stays as it is. Streams memory maps."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    with placed(path) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED, compresslevel=1) as file:
        for name, array in arrays.items():
            entry = ZipInfo(f"{name}.npy")
            entry.compress_type = ZIP_DEFLATED
            with file.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


class Scratch:
    """Arrays over time on disk, filled frame by frame, so that memory does not grow with length."""

    def __init__(self, folder: Path, length: int) -> None:
        self._folder, self._length = folder, length
        self._paths: list[Path] = []
        self.arrays: dict[str, AnyArray] = {}
        """Name -> (length, ...) memory map; gone after the block."""

    def __enter__(self) -> Self:
        return self

    def put(self, name: str, t: int, values: AnyArray) -> None:
        """Frame t of the array called `name`."""
        if name not in self.arrays:
            self.empty(name, values.shape, values.dtype)
        self.arrays[name][t] = values

    def empty(self, name: str, shape: tuple[int, ...], dtype: Any) -> AnyArray:
        """A new (length, *shape) array."""
        path = temporary_for(self._folder / name)
        self._paths.append(path)
        array = np.lib.format.open_memmap(
            path, "w+", dtype=np.dtype(dtype), shape=(self._length, *shape)
        )
        self.arrays[name] = array
        return array

    def __exit__(self, *error: object) -> None:
        self.arrays.clear()
        for path in self._paths:
            path.unlink(missing_ok=True)


def pictures(frames: Iterable[Frame], first: Path | None = None) -> Iterator[AnyArray]:
    """The pictures of frames; the first is also written to `first`."""
    for frame in frames:
        if first is not None and frame.index == 0:
            write_picture(first, frame["rgb"])
        yield frame["rgb"]
