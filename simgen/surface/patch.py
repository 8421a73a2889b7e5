"""Pieces of matter as they are drawn: triangles that follow it, and exact spheres."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.geometry import Array
from simgen.record import AnyArray
from simgen.rotation import to_matrix
from simgen.surface.mesh import Ints, Tube, tangents, vertex_normals
from simgen.surface.skin import Skin


@dataclass(frozen=True, eq=False, kw_only=True)
class Patch(ABC):
    """Triangles of one instance whose vertices stay on the same matter through time."""

    instance: int
    """Id as in the segmentation."""
    faces: Ints
    """(F, 3), outward where the matter has an outside."""
    face_looks: Ints
    """(F,) index into the looks table."""
    rest: Array
    """(V, 3) body frame or unstressed shape [m]."""

    @cached_property
    def still(self) -> bool:
        """Whether vertices and normals are the same at every frame."""
        return False

    @abstractmethod
    def vertices(self, t: int) -> Array:
        """(V, 3) world [m] at frame t."""

    @abstractmethod
    def normals(self, t: int, vertices: Array) -> Array:
        """(V, 3) unit shading normals at frame t, where the vertices are `vertices`."""

    def temperature(self, t: int) -> Array | None:
        """(V,) [K] at frame t, None where the matter has none."""
        return None


@dataclass(frozen=True, eq=False, kw_only=True)
class RigidPatch(Patch):
    """A rigid shape: `rest` is its surface in the body frame."""

    local_normals: Array
    positions: AnyArray
    """(T, 3) of the body frame's origin."""
    quaternions: AnyArray
    """(T, 4) wxyz."""
    field: AnyArray | None = None
    """(T, V) temperature [K]."""

    @cached_property
    def still(self) -> bool:
        places, turns = self.positions, self.quaternions
        return bool((places == places[0]).all() and (turns == turns[0]).all())

    def vertices(self, t: int) -> Array:
        return self.rest @ to_matrix(self.quaternions[t]).T + self.positions[t]

    def normals(self, t: int, vertices: Array) -> Array:
        return self.local_normals @ to_matrix(self.quaternions[t]).T

    def temperature(self, t: int) -> Array | None:
        return None if self.field is None else np.asarray(self.field[t], float)


@dataclass(frozen=True, eq=False, kw_only=True)
class MeshPatch(Patch):
    """A deforming mesh; `source` maps drawn vertices to recorded ones."""

    source: Ints
    positions: AnyArray
    """(T, recorded vertices, 3)."""

    def vertices(self, t: int) -> Array:
        return np.asarray(self.positions[t], float)[self.source]

    def normals(self, t: int, vertices: Array) -> Array:
        return vertex_normals(vertices, self.faces)


@dataclass(frozen=True, eq=False, kw_only=True)
class SkinPatch(MeshPatch):
    """The curved skin of a deforming body; `source` maps its coarse vertices to recorded ones."""

    skin: Skin

    def vertices(self, t: int) -> Array:
        return self.skin.spread(super().vertices(t))


@dataclass(frozen=True, eq=False, kw_only=True)
class TubePatch(Patch):
    """A rope: a round tube along its recorded centre line, without twist."""

    tube: Tube
    radius: float
    curve: Array
    """(T, M, 3) centre line."""
    frames: Array
    """(T, M, 3) normals that do not twist along the line."""

    def vertices(self, t: int) -> Array:
        return self.tube.spread(self.curve[t]) + self.radius * self.normals(t, self.rest)

    def normals(self, t: int, vertices: Array) -> Array:
        return self.tube.directions(tangents(self.curve[t]), self.frames[t])


@dataclass(frozen=True, eq=False, kw_only=True)
class Balls:
    """Exact spheres that move together: one rigid shape, or all grains of a heap."""

    instance: int
    look: int
    radius: float | AnyArray
    """Of all, or (S,) of each [m]."""
    rest: Array
    """(S, 3) centres in the body frame, or at t = 0 for grains [m]."""
    positions: AnyArray
    """(T, 3) of the body's origin, or (T, S, 3) of the grains' centres [m]."""
    quaternions: AnyArray | None = None
    """(T, 4) wxyz of the body; None for grains."""
    turns: AnyArray | None = None
    """(T, S, 4) wxyz of the grains, where their turning is recorded."""

    def centers(self, t: int) -> Array:
        """(S, 3) world [m] at frame t."""
        if self.quaternions is None:
            return np.asarray(self.positions[t], float)
        return self.rest @ to_matrix(self.quaternions[t]).T + self.positions[t]

    def orientations(self, t: int) -> Array:
        """(S, 4) wxyz, body to world."""
        if self.turns is not None:
            return np.asarray(self.turns[t], float)
        turn = np.array([1.0, 0, 0, 0]) if self.quaternions is None else self.quaternions[t]
        return np.tile(turn, (len(self.rest), 1))
