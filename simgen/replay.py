"""Dense passes of stored clips that keep only their exact states, rendered where they are read.

The ray caster that annotated the clip draws the asked frames again from the stored trajectory: the
same kernels and the same numbers, so on the same device class the passes are those of the `full`
profile before rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from simgen.byte_index import ClipIndex
from simgen.clip import stored_scene, stored_view
from simgen.errors import SimgenError
from simgen.hdf5 import read_record
from simgen.reader import ClipEntry, DatasetReader
from simgen.record import OPTIONAL_PASSES, PASSES, AnyArray, Trajectory
from simgen.renderer import make_renderer, require_passes
from simgen.scene import Rope, Scene
from simgen.stride import strided, strided_scene

_EMPTY = {"volume_depth": np.inf, "transmittance": 1.0}


class Replay:
    """Renders windows of stored clips; keeps the scene of the last clip."""

    def __init__(self, reader: DatasetReader, *, device: str = "cpu", threads: int = 1) -> None:
        self._reader = reader
        self._device, self._threads = device, threads
        self._last: tuple[ClipEntry, Scene] | None = None
        self._lock = Lock()

    def passes(
        self,
        entry: ClipEntry,
        names: Sequence[str],
        frames: range,
        *,
        size: tuple[int, int] | None = None,
    ) -> dict[str, AnyArray]:
        """Passes at some frames: name -> (frames, H, W, ...), motion between the asked instants.

        Args:
            entry: the clip.
            names: passes as in `simgen.record.PASSES`, `rgb` among them or not.
            frames: which; the first must be a multiple of the step.
            size: width and height [px]; None: as stored.

        Raises:
            SimgenError: the clip's template changed since, or the renderer cannot give a pass.
        """
        if frames.start % frames.step:
            raise SimgenError(f"{frames}: the first frame must be a multiple of the step")
        with self._lock:
            return self._passes(entry, names, frames, size)

    def _passes(
        self, entry: ClipEntry, names: Sequence[str], frames: range, size: tuple[int, int] | None
    ) -> dict[str, AnyArray]:
        clip = self._reader.clip(entry)
        about = clip.attributes
        width, height = size or (int(about["width"]), int(about["height"]))
        step = frames.step
        shown = range(frames.start // step, frames.start // step + len(frames))
        view = stored_view(about, (width, height), shown)
        renderer = make_renderer(str(about["renderer"]), device=self._device, threads=self._threads)
        require_passes(renderer, frozenset(names))
        scene = self._scene(entry, clip)
        every = slice(None, None, step)
        trajectory = strided(self._trajectory(entry, clip, scene, frames), every)
        scene = strided_scene(scene, every)
        drawn = [f.passes for f in renderer.render(scene, trajectory, view, frozenset(names))]
        missing = set(names) - set(drawn[0])
        if missing - OPTIONAL_PASSES:
            raise SimgenError(f"{about['name']} has no {', '.join(sorted(missing))}")
        given = {n: np.stack([passes[n] for passes in drawn]) for n in names if n in drawn[0]}
        return given | {n: nothing(n, (len(frames), height, width)) for n in missing}

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Replay, device=self._device, threads=self._threads), (self._reader,)

    def _scene(self, entry: ClipEntry, clip: ClipIndex) -> Scene:
        if self._last is None or self._last[0] != entry:
            self._last = (entry, stored_scene(clip.attributes))
        return self._last[1]

    def _trajectory(
        self, entry: ClipEntry, clip: ClipIndex, scene: Scene, frames: range
    ) -> Trajectory:
        """The clip's states at the first frame, the asked ones and their neighbours; the rows of
        other frames are not read and hold zeros."""
        step, count = frames.step, int(clip.attributes["frame_count"])
        near = range(max(0, frames.start - step), min(count, frames[-1] + step + 1), step)
        arrays = {p: a for p, a in clip.arrays.items() if p.startswith("trajectory/")}
        arrays = {p: a for p, a in arrays.items() if "/contacts/" not in p}
        # Ropes: the tube around a rope turns with it from the first frame on.
        whole = ("trajectory/time", *(f"trajectory/meshes/{r.name}/" for r in ropes(scene)))
        timed = [
            p for p, a in arrays.items() if a.axes[:1] == ("time",) and not p.startswith(whole)
        ]
        rows = {p: range(a.shape[0]) for p, a in arrays.items()} | dict.fromkeys(timed, near)
        found = self._reader.read(entry, rows)
        first = self._reader.read(entry, dict.fromkeys(timed, range(1)))
        for path in timed:
            states = np.zeros(arrays[path].shape, arrays[path].dtype)
            states[near.start : near.stop : step] = found[path]
            states[0] = first[path][0]
            found[path] = states
        groups = {p: a for p, a in clip.groups.items() if not p.startswith("trajectory/contacts")}
        return replace(read_record(_Tree(found, groups, "trajectory"), Trajectory), contacts=None)


def ropes(scene: Scene) -> list[Rope]:
    """The ropes of a scene."""
    return [e for e in scene.elements if isinstance(e, Rope)]


class _Tree:
    """Arrays and attributes by path as `hdf5.read_record` wants to see them."""

    def __init__(
        self, arrays: Mapping[str, AnyArray], groups: Mapping[str, Mapping[str, Any]], path: str
    ) -> None:
        self._arrays, self._groups, self._path = arrays, groups, path
        self.attrs = groups[path]

    def get(self, name: str) -> Any:
        """The array or group called `name`, None where there is none."""
        path = f"{self._path}/{name}"
        if path in self._arrays:
            return self._arrays[path]
        return _Tree(self._arrays, self._groups, path) if path in self._groups else None

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __iter__(self) -> Iterator[str]:
        start = f"{self._path}/"
        inside = [p for p in self._groups if p.startswith(start)]
        return iter(sorted({p.removeprefix(start).split("/")[0] for p in inside}))


def nothing(name: str, shape: tuple[int, int, int]) -> AnyArray:
    """An optional pass (frames, H, W) of a clip whose scene has nothing of it."""
    return np.full(shape, _EMPTY.get(name, np.nan), PASSES[name].dtype)
