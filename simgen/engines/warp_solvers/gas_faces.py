# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false
# ruff: noqa: UP018
"""Faces of a gas grid (Warp): what solids and the ends of the domain leave open, and fluxes.

Open shares of cut cells: Batty, Bertails, Bridson 2007. Lengths are in cells unless named.
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, closest_obstacle


@wp.kernel
def node_distance(
    obstacles: Obstacles,
    origin: wp.vec3,
    cell: float,
    distance: wp.array3d(dtype=float),
):
    """Signed distance [cells] from the corners of the cells to the solids, up to two cells."""
    i, j, k = wp.tid()
    p = origin + cell * wp.vec3(float(i), float(j), float(k))
    touch = closest_obstacle(obstacles, 0, p, 2.0 * cell)
    d = float(2.0)
    if touch.shape >= 0:
        d = wp.min(touch.distance / cell, 2.0)
    if wp.abs(d) < 1.0e-3:
        d = 0.0
    distance[i, j, k] = d


@wp.kernel
def open_faces(
    obstacles: Obstacles,
    origin: wp.vec3,
    cell: float,
    distance: wp.array3d(dtype=float),
    axis: int,
    low: float,
    high: float,
    wind: float,
    free: wp.array3d(dtype=float),
    share: wp.array3d(dtype=float),
    wall: wp.array3d(dtype=float),
):
    """Open share of a face and the velocity of its closed rest; `free` without the ends.

    `low` and `high` are 1 where the domain is open; closed ends move air at `wind`.
    """
    i, j, k = wp.tid()
    a = wp.vec3i(0, 1, 0)
    b = wp.vec3i(0, 0, 1)
    if axis == 1:
        a = wp.vec3i(1, 0, 0)
    elif axis == 2:
        a = wp.vec3i(1, 0, 0)
        b = wp.vec3i(0, 1, 0)
    outside = float(0.0)
    whole = float(0.0)
    for n in range(4):
        m = n & 1
        o = n >> 1
        d = distance[i + m * a[0] + o * b[0], j + m * a[1] + o * b[1], k + m * a[2] + o * b[2]]
        outside += wp.max(d, 0.0)
        whole += wp.abs(d)
    s = float(0.0)
    if whole > 0.0:
        s = outside / whole
    if s < 0.02:
        s = 0.0
    speed = float(0.0)
    if s < 1.0:
        p = wp.vec3(float(i) + 0.5, float(j) + 0.5, float(k) + 0.5)
        p[axis] = p[axis] - 0.5
        touch = closest_obstacle(obstacles, 0, origin + cell * p, 2.0 * cell)
        if touch.shape >= 0:
            speed = touch.velocity[axis]
    free[i, j, k] = s
    at = wp.vec3i(i, j, k)
    if at[axis] == 0 and low < 0.5:
        speed = wind * s
        s = 0.0
    if at[axis] == share.shape[axis] - 1 and high < 0.5:
        speed = wind * s
        s = 0.0
    share[i, j, k] = s
    wall[i, j, k] = speed


@wp.kernel
def set_ends(
    axis: int,
    low: float,
    high: float,
    wind: float,
    free: wp.array3d(dtype=float),
    share: wp.array3d(dtype=float),
    wall: wp.array3d(dtype=float),
):
    """As `open_faces` at the two ends of the domain, where only the wind has changed; `free` are
    the shares that solids leave open. Two of the launched indices count cells across `axis`."""
    i, j, end = wp.tid()
    at = wp.vec3i(i, j, 0)
    if axis == 0:
        at = wp.vec3i(0, i, j)
    elif axis == 1:
        at = wp.vec3i(i, 0, j)
    is_open = low
    if end == 1:
        at[axis] = share.shape[axis] - 1
        is_open = high
    s = free[at[0], at[1], at[2]]
    if is_open > 0.5:
        share[at[0], at[1], at[2]] = s
        wall[at[0], at[1], at[2]] = 0.0
    else:
        share[at[0], at[1], at[2]] = 0.0
        wall[at[0], at[1], at[2]] = wind * s


@wp.kernel
def draw_in(axis: int, low: float, high: float, scale: float, face: wp.array3d(dtype=float)):
    """Air that is drawn in through an open end comes from rest: by Bernoulli the end is at
    -rho u^2 / 2, which slows its faces by u^2 / 2 per cell; scale = dt / cell. Launched as
    `set_ends`."""
    i, j, end = wp.tid()
    at = wp.vec3i(i, j, 0)
    if axis == 0:
        at = wp.vec3i(0, i, j)
    elif axis == 1:
        at = wp.vec3i(i, 0, j)
    inward = float(1.0)
    is_open = low
    if end == 1:
        at[axis] = face.shape[axis] - 1
        is_open = high
        inward = -1.0
    u = inward * face[at[0], at[1], at[2]]
    if is_open > 0.5 and u > 0.0:
        face[at[0], at[1], at[2]] = inward * u / (1.0 + 0.5 * scale * u)


@wp.kernel
def shut(
    share: wp.array3d(dtype=float), wall: wp.array3d(dtype=float), face: wp.array3d(dtype=float)
):
    """Closed faces move with their wall."""
    i, j, k = wp.tid()
    if share[i, j, k] == 0.0:
        face[i, j, k] = wall[i, j, k]


@wp.kernel
def flux(
    share: wp.array3d(dtype=float),
    wall: wp.array3d(dtype=float),
    face: wp.array3d(dtype=float),
    out: wp.array3d(dtype=float),
):
    """Volume that passes a face per area [m/s]: through its open share, and with its moving
    wall."""
    i, j, k = wp.tid()
    s = share[i, j, k]
    out[i, j, k] = s * face[i, j, k] + (1.0 - s) * wall[i, j, k]


@wp.kernel
def inflow(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    out: wp.array3d(dtype=float),
):
    """Minus the net outflow of a cell [m/s]."""
    i, j, k = wp.tid()
    out[i, j, k] = (
        x[i, j, k] - x[i + 1, j, k] + y[i, j, k] - y[i, j + 1, k] + z[i, j, k] - z[i, j, k + 1]
    )


@wp.kernel
def leaving(
    x: wp.array3d(dtype=float),
    y: wp.array3d(dtype=float),
    z: wp.array3d(dtype=float),
    partial: wp.array2d(dtype=float),
):
    """Largest gross outflow of the cells of a column [m/s]."""
    i, j = wp.tid()
    most = float(0.0)
    for k in range(z.shape[2] - 1):
        s = wp.max(x[i + 1, j, k], 0.0) - wp.min(x[i, j, k], 0.0)
        s += wp.max(y[i, j + 1, k], 0.0) - wp.min(y[i, j, k], 0.0)
        s += wp.max(z[i, j, k + 1], 0.0) - wp.min(z[i, j, k], 0.0)
        most = wp.max(most, s)
    partial[i, j] = most


@wp.kernel
def project(
    q: wp.array3d(dtype=float),
    share: wp.array3d(dtype=float),
    axis: int,
    face: wp.array3d(dtype=float),
):
    """u -= q_right - q_left on open faces; q = 0 beyond the domain."""
    i, j, k = wp.tid()
    if share[i, j, k] > 0.0:
        at = wp.vec3i(i, j, k)
        n = at[axis]
        right = float(0.0)
        left = float(0.0)
        if n < q.shape[axis]:
            right = q[i, j, k]
        if n > 0:
            at[axis] = n - 1
            left = q[at[0], at[1], at[2]]
        face[i, j, k] = face[i, j, k] - (right - left)
