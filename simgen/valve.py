"""Gas through openings and pumps, on the host: what engines do in their steps and checks redo."""

from __future__ import annotations

import math

import numpy as np

from simgen.geometry import Array
from simgen.scene import Ambient, Inflatable, Valve

GAS_CONSTANT = 8.314462618
"""[J/(mol K)]."""
AIR_MOLAR_MASS = 0.0289652
"""[kg/mol], dry air."""
GAMMA = 1.4
"""Ratio of the specific heats of air."""
CRITICAL = (2.0 / (GAMMA + 1.0)) ** (GAMMA / (GAMMA - 1.0))
"""Pressure ratio at which the throat is sonic."""
LAMINAR = 1.0
"""Pressure difference [Pa] below which the flow through an opening is linear (laminar)."""


def specific_energy(ambient: Ambient) -> float:
    """Absolute pressure times volume of a kilogram of air at ambient temperature, R T / M
    [J/kg]."""
    return GAS_CONSTANT * ambient.temperature / AIR_MOLAR_MASS


def jet(high: float, low: float, ambient: Ambient) -> tuple[float, float]:
    """Mass flow per area [kg/(s m^2)] and thrust per area [Pa] of an ideal nozzle from rest at
    `high` to `low` [Pa] (Saint-Venant & Wantzel 1839)."""
    energy = specific_energy(ambient)
    ratio = max(low / high, CRITICAL)
    speed = math.sqrt(
        2 * GAMMA / (GAMMA - 1) * energy * max(0.0, 1 - ratio ** ((GAMMA - 1) / GAMMA))
    )
    flow = high / energy * ratio ** (1 / GAMMA) * speed
    return flow, flow * speed + ratio * high - low


def valve_flow(
    valve: Valve, gauge: float, time: float, ambient: Ambient
) -> tuple[float, float, float]:
    """Mass flow out [kg/s] (negative: in), its slope [kg/(s Pa)] and the thrust [N] of a jet that
    leaves, with `gauge` pressure [Pa] inside."""
    if not valve.opens <= time < valve.closes:
        return 0.0, 0.0, 0.0
    excess = gauge - valve.pressure
    size = abs(excess)
    high = ambient.pressure + max(gauge, valve.pressure)
    flow, thrust = jet(high, high - max(size, LAMINAR), ambient)
    share = valve.area * valve.discharge * min(size / LAMINAR, 1.0)
    out = math.copysign(share * flow, excess)
    return out, share * flow / max(size, 1e-9), share * thrust if excess > 0 else 0.0


def pump_flow(supply: tuple[tuple[float, float], ...], time: Array | float) -> Array:
    """Flow in [kg/s] of a pump at times [s]."""
    if not supply:
        return np.zeros_like(np.asarray(time, float))
    table = np.array(supply, float)
    return np.asarray(np.interp(time, table[:, 0], table[:, 1], left=0.0, right=0.0), float)


def gas_passed(
    ball: Inflatable, times: Array, gauge: Array, ambient: Ambient
) -> tuple[Array, Array]:
    """(T,) gas [kg] that came since the first instant less what went, and all that passed either
    way, from the pressures [Pa] at all instants (trapezoids, openings and pump resolved in
    between)."""
    fine: Array = np.linspace(float(times[0]), float(times[-1]), 8 * (len(times) - 1) + 1)
    inside: Array = np.interp(fine, times, gauge)
    rate = pump_flow(ball.supply, fine)
    gross = rate.copy()
    for valve in ball.valves:
        pairs = zip(inside.tolist(), fine.tolist(), strict=True)
        out = np.array([valve_flow(valve, p, t, ambient)[0] for p, t in pairs])
        rate, gross = rate - out, gross + np.abs(out)
    net, passed = (_summed(flow, float(fine[1] - fine[0]))[::8] for flow in (rate, gross))
    return net, passed


def _summed(rate: Array, step: float) -> Array:
    """Integral of a rate sampled every `step`, by trapezoids."""
    total: Array = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * step)])
    return total
