"""Which outer faces of finite elements touch other bodies, and what they exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from simgen.engines.fem_mesh import Index, Mesh
from simgen.geometry import Array
from simgen.motion import pose_at
from simgen.rotation import to_matrix

CONTACT_GAP = 5e-4
"""Surfaces closer than this touch [m]."""
OVERLAP = 2e-3
"""Contact is looked for up to this depth of overlap [m]."""
FACING = -0.5
"""Largest cosine between the normals of surfaces that touch."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What the nodes of all bodies (numbered through) exchange over their surfaces."""

    contact: Any
    """(N, N) sparse [W/K]: heat that leaves each node through contacts is contact @ T."""
    area: Array
    """(N,) open to the air [m^2]."""
    radiant: Array
    """(N,) emissivity times open area [m^2]."""


class SurfaceFinder:
    """Finds the surface exchange at any instant; remembers the last while nothing moves."""

    def __init__(self, meshes: Sequence[Mesh], others: Sequence[Any]) -> None:
        self.meshes = meshes
        self.solids = (*[m.solid for m in meshes], *others)
        """Thermal bodies first, then those that only cover."""
        self.first = np.concatenate([[0], np.cumsum([len(m.nodes) for m in meshes])])
        self._samples = [m.samples.reshape(-1, 3) for m in meshes]
        self._last: tuple[bytes, Surface] | None = None

    def at(self, time: float) -> Surface:
        """The exchange with every body where it is at `time` [s]."""
        poses: list[tuple[Array, Array]] = []
        for solid in self.solids:
            position, quaternion = pose_at(solid.body, time)
            poses.append((np.asarray(position, float), to_matrix(quaternion)))
        token = np.concatenate([np.append(p, r) for p, r in poses]).round(9).tobytes()
        if self._last is None or self._last[0] != token:
            self._last = (token, self._find(poses))
        return self._last[1]

    def _find(self, poses: list[tuple[Array, Array]]) -> Surface:
        total = int(self.first[-1])
        area, radiant = np.zeros(total), np.zeros(total)
        parts: list[Any] = []
        for a, mesh in enumerate(self.meshes):
            open_ = np.ones(len(self._samples[a]))
            for b in range(len(self.solids)):
                touch, local = self._touching(a, b, poses) if a != b else (None, None)
                if touch is None or local is None or not len(touch):
                    continue
                open_[touch] = 0.0
                if b < len(self.meshes) and self._finer(a, b):
                    parts.append(self._exchange(a, b, touch, local))
            node = self.first[a] + mesh.faces.ravel()
            share = open_ * np.repeat(mesh.areas / 3, 3)
            area += np.bincount(node, share, total)
            radiant += np.bincount(node, share * np.repeat(mesh.emissivity, 3), total)
        contact: Any = csr_array((total, total))
        for part in parts:
            contact = contact + part
        return Surface(contact, area, radiant)

    def _finer(self, a: int, b: int) -> bool:
        fine = [float(self.meshes[i].areas.mean()) for i in (a, b)]
        return (fine[0], a) < (fine[1], b)

    def _touching(
        self, a: int, b: int, poses: list[tuple[Array, Array]]
    ) -> tuple[Index | None, Array | None]:
        """Samples of a that touch b, and where they are in the frame of b."""
        (pa, ra), (pb, rb) = poses[a], poses[b]
        turn, shift = rb.T @ ra, rb.T @ (pa - pb)
        local = self._samples[a] @ turn.T + shift
        if b < len(self.meshes):
            other = self.meshes[b].nodes
            low, high = other.min(0) - CONTACT_GAP, other.max(0) + CONTACT_GAP
            close = np.flatnonzero(((local > low) & (local < high)).all(1))
        else:
            close = np.arange(len(local))
        if not len(close):
            return None, None
        distance, normal, _ = self.solids[b].distance(local[close], OVERLAP)
        facing = np.repeat(self.meshes[a].normals, 3, axis=0)[close] @ turn.T
        touch = (np.abs(distance) < OVERLAP) & (distance < CONTACT_GAP)
        touch &= np.einsum("nd,nd->n", facing, normal) < FACING
        return close[touch], local[close[touch]]

    def _exchange(self, a: int, b: int, touch: Index, local: Array) -> Any:
        """Conductance matrix of samples of a, which belong to their nearest node, with faces of
        b."""
        one, two = self.meshes[a], self.meshes[b]
        h = [m.element.contact_conductance for m in (one, two)]
        g = 2 * h[0] * h[1] / (h[0] + h[1]) * np.repeat(one.areas / 3, 3)[touch]
        node = self.first[a] + one.faces.ravel()[touch]
        face, weight = two.locate(local)
        columns = np.concatenate([node[:, None], self.first[b] + two.faces[face]], 1)
        values = np.concatenate([np.ones((len(touch), 1)), -weight], 1)
        blocks = g[:, None, None] * values[:, :, None] * values[:, None, :]
        rows, cols = np.repeat(columns, 4, axis=1), np.tile(columns, (1, 4))
        total = int(self.first[-1])
        return coo_array(
            (blocks.ravel(), (rows.ravel(), cols.ravel())), shape=(total, total)
        ).tocsr()
