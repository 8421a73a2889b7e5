"""Where thermal bodies touch: patches of one body close to the surface of another exchange heat.

A contact conducts h_c [W/(m^2 K)] per area, in series with the half cells on both sides. For metals
pressed together in air h_c is 2,000-12,000 (Incropera, Fundamentals of Heat and Mass Transfer, 6th
ed., table 3.1; Yovanovich 1982 for the pressure law). Covered patches exchange nothing with the
air; other rigid bodies cover without conducting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.constants import Stefan_Boltzmann
from scipy.spatial import KDTree

from simgen.engines.warp_solvers.distance import Solid
from simgen.engines.warp_solvers.heat_grid import CellGrid, Index
from simgen.geometry import Array, Plane
from simgen.motion import pose_at
from simgen.rotation import to_matrix
from simgen.scene import Ambient, Quaternion, RigidBody
from simgen.surface import surface_mesh

CONTACT_GAP = 5e-4
"""Surfaces closer than this touch [m]."""
NEAR = 2e-3
"""Contact is looked for up to this depth of overlap [m]."""
FACING = -0.5
"""Largest cosine between the normals of surfaces that touch."""
Pose = tuple[Array, Array]
"""Position (3,) and rotation matrix (3, 3), body to world."""


@dataclass(frozen=True, eq=False)
class Exchange:
    """What the cells of all bodies (numbered through) exchange in one interval of time."""

    cell: Index
    """(E,) increasing; every contact is listed from both sides."""
    other: Index
    """(E,) the cell on the other side."""
    conductance: Array
    """(E,) [W/K]."""
    patch: Index
    """(K,) patches, numbered through all bodies, that are covered in part or whole."""
    covered: Array
    """(K,) their covered share."""
    touching: Index
    """(M,) patches in contact, numbered through; every contact is listed from both sides."""
    beyond: Index
    """(M,) the cell on the other side."""
    link: Array
    """(M,) [W/K]; `conductance` is their sum by pairs of cells."""


class ContactFinder:
    """Finds the exchange of bodies at any instant; remembers the last one while nothing moves."""

    def __init__(self, grids: Sequence[CellGrid], solids: Sequence[Solid]) -> None:
        self.grids = grids
        self.solids = (*[g.solid for g in grids], *solids)
        """Thermal bodies first, then the bodies that only cover."""
        self.first = np.concatenate([[0], np.cumsum([len(g.centers) for g in grids])])
        self.boxes = [_box(s.body) for s in self.solids]
        self.middles = [g.patches.samples.mean(1) for g in grids]
        self.slack = [
            float(np.linalg.norm(g.patches.samples - m[:, None], axis=2).max())
            for g, m in zip(grids, self.middles, strict=True)
        ]
        self.trees: list[Any] = [KDTree(m) for m in self.middles]
        self.balls = [_ball(g) for g in grids]
        self.first_patch = np.concatenate([[0], np.cumsum([len(g.patches.cell) for g in grids])])
        self.patch_cell = np.concatenate(
            [g.patches.cell + f for g, f in zip(grids, self.first, strict=False)]
        )
        self._surface = (
            np.concatenate([g.patches.area for g in grids]),
            np.concatenate([g.patches.conductance for g in grids]),
        )
        self._emissivity = np.concatenate([g.emissivity[g.patches.cell] for g in grids])
        self._last: tuple[bytes, Exchange] | None = None
        self._pairs: dict[tuple[int, int], tuple[bytes, tuple[Index, Array]]] = {}

    def at(self, time: float) -> Exchange:
        """The exchange with every body where it is at `time` [s]."""
        poses = [_pose(s.body, time) for s in self.solids]
        token = np.concatenate([np.append(p, m) for p, m in poses]).round(9).tobytes()
        if self._last is None or self._last[0] != token:
            self._last = (token, self._find(poses))
        return self._last[1]

    def _find(self, poses: list[Pose]) -> Exchange:
        covered = [np.zeros(len(g.patches.cell)) for g in self.grids]
        one: list[Index] = []
        two: list[Index] = []
        link: list[Array] = []
        for a, grid in enumerate(self.grids):
            for b in range(len(self.solids)):
                if a == b:
                    continue
                patch, points = self._touching(a, b, poses)
                if not len(patch):
                    continue
                share = 1.0 / grid.patches.samples.shape[1]
                covered[a] += share * np.bincount(patch, minlength=len(covered[a]))
                if b < len(self.grids) and self._conducts_from(a, b):
                    target = np.asarray(self.trees[b].query(points)[1], np.int64)
                    link.append(self._conductance(a, b, patch, target) * share)
                    one.append(self.first_patch[a] + patch)
                    two.append(self.first_patch[b] + target)
        return self._assemble(covered, one, two, link)

    def _conducts_from(self, a: int, b: int) -> bool:
        """Whether the pair's contact is sampled on `a`: the finer of the two, so that no cell
        is missed."""
        fine = [float(self.grids[i].patches.area.mean()) for i in (a, b)]
        return (fine[0], a) < (fine[1], b)

    def _touching(self, a: int, b: int, poses: list[Pose]) -> tuple[Index, Array]:
        """Patch index (M,) and point (M, 3) in the frame of b of every sample of a that touches
        b."""
        (pa, ra), (pb, rb) = poses[a], poses[b]
        turn, shift = rb.T @ ra, rb.T @ (pa - pb)
        token = np.append(turn, shift).round(9).tobytes()
        known = self._pairs.get((a, b))
        if known is None or known[0] != token:
            self._pairs[a, b] = (token, self._search(a, b, turn, shift))
        return self._pairs[a, b][1]

    def _search(self, a: int, b: int, turn: Array, shift: Array) -> tuple[Index, Array]:
        """`_touching` at a pose of a in the frame of b."""
        patches = self.grids[a].patches
        slack = self.slack[a]
        reach = NEAR + slack
        low, high = self.boxes[b]
        near = self._candidates(a, b, turn, shift)
        if not len(near):
            return near, np.zeros((0, 3))
        middle = self.middles[a][near] @ turn.T + shift
        inside = ((middle >= low - slack) & (middle <= high + slack)).all(1)
        near, middle = near[inside], middle[inside]
        if not len(near):
            return near, np.zeros((0, 3))
        distance, gradient, _ = self.solids[b].distance(middle, reach)
        facing = np.einsum("nk,nk->n", patches.normal[near] @ turn.T, gradient)
        near = near[(np.abs(distance) < reach) & (facing < 0.5)]
        samples = patches.samples[near]
        patch = np.repeat(near, samples.shape[1])
        points = samples.reshape(-1, 3) @ turn.T + shift
        inside = ((points >= low) & (points <= high)).all(1)
        patch, points = patch[inside], points[inside]
        distance, gradient, _ = self.solids[b].distance(points, NEAR)
        facing = np.einsum("nk,nk->n", patches.normal[patch] @ turn.T, gradient)
        keep = (np.abs(distance) < NEAR) & (distance <= CONTACT_GAP) & (facing <= FACING)
        return patch[keep], points[keep]

    def _candidates(self, a: int, b: int, turn: Array, shift: Array) -> Index:
        """Patches of a that the bounds of both bodies leave; none where b is far away.

        Distances change by no more than the way between two points, so a surface of b that is far
        from the middle of a is far from all of a.
        """
        none = np.zeros(0, np.int64)
        low, high = self.boxes[b]
        own = _corners(np.array(self.boxes[a])) @ turn.T + shift
        if (own.max(0) < low).any() or (own.min(0) > high).any():
            return none
        middle, radius = self.balls[a]
        far = radius + NEAR
        distance, _, _ = self.solids[b].distance((middle @ turn.T + shift)[None], far)
        if abs(float(distance[0])) >= far:
            return none
        found = self.middles[a]
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            return np.arange(len(found))
        other = (_corners(np.stack([low, high])) - shift) @ turn
        slack = self.slack[a]
        inside = (found >= other.min(0) - slack) & (found <= other.max(0) + slack)
        return np.flatnonzero(inside.all(1))

    def _conductance(self, a: int, b: int, patch: Index, target: Index) -> Array:
        """(M,) [W/K] of whole patches of a that touch patches of b."""
        first, second = self.grids[a], self.grids[b]
        h_a, h_b = first.element.contact_conductance, second.element.contact_conductance
        resistance = (
            (h_a + h_b) / (2 * h_a * h_b)
            + 1 / first.patches.conductance[patch]
            + 1 / second.patches.conductance[target]
        )
        return first.patches.area[patch] / resistance

    def _assemble(
        self, covered: list[Array], one: list[Index], two: list[Index], link: list[Array]
    ) -> Exchange:
        shares = np.concatenate(covered)
        patch = np.flatnonzero(shares)
        share = np.minimum(shares[patch], 1.0)
        if not one:
            none = np.zeros(0, np.int64)
            return Exchange(none, none, np.zeros(0), patch, share, none, none, np.zeros(0))
        total, cell = int(self.first[-1]), self.patch_cell
        a, b, each = np.concatenate(one), np.concatenate(two), np.concatenate(link)
        pairs, inverse = np.unique(cell[a] * total + cell[b], return_inverse=True)
        g: Array = np.bincount(inverse, each).astype(float)
        rows = np.concatenate([pairs // total, pairs % total])
        columns = np.concatenate([pairs % total, pairs // total])
        order = np.lexsort((columns, rows))
        return Exchange(
            cell=rows[order],
            other=columns[order],
            conductance=np.concatenate([g, g])[order],
            patch=patch,
            covered=share,
            touching=np.concatenate([a, b]),
            beyond=cell[np.concatenate([b, a])],
            link=np.concatenate([each, each]),
        )

    def open_surface(self, exchange: Exchange) -> tuple[Array, Array]:
        """Surface open to the air (N,) [m^2] and its conductance from the cell's centre (N,)
        [W/K]."""
        total = int(self.first[-1])
        cell, whole, conductance = self.patch_cell, *self._surface
        area = whole.copy()
        area[exchange.patch] *= 1 - exchange.covered
        surface: list[Array] = [
            np.bincount(cell, w, minlength=total).astype(float) for w in (area, area * conductance)
        ]
        return surface[0], surface[1]

    def surface_temperature(self, exchange: Exchange, cells: Array, ambient: Ambient) -> Array:
        """(P,) of every patch [K] where the cells' centres have `cells` (N,): they differ by the
        flux over the conductance of the half cell. The loss to the air is taken as linear about the
        cell's temperature, with 4 eps sigma T^3 for radiation."""
        cell, area, conductance = self.patch_cell, *self._surface
        own, air = cells[cell], ambient.temperature
        gain = exchange.link * (cells[exchange.beyond] - own[exchange.touching])
        flux = np.bincount(exchange.touching, gain, minlength=len(cell)) / np.maximum(area, 1e-300)
        open_ = np.ones(len(cell))
        open_[exchange.patch] -= exchange.covered
        emission = self._emissivity * Stefan_Boltzmann
        loss = ambient.convection * (own - air) + emission * (own**4 - air**4)
        slope = ambient.convection + 4 * emission * own**3
        surface = own + flux / conductance - open_ * loss / (conductance + slope)
        return np.clip(surface, min(cells.min(), air), max(cells.max(), air))


def _pose(body: RigidBody, time: float) -> Pose:
    position, quaternion = pose_at(body, time)
    return position, to_matrix(quaternion)


def _box(body: RigidBody) -> tuple[Array, Array]:
    """Bounds in the body frame, widened by the contact gap; a plane reaches down for ever."""
    if any(isinstance(s.geometry, Plane) for s in body.shapes):
        flat = all(isinstance(s.geometry, Plane) and _upright(s.quaternion) for s in body.shapes)
        top = max(s.position[2] for s in body.shapes) + CONTACT_GAP if flat else np.inf
        return np.full(3, -np.inf), np.array([np.inf, np.inf, top])
    v = surface_mesh(body).vertices
    return v.min(0) - CONTACT_GAP, v.max(0) + CONTACT_GAP


def _ball(grid: CellGrid) -> tuple[Array, float]:
    """Centre (3,) and radius [m] of a ball around all contact samples of a body, body frame."""
    samples = grid.patches.samples.reshape(-1, 3)
    middle = (samples.max(0) + samples.min(0)) / 2
    return middle, float(np.linalg.norm(samples - middle, axis=1).max())


def _corners(box: Array) -> Array:
    """(8, 3) corners of a (2, 3) box."""
    return np.array([[box[i >> k & 1, k] for k in range(3)] for i in range(8)])


def _upright(quaternion: Quaternion) -> bool:
    return bool(to_matrix(quaternion)[2, 2] > 1 - 1e-12)


def motion_between(bodies: Sequence[RigidBody], start: float, end: float) -> float:
    """Largest distance [m] a point of the bodies moves between two instants (bound by their
    extent)."""
    most = 0.0
    for body in bodies:
        if body.keyframes is None:
            continue
        (p0, r0), (p1, r1) = _pose(body, start), _pose(body, end)
        low, high = _box(body)
        reach = float(np.linalg.norm(np.maximum(np.abs(low), np.abs(high))))
        most = max(most, float(np.linalg.norm(p1 - p0) + reach * np.linalg.norm(r1 - r0, 2)))
    return most
