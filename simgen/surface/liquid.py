"""The surface of a liquid of particles, made anew every frame, with the motion of its matter.

Reconstruction: marching cubes on a lattice that stands still, of the density that blurred particles
have, each counted for the room it takes (Shepard 1968; the level set of SPH surfaces). Smoothing:
Taubin, weighted so that spray keeps its size (Loeschner et al. 2023, Weighted Laplacian smoothing
for surface reconstruction of particle-based fluids). Displacements to the neighbouring frames and
rest positions are carried over from the particles by moving least squares. All on `device`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.device import warp_device
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.record import AnyArray
from simgen.scene import Domain
from simgen.surface.mesh import Ints

Solids = tuple[Array, Ints]

WIDTH = 0.843
"""Standard deviation of a blurred particle in spacings: wide enough that stretched sheets keep
together."""
LEVEL = 0.6
"""Share of the density inside that is the surface: a block at rest keeps its volume to 1 %."""
CUBE = 0.6
"""Edge of a marching cube in spacings."""
MIRROR = 3.0
"""Depth of the mirror images behind walls in spacings: beyond the reach of blur and smoothing."""
SMOOTHING = 60
"""Passes of smoothing, each one step in and one step out."""
INWARD = 0.6
OUTWARD = -1.0 / (1.0 / INWARD - 0.02)
"""Steps of Taubin's filter with a pass band up to 0.02: ripples of particles and grid cells go, the
volume stays (Taubin 1995, A signal processing approach to fair surface design)."""
REACH = 2.5
"""Distance in spacings of the particles that give a surface point its motion."""
RIDGE = 0.02
"""Their least spread along every axis, in squared spacings."""
LARGEST = 2**28
"""Nodes of the lattice at most: 1 GB for every number on it."""
ENOUGH = 8
"""Fewer particles have no surface yet."""
SPRAY, BODY = 0.064, 0.28
"""Particles per room at the surface of a single drop and of a sheet one particle thick, in those
inside: between them smoothing sets in."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LiquidMesh:
    """A liquid's surface at one frame instant."""

    vertices: Array
    """(V, 3) world [m]."""
    faces: Ints
    """(F, 3) outward."""
    normals: Array
    """(V, 3)."""
    to_next: Array
    """(V, 3) where the matter goes until the next frame, minus where it is [m]."""
    to_previous: Array
    """(V, 3) the same for the frame before."""
    rest: Array
    """(V, 3) where the matter was at t = 0 [m]."""
    temperature: Array | None = None
    """(V,) [K], None where it was not recorded."""
    molten: NDArray[np.bool_] | None = None
    """(F,) whether most of a face's matter is molten; None for what never was solid."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Liquid:
    """The particles of one Fluid or Melt through time."""

    instance: int
    look: int
    positions: AnyArray
    """(T, N, 3) [m]."""
    spacing: float
    domain: Domain
    temperature: AnyArray | None = None
    """(T, N) [K]."""
    molten: AnyArray | None = None
    """(T, N) molten share."""
    molten_look: int | None = None
    """Of faces that are mostly molten; None: `look` everywhere."""

    def looks(self, mesh: LiquidMesh) -> Ints:
        """(F,) index into the looks of every face."""
        if self.molten_look is None or mesh.molten is None:
            return np.full(len(mesh.faces), self.look, np.int32)
        return np.where(mesh.molten, self.molten_look, self.look).astype(np.int32)

    release: Array | None = None
    """(N,) frame from which each particle is out of its inflow's pipe; None: all are from 0 on."""

    def mesh(self, t: int, device: str = "cpu") -> LiquidMesh:
        """The surface at frame t; at the ends of the clip the missing displacement is zero."""
        everything = np.ones(self.positions.shape[1], bool)
        out = everything if self.release is None else self.release <= t
        here = np.asarray(self.positions[t][out], float)
        if len(here) < ENOUGH:
            none = np.zeros((0, 3))
            return LiquidMesh(
                vertices=none,
                faces=np.zeros((0, 3), np.int32),
                normals=none,
                to_next=none,
                to_previous=none,
                rest=none,
            )
        last = len(self.positions) - 1
        motion = np.stack(
            [
                np.asarray(self.positions[min(t + 1, last)][out], float) - here,
                np.asarray(self.positions[max(t - 1, 0)][out], float) - here,
                np.asarray(self.positions[0][out], float),
            ],
            axis=1,
        )
        recorded = (self.temperature, self.molten)
        states = [np.asarray(v[t][out], float) for v in recorded if v is not None]
        surface = Surface(_mirrored(here, self.domain, self.spacing), self.spacing, device)
        vertices = _inside(surface.vertices(), self.domain)
        carried, plain = surface.carried(vertices, here, motion, states)
        normals = surface.normals(vertices)
        return LiquidMesh(
            vertices=_overlap_walls(vertices, normals, self.domain, self.spacing),
            faces=surface.faces,
            normals=normals,
            to_next=carried[:, 0],
            to_previous=carried[:, 1],
            rest=carried[:, 2],
            temperature=None if self.temperature is None else plain[:, 0],
            molten=None if self.molten is None else plain[surface.faces, -1].mean(axis=1) > 0.5,
        )


def _walls(domain: Domain) -> list[tuple[int, int, float]]:
    """Axis, side (-1 or 1) and coordinate [m] of every closed wall of a domain."""
    sides = [(axis, sign) for axis in range(3) for sign in (-1, 1)]
    return [
        (axis, sign, (domain.lower if sign < 0 else domain.upper)[axis])
        for axis, sign in sides
        if not (axis == 2 and sign == 1 and domain.open_top)
    ]


def _mirrored(positions: Array, domain: Domain, spacing: float) -> Array:
    """The particles and their mirror images beyond the closed walls, MIRROR spacings deep.

    So the liquid's surface meets a wall at full height, not rounded off like a free edge.
    """
    points = positions
    for axis, sign, wall in _walls(domain):
        near = sign * (wall - points[:, axis]) < MIRROR * spacing
        image = points[near].copy()
        image[:, axis] = 2.0 * wall - image[:, axis]
        points = np.concatenate([points, image])
    return points


def _inside(vertices: Array, domain: Domain) -> Array:
    """What reaches beyond closed walls, laid flat onto them."""
    laid = vertices.copy()
    for axis, sign, wall in _walls(domain):
        laid[:, axis] = sign * np.minimum(sign * laid[:, axis], sign * wall)
    return laid


class Surface:
    """The surface around particles (N, 3) [m]: `faces` (F, 3), closed, outward."""

    def __init__(self, particles: Array, spacing: float, device: str) -> None:
        self._wp = wp = warp_device(device)
        self._kernels: Any = import_module("simgen.surface.liquid_kernels")
        self._device, self._spacing = device, spacing
        cell = self._cell = CUBE * spacing
        margin = 2 * (self._kernels.TURNS + 2)
        first = np.floor(particles.min(axis=0) / cell) - margin
        self._shape = tuple(int(n) for n in np.ceil(particles.max(axis=0) / cell) - first + margin)
        self._origin: Array = first * cell
        if math.prod(self._shape) > LARGEST:
            raise SimgenError(
                f"the lattice of a liquid's surface has {' x '.join(map(str, self._shape))} nodes, "
                f"{LARGEST} are allowed; take fewer particles or a smaller domain"
            )
        u = self._vectors((particles - self._origin) / cell)
        ones = wp.ones(len(u), dtype=float, device=device)
        number = self._number = self._blurred(u, ones, splines=2)
        room = wp.array(1.0 / self._sampled(number, u), dtype=float, device=device)
        self._raw, faces = self._marched(self._blurred(u, room, splines=1))
        self.faces: Ints = np.ascontiguousarray(faces.numpy().reshape(-1, 3)[:, ::-1])
        self._faces = wp.array(self.faces, dtype=int, device=device)

    def _marched(self, density: Any) -> tuple[Any, Any]:
        """Vertices [m] from the lattice's origin and faces of the level set."""
        geometry: Any = import_module("warp.geometry")
        wp, kernels = self._wp, self._kernels
        cut = wp.empty(self._shape, dtype=int, device=self._device)
        self._launch(kernels.mark_cells, self._shape, [density, LEVEL, cut])
        number = wp.empty_like(cut)
        wp.utils.array_scan(cut.flatten(), number.flatten(), inclusive=True)
        count = int(number.flatten()[-1:].numpy()[0])
        cells = wp.empty(count, dtype=wp.vec3i, device=self._device)
        values = wp.empty((count, 8), dtype=float, device=self._device)
        offsets = geometry.IsoSurfaceMarchingCubes.CUBE_CORNER_OFFSETS
        corners = wp.array(offsets, dtype=wp.vec3i, device=self._device)
        self._launch(
            kernels.list_cells, self._shape, [density, corners, cut, number, cells, values]
        )
        return geometry.sparse_marching_cubes_from_cells(
            cells, values, cell_width=self._cell, threshold=LEVEL, device=self._device
        )

    def vertices(self) -> Array:
        """(V, 3) [m], smoothed."""
        wp, kernels = self._wp, self._kernels
        count, size = len(self._raw), self._faces.shape
        amount = wp.zeros(count, dtype=int, device=self._device)
        end, links = wp.zeros_like(amount), wp.zeros(3 * size[0], dtype=int, device=self._device)
        self._launch(kernels.count_links, size, [self._faces, amount])
        wp.utils.array_scan(amount, end, inclusive=True)
        self._launch(kernels.fill_links, size, [self._faces, end, amount, links])
        number = self._sampled(self._number, self._vectors(self._raw.numpy() / self._cell))
        share = np.clip((number / CUBE**3 - SPRAY) / (BODY - SPRAY), 0.0, 1.0)
        weight = wp.array(share * share * (3.0 - 2.0 * share), dtype=float, device=self._device)
        one, two = self._raw, wp.empty_like(self._raw)
        for step in (INWARD, OUTWARD) * SMOOTHING:
            self._launch(kernels.smooth, count, [one, end, links, weight, step, two])
            one, two = two, one
        return self._origin + one.numpy().astype(float)

    def normals(self, vertices: Array) -> Array:
        """(V, 3) unit."""
        total = self._wp.zeros(len(vertices), dtype=self._wp.vec3, device=self._device)
        placed = self._vectors(vertices - self._origin)
        self._launch(self._kernels.add_normals, self._faces.shape, [placed, self._faces, total])
        found = total.numpy().astype(float)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.where(length > 0.0, found / np.maximum(length, 1e-30), [0.0, 0.0, 1.0])

    def carried(
        self, vertices: Array, particles: Array, motion: Array, states: list[Array]
    ) -> tuple[Array, Array]:
        """(V, 3, 3) displacements to the next and the previous frame and rest positions [m], and
        (V, S) states, from those of the particles (N, 3, 3) and S times (N,)."""
        wp, reach = self._wp, REACH * self._spacing
        grid = wp.HashGrid(64, 64, 64, device=self._device)
        placed = self._vectors(particles - self._origin)
        grid.build(placed, reach)
        shift = np.stack([np.zeros(3), np.zeros(3), self._origin])
        values = wp.array(motion - shift, dtype=wp.vec3, device=self._device)
        columns = np.array(states).reshape(len(states), len(particles)).T
        plain = wp.array(columns, dtype=float, device=self._device)
        out = wp.zeros((len(vertices), 3), dtype=wp.vec3, device=self._device)
        plain_out = wp.zeros((len(vertices), len(states)), dtype=float, device=self._device)
        at = self._vectors(vertices - self._origin)
        inputs = [grid.id, placed, values, plain, reach, RIDGE / REACH**2, at]
        self._launch(self._kernels.carry, len(vertices), [*inputs, out, plain_out])
        return out.numpy().astype(float) + shift, plain_out.numpy().astype(float)

    def _vectors(self, values: Array) -> Any:
        return self._wp.array(values, dtype=self._wp.vec3, device=self._device)

    def _launch(self, kernel: Any, dim: Any, inputs: list[Any]) -> None:
        self._wp.launch(kernel, dim=dim, inputs=inputs, device=self._device)

    def _blurred(self, u: Any, amount: Any, *, splines: int) -> Any:
        """What particles at u [cells] hold, spread over the nodes as far as WIDTH says; `splines`
        counts those on its way, in the scatter and in a sample."""
        wp = self._wp
        one = wp.zeros(self._shape, dtype=float, device=self._device)
        two = wp.zeros_like(one)
        self._launch(self._kernels.scatter, len(u), [u, amount, one])
        taps = self._kernels.Taps(_taps(self._kernels.TURNS, splines))
        for stride in (self._shape[1] * self._shape[2], self._shape[2], 1):
            self._launch(self._kernels.blur, one.size, [one.flatten(), taps, stride, two.flatten()])
            one, two = two, one
        return one

    def _sampled(self, field: Any, u: Any) -> Array:
        values = self._wp.empty(len(u), dtype=float, device=self._device)
        self._launch(self._kernels.sample, len(u), [field, u, values])
        return values.numpy()


def _taps(turns: int, splines: int) -> Array:
    """(2 turns + 1,) weights of three-tap blurs in a row that, with splines of a variance of 1/4
    cell squared, have a variance of WIDTH squared."""
    side = ((WIDTH / CUBE) ** 2 - 0.25 * splines) / (2 * turns)
    taps = np.ones(1)
    for _ in range(turns):
        taps = np.convolve(taps, [side, 1.0 - 2.0 * side, side])
    return taps


def wetted(mesh: LiquidMesh, spacing: float, solids: Solids, device: str) -> LiquidMesh:
    """The surface with its parts near solids (vertices (V, 3) [m], outward faces (F, 3)) drawn into
    them, so that no gap shows: particles keep off a wall by as much as they happen to."""
    wp = warp_device(device)
    kernels: Any = import_module("simgen.surface.liquid_kernels")
    points, faces = solids
    origin = mesh.vertices.min(axis=0)

    def vectors(values: Array) -> Any:
        return wp.array(values, dtype=wp.vec3, device=device)

    triangles = wp.array(faces.ravel(), dtype=int, device=device)
    body = wp.Mesh(vectors(points - origin), triangles)
    at, out = vectors(mesh.vertices - origin), vectors(np.zeros_like(mesh.vertices))
    inputs = [body.id, spacing, at, vectors(mesh.normals), out]
    wp.launch(kernels.wet, dim=len(mesh.vertices), inputs=inputs, device=device)
    moved = out.numpy().astype(float) - at.numpy()
    return replace(mesh, vertices=mesh.vertices + moved)


def _overlap_walls(vertices: Array, normals: Array, domain: Domain, spacing: float) -> Array:
    """Push what faces a closed wall of the domain a little into it, so that no gap shows."""
    moved = vertices.copy()
    for axis, sign, wall in _walls(domain):
        near = (np.abs(vertices[:, axis] - wall) < spacing) & (sign * normals[:, axis] > 0.5)
        pushed = np.maximum(sign * vertices[near, axis], sign * wall + 0.25 * spacing)
        moved[near, axis] = sign * pushed
    return moved
