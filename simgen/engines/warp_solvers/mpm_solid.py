# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportInvalidTypeForm=false
# pyright: reportGeneralTypeIssues=false, reportAssignmentType=false
"""The liquid at obstacles: where they are, what they push out, nodes behind their surface."""

import warp as wp

from simgen.engines.warp_solvers.mpm_kernels import PAD, Lattice
from simgen.engines.warp_solvers.obstacles import FAR, Obstacles, closest_obstacle
from simgen.engines.warp_solvers.pipes import Pipes, waits

THROUGH = wp.constant(2)
"""Cells inside the domain to which obstacles that leave it are followed."""
CROSSED = wp.constant(0.02)
"""Depth in cells behind a surface from which a particle passed through it, not round an edge."""


@wp.func
def _nearest(
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    place: wp.vec3,
    reach: float,
    upper: wp.vec3,
    g: Lattice,
):
    """The obstacle nearest to a node. Faces that an obstacle has on or beyond a wall of the domain
    do not count: the face that is nearest a cell or two before the wall goes on behind it."""
    at = place + wp.vec3(0.0, 0.0, 0.0)
    touch = closest_obstacle(obstacles, step, origin + at, reach)
    if touch.distance >= 0.0:
        return touch
    for _n in range(THROUGH):
        if touch.distance < 0.0:
            foot = at - touch.normal * touch.distance
            for axis in range(3):
                edge = 1.0e-3 * g.cell[axis]
                if foot[axis] < edge and touch.normal[axis] < -0.5:
                    at[axis] = at[axis] + g.cell[axis]
                elif foot[axis] > upper[axis] - edge and touch.normal[axis] > 0.5:
                    at[axis] = at[axis] - g.cell[axis]
            touch = closest_obstacle(obstacles, step, origin + at, reach)
    touch.distance = wp.min(touch.distance + wp.dot(place - at, touch.normal), 0.0)
    return touch


@wp.kernel
def mark_obstacles(
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    reach: float,
    upper: wp.vec3,
    g: Lattice,
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
    nodes: wp.array(dtype=wp.vec4),
    everywhere: int,
):
    """(normal, signed distance) and velocity of the nearest obstacle at every node, or at those
    that held matter in the step before."""
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    if everywhere == 0 and nodes[at][3] <= 0.0:
        return
    place = wp.cw_mul(wp.vec3(float(i - PAD), float(j - PAD), float(k - PAD)), g.cell)
    touch = _nearest(obstacles, step, origin, place, reach, upper, g)
    solid[at] = wp.vec4(touch.normal[0], touch.normal[1], touch.normal[2], touch.distance)
    drift[at] = touch.velocity


@wp.kernel
def push_out(
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    obstacles: Obstacles,
    step: int,
    origin: wp.vec3,
    reach: float,
    upper: wp.vec3,
    solid: wp.array(dtype=wp.vec4),
    near: wp.array(dtype=wp.vec4),
    near_velocity: wp.array(dtype=wp.vec3),
    pipes: Pipes,
    g: Lattice,
    ahead: float,
    dt: float,
):
    """Particles that entered an obstacle go back to its surface and lose the speed into it.

    `near` keeps (normal, distance) and velocity of the surface next to a particle: one that passed
    through that surface within the step, however thin the wall, is laid back on it first.
    """
    p = wp.tid()
    xp = x[p]
    old = near[p]
    if old[3] < 0.5 * FAR:
        side = wp.vec3(old[0], old[1], old[2])
        toward = wp.dot(v[p] - near_velocity[p], side)
        deep = old[3] + toward * dt
        if deep < -CROSSED * g.cell[0]:
            xp = xp - side * deep
            x[p] = xp
            v[p] = v[p] - side * toward
    near[p] = wp.vec4(0.0, 0.0, 0.0, FAR)
    if xp[2] < g.ceiling and waits(pipes, p, ahead) <= 0.0:
        u = wp.cw_mul(xp, g.inverse) + wp.vec3(1.5, 1.5, 1.5)
        if solid[(int(u[0]) * g.ny + int(u[1])) * g.nz + int(u[2])][3] < reach:
            touch = closest_obstacle(obstacles, step, origin + xp, reach)
            n = touch.normal
            near[p] = wp.vec4(n[0], n[1], n[2], wp.max(touch.distance, 0.0))
            near_velocity[p] = touch.velocity
            if touch.distance < 0.0:
                xp = xp - n * touch.distance
                into = wp.min(wp.dot(v[p] - touch.velocity, n), 0.0)
                v[p] = v[p] - n * into
                x[p] = wp.vec3(
                    wp.clamp(xp[0], 0.0, upper[0]),
                    wp.clamp(xp[1], 0.0, upper[1]),
                    wp.clamp(xp[2], 0.0, upper[2]),
                )


@wp.func
def behind(solid: wp.vec4, share: wp.vec3, mass: float):
    """(normal to the liquid, depth [m]) of a node behind an obstacle's surface; depth -1 before it.

    A node is behind a wall when it lies in an obstacle, or when most of its mass came through it.
    """
    if mass > 0.0:
        if share[0] > 0.5 * mass:
            return wp.vec4(-solid[0], -solid[1], -solid[2], share[1] / share[0])
        if solid[3] < 0.0:
            return wp.vec4(solid[0], solid[1], solid[2], -solid[3])
    return wp.vec4(0.0, 0.0, 0.0, -1.0)


@wp.func
def _image(v: wp.vec3, drift: wp.vec3, normal: wp.vec3, grip: float, known: bool):
    """Velocity behind a surface that moves with `drift`, of matter before it that has `v`."""
    slide = v - drift
    into = wp.dot(slide, normal)
    flat = (slide - normal * into) * grip
    if into < 0.0 or not known:
        into = wp.max(-into, 0.0)
    return drift + flat + normal * into


@wp.kernel
def mirror_nodes(
    nodes: wp.array(dtype=wp.vec4),
    before: wp.array(dtype=wp.vec4),
    shares: wp.array(dtype=wp.vec3),
    solid: wp.array(dtype=wp.vec4),
    drift: wp.array(dtype=wp.vec3),
    g: Lattice,
    grip: float,
):
    """Nodes behind obstacles get the velocity of their mirror image before it, as those behind
    domain walls do: turned where matter presses on the surface, the same where it leaves."""
    i, j, k = wp.tid()
    at = (i * g.ny + j) * g.nz + k
    n = nodes[at]
    share = shares[at]
    wall = behind(solid[at], share, n[3])
    if wall[3] < 0.0 or share[2] > 0.5 * n[3]:
        return
    normal = wp.vec3(wall[0], wall[1], wall[2])
    place = wp.vec3(float(i), float(j), float(k))
    u = place + wp.cw_mul(normal * (2.0 * wall[3]), g.inverse)
    a = wp.clamp(int(u[0]), 0, g.nx - 2)
    b = wp.clamp(int(u[1]), 0, g.ny - 2)
    c = wp.clamp(int(u[2]), 0, g.nz - 2)
    f = u - wp.vec3(float(a), float(b), float(c))
    total = wp.float32(0.0)
    v = wp.vec3(0.0, 0.0, 0.0)
    old = wp.vec3(0.0, 0.0, 0.0)
    for d in range(8):
        o = d >> 2
        p = (d >> 1) & 1
        q = d & 1
        other = ((a + o) * g.ny + b + p) * g.nz + c + q
        m = nodes[other]
        if m[3] > 0.0:
            found = behind(solid[other], shares[other], m[3])
            if found[3] < 0.0:
                w = (
                    wp.abs(1.0 - float(o) - f[0])
                    * wp.abs(1.0 - float(p) - f[1])
                    * wp.abs(1.0 - float(q) - f[2])
                )
                total += w * m[3]
                v += wp.vec3(m[0], m[1], m[2]) * (w * m[3])
                o4 = before[other]
                old += wp.vec3(o4[0], o4[1], o4[2]) * (w * m[3])
    known = total > 1.0e-3 * n[3]
    if known:
        v = v / total
        old = old / total
    else:
        o4 = before[at]
        v = wp.vec3(n[0], n[1], n[2])
        old = wp.vec3(o4[0], o4[1], o4[2])
    v = _image(v, drift[at], normal, grip, known)
    old = _image(old, drift[at], normal, grip, known)
    nodes[at] = wp.vec4(v[0], v[1], v[2], n[3])
    before[at] = wp.vec4(old[0], old[1], old[2], 0.0)
