"""Rigid geometry: primitives and triangle meshes, their bounds and mass properties.

Frames: every geometry lives in its own shape frame, metres, z up; capsules and cylinders lie along
z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.errors import SimgenError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sphere:
    """A ball of `radius` [m] about the origin."""

    radius: float


@dataclass(frozen=True, eq=False)
class Box:
    """A box of full edge lengths `size` [m] about the origin."""

    size: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Capsule:
    """A cylinder of `radius` and `length` [m] along z with hemispherical caps beyond it."""

    radius: float
    length: float


@dataclass(frozen=True, eq=False)
class Cylinder:
    """A cylinder of `radius` and `height` [m] along z about the origin."""

    radius: float
    height: float


@dataclass(frozen=True, eq=False)
class Plane:
    """The half-space z <= 0, infinite for physics, drawn as a square of half-width `extent` [m]."""

    extent: float = 25.0


def require_mesh(what: str, vertices: ArrayLike, cells: ArrayLike, *, corners: int = 3) -> None:
    """Refuse arrays that are not (V, 3) finite vertices and (F, corners) indices of them.

    Raises:
        SimgenError: says what came for `what`.
    """
    v, f = np.asarray(vertices), np.asarray(cells)
    if v.ndim != 2 or v.shape[1] != 3 or f.ndim != 2 or f.shape[1] != corners or not len(f):
        raise SimgenError(
            f"{what}: vertices {v.shape} and cells {f.shape} must be (V, 3) and (F, {corners})"
        )
    if not np.isfinite(v).all() or f.min() < 0 or f.max() >= len(v):
        raise SimgenError(f"{what}: vertices must be finite and cells must index them")


def triangle_areas(vertices: Array, faces: NDArray[np.int32]) -> Array:
    """(F,) [m^2]; 0 for what is thinner than rounding of its corners."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    double = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    longest = np.linalg.norm(np.stack([b - a, c - b, a - c]), axis=2).max(axis=0)
    return np.where(double > 1e-12 * longest**2, double / 2, 0.0)


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """A triangle mesh; for contact it is the union of `hulls`, or its own convex hull when None."""

    vertices: Array
    """(V, 3) [m], shape frame."""
    faces: NDArray[np.int32]
    """(F, 3) vertex indices, counter-clockwise seen from outside."""
    hulls: tuple[Array, ...] | None = None
    """Convex parts for contact, each (H, 3) points [m]."""
    smooth: bool = True
    """Draw with interpolated normals; False draws facets. Edges sharper than 40 degrees stay
    sharp."""

    def __post_init__(self) -> None:
        v, f = np.asarray(self.vertices, float), np.asarray(self.faces, np.int32)
        require_mesh("mesh", v, f)
        if not triangle_areas(v, f).any():
            raise SimgenError("mesh: no triangle has an area, its corners are on one line each")
        object.__setattr__(self, "vertices", v)
        object.__setattr__(self, "faces", f)

    @cached_property
    def contact_hulls(self) -> tuple[Array, ...]:
        """The convex parts used for contact, each (H, 3) [m]."""
        return self.hulls if self.hulls is not None else (self.vertices,)


Geometry = Sphere | Box | Capsule | Cylinder | Plane | TriangleMesh


@dataclass(frozen=True, eq=False)
class MassProperties:
    """Mass [kg], centre of mass (3,) [m] and inertia (3, 3) [kg m^2] about it, in the owner's
    frame."""

    mass: float
    center_of_mass: Array
    inertia: Array


def triangulate(geometry: Geometry, *, segments: int = 48) -> TriangleMesh:
    """The surface as triangles; `segments` is the number of facets around a circle."""
    import trimesh

    make: Any = trimesh.creation
    match geometry:
        case TriangleMesh():
            return geometry
        case Sphere(radius):
            mesh, smooth = make.uv_sphere(radius, count=[segments // 2, segments]), True
        case Box(size):
            mesh, smooth = make.box(size), False
        case Capsule(radius, length):
            mesh = make.capsule(height=length, radius=radius, count=[segments // 2, segments])
            mesh.apply_translation([0.0, 0.0, -float(mesh.bounds.mean(axis=0)[2])])
            smooth = True
        case Cylinder(radius, height):
            mesh, smooth = make.cylinder(radius, height, sections=segments), True
        case Plane(extent):
            e = extent
            corners = np.array([[-e, -e, 0], [e, -e, 0], [e, e, 0], [-e, e, 0]], float)
            return TriangleMesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), smooth=False)
    return TriangleMesh(
        np.array(mesh.vertices, float), np.array(mesh.faces, np.int32), smooth=smooth
    )


def bounds(geometry: Geometry) -> Array:
    """(2, 3) lowest and highest corner [m] in the shape frame."""
    match geometry:
        case Sphere(radius):
            half = np.full(3, radius)
        case Box(size):
            half = np.asarray(size, float) / 2
        case Capsule(radius, length):
            half = np.array([radius, radius, length / 2 + radius])
        case Cylinder(radius, height):
            half = np.array([radius, radius, height / 2])
        case Plane(extent):
            half = np.array([extent, extent, 0.0])
        case TriangleMesh(vertices):
            return np.stack([vertices.min(axis=0), vertices.max(axis=0)])
    return np.stack([-half, half])


def mass_properties(geometry: Geometry, density: float) -> MassProperties:
    """Mass, centre and inertia of the solid filled at `density` [kg/m^3] (closed forms; meshes by
    the divergence theorem, or of their hulls when the surface is open)."""
    match geometry:
        case Sphere(r):
            m = density * 4 / 3 * np.pi * r**3
            inertia = np.eye(3) * 0.4 * m * r * r
        case Box((x, y, z)):
            m = density * x * y * z
            inertia = m / 12 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])
        case Cylinder(r, h):
            m = density * np.pi * r * r * h
            side = m * (3 * r * r + h * h) / 12
            inertia = np.diag([side, side, m * r * r / 2])
        case Capsule(r, h):
            m_c = density * np.pi * r * r * h
            m_s = density * 4 / 3 * np.pi * r**3
            side = m_c * (h * h / 12 + r * r / 4) + m_s * (0.4 * r * r + h * h / 4 + 3 / 8 * h * r)
            m = m_c + m_s
            inertia = np.diag([side, side, m_c * r * r / 2 + m_s * 0.4 * r * r])
        case Plane():
            raise SimgenError("a Plane has no mass: it can only be static")
        case TriangleMesh():
            return _mesh_mass_properties(geometry, density)
    return MassProperties(float(m), np.zeros(3), inertia)


def _mesh_mass_properties(mesh: TriangleMesh, density: float) -> MassProperties:
    import trimesh

    tri = trimesh.Trimesh(mesh.vertices, mesh.faces, process=True)
    if tri.is_watertight and tri.volume > 0:
        parts: list[Any] = [tri]
    else:
        parts = [trimesh.Trimesh(hull).convex_hull for hull in mesh.contact_hulls]
    props: list[MassProperties] = []
    for part in parts:
        part.density = density
        props.append(
            MassProperties(
                float(part.mass), np.array(part.center_mass), np.array(part.moment_inertia)
            )
        )
    return combine(props)


def combine(parts: list[MassProperties]) -> MassProperties:
    """Mass properties of several solids in one frame, by the parallel-axis theorem."""
    mass = sum(p.mass for p in parts)
    center = sum((p.mass * p.center_of_mass for p in parts), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for p in parts:
        d = p.center_of_mass - center
        inertia += p.inertia + p.mass * (d @ d * np.eye(3) - np.outer(d, d))
    return MassProperties(mass, center, inertia)
