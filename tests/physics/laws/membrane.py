"""Inflatables: hoop stress, the peak of a balloon, outflow, drag."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law

from laws.inflatable import BOTH, DETAIL, R_AIR, G, blow, film, radii, sphere, volume_of
from simgen.scene import Inflatable, Ints, Valve


def drum(radius: float, length: float, sides: int) -> tuple[np.ndarray, Ints, np.ndarray]:
    """A closed tube along z with `sides` facets, its faces, and the vertices of its middle."""
    rings = 2 * round(length * sides / (4 * math.pi * radius)) + 1
    angle = 2 * math.pi * (np.arange(sides)[None] + 0.5 * (np.arange(rings)[:, None] % 2)) / sides
    z = np.broadcast_to(np.linspace(-length / 2, length / 2, rings)[:, None], angle.shape)
    wall = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], -1).reshape(-1, 3)
    points = np.concatenate([wall, [[0, 0, -length / 2], [0, 0, length / 2]]])
    faces: list[tuple[int, int, int]] = []
    for i in range(rings - 1):
        for j in range(sides):
            a, b = i * sides + j, i * sides + (j + 1) % sides
            c, d = a + sides, b + sides
            faces += [(a, b, c), (b, d, c)] if i % 2 == 0 else [(a, d, c), (a, b, d)]
    low, high, last = rings * sides, rings * sides + 1, (rings - 1) * sides
    for j in range(sides):
        faces += [(low, (j + 1) % sides, j), (high, last + j, last + (j + 1) % sides)]
    middle = (rings // 2) * sides + np.arange(sides)
    return points, np.array(faces, np.int32), middle


@law(
    category="inflatable",
    engines=BOTH,
    title="A tube under pressure grows by its hoop stress p R and half of that along",
    source="Mariotte (1680); Timoshenko & Woinowsky-Krieger, Theory of Plates and Shells, art. 114",
    axes=("pressure [Pa]", "hoop strain"),
    level_name="facets around",
    levels=(8, 16, 32),
    bound=0.05,
)
def hoop(engine: str, sides: float) -> Measured:
    """Growth of the middle of a tube five radii long that a blower keeps at its pressure. It acts
    on the grown tube: force per sewn length p R (1 + e) (1 + a). Facets:
    an edge of a polygon bears cos(pi / n) of it, and its corners are as much nearer to the axis:
    (pi / n)^2, 3.9 % at 16. MuJoCo's Green strain is e / 2 stiffer, 1 %."""
    stretch, poisson, radius = 4000.0, 0.3, 0.1
    gauge: list[float] = []
    strain: list[float] = []
    exact: list[float] = []
    for p in (400.0, 800.0):
        points, faces, middle = drum(radius, 0.5, int(sides))
        thing = Inflatable(
            name="thing", vertices=points, faces=faces, rest_vertices=points, pressure=p,
            material=film(stretch, 0.6, restitution=0.05),
            valves=(Valve(area=1e-3, pressure=p),),
        )  # fmt: skip
        states = blow(engine, thing, fps=24.0, frames=19)
        ring = states.position[-6:, middle].astype(float)
        ring = ring - ring.mean(1, keepdims=True)
        strain.append(float(np.linalg.norm(ring[..., :2], axis=-1).mean()) / radius - 1.0)
        left = float(np.asarray(states.pressure)[-6:].mean())
        around = along = 0.0
        for _ in range(50):
            hoops = left * radius * (1.0 + around) * (1.0 + along)
            axial = 0.5 * left * radius * (1.0 + around)
            around, along = (hoops - poisson * axial) / stretch, (axial - poisson * hoops) / stretch
        gauge.append(left)
        exact.append(around)
    return Measured(x=gauge, measured=strain, expected=exact)


@law(
    category="inflatable",
    engines=("warp",),
    title="A neo-Hookean balloon bears most at 7^(1/6) of its size",
    source="Mueller & Strehlow, Rubber and Rubber Balloons (2004), sec. 2.4; Treloar (1943)",
    axes=("run", "stretch at the peak, less 1"),
    level_name="substeps per frame at 48 fps",
    levels=(100, 200, 400),
    default=-1,
    bound=0.02,
)
def peak(engine: str, substeps: float) -> Measured:
    """A pump blows a balloon of 642 vertices to twice its size; the top of a quartic through its
    pressure against stretch, whose own error is 0.4 %. Long steps feel the rubber softer."""
    points, faces = sphere(0.1, 3)
    thing = Inflatable(
        name="thing", vertices=points, faces=faces, rest_vertices=points, pressure=1.0,
        material=film(240.0, 0.19, mooney_ratio=0.0, poissons_ratio=0.49, restitution=0.5),
        supply=((0.0, 0.0), (0.3, 0.03), (1.3, 0.03)),
    )  # fmt: skip
    states = blow(engine, thing, fps=48.0, frames=61, substeps=int(substeps))
    stretch, pressure = radii(states, 1.0), np.asarray(states.pressure)
    near = (stretch > 1.2) & (stretch < 1.65)
    slope = np.polynomial.Polynomial.fit(stretch[near], pressure[near], 4).deriv()
    tops = [float(r.real) for r in slope.roots() if abs(r.imag) < 1e-9 and 1.2 < r.real < 1.65]
    top = max(tops, default=math.nan)
    return Measured(x=[0.0], measured=[top - 1.0], expected=[7.0 ** (1.0 / 6.0) - 1.0])


@law(
    category="inflatable",
    engines=BOTH,
    title="A soft tank empties so that the root of its pressure falls evenly",
    source="Bernoulli, Hydrodynamica (1738); White, Fluid Mechanics, 3.5: Cd A sqrt(2 rho dp)",
    axes=("time [s]", "gauge pressure [Pa]"),
    level_name="substeps per frame at 24 fps",
    levels=(84, 168, 336),
    default=-1,
    bound=0.02,
    exact=2e-3,
)
def subsonic(engine: str, substeps: float) -> Measured:
    """Isothermal air of 400 Pa through a hole into the atmosphere. A kilogram raises the pressure
    by 1 / C, C = V / (R T) + rho dV/dp, dV/dp = 3 V R (1 - nu) / (2 K) of the film. Compressibility
    is dp / (4 p), 0.1 %. Long steps of XPBD feel the film softer, and its gas with it."""
    radius, stretch, area, discharge = 0.15, 1e5, 8e-6, 0.9
    points, faces = sphere(radius, 2)
    thing = Inflatable(
        name="thing", vertices=points, faces=faces, pressure=400.0,
        material=film(stretch, 2.0, restitution=0.05),
        valves=(Valve(area=area, discharge=discharge),),
    )  # fmt: skip
    states = blow(engine, thing, fps=24.0, frames=11, substeps=int(substeps))
    t, volume = np.arange(11) / 24.0, volume_of(points, faces)
    rho = 101_325.0 / (R_AIR * 293.15)
    give = volume / (R_AIR * 293.15) + rho * volume * 3 * radius * 0.7 / (2 * stretch)
    root = math.sqrt(400.0) - 0.5 * discharge * area * math.sqrt(2 * rho) / give * t
    return Measured(x=t, measured=np.asarray(states.pressure), expected=root**2)


@law(
    category="inflatable",
    engines=BOTH,
    title="A light ball falls as v tanh(t / tau) to its terminal speed",
    source="Newton, Principia II, prop. 38: drag coefficient 1/2, measured 0.47 (White, Fluid "
    "Mechanics, fig. 7.16); added mass: Lamb, Hydrodynamics (1932), art. 92",
    axes=("time [s]", "speed [m/s]"),
    level_name="subdivisions",
    levels=DETAIL,
    bound=0.03,
)
def terminal(engine: str, detail: float) -> Measured:
    """W = (m - rho V) g, v^2 = 4 W / (rho pi R^2), tau = (m + rho V / 2) v / W, over 1.5 tau. The
    polyhedron of 162 is 2 % smaller in area and its facets face the wind 1 % askew."""
    radius, areal = 0.2, 0.03
    points, faces = sphere(radius, detail)
    thing = Inflatable(
        name="thing", vertices=points, faces=faces, pressure=50.0,
        material=film(500.0, areal, restitution=0.3),
    )  # fmt: skip
    states = blow(engine, thing, fps=12.0, frames=19, gravity=G)
    t, volume = np.arange(19) / 12.0, 4 / 3 * math.pi * radius**3
    rho = 101_325.0 / (R_AIR * 293.15)
    mass = areal * 4 * math.pi * radius**2 + rho * (1 + 50.0 / 101_325.0) * volume
    weight = (mass - rho * volume) * G
    final = math.sqrt(4 * weight / (rho * math.pi * radius**2))
    tau = (mass + 0.5 * rho * volume) * final / weight
    # Vertices of an icosphere stand for nearly equal areas: the plain mean will do.
    speed = -np.asarray(states.velocity, float)[..., 2].mean(axis=1)
    return Measured(x=t, measured=speed, expected=final * np.tanh(t / tau))
