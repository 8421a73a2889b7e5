"""Whatever matter is made of, its centre of mass falls as a thrown stone does.

A level is the frames that it falls for, at 24 frames/s: a step that takes gravity whole at its
start is off by g t dt / 2, which is dt / t of the fall, so that a longer fall shows less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import trimesh
from law import Measured, law, simulate

from simgen.key import Key
from simgen.lattice import block, sheet
from simgen.material import material
from simgen.particles import bulk_spacing, fill, pack
from simgen.scene import (
    Ambient,
    Clock,
    Cloth,
    Domain,
    Element,
    Fluid,
    Grains,
    Inflatable,
    Rope,
    Scene,
    SoftBody,
)

G = 9.81
THROWN = (0.6, 0.0, 0.8)
ROOM = Domain(lower=(-0.5, -0.5, 0.0), upper=(0.8, 0.5, 1.6), open_top=True)
VACUUM = Ambient(pressure=0.0)


def cloth() -> Element:
    points, faces = sheet(0.4, 0.3, 0.05)
    stuff = material("textile/cotton")
    return Cloth(name="it", vertices=points + [0, 0, 1], faces=faces, material=stuff)


def rubber() -> Element:
    points, tets = block((0.2, 0.2, 0.2), (2, 2, 2))
    stuff = material("rubber/natural")
    return SoftBody(name="it", vertices=points + [0, 0, 1], tetrahedra=tets, material=stuff)


def ball() -> Element:
    mesh = trimesh.creation.icosphere(subdivisions=2, radius=0.15)
    return Inflatable(
        name="it",
        vertices=np.array(mesh.vertices) + [0.0, 0.0, 1.0],
        faces=np.array(mesh.faces, np.int32),
        material=material("plastic/pvc_film"),
        pressure=2000.0,
    )


def rope() -> Element:
    points = np.linspace((0.0, 0.0, 1.0), (1.0, 0.0, 1.3), 21)
    return Rope(name="it", points=points, radius=0.01, material=material("textile/nylon_rope"))


def drop() -> Element:
    points = fill((-0.1, -0.1, 0.9), (0.1, 0.1, 1.1), 0.025, Key(0))
    water = material("liquid/water")
    return Fluid(name="it", positions=points, spacing=0.025, material=water, domain=ROOM)


def handful() -> Element:
    points, radii = pack((-0.1, -0.1, 0.9), (0.1, 0.1, 1.1), 0.02, Key(0))
    return Grains(
        name="it",
        positions=points,
        radius=0.02,
        radii=radii,
        spacing=bulk_spacing(0.02),
        material=material("granular/dry_sand"),
        domain=ROOM,
    )


def enter(
    category: str, engines: tuple[str, ...], make: Callable[[], Element], bound: float = 0.01
) -> None:
    """The law for one kind of matter."""

    def free_fall(engine: str, frames: float) -> Measured:
        """A step that takes gravity whole is dt / t off after a fall of t = 0.25 s: 1 % is one of
        2.5 ms. Incompressible liquids take 5 ms."""
        element = replace(make(), velocity=THROWN)  # pyright: ignore[reportCallIssue]
        clock = Clock(frames=int(frames) + 1, fps=24.0)
        result = simulate(engine, Scene(elements=(element,), clock=clock, ambient=VACUUM))
        states = result.meshes.get("it") or result.particles["it"]
        height = (states.position - states.position[0]).astype(float).mean(axis=1)[:, 2]
        t = result.time
        fall = G / 2 * t**2
        expected = THROWN[2] * t - fall
        return Measured(x=t, measured=height, expected=expected, scale=fall[-1])

    law(
        category=category,
        engines=engines,
        title="Thrown in a vacuum, its centre of mass flies a parabola",
        source="Galilei, Discorsi (1638), fourth day; Newton's second law",
        axes=("time [s]", "height [m]"),
        level_name="frames of fall",
        levels=(3, 6, 9),
        bound=bound,
        exact=0.001,
    )(free_fall)


enter("garment", ("warp", "newton"), cloth)
enter("deformable", ("warp", "mujoco", "genesis"), rubber)
enter("inflatable", ("warp", "mujoco"), ball)
enter("rope", ("warp", "mujoco"), rope)
enter("fluid", ("warp", "apic", "genesis"), drop, bound=0.025)
enter("granular", ("warp", "newton", "genesis"), handful)
