"""Flames, fires and plumes. Levels are cells across the burner."""

from __future__ import annotations

import math

import numpy as np
from law import Measured, law

from laws.gas import AIR, G, gas_in, grid, scene_of
from simgen.record import GridStates
from simgen.scene import Fuel, GasSource, Scene

PROPANE = Fuel(heat=46.4e6, air=15.7, radiant=0.3, soot=1.0)
DENSITY = 101_325.0 / (287.05 * AIR)


def heat_flux(states: GridStates, cell: float) -> np.ndarray:
    """(T, z) convective heat through each level [W], density and heat capacity of the hot gas."""
    t = states.temperature.astype(float)
    enthalpy = 1007.0 * (t - AIR) * (1 + 2.15e-4 * (t - AIR))
    flux = DENSITY * AIR / t * enthalpy * states.velocity[..., 2]
    return flux.sum((1, 2)) * cell**2


FLAMES = {
    "methane": (50.0e6, 17.2, 2226.0),
    "ethylene": (47.2e6, 14.8, 2370.0),
    "propane": (46.35e6, 15.7, 2267.0),
    "n-octane": (44.4e6, 15.1, 2275.0),
    "methanol": (19.9e6, 6.47, 2222.0),
}
"""Net heat [J/kg], air ratio, adiabatic flame temperature in air at 298 K and 1 atm [K]."""


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Fuels burn at their adiabatic flame temperature",
    source="Glassman & Yetter, Combustion, 4th ed., appendix I; Law, Combustion Physics, table 1.3",
    axes=("fuel", "hottest gas [K]"),
    level_name="cells per burner",
    levels=(3, 4, 5),
    default=-1,
    bound=0.05,
    exact=0.05,
)
def flame_temperature(engine: str, cells: float) -> Measured:
    """One curve of heat capacity for all products, fitted to methane: fuels with more carbon burn 2
    to 4 % off. A grid may miss the stoichiometric cell and read lower."""
    h = 0.06 / cells
    found: list[float] = []
    for heat, air, _ in FLAMES.values():
        source = GasSource(
            position=(0, 0, 0.75 * h),
            radius=0.03,
            thickness=1.5 * h,
            temperature=298.0,
            power=800.0,
        )
        n = round(0.09 / h)
        gas = gas_in(
            (-n * h, -n * h, 0), (n * h, n * h, 2 * n * h), h, source,
            fuel=Fuel(heat=heat, air=air), start_time=0.15,
        )  # fmt: skip
        states = grid(engine, scene_of(gas, frames=4, temperature=298.0))
        found.append(float(states.temperature.max()))
    exact = [t for _, _, t in FLAMES.values()]
    return Measured(x=np.arange(len(found)), measured=found, expected=exact)


def burner(power: float, width: float, cell: float, *, start: float, frames: int) -> Scene:
    """A pool fire of propane on the floor of a domain that holds it."""
    high = max(0.235 * (power / 1e3) ** 0.4 - 1.02 * width, width)
    half = math.ceil(max(1.2 * width, 0.4 * high) / cell) * cell
    source = GasSource(
        position=(0, 0, 0.75 * cell), radius=width / 2, thickness=1.5 * cell,
        temperature=AIR, power=power,
    )  # fmt: skip
    top = math.ceil((1.6 * high + 0.1) / cell) * cell
    gas = gas_in(
        (-half, -half, 0), (half, half, top), cell, source,
        fuel=PROPANE, turbulence=0.02, seed=1, start_time=start,
    )  # fmt: skip
    return scene_of(gas, frames=frames)


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Flames are 0.235 Q^(2/5) - 1.02 D high",
    source="Heskestad, Fire Safety J. 5 (1983) 103; Q in kW",
    axes=("heat release [kW]", "height of half intermittency [m]"),
    level_name="cells per burner diameter",
    levels=(6, 8, 10),
    bound=0.35,
    exact=0.35,
    slow=True,
)
def flame_height(engine: str, cells: float) -> Measured:
    """The correlation scatters by 15 % itself. On 8 cells across, the tip is found to a cell, 6 %;
    the solver has no model of the mixing below its grid, so the taller flames come out taller."""
    width, powers = 0.3, (22e3, 30e3, 40e3)
    found: list[float] = []
    for power in powers:
        cell = width / cells
        states = grid(engine, burner(power, width, cell, start=1.5, frames=49))
        lit = (states.soot > 0.5).any((1, 2)).mean(0)  # half of the soot: stoichiometric
        heights = (np.arange(len(lit)) + 1) * cell
        found.append(float(heights[lit >= 0.5].max(initial=0.0)))
    kilowatt = np.array(powers) / 1e3
    exact = 0.235 * kilowatt**0.4 - 1.02 * width
    return Measured(x=kilowatt, measured=found, expected=exact)


@law(
    category="thermodynamics",
    engines=("warp",),
    title="All heat that is not radiated rises with the plume",
    source="first law of thermodynamics; steady mean of a fire",
    axes=("height [m]", "convected heat / (power less radiated) [1]"),
    level_name="cells per burner diameter",
    levels=(6, 7, 8),
    default=-1,
    bound=0.10,
)
def heat_of_the_plume(engine: str, cells: float) -> Measured:
    """A mean of two seconds over some five puffs of 20 % each leaves 9 %; velocity and temperature
    are taken at cell centres, where their product differs from the solver's fluxes by its
    correlation."""
    power, width = 20e3, 0.3
    scene = burner(power, width, width / cells, start=1.0, frames=60)
    states = grid(engine, scene)
    flux = heat_flux(states, width / cells).mean(0) / (power * (1 - PROPANE.radiant))
    z = (np.arange(len(flux)) + 0.5) * width / cells
    far = (z > 0.5 * z[-1]) & (z < 0.85 * z[-1])
    return Measured(x=z[far], measured=flux[far], expected=np.ones(int(far.sum())))


@law(
    category="thermodynamics",
    engines=("warp",),
    title="Fires puff 1.5 / sqrt(D) times a second",
    source="Cetegen & Ahmed, Combustion and Flame 93 (1993) 157",
    axes=("diameter [m]", "frequency [1/s]"),
    level_name="cells per burner diameter",
    levels=(6, 7, 8),
    default=-1,
    bound=0.3,
    exact=0.3,
    slow=True,
)
def puffing(engine: str, cells: float) -> Measured:
    """Three seconds of record resolve a third of a hertz, and fires of one size scatter by 20 % in
    the compilation."""
    widths, found = (0.15, 0.3, 0.6), []
    for width in widths:
        power = 60e3 * width / 0.3 * (width / 0.3) ** 1.5
        states = grid(engine, burner(power, width, width / cells, start=1.0, frames=73))
        hot = (states.temperature - AIR).astype(float)
        level = round(0.8 * width / (width / cells))
        signal = hot[:, :, :, level].sum((1, 2))
        signal = (signal - signal.mean()) * np.hanning(len(signal))
        power_of = np.abs(np.fft.rfft(signal, 4 * len(signal))) ** 2
        rate = np.fft.rfftfreq(4 * len(signal), 1 / 24)
        band = rate > 0.5 / math.sqrt(width)
        found.append(float(rate[band][power_of[band].argmax()]))
    return Measured(x=widths, measured=found, expected=1.5 / np.sqrt(np.array(widths)))


@law(
    category="thermodynamics",
    engines=("warp",),
    title="A plume's mid-line rises at 3.4 F^(1/3) z^(-1/3)",
    source="Shabbir & George, J. Fluid Mech. 275 (1994) 1; form: Morton, Taylor & Turner 1956",
    axes=("height above the source [m]", "mean velocity on the axis [m/s]"),
    level_name="cells per source radius",
    levels=(1.5, 2.0, 2.5),
    bound=0.2,
    exact=0.2,
    slow=True,
)
def plume(engine: str, cells: float) -> Measured:
    """Rouse, Yih & Humphreys (1952) found 4.7, later experiments 3.4 to 3.9; the mean is over four
    seconds, some ten eddies, which leaves 10 %, and the virtual origin, taken two radii below the
    source, another 10 %."""
    radius = 0.07
    h = radius / cells
    source = GasSource(position=(0, 0, 0.1), radius=radius, temperature=AIR + 60)
    half, high = math.ceil(0.42 / h) * h, math.ceil(1.3 / h) * h
    gas = gas_in(
        (-half, -half, 0), (half, half, high), h, source, turbulence=0.2, seed=5, start_time=2.5
    )
    states = grid(engine, scene_of(gas, frames=49, fps=12.0))
    w = states.velocity[..., 2].astype(float)
    excess = (states.temperature - AIR).astype(float)
    z = (np.arange(w.shape[3]) + 0.5) * h
    flux = (G / AIR * (w * excess).sum((1, 2)).mean(0) * h**2)[(z > 0.4) & (z < 1.1)].mean()
    axis = slice(w.shape[1] // 2 - 1, w.shape[1] // 2 + 1)
    mean = w.mean(0)[axis, axis].mean((0, 1))
    far = (z > 0.45) & (z < 1.1)
    height = z[far] - 0.1 + 2 * radius
    return Measured(x=height, measured=mean[far], expected=3.4 * (flux / height) ** (1 / 3))
