"""Elements that are not rigid: cloth, soft solids, inflatables, ropes, liquids, grains, hot solids.

SI units, world frame, z up; positions are at t = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simgen.element import Element, Ints, RigidBody, Vector
from simgen.errors import SimgenError
from simgen.geometry import Array, require_mesh
from simgen.inflow import Conveyor, Inflow
from simgen.material import Look, Material


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
    angular_velocity: Vector = (0.0, 0.0, 0.0)
    self_collision: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_mesh(f"cloth {self.name!r}", self.vertices, self.faces)


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

    def __post_init__(self) -> None:
        super().__post_init__()
        require_mesh(f"soft body {self.name!r}", self.vertices, self.tetrahedra, corners=4)

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

    def __post_init__(self) -> None:
        super().__post_init__()
        require_mesh(f"inflatable {self.name!r}", self.vertices, self.faces)

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
