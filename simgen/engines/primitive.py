"""Signed distance of points to primitives and convex solids in closed form. Negative inside [m]."""

from __future__ import annotations

import numpy as np

from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, Plane, Sphere, TriangleMesh


def _unit(v: Array) -> Array:
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.divide(v, length, out=np.zeros_like(v), where=length > 0)


def _box(q: Array, sign: Array) -> tuple[Array, Array]:
    """Distance to a box from q = |p| - half, any dimension (Quilez); `sign` restores the octant."""
    outside = np.maximum(q, 0.0)
    far = np.linalg.norm(outside, axis=-1)
    near: Array = q.max(axis=-1)
    inward = (q == near[:, None]).astype(float)
    inward /= np.linalg.norm(inward, axis=-1, keepdims=True)
    gradient = np.where((near > 0)[:, None], _unit(outside), inward)
    return np.where(near > 0, far, near), gradient * sign


def primitive_distance(geometry: Geometry, points: Array) -> tuple[Array, Array]:
    """Distance (N,) [m] and unit outward gradient (N, 3) of a primitive, shape frame."""
    p = np.asarray(points, float)
    sign = np.where(p < 0, -1.0, 1.0)
    match geometry:
        case Sphere(radius):
            return np.linalg.norm(p, axis=1) - radius, _unit(p)
        case Box(size):
            return _box(np.abs(p) - np.asarray(size) / 2, sign)
        case Capsule(radius, length):
            axis = p.copy()
            axis[:, 2] -= np.clip(p[:, 2], -length / 2, length / 2)
            return np.linalg.norm(axis, axis=1) - radius, _unit(axis)
        case Cylinder(radius, height):
            r = np.linalg.norm(p[:, :2], axis=1)
            q = np.stack([r - radius, np.abs(p[:, 2]) - height / 2], 1)
            d, g = _box(q, np.stack([np.ones(len(p)), sign[:, 2]], 1))
            return d, np.concatenate([_unit(p[:, :2]) * g[:, :1], g[:, 1:]], 1)
        case Plane():
            return p[:, 2].copy(), np.tile([0.0, 0.0, 1.0], (len(p), 1))
        case TriangleMesh():
            raise TypeError("a TriangleMesh needs a MeshDistance")


def convex_distance(geometry: TriangleMesh, points: Array) -> tuple[Array, Array]:
    """As `primitive_distance` of a closed convex mesh: exact inside, a lower bound outside."""
    corners = np.asarray(geometry.vertices, float)[geometry.faces]
    normals = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    heights = points @ normals.T - np.sum(normals * corners[:, 0], axis=1)
    face = heights.argmax(axis=1)
    return heights[np.arange(len(points)), face], normals[face]
