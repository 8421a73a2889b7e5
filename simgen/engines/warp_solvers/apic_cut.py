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

from simgen.engines.warp_solvers.apic_particles import Grid, at_wall, cell_at, face_at, is_face
from simgen.engines.warp_solvers.obstacles import (
    FAR,
    Obstacles,
    Touch,
    closest_obstacle,
    obstacle_touch,
)

NARROW = wp.constant(0.1)
"""Faces that prescribed solids leave open by less are closed: what must pass through a slit would
shoot out of it faster than anything moves."""
THIN_SAMPLES = wp.constant(9)
"""Points of a line between two cells at which a thin wall is looked for."""
LINES = wp.constant(4)
"""Such lines along each edge of a face."""


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
    grid: Grid, obstacles: Obstacles, reach: float, distance: wp.array4d(dtype=float)
):
    """Signed distance [m] to each group of solids at the low corners of the cells."""
    group, i, j, k = wp.tid()
    at = grid.lower + wp.vec3(
        float(i) * grid.edge[0], float(j) * grid.edge[1], float(k) * grid.edge[2]
    )
    distance[group, i, j, k] = group_distance(obstacles, group, at, reach)


@wp.func
def blocked(grid: Grid, obstacles: Obstacles, at: wp.vec3, axis: int):
    """Along the line of a cell's length through `at`: 0 where nothing solid is, 1 where a wall lies
    between two free ends, 2 where an end is solid."""
    step = wp.vec3()
    step[axis] = grid.edge[axis]
    ends = int(0)
    between = int(0)
    for n in range(THIN_SAMPLES):
        share = float(n) / float(THIN_SAMPLES - 1) - 0.5
        for shape in range(obstacles.count):
            if obstacles.free[shape] < 0:
                if obstacle_touch(obstacles, 0, shape, at + share * step, 0.0).distance < 0.0:
                    if n == 0 or n == THIN_SAMPLES - 1:
                        ends = 1
                    else:
                        between = 1
    return wp.where(ends == 1, 2, between)


@wp.func
def crossed(grid: Grid, obstacles: Obstacles, at: wp.vec3, axis: int):
    """Whether a wall passes between the two cells of a face: of the lines from one to the other
    whose ends are free, it blocks most. The rest may run beyond a second wall, in a corner."""
    u = (axis + 1) % 3
    v = (axis + 2) % 3
    balance = int(0)
    for n in range(LINES * LINES):
        aside = wp.vec3()
        aside[u] = ((float(n % LINES) + 0.5) / float(LINES) - 0.5) * grid.edge[u]
        aside[v] = ((float(n / LINES) + 0.5) / float(LINES) - 0.5) * grid.edge[v]
        kind = blocked(grid, obstacles, at + aside, axis)
        if kind == 0:
            balance -= 1
        if kind == 1:
            balance += 1
    return balance > 0


@wp.kernel
def openings(
    grid: Grid,
    obstacles: Obstacles,
    distance: wp.array4d(dtype=float),
    bodies: int,
    open_share: wp.array4d(dtype=float),
    solid_flow: wp.array4d(dtype=float),
    body_share: wp.array4d(dtype=float),
):
    """Of every face: the share that is open, the flow [m/s] of prescribed solids through the rest,
    and the share that each free body covers. A wall thinner than a cell closes the faces it
    crosses altogether."""
    axis, i, j, k = wp.tid()
    left = float(0.0)
    flow = float(0.0)
    if is_face(grid, axis, i, j, k) and not at_wall(grid, axis, i, j, k):
        at = face_at(grid, axis, i, j, k)
        near = distance[0, i, j, k]
        taken = covered(grid, obstacles, 0, at, near)
        if taken > 0.0 and taken < 1.0:
            if taken > 1.0 - NARROW or crossed(grid, obstacles, at, axis):
                taken = 1.0
        left = 1.0 - taken
        for b in range(bodies):
            part = covered(grid, obstacles, b + 1, at, distance[b + 1, i, j, k])
            part = wp.min(part, left)
            body_share[3 * b + axis, i, j, k] = part
            left -= part
        if taken > 0.0:
            touch = closest_obstacle(obstacles, 0, at, 2.0 * wp.length(grid.edge))
            if touch.shape >= 0:
                if obstacles.free[touch.shape] < 0:
                    flow = taken * touch.velocity[axis]
        if left < 1.0e-3:
            left = 0.0
    open_share[axis, i, j, k] = left
    solid_flow[axis, i, j, k] = flow


@wp.kernel
def cell_room(
    grid: Grid,
    obstacles: Obstacles,
    distance: wp.array4d(dtype=float),
    groups: int,
    room: wp.array3d(dtype=float),
):
    """Share of every cell that no solid fills."""
    i, j, k = wp.tid()
    at = cell_at(grid, i, j, k)
    share = float(1.0)
    for group in range(groups):
        share -= covered(grid, obstacles, group, at, distance[group, i, j, k])
    room[i, j, k] = wp.max(share, 0.0)


@wp.kernel
def seal(
    grid: Grid,
    obstacles: Obstacles,
    room: wp.array3d(dtype=float),
    open_share: wp.array4d(dtype=float),
    solid_flow: wp.array4d(dtype=float),
):
    """A prescribed wall about as thick as a cell is open in part on both sides; it lets nothing
    through. Such a wall holds the cell's centre, and the next centres on both sides are free: the
    cell stays open towards the nearer surface alone.

    Free bodies are not sealed: that would change the volume that lifts them."""
    i, j, k = wp.tid()
    if room[i, j, k] > 0.75:
        return
    at = cell_at(grid, i, j, k)
    reach = wp.length(grid.edge)
    touch = group_touch(obstacles, 0, at, reach)
    if touch.distance > 0.0:
        return
    c = wp.vec3i(i, j, k)
    for axis in range(3):
        step = wp.vec3()
        step[axis] = grid.edge[axis]
        between = c[axis] > 0 and c[axis] + 1 < grid.cells[axis]
        if between and group_distance(obstacles, 0, at - step, reach) > 0.0:
            if group_distance(obstacles, 0, at + step, reach) > 0.0:
                f = c
                if touch.normal[axis] < 0.0:
                    f[axis] = f[axis] + 1
                left = open_share[axis, f[0], f[1], f[2]]
                flow = solid_flow[axis, f[0], f[1], f[2]]
                solid_flow[axis, f[0], f[1], f[2]] = flow / wp.max(1.0 - left, 0.01)
                open_share[axis, f[0], f[1], f[2]] = 0.0
