"""Rigid bodies: Newton, Coulomb, Euler. Levels are solver steps per frame at 24 frames/s."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law, simulate

from simgen.geometry import Box, Geometry, Plane, Sphere
from simgen.material import Material
from simgen.record import Trajectory
from simgen.scene import Clock, RigidBody, Scene, Shape, Vector

G = 9.81
ENGINES = ("mujoco", "pybullet")
SUBSTEPS = (48, 96, 192)


def stuff(mu: float = 0.5, e: float = 0.0) -> Material:
    return Material(name="test/stuff", density=1000.0, friction=mu, restitution=e)


def body(name: str, solid: Geometry, position: Vector, material: Material, **options) -> RigidBody:
    shape = Shape(geometry=solid, material=material)
    return RigidBody(name=name, shapes=(shape,), position=position, **options)


def run(
    engine: str, *bodies: RigidBody, substeps: float, frames: int = 25, down: Vector = (0, 0, -G)
) -> Trajectory:
    clock = Clock(frames=frames, fps=24.0, substeps=int(substeps))
    return simulate(engine, Scene(elements=bodies, clock=clock, gravity=down))


@law(
    category="rigid",
    engines=ENGINES,
    title="A thrown ball flies a parabola",
    source="Galilei, Discorsi (1638), fourth day; Newton's second law",
    axes=("time [s]", "height [m]"),
    level_name="substeps per frame",
    levels=SUBSTEPS,
    bound=0.002,
)
def parabola(engine: str, substeps: float) -> Measured:
    """Semi-implicit Euler lags by g t dt / 2, 2 mm at 1 s and 96 substeps of a fall of 4.9 m; a
    symplectic step with a half-step start has no lag."""
    ball = body("ball", Sphere(0.05), (0, 0, 1), stuff(), velocity=(1, 0, 4.0))
    t = run(engine, ball, substeps=substeps)
    exact = 1 + 4.0 * t.time - G / 2 * t.time**2
    return Measured(x=t.time, measured=t.bodies.position[:, 0, 2], expected=exact)


@law(
    category="rigid",
    engines=ENGINES,
    title="A box slides down an incline at g (sin a - mu cos a)",
    source="Coulomb, Theorie des machines simples (1785)",
    axes=("time [s]", "distance [m]"),
    level_name="substeps per frame",
    levels=SUBSTEPS,
    bound={"mujoco": 0.002, "pybullet": 0.004},
    exact=1e-4,
)
def sliding(engine: str, substeps: float) -> Measured:
    """First-order steps lag by v dt / 2 = .04 % of the way at 96 substeps; twice that with
    Bullet, whose sliding bodies sink a little."""
    mu = 0.4
    slope = math.atan(1.4 * mu)
    down = (G * math.sin(slope), 0.0, -G * math.cos(slope))
    box = body("box", Box((0.1, 0.1, 0.03)), (0, 0, 0.015), stuff(mu))
    floor = body("floor", Plane(), (0, 0, 0), stuff(mu), motion="static")
    t = run(engine, box, floor, substeps=substeps, down=down)
    a = G * (math.sin(slope) - mu * math.cos(slope))
    return Measured(x=t.time, measured=t.bodies.position[:, 0, 0], expected=a / 2 * t.time**2)


@law(
    category="rigid",
    engines=ENGINES,
    title="A ball leaves the floor at e times the speed it came with",
    source="Newton, Principia (1687), scholium to the laws of motion",
    axes=("restitution [1]", "speed after over speed before [1]"),
    level_name="substeps per frame",
    levels=SUBSTEPS,
    bound={"mujoco": 0.005, "pybullet": 0.03},
    exact=2e-3,
)
def bounce(engine: str, substeps: float) -> Measured:
    """The apex gives the speed after: sqrt(h1 / h0). Bullet adds what it takes back of the
    penetration in a step, up to 2 % of the speed."""
    ladder = np.array([0.2, 0.4, 0.6, 0.8, 0.95])
    drop = 0.5
    got: list[float] = []
    for e in ladder:
        ball = body("ball", Sphere(0.05), (0, 0, 0.05 + drop), stuff(e=float(e)))
        floor = body("floor", Plane(), (0, 0, 0), stuff(e=float(e)), motion="static")
        t = run(engine, ball, floor, substeps=substeps, frames=17)
        z, v = t.bodies.position[:, 0, 2] - 0.05, t.bodies.velocity[:, 0, 2]
        hit = math.sqrt(2 * drop / G)
        flying = (t.time > hit) & (t.time < hit + 1.6 * e * math.sqrt(2 * drop / G))
        energy = (v**2 / 2 + G * z)[flying]
        got.append(math.sqrt(energy.mean() / (G * drop)))
    return Measured(x=ladder, measured=np.array(got), expected=ladder)


@law(
    category="rigid",
    engines=ENGINES,
    title="A solid ball rolls down at 5/7 g sin(a)",
    source="Euler's equations with I = 2/5 m r^2 (Landau & Lifshitz, Mechanics, par. 32)",
    axes=("time [s]", "speed [m/s]"),
    level_name="substeps per frame",
    levels=SUBSTEPS,
    bound=1e-4,
)
def rolling(engine: str, substeps: float) -> Measured:
    """Rolling without slip holds to the contact's regularization."""
    slope = 0.3
    down = (G * math.sin(slope), 0.0, -G * math.cos(slope))
    ball = body("ball", Sphere(0.05), (0, 0, 0.05), stuff(0.8))
    floor = body("floor", Plane(), (0, 0, 0), stuff(0.8), motion="static")
    t = run(engine, ball, floor, substeps=substeps, down=down)
    exact = 5 / 7 * G * math.sin(slope) * t.time
    return Measured(x=t.time, measured=t.bodies.velocity[:, 0, 0], expected=exact)
