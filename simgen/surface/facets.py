"""The triangles of a rigid shape as they are drawn, made once for each geometry."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from simgen.geometry import Array, Geometry, triangulate
from simgen.surface.mesh import SHARP, Ints, split_sharp, vertex_normals


@dataclass(frozen=True, eq=False)
class Facets:
    """Triangles in the shape frame, with vertices doubled along sharp edges."""

    vertices: Array
    """(V, 3) [m]."""
    faces: Ints
    """(F, 3), the geometry's own order."""
    normals: Array
    """(V, 3) unit shading normals."""


_FACETS: WeakKeyDictionary[Geometry, Facets] = WeakKeyDictionary()
"""Those of the geometries that are in use: a clip asks for them before physics, to draw, and to
check."""


def facets_of(geometry: Geometry) -> Facets:
    """The facets of a geometry; nobody may write into it."""
    found = _FACETS.get(geometry)
    if found is None:
        mesh = triangulate(geometry)
        angle = SHARP if mesh.smooth else 0.0
        split = split_sharp(mesh.vertices, mesh.faces, angle=angle, weld=True)
        vertices = mesh.vertices[split.source]
        found = Facets(vertices, split.faces, vertex_normals(vertices, split.faces))
        _FACETS[geometry] = found
    return found
