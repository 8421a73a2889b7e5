"""Solids in liquids: Archimedes, added mass. Levels are particles across the liquid's depth."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law, simulate

from simgen.geometry import Array, Box, Geometry, Sphere
from simgen.key import Key
from simgen.material import Material, material
from simgen.particles import fill
from simgen.record import Trajectory
from simgen.scene import (
    Articulation,
    Clock,
    Domain,
    Fluid,
    Joint,
    RigidBody,
    Scene,
    Shape,
    Vector,
)

G = 9.81
WATER = 998.0
LEVELS = (8, 12, 16)


def solid(shape: Geometry, density: float, position: Vector) -> RigidBody:
    stuff = Material(name="test/solid", density=density, friction=0.5, restitution=0.0)
    return RigidBody(
        name="solid", shapes=(Shape(geometry=shape, material=stuff),), position=position
    )


def water(across: float, depth: float, count: float, taken) -> Fluid:
    """A pool about the origin, its bottom at z = 0, but for where `taken(points)` is true."""
    spacing = depth / count
    half = across / 2
    points = fill((-half, -half, 0.0), (half, half, depth), spacing, Key(3), jitter=0.2)
    points = points[~taken(points)]
    return Fluid(
        name="water",
        positions=points,
        spacing=spacing,
        material=material("liquid/water"),
        domain=Domain(lower=(-half, -half, 0.0), upper=(half, half, 2.0 * depth)),
    )


def run(engine: str, *elements, frames: int, fps: float) -> Trajectory:
    return simulate(engine, Scene(elements=elements, clock=Clock(frames=frames, fps=fps)))


def volume(pool: Fluid) -> float:
    return len(pool.positions) * pool.spacing**3


@law(
    category="fluid",
    engines=("apic",),
    title="A raft floats as deep as its weight asks for",
    source="Archimedes, On floating bodies, book 1, proposition 5",
    axes=("time [s]", "height of the raft's middle [m]"),
    level_name="particles over the depth",
    levels=LEVELS,
    bound=0.02,
    exact=0.01,
)
def raft(engine: str, count: float) -> Measured:
    """Starts at its depth, so all it does is error; relative to the submerged depth of 6 cm.
    Hydrostatic pressure is linear, which the control volumes integrate exactly; the surface is
    placed to some hundredths of a cell by particles that are shifted at random."""
    size, draught, depth, across = (0.2, 0.2, 0.1), 0.06, 0.2, 0.5
    bottom = depth - draught
    body = solid(Box(size), WATER * draught / size[2], (0.0, 0.0, bottom + size[2] / 2))

    def taken(p: Array) -> Array:
        return (np.abs(p[:, :2]).max(axis=1) < 0.1) & (p[:, 2] > bottom)

    pool = water(across, depth, count, taken)
    level = (volume(pool) + 0.2**2 * draught) / across**2
    t = run(engine, pool, body, frames=49, fps=24.0)
    height = t.bodies.position[:, 0, 2]
    expected = np.full(len(height), level - draught + size[2] / 2)
    return Measured(x=t.time, measured=height, expected=expected, scale=draught)


@law(
    category="fluid",
    engines=("apic",),
    title="Water lifts a held block by the weight of what it displaces",
    source="Archimedes, On floating bodies, book 1, proposition 7",
    axes=("submerged depth [m]", "lift [N]"),
    level_name="particles over the depth",
    levels=LEVELS,
    bound=0.03,
    exact=0.03,
)
def lift(engine: str, count: float) -> Measured:
    """The block hangs on a stiff spring that shows the force; its bottom lies at three places
    between the cells."""
    size, depth, across, stiffness = (0.2, 0.2, 0.1), 0.2, 0.5, 2e4
    density = 600.0
    weight = density * math.prod(size) * G
    drafts, got, expected = [0.05, 0.06, 0.073], [], []
    for draught in drafts:
        bottom = depth - draught
        body = solid(Box(size), density, (0.0, 0.0, bottom + size[2] / 2))
        joint = Joint(
            name="spring", kind="slide", child="solid", axis=(0, 0, 1), stiffness=stiffness,
            damping=600.0,
        )  # fmt: skip
        held = Articulation(name="held", links=(body,), joints=(joint,))

        def taken(p: Array, bottom: float = bottom) -> Array:
            return (np.abs(p[:, :2]).max(axis=1) < 0.1) & (p[:, 2] > bottom)

        pool = water(across, depth, count, taken)
        t = run(engine, pool, held, frames=25, fps=24.0)
        moved = t.bodies.position[8:, 0, 2].mean() - body.position[2]
        level = (volume(pool) - 0.04 * (bottom + moved)) / (across**2 - 0.04)
        got.append(weight + stiffness * moved)
        expected.append(WATER * G * 0.04 * (level - bottom - moved))
    return Measured(x=drafts, measured=np.array(got), expected=np.array(expected))


@law(
    category="fluid",
    engines=("apic",),
    title="A ball let go under water starts with the added mass of half its volume",
    source="Stokes 1850; Batchelor, An Introduction to Fluid Dynamics, section 6.8: added mass 1/2",
    axes=("density over that of water [1]", "start acceleration [m/s^2]"),
    level_name="particles over the depth",
    levels=LEVELS,
    bound=0.12,
)
def added_mass(engine: str, count: float) -> Measured:
    """a = g (rho_w - rho) / (rho + rho_w / 2) in unbounded water. Walls at five radii and the
    surface change the added mass by (r / 2 h)^3 or a few per cent; a ball of 3 cells is cut
    roughly at the coarsest level."""
    radius, depth, across = 0.05, 0.4, 0.5
    ratios, got = np.array([0.3, 0.6, 2.0, 4.0]), []
    for ratio in ratios:
        center = np.array([0.0, 0.0, 0.2])
        body = solid(Sphere(radius), float(ratio) * WATER, (0.0, 0.0, 0.2))

        def taken(p: Array, center: Array = center) -> Array:
            return np.linalg.norm(p - center, axis=1) < radius

        pool = water(across, depth, 2 * count, taken)
        t = run(engine, pool, body, frames=5, fps=96.0)
        got.append(np.polyfit(t.time, t.bodies.velocity[:, 0, 2], 1)[0])
    expected = G * (1 - ratios) / (ratios + 0.5)
    return Measured(x=ratios, measured=np.array(got), expected=expected)


@law(
    category="fluid",
    engines=("apic",),
    title="A tank weighs itself and what it holds",
    source="Stevin, De Beghinselen des Waterwichts, 1586: floor force = rho g V",
    axes=("depth of the water [m]", "load of the tank [N]"),
    level_name="particles over the deepest water",
    levels=(8, 12, 16),
    bound=0.03,
    exact=0.02,
)
def floor_force(engine: str, count: float) -> Measured:
    """The tank stands on a stiff spring that shows the load; pressure acts on its floor alone, as
    its walls are upright. Walls and floor are two cells thick."""
    across, deep, stiffness, damping = 0.16, 0.12, 2e4, 400.0
    spacing = deep / count
    wall = 4 * spacing
    got, expected = [], []
    depths = np.round(np.array([0.5, 0.75, 1.0]) * count) * spacing
    stuff = Material(name="test/solid", density=500.0, friction=0.5, restitution=0.0)
    for depth in depths:
        tall, outer = 1.4 * deep + wall, across + 2 * wall
        at = (across + wall) / 2
        parts: list[tuple[Vector, Vector]] = [((outer, outer, wall), (0.0, 0.0, -wall / 2))]
        parts += [((wall, outer, tall), (x, 0.0, tall / 2 - wall)) for x in (-at, at)]
        parts += [((across, wall, tall), (0.0, y, tall / 2 - wall)) for y in (-at, at)]
        shapes = tuple(Shape(geometry=Box(b), material=stuff, position=p) for b, p in parts)
        raised = 2 * wall
        tank = RigidBody(name="tank", shapes=shapes, position=(0.0, 0.0, raised))
        joint = Joint(
            name="spring", kind="slide", child="tank", axis=(0, 0, 1), stiffness=stiffness,
            damping=damping,
        )  # fmt: skip
        half = across / 2
        points = fill((-half, -half, raised), (half, half, raised + depth), spacing, Key(3))
        room = outer / 2 + 2 * spacing
        pool = Fluid(
            name="water",
            positions=points,
            spacing=spacing,
            material=material("liquid/water"),
            domain=Domain(lower=(-room, -room, 0.0), upper=(room, room, raised + 1.6 * deep)),
        )
        held = Articulation(name="held", links=(tank,), joints=(joint,))
        t = run(engine, pool, held, frames=25, fps=24.0)
        sunk = raised - t.bodies.position[12:, 0, 2].mean()
        weight = tank.mass_properties.mass * G
        got.append(stiffness * sunk)
        expected.append(weight + WATER * G * volume(pool))
    return Measured(x=depths, measured=np.array(got), expected=np.array(expected))
