"""Heat in solids: Fourier, Newton, Stefan and Boltzmann. Levels are cells across the thing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from law import Measured, law, simulate
from scipy.optimize import brentq
from scipy.special import erf, erfc, erfcx

from simgen.geometry import Box
from simgen.material import Material
from simgen.record import HeatStates
from simgen.scene import Ambient, Clock, RigidBody, Scene, Shape, ThermalBody
from simgen.surface import surface_mesh

ENGINES = ("warp", "fem")
CELLS = (10, 20, 40)
K, RHO, C = 160.0, 8000.0, 400.0
ALPHA = K / (RHO * C)
PERFECT = 1e12


def stuff(k: float = K, emissivity: float = 0.0, **more: float) -> Material:
    named: dict[str, Any] = {"density": RHO, "specific_heat": C, **more}
    return Material(
        name="test/solid", thermal_conductivity=k, emissivity=emissivity, friction=0.3, **named
    )


def block(
    name: str,
    size: tuple[float, float, float],
    x: float,
    temperature: float,
    material: Material,
    **options: Any,
) -> ThermalBody:
    """A box with its centre at x on the x axis; it touches its neighbours perfectly."""
    body = RigidBody(
        name=name,
        shapes=(Shape(geometry=Box(size), material=material),),
        position=(x, 0.0, 0.0),
        motion="static",
    )
    options = {"contact_conductance": PERFECT, **options}
    return ThermalBody(name=name, body=body, temperature=temperature, **options)


def wall(name: str, x: float, temperature: float, width: float = 0.01) -> ThermalBody:
    """A held surface of the given temperature: its face is at `x`, on the side of the origin."""
    middle = x + math.copysign(0.005, x)
    size = (0.01, width, width)
    return block(name, size, middle, temperature, stuff(1e9), held=True, cell=width / 2)


def run(
    engine: str,
    *bodies: ThermalBody,
    seconds: float,
    frames: int = 5,
    h: float = 0.0,
    air: float = 300.0,
) -> dict[str, HeatStates]:
    scene = Scene(
        elements=bodies,
        clock=Clock(frames=frames, fps=(frames - 1) / seconds),
        ambient=Ambient(temperature=air, convection=h),
    )
    return dict(simulate(engine, scene).heat)


def profile(
    element: ThermalBody, states: HeatStates, *, side: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """x from the left end [m] and last temperature [K] of the vertices along one edge of a bar."""
    v = surface_mesh(element.body, refine=True).vertices
    edge = np.isclose(v[:, 1], v[:, 1].max()) & np.isclose(v[:, 2], v[:, 2].max())
    order = np.argsort(v[edge, 0])
    return v[edge, 0][order] - v[:, 0].min(), states.temperature[-1, edge][order].astype(float)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A hot face warms a deep solid as the error function",
    source="Carslaw & Jaeger, Conduction of Heat in Solids (1959), 2.4 (10)",
    axes=("depth [m]", "temperature [K]"),
    level_name="cells",
    levels=CELLS,
    bound=0.01,
)
def semi_infinite(engine: str, cells: float) -> Measured:
    """Second order in h over the width of the front, 2 sqrt(alpha t), here 7 cells of 20."""
    length, t = 0.04, 1.0
    bar = block("bar", (length, 0.004, 0.004), 0, 300, stuff(), cell=length / cells)
    states = run(engine, bar, wall("hot", -length / 2, 600.0, 0.004), seconds=t)
    x, measured = profile(bar, states["bar"])
    keep = x < 0.9 * length
    exact = 600 - 300 * erf(x / (2 * math.sqrt(ALPHA * t)))
    return Measured(x=x[keep], measured=measured[keep], expected=exact[keep], scale=300.0)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A slab between two streams cools as the Robin series",
    source="Carslaw & Jaeger (1959), 3.11; Incropera, Heat and Mass Transfer, eq. 5.42",
    axes=("time [s]", "mean excess over its start"),
    level_name="cells",
    levels=(5, 10, 20),
    bound=0.01,
    exact=1e-3,
)
def robin_slab(engine: str, cells: float) -> Measured:
    """Biot number 1: sum of 2 Bi^2 / (z^2 (z^2 + Bi^2 + Bi)) exp(-z^2 Fo), z tan z = Bi. A column
    of the slab between two streams held at 300 K; h is the conductance of the contact. Second
    order in h / L, .25 % at 10 cells, and first order in the explicit step."""
    length, k, biot = 0.02, 2.0, 1.0
    h = biot * k / (length / 2)
    column = block(
        "slab",
        (length, 0.004, 0.004),
        0,
        400,
        stuff(k),
        cell=length / cells,
        contact_conductance=h,
    )
    ends = [wall("left", -length / 2, 300.0, 0.004), wall("right", length / 2, 300.0, 0.004)]
    ends = [
        ThermalBody(
            name=e.name,
            body=e.body,
            temperature=300.0,
            held=True,
            cell=0.002,
            contact_conductance=h,
        )
        for e in ends
    ]
    seconds = 2.0 * (length / 2) ** 2 * RHO * C / k
    states = run(engine, column, *ends, seconds=seconds, frames=17)["slab"]
    t = np.linspace(0, seconds, 17)
    z = np.array(
        [
            brentq(lambda q: q * math.sin(q) - biot * math.cos(q), n * math.pi, (n + 0.5) * math.pi)
            for n in range(60)
        ]
    )[:, None]
    weight = 2 * biot**2 / (z**2 * (z**2 + biot**2 + biot))
    exact = (weight * np.exp(-(z**2) * k / (RHO * C) * t / (length / 2) ** 2)).sum(0)
    return Measured(x=t, measured=states.heat / states.heat[0], expected=exact)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A small body cools exponentially",
    source="Newton, Scala graduum caloris (1701); Incropera, Heat and Mass Transfer, eq. 5.6",
    axes=("time [s]", "excess over its start"),
    level_name="steps per frame",
    levels=(1, 2, 4),
    bound=0.005,
    exact=2e-3,
)
def newton_cooling(engine: str, substeps: float) -> Measured:
    """exp(-h A t / (rho c V)); the Biot number 6e-4 makes it isothermal. The explicit step has an
    error of rate dt / 2 of the excess: .2 % with 60 steps a clip. Only `fem` may take one step."""
    cube = block("cube", (0.02, 0.02, 0.02), 0, 500, stuff(), cell=0.005)
    scene = Scene(
        elements=(cube,),
        clock=Clock(frames=31, fps=0.6, substeps=int(substeps * (64 if engine == "warp" else 1))),
        ambient=Ambient(temperature=300.0, convection=30.0),
    )
    states = simulate(engine, scene).heat["cube"]
    t = scene.clock.times
    rate = 30.0 * 6 / 0.02 / (RHO * C)
    return Measured(x=t, measured=states.heat / states.heat[0], expected=np.exp(-rate * t))


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A black body cools by radiation as T^-3",
    source="Stefan 1879, Boltzmann 1884; T^-3 = T0^-3 + 3 eps sigma A t / (rho c V)",
    axes=("time [s]", "temperature [K]"),
    level_name="cells",
    levels=(2, 4, 8),
    bound=0.004,
    exact=3e-3,
)
def radiation(engine: str, cells: float) -> Measured:
    """The body is isothermal to its radiant Biot number, 4 eps sigma T^3 L / k = .2 %."""
    cube = block("cube", (0.01, 0.01, 0.01), 0, 1200, stuff(emissivity=0.8), cell=0.01 / cells)
    states = run(engine, cube, seconds=20.0, frames=21, air=3.0)["cube"]
    t = np.linspace(0, 20, 21)
    rate = 3 * 0.8 * 5.670374e-8 * 600 / (RHO * C)
    exact = (1200.0**-3 + rate * t) ** (-1 / 3)
    return Measured(x=t, measured=states.temperature.mean(1), expected=exact)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="Two solids meet at the mean of their effusivities",
    source="Carslaw & Jaeger (1959), 2.15; Incropera, Heat and Mass Transfer, eq. 5.63",
    axes=("x [m]", "temperature [K]"),
    level_name="cells",
    levels=CELLS,
    bound=0.012,
)
def contact_temperature(engine: str, cells: float) -> Measured:
    """Both sides follow error functions from the meeting temperature, second order in h."""
    length, t, k2 = 0.04, 0.8, 40.0
    cell = length / cells
    left = block("left", (length, 0.004, 0.004), -length / 2, 700, stuff(), cell=cell)
    right = block("right", (length, 0.004, 0.004), length / 2, 300, stuff(k2), cell=cell)
    states = run(engine, left, right, seconds=t)
    b1, b2 = math.sqrt(K), math.sqrt(k2)
    meeting = (b1 * 700 + b2 * 300) / (b1 + b2)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for body, start, alpha, side in ((left, 700.0, ALPHA, -1), (right, 300.0, k2 / (RHO * C), 1)):
        x, measured = profile(body, states[body.name])
        deep = length - x if side < 0 else x
        keep = deep < 0.8 * length
        exact = meeting + (start - meeting) * erf(deep / (2 * math.sqrt(alpha * t)))
        parts.append((side * deep[keep], measured[keep], exact[keep]))
    x, measured, exact = (np.concatenate(a) for a in zip(*parts, strict=True))
    return Measured(x=x, measured=measured, expected=exact, scale=400.0)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="Rods that meet a hot block warm by how well they conduct",
    source="Ingenhousz, J. de Physique 34 (1789) 68; Carslaw & Jaeger (1959), 2.7 (1)",
    axes=("conductivity [W/(m K)]", "heat taken / expected [1]"),
    level_name="cells",
    levels=(20, 40, 80),
    bound=0.02,
)
def ingenhousz(engine: str, cells: float) -> Measured:
    """A face of the conductance h to a body of 400 K takes A h dT k^2 / (h^2 alpha) (exp(s^2)
    erfc(s) - 1 + 2 s / sqrt(pi)) with s = h sqrt(alpha t) / k. Second order once the front, 4.3 mm
    in the worst conductor, is several cells wide."""
    length, w, h, t = 0.04, 0.004, 4e4, 1.0
    hot = block("block", (0.01, w, w), -0.005, 400, stuff(110.0), held=True, cell=w / 3)
    found: list[float] = []
    exact: list[float] = []
    for k in (420.0, 80.0, 15.0):
        rod = block(
            "rod", (length, w, w), length / 2, 300, stuff(k),
            cell=length / cells, contact_conductance=h / 2,
        )  # fmt: skip
        alpha = k / (RHO * C)
        s = h * math.sqrt(alpha * t) / k
        found.append(float(run(engine, rod, hot, seconds=t)["rod"].heat[-1]))
        exact.append(
            w * w * k * k / (h * alpha) * 100 * (erfcx(s) - 1 + 2 * s / math.sqrt(math.pi))
        )
    return Measured(x=[420.0, 80.0, 15.0], measured=np.array(found) / exact, expected=np.ones(3))


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A fin cools along its length as a hyperbolic cosine",
    source="Incropera, Heat and Mass Transfer, eq. 3.75 (Harper & Brown, NACA report 158, 1922)",
    axes=("x [m]", "excess temperature [K]"),
    level_name="cells",
    levels=(5, 10, 20),
    bound=0.01,
)
def fin(engine: str, cells: float) -> Measured:
    """theta = theta_b cosh m(L' - x) / cosh m L', m^2 = h P / (k A), L' = L + w / 4 for the open
    tip of a square bar; its sides are isothermal to h w / k = .1 %."""
    length, w, h = 0.06, 0.004, 40.0
    k = 160.0
    bar = block("bar", (length, w, w), 0, 300, stuff(k, density=800.0), cell=length / cells)
    base = wall("base", -length / 2, 400.0, 0.004)
    m = math.sqrt(4 * h / (k * w))
    states = run(engine, bar, base, seconds=60.0, frames=481, h=h)
    x, measured = profile(bar, states["bar"])
    whole = length + w / 4
    exact = 100 * np.cosh(m * (whole - x)) / math.cosh(m * whole)
    keep = (x > 1.01 * length / cells) & (x < 0.97 * length)
    return Measured(x=x[keep], measured=measured[keep] - 300, expected=exact[keep], scale=100.0)


def melting(engine: str, cells: float, start: float) -> Measured:
    """Heat through the face of a deep solid of `start` [K] that melts at 400 K, its face held at
    600 K: 2 k A dT sqrt(t / (pi alpha)) / erf(q), the front at 2 q sqrt(alpha t)."""
    length, latent = 0.03, 120_000.0
    solid = stuff(melting_temperature=400.0, latent_heat=latent)
    bar = block("bar", (length, 0.003, 0.003), 0, start, solid, cell=length / cells, melts=True)
    hot = wall("hot", -length / 2, 600.0, 0.003)
    states = run(engine, bar, hot, seconds=1.0, frames=21, air=start)["bar"]
    cold = (400.0 - start) / 200.0

    def balance_at_front(q: float) -> float:
        warm = math.exp(-q * q) / float(erf(q)) - cold * math.exp(-q * q) / float(erfc(q))
        return warm - q * math.sqrt(math.pi) * latent / (C * 200)

    root = float(brentq(balance_at_front, 1e-3, 3))
    t = np.linspace(0, 1, 21)[5:]
    exact = 2 * K * 9e-6 * 200 * np.sqrt(t / (math.pi * ALPHA)) / erf(root)
    return Measured(x=t, measured=states.flow_in[5:], expected=exact)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A melting front moves as 2 lambda sqrt(alpha t)",
    source="Stefan 1889; Carslaw & Jaeger (1959), 11.2",
    axes=("time [s]", "heat taken [J]"),
    level_name="cells",
    levels=(15, 30, 60),
    bound=0.015,
)
def stefan(engine: str, cells: float) -> Measured:
    """A solid at its melting point. The front advances cell by cell, so the heat wavers by the
    sensible heat of a cell that is late by half of it: second order in h / s, (1 / 13)^2 = .6 %
    at 30 cells."""
    return melting(engine, cells, 399.99)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="A cold solid melts as Neumann's two phases",
    source="Neumann 1860; Carslaw & Jaeger (1959), 11.2 (18)",
    axes=("time [s]", "heat taken [J]"),
    level_name="cells",
    levels=(15, 30, 60),
    bound=0.015,
)
def neumann(engine: str, cells: float) -> Measured:
    """As `stefan`; part of the heat goes on into the solid, 60 K below its melting point."""
    return melting(engine, cells, 340.0)


@law(
    category="thermodynamics",
    engines=ENGINES,
    title="Heat is kept: content follows what enters and leaves, latent heat included",
    source="First law of thermodynamics (Clausius 1850)",
    axes=("time [s]", "heat content [J]"),
    level_name="cells",
    levels=(4, 6, 8),
    default=0,
    bound={"warp": 1e-9, "fem": 1e-6},
    exact=1e-6,
)
def balance(engine: str, cells: float) -> Measured:
    """Contacts, convection, radiation, power and melting at once; exact up to rounding (warp) and
    the tolerance of Newton's method (fem)."""
    solid = stuff(40.0, emissivity=0.6, melting_temperature=420.0, latent_heat=60_000.0)
    left = block(
        "left", (0.02, 0.02, 0.02), -0.01, 700, stuff(80.0, emissivity=0.9), power=80.0, cell=0.005
    )
    right = block("right", (0.02, 0.02, 0.02), 0.01, 300, solid, melts=True, cell=0.02 / cells)
    right = ThermalBody(
        name="right", body=right.body, temperature=300.0, melts=True, cell=0.02 / cells
    )
    states = run(engine, left, right, seconds=4.0, frames=9, h=50.0)
    s = states["right"]
    return Measured(
        x=np.linspace(0, 4, 9), measured=s.heat - s.heat[0], expected=s.flow_in - s.flow_out
    )
