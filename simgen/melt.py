"""Matter that melts, flows and freezes: the element, and how its temperature follows from heat."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from simgen.element import Element, Vector
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.material import Look, Material
from simgen.matter import Domain


@dataclass(frozen=True, eq=False, kw_only=True)
class Melt(Element):
    """Matter of particles that melts and flows: rigid pieces where solid, a liquid where molten.

    Below `melting_temperature - melting_range` of `material` all is solid, above
    `melting_temperature` all is liquid; between, the molten share grows with the heat taken up, and
    matter is rigid until half of it is molten. It keeps the density of the solid.
    """

    positions: Array
    """(N, 3) initial particle centres [m]."""
    spacing: float
    """Initial particle distance [m]; a particle stands for spacing^3 of volume."""
    material: Material
    """Solid: density, heat constants, melting temperature, latent heat."""
    molten: Material
    """Liquid: viscosity, surface tension, heat constants."""
    domain: Domain
    temperature: float | Array
    """At the start [K], of all particles or (N,) of each."""
    look: Look = field(default_factory=Look)
    molten_look: Look | None = None
    """Where more than half is molten; None: as the solid."""
    velocity: Vector = (0.0, 0.0, 0.0)
    angular_velocity: Vector = (0.0, 0.0, 0.0)
    """About the centre of all particles [rad/s]."""
    contact_conductance: float = 3000.0
    """To a thermal body it lies on [W/(m^2 K)]; a pair takes the harmonic mean. A liquid film of
    thickness d and conductivity k has k / d."""
    contact_angle: float = 1.2
    """Of the molten matter on bodies [rad]; 0 wets fully."""

    def __post_init__(self) -> None:
        super().__post_init__()
        temperature = np.asarray(self.temperature, float)
        if temperature.ndim and len(temperature) != len(self.positions):
            raise SimgenError(
                f"melt {self.name!r}: {len(temperature)} temperatures for {len(self.positions)} "
                f"particles; give one number or one of each"
            )
        if temperature.min() <= 0:
            raise SimgenError(f"melt {self.name!r}: temperatures are kelvin, above 0")

    @property
    def start_velocities(self) -> Array:
        """(N, 3) of the particles at t = 0 [m/s]."""
        arm = np.asarray(self.positions, float)
        turn = np.cross(np.asarray(self.angular_velocity, float), arm - arm.mean(axis=0))
        return np.asarray(self.velocity, float) + turn

    @property
    def curve(self) -> MeltingCurve:
        """Heat against temperature."""
        c, melting, latent = self.material.require(
            "specific_heat", "melting_temperature", "latent_heat"
        )
        (liquid,) = self.molten.require("specific_heat")
        width = self.material.melting_range or 0.0
        return MeltingCurve(melting - width, width, latent, c, liquid)


@dataclass(frozen=True)
class MeltingCurve:
    """Heat per mass h [J/kg] of a substance, 0 where melting begins: solid below, molten above."""

    solidus: float
    """Temperature at which melting begins [K]."""
    width: float
    """It ends this much higher [K]; 0 for a pure substance."""
    latent: float
    """[J/kg]."""
    solid_heat: float
    """Specific heat of the solid [J/(kg K)]."""
    liquid_heat: float
    """Of the liquid."""

    @property
    def whole(self) -> float:
        """Heat from the first to the last of melting [J/kg]."""
        return self.latent + (self.solid_heat + self.liquid_heat) / 2 * self.width

    def temperature(self, heat: Array) -> Array:
        """[K] at `heat` [J/kg]."""
        h = np.asarray(heat, float)
        return np.where(
            h < 0,
            self.solidus + h / self.solid_heat,
            np.where(
                h < self.whole,
                self.solidus + self.width * h / self.whole,
                self.solidus + self.width + (h - self.whole) / self.liquid_heat,
            ),
        )

    def molten(self, heat: Array) -> Array:
        """Molten share at `heat` [J/kg]."""
        return np.clip(np.asarray(heat, float) / self.whole, 0.0, 1.0)

    def heat(self, temperature: Array | float) -> Array:
        """[J/kg] at a temperature [K]; at the melting point of a pure substance: still solid."""
        t = np.asarray(temperature, float) - self.solidus
        inside = self.whole * t / self.width if self.width > 0 else np.zeros_like(t)
        return np.where(
            t <= 0,
            self.solid_heat * t,
            np.where(t < self.width, inside, self.whole + self.liquid_heat * (t - self.width)),
        )


def molten_viscosity(element: Melt, temperature: Array | float) -> Array:
    """Viscosity [Pa s] of the molten matter: Andrade's law mu exp(B / T - B / T_m) from the
    material's viscosity at its melting temperature (Andrade, Nature 125, 1930)."""
    (mu,) = element.molten.require("viscosity")
    (melting,) = element.material.require("melting_temperature")
    slope = element.molten.viscosity_slope or 0.0
    t = np.asarray(temperature, float)
    return mu * np.exp(np.minimum(slope * (1.0 / t - 1.0 / melting), math.log(10.0)))
