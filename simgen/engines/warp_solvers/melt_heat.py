"""Heat of particles that melt: conduction between them, contact with bodies, air, latent heat.

Conduction: Cleary & Monaghan 1999, Conduction modelling using smoothed particle hydrodynamics; it
conserves heat and keeps every temperature between those around. The state is heat per mass, so
latent heat is exact. Diffusion over a particle takes spacing^2 / alpha, seconds for food and wax:
a few updates per frame on the host are enough.

Close-contact melting: the weight of a piece squeezes its melt to a film far thinner than particles
(Moallemi, Webb & Viskanta 1986, J. Heat Transfer 108; Bejan 1992), whose conductance is
`contact_conductance`. The lowest particles of a piece melt at their face: they take at least
h (T_body - T_melt), however cold they are inside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import spatial as _spatial
from scipy.constants import Stefan_Boltzmann

from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.melt_pieces import SOLID_SHARE
from simgen.geometry import Array
from simgen.melt import Melt, molten_viscosity
from simgen.motion import pose_at
from simgen.rotation import to_matrix
from simgen.scene import Scene

spatial: Any = _spatial  # partly typed
SUPPORT = 2.2
"""Reach of the kernel in spacings."""
LAYER = 2.0
"""Depth of the layer that takes the heat of a contact, in spacings, weighted linearly."""
CONDUCTION_LIMIT = 0.1
"""Share of spacing^2 / alpha of a conduction step."""


class ParticleHeat:
    """Heat, temperature and molten share of all particles of the `Melt`s of a scene."""

    def __init__(self, scene: Scene, melts: Sequence[Melt], colliders: Colliders | None) -> None:
        self.scene, self.melts, self.colliders = scene, melts, colliders
        counts = [len(m.positions) for m in melts]
        first = np.cumsum([0, *counts])
        self.spans = [slice(int(a), int(b)) for a, b in pairwise(first)]
        """Particles of each element."""
        self.kind = np.repeat(np.arange(len(melts)), counts)
        self.spacing = np.repeat([m.spacing for m in melts], counts)
        self.volume = self.spacing**3
        density = [m.material.require("density")[0] for m in melts]
        self.mass = np.repeat(density, counts) * self.volume
        names = ("thermal_conductivity", "emissivity")
        solid = np.array([m.material.require(*names) for m in melts])
        liquid = np.array([m.molten.require("thermal_conductivity")[0] for m in melts])
        self._conductivity = np.stack([solid[:, 0], liquid])[:, self.kind]
        self._emissivity = solid[self.kind, 1]
        self._melting = np.repeat([m.curve.solidus + m.curve.width for m in melts], counts)
        self._film = np.repeat([m.contact_conductance for m in melts], counts)
        start = [np.broadcast_to(np.asarray(m.temperature, float), len(m.positions)) for m in melts]
        self.heat = np.concatenate([m.curve.heat(t) for m, t in zip(melts, start, strict=True)])
        """(N,) [J/kg] above the start of melting."""
        self.flow_in, self.flow_out = np.zeros(len(self.kind)), np.zeros(len(self.kind))
        self._update()
        best = max(
            max(k, m.molten.require("thermal_conductivity")[0])
            / (d * min(m.curve.solid_heat, m.curve.liquid_heat))
            / m.spacing**2
            for m, (k, _), d in zip(melts, solid, density, strict=True)
        )
        self.max_dt = CONDUCTION_LIMIT / best
        """Largest conduction step [s]."""

    def _update(self) -> None:
        curves = [m.curve for m in self.melts]
        pairs = list(zip(curves, self.spans, strict=True))
        self.temperature = np.concatenate([c.temperature(self.heat[s]) for c, s in pairs])
        self.molten = np.concatenate([c.molten(self.heat[s]) for c, s in pairs])

    def viscosity(self) -> Array:
        """(N,) [Pa s] of the molten matter of each particle."""
        pairs = zip(self.melts, self.spans, strict=True)
        return np.concatenate([molten_viscosity(m, self.temperature[s]) for m, s in pairs])

    def content(self, element: int) -> float:
        """Heat [J] of an element above the solid at ambient temperature."""
        span = self.spans[element]
        base = self.melts[element].curve
        cold = base.solid_heat * (self.scene.ambient.temperature - base.solidus)
        return float(self.mass[span] @ (self.heat[span] - cold))

    def advance(self, points: Array, time: float, dt: float, march: Any) -> Array:
        """Exchange heat for `dt` [s] with particles at `points` (N, 3); returns the heat taken from
        every cell of the thermal bodies [J]."""
        pairs, strength, exposure = self._links(points)
        touching, cell, rate, bare, film = self._contacts(points, time, march)
        outside = march.temperature()[cell] if march is not None else np.zeros(0)
        ablation = film * (outside - self._melting[touching])
        drawn = np.zeros(0 if march is None else int(march.first[-1]))
        steps = max(1, math.ceil(dt / self.max_dt))
        h = dt / steps
        air = self.scene.ambient
        area = exposure * bare
        i, j = pairs
        count = len(points)
        for _ in range(steps):
            t = self.temperature
            k = self._conductivity[0] + self.molten * (
                self._conductivity[1] - self._conductivity[0]
            )
            flux = strength * 4 * k[i] * k[j] / (k[i] + k[j]) * (t[j] - t[i]) * h
            gained = np.bincount(i, flux, count) - np.bincount(j, flux, count)
            taken = rate * (outside - t[touching])
            own = self.molten[touching] < SOLID_SHARE
            taken = np.where(own, np.maximum(taken, ablation), taken) * h
            radiant = self._emissivity * Stefan_Boltzmann * (t**4 - air.temperature**4)
            lost = area * (air.convection * (t - air.temperature) + radiant) * h
            gained += np.bincount(touching, taken, count) - lost
            self.flow_in += np.bincount(touching, taken, count)
            self.flow_out += lost
            if march is not None:
                drawn += np.bincount(cell, taken, len(drawn))
            self.heat = self.heat + gained / self.mass
            self._update()
        return drawn

    def _links(self, points: Array) -> tuple[tuple[Any, Any], Array, Array]:
        """Neighbouring pairs, V_i V_j |W'| / r of each [m], and the free surface of every particle
        [m^2]: twice the integral of the gradient of the smoothed fill over its inner half."""
        reach = SUPPORT * float(self.spacing.max())
        pairs = spatial.cKDTree(points).query_pairs(reach, output_type="ndarray")
        i, j = pairs[:, 0], pairs[:, 1]
        offset = points[j] - points[i]
        r = np.maximum(np.linalg.norm(offset, axis=1), 1e-3 * reach)
        q = r / reach  # Wendland C2: W = 21 / (2 pi) (1 - q)^4 (4 q + 1) / reach^3
        slope = 210.0 / math.pi * (1 - q) ** 3 / reach**5  # |W'| / r
        both = self.volume[i] * self.volume[j] * slope
        gradient = both[:, None] * offset
        total = np.stack(
            [
                np.bincount(i, gradient[:, a], len(points))
                - np.bincount(j, gradient[:, a], len(points))
                for a in range(3)
            ],
            1,
        )
        return (i, j), both, 2.0 * np.linalg.norm(total, axis=1)

    def _contacts(
        self, points: Array, time: float, march: Any
    ) -> tuple[Any, Any, Array, Array, Array]:
        """Touching particles, the cell each touches and the rate [W/K]; (N,) the share of each
        particle's surface that no body covers; of the touching ones, the rate [W/K] of the film
        beneath when the lowest particle of a piece melts at its face."""
        none, nil = np.zeros(0, int), np.zeros(0)
        bare = np.ones(len(points))
        if self.colliders is None:
            return none, none, nil, bare, nil
        reach = LAYER * self.spacing
        distance, _, _, shape = self.colliders.distances(points, time, reach=float(reach.max()))
        distance = distance.astype(float)
        near = (shape >= 0) & (distance < reach)
        depth = np.maximum(distance, 0.0)
        weight = np.where(near, 2.0 / reach * (1.0 - depth / reach), 0.0)  # per metre, 1 in all
        bare = np.where(near, np.clip(depth / reach - 0.5, 0.0, 0.5) * 2, 1.0)
        if march is None:
            return none, none, nil, bare, nil
        found: list[tuple[Any, Any, Array, Array]] = []
        k = self._conductivity[0] + self.molten * (self._conductivity[1] - self._conductivity[0])
        for b, grid in enumerate(march.grids):
            body = grid.element.body
            own = [s for s, (owner, _) in enumerate(self.colliders.solids) if owner is body]
            mine = np.flatnonzero(near & np.isin(shape, own))
            if not len(mine):
                continue
            position, turn = pose_at(body, time)
            local = (points[mine] - position) @ to_matrix(turn)
            patch = march.finder.trees[b].query(local)[1]
            film = self._film[mine]
            pair = 2 * film * grid.element.contact_conductance
            pair = pair / (film + grid.element.contact_conductance)
            inside = 1.0 / grid.patches.conductance[patch]
            conductance = 1.0 / (1.0 / pair + depth[mine] / k[mine] + inside)
            cells = march.first[b] + grid.patches.cell[patch]
            area, film_free = self._faces(points[mine], depth[mine], mine)
            rate = self.volume[mine] * weight[mine] * conductance * film_free
            found.append((mine, cells, rate, area / (1.0 / pair + inside)))
        if not found:
            return none, none, nil, bare, nil
        touching, cell, rate, film = (np.concatenate(part) for part in zip(*found, strict=True))
        return touching, cell, rate, bare, film

    def _faces(self, points: Array, depth: Array, own: Any) -> tuple[Array, Array]:
        """Face [m^2] with which each touching particle of a piece lies on the film, one layer in
        all; and 0 for molten particles of that film, whose own heat is small, 1 for the others."""
        spacing = self.spacing[own]
        low = np.flatnonzero((self.molten[own] < SOLID_SHARE) & (depth < spacing))
        area, free = np.zeros(len(own)), np.ones(len(own))
        if len(low):
            tree = spatial.cKDTree(points[low])
            reach = 1.5 * spacing
            around = tree.query_ball_point(points[low], reach[low], return_length=True)
            area[low] = spacing[low] ** 2 * np.minimum(1.0, math.pi * 1.5**2 / around)
            under = tree.query(points)[0] < spacing
            free = np.where(under & (self.molten[own] >= SOLID_SHARE), 0.0, 1.0)
        return area, free
