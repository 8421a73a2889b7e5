"""Soft bodies in MuJoCo: 3D flexes, linear tetrahedra of stable Neo-Hookean matter.

Every vertex is a point mass on three slides. The discrete integrator takes elasticity implicitly
(backward Euler), which damps like a Rayleigh time of one step: that much is taken off the damping
of the material. Plastic matter flows by von Mises' criterion (radial return per tetrahedron).
"""

from __future__ import annotations

import math
from typing import Any

import mujoco as _mujoco
import numpy as np
from numpy.typing import NDArray

from simgen.crossing import first_overlap
from simgen.engines.mujoco_rope import GEOM_BIT, ROPE_BIT, Quiet
from simgen.engines.rope import ropes
from simgen.engines.soft_bounce import damping_ratio, swing
from simgen.engines.warp_solvers.xpbd_input import solid
from simgen.engines.warp_solvers.xpbd_mesh import tetrahedron_volumes
from simgen.engines.warp_solvers.xpbd_part import DEFAULT_LOSS, lumped, spinning
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.material import pair_friction, pressure_wave_modulus
from simgen.record import MeshStates
from simgen.rotation import conjugate, rotate
from simgen.scene import Inflatable, RigidBody, Rope, Scene, SoftBody

Ints = NDArray[np.intp]
mujoco: Any = _mujoco  # the library ships no type stubs

INVERTED = 0.01
"""Largest share of inverted tetrahedra at a frame."""
SKIN = 8e-4
"""Radius of the balls [m] at free surface vertices, which meet bodies one by one; the contact of
whole tetrahedra finds corners between them, but its point wanders over faces that lie flat."""
CROSSED = 2.0
"""Edges that a pressure wave crosses in a step (measured: at 2.5 some steps of slender strips are
not solved)."""
SLUGGISH = 0.13
"""Largest loss factor of a bounce by the steps alone."""
GRAIN = 1e-4
"""Moment of inertia over mass that MuJoCo wants of point masses [m^2]; they never turn."""


def softs(scene: Scene) -> list[SoftBody]:
    """Every soft body of the scene, in order."""
    return [e for e in scene.elements if isinstance(e, SoftBody)]


def shells(scene: Scene) -> list[Inflatable]:
    """Every inflatable of the scene, in order."""
    return [e for e in scene.elements if isinstance(e, Inflatable)]


def flexes(scene: Scene) -> list[Rope | SoftBody | Inflatable]:
    """Everything flexible, in the order of MuJoCo's flexes."""
    return [*ropes(scene), *softs(scene), *shells(scene)]


def starts_overlapping(scene: Scene) -> str:
    """Which two soft bodies or films are in each other at t = 0, '' when none are."""
    solids = [(b.name, np.asarray(b.vertices), b.surface_faces, b.tetrahedra) for b in softs(scene)]
    films = [(b.name, np.asarray(b.vertices), np.asarray(b.faces), None) for b in shells(scene)]
    return first_overlap([*solids, *films])


def damping_time(body: SoftBody) -> float:
    """Rayleigh time [s] that lets the body bounce as its restitution says."""
    pace = swing(body.material, _volume(body))
    given = body.material.restitution
    return (DEFAULT_LOSS if given is None else 2 * max(0.01, damping_ratio(given))) / pace


def soft_dt(scene: Scene) -> float:
    """Step [s] whose numerical damping hides no material damping, and takes at most SLUGGISH."""
    return min((_soft_dt(body) for body in softs(scene)), default=math.inf)


def _soft_dt(body: SoftBody) -> float:
    return min(damping_time(body), SLUGGISH / swing(body.material, _volume(body)))


def _volume(body: SoftBody) -> float:
    """At rest [m^3]."""
    return float(tetrahedron_volumes(np.asarray(body.vertices), np.asarray(body.tetrahedra)).sum())


def solvable_dt(scene: Scene) -> float:
    """Step [s] at which the library's conjugate gradients solve the implicit elasticity in the
    rounds they have: the response dt (dt + damping time) is at most that of two steps in which a
    pressure wave crosses CROSSED of the shortest edges."""
    found = math.inf
    for body in softs(scene):
        largest, half = CROSSED * _crossing_time(body), 0.5 * damping_time(body)
        found = min(found, largest, math.sqrt(half**2 + 3 * largest**2) - half)
    return found


def _crossing_time(body: SoftBody) -> float:
    """Of a pressure wave along the shortest edge [s]."""
    density, _, _ = _elastic(body)
    corners = np.asarray(body.vertices)[np.asarray(body.tetrahedra)]
    edges = np.linalg.norm(corners[:, [0, 0, 0, 1, 1, 2]] - corners[:, [1, 2, 3, 2, 3, 3]], axis=-1)
    return float(edges.min()) * math.sqrt(density / pressure_wave_modulus(body.material))


def _elastic(body: SoftBody) -> tuple[float, ...]:
    """Density, Young's modulus and Poisson's ratio, of which MuJoCo does not take every one."""
    density, young, poisson = body.material.require("density", "youngs_modulus", "poissons_ratio")
    if not 0.0 <= poisson < 0.4999:
        raise SimgenError(
            f"soft body {body.name!r}: Poisson's ratio {poisson} must lie in 0..0.4999 for MuJoCo"
        )
    return density, young, poisson


def yield_strain(body: SoftBody) -> float:
    """MuJoCo's measure of the yield point: sqrt(2/3) |dev strain|, stress / (3 G)."""
    stress = body.material.yield_stress
    if stress is None:
        return 0.0
    young, poisson = body.material.require("youngs_modulus", "poissons_ratio")
    return stress / (3.0 * young / (2.0 * (1.0 + poisson)))


def add_softs(spec: Any, scene: Scene, dt: float, solimp: Any, margin: float) -> None:
    """Bodies of all vertices and the flexes on them; the scene's rigid bodies are there already."""
    for body in softs(scene):
        _add_soft(spec, scene, body, dt, solimp, margin)


def _add_soft(
    spec: Any, scene: Scene, body: SoftBody, dt: float, solimp: Any, margin: float
) -> None:
    vertices, tets, volumes = solid(body.name, body.vertices, body.tetrahedra)
    density, young, poisson = _elastic(body)
    mass = lumped(len(vertices), tets, density * volumes)
    mu = soft_friction(scene, body)
    touch: dict[str, Any] = {"contype": 0, "conaffinity": GEOM_BIT, "friction": [mu, 0.0, 0.0]}
    touch |= {"solref": [-1.0, -1.0], "solimp": solimp, "margin": margin, "mass": 0.0}
    touch |= {"type": mujoco.mjtGeom.mjGEOM_SPHERE, "size": [SKIN, 0, 0], "condim": 3}
    owner, local = vertex_bodies(spec, scene, body, vertices, mass, touch)
    flex = spec.add_flex(name=body.name, dim=3, radius=0.0)
    flex.vertbody, flex.vert = owner, local.ravel()
    flex.elem = tets.ravel().astype(np.int32)
    flex.young, flex.poisson = young, poisson
    flex.elastic3d = 1  # stable Neo-Hookean; the default collapses under strong compression
    flex.damping = max(1e-9, damping_time(body) - dt)
    flex.stressyield = [yield_strain(body), 0.0]
    flex.contype, flex.conaffinity = ROPE_BIT, ROPE_BIT | GEOM_BIT
    flex.selfcollide = mujoco.mjtFlexSelf.mjFLEXSELF_NONE
    flex.condim, flex.friction = 3, [mu, 0.0, 0.0]
    flex.margin, flex.solref, flex.solimp = margin, [-1.0, -1.0], solimp


def vertex_bodies(
    spec: Any,
    scene: Scene,
    body: SoftBody | Inflatable,
    points: Array,
    mass: Array,
    touch: dict[str, Any],
    lift: Array | None = None,
) -> tuple[list[str], Array]:
    """A point mass at every vertex, with a ball of the geom `touch` on the surface: names of the
    bodies, and where the vertex is in each (V, 3). `lift` (V,) is the share of weight that the air
    carries."""
    solids = {b.name: b for b in scene.bodies}
    tied = dict(body.attachments)
    faces = body.surface_faces if isinstance(body, SoftBody) else np.asarray(body.faces)
    skin = set(np.unique(faces).tolist())
    owner: list[str] = []
    local = np.zeros_like(points)
    for i, point in enumerate(points):
        if i in body.pinned:
            owner.append("world")
            local[i] = np.asarray(body.vertices[i], float)
            continue
        name = f"{body.name}/{i}"
        grain = {"mass": mass[i], "inertia": [GRAIN * mass[i]] * 3, "explicitinertial": True}
        grain["gravcomp"] = 0.0 if lift is None else lift[i]
        if i in tied:
            place = _local(solids[tied[i]], np.asarray(body.vertices[i], float))
            spec.body(tied[i]).add_body(name=name, pos=place, **grain)
        else:
            node = spec.worldbody.add_body(name=name, pos=point, **grain)
            for axis in np.eye(3):
                node.add_joint(type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
            if i in skin:
                node.add_geom(name=name, **touch)
        owner.append(name)
    return owner, local


def skin_geoms(scene: Scene, model: Any) -> list[tuple[Ints, int, SoftBody | Inflatable]]:
    """Geoms at the vertices of each soft body and film, the number of its flex, and itself."""
    found: list[tuple[Ints, int, SoftBody | Inflatable]] = []
    for k, body in enumerate([*softs(scene), *shells(scene)]):
        start = f"{body.name}/"
        names = [model.geom(g).name for g in range(model.ngeom)]
        mine = [g for g, n in enumerate(names) if n.startswith(start)]
        found.append((np.array(mine, int), len(ropes(scene)) + k, body))
    return found


def soft_friction(scene: Scene, body: SoftBody | Inflatable) -> float:
    """Friction of the flex on others; MuJoCo takes the larger one of geom and flex, so it must not
    exceed any pair's coefficient (see `mujoco_rope.rope_friction`)."""
    touched = [s.material for b in scene.bodies for s in b.shapes if s.collides]
    touched += [other.material for other in (*softs(scene), *shells(scene))]
    return min(pair_friction(body.material, m) for m in touched)


def _local(body: RigidBody, point: Array) -> Array:
    return rotate(conjugate(body.quaternion), point - np.asarray(body.position, float))


class SoftQuiet(Quiet):
    """Contacts without force also where soft bodies are tied: of tetrahedra with a tied vertex
    against the body it is tied to, or against anything where a vertex is pinned to the world."""

    def __init__(self, scene: Scene, geom_body: Ints) -> None:
        super().__init__(scene, geom_body)
        index = {b.name: i for i, b in enumerate(scene.bodies)}
        self.patches: list[tuple[int, NDArray[np.bool_], NDArray[np.bool_], int]] = []
        """Flex, its quiet vertices and tetrahedra, scene body (-1: any)."""
        for k, body in enumerate([*softs(scene), *shells(scene)]):
            flex, count = k + len(ropes(scene)), len(body.vertices)
            held: dict[int, list[int]] = {-1: list(body.pinned)}
            for vertex, name in body.attachments:
                held.setdefault(index[name], []).append(vertex)
            for other, fixed in held.items():
                vertices: Any = np.isin(np.arange(count), fixed)
                corners = body.tetrahedra if isinstance(body, SoftBody) else body.faces
                cells: Any = vertices[np.asarray(corners)].any(axis=1)
                if vertices.any():
                    self.patches.append((flex, vertices, cells, other))

    def of(self, contact: Any) -> Any:
        quiet = super().of(contact)
        for flex, vertices, cells, body in self.patches:
            for side in (0, 1):
                geom = contact.geom[:, 1 - side]
                near = (contact.flex[:, side] == flex) & (geom >= 0)
                cell, vertex = contact.elem[:, side], contact.vert[:, side]
                near &= ((cell >= 0) & cells[cell]) | ((vertex >= 0) & vertices[vertex])
                quiet |= near & ((self.geom_body[geom] == body) if body >= 0 else True)
        return quiet


class SoftReader:
    """Reads the vertices of all soft bodies."""

    def __init__(self, scene: Scene, model: Any, data: Any) -> None:
        self.softs, self.model, self.data = softs(scene), model, data
        self.gravity = np.asarray(scene.gravity, float)
        first = len(ropes(scene))
        self.starts = [int(model.flex_vertadr[first + k]) for k in range(len(self.softs))]
        self.masses: list[Array] = []
        self.dofs: list[Ints] = []
        self.bodies: list[Ints] = []
        self.positions: list[list[Array]] = [[] for _ in self.softs]
        self.velocities: list[list[Array]] = [[] for _ in self.softs]
        for body, start in zip(self.softs, self.starts, strict=True):
            points = np.asarray(body.vertices, float)
            ids = model.flex_vertbodyid[start : start + len(points)]
            dof = np.where(model.body_dofnum[ids] == 3, model.body_dofadr[ids], -1)
            tets = np.asarray(body.tetrahedra)
            (density,) = body.material.require("density")
            mass = lumped(len(points), tets, density * tetrahedron_volumes(points, tets))
            speed = spinning(points, mass, body.velocity, body.angular_velocity)
            free = dof >= 0
            data.qvel[dof[free][:, None] + np.arange(3)] = speed[free]
            self.masses.append(mass)
            self.dofs.append(dof)
            self.bodies.append(ids)

    def record(self) -> None:
        """Keep this instant; call when kinematics are fresh."""
        for k, start in enumerate(self.starts):
            dof, ids = self.dofs[k], self.bodies[k]
            x = self.data.flexvert_xpos[start : start + len(dof)].copy()
            twist = self.data.cvel[ids]
            arm = x - self.data.subtree_com[self.model.body_rootid[ids]]
            speed = twist[:, 3:] + np.cross(twist[:, :3], arm)
            speed[dof >= 0] = self.data.qvel[dof[dof >= 0][:, None] + np.arange(3)]
            speed[ids == 0] = 0.0
            self.positions[k].append(x)
            self.velocities[k].append(speed)

    def states(self) -> dict[str, MeshStates]:
        """All frames of every soft body."""
        found: dict[str, MeshStates] = {}
        for k, body in enumerate(self.softs):
            x = np.array(self.positions[k])
            volume = tetrahedron_volumes(x, np.asarray(body.tetrahedra)).sum(axis=1)
            found[body.name] = MeshStates(
                position=x, velocity=np.array(self.velocities[k]), volume=volume
            )
        return found

    def inverted(self) -> str:
        """Which body has more inverted tetrahedra than can pass, '' when none has."""
        for k, body in enumerate(self.softs):
            tets = np.asarray(body.tetrahedra)
            share = (tetrahedron_volumes(np.array(self.positions[k]), tets) <= 0).mean(axis=1)
            if share.max() > INVERTED:
                return (
                    f"{body.name}: {share.max():.1%} of the tetrahedra are inverted at frame "
                    f"{int(share.argmax())}, limit {INVERTED:.0%}"
                )
        return ""

    def energy(self) -> Array | float:
        """(T,) kinetic, gravitational and elastic energy [J] of the soft bodies."""
        total: Array | float = 0.0
        for k, body in enumerate(self.softs):
            x, v = np.array(self.positions[k]), np.array(self.velocities[k])
            m = np.where(self.bodies[k] > 0, self.masses[k], 0.0)
            moving = 0.5 * np.sum(m * np.sum(v**2, axis=2), axis=1)
            total = total + moving - np.sum(m * (x @ self.gravity), axis=1) + elastic(body, x)
        return total


def elastic(body: SoftBody, x: Array) -> Array:
    """(T,) energy [J] of stable Neo-Hookean matter (Smith et al. 2018, eq. 14), vertices `x`
    (T, V, 3)."""
    young, poisson = body.material.require("youngs_modulus", "poissons_ratio")
    shear = young / (2 * (1 + poisson))
    lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson)) + shear
    tets, rest = np.asarray(body.tetrahedra), np.asarray(body.vertices, float)
    corner = rest[tets]
    frame = np.linalg.inv(np.swapaxes(corner[:, 1:] - corner[:, :1], 1, 2))
    volumes = tetrahedron_volumes(rest, tets)
    total = np.empty(len(x))
    for t, now in enumerate(x):
        f = np.swapaxes(now[tets][:, 1:] - now[tets][:, :1], 1, 2) @ frame
        growth = np.linalg.det(f) - 1
        density = 0.5 * shear * (np.sum(f**2, axis=(1, 2)) - 3) - shear * growth
        total[t] = np.sum((density + 0.5 * lame * growth**2) * volumes)
    return total
