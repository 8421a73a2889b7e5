"""Cloths and inflatables as particle systems: membrane, bending, gas."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simgen.engines.warp_solvers import xpbd_input as check
from simgen.engines.warp_solvers.xpbd_mesh import (
    edge_lengths,
    hinge_stencils,
    interior_edges,
    membrane_frames,
    triangle_areas,
    unfolded,
)
from simgen.engines.warp_solvers.xpbd_part import (
    PAIR_OFFSET,
    Blocks,
    Floats,
    Ints,
    Part,
    air_density,
    dashpots,
    loss_factor,
    lumped,
    spinning,
)
from simgen.errors import SimgenError
from simgen.lattice import unique_edges
from simgen.material import Material
from simgen.scene import Ambient, Cloth, Inflatable

CLOTH_OFFSET = 0.2
"""Vertices of a sheet keep this share of an edge from obstacles, so that edges do not cut
corners."""
CLOTH_PAIR = 0.38
"""Radius of a sheet's vertices against each other, in mean edges. In a square lattice (mean edge
1.14 sides) an edge and a diagonal that cross at their middles have ends at 0.87 sides, closer than
two radii, so layers do not pass; and shear jams at 39 degrees, where weaves lock (40-55 degrees,
Cao et al. 2008, Composites A 39, 1037)."""
RELIEF = 0.6
"""Share of J W J^T dt^2 taken off the compliance of a cloth's triangles."""
FILM_RELIEF = 0.4
"""The same for films around gas; with it a sphere strains by Laplace's law to 0.3 % at any step."""
LARGEST_RUBBER_STRETCH = 8.0
"""Latex breaks at 7-8 times its length (Treloar, The Physics of Rubber Elasticity, fig. 5.4)."""
RUBBER_PEAK = 7.0 ** (1.0 / 6.0)
"""Stretch at which a neo-Hookean balloon bears most pressure."""


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


def _bending_wave(material: Material, spacing: float) -> float:
    """4 sqrt(B / rho_A) / edge: how fast a hinge passes on a bend [m/s]."""
    bending, areal = material.require("bending_stiffness", "areal_density")
    return 4.0 * math.sqrt(bending / areal) / spacing


def _sheet_blocks(
    material: Material,
    rest: Floats,
    faces: Ints,
    scale: float,
    size: float,
    relief: float = 0.0,
    pattern: Floats | None = None,
) -> dict[str, Blocks]:
    """Membrane and bending of a sheet whose rest shape is `rest` times `scale`, or a `pattern` of
    flat triangles (F, 3, 3)."""
    stretch, bending, areal = material.require(
        "stretch_stiffness", "bending_stiffness", "areal_density"
    )
    unstressed = rest * scale
    corners = unstressed[faces] if pattern is None else pattern * scale
    apart = np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3)
    areas = triangle_areas(corners.reshape(-1, 3), apart)
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
                "inverse_rest": membrane_frames(corners.reshape(-1, 3), apart),
                "compliance": compliance,
                "relief": np.full(len(faces), relief),
            },
        ),
        "dashpots": dashpots(faces, areas, edge_lengths(corners, faces), 3.0 * stretch * damping),
    }
    hinges = interior_edges(faces)
    if len(hinges) and bending > 0.0:
        open_flat = unstressed, hinges
        if pattern is not None:
            open_flat = unfolded(corners, faces, hinges)
        stencil, target, area = hinge_stencils(*open_flat)
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


def cloth(cloth: Cloth) -> Part:
    vertices, faces = check.sheet(cloth.name, cloth.vertices, cloth.faces)
    rest = vertices
    if cloth.rest_vertices is not None:
        rest, _ = check.sheet(cloth.name, cloth.rest_vertices, cloth.faces)
        if rest.shape != vertices.shape:
            raise SimgenError(
                f"cloth {cloth.name!r}: rest_vertices {rest.shape} and vertices {vertices.shape} "
                "differ"
            )
    pattern = None
    if cloth.pattern is not None:
        pattern = check.pattern(cloth.name, cloth.pattern, len(faces))
    pinned = check.pins(cloth.name, cloth.pinned, len(vertices))
    areal, friction = cloth.material.require("areal_density", "friction")
    corners = rest[faces] if pattern is None else pattern
    apart = np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3)
    areas = triangle_areas(corners.reshape(-1, 3), apart)
    spacing = float(edge_lengths(corners, faces).mean())
    size = float(np.linalg.norm(np.ptp(rest, axis=0)))
    thickness = cloth.material.thickness or 0.0
    mass = lumped(len(vertices), faces, areal * areas)
    return Part(
        name=cloth.name,
        position=vertices,
        rest=rest,
        velocity=spinning(vertices, mass, cloth.velocity, cloth.angular_velocity),
        mass=mass,
        weight=np.ones(len(vertices)),
        radius=max(thickness / 2, CLOTH_OFFSET * spacing),
        pair_radius=np.full(len(vertices), max(thickness / 2, CLOTH_PAIR * spacing)),
        friction=friction,
        self_collision=cloth.self_collision,
        pinned=pinned,
        faces=faces,
        closed=False,
        spacing=spacing,
        wave_speed=_sheet_wave(cloth.material, spacing),
        bending_speed=_bending_wave(cloth.material, spacing),
        pattern=pattern,
        blocks=_sheet_blocks(cloth.material, rest, faces, 1.0, size, RELIEF, pattern),
    )


def membrane_prestrain(
    pressure: float, volume: float, area: float, stretch: float, poisson: float
) -> float:
    """Uniform strain at which the membrane holds the gas: dE/ds = 3 p V under uniform growth.

    2 K / (1 - nu) A e / (1 + e) = 3 p V; for a sphere the law of Laplace, tension = p r / 2.
    """
    x = 3.0 * pressure * volume * (1.0 - poisson) / (2.0 * stretch * area)
    if not x < 0.5:
        raise SimgenError(
            f"a membrane of stretch stiffness {stretch:.3g} N/m would double in size or burst "
            f"under {pressure:.3g} Pa; lower the pressure or take a stiffer material"
        )
    return x / (1.0 - x)


def inflatable(ball: Inflatable, ambient: Ambient) -> Part:
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
    check.openings(ball, vertices)
    rest = vertices
    if ball.rest_vertices is not None:
        rest, _ = check.sheet(ball.name, ball.rest_vertices, faces)
    areas = triangle_areas(rest, faces)
    strain = 0.0
    if ball.rest_vertices is None:
        strain = _prestrain(ball.material, max(ball.pressure, 0.0), volume, float(areas.sum()))
    edges = unique_edges(faces)
    spacing = float(np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1).mean())
    size = float(np.ptp(rest, axis=0).max())
    air = air_density(ambient)
    gas = air_density(replace(ambient, pressure=ambient.pressure + ball.pressure)) * volume
    share = lumped(len(vertices), faces, areas / areas.sum())
    film = lumped(len(vertices), faces, areal * areas / (1 + strain) ** 2)
    # The gas inside moves along; air displaced outside adds half its mass (sphere, Lamb 1932) and
    # lifts.
    mass = film + share * (gas + 0.5 * air * volume)
    weight = (film + share * (gas - air * volume)) / mass
    scale = 1.0 / (1.0 + strain)
    blocks = _sheet_blocks(ball.material, rest, faces, scale, size, FILM_RELIEF)
    if ball.material.mooney_ratio is not None:
        blocks["rubber"] = _rubber(ball.material, rest * scale, faces)
        del blocks["triangles"]
    if ball.ribs is not None and len(ball.ribs):
        blocks["ribs"] = _ribs(ball, vertices, stretch * spacing)
    return Part(
        name=ball.name,
        position=vertices,
        rest=rest,
        velocity=spinning(vertices, mass, ball.velocity, ball.angular_velocity),
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
        blocks=blocks,
        gas_amount=(ambient.pressure + ball.pressure) * volume,
        film=film,
        share=share,
        valves=ball.valves,
        supply=ball.supply,
        breathing=float(triangle_areas(vertices, faces).sum())
        * math.sqrt((ambient.pressure + ball.pressure) / (mass.sum() * volume)),
        largest_stretch=LARGEST_RUBBER_STRETCH if "rubber" in blocks else 1.6,
    )


def _rubber(material: Material, unstressed: Floats, faces: Ints) -> Blocks:
    """Mooney-Rivlin membrane: C1 + C2 = E / 6, times thickness and triangle area [N m]."""
    (stretch,) = material.require("stretch_stiffness")
    ratio = material.mooney_ratio or 0.0
    first = stretch / 6.0 / (1.0 + ratio) * triangle_areas(unstressed, faces)
    return Blocks(
        faces,
        {
            "inverse_rest": membrane_frames(unstressed, faces),
            "modulus": np.stack([first, ratio * first], -1),
        },
    )


def _ribs(ball: Inflatable, vertices: Floats, stiffness: float) -> Blocks:
    """Strings of the stretch stiffness times width [N] given."""
    ribs = np.asarray(ball.ribs, np.int32).reshape(-1, 2)
    given = len(ribs) if ball.rib_lengths is None else len(ball.rib_lengths)
    if ribs.min() < 0 or ribs.max() >= len(vertices) or given != len(ribs):
        raise SimgenError(
            f"inflatable {ball.name!r}: {len(ribs)} ribs join vertices {ribs.min()}..{ribs.max()} "
            f"with {given} lengths; give vertices in 0..{len(vertices) - 1} and a length for each "
            "rib"
        )
    longest = np.linalg.norm(vertices[ribs[:, 0]] - vertices[ribs[:, 1]], axis=1)
    if ball.rib_lengths is not None:
        longest = np.asarray(ball.rib_lengths, float)
    return Blocks(ribs, {"longest": longest, "compliance": longest / stiffness})


def balloon_pressure(material: Material, stretch: float) -> float:
    """Gauge pressure [Pa] times radius when unstressed [m] of a spherical Mooney-Rivlin balloon.

    p r0 = 4 C1 h (l^-1 - l^-7) (1 + C2/C1 l^2), l the stretch (Mueller & Strehlow 2004, eq. 2.18).
    """
    (stiffness,) = material.require("stretch_stiffness")
    ratio = material.mooney_ratio or 0.0
    first = stiffness / 6.0 / (1.0 + ratio)
    return 4.0 * first * (1.0 / stretch - stretch**-7) * (1.0 + ratio * stretch**2)


def _prestrain(material: Material, pressure: float, volume: float, area: float) -> float:
    """Uniform strain at which the membrane, as placed, holds the gas."""
    (stretch,) = material.require("stretch_stiffness")
    if material.mooney_ratio is None:
        return membrane_prestrain(pressure, volume, area, stretch, _sheet_poisson(material))
    # 3 V / A is the radius of a sphere: p r0 = p r / l.
    wanted = pressure * 3.0 * volume / area
    low, high = 1.0, RUBBER_PEAK
    if wanted > balloon_pressure(material, high) * high:
        raise SimgenError(
            f"{material.name}: no rubber membrane of this size holds {pressure:.4g} Pa at less "
            f"than {RUBBER_PEAK:.2f} of its rest length; lower the pressure or give rest_vertices"
        )
    for _ in range(60):
        middle = 0.5 * (low + high)
        held = balloon_pressure(material, middle) * middle
        low, high = (middle, high) if held < wanted else (low, middle)
    return low - 1.0
