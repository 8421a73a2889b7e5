# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Kernels of the rod solver: one implicit step of whole rods, solved directly.

A rod is points, springs along its edges (EA) and bending at its inner points (EI, isometric bending
of Bergou et al. 2006 on tangents). A step minimises the incremental energy of variational implicit
integration by Newton's method (direct position-based solver for stiff rods, Deul et al. 2018): the
matrix couples a point with its two neighbours on either side, so that elimination from one end to
the other, one thread per rod, solves it exactly in linear time. Time: stretch is implicit along the
edges of the step's start, as in SHAKE (Ryckaert et al. 1977), so turning edges neither lose nor win
energy; bending is Newmark's with beta = 1/4 and does neither; bending carries Kelvin-Voigt damping.
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles

Real = wp.float64
Vec3 = wp.vec3d
Mat3 = wp.mat33d
TURN = wp.constant(wp.float64(0.8))
"""Cosine of the turn of an edge in one step beyond which its tension acts along its end."""
SWING = wp.constant(wp.float64(1.0))
"""Square of the segments that a wave across the rod passes in a step, beyond which tension acts
implicitly across the rod too: damped, but stable."""


@wp.struct
class Rods:
    """All points of all rods, one after the other; passed to kernels by value."""

    first: wp.array(dtype=int)
    """(rod + 1) first point of each rod."""
    x: wp.array(dtype=Vec3)
    """Position [m]."""
    p: wp.array(dtype=Vec3)
    """Position at the start of the step [m]."""
    v: wp.array(dtype=Vec3)
    """Velocity of the half step before [m/s]."""
    mass: wp.array(dtype=Real)
    """[kg]."""
    held: wp.array(dtype=int)
    """Row of the prescribed positions, -1 for points that move, -2 for points of free bodies."""
    length: wp.array(dtype=Real)
    """Of the edge from a point to the next at rest [m]."""
    stretch: wp.array(dtype=Real)
    """Stiffness of that edge EA / length [N/m]."""
    stencil: wp.array(dtype=Vec3)
    """Weights [1/m] of the points before, at and after a point in its change of tangent."""
    bend: wp.array(dtype=Real)
    """Energy of a change of tangent u is bend |u|^2 / 2 [J]; 0 at ends."""
    curl: wp.array(dtype=Real)
    """Length of the change of tangent at rest [1]."""
    radius: wp.array(dtype=Real)
    """Of the rod [m]."""
    friction: wp.array(dtype=Real)
    """Coulomb coefficient of the rod on itself."""
    tension: wp.array(dtype=Real)
    """Of the edge from a point to the next, as last solved [N]."""
    d: wp.array(dtype=Mat3)
    a: wp.array(dtype=Mat3)
    b: wp.array(dtype=Mat3)
    """Rows of the matrix: a point with itself, the next and the next but one [N/m]."""
    r: wp.array(dtype=Vec3)
    """Right-hand side [N], then the solution [m]."""


@wp.struct
class Ties:
    """Points of rods that are fixed to free bodies."""

    count: int
    point: wp.array(dtype=int)
    body: wp.array(dtype=int)
    """Row of the body in the reactions."""
    start: wp.array(dtype=Vec3)
    """Where the tie is at the start of the step [m]."""
    ahead: wp.array(dtype=Vec3)
    """Where its body alone would take it in the step [m]."""
    inertia: wp.array(dtype=Mat3)
    """Share of the body's inertia that a tie feels [kg]."""


@wp.kernel
def begin(rods: Rods, targets: wp.array2d(dtype=Vec3), row: int, gravity: Vec3, dt: Real):
    """Inertial positions; held points go where they have to be."""
    i = wp.tid()
    rods.p[i] = rods.x[i]
    hold = rods.held[i]
    if hold >= 0:
        rods.x[i] = targets[row, hold]
    elif hold == -1:
        rods.x[i] = rods.x[i] + rods.v[i] * dt + gravity * (dt * dt)


@wp.kernel
def begin_ties(rods: Rods, ties: Ties):
    """Tied points start at their bodies, and move on with them."""
    t = wp.tid()
    i = ties.point[t]
    rods.p[i] = ties.start[t]
    rods.x[i] = ties.ahead[t]


@wp.kernel
def finish_ties(rods: Rods, ties: Ties, obstacles: Obstacles, dt: Real):
    """What the rods gave to the bodies: inertia times the departure from where they were going."""
    t = wp.tid()
    i = ties.point[t]
    impulse = ties.inertia[t] * (rods.x[i] - ties.ahead[t]) / dt
    wp.atomic_add(obstacles.impulse, ties.body[t], impulse)
    wp.atomic_add(obstacles.angular_impulse, ties.body[t], wp.cross(ties.start[t], impulse))


@wp.func
def clear(rods: Rods, i: int, dt: Real):
    """Inertia of a point. What it would have done by itself is where the step began, so that the
    force on it is mass (inertial - x) / dt^2; `r` keeps the inertial position until then."""
    zero = Real(0.0)
    rods.a[i] = wp.matrix_from_rows(Vec3(zero), Vec3(zero), Vec3(zero))
    rods.b[i] = wp.matrix_from_rows(Vec3(zero), Vec3(zero), Vec3(zero))
    m = rods.mass[i] / (dt * dt)
    rods.d[i] = wp.diag(Vec3(m, m, m))


@wp.func
def add_edge(rods: Rods, i: int, dt: Real):
    """Stretch of the edge from point i to the next."""
    j = i + 1
    now = rods.x[j] - rods.x[i]
    before = rods.p[j] - rods.p[i]
    size = wp.length(now)
    t = now / size
    s = before / wp.length(before)
    k = rods.stretch[i]
    tension = k * (size - rods.length[i])
    mass = wp.min(rods.mass[i], rods.mass[j])
    across = Real(0.0)
    if wp.dot(s, t) < TURN or tension * dt * dt > SWING * mass * size:
        s = t
        across = wp.max(tension, Real(0.0)) / size
    h = wp.outer(s, s) * (k - across) + wp.diag(Vec3(across, across, across))
    rods.d[i] = rods.d[i] + h
    rods.d[j] = rods.d[j] + h
    rods.a[i] = rods.a[i] - h
    rods.r[i] = rods.r[i] + s * tension
    rods.r[j] = rods.r[j] - s * tension
    rods.tension[i] = tension


@wp.func
def add_bend(rods: Rods, i: int, dt: Real, damping: Real):
    """Bending at the inner point i."""
    c = rods.stencil[i]
    g = i - 1
    j = i + 1
    now = rods.x[g] * c[0] + rods.x[i] * c[1] + rods.x[j] * c[2]
    start = rods.p[g] * c[0] + rods.p[i] * c[1] + rods.p[j] * c[2]
    rate = rods.v[g] * c[0] + rods.v[i] * c[1] + rods.v[j] * c[2]
    u = (now + start * Real(3.0) - rate * dt) * Real(0.25)
    size = wp.length(start)
    if rods.curl[i] > Real(0.0) and size > Real(0.0):
        u = u - start * (rods.curl[i] / size)
    u = u + (now - start) * (damping / dt)
    k = rods.bend[i]
    h = k * (Real(0.25) + damping / dt)
    rods.r[g] = rods.r[g] - u * (k * c[0])
    rods.r[i] = rods.r[i] - u * (k * c[1])
    rods.r[j] = rods.r[j] - u * (k * c[2])
    one = wp.identity(n=3, dtype=Real)
    rods.d[g] = rods.d[g] + one * (h * c[0] * c[0])
    rods.d[i] = rods.d[i] + one * (h * c[1] * c[1])
    rods.d[j] = rods.d[j] + one * (h * c[2] * c[2])
    rods.a[g] = rods.a[g] + one * (h * c[0] * c[1])
    rods.a[i] = rods.a[i] + one * (h * c[1] * c[2])
    rods.b[g] = rods.b[g] + one * (h * c[0] * c[2])


@wp.func
def eliminate(rods: Rods, first: int, last: int):
    """Solve the symmetric matrix of 3 x 3 blocks with two on either side of the diagonal; the
    solution moves x."""
    for i in range(first, last):
        q = wp.inverse(rods.d[i])
        a = rods.a[i]
        b = rods.b[i]
        r = rods.r[i]
        rods.d[i] = q
        if i + 1 < last:
            la = wp.transpose(a) * q
            rods.d[i + 1] = rods.d[i + 1] - la * a
            rods.r[i + 1] = rods.r[i + 1] - la * r
            if i + 2 < last:
                lb = wp.transpose(b) * q
                rods.a[i + 1] = rods.a[i + 1] - la * b
                rods.d[i + 2] = rods.d[i + 2] - lb * b
                rods.r[i + 2] = rods.r[i + 2] - lb * r
    for k in range(last - first):
        i = last - 1 - k
        r = rods.r[i]
        if i + 1 < last:
            r = r - rods.a[i] * rods.r[i + 1]
        if i + 2 < last:
            r = r - rods.b[i] * rods.r[i + 2]
        r = rods.d[i] * r
        rods.r[i] = r
        rods.x[i] = rods.x[i] + r


@wp.kernel
def solve(
    rods: Rods,
    ties: Ties,
    tie_of: wp.array(dtype=int),
    gravity: Vec3,
    dt: Real,
    damping: Real,
    rounds: int,
):
    """The step of one rod: Newton's method from the inertial positions."""
    rod = wp.tid()
    first = rods.first[rod]
    last = rods.first[rod + 1]
    zero = Real(0.0)
    for _turn in range(rounds):
        for i in range(first, last):
            clear(rods, i, dt)
            goal = rods.p[i] + rods.v[i] * dt + gravity * (dt * dt)
            rods.r[i] = (goal - rods.x[i]) * (rods.mass[i] / (dt * dt))
            tie = tie_of[i]
            if tie >= 0:
                share = ties.inertia[tie] / (dt * dt)
                rods.d[i] = rods.d[i] + share
                rods.r[i] = rods.r[i] + share * (ties.ahead[tie] - rods.x[i])
        for i in range(first, last - 1):
            add_edge(rods, i, dt)
        for i in range(first + 1, last - 1):
            if rods.bend[i] > zero:
                add_bend(rods, i, dt, damping)
        nothing = wp.matrix_from_rows(Vec3(zero), Vec3(zero), Vec3(zero))
        for i in range(first, last):
            if rods.held[i] >= 0:
                rods.d[i] = wp.identity(n=3, dtype=Real)
                rods.r[i] = Vec3(zero)
                rods.a[i] = nothing
                rods.b[i] = nothing
                if i > first:
                    rods.a[i - 1] = nothing
                if i > first + 1:
                    rods.b[i - 2] = nothing
        eliminate(rods, first, last)


@wp.kernel
def finish(rods: Rods, dt: Real):
    """The velocity of the step."""
    i = wp.tid()
    rods.v[i] = (rods.x[i] - rods.p[i]) / dt
