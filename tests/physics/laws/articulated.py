"""Articulations: pendulums, springs, gyroscopes. Levels are solver steps per frame."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law, simulate
from scipy.special import ellipk

from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.material import Material
from simgen.record import Trajectory
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Articulation, Clock, Joint, RigidBody, Scene, Shape, Vector

G = 9.81
ENGINES = ("mujoco", "pybullet")
STUFF = Material(name="test/stuff", density=1000.0, friction=0.5, restitution=0.0)


def run(
    engine: str,
    thing: Articulation,
    *,
    substeps: float,
    frames: int,
    fps: float,
    gravity: Vector = (0, 0, -G),
) -> Trajectory:
    clock = Clock(frames=frames, fps=fps, substeps=int(substeps))
    return simulate(engine, Scene(elements=(thing,), clock=clock, gravity=gravity))


def period(time: Array, x: Array) -> float:
    """Mean time between downward zero crossings, interpolated."""
    i = np.flatnonzero((x[:-1] > 0) & (x[1:] <= 0))
    return float(np.diff(time[i] + x[i] / (x[i] - x[i + 1]) * (time[1] - time[0])).mean())


@law(
    category="articulated",
    engines=ENGINES,
    title="Period of a pendulum at any amplitude",
    source="T = 4 sqrt(l / g) K(sin(a / 2)) (Landau & Lifshitz, Mechanics, par. 11, problem 1)",
    axes=("amplitude [rad]", "period [s]"),
    level_name="substeps per frame (120 frames/s)",
    levels=(10, 20, 40),
    bound=1e-5,
)
def pendulum_period(engine: str, substeps: float) -> Measured:
    """Symplectic steps err by (w dt)^2 / 24 = 3e-7, crossings interpolated at 120 Hz by less."""
    angles = np.array([0.1, 0.8, 1.6, 2.4, 2.8])
    exact = 4 * np.sqrt((0.4 * 0.02**2 + 1) / G) * ellipk(np.sin(angles / 2) ** 2)
    got: list[float] = []
    for angle in angles:
        bob = RigidBody(
            name="bob",
            shapes=(Shape(geometry=Sphere(0.02), material=STUFF),),
            position=(math.sin(angle), 0.0, 2 - math.cos(angle)),
        )
        joint = Joint(name="pivot", kind="hinge", child="bob", position=(0, 0, 2), axis=(0, 1, 0))
        thing = Articulation(name="pendulum", links=(bob,), joints=(joint,))
        t = run(engine, thing, substeps=substeps, frames=120 * 9, fps=120.0)
        got.append(period(t.time, t.bodies.position[:, 0, 0]))
    return Measured(x=angles, measured=np.array(got), expected=exact)


@law(
    category="articulated",
    engines=ENGINES,
    title="A sprung, damped slide swings and dies away",
    source="m x'' + c x' + k x = 0 (Rayleigh, Theory of Sound, vol. 1, par. 45)",
    axes=("time [s]", "position [m]"),
    level_name="substeps per frame",
    levels=(48, 96, 192),
    bound=0.01,
)
def damped_oscillator(engine: str, substeps: float) -> Measured:
    """First-order steps shift the swing by half a step, w dt / 2 = .14 % at 96 substeps, and change
    the damping by as much a radian."""
    k, c, start = 40.0, 1.0, 0.2
    cube = RigidBody(name="cube", shapes=(Shape(geometry=Box((0.1, 0.1, 0.1)), material=STUFF),))
    joint = Joint(
        name="rail", kind="slide", child="cube", axis=(1, 0, 0), stiffness=k, damping=c, rest=start
    )
    thing = Articulation(name="oscillator", links=(cube,), joints=(joint,))
    t = run(engine, thing, substeps=substeps, frames=49, fps=24.0)
    decay, w = c / 2, math.sqrt(k - c * c / 4)
    swing = np.cos(w * t.time) + decay / w * np.sin(w * t.time)
    exact = start * (1 - np.exp(-decay * t.time) * swing)
    return Measured(x=t.time, measured=t.bodies.position[:, 0, 0], expected=exact)


@law(
    category="articulated",
    engines=ENGINES,
    title="A fast top precesses at m g l / (I w)",
    source="Goldstein, Classical Mechanics, section 5.7 (regular precession of a fast top)",
    axes=("time [s]", "azimuth of the axis [rad]"),
    level_name="substeps per frame",
    levels=(160, 320, 640),
    bound=0.01,
)
def precession(engine: str, substeps: float) -> Measured:
    """Started on the steady solution of the exact equation (Goldstein 5.73), so without nutation:
    I1 W^2 cos a - I3 w3 W + m g l = 0, here with a = 90 degrees: W = m g l / (I3 w3)."""
    radius, length, spin = 0.1, 0.1, 120.0
    disc = Shape(geometry=Cylinder(radius, 0.02), material=STUFF)
    rate = G * length / (radius**2 / 2 * spin)
    turn = from_axis_angle((0, 1, 0), math.pi / 2)
    w, x, y, z = (float(v) for v in turn)
    top = RigidBody(
        name="top",
        shapes=(disc,),
        position=(length, 0.0, 0.0),
        quaternion=(w, x, y, z),
        velocity=(0.0, rate * length, 0.0),
        angular_velocity=(spin, 0.0, rate),
    )
    joint = Joint(name="tip", kind="ball", child="top", position=(0, 0, 0))
    thing = Articulation(name="gyroscope", links=(top,), joints=(joint,))
    t = run(engine, thing, substeps=substeps, frames=25, fps=24.0)
    axis = rotate(t.bodies.quaternion[:, 0], [0.0, 0.0, 1.0])
    azimuth = np.unwrap(np.arctan2(axis[:, 1], axis[:, 0]))
    return Measured(x=t.time, measured=azimuth, expected=rate * t.time)
