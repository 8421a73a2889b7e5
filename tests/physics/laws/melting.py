"""Matter that melts, flows and turns: Clausius, Huppert, Euler. Levels are particles across it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from law import Measured, law, simulate

from laws.heat import PERFECT, stuff
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import Material
from simgen.particles import cylinder, fill
from simgen.scene import Ambient, Clock, Domain, Melt, RigidBody, Scene, Shape, ThermalBody


def plate(temperature: float) -> ThermalBody:
    """A held plate whose face is z = 0."""
    shape = Shape(geometry=Box((0.2, 0.2, 0.01)), material=stuff())
    body = RigidBody(name="plate", shapes=(shape,), position=(0, 0, -0.005), motion="static")
    return ThermalBody(
        name="plate",
        body=body,
        temperature=temperature,
        held=True,
        cell=0.02,
        contact_conductance=PERFECT,
    )


def matter(viscosity: float, **more: float) -> tuple[Material, Material]:
    """A solid and its melt."""
    named: dict[str, Any] = {
        "density": 1000.0,
        "specific_heat": 2000.0,
        "thermal_conductivity": 0.3,
        "melting_temperature": 320.0,
        "latent_heat": 50_000.0,
        **more,
    }
    solid = Material(name="test/solid", friction=0.3, emissivity=0.0, **named)
    melt = Material(
        name="test/melt",
        density=1000.0,
        specific_heat=2000.0,
        thermal_conductivity=0.3,
        viscosity=viscosity,
    )
    return solid, melt


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Matter that melts keeps its heat: content follows what enters and leaves",
    source="First law of thermodynamics (Clausius 1850)",
    axes=("time [s]", "heat content [J]"),
    level_name="particles across",
    levels=(5, 6, 7),
    default=0,
    bound=1e-6,
    exact=1e-6,
)
def melt_balance(engine: str, across: float) -> Measured:
    """The exchange of pairs is antisymmetric and the state is heat: exact up to rounding."""
    edge = 0.01
    spacing = edge / across
    solid, melt = matter(0.05)
    points = fill((-edge / 2, -edge / 2, 0), (edge / 2, edge / 2, edge), spacing, Key(1))
    piece = Melt(
        name="piece",
        positions=points,
        spacing=spacing,
        material=solid,
        molten=melt,
        domain=Domain(lower=(-0.02, -0.02, 0), upper=(0.02, 0.02, 0.015)),
        temperature=310.0,
    )
    scene = Scene(
        elements=(piece, plate(450.0)),
        clock=Clock(frames=9, fps=12.0),
        ambient=Ambient(temperature=290.0, convection=40.0),
    )
    s = simulate(engine, scene).particles["piece"]
    assert s.heat is not None
    assert s.flow_in is not None
    assert s.flow_out is not None
    gained = s.flow_in - s.flow_out
    return Measured(x=scene.clock.times, measured=s.heat - s.heat[0], expected=gained)


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A molten drop spreads as t^(1/8)",
    source="Huppert, J. Fluid Mech. 121 (1982), eq. 2.27: r = 0.894 (g V^3 / (3 nu))^(1/8) t^(1/8)",
    axes=("time [s]", "radius of the edge [m]"),
    level_name="particles across the radius",
    levels=(6, 7, 9),
    default=0,
    bound=0.08,
    exact=0.06,
)
def viscous_spreading(engine: str, across: float) -> Measured:
    """Similarity holds once the drop is flat. Its edge is measured by the second moment, r^2 =
    4 <r^2> of Huppert's profile (1 - x^2)^(1/3): <x^2> = 3/7. A film of one or two particles
    feels the wall a spacing off. The law holds only long after the start from a cylinder: some per
    cent are its own."""
    radius, height, nu = 0.012, 0.008, 5e-4
    spacing = radius / across
    solid, melt = matter(nu * 1000.0)
    points = fill(
        (-radius, -radius, 0),
        (radius, radius, round(height / spacing) * spacing),
        spacing,
        Key(1),
        inside=cylinder((0, 0, 0), radius),
        jitter=0.2,
    )
    drop = Melt(
        name="drop",
        positions=points,
        spacing=spacing,
        material=solid,
        molten=melt,
        domain=Domain(lower=(-0.05, -0.05, 0), upper=(0.05, 0.05, 0.012)),
        temperature=330.0,
    )
    scene = Scene(
        elements=(drop, plate(330.0)),
        clock=Clock(frames=25, fps=16.0),
        ambient=Ambient(temperature=330.0, convection=0.0),
    )
    x = simulate(engine, scene).particles["drop"].position.astype(float)
    t = scene.clock.times[8:]
    second = (x[8:, :, 0] ** 2 + x[8:, :, 1] ** 2).mean(1)
    volume = len(points) * spacing**3
    exact = 0.894 * (9.81 * volume**3 / (3 * nu)) ** 0.125 * t**0.125
    return Measured(x=t, measured=np.sqrt(second * 7 / 3), expected=exact)


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A spinning disc that melts keeps its spin: what leaves takes its own momentum along",
    source="Conservation of angular momentum (Euler 1775)",
    axes=("molten share", "spin of the solid [rad/s]"),
    level_name="particles across the radius",
    levels=(5, 6, 8),
    default=1,
    bound=0.01,
    exact=0.01,
)
def melting_spin(engine: str, across: float) -> Measured:
    """Weightless in warm air; surface tension holds the melt to the disc."""
    radius, spin = 0.01, 10.0
    spacing = radius / across
    solid, melt = matter(0.05, latent_heat=2000.0)
    melt = replace(melt, surface_tension=0.03)
    half = 0.4 * radius
    points = fill(
        (-radius, -radius, -half),
        (radius, radius, half),
        spacing,
        Key(1),
        inside=cylinder((0.0, 0.0, 0.0), radius),
    )
    disc = Melt(
        name="disc",
        positions=points,
        spacing=spacing,
        material=solid,
        molten=melt,
        domain=Domain(lower=(-0.2, -0.03, -0.02), upper=(0.03, 0.03, 0.02)),
        temperature=319.0,
        angular_velocity=(0.0, 0.0, spin),
    )
    scene = Scene(
        elements=(disc,),
        clock=Clock(frames=13, fps=24.0),
        gravity=(0.0, 0.0, 0.0),
        ambient=Ambient(temperature=420.0, convection=100.0),
    )
    states = simulate(engine, scene).particles["disc"]
    assert states.molten is not None
    rates: list[float] = []
    for x, v, molten in zip(states.position, states.velocity, states.molten, strict=True):
        own = molten < 0.5
        arm, motion = x[own].astype(float), v[own].astype(float)
        arm -= arm.mean(0)
        moment = arm[:, 0] * motion[:, 1] - arm[:, 1] * motion[:, 0]
        rates.append(float(moment.sum() / (arm[:, :2] ** 2).sum()))
    return Measured(
        x=(states.molten >= 0.5).mean(1),
        measured=np.array(rates),
        expected=np.full(len(rates), spin),
    )
