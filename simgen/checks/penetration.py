"""Check 7 for matter beside rigid bodies: nothing sinks into them or passes through thick ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks.sampling import sampled_frames
from simgen.checks.slipping import cut_share
from simgen.geometry import Array
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import (
    Cloth,
    Element,
    Fluid,
    Grains,
    Inflatable,
    Melt,
    RigidBody,
    Rope,
    Scene,
    SoftBody,
)

if TYPE_CHECKING:
    from simgen.engines.warp_solvers.distance import Solid

POINTS = 1500
"""Points of an element that are looked at."""
LIMITS = {"depth_in_spacings": 1.0, "cloth_cut": 0.01}
"""Depth of the deepest point, and the share of a cloth's triangles that bodies pass through."""


class Penetration(Check):
    """Vertices and particles stay outside rigid bodies, to the distance at which they are spaced.

    Solvers hold points, so a corner of a body may enter by less than that between them. Vertices
    fixed to bodies or in space are left out, and liquid that still waits in a pipe. What is thinner
    than that distance, such as a bar, must not cut through cloth between its vertices.
    """

    name = "penetration"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(trajectory.meshes or trajectory.particles) and bool(_obstacles(scene))

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        from simgen.engines.warp_solvers.distance import make_solid

        solids = [make_solid(body, "cpu") for body in _obstacles(scene)]
        worst, where = 0.0, ""
        cut = {"cloth_cut": 0.0} if any(isinstance(e, Cloth) for e in scene.elements) else {}
        for element in scene.elements:
            states = trajectory.meshes.get(element.name) or trajectory.particles.get(element.name)
            if states is None:
                continue
            for t in sampled_frames(trajectory.frames):
                chosen = _free_points(element, states.position.shape[1], float(trajectory.time[t]))
                points = states.position[t, chosen].astype(float)
                depth, body = _deepest(points, solids, trajectory, t)
                if depth / _spacing(element) > worst:
                    worst = depth / _spacing(element)
                    where = f"{element.name} is {depth:.4g} m deep in {body} at frame {t}"
                if isinstance(element, Cloth):
                    share = cut_share(element, solids, trajectory, t)
                    cut["cloth_cut"] = max(cut["cloth_cut"], share)
        return finding(self.name, {"depth_in_spacings": worst, **cut}, LIMITS, where)


def _obstacles(scene: Scene) -> list[RigidBody]:
    """Bodies as far as they can be touched."""
    return [
        replace(body, shapes=tuple(s for s in body.shapes if s.collides))
        for body in scene.bodies
        if any(s.collides for s in body.shapes)
    ]


def _spacing(element: Element) -> float:
    """Distance of neighbouring points [m]; of a rope, which is its centre line, the radius."""
    match element:
        case Cloth() | Inflatable():
            edges = np.asarray(element.vertices)[np.asarray(element.faces)[:, :2]]
        case SoftBody():
            edges = np.asarray(element.vertices)[np.asarray(element.tetrahedra)[:, :2]]
        case Rope():
            return element.radius
        case Fluid() | Grains() | Melt():
            return element.spacing
        case _:
            raise TypeError(f"{type(element).__name__} has no points")
    return float(np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).mean())


def _free_points(element: Element, count: int, time: float) -> AnyArray:
    """Indices of the points that only contact keeps outside of bodies, thinned to POINTS."""
    free = np.ones(count, bool)
    free[[vertex for vertex, _ in getattr(element, "attachments", ())]] = False
    free[list(getattr(element, "pinned", ()))] = False
    if isinstance(element, Fluid) and element.count == count:
        free &= element.release <= time
    chosen = np.flatnonzero(free)
    return chosen[:: max(1, len(chosen) // POINTS)]


def _deepest(
    points: Array, solids: list[Solid], trajectory: Trajectory, frame: int
) -> tuple[float, str]:
    """Depth [m] of the deepest of `points` (N, 3, world) and the body that it is in."""
    bodies = trajectory.bodies
    deepest, inside = 0.0, ""
    for solid in solids:
        row = bodies.names.index(solid.body.name)
        local = points - bodies.position[frame, row]
        distance, _, _ = solid.distance(local @ to_matrix(bodies.quaternion[frame, row]))
        depth = -float(distance.min(initial=0.0))
        if depth > deepest:
            deepest, inside = depth, solid.body.name
    return deepest, inside
