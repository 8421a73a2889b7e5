"""The gas element: air that carries smoke, heat, fuel and water. SI units, world frame, z up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.element import Element, Keyframes, Vector
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.matter import Domain

WATER_DENSITY = 998.2
"""Of liquid water at 20 C [kg/m^3] (CRC Handbook of Chemistry and Physics)."""
LATENT_HEAT = 2.45e6
"""Of water at 20 C [J/kg] (CRC Handbook)."""
SMOULDER = 420.0
"""Temperature of the smoke that an extinguished wick or match gives [K]."""

HEAT_CAPACITY = 1007.0
"""Of air [J/(kg K)] (Incropera, Fundamentals of Heat and Mass Transfer, table A.4: 300 K)."""
HEAT_GROWTH = 2.15e-4
"""[1/K] growth of the mean heat capacity of burnt gas with temperature, dissociation included: fits
the adiabatic flame of methane in air, 2226 K (Glassman & Yetter, Combustion, 4th ed., app. I)."""


def excess_of(enthalpy: float) -> float:
    """Excess temperature [K] of an enthalpy above air, which is counted in kelvins of air:
    h = H / HEAT_CAPACITY = dT (1 + HEAT_GROWTH dT)."""
    if enthalpy <= 0.0:
        return enthalpy
    return (math.sqrt(1 + 4 * HEAT_GROWTH * enthalpy) - 1) / (2 * HEAT_GROWTH)


def enthalpy_of(excess: float) -> float:
    """Inverse of `excess_of`."""
    return excess * (1 + HEAT_GROWTH * excess) if excess > 0 else excess


def saturation(temperature: float, pressure: float) -> float:
    """Specific humidity of air saturated over water: Tetens' vapour pressure (1930); [K], [Pa]."""
    e = 610.78 * math.exp(17.27 * (temperature - 273.15) / max(temperature - 35.86, 1.0))
    e = min(e, 0.9 * pressure)
    return 0.622 * e / (pressure - 0.378 * e)


@dataclass(frozen=True, kw_only=True)
class Fuel:
    """What burns in a gas: as fast as it mixes with air (Burke & Schumann 1928)."""

    heat: float
    """Net heat of combustion [J/kg]."""
    air: float
    """Air that burns one part of fuel, by mass."""
    radiant: float = 0.0
    """Share of the heat that the flame radiates away."""
    soot: float = 0.0
    """Absorption coefficient of glowing soot where it is densest [1/m]."""
    blue: float = 0.0
    """Radiance of the thin blue sheet where fuel meets air, relative to soot at 1850 K."""
    smoke: float = 0.0
    """Smoke concentration that one kilogram of burnt fuel leaves in one cubic metre."""

    def __post_init__(self) -> None:
        if not (self.heat > 0 and self.air > 0 and 0 <= self.radiant < 1):
            raise SimgenError(f"{self}: needs heat > 0, air > 0 and 0 <= radiant < 1")

    @property
    def stoichiometric(self) -> float:
        """Mixture fraction at which fuel and oxygen use each other up."""
        return 1.0 / (1.0 + self.air)

    @property
    def flame_enthalpy(self) -> float:
        """Of the stoichiometric flame above air, radiation taken off [K of air]."""
        return self.heat * (1.0 - self.radiant) * self.stoichiometric / HEAT_CAPACITY

    def flame_temperature(self, air: float, fuel: float | None = None) -> float:
        """Hottest that it burns in air of this temperature [K]; `fuel` is that of the fuel gas,
        None as the air."""
        warm = 0.0 if fuel is None else self.stoichiometric * enthalpy_of(fuel - air)
        return air + excess_of(self.flame_enthalpy + warm)


def _between(time: float, times: Array, values: Array) -> Vector:
    """Row of `values` (K, 3) at `time`, linear between `times`, held outside."""
    table = np.asarray(values, float)
    x, y, z = (float(np.interp(time, times, table[:, k])) for k in range(3))
    return (x, y, z)


@dataclass(frozen=True, eq=False, kw_only=True)
class Draught:
    """Wind over time: `velocities` (K, 3) [m/s] at `times` (K,) [s], linear between, held
    outside."""

    times: Array
    velocities: Array

    def __post_init__(self) -> None:
        count = len(self.times)
        if count < 1 or np.any(np.diff(self.times) <= 0) or np.shape(self.velocities) != (count, 3):
            raise SimgenError("draught: give increasing times (K,) and velocities (K, 3)")

    def at(self, time: float) -> Vector:
        """[m/s] at `time` [s]."""
        return _between(time, self.times, self.velocities)


@dataclass(frozen=True, eq=False, kw_only=True)
class GasSource:
    """A ball or a flat disc that feeds smoke, heat, fuel or water into a gas."""

    position: Vector
    radius: float
    temperature: float
    """[K] held inside; of the fuel where `power` is given."""
    smoke: float = 1.0
    """Smoke concentration held inside [kg/m^3 of soot, relative]."""
    velocity: Vector = (0.0, 0.0, 0.0)
    """Gas velocity held inside [m/s]; zero leaves the gas free to rise by itself."""
    thickness: float | None = None
    """Of an upright disc [m]; None makes it a ball."""
    power: float = 0.0
    """Heat that the fuel released inside can give [W]; nothing but `velocity` is held then."""
    humidity: float | None = None
    """Relative humidity held inside; None: as much water as the air has."""
    droplets: float = 0.0
    """Droplets held inside besides, by mass of gas."""
    active: tuple[float, float] = (-math.inf, math.inf)
    """From when to when it feeds [s]."""
    path: Keyframes | None = None
    """Where its centre moves; None: it stays at `position`."""
    extinction_strain: float = math.inf
    """Rate 2 V / radius [1/s] of a cross wind V that puts the flame out for good; about 375 for
    methane and other paraffins (Tsuji, Prog. Energy Combust. Sci. 8 (1982) 93)."""
    smoulder: float = 0.0
    """Smoke concentration held inside after the flame went out."""

    def __post_init__(self) -> None:
        if not (self.radius > 0 and self.temperature > 0 and self.power >= 0):
            raise SimgenError(f"gas source at {self.position}: radius, temperature > 0, power >= 0")

    def center(self, time: float) -> Vector:
        """World [m] at `time` [s]."""
        if self.path is None:
            return self.position
        return _between(time, self.path.times, self.path.positions)


@dataclass(frozen=True, eq=False, kw_only=True)
class Gas(Element):
    """A buoyant gas on a grid, carrying smoke and heat; solids in the scene block it.

    With `fuel` it burns and expands (density from temperature); with `humidity` water condenses in
    it where saturated and evaporates again; otherwise it is air of nearly constant density.
    """

    domain: Domain
    cell: float
    """Edge of a cubic cell [m]."""
    sources: tuple[GasSource, ...]
    color: Vector = (0.9, 0.9, 0.9)
    """sRGB albedo of the smoke."""
    absorption: float = 20.0
    """Extinction at smoke concentration 1 [1/m]."""
    cooling: float = 0.3
    """Rate of heat loss to the surroundings [1/s]."""
    smoke_weight: float = 0.0
    """Excess of density over air at smoke concentration 1, relative; heavy fog sinks."""
    turbulence: float = 0.0
    """Random flicker of the gas inside sources, relative to its speed (0 keeps it laminar)."""
    seed: int = 0
    """Of the flicker."""
    open_sides: bool = True
    """Gas and air pass the four sides of the domain freely (`domain.open_top` rules the top)."""
    start_time: float = 0.0
    """How long the gas has been flowing at frame 0 [s]; bodies stand still before frame 0."""
    fuel: Fuel | None = None
    """What sources with `power` release."""
    humidity: float | None = None
    """Relative humidity of the air; None: water is left out."""
    droplet_radius: float = 5e-6
    """Of the fog [m]: 1-10 micrometres over hot drinks."""
    viscosity: float = 0.0
    """Kinematic, at air temperature [m^2/s]; 0 leaves it to the grid. Grows as T^1.7 in flames."""
    diffusivity: float = 0.0
    """Of heat, fuel and water at air temperature [m^2/s]; 0 leaves it to the grid."""
    draught: Draught | None = None
    """Wind that blows in through the sides; None: the scene's wind."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fuel is not None and self.humidity is not None:
            raise SimgenError(f"gas {self.name!r}: fuel and humidity do not go together; leave one")
        if self.fuel is None and any(s.power > 0 for s in self.sources):
            raise SimgenError(f"gas {self.name!r}: sources with power need a fuel; give `fuel`")
        if self.fuel is not None and not (self.domain.open_top or self.open_sides):
            raise SimgenError(f"gas {self.name!r}: a flame expands; open the domain's top or sides")

    @property
    def extinction(self) -> float:
        """At smoke concentration 1 [1/m]; of droplets at 1 kg/m^3, 3 / (2 rho r) (van de Hulst,
        Light Scattering by Small Particles, 1957: extinction efficiency 2)."""
        if self.humidity is None:
            return self.absorption
        return 1.5 / (WATER_DENSITY * self.droplet_radius)

    @property
    def asymmetry(self) -> float:
        """Mean cosine of scattering: of droplets in visible light (Hansen & Travis, Space Sci. Rev.
        16 (1974) 527), of smoke (Reid et al., Atmos. Chem. Phys. 5 (2005) 827)."""
        return 0.6 if self.humidity is None else 0.85

    def temperature_range(self, air: float) -> tuple[float, float]:
        """Lowest and highest temperature [K] that sources, mixing, condensation and flames can give
        in surroundings of `air` [K]."""
        held = [air, *(s.temperature for s in self.sources if s.power == 0.0)]
        if any(s.smoulder > 0.0 for s in self.sources):
            held.append(SMOULDER)
        low, high = min(held), max(held)
        if self.humidity is not None:  # droplets take up heat where they evaporate
            wettest = max((s.droplets for s in self.sources), default=0.0)
            low -= LATENT_HEAT / HEAT_CAPACITY * wettest
        fed = [s.temperature for s in self.sources if s.power > 0.0]
        if self.fuel is not None and fed:
            low, high = min(low, *fed), self.fuel.flame_temperature(high, max(fed))
        return low, high

    def wind(self, time: float, ambient: Vector) -> Vector:
        """What blows in through the sides [m/s] at `time` [s]."""
        return ambient if self.draught is None else self.draught.at(time)
