"""Materials: SI constants with a source for each number, read from `materials/<family>.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, cast

from simgen.errors import SimgenError, unknown
from simgen.key import Key
from simgen.texture import texture
from simgen.units import Unit


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a surface is drawn. Colours are sRGB values in [0, 1]; lengths are metres."""

    color: tuple[float, float, float] = (0.7, 0.7, 0.7)
    accent: tuple[float, float, float] = (0.5, 0.5, 0.5)
    """Second colour of the texture pattern."""
    texture: str = "plain"
    """Name of a procedural texture (`simgen.texture.textures`)."""
    scale: float = 0.25
    """Size of one texture period on the surface [m]."""
    roughness: float = 0.6
    """GGX roughness, 0 mirror to 1 matt."""
    metallic: float = 0.0
    refractive_index: float = 1.5
    transmission: float = 0.0
    """Share of light that passes through, 0 opaque to 1 clear glass or water."""
    attenuation_distance: float = 0.15
    """Length of clear matter that tints light to `color` (Beer-Lambert) [m]."""
    clear_coat: float = 0.0
    """Strength of a smooth varnish over everything, 0 none to 1 full."""
    translucency: float = 0.0
    """Share of the matt light of a thin sheet that comes out on its other side, 0..1."""
    subsurface: float = 0.0
    """How far light wanders inside before it leaves (diffuse mean free path) [m]; 0: opaque."""
    wear: float = 0.0
    """Traces of use on top of the texture, 0 new to 1 worn: scratches, smudges, dust, rubbed
    edges."""
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Linear RGB radiance the surface sends out on its outer side: it is a lamp."""
    seed: int = 0
    """Chooses the placement of the texture pattern."""
    fades_at: tuple[float, float] | None = None
    """Thermochromic paint: from the first to the second temperature [K] the whole surface turns to
    `faded`, and back as it cools (leuco dyes; without hysteresis)."""
    faded: tuple[float, float, float] = (0.92, 0.92, 0.9)

    def __post_init__(self) -> None:
        for name in ("color", "accent", "faded"):
            value = getattr(self, name)
            if len(value) != 3 or not all(0.0 <= c <= 1.0 for c in value):
                raise SimgenError(f"look: {name}={value} must be three sRGB values in 0..1")
        for name in ("roughness", "metallic", "transmission", "clear_coat", "translucency"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SimgenError(f"look: {name}={getattr(self, name)} must be in 0..1")


@dataclass(frozen=True)
class Appearance:
    """The range of looks a material may have; `sample` draws one of them."""

    colors: tuple[tuple[float, float, float], ...] = ((0.7, 0.7, 0.7),)
    """sRGB base colours; a draw mixes two neighbours."""
    accents: tuple[tuple[float, float, float], ...] = ()
    textures: tuple[str, ...] = ("plain",)
    scale: tuple[float, float] | None = None
    """Range of `Look.scale` [m]; none: around the usual one of each texture."""
    roughness: tuple[float, float] = (0.5, 0.7)
    metallic: float = 0.0
    transmission: float = 0.0
    refractive_index: float = 1.5
    attenuation_distance: float = 0.15
    clear_coat: tuple[float, float] = (0.0, 0.0)
    translucency: float = 0.0
    subsurface: float = 0.0
    wear: tuple[float, float] = (0.0, 0.0)

    def sample(self, key: Key) -> Look:
        """One look of this material; equal keys give equal looks."""
        rng = key.rng()

        def mix(palette: tuple[tuple[float, float, float], ...]) -> tuple[float, float, float]:
            a = palette[int(rng.integers(len(palette)))]
            b = palette[int(rng.integers(len(palette)))]
            t = float(rng.uniform(0.0, 0.5))
            r, g, b_ = ((1 - t) * x + t * y for x, y in zip(a, b, strict=True))
            return (r, g, b_)

        color = mix(self.colors)
        accent = (
            mix(self.accents) if self.accents else (color[0] * 0.7, color[1] * 0.7, color[2] * 0.7)
        )
        name = self.textures[int(rng.integers(len(self.textures)))]
        usual = texture(name).scale
        return Look(
            color=color,
            accent=accent,
            texture=name,
            scale=float(rng.uniform(*(self.scale or (0.75 * usual, 1.4 * usual)))),
            roughness=float(rng.uniform(*self.roughness)),
            metallic=self.metallic,
            transmission=self.transmission,
            refractive_index=self.refractive_index,
            attenuation_distance=self.attenuation_distance,
            clear_coat=float(key.child("clear_coat").rng().uniform(*self.clear_coat)),
            translucency=self.translucency,
            subsurface=self.subsurface,
            wear=float(key.child("wear").rng().uniform(*self.wear)),
            seed=int(rng.integers(2**31)),
        )


def _constant(unit: str) -> Any:
    return field(default=None, metadata={"unit": unit})


@dataclass(frozen=True, kw_only=True)
class Material:
    """Constants of one material. A constant nobody measured is None; `require` refuses it by
    name."""

    name: str
    """`family/material`, e.g. `wood/oak`."""
    description: str = ""
    density: Annotated[float | None, Unit("kg/m^3")] = _constant("kg/m^3")
    friction: Annotated[float | None, Unit("1")] = _constant("1")
    """Coulomb coefficient of sliding on itself; a pair slides with the geometric mean."""
    rolling_friction: Annotated[float | None, Unit("m")] = _constant("m")
    """Lever arm of rolling resistance."""
    restitution: Annotated[float | None, Unit("1")] = _constant("1")
    """Normal coefficient of restitution at about 1 m/s; a pair takes the geometric mean."""
    youngs_modulus: Annotated[float | None, Unit("Pa")] = _constant("Pa")
    poissons_ratio: Annotated[float | None, Unit("1")] = _constant("1")
    yield_stress: Annotated[float | None, Unit("Pa")] = _constant("Pa")
    """Von Mises stress at which a soft body begins to flow."""
    flow_viscosity: Annotated[float | None, Unit("Pa s")] = _constant("Pa s")
    """Shear viscosity of a solid's flow beyond its yield stress (Bingham); from zero stress on
    where it has none (Maxwell)."""
    relaxing_modulus: Annotated[float | None, Unit("Pa")] = _constant("Pa")
    """Part of Young's modulus that a sudden strain meets and that then dies away, on top of
    `youngs_modulus` (Zener's standard solid)."""
    relaxation_time: Annotated[float | None, Unit("s")] = _constant("s")
    """In which `relaxing_modulus` dies away to 1/e."""
    bulk_modulus: Annotated[float | None, Unit("Pa")] = _constant("Pa")
    viscosity: Annotated[float | None, Unit("Pa s")] = _constant("Pa s")
    surface_tension: Annotated[float | None, Unit("N/m")] = _constant("N/m")
    friction_angle: Annotated[float | None, Unit("rad")] = _constant("rad")
    """Angle of internal friction of a granular material."""
    areal_density: Annotated[float | None, Unit("kg/m^2")] = _constant("kg/m^2")
    thickness: Annotated[float | None, Unit("m")] = _constant("m")
    """Usual thickness of a sheet."""
    stretch_stiffness: Annotated[float | None, Unit("N/m")] = _constant("N/m")
    """In-plane (membrane) stiffness of a sheet, Young's modulus times thickness."""
    mooney_ratio: Annotated[float | None, Unit("1")] = _constant("1")
    """C2 / C1 of a rubber membrane (Mooney 1940), C1 + C2 = E / 6; 0 is neo-Hookean. None: the
    sheet is linear."""
    shear_stiffness: Annotated[float | None, Unit("N/m")] = _constant("N/m")
    """In-plane shear stiffness of a woven sheet; None: isotropic."""
    bending_stiffness: Annotated[float | None, Unit("N m")] = _constant("N m")
    """Flexural rigidity of a sheet per width."""
    thermal_conductivity: Annotated[float | None, Unit("W/(m K)")] = _constant("W/(m K)")
    specific_heat: Annotated[float | None, Unit("J/(kg K)")] = _constant("J/(kg K)")
    thermal_expansion: Annotated[float | None, Unit("1/K")] = _constant("1/K")
    emissivity: Annotated[float | None, Unit("1")] = _constant("1")
    melting_temperature: Annotated[float | None, Unit("K")] = _constant("K")
    melting_range: Annotated[float | None, Unit("K")] = _constant("K")
    """Melting begins this far below `melting_temperature`; None: at it (a pure substance)."""
    viscosity_slope: Annotated[float | None, Unit("K")] = _constant("K")
    """B of Andrade's law: viscosity ~ exp(B / T)."""
    latent_heat: Annotated[float | None, Unit("J/kg")] = _constant("J/kg")
    refractive_index: Annotated[float | None, Unit("1")] = _constant("1")
    appearance: Appearance = Appearance()
    sources: dict[str, str] = field(default_factory=dict[str, str])
    """Constant name -> the data sheet, handbook or paper its value comes from."""

    def require(self, *names: str) -> tuple[float, ...]:
        """The named constants, or one error that names every missing one."""
        missing = [name for name in names if getattr(self, name) is None]
        if missing:
            raise SimgenError(
                f"material {self.name!r} has no {', '.join(missing)}; "
                f"it has {', '.join(sorted(self.constants()))}; choose another material or add the "
                f"constant with its source to materials/{self.name.split('/')[0]}.toml"
            )
        return tuple(float(getattr(self, name)) for name in names)

    def constants(self) -> dict[str, float]:
        """Every constant that has a value, in SI."""
        values = {name: getattr(self, name) for name in CONSTANTS}
        return {name: float(value) for name, value in values.items() if value is not None}

    def look(self, key: Key) -> Look:
        """One plausible look of this material."""
        return self.appearance.sample(key)


CONSTANTS: dict[str, str] = {
    f.name: f.metadata["unit"] for f in fields(Material) if "unit" in f.metadata
}
"""Name of every material constant and its SI unit."""


def pair_friction(a: Material, b: Material) -> float:
    """Coulomb coefficient of `a` on `b`: the geometric mean of the two [1]."""
    (mu_a,), (mu_b,) = a.require("friction"), b.require("friction")
    return math.sqrt(mu_a * mu_b)


def pair_restitution(a: Material, b: Material) -> float:
    """Coefficient of restitution of `a` on `b`: the geometric mean of the two [1]."""
    (e_a,), (e_b,) = a.require("restitution"), b.require("restitution")
    return math.sqrt(e_a * e_b)


def pressure_wave_modulus(stuff: Material) -> float:
    """Stiffness M of a solid that is held across [Pa]: E (1 - nu) / ((1 + nu) (1 - 2 nu)); pressure
    waves run at sqrt(M / density) (Landau & Lifshitz, Theory of Elasticity, sections 5 and 22).

    Raises:
        SimgenError: a constant is missing.
    """
    young, poisson = stuff.require("youngs_modulus", "poissons_ratio")
    return young * (1 - poisson) / ((1 + poisson) * (1 - 2 * poisson))


def _parse(name: str, table: dict[str, Any]) -> Material:
    """One TOML table: every constant is `{ value = number, source = "..." }`."""
    known = {"description", "appearance", *CONSTANTS}
    constants: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for entry, value in table.items():
        if entry not in known:
            raise unknown(f"constant of material {name!r}", entry, known)
        if entry in CONSTANTS:
            given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
            if not (set(given) == {"value", "source"} and given["source"]):
                raise SimgenError(
                    f"material {name!r}: {entry} needs {{ value = ..., source = '...' }}"
                )
            constants[entry] = float(given["value"])
            sources[entry] = str(given["source"])
    return Material(
        name=name,
        description=table.get("description", ""),
        appearance=parse_appearance(f"material {name!r}", table.get("appearance", {})),
        sources=sources,
        **constants,
    )


def parse_appearance(whose: str, table: Mapping[str, Any]) -> Appearance:
    """An appearance as it is written in TOML.

    Raises:
        SimgenError: `whose` appearance has a field that is none.
    """
    allowed = {f.name for f in fields(Appearance)}
    for entry in table:
        if entry not in allowed:
            raise unknown(f"appearance of {whose}", entry, allowed)
    return Appearance(**{name: _tuples(value) for name, value in table.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in cast("list[Any]", value)) if isinstance(value, list) else value


@cache
def library() -> dict[str, Material]:
    """Every material of the library by name, sorted."""
    found: dict[str, Material] = {}
    for path in sorted(files("simgen").joinpath("materials").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            family = path.name.removesuffix(".toml")
            for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
                found[f"{family}/{name}"] = _parse(f"{family}/{name}", table)
    return dict(sorted(found.items()))


def material(name: str) -> Material:
    """The material called `family/name`, e.g. `material("wood/oak")`."""
    if name not in library():
        raise unknown("material", name, library(), hint="`simgen materials` lists them")
    return library()[name]


def families() -> Iterator[tuple[str, list[Material]]]:
    """Family name and its materials, sorted."""
    by_family: dict[str, list[Material]] = {}
    for item in library().values():
        by_family.setdefault(item.name.split("/")[0], []).append(item)
    yield from by_family.items()
