"""Stages around a block of any size, for tests of surroundings and of light."""

from typing import Any

import numpy as np
import warp as wp

from simgen.camera import Focus
from simgen.geometry import Box, triangulate
from simgen.key import Key
from simgen.material import material
from simgen.rotation import to_matrix
from simgen.scene import Ambient, Clock, RigidBody, Scene, Shape
from simgen.stage import FLOORS, build_stage

SIZES = (0.06, 0.8, 4.0)
"""Billiard balls, a tower of blocks, a tall structure [m]."""


def make_stage(seed: int, size: float, **change: Any) -> Scene:
    stuff = material("plastic/abs")
    edge = 0.3 * size
    shape = Shape(geometry=Box((edge, edge, edge)), material=stuff, look=stuff.look(Key(seed)))
    body = RigidBody(name="event", shapes=(shape,), position=(0.0, 0.0, 0.15 * size + 0.001))
    half = 0.5 * size
    options: dict[str, Any] = {
        "clock": Clock(frames=2, fps=24.0),
        "focus": Focus(lower=(-half, -half, 0.0), upper=(half, half, 0.6 * size)),
        "environment": "living_room",
        "floor": FLOORS[seed % len(FLOORS)],
        "light": "day",
        "sun_azimuth": -2.0 + 1.3 * seed,
        "camera_motion": "static",
        "camera_azimuth": 0.4,
        "camera_elevation": 0.3,
        "field_of_view": 0.6,
        "aspect_ratio": 16 / 9,
        "gravity": (0.0, 0.0, -9.81),
        "ambient": Ambient(),
    }
    return build_stage(Key(seed), (body,), **(options | change))


class Solids:
    """The surroundings of a scene as triangles that rays can meet."""

    def __init__(self, scene: Scene, *, without: tuple[str, ...] = ()) -> None:
        points, faces, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int32)], 0
        for body in scene.bodies:
            for shape in body.shapes:
                if body.name == "event" or body.name.startswith(without):
                    continue
                mesh = triangulate(shape.geometry, segments=12)
                v = to_matrix(shape.quaternion) @ mesh.vertices.T
                v = to_matrix(body.quaternion) @ (v + np.reshape(shape.position, (3, 1)))
                points.append(v.T + body.position)
                faces.append(mesh.faces + np.int32(count))
                count += len(mesh.vertices)
        self.triangles = sum(map(len, faces))
        self._mesh = wp.Mesh(
            wp.array(np.concatenate(points), dtype=wp.vec3, device="cpu"),
            wp.array(np.concatenate(faces).ravel(), dtype=wp.int32, device="cpu"),
        )

    def distances(self, starts: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """Distance to the first surface along each ray [m], inf for none."""
        found = wp.zeros(len(starts), dtype=wp.float32, device="cpu")
        inputs = [
            self._mesh.id,
            wp.array(starts, dtype=wp.vec3, device="cpu"),
            wp.array(
                ways / np.linalg.norm(ways, axis=1, keepdims=True), dtype=wp.vec3, device="cpu"
            ),
            found,
        ]
        wp.launch(first_hit, dim=len(starts), inputs=inputs, device="cpu")
        return found.numpy()


@wp.kernel
def first_hit(
    mesh: wp.uint64,
    starts: wp.array(dtype=wp.vec3),
    ways: wp.array(dtype=wp.vec3),
    found: wp.array(dtype=wp.float32),
):
    i = wp.tid()
    query = wp.mesh_query_ray(mesh, starts[i], ways[i], 1.0e4)
    found[i] = wp.where(query.result, query.t, wp.inf)
