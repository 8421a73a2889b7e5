"""What every rigid-body engine shares: trees of joints, pair rules, step size, energy, overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen import geometry as geo
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.material import Material, pair_friction, pair_restitution
from simgen.record import Contacts, RigidStates
from simgen.rotation import rotate, to_matrix
from simgen.scene import Articulation, Inflatable, Joint, RigidBody, Rope, Scene, SoftBody

Touching = RigidBody | Rope | SoftBody | Inflatable
"""What contacts are between."""
OVERLAP = 1e-3
"""Deepest start penetration [m] of dynamic bodies that is let pass, or 2 % of the thinner body."""


@dataclass(frozen=True)
class Branch:
    """One link of a tree with the joints that tie it to its parent (none: it floats)."""

    link: RigidBody
    parent: str | None
    joints: tuple[Joint, ...]


def branches(articulation: Articulation) -> list[Branch]:
    """Links depth first, siblings in their own order: the order Bullet numbers a tree in."""
    joints: dict[str, list[Joint]] = {link.name: [] for link in articulation.links}
    for joint in articulation.joints:
        joints[joint.child].append(joint)
    waiting, placed = list(articulation.links), set[str]()
    done: list[Branch] = []
    while waiting:
        ready = next(
            (k for k in waiting if _parent(articulation, joints[k.name]) in (None, *placed)), None
        )
        if ready is None:
            raise SimgenError(
                f"articulation {articulation.name!r}: the joints of "
                f"{', '.join(k.name for k in waiting)} form a ring; open it with a Loop"
            )
        waiting.remove(ready)
        placed.add(ready.name)
        tied = tuple(joints[ready.name])
        if tied and ready.motion != "dynamic":
            raise SimgenError(
                f"articulation {articulation.name!r}: link {ready.name!r} is {ready.motion} and "
                f"has a joint; only dynamic links are moved by joints"
            )
        done.append(Branch(ready, _parent(articulation, list(tied)), tied))

    def below(parent: str | None) -> list[Branch]:
        mine = [branch for branch in done if branch.parent == parent]
        return [b for branch in mine for b in (branch, *below(branch.link.name))]

    return below(None)


def _parent(articulation: Articulation, joints: Sequence[Joint]) -> str | None:
    parents = {j.parent for j in joints}
    if len(parents) > 1:
        raise SimgenError(
            f"articulation {articulation.name!r}: link {joints[0].child!r} has joints to several "
            f"parents; keep one and close the others with a Loop"
        )
    return next(iter(parents), None)


def untouching(scene: Scene) -> set[frozenset[str]]:
    """Pairs of body names that never collide: tied by a joint or loop, or links of an articulation
    without self-collision, or rigidly joined through fixed joints."""
    pairs: set[frozenset[str]] = set()
    for element in scene.elements:
        if not isinstance(element, Articulation):
            continue
        names = [link.name for link in element.links]
        if not element.self_collision:
            pairs |= {frozenset((a, b)) for a in names for b in names if a != b}
            continue
        pairs |= {frozenset((j.child, j.parent)) for j in element.joints if j.parent}
        pairs |= {frozenset((p.link_a, p.link_b)) for p in element.loops if p.link_b}
        root = {name: name for name in names}
        for joint in element.joints:
            if joint.kind == "fixed":
                old, new = root[joint.child], root[joint.parent] if joint.parent else ""
                root = {k: new if v == old else v for k, v in root.items()}
        pairs |= {frozenset((a, b)) for a in names for b in names if a != b and root[a] == root[b]}
    return pairs


@dataclass(frozen=True, eq=False)
class PairRules:
    """Contact constants of every pair of the scene's contact materials."""

    materials: tuple[Material, ...]
    friction: Array
    """(M, M) Coulomb coefficient."""
    restitution: Array
    """(M, M)."""
    rolling: Array
    """(M, M) lever arm [m]: the mean, for each side loses half of what a pair of its own loses."""

    def index(self, material: Material) -> int:
        """Row of a material."""
        return next(i for i, m in enumerate(self.materials) if m is material)


def pair_rules(scene: Scene) -> PairRules:
    """Tables by the rules of `simgen.material`."""
    found: list[Material] = []
    for body in scene.bodies:
        for shape in body.shapes:
            if shape.collides and not any(m is shape.material for m in found):
                found.append(shape.material)
    flexible = [e for e in scene.elements if isinstance(e, Rope | SoftBody | Inflatable)]
    for thing in flexible:
        if not any(m is thing.material for m in found):
            found.append(thing.material)
    soft = [m for m in found if _only_soft(m, scene)]
    size = (len(found), len(found))
    friction, restitution, rolling = np.zeros(size), np.zeros(size), np.zeros(size)
    for i, a in enumerate(found):
        for j, b in enumerate(found):
            friction[i, j] = pair_friction(a, b)
            rolling[i, j] = 0.5 * ((a.rolling_friction or 0.0) + (b.rolling_friction or 0.0))
            if not any(m is a or m is b for m in soft):
                restitution[i, j] = pair_restitution(a, b)
    return PairRules(tuple(found), friction, restitution, rolling)


def _only_soft(material: Material, scene: Scene) -> bool:
    """Whether points of this material have no mass to bounce with: that of soft bodies alone, or of
    what stands still beside nothing but soft bodies."""
    solid = [b for b in scene.bodies if any(s.material is material for s in b.shapes)]
    lively = any(b.motion == "dynamic" for b in scene.bodies)
    lively |= any(isinstance(e, Rope) for e in scene.elements)
    soft = any(isinstance(e, SoftBody | Inflatable) for e in scene.elements)
    return soft and (not lively or not solid)


def is_round(geometry: geo.Geometry) -> bool:
    """Whether rolling resistance matters: curved shapes, and meshes of many faces."""
    if isinstance(geometry, geo.TriangleMesh):
        return max(len(h) for h in geometry.contact_hulls) > 40
    return isinstance(geometry, geo.Sphere | geo.Capsule | geo.Cylinder)


def thinnest(body: RigidBody) -> float:
    """Smallest extent [m] of the body's touching shapes; inf when nothing touches."""
    sizes = [
        float(np.ptp(geo.bounds(s.geometry), axis=0).min())
        for s in body.shapes
        if s.collides and not isinstance(s.geometry, geo.Plane)
    ]
    return min(sizes, default=math.inf)


def expected_speed(scene: Scene) -> float:
    """Surface speed to expect [m/s]: at the start, plus a fall through the height of the scene."""
    movers = [b for b in scene.bodies if b.motion == "dynamic"]
    if not movers:
        return 0.0
    speed = 0.0
    for body in movers:
        corners = np.concatenate([geo.bounds(s.geometry) for s in body.shapes])
        reach = float(np.linalg.norm(np.abs(corners).max(axis=0)))
        spin = float(np.linalg.norm(body.angular_velocity))
        speed = max(speed, float(np.linalg.norm(body.velocity)) + spin * reach)
    for body in scene.bodies:
        if body.keyframes is not None and len(body.keyframes.times) > 1:
            steps = np.linalg.norm(np.diff(body.keyframes.positions, axis=0), axis=1)
            speed = max(speed, float((steps / np.diff(body.keyframes.times)).max()))
    heights = np.array([b.position for b in movers]) @ np.asarray(scene.gravity)
    fall = float(np.ptp(heights)) + float(np.linalg.norm(scene.gravity)) * 0.3
    return math.sqrt(speed**2 + 2 * fall)


def stable_dt(scene: Scene, *, largest: float, smallest: float, share: float = 0.25) -> float:
    """Solver step [s] in which the fastest body moves at most `share` of the thinnest one."""
    thin = min((thinnest(b) for b in scene.bodies if b.motion == "dynamic"), default=math.inf)
    speed = expected_speed(scene)
    wanted = share * thin / speed if speed > 0 and math.isfinite(thin) else largest
    return min(largest, max(smallest, wanted))


def allowed_overlap(a: Touching, b: Touching) -> float:
    """Start penetration [m] of a pair that is let pass."""
    if isinstance(a, SoftBody | Inflatable) or isinstance(b, SoftBody | Inflatable):
        return OVERLAP
    thin = min(2 * e.radius if isinstance(e, Rope) else thinnest(e) for e in (a, b))
    return max(OVERLAP, 0.02 * thin) if math.isfinite(thin) else OVERLAP


def contacts(
    touching: Sequence[Touching], scene: Scene, rows: Sequence[tuple[Any, ...]]
) -> Contacts:
    """Record of rows (frame, a, b, position (3,), normal (3,), depth [m], impulse [N s]); a and b
    count within `touching`."""
    ids = {o.name: o.id for o in scene.objects}
    instance = np.array([ids[e.name] for e in touching], int)
    return Contacts(
        frame=np.array([r[0] for r in rows], int),
        instance_a=np.array([instance[r[1]] for r in rows], int),
        instance_b=np.array([instance[r[2]] for r in rows], int),
        position=np.array([r[3] for r in rows], float).reshape(-1, 3),
        normal=np.array([r[4] for r in rows], float).reshape(-1, 3),
        depth=np.array([r[5] for r in rows], float),
        impulse=np.array([r[6] for r in rows], float),
    )


def mechanical_energy(scene: Scene, states: RigidStates) -> Array:
    """(T,) kinetic energy plus potential in gravity [J] of every dynamic body."""
    total = np.zeros(len(states.position))
    for i, body in enumerate(scene.bodies):
        if body.motion != "dynamic":
            continue
        p = body.mass_properties
        center = states.position[:, i] + rotate(states.quaternion[:, i], p.center_of_mass)
        spin = np.einsum(
            "tji,tj->ti", to_matrix(states.quaternion[:, i]), states.angular_velocity[:, i]
        )
        total += 0.5 * p.mass * np.sum(states.velocity[:, i] ** 2, axis=1)
        total += 0.5 * np.einsum("ti,ij,tj->t", spin, p.inertia, spin)
        total -= p.mass * (center @ np.asarray(scene.gravity))
    return total
