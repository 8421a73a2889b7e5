"""Discrete elements before the run: constants of contacts, stiffness, time step, bad input.

The spring is chosen, as is usual, softer than the grains' own (Cundall & Strack 1979; Silbert et
al. 2001): stiff enough that the fastest expected impact on a wall overlaps by IMPACT radii and the
weight of the deepest bed by REST radii, where flow no longer depends on it (da Cruz et al., Phys.
Rev. E 72, 2005: stiffness over pressure times diameter above about a hundred). A body that falls on
the bed is borne by chains of grains (Clark, Kondic & Behringer, PRL 109, 2012). Damping gives the
restitution of the materials exactly, for a contact that ends when its force does (Schwager &
Poeschel 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array, Plane, bounds
from simgen.material import Material
from simgen.motion import velocity_at
from simgen.particles import BULK, neighbours
from simgen.rotation import align_z, multiply, rotate, to_matrix
from simgen.scene import Element, Grains, RigidBody, Scene, Shape, Vector

IMPACT, REST = 0.1, 0.01
"""Overlap aimed at in the fastest impact on a wall (two grains: 1 / sqrt(2) of it) and under the
weight of the bed, in radii."""
CHAIN = 2.0
"""Impacts of free bodies on a bed count for this many times their speed: the chains of grains that
stop a body bear several times the force v sqrt(k m) of one grain that meets a wall (a steel ball of
31 mm on rice 70 mm deep: 3.7 times, in proportion to sqrt(k))."""
PASSIVE = 3.0
"""Pressure over weight where a body drives into a bed: Rankine's passive earth pressure,
tan^2(45 deg + angle / 2), at 30 degrees."""
SHEAR = 2.0 / 7.0
"""Tangential over normal spring: both swing with one period (Schaefer, Dippel & Wolf 1996)."""
STEP = 0.17
"""Largest step over sqrt(mass / stiffness) (O'Sullivan & Bray 2004)."""
SOLID = (0.5, 0.66)
"""Share of spacing^3 that a grain's sphere may fill: bulk from loosest to densest packing."""
OVERLAP = 0.05
"""Start overlap of two grains that is let pass, in radii."""
SOFTEST = 0.14
"""Least restitution a dashpot gives without attraction (exp(-2), critically damped)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Bedding:
    """All grains of a scene in arrays, and the constants of their contacts."""

    grains: list[Grains]
    position: Array
    """(N, 3) [m]."""
    velocity: Array
    radius: Array
    mass: Array
    kind: NDArray[np.int32]
    """(N,) index into `grains`."""
    stiffness: float
    """[N/m]."""
    speed: float
    """Fastest expected impact of a grain [m/s]."""
    max_dt: float
    """[s]."""
    damping: Array
    """(kinds, kinds) share of critical damping."""
    friction: Array
    rolling: Array


def prepare(scene: Scene, grains: list[Grains]) -> Bedding:
    """Check the grains of a scene and choose the spring and the step of their contacts."""
    for g in grains:
        _check(g)
    radius = np.concatenate([radii_of(g) for g in grains])
    mass = np.concatenate([masses_of(g) for g in grains])
    counts = [len(g.positions) for g in grains]
    position = np.concatenate([np.asarray(g.positions, float) for g in grains])
    _apart(grains, position, radius)
    speed = expected_speed(scene, grains)
    stiffness = _stiffness(scene, grains, position, radius, mass, speed)
    stuff = [g.material for g in grains]
    rolling = [rolling_resistance(m) for m in stuff]
    return Bedding(
        grains=grains,
        position=position,
        velocity=np.repeat([g.velocity for g in grains], counts, axis=0).astype(float),
        radius=radius,
        mass=mass,
        kind=np.repeat(np.arange(len(grains)), counts).astype(np.int32),
        stiffness=stiffness,
        speed=speed,
        max_dt=STEP * math.sqrt(float(mass.min()) / stiffness),
        damping=damping_table(stuff, stuff),
        friction=friction_table(stuff, stuff),
        rolling=np.sqrt(np.outer(rolling, rolling)),
    )


def radii_of(grains: Grains) -> Array:
    """(N,) radius of every grain [m]."""
    if grains.radii is not None:
        return np.asarray(grains.radii, float)
    return np.full(len(grains.positions), grains.radius)


def masses_of(grains: Grains) -> Array:
    """(N,) mass of every grain [kg]: density of the bulk times spacing^3, at the mean size."""
    (density,) = grains.material.require("density")
    return density * grains.spacing**3 * (radii_of(grains) / grains.radius) ** 3


def rolling_resistance(material: Material) -> float:
    """Rolling friction of spheres whose heap drains to the material's friction angle.

    Real grains interlock, spheres roll: the moment stands for shape (Wensrich & Katterfeld, Powder
    Technology 217, 2012). A fit to ten drained slopes after 1.3 s (mu 0.2 and 0.4 with
    s 0-0.6, mu 0.6 with s 0 and 0.1; some grains still crept): tan(angle) = 0.467 mu / (mu + 0.376)
    + 2.2 m (1 - exp(-s / m)) with m = 0.9 mu; solved here for s. Extrapolated for rough grains of
    mu = 0.6, and not validated on other runs.
    """
    angle, mu = material.require("friction_angle", "friction")
    if mu <= 0.0:
        return 0.0
    least, m = 0.467 * mu / (mu + 0.376), 0.9 * mu
    share = (math.tan(angle) - least) / (2.2 * m)
    return 0.0 if share <= 0.0 else -m * math.log(1.0 - min(share, 0.95))


def damping_ratio(restitution: float) -> float:
    """Share of critical damping at which a contact that never pulls has this restitution:
    e = exp(-z / sqrt(1 - z^2) (pi - 2 asin z)) (Schwager & Poeschel, Granular Matter 9, 2007)."""
    low, high = 0.0, 1.0 - 1e-9
    wanted = min(max(restitution, SOFTEST), 1.0)
    for _ in range(60):
        z = 0.5 * (low + high)
        e = math.exp(-z / math.sqrt(1.0 - z * z) * (math.pi - 2.0 * math.asin(z)))
        low, high = (z, high) if e > wanted else (low, z)
    return 0.5 * (low + high) if wanted < 1.0 else 0.0


def _table(a: Sequence[Material], b: Sequence[Material], constant: str) -> Array:
    """(len(a), len(b)) geometric means of a constant, as every engine combines it."""
    left, right = ([m.require(constant)[0] for m in side] for side in (a, b))
    return np.sqrt(np.outer(left, right))


def friction_table(a: Sequence[Material], b: Sequence[Material]) -> Array:
    """Coulomb coefficients of the pairs."""
    return _table(a, b, "friction")


def damping_table(a: Sequence[Material], b: Sequence[Material]) -> Array:
    """Shares of critical damping of the pairs."""
    return np.vectorize(damping_ratio, otypes=[float])(_table(a, b, "restitution"))


def _check(g: Grains) -> None:
    """Refuse grains that are not spheres of their bulk, or start outside their domain."""
    p = np.asarray(g.positions, float)
    if not len(p) or not np.isfinite(p).all():
        raise SimgenError(f"grains {g.name!r}: give at least one grain, at finite positions")
    share = 4.0 / 3.0 * math.pi * g.radius**3 / g.spacing**3
    if not SOLID[0] <= share <= SOLID[1]:
        right = g.radius * (4.0 / 3.0 * math.pi / 0.6) ** (1 / 3)
        raise SimgenError(
            f"grains {g.name!r}: spheres of radius {g.radius:.4g} m fill {share:.2f} of their "
            f"share of the bulk, spacing^3 = ({g.spacing:.4g} m)^3; packed spheres fill "
            f"{SOLID[0]}-{SOLID[1]}: use spacing={right:.4g} (simgen.particles.bulk_spacing)"
        )
    outside = int(
        ((p < np.asarray(g.domain.lower)) | (p > np.asarray(g.domain.upper))).any(1).sum()
    )
    if outside:
        raise SimgenError(
            f"grains {g.name!r}: {outside} of {len(p)} grains start outside the domain "
            f"{g.domain.lower}..{g.domain.upper}; sample positions inside it"
        )


def _apart(grains: list[Grains], position: Array, radius: Array) -> None:
    """Refuse grains that start inside each other."""
    pairs = neighbours(position, 2.0 * float(radius.max()))
    a, b = pairs[:, 0], pairs[:, 1]
    gap = np.linalg.norm(position[a] - position[b], axis=1) - radius[a] - radius[b]
    deep = gap < -OVERLAP * np.minimum(radius[a], radius[b])
    if deep.any():
        raise SimgenError(
            f"grains {', '.join(g.name for g in grains)}: {int(deep.sum())} pairs start up to "
            f"{-1e3 * float(gap.min()):.2f} mm inside each other; place spheres apart "
            f"(simgen.particles.pack does)"
        )


def expected_speed(scene: Scene, grains: list[Grains]) -> float:
    """Fastest impact of a grain [m/s] that falls, starts and moving bodies can give; that of a free
    body counts CHAIN times."""
    gravity = float(np.linalg.norm(scene.gravity))
    fastest = 0.05
    for g in grains:
        fall = float(np.asarray(g.positions)[:, 2].max()) - g.domain.lower[2]
        fastest = max(fastest, _fallen(g.velocity, fall, gravity))
    top = max(float(np.asarray(g.positions)[:, 2].max()) for g in grains)
    for body in scene.bodies:
        if body.motion == "dynamic":
            blow = _fallen(body.velocity, body.position[2] - top, gravity)
            fastest = max(fastest, CHAIN * blow)
        elif body.keyframes is not None:
            fastest = max(fastest, driven_speed(body))
    return fastest


def _fallen(velocity: Vector, fall: float, gravity: float) -> float:
    """Speed [m/s] after a fall [m]."""
    return math.sqrt(float(np.dot(velocity, velocity)) + 2.0 * gravity * max(fall, 0.0))


def driven_speed(body: RigidBody) -> float:
    """Fastest point of a kinematic body on its path [m/s]."""
    assert body.keyframes is not None
    times = body.keyframes.times
    rates = [velocity_at(body, float(t)) for t in (times[1:] + times[:-1]) / 2]
    center = body.mass_properties.center_of_mass
    reach = 0.0
    for s in body.shapes:
        corners = np.abs(bounds(s.geometry)).max(axis=0)
        reach = max(reach, float(np.linalg.norm(corners) + np.linalg.norm(s.position - center)))
    return max(float(np.linalg.norm(v) + np.linalg.norm(w) * reach) for v, w in rates)


def _stiffness(
    scene: Scene, grains: list[Grains], position: Array, radius: Array, mass: Array, speed: float
) -> float:
    """Spring [N/m] that keeps overlaps of impacts and of the bed's weight small."""
    impact = float((mass * (speed / (IMPACT * radius)) ** 2).max())
    depth = _depth(position, radius)
    gravity = float(np.linalg.norm(scene.gravity))
    bulk = max(g.material.require("density")[0] for g in grains)
    pushed = PASSIVE if any(b.keyframes is not None for b in scene.bodies) else 1.0
    weight = pushed * bulk * gravity * depth * float(radius.max()) * 4.0 / REST
    return max(impact, weight)


def _depth(position: Array, radius: Array) -> float:
    """Height [m] of the bulk above the place that bears most of it."""
    cell = 6.0 * float(radius.max())
    place = np.floor(position[:, :2] / cell).astype(np.int64)
    _, column = np.unique(place, axis=0, return_inverse=True)
    volume = np.bincount(column.ravel(), 4.0 / 3.0 * math.pi * radius**3) / BULK
    return float(volume.max()) / cell**2


def obstacles_in(scene: Scene, grains: list[Grains]) -> Scene:
    """The scene with only those bodies that grains can meet, and the walls of their domain."""
    lower = np.min([g.domain.lower for g in grains], axis=0)
    upper = np.max([g.domain.upper for g in grains], axis=0)
    if any(g.domain.open_top for g in grains):
        upper[2] = math.inf
    kept: list[Element] = []
    for element in scene.elements:
        if isinstance(element, Grains):
            continue
        if isinstance(element, RigidBody) and element.motion == "static":
            near = tuple(s for s in element.shapes if _reaches(element, s, lower, upper))
            if near:
                kept.append(replace(element, shapes=near))
        else:
            kept.append(element)
    return replace(scene, elements=(*kept, *_walls(scene, grains, lower, upper)), cameras=())


def _reaches(body: RigidBody, shape: Shape, lower: Array, upper: Array) -> bool:
    """Whether a static shape's bounding box meets the domain."""
    if not shape.collides:
        return False
    if isinstance(shape.geometry, Plane):
        return True
    turn = to_matrix(multiply(body.quaternion, shape.quaternion))
    low, high = bounds(shape.geometry)
    half = np.abs(turn) @ ((high - low) / 2)
    middle = turn @ ((high + low) / 2)
    middle = middle + rotate(body.quaternion, shape.position) + np.asarray(body.position)
    return bool((middle + half >= lower).all() and (middle - half <= upper).all())


def _walls(scene: Scene, grains: list[Grains], lower: Array, upper: Array) -> list[RigidBody]:
    """The closed sides of the domain, as rough as the grains; a floor of the scene stands for the
    lowest."""
    rough = max((g.material for g in grains), key=lambda m: m.require("friction")[0])
    sides: list[tuple[Array, Vector]] = []
    for axis in range(3):
        inward = np.eye(3)[axis]
        if axis < 2 or not _has_floor(scene, float(lower[2])):
            sides.append((inward, _point(lower)))
        if axis < 2 or math.isfinite(upper[2]):
            sides.append((-inward, _point(upper)))
    walls: list[RigidBody] = []
    for number, (normal, point) in enumerate(sides):
        w, x, y, z = (float(c) for c in align_z(normal))
        shape = Shape(geometry=Plane(), material=rough)
        name = f"domain-side-{number}"
        walls.append(
            RigidBody(
                name=name,
                shapes=(shape,),
                position=point,
                quaternion=(w, x, y, z),
                motion="static",
            )
        )
    return walls


def _point(corner: Array) -> Vector:
    x, y, z = (float(c) if math.isfinite(c) else 0.0 for c in corner)
    return (x, y, z)


def _has_floor(scene: Scene, height: float) -> bool:
    return any(
        isinstance(s.geometry, Plane)
        and abs(b.position[2] + s.position[2] - height) < 1e-3
        and rotate(multiply(b.quaternion, s.quaternion), (0.0, 0.0, 1.0))[2] > 0.999
        for b in scene.bodies
        for s in b.shapes
    )
