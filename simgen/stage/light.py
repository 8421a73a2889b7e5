"""Light rigs: a sun and a sky by name, placed so that they reach the event."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.key import Key
from simgen.scene import Element, RigidBody, Scene, Sky, Sun, Surroundings, Vector
from simgen.stage.place import OUTDOORS, Place

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Rig:
    """One kind of light; pairs are the range a clip's value is drawn from."""

    elevation: tuple[float, float]
    """Of the sun [rad]."""
    irradiance: float
    """Of the sun, facing it; 1 is the sky's order of radiance."""
    tint: Colour
    radius: tuple[float, float]
    """Angular radius of the sun [rad]: the size of the lamp decides how soft shadows are."""
    zenith: Colour
    horizon: Colour
    ground: Colour
    clouds: tuple[float, float]


RIGS: dict[str, Rig] = {
    "day": Rig(
        elevation=(0.6, 1.15),
        irradiance=3.6,
        tint=(1.0, 0.96, 0.88),
        radius=(0.008, 0.016),
        zenith=(0.26, 0.42, 0.78),
        horizon=(0.72, 0.82, 0.95),
        ground=(0.24, 0.22, 0.19),
        clouds=(0.0, 0.7),
    ),
    "overcast": Rig(
        elevation=(0.8, 1.2),
        irradiance=0.9,
        tint=(1.0, 1.0, 1.0),
        radius=(0.2, 0.35),
        zenith=(0.95, 0.98, 1.04),
        horizon=(0.82, 0.85, 0.9),
        ground=(0.24, 0.23, 0.21),
        clouds=(0.85, 1.0),
    ),
    "golden_hour": Rig(
        elevation=(0.28, 0.45),
        irradiance=3.2,
        tint=(1.0, 0.74, 0.45),
        radius=(0.012, 0.02),
        zenith=(0.28, 0.36, 0.58),
        horizon=(0.92, 0.68, 0.48),
        ground=(0.24, 0.19, 0.15),
        clouds=(0.1, 0.7),
    ),
    "studio": Rig(
        elevation=(0.75, 1.1),
        irradiance=2.6,
        tint=(1.0, 0.98, 0.95),
        radius=(0.1, 0.2),
        zenith=(0.5, 0.51, 0.53),
        horizon=(0.36, 0.36, 0.38),
        ground=(0.2, 0.19, 0.18),
        clouds=(0.0, 0.0),
    ),
    "lamp": Rig(
        elevation=(0.7, 1.2),
        irradiance=2.8,
        tint=(1.0, 0.82, 0.6),
        radius=(0.04, 0.09),
        zenith=(0.36, 0.32, 0.29),
        horizon=(0.3, 0.26, 0.23),
        ground=(0.18, 0.15, 0.12),
        clouds=(0.0, 0.0),
    ),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Lighting:
    """What lights a stage."""

    sun: Sun | None
    """None where light comes from the sky or from lamps only."""
    sky: Surroundings
    lamps: tuple[Element, ...]
    """Static fixtures whose looks emit light."""
    window: Vector
    """Unit vector to the brightest part of the outdoors: where a room opens a window. Straight up
    where the light outside does not matter."""


def toward_sun(azimuth: float, elevation: float) -> Vector:
    """Unit vector to the sun; azimuth 0 stands over -y, as for cameras [rad]."""
    c = math.cos(elevation)
    return (math.sin(azimuth) * c, -math.cos(azimuth) * c, math.sin(elevation))


def make_lights(
    key: Key, name: str, azimuth: float, *, environment: str, place: Place, lowest: float = 0.0
) -> Lighting:
    """The light of the rig `name` in an environment. `lowest` [rad] lifts the sun over what would
    hide it; indoors the sky loses most of its colour, as light that came in by way of walls."""
    del place
    indoor = environment not in OUTDOORS
    rng = key.child("light").rng()
    rig = RIGS[name]
    elevation = float(np.clip(rng.uniform(*rig.elevation), lowest, 1.35))
    power = rig.irradiance * float(rng.uniform(0.88, 1.15))
    radius = float(rng.uniform(*rig.radius))
    level = float(rng.uniform(0.85, 1.15))
    rng.uniform(*rig.clouds)
    r, g, b = (power * t for t in rig.tint)
    grey = 0.75 if indoor else 0.0

    def colour(value: Colour) -> Vector:
        y = 0.2126 * value[0] + 0.7152 * value[1] + 0.0722 * value[2]
        x, y_, z = (level * (v + grey * (y - v)) for v in value)
        return (x, y_, z)

    sun = Sun(direction=toward_sun(azimuth, elevation), irradiance=(r, g, b), angular_radius=radius)
    sky = Sky(
        zenith=colour(rig.zenith),
        horizon=colour(rig.horizon),
        ground=colour(rig.ground),
    )
    return Lighting(sun=sun, sky=sky, lamps=(), window=sun.direction)


def dim(scene: Scene, share: float) -> Scene:
    """The scene with `share` of all its light: dusk, drawn curtains, lamps turned down."""

    def less(colour: Vector) -> Vector:
        r, g, b = (share * c for c in colour)
        return (r, g, b)

    def turned_down(element: Element) -> Element:
        if not isinstance(element, RigidBody) or element.motion != "static":
            return element
        looks = (replace(s.look, emission=less(s.look.emission)) for s in element.shapes)
        shapes = (replace(s, look=look) for s, look in zip(element.shapes, looks, strict=True))
        return replace(element, shapes=tuple(shapes))

    sun = scene.sun and replace(scene.sun, irradiance=less(scene.sun.irradiance))
    sky = replace(scene.sky, brightness=less(scene.sky.brightness))
    return replace(scene, elements=tuple(map(turned_down, scene.elements)), sun=sun, sky=sky)
