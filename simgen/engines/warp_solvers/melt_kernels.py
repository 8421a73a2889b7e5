# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Motion of matter that melts: MLS-MPM for what is molten, rigid pieces for what is solid.

MLS-MPM: Hu et al. 2018; APIC: Jiang et al. 2015. Solid particles feel the same grid, so pressure
and drag pass between the phases; `melt_rigid_kernels` makes the pieces rigid.
Surface tension: Brackbill, Kothe & Zemach 1992 with their wall adhesion. Positions are metres from
the lower corner; node i lies at (i - PAD) cells. A node holds (momentum, mass), then (velocity,
mass).
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, closest_obstacle
from simgen.spline import stencil

PAD = 2
"""Nodes beyond the walls of the domain."""


FILM = wp.constant(0.05)
"""Share of solid mass at a node from which it lies under a piece."""


@wp.struct
class Grid:
    """The background grid: node counts, cell edge [m]."""

    nx: int
    ny: int
    nz: int
    cell: float
    density: float
    """[kg/m^3] that fills a node to 1."""
    first: wp.vec3i
    """Node at which launches over nodes begin: only where matter is."""


@wp.func
def in_cells(g: Grid, x: wp.vec3):
    pad = float(PAD)
    return x / g.cell + wp.vec3(pad, pad, pad)


@wp.kernel
def scatter(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
    kind: wp.array(dtype=int),
    piece: wp.array(dtype=int),
    viscosity: wp.array(dtype=float),
    mass: wp.array(dtype=float),
    volume: wp.array(dtype=float),
    bulk: wp.array(dtype=float),
    g: Grid,
    dt: float,
    nodes: wp.array(dtype=wp.vec4),
    solid_mass: wp.array(dtype=float),
):
    """Particles to nodes: momentum with its affine part and the impulse of the stress: of the
    liquid, or of a solid particle's contact, which is along its `normal` alone. (A pressure would
    push sideways too, unlike on nodes with and without friction, and turn pieces at rest.)"""
    p = wp.tid()
    k = kind[p]
    b, f, wx, wy, wz = stencil(in_cells(g, x[p]))
    c = affine[p]
    j = wp.exp(strain[p])
    pressure = wp.max(bulk[k] * (1.0 / j - 1.0), 0.0)
    stress = wp.outer(normal[p], normal[p]) * -pressure
    if piece[p] < 0:
        mu = viscosity[p]
        rate = c + wp.transpose(c)
        diagonal = -pressure - mu * wp.trace(rate) / 3.0
        stress = rate * mu + wp.diag(wp.vec3(diagonal, diagonal, diagonal))
    m = mass[k]
    q = (c * m - stress * (4.0 * dt * volume[k] * j / (g.cell * g.cell))) * g.cell
    start = v[p] * m - q * f
    for i in range(3):
        for jj in range(3):
            w2 = wx[i] * wy[jj]
            row = ((b[0] + i) * g.ny + b[1] + jj) * g.nz + b[2]
            for kk in range(3):
                w = w2 * wz[kk]
                mv = (start + q * wp.vec3(float(i), float(jj), float(kk))) * w
                wp.atomic_add(nodes, row + kk, wp.vec4(mv[0], mv[1], mv[2], m * w))
                if piece[p] >= 0:
                    wp.atomic_add(solid_mass, row + kk, m * w)


@wp.kernel
def mark_obstacles(
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    reach: float,
    g: Grid,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
    nearest: wp.array(dtype=int),
):
    """(normal, signed distance), velocity and number of the nearest obstacle at every node."""
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    local = wp.vec3(float(i - PAD), float(j - PAD), float(k - PAD)) * g.cell
    touch = closest_obstacle(obstacles, step, origin + local, reach)
    solid[at] = wp.vec4(touch.normal[0], touch.normal[1], touch.normal[2], touch.distance)
    drift[at] = touch.velocity
    nearest[at] = touch.shape


@wp.kernel
def normals(
    nodes: wp.array(dtype=wp.vec4),
    g: Grid,
    solid: wp.array(dtype=wp.vec4),
    angle: float,
    outward: wp.array(dtype=wp.vec4),
):
    """Outward unit normal of the matter and the size of the gradient of its fill at every node."""
    i, j, k = wp.tid()
    i += g.first[0]
    j += g.first[1]
    k += g.first[2]
    at = (i * g.ny + j) * g.nz + k
    outward[at] = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if i == 0 or j == 0 or k == 0 or i == g.nx - 1 or j == g.ny - 1 or k == g.nz - 1:
        return
    row = g.ny * g.nz
    low = wp.vec3(nodes[at - row][3], nodes[at - g.nz][3], nodes[at - 1][3])
    high = wp.vec3(nodes[at + row][3], nodes[at + g.nz][3], nodes[at + 1][3])
    n = (low - high) / (2.0 * g.cell * g.density * g.cell * g.cell * g.cell)
    s = solid[at]
    wall = wp.vec3(s[0], s[1], s[2])
    near = s[3] < 0.75 * g.cell and s[3] > -1.25 * g.cell
    if near:
        n = n - wall * wp.dot(n, wall)
    size = wp.length(n)
    if size * g.cell < 0.02:
        return
    n = n / size
    if near:
        n = wall * wp.cos(angle) + n * wp.sin(angle)
    outward[at] = wp.vec4(n[0], n[1], n[2], size)


@wp.kernel
def tension(
    outward: wp.array(dtype=wp.vec4),
    g: Grid,
    sigma: float,
    pull: wp.array(dtype=wp.vec3),
):
    """Acceleration by surface tension, 2 sigma kappa grad c / rho: the density-scaled force."""
    i, j, k = wp.tid()
    i += g.first[0]
    j += g.first[1]
    k += g.first[2]
    at = (i * g.ny + j) * g.nz + k
    o = outward[at]
    pull[at] = wp.vec3(0.0, 0.0, 0.0)
    if o[3] == 0.0 or i < 2 or j < 2 or k < 2 or i > g.nx - 3 or j > g.ny - 3 or k > g.nz - 3:
        return
    row = g.ny * g.nz
    curvature = wp.float32(0.0)
    for axis in range(3):
        step = row
        if axis == 1:
            step = g.nz
        if axis == 2:
            step = 1
        a = outward[at - step]
        b = outward[at + step]
        if a[3] > 0.0 and b[3] > 0.0:
            curvature += (b[axis] - a[axis]) / (2.0 * g.cell)
        elif b[3] > 0.0:
            curvature += (b[axis] - o[axis]) / g.cell
        elif a[3] > 0.0:
            curvature += (o[axis] - a[axis]) / g.cell
    most = 1.0 / g.cell
    curvature = wp.clamp(curvature, -most, most)
    n = wp.vec3(o[0], o[1], o[2])
    pull[at] = n * (-2.0 * sigma * curvature * o[3] / g.density)


@wp.func
def bounded(
    g: Grid,
    i: int,
    j: int,
    k: int,
    velocity: wp.vec3,
    hold: float,
    closed: int,
    s: wp.vec4,
    drift: wp.vec3,
):
    """The velocity of a node that no obstacle or wall forbids."""
    v = velocity
    if s[3] < 1.0e-3 * g.cell:
        normal = wp.vec3(s[0], s[1], s[2])
        slide = v - drift
        into = wp.dot(slide, normal)
        if into < 0.0:
            v = drift + (slide - normal * into) * hold
    if i <= PAD:
        v = wp.vec3(wp.max(v[0], 0.0), v[1], v[2])
    if i >= g.nx - 1 - PAD:
        v = wp.vec3(wp.min(v[0], 0.0), v[1], v[2])
    if j <= PAD:
        v = wp.vec3(v[0], wp.max(v[1], 0.0), v[2])
    if j >= g.ny - 1 - PAD:
        v = wp.vec3(v[0], wp.min(v[1], 0.0), v[2])
    if k <= PAD:
        v = wp.vec3(v[0], v[1], wp.max(v[2], 0.0))
    if closed == 1 and k >= g.nz - 1 - PAD:
        v = wp.vec3(v[0], v[1], wp.min(v[2], 0.0))
    return v


@wp.kernel
def advance(
    g: Grid,
    gravity: wp.vec3,
    dt: float,
    hold: float,
    closed: int,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
    pull: wp.array(dtype=wp.vec3),
    solid_mass: wp.array(dtype=float),
    drag: float,
    nodes: wp.array(dtype=wp.vec4),
):
    """Momentum to velocity, gravity, tension; no flow into obstacles and walls, free to leave.

    Surface tension pulls on the molten share of a node: a dry piece has a surface but no skin.

    `hold` is 0 where matter sticks to obstacles, 1 where it slides. Under a solid piece the liquid
    is a film thinner than a cell, with the friction mu v / thickness: `drag` [kg] is mu cell^2 dt
    over the thickness.
    """
    i, j, k = wp.tid()
    i += g.first[0]
    j += g.first[1]
    k += g.first[2]
    at = (i * g.ny + j) * g.nz + k
    n = nodes[at]
    if n[3] > 0.0:
        v = wp.vec3(n[0], n[1], n[2]) / n[3] + gravity * dt
        share = wp.min(solid_mass[at] / n[3], 1.0)
        if pull.shape[0] > 0:
            v = v + pull[at] * (dt * (1.0 - share))
        slip = hold
        if share > FILM:
            slip = 1.0 / (1.0 + drag / n[3])
        v = bounded(g, i, j, k, v, slip, closed, solid[at], drift[at])
        nodes[at] = wp.vec4(v[0], v[1], v[2], n[3])


@wp.kernel
def gather(
    x: wp.array(dtype=wp.vec3),
    piece: wp.array(dtype=int),
    nodes: wp.array(dtype=wp.vec4),
    g: Grid,
    dt: float,
    v: wp.array(dtype=wp.vec3),
    affine: wp.array(dtype=wp.mat33),
    strain: wp.array(dtype=float),
):
    """Nodes to particles: velocity, affine matrix and, of what is molten, volume strain."""
    p = wp.tid()
    b, f, wx, wy, wz = stencil(in_cells(g, x[p]))
    vel = wp.vec3(0.0, 0.0, 0.0)
    c = wp.mat33(0.0)
    for i in range(3):
        for jj in range(3):
            w2 = wx[i] * wy[jj]
            row = ((b[0] + i) * g.ny + b[1] + jj) * g.nz + b[2]
            for kk in range(3):
                n = nodes[row + kk]
                wv = wp.vec3(n[0], n[1], n[2]) * (w2 * wz[kk])
                vel += wv
                c += wp.outer(wv, wp.vec3(float(i), float(jj), float(kk)) - f)
    c = c * (4.0 / g.cell)
    v[p] = vel
    affine[p] = c
    if piece[p] < 0:
        strain[p] = wp.min(strain[p] + dt * wp.trace(c), 0.01)


BAND = wp.constant(0.01)
"""Strain differences below this are within the noise of the measured density."""


@wp.kernel
def relax(
    x: wp.array(dtype=wp.vec3),
    piece: wp.array(dtype=int),
    nodes: wp.array(dtype=wp.vec4),
    solid: wp.array(dtype=wp.vec4),
    g: Grid,
    share: float,
    strain: wp.array(dtype=float),
):
    """Move ln J of molten particles by `share` of the way to the density of the grid around.

    As density reinitialisation in SPH (Colagrossi & Landrini 2003). Nodes count by the part of
    their cell that is free of obstacles. Beside empty space and obstacles the estimate is too low
    rather than too high: there it may only lower J.
    """
    p = wp.tid()
    if piece[p] >= 0:
        return
    b, _f, wx, wy, wz = stencil(in_cells(g, x[p]))
    unit = g.density * g.cell * g.cell * g.cell
    fill = wp.float32(0.0)
    room = wp.float32(0.0)
    least = wp.float32(10.0)
    for i in range(3):
        for j in range(3):
            row = ((b[0] + i) * g.ny + b[1] + j) * g.nz + b[2]
            for k in range(3):
                w = wx[i] * wy[j] * wz[k]
                open_ = wp.clamp(0.5 + solid[row + k][3] / g.cell, 0.0, 1.0)
                here = nodes[row + k][3] / unit
                fill += w * here
                room += w * open_
                if open_ > 0.4:
                    least = wp.min(least, here / open_)
    mean = fill / wp.max(room, 0.25)
    measured = -wp.log(wp.max(mean, 1.0e-3))
    difference = measured - strain[p]
    excess = difference - wp.clamp(difference, -BAND, BAND)
    inside = least > 0.85 * mean and mean > 0.6 and room > 0.99
    if inside or excess < 0.0:
        strain[p] = strain[p] + share * excess
