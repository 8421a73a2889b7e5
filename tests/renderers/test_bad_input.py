"""What cannot be drawn is refused by name; what is merely odd is drawn as if it were not there."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawing import EVEN, GLOWING, GREY, draw, solid, world

from simgen.errors import SimgenError
from simgen.geometry import Box, Capsule, Geometry, Plane, Sphere, TriangleMesh
from simgen.material import Look, material
from simgen.scene import Cloth, Inflatable, SoftBody, Sun

SQUARE = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


@pytest.mark.parametrize(
    "geometry",
    [Sphere(0.0), Box((0.3, 0.0, 0.0)), Capsule(0.0, 0.5), Plane(0.0)],
    ids=lambda g: type(g).__name__,
)
def test_lights_without_area_are_refused(geometry: Geometry) -> None:
    with pytest.raises(SimgenError, match="no area to send light from"):
        solid("lamp", geometry, GLOWING)


def test_parts_of_a_lamp_without_area_send_no_light() -> None:
    above = SQUARE[::-1] * 0.2 + [0.0, 0.0, 1.0]
    slivers = np.array([[0, 0, 1], [2, 2, 2], [0, 2, 2]], np.int32)
    seen: list[np.ndarray] = []
    for faces in (FACES, np.concatenate([slivers, FACES, slivers])):
        lamp = solid("lamp", TriangleMesh(above, faces, smooth=False), GLOWING)
        _, linear, _ = draw(world(solid("floor", Plane(5.0), GREY), lamp), samples=16)
        assert np.isfinite(linear).all()
        seen.append(linear)
    assert seen[0].mean() > 0.01
    assert seen[1].mean() == pytest.approx(seen[0].mean(), rel=0.02)


def test_textures_need_no_texture_coordinates() -> None:
    # A mesh of vertices and faces alone shows its pattern: black and white squares of 10 cm.
    look = Look(texture="checker", scale=0.2, color=(1.0, 1.0, 1.0), accent=(0.0, 0.0, 0.0))
    sheet = solid("sheet", TriangleMesh(SQUARE, FACES, smooth=False), look)
    _, linear, _ = draw(world(sheet, sky=EVEN, sun=Sun(direction=(0.0, 0.0, 1.0))))
    dark, bright = np.quantile(linear[..., 1], [0.2, 0.8])
    assert bright > 3.0 * dark


@pytest.mark.parametrize(
    "change",
    [
        {"color": (0.5, 0.5)},
        {"accent": (0.5, 0.5, 1.5)},
        {"faded": (0.5, math.nan, 0.5)},
        {"roughness": -0.1},
        {"transmission": 2.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_looks_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SimgenError, match=f"look: {next(iter(change))}="):
        replace(Look(), **change)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (SQUARE[:, :2], FACES),
        (SQUARE.ravel(), FACES),
        (SQUARE, FACES.ravel()),
        (SQUARE, FACES + 2),
        (SQUARE * np.inf, FACES),
    ],
    ids=["flat", "vector", "list", "indices", "infinite"],
)
def test_arrays_of_wrong_shape_are_refused(vertices: np.ndarray, faces: np.ndarray) -> None:
    cotton = material("textile/cotton")
    with pytest.raises(SimgenError, match="mesh: vertices"):
        TriangleMesh(vertices, faces)
    with pytest.raises(SimgenError, match="cloth 'flag': vertices"):
        Cloth(name="flag", vertices=vertices, faces=faces, material=cotton)
    with pytest.raises(SimgenError, match="inflatable 'ball': vertices"):
        Inflatable(name="ball", vertices=vertices, faces=faces, material=cotton)


def test_soft_bodies_are_made_of_tetrahedra() -> None:
    with pytest.raises(SimgenError, match=r"soft body 'jelly': .*\(F, 4\)"):
        SoftBody(name="jelly", vertices=SQUARE, tetrahedra=FACES, material=material("food/tofu"))
