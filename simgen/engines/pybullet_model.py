"""A Scene as Bullet multibodies: one per loose body, one per tree of an articulation.

A Bullet link's frame lies at its joint, so a link's shapes are moved by minus the joint's anchor.
Bullet multiplies the coefficients of two surfaces: the square root of each gives their geometric
mean. A body of several contact materials gets one fixed link for each: a link has one surface.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as _pybullet

from simgen.engines.pybullet_shape import collision_shape, rolling, to_xyzw
from simgen.engines.rigid import Branch, branches, is_round, pair_rules, untouching
from simgen.geometry import Array, MassProperties
from simgen.material import Material
from simgen.motion import pose_at
from simgen.rotation import conjugate, from_matrix, multiply, rotate, to_matrix
from simgen.scene import Articulation, Joint, RigidBody, Scene, Shape

pybullet: Any = _pybullet  # the library ships no type stubs

MARGIN = 1e-4
"""Rounding [m] Bullet adds around convex hulls."""
TINY = 1e-4
"""Mass of the link between two joints of one body, over the body's mass."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a scene body lives in Bullet."""

    body: int
    link: int
    """-1 is the base."""
    center: Array
    """Origin of Bullet's inertial frame, which its poses refer to, in the body frame [m]."""
    axes: Array
    """(3, 3) axes of the inertial frame in the body frame."""


@dataclass(frozen=True, eq=False)
class Axle:
    """A movable joint in Bullet."""

    joint: Joint
    body: int
    link: int
    child: RigidBody


@dataclass(eq=False)
class Built:
    """What connects Bullet's numbers to the scene."""

    client: int
    folder: Path
    """For the files Bullet reads meshes from while the model is built."""
    placed: list[Placed]
    """Scene body order."""
    friction: float
    """A typical Coulomb coefficient of the scene."""
    rolls: bool
    """Whether any moving body can roll."""
    owner: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    """Bullet (body, link) -> scene body."""
    axles: list[Axle] = field(default_factory=list[Axle])


@dataclass(eq=False)
class _Node:
    """One Bullet link to be made: frame pose relative to the parent's, mass, shapes."""

    parent: int
    """Index of the parent node, -1 for the base."""
    position: Array
    quaternion: Array
    mass: MassProperties
    """In the link frame."""
    shapes: list[tuple[Shape, Array]]
    """Shapes and their positions in the link frame."""
    kind: str = "fixed"
    axis: tuple[float, ...] = (0.0, 0.0, 1.0)
    body: int = -1
    joint: Joint | None = None
    primary: bool = True
    """Whether it is the body itself, not a part of another material or a link between joints."""
    anchor: Array = field(default_factory=lambda: np.zeros(3))


def build(scene: Scene, client: int, folder: Path) -> Built:
    """Create every body of the scene in the connected client."""
    nowhere = [Placed(-1, -1, np.zeros(3), np.eye(3))] * len(scene.bodies)
    rules = pair_rules(scene)
    moving = [b for b in scene.bodies if b.motion != "static"]
    rolls = any(s.collides and is_round(s.geometry) for b in moving for s in b.shapes)
    typical = float(np.mean(rules.friction)) if rules.materials else 0.0
    built = Built(client, folder, nowhere, typical, rolls)
    index = {body.name: i for i, body in enumerate(scene.bodies)}
    for element in scene.elements:
        if isinstance(element, RigidBody):
            _create(built, scene, _body_nodes(element, index[element.name], np.zeros(3)))
        elif isinstance(element, Articulation):
            _add_articulation(built, scene, element, index)
    _filter(built, scene, index)
    return built


def _parts(body: RigidBody) -> list[tuple[list[Shape], MassProperties]]:
    """Shapes by contact material, the first part also with the untouchable ones, and their mass."""
    groups: list[tuple[Material | None, list[Shape]]] = []
    for shape in body.shapes:
        same = [g for g in groups if g[0] is shape.material] if shape.collides else groups[:1]
        if same:
            same[0][1].append(shape)
        else:
            groups.append((shape.material if shape.collides else None, [shape]))
    if body.motion != "dynamic":
        still = MassProperties(0.0, np.zeros(3), np.zeros((3, 3)))
        return [(shapes, still) for _, shapes in groups]
    if len(groups) == 1:
        return [(groups[0][1], body.mass_properties)]
    whole = RigidBody(name="whole", shapes=body.shapes).mass_properties.mass
    scale = body.mass_properties.mass / whole
    made: list[tuple[list[Shape], MassProperties]] = []
    for _, shapes in groups:
        p = RigidBody(name="part", shapes=tuple(shapes)).mass_properties
        made.append((shapes, MassProperties(p.mass * scale, p.center_of_mass, p.inertia * scale)))
    return made


def _body_nodes(body: RigidBody, index: int, anchor: Array) -> list[_Node]:
    """The main node of a body and one fixed node per further material, frames at `anchor`."""
    nodes: list[_Node] = []
    for shapes, p in _parts(body):
        moved = MassProperties(
            p.mass, p.center_of_mass - anchor if p.mass else np.zeros(3), p.inertia
        )
        placed = [(s, np.asarray(s.position, float) - anchor) for s in shapes]
        node = _Node(-1, np.zeros(3), np.array([1.0, 0, 0, 0]), moved, placed, body=index)
        node.anchor, node.primary = anchor, not nodes
        if nodes:
            node.parent = 0  # relative: fixed up when nodes are joined
        nodes.append(node)
    position, quaternion = pose_at(body, 0.0)
    nodes[0].position, nodes[0].quaternion = position + rotate(quaternion, anchor), quaternion
    return nodes


def _add_articulation(
    built: Built, scene: Scene, articulation: Articulation, index: dict[str, int]
) -> None:
    trees: list[list[_Node]] = []
    home: dict[str, tuple[int, int]] = {}
    """Link name -> (tree, node of the body itself)."""
    for branch in branches(articulation):
        if branch.parent is None:
            trees.append([] if not branch.joints else [_world_node()])
        tree = len(trees) - 1 if branch.parent is None else home[branch.parent][0]
        parent = (0 if branch.joints else -1) if branch.parent is None else home[branch.parent][1]
        home[branch.link.name] = (tree, _grow(trees[tree], branch, parent, index))
    for nodes in trees:
        _create(built, scene, nodes)
    for loop in articulation.loops:
        _close(built, scene, index, loop.link_a, loop.link_b, np.asarray(loop.position, float))


def _world_node() -> _Node:
    still = MassProperties(0.0, np.zeros(3), np.zeros((3, 3)))
    return _Node(-1, np.zeros(3), np.array([1.0, 0, 0, 0]), still, [])


def _grow(nodes: list[_Node], branch: Branch, parent: int, index: dict[str, int]) -> int:
    """Append the nodes of one link (frames in world for now); the index of the body itself."""
    link, at = branch.link, parent
    quaternion = np.asarray(link.quaternion, float)
    joints = list(branch.joints)
    for joint in joints[:-1]:  # a link of almost no mass between two joints of one body
        mass = link.mass_properties.mass * TINY
        size = float(np.trace(link.mass_properties.inertia)) / 3 * TINY
        light = MassProperties(mass, np.zeros(3), np.eye(3) * size)
        node = _Node(at, np.asarray(joint.position, float), quaternion, light, [])
        _hang(node, joint, quaternion)
        node.primary = False
        nodes.append(node)
        at = len(nodes) - 1
    anchor = np.zeros(3)
    if joints:
        offset = np.asarray(joints[-1].position, float) - np.asarray(link.position, float)
        anchor = rotate(conjugate(quaternion), offset)
    own = _body_nodes(link, index[link.name], anchor)
    own[0].parent = at
    if joints:
        _hang(own[0], joints[-1], quaternion)
    main = len(nodes)
    for k, node in enumerate(own):
        if k:
            node.parent = main
            node.position, node.quaternion = own[0].position, own[0].quaternion
        nodes.append(node)
    return main


def _hang(node: _Node, joint: Joint, quaternion: Array) -> None:
    node.kind, node.joint = joint.kind, joint
    node.axis = tuple(rotate(conjugate(quaternion), joint.axis).tolist())


def _principal(p: MassProperties) -> tuple[list[float], list[float]]:
    """Principal moments and the xyzw turn of their axes in the link frame."""
    if not p.mass:
        return [0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]
    moments, axes = np.linalg.eigh(p.inertia)
    axes[:, 0] *= np.sign(np.linalg.det(axes))
    return moments.tolist(), to_xyzw(from_matrix(axes))


def _create(built: Built, scene: Scene, nodes: list[_Node]) -> None:
    """Make one multibody whose base is nodes[0]; other frames are in world and become relative."""
    client, types = (
        built.client,
        {
            "fixed": pybullet.JOINT_FIXED,
            "hinge": pybullet.JOINT_REVOLUTE,
            "slide": pybullet.JOINT_PRISMATIC,
            "ball": pybullet.JOINT_SPHERICAL,
        },
    )
    for node in nodes[1:]:
        if node.body >= 0 and nodes[0].body == node.body:
            node.position, node.quaternion = nodes[0].position, nodes[0].quaternion
    links: list[tuple[Any, ...]] = []
    for node in nodes[1:]:
        up = nodes[node.parent]
        back = conjugate(up.quaternion)
        links.append(
            (
                node.mass.mass,
                collision_shape(client, node.shapes, built.folder),
                -1,
                rotate(back, node.position - up.position).tolist(),
                to_xyzw(multiply(back, node.quaternion)),
                node.mass.center_of_mass.tolist(),
                _principal(node.mass)[1],
                node.parent,
                types[node.kind],
                node.axis,
            )
        )
    keys = (
        *("linkMasses", "linkCollisionShapeIndices", "linkVisualShapeIndices", "linkPositions"),
        *("linkOrientations", "linkInertialFramePositions", "linkInertialFrameOrientations"),
        *("linkParentIndices", "linkJointTypes", "linkJointAxis"),
    )
    columns = {key: [link[i] for link in links] for i, key in enumerate(keys)}
    base = nodes[0]
    flags = pybullet.URDF_USE_SELF_COLLISION | pybullet.URDF_USE_SELF_COLLISION_INCLUDE_PARENT
    body = pybullet.createMultiBody(
        baseMass=base.mass.mass,
        baseCollisionShapeIndex=collision_shape(client, base.shapes, built.folder),
        basePosition=base.position.tolist(),
        baseOrientation=to_xyzw(base.quaternion),
        baseInertialFramePosition=base.mass.center_of_mass.tolist(),
        baseInertialFrameOrientation=_principal(base.mass)[1],
        flags=flags if len(nodes) > 1 else 0,
        physicsClientId=client,
        **(columns if links else {}),
    )
    for k, node in enumerate(nodes):
        _settle(built, scene, body, k - 1, node)


def _settle(built: Built, scene: Scene, body: int, link: int, node: _Node) -> None:
    """Inertia, surface and damping of a created link; its place in the tables."""
    shape = next((s for s, _ in node.shapes if s.collides), None)
    options: dict[str, Any] = {}
    if shape is not None:
        mu, e = shape.material.require("friction", "restitution")
        options |= {
            "lateralFriction": math.sqrt(mu),
            "restitution": math.sqrt(e),
            **(rolling(shape, built.friction) if built.rolls else {}),
            "contactProcessingThreshold": 0.0,
        }
    if node.mass.mass:
        options["localInertiaDiagonal"] = _principal(node.mass)[0]
    where = {"physicsClientId": built.client}
    pybullet.changeDynamics(body, link, jointDamping=0.0, frictionAnchor=0, **options, **where)
    if link < 0:  # given for a link, these write everything in the call to the base instead
        pybullet.changeDynamics(
            body,
            -1,
            linearDamping=0.0,
            angularDamping=0.0,
            maxJointVelocity=1e4,
            activationState=pybullet.ACTIVATION_STATE_DISABLE_SLEEPING,
            collisionMargin=MARGIN,
            **where,
        )
    if node.body >= 0:
        built.owner[body, link] = node.body
        if node.primary:
            turn = to_matrix(np.roll(np.asarray(_principal(node.mass)[1]), 1))
            center = node.mass.center_of_mass + node.anchor if node.mass.mass else np.zeros(3)
            built.placed[node.body] = Placed(body, link, center, turn)
    if node.joint is not None and node.joint.kind != "fixed":
        child = next(b for b in scene.bodies if b.name == node.joint.child)
        built.axles.append(Axle(node.joint, body, link, child))


def _close(
    built: Built, scene: Scene, index: dict[str, int], a: str, b: str | None, point: Array
) -> None:
    """Tie a point of two links together."""
    sides: list[tuple[int, int, Array]] = []
    for name in (a, b):
        if name is None:
            sides.append((-1, -1, point))
            continue
        link, placed = scene.bodies[index[name]], built.placed[index[name]]
        local = to_matrix(link.quaternion).T @ (point - np.asarray(link.position, float))
        sides.append((placed.body, placed.link, placed.axes.T @ (local - placed.center)))
    (body_a, link_a, at_a), (body_b, link_b, at_b) = sides
    made = pybullet.createConstraint(
        body_a, link_a, body_b, link_b, pybullet.JOINT_POINT2POINT, [0, 0, 0],
        at_a.tolist(), at_b.tolist(), physicsClientId=built.client,
    )  # fmt: skip
    pybullet.changeConstraint(made, maxForce=1e7, erp=0.2, physicsClientId=built.client)


def _filter(built: Built, scene: Scene, index: dict[str, int]) -> None:
    """Switch off contact between joint-tied links, and within one body's material parts."""
    apart = {frozenset(index[n] for n in pair) for pair in untouching(scene)}
    where: dict[int, list[tuple[int, int]]] = {}
    for key, body in built.owner.items():
        where.setdefault(body, []).append(key)
    pairs = [(p, q) for body in where.values() for p in body for q in body if p < q]
    for a, b in (tuple(sorted(pair)) for pair in sorted(apart, key=sorted) if len(pair) == 2):
        pairs += [(p, q) for p in where[a] for q in where[b]]
    for (body_a, link_a), (body_b, link_b) in pairs:
        pybullet.setCollisionFilterPair(
            body_a, body_b, link_a, link_b, 0, physicsClientId=built.client
        )
