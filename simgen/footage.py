"""A stored clip as somebody else wants it: at another rate, in another size, cut into windows.

Stored passes are given where they are just what is asked for. Everything else is rendered anew from
the stored states: annotations of another size or camera, and flow, depth change and occlusion
between instants further apart. Only pictures are resampled, and only to smaller ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from simgen.clip import Clip, stored_view
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.record import PASSES, AnyArray, Frame, Tracks, Trajectory
from simgen.renderer import make_renderer, require_passes
from simgen.resize import Crop, Size
from simgen.scene import Camera, Scene
from simgen.stride import step_between, strided, strided_scene

FORWARD = frozenset({"forward_flow", "forward_depth_change", "forward_occlusion"})
BACKWARD = frozenset({"backward_flow", "backward_depth_change", "backward_occlusion"})
NOTHING: frozenset[str] = frozenset()


class Footage:
    """The frames of a clip at rate `fps`, in `size`, seen by its own camera or by another.

    A size of another shape shows the middle of the picture: as much of it as fills the size. The
    other camera has a pose for every stored frame; its field of view is that of the stored size.
    """

    def __init__(
        self,
        clip: Clip,
        *,
        fps: float | None = None,
        size: Size | None = None,
        camera: Camera | None = None,
        device: str = "cpu",
    ) -> None:
        self.clip = clip
        self.device = device
        stored = float(clip.attributes["fps"])
        self.step = 1 if fps is None else step_between(stored, fps, clip.name)
        self.fps = stored / self.step
        self.stored_size: Size = (int(clip.attributes["width"]), int(clip.attributes["height"]))
        self.size = size or self.stored_size
        self.crop = Crop(self.stored_size, self.size)
        self._other_camera = camera

    def __len__(self) -> int:
        """Number of frames."""
        return frame_count(self.clip, self.step)

    @property
    def intrinsics(self) -> Array:
        """(3, 3) of the asked size [px]."""
        other = self._other_camera
        stored = other.intrinsics(*self.stored_size) if other else self.clip.frames.intrinsics
        return self.crop.intrinsics(stored)

    @property
    def camera_to_world(self) -> Array:
        """(T, 4, 4) at the asked instants, OpenCV axes."""
        own = self.clip.frames.camera_to_world
        poses = own if self._other_camera is None else self._other_camera.camera_to_world
        return poses[self._instants]

    @property
    def _instants(self) -> slice:
        """The stored frames that are asked for."""
        return slice(None, None, self.step)

    @cached_property
    def trajectory(self) -> Trajectory:
        """The states at the asked instants."""
        return strided(self.clip.trajectory, self._instants)

    @cached_property
    def scene(self) -> Scene:
        """The scene with its clock at the asked rate and one camera, `main`, of the asked size."""
        scene = self.clip.scene()
        camera = self._other_camera or scene.camera()
        angle = self.crop.field_of_view(camera.field_of_view)
        camera = replace(camera, name="main", field_of_view=angle)
        return strided_scene(replace(scene, cameras=(camera,)), self._instants)

    def tracks(self) -> Tracks:
        """Points at the asked instants, pixels of the asked size; hidden where they are cut off.

        Raises:
            SimgenError: the clip has no tracks.
        """
        found = self.clip.annotations.tracks
        if found is None:
            raise without_tracks(self.clip)
        tracks = strided(found, self._instants)
        pixels = self.crop.pixels(tracks.pixels)
        return replace(tracks, pixels=pixels, visible=tracks.visible & self.crop.inside(pixels))

    def frames(self, passes: frozenset[str]) -> Iterator[Frame]:
        """Frames 0, 1, ... with these passes, in the order of PASSES; one frame in memory."""
        stored = self._as_stored(passes)
        filtered = {"rgb"} & passes - stored if self._pictures_are_filtered else set[str]()
        rendered = passes - stored - filtered
        fresh = self._render(frozenset(rendered)) if rendered else None
        for t in range(len(self)):
            found = {name: self.clip.frames.read(name, t * self.step) for name in stored}
            if filtered:
                found["rgb"] = self.crop.picture(self.clip.frames.read("rgb", t * self.step))
            if fresh is not None:
                found |= next(fresh).passes
            yield Frame(t, {name: found[name] for name in PASSES if name in found})

    def _as_stored(self, passes: frozenset[str]) -> frozenset[str]:
        """Those of the passes that are stored just as they are asked for."""
        if self._other_camera is not None or self.size != self.stored_size:
            return NOTHING
        kept = passes & frozenset(self.clip.frames.passes)
        return kept if self.step == 1 else kept - FORWARD - BACKWARD

    @property
    def _pictures_are_filtered(self) -> bool:
        smaller = self.crop.scale <= 1 and self.size != self.stored_size
        return self._other_camera is None and smaller and "rgb" in self.clip.frames.passes

    def _render(self, passes: frozenset[str]) -> Iterator[Frame]:
        renderer = make_renderer(str(self.clip.attributes["renderer"]), device=self.device)
        require_passes(renderer, passes)
        view = stored_view(self.clip.attributes, self.size, None)
        return renderer.render(self.scene, self.trajectory, view, passes)


def without_tracks(clip: Clip) -> SimgenError:
    """The error for a clip that has no tracks."""
    return SimgenError(
        f"{clip.name} has no tracks: its job stored too few passes; make it anew with profile=full"
    )


def frame_count(clip: Clip, step: int) -> int:
    """Number of frames of a clip at every `step`-th instant."""
    return -(-int(clip.attributes["frame_count"]) // step)


@dataclass(frozen=True, eq=False, kw_only=True)
class Window:
    """Consecutive frames of a clip as a clip of its own: what lies outside does not exist."""

    footage: Footage
    name: str
    """File stem: category, template and index of the clip; with several windows, the window's
    number."""
    start: int
    """First frame, counted in the footage."""
    length: int
    frames: Iterator[Frame]
    """To be read once, in order; flow into frames outside of the window is invalid."""

    @property
    def clip(self) -> Clip:
        """The clip it was cut from."""
        return self.footage.clip

    @property
    def span(self) -> slice:
        """Its frames in arrays over the footage's time."""
        return slice(self.start, self.start + self.length)

    @property
    def camera_to_world(self) -> Array:
        """(length, 4, 4) OpenCV axes."""
        return self.footage.camera_to_world[self.span]

    def tracks(self) -> Tracks:
        """Points over the window."""
        tracks = self.footage.tracks()
        return replace(
            tracks,
            points=tracks.points[:, self.span],
            pixels=tracks.pixels[:, self.span],
            visible=tracks.visible[:, self.span],
        )


def windows(
    footage: Footage, name: str, passes: frozenset[str], length: int, count: int
) -> Iterator[Window]:
    """The first `count` windows of `length` frames; the rest of the footage is left out."""
    stream = footage.frames(passes)
    for number in range(count):
        frames = _cut(stream, length)
        label = name if count == 1 else f"{name}-{number:02d}"
        yield Window(
            footage=footage, name=label, start=number * length, length=length, frames=frames
        )
        for _ in frames:  # what was not read
            pass


def _cut(stream: Iterator[Frame], length: int) -> Iterator[Frame]:
    """The next frames of the stream, counted from 0, without motion out of the window."""
    for t, frame in enumerate(islice(stream, length)):
        gone = (FORWARD if t == length - 1 else NOTHING) | (BACKWARD if t == 0 else NOTHING)
        passes = {n: _missing(n, a) if n in gone else a for n, a in frame.passes.items()}
        yield Frame(t, passes, frame.exposure)


def _missing(name: str, array: AnyArray) -> AnyArray:
    """A motion pass without a neighbouring frame."""
    return np.full_like(array, False if name.endswith("_occlusion") else np.nan)
