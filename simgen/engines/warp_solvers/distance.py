"""Signed distance of points to rigid geometry, in the frames of shape and body, for grid solvers.

Primitives in closed form; triangle meshes by the nearest triangle and the generalised winding
number (Jacobson et al. 2013) of a `wp.Mesh`. Negative inside. All lengths in metres.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as _wp

from simgen.engines.primitive import primitive_distance
from simgen.engines.warp_solvers import distance_kernels as _kernels
from simgen.geometry import Array, TriangleMesh
from simgen.rotation import to_matrix
from simgen.scene import RigidBody

wp: Any = _wp  # partly typed
kernels: Any = _kernels


class MeshDistance:
    """Distance to a triangle mesh; the acceleration structure is built once."""

    def __init__(self, mesh: TriangleMesh, device: str) -> None:
        self.device = device
        self.center = (mesh.vertices.max(0) + mesh.vertices.min(0)) / 2
        local = np.ascontiguousarray(mesh.vertices - self.center, np.float32)
        self.extent = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
        self.mesh = wp.Mesh(
            points=wp.array(local, dtype=wp.vec3, device=device),
            indices=wp.array(np.ascontiguousarray(mesh.faces).ravel(), dtype=int, device=device),
            support_winding_number=True,
        )

    def __call__(self, points: Array, near: float | None = None) -> tuple[Array, Array]:
        """Distance (N,) and its unit gradient (N, 3), shape frame; float32 precision.

        With `near` [m] only surfaces closer than that are looked for (fast): points beyond it get
        `near` and no gradient, the others the normal of the nearest facet.
        """
        p = np.ascontiguousarray(points - self.center, np.float32)
        where = wp.array(p, dtype=wp.vec3, device=self.device)
        d = wp.zeros(len(p), dtype=float, device=self.device)
        g = wp.zeros(len(p), dtype=wp.vec3, device=self.device)
        far = self.extent + float(np.abs(p).max(initial=0.0)) * 1.8
        inputs = [self.mesh.id, where, near or far, near is not None, d, g]
        wp.launch(kernels.mesh_distance, dim=len(p), inputs=inputs, device=self.device)
        return d.numpy().astype(float), g.numpy().astype(float)


@dataclass(frozen=True)
class Solid:
    """A body as the union of its shapes: distance, gradient and which shape is nearest."""

    body: RigidBody
    meshes: tuple[MeshDistance | None, ...]

    def distance(self, points: Array, near: float | None = None) -> tuple[Array, Array, Array]:
        """Distance (N,), unit gradient (N, 3), index of the deciding shape (N,), body frame.

        Inside several shapes, the first one listed owns the point; outside all, the nearest does.
        `near` as in MeshDistance.
        """
        best = np.full(len(points), np.inf)
        gradient = np.zeros((len(points), 3))
        owner = np.full(len(points), -1)
        for index, (shape, mesh) in enumerate(zip(self.body.shapes, self.meshes, strict=True)):
            turn = to_matrix(shape.quaternion)
            local = (points - np.asarray(shape.position)) @ turn
            d, g = mesh(local, near) if mesh else primitive_distance(shape.geometry, local)
            owner = np.where((owner < 0) | ((best > 0) & (d < best)), index, owner)
            closer = d < best
            best = np.where(closer, d, best)
            gradient = np.where(closer[:, None], g @ turn.T, gradient)
        return best, gradient, owner


def make_solid(body: RigidBody, device: str) -> Solid:
    """The distance field of a body."""
    meshes = [
        MeshDistance(s.geometry, device) if isinstance(s.geometry, TriangleMesh) else None
        for s in body.shapes
    ]
    return Solid(body, tuple(meshes))
