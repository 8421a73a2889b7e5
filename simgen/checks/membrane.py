"""What holds of every inflatable: its gas, its valves, its membrane."""

from __future__ import annotations

import numpy as np

from simgen.lattice import unique_edges
from simgen.record import AnyArray, MeshStates
from simgen.scene import Inflatable, Scene
from simgen.valve import gas_passed, specific_energy

LIMITS = {"gas_law": 0.02, "gas_balance": 0.1, "film_stretch": 0.3, "rubber_stretch": 7.0}
"""Boyle's law; amount of gas against its flows; strain of films, which yield at 0.2-0.4 (Titow, PVC
Technology), and of rubber, which breaks at 7-8 times its length (Treloar)."""


def measure(scene: Scene, ball: Inflatable, states: MeshStates) -> dict[str, float]:
    """The figures of one inflatable that LIMITS bound; NaN where the record lacks something."""
    found = {"gas_law": gas_law(scene, ball, states)}
    if not ball.gas_is_constant:
        found["gas_balance"] = gas_balance(scene, ball, states)
    kind = "film_stretch" if ball.material.mooney_ratio is None else "rubber_stretch"
    rest = ball.vertices if ball.rest_vertices is None else ball.rest_vertices
    found[kind] = elongation(states.position, np.asarray(rest, float), np.asarray(ball.faces))
    return found


def gas_law(scene: Scene, ball: Inflatable, states: MeshStates) -> float:
    """Largest relative deviation of p V from m R T / M, or from its start where m is constant."""
    if states.pressure is None or states.volume is None:
        return float("nan")
    product = (states.pressure + scene.ambient.pressure) * states.volume
    expected = (ball.pressure + scene.ambient.pressure) * states.volume[0]
    if not ball.gas_is_constant:
        if states.gas is None:
            return float("nan")
        expected = states.gas * specific_energy(scene.ambient)
    return float(np.abs(product / expected - 1).max())


def gas_balance(scene: Scene, ball: Inflatable, states: MeshStates) -> float:
    """Largest deviation of the gas from what its openings and pump let through, over all that
    passed either way or, if that is smaller, a hundredth of the gas."""
    if states.gas is None or states.pressure is None:
        return float("nan")
    times = np.arange(len(states.gas)) / scene.clock.fps
    expected, passed = gas_passed(ball, times, states.pressure, scene.ambient)
    change = states.gas - states.gas[0]
    scale = max(float(passed[-1]), 0.01 * float(states.gas.max()))
    return float(np.abs(change - expected).max()) / scale


def elongation(position: AnyArray, rest: AnyArray, faces: AnyArray) -> float:
    """99.5th percentile over edges of the largest elongation in time."""
    edges = unique_edges(faces)
    length = np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1)
    now = np.linalg.norm(position[:, edges[:, 0]] - position[:, edges[:, 1]], axis=-1)
    return float(np.quantile((now / length).max(0) - 1, 0.995))
