"""The surroundings of an event: floor, walls, lights and a camera framed on it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simgen.camera import CameraMotion, Focus, make_camera
from simgen.geometry import Box, Plane
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Ambient, Clock, Element, RigidBody, Scene, Shape, Sky, Sun, Vector

ENVIRONMENTS = ("studio", "room", "outdoor")
FLOORS = (
    "wood/oak",
    "wood/pine",
    "stone/concrete",
    "stone/granite",
    "ceramic/tile",
    "textile/carpet",
    "plastic/vinyl",
)
LIGHTS = ("day", "overcast", "golden_hour", "studio", "lamp")
_WALLS = ("stone/plaster", "stone/brick", "wood/pine", "stone/concrete")
_LAID = {"floor": (("planks", 0.09, 0.18), ("parquet", 0.3, 0.5)), "wall": (("planks", 0.1, 0.2),)}
"""How wood is laid over an area: texture, smallest and largest scale [m]."""


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
    reach = float(np.abs(camera.camera_to_world[:, :2, 3] - focus.center[:2]).max())
    size = float(np.max(np.asarray(focus.upper) - np.asarray(focus.lower)))
    surroundings: list[Element] = []
    if floor is not None:
        surroundings.append(_floor(key, floor, floor_size or max(30.0, 8 * size)))
        if environment == "room":
            surroundings += _walls(
                key, focus, half=max(1.25 * reach, reach + 0.6 * size, 1.5 * size)
            )
    sun, sky = _lights(key, light, environment, sun_azimuth)
    return Scene(
        elements=(*elements, *surroundings),
        clock=clock,
        cameras=(camera,),
        sun=sun,
        sky=sky,
        gravity=gravity,
        ambient=ambient,
    )


def _floor(key: Key, name: str, extent: float) -> RigidBody:
    stuff = material(name)
    shape = Shape(geometry=Plane(extent=extent), material=stuff, look=_look(key, "floor", stuff))
    return RigidBody(name="floor", shapes=(shape,), motion="static")


def _look(key: Key, place: str, stuff: Material) -> Look:
    """The look of a floor or wall; wood there is boards, not one log."""
    look = stuff.look(key.child(place))
    if not stuff.name.startswith("wood/"):
        return look
    rng = key.child(place, "laid").rng()
    texture, low, high = _LAID[place][int(rng.integers(len(_LAID[place])))]
    return replace(look, texture=texture, scale=float(rng.uniform(low, high)))


def _walls(key: Key, focus: Focus, *, half: float) -> list[Element]:
    """Four walls around focus and camera; the picture shows the two or three behind the event."""
    rng = key.child("walls").rng()
    stuff = material(_WALLS[int(rng.integers(len(_WALLS)))])
    look = _look(key, "wall", stuff)
    height, thickness = max(2.6, 1.6 * half), 0.1
    x, y = float(focus.center[0]), float(focus.center[1])
    walls: list[Element] = []
    for i, (dx, dy) in enumerate(((0, 1), (0, -1), (1, 0), (-1, 0))):
        across = (
            (2 * half + 2 * thickness, thickness) if dy else (thickness, 2 * half + 2 * thickness)
        )
        shape = Shape(geometry=Box((*across, height)), material=stuff, look=look)
        offset = half + thickness / 2
        position = (x + dx * offset, y + dy * offset, height / 2)
        walls.append(
            RigidBody(name=f"wall_{i}", shapes=(shape,), position=position, motion="static")
        )
    return walls


def _lights(key: Key, light: str, environment: str, azimuth: float) -> tuple[Sun | None, Sky]:
    """Sun and sky of a named light rig; small draws keep two clips of one rig apart."""
    rng = key.child("light").rng()
    elevation, power, tint, radius, sky = {
        "day": (rng.uniform(0.6, 1.2), 3.2, (1.0, 0.97, 0.9), 0.012, 1.0),
        "overcast": (rng.uniform(0.9, 1.3), 0.6, (1.0, 1.0, 1.0), 0.25, 1.5),
        "golden_hour": (rng.uniform(0.25, 0.45), 3.0, (1.0, 0.72, 0.42), 0.015, 0.75),
        "studio": (rng.uniform(0.7, 1.1), 2.2, (1.0, 0.98, 0.96), 0.12, 1.1),
        "lamp": (rng.uniform(0.6, 1.3), 2.4, (1.0, 0.83, 0.6), 0.06, 0.5),
    }[light]
    brightness = power * rng.uniform(0.9, 1.15)
    turn = from_axis_angle((0, 0, 1), azimuth)
    angle = 2 * math.atan2(turn[3], turn[0])
    c = math.cos(elevation)
    toward = (math.sin(angle) * c, -math.cos(angle) * c, math.sin(elevation))
    r, g, b = (brightness * t for t in tint)
    palette = {
        "day": ((0.22, 0.42, 0.85), (0.75, 0.85, 1.0)),
        "overcast": ((0.62, 0.65, 0.7), (0.8, 0.82, 0.85)),
        "golden_hour": ((0.25, 0.35, 0.6), (1.0, 0.7, 0.45)),
        "studio": ((0.75, 0.75, 0.78), (0.6, 0.6, 0.62)),
        "lamp": ((0.5, 0.45, 0.42), (0.42, 0.38, 0.35)),
    }[light]
    zenith, horizon = (tuple(sky * v for v in colour) for colour in palette)
    return (
        Sun(direction=toward, irradiance=(r, g, b), angular_radius=radius),
        Sky(zenith=zenith, horizon=horizon, ground=(0.22, 0.2, 0.18)),  # type: ignore[arg-type]
    )
