"""What every engine of ropes shares: masses, moduli, and the steps that taut ropes need."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.scene import Rope, Scene

Ints = NDArray[np.intp]
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


def overlaps(lines: list[Array], radii: list[float]) -> tuple[Array, Ints, Ints]:
    """(P,) how deep [m] stretches of ropes are in each other, and the ropes (P,) and (P,) of each
    pair: of all segments (points (N, 3) per rope) that are not neighbours in one rope."""
    a: Array = np.concatenate([p[:-1] for p in lines])
    b: Array = np.concatenate([p[1:] for p in lines])
    owner: Ints = np.repeat(np.arange(len(lines)), [len(p) - 1 for p in lines])
    radius: Array = np.asarray(radii, float)[owner]
    first, second = np.triu_indices(len(a), 1)
    apart = (owner[first] != owner[second]) | (second > first + 1)
    middle, half = 0.5 * (a + b), 0.5 * np.linalg.norm(b - a, axis=1)
    reach = half[first] + half[second] + radius[first] + radius[second]
    near = np.linalg.norm(middle[first] - middle[second], axis=1) < reach
    first, second = first[near & apart], second[near & apart]
    gap = segment_distance(a[first], b[first], a[second], b[second])
    return radius[first] + radius[second] - gap, owner[first], owner[second]


def crossing(ropes: list[Rope]) -> str:
    """Two stretches of rope that overlap at the start by more than 2 % of their thickness, in
    words; '' when none do."""
    lines, radii = [np.asarray(r.points, float) for r in ropes], [r.radius for r in ropes]
    depth, first, second = overlaps(lines, radii)
    sizes: Array = np.asarray(radii, float)
    thick = sizes[first] + sizes[second]
    excess: Array = depth - np.maximum(1e-3, 0.02 * thick)
    if not len(depth) or excess.max() <= 0:
        return ""
    k = int(excess.argmax())
    names = f"{ropes[int(first[k])].name} and {ropes[int(second[k])].name}"
    return f"{names} overlap by {1e3 * float(depth[k]):.2f} mm"


def segment_distance(a: Array, b: Array, c: Array, d: Array) -> Array:
    """(K,) least distances of segments a-b and c-d, each (K, 3) (Ericson 2005, ch. 5.1.9)."""
    u, v, w = b - a, d - c, a - c
    uu, vv, uv, uw, vw = (
        np.einsum("ki,ki->k", p, q) for p, q in ((u, u), (v, v), (u, v), (u, w), (v, w))
    )
    det = uu * vv - uv * uv
    s = np.clip((uv * vw - vv * uw) / np.maximum(det, 1e-30), 0.0, 1.0)
    s = np.where(det > 1e-9 * uu * vv, s, 0.5)
    t = np.clip((uv * s + vw) / vv, 0.0, 1.0)
    s = np.clip((uv * t - uw) / uu, 0.0, 1.0)
    return np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1)


def wave_time(scene: Scene) -> float:
    """Shortest time [s] in which a wave across a taut rope passes a segment: ds * sqrt(line density
    / tension), tension as at the bottom of a swing."""
    bodies = {b.name: b for b in scene.bodies}
    weight = float(np.linalg.norm(scene.gravity))
    smallest = math.inf
    for rope in ropes(scene):
        check(rope, set(bodies))
        loads = [bodies[name] for _, name in rope.attachments if bodies[name].motion == "dynamic"]
        mass = sum(b.mass_properties.mass for b in loads) + line_density(rope) * length(rope)
        speed = max((float(np.linalg.norm(b.velocity)) for b in (rope, *loads)), default=0.0)
        tension = mass * (3.0 * weight + speed**2 / length(rope)) + 1e-9
        step = length(rope) / (len(rope.points) - 1)
        smallest = min(smallest, step * math.sqrt(line_density(rope) / tension))
    return smallest
