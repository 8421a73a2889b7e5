"""WebDataset: tar shards of MP4, caption, JSON and npz, four files of equal stem per sample."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from simgen.clip import Clip
from simgen.export import Exporter, ExportOptions, Row
from simgen.exporters.files import Scratch, write_mp4, write_npz
from simgen.footage import Window
from simgen.record import PASSES, AnyArray
from simgen.renderer import View
from simgen.renderers.null import empty_pass
from simgen.shard import commit_file, temporary_for


class WebDatasetExporter(Exporter):
    """Samples of consecutive clips in `shard-000000.tar`...; a shard appears when it is full."""

    name = "webdataset"
    passes = frozenset(
        {"depth", "segmentation", "forward_flow", "forward_depth_change", "forward_occlusion"}
    )
    captioned = True
    multiple = 2
    conventions: ClassVar[dict[str, str]] = {
        "mp4": "H.264, yuv420p, BT.709",
        "npz": "passes as in simgen.conventions, float32, (T, H, W) or (T, H, W, channel); "
        "camera_to_world (T, 4, 4) OpenCV axes and intrinsics (3, 3) [px] of this size",
        "missing": "of a pass that a scene does not have: temperature NaN, transmittance 1, "
        "volume_depth +inf; where nothing is hit, depth is +inf and flow NaN",
        "txt": "the chosen caption; every kind is in the JSON",
        "window": "flow, depth change and occlusion into frames outside the sample are invalid",
    }

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        self._tar: tarfile.TarFile | None = None
        self._temporary = folder
        self._pending: list[Row] = []
        self._number = 0

    @property
    def wanted(self) -> frozenset[str]:
        return frozenset(self.options.passes or self.passes) | {"rgb"}

    def resume(self, rows: Iterator[Row]) -> None:
        self._number = len({row["shard"] for row in rows})

    def add(self, clip: Clip) -> list[Row]:
        """A clip's windows stay in one shard."""
        self._pending += super().add(clip)
        return self.flush() if len(self._pending) >= self.options.shard_size else []

    def write(self, window: Window) -> Row:
        folder, name = self.folder, window.name
        parts = {kind: temporary_for(folder / f"{name}.{kind}") for kind in ("mp4", "npz")}
        try:
            with Scratch(folder, window.length) as scratch:
                pictures = self._spread(window, scratch)
                write_mp4(parts["mp4"], pictures, window.footage.size, window.footage.fps)
                arrays = dict(scratch.arrays)
                arrays["camera_to_world"] = window.camera_to_world
                arrays["intrinsics"] = window.footage.intrinsics
                write_npz(parts["npz"], arrays)
            tar = self._open()
            _add(tar, f"{name}.mp4", parts["mp4"])
            _add(tar, f"{name}.txt", self.caption(window.clip))
            _add(tar, f"{name}.json", json.dumps(_about(window)))
            _add(tar, f"{name}.npz", parts["npz"])
        finally:
            for path in parts.values():
                path.unlink(missing_ok=True)
        return {"shard": self._file.name}

    def _spread(self, window: Window, scratch: Scratch) -> Iterator[AnyArray]:
        """Keep the annotations of every frame, pass its picture on. All samples have the same
        arrays: what a scene does not have is empty."""
        width, height = window.footage.size
        view = View(width=width, height=height)
        for frame in window.frames:
            for name in sorted(self.wanted - {"rgb"}):
                there = name in frame
                scratch.put(name, frame.index, frame[name] if there else empty_pass(name, view))
            yield frame["rgb"]

    @property
    def _file(self) -> Path:
        return self.folder / f"shard-{self._number:06d}.tar"

    def _open(self) -> tarfile.TarFile:
        if self._tar is None:
            self._temporary = temporary_for(self._file)
            self._tar = tarfile.open(self._temporary, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        return self._tar

    def flush(self) -> list[Row]:
        if self._tar is None:
            return []
        self._tar.close()
        commit_file(self._temporary, self._file)
        rows, self._pending, self._tar = self._pending, [], None
        self._number += 1
        return rows


def _add(tar: tarfile.TarFile, name: str, content: Path | str) -> None:
    """A member without times and owners, so that equal clips give equal shards."""
    entry = tarfile.TarInfo(name)
    if isinstance(content, str):
        data = content.encode()
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
        return
    entry.size = content.stat().st_size
    with open(content, "rb") as file:
        tar.addfile(entry, file)


def _about(window: Window) -> dict[str, Any]:
    clip, footage = window.clip, window.footage
    attributes = clip.attributes
    passes = [name for name in PASSES if name != "rgb"]
    return {
        "clip": clip.name,
        "template": attributes["template"],
        "fps": footage.fps,
        "start": float(footage.step * window.start / float(attributes["fps"])),
        "frames": window.length,
        "width": footage.size[0],
        "height": footage.size[1],
        "captions": dict(clip.captions),
        "objects": [asdict(item) for item in clip.objects],
        "configuration": json.loads(attributes["configuration"]),
        "units": {name: PASSES[name].unit for name in passes},
    }
