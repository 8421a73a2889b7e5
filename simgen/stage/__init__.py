"""The surroundings of an event: floor, walls or landscape, lights and a camera framed on it.

The floor's top is z = 0. Sizes follow from the event and the camera, so a billiard ball and a tower
of four metres both stand in a believable place; the camera is always inside it, the sun reaches it.
"""

from __future__ import annotations

import math

from simgen.camera import CameraMotion, Focus, make_camera
from simgen.errors import unknown
from simgen.geometry import Plane
from simgen.key import Key
from simgen.material import material
from simgen.scene import Ambient, Clock, Element, RigidBody, Scene, Vector
from simgen.stage import indoor as indoor
from simgen.stage import outdoor as open_air
from simgen.stage.light import RIGS, Lighting, make_lights
from simgen.stage.place import Place, cover, fixture, measure

ENVIRONMENTS = ("studio", "room", "tabletop", "outdoor")
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
    floor_size: float | None,
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
    place = measure(focus, camera)
    lighting = _lighting(key, place, environment, light, sun_azimuth)
    around: list[Element] = [*lighting.lamps]
    if floor is not None:
        around.append(_floor(key, place, environment, floor, floor_size))
        around += _surroundings(key, place, environment, floor, lighting.window)
    return Scene(
        elements=(*elements, *around),
        clock=clock,
        cameras=(camera,),
        sun=lighting.sun,
        sky=lighting.sky,
        gravity=gravity,
        ambient=ambient,
    )


def _lighting(key: Key, place: Place, environment: str, light: str, azimuth: float) -> Lighting:
    """The rig, with the sun above the studio's backdrop where that stands in its way."""
    lowest = 0.0
    if environment == "studio":
        clear = indoor.cove_radius(place) - 0.6 * place.size
        along = math.cos(azimuth - place.bearing - math.pi)
        lowest = math.atan2(indoor.cove_height(place) * along, clear) + 0.05
    return make_lights(key, light, azimuth, environment=environment, place=place, lowest=lowest)


def _floor(key: Key, place: Place, environment: str, name: str, extent: float | None) -> RigidBody:
    """The floor the event stands on; a table top or a terrace is drawn only as large as it is."""
    covers = {"tabletop": "table", "outdoor": "deck"}.get(environment, "floor")
    size = {
        "studio": 4.0 * indoor.cove_radius(place),
        "room": 2.5 * indoor.room_half(place) + place.size,
        "tabletop": indoor.table_half(place),
        "outdoor": open_air.terrace_half(place),
    }[environment]
    stuff = material(name)
    plane = Plane(extent=extent or size)
    centre = (*place.center, 0.0)
    return fixture("floor", [(plane, (0.0, 0.0, 0.0))], cover(key, covers, stuff), name, centre)


def _surroundings(
    key: Key, place: Place, environment: str, floor: str, window: Vector
) -> list[Element]:
    match environment:
        case "studio":
            return indoor.studio(key, place)
        case "room":
            return indoor.room(key, place, window)
        case "tabletop":
            return indoor.tabletop(key, place, floor, window)
        case _:
            return open_air.outdoor(key, place)
