"""Heat in solids: conduction, contact, convection and radiation of every ThermalBody of a scene.

dT/dt = (div k grad T + q) / (rho c) on finite volumes (`heat_grid`), forward Euler in time at 0.6
of the monotone step. A body carries its grid, so prescribed motion moves the field exactly;
contacts are found anew as bodies move (`heat_contact`). The surface loses h (T_s - T_air) + eps
sigma (T_s^4 - T_air^4); bodies do not see each other's radiation. No heat from friction, constant
material constants. A body that `melts` does so in place by the enthalpy method (Voller & Cross
1981, Accurate solutions of moving boundary problems using the enthalpy method): the state of a cell
is its heat, of which the temperature is a function with a step of the latent heat. Scenes with
`Melt` elements are marched together with them (`melt`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.constants import Stefan_Boltzmann

from simgen.device import warp_device
from simgen.engines.warp import Solved, States
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array
from simgen.record import HeatStates
from simgen.scene import Clock, Melt, Scene, ThermalBody
from simgen.surface import surface_mesh

SAFETY = 0.6
"""Share of the largest monotone time step that is used."""
FEWEST_SUBSTEPS = 16
"""Steps per frame where the clock leaves them open: coarse cells allow longer steps than are
accurate."""
MAX_SUBSTEPS = 4000
"""Steps per frame beyond which a scene is rejected: its cells are too thin for an explicit
solver."""
MAX_REFRESH = 6
"""Most contact searches per frame."""


def solve(scene: Scene, elements: Sequence[ThermalBody | Melt], device: str) -> Solved | Rejected:
    """Temperatures at the surface vertices and the heat balance of `elements` at every frame."""
    bodies = [e for e in elements if isinstance(e, ThermalBody)]
    melts = [e for e in elements if isinstance(e, Melt)]
    march = make_march(scene, bodies, device) if bodies else None
    if isinstance(march, Rejected):
        return march
    if melts:
        from simgen.engines.warp_solvers.melt import solve as solve_melt

        return solve_melt(scene, melts, march, device)
    assert march is not None
    for frame in range(scene.clock.frames - 1):
        march.advance(frame)
    states: dict[str, States] = {**march.states()}
    return Solved(states=states, substeps=march.substeps, parameters=march.parameters())


def make_march(scene: Scene, bodies: Sequence[ThermalBody], device: str) -> March | Rejected:
    """The thermal bodies of a scene at t = 0, ready to be stepped frame by frame."""
    warp_device(device)
    from simgen.engines.warp_solvers.distance import make_solid
    from simgen.engines.warp_solvers.heat_contact import ContactFinder
    from simgen.engines.warp_solvers.heat_grid import make_grid

    grids = [make_grid(e, make_solid(e.body, device), fps=scene.clock.fps) for e in bodies]
    thermal = {e.name for e in bodies}
    others = [make_solid(b, device) for b in scene.bodies if b.name not in thermal]
    finder = ContactFinder(grids, others)
    refresh, exchanges = _schedule(scene, finder)
    limit = SAFETY * min(_stable_step(scene, finder, e) for e in _distinct(exchanges))
    if any(isinstance(e, Melt) for e in scene.elements):  # whose solver has its own substeps
        substeps = Clock(frames=1, fps=scene.clock.fps).resolve(limit)
        substeps = -(-max(substeps, FEWEST_SUBSTEPS) // refresh) * refresh
    else:
        substeps = scene.clock.resolve(min(limit, 1.0 / scene.clock.fps))
        if scene.clock.substeps is None:
            substeps = -(-max(substeps, FEWEST_SUBSTEPS) // refresh) * refresh
    if substeps > MAX_SUBSTEPS:
        return Rejected(
            "simulation/too_stiff",
            f"{substeps} heat steps per frame, the most is {MAX_SUBSTEPS}: use larger `cell`s",
        )
    return March(scene, finder, exchanges, substeps, device)


def _schedule(scene: Scene, finder: Any) -> tuple[int, list[list[Any]]]:
    """Contact updates per frame and the exchange of every update of every frame.

    An update holds at the middle of its interval, in which nothing moves by more than a cell
    (as far as MAX_REFRESH allows).
    """
    from simgen.engines.warp_solvers.heat_contact import motion_between

    times = scene.clock.times
    bodies = [s.body for s in finder.solids]
    spacing = float(
        np.median([np.diff(a).min(initial=np.inf) for g in finder.grids for a in g.axes])
    )
    moved = max(
        (motion_between(bodies, float(a), float(b)) for a, b in pairwise(times)),
        default=0.0,
    )
    refresh = int(np.clip(np.ceil(moved / spacing), 1, MAX_REFRESH))
    if scene.clock.substeps is not None:
        asked = scene.clock.substeps
        refresh = max(n for n in range(1, refresh + 1) if asked % n == 0)
    step = 1.0 / (scene.clock.fps * refresh)
    return refresh, [
        [finder.at(float(t) + (k + 0.5) * step) for k in range(refresh)] for t in times[:-1]
    ] or [[finder.at(0.0)]]


def _distinct(exchanges: list[list[Any]]) -> list[Any]:
    return list({id(e): e for frame in exchanges for e in frame}.values())


def _stable_step(scene: Scene, finder: Any, exchange: Any) -> float:
    """Largest dt [s] at which forward Euler keeps every new temperature between the old ones."""
    grids = finder.grids
    area, inner = finder.open_surface(exchange)
    hottest = 1.2 * max([scene.ambient.temperature, *(g.element.temperature for g in grids)])
    emissivity = np.concatenate([g.emissivity for g in grids])
    h = scene.ambient.convection + 4 * emissivity * Stefan_Boltzmann * hottest**3
    total = np.concatenate([g.conductance.sum(1) for g in grids])
    total += np.bincount(exchange.cell, exchange.conductance, minlength=len(total))
    outer = h * area
    series = np.divide(outer * inner, outer + inner, out=np.zeros_like(outer), where=outer > 0)
    total += series
    free = [np.where(g.element.held, np.inf, g.capacity) for g in grids]
    return float((np.concatenate(free) / np.maximum(total, 1e-300)).min())


class March:
    """All thermal bodies of a scene, stepped through one frame after the other."""

    def __init__(
        self,
        scene: Scene,
        finder: Any,
        exchanges: list[list[Any]],
        substeps: int,
        device: str,
    ) -> None:
        wp = self._wp = warp_device(device)
        from simgen.engines.warp_solvers import heat_kernels as _kernels

        self._kernels: Any = _kernels
        self.scene, self.finder, self.substeps, self.device = scene, finder, substeps, device
        """Steps per frame."""
        self._exchanges = exchanges
        self.grids = grids = finder.grids
        self.first = finder.first
        """Number of each body's first cell, and of all cells."""
        self._books = _Books(scene, finder)
        shifted = [
            np.where(g.neighbour >= 0, g.neighbour + f, -1)
            for g, f in zip(grids, self.first, strict=False)
        ]
        counts = [len(g.centers) for g in grids]
        start = [
            np.full(n, float(g.element.temperature)) for n, g in zip(counts, grids, strict=True)
        ]
        self._now = self._real(start)
        self._then = wp.zeros_like(self._now)
        self._received, self._lost = wp.zeros_like(self._now), wp.zeros_like(self._now)
        held = [np.full(n, g.element.held) for n, g in zip(counts, grids, strict=True)]
        self._steady = np.concatenate([g.element.power * g.volume / g.volume.sum() for g in grids])
        self._fixed: list[Any] = [
            self._real([g.capacity for g in grids]),
            self._real([g.emissivity * Stefan_Boltzmann for g in grids]),
            self._real([self._steady]),
            wp.array(np.concatenate(held), dtype=wp.bool, device=device),
            wp.array(np.concatenate(shifted).astype(np.int32), dtype=int, device=device),
            self._real([g.conductance for g in grids]),
        ]
        self._loaded: dict[int, list[Any]] = {}
        self._start(np.concatenate(start))
        self._note(None)

    def _real(self, parts: Sequence[Array]) -> Any:
        return self._wp.array(np.concatenate(parts), dtype=self._wp.float64, device=self.device)

    def _start(self, start: Array) -> None:
        """Heat of every cell as the state, and the constants that tie temperature to it."""
        solidus, width, latent = (np.concatenate(a) for a in zip(*map(_melting, self.grids)))
        capacity = np.concatenate([g.capacity for g in self.grids])
        above = start - solidus
        whole = latent + capacity * width
        share = np.divide(above, width, out=np.where(above > 0, 1.0, 0.0), where=width > 0)
        heat = np.where(
            above <= 0,
            capacity * above,
            np.where(share < 1, whole * share, whole + capacity * (above - width)),
        )
        heat = np.where(latent > 0, heat, capacity * above)
        self._cold = capacity * (self.scene.ambient.temperature - solidus)
        """(cells,) heat at ambient temperature [J]."""
        self._heat = self._real([heat])
        self._curve: list[Any] = [
            self._heat,
            *(self._real([a]) for a in (solidus, width, np.where(latent > 0, whole, 0.0))),
        ]

    def advance(self, frame: int, deposit: Array | None = None) -> None:
        """Step from frame `frame` to the next; `deposit` (cells,) [J] enters evenly over it."""
        wp, clock = self._wp, self.scene.clock
        dt = 1.0 / (clock.fps * self.substeps)
        if deposit is not None:
            self._fixed[2].assign(self._steady + deposit * clock.fps)
        ambient = self.scene.ambient
        numbers = [dt, ambient.temperature, ambient.convection]
        updates = self._exchanges[frame]
        kernels, count = self._kernels, int(self.first[-1])
        for exchange in updates:
            if id(exchange) not in self._loaded:
                self._loaded = {id(exchange): _upload(wp, self.finder, exchange, self.device)}
            contacts = self._loaded[id(exchange)]
            for _ in range(self.substeps // len(updates)):
                args = [*numbers, self._now, *self._fixed, *contacts, self._received, self._lost]
                args += [*self._curve, self._then]
                wp.launch(kernels.heat_step, dim=count, inputs=args, device=self.device)
                self._now, self._then = self._then, self._now
        self._note(updates[-1])

    def temperature(self) -> Array:
        """(cells,) [K] now."""
        return np.array(self._now.numpy())

    def _note(self, exchange: Any | None) -> None:
        t = self.temperature()
        heat = np.array(self._heat.numpy()) - self._cold
        self._books.note(t, exchange, heat, self._received.numpy(), self._lost.numpy())

    def states(self) -> dict[str, HeatStates]:
        """The record of every body so far."""
        names = [g.element.name for g in self.grids]
        return dict(zip(names, self._books.states(), strict=True))

    def parameters(self) -> dict[str, float | int | str]:
        """What the record says of the solver."""
        return {
            "cells": int(self.first[-1]),
            "smallest_cell": min(g.spacing for g in self.grids),
            "contact_updates_per_frame": len(self._exchanges[0]),
            "convection": self.scene.ambient.convection,
            "ambient_temperature": self.scene.ambient.temperature,
        }


def _melting(grid: Any) -> tuple[Array, Array, Array]:
    """Solidus [K], melting range [K] and latent heat [J] of every cell; 0 where nothing melts."""
    shape, cells = grid.element.body.shapes, len(grid.centers)
    if not grid.element.melts:
        return np.zeros(cells), np.zeros(cells), np.zeros(cells)
    materials = {s.material.name: s.material for s in shape}
    if len(materials) > 1:
        raise SimgenError(
            f"thermal body {grid.element.name!r} melts but has {len(materials)} materials "
            f"({', '.join(materials)}); make one thermal body of each"
        )
    (material,) = materials.values()
    density, melting, latent = material.require("density", "melting_temperature", "latent_heat")
    width = material.melting_range or 0.0
    return (
        np.full(cells, melting - width),
        np.full(cells, width),
        latent * density * grid.volume,
    )


class _Books:
    """Collects the record of every body, frame by frame."""

    def __init__(self, scene: Scene, finder: Any) -> None:
        self.finder, self.ambient, self.first = finder, scene.ambient, finder.first
        points = [surface_mesh(g.element.body, refine=True).vertices for g in finder.grids]
        self.weights = [g.interpolation(p) for g, p in zip(finder.grids, points, strict=True)]
        self.beyond = [
            g.extrapolation(p, w)
            for g, p, w in zip(finder.grids, points, self.weights, strict=True)
        ]
        """From the centres of the cells to the surface."""
        self.rows: list[list[tuple[Array, float, float, float]]] = [[] for _ in points]

    def note(
        self, cells: Array, exchange: Any | None, heat: Array, received: Array, lost: Array
    ) -> None:
        """Keep one frame; temperatures and `heat` [J] above ambient are (cells,). Without an
        `exchange` nothing has flowed yet and surfaces are as hot as their cells."""
        cell = self.finder.patch_cell
        surface = cells[cell]
        if exchange is not None:
            surface = self.finder.surface_temperature(exchange, cells, self.ambient)
        step = surface - cells[cell]
        for i in range(len(self.rows)):
            span = slice(self.first[i], self.first[i + 1])
            own, outer = cells[span], slice(*self.finder.first_patch[i : i + 2])
            seen = self.weights[i] @ own + self.beyond[i] @ step[outer]
            ends = np.concatenate([own, surface[outer]])
            content, taken, given = (float(a[span].sum()) for a in (heat, received, lost))
            row = (np.clip(seen, ends.min(), ends.max()), content, taken, given)
            self.rows[i].append(row)

    def states(self) -> list[HeatStates]:
        """The records, in the order of the grids."""
        return [
            HeatStates(
                temperature=np.stack([row[0] for row in rows]),
                heat=np.array([row[1] for row in rows]),
                flow_in=np.array([row[2] for row in rows]),
                flow_out=np.array([row[3] for row in rows]),
            )
            for rows in self.rows
        ]


def _upload(wp: Any, finder: Any, exchange: Any, device: str) -> list[Any]:
    """Contacts by cell (start, other, conductance) and the open surface (area, inner) on the
    device."""
    area, inner = finder.open_surface(exchange)
    counts = np.bincount(exchange.cell, minlength=len(area))
    whole = [np.concatenate([[0], np.cumsum(counts)]), exchange.other]
    return [
        *(wp.array(a.astype(np.int32), dtype=int, device=device) for a in whole),
        *(
            wp.array(a, dtype=wp.float64, device=device)
            for a in (exchange.conductance, area, inner)
        ),
    ]
