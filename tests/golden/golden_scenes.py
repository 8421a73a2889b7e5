"""Hand-made scenes whose pictures are known in closed form, and the closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.engines.null import NullEngine
from simgen.geometry import Array, Geometry
from simgen.material import Look, Material
from simgen.record import OPTIONAL_PASSES, PASSES, Frame, Trajectory
from simgen.renderer import View, make_renderer
from simgen.rotation import look_at
from simgen.scene import Camera, Clock, Keyframes, RigidBody, Scene, Shape

STUFF = Material(name="test/stuff", density=1000.0, friction=0.5, restitution=0.5)
FPS = 10.0
FIELD_OF_VIEW = 0.7
ANNOTATIONS = frozenset(PASSES) - {"rgb"}


def body(
    name: str,
    *geometries: Geometry,
    position: Sequence[float] = (0.0, 0.0, 0.0),
    quaternion: Sequence[float] = (1.0, 0.0, 0.0, 0.0),
    path: Sequence[Sequence[float]] | None = None,
    turns: Any = None,
) -> RigidBody:
    """A body at rest, or one that passes through `path` (and `turns`) at frames 0, 1, 2, ..."""
    keyframes = None
    if path is not None:
        points = np.asarray(path, float)
        keyframes = Keyframes(
            times=np.arange(len(points)) / FPS, positions=points, quaternions=turns
        )
    return RigidBody(
        name=name,
        shapes=tuple(Shape(geometry=g, material=STUFF, look=Look()) for g in geometries),
        position=tuple(position),  # type: ignore[arg-type]
        quaternion=tuple(quaternion),  # type: ignore[arg-type]
        motion="static" if keyframes is None else "kinematic",
        keyframes=keyframes,
    )


def scene_of(elements: Sequence[Any], *, frames: int = 3, eyes: Any = None) -> Scene:
    """A scene seen by a camera that looks along +y from `eyes` (default: the origin): image x is
    world +x, image y is world -z, depth is world y minus the eye's y."""
    eye = np.broadcast_to(np.zeros(3) if eyes is None else np.asarray(eyes, float), (frames, 3))
    pose = look_at(eye, eye + np.array([0.0, 1.0, 0.0]))
    return Scene(
        elements=tuple(elements),
        clock=Clock(frames=frames, fps=FPS),
        cameras=(Camera(camera_to_world=pose, field_of_view=FIELD_OF_VIEW),),
    )


def trajectory_of(scene: Scene) -> Trajectory:
    (trajectory,) = NullEngine().simulate([scene])
    assert isinstance(trajectory, Trajectory)
    return trajectory


def render(
    scene: Scene,
    *,
    width: int = 64,
    height: int = 48,
    trajectory: Trajectory | None = None,
    passes: frozenset[str] = ANNOTATIONS,
    renderer: str = "warp",
) -> list[Frame]:
    view = View(width=width, height=height)
    states = trajectory or trajectory_of(scene)
    frames = list(make_renderer(renderer).render(scene, states, view, passes))
    for frame in frames:
        for name, values in frame.passes.items():
            spec = PASSES[name]
            inner = tuple(int(a) for a in spec.axes.split()[2:])
            assert values.shape == (height, width, *inner), name
            assert values.dtype == np.dtype(spec.dtype), name
        assert passes - OPTIONAL_PASSES <= set(frame.passes)
    return frames


def focal(height: int) -> float:
    """Focal length [px]."""
    return height / 2 / np.tan(FIELD_OF_VIEW / 2)


def rays(width: int, height: int) -> Array:
    """(H, W, 3) world directions with unit depth (y = 1) through pixel centres."""
    f = focal(height)
    x = (np.arange(width) + 0.5 - width / 2) / f
    z = -(np.arange(height) + 0.5 - height / 2) / f
    d = np.ones((height, width, 3))
    d[..., 0], d[..., 2] = x[None, :], z[:, None]
    return d


def project(points: Array, width: int, height: int, eye: Any = (0.0, 0.0, 0.0)) -> Array:
    """(..., 2) image points [px] of world points."""
    f, q = focal(height), np.asarray(points, float) - np.asarray(eye, float)
    x = f * q[..., 0] / q[..., 1] + width / 2
    return np.stack([x, -f * q[..., 2] / q[..., 1] + height / 2], axis=-1)


def sphere_depth(width: int, height: int, center: Any, radius: float) -> Array:
    """(H, W) depth of the near side of a sphere seen from the origin; NaN where it is missed."""
    d, c = rays(width, height), np.asarray(center, float)
    a, b = np.sum(d * d, -1), d @ c
    square = b * b - a * (c @ c - radius * radius)
    with np.errstate(invalid="ignore"):
        return (b - np.sqrt(square)) / a


def centers(width: int, height: int) -> Array:
    """(H, W, 2) pixel centres (x, y)."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([x, y], axis=-1)
