# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Obstacles of the Warp solvers: signed distance to the static and kinematic bodies of a scene.

Use in a kernel: `touch = closest_obstacle(obstacles, step, point, reach)`, or loop over
`obstacle_touch(obstacles, step, shape, point, reach)` where corners between two bodies matter.
`step` is a row of the poses that `Colliders.load` put on the device, so a captured frame of many
substeps follows moving bodies without a host call.
"""

from typing import Any

import numpy as np
import warp as wp

from simgen.device import warp_device
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Plane, Sphere, TriangleMesh, bounds
from simgen.motion import pose_at, velocity_at
from simgen.rotation import multiply, rotate
from simgen.scene import RigidBody, Scene, Shape

SPHERE = wp.constant(0)
BOX = wp.constant(1)
CAPSULE = wp.constant(2)
CYLINDER = wp.constant(3)
PLANE = wp.constant(4)
HULL = wp.constant(5)
FAR = wp.constant(1.0e6)
"""Distance [m] reported where no obstacle is within reach."""


KNOTS = 9
"""Instants of a load at which prescribed motion is evaluated; poses between them are
interpolated."""


@wp.struct
class Obstacles:
    """Every colliding solid of the scene; passed to kernels by value."""

    count: int
    kind: wp.array(dtype=int)
    size: wp.array(dtype=wp.vec3)
    """Sphere (r, -, -), box half edges, capsule and cylinder (r, half length, -) [m]."""
    mesh: wp.array(dtype=wp.uint64)
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
def _hull(mesh: wp.uint64, p: wp.vec3, reach: float) -> wp.vec4:
    query = wp.mesh_query_point_sign_normal(mesh, p, reach)
    n = wp.vec3(0.0, 0.0, 1.0)
    d = float(FAR)
    if query.result:
        n = wp.mesh_eval_face_normal(mesh, query.face)
        away = p - wp.mesh_eval_position(mesh, query.face, query.u, query.v)
        length = wp.length(away)
        d = query.sign * length
        if length > 1.0e-6:
            n = away * (query.sign / length)
    return wp.vec4(n[0], n[1], n[2], d)


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
    if kind == HULL:
        return _hull(obstacles.mesh[shape], p, reach + 2.0 * obstacles.radius[shape])
    return _radial(p, size[0])


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
        arm = point - wp.transform_get_translation(pose)
        touch.velocity = obstacles.velocity[step, shape] + wp.cross(
            obstacles.angular_velocity[step, shape], arm
        )
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


@wp.kernel
def _query_points(
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


def _kind_and_size(geometry: Geometry) -> tuple[int, tuple[float, float, float]]:
    match geometry:
        case Sphere(radius):
            return int(SPHERE), (radius, 0.0, 0.0)
        case Box(size):
            return int(BOX), (size[0] / 2, size[1] / 2, size[2] / 2)
        case Capsule(radius, length):
            return int(CAPSULE), (radius, length / 2, 0.0)
        case Cylinder(radius, height):
            return int(CYLINDER), (radius, height / 2, 0.0)
        case Plane():
            return int(PLANE), (0.0, 0.0, 0.0)
        case TriangleMesh():
            return int(HULL), (0.0, 0.0, 0.0)


def _between(values: np.ndarray, knots: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(T, N) values at `times`, linear between those at `knots`; quaternion columns keep one
    sign."""
    if len(knots) == len(times):
        return values
    if values.shape[1] == 7:
        flips = np.sum(values[1:, 3:] * values[:-1, 3:], axis=1) < 0
        values[1:, 3:] *= np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)[:, None]
    return np.stack([np.interp(times, knots, column) for column in values.T], axis=-1)


class Colliders:
    """The obstacles of a scene on a device; `data` is what kernels take.

    `steps` is the number of instants held at once: load all substeps of a frame, then let substep s
    read row s.
    """

    def __init__(self, scene: Scene, device: str = "cpu", *, steps: int = 1) -> None:
        warp_device(device)
        self.device = device
        self.solids: list[tuple[RigidBody, Shape]] = []
        """Body and shape of every solid, in the order of `Touch.shape`."""
        self.meshes: list[wp.Mesh] = []
        table: list[tuple[int, tuple[float, ...], int, np.ndarray, float, float]] = []
        for body in scene.bodies:
            if body.motion == "dynamic":
                continue
            for shape in body.shapes:
                if shape.collides:
                    table += self._add(body, shape)
        self.data: Any = self._upload(table, steps)
        self._moving = [i for i, (b, _) in enumerate(self.solids) if b.keyframes is not None]
        self._shapes = (steps, len(self.solids))
        self._poses, self._rates = self._states(0.0)
        self._rows = (np.tile(self._poses, (steps, 1, 1)), np.tile(self._rates, (steps, 1, 1)))
        self._push()

    def __len__(self) -> int:
        return len(self.solids)

    def at(self, time: float) -> Any:
        """The `Obstacles` with every row of poses at `time` [s]."""
        return self.load(np.full(self._shapes[0], time))

    def load(self, times: np.ndarray) -> Any:
        """The `Obstacles` with row s of the poses at times[s] [s]; free while nothing moves."""
        if len(times) != self._shapes[0]:
            raise ValueError(f"{len(times)} times for {self._shapes[0]} rows of poses")
        if self._moving:
            times = np.asarray(times, float)
            knots = times if len(times) <= KNOTS else np.linspace(times[0], times[-1], KNOTS)
            last = -1
            for i in self._moving:
                if last < 0 or self.solids[i][1] is not self.solids[last][1]:
                    states = [self._state(i, float(t)) for t in knots]
                    poses, rates = (_between(np.array(a), knots, times) for a in zip(*states))
                    poses[:, 3:] /= np.linalg.norm(poses[:, 3:], axis=1, keepdims=True)
                self._rows[0][:, i], self._rows[1][:, i] = poses, rates
                last = i
            self._push()
        return self.data

    def distances(
        self, points: np.ndarray, time: float, *, reach: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Signed distance [m], normal, surface velocity [m/s], solid at (N, 3) host points."""
        count = len(points)
        cloud = wp.array(np.asarray(points, np.float32), dtype=wp.vec3, device=self.device)
        out = [
            wp.zeros(count, dtype=kind, device=self.device)
            for kind in (float, wp.vec3, wp.vec3, int)
        ]
        inputs = [self.at(time), cloud, float(reach), *out]
        wp.launch(_query_points, dim=count, inputs=inputs, device=self.device)
        distance, normal, velocity, shape = (np.array(a.numpy()) for a in out)
        return distance, normal, velocity, shape

    def _add(self, body: RigidBody, shape: Shape) -> list[tuple]:
        """Table rows of one shape: one, or one per convex part of a mesh."""
        (friction,) = shape.material.require("friction")
        kind, size = _kind_and_size(shape.geometry)
        if not isinstance(shape.geometry, TriangleMesh):
            low, high = bounds(shape.geometry)
            plane = isinstance(shape.geometry, Plane)
            radius = float(FAR) if plane else float(np.linalg.norm(high - low)) / 2
            self.solids.append((body, shape))
            return [(kind, size, 0, (low + high) / 2, radius, friction)]
        import trimesh

        rows: list[tuple] = []
        for points in shape.geometry.contact_hulls:
            hull = trimesh.Trimesh(points).convex_hull if len(points) > 3 else None
            if hull is None:
                continue
            mesh = wp.Mesh(
                wp.array(hull.vertices.astype(np.float32), dtype=wp.vec3, device=self.device),
                wp.array(hull.faces.astype(np.int32).ravel(), dtype=int, device=self.device),
            )
            self.meshes.append(mesh)
            self.solids.append((body, shape))
            center = hull.bounds.mean(axis=0)
            radius = float(np.linalg.norm(hull.vertices - center, axis=1).max())
            rows.append((kind, size, mesh.id, center, radius, friction))
        return rows

    def _upload(self, table: list[tuple], steps: int) -> Obstacles:
        kinds, sizes, meshes, centers, radii, frictions = zip(*table) if table else ((),) * 6
        count = len(table)

        def put(values, dtype, numpy_type, width: int = 0) -> wp.array:
            array = np.asarray(values, numpy_type).reshape((-1, width) if width else -1)
            return wp.array(array, dtype=dtype, device=self.device)

        data = Obstacles()
        data.count = count
        data.kind = put(kinds, int, np.int32)
        data.size = put(sizes, wp.vec3, np.float32, 3)
        data.mesh = put(meshes, wp.uint64, np.uint64)
        self._centers = np.asarray(centers, float).reshape(-1, 3)
        data.radius = put(radii, float, np.float32)
        data.friction = put(frictions, float, np.float32)
        data.center = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        data.pose = wp.zeros((steps, count), dtype=wp.transform, device=self.device)
        data.velocity = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        data.angular_velocity = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        return data

    def _state(self, solid: int, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Pose (7,) position and xyzw, and rates (6,) of the shape's origin, of one solid."""
        body, shape = self.solids[solid]
        position, turn = pose_at(body, time)
        origin = position + rotate(turn, shape.position)
        w, x, y, z = multiply(turn, shape.quaternion)
        rates = np.zeros(6)
        if body.keyframes is not None:
            velocity, spin = velocity_at(body, time)
            center = position + rotate(turn, body.mass_properties.center_of_mass)
            rates = np.concatenate([velocity + np.cross(spin, origin - center), spin])
        return np.array([*origin, x, y, z, w]), rates

    def _states(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        states = [self._state(i, time) for i in range(len(self.solids))]
        return (
            np.array([pose for pose, _ in states]).reshape(-1, 7),
            np.array([rate for _, rate in states]).reshape(-1, 6),
        )

    def _push(self) -> None:
        if self.solids:
            poses, rates = self._rows
            center = poses[..., :3] + rotate(np.roll(poses[..., 3:], 1, axis=-1), self._centers)
            self.data.center.assign(center.astype(np.float32))
            self.data.pose.assign(poses.astype(np.float32))
            self.data.velocity.assign(np.ascontiguousarray(rates[..., :3], np.float32))
            self.data.angular_velocity.assign(np.ascontiguousarray(rates[..., 3:], np.float32))
