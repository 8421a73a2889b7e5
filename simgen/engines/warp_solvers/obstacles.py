# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Obstacles of the Warp solvers: signed distance to the rigid bodies of a scene.

Use in a kernel: `touch = closest_obstacle(obstacles, step, point, reach)`, or loop over
`obstacle_touch(obstacles, step, shape, point, reach)` where corners between two bodies matter.
`step` is a row of the poses that `Colliders.load` put on the device, so a captured frame of many
substeps follows moving bodies without a host call. What pushes matter out of a free body pushes
back: `react(obstacles, touch.shape, point, impulse)`.
"""

import warp as wp

SPHERE = wp.constant(0)
BOX = wp.constant(1)
CAPSULE = wp.constant(2)
CYLINDER = wp.constant(3)
PLANE = wp.constant(4)
HULL = wp.constant(5)
FIELD = wp.constant(6)
"""A solid of any form whose signed distance was sampled on a lattice."""
FAR = wp.constant(1.0e6)
"""Distance [m] reported where no obstacle is within reach."""


@wp.struct
class Obstacles:
    """Every colliding solid of the scene; passed to kernels by value."""

    count: int
    kind: wp.array(dtype=int)
    size: wp.array(dtype=wp.vec3)
    """Sphere (r, -, -), box half edges, capsule and cylinder (r, half length, -), a point
    inside a convex hull [m]."""
    mesh: wp.array(dtype=wp.uint64)
    lattice: wp.array(dtype=wp.vec4)
    """Of a FIELD: place of the first sample in the shape frame and the step between samples [m]."""
    lattice_size: wp.array(dtype=wp.vec4i)
    """Samples along x, y, z and the index of the first one in `samples`; z runs fastest."""
    samples: wp.array(dtype=float)
    """Signed distances [m]."""
    center: wp.array2d(dtype=wp.vec3)
    """(step, shape) centre of the bounding sphere, world [m]."""
    radius: wp.array(dtype=float)
    """Radius of the bounding sphere [m]; FAR for a plane."""
    friction: wp.array(dtype=float)
    """The material's own Coulomb coefficient; a pair slides with the geometric mean."""
    pose: wp.array2d(dtype=wp.transform)
    """(step, shape) shape frame to world."""
    velocity: wp.array2d(dtype=wp.vec3)
    """(step, shape) of the shape's origin, world [m/s]."""
    angular_velocity: wp.array2d(dtype=wp.vec3)
    """(step, shape) world [rad/s]."""
    free: wp.array(dtype=int)
    """Row of the free body a shape belongs to in the reactions, -1 for prescribed bodies."""
    impulse: wp.array(dtype=wp.vec3d)
    """(free body) what matter gave to it since the last collection [N s]."""
    angular_impulse: wp.array(dtype=wp.vec3d)
    """(free body) about the world's origin [N m s]."""


@wp.struct
class Touch:
    """The obstacle surface nearest to a point."""

    distance: float
    """Signed [m]; negative inside, FAR where nothing is within reach."""
    normal: wp.vec3
    """Unit, outward from the obstacle, world."""
    velocity: wp.vec3
    """Of the obstacle's matter at the point, world [m/s]."""
    friction: float
    """The obstacle's own Coulomb coefficient."""
    shape: int
    """Index of the solid, -1 where nothing is within reach."""


@wp.func
def _box(p: wp.vec3, h: wp.vec3) -> wp.vec4:
    q = wp.vec3(wp.abs(p[0]) - h[0], wp.abs(p[1]) - h[1], wp.abs(p[2]) - h[2])
    out = wp.vec3(wp.max(q[0], 0.0), wp.max(q[1], 0.0), wp.max(q[2], 0.0))
    d = wp.length(out)
    n = wp.vec3(out[0] * wp.sign(p[0]), out[1] * wp.sign(p[1]), out[2] * wp.sign(p[2]))
    if d > 1.0e-9:
        n = n / d
    else:
        d = wp.max(q[0], wp.max(q[1], q[2]))
        if d == q[2]:
            n = wp.vec3(0.0, 0.0, wp.sign(p[2]))
        elif d == q[0]:
            n = wp.vec3(wp.sign(p[0]), 0.0, 0.0)
        else:
            n = wp.vec3(0.0, wp.sign(p[1]), 0.0)
    return wp.vec4(n[0], n[1], n[2], d)


@wp.func
def _cylinder(p: wp.vec3, radius: float, half: float) -> wp.vec4:
    r = wp.sqrt(p[0] * p[0] + p[1] * p[1])
    side = wp.vec3(1.0, 0.0, 0.0)
    if r > 1.0e-9:
        side = wp.vec3(p[0] / r, p[1] / r, 0.0)
    cap = wp.vec3(0.0, 0.0, wp.sign(p[2]))
    dr = r - radius
    dz = wp.abs(p[2]) - half
    n = side
    d = dr
    if dr > 0.0 and dz > 0.0:
        d = wp.sqrt(dr * dr + dz * dz)
        n = (side * dr + cap * dz) / d
    elif dz > dr:
        d = dz
        n = cap
    return wp.vec4(n[0], n[1], n[2], d)


@wp.func
def _radial(p: wp.vec3, radius: float) -> wp.vec4:
    r = wp.length(p)
    n = wp.vec3(0.0, 0.0, 1.0)
    if r > 1.0e-9:
        n = p / r
    return wp.vec4(n[0], n[1], n[2], r - radius)


@wp.func
def _hull(mesh: wp.uint64, middle: wp.vec3, p: wp.vec3, reach: float) -> wp.vec4:
    """A convex solid about `middle`: seen from its nearest point, p is outside when it lies on the
    other side than the middle, also at sharp edges where facets' normals mislead."""
    query = wp.mesh_query_point_no_sign(mesh, p, reach)
    n = wp.vec3(0.0, 0.0, 1.0)
    d = float(FAR)
    if query.result:
        n = wp.mesh_eval_face_normal(mesh, query.face)
        nearest = wp.mesh_eval_position(mesh, query.face, query.u, query.v)
        away = p - nearest
        length = wp.length(away)
        side = wp.float32(1.0)
        if wp.dot(away, middle - nearest) > 0.0:
            side = -1.0
        d = side * length
        if length > 1.0e-6:
            n = away * (side / length)
    return wp.vec4(n[0], n[1], n[2], d)


@wp.func
def _sampled(samples: wp.array(dtype=float), grid: wp.vec4, size: wp.vec4i, p: wp.vec3) -> wp.vec4:
    """Trilinear between samples; outside the lattice the way to it is added."""
    low = wp.vec3(grid[0], grid[1], grid[2])
    u = (p - low) / grid[3]
    q = wp.vec3(
        wp.clamp(u[0], 0.0, float(size[0] - 1) - 1.0e-4),
        wp.clamp(u[1], 0.0, float(size[1] - 1) - 1.0e-4),
        wp.clamp(u[2], 0.0, float(size[2] - 1) - 1.0e-4),
    )
    i = int(q[0])
    j = int(q[1])
    k = int(q[2])
    fx = q[0] - float(i)
    fy = q[1] - float(j)
    fz = q[2] - float(k)
    at = size[3] + (i * size[1] + j) * size[2] + k
    over = size[1] * size[2]
    a = wp.vec4(samples[at], samples[at + 1], samples[at + size[2]], samples[at + size[2] + 1])
    at = at + over
    b = wp.vec4(samples[at], samples[at + 1], samples[at + size[2]], samples[at + size[2] + 1])
    c = a + (b - a) * fx
    d = b - a
    gx = (d[0] * (1.0 - fz) + d[1] * fz) * (1.0 - fy) + (d[2] * (1.0 - fz) + d[3] * fz) * fy
    low_y = c[0] * (1.0 - fz) + c[1] * fz
    high_y = c[2] * (1.0 - fz) + c[3] * fz
    gz = (c[1] - c[0]) * (1.0 - fy) + (c[3] - c[2]) * fy
    n = wp.vec3(gx, high_y - low_y, gz)
    size_n = wp.length(n)
    distance = low_y * (1.0 - fy) + high_y * fy
    if size_n > 1.0e-12:
        n = n / size_n
    else:
        n = wp.vec3(0.0, 0.0, 1.0)
    away = u - q
    outside = wp.length(away)
    if outside > 1.0e-2:
        distance = distance + outside * grid[3]
        n = away / outside
    return wp.vec4(n[0], n[1], n[2], distance)


@wp.func
def _signed_distance(obstacles: Obstacles, shape: int, p: wp.vec3, reach: float) -> wp.vec4:
    """(normal, signed distance) in the shape frame."""
    kind = obstacles.kind[shape]
    size = obstacles.size[shape]
    if kind == PLANE:
        return wp.vec4(0.0, 0.0, 1.0, p[2])
    if kind == BOX:
        return _box(p, size)
    if kind == CYLINDER:
        return _cylinder(p, size[0], size[1])
    if kind == CAPSULE:
        return _radial(p - wp.vec3(0.0, 0.0, wp.clamp(p[2], -size[1], size[1])), size[0])
    if kind == FIELD:
        return _sampled(
            obstacles.samples, obstacles.lattice[shape], obstacles.lattice_size[shape], p
        )
    if kind == HULL:
        return _hull(obstacles.mesh[shape], size, p, reach + 2.0 * obstacles.radius[shape])
    return _radial(p, size[0])


@wp.func
def velocity_of(obstacles: Obstacles, step: int, shape: int, point: wp.vec3):
    """Velocity [m/s] of a solid's matter at a point."""
    arm = point - wp.transform_get_translation(obstacles.pose[step, shape])
    return obstacles.velocity[step, shape] + wp.cross(obstacles.angular_velocity[step, shape], arm)


@wp.func
def obstacle_touch(
    obstacles: Obstacles, step: int, shape: int, point: wp.vec3, reach: float
) -> Touch:
    """Signed distance, normal, surface velocity, friction of a solid, exact within `reach` [m]."""
    touch = Touch()
    touch.distance = FAR
    touch.shape = -1
    bound = obstacles.radius[shape] + reach
    if wp.length_sq(point - obstacles.center[step, shape]) > bound * bound:
        return touch
    pose = obstacles.pose[step, shape]
    local = wp.quat_rotate_inv(
        wp.transform_get_rotation(pose), point - wp.transform_get_translation(pose)
    )
    found = _signed_distance(obstacles, shape, local, reach)
    if found[3] < FAR:
        touch.distance = found[3]
        touch.shape = shape
        touch.normal = wp.transform_vector(pose, wp.vec3(found[0], found[1], found[2]))
        touch.velocity = velocity_of(obstacles, step, shape, point)
        touch.friction = obstacles.friction[shape]
    return touch


@wp.func
def closest_obstacle(obstacles: Obstacles, step: int, point: wp.vec3, reach: float) -> Touch:
    """The nearest (or deepest) obstacle at `point`; `.shape` is -1 if none is in `reach` [m]."""
    best = Touch()
    best.distance = FAR
    best.shape = -1
    for shape in range(obstacles.count):
        touch = obstacle_touch(obstacles, step, shape, point, reach)
        if touch.distance < best.distance:
            best = touch
    return best


@wp.func
def react(obstacles: Obstacles, shape: int, point: wp.vec3d, impulse: wp.vec3d):
    """Give the body of a shape the opposite of the `impulse` [N s] that matter took at `point`."""
    body = obstacles.free[shape]
    if body >= 0:
        wp.atomic_sub(obstacles.impulse, body, impulse)
        wp.atomic_sub(obstacles.angular_impulse, body, wp.cross(point, impulse))


@wp.kernel
def query_points(
    obstacles: Obstacles,
    points: wp.array(dtype=wp.vec3),
    reach: float,
    distance: wp.array(dtype=float),
    normal: wp.array(dtype=wp.vec3),
    velocity: wp.array(dtype=wp.vec3),
    shape: wp.array(dtype=int),
):
    i = wp.tid()
    touch = closest_obstacle(obstacles, 0, points[i], reach)
    distance[i] = touch.distance
    normal[i] = touch.normal
    velocity[i] = touch.velocity
    shape[i] = touch.shape
