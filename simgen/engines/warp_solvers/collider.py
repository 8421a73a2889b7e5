# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""The rigid bodies of a scene as obstacles on a device: where they are, what matter gives them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import warp as wp

from simgen.device import warp_device
from simgen.engines.warp_solvers import obstacles as device_side
from simgen.engines.warp_solvers.field import Field, sample_body
from simgen.engines.warp_solvers.obstacles import FAR, Obstacles
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Plane, Sphere, TriangleMesh, bounds
from simgen.motion import pose_at, velocity_at
from simgen.rotation import IDENTITY, multiply, rotate
from simgen.scene import RigidBody, Scene, Shape

KNOTS = 9
"""Instants of a load at which prescribed motion is evaluated; poses between them are
interpolated."""


def _kind_and_size(geometry: Geometry) -> tuple[int, tuple[float, float, float]]:
    match geometry:
        case Sphere(radius):
            return int(device_side.SPHERE), (radius, 0.0, 0.0)
        case Box(size):
            return int(device_side.BOX), (size[0] / 2, size[1] / 2, size[2] / 2)
        case Capsule(radius, length):
            return int(device_side.CAPSULE), (radius, length / 2, 0.0)
        case Cylinder(radius, height):
            return int(device_side.CYLINDER), (radius, height / 2, 0.0)
        case Plane():
            return int(device_side.PLANE), (0.0, 0.0, 0.0)
        case TriangleMesh():
            return int(device_side.HULL), (0.0, 0.0, 0.0)


def _between(values: np.ndarray, knots: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(T, N) values at `times`, linear between those at `knots`; quaternion columns keep one
    sign."""
    if len(knots) == len(times):
        return values
    if values.shape[1] == 7:
        flips = np.sum(values[1:, 3:] * values[:-1, 3:], axis=1) < 0
        values[1:, 3:] *= np.where(np.cumsum(flips) % 2 == 1, -1.0, 1.0)[:, None]
    return np.stack([np.interp(times, knots, column) for column in values.T], axis=-1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Motion:
    """Where free bodies are and how they move; world frame, one row per body."""

    center: np.ndarray
    """(F, 3) centre of mass [m]."""
    quaternion: np.ndarray
    """(F, 4) wxyz."""
    velocity: np.ndarray
    """(F, 3) of the centre of mass [m/s]."""
    angular_velocity: np.ndarray
    """(F, 3) [rad/s]."""
    center_of_mass: np.ndarray
    """(F, 3) in the body frame [m]."""


class Colliders:
    """The obstacles of a scene on a device; `data` is what kernels take.

    `steps` is the number of instants held at once: load all substeps of a frame, then let substep s
    read row s. Free bodies stand at their start pose until `place` says where they are.
    """

    def __init__(
        self,
        scene: Scene,
        device: str = "cpu",
        *,
        steps: int = 1,
        followed: Collection[str] = (),
        sampled: float | None = None,
    ) -> None:
        """`followed` bodies have a pose here even where nothing of them collides.

        With `sampled` [m], a body with a triangle mesh is one solid, as it is drawn: its signed
        distance is sampled on a lattice of that step or finer, the quicker way for many queries.
        """
        warp_device(device)
        self.device = device
        self.free = [b for b in scene.bodies if b.motion == "dynamic"]
        """Bodies that matter moves, in the order of the reactions."""
        self.solids: list[tuple[RigidBody, Shape]] = []
        """Body and shape of every solid, in the order of `Touch.shape`."""
        self.meshes: list[wp.Mesh] = []
        self._fields: dict[int, Field] = {}
        table: list[tuple[int, tuple[float, ...], int, np.ndarray, float, float]] = []
        for body in scene.bodies:
            solid = [s for s in body.shapes if s.collides]
            if sampled and any(isinstance(s.geometry, TriangleMesh) for s in solid):
                table.append(self._add_field(body, solid, sampled))
                continue
            for shape in solid:
                table += self._add(body, shape)
            if body.name in followed and not any(b is body for b, _ in self.solids):
                self.solids.append((body, body.shapes[0]))
                nothing = (-float(FAR), 0.0, 0.0)
                table.append((int(device_side.SPHERE), nothing, 0, np.zeros(3), 0.0, 0.0))
        self.data: Any = self._upload(table, steps)
        self._moving = [i for i, (b, _) in enumerate(self.solids) if b.keyframes is not None]
        self._shapes = (steps, len(self.solids))
        self._poses, self._rates = self._states(0.0)
        self._rows = (np.tile(self._poses, (steps, 1, 1)), np.tile(self._rates, (steps, 1, 1)))
        self._path: tuple[np.ndarray, Sequence[Motion]] | None = None
        self._push()

    def __len__(self) -> int:
        return len(self.solids)

    @property
    def poses(self) -> np.ndarray:
        """(steps, solids, 7) position [m] and xyzw of every solid's shape, as loaded."""
        return self._rows[0]

    @property
    def rates(self) -> np.ndarray:
        """(steps, solids, 6) velocity of the shape's origin [m/s] and spin [rad/s], as loaded."""
        return self._rows[1]

    def moved(self, since: np.ndarray) -> float:
        """Farthest that a point of a prescribed solid has moved [m], at most, from earlier
        `poses`."""
        if not self._moving:
            return 0.0
        change = (self.poses - since)[:, self._moving]
        turn = 2.0 * np.linalg.norm(change[..., 3:], axis=-1)  # chord of half the angle, twice
        way = np.linalg.norm(change[..., :3], axis=-1) + turn * self._reach[self._moving]
        return float(way.max())

    def at(self, time: float) -> Any:
        """The `Obstacles` with every row of poses at `time` [s]."""
        if self._path is not None:
            times, motions = self._path
            frame = int(np.argmin(np.abs(times - time)))
            self.place(motions[frame], np.zeros(self._shapes[0]))
        return self.load(np.full(self._shapes[0], time))

    def follow(self, times: np.ndarray, motions: Sequence[Motion]) -> None:
        """Let `at` and `distances` put the free bodies where they were at recorded times [s]."""
        self._path = times, motions

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

    def place(self, bodies: Motion, ahead: np.ndarray) -> None:
        """Put the free bodies where their motion takes them in `ahead` (steps,) [s], row by row;
        prescribed bodies stay as last loaded."""
        which = np.flatnonzero(self._owner >= 0)
        if not len(which):
            return
        owner, shapes = self._owner[which], [self.solids[i][1] for i in which]
        center, turn = bodies.center[owner], bodies.quaternion[owner]
        velocity, spin = bodies.velocity[owner], bodies.angular_velocity[owner]
        arm = np.array([s.position for s in shapes]) - bodies.center_of_mass[owner]
        half = 0.5 * ahead[:, None, None] * spin
        size = np.linalg.norm(half, axis=-1, keepdims=True)
        turn = multiply(np.concatenate([np.cos(size), half * np.sinc(size / np.pi)], -1), turn)
        reach = rotate(turn, arm)
        poses, rates = self._rows
        poses[:, which, :3] = center + ahead[:, None, None] * velocity + reach
        own = multiply(turn, np.array([s.quaternion for s in shapes]))
        poses[:, which, 3:] = np.roll(own, -1, axis=-1)
        rates[:, which, :3] = velocity + np.cross(spin, reach)
        rates[:, which, 3:] = spin
        self._push()

    def collect(self, centers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(F, 3) impulses [N s] and angular impulses [N m s] about `centers` that matter gave to
        the free bodies since the last call."""
        impulse = np.array(self.data.impulse.numpy())
        angular = np.array(self.data.angular_impulse.numpy()) - np.cross(centers, impulse)
        self.data.impulse.zero_()
        self.data.angular_impulse.zero_()
        return impulse, angular

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
        wp.launch(device_side.query_points, dim=count, inputs=inputs, device=self.device)
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
            middle = tuple(hull.vertices.mean(axis=0))
            rows.append((kind, middle, mesh.id, center, radius, friction))
        return rows

    def _add_field(self, body: RigidBody, shapes: list[Shape], step: float) -> tuple:
        """The table row of a body as one sampled solid, in the body's frame."""
        field = sample_body(replace(body, shapes=tuple(shapes)), step, self.device)
        self._fields[len(self.solids)] = field
        self.solids.append(
            (body, replace(shapes[0], position=(0.0, 0.0, 0.0), quaternion=IDENTITY))
        )
        (friction,) = shapes[0].material.require("friction")
        half = 0.5 * field.step * (np.array(field.values.shape) - 1)
        radius = float(np.linalg.norm(half))
        return int(device_side.FIELD), (0.0, 0.0, 0.0), 0, field.lower + half, radius, friction

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
        places, counts, first = np.zeros((count, 4)), np.zeros((count, 4), np.int32), 0
        for i, field in self._fields.items():
            places[i], counts[i] = (*field.lower, field.step), (*field.values.shape, first)
            first += field.values.size
        data.lattice = put(places, wp.vec4, np.float32, 4)
        data.lattice_size = put(counts, wp.vec4i, np.int32, 4)
        samples = [np.zeros(1), *(field.values.ravel() for field in self._fields.values())]
        data.samples = put(np.concatenate(samples[1:] or samples), float, np.float32)
        self._centers = np.asarray(centers, float).reshape(-1, 3)
        self._reach = np.linalg.norm(self._centers, axis=1) + np.asarray(radii, float)
        data.radius = put(radii, float, np.float32)
        data.friction = put(frictions, float, np.float32)
        data.center = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        data.pose = wp.zeros((steps, count), dtype=wp.transform, device=self.device)
        data.velocity = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        data.angular_velocity = wp.zeros((steps, count), dtype=wp.vec3, device=self.device)
        rows = {id(body): row for row, body in enumerate(self.free)}
        self._owner = np.array([rows.get(id(body), -1) for body, _ in self.solids], np.int32)
        data.free = put(self._owner, int, np.int32)
        data.impulse = wp.zeros(len(self.free), dtype=wp.vec3d, device=self.device)
        data.angular_impulse = wp.zeros(len(self.free), dtype=wp.vec3d, device=self.device)
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
