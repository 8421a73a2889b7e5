"""What MOVi says about instances, camera and collisions of a window."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from simgen.annotators.tracks import project
from simgen.footage import Window
from simgen.geometry import Array
from simgen.record import AnyArray
from simgen.rotation import IDENTITY, from_matrix, to_matrix
from simgen.scene import SceneObject
from simgen.surface import surface_mesh

SENSOR = 32.0
"""Width of MOVi's sensor [mm]."""
BACKGROUND = 65535
"""Instance of everything that is not listed, in collisions."""


def camera(window: Window) -> dict[str, AnyArray]:
    """Pose and lens; the axes of OpenGL."""
    width, focal = window.footage.size[0], window.footage.intrinsics[0, 0]
    poses = window.camera_to_world
    return {
        "camera/positions": poses[:, :3, 3].astype(np.float32),
        "camera/quaternions": from_matrix(poses[:, :3, :3] * (1, -1, -1)).astype(np.float32),
        "camera/focal_length": np.array(focal * SENSOR / width, np.float32),
        "camera/sensor_width": np.array(SENSOR, np.float32),
        "camera/field_of_view": np.array(2 * math.atan(width / 2 / focal), np.float32),
    }


def instances(
    window: Window, shown: Sequence[SceneObject], labels: AnyArray
) -> dict[str, AnyArray]:
    """A row per instance: states, material and where it is seen; `labels` (s, h, w, 1) is k + 1
    where `shown[k]` is seen."""
    states = [_states(window, item) for item in shown]
    constants = json.loads(window.clip.attributes["materials"])
    s = window.length
    shapes = {"mass": (), "bboxes_3d": (s, 8, 3), "quaternions": (s, 4)}
    shapes |= dict.fromkeys(("positions", "velocities", "angular_velocities"), (s, 3))
    found: dict[str, AnyArray] = {
        f"instances/{name}": np.array([row[name] for row in states], np.float32).reshape(
            len(shown), *shape
        )
        for name, shape in shapes.items()
    }
    for name in ("friction", "restitution"):
        values = [constants.get(item.material, {}).get(name, math.nan) for item in shown]
        found[f"instances/{name}"] = np.array(values, np.float32)
    for name in ("name", "kind", "material"):
        found[f"instances/{name}"] = np.array([getattr(i, name) for i in shown], dtype=np.str_)
    found["instances/image_positions"] = _on_picture(window, found["instances/positions"])
    return found | _boxes(labels, len(shown))


def _states(window: Window, item: SceneObject) -> dict[str, Array]:
    """Pose, velocities, 3D box and mass of one instance over the window."""
    trajectory, scene = window.footage.trajectory, window.footage.scene
    if item.name in trajectory.bodies.names:
        bodies, index = trajectory.bodies, trajectory.bodies.names.index(item.name)
        turn = to_matrix(bodies.quaternion[window.span, index])
        position = bodies.position[window.span, index]
        rest = _corners(surface_mesh(scene.bodies[index]).vertices)
        return {
            "positions": position,
            "quaternions": bodies.quaternion[window.span, index],
            "velocities": bodies.velocity[window.span, index],
            "angular_velocities": bodies.angular_velocity[window.span, index],
            "bboxes_3d": np.einsum("tij,kj->tki", turn, rest) + position[:, None],
            "mass": bodies.mass[index],
        }
    particles = trajectory.particles.get(item.name)
    states = particles or trajectory.meshes[item.name]
    points = np.asarray(states.position[window.span], float)
    return {
        "positions": points.mean(axis=1),
        "quaternions": np.tile(IDENTITY, (len(points), 1)),
        "velocities": np.asarray(states.velocity[window.span], float).mean(axis=1),
        "angular_velocities": np.zeros((len(points), 3)),
        "bboxes_3d": np.stack([_corners(frame) for frame in points]),
        "mass": np.array(math.nan if particles is None else particles.mass.sum()),
    }


def _corners(points: Array) -> Array:
    """(8, 3) corners of the box around points (N, 3): x slowest, lower first, as in Kubric."""
    ends: Array = np.stack([points.min(axis=0), points.max(axis=0)])
    return np.array(list(product(*ends.T)))


def _on_picture(window: Window, places: AnyArray) -> AnyArray:
    """(k, s, 2) places (x, y) in the picture, 0 to 1."""
    pixels, _ = project(places, window.camera_to_world, window.footage.intrinsics)
    return (pixels / np.asarray(window.footage.size)).astype(np.float32)


def _boxes(labels: AnyArray, count: int) -> dict[str, AnyArray]:
    """Pixels per instance and frame, and the boxes (ymin, xmin, ymax, xmax) around them, 0 to 1."""
    visibility = np.zeros((count, len(labels)), np.uint32)
    boxes: list[tuple[float, float, float, float]] = []
    owners: list[int] = []
    frames: list[int] = []
    for t, picture in enumerate(labels[..., 0]):
        height, width = picture.shape
        for k in range(count):
            rows, columns = np.nonzero(picture == k + 1)
            visibility[k, t] = len(rows)
            if len(rows):
                low, high = (rows.min(), columns.min()), (rows.max() + 1, columns.max() + 1)
                boxes.append((low[0] / height, low[1] / width, high[0] / height, high[1] / width))
                owners.append(k)
                frames.append(t)
    order = np.argsort(owners, kind="stable")
    return {
        "instances/visibility": visibility,
        "instances/bboxes": np.array(boxes, np.float32).reshape(-1, 4)[order],
        "instances/bbox_instance": np.array(owners, np.uint16)[order],
        "instances/bbox_frames": np.array(frames, np.uint16)[order],
    }


def collisions(window: Window, shown: Sequence[SceneObject]) -> dict[str, AnyArray]:
    """Contacts of listed instances at the window's instants; normals point from the second to the
    first, as PyBullet's do."""
    contacts, solver = window.footage.trajectory.contacts, window.footage.trajectory.solver
    index = np.full(len(window.clip.objects) + 1, BACKGROUND, np.uint16)
    index[[item.id for item in shown]] = np.arange(len(shown), dtype=np.uint16)
    names = ("instances", "frame", "force", "position", "image_position", "contact_normal")
    shapes = ((0, 2), (0,), (0,), (0, 3), (0, 2), (0, 3))
    kinds = (np.uint16, np.int32, *(np.float32,) * 4)
    found = {n: np.zeros(shape, k) for n, shape, k in zip(names, shapes, kinds, strict=True)}
    if contacts is not None:
        pair = np.stack([index[contacts.instance_a], index[contacts.instance_b]], axis=1)
        frame = contacts.frame - window.start
        kept = (pair != BACKGROUND).any(axis=1) & (frame >= 0) & (frame < window.length)
        places = np.repeat(contacts.position[kept][:, None], window.length, axis=1)
        shown_at = _on_picture(window, places)
        rows = (
            pair[kept],
            frame[kept],
            contacts.impulse[kept] / solver.dt,
            contacts.position[kept],
            shown_at[np.arange(kept.sum()), frame[kept]],
            -contacts.normal[kept],
        )
        found = {n: row.astype(k) for n, row, k in zip(names, rows, kinds, strict=True)}
    return {f"events/collisions/{name}": values for name, values in found.items()}
