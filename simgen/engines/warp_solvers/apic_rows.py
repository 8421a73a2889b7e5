# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046, SIM102
"""The pressure equation of the incompressible liquid, one row per liquid cell.

Flow out of a cell through its open faces, through prescribed solids and with the free bodies sums
to zero: (L + dt J^T W J) p = -div u - J^T V, where W is the mobility of the free bodies and J p the
force of the pressure on them (Batty, Bertails & Bridson 2007). Air has pressure zero at the free
surface, which the ghost-fluid method places between the cells (Gibou et al. 2002).
"""

import warp as wp

from simgen.engines.warp_solvers.apic_blocks import Blocks, cell_of, is_cell, is_node
from simgen.engines.warp_solvers.apic_faces import SOLVED
from simgen.engines.warp_solvers.apic_particles import Grid, face_at
from simgen.engines.warp_solvers.conjugate import Sums, Vectors

THINNEST = wp.constant(0.05)
"""Least distance of the surface from the centre of a liquid cell, in cells."""
FREE = wp.constant(0.49)
"""Cells with less room belong to the solids, whatever particles are in them."""
WHOLE = wp.constant(0.999)
"""Cells with more room are not cut by solids."""
NEIGHBOURS = wp.constant(6)


@wp.struct
class Rows:
    """The unknowns of a step."""

    neighbour: wp.array2d(dtype=int)
    """(6, row): row beyond -x, +x, -y, +y, -z, +z; -1 for none."""
    share: wp.array2d(dtype=float)
    """(6, row): coefficient of that neighbour."""
    diagonal: wp.array(dtype=float)
    flow: wp.array(dtype=float)
    """Right side of the pressure equation."""
    excess: wp.array(dtype=float)
    """Right side of the spreading equation."""
    push: wp.array2d(dtype=wp.vec3)
    """(body, row): force on a free body per pressure [m^2]."""
    twist: wp.array2d(dtype=wp.vec3)
    """(body, row): its moment about the centre of mass [m^3]."""


@wp.kernel
def measure_cells(
    grid: Grid,
    blocks: Blocks,
    volume: wp.array3d(dtype=float),
    occupied: wp.array3d(dtype=int),
    room: wp.array3d(dtype=float),
    density: wp.array3d(dtype=float),
    level: wp.array3d(dtype=float),
    liquid: wp.array(dtype=int),
):
    """Volume of liquid over the room for it, per cell; the distance of the surface in cells
    (negative inside); whether the cell is liquid, for cells that solids leave free by half. Cut
    cells without a particle are not, whatever the weights bring them through a thin wall: liquid
    there would fall, and drag at that on the wall's other side.

    A half space of particles seen through the trilinear weight has density (1 - d)^2 / 2 at a
    distance d outside it and 1 - (1 + d)^2 / 2 inside."""
    c = cell_of(blocks, wp.tid())
    if not is_cell(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    reach = float(0.0)
    for di in range(3):
        for dj in range(3):
            for dk in range(3):
                w = wp.where(di == 1, 0.75, 0.125) * wp.where(dj == 1, 0.75, 0.125)
                w *= wp.where(dk == 1, 0.75, 0.125)
                ii = wp.clamp(i + di - 1, 0, grid.cells[0] - 1)
                jj = wp.clamp(j + dj - 1, 0, grid.cells[1] - 1)
                kk = wp.clamp(k + dk - 1, 0, grid.cells[2] - 1)
                reach += w * room[ii, jj, kk]
    space = grid.edge[0] * grid.edge[1] * grid.edge[2]
    share = volume[i, j, k] / (space * wp.max(reach, 0.1))
    density[i, j, k] = share
    d = float(1.0)
    if share < 0.5:
        d = 1.0 - wp.sqrt(2.0 * share)
    else:
        d = wp.sqrt(2.0 * wp.max(1.0 - share, 0.0)) - 1.0
    level[i, j, k] = d
    wet = int(0)
    free = room[i, j, k] > WHOLE or (room[i, j, k] > FREE and occupied[i, j, k] == 1)
    if d < 0.0 and free:
        wet = 1
    liquid[(i * grid.cells[1] + j) * grid.cells[2] + k] = wet


@wp.kernel
def choose_cells(
    grid: Grid,
    blocks: Blocks,
    found: wp.array(dtype=int),
    room: wp.array3d(dtype=float),
    open_share: wp.array4d(dtype=float),
    level: wp.array3d(dtype=float),
    liquid: wp.array(dtype=int),
):
    """The cells of the pressure equation: those that are liquid, and those of solids beside them,
    into which the pressure goes on to the surface."""
    c = cell_of(blocks, wp.tid())
    if not is_cell(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    flat = (i * grid.cells[1] + j) * grid.cells[2] + k
    wet = int(0)
    for side in range(6):
        axis = side / 2
        high = side % 2
        f = c
        n = c
        f[axis] = f[axis] + high
        n[axis] = n[axis] + 2 * high - 1
        if open_share[axis, f[0], f[1], f[2]] > 0.0:
            if found[flat] == 1:
                wet = 1
            elif room[i, j, k] <= FREE and n[axis] >= 0 and n[axis] < grid.cells[axis]:
                if found[(n[0] * grid.cells[1] + n[1]) * grid.cells[2] + n[2]] == 1:
                    wet = 1
    if wet == 1 and found[flat] == 0:
        level[i, j, k] = -0.5
    liquid[flat] = wet


@wp.func
def row_of(grid: Grid, liquid: wp.array(dtype=int), before: wp.array(dtype=int), c: wp.vec3i):
    """Row of a cell, -1 where it is not liquid."""
    found = int(-1)
    if c[0] >= 0 and c[1] >= 0 and c[2] >= 0:
        if c[0] < grid.cells[0] and c[1] < grid.cells[1] and c[2] < grid.cells[2]:
            flat = (c[0] * grid.cells[1] + c[1]) * grid.cells[2] + c[2]
            if liquid[flat] == 1:
                found = before[flat]
    return found


@wp.func
def is_dry(grid: Grid, room: wp.array3d(dtype=float), c: wp.vec3i):
    """Whether a cell without a row is air, not the inside of a solid."""
    dry = bool(True)
    if c[0] >= 0 and c[1] >= 0 and c[2] >= 0:
        if c[0] < grid.cells[0] and c[1] < grid.cells[1] and c[2] < grid.cells[2]:
            dry = room[c[0], c[1], c[2]] > FREE
    return dry


@wp.func
def surface_share(level: wp.array3d(dtype=float), grid: Grid, c: wp.vec3i, n: wp.vec3i):
    """Distance of the surface from liquid cell `c` towards air cell `n`, in cells."""
    beyond = float(0.5)
    if n[2] < grid.cells[2]:
        beyond = level[n[0], n[1], n[2]]
    here = level[c[0], c[1], c[2]]
    return wp.clamp(here / (here - beyond), THINNEST, 1.0)


@wp.kernel
def build_rows(
    grid: Grid,
    blocks: Blocks,
    liquid: wp.array(dtype=int),
    before: wp.array(dtype=int),
    level: wp.array3d(dtype=float),
    density: wp.array3d(dtype=float),
    room: wp.array3d(dtype=float),
    open_share: wp.array4d(dtype=float),
    solid_flow: wp.array4d(dtype=float),
    body_share: wp.array4d(dtype=float),
    centers: wp.array(dtype=wp.vec3),
    bodies: int,
    faces: wp.array4d(dtype=float),
    lightness: wp.array4d(dtype=float),
    dt: float,
    spread: float,
    rows: Rows,
):
    """Coefficients and both right sides of every liquid cell; `lightness` is dt over density."""
    c = cell_of(blocks, wp.tid())
    if not is_cell(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    r = row_of(grid, liquid, before, c)
    if r < 0:
        return
    diagonal = float(0.0)
    flow = float(0.0)
    enclosed = int(1)
    space = grid.edge[0] * grid.edge[1] * grid.edge[2]
    for b in range(bodies):
        rows.push[b, r] = wp.vec3()
        rows.twist[b, r] = wp.vec3()
    for side in range(6):
        axis = side / 2
        high = side % 2
        f = c
        n = c
        sign = float(2 * high - 1)
        f[axis] = f[axis] + high
        n[axis] = n[axis] + 2 * high - 1
        area = space / grid.edge[axis]
        w = open_share[axis, f[0], f[1], f[2]]
        other = row_of(grid, liquid, before, n)
        if other < 0 and not is_dry(grid, room, n):
            w = 0.0
        flow -= sign * area * w * faces[axis, f[0], f[1], f[2]]
        flow -= sign * area * solid_flow[axis, f[0], f[1], f[2]]
        share = area * w * lightness[axis, f[0], f[1], f[2]] / grid.edge[axis]
        if w > 0.0 and other < 0:
            diagonal += share / surface_share(level, grid, c, n)
            enclosed = 0
        else:
            diagonal += share
        rows.neighbour[side, r] = wp.where(w > 0.0, other, -1)
        rows.share[side, r] = share
        for b in range(bodies):
            s = sign * area * body_share[3 * b + axis, f[0], f[1], f[2]]
            if s != 0.0:
                force = wp.vec3()
                force[axis] = s
                arm = face_at(grid, axis, f[0], f[1], f[2]) - centers[b]
                rows.push[b, r] = rows.push[b, r] + force
                rows.twist[b, r] = rows.twist[b, r] + wp.cross(arm, force)
    over = density[i, j, k] - 1.0
    if enclosed == 0:
        over = wp.max(over, 0.0)
    rows.diagonal[r] = wp.max(diagonal, 1.0e-12)
    rows.flow[r] = flow
    rows.excess[r] = spread * space * room[i, j, k] * wp.clamp(over, -0.2, 0.5) / dt


@wp.kernel
def add_bodies_flow(rows: Rows, motion: wp.array(dtype=float), bodies: int):
    """Flow that free bodies displace: motion holds (velocity, spin) of each in turn."""
    r = wp.tid()
    total = float(0.0)
    for b in range(bodies):
        v = wp.vec3(motion[6 * b], motion[6 * b + 1], motion[6 * b + 2])
        w = wp.vec3(motion[6 * b + 3], motion[6 * b + 4], motion[6 * b + 5])
        total += wp.dot(rows.push[b, r], v) + wp.dot(rows.twist[b, r], w)
    rows.flow[r] = rows.flow[r] - total


@wp.kernel
def multiply(
    rows: Rows,
    reply: wp.array(dtype=float),
    bodies: int,
    screen: float,
    vectors: Vectors,
    sums: Sums,
):
    """A p; `reply` is the velocity change of the bodies under p, `screen` the share by which the
    diagonal is enlarged."""
    r = wp.tid()
    if r < sums.count[0]:
        total = (1.0 + screen) * rows.diagonal[r] * vectors.p[r]
        for side in range(NEIGHBOURS):
            n = rows.neighbour[side, r]
            if n >= 0:
                total -= rows.share[side, r] * vectors.p[n]
        for b in range(bodies):
            v = wp.vec3(reply[6 * b], reply[6 * b + 1], reply[6 * b + 2])
            w = wp.vec3(reply[6 * b + 3], reply[6 * b + 4], reply[6 * b + 5])
            total += wp.dot(rows.push[b, r], v) + wp.dot(rows.twist[b, r], w)
        vectors.product[r] = total
        wp.atomic_add(sums.curvature, 0, wp.float64(total) * wp.float64(vectors.p[r]))


@wp.kernel
def forces(
    rows: Rows,
    p: wp.array(dtype=float),
    count: wp.array(dtype=int),
    bodies: int,
    force: wp.array(dtype=float),
):
    """Force [N] and moment [N m] of the pressure on every free body."""
    r = wp.tid()
    if r >= count[0]:
        return
    for b in range(bodies):
        f = p[r] * rows.push[b, r]
        m = p[r] * rows.twist[b, r]
        for a in range(3):
            if f[a] != 0.0:
                wp.atomic_add(force, 6 * b + a, f[a])
            if m[a] != 0.0:
                wp.atomic_add(force, 6 * b + 3 + a, m[a])


@wp.kernel
def reply_of(
    mobility: wp.array2d(dtype=float), force: wp.array(dtype=float), reply: wp.array(dtype=float)
):
    """reply = mobility force."""
    row = wp.tid()
    total = float(0.0)
    for column in range(force.shape[0]):
        total += mobility[row, column] * force[column]
    reply[row] = total


@wp.func
def pressure_of(
    grid: Grid,
    liquid: wp.array(dtype=int),
    before: wp.array(dtype=int),
    p: wp.array(dtype=float),
    c: wp.vec3i,
):
    """Pressure of a cell [Pa], zero in the air."""
    r = row_of(grid, liquid, before, c)
    found = float(0.0)
    if r >= 0:
        found = p[r]
    return found


@wp.kernel
def accelerate(
    grid: Grid,
    blocks: Blocks,
    liquid: wp.array(dtype=int),
    before: wp.array(dtype=int),
    level: wp.array3d(dtype=float),
    room: wp.array3d(dtype=float),
    open_share: wp.array4d(dtype=float),
    lightness: wp.array4d(dtype=float),
    p: wp.array(dtype=float),
    q: wp.array(dtype=float),
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
    valid: wp.array4d(dtype=int),
):
    """Velocities after the pressure p, and the spreading velocity of q; closed faces are unknown
    and faces at the liquid solved."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    high = c
    low = c
    low[axis] = low[axis] - 1
    a = row_of(grid, liquid, before, low)
    b = row_of(grid, liquid, before, high)
    closed = open_share[axis, i, j, k] == 0.0
    if a < 0 and not is_dry(grid, room, low):
        closed = True
    if b < 0 and not is_dry(grid, room, high):
        closed = True
    moved = float(0.0)
    if closed:
        valid[axis, i, j, k] = 0
        faces[axis, i, j, k] = 0.0
    else:
        if a >= 0 or b >= 0:
            scale = lightness[axis, i, j, k] / grid.edge[axis]
            if a < 0:
                scale = scale / surface_share(level, grid, high, low)
            if b < 0:
                scale = scale / surface_share(level, grid, low, high)
            jump = pressure_of(grid, liquid, before, p, high)
            jump -= pressure_of(grid, liquid, before, p, low)
            faces[axis, i, j, k] = faces[axis, i, j, k] - scale * jump
            jump = pressure_of(grid, liquid, before, q, high)
            jump -= pressure_of(grid, liquid, before, q, low)
            moved = -scale * jump
            valid[axis, i, j, k] = SOLVED
    shift[axis, i, j, k] = moved


@wp.kernel
def lighten(
    grid: Grid,
    blocks: Blocks,
    weight: wp.array4d(dtype=float),
    volume: wp.array4d(dtype=float),
    rest: float,
    dt: float,
    lightness: wp.array4d(dtype=float),
):
    """dt over the density [m^3 s / kg] of the liquid around every face; `rest` where there is
    none."""
    axis, slot = wp.tid()
    c = cell_of(blocks, slot)
    if not is_node(grid, c):
        return
    i, j, k = c[0], c[1], c[2]
    density = rest
    if weight[axis, i, j, k] > 0.0:
        density = weight[axis, i, j, k] / volume[axis, i, j, k]
    lightness[axis, i, j, k] = dt / density
