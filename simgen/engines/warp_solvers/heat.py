"""Heat in solids: conduction, contact, convection and radiation of every ThermalBody of a scene.

dT/dt = (div k grad T + q) / (rho c) on finite volumes (`heat_grid`), forward Euler in time at 0.6
of the monotone step. A body carries its grid, so prescribed motion moves the field exactly;
contacts are found anew as bodies move (`heat_contact`). The surface loses h (T_s - T_air) + eps
sigma (T_s^4 - T_air^4); bodies do not see each other's radiation. No melting, no heat from
friction, constant material constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.engines.warp import Solved
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.record import HeatStates
from simgen.scene import Scene, ThermalBody
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


def solve(scene: Scene, elements: Sequence[ThermalBody], device: str) -> Solved | Rejected:
    """Temperatures at the surface vertices and the heat balance of `elements` at every frame."""
    wp = warp_device(device)
    from simgen.engines.warp_solvers.distance import make_solid
    from simgen.engines.warp_solvers.heat_contact import ContactFinder
    from simgen.engines.warp_solvers.heat_grid import make_grid

    grids = [make_grid(e, make_solid(e.body, device), fps=scene.clock.fps) for e in elements]
    thermal = {e.name for e in elements}
    others = [make_solid(b, device) for b in scene.bodies if b.name not in thermal]
    finder = ContactFinder(grids, others)
    refresh, exchanges = _schedule(scene, finder)
    limit = SAFETY * min(_stable_step(scene, finder, e) for e in _distinct(exchanges))
    substeps = scene.clock.resolve(min(limit, 1.0 / scene.clock.fps))
    if scene.clock.substeps is None:
        substeps = -(-max(substeps, FEWEST_SUBSTEPS) // refresh) * refresh
    if substeps > MAX_SUBSTEPS:
        return Rejected(
            "simulation/too_stiff",
            f"{substeps} heat steps per frame, the most is {MAX_SUBSTEPS}: use larger `cell`s",
        )
    states = _march(wp, scene, finder, exchanges, substeps, device)
    return Solved(
        states=dict(zip([e.name for e in elements], states, strict=True)),
        substeps=substeps,
        parameters={
            "cells": int(sum(len(g.centers) for g in grids)),
            "smallest_cell": min(g.spacing for g in grids),
            "contact_updates_per_frame": refresh,
            "convection": scene.ambient.convection,
            "ambient_temperature": scene.ambient.temperature,
        },
    )


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
    from simgen.engines.warp_solvers.heat_kernels import STEFAN_BOLTZMANN

    grids = finder.grids
    area, inner = finder.open_surface(exchange)
    hottest = 1.2 * max([scene.ambient.temperature, *(g.element.temperature for g in grids)])
    emissivity = np.concatenate([g.emissivity for g in grids])
    h = scene.ambient.convection + 4 * emissivity * STEFAN_BOLTZMANN * hottest**3
    total = np.concatenate([g.conductance.sum(1) for g in grids])
    total += np.bincount(exchange.cell, exchange.conductance, minlength=len(total))
    outer = h * area
    series = np.divide(outer * inner, outer + inner, out=np.zeros_like(outer), where=outer > 0)
    total += series
    free = [np.where(g.element.held, np.inf, g.capacity) for g in grids]
    return float((np.concatenate(free) / np.maximum(total, 1e-300)).min())


class _Books:
    """Collects the record of every body, frame by frame."""

    def __init__(self, grids: Sequence[Any], ambient: float) -> None:
        self.grids, self.ambient = grids, ambient
        self.first = np.concatenate([[0], np.cumsum([len(g.centers) for g in grids])])
        self.weights = [
            g.interpolation(surface_mesh(g.element.body, refine=True).vertices) for g in grids
        ]
        self.rows: list[list[tuple[Array, float, float, float]]] = [[] for _ in grids]

    def note(self, temperature: Array, received: Array, lost: Array) -> None:
        """Keep one frame."""
        for i, grid in enumerate(self.grids):
            span = slice(self.first[i], self.first[i + 1])
            t = temperature[span]
            heat = float(grid.capacity @ (t - self.ambient))
            totals = (float(received[span].sum()), float(lost[span].sum()))
            self.rows[i].append((self.weights[i] @ t, heat, *totals))

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


def _march(
    wp: Any,
    scene: Scene,
    finder: Any,
    exchanges: list[list[Any]],
    substeps: int,
    device: str,
) -> list[HeatStates]:
    """Step all cells through all frames."""
    from simgen.engines.warp_solvers import heat_kernels as _kernels

    kernels: Any = _kernels

    def real(parts: Sequence[Array]) -> Any:
        return wp.array(np.concatenate(parts), dtype=wp.float64, device=device)

    grids = finder.grids
    books = _Books(grids, scene.ambient.temperature)
    counts = [len(g.centers) for g in grids]
    shifted = [
        np.where(g.neighbour >= 0, g.neighbour + f, -1)
        for g, f in zip(grids, books.first, strict=False)
    ]
    now = real([np.full(n, g.element.temperature) for n, g in zip(counts, grids, strict=True)])
    then = wp.zeros_like(now)
    received, lost = wp.zeros_like(now), wp.zeros_like(now)
    held = np.concatenate([np.full(n, g.element.held) for n, g in zip(counts, grids, strict=True)])
    fixed: list[Any] = [
        real([g.capacity for g in grids]),
        real([g.emissivity * kernels.STEFAN_BOLTZMANN for g in grids]),
        real([g.element.power * g.volume / g.volume.sum() for g in grids]),
        wp.array(held, dtype=wp.bool, device=device),
        wp.array(np.concatenate(shifted).astype(np.int32), dtype=int, device=device),
        real([g.conductance for g in grids]),
    ]
    dt = 1.0 / (scene.clock.fps * substeps)
    numbers = [dt, scene.ambient.temperature, scene.ambient.convection]
    loaded: dict[int, list[Any]] = {}
    books.note(now.numpy(), received.numpy(), lost.numpy())
    for frame in range(scene.clock.frames - 1):
        for exchange in exchanges[frame]:
            if id(exchange) not in loaded:
                loaded = {id(exchange): _upload(wp, finder, exchange, device)}
            for _ in range(substeps // len(exchanges[frame])):
                args = [*numbers, now, *fixed, *loaded[id(exchange)], received, lost, then]
                wp.launch(kernels.heat_step, dim=sum(counts), inputs=args, device=device)
                now, then = then, now
        books.note(now.numpy(), received.numpy(), lost.numpy())
    return books.states()


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
