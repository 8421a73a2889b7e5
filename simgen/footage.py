"""A stored clip as somebody else wants it: at another rate, in another size, cut into windows.

Stored passes are given where they are just what is asked for. Everything else is rendered anew from
the stored states: annotations of another size or camera, and flow, depth change and occlusion
between instants further apart. Only pictures are resampled, and only to smaller ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from simgen.clip import Clip
from simgen.geometry import Array
from simgen.record import PASSES, AnyArray, Frame, Tracks, Trajectory
from simgen.renderer import View, make_renderer, require_passes
from simgen.scene import Camera, Scene
from simgen.stride import step_between, strided, strided_scene

Size = tuple[int, int]
"""Width and height [px]."""
FORWARD = frozenset({"forward_flow", "forward_depth_change", "forward_occlusion"})
BACKWARD = frozenset({"backward_flow", "backward_depth_change", "backward_occlusion"})
NOTHING: frozenset[str] = frozenset()


class Footage:
    """The frames of a clip at rate `fps`, in `size`, seen by its own camera or by another.

    A size of another shape shows the middle of the picture: as much of it as fills the size.
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
        self._other_camera = camera

    def __len__(self) -> int:
        """Number of frames."""
        return frame_count(self.clip, self.step)

    @property
    def scale(self) -> float:
        """Asked pixels per stored pixel."""
        return max(a / b for a, b in zip(self.size, self.stored_size, strict=True))

    @property
    def intrinsics(self) -> Array:
        """(3, 3) of the asked size [px]."""
        if self._other_camera is not None:
            return self._other_camera.intrinsics(*self.size)
        matrix = np.array(self.clip.frames.intrinsics, float)
        matrix[[0, 1], [0, 1]] *= self.scale
        matrix[:2, 2] = np.asarray(self.size) / 2
        return matrix

    @property
    def camera_to_world(self) -> Array:
        """(T, 4, 4) at the asked instants, OpenCV axes."""
        own = self.clip.frames.camera_to_world
        poses = own if self._other_camera is None else self._other_camera.camera_to_world
        return poses[:: self.step]

    @cached_property
    def trajectory(self) -> Trajectory:
        """The states at the asked instants."""
        return strided(self.clip.trajectory, self.step)

    @cached_property
    def scene(self) -> Scene:
        """The scene with its clock at the asked rate and one camera, `main`, of the asked size."""
        scene = self.clip.scene()
        camera = self._other_camera or scene.camera()
        height = 2 * math.tan(camera.field_of_view / 2)
        if self._other_camera is None:  # a wider size shows less above and below
            height *= self.size[1] / self.scale / self.stored_size[1]
        camera = replace(camera, name="main", field_of_view=2 * math.atan(height / 2))
        return strided_scene(replace(scene, cameras=(camera,)), self.step)

    def tracks(self) -> Tracks | None:
        """Points at the asked instants, pixels of the asked size; hidden where they are cut off."""
        found = self.clip.annotations.tracks
        if found is None:
            return None
        tracks = strided(found, self.step)
        middle = (np.asarray(self.stored_size) / 2, np.asarray(self.size) / 2)
        pixels = (tracks.pixels - middle[0]) * self.scale + middle[1]
        with np.errstate(invalid="ignore"):
            inside = ((pixels >= 0) & (pixels < self.size)).all(axis=-1)
        return replace(tracks, pixels=pixels, visible=tracks.visible & inside)

    def frames(self, passes: frozenset[str]) -> Iterator[Frame]:
        """Frames 0, 1, ... with these passes, in the order of PASSES; one frame in memory."""
        stored = self._as_stored(passes)
        filtered = {"rgb"} & passes - stored if self._pictures_are_filtered else set[str]()
        rendered = passes - stored - filtered
        fresh = self._render(frozenset(rendered)) if rendered else None
        for t in range(len(self)):
            found = {name: self.clip.frames.read(name, t * self.step) for name in stored}
            if filtered:
                found["rgb"] = resample(self.clip.frames.read("rgb", t * self.step), self.size)
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
        smaller = self.scale <= 1 and self.size != self.stored_size
        return self._other_camera is None and smaller and "rgb" in self.clip.frames.passes

    def _render(self, passes: frozenset[str]) -> Iterator[Frame]:
        renderer = make_renderer(str(self.clip.attributes["renderer"]), device=self.device)
        require_passes(renderer, passes)
        width, height = self.size
        view = View(width=width, height=height, samples=int(self.clip.attributes["samples"]))
        return renderer.render(self.scene, self.trajectory, view, passes)


def frame_count(clip: Clip, step: int) -> int:
    """Number of frames of a clip at every `step`-th instant."""
    return -(-int(clip.attributes["frame_count"]) // step)


def resample(picture: AnyArray, size: Size) -> AnyArray:
    """(height, width, 3) uint8: the middle of a picture that fills `size`, filtered (bicubic, its
    support grown to the source pixels that a new pixel covers, so that nothing aliases)."""
    from PIL import Image

    height, width = picture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    across, down = size[0] / scale, size[1] / scale
    left, top = (width - across) / 2, (height - down) / 2
    image = Image.fromarray(picture)
    box = (left, top, left + across, top + down)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=box))


@dataclass(frozen=True, eq=False, kw_only=True)
class Window:
    """Consecutive frames of a clip as a clip of its own: what lies outside does not exist."""

    footage: Footage
    name: str
    """File stem: category, template and index of the clip, and the window's number."""
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

    def tracks(self) -> Tracks | None:
        """Points over the window."""
        tracks = self.footage.tracks()
        if tracks is None:
            return None
        return replace(
            tracks,
            points=tracks.points[:, self.span],
            pixels=tracks.pixels[:, self.span],
            visible=tracks.visible[:, self.span],
        )


def windows(
    footage: Footage, name: str, passes: frozenset[str], length: int | None = None
) -> Iterator[Window]:
    """The footage cut into windows of `length` frames (None: one of all); the rest is left out."""
    stream = footage.frames(passes)
    size = length or len(footage)
    for number in range(len(footage) // size):
        frames = _cut(stream, size)
        label = name if length is None else f"{name}-{number:02d}"
        yield Window(footage=footage, name=label, start=number * size, length=size, frames=frames)
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
