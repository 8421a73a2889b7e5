"""Ropes: flexible lines, strings, chains and elastic rods. Levels are segments of the rope.

MuJoCo keeps lengths fixed, so what needs stretch runs on the rods of the warp engine alone.
"""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law, simulate
from scipy.integrate import quad, solve_bvp
from scipy.optimize import brentq
from scipy.special import j0, jn_zeros, y0

from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.material import Material
from simgen.record import Trajectory
from simgen.scene import Articulation, Clock, Element, Joint, RigidBody, Rope, Scene, Shape, Vector

G = 9.81
ENGINES = ("mujoco", "warp")
ALONG_Y = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)


def cord(name: str = "textile/cord", *, density: float = 900.0, young: float = 1e9,
         mu: float = 0.3) -> Material:  # fmt: skip
    """Of the family `textile` it bends as yarns do, a thousand times softer than it stretches."""
    return Material(name=name, density=density, friction=mu, restitution=0.1, youngs_modulus=young)


def rope(points: Array, radius: float, stuff: Material, **options) -> Rope:
    return Rope(
        name="rope", points=points, radius=radius, material=stuff, straight_at_rest=True, **options
    )


def run(engine: str, *elements: Element, frames: int, fps: float, down: Vector = (0, 0, -G),
        substeps: int | None = None) -> Trajectory:  # fmt: skip
    clock = Clock(frames=frames, fps=fps, substeps=substeps)
    return simulate(engine, Scene(elements=elements, clock=clock, gravity=down))


def ball(name: str, mass: float, position: Vector, radius: float = 0.05) -> RigidBody:
    shape = Shape(geometry=Sphere(radius), material=cord())
    return RigidBody(name=name, shapes=(shape,), position=position, mass=mass)


def period(time: Array, signal: Array) -> float:
    """Mean time [s] between falls through zero."""
    i = np.flatnonzero((signal[:-1] > 0) & (signal[1:] <= 0))
    share = signal[i] / (signal[i] - signal[i + 1])
    return float(np.diff(time[i] + share * (time[i + 1] - time[i])).mean())


@law(
    category="rope",
    engines=ENGINES,
    title="A rope held at two points hangs as a catenary",
    source="Leibniz, Huygens, Joh. Bernoulli, Acta Eruditorum (1691): z = a cosh(x / a)",
    axes=("x [m]", "height over the ends [m]"),
    level_name="segments",
    levels=(8, 16, 32),
    bound=0.001,
    exact=2e-4,
)
def catenary(engine: str, segments: float) -> Measured:
    """Placed on the curve it stays there for 2 s, but for (ds / a)^2 / 24 of the sag that chords
    make: 0.05 % of it at 16 segments."""
    n, span, total = int(segments) + 1, 1.2, 2.0
    a = brentq(lambda c: 2 * c * math.sinh(span / 2 / c) - total, 0.1, 5.0)
    s = np.linspace(-total / 2, total / 2, n)
    x = a * np.arcsinh(s / a)
    z = a * np.cosh(x / a) - a * math.cosh(span / 2 / a)
    line = np.stack([x, 0 * x, z], axis=1)
    t = run(engine, rope(line, 0.003, cord(young=1e8), pinned=(0, n - 1)), frames=49, fps=24.0)
    found = t.meshes["rope"].position.astype(float).mean(axis=0)
    return Measured(x=x, measured=found[:, 2], expected=z)


@law(
    category="rope",
    engines=ENGINES,
    title="A hanging chain swings at 1.2024 sqrt(g / L), 2.76 sqrt(g / L)",
    source="D. Bernoulli (1732), zeros of J0; Routh, Dynamics of a System of Rigid Bodies, II",
    axes=("mode", "period [s]"),
    level_name="segments",
    levels=(8, 16, 32),
    bound=0.009,
    exact=5e-4,
)
def hanging_chain(engine: str, segments: float) -> Measured:
    """The error is of second order: 2.5 % with 8 links in the second mode, 0.6 % with 16, 0.15 %
    with 32 (equal on both engines: it is that of the lumped chain); amplitude 2 % of L."""
    n = int(segments)
    zeros = jn_zeros(0, 2)
    got: list[float] = []
    for z in zeros:
        mode = j0(z * np.sqrt(np.linspace(1, 0, n + 1)))
        x = 0.02 * mode / np.abs(mode).max()
        drop = np.r_[0.0, np.cumsum(np.sqrt((1 / n) ** 2 - np.diff(x) ** 2))]
        line = np.stack([x, 0 * x, 2 - drop], axis=1)
        t = run(engine, rope(line, 0.003, cord(young=1e8), pinned=(0,)), frames=480, fps=96.0)
        weight = np.r_[0.5, np.ones(n - 1), 0.5] * mode
        got.append(period(t.time, t.meshes["rope"].position[:, :, 0].astype(float) @ weight))
    exact = 4 * math.pi / (zeros * math.sqrt(G))
    return Measured(x=np.array([1, 2]), measured=np.array(got), expected=exact)


@law(
    category="rope",
    engines=ENGINES,
    title="Waves run along a taut string at sqrt(T / mu)",
    source="Taylor (1713); Mersenne's laws (1636); Rayleigh, Theory of Sound, par. 122",
    axes=("tension [N]", "period of the first mode [s]"),
    level_name="segments",
    levels=(10, 20, 40),
    bound=0.002,
    exact=1e-3,
)
def string(engine: str, segments: float) -> Measured:
    """The string's own weight is in the expected period (Bessel functions of both kinds); n lumps
    are slow by (pi / n)^2 / 24 = 0.1 %; the amplitude is too small to make the load bob."""
    n, length, radius = int(segments) + 1, 2.0, 0.005
    stuff = cord(young=1e10)
    line_mass = stuff.require("density")[0] * math.pi * radius**2
    loads = np.array([1.0, 2.0, 4.0])
    got, exact = [], []
    for load in loads:
        s = np.linspace(0, length, n)
        line = np.stack([s, 0.003 * np.sin(math.pi * s / length), 0 * s], axis=1)
        block = RigidBody(
            name="w", shapes=(Shape(geometry=Box((0.1, 0.1, 0.1)), material=stuff),),
            position=(length + 0.05, 0, 0), mass=float(load),
        )  # fmt: skip
        rail = Joint(name="rail", kind="slide", child="w", axis=(1, 0, 0), position=(length, 0, 0))
        slide = Articulation(name="slide", links=(block,), joints=(rail,))
        string = rope(line, radius, stuff, pinned=(0,), attachments=((n - 1, "w"),))
        t = run(engine, slide, string, frames=200, fps=400.0, down=(G, 0, 0))
        signal = t.meshes["rope"].position[:, :, 1].astype(float) @ np.sin(math.pi * s / length)
        got.append(period(t.time, signal))
        exact.append(_string_period(load / line_mass, length))
    return Measured(x=G * loads, measured=np.array(got), expected=np.array(exact))


def _string_period(extra: float, length: float) -> float:
    """First period [s] of a hanging string whose load weighs as `extra` [m] more of string, both
    ends held sideways: y = A J0(2 w sqrt(z / g)) + B Y0(...), z counted from the virtual end."""
    low, high = 2 * math.sqrt(extra / G), 2 * math.sqrt((extra + length) / G)
    guess = math.pi / (high - low)
    w = brentq(lambda w: j0(w * low) * y0(w * high) - j0(w * high) * y0(w * low),
               0.8 * guess, 1.2 * guess)  # fmt: skip
    return 2 * math.pi / w


def _fit(engine: str, radius: float, step: float) -> float:
    """Radius [m] on which the points of a rope around a drum lie: MuJoCo's segments touch it with
    their middles, the rods with their points."""
    return (radius / math.cos(0.5 * step / radius) if engine == "mujoco" else radius) + 2e-5


def _over(radius: float, short: float, long: float, count: int, height: float) -> Array:
    """(N, 3) points of a rope over a cylinder about the y axis; `short` hangs at -x."""
    bend = math.pi * radius
    s = np.linspace(0, short + bend + long, count + 1)
    turn = (s - short) / radius
    x = np.where(turn < 0, -radius, np.where(turn < math.pi, -radius * np.cos(turn), radius))
    z = np.where(turn < 0, s - short, np.where(turn < math.pi, radius * np.sin(turn),
                                               -(s - short - bend)))  # fmt: skip
    return np.stack([x, 0 * x, height + z], axis=1)


@law(
    category="rope",
    engines=ENGINES,
    title="A rope slides over a fixed drum with tensions in the ratio exp(mu theta)",
    source="Euler, Mem. Acad. Berlin 18 (1762); Eytelwein (1808), Capstan law",
    axes=("friction coefficient", "acceleration of the weights [m/s^2]"),
    level_name="segments",
    levels=(24, 48, 96),
    bound={"mujoco": 0.03, "warp": 0.04},
    exact=5e-3,
)
def capstan(engine: str, segments: float) -> Measured:
    """m2 (g - a) = exp(mu pi) m1 (g + a) at four coefficients, the last of which holds. A corner
    of angle phi passes (1 + mu tan(phi/2)) / (1 - mu tan(phi/2)) = exp(mu phi (1 + phi^2 / 12));
    bending over the drum, rope mass and the ends of the arc, half a segment each, make the rest."""
    radius, thick, m1, m2 = 0.15, 0.004, 1.0, 2.0
    ladder = np.array([0.02, 0.08, 0.14, 0.3])
    got, exact = [], []
    for mu in ladder:
        stuff = cord(mu=float(mu))
        line = _over(_fit(engine, radius + thick, 1.33 / segments), 0.5, 0.35, int(segments), 2.0)
        drum = RigidBody(
            name="drum", shapes=(Shape(geometry=Cylinder(radius, 0.2), material=stuff),),
            position=(0, 0, 2), quaternion=ALONG_Y, motion="static",
        )  # fmt: skip
        ends = [ball(k, m, (float(p[0]), 0.0, float(p[2]) - 0.05))
                for k, m, p in (("a", m1, line[0]), ("b", m2, line[-1]))]  # fmt: skip
        string = rope(line, thick, stuff, attachments=((0, "a"), (len(line) - 1, "b")))
        t = run(engine, drum, *ends, string, frames=25, fps=100.0)
        fall = 0.5 * (t.bodies.position[0, 2, 2] - t.bodies.position[:, 2, 2])
        fall += 0.5 * (t.bodies.position[:, 1, 2] - t.bodies.position[0, 1, 2])
        got.append(2 * np.polyfit(t.time, fall, 2)[0])
        per_length = 900.0 * math.pi * thick**2
        light, heavy = (m1 + 0.5 * per_length), (m2 + 0.35 * per_length)
        gain = math.exp(mu * math.pi)
        exact.append(max(0.0, G * (heavy - gain * light) / (heavy + gain * light)))
    return Measured(x=ladder, measured=np.array(got), expected=np.array(exact))


@law(
    category="rope",
    engines=ENGINES,
    title="Atwood's machine: a = g (m2 - m1) / (m1 + m2 + I / r^2 + rope)",
    source="Atwood, Treatise on the Rectilinear Motion of Bodies (1784)",
    axes=("heavier mass [kg]", "acceleration [m/s^2]"),
    level_name="segments",
    levels=(24, 48, 96),
    bound=0.006,
    exact=2e-3,
)
def atwood(engine: str, segments: float) -> Measured:
    """The wheel turns on a free hinge and is driven by friction alone. Its polygon of rope has an
    arm shorter by (ds / r)^2 / 24, and the weights start with a small swing."""
    radius, thick, m1 = 0.15, 0.005, 2.0
    ladder = np.array([2.4, 3.0, 4.0])
    stuff, got, exact = cord(mu=0.8), [], []
    for m2 in ladder:
        line = _over(_fit(engine, radius + thick, 1.44 / segments), 0.6, 0.35, int(segments), 2.0)
        wheel = RigidBody(
            name="wheel", shapes=(Shape(geometry=Cylinder(radius, 0.1), material=stuff),),
            position=(0, 0, 2), quaternion=ALONG_Y, mass=1.5,
        )  # fmt: skip
        axle = Joint(name="axle", kind="hinge", child="wheel", position=(0, 0, 2), axis=(0, 1, 0))
        pulley = Articulation(name="pulley", links=(wheel,), joints=(axle,))
        ends = [ball(k, m, (float(p[0]), 0.0, float(p[2]) - 0.05))
                for k, m, p in (("a", m1, line[0]), ("b", float(m2), line[-1]))]  # fmt: skip
        string = rope(line, thick, stuff, attachments=((0, "a"), (len(line) - 1, "b")))
        t = run(engine, pulley, *ends, string, frames=31, fps=100.0)
        fall = 0.5 * (t.bodies.position[0, 2, 2] - t.bodies.position[:, 2, 2])
        fall += 0.5 * (t.bodies.position[:, 1, 2] - t.bodies.position[0, 1, 2])
        got.append(2 * np.polyfit(t.time, fall, 2)[0])
        per_length = 900.0 * math.pi * thick**2
        whole = per_length * (0.95 + math.pi * (radius + thick))
        inertia = 0.5 * 1.5 * radius**2 / (radius + thick) ** 2
        uneven = per_length * (0.35 - 0.6 + fall.mean() * 2)
        exact.append(G * (m2 - m1 + uneven) / (m1 + m2 + whole + inertia))
    return Measured(x=ladder, measured=np.array(got), expected=np.array(exact))


@law(
    category="rope",
    engines=ENGINES,
    title="A heavy cantilever bends as the elastica",
    source="Euler (1744); Wang, Int. J. Mech. Sci. 28 (1986) 549, heavy elastica",
    axes=("w L^3 / (E I)", "drop of the tip over L"),
    level_name="segments",
    levels=(8, 16, 32),
    bound=0.006,
    exact=2e-3,
)
def cantilever(engine: str, segments: float) -> Measured:
    """E I theta'' = -w (L - s) cos(theta). Placed on the solution, straight at rest, the rod hovers
    about its own equilibrium: what it shows is the mean. The error is of second order in ds / L."""
    n, length, radius, density = int(segments), 1.0, 0.004, 1000.0
    loads = np.array([1.0, 3.0, 8.0])
    got, exact = [], []
    for load in loads:
        weight = density * math.pi * radius**2 * G
        young = weight * length**3 / load / (math.pi / 4 * radius**4)
        solved = solve_bvp(
            lambda s, y, q=load: np.vstack([y[1], -q * (1 - s) * np.cos(y[0])]),
            lambda a, b: np.array([a[0], b[1]]), np.linspace(0, 1, 60), np.zeros((2, 60)),
        )  # fmt: skip
        fine = np.linspace(0, 1, 4001)
        angle = solved.sol(fine)[0]
        step = np.diff(fine)
        x = np.r_[0, np.cumsum(step * np.cos(0.5 * (angle[1:] + angle[:-1])))]
        z = -np.r_[0, np.cumsum(step * np.sin(0.5 * (angle[1:] + angle[:-1])))]
        # A clamped edge is stiff: the rod starts in its middle.
        ds = 1.0 / (n - 0.5)
        at = np.r_[-0.5, 0.5 + np.arange(n)] * ds
        line = np.stack([np.interp(at, fine, x), 0 * at, np.interp(at, fine, z)], axis=1)
        line[0] = line[1] - [ds, 0, 0]
        stuff = cord("test/rod", density=density, young=young)
        t = run(engine, rope(line, radius, stuff, pinned=(0, 1)), frames=97, fps=48.0)
        got.append(-float(t.meshes["rope"].position[:, -1, 2].astype(float).mean()))
        exact.append(-z[-1])
    return Measured(x=loads, measured=np.array(got), expected=np.array(exact))


@law(
    category="rope",
    engines=ENGINES,
    title="The free end of a folded chain falls faster than a stone",
    source="Calkin & March, Am. J. Phys. 57 (1989) 154: v^2 = g y (2 L - y) / (L - y)",
    axes=("time [s]", "fall of the tip [m]"),
    level_name="segments",
    levels=(40, 80, 160),
    bound=0.02,
    exact=4e-3,
)
def folded_chain(engine: str, segments: float) -> Measured:
    """Energy is kept while one arm comes to rest after the other. The fold is 3 cm wide (half of
    it is above the lowest point) and made of chords: 1 % of L at 80 segments, up to 85 % of L."""
    n, length, gap = int(segments) + 1, 1.0, 0.03
    r = gap / 2
    arm = (length - math.pi * r) / 2
    s = np.linspace(0, length, n)
    turn = (s - arm) / r
    x = np.where(turn < 0, 0.0, np.where(turn < math.pi, r - r * np.cos(turn), gap))
    z = np.where(turn < 0, -s, np.where(turn < math.pi, -arm - r * np.sin(turn),
                                        -arm + (s - arm - math.pi * r)))  # fmt: skip
    line = np.stack([x, 0 * x, z], axis=1)
    stuff = cord(density=9000.0)
    t = run(engine, rope(line, 2e-4, stuff, pinned=(0,)), frames=91, fps=240.0, substeps=20)
    tip = t.meshes["rope"].position[:, -1, 2].astype(float)
    y = np.linspace(0.02, 0.85, 60) * length
    exact = np.array(
        [quad(lambda u: 2 * math.sqrt((length - u * u) / (G * (2 * length - u * u))), 0,
              math.sqrt(v))[0] for v in y]
    )  # fmt: skip
    fall = np.interp(exact, t.time, tip[0] - tip)
    return Measured(x=exact, measured=fall, expected=y, scale=length)


@law(
    category="rope",
    engines=("warp",),
    title="A rubber cord stretches by F L / (E A) and bounces with 2 pi sqrt(m L / (E A))",
    source="Hooke (1678); Rayleigh, Theory of Sound: a third of the cord's mass moves along",
    axes=("load [kg]", "mean elongation [m]"),
    level_name="segments",
    levels=(4, 8, 16),
    bound=0.002,
    exact=1e-3,
)
def stretch(engine: str, segments: float) -> Measured:
    """Let go unstretched it swings between none and twice the static elongation (m + mu L / 2) g L
    / (E A); compared is the whole motion d (1 - cos(w t)) by its mean over whole periods. Higher
    modes of the cord, of its mass over the load, are not in it."""
    n, length, radius, young = int(segments) + 1, 1.0, 0.005, 5e6
    stuff = cord("rubber/cord", density=950.0, young=young)
    stiffness = young * math.pi * radius**2 / length
    own = 950.0 * math.pi * radius**2 * length
    loads = np.array([0.5, 1.0, 2.0])
    got, exact = [], []
    for load in loads:
        line = np.linspace([0, 0, 0], [0, 0, -length], n)
        bob = ball("bob", float(load), (0, 0, -length - 0.05))
        string = rope(line, radius, stuff, pinned=(0,), attachments=((n - 1, "bob"),))
        omega = math.sqrt(stiffness / (load + own / 3))
        fps = 40 * omega / (2 * math.pi)
        t = run(engine, bob, string, frames=81, fps=fps)
        down = t.bodies.position[0, 0, 2] - t.bodies.position[:, 0, 2]
        got.append(float(down[:80].mean()))
        exact.append((load + own / 2) * G / stiffness)
    return Measured(x=loads, measured=np.array(got), expected=np.array(exact))
