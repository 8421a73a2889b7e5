# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Gas that comes and goes: pumps, valves with the recoil of their jets, the mass it carries.

Amounts of gas are absolute pressure times volume [J]; divided by R T / M they are a mass [kg].
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from simgen import valve
from simgen.engines.warp_solvers.xpbd_part import Part, air_density
from simgen.scene import Ambient
from simgen.valve import specific_energy

Real = wp.float64
Vec3 = wp.vec3d
GAMMA = wp.constant(wp.float64(valve.GAMMA))
CRITICAL = wp.constant(wp.float64(valve.CRITICAL))
LAMINAR = wp.constant(wp.float64(valve.LAMINAR))


@wp.func
def nozzle(high: Real, low: Real, energy: Real) -> wp.vec2d:
    """Mass flow per area [kg/(s m^2)] and thrust per area [Pa] of an ideal nozzle from rest at
    `high` to `low` [Pa]; `energy` is R T / M [J/kg].

    Saint-Venant & Wantzel 1839; the thrust is flow times speed and, in a sonic throat, the pressure
    that is left.
    """
    ratio = wp.max(low / high, CRITICAL)
    speed2 = Real(2.0) * GAMMA / (GAMMA - Real(1.0)) * energy
    speed2 = speed2 * (Real(1.0) - wp.pow(ratio, (GAMMA - Real(1.0)) / GAMMA))
    density = high / energy * wp.pow(ratio, Real(1.0) / GAMMA)
    speed = wp.sqrt(wp.max(speed2, Real(0.0)))
    return wp.vec2d(density * speed, density * speed * speed + ratio * high - low)


@wp.func
def pumped(
    time: Real, first: int, last: int, times: wp.array(dtype=Real), flows: wp.array(dtype=Real)
) -> Real:
    """Flow [kg/s] at `time`, linear between its knots first..last - 1 and zero outside."""
    flow = Real(0.0)
    for k in range(first, last - 1):
        if time >= times[k] and time < times[k + 1]:
            share = (time - times[k]) / (times[k + 1] - times[k])
            flow = flows[k] + (flows[k + 1] - flows[k]) * share
    return flow


@wp.kernel
def exchange_gas(
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    clock: wp.array(dtype=Real),
    amount: wp.array(dtype=Real),
    volume: wp.array(dtype=Real),
    gradient: wp.array(dtype=Vec3),
    knots: wp.array(dtype=int),
    times: wp.array(dtype=Real),
    flows: wp.array(dtype=Real),
    doors: wp.array(dtype=int),
    door: wp.array2d(dtype=Real),
    rings: wp.array(dtype=int),
    ring: wp.array(dtype=int),
    ambient: Real,
    energy: Real,
    dt: Real,
):
    """What one gas gains and loses in a step, and the recoil of the jets on their rims.

    A flow is linearised in the amount, so that a stiff membrane over a wide opening does not ring.
    `door` rows are area, discharge, outside pressure, opening and closing time.
    """
    g = wp.tid()
    now = clock[g] + Real(0.5) * dt
    clock[g] = clock[g] + dt
    gained = pumped(now, knots[g], knots[g + 1], times, flows) * energy * dt
    inside = amount[g] / volume[g]
    for d in range(doors[g], doors[g + 1]):
        outside = ambient + door[d, 2]
        if now >= door[d, 3] and now < door[d, 4]:
            excess = inside - outside
            high = wp.max(inside, outside)
            size = wp.abs(excess)
            even = wp.max(size, LAMINAR)
            jet = nozzle(high, high - even, energy)
            scale = door[d, 0] * door[d, 1]
            rate = scale * jet[0] * wp.min(size / LAMINAR, Real(1.0))
            slope = rate / wp.max(size, Real(1.0e-9)) * energy / volume[g]
            rate = rate / (Real(1.0) + dt * slope)
            gained = gained - wp.sign(excess) * rate * energy * dt
            if excess > Real(0.0) and rings[d + 1] > rings[d]:
                thrust = scale * jet[1] * wp.min(size / LAMINAR, Real(1.0))
                outward = Vec3()
                mass = Real(0.0)
                for k in range(rings[d], rings[d + 1]):
                    v = ring[k]
                    outward = outward + gradient[v]
                    if w[v] > Real(0.0):
                        mass = mass + Real(1.0) / w[v]
                length = wp.length(outward)
                if length > Real(0.0) and mass > Real(0.0):
                    push = outward * (-thrust * dt * dt / (length * mass))
                    for k in range(rings[d], rings[d + 1]):
                        v = ring[k]
                        if w[v] > Real(0.0):
                            x[v] = x[v] + push
    amount[g] = wp.max(amount[g] + gained, Real(1.0e-6) * amount[g])


@wp.kernel
def carry_gas(
    w: wp.array(dtype=Real),
    weight: wp.array(dtype=Real),
    owner: wp.array(dtype=int),
    give: wp.array(dtype=Real),
    film: wp.array(dtype=Real),
    share: wp.array(dtype=Real),
    amount: wp.array(dtype=Real),
    volume: wp.array(dtype=Real),
    energy: Real,
    air: Real,
):
    """Mass of a vertex: film, its share of the gas, half the air it displaces; and its lift.

    What comes takes on the velocity of the membrane, what goes keeps it. `give` is the mobility
    over that of the mass: 0 where held.
    """
    i = wp.tid()
    g = owner[i]
    if g >= 0 and give[i] > Real(0.0):
        gas = amount[g] / energy
        aside = air * wp.max(volume[g], Real(0.0))
        mass = film[i] + share[i] * (gas + Real(0.5) * aside)
        w[i] = give[i] / mass
        weight[i] = (film[i] + share[i] * (gas - aside)) / mass


class Exchange:
    """Valves and pumps of all gases on a device, for `xpbd_system.System`."""

    def __init__(
        self, parts: Sequence[Part], first: Sequence[int], ambient: Ambient, put: Any
    ) -> None:
        """`first` is the number of each part's first vertex in the system."""
        self.ambient, self.energy = float(ambient.pressure), specific_energy(ambient)
        self.air = air_density(ambient)
        knots = [0, *np.cumsum([len(p.supply) for p in parts])]
        doors = [0, *np.cumsum([len(p.valves) for p in parts])]
        valves = [v for p in parts for v in p.valves]
        rings = [0, *np.cumsum([len(v.vertices) for v in valves])]
        rows = [[v.area, v.discharge, v.pressure, v.opens, v.closes] for v in valves]
        supply = np.array([row for p in parts for row in p.supply] or [[0.0, 0.0]])
        ring = [
            i + o for p, o in zip(parts, first, strict=True) for v in p.valves for i in v.vertices
        ]
        self.clock = put(np.zeros(len(parts)), Real)
        self.table = (
            put(knots, wp.int32),
            put(supply[:, 0], Real),
            put(supply[:, 1], Real),
            put(doors, wp.int32),
            put(np.reshape(rows or [[0.0] * 5], (-1, 5)), Real),
            put(rings, wp.int32),
            put(ring or [0], wp.int32),
        )

    def reset(self) -> None:
        """Back to t = 0."""
        self.clock.zero_()
