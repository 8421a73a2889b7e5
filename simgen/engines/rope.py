"""What every engine of ropes shares: masses, moduli, and the steps that taut ropes need."""

from __future__ import annotations

import math

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.scene import Rope, Scene

BUNDLE = 1e-3
"""Bending over tensile modulus of a textile rope: about a thousand yarns without bond."""
DAMPING = 0.005
"""Internal damping over bending stiffness [s]."""


def ropes(scene: Scene) -> list[Rope]:
    """Every rope of the scene, in order."""
    return [e for e in scene.elements if isinstance(e, Rope)]


def bending_modulus(rope: Rope) -> float:
    """Young's modulus [Pa] the rope bends with."""
    (modulus,) = rope.material.require("youngs_modulus")
    return modulus * (BUNDLE if rope.material.name.startswith("textile/") else 1.0)


def line_density(rope: Rope) -> float:
    """Mass per length [kg/m]."""
    (density,) = rope.material.require("density")
    return density * np.pi * rope.radius**2


def length(rope: Rope) -> float:
    """Of the centre line [m]."""
    return float(np.linalg.norm(np.diff(np.asarray(rope.points, float), axis=0), axis=1).sum())


def bends(points: Array, coefficients: Array) -> Array:
    """(..., N - 2, 3) change of the unit tangent at the inner points, by the stencil."""
    a, b, c = coefficients.T[..., None]
    return a * points[..., :-2, :] + b * points[..., 1:-1, :] + c * points[..., 2:, :]


def stencil(points: Array) -> Array:
    """(N - 2, 3) weights of three points that give the change of the unit tangent between two
    edges of the lengths in `points`."""
    edges = np.linalg.norm(np.diff(points, axis=0), axis=1)
    l0, l1 = edges[:-1], edges[1:]
    return np.stack([1 / l0, -(1 / l0 + 1 / l1), 1 / l1], axis=1)


def check(rope: Rope, bodies: set[str]) -> Array:
    """The points (N, 3) of a rope that can be simulated; raises SimgenError for another."""
    points = np.asarray(rope.points, float)
    if points.ndim != 2 or points.shape[1:] != (3,) or len(points) < 2:
        raise SimgenError(f"rope {rope.name!r}: points {points.shape} must be (N, 3), N >= 2")
    if not np.isfinite(points).all():
        raise SimgenError(f"rope {rope.name!r}: a point is not finite")
    if not rope.radius > 0:
        raise SimgenError(f"rope {rope.name!r}: radius {rope.radius} must be positive")
    edges = np.linalg.norm(np.diff(points, axis=0), axis=1)
    if edges.min() <= 2 * rope.radius:
        raise SimgenError(
            f"rope {rope.name!r}: points {1e3 * edges.min():.2f} mm apart must keep more than the "
            f"diameter, {2e3 * rope.radius:.2f} mm; take fewer points or a thinner rope"
        )
    used = [*rope.pinned, *(point for point, _ in rope.attachments)]
    wrong = [p for p in used if not 0 <= p < len(points)]
    if wrong:
        raise SimgenError(f"rope {rope.name!r}: point {wrong[0]} is not one of {len(points)}")
    if len(set(used)) < len(used):
        raise SimgenError(f"rope {rope.name!r}: a point is held twice")
    missing = [name for _, name in rope.attachments if name not in bodies]
    if missing:
        raise SimgenError(
            f"rope {rope.name!r}: attached to {missing[0]!r}, which is no body of the scene"
        )
    return points


def wave_time(scene: Scene) -> float:
    """Shortest time [s] in which a wave across a taut rope passes a segment: ds * sqrt(line density
    / tension), tension as at the bottom of a swing."""
    bodies = {b.name: b for b in scene.bodies}
    weight = float(np.linalg.norm(scene.gravity))
    smallest = math.inf
    for rope in ropes(scene):
        loads = [bodies[name] for _, name in rope.attachments if bodies[name].motion == "dynamic"]
        mass = sum(b.mass_properties.mass for b in loads) + line_density(rope) * length(rope)
        speed = max((float(np.linalg.norm(b.velocity)) for b in (rope, *loads)), default=0.0)
        tension = mass * (3.0 * weight + speed**2 / length(rope)) + 1e-9
        step = length(rope) / (len(rope.points) - 1)
        smallest = min(smallest, step * math.sqrt(line_density(rope) / tension))
    return smallest
