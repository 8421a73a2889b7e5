# ruff: noqa: SIM109, UP018, RUF046 (kernels know neither `in` nor untyped counters)
# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Contact kernels of the rod solver: rods against bodies, and capsules of rods against each other.

After the elastic solve of a step points are moved out of what they entered; the normal part of such
a correction is N dt^2 / m, so a tangential part of at most mu times it is Coulomb's law. A body
that moves freely takes its share by its mobility, divided among the points that touch it (mass
splitting, Tonge et al. 2012), and so do segments that several others touch.
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import BOX, CAPSULE, HULL, Obstacles, obstacle_touch
from simgen.engines.warp_solvers.rod_kernels import Rods

Real = wp.float64
Vec3 = wp.vec3d
STIFF = wp.constant(wp.float64(0.1))
"""A contact so near a held point that the mobility there is below this share of the other point's
is left to the elastic solve: it would throw the other point by many times the overlap."""
CAPACITY = wp.constant(24)
"""Most neighbours a segment can have."""
EVERYTHING = wp.constant(-2)


@wp.struct
class Meeting:
    """Who may touch whom."""

    body: wp.array(dtype=int)
    """Body of the scene each solid belongs to."""
    quiet: wp.array2d(dtype=int)
    """(point, 2) bodies a point does not touch: what it is tied to nearby. -1: none, -2: all."""
    mobile: wp.array(dtype=Real)
    """1 / mass of a point [1/kg]; 0 where it is held or tied."""
    mobility: wp.array(dtype=wp.spatial_matrixd)
    """(free body) twist per impulse at the centre of mass."""
    center: wp.array(dtype=Vec3)
    """(free body) centre of mass [m]."""
    touching: wp.array(dtype=int)
    """(free body) points in touch in this step."""
    touched: wp.array(dtype=int)
    """(free body) and in the last."""


@wp.kernel
def count_touches(meeting: Meeting):
    b = wp.tid()
    meeting.touched[b] = meeting.touching[b]
    meeting.touching[b] = 0


@wp.func
def yields(meeting: Meeting, obstacles: Obstacles, shape: int, point: Vec3, n: Vec3) -> Real:
    """How much the matter of a solid at a point gives way to a unit impulse along n [1/kg]."""
    row = obstacles.free[shape]
    found = Real(0.0)
    if row >= 0:
        turn = wp.cross(point - meeting.center[row], n)
        line = wp.spatial_vectord(n[0], n[1], n[2], turn[0], turn[1], turn[2])
        several = Real(wp.max(1, meeting.touched[row]))
        found = several * wp.dot(line, meeting.mobility[row] * line)
    return found


@wp.func
def pushed(
    meeting: Meeting,
    obstacles: Obstacles,
    row: int,
    shape: int,
    at: Vec3,
    start: Vec3,
    radius: Real,
    friction: Real,
    mobile: Real,
    dt: Real,
) -> Vec3:
    """Impulse times dt [kg m] that a solid gives to matter of mobility `mobile` at `at`."""
    push = Vec3()
    touch = obstacle_touch(obstacles, row, shape, wp.vec3(at), float(radius))
    depth = radius - Real(touch.distance)
    if depth > Real(0.0):
        n = Vec3(touch.normal)
        share = depth / (mobile + yields(meeting, obstacles, shape, at, n))
        slip = at + n * (share * mobile) - start - Vec3(touch.velocity) * dt
        slip = slip - n * wp.dot(slip, n)
        length = wp.length(slip)
        push = n * share
        if length > Real(1.0e-12):
            t = slip / length
            grip = length / (mobile + yields(meeting, obstacles, shape, at, t))
            most = wp.sqrt(friction * Real(touch.friction)) * share
            push = push - t * wp.min(grip, most)
        free = obstacles.free[shape]
        if free >= 0:
            wp.atomic_add(meeting.touching, free, 1)
            wp.atomic_sub(obstacles.impulse, free, push / dt)
            wp.atomic_sub(obstacles.angular_impulse, free, wp.cross(at, push / dt))
    return push


@wp.kernel
def touch_points(rods: Rods, meeting: Meeting, obstacles: Obstacles, row: int, dt: Real):
    """Points of rods against solids."""
    i = wp.tid()
    w = meeting.mobile[i]
    if w > Real(0.0) and meeting.quiet[i, 0] != EVERYTHING:
        q = rods.x[i]
        for shape in range(obstacles.count):
            body = meeting.body[shape]
            if body != meeting.quiet[i, 0] and body != meeting.quiet[i, 1]:
                push = pushed(
                    meeting, obstacles, row, shape, q, rods.p[i], rods.radius[i],
                    rods.friction[i], w, dt,
                )  # fmt: skip
                q = q + push * w
        rods.x[i] = q


@wp.func
def distance_along(obstacles: Obstacles, row: int, shape: int, a: Vec3, b: Vec3, s: Real) -> Real:
    """Signed distance of a solid at a share s of the way from a to b."""
    at = wp.vec3(a + (b - a) * s)
    touch = obstacle_touch(obstacles, row, shape, at, float(wp.length(b - a)))
    return Real(touch.distance)


@wp.kernel
def touch_segments(
    rods: Rods,
    meeting: Meeting,
    obstacles: Obstacles,
    segments: wp.array(dtype=int),
    parity: int,
    row: int,
    dt: Real,
):
    """Segments against edges and thin solids that come between their points; every other one."""
    i = segments[wp.tid()]
    j = i + 1
    wa = meeting.mobile[i]
    wb = meeting.mobile[j]
    mine = i % 2 == parity and wa + wb > Real(0.0)
    if mine and meeting.quiet[i, 0] != EVERYTHING and meeting.quiet[j, 0] != EVERYTHING:
        for shape in range(obstacles.count):
            kind = obstacles.kind[shape]
            body = meeting.body[shape]
            sharp = kind == BOX or kind == HULL or kind == CAPSULE
            loud = body != meeting.quiet[i, 0] and body != meeting.quiet[i, 1]
            loud = loud and body != meeting.quiet[j, 0] and body != meeting.quiet[j, 1]
            a = rods.x[i]
            b = rods.x[j]
            near = obstacles.radius[shape] + float(rods.radius[i] + wp.length(b - a))
            apart = wp.length(wp.vec3(a) - obstacles.center[row, shape])
            close = sharp and loud and apart < near
            if close:  # half the segment away from its middle it may touch, further it cannot
                far = Real(0.5) * wp.length(b - a) + rods.radius[i]
                close = distance_along(obstacles, row, shape, a, b, Real(0.5)) < far
            if close:
                low = Real(0.0)
                high = Real(1.0)
                for _ in range(6):
                    left = low + (high - low) / Real(3.0)
                    right = high - (high - low) / Real(3.0)
                    dl = distance_along(obstacles, row, shape, a, b, left)
                    dr = distance_along(obstacles, row, shape, a, b, right)
                    if dl < dr:
                        high = right
                    else:
                        low = left
                s = Real(0.5) * (low + high)
                if s > Real(0.1) and s < Real(0.9):
                    h = Real(1.0) - s
                    at = a * h + b * s
                    start = rods.p[i] * h + rods.p[j] * s
                    w = wa * h * h + wb * s * s
                    if w > STIFF * wp.max(wa, wb):
                        push = pushed(
                            meeting, obstacles, row, shape, at, start, rods.radius[i],
                            rods.friction[i], w, dt,
                        )  # fmt: skip
                        rods.x[i] = a + push * (wa * h)
                        rods.x[j] = b + push * (wb * s)


@wp.kernel
def find_pairs(
    rods: Rods,
    segments: wp.array(dtype=int),
    count: int,
    margin: Real,
    found: wp.array(dtype=int),
    pairs: wp.array2d(dtype=int),
    lost: wp.array(dtype=int),
):
    """Segments that come within reach of each other before the next search."""
    t = wp.tid()
    i = segments[t]
    half = Real(0.5) * (rods.x[i + 1] - rods.x[i])
    middle = rods.x[i] + half
    size = wp.length(half) + rods.radius[i] + margin
    number = int(0)
    for k in range(count):
        j = segments[k]
        if j > i + 1 or j < i - 1:
            other = Real(0.5) * (rods.x[j + 1] - rods.x[j])
            reach = size + wp.length(other) + rods.radius[j]
            if wp.length(rods.x[j] + other - middle) < reach:
                if number < CAPACITY:
                    pairs[t, number] = k
                    number = number + 1
                else:
                    wp.atomic_add(lost, 0, 1)
    found[t] = number


@wp.func
def closest(a: Vec3, b: Vec3, c: Vec3, d: Vec3):
    """Shares along a-b and c-d of the closest points of two segments (Ericson 2005, ch. 5.1.9)."""
    u = b - a
    v = d - c
    w = a - c
    uu = wp.dot(u, u)
    vv = wp.dot(v, v)
    uv = wp.dot(u, v)
    uw = wp.dot(u, w)
    vw = wp.dot(v, w)
    det = uu * vv - uv * uv
    zero = Real(0.0)
    one = Real(1.0)
    s = Real(0.5)
    if det > Real(1.0e-9) * uu * vv:
        s = wp.clamp((uv * vw - vv * uw) / det, zero, one)
    t = (uv * s + vw) / vv
    if t < zero:
        t = zero
        s = wp.clamp(-uw / uu, zero, one)
    elif t > one:
        t = one
        s = wp.clamp((uv - uw) / uu, zero, one)
    return s, t


@wp.kernel
def meet_pairs(
    rods: Rods,
    meeting: Meeting,
    segments: wp.array(dtype=int),
    found: wp.array(dtype=int),
    pairs: wp.array2d(dtype=int),
    crowd: wp.array(dtype=int),
    crowded: wp.array(dtype=int),
    near: wp.array(dtype=Vec3),
    far: wp.array(dtype=Vec3),
):
    """What a segment's two points have to move by because of the segments it overlaps."""
    k = wp.tid()
    i = segments[k]
    wa = meeting.mobile[i]
    wb = meeting.mobile[i + 1]
    push_a = Vec3()
    push_b = Vec3()
    several = int(0)
    one = Real(1.0)
    for n in range(found[k]):
        other = pairs[k, n]
        j = segments[other]
        s, t = closest(rods.x[i], rods.x[i + 1], rods.x[j], rods.x[j + 1])
        mine = rods.x[i] * (one - s) + rods.x[i + 1] * s
        theirs = rods.x[j] * (one - t) + rods.x[j + 1] * t
        apart = mine - theirs
        size = wp.length(apart)
        depth = rods.radius[i] + rods.radius[j] - size
        if depth > Real(0.0) and size > Real(1.0e-9):
            normal = apart / size
            w = wa * (one - s) * (one - s) + wb * s * s
            wc = meeting.mobile[j]
            wd = meeting.mobile[j + 1]
            w = w + wc * (one - t) * (one - t) + wd * t * t
            if w > STIFF * wp.max(wp.max(wa, wb), wp.max(wc, wd)):
                several = several + 1
                slip = mine - rods.p[i] * (one - s) - rods.p[i + 1] * s
                slip = slip - theirs + rods.p[j] * (one - t) + rods.p[j + 1] * t
                slip = slip - normal * wp.dot(slip, normal)
                most = wp.sqrt(rods.friction[i] * rods.friction[j]) * depth
                drag = wp.min(one, most / wp.max(wp.length(slip), Real(1.0e-12)))
                share = Real(wp.max(1, wp.max(crowd[k], crowd[other])))
                push = (normal * depth - slip * drag) / (w * share)
                push_a = push_a + push * (wa * (one - s))
                push_b = push_b + push * (wb * s)
    near[k] = push_a
    far[k] = push_b
    crowded[k] = several


@wp.kernel
def part_pairs(
    rods: Rods,
    segment_of: wp.array(dtype=int),
    near: wp.array(dtype=Vec3),
    far: wp.array(dtype=Vec3),
):
    """Move the points; those of the segment before and after add up."""
    i = wp.tid()
    move = Vec3()
    k = segment_of[i]
    if k >= 0:
        move = move + near[k]
    if i > 0:
        k = segment_of[i - 1]
        if k >= 0:
            move = move + far[k]
    rods.x[i] = rods.x[i] + move
