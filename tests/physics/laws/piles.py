"""Bulk laws of grains: slope at rest, discharge through an opening, depth of an impact. Levels are
grains across the geometry."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law

from laws.granular import SMOOTH, Array, G, body, plane, run, spheres, states, stuff
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import Material
from simgen.particles import pack
from simgen.scene import Domain


def drained(engine: str, kind: Material, across: float) -> float:
    """Slope [rad] that stays on a ledge when grains are free to fall off its edge."""
    long, tall, r = 0.2, 0.14, 0.2 / across / 2
    wide = 8.0 * r
    points, radii = pack((-long, 0, 0), (0, wide, tall), r, Key(0), spread=0.15)
    domain = Domain(lower=(-long - 0.01, -0.01, -0.1), upper=(0.7, wide + 0.01, 0.5))
    sand = spheres("sand", points, r, kind, radii=radii, domain=domain)
    ledge = body(
        "ledge", Box((long, 3 * wide, 0.05)), (-long / 2, wide / 2, -0.025), kind, motion="static"
    )
    walls = [
        plane("near", (0, 1, 0), (0, 0, 0), SMOOTH),
        plane("far", (0, -1, 0), (0, wide, 0), SMOOTH),
        plane("end", (1, 0, 0), (-long, 0, 0), SMOOTH),
    ]
    t = run(engine, sand, ledge, *walls, frames=36)
    last = states(t).position[-1].astype(float)
    on = (last[:, 0] < 0) & (last[:, 2] > 0)
    at = np.linspace(-0.85 * long, -0.1 * long, 14)
    height: list[float] = []
    for x in at:
        near = on & (np.abs(last[:, 0] - x) < 1.5 * r)
        top = np.sort(last[near, 2] + radii[near])[-3:]
        height.append(float(top.mean()) if len(top) else 0.0)
    return math.atan(-float(np.polyfit(at, height, 1)[0]))


@law(
    category="granular",
    engines=("warp",),
    title="What stays on a ledge slopes at the friction angle of its matter",
    source="Nedderman, Statics and Kinematics of Granular Materials (1992), section 3.1",
    axes=("friction angle [rad]", "drained slope [rad]"),
    level_name="grains along the ledge",
    levels=(12, 16, 20),
    bound=0.15,
    exact=0.10,
    slow=True,
)
def repose(engine: str, across: float) -> Measured:
    """Slopes of some twenty grains are known to a grain in height, 3 degrees."""
    cases = {0.42: 0.3, 0.49: 0.5, 0.576: 0.6}
    got = [drained(engine, stuff(mu=mu, angle=a), across) for a, mu in cases.items()]
    return Measured(x=list(cases), measured=np.array(got), expected=np.array(list(cases)))


def discharge(engine: str, opening: float, d: float) -> tuple[Array, Array]:
    """Instants [s] and volume of grains [m^3] that have left a bin .16 m wide, 6 d deep and filled
    .26 m high through a slot of width `opening` [m] in its flat floor, while the flow is full."""
    wide, deep, fill = 0.16, 6.0 * d, 0.26
    points, radii = pack(
        (-wide / 2, 0, 0.15), (wide / 2, deep, 0.15 + fill), d / 2, Key(1), spread=0.15
    )
    domain = Domain(lower=(-wide / 2, -0.01, -0.25), upper=(wide / 2, deep + 0.01, 1.0))
    kind = stuff(mu=0.4, angle=0.45)
    sand = spheres("sand", points, d / 2, kind, radii=radii, domain=domain)
    half = (wide - opening) / 2
    shelf = Box((half, 3 * deep, 0.03))
    parts = [
        body(f"shelf{s}", shelf, (s * (opening + half) / 2, deep / 2, 0.135), kind, motion="static")
        for s in (-1, 1)
    ]
    walls = [
        plane("near", (0, 1, 0), (0, 0, 0), SMOOTH),
        plane("far", (0, -1, 0), (0, deep, 0), SMOOTH),
    ]
    t = run(engine, sand, *parts, *walls, frames=27)
    volume = 4 / 3 * math.pi * radii**3
    out = (states(t).position[:, :, 2] < 0.12) @ volume
    full = (t.time > 0.2) & (out < 0.5 * volume.sum())
    return np.asarray(t.time)[full], out[full]


@law(
    category="granular",
    engines=("warp",),
    title="Discharge through a slot grows as (D - k d)^1.5",
    source="Beverloo, Leniger & van de Velde, Chem. Eng. Sci. 15, 260 (1961); slots: Myers & "
    "Sellers (1971) in Nedderman (1992), section 10.2: W = 1.03 rho sqrt(g) (l - kd) (D - kd)^1.5",
    axes=("slot [m]", "volume of grains per second [m^3/s]"),
    level_name="grains across the widest slot",
    levels=(5, 6, 7.5),
    bound=0.15,
    exact=0.15,
    slow=True,
)
def beverloo(engine: str, across: float) -> Measured:
    """k = 1.4 and a bulk of 0.56 grains by volume; the coefficient of spheres scatters by 15 % with
    their friction (Anand et al., Chem. Eng. Sci. 63, 5821, 2008)."""
    openings = np.array([0.04, 0.05, 0.06])
    d = openings[-1] / across
    rates = [np.polyfit(*discharge(engine, float(opening), d), 1)[0] for opening in openings]
    exact = 1.03 * 0.56 * math.sqrt(G) * (6.0 - 1.4) * d * (openings - 1.4 * d) ** 1.5
    return Measured(x=openings, measured=np.array(rates), expected=exact)


@law(
    category="granular",
    engines=("warp",),
    title="Discharge does not depend on the height of the fill",
    source="Beverloo et al. (1961); Hagen (1852); walls bear the load: Janssen (1895)",
    axes=("time [s]", "volume of grains per second [m^3/s]"),
    level_name="grains across the slot",
    levels=(5, 6, 7.5),
    bound=0.08,
    exact=0.08,
    slow=True,
)
def steady_discharge(engine: str, across: float) -> Measured:
    """Rates of three equal times while the height falls to half: a liquid's, as the root of the
    height, would lie 11 % off their mean."""
    time, out = discharge(engine, 0.06, 0.06 / across)
    parts = [slice(k * len(time) // 3, (k + 1) * len(time) // 3 + 1) for k in range(3)]
    rates = np.array([np.polyfit(time[k], out[k], 1)[0] for k in parts])
    middle = np.array([time[k].mean() for k in parts])
    return Measured(x=middle, measured=rates, expected=np.full(3, rates.mean()))
