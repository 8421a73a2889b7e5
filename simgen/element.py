"""The elements of a scene: one type per kind of matter. SI units, world frame, z up.

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
from simgen.inflow import Conveyor, Inflow
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


@dataclass(frozen=True, eq=False, kw_only=True)
class Cloth(Element):
    """A thin sheet of triangles; areal density, stretch and bending stiffness come from the
    material."""

    vertices: Array
    """(V, 3) initial positions [m]."""
    faces: Ints
    """(F, 3)."""
    material: Material
    look: Look = field(default_factory=Look)
    rest_vertices: Array | None = None
    """(V, 3) unstressed shape; None: as placed."""
    pattern: Array | None = None
    """(F, 3, 2) unstressed corners of each triangle in its flat panel [m], the first axis along the
    warp; panels are stitched where faces share vertices. None: `rest_vertices`."""
    pinned: tuple[int, ...] = ()
    attachments: tuple[tuple[int, str], ...] = ()
    """(vertex index, body name): the vertex is fixed to that body."""
    velocity: Vector = (0.0, 0.0, 0.0)
    self_collision: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class SoftBody(Element):
    """An elastic solid of tetrahedra; E, nu and density come from the material."""

    vertices: Array
    """(V, 3) rest and initial positions [m]."""
    tetrahedra: Ints
    """(K, 4), positive volume."""
    material: Material
    look: Look = field(default_factory=Look)
    pinned: tuple[int, ...] = ()
    attachments: tuple[tuple[int, str], ...] = ()
    """(vertex index, body name): the vertex is fixed to that body."""
    velocity: Vector = (0.0, 0.0, 0.0)
    angular_velocity: Vector = (0.0, 0.0, 0.0)

    @cached_property
    def surface_faces(self) -> Ints:
        """(F, 3) boundary triangles, outward; they index `vertices`."""
        t = np.asarray(self.tetrahedra)
        sides = np.concatenate([t[:, [0, 2, 1]], t[:, [0, 1, 3]], t[:, [0, 3, 2]], t[:, [1, 2, 3]]])
        _, first, count = np.unique(
            np.sort(sides, 1), axis=0, return_index=True, return_counts=True
        )
        return np.ascontiguousarray(sides[np.sort(first[count == 1])], np.int32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Valve:
    """An opening of an inflatable: gas flows through it towards the lower pressure.

    Isentropic nozzle flow (Saint-Venant & Wantzel 1839), Bernoulli's law for small differences.
    """

    area: float
    """[m^2]."""
    discharge: float = 0.61
    """Flow over that of an ideal nozzle: 0.61 sharp edge, 0.95 rounded (Idelchik, Handbook of
    Hydraulic Resistance, ch. 4)."""
    pressure: float = 0.0
    """Gauge pressure on the other side [Pa]: 0 is the open air, a blower holds more."""
    opens: float = 0.0
    """[s]."""
    closes: float = math.inf
    """[s]."""
    vertices: tuple[int, ...] = ()
    """Membrane around the opening, which takes the recoil of a jet that leaves; () for none."""

    def __post_init__(self) -> None:
        if not (self.area > 0 and 0 < self.discharge <= 1 and self.opens <= self.closes):
            raise SimgenError(f"{self}: needs area > 0, 0 < discharge <= 1 and opens <= closes")


@dataclass(frozen=True, eq=False, kw_only=True)
class Inflatable(Element):
    """A closed membrane around an ideal gas of ambient temperature, p V = m R T.

    Without valves and supply the amount of gas is constant (Boyle's law).
    """

    vertices: Array
    faces: Ints
    material: Material
    look: Look = field(default_factory=Look)
    pressure: float = 5_000.0
    """Gauge pressure of the gas at the initial volume [Pa]."""
    rest_vertices: Array | None = None
    """(V, 3) unstressed shape of the membrane; None: the shape, grown by `pressure` to
    `vertices`."""
    valves: tuple[Valve, ...] = ()
    supply: tuple[tuple[float, float], ...] = ()
    """A pump: (time [s], mass flow in [kg/s]), linear between, zero before and after."""
    ribs: Ints | None = None
    """(N, 2) vertices that strips of the membrane, an edge wide, join through the gas, as in an air
    mattress."""
    rib_lengths: Array | None = None
    """(N,) [m] at which the ribs are taut; None: as placed."""
    pinned: tuple[int, ...] = ()
    attachments: tuple[tuple[int, str], ...] = ()
    """(vertex index, body name): the vertex is fixed to that body."""
    velocity: Vector = (0.0, 0.0, 0.0)
    angular_velocity: Vector = (0.0, 0.0, 0.0)

    @property
    def gas_is_constant(self) -> bool:
        """Whether no gas comes or goes."""
        return not self.valves and not self.supply


@dataclass(frozen=True, eq=False, kw_only=True)
class Rope(Element):
    """An elastic rod along `points`; density and E come from the material."""

    points: Array
    """(N, 3) centre line [m], equally spaced, spacing > 2 radius."""
    radius: float
    material: Material
    look: Look = field(default_factory=Look)
    pinned: tuple[int, ...] = ()
    """Point indices held in place."""
    attachments: tuple[tuple[int, str], ...] = ()
    """(point index, body name): the point is fixed to that body."""
    velocity: Vector = (0.0, 0.0, 0.0)
    straight_at_rest: bool = False
    """True: unstressed when straight, as a cord is; False: unstressed as placed, as a coil is."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Domain:
    """The box a particle or grid solver works in; walls are closed unless open."""

    lower: Vector
    upper: Vector
    open_top: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Fluid(Element):
    """A liquid of particles; density, viscosity and bulk modulus come from the material.

    Fluids of one scene share their space and touch each other.
    """

    positions: Array
    """(N, 3) initial particle centres [m]; may be empty when there are inflows."""
    spacing: float
    """Initial particle distance [m]; a particle stands for spacing^3 of volume."""
    material: Material
    domain: Domain
    look: Look = field(default_factory=Look)
    velocity: Vector = (0.0, 0.0, 0.0)
    angular_velocity: Vector = (0.0, 0.0, 0.0)
    """Of an initial rigid rotation about the mean of `positions`, world [rad/s]."""
    inflows: tuple[Inflow, ...] = ()
    """Their particles are recorded after those of `positions`, in order."""
    no_slip: bool | None = None
    """Whether it sticks to walls and bodies. None: where its boundary layer is as thick as the
    solver's cell; thinner ones cannot be resolved and would brake far too much of it."""

    @cached_property
    def conveyor(self) -> Conveyor:
        """How the particles of the inflows come."""
        return Conveyor.of(self.inflows, self.spacing)

    @property
    def count(self) -> int:
        """Particles at any time, those that still wait in pipes included."""
        return len(self.positions) + len(self.conveyor.release)

    @property
    def release(self) -> Array:
        """(count,) time [s] from which each particle is free; 0 for those that are at the start."""
        return np.concatenate([np.zeros(len(self.positions)), self.conveyor.release])

    @property
    def start_positions(self) -> Array:
        """(count, 3) where the particles are at t = 0 [m]."""
        own = np.asarray(self.positions, float).reshape(-1, 3)
        return np.concatenate([own, self.conveyor.at(0.0)[0]])

    @property
    def start_velocities(self) -> Array:
        """(count, 3) of the particles at t = 0 [m/s]."""
        own = np.asarray(self.positions, float).reshape(-1, 3)
        arm = own - own.mean(axis=0) if len(own) else own
        turn = np.cross(np.asarray(self.angular_velocity, float), arm)
        return np.concatenate([np.asarray(self.velocity) + turn, self.conveyor.at(0.0)[1]])


@dataclass(frozen=True, eq=False, kw_only=True)
class Melt(Element):
    """Matter of particles that melts and flows: rigid pieces where solid, a liquid where molten.

    Below `melting_temperature - melting_range` of `material` all is solid, above
    `melting_temperature` all is liquid; between, the molten share grows with the heat taken up, and
    matter is rigid until half of it is molten.
    """

    positions: Array
    """(N, 3) initial particle centres [m]."""
    spacing: float
    """Initial particle distance [m]; a particle stands for spacing^3 of volume."""
    material: Material
    """Solid: density, heat constants, melting temperature, latent heat."""
    molten: Material
    """Liquid: viscosity, surface tension, heat constants."""
    domain: Domain
    temperature: float | Array
    """At the start [K], of all particles or (N,) of each."""
    look: Look = field(default_factory=Look)
    molten_look: Look | None = None
    """Where more than half is molten; None: as the solid."""
    velocity: Vector = (0.0, 0.0, 0.0)
    contact_conductance: float = 3000.0
    """To a thermal body it lies on [W/(m^2 K)]; a pair takes the harmonic mean. A liquid film of
    thickness d and conductivity k has k / d."""
    contact_angle: float = 1.2
    """Of the molten matter on bodies [rad]; 0 wets fully."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Grains(Element):
    """Granular matter; density and friction angle of the bulk come from the material.

    A grain stands for spacing^3 of the bulk and has its mass, density * spacing^3, on every engine.
    Where grains are bodies of their own (discrete elements) they are spheres of `radius`, and
    `spacing` must fit: packed spheres fill about 0.6 of it (`simgen.particles.bulk_spacing`).
    """

    positions: Array
    """(N, 3) initial grain centres [m]."""
    radius: float
    """Radius of each grain's sphere [m], drawn and, in discrete elements, touched."""
    spacing: float
    """Distance [m] of grains in the bulk: a grain stands for spacing^3 of it."""
    material: Material
    domain: Domain
    look: Look = field(default_factory=Look)
    velocity: Vector = (0.0, 0.0, 0.0)
    radii: Array | None = None
    """(N,) radius of each grain [m] where sizes differ; `radius` is then their middle, and a grain
    stands for bulk as the cube of its size."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ThermalBody(Element):
    """A static or kinematic solid with a temperature field inside; named like its body."""

    body: RigidBody
    temperature: float
    """Uniform start [K]."""
    held: bool = False
    """Keep the start temperature for ever (a reservoir)."""
    power: float = 0.0
    """Heat released evenly in the solid [W]."""
    cell: float | None = None
    """Largest edge of a cell of the solver's grid [m]; None lets the engine choose."""
    contact_conductance: float = 3000.0
    """Of its surface pressed on another thermal body [W/(m^2 K)]; a pair takes the harmonic mean.
    Metals in air: 2,000-12,000 (Incropera, Heat and Mass Transfer, table 3.1)."""
    melts: bool = False
    """Its material melts and freezes in place, with its latent heat, at its melting temperature."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.body.name != self.name or self.body.motion == "dynamic":
            raise SimgenError(
                f"thermal body {self.name!r}: its body has the same name and is not dynamic"
            )
