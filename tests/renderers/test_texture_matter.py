# pyright: basic
"""Textures stick to matter: to bodies that move and turn, to cloth that is stretched."""

import math
from dataclasses import replace

import numpy as np
from drawing import CLOCK, EVEN, draw, solid, world

from simgen.camera import still
from simgen.geometry import Box
from simgen.material import Look, material
from simgen.matter import Cloth
from simgen.scene import Scene


def _box_from(turn: float, place: tuple[float, float, float]) -> np.ndarray:
    """A marbled box at `place`, turned about z by `turn`, seen by a camera that goes with it."""
    look = Look(color=(0.9, 0.9, 0.9), accent=(0.1, 0.1, 0.1), texture="marble", scale=0.2)
    turned = (math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2))
    body = replace(solid("box", Box((0.5, 0.4, 0.3)), look, place), quaternion=turned)
    c, s = math.cos(turn), math.sin(turn)
    eye = np.array([2.0 * s, -2.0 * c, 2.0]) + place
    camera = still(CLOCK, eye=tuple(eye), target=place, field_of_view=0.2)
    scene = Scene(elements=(body,), clock=CLOCK, cameras=(camera,), sun=None, sky=EVEN)
    return draw(scene, samples=16)[1]


def test_textures_move_and_turn_with_their_body() -> None:
    # Under a sky that is even all around nothing but the texture tells where the body is.
    still_box = _box_from(0.0, (0.0, 0.0, 0.0))
    moved = _box_from(1.1, (3.0, -2.0, 0.7))
    assert still_box[8:19, 16:32].std() > 0.05  # veins are seen
    assert np.abs(moved - still_box).mean() < 0.02


def _edges(rest_width: float) -> int:
    """How often the stripes of a cloth 3 m wide, woven `rest_width` wide, change along a row."""
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 21), np.linspace(-1.5, 1.5, 21))
    placed = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)
    i = np.arange(441).reshape(21, 21)
    a, b, c, d = (k.ravel() for k in (i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    look = Look(color=(1.0, 1.0, 1.0), accent=(0.0, 0.0, 0.0), texture="stripes", scale=0.25)
    cloth = Cloth(
        name="cloth",
        vertices=placed,
        faces=faces,
        rest_vertices=placed * (rest_width / 3.0, 1.0, 1.0),
        material=material("textile/cotton"),
        look=look,
    )
    row = draw(world(cloth, sky=EVEN), samples=16)[1][13].mean(axis=1)
    return int(np.abs(np.diff((row > 0.5).astype(int))).sum())


def test_a_cloth_stretched_to_twice_its_width_shows_half_the_stripes() -> None:
    assert abs(_edges(3.0) - 2 * _edges(1.5)) <= 2
    assert _edges(1.5) >= 6
