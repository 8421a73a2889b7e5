"""A jointed human figure of capsules with the masses and lengths of real segments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simgen.geometry import Array, Box, Capsule, Geometry, Sphere, triangulate
from simgen.key import Key
from simgen.rotation import IDENTITY, multiply, rotate, to_matrix
from simgen.scene import Articulation, Joint, Quaternion, RigidBody, Shape
from simgen.scenes.articulated._parts import along, shape, turn, vector, xyz

MASS = {
    "pelvis": 0.1117,
    "chest": 0.3229,
    "head": 0.0694,
    "upper_arm": 0.0271,
    "forearm": 0.0223,
    "thigh": 0.1416,
    "shank": 0.0433,
    "foot": 0.0137,
}
"""Share of the body mass, men; the chest holds upper and middle trunk, the forearm the hand
(de Leva, J. Biomech. 29, 1223 (1996))."""
UPPER_ARM, FOREARM, THIGH, SHANK, FOOT = 0.186, 0.2, 0.245, 0.246, 0.152
HIP, SHOULDER, ANKLE = 0.53, 0.818, 0.039
"""Lengths and heights over the stature (Drillis & Contini 1966, in Winter, Biomechanics and Motor
Control of Human Movement, 4th ed., fig. 4.1); the forearm reaches to mid-hand."""
SHOULDER_HALF, HIP_HALF = 0.118, 0.055
"""Half distances of the joints; narrower than the skin-to-skin widths of the same source."""
SKIN = "organic/soft_tissue"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a figure is: size, clothes and attitude. It stands along z and looks along +x."""

    stature: float
    """[m]."""
    mass: float
    """[kg]."""
    arm_raise: float
    """Of both arms away from the body [rad]."""
    stride: float
    """Of the left thigh forward and the right one back [rad]."""
    stiffness: float
    """Scale of the joints' passive damping."""
    shirt: str
    trousers: str


@dataclass(frozen=True, eq=False)
class _Limb:
    """One segment of the upright figure, lengths over the stature."""

    name: str
    parent: str | None
    anchor: Array
    joint: Literal["ball", "hinge"]
    range: tuple[float, float]
    center: Array
    quaternion: Quaternion
    solids: tuple[tuple[Geometry, Array, str], ...]
    """Geometry, place in the segment's frame and material; geometries in metres."""

    @property
    def kind(self) -> str:
        return self.name.removeprefix("left_").removeprefix("right_")


def make_figure(
    figure: Figure,
    key: Key,
    *,
    feet: Array,
    lean: float,
    velocity: Array,
    tumble: float,
) -> Articulation:
    """The figure leaning by `lean` [rad] towards +x with its lowest point at `feet` (3,) [m].

    It moves as one with `velocity` (3,) [m/s] at the feet and turns forward at `tumble` [rad/s].
    """
    pose, limbs = turn((0, 1, 0), lean), _limbs(figure)
    shapes = {k.name: _shapes(figure, key, k) for k in limbs}
    placed: dict[str, tuple[Array, Quaternion]] = {}
    for k in limbs:
        w, x, y, z = (float(v) for v in multiply(pose, k.quaternion))
        placed[k.name] = (rotate(pose, k.center * figure.stature), (w, x, y, z))
    shift = feet - xyz(0, 0, min(_lowest(shapes[n], *placed[n]) for n in placed))
    links: list[RigidBody] = []
    for name, (place, quaternion) in placed.items():
        kind = name.removeprefix("left_").removeprefix("right_")
        body = RigidBody(name=name, shapes=shapes[name], mass=MASS[kind] * figure.mass)
        arm = place + rotate(quaternion, body.mass_properties.center_of_mass)
        spin = xyz(0.0, tumble, 0.0)
        links.append(
            RigidBody(
                name=name,
                shapes=shapes[name],
                position=vector(place + shift),
                quaternion=quaternion,
                mass=body.mass,
                velocity=vector(velocity + np.cross(spin, arm)),
                angular_velocity=vector(spin),
            )
        )
    joints = [_joint(figure, k, pose, shift) for k in limbs if k.parent is not None]
    return Articulation(name="figure", links=tuple(links), joints=tuple(joints))


def _joint(figure: Figure, limb: _Limb, pose: Quaternion, shift: Array) -> Joint:
    # Passive damping of relaxed limbs: a few tenths of N m s/rad (Winter 2009); an estimate.
    mass = MASS[limb.kind] * figure.mass
    return Joint(
        name=f"{limb.name}_joint",
        kind=limb.joint,
        child=limb.name,
        parent=limb.parent,
        position=vector(rotate(pose, limb.anchor * figure.stature) + shift),
        axis=vector(rotate(pose, xyz(0.0, 1.0, 0.0))),
        range=limb.range,
        damping=figure.stiffness * (0.1 + 0.04 * mass),
    )


def _shapes(figure: Figure, key: Key, limb: _Limb) -> tuple[Shape, ...]:
    return tuple(
        shape(solid, stuff, key.child(stuff), position=place * figure.stature)
        for solid, place, stuff in limb.solids
    )


def _lowest(shapes: tuple[Shape, ...], place: Array, quaternion: Quaternion) -> float:
    """Height [m] of the lowest point of a body."""
    low = np.inf
    for item in shapes:
        points = triangulate(item.geometry, segments=16).vertices
        points = points @ to_matrix(item.quaternion).T + np.asarray(item.position)
        low = min(low, float((rotate(quaternion, points) + place)[:, 2].min()))
    return low


def _limbs(figure: Figure) -> list[_Limb]:
    h, waist = figure.stature, HIP + 0.075
    shirt, trousers, here = figure.shirt, figure.trousers, np.zeros(3)
    hips = Capsule(0.055 * h, 0.06 * h)
    belly, ribs = Sphere(0.068 * h), Capsule(0.072 * h, 0.1 * h)
    neck, skull = Capsule(0.026 * h, 0.03 * h), Sphere(0.062 * h)
    across = turn((1, 0, 0), math.pi / 2)
    return [
        _Limb("pelvis", None, here, "ball", (0, 0), xyz(0, 0, HIP + 0.02), across,
              ((hips, here, trousers),)),
        _Limb("chest", "pelvis", xyz(0, 0, waist), "ball", (0, 0.6), xyz(0, 0, 0.735), across,
              ((ribs, here, shirt), (belly, xyz(0, -0.07, 0), shirt))),
        _Limb("head", "chest", xyz(0, 0, SHOULDER + 0.03), "ball", (0, 0.7), xyz(0, 0, 0.93),
              IDENTITY, ((skull, here, SKIN), (neck, xyz(-0.008, 0, -0.08), SKIN))),
        *(limb for side in (1, -1) for limb in _arm(figure, side)),
        *(limb for side in (1, -1) for limb in _leg(figure, side)),
    ]  # fmt: skip


def _bone(
    figure: Figure, start: Array, end: Array, radius: float, stuff: str, *tip: Geometry
) -> tuple[Array, Quaternion, tuple[tuple[Geometry, Array, str], ...]]:
    """Centre, orientation and solids of a capsule from `start` to `end`, with a tip at the end."""
    middle, quaternion, length = along(start, end)
    solid = Capsule(radius * figure.stature, max(length - 1.2 * radius, 0.02) * figure.stature)
    tips = tuple((t, xyz(0, 0, length / 2), SKIN) for t in tip)
    return np.asarray(middle), quaternion, ((solid, np.zeros(3), stuff), *tips)


def _arm(figure: Figure, side: int) -> list[_Limb]:
    name, a = "left" if side > 0 else "right", figure.arm_raise
    shoulder = xyz(0.0, side * SHOULDER_HALF, SHOULDER - 0.02)
    out = xyz(0.3 * math.sin(a), side * math.sin(a), -math.cos(a))
    out = out / np.linalg.norm(out)
    shoulder = shoulder + xyz(0.0, side * 0.025 * math.cos(a), 0.0)
    elbow = shoulder + UPPER_ARM * out
    bent = out + xyz(0.6, 0.0, 0.0)
    hand = elbow + FOREARM * bent / np.linalg.norm(bent)
    upper = _bone(figure, shoulder, elbow, 0.027, figure.shirt)
    lower = _bone(figure, elbow, hand, 0.021, SKIN, Sphere(0.027 * figure.stature))
    return [
        _Limb(f"{name}_upper_arm", "chest", shoulder, "ball", (0, 1.6), *upper),
        _Limb(f"{name}_forearm", f"{name}_upper_arm", elbow, "ball", (0, 1.5), *lower),
    ]


def _leg(figure: Figure, side: int) -> list[_Limb]:
    name, h = "left" if side > 0 else "right", figure.stature
    hip = xyz(0.0, side * HIP_HALF, HIP)
    forward = side * figure.stride
    knee = hip + THIGH * xyz(math.sin(forward), 0.0, -math.cos(forward))
    below = forward - 0.7 * abs(figure.stride)
    ankle = knee + SHANK * xyz(math.sin(below), 0.0, -math.cos(below))
    sole = Box((FOOT * h, 0.052 * h, 0.036 * h))
    foot = ankle + xyz(0.04, 0.0, 0.018 - ANKLE)
    thigh = _bone(figure, hip, knee, 0.044, figure.trousers)
    shank = _bone(figure, knee, ankle, 0.031, figure.trousers)
    return [
        _Limb(f"{name}_thigh", "pelvis", hip, "ball", (0, 1.7), *thigh),
        _Limb(f"{name}_shank", f"{name}_thigh", knee, "hinge", (-0.02, 2.4), *shank),
        _Limb(f"{name}_foot", f"{name}_shank", ankle, "hinge", (-0.5, 0.8), foot, IDENTITY,
              ((sole, np.zeros(3), "textile/leather"),)),
    ]  # fmt: skip
