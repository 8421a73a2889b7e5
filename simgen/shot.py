"""How recorded clips are seen again: at which of their instants, in which size, by which camera.

A shot picks instants that were recorded; nothing is interpolated between them, so a higher rate
than the recorded one is refused. A list of shots applies one after the other, each to what the one
before shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.resize import Crop, Size
from simgen.rotation import look_at
from simgen.scene import Camera, Clock, Scene
from simgen.stride import step_between, strided_scene

RIGID = 1e-6
"""Largest deviation of a pose from a rotation and a shift."""
ASIDE = 1e-3
"""Smallest sine of the angle between the line of sight and `up`."""
Row = tuple[float, float, float, float]
Pose = tuple[Row, Row, Row, Row]
"""camera_to_world, OpenCV axes [m]."""
Place = tuple[float, float, float]
"""World frame [m]."""
Side = Annotated[int, Field(ge=16, le=16384)]
"""[px]"""


class Keyframe(BaseModel):
    """Where a camera is at an instant, and what it looks at."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    time: Annotated[float, Field(ge=0)] = 0.0
    """Since the first frame shown [s]."""
    eye: Place
    target: Place


class CameraPath(BaseModel):
    """A camera of one's own, for scenes of any kind: keyframes, or the poses themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    field_of_view: Annotated[float, Field(gt=0.01, lt=3.1)]
    """Vertical angle of the picture [rad]."""
    keyframes: tuple[Keyframe, ...] = ()
    """Eye and target go smoothly from one to the next (monotone cubics: Fritsch & Carlson, SIAM J.
    Numer. Anal. 17, 1980) and rest before the first and after the last."""
    up: Place = (0.0, 0.0, 1.0)
    """What is upwards in the picture; only for keyframes."""
    camera_to_world: tuple[Pose, ...] = ()
    """A pose for every frame shown, or one for all."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if bool(self.keyframes) == bool(self.camera_to_world):
            raise SimgenError("a camera has either keyframes or camera_to_world")
        times = [keyframe.time for keyframe in self.keyframes]
        if any(b <= a for a, b in pairwise(times)):
            raise SimgenError(f"the times of a camera's keyframes must grow, got {times}")
        for number, pose in enumerate(np.asarray(self.camera_to_world, float)):
            turn = pose[:3, :3]
            off = max(np.abs(turn @ turn.T - np.eye(3)).max(), np.abs(pose[3] - [0, 0, 0, 1]).max())
            if not (off < RIGID and np.linalg.det(turn) > 0):
                raise SimgenError(
                    f"camera_to_world[{number}] is no pose: its first three columns must be a "
                    f"right-handed rotation and its last row 0 0 0 1 (off by {off:.2g})"
                )
        return self

    def camera(self, clock: Clock) -> Camera:
        """The camera with a pose for every frame of the clock.

        Raises:
            SimgenError: it has another number of poses, or looks along `up`.
        """
        poses = np.asarray(self.camera_to_world, float) if self.camera_to_world else None
        if poses is None:
            poses = self._along_keyframes(clock.times)
        if len(poses) not in (1, clock.frames):
            raise SimgenError(
                f"the camera has {len(poses)} poses in camera_to_world for {clock.frames} frames "
                f"shown; give one for each, one for all, or keyframes"
            )
        poses = np.broadcast_to(poses, (clock.frames, 4, 4)).copy()
        return Camera(camera_to_world=poses, field_of_view=self.field_of_view)

    def _along_keyframes(self, times: Array) -> Array:
        from scipy.interpolate import PchipInterpolator

        own = np.array([keyframe.time for keyframe in self.keyframes])
        eyes = np.array([keyframe.eye for keyframe in self.keyframes])
        targets = np.array([keyframe.target for keyframe in self.keyframes])
        if len(own) > 1:
            when = np.clip(times, own[0], own[-1])
            eyes, targets = (PchipInterpolator(own, p)(when) for p in (eyes, targets))
        sight, up = targets - eyes, np.asarray(self.up)
        size = np.linalg.norm(sight, axis=-1) * np.linalg.norm(up)
        if not (np.linalg.norm(np.cross(sight, up), axis=-1) > ASIDE * size).all():
            raise SimgenError(
                f"the camera looks along up={list(self.up)} or its eye meets its target; move one "
                f"of them, or give another `up` (for a view from above: up: [0, 1, 0])"
            )
        return look_at(eyes, targets, self.up)


class Shot(BaseModel):
    """What is shown of a recorded clip."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fps: Annotated[float, Field(gt=0, le=1000)] | None = None
    """The recorded rate over 1, 2, 3... [frames/s]; None: as it is."""
    frames: tuple[Annotated[int, Field(ge=0)], int | None] | None = None
    """First frame at that rate and one past the last (None: the end); None: all."""
    size: tuple[Side, Side] | None = None
    """Width and height [px]; None: as it is. Another shape shows the middle of what the scene's
    cameras see: as much of it as fills the size."""
    camera: str | CameraPath = "main"
    """A camera of the scene, or one of one's own."""

    def instants(self, clock: Clock, name: str) -> slice:
        """The frames of the clip called `name` that are shown.

        Raises:
            SimgenError: they were not recorded.
        """
        step = 1 if self.fps is None else step_between(clock.fps, self.fps, name)
        count = -(-clock.frames // step)
        start, stop = self.frames or (0, count)
        stop = count if stop is None else stop
        if not start < stop <= count:
            raise SimgenError(
                f"{name} has {count} frames at {clock.fps / step:g} frames/s; frames "
                f"{start}:{stop} are not among them, choose A:B with 0 <= A < B <= {count}"
            )
        return slice(start * step, (stop - 1) * step + 1, step)

    def scene(self, scene: Scene, size: Size, name: str) -> Scene:
        """The scene with the clock of what is shown and one camera, `main`; `size` is that of the
        pictures so far [px]."""
        seen = strided_scene(scene, self.instants(scene.clock, name))
        if isinstance(self.camera, CameraPath):
            camera = self.camera.camera(seen.clock)
        else:
            camera = seen.camera(self.camera)
            angle = Crop(size, self.size or size).field_of_view(camera.field_of_view)
            camera = replace(camera, name="main", field_of_view=angle)
        return replace(seen, cameras=(camera,))


def filmed(scene: Scene, shots: Sequence[Shot], size: Size, name: str) -> tuple[Scene, slice]:
    """The scene of the clip called `name` as the shots show it, and which of its recorded frames
    these are; `size` is that of the pictures before the first shot [px]."""
    frames = range(scene.clock.frames)
    for shot in shots:
        frames = frames[shot.instants(scene.clock, name)]
        scene = shot.scene(scene, size, name)
        size = shot.size or size
    return scene, slice(frames.start, frames.stop, frames.step)
