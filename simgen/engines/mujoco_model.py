"""A Scene as a MuJoCo model: one MuJoCo body per rigid body or link, one geom per convex part."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import mujoco as _mujoco
import numpy as np
from numpy.typing import NDArray

from simgen import geometry as geo
from simgen.engines.mujoco_flex import add_softs, flexes, shells, skin_geoms, softs
from simgen.engines.mujoco_rope import GEOM_BIT, attach, flexcomps, straighten
from simgen.engines.mujoco_shell import add_shells
from simgen.engines.rigid import PairRules, branches, is_round, pair_rules, untouching
from simgen.geometry import Array
from simgen.motion import pose_at
from simgen.rotation import conjugate, from_matrix, multiply, rotate
from simgen.scene import Articulation, Drive, Joint, Loop, RigidBody, Scene, Shape

Ints = NDArray[np.intp]
mujoco: Any = _mujoco  # the library ships no type stubs

HEAVY = 1e5
"""Mass of a kinematic body over the mass of all free ones: it drags and is not dragged."""
IMPEDANCE = 0.999
RIGID = (IMPEDANCE, IMPEDANCE, 0.001, 0.5, 2.0)
"""Impedance of every constraint: acceleration follows its reference to 1e-3."""
MANY = 40
"""With more free bodies than this conjugate gradients are faster than Newton's method."""
ROUNDS, FILM_ROUNDS = 50, 500
"""Most rounds of the solver in a step. Conjugate gradients of a film between bodies that weigh ten
thousand times as much as a vertex need hundreds; cut short, the contacts pump energy into it."""
SOFT_TOLERANCE = 1e-5
"""Of the implicit elasticity of soft bodies: slender stiff beams do not come to 1e-6 in the rounds
that the library allows (it then warns of a bad inertia); between the two they move by 1e-6 m."""
MARGIN = 5e-4
"""Gap [m] at which a coming contact is already seen."""


@dataclass(eq=False)
class Built:
    """A compiled model and what connects it to the scene."""

    model: Any
    rules: PairRules
    body_ids: Ints
    """(B,) MuJoCo body of each scene body."""
    geom_body: Ints
    """(G,) scene body of each geom; beyond them the flexes, for geoms at vertices."""
    geom_material: Ints
    """(G,) row in the rules."""
    free: dict[int, int]
    """Scene body with a free joint -> its velocity address."""
    flex_material: Ints
    """(F,) row in the rules of each flex."""
    yielding: NDArray[np.bool_]
    """(B + F,) which of the bodies and flexes are soft matter, whose points do not bounce."""

    def sides(self, geom: Ints, flex: Ints) -> Ints:
        """(C, 2) what touches in contacts: numbers of scene bodies, then of flexes."""
        return np.where(geom >= 0, self.geom_body[geom], len(self.body_ids) + flex)


@dataclass(eq=False)
class _Builder:
    scene: Scene
    spec: Any
    rules: PairRules
    geoms: list[tuple[str, int, int, bool]] = field(
        default_factory=list[tuple[str, int, int, bool]]
    )
    """Geom name, scene body, material row, whether it rolls."""
    bodies: dict[str, Any] = field(default_factory=dict[str, Any])
    meshes: dict[int, str] = field(default_factory=dict[int, str])

    def index(self, body: RigidBody) -> int:
        return next(i for i, b in enumerate(self.scene.bodies) if b is body)


def build(scene: Scene, dt: float) -> Built:
    """Compile the scene for a solver step of `dt` [s]."""
    flexible = flexes(scene)
    spec = mujoco.MjSpec.from_string(flexcomps(scene, dt, " ".join(map(str, RIGID)), MARGIN))
    spec.compiler.degree = False
    spec.compiler.balanceinertia = False
    option = spec.option
    option.timestep = dt
    option.gravity = scene.gravity
    kinds = mujoco.mjtIntegrator
    option.integrator = kinds.mjINT_DISCRETE if flexible else kinds.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    films = bool(shells(scene))
    many = films or sum(b.motion == "dynamic" for b in scene.bodies) > MANY
    option.solver = mujoco.mjtSolver.mjSOL_CG if many else mujoco.mjtSolver.mjSOL_NEWTON
    option.tolerance = SOFT_TOLERANCE if softs(scene) else 1e-7
    option.iterations = FILM_ROUNDS if films else ROUNDS
    option.ls_tolerance, option.ls_iterations = 1e-4, 50
    option.enableflags |= int(mujoco.mjtEnableBit.mjENBL_DIAGEXACT)
    option.enableflags |= int(mujoco.mjtEnableBit.mjENBL_SPECULATIVE)
    builder = _Builder(scene, spec, pair_rules(scene))
    for element in scene.elements:
        if isinstance(element, RigidBody):
            _add_root(builder, element)
        elif isinstance(element, Articulation):
            _add_articulation(builder, element)
    _add_pairs(builder)
    attach(spec, scene, dt)
    add_softs(spec, scene, dt, RIGID, MARGIN)
    add_shells(spec, scene, dt, RIGID, MARGIN)
    model = spec.compile()
    straighten(model, scene)
    return _finish(builder, model)


def _finish(builder: _Builder, model: Any) -> Built:
    scene = builder.scene
    ids = {name: model.geom(name).id for name, *_ in builder.geoms}
    count = max(1, model.ngeom)  # a row to look up where there is no geom at all
    geom_body, geom_material = np.zeros(count, int), np.zeros(count, int)
    for name, body, material, _ in builder.geoms:
        geom_body[ids[name]], geom_material[ids[name]] = body, material
    for geoms, flex, soft in skin_geoms(scene, model):
        geom_body[geoms] = len(scene.bodies) + flex
        geom_material[geoms] = builder.rules.index(soft.material)
    free: dict[int, int] = {}
    for i, body in enumerate(scene.bodies):
        j = model.body(body.name).jntadr[0]
        if j >= 0 and model.jnt_type[j] == mujoco.mjtJoint.mjJNT_FREE:
            free[i] = int(model.jnt_dofadr[j])
    light = [i for i in range(1, model.nbody) if model.body_mass[i] < 0.1 * _heavy(scene)]
    if light and model.nv:  # the solver's stopping scale must not see the heavy kinematic bodies
        model.stat.meaninertia = float(model.body_mass[light].mean())
    body_ids = np.array([model.body(b.name).id for b in scene.bodies], int)
    flexible = np.array([builder.rules.index(f.material) for f in flexes(scene)], int)
    yielding = np.array(
        [t in softs(scene) or t in shells(scene) for t in (*scene.bodies, *flexes(scene))], bool
    )
    rules = builder.rules
    return Built(model, rules, body_ids, geom_body, geom_material, free, flexible, yielding)


def _heavy(scene: Scene) -> float:
    free = sum(b.mass_properties.mass for b in scene.bodies if b.motion == "dynamic")
    return HEAVY * max(free, 1e-3)


def _add_root(builder: _Builder, body: RigidBody) -> Any:
    position, quaternion = pose_at(body, 0.0)
    node = builder.spec.worldbody.add_body(name=body.name, pos=position, quat=quaternion)
    if body.motion != "static":
        node.add_freejoint(name=f"{body.name}/free")
    _fill(builder, node, body)
    return node


def _fill(builder: _Builder, node: Any, body: RigidBody) -> None:
    """Mass and geoms of one body."""
    builder.bodies[body.name] = node
    if body.motion == "dynamic":
        p = body.mass_properties
        mass, center, inertia = p.mass, p.center_of_mass, p.inertia
    elif body.motion == "kinematic":
        mass, center = _heavy(builder.scene), body.mass_properties.center_of_mass
        inertia = np.eye(3) * mass
        node.gravcomp = 1.0
    else:
        mass, center, inertia = 0.0, np.zeros(3), np.zeros((3, 3))
    if mass:
        node.mass, node.ipos, node.explicitinertial = mass, center, True
        moments, axes = np.linalg.eigh(inertia)
        axes[:, 0] *= np.sign(np.linalg.det(axes))
        node.inertia, node.iquat = moments, from_matrix(axes)
    for k, shape in enumerate(body.shapes):
        if shape.collides:
            _add_geoms(builder, node, body, shape, f"{body.name}/{k}")


def _add_geoms(builder: _Builder, node: Any, body: RigidBody, shape: Shape, name: str) -> None:
    kind = mujoco.mjtGeom
    common: dict[str, Any] = {
        "solref": [-1.0, -1.0],
        "solimp": RIGID,
        "margin": MARGIN,
        "pos": shape.position,
        "quat": shape.quaternion,
        "contype": 0,
        "conaffinity": 0,
        "mass": 0.0,
    }
    parts: list[dict[str, Any]] = []
    match shape.geometry:
        case geo.Sphere(r):
            parts.append({"type": kind.mjGEOM_SPHERE, "size": [r, 0, 0]})
        case geo.Box(size):
            parts.append({"type": kind.mjGEOM_BOX, "size": np.asarray(size) / 2})
        case geo.Capsule(r, length):
            parts.append({"type": kind.mjGEOM_CAPSULE, "size": [r, length / 2, 0]})
        case geo.Cylinder(r, h):
            parts.append({"type": kind.mjGEOM_CYLINDER, "size": [r, h / 2, 0]})
        case geo.Plane(extent) if body.motion == "static":
            parts.append({"type": kind.mjGEOM_PLANE, "size": [0, 0, 1]})
        case geo.Plane(extent):  # a moving plane is the top of a thick slab
            shift = rotate(shape.quaternion, [0.0, 0.0, -0.5])
            common["pos"] = np.asarray(shape.position) + shift
            parts.append({"type": kind.mjGEOM_BOX, "size": [extent, extent, 0.5]})
        case geo.TriangleMesh() as mesh:
            for hull in mesh.contact_hulls:
                parts.append({"type": kind.mjGEOM_MESH, "meshname": _mesh(builder, hull)})
    material = builder.rules.index(shape.material)
    soft = flexes(builder.scene)
    if soft:  # the larger friction of geom and flex acts: see rope_friction
        mu = max(builder.rules.friction[material, builder.rules.index(f.material)] for f in soft)
        common |= {"contype": GEOM_BIT, "friction": [mu, 0.0, 0.0]}
    for i, part in enumerate(parts):
        node.add_geom(name=f"{name}/{i}", **common, **part)
        own = (f"{name}/{i}", builder.index(body), material, is_round(shape.geometry))
        builder.geoms.append(own)


def _mesh(builder: _Builder, hull: Array) -> str:
    """The name of a convex part's mesh; equal arrays are shared."""
    if id(hull) not in builder.meshes:
        name = f"hull{len(builder.meshes)}"
        points = np.asarray(hull, np.float32)
        from scipy.spatial import ConvexHull

        shell = ConvexHull(np.asarray(hull, float))
        keep = np.unique(shell.simplices)
        center = np.asarray(hull, float)[keep].mean(axis=0)
        renumber = {int(v): i for i, v in enumerate(keep)}
        faces: list[tuple[int, int, int]] = []
        for a, b, c in shell.simplices:
            n = np.cross(hull[b] - hull[a], hull[c] - hull[a])
            faces.append((a, b, c) if n @ (hull[a] - center) > 0 else (a, c, b))
        index = np.array([[renumber[int(v)] for v in f] for f in faces], np.int32)
        builder.spec.add_mesh(
            name=name,
            uservert=points[keep].ravel(),
            userface=index.ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX,
        )
        builder.meshes[id(hull)] = name
    return builder.meshes[id(hull)]


def _add_articulation(builder: _Builder, articulation: Articulation) -> None:
    for branch in branches(articulation):
        if not branch.joints:
            _add_root(builder, branch.link)
            continue
        link = branch.link
        position, quaternion = np.asarray(link.position, float), np.asarray(link.quaternion, float)
        if branch.parent is None:
            node = builder.spec.worldbody.add_body(name=link.name, pos=position, quat=quaternion)
        else:
            parent = next(k for k in articulation.links if k.name == branch.parent)
            back = conjugate(parent.quaternion)
            node = builder.bodies[branch.parent].add_body(
                name=link.name,
                pos=rotate(back, position - np.asarray(parent.position)),
                quat=multiply(back, quaternion),
            )
        for joint in branch.joints:
            if joint.kind != "fixed":
                _add_joint(builder, node, link, joint)
        _fill(builder, node, link)
    for k, loop in enumerate(articulation.loops):
        _add_loop(builder, articulation, loop, f"{articulation.name}/loop{k}")


def joint_name(link: RigidBody, joint: Joint) -> str:
    """Unique name of a joint in the model."""
    return f"{link.name}/{joint.name}"


def _add_joint(builder: _Builder, node: Any, link: RigidBody, joint: Joint) -> None:
    kinds = {
        "hinge": mujoco.mjtJoint.mjJNT_HINGE,
        "slide": mujoco.mjtJoint.mjJNT_SLIDE,
        "ball": mujoco.mjtJoint.mjJNT_BALL,
    }
    back = conjugate(link.quaternion)
    made = node.add_joint(
        name=joint_name(link, joint),
        type=kinds[joint.kind],
        pos=rotate(back, np.asarray(joint.position) - np.asarray(link.position)),
        axis=rotate(back, joint.axis),
        damping=joint.damping,
        frictionloss=joint.friction,
        stiffness=joint.stiffness,
        springref=joint.rest,
        solimp_limit=RIGID,
        solimp_friction=RIGID,
        solref_friction=[-1.0, -0.5 / builder.spec.option.timestep],
        solref_limit=_stiff(builder),
    )
    if joint.range is not None:
        made.limited, made.range = mujoco.mjtLimited.mjLIMITED_TRUE, joint.range
    if joint.drive is not None:
        _add_drive(builder, joint_name(link, joint), joint.drive)


def _stiff(builder: _Builder) -> list[float]:
    """Critically damped return of a violated limit or loop within a few steps, in direct form."""
    dt = builder.spec.option.timestep
    return [-0.1 / dt**2, -0.65 / dt]


def _add_drive(builder: _Builder, joint: str, drive: Drive) -> None:
    position = drive.kind == "position"
    bias = [0.0, -drive.gain, -drive.damping] if position else [0.0, 0.0, -drive.gain]
    actuator = builder.spec.add_actuator(
        name=f"{joint}/drive",
        target=joint,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE,
    )
    actuator.gainprm[0] = drive.gain
    actuator.biasprm[:3] = bias
    if math.isfinite(drive.limit):
        actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        actuator.forcerange = [-drive.limit, drive.limit]


def _add_loop(builder: _Builder, articulation: Articulation, loop: Loop, name: str) -> None:
    link = next(k for k in articulation.links if k.name == loop.link_a)
    local = rotate(
        conjugate(link.quaternion), np.asarray(loop.position) - np.asarray(link.position)
    )
    made = builder.spec.add_equality(
        name=name,
        type=mujoco.mjtEq.mjEQ_CONNECT,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        name1=loop.link_a,
        name2=loop.link_b or "world",
        solref=_stiff(builder),
        solimp=RIGID,
    )
    made.data[:3] = local


def _add_pairs(builder: _Builder) -> None:
    """One explicit pair for every two geoms that may touch, with their pair friction."""
    bodies, rules = builder.scene.bodies, builder.rules
    apart = untouching(builder.scene)
    for i, (name_a, a, material_a, round_a) in enumerate(builder.geoms):
        for name_b, b, material_b, round_b in builder.geoms[i + 1 :]:
            if a == b or "dynamic" not in (bodies[a].motion, bodies[b].motion):
                continue
            if frozenset((bodies[a].name, bodies[b].name)) in apart:
                continue
            mu = max(float(rules.friction[material_a, material_b]), 1e-5)
            roll = float(rules.rolling[material_a, material_b]) if round_a or round_b else 0.0
            spin = max(1e-5, roll)
            builder.spec.add_pair(
                geomname1=name_a,
                geomname2=name_b,
                condim=6 if roll > 0 else 3,
                friction=[mu, mu, spin, max(roll, 1e-9), max(roll, 1e-9)],
                solref=[-1.0, -1.0],
                solimp=RIGID,
                margin=MARGIN,
            )
