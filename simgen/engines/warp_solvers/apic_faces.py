# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046, SIM102
"""Velocities on the faces of the staggered grid: start, viscosity, and beyond the liquid."""

import warp as wp

from simgen.engines.warp_solvers.apic_blocks import Blocks, cell_of, is_node
from simgen.engines.warp_solvers.apic_particles import (
    Grid,
    at_wall,
    face_at,
    is_face,
    last_face,
)
from simgen.engines.warp_solvers.obstacles import Obstacles, closest_obstacle

SOLVED = wp.constant(2)
"""Mark of faces that the pressure acts on; 1 marks other known faces, 0 unknown ones."""

FAINT = wp.constant(1.0 / 64.0)
"""Faces with less liquid around them, in cells, than a particle in their middle gives to each of
its eight (eight particles fill a cell) do not say how solids and air beside them move: their
velocity is what the gradients of far particles make of it, and would feed those gradients."""


@wp.kernel
def start_velocity(
    grid: Grid,
    blocks: Blocks,
    momentum: wp.array4d(dtype=float),
    weight: wp.array4d(dtype=float),
    volume: wp.array4d(dtype=float),
    gravity: wp.vec3,
    dt: float,
    faces: wp.array4d(dtype=float),
    valid: wp.array4d(dtype=int),
):
    """Velocity of the particles around every face, after gravity; known where enough are."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    u = float(0.0)
    known = int(0)
    if weight[axis, i, j, k] > 0.0:
        u = momentum[axis, i, j, k] / weight[axis, i, j, k] + dt * gravity[axis]
        if volume[axis, i, j, k] > FAINT * grid.edge[0] * grid.edge[1] * grid.edge[2]:
            known = 1
    faces[axis, i, j, k] = u
    valid[axis, i, j, k] = known


@wp.kernel
def diffuse(
    grid: Grid,
    blocks: Blocks,
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
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
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
    blocks: Blocks,
    volume: wp.array4d(dtype=float),
    valid: wp.array4d(dtype=int),
    known: wp.array4d(dtype=int),
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
):
    """Faces just above the liquid with little in them move with it instead of falling freely."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
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
    blocks: Blocks,
    valid: wp.array4d(dtype=int),
    known: wp.array4d(dtype=int),
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
):
    """Unknown faces take the mean of their known neighbours."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
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
    blocks: Blocks,
    obstacles: Obstacles,
    open_share: wp.array4d(dtype=float),
    sticky: int,
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
    out: wp.array4d(dtype=float),
):
    """Faces inside solids move with them: along the normal, or altogether if sticky. Nothing is
    spread into solids and walls."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    u = faces[axis, i, j, k]
    if is_face(grid, axis, i, j, k) and open_share[axis, i, j, k] == 0.0:
        shift[axis, i, j, k] = 0.0
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
