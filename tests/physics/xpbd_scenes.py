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


def block(size: tuple[float, float, float], cells: tuple[int, int, int]) -> tuple[Any, Any]:
    """A box about the origin in tetrahedra: every cell in five, mirrored in turn."""
    axes = [np.linspace(-s / 2, s / 2, n + 1) for s, n in zip(size, cells, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    even = [(0, 3, 5, 6), (0, 1, 3, 5), (0, 2, 6, 3), (0, 4, 5, 6), (3, 5, 6, 7)]
    odd = [(1, 2, 4, 7), (0, 1, 2, 4), (1, 2, 3, 7), (1, 4, 5, 7), (2, 4, 6, 7)]
    tets = []
    for i, j, k in np.ndindex(*cells):
        corner = [
            ((i + a) * (cells[1] + 1) + j + b) * (cells[2] + 1) + k + c
            for a in (0, 1) for b in (0, 1) for c in (0, 1)
        ]  # fmt: skip
        tets += [[corner[q] for q in t] for t in (even if (i + j + k) % 2 == 0 else odd)]
    t = np.array(tets, np.int32)
    p = points[t]
    flip = np.einsum("ki,ki->k", np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), p[:, 3] - p[:, 0])
    t[flip < 0] = t[flip < 0][:, [0, 2, 1, 3]]
    return points, t


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
