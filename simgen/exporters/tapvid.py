"""TAP-Vid: videos with point tracks, as a pickle in the layout of the benchmark and as npz files.

The benchmark's readers (tapnet, evaluation_datasets.py) multiply points by the picture's size, so
they are stored divided by it: (0, 0) is the outer corner of the first pixel, (1, 1) that of the
last.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from simgen.clip import Clip
from simgen.export import Exporter, Row
from simgen.exporters.files import Scratch, placed, write_npz
from simgen.footage import Window, without_tracks


class TapVidExporter(Exporter):
    """`npz/NAME.npz` (video, points, occluded) per window and all of them in `tapvid.pkl`."""

    name = "tapvid"
    passes = frozenset({"rgb"})
    conventions: ClassVar[dict[str, str]] = {
        "video": "(T, H, W, 3) uint8 sRGB",
        "points": "(N, T, 2) float32 (x, y) divided by width and height; 0 behind the camera",
        "occluded": "(N, T) bool: hidden by something, or outside the picture",
        "selection": "points that are seen in one frame at least, as in the benchmark; unlike "
        "there, also on floors and walls, and on cloth, liquids and grains",
        "pickle": "{name: {video, points, occluded}}, the layout of TAP-Vid-DAVIS; the npz files "
        "hold the same and need no pickle, which runs what it holds: load it from people you trust",
    }

    def survey(self, clip: Clip) -> None:
        super().survey(clip)
        if "tracks" not in clip.group:
            raise without_tracks(clip)

    def write(self, window: Window) -> Row:
        tracks = window.tracks()
        seen = np.asarray(tracks.visible.any(axis=1))
        points = np.nan_to_num(tracks.pixels[seen] / np.asarray(window.footage.size), nan=0.0)
        with Scratch(self.folder, window.length) as scratch:
            for frame in window.frames:
                scratch.put("video", frame.index, frame["rgb"])
            arrays = {
                "video": scratch.arrays["video"],
                "points": points.astype(np.float32),
                "occluded": ~tracks.visible[seen],
            }
            write_npz(self._place(window.name), arrays)
        return {"points": int(seen.sum())}

    def _place(self, name: str) -> Path:
        return self.folder / "npz" / f"{name}.npz"

    def finish(self, rows: Callable[[], Iterator[Row]]) -> None:
        def items() -> Iterator[tuple[str, dict[str, Any]]]:
            for row in rows():
                with np.load(self._place(row["name"])) as file:
                    yield row["name"], {key: file[key] for key in file.files}

        with placed(self.folder / "tapvid.pkl") as temporary, open(temporary, "wb") as file:
            pickler = pickle.Pickler(file, protocol=4)
            pickler.fast = True  # keeps no reference to what was written: memory stays flat
            pickler.dump(_Streamed(items()))


class _Streamed:
    """Pickled as a plain dict whose items come one by one."""

    def __init__(self, items: Iterator[tuple[str, Any]]) -> None:
        self._items = items

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (), None, None, self._items
