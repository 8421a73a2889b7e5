"""Light from far away: the sun, and the sky or interior that surrounds a scene.

Radiance is relative: 1 is the order of a bright sky, the exposure of a picture is automatic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from simgen.element import Vector
from simgen.errors import SimgenError, unknown

INTERIORS = (
    "photo_studio",
    "living_room",
    "hall",
    "kitchen",
    "gallery",
    "greenhouse",
    "theatre",
)
"""Rooms that `Interior` can show."""
LOWEST_SUN = -0.2
"""Lowest elevation of an `OpenSky`'s source [rad]: the end of nautical twilight."""


def _require_direction(owner: str, name: str, value: Vector) -> None:
    length = math.dist(value, (0.0, 0.0, 0.0))
    if not abs(length - 1.0) < 0.05:
        raise SimgenError(f"{owner}: {name}={value} has length {length:.4g}; give a unit vector")


def _require_light(owner: str, name: str, value: Vector) -> None:
    if not all(math.isfinite(v) and v >= 0.0 for v in value):
        raise SimgenError(f"{owner}: {name}={value} must be finite and not negative")


@dataclass(frozen=True, eq=False, kw_only=True)
class Sun:
    """A distant light of a small angular size."""

    direction: Vector
    """Unit vector towards the sun, above the horizon."""
    irradiance: Vector = (3.0, 2.9, 2.7)
    """Linear RGB on a surface that faces it."""
    angular_radius: float = 0.01
    """[rad]; 0.00465 is the real sun, larger softens shadows."""

    def __post_init__(self) -> None:
        _require_direction("sun", "direction", self.direction)
        _require_light("sun", "irradiance", self.irradiance)
        if self.direction[2] <= 0.0:
            raise SimgenError(
                f"sun: direction={self.direction} is below the horizon; use sun=None, and an "
                "OpenSky for the light after sunset"
            )
        if not 0.0 < self.angular_radius < 1.0:
            raise SimgenError(
                f"sun: angular_radius={self.angular_radius} must be above 0 and below 1 rad; "
                "0.00465 is the real sun"
            )


@dataclass(frozen=True, eq=False, kw_only=True)
class Sky:
    """A vertical gradient. Linear RGB radiance."""

    zenith: Vector = (0.25, 0.45, 0.85)
    horizon: Vector = (0.8, 0.88, 1.0)
    ground: Vector = (0.25, 0.23, 0.2)
    brightness: Vector = (1.0, 1.0, 1.0)
    """Linear RGB factor on all radiance."""

    def __post_init__(self) -> None:
        for name in ("zenith", "horizon", "ground", "brightness"):
            _require_light("sky", name, getattr(self, name))


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenSky:
    """The physical sky of a day, a dusk or a moonlit night over open land, with clouds."""

    source: Vector
    """Unit vector towards the sun or the moon whose light it scatters; it may have set."""
    turbidity: float = 3.0
    """Optical depth of air and haze over that of air alone: 2 very clear, 3 clear, 6 hazy."""
    clouds: float = 0.0
    """Share of the sky that clouds cover, 0..1."""
    stars: float = 0.0
    """Radiance of the brighter stars."""
    land: Vector = (0.16, 0.17, 0.11)
    """Linear RGB albedo of the land."""
    brightness: Vector = (1.0, 1.0, 1.0)
    """Linear RGB factor on the radiance of sky and land under the real sun: a camera's longer
    exposure by night, and its white balance."""
    seed: int = 0
    """Places clouds, skyline and stars."""

    def __post_init__(self) -> None:
        _require_direction("open sky", "source", self.source)
        if self.source[2] < math.sin(LOWEST_SUN):
            raise SimgenError(
                f"open sky: source={self.source} is more than {-LOWEST_SUN} rad below the horizon, "
                "where it lights nothing; raise it, or light a night by the moon"
            )
        if not 1.2 <= self.turbidity <= 10.0:
            raise SimgenError(f"open sky: turbidity={self.turbidity} must be in 1.2..10")
        if not 0.0 <= self.clouds <= 1.0:
            raise SimgenError(f"open sky: clouds={self.clouds} must be in 0..1")
        for name in ("land", "brightness"):
            _require_light("open sky", name, getattr(self, name))
        _require_light("open sky", "stars", (self.stars, 0.0, 0.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Interior:
    """A room as seen from its middle, so large that the scene stands at one point of it."""

    room: str
    """One of INTERIORS."""
    outside: OpenSky = field(default_factory=lambda: OpenSky(source=(0.5, -0.5, 0.707)))
    """Seen through the windows, which face its source."""
    brightness: Vector = (1.0, 1.0, 1.0)
    """Linear RGB factor on all radiance."""
    seed: int = 0
    """Chooses sizes, colours, furniture and lamps."""

    def __post_init__(self) -> None:
        if self.room not in INTERIORS:
            raise unknown("interior", self.room, INTERIORS)
        _require_light("interior", "brightness", self.brightness)


@dataclass(frozen=True, eq=False, kw_only=True)
class Haze:
    """Dust in the air of a box, thin, even and at rest: beams of light show in it.

    It belongs to the light: no label knows it.
    """

    lower: Vector
    """Lowest corner, world [m]."""
    upper: Vector
    extinction: float
    """[1/m]."""
    albedo: Vector = (0.96, 0.93, 0.88)
    """Linear RGB (Dubovik et al., J. Atmos. Sci. 59 (2002) 590: mineral dust)."""
    asymmetry: float = 0.7
    """Mean cosine of scattering (Horvath et al., Atmos. Chem. Phys. 18 (2018) 17735: above 0.65 for
    mineral dust)."""

    def __post_init__(self) -> None:
        if not all(a < b for a, b in zip(self.lower, self.upper, strict=True)):
            raise SimgenError(f"haze: lower={self.lower} must lie below upper={self.upper}")
        if not (math.isfinite(self.extinction) and self.extinction > 0.0):
            raise SimgenError(
                f"haze: extinction={self.extinction} must be above 0; for clean air use haze=None"
            )
        if not all(0.0 <= a <= 1.0 for a in self.albedo):
            raise SimgenError(f"haze: albedo={self.albedo} must be in 0..1")
        if not -1.0 < self.asymmetry < 1.0:
            raise SimgenError(f"haze: asymmetry={self.asymmetry} must be above -1 and below 1")


Surroundings = Sky | OpenSky | Interior
