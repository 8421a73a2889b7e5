"""The particle system of one element as data, and what all kinds of elements need to build it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engines.warp_solvers.xpbd_mesh import color_order, edge_lengths
from simgen.geometry import Array
from simgen.lattice import unique_edges
from simgen.material import Material
from simgen.scene import Ambient, Valve
from simgen.valve import AIR_MOLAR_MASS, GAS_CONSTANT

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

DEFAULT_LOSS = 0.1
"""Loss factor tan(delta) of a material without a restitution: textiles and rubbers 0.05-0.2."""
TIED = 1e-3
"""Mobility of a vertex that is tied to a free body, over that of its own mass."""
PAIR_OFFSET = 0.35
"""Radius of a vertex against other vertices, in edges."""


@dataclass
class Blocks:
    """Constraints of one kind: vertex indices and parameter arrays, and where each colour
    starts."""

    vertices: Ints
    parameters: dict[str, Floats]
    starts: list[int] = field(default_factory=list[int])

    def sorted_by_color(self) -> Blocks:
        """The same constraints, ordered so that no two of one colour share a vertex."""
        order, starts = color_order(self.vertices)
        parameters = {k: v[order] for k, v in self.parameters.items()}
        return Blocks(self.vertices[order], parameters, starts)


@dataclass(frozen=True)
class Tie:
    """A vertex fixed to a body."""

    vertex: int
    body: str
    free: bool
    """Whether the body moves by itself, so that the vertex pulls it."""


@dataclass
class Part:
    """One element's share of the particle system."""

    name: str
    position: Floats
    rest: Floats
    velocity: Floats
    mass: Floats
    weight: Floats
    """Share of gravity that acts: 1 less buoyancy."""
    radius: float
    pair_radius: Floats
    friction: float
    self_collision: bool
    pinned: tuple[int, ...]
    faces: Ints
    closed: bool
    spacing: float
    """Mean edge [m]."""
    wave_speed: float
    """Of the stiffest deformation one edge long: membrane, bending or compression [m/s]."""
    blocks: dict[str, Blocks]
    tetrahedra: Ints | None = None
    gas_amount: float | None = None
    """Absolute pressure times volume [J]."""
    film: Floats | None = None
    """Vertex masses of a membrane without its gas [kg]."""
    share: Floats | None = None
    """Share of the gas, and of the air displaced, that each vertex carries."""
    valves: tuple[Valve, ...] = ()
    supply: tuple[tuple[float, float], ...] = ()
    """Time [s] and mass flow in [kg/s] of a pump."""
    breathing: float = 0.0
    """Angular frequency of a gas and its membrane without stiffness, sqrt(p A^2 / (m V)) [1/s]."""
    largest_stretch: float = 1.6
    """Edge length over rest length beyond which a run is rejected."""
    ties: tuple[Tie, ...] = ()
    bending_speed: float = 0.0
    """Of bending waves one edge long in a sheet [m/s]."""

    pattern: Floats | None = None
    """(F, 3, 3) unstressed corners of each triangle [m], where they do not share `rest`."""

    @property
    def held(self) -> tuple[int, ...]:
        """Vertices that are pinned or tied to a body."""
        return (*self.pinned, *(tie.vertex for tie in self.ties))

    @property
    def inverse_mass(self) -> Floats:
        """(V,) [1/kg] as constraints see it: 0 where held, next to 0 on bodies that give way."""
        inverse = 1.0 / self.mass
        inverse[list(self.held)] = 0.0
        for tie in self.ties:
            if tie.free:
                inverse[tie.vertex] = TIED / self.mass[tie.vertex]
        return inverse

    @property
    def vertex_stiffness(self) -> float:
        """Of the matter around one vertex [N/m]."""
        return float(self.mass.mean()) * (self.wave_speed / self.spacing) ** 2


def air_density(ambient: Ambient) -> float:
    """Density of the surrounding air, ideal gas [kg/m^3]."""
    return ambient.pressure * AIR_MOLAR_MASS / (GAS_CONSTANT * ambient.temperature)


def loss_factor(material: Material) -> float:
    """tan(delta) of internal friction from the restitution e, at most 0.3.

    An oscillator of damping ratio z keeps e = exp(-pi z) of its speed over half a cycle, tan(delta)
    = 2 z. Half of the loss is left to the vibrations that the mesh itself resolves: tan(delta) =
    -ln(e) / pi. How high soft bodies bounce is up to `soft_bounce`.
    """
    if material.restitution is None:
        return DEFAULT_LOSS
    return min(0.3, max(0.01, -math.log(max(material.restitution, 0.01)) / math.pi))


def lumped(count: int, cells: Ints, masses: Floats) -> Floats:
    """Vertex masses: every cell's mass in equal shares to its corners."""
    share = np.repeat(masses / cells.shape[1], cells.shape[1])
    return np.bincount(cells.ravel(), weights=share, minlength=count).astype(float)


def spinning(points: Floats, mass: Floats, velocity: Any, spin: Any) -> Floats:
    """v + w x r about the centre of mass."""
    center = mass @ points / mass.sum()
    return np.asarray(velocity, float) + np.cross(np.asarray(spin, float), points - center)


def dashpots(cells: Ints, sizes: Floats, lengths: Floats, viscosity: float) -> Blocks:
    """Dashpots c = f eta V_e / L^2 [N s/m] on edges that damp shear like a Kelvin-Voigt matter.

    `lengths` are those of `unique_edges`. `viscosity` is f eta, eta = E beta [Pa s] (K beta
    [N s/m] for sheets); V_e the share of an edge in the sizes of its cells. Edges of random
    direction dissipate f <(n e n)^2> eta per size at strain rate e: 2/15 |e|^2 in a solid, 1/4
    |e|^2 in a sheet; the matter 2 G/E eta |e|^2, so f = 5 and 3.
    """
    edges = unique_edges(cells)
    count, corners = int(cells.max()) + 1, cells.shape[1]
    code = edges[:, 0].astype(np.int64) * count + edges[:, 1]
    share = np.zeros(len(edges))
    for a in range(corners):
        for b in range(a):
            pair = np.sort(cells[:, [a, b]], axis=1).astype(np.int64)
            place = np.searchsorted(code, pair[:, 0] * count + pair[:, 1])
            np.add.at(share, place, sizes / (corners * (corners - 1) / 2))
    return Blocks(edges, {"dashpot": viscosity * share / lengths**2})


def merged(parts: list[Part], kind: str) -> Blocks | None:
    """All constraints of one kind over all parts, indices shifted, sorted by colour."""
    offsets = np.cumsum([0] + [len(p.position) for p in parts])
    found = [
        (p.blocks[kind], o) for p, o in zip(parts, offsets[:-1], strict=True) if kind in p.blocks
    ]
    if not found:
        return None
    vertices = np.concatenate([b.vertices + o for b, o in found]).astype(np.int32)
    names = found[0][0].parameters
    parameters = {n: np.concatenate([b.parameters[n] for b, _ in found]) for n in names}
    return Blocks(vertices, parameters).sorted_by_color()


def rest_lengths(part: Part) -> tuple[Ints, Array]:
    """Edges (E, 2) of a part and their lengths when placed or at rest [m]."""
    edges = unique_edges(part.faces if part.tetrahedra is None else part.tetrahedra)
    if part.pattern is not None:
        return edges, edge_lengths(part.pattern, part.faces)
    return edges, np.linalg.norm(part.rest[edges[:, 0]] - part.rest[edges[:, 1]], axis=1)


def neighbours(part: Part) -> tuple[Ints, Ints]:
    """Vertices that a vertex does not collide with, as starts (V + 1,) and a flat list: all whose
    rest place lies within the two radii, and in sheets of panels those two edges away."""
    count = len(part.position)
    if not part.self_collision:
        return np.zeros(count + 1, np.int32), np.zeros(0, np.int32)
    if part.pattern is None:
        from scipy.spatial import KDTree

        tree: Any = KDTree(part.rest)
        close: set[tuple[int, int]] = tree.query_pairs(2.0 * float(part.pair_radius.max()))
        near = np.array(sorted(close), np.int32).reshape(-1, 2)
    else:
        ring: list[set[int]] = [set() for _ in range(count)]
        pairs: list[list[int]] = unique_edges(part.faces).tolist()
        for a, b in pairs:
            ring[a].add(b)
            ring[b].add(a)
        second = [own.union(*(ring[b] for b in own)) for own in ring]
        listed = [(a, b) for a, own in enumerate(second) for b in sorted(own) if a < b]
        near = np.array(listed, np.int32).reshape(-1, 2)
    both = np.concatenate([near, near[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    return starts.astype(np.int32), np.ascontiguousarray(both[:, 1])
