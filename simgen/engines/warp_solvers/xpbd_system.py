# pyright: basic, reportArgumentType=false, reportIndexIssue=false
"""The particle system on a device: arrays, one small step, and a frame of steps as a captured
graph."""

from itertools import pairwise
from typing import Any

import numpy as np
import warp as wp

from simgen.engines.warp_solvers import xpbd_forces as forces
from simgen.engines.warp_solvers import xpbd_kernels as kernels
from simgen.engines.warp_solvers import xpbd_rubber as rubber
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.xpbd_flow import Flow, solve_relaxing
from simgen.engines.warp_solvers.xpbd_gas import Exchange, carry_gas, exchange_gas
from simgen.engines.warp_solvers.xpbd_part import Blocks, Part, air_density, merged, neighbours
from simgen.engines.warp_solvers.xpbd_solid import MIDPOINT
from simgen.engines.warp_solvers.xpbd_ties import Ties, carry, hold
from simgen.engines.warp_solvers.xpbd_touch import Touch
from simgen.matter import Cloth
from simgen.scene import Scene

REPEL, RESORT = 2, 3
"""Steps between two passes of contact among vertices at most, and passes per sorting of them."""

SOLID: dict[str, Any] = {
    "inverse_rest": wp.mat33d,
    "lame": wp.vec2d,
    "volume": wp.float64,
    "response": wp.mat44d,
}
"""Parameter types of tetrahedra."""
KERNELS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "tetrahedra": (kernels.solve_tetrahedra, wp.vec4i, SOLID),
    "plastic": (kernels.solve_tetrahedra, wp.vec4i, SOLID),
    "relaxing": (solve_relaxing, wp.vec4i, {**SOLID, "arm_rest": wp.mat33d, "arm": wp.vec2d}),
    "dashpots": (kernels.damp_edges, wp.vec2i, {"dashpot": wp.float64}),
    "triangles": (
        kernels.solve_triangles,
        wp.vec3i,
        {"inverse_rest": wp.mat22d, "compliance": wp.vec3d, "relief": wp.float64},
    ),
    "rubber": (
        rubber.solve_rubber,
        wp.vec3i,
        {"inverse_rest": wp.mat22d, "modulus": wp.vec2d},
    ),
    "ribs": (
        rubber.solve_ribs,
        wp.vec2i,
        {"longest": wp.float64, "compliance": wp.float64},
    ),
    "hinges": (
        kernels.solve_hinges,
        wp.vec4i,
        {
            "stencil": wp.vec4d,
            "rest": wp.float64,
            "compliance": wp.float64,
            "damping": wp.float64,
        },
    ),
}
"""Constraint kind -> kernel, vertex index type and parameter types, in the order of a sweep."""
STATE = {
    "tetrahedra": ("x",),
    "plastic": ("x",),
    "relaxing": ("x",),
    "dashpots": ("x", "p", "w"),
    "triangles": ("x", "w"),
    "rubber": ("x", "w"),
    "ribs": ("x", "w"),
    "hinges": ("x", "p", "w"),
}
"""Constraint kind -> vertex arrays its kernel takes."""
SLOW = frozenset({"dashpots", "hinges"})
"""Kinds that act in one step of a cycle, for all of it: an impulse multiple time step scheme
(Tuckerman et al. 1992) for sheets, whose membrane is far stiffer than their bending."""
TIMELESS = frozenset({"tetrahedra", "plastic", "relaxing"})
"""Kinds whose step is in their parameters."""


class System:
    """Vertices and constraints of all parts on one device."""

    def __init__(
        self,
        scene: Scene,
        parts: list[Part],
        colliders: Colliders,
        dt: float,
        rows: int,
        cycle: int = 1,
    ) -> None:
        """`rows` steps of `dt` [s] in a row are captured; what is not membrane or obstacle acts in
        one of `cycle`."""
        self.parts, self.colliders, self.dt = parts, colliders, dt
        self.device = colliders.device
        self.scene, self.cycle = scene, cycle
        self.repel = max(REPEL, cycle // 2)
        self.parting = max(1.0, 0.5 * cycle)
        counts = [len(p.position) for p in parts]
        self.offsets = np.cumsum([0, *counts])
        self.count = int(self.offsets[-1])
        owner = np.repeat(np.arange(len(parts)), counts)
        mass = np.concatenate([p.mass for p in parts])
        held = np.concatenate(
            [np.isin(np.arange(n), p.held) for n, p in zip(counts, parts, strict=True)]
        )
        self.free = ~held
        velocity = np.concatenate([p.velocity for p in parts])
        velocity[held] = 0.0
        self.ties = Ties(parts, self.offsets, colliders, rows)
        if self.ties.count:
            velocity[self.ties.vertices] = self.ties.velocity
        self.start_velocity = velocity
        self.start = np.concatenate([p.position for p in parts])
        self.x = self._put(self.start, wp.vec3d)
        self.p = self._put(self.start, wp.vec3d)
        self.v = self._put(velocity, wp.vec3d)
        self.w = self._put(np.concatenate([p.inverse_mass for p in parts]), wp.float64)
        self.loose = self._put(np.where(held, 0.0, 1.0 / mass), wp.float64)
        self.mass = self._put(mass, wp.float64)
        self.weight = self._put(np.concatenate([p.weight for p in parts]), wp.float64)
        self.force = wp.zeros(self.count, dtype=wp.vec3d, device=self.device)
        self.shift = wp.zeros(self.count, dtype=wp.vec3d, device=self.device)
        self.radius = self._put(np.repeat([p.radius for p in parts], counts), wp.float64)
        self.friction = self._put(np.repeat([p.friction for p in parts], counts), wp.float64)
        self.gravity = wp.vec3d(*scene.gravity)
        blocks = {kind: merged(parts, kind) for kind in KERNELS}
        self.blocks = {k: self._upload(k, b) for k, b in blocks.items() if b is not None}
        self.flow = Flow(blocks, self.blocks, self._put)
        self.touch = Touch(parts, self.offsets, self.friction, self._put)
        self._surfaces()
        self._gases(owner)
        self._pairs(owner)

    def _put(self, values: Any, dtype: Any) -> Any:
        scalar = getattr(dtype, "_wp_scalar_type_", dtype)
        array = np.ascontiguousarray(values, dtype=wp.dtype_to_numpy(scalar))
        return wp.array(array, dtype=dtype, device=self.device)

    def _upload(self, kind: str, blocks: Blocks) -> tuple[list[tuple[int, int]], list[Any]]:
        """Launch ranges and kernel arrays of one kind."""
        _, index_type, types = KERNELS[kind]
        arrays = [self._put(blocks.vertices, index_type)]
        arrays += [self._put(blocks.parameters[name], dtype) for name, dtype in types.items()]
        return self._ranges(blocks), arrays

    def _ranges(self, blocks: Blocks) -> list[tuple[int, int]]:
        """Launch ranges (first, count): one per colour, or one on the CPU, where order is kept."""
        starts = blocks.starts
        if self.device == "cpu":
            return [(0, starts[-1])]
        return [(a, b - a) for a, b in pairwise(starts)]

    def _surfaces(self) -> None:
        """Triangles that feel the air, and those whose centres meet obstacles: of closed surfaces,
        of sheets that may bear free bodies, and of sheets that nothing holds, which lie on things:
        feet and corners may be narrower than an edge. Bodies hung on a sheet do not stand on it."""
        shifted = [p.faces + o for p, o in zip(self.parts, self.offsets[:-1], strict=True)]
        closed = [np.full(len(p.faces), p.closed) for p in self.parts]
        self.air = air_density(self.scene.ambient)
        self.faces = self._put(np.concatenate(shifted), wp.vec3i)
        self.closed = self._put(np.concatenate(closed), wp.int32)
        tied = self.ties.vertices if self.ties.count else np.zeros(0, np.int32)
        sheets = [e for e in self.scene.elements if isinstance(e, Cloth)]
        hung = {name for sheet in sheets for _, name in sheet.attachments}
        bearing = any(b.motion == "dynamic" and b.name not in hung for b in self.scene.bodies)
        skin: list[np.ndarray] = []
        for faces, part in zip(shifted, self.parts, strict=True):
            sewn = np.isin(faces, tied)  # a hem lies in what it is sewn to
            if part.closed:
                skin.append(faces[~sewn.all(axis=1)])
            elif bearing or not part.held:
                skin.append(faces[~sewn.any(axis=1)])
        self.skin = None
        if any(map(len, skin)):
            blocks = Blocks(np.concatenate(skin).astype(np.int32), {}).sorted_by_color()
            reach = [0.0 if p.closed else p.radius for p in self.parts]
            self.skin_radius = self._put(np.repeat(reach, np.diff(self.offsets)), wp.float64)
            self.skin = self._ranges(blocks), [self._put(blocks.vertices, wp.vec3i)]

    def _gases(self, owner: np.ndarray) -> None:
        """Membranes with their gas."""
        filled = [i for i, p in enumerate(self.parts) if p.gas_amount is not None]
        self.gas_count = len(filled)
        if not filled:
            return
        number = {part: gas for gas, part in enumerate(filled)}
        faces = [self.parts[i].faces + self.offsets[i] for i in filled]
        gas = np.repeat(np.arange(len(filled)), [len(f) for f in faces])
        self.gas_faces = self._put(np.concatenate(faces), wp.vec3i)
        self.face_gas = self._put(gas, wp.int32)
        self.gas_anchor = self._put([self.offsets[i] for i in filled], wp.int32)
        self.gas_owner = self._put([number.get(int(o), -1) for o in owner], wp.int32)
        self.gas_amount = self._put([self.parts[i].gas_amount for i in filled], wp.float64)
        self.gas_gradient = wp.zeros(self.count, dtype=wp.vec3d, device=self.device)
        self.gas_volume = wp.zeros(len(filled), dtype=wp.float64, device=self.device)
        self.gas_response = wp.zeros(len(filled), dtype=wp.float64, device=self.device)
        self.gas_growth = wp.zeros(len(filled), dtype=wp.float64, device=self.device)
        gases = [self.parts[i] for i in filled]
        self.exchange = None
        if any(p.valves or p.supply for p in gases):
            first = [int(self.offsets[i]) for i in filled]
            self.exchange = Exchange(gases, first, self.scene.ambient, self._put)
            zero = [np.zeros(len(p.position)) for p in self.parts]
            film = [p.film if p.film is not None else z for p, z in zip(self.parts, zero)]
            share = [p.share if p.share is not None else z for p, z in zip(self.parts, zero)]
            self.film = self._put(np.concatenate(film), wp.float64)
            give = np.concatenate([p.inverse_mass * p.mass for p in self.parts])
            self.give = self._put(give, wp.float64)
            self.share = self._put(np.concatenate(share), wp.float64)

    def _pairs(self, owner: np.ndarray) -> None:
        """Vertices that may touch each other: of several elements, or of self-colliding sheets."""
        several = len(self.parts) > 1 and any(p.tetrahedra is None for p in self.parts)
        radius = np.concatenate([p.pair_radius * (several or p.self_collision) for p in self.parts])
        active = np.flatnonzero(radius > 0)
        self.pair_count = len(active)
        if not self.pair_count:
            return
        self.pair_radius = self._put(radius, wp.float64)
        self.pair_active = self._put(active, wp.int32)
        self.pair_largest = float(radius.max())
        self.pair_owner = self._put(owner, wp.int32)
        kinds = [2 if p.tetrahedra is not None else int(p.self_collision) for p in self.parts]
        self.pair_self = self._put(kinds, wp.int32)
        found = [neighbours(p) for p in self.parts]
        ends = np.concatenate([np.diff(starts) for starts, _ in found])
        self.kin_start = self._put(np.concatenate([[0], np.cumsum(ends)]), wp.int32)
        kin = [k + o for (_, k), o in zip(found, self.offsets[:-1], strict=True)]
        self.kin = self._put(np.concatenate(kin), wp.int32)
        self.origin = self._put(self.start, wp.vec3d)
        self.single = wp.zeros(self.count, dtype=wp.vec3, device=self.device)
        self.grid = wp.HashGrid(128, 128, 128, device=self.device)
        self.grid.reserve(self.count)

    def reset(self) -> None:
        """Back to the start, with velocities half a step early (leapfrog), so parabolas are
        exact."""
        lead = np.where(self.free[:, None], 0.5 * self.dt * np.asarray(self.scene.gravity), 0.0)
        lead = lead * np.concatenate([p.weight for p in self.parts])[:, None]
        self.x.assign(self.start)
        self.v.assign(self.start_velocity - lead)
        self.shift.zero_()
        self.flow.reset()
        if self.gas_count and self.exchange is not None:
            self.gas_amount.assign([p.gas_amount for p in self.parts if p.gas_amount is not None])
            self.exchange.reset()

    def _launch(self, kernel: Any, dim: int, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)

    def step(self, number: int) -> None:
        """One small step against row `number` of the obstacle poses."""
        k, dt = forces, self.dt
        slow = number % self.cycle == 0
        self.flow.step(self.x, self.w, MIDPOINT, dt)
        if self.air > 0.0 and slow:
            self.force.zero_()
            wind = wp.vec3d(*self.scene.ambient.wind)
            surface = (self.faces, self.closed, wind, self.air, self.force)
            self._launch(k.push_by_air, len(self.faces), self.x, self.v, *surface)
        moved = (self.x, self.p, self.v, self.w)
        self._launch(k.predict, self.count, *moved, self.weight, self.force, self.gravity, dt)
        tied = (self.colliders.data, *self._tied(), number)
        if self.ties.count:
            own = (self.x, self.w, self.mass, self.force, dt)
            self._launch(carry, self.ties.count, *tied, *own)
        if self.gas_count:
            self._press()
        for kind, (ranges, arrays) in self.blocks.items():
            if kind in SLOW and not slow:
                continue
            kernel = KERNELS[kind][0]
            state = [getattr(self, name) for name in STATE[kind]]
            step = () if kind in TIMELESS else (dt * self.cycle,) if kind in SLOW else (dt,)
            if kind == "hinges":
                step = (*step, 1.0 / self.cycle)
            for first, size in ranges:
                self._launch(kernel, size, first, *state, *arrays, *step)
        if self.pair_count:
            turn, left = divmod(number, self.repel)
            if left == 0:
                self._repel(rebuild=turn % RESORT == 0)
            else:
                self.shift.zero_()
        if self.touch.count:
            if not self.pair_count:
                self.shift.zero_()
            self.touch.step(number, self.x, self.p, self.w, dt, self.shift)
        if self.skin is not None and len(self.colliders):
            ranges, arrays = self.skin
            state = (self.x, self.p, self.w, *arrays, self.skin_radius, self.friction, dt)
            for first, size in ranges:
                self._launch(k.touch_faces, size, first, self.colliders.data, number, *state)
        if self.ties.count:
            self._launch(hold, self.ties.count, *tied, *moved, self.shift, dt)
        moved = (self.x, self.p, self.v, self.loose)
        touching = (self.shift, self.radius, self.friction, dt)
        self._launch(k.finish, self.count, self.colliders.data, number, *moved, *touching)

    def _tied(self) -> tuple[Any, ...]:
        ties = self.ties
        return (ties.vertex, ties.shape, ties.target) if ties.count else ()

    def _press(self) -> None:
        k = forces
        sums = (self.gas_gradient, self.gas_volume)
        for array in (*sums, self.gas_response, self.gas_growth):
            array.zero_()
        membrane = (self.gas_faces, self.face_gas, self.gas_anchor)
        self._launch(k.gas_volume, len(self.gas_faces), self.x, *membrane, *sums)
        answer = (self.gas_response, self.gas_growth)
        mobile = (self.x, self.p, self.gas_gradient, self.w, self.gas_owner, *answer)
        self._launch(k.gas_compliance, self.count, *mobile)
        if self.exchange is not None:
            self._exchange(self.exchange)
        gas = (*sums, *answer, self.gas_amount, float(self.scene.ambient.pressure))
        self._launch(k.gas_pressure, self.count, self.x, self.w, self.gas_owner, *gas, self.dt)

    def _exchange(self, gas: Exchange) -> None:
        """Gas that comes and goes over the step, and the mass that it takes along."""
        state = (self.x, self.w, gas.clock, self.gas_amount, self.gas_volume, self.gas_gradient)
        constants = (gas.ambient, gas.energy, self.dt)
        self._launch(exchange_gas, self.gas_count, *state, *gas.table, *constants)
        carried = (
            self.give,
            self.film,
            self.share,
            self.gas_amount,
            self.gas_volume,
            gas.energy,
            gas.air,
        )
        self._launch(carry_gas, self.count, self.w, self.weight, self.gas_owner, *carried)

    def _repel(self, *, rebuild: bool) -> None:
        if rebuild:
            self._launch(forces.to_single, self.count, self.x, self.single)
            self.grid.build(self.single, 2.2 * self.pair_largest)
        state = (self.x, self.p, self.w, self.pair_radius, self.friction)
        kinship = (self.pair_owner, self.pair_self, self.kin_start, self.kin, self.origin)
        active = (self.grid.id, self.pair_active)
        rule = (self.pair_largest, self.parting, self.shift)
        self._launch(forces.repel_pairs, self.pair_count, *active, *state, *kinship, *rule)

    def capture(self, first: int, last: int) -> Any:
        """Steps first..last - 1 recorded once, to be replayed with `wp.capture_launch`."""
        with wp.ScopedCapture(device=self.device) as capture:
            for number in range(first, last):
                self.step(number)
        return capture.graph
