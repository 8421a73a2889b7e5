"""Light rigs: sun, sky and lamps by name, placed so that they reach the event.

Each rig suits every environment: under the open sky its lamps stand in a dusk or a night, before a
studio's backdrop its daylight falls through the glass of a room behind the camera. Lamps hang above
all that the camera sees, or behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simgen.atmosphere import RADIUS, sky_irradiance, sun_irradiance
from simgen.key import Key
from simgen.scene import (
    Element,
    Interior,
    OpenSky,
    RigidBody,
    Scene,
    Sky,
    Sun,
    Surroundings,
    Vector,
)
from simgen.spectrum import LUMINANCE
from simgen.stage.lamp import Bulb, dimmed, globe, lantern, panel, spot, tube
from simgen.stage.place import OUTDOORS, Place

Range = tuple[float, float]
UP: Vector = (0.0, 0.0, 1.0)
MOON: Vector = (0.5, 0.78, 1.35)
"""Tint of moonlight: the eye's sensitivity moves towards blue in the dark (Purkinje)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Lighting:
    """What lights a stage."""

    sun: Sun | None = None
    """None where light comes from the sky or from lamps only."""
    sky: Surroundings
    lamps: tuple[Element, ...] = ()
    """Static fixtures whose looks emit light."""
    window: Vector = UP
    """Unit vector to the brightest part of the outdoors: where a room opens a window. Straight up
    where the light outside does not matter."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """Where a rig is set up."""

    rng: np.random.Generator
    place: Place
    environment: str
    azimuth: float
    """Of the sun, and the side lamps come from [rad]; 0 stands over -y, as for cameras."""
    lowest: float
    """Elevation below which something hides the sun [rad]."""

    @property
    def open_air(self) -> bool:
        return self.environment in OUTDOORS

    @property
    def span(self) -> float:
        """Size lamps and their distances follow from [m]; a room's lamps are of a room's size."""
        rooms = 1.2 if self.environment != "studio" and not self.open_air else 0.0
        return max(self.place.reach, rooms)

    @property
    def target(self) -> Vector:
        """The middle of the event."""
        return (*self.place.center, 0.3 * self.place.size)

    def draw(self, span: Range) -> float:
        return float(self.rng.uniform(*span))

    def seed(self) -> int:
        return int(self.rng.integers(2**31))

    def side(self, share: float) -> float:
        """Azimuth `share` of a right angle from the camera's own, on the sun's side or, where
        negative, on the other [rad]."""
        hand = 1.0 if math.sin(self.azimuth - self.place.bearing) >= 0.0 else -1.0
        return self.place.bearing + hand * share * math.pi / 2

    def aloft(self, azimuth: float, distance: float, size: float) -> Vector:
        """A place for a lamp of half-height `size` [m], above the picture; `distance` in spans."""
        away = distance * self.span
        walled = self.environment != "studio" and not self.open_air
        least = max(1.7 if walled else 0.0, 0.6 * self.span, 1.2 * self.place.size)
        height = max(self.place.sight(away) + 0.03 * self.span, least) + size
        return self.place.at(azimuth, away, height)


def toward_sun(azimuth: float, elevation: float) -> Vector:
    """Unit vector to the sun; azimuth 0 stands over -y, as for cameras [rad]."""
    c = math.cos(elevation)
    return (math.sin(azimuth) * c, -math.cos(azimuth) * c, math.sin(elevation))


def make_lights(
    key: Key, name: str, azimuth: float, *, environment: str, place: Place, lowest: float = 0.0
) -> Lighting:
    """The light of the rig `name` in an environment. `lowest` [rad] is the elevation below which
    something hides the sun."""
    setting = Setting(
        rng=key.child("light").rng(),
        place=place,
        environment=environment,
        azimuth=azimuth,
        lowest=lowest,
    )
    return RIGS[name](setting)


def dim(scene: Scene, share: float) -> Scene:
    """The scene with `share` of all its light: dusk, drawn curtains, lamps turned down."""
    elements = tuple(
        dimmed(e, share) if isinstance(e, RigidBody) and e.motion == "static" else e
        for e in scene.elements
    )
    sun = scene.sun and replace(scene.sun, irradiance=_times(scene.sun.irradiance, share))
    sky = replace(scene.sky, brightness=_times(scene.sky.brightness, share))
    return replace(scene, elements=elements, sun=sun, sky=sky)


def _times(colour: Vector, share: float) -> Vector:
    r, g, b = (share * c for c in colour)
    return (r, g, b)


def _open_sky(
    s: Setting,
    source: Vector,
    *,
    turbidity: Range = (2.0, 3.5),
    clouds: Range = (0.0, 0.0),
    brightness: Vector = (1.0, 1.0, 1.0),
    stars: float = 0.0,
) -> OpenSky:
    """A drawn sky. Steps of a quarter in turbidity let skies share their tables."""
    return OpenSky(
        source=source,
        turbidity=round(4 * s.draw(turbidity)) / 4,
        clouds=s.draw(clouds),
        brightness=brightness,
        stars=stars,
        seed=s.seed(),
    )


def _around(s: Setting, sky: OpenSky, rooms: tuple[str, ...], share: float = 1.0) -> Surroundings:
    """The sky; before a studio's backdrop one of these rooms, whose windows show it."""
    if s.environment != "studio":
        return sky
    room = rooms[int(s.rng.integers(len(rooms)))]
    return Interior(room=room, outside=sky, brightness=(share, share, share), seed=s.seed())


def _sunny(
    s: Setting, elevation: Range, *, turbidity: Range = (2.0, 3.25), clouds: Range = (0.0, 0.6)
) -> Lighting:
    """The sun and its sky. Where the backdrop would hide it, the sun stands before the backdrop."""
    azimuth, height = s.azimuth, s.draw(elevation)
    if s.lowest > elevation[1]:
        azimuth = 2 * s.place.bearing + math.pi - azimuth
    else:
        height = max(height, s.lowest)
    toward = toward_sun(azimuth, height)
    sky = _open_sky(s, toward, turbidity=turbidity, clouds=clouds)
    r, g, b = sun_irradiance(height, sky.turbidity).tolist()
    sun = Sun(direction=toward, irradiance=(r, g, b), angular_radius=RADIUS)
    return Lighting(sun=sun, sky=_around(s, sky, ("greenhouse",)), window=toward)


def _day(s: Setting) -> Lighting:
    return _sunny(s, (0.5, 1.0))


def _noon(s: Setting) -> Lighting:
    return _sunny(s, (1.05, 1.35), clouds=(0.0, 0.35))


def _golden_hour(s: Setting) -> Lighting:
    return _sunny(s, (0.16, 0.28), turbidity=(2.5, 4.0), clouds=(0.0, 0.55))


def _overcast(s: Setting) -> Lighting:
    toward = toward_sun(s.azimuth, s.draw((0.6, 1.1)))
    sky = _open_sky(s, toward, clouds=(0.96, 1.0))
    rooms = ("greenhouse", "gallery", "living_room")
    return Lighting(sky=_around(s, sky, rooms, 2.0), window=toward)


def _window(s: Setting) -> Lighting:
    """Light of the sky alone: through a window, out of doors in the shade of a house."""
    toward = toward_sun(s.side(s.draw((0.7, 1.3))), s.draw((0.3, 0.6)))
    sky = _open_sky(s, toward, turbidity=(3.0, 5.0), clouds=(0.3, 0.8))
    return Lighting(sky=_around(s, sky, ("living_room", "kitchen"), 3.0), window=toward)


def _night(s: Setting, brightness: float) -> OpenSky:
    """A moonlit sky."""
    moon = toward_sun(s.azimuth, s.draw((0.4, 1.0)))
    tint = _times(MOON, brightness)
    return _open_sky(s, moon, clouds=(0.0, 0.5), brightness=tint, stars=0.6 * brightness)


def _dusk(s: Setting, irradiance: float) -> OpenSky:
    """The sky after sunset, so bright that the land receives `irradiance`."""
    sun = toward_sun(s.azimuth, -s.draw((0.02, 0.09)))
    sky = _open_sky(s, sun, turbidity=(2.0, 3.0), clouds=(0.0, 0.5))
    found = float(sky_irradiance(np.asarray(sun), sky.turbidity) @ LUMINANCE)
    gain = irradiance / found
    return replace(sky, brightness=(gain, gain, gain))


def _blue_hour(s: Setting) -> Lighting:
    """Dusk and a warm lamp."""
    sky = _dusk(s, 0.8)
    bulb = Bulb(irradiance=s.draw((0.25, 0.6)), kelvin=s.draw((2800, 3300)))
    at = s.aloft(s.side(s.draw((0.6, 1.2))), 0.8, 0.06 * s.span)
    lamp = globe("lamp_globe", at, 0.06 * s.span, s.target, bulb)
    return Lighting(sky=sky, lamps=(lamp,), window=toward_sun(s.azimuth, 0.3))


def _moonlight(s: Setting) -> Lighting:
    sky = _night(s, 0.15)
    elevation = max(math.asin(sky.source[2]), min(s.lowest, 1.35))
    toward = toward_sun(s.azimuth, elevation)
    light = sun_irradiance(elevation, sky.turbidity) * sky.brightness
    r, g, b = light.tolist()
    sun = Sun(direction=toward, irradiance=(r, g, b), angular_radius=RADIUS)
    return Lighting(sun=sun, sky=replace(sky, source=toward), window=toward)


def _lamplit(s: Setting, room: str, share: float, lamps: list[RigidBody]) -> Lighting:
    """Lamps at night: under the night sky; before a studio's backdrop in a dark room; between walls
    under a dim ceiling. `share` is the light of that surrounding."""
    if s.open_air:
        return Lighting(sky=_night(s, 0.09), lamps=tuple(lamps))
    if s.environment != "studio":
        ceiling, walls, floor = (_times((1.0, 0.96, 0.9), share * v) for v in (0.12, 0.2, 0.1))
        return Lighting(sky=Sky(zenith=ceiling, horizon=walls, ground=floor), lamps=tuple(lamps))
    dark = (share, share, share)
    around = Interior(room=room, outside=_night(s, 0.02), brightness=dark, seed=s.seed())
    return Lighting(sky=around, lamps=tuple(lamps))


def _studio(s: Setting) -> Lighting:
    """Key, fill and rim lights in soft boxes."""
    kelvin, key = s.draw((5000, 6000)), s.draw((2.2, 3.0))
    lamps: list[RigidBody] = []
    for name, share, distance, wide, power in (
        ("key", s.draw((0.4, 0.75)), 0.8, s.draw((0.16, 0.26)), key),
        ("fill", -s.draw((0.5, 0.9)), 0.9, 0.2, key * s.draw((0.15, 0.4))),
        ("rim", -s.draw((1.5, 1.8)), 0.5, 0.12, key * s.draw((0.3, 0.8))),
    ):
        half = (wide * s.span, 0.75 * wide * s.span)
        at = s.aloft(s.side(share), distance, half[1])
        bulb = Bulb(irradiance=power, kelvin=kelvin)
        lamps.append(panel(f"lamp_{name}", at, s.target, half, bulb))
    if s.open_air:
        return Lighting(sky=_dusk(s, 0.5), lamps=tuple(lamps))
    return _lamplit(s, "photo_studio", s.draw((0.08, 0.2)), lamps)


def _workshop(s: Setting) -> Lighting:
    """Rows of tubes overhead."""
    kelvin, count = s.draw((3800, 5200)), int(s.rng.integers(2, 5))
    along, total = s.side(s.draw((0.0, 2.0))), s.draw((1.8, 2.6))
    lamps: list[RigidBody] = []
    for k in range(count):
        offset = (k - (count - 1) / 2) * 0.45
        at = s.aloft(along + math.copysign(math.pi / 2, offset), abs(offset), 0.05 * s.span)
        bulb = Bulb(irradiance=total / count, kelvin=kelvin)
        lamps.append(tube(f"lamp_tube_{k}", at, along, 0.9 * s.span, s.target, bulb))
    return _lamplit(s, "hall", s.draw((0.3, 0.7)), lamps)


def _lamp(s: Setting) -> Lighting:
    """One or two warm globes."""
    lamps: list[RigidBody] = []
    count, kelvin = int(s.rng.integers(1, 3)), s.draw((2800, 3400))
    for k in range(count):
        radius = s.draw((0.05, 0.1)) * s.span
        at = s.aloft(s.side(s.draw((0.3, 1.1)) * (1 - 2 * k)), s.draw((0.35, 0.8)), radius)
        bulb = Bulb(irradiance=1.8 / (1 + 2 * k), kelvin=kelvin)
        lamps.append(globe(f"lamp_globe_{k}", at, radius, s.target, bulb))
    return _lamplit(s, "living_room", s.draw((0.4, 0.8)), lamps)


def _spot(s: Setting) -> Lighting:
    """A spotlight and a weaker one from the other side, in a dark theatre."""
    lamps: list[RigidBody] = []
    for k, (share, power) in enumerate(((s.draw((0.3, 0.9)), 3.0), (-s.draw((0.6, 1.3)), 0.9))):
        half = 0.05 * s.span
        at = s.aloft(s.side(share), 0.8, 8 * half)
        bulb = Bulb(irradiance=power, kelvin=s.draw((3400, 4800)))
        lamps.append(spot(f"lamp_spot_{k}", at, s.target, half, bulb))
    return _lamplit(s, "theatre", s.draw((0.2, 0.4)), lamps)


GELS: tuple[tuple[Vector, Vector], ...] = (
    ((1.6, 0.25, 1.1), (0.15, 0.9, 1.6)),
    ((1.8, 0.55, 0.12), (0.15, 0.8, 1.1)),
    ((0.5, 0.3, 2.0), (1.7, 0.3, 0.4)),
    ((0.3, 1.3, 0.5), (1.3, 0.3, 1.4)),
)
"""Pairs of coloured tubes; linear RGB."""


def _neon(s: Setting) -> Lighting:
    """Two coloured tubes from both sides and a little white light."""
    gels = GELS[int(s.rng.integers(len(GELS)))]
    lamps: list[RigidBody] = []
    for k, (gel, share) in enumerate(zip(gels, (0.8, -0.8), strict=True)):
        azimuth = s.side(share + s.draw((-0.3, 0.3)))
        at = s.aloft(azimuth, 0.8, 0.05 * s.span)
        bulb = Bulb(irradiance=s.draw((1.2, 1.8)), kelvin=6500, tint=gel)
        lamps.append(
            tube(f"lamp_neon_{k}", at, azimuth + math.pi / 2, 0.8 * s.span, s.target, bulb)
        )
    white = Bulb(irradiance=0.5, kelvin=5500)
    at = s.aloft(s.place.bearing, 0.3, 0.1 * s.span)
    lamps.append(panel("lamp_fill", at, s.target, (0.2 * s.span, 0.2 * s.span), white))
    return _lamplit(s, "hall", 0.15, lamps)


def _candle(s: Setting) -> Lighting:
    """Candles in lanterns at both sides of the camera, dim light from the room."""
    lamps: list[RigidBody] = []
    count, hand = int(s.rng.integers(2, 5)), 1.0
    for k in range(count):
        size = s.draw((0.12, 0.18)) * s.span
        at = s.aloft(s.side(hand * s.draw((0.3, 1.1))), s.draw((0.55, 0.85)), 0.5 * size)
        bulb = Bulb(irradiance=1.2 / (k + 1), kelvin=s.draw((2300, 2700)))
        lamps.append(lantern(f"lamp_lantern_{k}", at, size, s.target, bulb))
        hand = -0.8 * hand
    return _lamplit(s, "living_room", 0.15, lamps)


RIGS: dict[str, Callable[[Setting], Lighting]] = {
    "day": _day,
    "noon": _noon,
    "overcast": _overcast,
    "golden_hour": _golden_hour,
    "blue_hour": _blue_hour,
    "moonlight": _moonlight,
    "window": _window,
    "studio": _studio,
    "workshop": _workshop,
    "lamp": _lamp,
    "spot": _spot,
    "neon": _neon,
    "candle": _candle,
}
