"""A photo studio: a sweep of paper that curves up behind the event."""

from __future__ import annotations

import math

import numpy as np

from simgen.key import Key
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.place import Part, Place, Site, direction_of
from simgen.stage.props import scatter

OBJECTS = ("form", "form", "form", "form", "vase", "plant", "books", "crate", "ball")


def cove_radius(place: Place) -> float:
    """Distance from the centre to the backdrop [m]."""
    reach = max(place.reach, place.half)
    return max(1.3 * reach, reach + 0.8 * place.size, 1.7 * place.size)


def cove_height(place: Place) -> float:
    """Height of the backdrop [m]: it fills the picture."""
    radius = cove_radius(place)
    return max(place.sight(radius) + 0.1 * radius, 0.55 * radius)


def build_studio(key: Key, site: Site) -> float:
    """The sweep, and objects of a still life. Returns the half-width of the floor [m]."""
    place = site.place
    radius, height = cove_radius(place), cove_height(place)
    bend = 0.4 * radius
    arc = np.linspace(0.0, math.pi / 2, 13)
    outward = np.concatenate([radius - bend + bend * np.sin(arc), [radius]])
    upward = np.concatenate([0.0006 * radius + bend * (1 - np.cos(arc)), [max(height, 1.2 * bend)]])
    back = direction_of(place.bearing + math.pi)
    side = np.array([-back[1], back[0]])
    across = np.linspace(-1.0, 1.0, 25) * 4.0 * radius
    points = np.zeros((len(across), len(outward), 3))
    points[..., :2] = outward[:, None] * back + (across[:, None] * side)[:, None]
    points[..., 2] = upward
    look = stuff(key.child("backdrop"), "backdrop")
    site.lay("backdrop", [Part(foliage.sheet(points), look)], (*place.center, 0.0))
    half = radius - bend
    scatter(key.child("props"), site, OBJECTS, level=0.0, half=(half, half))
    return 4.0 * radius
