"""The camera stays outside of matter: from inside of a body nothing is seen but its inner side."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.engine import make_engine
from simgen.geometry import Array, Plane
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import Camera, Clock, Scene
from simgen.surface import SurfaceModel
from simgen.surface.liquid import WIDTH
from simgen.surface.mesh import Ints
from simgen.surface.patch import Patch, RigidPatch

Bools = NDArray[np.bool_]


class Eye(Check):
    """No body, grain or liquid swallows the camera in any frame. Needs pictures, not their pixels:
    labels alone are right from anywhere."""

    name = "eye"
    needs = frozenset({"rgb"})

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        eyes = frames.camera_to_world[:, :3, 3]
        found = swallowed_by(SurfaceModel(scene, trajectory), scene, trajectory, eyes)
        inside = [(t, name) for t, name in enumerate(found) if name]
        where = f"the camera is inside {inside[0][1]} at frame {inside[0][0]}" if inside else ""
        return finding(self.name, {"frames_inside": len(inside)}, {"frames_inside": 0.0}, where)


def swallowed_at_start(scene: Scene, camera: Camera) -> str:
    """Name of the instance that a camera is in before physics begins, '' for none."""
    first = replace(scene, clock=Clock(frames=1, fps=scene.clock.fps), cameras=())
    (states,) = make_engine("null").simulate([first])
    if not isinstance(states, Trajectory):
        return ""
    eyes = np.asarray(camera.camera_to_world[:1, :3, 3], float)
    return swallowed_by(SurfaceModel(first, states), first, states, eyes)[0]


def swallowed_by(
    model: SurfaceModel, scene: Scene, trajectory: Trajectory, eyes: Array
) -> list[str]:
    """Name of an instance that each of `eyes` (T, 3) [m] at the first T frames lies in, or ''."""
    found = [""] * len(eyes)

    def note(name: str, inside: Bools) -> None:
        for t in np.flatnonzero(inside):
            found[t] = found[t] or name

    for row, body in enumerate(scene.bodies):
        for shape in body.shapes:
            if isinstance(shape.geometry, Plane):
                states = trajectory.bodies
                places = _local(eyes, states.position[:, row], states.quaternion[:, row])
                places = (places - np.array(shape.position)) @ to_matrix(shape.quaternion)
                beneath = np.abs(places[:, :2]).max(axis=1) < shape.geometry.extent
                note(body.name, beneath & (places[:, 2] < 0.0))
    names = ["", *(o.name for o in scene.objects)]
    for patch in model.patches:
        note(names[patch.instance], _within(patch, eyes))
    for t, eye in enumerate(eyes):
        for balls in model.balls:
            distance = np.linalg.norm(balls.centers(t) - eye, axis=1)
            if not found[t] and (distance < balls.radius).any():
                found[t] = names[balls.instance]
        for liquid in model.liquids:
            distance = np.linalg.norm(np.asarray(liquid.positions[t], float) - eye, axis=1)
            if not found[t] and distance.min(initial=np.inf) < WIDTH * liquid.spacing:
                found[t] = names[liquid.instance]
    return found


def _local(points: Array, positions: AnyArray, quaternions: AnyArray) -> Array:
    """Points (T, 3) at the first T frames in the frame of a body."""
    frames = len(points)
    turns = to_matrix(quaternions[:frames])
    return np.einsum("ti,tij->tj", points - positions[:frames], turns)


def _within(patch: Patch, eyes: Array) -> Bools:
    """(T,) whether the eye is on the inner side of most of a patch: its winding number is above
    1/2 (Jacobson et al. 2013), which open sheets reach only around the eye."""
    if isinstance(patch, RigidPatch):
        places = _local(eyes, patch.positions, patch.quaternions)
        near = (places >= patch.rest.min(axis=0)) & (places <= patch.rest.max(axis=0))
        inside = near.all(axis=1)
        for t in np.flatnonzero(inside):
            inside[t] = winding_number(patch.rest, patch.faces, places[t]) > 0.5
        return inside
    inside = np.zeros(len(eyes), bool)
    for t, eye in enumerate(eyes):
        vertices = patch.vertices(t)
        if (eye >= vertices.min(axis=0)).all() and (eye <= vertices.max(axis=0)).all():
            inside[t] = winding_number(vertices, patch.faces, eye) > 0.5
    return inside


def winding_number(vertices: Array, faces: Ints, point: Array) -> float:
    """How often triangles (F, 3) wind around a point: their solid angles (van Oosterom & Strackee,
    IEEE Trans. Biomed. Eng. 30 (1983) 125) over that of the sphere; 1 inside of a closed mesh."""
    a, b, c = (vertices[faces[:, k]] - point for k in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
    over = np.einsum("ij,ij->i", a, np.cross(b, c))
    under = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    return float(2.0 * np.arctan2(over, under).sum() / (4.0 * math.pi))
