"""Scenes and meshes that the laws of cloth, soft bodies and inflatables share."""

from __future__ import annotations

from typing import Any

import numpy as np

from simgen.engine import make_engine
from simgen.geometry import Plane
from simgen.material import Material
from simgen.record import MeshStates, Trajectory
from simgen.scene import (
    Ambient,
    Clock,
    Element,
    RigidBody,
    Scene,
    Shape,
)

G = 9.81
VACUUM = Ambient(pressure=0.0)
HARD = Material(name="test/hard", density=1000.0, friction=0.5)


def simulate(*elements: Element, seconds: float, ambient: Ambient | None = None, **rest: Any):
    """The trajectory at 24 fps; a rejection fails the test."""
    clock = Clock(frames=1 + round(24 * seconds), fps=24, substeps=rest.pop("substeps", None))
    scene = Scene(elements=elements, clock=clock, ambient=ambient or Ambient(), **rest)
    result = next(iter(make_engine("warp").simulate([scene])))
    assert isinstance(result, Trajectory), result
    return result


def mesh(trajectory: Trajectory, name: str = "thing") -> MeshStates:
    return trajectory.meshes[name]


def sheet(across: int, along: int, width: float, length: float) -> tuple[np.ndarray, np.ndarray]:
    """A flat strip along x with alternating diagonals, in the plane z = 0."""
    u, v = np.linspace(0, length, along + 1), np.linspace(0, width, across + 1)
    grid = np.stack(np.meshgrid(u, v, [0.0], indexing="ij"), -1).reshape(-1, 3)
    faces = []
    for i in range(along):
        for j in range(across):
            a, b = i * (across + 1) + j, (i + 1) * (across + 1) + j
            c, d = b + 1, a + 1
            faces += [(a, b, c), (a, c, d)] if (i + j) % 2 == 0 else [(a, b, d), (b, c, d)]
    return grid, np.array(faces, np.int32)


def ball(radius: float, subdivisions: int = 3) -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    sphere = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return np.array(sphere.vertices), np.array(sphere.faces, np.int32)


def textile(**constants: Any) -> Material:
    base: dict[str, Any] = {
        "areal_density": 0.2,
        "stretch_stiffness": 1000.0,
        "bending_stiffness": 1e-5,
    }
    base |= {"friction": 0.4, "poissons_ratio": 0.3}
    return Material(name="test/textile", **(base | constants))


def rubber(**constants: Any) -> Material:
    base: dict[str, Any] = {
        "density": 1000.0,
        "youngs_modulus": 1e5,
        "poissons_ratio": 0.3,
        "friction": 0.5,
    }
    return Material(name="test/rubber", **(base | constants))


def floor() -> RigidBody:
    shape = Shape(geometry=Plane(), material=HARD)
    return RigidBody(name="floor", shapes=(shape,), motion="static")
