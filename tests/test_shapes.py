"""Every shape of the library: closed, of the size asked for, hollow for contact if it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import trimesh
from scipy.spatial import ConvexHull

from simgen.errors import SimgenError
from simgen.geometry import TriangleMesh, mass_properties
from simgen.key import Key
from simgen.rotation import from_axis_angle
from simgen.shapes import SHAPES, build, toys

NAMES = sorted(SHAPES)
MARGIN = 0.05
"""Contact hulls leave the drawn surface by at most this share of the shape's median extent: a slice
of a turned solid may bulge by 3-5 % of its radius, a wedge of a hollow wall by 3.4 %."""

SIZES: dict[str, dict[str, Any]] = {
    "mug": {"radius": 0.05, "height": 0.11},
    "bowl": {"radius": 0.09, "height": 0.07},
    "table": {"width": 1.2, "depth": 0.5, "height": 0.4},
    "stairs": {"steps": 7, "width": 0.5, "rise": 0.1, "run": 0.2},
    "open_box": {"size": (0.5, 0.3, 0.2)},
    "bottle": {"radius": 0.04, "height": 0.3},
    "can": {"radius": 0.04, "height": 0.1},
    "book": {"width": 0.12, "height": 0.2, "thickness": 0.03},
    "ramp": {"length": 1.5, "width": 0.4, "height": 0.5},
    "bowling_pin": {"height": 0.381},
    "hoop": {"radius": 0.08, "width": 0.05},
    "wedge": {"length": 0.1, "width": 0.06, "height": 0.05},
    "bevelled_box": {"size": (0.1, 0.05, 0.02)},
    "vase": {"radius": 0.07, "height": 0.25},
    "wine_glass": {"radius": 0.04, "height": 0.2},
    "channel": {"length": 0.5, "width": 0.04, "height": 0.02, "thickness": 0.005},
    "half_pipe": {"length": 0.5, "radius": 0.04, "thickness": 0.005},
    "gear": {"radius": 0.06, "teeth": 16, "thickness": 0.02},
    "cup": {"radius": 0.04, "height": 0.1},
    "plate": {"radius": 0.13, "height": 0.03},
    "arch": {"width": 0.12, "height": 0.06, "depth": 0.05},
}
EXTENTS: dict[str, tuple[float | None, float | None, float]] = {
    "mug": (None, 0.1, 0.11),
    "bowl": (0.18, 0.18, 0.07),
    "table": (1.2, 0.5, 0.4),
    "stairs": (1.4, 0.5, 0.7),
    "open_box": (0.5, 0.3, 0.2),
    "bottle": (0.08, 0.08, 0.3),
    "can": (0.08, 0.08, 0.1),
    "book": (None, 0.2, 0.03),
    "ramp": (1.5, 0.4, 0.5),
    "bowling_pin": (0.121, 0.121, 0.381),
    "hoop": (0.16, 0.16, 0.05),
    "wedge": (0.1, 0.06, 0.05),
    "bevelled_box": (0.1, 0.05, 0.02),
    "vase": (0.14, 0.14, 0.25),
    "wine_glass": (0.08, 0.08, 0.2),
    "channel": (0.5, 0.05, 0.025),
    "half_pipe": (0.5, 0.09, 0.045),
    "gear": (0.12, 0.12, 0.02),
    "cup": (0.08, 0.08, 0.1),
    "plate": (0.26, 0.26, 0.03),
    "arch": (0.12, 0.05, 0.06),
}
HOLLOW: dict[str, tuple[float, float, float]] = {
    # A point that must be in the open: inside the cup, through the ring, under the table.
    "mug": (0.025, 0.0, 0.05),
    "cup": (0.02, 0.0, 0.05),
    "bowl": (0.03, 0.0, 0.04),
    "plate": (0.06, 0.0, 0.012),
    "vase": (0.02, 0.0, 0.1),
    "wine_glass": (0.01, 0.0, 0.14),
    "pan": (0.06, 0.0, 0.03),
    "spoon": (0.0, 0.0, 0.01),
    "open_box": (0.1, 0.1, 0.06),
    "table": (0.0, 0.0, 0.3),
    "chair": (0.0, 0.0, 0.2),
    "stool": (0.0, 0.0, 0.2),
    "shelf": (0.0, 0.0, 0.2),
    "torus": (0.0, 0.0, 0.0),
    "hoop": (0.03, 0.0, 0.0),
    "gear": (0.0, 0.0, 0.007),
    "nut": (0.0, 0.0, 0.006),
    "wrench": (0.08, 0.0, 0.004),
    "arch": (0.0, 0.0, 0.01),
    "channel": (0.1, 0.0, 0.01),
    "half_pipe": (0.1, 0.0, 0.01),
    "star": (0.03, 0.03, 0.01),
    "cells": (0.03, 0.03, 0.01),
    "jack": (0.01, 0.01, 0.01),
}


def make(name: str, **sizes: Any) -> TriangleMesh:
    if name == "rock":
        sizes["key"] = Key(3)
    return SHAPES[name](**sizes)


def depth_in_hulls(mesh: TriangleMesh, points: np.ndarray) -> np.ndarray:
    """(N,) distance to the nearest hull's planes [m]: negative inside some hull."""
    best = np.full(len(points), np.inf)
    for hull in mesh.contact_hulls:
        planes = ConvexHull(hull).equations
        best = np.minimum(best, (points @ planes[:, :3].T + planes[:, 3]).max(axis=1))
    return best


@pytest.mark.parametrize("name", NAMES)
def test_surface_is_closed_and_weighs_something(name: str) -> None:
    mesh = make(name)
    drawn = trimesh.Trimesh(mesh.vertices, mesh.faces)
    assert drawn.is_watertight
    assert drawn.is_winding_consistent
    assert drawn.volume > 0
    assert drawn.volume <= drawn.convex_hull.volume * (1 + 1e-6)
    assert mass_properties(mesh, 1000.0).mass == pytest.approx(1000.0 * drawn.volume, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_hulls_cover_the_drawn_surface_and_little_more(name: str) -> None:
    """No surface point lies further than the margin outside the hulls, and no hull corner outside
    the drawn solid's bounds (0.1 % for facets at other angles)."""
    mesh = make(name)
    margin = MARGIN * float(np.median(np.ptp(mesh.vertices, axis=0)))
    drawn = trimesh.Trimesh(mesh.vertices, mesh.faces)
    points, _ = trimesh.sample.sample_surface(drawn, 2000, seed=1)
    assert depth_in_hulls(mesh, np.asarray(points)).max() < margin
    corners = np.concatenate(mesh.contact_hulls)
    slack = 1e-3 * np.ptp(mesh.vertices, axis=0)
    assert (corners.min(0) > mesh.vertices.min(0) - slack).all()
    assert (corners.max(0) < mesh.vertices.max(0) + slack).all()


@pytest.mark.parametrize("name", NAMES)
def test_hulls_fill_about_the_volume_of_the_solid(name: str) -> None:
    """Monte-Carlo volume of the union of hulls against the exact volume of the surface.

    Thin round walls are the worst: a wedge of 30 degrees adds a third to a 3-5 % wall.
    """
    mesh = make(name)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    points = np.random.default_rng(0).uniform(low, high, (60_000, 3))
    volume = float((depth_in_hulls(mesh, points) < 0).mean() * np.prod(high - low))
    exact = build.signed_volume(mesh.vertices, mesh.faces)
    assert 0.85 < volume / exact < 1.6


@pytest.mark.parametrize("name", sorted(SIZES))
def test_size_is_as_asked(name: str) -> None:
    extent = np.ptp(make(name, **SIZES[name]).vertices, axis=0)
    for got, wanted in zip(extent, EXTENTS[name], strict=True):
        if wanted is not None:
            # 1 %: a circle of 48 facets, and a rim rounded outwards by half the wall's slant.
            assert got == pytest.approx(wanted, rel=0.015)


@pytest.mark.parametrize("name", sorted(HOLLOW))
def test_hollow_shapes_are_hollow_for_contact(name: str) -> None:
    mesh, inside = make(name), np.array([HOLLOW[name]])
    assert depth_in_hulls(mesh, inside)[0] > 0
    corners = mesh.vertices
    assert (inside > corners.min(0) - 1e-9).all()
    assert (inside < corners.max(0) + 1e-9).all()


@pytest.mark.parametrize("name", NAMES)
def test_equal_arguments_give_equal_meshes(name: str) -> None:
    a, b = make(name), make(name)
    assert (a.vertices == b.vertices).all()
    assert all((x == y).all() for x, y in zip(a.contact_hulls, b.contact_hulls, strict=True))


def test_a_cup_wall_is_as_thick_as_asked() -> None:
    """Mass of a straight cup = floor disc + cylindrical shell, 2 % for the rounded rim."""
    mesh = SHAPES["cup"](radius=0.04, height=0.1, taper=1.0, thickness=0.003)
    shell = np.pi * (0.04**2 - 0.037**2) * 0.1 + np.pi * 0.037**2 * 0.003
    assert build.signed_volume(mesh.vertices, mesh.faces) == pytest.approx(shell, rel=0.03)


def test_a_sphere_of_revolution_is_one_hull_with_the_right_volume() -> None:
    """4/3 pi r^3; the 48-gon around and 60 facets along z lose below 0.5 %."""
    a = np.linspace(-np.pi / 2, np.pi / 2, 61)
    ball = build.turned(np.stack([np.cos(a), np.sin(a)], -1))
    assert len(ball.contact_hulls) == 1
    assert build.signed_volume(ball.vertices, ball.faces) == pytest.approx(4.18879, rel=0.005)


def test_moving_and_joining_keep_volume_and_hulls() -> None:
    one = toys.star()
    turned = build.moved(
        one, position=(1, 2, 3), quaternion=from_axis_angle((1, 2, 3), 0.7), scale=2.0
    )
    both = build.joined(one, turned)
    volume = build.signed_volume(one.vertices, one.faces)
    assert build.signed_volume(both.vertices, both.faces) == pytest.approx(9 * volume, rel=1e-9)
    assert len(both.contact_hulls) == 10


def test_rocks_differ_by_key_and_repeat() -> None:
    a, b, c = (SHAPES["rock"](key=Key(0, (n,))) for n in ("a", "b", "a"))
    assert a.vertices.shape != b.vertices.shape or (a.vertices != b.vertices).any()
    assert (a.vertices == c.vertices).all()


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("mug", {"radius": -1.0}),
        ("cup", {"height": float("nan")}),
        ("polyhedron", {"faces": 7}),
        ("torus", {"radius": 0.01, "thickness": 0.02}),
        ("open_box", {"thickness": 0.2}),
        ("gear", {"teeth": 2}),
        ("stairs", {"steps": 0}),
        ("nut", {"bore": 0.95}),
    ],
)
def test_impossible_sizes_are_refused_by_name(name: str, sizes: dict[str, Any]) -> None:
    with pytest.raises(SimgenError, match=name if name not in ("mug", "cup") else "shape"):
        make(name, **sizes)
