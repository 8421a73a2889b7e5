"""Gas: transport, buoyancy, fog. Levels are cells across what matters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from law import Measured, law, simulate

from simgen.device import warp_device
from simgen.record import GridStates
from simgen.scene import Ambient, Clock, Domain, Gas, GasSource, Scene, Vector

AIR = 300.0
G = 9.81


def gas_in(lower: Vector, upper: Vector, cell: float, *sources: GasSource, **options: Any) -> Gas:
    closed = options.pop("closed", False)
    options.setdefault("cooling", 0.0)
    return Gas(
        name="gas",
        domain=Domain(lower=lower, upper=upper, open_top=not closed),
        cell=cell,
        sources=sources,
        open_sides=not closed,
        **options,
    )


def scene_of(gas: Gas, *, frames: int = 2, fps: float = 24.0, down: float = G, **air: Any) -> Scene:
    ambient = Ambient(temperature=air.pop("temperature", AIR), **air)
    clock = Clock(frames=frames, fps=fps)
    return Scene(elements=(gas,), clock=clock, ambient=ambient, gravity=(0.0, 0.0, -down))


def make_flow(scene: Scene, dt: float) -> Any:
    """The solver's state, to start from a field that no source could make."""
    wp = warp_device("cpu")
    from simgen.engines.warp_solvers.gas_flow import GasFlow

    (gas,) = (e for e in scene.elements if isinstance(e, Gas))
    return GasFlow(wp, scene, gas, dt, "cpu")


def centers(flow: Any) -> np.ndarray:
    """(x, y, z, 3) cell centres [m]."""
    return flow.origin + flow.gas.cell * (np.stack(np.indices(flow.size), -1) + 0.5)


def set_velocity(flow: Any, field: Any) -> None:
    """`field` maps points (..., 3) to velocities (..., 3)."""
    for axis, face in enumerate(flow.velocity):
        offset = np.full(3, 0.5)
        offset[axis] = 0.0
        index = np.stack(np.indices(face.shape), -1)
        points = flow.origin + flow.gas.cell * (index + offset)
        face.assign(field(points)[..., axis].astype(np.float32))


def grid(engine: str, scene: Scene) -> GridStates:
    return simulate(engine, scene).grids["gas"]


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A warm ball starts at two thirds of its buoyancy",
    source="Batchelor, An Introduction to Fluid Dynamics (1967), 6.8: added mass of a sphere, 1/2",
    axes=("radius [ball radii]", "acceleration / buoyancy [1]"),
    level_name="cells per radius",
    levels=(4, 6, 8),
    bound=0.06,
)
def buoyant_start(engine: str, cells: float) -> Measured:
    """A ball of n cells has a surface one cell thick: the error is of the order 1 / (2 n), 8 % at
    6, averaged over its core; free sides at three radii lighten the added mass by some percent."""
    h = 1 / (6 * cells)
    flow = make_flow(scene_of(gas_in((-0.5, -0.5, 0), (0.5, 0.5, 1), h)), 1 / 24)
    r = np.linalg.norm(centers(flow) - [0, 0, 0.5], axis=-1) / h
    share = np.clip(0.5 + cells - r, 0, 1)
    flow.scalars.assign(np.stack([300.0 * share, share], -1).astype(np.float32))
    flow._push()
    flow._project()
    w = flow.record()["velocity"][..., 2] / (G * 300 / AIR / 24)
    x = np.array([0.3, 0.5, 0.7])
    mean = [float(w[r < c * cells].mean()) for c in x]
    return Measured(x=x, measured=mean, expected=np.full(3, 2 / 3))


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Taylor-Green vortices lose energy as exp(-4 nu k^2 t)",
    source="Taylor & Green, Proc. R. Soc. A 158 (1937) 499, in two dimensions",
    axes=("time [s]", "kinetic energy / at the start [1]"),
    level_name="cells per vortex",
    levels=(16, 24, 32),
    bound=0.06,
)
def taylor_green(engine: str, cells: float) -> Measured:
    """MacCormack transport is of second order, (pi / n)^2 / 2 of the velocity per turn: 1 % at 24;
    four such turns of a vortex in both energy factors."""
    n = int(cells)
    h, nu, k = 1 / n, 0.01, math.pi
    gas = gas_in((0, 0, 0), (1, 1, 4 * h), h, viscosity=nu, closed=True)
    flow = make_flow(scene_of(gas, down=0.0), 0.5 * h)

    def vortex(p: np.ndarray) -> np.ndarray:
        x, y = k * p[..., 0], k * p[..., 1]
        return np.stack([np.sin(x) * np.cos(y), -np.cos(x) * np.sin(y), 0 * x], -1)

    set_velocity(flow, vortex)

    def energy() -> float:
        return float(sum((np.array(f.numpy(), float) ** 2).sum() for f in flow.velocity))

    start, t, e = energy(), [0.0], [1.0]
    while t[-1] < 1.0:
        flow.step(0.0)
        t.append(t[-1] + flow.dt)
        e.append(energy() / start)
    return Measured(x=t, measured=e, expected=np.exp(-4 * nu * k * k * np.array(t)))


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A pair of vortices in a channel moves at Gamma cot(pi b / W) / (2 W)",
    source="Lamb, Hydrodynamics (1932), 155-156: a pair and its images in both walls",
    axes=("time [s]", "way of the pair [m]"),
    level_name="cells between the vortices",
    levels=(8, 12, 16),
    bound=0.1,
)
def vortex_pair(engine: str, cells: float) -> Measured:
    """Cores of a quarter of the distance b overlap by exp(-16) of their circulation, but are only
    three cells wide at 12 cells and spread, by which the pair slows by some percent."""
    b, gamma, width = 0.2, 0.4, 1.0
    h = b / cells
    n = round(width / h)
    gas = gas_in((0, 0, 0), (n * h, 1.6 * n * h, 4 * h), h, closed=True)
    flow = make_flow(scene_of(gas, down=0.0), 0.7 * h / (gamma / b))
    places = np.array([[0.5 - b / 2, 0.7], [0.5 + b / 2, 0.7]])

    def pair(p: np.ndarray) -> np.ndarray:
        out = np.zeros(p.shape)
        for place, sign in zip(places, (-1.0, 1.0), strict=True):
            d = p[..., :2] - place
            r2 = (d**2).sum(-1) + 1e-12
            swirl = sign * gamma / (2 * math.pi * r2) * (1 - np.exp(-r2 / (0.25 * b) ** 2))
            out[..., 0] += swirl * -d[..., 1]
            out[..., 1] += swirl * d[..., 0]
        return -out

    set_velocity(flow, pair)
    flow._project()
    y = centers(flow)[..., 0, 1]

    def front() -> float:
        u, v = (np.array(f.numpy(), float)[..., 1] for f in flow.velocity[:2])
        spin = np.gradient((v[:, 1:] + v[:, :-1]) / 2, h, axis=0)
        spin -= np.gradient((u[1:] + u[:-1]) / 2, h, axis=1)
        w = np.where(np.abs(spin) > 0.3 * np.abs(spin).max(), np.abs(spin), 0.0)
        return float((w * y).sum() / w.sum())

    t, way, first = [0.0], [0.0], front()
    while way[-1] < 1.2 * b and t[-1] < 2.0:
        flow.step(0.0)
        t.append(t[-1] + flow.dt)
        way.append(front() - first)
    speed = gamma / (2 * width) / math.tan(math.pi * b / width)
    return Measured(x=t, measured=way, expected=speed * np.array(t))


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A puff in the wind drifts and spreads: sigma^2 = sigma0^2 + 2 D t",
    source="Fick 1855; Einstein, Ann. Phys. 322 (1905) 549",
    axes=("x [m]", "excess temperature [K]"),
    level_name="cells per standard deviation",
    levels=(2, 3, 4),
    bound=0.03,
)
def drifting_puff(engine: str, cells: float) -> Measured:
    """The limiter flattens the peak at second order: about 1 / (8 n^2) of it each time the puff
    passes its own width, 1.4 % at 3 cells, three widths here."""
    sigma, wind, spread = 0.08, 0.4, 0.004
    h = sigma / cells
    half = math.ceil(0.42 / h) * h
    options = {"diffusivity": spread, "cooling": 0.0}
    gas = gas_in((-half, -half, 0), (half, half, 2 * half), h, **options)
    flow = make_flow(scene_of(gas, down=0.0, wind=(wind, 0.0, 0.0)), 0.5 * h / wind)
    p = centers(flow)
    start = np.array([-0.12, 0.0, half])
    puff = 100 * np.exp(-((p - start) ** 2).sum(-1) / (2 * sigma**2))
    flow.scalars.assign(np.stack([puff, 0 * puff], -1).astype(np.float32))
    steps = round(0.6 / flow.dt)
    for _ in range(steps):
        flow.step(0.0)
    t = steps * flow.dt
    wide = sigma**2 + 2 * spread * t
    r2 = ((p - start - [wind * t, 0, 0]) ** 2).sum(-1)
    exact = 100 * (sigma**2 / wide) ** 1.5 * np.exp(-r2 / (2 * wide))
    j, k = flow.size[1] // 2, flow.size[2] // 2
    found = flow.record()["temperature"][:, j, k] - AIR
    return Measured(x=p[:, j, k, 0], measured=found, expected=exact[:, j, k])


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Fog forms where mixed air is saturated, and warms it",
    source="Wagner & Pruss, J. Phys. Chem. Ref. Data 31 (2002) 387: vapour pressure of water; heat "
    "and water budget of the mixture",
    axes=("share of hot saturated air [1]", "fog [kg/kg]"),
    level_name="shares",
    levels=(12, 18, 24),
    default=-1,
    bound=0.02,
    exact=0.02,
)
def fog_of_mixing(engine: str, shares: float) -> Measured:
    """Tetens' formula is within 0.5 % of the vapour pressure from 0 to 60 C; its small differences
    between two saturated states are the fog, some 2 % of the largest."""
    hot, cold = 330.0, 283.15
    n = int(shares)
    gas = gas_in((0, 0, 0), (n, 4, 4), 1.0, humidity=0.5, closed=True)
    scene = scene_of(gas, down=0.0, temperature=cold)
    flow = make_flow(scene, 1 / 24)
    s = np.linspace(0.02, 0.98, n)
    q_cold, q_hot = 0.5 * humidity(cold), humidity(hot)
    field = np.zeros((n, 4, 4, 2), np.float32)
    field[..., 0] = (s * (hot - cold))[:, None, None]
    flow.matter.heat.assign(field)
    field[..., 0] = (s * (q_hot - q_cold))[:, None, None]
    flow.matter.water.assign(field)
    flow.matter.settle()
    found = flow.matter.fog.numpy()[:, 1, 1]
    exact = [balance(cold + w * (hot - cold), q_cold + w * (q_hot - q_cold)) for w in s]
    return Measured(x=s, measured=found, expected=exact)


def humidity(kelvin: float) -> float:
    """Specific humidity of saturated air at one atmosphere, by Wagner & Pruss' equation (2.5)."""
    tau = 1 - kelvin / 647.096
    a = (-7.85951783, 1.84408259, -11.7866497, 22.6807411, -15.9618719, 1.80122502)
    powers = (1.0, 1.5, 3.0, 3.5, 4.0, 7.5)
    total = sum(c * tau**p for c, p in zip(a, powers, strict=True))
    e = 22.064e6 * math.exp(647.096 / kelvin * total)
    return 0.622 * e / (101_325.0 - 0.378 * e)


def balance(kelvin: float, water: float) -> float:
    """Fog [kg/kg] of air that would be at `kelvin` if all its water were vapour."""
    from scipy.optimize import brentq

    if water <= humidity(kelvin):
        return 0.0
    latent = 2.45e6 / 1007.0

    def off(t: float) -> float:
        return t - kelvin - latent * (water - humidity(t))

    return water - humidity(float(brentq(off, kelvin, kelvin + 60.0)))
