"""The camera stays outside of matter: from inside of a body nothing is seen but its inner side."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.engine import make_engine
from simgen.geometry import Array, Plane
from simgen.record import Annotations, Frames, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import Camera, Clock, Scene
from simgen.surface import SurfaceModel
from simgen.surface.liquid import RADIUS
from simgen.surface.mesh import Ints
from simgen.surface.patch import Patch, RigidPatch


class Eye(Check):
    """No body, grain or liquid swallows the camera in any frame. Needs pictures, not their pixels:
    labels alone are right from anywhere."""

    name = "eye"
    needs = frozenset({"rgb"})

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        model = SurfaceModel(scene, trajectory)
        eyes = frames.camera_to_world[:, :3, 3]
        found = [(t, swallowed_by(model, scene, trajectory, t, e)) for t, e in enumerate(eyes)]
        inside = [(t, name) for t, name in found if name]
        where = f"the camera is inside {inside[0][1]} at frame {inside[0][0]}" if inside else ""
        return finding(self.name, {"frames_inside": len(inside)}, {"frames_inside": 0.0}, where)


def swallowed_at_start(scene: Scene, camera: Camera) -> str:
    """Name of the instance that a camera is in before physics begins, '' for none."""
    first = replace(scene, clock=Clock(frames=1, fps=scene.clock.fps), cameras=())
    (states,) = make_engine("null").simulate([first])
    if not isinstance(states, Trajectory):
        return ""
    eye = np.asarray(camera.camera_to_world[0, :3, 3], float)
    return swallowed_by(SurfaceModel(first, states), first, states, 0, eye)


def swallowed_by(
    model: SurfaceModel, scene: Scene, trajectory: Trajectory, t: int, eye: Array
) -> str:
    """Name of an instance that `eye` (3,) [m] lies in at frame t, '' for none."""
    for row, body in enumerate(scene.bodies):
        for shape in body.shapes:
            if isinstance(shape.geometry, Plane):
                states = trajectory.bodies
                place = _local(eye, states.position[t, row], states.quaternion[t, row])
                place = _local(place, np.array(shape.position), np.array(shape.quaternion))
                if place[2] < 0.0 and np.abs(place[:2]).max() < shape.geometry.extent:
                    return body.name
    names = ["", *(o.name for o in scene.objects)]
    for patch in model.patches:
        if _within(patch, t, eye):
            return names[patch.instance]
    for balls in model.balls:
        distance = np.linalg.norm(balls.centers(t) - eye, axis=1)
        if (distance < balls.radius).any():
            return names[balls.instance]
    for liquid in model.liquids:
        distance = np.linalg.norm(np.asarray(liquid.positions[t], float) - eye, axis=1)
        if distance.min(initial=np.inf) < RADIUS * liquid.spacing:
            return names[liquid.instance]
    return ""


def _local(point: Array, position: Array, quaternion: Array) -> Array:
    return (point - position) @ to_matrix(quaternion)


def _within(patch: Patch, t: int, eye: Array) -> bool:
    """Whether the eye is on the inner side of most of a patch: its winding number is above 1/2
    (Jacobson et al. 2013), which open sheets reach only around the eye."""
    if isinstance(patch, RigidPatch):
        eye = _local(eye, patch.positions[t], patch.quaternions[t])
        vertices = patch.rest
    else:
        vertices = patch.vertices(t)
    if (eye < vertices.min(axis=0)).any() or (eye > vertices.max(axis=0)).any():
        return False
    return winding_number(vertices, patch.faces, eye) > 0.5


def winding_number(vertices: Array, faces: Ints, point: Array) -> float:
    """How often triangles (F, 3) wind around a point: their solid angles (van Oosterom & Strackee,
    IEEE Trans. Biomed. Eng. 30 (1983) 125) over that of the sphere; 1 inside of a closed mesh."""
    a, b, c = (vertices[faces[:, k]] - point for k in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
    over = np.einsum("ij,ij->i", a, np.cross(b, c))
    under = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    return float(2.0 * np.arctan2(over, under).sum() / (4.0 * math.pi))
