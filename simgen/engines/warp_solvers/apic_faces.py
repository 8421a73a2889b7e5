# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046, SIM102
"""The staggered grid between the solids: what share of every face is open, velocities on faces.

The open share of a face is that of the box of a cell's size around it (the control volume of the
variational method of Batty, Bertails & Bridson 2007): so hydrostatic pressure on solids that lie
anywhere between the cells is exact. Group 0 of the solids is all that moves as prescribed, group
1 + b the free body b.
"""

import warp as wp

from simgen.engines.warp_solvers.apic_particles import Grid, face_offset, last_face
from simgen.engines.warp_solvers.obstacles import (
    FAR,
    Obstacles,
    closest_obstacle,
    obstacle_touch,
)

THIN_SAMPLES = wp.constant(9)
"""Points between the centres of two cells at which a thin wall is looked for."""

SOLVED = wp.constant(2)
"""Mark of faces that the pressure acts on; 1 marks other known faces, 0 unknown ones."""


@wp.func
def group_distance(obstacles: Obstacles, group: int, at: wp.vec3, reach: float):
    """Signed distance [m] to a group of solids."""
    best = float(FAR)
    for shape in range(obstacles.count):
        if obstacles.free[shape] == group - 1:
            best = wp.min(best, obstacle_touch(obstacles, 0, shape, at, reach).distance)
    return best


@wp.func
def covered(grid: Grid, obstacles: Obstacles, group: int, center: wp.vec3, near: float):
    """Share of a box of a cell's size about `center` that a group of solids fills.

    Eight sub-boxes, each cut by the plane at the distance of its middle: exact for planes along
    the grid. Solids that touch each other add up, so no gap is seen between them. `near` [m] is the
    distance at a corner of the cell, which tells boxes that are free.
    """
    half = 0.5 * wp.length(grid.edge)
    width = (grid.edge[0] + grid.edge[1] + grid.edge[2]) / 6.0
    share = float(0.0)
    if near < 4.0 * half:
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
def cell_at(grid: Grid, i: int, j: int, k: int):
    """World position [m] of the centre of a cell."""
    return grid.lower + wp.vec3(
        (float(i) + 0.5) * grid.edge[0],
        (float(j) + 0.5) * grid.edge[1],
        (float(k) + 0.5) * grid.edge[2],
    )


@wp.func
def face_at(grid: Grid, axis: int, i: int, j: int, k: int):
    """World position [m] of the centre of a face."""
    o = face_offset(axis)
    return grid.lower + wp.vec3(
        (float(i) + o[0]) * grid.edge[0],
        (float(j) + o[1]) * grid.edge[1],
        (float(k) + o[2]) * grid.edge[2],
    )


@wp.func
def is_face(grid: Grid, axis: int, i: int, j: int, k: int):
    """Whether the index is a face of this axis (arrays are one larger along the others)."""
    inside = True
    if axis != 0 and i == grid.cells[0]:
        inside = False
    if axis != 1 and j == grid.cells[1]:
        inside = False
    if axis != 2 and k == grid.cells[2]:
        inside = False
    return inside


@wp.func
def at_wall(grid: Grid, axis: int, i: int, j: int, k: int):
    """Whether a face lies in a closed wall of the domain."""
    index = wp.vec3i(i, j, k)
    wall = index[axis] == 0 or index[axis] == grid.cells[axis]
    if axis == 2 and k == grid.cells[2] and grid.open_top == 1:
        wall = False
    return wall


@wp.func
def crossed(grid: Grid, obstacles: Obstacles, at: wp.vec3, axis: int):
    """Whether a wall passes between the two cells of a face, both of whose centres are free."""
    step = wp.vec3()
    step[axis] = grid.edge[axis]
    ends = int(0)
    between = int(0)
    for n in range(THIN_SAMPLES):
        share = float(n) / float(THIN_SAMPLES - 1) - 0.5
        solid = int(0)
        for shape in range(obstacles.count):
            if obstacles.free[shape] < 0:
                if obstacle_touch(obstacles, 0, shape, at + share * step, 0.0).distance < 0.0:
                    solid = 1
        if n == 0 or n == THIN_SAMPLES - 1:
            ends += solid
        else:
            between += solid
    return ends == 0 and between > 0


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
        if taken < 1.0 and near < 2.0 * wp.length(grid.edge):
            if crossed(grid, obstacles, at, axis):
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
    through. Such a wall holds the cell's centre, and the next centres on both sides are free.

    Free bodies are not sealed: that would change the volume that lifts them."""
    i, j, k = wp.tid()
    if room[i, j, k] > 0.75:
        return
    at = cell_at(grid, i, j, k)
    reach = wp.length(grid.edge)
    if group_distance(obstacles, 0, at, reach) > 0.0:
        return
    for axis in range(3):
        step = wp.vec3()
        step[axis] = grid.edge[axis]
        before = group_distance(obstacles, 0, at - step, reach)
        after = group_distance(obstacles, 0, at + step, reach)
        if before > 0.0 and after > 0.0:
            for side in range(2):
                f = wp.vec3i(i, j, k)
                f[axis] = f[axis] + side
                left = open_share[axis, f[0], f[1], f[2]]
                flow = solid_flow[axis, f[0], f[1], f[2]]
                solid_flow[axis, f[0], f[1], f[2]] = flow / wp.max(1.0 - left, 0.01)
                open_share[axis, f[0], f[1], f[2]] = 0.0


@wp.kernel
def start_velocity(
    grid: Grid,
    momentum: wp.array4d(dtype=float),
    weight: wp.array4d(dtype=float),
    gravity: wp.vec3,
    dt: float,
    faces: wp.array4d(dtype=float),
    valid: wp.array4d(dtype=int),
):
    """Velocity of the particles around every face, after gravity."""
    axis, i, j, k = wp.tid()
    u = float(0.0)
    known = int(0)
    if weight[axis, i, j, k] > 0.0:
        u = momentum[axis, i, j, k] / weight[axis, i, j, k] + dt * gravity[axis]
        known = 1
    faces[axis, i, j, k] = u
    valid[axis, i, j, k] = known


@wp.kernel
def diffuse(
    grid: Grid,
    weight: wp.array4d(dtype=float),
    open_share: wp.array4d(dtype=float),
    solid_flow: wp.array4d(dtype=float),
    viscosity: float,
    sticky: int,
    dt: float,
    faces: wp.array4d(dtype=float),
    out: wp.array4d(dtype=float),
):
    """One explicit step of viscosity [m^2/s]; the air around does not pull, walls do if sticky."""
    axis, i, j, k = wp.tid()
    u = faces[axis, i, j, k]
    change = float(0.0)
    if weight[axis, i, j, k] > 0.0 and open_share[axis, i, j, k] > 0.0:
        for along in range(3):
            for side in range(2):
                n = wp.vec3i(i, j, k)
                n[along] = n[along] + 2 * side - 1
                scale = 1.0 / (grid.edge[along] * grid.edge[along])
                top = last_face(grid, axis, along)
                if n[along] < 0 or n[along] > top:
                    if sticky == 1 and not (along == 2 and side == 1 and grid.open_top == 1):
                        change += 2.0 * scale * (0.0 - u)
                elif open_share[axis, n[0], n[1], n[2]] == 0.0:
                    if sticky == 1 or along == axis:
                        change += scale * (solid_flow[axis, n[0], n[1], n[2]] - u)
                elif weight[axis, n[0], n[1], n[2]] > 0.0:
                    change += scale * (faces[axis, n[0], n[1], n[2]] - u)
    out[axis, i, j, k] = u + dt * viscosity * change


@wp.func
def sums_around(
    grid: Grid,
    valid: wp.array4d(dtype=int),
    wanted: int,
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
    axis: int,
    i: int,
    j: int,
    k: int,
):
    """Sums of velocity and of spreading velocity over the six neighbours of a face that carry the
    `wanted` mark, and how many do."""
    total = float(0.0)
    moved = float(0.0)
    count = float(0.0)
    for along in range(3):
        top = last_face(grid, axis, along)
        for side in range(2):
            n = wp.vec3i(i, j, k)
            n[along] = n[along] + 2 * side - 1
            if n[along] >= 0 and n[along] <= top:
                if valid[axis, n[0], n[1], n[2]] == wanted:
                    total += faces[axis, n[0], n[1], n[2]]
                    moved += shift[axis, n[0], n[1], n[2]]
                    count += 1.0
    return wp.vec3(total, moved, count)


@wp.kernel
def attach(
    grid: Grid,
    volume: wp.array4d(dtype=float),
    valid: wp.array4d(dtype=int),
    known: wp.array4d(dtype=int),
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
):
    """Faces just above the liquid with little in them move with it instead of falling freely."""
    axis, i, j, k = wp.tid()
    mark = valid[axis, i, j, k]
    space = grid.edge[0] * grid.edge[1] * grid.edge[2]
    if mark == 1 and volume[axis, i, j, k] < 0.5 * space:
        sums = sums_around(grid, valid, SOLVED, faces, shift, axis, i, j, k)
        if sums[2] > 0.0:
            faces[axis, i, j, k] = sums[0] / sums[2]
            shift[axis, i, j, k] = sums[1] / sums[2]
    known[axis, i, j, k] = wp.min(mark, 1)


@wp.kernel
def extrapolate(
    grid: Grid,
    valid: wp.array4d(dtype=int),
    known: wp.array4d(dtype=int),
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
):
    """Unknown faces take the mean of their known neighbours."""
    axis, i, j, k = wp.tid()
    mark = valid[axis, i, j, k]
    if mark == 0 and is_face(grid, axis, i, j, k):
        sums = sums_around(grid, valid, 1, faces, shift, axis, i, j, k)
        if sums[2] > 0.0:
            faces[axis, i, j, k] = sums[0] / sums[2]
            shift[axis, i, j, k] = sums[1] / sums[2]
            mark = 1
    known[axis, i, j, k] = mark


@wp.func
def other_component(
    grid: Grid, faces: wp.array4d(dtype=float), of: int, axis: int, i: int, j: int, k: int
):
    """Mean of velocity component `of` on the four faces around a face of another axis."""
    total = float(0.0)
    for a in range(2):
        for b in range(2):
            n = wp.vec3i(i, j, k)
            n[of] = n[of] + a
            n[axis] = n[axis] - b
            top = grid.cells[axis] - 1
            n[axis] = wp.clamp(n[axis], 0, top)
            total += faces[of, n[0], n[1], n[2]]
    return 0.25 * total


@wp.kernel
def constrain(
    grid: Grid,
    obstacles: Obstacles,
    open_share: wp.array4d(dtype=float),
    sticky: int,
    faces: wp.array4d(dtype=float),
    out: wp.array4d(dtype=float),
):
    """Faces inside solids move with them: along the normal, or altogether if sticky."""
    axis, i, j, k = wp.tid()
    u = faces[axis, i, j, k]
    if is_face(grid, axis, i, j, k) and open_share[axis, i, j, k] == 0.0:
        if at_wall(grid, axis, i, j, k):
            u = 0.0
        else:
            at = face_at(grid, axis, i, j, k)
            touch = closest_obstacle(obstacles, 0, at, wp.length(grid.edge))
            if touch.shape >= 0:
                if sticky == 1:
                    u = touch.velocity[axis]
                else:
                    v = wp.vec3()
                    for of in range(3):
                        if of == axis:
                            v[of] = u
                        else:
                            v[of] = other_component(grid, faces, of, axis, i, j, k)
                    into = wp.dot(v - touch.velocity, touch.normal)
                    u -= into * touch.normal[axis]
    out[axis, i, j, k] = u
