"""Kinetic and potential energy of matter that nothing drives: it can only be lost."""

from __future__ import annotations

import numpy as np

from simgen.checks import fabric
from simgen.engines.warp_solvers.xpbd_mesh import triangle_areas
from simgen.geometry import Array
from simgen.lattice import volumes
from simgen.record import Trajectory
from simgen.rotation import rotate
from simgen.scene import Cloth, Element, Fluid, Inflatable, Rope, Scene, SoftBody


def driven(scene: Scene) -> bool:
    """Whether something gives energy: bodies on their way, wind, inflows, gas, stretched ropes."""
    return (
        any(b.motion == "kinematic" for b in scene.bodies)
        or any(scene.ambient.wind)
        or any(isinstance(e, Inflatable | Rope) for e in scene.elements)
        or any(isinstance(e, Fluid) and e.inflows for e in scene.elements)
    )


def energy_gain(scene: Scene, trajectory: Trajectory) -> float:
    """Rise of kinetic plus potential energy of all particles, cloths, soft and free bodies above
    the start, over the energy released so far; 0 where something drives them.

    Of strain only what cloths hold at the start counts: any other can only take energy.
    """
    if driven(scene):
        return 0.0
    kinetic = potential = np.zeros(trajectory.frames)
    strained = 0.0
    gravity = np.asarray(scene.gravity)
    moving = [(s.position, s.velocity, s.mass) for s in trajectory.particles.values()]
    for element in scene.elements:
        states = trajectory.meshes.get(element.name)
        if states is not None:
            moving.append((states.position, states.velocity, vertex_masses(element)))
            if isinstance(element, Cloth):
                strained += fabric.strain_energy(element, states.position[0])
    for place, rate, masses in moving:
        position, velocity, mass = (np.asarray(a, float) for a in (place, rate, masses))
        kinetic = kinetic + 0.5 * (velocity**2).sum(-1) @ mass
        potential = potential - position @ gravity @ mass
    bodies = trajectory.bodies
    free = np.isfinite(bodies.mass)
    if free.any():
        mass = bodies.mass[free]
        centre = (bodies.position + rotate(bodies.quaternion, bodies.center_of_mass))[:, free]
        kinetic = kinetic + 0.5 * (bodies.velocity[:, free] ** 2).sum(-1) @ mass
        potential = potential - centre @ gravity @ mass
    scale = max(float(kinetic.max()), float(np.ptp(potential)), 1e-9)
    total = kinetic + potential
    return max(0.0, float(total.max() - total[0]) - strained) / scale


def vertex_masses(element: Element) -> Array:
    """(V,) [kg] of a cloth or soft body: every cell's mass in equal shares to its corners; held
    vertices, which no energy goes to, weigh nothing."""
    match element:
        case Cloth():
            (density,) = element.material.require("areal_density")
            cells = np.asarray(element.faces)
            size = triangle_areas(*fabric.cut(element))
        case SoftBody():
            (density,) = element.material.require("density")
            cells = np.asarray(element.tetrahedra)
            size = volumes(np.asarray(element.vertices, float), cells)
        case _:
            raise TypeError(f"{type(element).__name__} is neither cloth nor soft body")
    share = np.repeat(density * size / cells.shape[1], cells.shape[1])
    mass = np.bincount(cells.ravel(), share, len(element.vertices)).astype(float)
    mass[list(element.pinned)] = 0.0
    return mass
