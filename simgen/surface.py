"""What is drawn of a scene, with its correspondence through time."""

from __future__ import annotations

import numpy as np

from simgen.geometry import TriangleMesh, triangulate
from simgen.rotation import to_matrix
from simgen.scene import RigidBody

REFINED_EDGES = 40
"""A refined surface has edges no longer than its largest extent over this."""


def surface_mesh(body: RigidBody, *, refine: bool = False) -> TriangleMesh:
    """The triangles of all shapes of a body in the body frame; `refine` splits them to carry a field."""
    import trimesh

    vertices: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    count = 0
    for shape in body.shapes:
        mesh = triangulate(shape.geometry)
        points = mesh.vertices @ to_matrix(shape.quaternion).T + np.asarray(shape.position)
        vertices.append(points)
        faces.append(mesh.faces + count)
        count += len(points)
    v, f = np.concatenate(vertices), np.concatenate(faces)
    if refine:
        edge = float(np.ptp(v, axis=0).max()) / REFINED_EDGES
        v, f = trimesh.remesh.subdivide_to_size(v, f, edge, max_iter=12)
    return TriangleMesh(v, f.astype(np.int32), smooth=False)
