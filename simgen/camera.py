"""Camera paths: still, orbit, dolly and hand-held, framed on a region of interest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array
from simgen.key import Key
from simgen.rotation import look_at
from simgen.scene import Camera, Clock, Vector

CameraMotion = Literal["static", "orbit", "dolly", "hand_held"]
SENSOR_HEIGHT = 0.024
"""Of full-frame film [m]."""
FILL = 0.92
"""Share of the picture's half-width or half-height that the focus may fill."""

BALANCE = (1.0, 0.5)
"""Share, across and down, of the way from the focus's centre to what shows its opposite edges
equally near to the picture's: the floor in front is large in the picture but seldom full."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Focus:
    """The box the camera must show, world frame [m]: where the event happens, over the whole
    clip."""

    lower: Vector
    upper: Vector
    points: Array | None = None
    """(N, 3) places of the event [m]; None: the corners of the box."""

    @classmethod
    def around(cls, *places: ArrayLike) -> Focus:
        """What just holds places (N, 3) [m]: the camera comes closer than to the box around
        them."""
        points = np.concatenate([np.asarray(p, float).reshape(-1, 3) for p in places])
        low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return cls(lower=(low[0], low[1], low[2]), upper=(high[0], high[1], high[2]), points=points)

    @property
    def center(self) -> Array:
        """(3,) [m]."""
        return (np.asarray(self.lower, float) + np.asarray(self.upper, float)) / 2

    def places(self) -> Array:
        """(N, 3) places that must be in the picture [m]."""
        if self.points is not None:
            return self.points
        return corners(self.lower, self.upper)


def corners(lower: ArrayLike, upper: ArrayLike) -> Array:
    """(8, 3) places at the corners of a box [m]."""
    pick = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    return np.where(pick == 1, np.asarray(upper, float), np.asarray(lower, float))


def direction(azimuth: float, elevation: float) -> Array:
    """(3,) unit vector from the focus to the eye; azimuth 0 looks along +y from -y [rad]."""
    c = math.cos(elevation)
    return np.array([math.sin(azimuth) * c, -math.cos(azimuth) * c, math.sin(elevation)])


def aim(focus: Focus, toward_eye: Array, field_of_view: float, aspect_ratio: float) -> Array:
    """(3,) what the middle of the picture shows, as deep as the focus's centre [m]."""
    local, axes = _seen_along(focus, focus.center, toward_eye)
    shift = np.zeros(3)
    for k, tan in enumerate(_tangents(field_of_view, aspect_ratio)):
        # An eye at (x, z) has the places right of it inside while z - x / tan <= right, those left
        # of it while z + x / tan <= left; both hold nearest where the two lines cross.
        right = (local[:, 2] - local[:, k] / tan).min()
        left = (local[:, 2] + local[:, k] / tan).min()
        shift[k] = BALANCE[k] * tan * (left - right) / 2
    return focus.center + axes @ shift


def fit_distance(
    focus: Focus, target: Array, toward_eye: Array, field_of_view: float, aspect_ratio: float
) -> float:
    """Smallest distance of an eye from `target` [m] at which all of `focus` is in the picture."""
    local, _ = _seen_along(focus, target, toward_eye)
    reach = np.abs(local[:, :2]) / _tangents(field_of_view, aspect_ratio)
    return float(np.max(reach.max(axis=1) - local[:, 2]))


def _seen_along(focus: Focus, origin: Array, toward_eye: Array) -> tuple[Array, Array]:
    """(N, 3) the places of `focus` about `origin`, right, down and away from the eye [m], and
    (3, 3) these axes in the world's frame, as columns."""
    axes = look_at(origin + toward_eye, origin)[:3, :3]
    return (focus.places() - origin) @ axes, axes


def _tangents(field_of_view: float, aspect_ratio: float) -> Array:
    """(2,) of the half-angles, across and down, that the focus may fill."""
    return math.tan(field_of_view / 2) * FILL * np.array([aspect_ratio, 1.0])


def make_camera(
    key: Key,
    clock: Clock,
    focus: Focus,
    *,
    motion: CameraMotion,
    azimuth: float,
    elevation: float,
    field_of_view: float,
    aspect_ratio: float,
    floor: float | None = 0.0,
) -> Camera:
    """A camera that keeps `focus` in the picture; `floor` [m] is a height the eye stays above."""
    rng = key.child("camera").rng()
    s = np.linspace(0.0, 1.0, clock.frames) if clock.frames > 1 else np.zeros(1)
    ease = s * s * (3 - 2 * s)
    azimuths = np.full(clock.frames, azimuth)
    elevations = np.full(clock.frames, elevation)
    scale = np.ones(clock.frames)
    middle = aim(focus, direction(azimuth, elevation), field_of_view, aspect_ratio)
    target = np.tile(middle, (clock.frames, 1))
    seconds = max(clock.duration, 1.0 / clock.fps)
    if motion == "orbit":
        sweep = rng.choice([-1.0, 1.0]) * rng.uniform(0.10, 0.22) * min(seconds, 4.0)
        azimuths = azimuth + sweep * (s - 0.5)
    elif motion == "dolly":
        away = rng.uniform(0.15, 0.3)
        scale = 1.0 + away * (1.0 - ease if rng.random() < 0.7 else ease)
    distance = np.array(
        [
            fit_distance(focus, middle, direction(a, e), field_of_view, aspect_ratio)
            for a, e in zip(azimuths, elevations, strict=True)
        ]
    )
    distance = distance.max() * scale
    toward = np.stack([direction(a, e) for a, e in zip(azimuths, elevations, strict=True)])
    eye = target + toward * distance[:, None]
    if motion == "hand_held":
        t = clock.times[:, None]
        for frequency in (0.35, 0.9, 1.7):
            sway = rng.normal(size=3) * np.sin(2 * math.pi * (frequency * t + rng.random(3)))
            turn = rng.normal(size=3) * np.sin(2 * math.pi * (frequency * t + rng.random(3)))
            eye = eye + 0.006 / frequency * distance[:, None] * 0.6 * sway
            target = target + 0.004 / frequency * distance[:, None] * 0.6 * turn
    if floor is not None:
        eye[:, 2] = np.maximum(eye[:, 2], floor + 0.05)
    return Camera(camera_to_world=look_at(eye, target), field_of_view=field_of_view)


def with_lens(camera: Camera, focus: Focus, relative_aperture: float) -> Camera:
    """The camera with a lens before full-frame film, sharp at the focus; the aperture is relative
    to the focal length (1 / f-number)."""
    pose = camera.camera_to_world
    distance = np.einsum("ti,ti->t", focus.center - pose[:, :3, 3], pose[:, :3, 2])
    focal_length = SENSOR_HEIGHT / 2 / math.tan(camera.field_of_view / 2)
    return replace(
        camera,
        lens_radius=focal_length * relative_aperture / 2,
        focus_distance=np.maximum(distance, focal_length),
    )


def still(
    clock: Clock, *, eye: Vector, target: Vector, field_of_view: float = 0.7, name: str = "main"
) -> Camera:
    """A camera that stays at `eye` and looks at `target` [m]; `field_of_view` is vertical [rad]."""
    pose = np.tile(look_at(eye, target), (clock.frames, 1, 1))
    return Camera(camera_to_world=pose, field_of_view=field_of_view, name=name)
