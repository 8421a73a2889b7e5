# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Discrete elements on the device: spheres that touch each other and obstacles.

Normal force: linear spring and dashpot that never pulls (Cundall & Strack 1979). Sliding: a
tangential spring kept with the contact, turned with it and cut at Coulomb's limit (Luding 2008).
Rolling: an elastic-plastic spring and dashpot moment, type C of Ai et al. (2011). Positions are
float64, so that a grain at rest does not feel the rounding of its coordinates.
"""

import warp as wp

from simgen.engines.warp_solvers.obstacles import Obstacles, obstacle_touch, react

PAIRS = wp.constant(24)
"""Slots for neighbours of a grain that are not smaller than itself; equal spheres need 20."""
WALLS = wp.constant(10)
"""Slots for obstacles near a grain."""
ROLL_DAMPING = wp.constant(0.3)
"""Share of critical damping of rolling (Ai et al. 2011, section 3.3.3)."""


@wp.struct
class Bed:
    """Every grain of the scene and its contacts; passed to kernels by value."""

    x: wp.array(dtype=wp.vec3d)
    v: wp.array(dtype=wp.vec3)
    """Half a step before `x` [m/s]."""
    spin: wp.array(dtype=wp.vec3)
    """World [rad/s]."""
    turn: wp.array(dtype=wp.quat)
    force: wp.array(dtype=wp.vec3)
    torque: wp.array(dtype=wp.vec3)
    radius: wp.array(dtype=float)
    mass: wp.array(dtype=float)
    kind: wp.array(dtype=int)
    """Element of a grain: its row in the tables of constants."""
    overlap: wp.array(dtype=float)
    """Deepest contact so far, in radii of the smaller partner."""
    kinds: int
    stiffness: float
    """Normal spring of every contact [N/m]."""
    shear: float
    """Tangential spring over normal spring."""
    damping: wp.array(dtype=float)
    """(kind, kind) share of critical damping."""
    friction: wp.array(dtype=float)
    rolling: wp.array(dtype=float)
    """(kind, kind) largest rolling moment over force and reduced radius."""
    wall_damping: wp.array(dtype=float)
    """(solid, kind)."""
    wall_friction: wp.array(dtype=float)
    pairs: wp.array(dtype=int)
    """(grain) used slots."""
    partner: wp.array2d(dtype=int)
    slide: wp.array2d(dtype=wp.vec3)
    """(grain, slot) stretch of the tangential spring [m]."""
    twist: wp.array2d(dtype=wp.vec3)
    """(grain, slot) moment of the rolling spring [N m]."""
    walls: wp.array(dtype=int)
    wall: wp.array2d(dtype=int)
    wall_gap: wp.array2d(dtype=float)
    """(grain, slot) way between their surfaces when they were listed [m]."""
    wall_slide: wp.array2d(dtype=wp.vec3)
    wall_twist: wp.array2d(dtype=wp.vec3)
    built: wp.array(dtype=wp.vec3d)
    """Positions when the neighbours were last listed [m]."""
    status: wp.array(dtype=float)
    """[largest squared shift since then, squared speed, missing slots]."""
    drift: wp.array(dtype=float)
    """[how far obstacles have moved at most since then, by the end of the coming steps] [m]."""
    clock: wp.array(dtype=int)
    """[row of the obstacles' poses]."""


@wp.struct
class Touching:
    """What one contact does to its first partner."""

    force: wp.vec3
    moment: wp.vec3
    """Of rolling resistance alone."""
    slide: wp.vec3
    twist: wp.vec3


@wp.func
def contact(
    normal: wp.vec3,
    depth: float,
    velocity: wp.vec3,
    spin: wp.vec3,
    slide: wp.vec3,
    twist: wp.vec3,
    stiffness: float,
    shear: float,
    mass: float,
    inertia: float,
    reach: float,
    damping: float,
    friction: float,
    rolling: float,
    dt: float,
) -> Touching:
    """Forces of a contact at `depth` [m]; `velocity` and `spin` are those of the first surface
    against the second, `mass` and `inertia` the reduced ones, `reach` the reduced radius."""
    out = Touching()
    closing = wp.dot(velocity, normal)
    root = wp.sqrt(stiffness * mass)
    press = wp.max(stiffness * depth - 2.0 * damping * root * closing, 0.0)
    across = velocity - normal * closing
    # the spring turns with the contact: into the tangent plane at its old length
    old = wp.length(slide)
    flat = slide - normal * wp.dot(normal, slide)
    size = wp.length(flat)
    if size > 0.0:
        flat = flat * (old / size)
    flat = flat + across * dt
    k = stiffness * shear
    drag = 2.0 * damping * root * shear
    pull = -(flat * k) - across * drag
    most = friction * press
    now = wp.length(pull)
    if now > most:
        pull = pull * (most / now)
        flat = -(pull + across * drag) / k
    out.slide = flat
    out.force = normal * press + pull
    if rolling > 0.0:
        lever = rolling * reach
        k_roll = 2.25 * stiffness * lever * lever
        turning = spin - normal * wp.dot(normal, spin)
        moment = twist - normal * wp.dot(normal, twist) - turning * (k_roll * dt)
        limit = lever * press
        strength = wp.length(moment)
        if strength > limit:
            moment = moment * (limit / strength)
            out.moment = moment
        else:
            out.moment = moment - turning * (2.0 * ROLL_DAMPING * wp.sqrt(inertia * k_roll))
        out.twist = moment
    return out


@wp.kernel
def press_grains(bed: Bed, dt: float):
    """Forces among grains; each pair is listed with its smaller partner."""
    i = wp.tid()
    xi = bed.x[i]
    vi = bed.v[i]
    si = bed.spin[i]
    ri = bed.radius[i]
    mi = bed.mass[i]
    force = wp.vec3(0.0)
    torque = wp.vec3(0.0)
    worst = bed.overlap[i]
    for slot in range(bed.pairs[i]):
        j = bed.partner[i, slot]
        gap = xi - bed.x[j]
        arm = wp.vec3(float(gap[0]), float(gap[1]), float(gap[2]))
        rj = bed.radius[j]
        square = wp.length_sq(arm)
        if square >= (ri + rj) * (ri + rj) or square == 0.0:
            bed.slide[i, slot] = wp.vec3(0.0)
            bed.twist[i, slot] = wp.vec3(0.0)
        else:
            distance = wp.sqrt(square)
            n = arm / distance
            depth = ri + rj - distance
            worst = wp.max(worst, depth / ri)
            mj = bed.mass[j]
            sj = bed.spin[j]
            side_i = ri - 0.5 * depth
            side_j = rj - 0.5 * depth
            velocity = vi - bed.v[j] - wp.cross(si * side_i + sj * side_j, n)
            pair = bed.kind[i] * bed.kinds + bed.kind[j]
            ii = 1.4 * mi * ri * ri
            ij = 1.4 * mj * rj * rj
            t = contact(
                n,
                depth,
                velocity,
                si - sj,
                bed.slide[i, slot],
                bed.twist[i, slot],
                bed.stiffness,
                bed.shear,
                mi * mj / (mi + mj),
                ii * ij / (ii + ij),
                ri * rj / (ri + rj),
                bed.damping[pair],
                bed.friction[pair],
                bed.rolling[pair],
                dt,
            )
            bed.slide[i, slot] = t.slide
            bed.twist[i, slot] = t.twist
            push = wp.cross(t.force, n)
            force += t.force
            torque += push * side_i + t.moment
            wp.atomic_sub(bed.force, j, t.force)
            wp.atomic_add(bed.torque, j, push * side_j - t.moment)
    bed.overlap[i] = worst
    wp.atomic_add(bed.force, i, force)
    wp.atomic_add(bed.torque, i, torque)


@wp.kernel
def press_walls(bed: Bed, obstacles: Obstacles, dt: float):
    """Forces of obstacles on grains, and back on free bodies."""
    i = wp.tid()
    used = bed.walls[i]
    if used == 0:
        return
    row = wp.min(bed.clock[0], obstacles.center.shape[0] - 1)
    place = bed.x[i]
    at = wp.vec3(float(place[0]), float(place[1]), float(place[2]))
    r = bed.radius[i]
    m = bed.mass[i]
    force = wp.vec3(0.0)
    torque = wp.vec3(0.0)
    way = float(wp.length(place - bed.built[i])) + bed.drift[0]
    for slot in range(used):
        if bed.wall_gap[i, slot] > way:
            continue
        shape = bed.wall[i, slot]
        touch = obstacle_touch(obstacles, row, shape, at, r)
        depth = r - touch.distance
        if touch.shape < 0 or depth <= 0.0:
            bed.wall_slide[i, slot] = wp.vec3(0.0)
            bed.wall_twist[i, slot] = wp.vec3(0.0)
        else:
            n = touch.normal
            spin = bed.spin[i]
            turning = obstacles.angular_velocity[row, shape]
            side = r - depth
            velocity = bed.v[i] - touch.velocity - wp.cross(spin - turning, n) * side
            bed.overlap[i] = wp.max(bed.overlap[i], depth / r)
            own = shape * bed.kinds + bed.kind[i]
            t = contact(
                n,
                depth,
                velocity,
                spin - turning,
                bed.wall_slide[i, slot],
                bed.wall_twist[i, slot],
                bed.stiffness,
                bed.shear,
                m,
                1.4 * m * r * r,
                r,
                bed.wall_damping[own],
                bed.wall_friction[own],
                bed.rolling[bed.kind[i] * bed.kinds + bed.kind[i]],
                dt,
            )
            bed.wall_slide[i, slot] = t.slide
            bed.wall_twist[i, slot] = t.twist
            force += t.force
            torque += wp.cross(t.force, n) * side + t.moment
            if obstacles.free[shape] >= 0:
                impulse = t.force * dt
                arm = n * side
                point = place - wp.vec3d(wp.float64(arm[0]), wp.float64(arm[1]), wp.float64(arm[2]))
                given = wp.vec3d(
                    wp.float64(impulse[0]), wp.float64(impulse[1]), wp.float64(impulse[2])
                )
                react(obstacles, shape, point, given)
                moment = t.moment * dt
                wp.atomic_sub(
                    obstacles.angular_impulse,
                    obstacles.free[shape],
                    wp.vec3d(wp.float64(moment[0]), wp.float64(moment[1]), wp.float64(moment[2])),
                )
    wp.atomic_add(bed.force, i, force)
    wp.atomic_add(bed.torque, i, torque)


@wp.kernel
def advance(bed: Bed, gravity: wp.vec3, dt: float):
    """Leapfrog: velocities by a step, then positions; turns by the mid-step spin."""
    i = wp.tid()
    m = bed.mass[i]
    r = bed.radius[i]
    v = bed.v[i] + (bed.force[i] / m + gravity) * dt
    spin = bed.spin[i] + bed.torque[i] * (dt / (0.4 * m * r * r))
    bed.force[i] = wp.vec3(0.0)
    bed.torque[i] = wp.vec3(0.0)
    bed.v[i] = v
    bed.spin[i] = spin
    h = wp.float64(dt)
    bed.x[i] = bed.x[i] + wp.vec3d(wp.float64(v[0]), wp.float64(v[1]), wp.float64(v[2])) * h
    q = bed.turn[i]
    rate = wp.quat(spin[0], spin[1], spin[2], 0.0) * q
    bed.turn[i] = wp.normalize(q + rate * (0.5 * dt))
    if i == 0:
        bed.clock[0] = bed.clock[0] + 1


@wp.kernel
def survey(bed: Bed):
    """How far grains have come since their neighbours were listed, and how fast they are."""
    i = wp.tid()
    shift = bed.x[i] - bed.built[i]
    wp.atomic_max(bed.status, 0, float(wp.length_sq(shift)))
    wp.atomic_max(bed.status, 1, wp.length_sq(bed.v[i]))


@wp.kernel
def single(bed: Bed, points: wp.array(dtype=wp.vec3)):
    """Positions for the hash grid."""
    i = wp.tid()
    place = bed.x[i]
    bed.built[i] = place
    points[i] = wp.vec3(float(place[0]), float(place[1]), float(place[2]))


@wp.kernel
def list_grains(
    bed: Bed,
    grid: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    largest: float,
    skin: float,
    old_pairs: wp.array(dtype=int),
    old_partner: wp.array2d(dtype=int),
    old_slide: wp.array2d(dtype=wp.vec3),
    old_twist: wp.array2d(dtype=wp.vec3),
):
    """Neighbours within `skin` [m] of touching; contacts that go on keep their springs."""
    i = wp.tid()
    p = points[i]
    r = bed.radius[i]
    count = wp.int32(0)
    for j in wp.hash_grid_query(grid, p, r + largest + skin):
        other = bed.radius[j]
        near = r + other + skin
        mine = other > r or (other == r and j > i)
        if mine and wp.length_sq(p - points[j]) < near * near:
            if count < PAIRS:
                slide = wp.vec3(0.0)
                twist = wp.vec3(0.0)
                for slot in range(old_pairs[i]):
                    if old_partner[i, slot] == j:
                        slide = old_slide[i, slot]
                        twist = old_twist[i, slot]
                bed.partner[i, count] = j
                bed.slide[i, count] = slide
                bed.twist[i, count] = twist
                count += 1
            else:
                wp.atomic_add(bed.status, 2, 1.0)
    bed.pairs[i] = count


@wp.kernel
def list_walls(
    bed: Bed,
    obstacles: Obstacles,
    points: wp.array(dtype=wp.vec3),
    skin: float,
    old_walls: wp.array(dtype=int),
    old_wall: wp.array2d(dtype=int),
    old_slide: wp.array2d(dtype=wp.vec3),
    old_twist: wp.array2d(dtype=wp.vec3),
):
    """Obstacles within `skin` [m] of touching; contacts that go on keep their springs."""
    i = wp.tid()
    reach = bed.radius[i] + skin
    row = wp.min(bed.clock[0], obstacles.center.shape[0] - 1)
    count = wp.int32(0)
    for shape in range(obstacles.count):
        touch = obstacle_touch(obstacles, row, shape, points[i], reach)
        if touch.shape >= 0 and touch.distance < reach:
            if count < WALLS:
                slide = wp.vec3(0.0)
                twist = wp.vec3(0.0)
                for slot in range(old_walls[i]):
                    if old_wall[i, slot] == shape:
                        slide = old_slide[i, slot]
                        twist = old_twist[i, slot]
                bed.wall[i, count] = shape
                bed.wall_gap[i, count] = touch.distance - bed.radius[i] - 1.0e-3 * bed.radius[i]
                bed.wall_slide[i, count] = slide
                bed.wall_twist[i, count] = twist
                count += 1
            else:
                wp.atomic_add(bed.status, 2, 1.0)
    bed.walls[i] = count
