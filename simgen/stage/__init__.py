"""The surroundings of an event: floor, walls or landscape, lights and a camera framed on it.

The floor's top is z = 0. Sizes follow from the event and the camera, so a billiard ball and a tower
of four metres both stand in a believable place; the camera is always inside it, the sun reaches it.
Nothing of it but the floor and the walls of rooms touches the event.
"""

from __future__ import annotations

import math

from simgen.camera import CameraMotion, Focus, make_camera
from simgen.errors import unknown
from simgen.geometry import Plane
from simgen.key import Key
from simgen.scene import Ambient, Clock, Element, Scene, Vector
from simgen.stage.air import make_haze
from simgen.stage.bench import Bench
from simgen.stage.finish import laid
from simgen.stage.indoor import INTERIORS, build_interior
from simgen.stage.landscape import far_of
from simgen.stage.light import RIGS, Lighting, make_lights
from simgen.stage.outdoor import LANDSCAPES, build_landscape
from simgen.stage.place import Part, Place, Site, boxes_of, measure
from simgen.stage.studio import build_studio, cove_height, cove_radius

ENVIRONMENTS = ("studio", *INTERIORS, *LANDSCAPES)
FLOORS = (
    "wood/oak",
    "wood/pine",
    "wood/walnut",
    "stone/concrete",
    "stone/granite",
    "stone/marble",
    "ceramic/tile",
    "ceramic/terracotta",
    "textile/carpet",
    "plastic/vinyl",
)
LIGHTS = tuple(RIGS)


def build_stage(
    key: Key,
    elements: tuple[Element, ...],
    *,
    clock: Clock,
    focus: Focus,
    environment: str,
    floor: str | None,
    light: str,
    sun_azimuth: float,
    camera_motion: str,
    camera_azimuth: float,
    camera_elevation: float,
    field_of_view: float,
    aspect_ratio: float,
    gravity: Vector,
    ambient: Ambient,
) -> Scene:
    """A complete scene around `elements`; the floor's top is z = 0."""
    if environment not in ENVIRONMENTS:
        raise unknown("environment", environment, ENVIRONMENTS)
    if light not in RIGS:
        raise unknown("light", light, RIGS)
    motion: CameraMotion = camera_motion  # type: ignore[assignment]
    camera = make_camera(
        key,
        clock,
        focus,
        motion=motion,
        azimuth=camera_azimuth,
        elevation=camera_elevation,
        field_of_view=field_of_view,
        aspect_ratio=aspect_ratio,
        floor=0.0 if floor else None,
    )
    place = measure(focus, camera, elements)
    lighting = _lighting(key, place, environment, light, sun_azimuth)
    around: list[Element] = [*lighting.lamps]
    haze = None
    if floor is not None:
        site, wide = _surroundings(key, place, environment, floor, lighting)
        around += site.elements
        haze = make_haze(key, light, place, base=site.base, half=wide)
    return Scene(
        elements=(*elements, *around),
        clock=clock,
        cameras=(camera,),
        sun=lighting.sun,
        sky=lighting.sky,
        haze=haze,
        gravity=gravity,
        ambient=ambient,
    )


def _lighting(key: Key, place: Place, environment: str, light: str, azimuth: float) -> Lighting:
    """The rig, with the sun above the studio's backdrop where that stands in its way."""
    lowest = 0.0
    if environment == "studio":
        clear = cove_radius(place) - 0.6 * place.size
        along = math.cos(azimuth - place.bearing - math.pi)
        lowest = math.atan2(cove_height(place) * along, clear) + 0.05
    return make_lights(key, light, azimuth, environment=environment, place=place, lowest=lowest)


def _surroundings(
    key: Key, place: Place, environment: str, floor: str, lighting: Lighting
) -> tuple[Site, float]:
    """The floor and everything around, and the half-width of it all [m]."""
    interior, landscape = INTERIORS.get(environment), LANDSCAPES.get(environment)
    bench = bench_of(environment, place.size)
    lamps = [box for lamp in lighting.lamps for box in boxes_of(lamp)]
    site = Site(place, -bench.height if bench is not None else 0.0, boxes=lamps)
    covers = "table" if bench is not None else "deck" if landscape is not None else "floor"
    surface = laid(key, covers, floor)
    if interior is not None:
        wide = half = build_interior(key, site, interior, bench, surface, lighting.window)
    elif landscape is not None:
        half, wide = build_landscape(key, site, landscape, bench, surface), far_of(place)
    else:
        wide = half = build_studio(key, site)
    if bench is not None:
        half = bench.half(place)
    site.lay("floor", [Part(Plane(extent=half), surface)], (*place.center, 0.0), collides=True)
    return site, wide


def bench_of(environment: str, size: float) -> Bench | None:
    """What an event of this size [m] stands on in that environment; None: its floor."""
    kind = INTERIORS.get(environment) or LANDSCAPES.get(environment)
    bench = kind.bench if kind is not None else None
    return bench if bench is not None and size <= bench.largest else None


def ground_noun(environment: str, *, on_bench: bool) -> str:
    """What the event stands on, in a word for captions; `on_bench`: it does not stand on the
    ground."""
    interior, landscape = INTERIORS.get(environment), LANDSCAPES.get(environment)
    if landscape is not None:
        return landscape.noun if on_bench else landscape.pad_noun
    return interior.noun if interior is not None and on_bench else "floor"


def scenery(environment: str) -> str:
    """Where the event is, in words for captions; '' for the studio."""
    kind = INTERIORS.get(environment) or LANDSCAPES.get(environment)
    return kind.words if kind is not None else ""
