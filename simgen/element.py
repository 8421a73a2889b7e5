"""What every element of a scene has, rigid bodies and joints. SI units, world frame, z up.

All positions are world coordinates at t = 0 unless a field says otherwise; quaternions are wxyz.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simgen import geometry as geo
from simgen.errors import SimgenError
from simgen.geometry import Array, Geometry, MassProperties
from simgen.material import Look, Material
from simgen.rotation import IDENTITY, to_matrix

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
Ints = NDArray[np.int32]
Motion = Literal["dynamic", "static", "kinematic"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Keyframes:
    """A prescribed path: positions linear, orientations slerped between `times`, held outside
    them."""

    times: Array
    """(K,) [s], increasing."""
    positions: Array
    """(K, 3) [m]."""
    quaternions: Array | None = None
    """(K, 4) wxyz; None keeps the initial orientation."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shape:
    """One solid of a body: geometry at a pose in the body frame, of one material."""

    geometry: Geometry
    material: Material
    look: Look = field(default_factory=Look)
    position: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = IDENTITY
    collides: bool = True
    """False: drawn and weighed but never touched (paint, thin trim)."""

    def __post_init__(self) -> None:
        emission = self.look.emission
        if not all(math.isfinite(e) and e >= 0.0 for e in emission):
            raise SimgenError(f"shape: emission={emission} must be finite and not negative")
        if max(emission) > 0.0 and np.count_nonzero(np.diff(geo.bounds(self.geometry), axis=0)) < 2:
            raise SimgenError(f"shape: {self.geometry} has no area to send light from; enlarge it")


@dataclass(frozen=True, eq=False, kw_only=True)
class Element:
    """Anything in a scene. `name` is unique and becomes the instance's name in the annotations."""

    name: str

    def __post_init__(self) -> None:
        if not self.name or any(c.isspace() for c in self.name):
            raise SimgenError(f"element name {self.name!r}: give a non-empty name without spaces")


@dataclass(frozen=True, eq=False, kw_only=True)
class RigidBody(Element):
    """A rigid solid of one or more shapes."""

    shapes: tuple[Shape, ...]
    position: Vector = (0.0, 0.0, 0.0)
    """Origin of the body frame [m]."""
    quaternion: Quaternion = IDENTITY
    velocity: Vector = (0.0, 0.0, 0.0)
    """Of the centre of mass [m/s]."""
    angular_velocity: Vector = (0.0, 0.0, 0.0)
    """World frame [rad/s]."""
    motion: Motion = "dynamic"
    keyframes: Keyframes | None = None
    """The path of a `kinematic` body."""
    mass: float | None = None
    """Total mass [kg]; None fills every shape at its material's density."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.shapes:
            raise SimgenError(f"body {self.name!r} has no shapes")
        if (self.motion == "kinematic") != (self.keyframes is not None):
            raise SimgenError(f"body {self.name!r}: keyframes and motion='kinematic' go together")
        if self.motion == "dynamic" and any(isinstance(s.geometry, geo.Plane) for s in self.shapes):
            raise SimgenError(f"body {self.name!r}: a Plane can only be static")

    @cached_property
    def mass_properties(self) -> MassProperties:
        """Mass, centre of mass and inertia about it, in the body frame."""
        parts: list[MassProperties] = []
        for shape in self.shapes:
            (density,) = shape.material.require("density")
            p = geo.mass_properties(shape.geometry, density)
            turn = to_matrix(shape.quaternion)
            center = turn @ p.center_of_mass + np.asarray(shape.position)
            parts.append(MassProperties(p.mass, center, turn @ p.inertia @ turn.T))
        total = geo.combine(parts)
        if self.mass is None:
            return total
        return MassProperties(
            self.mass, total.center_of_mass, total.inertia * (self.mass / total.mass)
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Drive:
    """A motor on a hinge or slide: holds a `velocity` or a `position` target."""

    kind: Literal["velocity", "position"]
    target: float
    """[rad/s], [m/s], [rad] or [m]."""
    gain: float
    """Effort per error: N m s/rad or N s/m for velocity, N m/rad or N/m for position."""
    damping: float = 0.0
    """Extra effort per rate for a position drive."""
    limit: float = math.inf
    """Largest effort [N m or N]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Joint:
    """Ties `child` to `parent` (None: the world). Coordinates are zero in the initial pose."""

    name: str
    kind: Literal["hinge", "slide", "ball", "fixed"]
    child: str
    parent: str | None = None
    position: Vector = (0.0, 0.0, 0.0)
    """Anchor, world [m]."""
    axis: Vector = (0.0, 0.0, 1.0)
    """Hinge or slide axis, world."""
    range: tuple[float, float] | None = None
    """Limits [rad or m]; for a ball joint (0, largest swing)."""
    damping: float = 0.0
    """[N m s/rad or N s/m]."""
    friction: float = 0.0
    """Dry friction effort [N m or N]."""
    stiffness: float = 0.0
    """Spring towards `rest` [N m/rad or N/m]."""
    rest: float = 0.0
    velocity: float = 0.0
    """Initial rate [rad/s or m/s] of a hinge or slide."""
    drive: Drive | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Loop:
    """Closes a kinematic loop: the point at `position` [m, world, t = 0] is shared by two links."""

    link_a: str
    link_b: str | None
    position: Vector


@dataclass(frozen=True, eq=False, kw_only=True)
class Articulation(Element):
    """Rigid links tied by joints; a link without a joint floats freely. Each link is an
    instance."""

    links: tuple[RigidBody, ...]
    joints: tuple[Joint, ...]
    loops: tuple[Loop, ...] = ()
    self_collision: bool = True
    """Whether links that no joint ties touch each other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        names = {link.name for link in self.links}
        children = Counter(j.child for j in self.joints)
        for joint in self.joints:
            if joint.child not in names or (joint.parent is not None and joint.parent not in names):
                raise SimgenError(
                    f"articulation {self.name!r}: joint {joint.name!r} ties {joint.parent!r} to "
                    f"{joint.child!r}; links are {', '.join(sorted(names))}"
                )
            if children[joint.child] > 1 and joint.kind in ("fixed", "ball"):
                raise SimgenError(
                    f"articulation {self.name!r}: link {joint.child!r} has two joints; use a Loop"
                )
