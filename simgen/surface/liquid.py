"""The surface of a liquid of particles, made anew every frame, with the motion of its matter.

Reconstruction: marching cubes on the particles' SPH density (splashsurf). Smoothing: Taubin,
weighted so that spray keeps its size (Loeschner et al. 2023, Weighted Laplacian smoothing for
surface reconstruction of particle-based fluids). Displacements to the neighbouring frames and rest
positions are carried over from the particles by weighted least squares. All after the
reconstruction is done here because the library's own post-processing is not bit-reproducible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array
from simgen.record import AnyArray
from simgen.scene import Domain
from simgen.surface.mesh import Ints, vertex_normals

RADIUS = 0.7
"""Particle radius of the reconstruction in spacings: larger than half a spacing, so that stretched
sheets keep together; a block at rest keeps its volume to 1 %."""
KERNEL = 2.2
"""Smoothing length in those radii."""
CUBE = 0.6
"""Edge of a marching cube in spacings."""
MIRROR = 3.0
"""Depth of the mirror images behind walls in spacings: beyond the reach of kernel and smoothing."""
SMOOTHING = 60
"""Passes of smoothing, each one step in and one step out."""
INWARD = 0.6
OUTWARD = -1.0 / (1.0 / INWARD - 0.02)
"""Steps of Taubin's filter with a pass band up to 0.02: ripples of particles and grid cells go, the
volume stays (Taubin 1995, A signal processing approach to fair surface design)."""
NEIGHBOURS = 12
"""Particles that give a surface point its motion."""
ENOUGH = 8
"""Fewer particles have no surface yet."""
FULL = 13.0
"""Neighbour count from which a particle counts as inside the liquid (Loeschner et al. 2023)."""


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

    def mesh(self, t: int) -> LiquidMesh:
        """The surface at frame t; at the ends of the clip the missing displacement is zero."""
        from scipy.spatial import KDTree

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
        attributes = np.stack(
            [
                np.asarray(self.positions[min(t + 1, last)][out], float) - here,
                np.asarray(self.positions[max(t - 1, 0)][out], float) - here,
                np.asarray(self.positions[0][out], float),
            ],
            axis=1,
        )
        mirrored = _mirrored(here, self.domain, self.spacing)
        vertices, faces = _reconstruct(mirrored, self.spacing)
        fullness = _fullness(KDTree(mirrored), vertices, self.spacing)
        vertices = _inside(_smooth(vertices, faces, fullness), self.domain)
        tree = KDTree(here)
        index, weight = _neighbours(tree, vertices, self.spacing)
        carried = np.einsum("vk,vkab->vab", weight, attributes[index])
        carried[:, :2] += _slope(here, attributes[:, :2], vertices, index, weight, self.spacing)
        normals = vertex_normals(vertices, faces)
        return LiquidMesh(
            vertices=_overlap_walls(vertices, normals, self.domain, self.spacing),
            faces=faces,
            normals=normals,
            to_next=carried[:, 0],
            to_previous=carried[:, 1],
            rest=carried[:, 2],
            temperature=self._carried(self.temperature, t, index, weight),
            molten=_faces_above(self._carried(self.molten, t, index, weight), faces, 0.5),
        )

    def _carried(
        self, values: AnyArray | None, t: int, index: AnyArray, weight: Array
    ) -> Array | None:
        """(V,) a scalar of the particles at the surface's vertices."""
        if values is None:
            return None
        return (weight * np.asarray(values[t], float)[index]).sum(axis=1)


def _faces_above(values: Array | None, faces: Ints, limit: float) -> NDArray[np.bool_] | None:
    return None if values is None else values[faces].mean(axis=1) > limit


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


def _reconstruct(positions: Array, spacing: float) -> tuple[Array, Ints]:
    """Vertices (V, 3) and outward faces (F, 3) of the density's level set (one thread: exact).

    In float64: a density that equals the threshold counts as inside in one pass of the library and
    as outside in another, which then panics; in float32 that happens by chance.
    """
    import pysplashsurf

    result = pysplashsurf.reconstruct_surface(
        np.ascontiguousarray(positions, np.float64),
        particle_radius=RADIUS * spacing,
        smoothing_length=KERNEL,
        cube_size=CUBE / RADIUS,
        iso_surface_threshold=0.6,
        multi_threading=False,
        subdomain_grid=False,
    )
    return np.array(result.mesh.vertices, float), np.array(result.mesh.triangles, np.int32)


def _fullness(tree: Any, vertices: Array, spacing: float) -> Array:
    """(V,) how much each vertex belongs to a body of liquid, 0 (spray) to 1."""
    counts = tree.query_ball_point(tree.data, 2.0 * spacing, return_length=True)
    _, nearest = tree.query(vertices)
    share = np.clip(np.asarray(counts, float)[nearest] / FULL, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _neighbours(tree: Any, vertices: Array, spacing: float) -> tuple[AnyArray, Array]:
    """(V, k) nearest particles and their normalised weights (Wendland C2)."""
    distance: Array
    index: AnyArray
    distance, index = tree.query(vertices, k=min(NEIGHBOURS, tree.n))
    distance, index = distance.reshape(len(vertices), -1), index.reshape(len(vertices), -1)
    q = np.clip(1.0 - distance / (3.0 * spacing), 1e-6, 1.0)
    weight = q**4 * (5.0 - 4.0 * q)
    return index, weight / weight.sum(axis=1, keepdims=True)


def _slope(
    positions: Array,
    values: Array,
    vertices: Array,
    index: AnyArray,
    weight: Array,
    spacing: float,
) -> Array:
    """(V, 2, 3) the linear part of moving least squares: a surface lies outside its particles, so
    their mean lags behind an affine motion (a rotation, a shear); a ridge keeps sheets tame."""
    near = positions[index]
    center = (weight[:, None, :] @ near)[:, 0]
    offset = near - center[:, None]
    weighted = weight[:, :, None] * offset
    moment = offset.transpose(0, 2, 1) @ weighted + 0.02 * spacing**2 * np.eye(3)
    reach = np.linalg.solve(moment, (vertices - center)[:, :, None])
    share = (weighted @ reach)[:, :, 0]
    return np.einsum("vk,vkcd->vcd", share, values[index])


def _smooth(vertices: Array, faces: Ints, weight: Array) -> Array:
    """Taubin's smoothing, each vertex by its weight."""
    from scipy.sparse import coo_array

    start = np.concatenate([faces[:, k] for k in (0, 1, 2, 1, 2, 0)])
    end = np.concatenate([faces[:, k] for k in (1, 2, 0, 0, 1, 2)])
    links: Any = coo_array((np.ones(len(start)), (start, end)), shape=(len(vertices),) * 2).tocsr()
    links.data[:] = 1.0
    degree = np.maximum(np.asarray(links.sum(axis=1)).reshape(-1, 1), 1.0)
    for _ in range(SMOOTHING):
        for step in (INWARD, OUTWARD):
            shift = links @ vertices / degree - vertices
            vertices = vertices + step * weight[:, None] * shift
    return vertices


def _overlap_walls(vertices: Array, normals: Array, domain: Domain, spacing: float) -> Array:
    """Push what faces a closed wall of the domain a little into it, so that no gap shows."""
    moved = vertices.copy()
    for axis, sign, wall in _walls(domain):
        near = (np.abs(vertices[:, axis] - wall) < spacing) & (sign * normals[:, axis] > 0.5)
        pushed = np.maximum(sign * vertices[near, axis], sign * wall + 0.25 * spacing)
        moved[near, axis] = sign * pushed
    return moved
