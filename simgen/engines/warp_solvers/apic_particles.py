# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
# ruff: noqa: UP018, RUF046
"""Particles of the incompressible liquid: transfers to and from the staggered grid, and advection.

Affine particle-in-cell with trilinear weights on a staggered grid (Jiang et al. 2015, section 5.3):
a particle carries its velocity and, per component, the gradient of that component. Positions count
from the domain's lower corner [m]. Face (a, i, j, k) is the side of cell (i, j, k) towards lower
coordinate a. Beyond the walls the grid is mirrored, so walls are slippery.
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, obstacle_touch, react, velocity_of
from simgen.engines.warp_solvers.pipes import Pipes, flows, waits

PIECE = wp.constant(0.1)
"""Longest piece of a particle's way past a solid, in cells: thinner walls hold nothing."""
MOST_PIECES = wp.constant(24)


@wp.struct
class Grid:
    """A staggered grid over the domain."""

    cells: wp.vec3i
    edge: wp.vec3
    """Of a cell [m]."""
    lower: wp.vec3
    """World position of the domain's lower corner [m]."""
    open_top: int


@wp.func
def stencil(grid: Grid, offset: wp.vec3, x: wp.vec3):
    """Lowest corner and weights of the 8 samples around `x`; samples sit at (index + offset)."""
    q = wp.vec3(
        x[0] / grid.edge[0] - offset[0],
        x[1] / grid.edge[1] - offset[1],
        x[2] / grid.edge[2] - offset[2],
    )
    base = wp.vec3i(int(wp.floor(q[0])), int(wp.floor(q[1])), int(wp.floor(q[2])))
    return base, wp.vec3(q[0] - float(base[0]), q[1] - float(base[1]), q[2] - float(base[2]))


@wp.func
def trilinear(f: wp.vec3, di: int, dj: int, dk: int):
    """Weight of the sample that lies (di, dj, dk) from the lowest corner of a stencil."""
    w = wp.abs(float(1 - di) - f[0]) * wp.abs(float(1 - dj) - f[1])
    return w * wp.abs(float(1 - dk) - f[2])


@wp.func
def face_offset(axis: int):
    """Where the face samples of an axis sit inside their cell, in cells."""
    offset = wp.vec3(0.5, 0.5, 0.5)
    offset[axis] = 0.0
    return offset


@wp.func
def inside(value: int, last: int):
    """An index mirrored into 0..last."""
    return wp.clamp(value, 0, last)


@wp.func
def last_face(grid: Grid, axis: int, along: int):
    """Largest index of the faces of `axis` along an axis."""
    if axis == along:
        return grid.cells[along]
    return grid.cells[along] - 1


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
def is_absent(grid: Grid, pipes: Pipes, p: int, x: wp.vec3):
    """Whether a particle is not on the grid: above it, or in a pipe but for its last two cells."""
    absent = x[2] > float(grid.cells[2]) * grid.edge[2]
    left = waits(pipes, p, 0.0)
    if left > 0.0:
        near = left * wp.length(pipes.rate[p]) < 2.0 * grid.edge[0]
        if not (near and flows(pipes, p, 0.0)):
            absent = True
    return absent


@wp.kernel
def scatter(
    grid: Grid,
    pipes: Pipes,
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    kind: wp.array(dtype=int),
    mass: wp.array(dtype=float),
    volume: wp.array(dtype=float),
    momentum: wp.array4d(dtype=float),
    weight: wp.array4d(dtype=float),
    face_volume: wp.array4d(dtype=float),
    cell_volume: wp.array3d(dtype=float),
    occupied: wp.array3d(dtype=int),
):
    """Momentum, mass and volume at the faces, volume at the cells, and which cells particles are
    in."""
    p = wp.tid()
    if is_absent(grid, pipes, p, x[p]):
        return
    m = mass[kind[p]]
    space = volume[kind[p]]
    for axis in range(3):
        offset = face_offset(axis)
        base, f = stencil(grid, offset, x[p])
        row = affine[p][axis]
        for corner in range(8):
            di = corner & 1
            dj = (corner >> 1) & 1
            dk = (corner >> 2) & 1
            w = trilinear(f, di, dj, dk)
            away = wp.vec3(
                (float(di) - f[0]) * grid.edge[0],
                (float(dj) - f[1]) * grid.edge[1],
                (float(dk) - f[2]) * grid.edge[2],
            )
            i = inside(base[0] + di, last_face(grid, axis, 0))
            j = inside(base[1] + dj, last_face(grid, axis, 1))
            k = inside(base[2] + dk, last_face(grid, axis, 2))
            wp.atomic_add(weight, axis, i, j, k, w * m)
            wp.atomic_add(face_volume, axis, i, j, k, w * space)
            wp.atomic_add(momentum, axis, i, j, k, w * m * (v[p][axis] + wp.dot(row, away)))
    own, _ = stencil(grid, wp.vec3(), x[p])
    i = inside(own[0], grid.cells[0] - 1)
    j = inside(own[1], grid.cells[1] - 1)
    k = inside(own[2], grid.cells[2] - 1)
    occupied[i, j, k] = 1
    base, f = stencil(grid, wp.vec3(0.5, 0.5, 0.5), x[p])
    for corner in range(8):
        di = corner & 1
        dj = (corner >> 1) & 1
        dk = (corner >> 2) & 1
        w = trilinear(f, di, dj, dk)
        i = inside(base[0] + di, grid.cells[0] - 1)
        j = inside(base[1] + dj, grid.cells[1] - 1)
        k = inside(base[2] + dk, grid.cells[2] - 1)
        wp.atomic_add(cell_volume, i, j, k, w * space)


@wp.kernel
def sample_ratio(
    grid: Grid,
    pipes: Pipes,
    density: wp.array3d(dtype=float),
    x: wp.array(dtype=wp.vec3),
    ratio: wp.array(dtype=float),
):
    """Volume over rest volume of the liquid around every particle, between the cells' centres; 1 in
    pipes."""
    p = wp.tid()
    if waits(pipes, p, 0.0) > 0.0:
        ratio[p] = 1.0
        return
    base, f = stencil(grid, wp.vec3(0.5, 0.5, 0.5), x[p])
    total = float(0.0)
    for corner in range(8):
        di = corner & 1
        dj = (corner >> 1) & 1
        dk = (corner >> 2) & 1
        w = trilinear(f, di, dj, dk)
        i = inside(base[0] + di, grid.cells[0] - 1)
        j = inside(base[1] + dj, grid.cells[1] - 1)
        k = inside(base[2] + dk, grid.cells[2] - 1)
        total += w * density[i, j, k]
    ratio[p] = 1.0 / wp.max(total, 0.1)


@wp.func
def velocity_at(grid: Grid, faces: wp.array4d(dtype=float), x: wp.vec3):
    """Trilinear velocity [m/s] at a point."""
    found = wp.vec3()
    for axis in range(3):
        base, f = stencil(grid, face_offset(axis), x)
        total = float(0.0)
        for corner in range(8):
            di = corner & 1
            dj = (corner >> 1) & 1
            dk = (corner >> 2) & 1
            w = trilinear(f, di, dj, dk)
            i = inside(base[0] + di, last_face(grid, axis, 0))
            j = inside(base[1] + dj, last_face(grid, axis, 1))
            k = inside(base[2] + dk, last_face(grid, axis, 2))
            total += w * faces[axis, i, j, k]
        found[axis] = total
    return found


@wp.func
def gradient_at(grid: Grid, faces: wp.array4d(dtype=float), x: wp.vec3):
    """Row a: gradient of velocity component a [1/s]."""
    found = wp.mat33()
    for axis in range(3):
        base, f = stencil(grid, face_offset(axis), x)
        slope = wp.vec3()
        for corner in range(8):
            di = corner & 1
            dj = (corner >> 1) & 1
            dk = (corner >> 2) & 1
            wx = wp.abs(float(1 - di) - f[0])
            wy = wp.abs(float(1 - dj) - f[1])
            wz = wp.abs(float(1 - dk) - f[2])
            i = inside(base[0] + di, last_face(grid, axis, 0))
            j = inside(base[1] + dj, last_face(grid, axis, 1))
            k = inside(base[2] + dk, last_face(grid, axis, 2))
            u = faces[axis, i, j, k]
            slope[0] = slope[0] + float(2 * di - 1) / grid.edge[0] * wy * wz * u
            slope[1] = slope[1] + float(2 * dj - 1) / grid.edge[1] * wx * wz * u
            slope[2] = slope[2] + float(2 * dk - 1) / grid.edge[2] * wx * wy * u
        found[axis] = slope
    return found


@wp.func
def walls(grid: Grid, x: wp.vec3, gap: float):
    """A position taken back between the walls of the domain, `gap` [m] off them."""
    for axis in range(3):
        size = float(grid.cells[axis]) * grid.edge[axis]
        high = size - gap
        if axis == 2 and grid.open_top == 1:
            high = 1.0e6
        x[axis] = wp.clamp(x[axis], gap, high)
    return x


@wp.func
def is_spray(grid: Grid, wet: wp.array(dtype=int), x: wp.vec3):
    """Whether none of the eight cells around a particle is liquid, or it is above the grid."""
    if x[2] > float(grid.cells[2]) * grid.edge[2]:
        return True
    base, _ = stencil(grid, wp.vec3(0.5, 0.5, 0.5), x)
    found = int(0)
    for corner in range(8):
        i = inside(base[0] + (corner & 1), grid.cells[0] - 1)
        j = inside(base[1] + ((corner >> 1) & 1), grid.cells[1] - 1)
        k = inside(base[2] + ((corner >> 2) & 1), grid.cells[2] - 1)
        found += wet[(i * grid.cells[1] + j) * grid.cells[2] + k]
    return found == 0


@wp.func
def kept_out(
    obstacles: Obstacles,
    shape: int,
    end: wp.vec3,
    way: wp.vec3,
    velocity: wp.vec3,
    gap: float,
    berth: float,
    spread: float,
    piece: float,
):
    """Where a particle ends its way [m] past a solid, and its velocity [m/s] then.

    Seen from the solid, which stands at its place at the step's end, the particle comes along
    `way`; piece by piece it is laid back to the side of the surface where it came from, so it does
    not pass through a wall, however thin or fast. Where it is nearer than the `berth`, a share
    `spread` of the rest is added: as the spreading, this moves particles but not matter.
    """
    found = obstacle_touch(obstacles, 0, shape, end, berth + wp.length(way))
    if found.distance < berth + wp.length(way):
        pieces = wp.min(int(wp.length(way) / piece) + 1, MOST_PIECES)
        end = end - way
        for _ in range(pieces):
            end += way / float(pieces)
            touch = obstacle_touch(obstacles, 0, shape, end, gap)
            if touch.distance < gap:
                end += (gap - touch.distance) * touch.normal
                velocity -= wp.min(wp.dot(velocity - touch.velocity, touch.normal), 0.0) * (
                    touch.normal
                )
        touch = obstacle_touch(obstacles, 0, shape, end, berth)
        if touch.distance < berth:
            end += spread * (berth - touch.distance) * touch.normal
    return end, velocity


@wp.kernel
def gather(
    grid: Grid,
    pipes: Pipes,
    obstacles: Obstacles,
    faces: wp.array4d(dtype=float),
    shift: wp.array4d(dtype=float),
    gravity: wp.vec3,
    dt: float,
    gap: float,
    berth: float,
    spread: float,
    wet: wp.array(dtype=int),
    kind: wp.array(dtype=int),
    mass: wp.array(dtype=float),
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
):
    """New velocity and its gradient from the grid; then advection by the midpoint rule, with the
    spreading `shift` [m/s] that moves particles but not matter, past what is in the way. Free
    bodies take the momentum that particles lose at them. Spray falls freely.

    In pipes particles move with the plug."""
    p = wp.tid()
    left = waits(pipes, p, dt)
    if left > 0.0:
        along = wp.min(left, pipes.longest[p])
        x[p] = pipes.mouth[p] - along * pipes.rate[p]
        v[p] = wp.where(flows(pipes, p, dt), pipes.rate[p], wp.vec3())
        return
    start = x[p]
    velocity = v[p]
    end = start
    if is_spray(grid, wet, start):
        velocity = v[p] + dt * gravity
        end = start + dt * velocity
        affine[p] = wp.mat33()
    else:
        velocity = velocity_at(grid, faces, start)
        affine[p] = gradient_at(grid, faces, start)
        half = start + 0.5 * dt * velocity
        end = start + dt * (velocity_at(grid, faces, half) + velocity_at(grid, shift, start))
    bounded = walls(grid, end, gap)
    for axis in range(3):
        if (end[axis] - bounded[axis]) * velocity[axis] > 0.0:
            velocity[axis] = 0.0
    end = bounded + grid.lower
    way = bounded - start
    for shape in range(obstacles.count):
        before = velocity
        past = way - dt * velocity_of(obstacles, 0, shape, end)
        end, velocity = kept_out(
            obstacles, shape, end, past, velocity, gap, berth, spread, PIECE * wp.min(grid.edge)
        )
        given = wp.vec3d(velocity - before) * wp.float64(mass[kind[p]])
        if wp.length_sq(given) > wp.float64(0.0):
            react(obstacles, shape, wp.vec3d(end), given)
    x[p] = walls(grid, end - grid.lower, gap)
    v[p] = velocity
