# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Kernels of the XPBD solver besides its constraints: air, gas, motion and contact."""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, obstacle_touch, react

Real = wp.float64
"""Double: a step of 1e-4 s moves a resting vertex by g dt^2 = 1e-7 m, lost in single precision."""
Vec3 = wp.vec3d
PLATE_DRAG = wp.constant(wp.float64(1.17))
"""Normal force coefficient of a flat plate (Hoerner, Fluid-Dynamic Drag, 1965, ch. 3)."""
PAIR_RELAXATION = wp.constant(wp.float64(0.3))
"""Share of a vertex pair's overlap removed at once; a vertex touches about four others."""


@wp.func
def advance(p: Vec3, v: Vec3, dt: Real) -> Vec3:
    """The inertial position; one function so that predict and finish round alike."""
    return p + v * dt


@wp.kernel
def push_by_air(
    x: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    faces: wp.array(dtype=wp.vec3i),
    closed: wp.array(dtype=int),
    wind: Vec3,
    air_density: Real,
    force: wp.array(dtype=Vec3),
):
    """Pressure of moving air on triangles, a third to each vertex.

    Open sheets: flat plate, F = 1/2 rho 1.17 A |v| v_n n. Closed surfaces: Newtonian impact
    pressure on the windward side, Cp = cos^2 (a sphere gets Cd = 1/2).
    """
    t = wp.tid()
    f = faces[t]
    a = x[f[0]]
    area = Real(0.5) * wp.cross(x[f[1]] - a, x[f[2]] - a)
    size = wp.length(area)
    if size > Real(0.0):
        n = area / size
        flow = wind - (v[f[0]] + v[f[1]] + v[f[2]]) / Real(3.0)
        across = wp.dot(flow, n)
        strength = Real(0.0)
        if closed[t] == 0:
            strength = PLATE_DRAG * wp.length(flow) * across
        elif across < Real(0.0):
            strength = -across * across
        push = n * (Real(0.5) * air_density * size * strength / Real(3.0))
        wp.atomic_add(force, f[0], push)
        wp.atomic_add(force, f[1], push)
        wp.atomic_add(force, f[2], push)


@wp.kernel
def predict(
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    weight: wp.array(dtype=Real),
    force: wp.array(dtype=Vec3),
    gravity: Vec3,
    dt: Real,
):
    i = wp.tid()
    p[i] = x[i]
    if w[i] > Real(0.0):
        rate = v[i] + (gravity * weight[i] + force[i] * w[i]) * dt
        v[i] = rate
        x[i] = advance(x[i], rate, dt)


@wp.kernel
def gas_volume(
    x: wp.array(dtype=Vec3),
    faces: wp.array(dtype=wp.vec3i),
    gas: wp.array(dtype=int),
    anchor: wp.array(dtype=int),
    gradient: wp.array(dtype=Vec3),
    volume: wp.array(dtype=Real),
):
    """Enclosed volume (divergence theorem about a vertex of the membrane) and its gradient."""
    t = wp.tid()
    f = faces[t]
    g = gas[t]
    o = x[anchor[g]]
    a = x[f[0]] - o
    b = x[f[1]] - o
    c = x[f[2]] - o
    wp.atomic_add(gradient, f[0], wp.cross(b, c) / Real(6.0))
    wp.atomic_add(gradient, f[1], wp.cross(c, a) / Real(6.0))
    wp.atomic_add(gradient, f[2], wp.cross(a, b) / Real(6.0))
    wp.atomic_add(volume, g, wp.dot(a, wp.cross(b, c)) / Real(6.0))


@wp.kernel
def gas_compliance(
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    gradient: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    owner: wp.array(dtype=int),
    response: wp.array(dtype=Real),
    growth: wp.array(dtype=Real),
):
    """Sum of w |dV/dx|^2 of every gas, and its growth of volume over the inertial move."""
    i = wp.tid()
    g = owner[i]
    if g >= 0:
        wp.atomic_add(response, g, w[i] * wp.dot(gradient[i], gradient[i]))
        wp.atomic_add(growth, g, wp.dot(gradient[i], x[i] - p[i]))


@wp.kernel
def gas_pressure(
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    owner: wp.array(dtype=int),
    gradient: wp.array(dtype=Vec3),
    volume: wp.array(dtype=Real),
    response: wp.array(dtype=Real),
    growth: wp.array(dtype=Real),
    amount: wp.array(dtype=Real),
    ambient: Real,
    dt: Real,
):
    """Isothermal gas, absolute pressure amount / V (Boyle's law), at the inertial positions.

    D = dt^2 S p / V, S = sum w |dV/dx|^2, is (frequency of breathing * dt)^2. The step 1 - D of the
    volume is stable to D = 4/3; beyond D = 1 the change of pressure over the inertial move is taken
    by 1 / D, as an implicit step would. A membrane at rest bears just what is recorded; only
    beyond D = 2, where the step is far too long for the gas, it bears 2 / D of it.
    """
    i = wp.tid()
    g = owner[i]
    if g >= 0:
        v = volume[g]
        h2 = dt * dt
        gauge = amount[g] / v - ambient
        stiff = h2 * response[g] * amount[g] / (v * v)
        if stiff > Real(1.0):
            before = amount[g] / wp.max(v - growth[g], Real(0.5) * v) - ambient
            gauge = (before + (gauge - before) / stiff) * wp.min(Real(1.0), Real(2.0) / stiff)
        push = h2 * gauge
        x[i] = x[i] + gradient[i] * (w[i] * push)


@wp.kernel
def to_single(x: wp.array(dtype=Vec3), single: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    single[i] = wp.vec3(x[i])


@wp.func
def is_kin(vertex: int, first: int, last: int, kin: wp.array(dtype=int)) -> bool:
    """Whether a vertex is in a stretch of the list."""
    found = int(0)  # noqa: UP018, RUF046
    for k in range(first, last):
        if kin[k] == vertex:
            found = 1
    return found == 1


@wp.kernel
def repel_pairs(
    grid: wp.uint64,
    active: wp.array(dtype=int),
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    radius: wp.array(dtype=Real),
    friction: wp.array(dtype=Real),
    element: wp.array(dtype=int),
    self_collision: wp.array(dtype=int),
    start: wp.array(dtype=int),
    kin: wp.array(dtype=int),
    origin: wp.array(dtype=Vec3),
    largest: Real,
    steps: Real,
    shift: wp.array(dtype=Vec3),
):
    """Vertex against vertex, with friction: of different elements, or of one sheet with itself.

    A vertex does not meet its `kin`, and others of its sheet only where they come closer than they
    started, at `origin`: panels beside a seam would else be driven apart at once. Positions make
    the parting good over `steps`.
    """
    i = active[wp.tid()]
    q = x[i]
    total = Vec3()
    for j in wp.hash_grid_query(grid, wp.vec3(q), float(radius[i] + largest)):
        reach = radius[i] + radius[j]
        meet = j != i and radius[j] > Real(0.0) and w[i] + w[j] > Real(0.0)
        if meet and element[i] == element[j]:
            meet = self_collision[element[i]] == 1
        if self_collision[element[i]] == 2 and self_collision[element[j]] == 2:
            meet = False  # soft bodies meet by faces, see `xpbd_touch`
        if meet:
            apart = q - x[j]
            length = wp.length(apart)
            if element[i] == element[j]:
                reach = wp.min(reach, wp.length(origin[i] - origin[j]))
            meet = length < reach and length > Real(1.0e-9)
            if meet and element[i] == element[j]:
                meet = not is_kin(j, start[i], start[i + 1], kin)
            if meet:
                n = apart / length
                depth = reach - length
                slip = (q - p[i]) - (x[j] - p[j])
                slip = (slip - n * wp.dot(slip, n)) * steps
                most = wp.sqrt(friction[i] * friction[j]) * depth
                drag = wp.min(Real(1.0), most / wp.max(wp.length(slip), Real(1.0e-9)))
                total = total + (n * depth - slip * drag) * (w[i] / (w[i] + w[j]))
    shift[i] = total * (PAIR_RELAXATION / steps)


@wp.func
def meet_obstacles(
    obstacles: Obstacles,
    step: int,
    point: Vec3,
    start: Vec3,
    radius: Real,
    friction: Real,
    mass: Real,
    dt: Real,
) -> Vec3:
    """`point` moved out of the obstacles, with Coulomb friction against its way from `start`.

    The normal correction of a step is N dt^2 / m, so a tangential correction of at most mu times it
    is Coulomb's law; m times the correction over dt is the impulse that the obstacle gave.
    """
    q = point
    for shape in range(obstacles.count):
        touch = obstacle_touch(obstacles, step, shape, wp.vec3(q), float(radius))
        depth = radius - Real(touch.distance)
        if depth > Real(0.0):
            n = Vec3(touch.normal)
            before = q
            q = q + n * depth
            slip = q - start - Vec3(touch.velocity) * dt
            slip = slip - n * wp.dot(slip, n)
            most = wp.sqrt(friction * Real(touch.friction)) * depth
            q = q - slip * wp.min(Real(1.0), most / wp.max(wp.length(slip), Real(1.0e-12)))
            react(obstacles, shape, q, (q - before) * (mass / dt))
    return q


@wp.kernel
def touch_faces(
    first: int,
    obstacles: Obstacles,
    step: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    faces: wp.array(dtype=wp.vec3i),
    radius: wp.array(dtype=Real),
    friction: wp.array(dtype=Real),
    dt: Real,
):
    """Non-penetration and friction of face centres, where corners poke between vertices."""
    f = faces[first + wp.tid()]
    i = f[0]
    j = f[1]
    k = f[2]
    mobility = w[i] + w[j] + w[k]
    if mobility > Real(0.0):
        start = (p[i] + p[j] + p[k]) / Real(3.0)
        center = (x[i] + x[j] + x[k]) / Real(3.0)
        free = Real(wp.int32(w[i] > Real(0.0)) + wp.int32(w[j] > Real(0.0)))
        mass = Real(3.0) * (free + Real(wp.int32(w[k] > Real(0.0)))) / mobility
        q = meet_obstacles(obstacles, step, center, start, radius[i], friction[i], mass, dt)
        push = (q - center) * (Real(3.0) / mobility)
        x[i] = x[i] + push * w[i]
        x[j] = x[j] + push * w[j]
        x[k] = x[k] + push * w[k]


@wp.kernel
def finish(
    obstacles: Obstacles,
    step: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    shift: wp.array(dtype=Vec3),
    radius: wp.array(dtype=Real),
    friction: wp.array(dtype=Real),
    dt: Real,
):
    """Contact of the vertices with obstacles, then the velocity of the step."""
    i = wp.tid()
    if w[i] > Real(0.0):
        moved = x[i] + shift[i]
        mass = Real(1.0) / w[i]
        q = meet_obstacles(obstacles, step, moved, p[i], radius[i], friction[i], mass, dt)
        v[i] = v[i] + (q - advance(p[i], v[i], dt)) / dt
        x[i] = q
