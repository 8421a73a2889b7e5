"""Check 7 for rigid bodies and mechanisms: energy, penetration, joints."""

from __future__ import annotations

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.geometry import Array, Plane
from simgen.record import Annotations, Frames, Trajectory
from simgen.rotation import rotate
from simgen.scene import Articulation, RigidBody, Scene


class RigidInvariants(Check):
    """Energy is not created, bodies do not sink into each other or the floor, joints hold."""

    name = "rigid"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(np.isfinite(trajectory.bodies.mass).any())

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        measured = {"below_floor_m": below_floor(scene, trajectory)}
        tolerance = {"below_floor_m": 0.01}
        if trajectory.energy is not None and not _driven(scene):
            measured["energy_gain"] = _energy_gain(scene, trajectory)
            tolerance["energy_gain"] = 0.03
        if trajectory.contacts is not None:
            depth = trajectory.contacts.depth
            measured["penetration_m"] = float(depth.max()) if len(depth) else 0.0
            tolerance["penetration_m"] = max(0.01, 0.05 * _smallest(scene))
        if any(isinstance(e, Articulation) for e in scene.elements):
            measured["joint_gap_m"] = joint_gap(scene, trajectory)
            tolerance["joint_gap_m"] = 0.01
        return finding(self.name, measured, tolerance)


def _driven(scene: Scene) -> bool:
    """Whether something feeds energy into the scene: motors, springs under tension, moved
    bodies."""
    if any(b.motion == "kinematic" for b in scene.bodies):
        return True
    joints = [j for e in scene.elements if isinstance(e, Articulation) for j in e.joints]
    return any(j.drive is not None or (j.stiffness > 0 and j.rest != 0) for j in joints)


def _energy_gain(scene: Scene, trajectory: Trajectory) -> float:
    """Largest energy above the start, over the kinetic energy the clip shows at most."""
    energy = np.asarray(trajectory.energy)
    bodies = trajectory.bodies
    free = np.isfinite(bodies.mass)
    speed2 = np.sum(bodies.velocity[:, free] ** 2, axis=-1)
    kinetic = float((0.5 * bodies.mass[free] * speed2).sum(1).max())
    scale = max(kinetic, float(np.ptp(energy)), 1e-6)
    return float(max(0.0, energy.max() - energy[0])) / scale


def _smallest(scene: Scene) -> float:
    """Size of the smallest moving body [m]: the cube root of its mass over that of water."""
    sizes = [
        (b.mass_properties.mass / 1000.0) ** (1 / 3) for b in scene.bodies if b.motion == "dynamic"
    ]
    return min(sizes, default=0.0)


def floors(scene: Scene) -> list[tuple[Array, Array]]:
    """A point on and the upward normal of every static plane."""
    found: list[tuple[Array, Array]] = []
    for body in scene.bodies:
        for shape in body.shapes if body.motion == "static" else ():
            if isinstance(shape.geometry, Plane) and shape.collides:
                point = np.asarray(body.position) + rotate(body.quaternion, shape.position)
                normal = rotate(body.quaternion, rotate(shape.quaternion, (0.0, 0.0, 1.0)))
                found.append((point, normal))
    return found


def below_floor(scene: Scene, trajectory: Trajectory) -> float:
    """How far any centre of mass is below any plane [m]; 0 when none is."""
    bodies = trajectory.bodies
    free = np.isfinite(bodies.mass)
    centre = (bodies.position + rotate(bodies.quaternion, bodies.center_of_mass))[:, free]
    depths = [float(((point - centre) @ normal).max()) for point, normal in floors(scene)]
    return max(0.0, *depths) if depths and free.any() else 0.0


def joint_gap(scene: Scene, trajectory: Trajectory) -> float:
    """Largest distance [m] between the two sides of an anchor that a joint or loop holds
    together."""
    names = trajectory.bodies.names
    by_name: dict[str, RigidBody] = {b.name: b for b in scene.bodies}
    gap = 0.0

    def anchor(link: str | None, world: Array) -> Array:
        if link is None:
            return np.broadcast_to(world, (trajectory.frames, 3))
        body, i = by_name[link], names.index(link)
        inverse = np.asarray(body.quaternion) * np.array([1.0, -1.0, -1.0, -1.0])
        local = rotate(inverse, world - np.asarray(body.position))
        return trajectory.bodies.position[:, i] + rotate(trajectory.bodies.quaternion[:, i], local)

    for element in scene.elements:
        if not isinstance(element, Articulation):
            continue
        ties = [
            (j.parent, j.child, j.position)
            for j in element.joints
            if j.kind in ("hinge", "ball", "fixed")
        ]
        ties += [(loop.link_a, loop.link_b, loop.position) for loop in element.loops]
        jointed = [j.child for j in element.joints]
        for parent, child, position in ties:
            if child is not None and jointed.count(child) > 1:
                continue
            world = np.asarray(position, float)
            distance = np.linalg.norm(anchor(parent, world) - anchor(child, world), axis=1)
            gap = max(gap, float(distance.max()))
    return gap
