# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046, SIM102
"""What solids leave open of the staggered grid: shares of faces and of cells.

The open share of a face is that of the box of a cell's size around it (the control volume of the
variational method of Batty, Bertails & Bridson 2007): so hydrostatic pressure on solids that lie
anywhere between the cells is exact. Group 0 of the solids is all that moves as prescribed, group
1 + b the free body b.
"""

import warp as wp

from simgen.engines.warp_solvers.apic_blocks import Blocks, cell_of, is_cell, is_node
from simgen.engines.warp_solvers.apic_particles import Grid, at_wall, cell_at, face_at, is_face
from simgen.engines.warp_solvers.obstacles import (
    FAR,
    Obstacles,
    Touch,
    closest_obstacle,
    obstacle_touch,
    velocity_of,
)

NARROW = wp.constant(0.1)
"""Faces that prescribed solids leave open by less are closed: what must pass through a slit would
shoot out of it faster than anything moves."""
SAMPLES = wp.constant(13)
"""Points of a line through a cell, two cells long, at which a thin wall is looked for."""
LINES = wp.constant(3)
"""Such lines beside each other along each edge of the cell."""
SLOPE = wp.constant(0.9)
"""A signed distance, sampled or not, changes by no more than the way over this."""


@wp.func
def group_touch(obstacles: Obstacles, group: int, at: wp.vec3, reach: float):
    """The nearest surface of a group of solids."""
    best = Touch()
    best.distance = FAR
    for shape in range(obstacles.count):
        if obstacles.free[shape] == group - 1:
            touch = obstacle_touch(obstacles, 0, shape, at, reach)
            if touch.distance < best.distance:
                best = touch
    return best


@wp.func
def group_distance(obstacles: Obstacles, group: int, at: wp.vec3, reach: float):
    """Signed distance [m] to a group of solids."""
    return group_touch(obstacles, group, at, reach).distance


@wp.func
def covered(grid: Grid, obstacles: Obstacles, group: int, center: wp.vec3, near: float):
    """Share of a box of a cell's size about `center` that a group of solids fills.

    Eight sub-boxes, each cut by the plane at the distance of its middle: exact for planes along
    the grid. Solids that touch each other add up, so no gap is seen between them. `near` [m] is the
    distance at a corner of the cell; beyond a cell's diagonal the box is free.
    """
    half = 0.5 * wp.length(grid.edge)
    width = (grid.edge[0] + grid.edge[1] + grid.edge[2]) / 6.0
    share = float(0.0)
    if near > 2.1 * half:
        return share
    if group_distance(obstacles, group, center, 2.0 * half) < 0.5 * (half + width):
        for n in range(8):
            away = wp.vec3(
                (float(n & 1) - 0.5) * 0.5 * grid.edge[0],
                (float((n >> 1) & 1) - 0.5) * 0.5 * grid.edge[1],
                (float((n >> 2) & 1) - 0.5) * 0.5 * grid.edge[2],
            )
            filled = float(0.0)
            for shape in range(obstacles.count):
                if obstacles.free[shape] == group - 1:
                    d = obstacle_touch(obstacles, 0, shape, center + away, half).distance
                    filled += wp.clamp(0.5 - d / width, 0.0, 1.0)
            share += 0.125 * wp.min(filled, 1.0)
    return share


@wp.kernel
def node_distances(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    reach: float,
    distance: wp.array4d(dtype=float),
):
    """Signed distance [m] to each group of solids at the low corners of the cells."""
    group, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    at = grid.lower + wp.vec3(
        float(c[0]) * grid.edge[0], float(c[1]) * grid.edge[1], float(c[2]) * grid.edge[2]
    )
    distance[group, c[0], c[1], c[2]] = group_distance(obstacles, group, at, reach)


@wp.func
def nearest_prescribed(grid: Grid, obstacles: Obstacles, at: wp.vec3):
    """The solid nearest to a point, -1 if it is free or far."""
    touch = closest_obstacle(obstacles, 0, at, 2.0 * wp.length(grid.edge))
    if touch.shape >= 0:
        if obstacles.free[touch.shape] >= 0:
            return -1
    return touch.shape


@wp.kernel
def openings(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    distance: wp.array4d(dtype=float),
    bodies: int,
    open_share: wp.array4d(dtype=float),
    taken_share: wp.array4d(dtype=float),
    owner: wp.array4d(dtype=int),
    body_share: wp.array4d(dtype=float),
):
    """Of every face: the share that is open, the share that prescribed solids take, which of them
    is nearest, and the share that each free body covers."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    left = float(0.0)
    taken = float(0.0)
    solid = int(-1)
    if is_face(grid, axis, i, j, k) and not at_wall(grid, axis, i, j, k):
        at = face_at(grid, axis, i, j, k)
        near = distance[0, i, j, k]
        taken = covered(grid, obstacles, 0, at, near)
        if taken > 1.0 - NARROW:
            taken = 1.0
        left = 1.0 - taken
        for b in range(bodies):
            part = covered(grid, obstacles, b + 1, at, distance[b + 1, i, j, k])
            part = wp.min(part, left)
            body_share[3 * b + axis, i, j, k] = part
            left -= part
        if taken > 0.0:
            solid = nearest_prescribed(grid, obstacles, at)
        if left < 1.0e-3:
            left = 0.0
    open_share[axis, i, j, k] = left
    taken_share[axis, i, j, k] = taken
    owner[axis, i, j, k] = solid


@wp.kernel
def cell_room(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    distance: wp.array4d(dtype=float),
    groups: int,
    room: wp.array3d(dtype=float),
):
    """Share of every cell that no solid fills."""
    c = cell_of(blocks, wp.tid())
    if not is_cell(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    at = cell_at(grid, i, j, k)
    share = float(1.0)
    for group in range(groups):
        share -= covered(grid, obstacles, group, at, distance[group, i, j, k])
    room[i, j, k] = wp.max(share, 0.0)


@wp.func
def near_solids(grid: Grid, obstacles: Obstacles, at: wp.vec3):
    """Bit s % 32 is set if the prescribed solid s may be within two cells about `at`."""
    found = int(0)
    reach = wp.length(grid.edge)
    for shape in range(obstacles.count):
        if obstacles.free[shape] < 0:
            touch = obstacle_touch(obstacles, 0, shape, at, reach)
            if SLOPE * touch.distance < reach:
                found = found | (1 << (shape % 32))
    return found


@wp.func
def wall_on(grid: Grid, obstacles: Obstacles, near: int, start: wp.vec3, axis: int):
    """First and last of the points of a line, two cells long from `start` along an axis, that lie
    in prescribed solids; points that are nearer than the solid's surface are passed over."""
    step = 2.0 * grid.edge[axis] / float(SAMPLES - 1)
    first = int(SAMPLES)
    last = int(-1)
    for shape in range(obstacles.count):
        if obstacles.free[shape] < 0 and (near >> (shape % 32)) & 1 == 1:
            m = int(0)
            while m < SAMPLES:
                at = start
                at[axis] = at[axis] + step * float(m)
                touch = obstacle_touch(obstacles, 0, shape, at, 2.0 * grid.edge[axis])
                same = int(wp.min(SLOPE * wp.abs(touch.distance) / step, float(SAMPLES)))
                if touch.distance < 0.0:
                    first = wp.min(first, m)
                    last = wp.max(last, wp.min(m + same, SAMPLES - 1))
                m += 1 + same
    return first, last


@wp.func
def sides(grid: Grid, obstacles: Obstacles, near: int, at: wp.vec3, axis: int):
    """Free points of a cell about `at` below and above a wall that passes through it across an
    axis, counted on lines two cells long; (0, 0) if it blocks less than a third of those with free
    ends."""
    u = (axis + 1) % 3
    v = (axis + 2) % 3
    balance = int(0)
    below = int(0)
    above = int(0)
    for n in range(LINES * LINES):
        start = at
        start[axis] = start[axis] - grid.edge[axis]
        start[u] = start[u] + ((float(n % LINES) + 0.5) / float(LINES) - 0.5) * grid.edge[u]
        start[v] = start[v] + ((float(n // LINES) + 0.5) / float(LINES) - 0.5) * grid.edge[v]
        first, last = wall_on(grid, obstacles, near, start, axis)
        if last < 0:
            balance -= 1
        elif first > 0 and last < SAMPLES - 1:
            balance += 2
            below += wp.max(first - SAMPLES // 4, 0)
            above += wp.max(SAMPLES - SAMPLES // 4 - 1 - last, 0)
    if balance <= 0:
        return wp.vec2i(0, 0)
    return wp.vec2i(below + 1, above + 1)


@wp.kernel
def find_walls(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    room: wp.array3d(dtype=float),
    walls: wp.array4d(dtype=int),
):
    """Where a prescribed wall passes through a cell across an axis: -1 closes the cell's lower
    face, +1 its upper one. The cell stays open towards its larger part alone. In a corner some
    lines run beyond the other walls and are open: a third that is blocked decides."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_cell(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    closed = int(0)
    at = cell_at(grid, i, j, k)
    if room[i, j, k] < 0.999:
        near = near_solids(grid, obstacles, at)
        parts = sides(grid, obstacles, near, at, axis)
        if parts[0] > 0:
            closed = wp.where(parts[0] > parts[1], 1, -1)
    walls[axis, i, j, k] = closed


@wp.kernel
def seal(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    walls: wp.array4d(dtype=int),
    open_share: wp.array4d(dtype=float),
    taken_share: wp.array4d(dtype=float),
    owner: wp.array4d(dtype=int),
):
    """Walls let nothing through: close the faces that the cells beside them say, and those between
    cells that stay open on opposite sides of a wall along the way.

    Free bodies are not sealed: that would change the volume that lifts them."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    if not is_face(grid, axis, i, j, k) or at_wall(grid, axis, i, j, k):
        return
    low = c
    low[axis] = c[axis] - 1
    closed = bool(False)
    if is_cell(grid, c):
        closed = walls[axis, i, j, k] < 0
    if c[axis] > 0:
        closed = closed or walls[axis, low[0], low[1], low[2]] > 0
        for other in range(3):
            if other != axis and is_cell(grid, c):
                opposed = walls[other, i, j, k] * walls[other, low[0], low[1], low[2]]
                closed = closed or opposed < 0
    if closed:
        taken_share[axis, i, j, k] = 1.0
        owner[axis, i, j, k] = nearest_prescribed(grid, obstacles, face_at(grid, axis, i, j, k))
        open_share[axis, i, j, k] = 0.0


@wp.kernel
def follow_solids(
    grid: Grid,
    blocks: Blocks,
    obstacles: Obstacles,
    taken_share: wp.array4d(dtype=float),
    owner: wp.array4d(dtype=int),
    solid_flow: wp.array4d(dtype=float),
):
    """Flow [m/s] of prescribed solids, as they move now, through the faces that they take."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    flow = float(0.0)
    taken = taken_share[axis, i, j, k]
    if taken > 0.0 and owner[axis, i, j, k] >= 0:
        at = face_at(grid, axis, i, j, k)
        flow = taken * velocity_of(obstacles, 0, owner[axis, i, j, k], at)[axis]
    solid_flow[axis, i, j, k] = flow
