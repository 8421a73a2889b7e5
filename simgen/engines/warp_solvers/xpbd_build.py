"""Cloth, soft bodies and inflatables as particle systems with constraints, on the host.

Turns elements and their material constants into vertices, masses and compliances for
`xpbd_kernels`.
"""

from __future__ import annotations

import math

import numpy as np

from simgen.engines.warp_solvers import xpbd_input as check
from simgen.engines.warp_solvers.xpbd_mesh import unique_edges
from simgen.engines.warp_solvers.xpbd_part import (
    PAIR_OFFSET,
    Blocks,
    Part,
    dashpots,
    loss_factor,
    lumped,
    spinning,
)
from simgen.engines.warp_solvers.xpbd_sheet import cloth, hold_pressure, inflatable
from simgen.errors import SimgenError
from simgen.scene import Cloth, Inflatable, Scene, SoftBody

Deformable = Cloth | SoftBody | Inflatable


def build_part(element: Deformable, scene: Scene) -> Part:
    """The particle system of one element; raises SimgenError for unusable input."""
    match element:
        case Cloth():
            part = cloth(element)
        case SoftBody():
            part = _soft_body(element)
        case Inflatable():
            part = inflatable(element, scene.ambient)
    part.ties = check.ties(element, scene, len(part.position))
    return part


def settle(part: Part, element: Deformable, dt: float) -> None:
    """What of a part depends on the step [s]."""
    if isinstance(element, Inflatable) and element.rest_vertices is None:
        hold_pressure(part, element.pressure, dt)
    if part.tetrahedra is not None:
        implicit_response(part, dt)


def _soft_body(body: SoftBody) -> Part:
    vertices, tets, volumes = check.solid(body.name, body.vertices, body.tetrahedra)
    pinned = check.pins(body.name, body.pinned, len(vertices))
    density, young, poisson, friction = body.material.require(
        "density", "youngs_modulus", "poissons_ratio", "friction"
    )
    if not -0.99 < poisson < 0.4999:
        raise SimgenError(
            f"soft body {body.name!r}: Poisson's ratio {poisson} must lie below 0.4999 "
            f"(0.49 is nearly incompressible)"
        )
    shear = young / (2 * (1 + poisson))
    first_lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    corner = vertices[tets]
    frame = np.stack([corner[:, k] - corner[:, 0] for k in (1, 2, 3)], -1)
    mass = lumped(len(vertices), tets, density * volumes)
    edges = unique_edges(tets)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    speed = math.sqrt(young / density)
    size = float(np.ptp(vertices, axis=0).max())
    damping = loss_factor(body.material) * size / (math.pi * speed)
    faces = body.surface_faces
    spacing = float(lengths.mean())
    return Part(
        name=body.name,
        position=vertices,
        rest=vertices,
        velocity=spinning(vertices, mass, body.velocity, body.angular_velocity),
        mass=mass,
        weight=np.ones(len(vertices)),
        radius=0.0,
        # Inner vertices too: what got past the skin is pushed out again.
        pair_radius=np.full(len(vertices), PAIR_OFFSET * spacing),
        friction=friction,
        self_collision=False,
        pinned=pinned,
        faces=np.asarray(faces, np.int32),
        closed=True,
        spacing=spacing,
        wave_speed=math.sqrt((first_lame + 2 * shear) / density),
        blocks={
            "tetrahedra": Blocks(
                tets,
                {
                    "inverse_rest": np.linalg.inv(frame).astype(float),
                    "volume": volumes,
                    # Smith et al. 2018, eq. 16: the energy's lambda is the first Lame constant +
                    # mu.
                    "lame": np.tile([shear, first_lame + shear], (len(tets), 1)),
                },
            ),
            "dashpots": dashpots(tets, volumes, vertices, 5.0 * young * damping),
        },
        tetrahedra=tets,
    )


def implicit_response(part: Part, dt: float) -> None:
    """Response (M / dt^2 + mu V G G^T)^-1 [m/N] of the corners of each tetrahedron to a force.

    G (4, 3) are the gradients of its shape functions; a held corner does not respond.
    """
    block = part.blocks["tetrahedra"]
    inner = block.parameters["inverse_rest"]
    gradient = np.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1)
    stiffness = block.parameters["lame"][:, 0] * block.parameters["volume"]
    mobility = (dt * dt * part.inverse_mass)[block.vertices]
    coupled = stiffness[:, None, None] * gradient @ np.swapaxes(gradient, 1, 2)
    matrix = np.eye(4) + mobility[:, :, None] * coupled
    response = np.linalg.solve(matrix, mobility[:, :, None] * np.eye(4))
    block.parameters["response"] = response.astype(float)
