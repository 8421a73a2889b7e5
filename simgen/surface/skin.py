"""The curved skin of soft matter, drawn finer than it is computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simgen.geometry import Array
from simgen.surface.mesh import Ints, vertex_normals

ROUNDS = 2
"""How often each facet is cut into four."""


@dataclass(frozen=True, eq=False)
class _Cut:
    """Facets before a cut and the edges that get a vertex at their middle."""

    faces: Ints
    edges: Ints
    """(E, 2)."""
    curved: Array
    """(E, 1) 1 where two facets meet, 0 at creases and rims, which stay straight."""


class Skin:
    """A closed surface through the vertices of a coarse mesh that is normal to its normals.

    Each round puts a vertex at the middle of the cubic over every edge that is perpendicular to
    the normals at its ends (Vlachos, Peters, Boyd & Mitchell, Curved PN triangles, I3D 2001).
    """

    def __init__(self, faces: Ints, rounds: int = ROUNDS) -> None:
        self._cuts: list[_Cut] = []
        count = int(faces.max()) + 1
        for _ in range(rounds):
            pairs = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
            edges, index, shared = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
            self._cuts.append(_Cut(faces, edges, (shared == 2).astype(float)[:, None]))
            a, b, c = faces.T
            ab, bc, ca = (count + index.reshape(-1, 3)).T
            parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
            quarters = np.stack([np.stack(part, axis=1) for part in parts], axis=1)
            faces = quarters.reshape(-1, 3).astype(np.int32)
            count += len(edges)
        self.faces = faces
        """(4^rounds F, 3); those of one coarse facet follow each other."""

    def spread(self, points: Array) -> Array:
        """Vertices of the skin over those of the coarse mesh, which come first [m]."""
        for cut in self._cuts:
            normal = vertex_normals(points, cut.faces)
            a, b = cut.edges.T
            along = points[b] - points[a]
            rise = np.sum(along * normal[b], axis=1, keepdims=True) * normal[b]
            rise -= np.sum(along * normal[a], axis=1, keepdims=True) * normal[a]
            middle = (points[a] + points[b]) / 2 + cut.curved * rise / 8
            points = np.concatenate([points, middle])
        return points
