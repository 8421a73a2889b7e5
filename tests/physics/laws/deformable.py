"""Soft bodies: Hooke, Poisson, Terzaghi, Timoshenko, Euler, Saint-Venant. Levels are cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from law import Measured, law, simulate
from scipy.optimize import brentq, curve_fit
from scipy.special import ellipe, ellipk

from simgen.engines.mujoco_flex import SKIN
from simgen.geometry import Array, Box, Plane
from simgen.lattice import block
from simgen.material import Material
from simgen.record import Trajectory
from simgen.scene import Ambient, Clock, Element, Keyframes, RigidBody, Scene, Shape, SoftBody

G = 9.81
ENGINES = ("warp", "mujoco")
SMOOTH = Material(name="test/smooth", density=1000.0, friction=0.0, restitution=0.0)
FLOOR = RigidBody(name="floor", shapes=(Shape(geometry=Plane(), material=SMOOTH),), motion="static")


def matter(**constants: Any) -> Material:
    base: dict[str, Any] = {"density": 1000.0, "youngs_modulus": 1e5, "poissons_ratio": 0.3}
    base |= {"friction": 0.0, "restitution": 0.05}
    return Material(name="test/matter", **(base | constants))


def run(
    engine: str,
    *things: Element,
    seconds: float,
    gravity: float = G,
    fps: float = 24.0,
    substeps: int | None = None,
) -> Trajectory:
    """In vacuum, so that no air drags on light or slow matter."""
    clock = Clock(frames=1 + round(fps * seconds), fps=fps, substeps=substeps)
    scene = Scene(
        elements=things, clock=clock, gravity=(0, 0, -gravity), ambient=Ambient(pressure=0.0)
    )
    return simulate(engine, scene)


def volume_stress(engine: str, ratio: float, young: float, poisson: float) -> float:
    """Slope [Pa] of the energy of the volume ratio J beside mu/2 (|F|^2 - 3): Bonet & Wood 2008,
    sec. 6.4.3, on warp; Smith et al. 2018, eq. 14, on mujoco."""
    shear = young / (2 * (1 + poisson))
    first = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    if engine == "warp":
        return first * (ratio - 1) - shear / ratio
    return (first + shear) * (ratio - 1) - shear


def stretched(engine: str, load: float, young: float, poisson: float) -> tuple[float, float]:
    """Stretches along and across, where a bar is free, under a nominal stress [Pa]."""
    shear = young / (2 * (1 + poisson))

    def sideways(across: float, along: float) -> float:
        return shear + volume_stress(engine, along * across**2, young, poisson) * along

    def excess(along: float) -> float:
        across = brentq(sideways, 0.3, 1.7, args=(along,))
        pressure = volume_stress(engine, along * across**2, young, poisson)
        return shear * along + pressure * across**2 - load

    along = brentq(excess, 0.6, 2.0)
    return along, brentq(sideways, 0.3, 1.7, args=(along,))


def hanging(engine: str, across: float, poisson: float) -> tuple[Array, Array, Array]:
    """Rest heights [m] of the levels of a hanging bar, their mean heights and widths at rest."""
    cells = int(across)
    points, tets = block((0.1, 0.1, 0.4), (cells, cells, 4 * cells))
    top = tuple(int(i) for i in np.flatnonzero(points[:, 2] > 0.2 - 1e-9))
    stuff = matter(poissons_ratio=poisson)
    bar = SoftBody(name="bar", vertices=points, tetrahedra=tets, material=stuff, pinned=top)
    x = run(engine, bar, seconds=2.0).meshes["bar"].position[-12:].astype(float).mean(axis=0)
    rest = np.unique(points[:, 2].round(9))
    level = [np.abs(points[:, 2] - z) < 1e-6 for z in rest]
    height = np.array([x[k, 2].mean() for k in level])
    return rest, height, np.array([np.ptp(x[k, 0]) for k in level])


@law(
    category="deformable",
    engines=ENGINES,
    title="A hanging bar stretches as its Young's modulus says",
    source="Hooke 1678; stress rho g s at s above the end, Neo-Hookean (Bonet & Wood 2008)",
    axes=("height in the middle half [m]", "displacement [m]"),
    level_name="cells across",
    levels=(1, 2, 4),
    bound=0.02,
    default=-1,
    exact=0.01,
)
def hanging_bar(engine: str, cells: float) -> Measured:
    """Displacements of the middle half against its lower end, away from the held end, where the
    strain is not uniaxial. Exact but for the ends and time steps, (c dt / h)^2 / 2 = 1.3 %."""
    poisson = 0.4
    rest, height, _ = hanging(engine, cells, poisson)
    inner = np.abs(rest) < 0.101
    fine = np.linspace(-0.1, 0.1, 201)
    along = [stretched(engine, 1000 * G * (z + 0.2), 1e5, poisson)[0] for z in fine]
    grown = np.concatenate([[0.0], np.cumsum((np.array(along[1:]) + along[:-1]) / 2) * 1e-3])
    exact = np.interp(rest[inner], fine, grown - (fine + 0.1))
    moved = height[inner] - height[inner][0] - (rest[inner] - rest[inner][0])
    return Measured(x=rest[inner], measured=moved, expected=exact)


@law(
    category="deformable",
    engines=ENGINES,
    title="A hanging bar thins as its Poisson's ratio says",
    source="Poisson 1829; Neo-Hookean matter (Bonet & Wood 2008, sec. 6.4.3)",
    axes=("Poisson's ratio", "thinning over lengthening, in the middle"),
    level_name="cells across",
    levels=(2, 3, 4),
    bound=0.05,
    default=-1,
    exact=0.05,
)
def thinning(engine: str, cells: float) -> Measured:
    """At a strain of 2 %. Steps of c dt / h = 0.16 leave 4 % of nu on warp."""
    ratios = np.array([0.2, 0.3, 0.45])
    got, exact = [], []
    for poisson in ratios:
        rest, height, width = hanging(engine, cells, float(poisson))
        middle = int(np.argmin(np.abs(rest)))
        step = rest[middle + 1] - rest[middle - 1]
        strain = (height[middle + 1] - height[middle - 1]) / step - 1
        got.append((1 - width[middle] / 0.1) / strain)
        along, across = stretched(engine, 1000 * G * 0.2, 1e5, float(poisson))
        exact.append((1 - across) / (along - 1))
    return Measured(x=ratios, measured=np.array(got), expected=np.array(exact))


@law(
    category="deformable",
    engines=ENGINES,
    title="A column between smooth walls settles by its bulk modulus",
    source="Terzaghi, Erdbaumechanik (1925): oedometer, modulus K + 4 G / 3",
    axes=("Poisson's ratio", "settlement of the top [m]"),
    level_name="steps per frame",
    levels=(50, 100, 200),
    bound=0.03,
    default=-1,
    exact=0.01,
)
def oedometer(engine: str, steps: float) -> Measured:
    """No strain sideways: 2.2 times as stiff as free at nu = 0.4, 3.8 times at 0.45. The stress
    rho g s is that of the engine's matter at the stretch a, mu a + U'(a). On warp walls take
    vertices back after each sweep, so they give way by what a step moves them: an error of first
    order, 6 % at the 46 steps that the engine takes by itself."""
    ratios, width, height, n = np.array([0.2, 0.4, 0.45]), 0.1, 0.3, 2
    got, exact = [], []
    for poisson in ratios:
        points, tets = block((width, width, height), (n, n, 3 * n))
        stuff = matter(poissons_ratio=float(poisson), youngs_modulus=3e4)
        column = SoftBody(
            name="column", vertices=points + [0, 0, height / 2], tetrahedra=tets, material=stuff
        )
        # MuJoCo's contact begins a skin outside the vertices.
        gap = {"warp": 0.0, "mujoco": SKIN}[engine]
        away = (width + 0.04) / 2 + gap
        sides = [
            Shape(geometry=Box((0.04, 0.4, 0.6)), material=SMOOTH, position=(s * away, 0, 0.2))
            for s in (-1, 1)
        ]
        sides += [
            Shape(geometry=Box((0.4, 0.04, 0.6)), material=SMOOTH, position=(0, s * away, 0.2))
            for s in (-1, 1)
        ]
        sides.append(
            Shape(geometry=Box((0.4, 0.4, 0.1)), material=SMOOTH, position=(0, 0, -0.05 - gap))
        )
        walls = RigidBody(name="walls", shapes=tuple(sides), motion="static")
        t = run(engine, column, walls, seconds=1.5, substeps=int(steps))
        x = t.meshes["column"].position[-18:]
        top = points[:, 2] > height / 2 - 1e-9
        got.append(height - float(x[:, top, 2].mean()))
        shear = 3e4 / (2 * (1 + poisson))

        def stretch(load: float, nu: float = float(poisson), mu: float = shear) -> float:
            def excess(a: float) -> float:
                return mu * a + volume_stress(engine, a, 3e4, nu) + load

            return brentq(excess, 0.3, 1.1)

        depth = np.linspace(0.0, height, 101)
        shrunk = [1.0 - stretch(1000 * G * s) for s in depth]
        exact.append(float(np.trapezoid(shrunk, depth)))
    return Measured(x=ratios, measured=np.array(got), expected=np.array(exact))


def cantilever(engine: str, thick: float) -> tuple[float, float]:
    """Tip sag over that of Timoshenko's beam and frequency [Hz] over Euler's, of a beam released
    straight; it swings about its sag, so one run gives both."""
    cells, length, depth, young, gravity = int(thick), 0.2, 0.025, 4e5, 0.6
    points, tets = block((length, depth, depth), (8 * cells, cells, cells))
    points[:, 0] += length / 2
    held = tuple(int(i) for i in np.flatnonzero(points[:, 0] < 1e-9))
    stuff = matter(youngs_modulus=young)
    beam = SoftBody(name="beam", vertices=points, tetrahedra=tets, material=stuff, pinned=held)
    t = run(engine, beam, seconds=1.0, gravity=gravity, fps=48.0)
    tip = points[:, 0] > length - 1e-9
    z = t.meshes["beam"].position[:, tip, 2].astype(float).mean(axis=1)
    area, inertia, shear = depth**2, depth**4 / 12, young / 2.6
    line = 1000 * gravity * area
    sag = line * length**4 / (8 * young * inertia) + line * length**2 / (2 * 5 / 6 * shear * area)
    euler = 1.8751**2 / (2 * math.pi * length**2) * math.sqrt(young * inertia / (1000 * area))

    def swing(time, a, b, w, c):
        return -a + b * np.exp(-c * time) * np.cos(w * time)

    guess = (sag, sag, 2 * math.pi * euler, 0.5)
    (a, _, w, _), _ = curve_fit(swing, t.time, z, p0=guess)
    return a / sag, w / (2 * math.pi) / euler


@law(
    category="deformable",
    engines=ENGINES,
    title="A cantilever sags as Timoshenko's beam under its own weight",
    source="Timoshenko 1921: q L^4 / (8 E I) + q L^2 / (2 k G A), k = 5/6",
    axes=("cells through the thickness", "sag over theory"),
    level_name="cells through the thickness",
    levels=(2, 3, 4),
    bound=0.14,
    default=-1,
)
def sag(engine: str, cells: float) -> Measured:
    """Linear tetrahedra are too stiff in bending by about 2 (h / depth)^2, alike on both engines:
    19 % with three cells through the depth, 12 % with four."""
    return Measured(x=[cells], measured=[cantilever(engine, cells)[0]], expected=[1.0])


@law(
    category="deformable",
    engines=ENGINES,
    title="A cantilever swings at its natural frequency",
    source="Euler & Bernoulli 1750: (1.8751 / L)^2 sqrt(E I / (rho A)) / (2 pi)",
    axes=("cells through the thickness", "frequency over theory"),
    level_name="cells through the thickness",
    levels=(2, 3, 4),
    bound=0.06,
    default=-1,
)
def frequency(engine: str, cells: float) -> Measured:
    """Half the error of the sag, of the other sign; shear and rotary inertia, 1 % at depth / L =
    1/8, are left out of the theory."""
    return Measured(x=[cells], measured=[cantilever(engine, cells)[1]], expected=[1.0])


@law(
    category="deformable",
    engines=ENGINES,
    title="A strip whose clamps approach buckles into the elastica",
    source="Euler 1744: chord L (2 E / K - 1), height L k / K (Love, Elasticity, par. 263)",
    axes=("approach over length", "height over length"),
    level_name="cells through the thickness",
    levels=(1, 2, 3),
    bound={"warp": 0.05, "mujoco": 0.03},
    default=-1,
)
def elastica(engine: str, thick: float) -> Measured:
    """Between clamps the shape is four quarters of Euler's curve and does not depend on E; the
    strain 4 pi^2 I / (A L^2) of Euler's load is taken off the approach. Cells that are too stiff in
    bending carry more than that load: 2 (h / depth)^2 of its strain, .2 % of the length, or 1 % of
    the height at three cells. The snap into the arch leaves a swing of 1 % of the length, which
    damping in proportion to stiffness hardly takes from so slow a mode."""
    cells, length, depth, slow = int(thick), 0.3, 0.015, 2.0
    points, tets = block((length, depth, depth), (16 * cells, cells, cells))
    times = np.array([0.0, slow, 2 * slow])
    half = 0.15 * length
    clamps: list[RigidBody] = []
    ties: list[tuple[int, str]] = []
    for side, name in ((-1.0, "left"), (1.0, "right")):
        at = side * length / 2
        way = np.zeros((3, 3))
        way[:, 0] = at - side * np.array([0.0, half, half])
        shape = Shape(geometry=Box((0.01, 0.01, 0.01)), material=SMOOTH, collides=False)
        path = Keyframes(times=times, positions=way)
        clamps.append(
            RigidBody(
                name=name, shapes=(shape,), position=(at, 0, 0), motion="kinematic", keyframes=path
            )
        )
        ties += [(int(i), name) for i in np.flatnonzero(np.abs(points[:, 0] - at) < 1e-9)]
    strip = SoftBody(
        name="strip", vertices=points, tetrahedra=tets, material=matter(), attachments=tuple(ties)
    )
    t = run(engine, strip, *clamps, seconds=slow, gravity=0.1)
    x = t.meshes["strip"].position.astype(float)
    middle = np.abs(points[:, 0]) < 1e-9
    rise = np.abs(x[:, middle, 2].mean(axis=1))
    shown = t.time >= 0.5 * slow
    approach = 2 * half * t.time[shown] / slow / length
    euler = 4 * math.pi**2 / 12 * (depth / length) ** 2
    modulus = np.linspace(1e-3, 0.95, 4000)
    chord = 2 * ellipe(modulus**2) / ellipk(modulus**2) - 1
    k = np.interp(approach - euler, 1 - chord, modulus)
    return Measured(x=approach, measured=rise[shown] / length, expected=k / ellipk(k * k))


@law(
    category="deformable",
    engines=ENGINES,
    title="Two equal bars collide and swap their momentum in 2 L / c",
    source="Saint-Venant 1867 (Goldsmith, Impact, 1960, ch. 3): longitudinal impact of equal bars",
    axes=("time over L / c", "momentum of the struck bar over the whole"),
    level_name="cells along",
    levels=(12, 18, 24),
    bound=0.12,
    default=-1,
)
def bars_collide(engine: str, cells: float) -> Measured:
    """A constant stress rho c v / 2 acts for 2 L / c. The front is smeared over a few cells and,
    by lateral inertia, over the depth (Pochhammer): a tenth of the length."""
    length, depth, young, speed = 0.3, 0.04, 1e5, 0.2
    points, tets = block((length, depth, depth), (int(cells), 2, 2))
    wave = math.sqrt(young / 1000.0)
    gap = 0.004
    stuff = matter(youngs_modulus=young, poissons_ratio=0.1, restitution=0.95)
    bars = [
        SoftBody(
            name=name,
            vertices=points + np.array([at, 0, 0]),
            tetrahedra=tets,
            material=stuff,
            velocity=(v, 0, 0),
        )
        for name, at, v in (("a", -(length + gap) / 2, speed), ("b", (length + gap) / 2, 0.0))
    ]
    t = run(engine, *bars, seconds=0.12, gravity=0.0, fps=400.0)
    volume = np.linalg.det(points[tets][:, 1:] - points[tets][:, :1]) / 6
    mass = np.bincount(tets.ravel(), np.repeat(volume / 4, 4)) / volume.sum()
    gained = t.meshes["b"].velocity[:, :, 0].astype(float) @ mass / speed
    begin = t.time[np.argmax(gained > 0.02)] - 0.02 * 2 * length / wave
    time = (t.time - begin) * wave / length
    return Measured(x=time, measured=gained, expected=np.clip(time / 2, 0.0, 1.0))
