"""Soft bodies as particle systems: elastic, plastic or relaxing tetrahedra, on the host.

What a bounce loses is lost in a Maxwell arm: dashpots as strong would outweigh the elasticity of a
tetrahedron in a step, and are there for the ringing of the mesh.
"""

from __future__ import annotations

import math

import numpy as np

from simgen.engines.soft_bounce import KEPT, maxwell_arm
from simgen.engines.warp_solvers import xpbd_input as check
from simgen.engines.warp_solvers.xpbd_part import (
    PAIR_OFFSET,
    Blocks,
    Floats,
    Part,
    dashpots,
    loss_factor,
    lumped,
    spinning,
)
from simgen.errors import SimgenError
from simgen.lattice import unique_edges
from simgen.material import Material
from simgen.scene import SoftBody

SOLIDS = ("tetrahedra", "plastic", "relaxing")
"""Kinds of tetrahedra."""
MIDPOINT = 0.5
"""Where in its own move a tetrahedron's stress is taken. The neighbours solved before it have moved
its corners by half of the balance on average, so their error and its own cancel."""


def soft_body(body: SoftBody) -> Part:
    """The particle system of a soft body; raises SimgenError for unusable input."""
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
    mass = lumped(len(vertices), tets, density * volumes)
    edges = unique_edges(tets)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    size = float(np.ptp(vertices, axis=0).max())
    damping = loss_factor(body.material) * size / (math.pi * math.sqrt(young / density))
    faces = body.surface_faces
    spacing = float(lengths.mean())
    kind, parameters, shear = _matter(body, vertices, volumes)
    bulk = young / (3 * (1 - 2 * poisson))
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
        wave_speed=math.sqrt((bulk + 4 / 3 * shear) / density),
        blocks={
            kind: Blocks(tets, parameters),
            "dashpots": dashpots(tets, volumes, lengths, 5.0 * young * damping),
        },
        tetrahedra=tets,
    )


def _matter(
    body: SoftBody, vertices: Floats, volumes: Floats
) -> tuple[str, dict[str, Floats], float]:
    """Kind of the tetrahedra, their parameters, and the shear modulus [Pa] of fast strain."""
    stuff = body.material
    young, poisson = stuff.require("youngs_modulus", "poissons_ratio")
    shear = young / (2 * (1 + poisson))
    first_lame = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    corner = vertices[body.tetrahedra]
    frame = np.stack([corner[:, k] - corner[:, 0] for k in (1, 2, 3)], -1)
    rest = np.linalg.inv(frame).astype(float)
    count = len(volumes)
    base: dict[str, Floats] = {
        "inverse_rest": rest,
        "volume": volumes,
        "lame": np.tile([shear, first_lame], (count, 1)),
    }
    flows = stuff.yield_stress is not None or stuff.flow_viscosity is not None
    if flows and stuff.relaxation_time is not None:
        raise SimgenError(
            f"soft body {body.name!r}: {stuff.name} both yields and relaxes; give it a yield "
            f"stress and flow viscosity, or a relaxing modulus and relaxation time"
        )
    if flows:
        limit = math.sqrt(2.0 / 3.0) * (stuff.yield_stress or 0.0) / shear
        base["flow"] = np.tile([limit, 0.0], (count, 1))
        return "plastic", base, shear
    arm, time = _arm(stuff, float(volumes.sum()))
    if arm == 0.0:
        return "tetrahedra", base, shear
    base["lame"] = np.tile([shear + arm, first_lame], (count, 1))
    base |= {"arm_rest": rest.copy(), "arm": np.tile([arm, time], (count, 1))}
    return "relaxing", base, shear + arm


def _arm(stuff: Material, volume: float) -> tuple[float, float]:
    """Shear modulus [Pa] and relaxation time [s] of the Maxwell arm, (0, 0) without one: the
    material's own, or what its restitution asks of a body of `volume` [m^3].

    Only shear relaxes, the bulk modulus K stays: the sum of the shear moduli is 3 K E / (9 K - E)
    of the modulus E that a sudden strain meets.
    """
    young, poisson = stuff.require("youngs_modulus", "poissons_ratio")
    bulk = young / (3 * (1 - 2 * poisson))
    if stuff.relaxation_time is not None:
        more, time = stuff.require("relaxing_modulus", "relaxation_time")
        if young + more >= 9 * bulk:
            raise SimgenError(
                f"material {stuff.name!r}: a relaxing modulus of {more:.3g} Pa is more than shear "
                f"can give beside a bulk modulus of {bulk:.3g} Pa; raise Poisson's ratio or lower "
                f"it"
            )
    else:
        arm = maxwell_arm(stuff, volume, KEPT * math.exp(-0.5 * loss_factor(stuff)))
        room = 4.5 * bulk - young  # half of what shear can give; none below nu = -0.25
        if arm is None or room <= 0.0:
            return 0.0, 0.0
        more, time = min(arm.modulus * young, room), arm.time
    fast = young + more
    return 3 * bulk * fast / (9 * bulk - fast) - young / (2 * (1 + poisson)), time


def settle_solid(part: Part, stuff: Material, dt: float, share: float) -> None:
    """Response (M / dt^2 + share mu V G G^T)^-1 [m/N] of the corners of each tetrahedron to a force
    and how much it flows in a step of `dt` [s].

    G (4, 3) are the gradients of its shape functions; a held corner does not respond.
    """
    kind = next(k for k in SOLIDS if k in part.blocks)
    block = part.blocks[kind]
    inner = block.parameters["inverse_rest"]
    gradient = np.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1)
    stiffness = share * block.parameters["lame"][:, 0] * block.parameters["volume"]
    mobility = (dt * dt * part.inverse_mass)[block.vertices]
    coupled = stiffness[:, None, None] * gradient @ np.swapaxes(gradient, 1, 2)
    matrix = np.eye(4) + mobility[:, :, None] * coupled
    response = np.linalg.solve(matrix, mobility[:, :, None] * np.eye(4))
    block.parameters["response"] = response.astype(float)
    if kind == "plastic" and stuff.flow_viscosity:
        shear = block.parameters["lame"][:, 0]
        block.parameters["flow"][:, 1] = 1.0 / (1.0 + shear * dt / stuff.flow_viscosity)
    if kind == "relaxing":
        block.parameters["arm"][:, 1] = 1.0 / (1.0 + dt / block.parameters["arm"][:, 1])
