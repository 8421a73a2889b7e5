# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""Keeps the volume strain of liquid particles true to the space they really take.

ln J is integrated from the divergence of the grid velocity; splashing lets it drift, and settled
liquid would lose volume. A few times per frame it is relaxed towards the strain that the particle
density on the grid implies (as density reinitialisation does in weakly compressible SPH, Colagrossi
& Landrini 2003), where that density can be trusted.
"""

import warp as wp

from simgen.engines.warp_solvers.mpm_kernels import Lattice, Pipes, index_of, spline, waits, within

BAND = wp.constant(0.01)
"""Strain differences below this are left alone: they are within the noise of the estimate."""
SMOOTH = wp.constant(0.3)
"""Share of its difference to the mean around that a particle's strain gives up each time: without
tension, noise between neighbours would add up to pressure (density diffusion, Molteni & Colagrossi
2009)."""
FULL = wp.constant(0.6)
TRUSTED = wp.constant(0.4)
"""Nodes with less room than this beside an obstacle say nothing about how full the liquid is."""
EVEN = wp.constant(0.85)
"""Inside the liquid every node around is filled to this share of the mean, and the mean to FULL."""


@wp.kernel
def scatter_volume(
    x: wp.array(dtype=wp.vec3),
    kind: wp.array(dtype=int),
    volume: wp.array(dtype=float),
    strain: wp.array(dtype=float),
    fill: wp.array(dtype=float),
    stretch: wp.array(dtype=float),
    pipes: Pipes,
    g: Lattice,
    ahead: float,
):
    """Rest volume of the particles per volume of their nodes, and the same times ln J."""
    p = wp.tid()
    xp = x[p]
    u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
    if xp[2] < g.ceiling and (waits(pipes, p, ahead) <= 0.0 or within(u, g)):
        bx = int(u[0] - 0.5)
        by = int(u[1] - 0.5)
        bz = int(u[2] - 0.5)
        wx = spline(u[0] - float(bx))
        wy = spline(u[1] - float(by))
        wz = spline(u[2] - float(bz))
        share = volume[kind[p]] * g.inverse[0] * g.inverse[1] * g.inverse[2]
        for i in range(3):
            for j in range(3):
                row = ((bx + i) * g.ny + by + j) * g.nz + bz
                for k in range(3):
                    w = share * wx[i] * wy[j] * wz[k]
                    wp.atomic_add(fill, row + k, w)
                    wp.atomic_add(stretch, row + k, w * wp.min(strain[p], BAND))


@wp.kernel
def mirror_volume(fill: wp.array(dtype=float), g: Lattice, axis: int, last: int, high: int):
    """Complete the nodes at the walls by the mirror image of the liquid."""
    a, b = wp.tid()
    low = index_of(g, axis, 0, a, b)
    inner = index_of(g, axis, 2, a, b)
    wall = index_of(g, axis, 1, a, b)
    fill[inner] = fill[inner] + fill[low]
    fill[low] = fill[inner]
    fill[wall] = 2.0 * fill[wall]
    if high == 1:
        low = index_of(g, axis, last, a, b)
        inner = index_of(g, axis, last - 2, a, b)
        wall = index_of(g, axis, last - 1, a, b)
        fill[inner] = fill[inner] + fill[low]
        fill[low] = fill[inner]
        fill[wall] = 2.0 * fill[wall]


@wp.kernel
def make_room(
    nodes: wp.array(dtype=wp.vec4),
    shares: wp.array(dtype=wp.vec2),
    solid: wp.array(dtype=wp.vec4),
    g: Lattice,
    room: wp.array(dtype=float),
):
    """The share of a node's volume (its spline's integral) that an obstacle leaves to the liquid,
    as if the obstacle's surface were a plane."""
    i = wp.tid()
    open_share = wp.float32(1.0)
    m = nodes[i][3]
    if m > 0.0:
        d = solid[i][3] * g.inverse[0]
        if shares[i][0] > 0.5 * m:
            d = -wp.abs(d)
        a = wp.min(wp.abs(d), 1.5)
        half = 0.75 * a - a * a * a / 3.0
        if a > 0.5:
            half = 0.5 - wp.pow(1.5 - a, 3.0) / 6.0
        open_share = 0.5 + wp.sign(d) * half
    room[i] = open_share


@wp.kernel
def relax_strain(
    x: wp.array(dtype=wp.vec3),
    strain: wp.array(dtype=float),
    fill: wp.array(dtype=float),
    stretch: wp.array(dtype=float),
    room: wp.array(dtype=float),
    pipes: Pipes,
    g: Lattice,
    share: float,
    ahead: float,
):
    """Move ln J by `share` of its difference to the measured strain, -ln(fill / room).

    Beside empty space the fill is too low, the measured strain too high: there it may only lower J.
    """
    p = wp.tid()
    xp = x[p]
    if xp[2] < g.ceiling and waits(pipes, p, ahead) <= 0.0:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.0, 1.0, 1.0)
        bx = int(u[0] - 0.5)
        by = int(u[1] - 0.5)
        bz = int(u[2] - 0.5)
        wx = spline(u[0] - float(bx))
        wy = spline(u[1] - float(by))
        wz = spline(u[2] - float(bz))
        mean = wp.float32(0.0)
        around = wp.float32(0.0)
        space = wp.float32(0.0)
        least = wp.float32(10.0)
        for i in range(3):
            for j in range(3):
                row = ((bx + i) * g.ny + by + j) * g.nz + bz
                for k in range(3):
                    f = fill[row + k]
                    w = wx[i] * wy[j] * wz[k]
                    mean += f * w
                    around += stretch[row + k] * w
                    free = wp.float32(1.0)
                    if room.shape[0] > 0:
                        free = room[row + k]
                        space += free * w
                    if free > TRUSTED:
                        least = wp.min(least, f / free)
        if strain[p] < BAND:
            strain[p] = strain[p] + SMOOTH * (around / wp.max(mean, 1.0e-6) - strain[p])
        if room.shape[0] > 0:
            mean = mean / wp.max(space, 0.2)
        measured = -wp.log(wp.max(mean, 1.0e-3))
        if least > EVEN * mean and mean > FULL:
            difference = measured - strain[p]
            excess = difference - wp.clamp(difference, -BAND, BAND)
            strain[p] = strain[p] + share * excess
        else:
            strain[p] = strain[p] - share * wp.max(strain[p] - wp.max(measured, 0.0), 0.0)
