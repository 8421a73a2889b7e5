"""Cloth, soft bodies and inflatables as one particle system with constraints, on the host.

Turns elements and their material constants into vertices, masses and compliances for `xpbd_kernels`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engines.warp_solvers import xpbd_input as check
from simgen.engines.warp_solvers.xpbd_mesh import (
    color_order,
    enclosed_volumes,
    hinge_stencils,
    interior_edges,
    membrane_frames,
    triangle_areas,
    unique_edges,
)
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.material import Material
from simgen.scene import Ambient, Cloth, Inflatable, Scene, SoftBody

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Deformable = Cloth | SoftBody | Inflatable

GAS_CONSTANT = 8.314462618
"""[J/(mol K)]."""
AIR_MOLAR_MASS = 0.0289652
"""[kg/mol], dry air."""
DEFAULT_LOSS = 0.1
"""Loss factor tan(delta) of a material without a restitution: textiles and rubbers 0.05-0.2."""
CLOTH_OFFSET = 0.2
"""Vertices of a sheet keep this share of an edge from obstacles, so that edges do not cut corners."""
PAIR_OFFSET = 0.35
"""Radius of a vertex against other vertices, in edges."""


@dataclass
class Blocks:
    """Constraints of one kind: vertex indices and parameter arrays, and where each colour starts."""

    vertices: Ints
    parameters: dict[str, Floats]
    starts: list[int] = field(default_factory=list[int])

    def sorted_by_color(self) -> Blocks:
        """The same constraints, ordered so that no two of one colour share a vertex."""
        order, starts = color_order(self.vertices)
        parameters = {k: v[order] for k, v in self.parameters.items()}
        return Blocks(self.vertices[order], parameters, starts)


@dataclass
class Part:
    """One element's share of the particle system."""

    name: str
    position: Floats
    rest: Floats
    velocity: Floats
    mass: Floats
    weight: Floats
    """Share of gravity that acts: 1 less buoyancy."""
    radius: float
    pair_radius: Floats
    friction: float
    self_collision: bool
    pinned: tuple[int, ...]
    faces: Ints
    closed: bool
    spacing: float
    """Mean edge [m]."""
    wave_speed: float
    """Of the stiffest deformation one edge long: membrane, bending or compression [m/s]."""
    blocks: dict[str, Blocks]
    tetrahedra: Ints | None = None
    gas_amount: float | None = None
    """Absolute pressure times volume [J]."""


def air_density(ambient: Ambient) -> float:
    """Density of the surrounding air, ideal gas [kg/m^3]."""
    return ambient.pressure * AIR_MOLAR_MASS / (GAS_CONSTANT * ambient.temperature)


def loss_factor(material: Material) -> float:
    """tan(delta) of internal friction from the restitution e, at most 0.3.

    An oscillator of damping ratio z keeps e = exp(-pi z) of its speed over half a cycle, tan(delta) = 2 z.
    Half of the loss is left to the vibrations that the mesh itself resolves: tan(delta) = -ln(e) / pi.
    """
    if material.restitution is None:
        return DEFAULT_LOSS
    return min(0.3, max(0.01, -math.log(max(material.restitution, 0.01)) / math.pi))


def build_part(element: Deformable, scene: Scene) -> Part:
    """The particle system of one element; raises SimgenError for unusable input."""
    match element:
        case Cloth():
            return _cloth(element)
        case SoftBody():
            return _soft_body(element)
        case Inflatable():
            return _inflatable(element, scene.ambient)


def _shear_modulus(material: Material, stretch: float) -> float:
    """In-plane shear stiffness [N/m]: the material's own, else that of an isotropic sheet."""
    if material.shear_stiffness is not None:
        return material.shear_stiffness
    return stretch / (2.0 * (1.0 + _sheet_poisson(material)))


def _sheet_poisson(material: Material) -> float:
    return material.poissons_ratio if material.poissons_ratio is not None else 0.3


def _sheet_wave(material: Material, spacing: float) -> float:
    """Wave speed [m/s]: sqrt(K / rho_A), or 4 sqrt(B / rho_A) / edge, a hinge's, if faster."""
    stretch, bending, areal = material.require(
        "stretch_stiffness", "bending_stiffness", "areal_density"
    )
    return math.sqrt(max(stretch, 16.0 * bending / spacing**2) / areal)


def _sheet_blocks(
    material: Material, rest: Floats, faces: Ints, scale: float, size: float
) -> dict[str, Blocks]:
    """Membrane and bending of a sheet whose rest shape is `rest` times `scale`."""
    stretch, bending, areal = material.require(
        "stretch_stiffness", "bending_stiffness", "areal_density"
    )
    unstressed = rest * scale
    areas = triangle_areas(unstressed, faces)
    wave = math.sqrt(stretch / areal)
    damping = loss_factor(material) * size / (math.pi * wave)
    shear = _shear_modulus(material, stretch)
    compliance = np.stack(
        [
            1.0 / (stretch * areas),
            _sheet_poisson(material) / (stretch * areas),
            1 / (shear * areas),
        ],
        -1,
    )
    blocks = {
        "triangles": Blocks(
            faces,
            {
                "inverse_rest": membrane_frames(unstressed, faces),
                "compliance": compliance,
            },
        ),
        "dashpots": _dashpots(faces, areas, unstressed, 3.0 * stretch * damping),
    }
    hinges = interior_edges(faces)
    if len(hinges) and bending > 0.0:
        stencil, target, area = hinge_stencils(unstressed, hinges)
        blocks["hinges"] = Blocks(
            hinges,
            {
                "stencil": stencil,
                "rest": target,
                "compliance": area / bending,
                "damping": np.full(len(hinges), damping),
            },
        )
    return blocks


def _lumped(count: int, cells: Ints, masses: Floats) -> Floats:
    """Vertex masses: every cell's mass in equal shares to its corners."""
    share = np.repeat(masses / cells.shape[1], cells.shape[1])
    return np.bincount(cells.ravel(), weights=share, minlength=count)


def _cloth(cloth: Cloth) -> Part:
    vertices, faces = check.sheet(cloth.name, cloth.vertices, cloth.faces)
    rest = vertices
    if cloth.rest_vertices is not None:
        rest, _ = check.sheet(cloth.name, cloth.rest_vertices, cloth.faces)
        if rest.shape != vertices.shape:
            raise SimgenError(
                f"cloth {cloth.name!r}: rest_vertices {rest.shape} and vertices {vertices.shape} differ"
            )
    pinned = check.pins(cloth.name, cloth.pinned, len(vertices))
    areal, stretch, friction = cloth.material.require(
        "areal_density", "stretch_stiffness", "friction"
    )
    edges = unique_edges(faces)
    spacing = float(np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1).mean())
    size = float(np.linalg.norm(np.ptp(rest, axis=0)))
    thickness = cloth.material.thickness or 0.0
    return Part(
        name=cloth.name,
        position=vertices,
        rest=rest,
        velocity=np.tile(np.asarray(cloth.velocity, float), (len(vertices), 1)),
        mass=_lumped(len(vertices), faces, areal * triangle_areas(rest, faces)),
        weight=np.ones(len(vertices)),
        radius=max(thickness / 2, CLOTH_OFFSET * spacing),
        pair_radius=np.full(len(vertices), max(thickness / 2, PAIR_OFFSET * spacing)),
        friction=friction,
        self_collision=cloth.self_collision,
        pinned=pinned,
        faces=faces,
        closed=False,
        spacing=spacing,
        wave_speed=_sheet_wave(cloth.material, spacing),
        blocks=_sheet_blocks(cloth.material, rest, faces, 1.0, size),
    )


def _spinning(points: Floats, mass: Floats, velocity: Any, spin: Any) -> Floats:
    """v + w x r about the centre of mass."""
    center = mass @ points / mass.sum()
    return np.asarray(velocity, float) + np.cross(np.asarray(spin, float), points - center)


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
    mass = _lumped(len(vertices), tets, density * volumes)
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
        velocity=_spinning(vertices, mass, body.velocity, body.angular_velocity),
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
                    "inverse_rest": np.linalg.inv(frame),
                    "volume": volumes,
                    # Smith et al. 2018, eq. 16: the energy's lambda is the first Lame constant + mu.
                    "lame": np.tile([shear, first_lame + shear], (len(tets), 1)),
                },
            ),
            "dashpots": _dashpots(tets, volumes, vertices, 5.0 * young * damping),
        },
        tetrahedra=tets,
    )


def _dashpots(cells: Ints, sizes: Floats, rest: Floats, viscosity: float) -> Blocks:
    """Dashpots c = f eta V_e / L^2 [N s/m] on edges that damp shear like a Kelvin-Voigt matter.

    `viscosity` is f eta, eta = E beta [Pa s] (K beta [N s/m] for sheets); V_e the share of an edge in
    the sizes of its cells. Edges of random direction dissipate f <(n e n)^2> eta per size at strain rate
    e: 2/15 |e|^2 in a solid, 1/4 |e|^2 in a sheet; the matter 2 G/E eta |e|^2, so f = 5 and 3.
    """
    edges = unique_edges(cells)
    count, corners = len(rest), cells.shape[1]
    code = edges[:, 0].astype(np.int64) * count + edges[:, 1]
    share = np.zeros(len(edges))
    for a in range(corners):
        for b in range(a):
            pair = np.sort(cells[:, [a, b]], axis=1).astype(np.int64)
            place = np.searchsorted(code, pair[:, 0] * count + pair[:, 1])
            np.add.at(share, place, sizes / (corners * (corners - 1) / 2))
    lengths = np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1)
    return Blocks(edges, {"dashpot": viscosity * share / lengths**2})


def membrane_prestrain(
    pressure: float, volume: float, area: float, stretch: float, poisson: float
) -> float:
    """Uniform strain at which the membrane holds the gas: dE/ds = 3 p V under uniform growth.

    2 K / (1 - nu) A e / (1 + e) = 3 p V; for a sphere the law of Laplace, tension = p r / 2.
    """
    x = 3.0 * pressure * volume * (1.0 - poisson) / (2.0 * stretch * area)
    if not x < 0.5:
        raise SimgenError(
            f"a membrane of stretch stiffness {stretch:.3g} N/m would double in size or burst under "
            f"{pressure:.3g} Pa; lower the pressure or take a stiffer material"
        )
    return x / (1.0 - x)


def _inflatable(ball: Inflatable, ambient: Ambient) -> Part:
    vertices, faces = check.sheet(ball.name, ball.vertices, ball.faces)
    volume = check.enclosed(ball.name, vertices, faces)
    pinned = check.pins(ball.name, ball.pinned, len(vertices))
    areal, stretch, friction = ball.material.require(
        "areal_density", "stretch_stiffness", "friction"
    )
    if ambient.pressure + ball.pressure <= 0:
        raise SimgenError(
            f"inflatable {ball.name!r}: gauge pressure {ball.pressure} Pa is below vacuum"
        )
    areas = triangle_areas(vertices, faces)
    poisson = _sheet_poisson(ball.material)
    strain = membrane_prestrain(
        max(ball.pressure, 0.0), volume, float(areas.sum()), stretch, poisson
    )
    edges = unique_edges(faces)
    spacing = float(np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1).mean())
    size = float(np.ptp(vertices, axis=0).max())
    air = air_density(ambient)
    gas = air_density(replace(ambient, pressure=ambient.pressure + ball.pressure)) * volume
    share = _lumped(len(vertices), faces, areas / areas.sum())
    film = _lumped(len(vertices), faces, areal * areas / (1 + strain) ** 2)
    # The gas inside moves along; air displaced outside adds half its mass (sphere, Lamb 1932) and lifts.
    mass = film + share * (gas + 0.5 * air * volume)
    weight = (film + share * (gas - air * volume)) / mass
    return Part(
        name=ball.name,
        position=vertices,
        rest=vertices,
        velocity=_spinning(vertices, mass, ball.velocity, ball.angular_velocity),
        mass=mass,
        weight=weight,
        radius=0.5 * (ball.material.thickness or 0.0),
        pair_radius=np.full(len(vertices), PAIR_OFFSET * spacing),
        friction=friction,
        self_collision=False,
        pinned=pinned,
        faces=faces,
        closed=True,
        spacing=spacing,
        wave_speed=_sheet_wave(ball.material, spacing),
        blocks=_sheet_blocks(ball.material, vertices, faces, 1.0 / (1.0 + strain), size),
        gas_amount=(ambient.pressure + ball.pressure) * volume,
    )


def hold_pressure(part: Part, pressure: float, dt: float) -> None:
    """Shrink the rest membrane until it holds the gauge pressure [Pa] as the steps of `dt` solve it.

    One sweep per step adds J W J^T dt^2 to the compliance; with it the ball stays as placed, without it
    a stiff film under long steps would swell at the start. e (1 + e) sum 1^T (alpha + J W J^T dt^2)^-1 1
    = 3 p V for the uniform strain e.
    """
    if pressure <= 0:
        return
    block = part.blocks["triangles"]
    mobility = 1.0 / part.mass[block.vertices]
    volume = float(enclosed_volumes(part.position, part.faces))
    x = part.position[block.vertices]
    sides = np.stack([x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]], -1)
    for _ in range(8):
        frame = block.parameters["inverse_rest"]
        strain = float(np.mean(np.linalg.norm(sides @ frame, axis=1))) - 1.0
        along = (sides @ frame) / np.linalg.norm(sides @ frame, axis=1, keepdims=True)
        rows = np.concatenate([-frame.sum(axis=1, keepdims=True), frame], axis=1)
        gradient = rows[:, :, :, None] * np.swapaxes(along, 1, 2)[:, None]
        response = np.einsum("tiax,tibx,ti->tab", gradient, gradient, mobility) * dt * dt
        own, cross = block.parameters["compliance"][:, 0], block.parameters["compliance"][:, 1]
        response += own[:, None, None] * np.eye(2) - cross[:, None, None] * (1.0 - np.eye(2))
        stiffness = float(np.linalg.inv(response).sum())
        wanted = 3.0 * pressure * volume / (stiffness * (1.0 + strain))
        block.parameters["inverse_rest"] = frame * ((1.0 + wanted) / (1.0 + strain))


def implicit_response(part: Part, dt: float) -> None:
    """Response (M / dt^2 + mu V G G^T)^-1 [m/N] of the corners of each tetrahedron to a force.

    G (4, 3) are the gradients of its shape functions; a pinned corner does not respond.
    """
    block = part.blocks["tetrahedra"]
    inner = block.parameters["inverse_rest"]
    gradient = np.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1)
    stiffness = block.parameters["lame"][:, 0] * block.parameters["volume"]
    held = np.isin(np.arange(len(part.mass)), part.pinned)
    mobility = (np.where(held, 0.0, dt * dt / part.mass))[block.vertices]
    coupled = stiffness[:, None, None] * gradient @ np.swapaxes(gradient, 1, 2)
    matrix = np.eye(4) + mobility[:, :, None] * coupled
    block.parameters["response"] = np.linalg.solve(matrix, mobility[:, :, None] * np.eye(4))


def merged(parts: list[Part], kind: str) -> Blocks | None:
    """All constraints of one kind over all parts, indices shifted, sorted by colour."""
    offsets = np.cumsum([0] + [len(p.position) for p in parts])
    found = [
        (p.blocks[kind], o) for p, o in zip(parts, offsets[:-1], strict=True) if kind in p.blocks
    ]
    if not found:
        return None
    vertices = np.concatenate([b.vertices + o for b, o in found]).astype(np.int32)
    names = found[0][0].parameters
    parameters = {n: np.concatenate([b.parameters[n] for b, _ in found]) for n in names}
    return Blocks(vertices, parameters).sorted_by_color()


def rest_lengths(part: Part) -> tuple[Ints, Array]:
    """Edges (E, 2) of a part and their lengths when placed or at rest [m]."""
    edges = unique_edges(part.faces if part.tetrahedra is None else part.tetrahedra)
    return edges, np.linalg.norm(part.rest[edges[:, 0]] - part.rest[edges[:, 1]], axis=1)
